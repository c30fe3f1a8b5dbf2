//! Lines of text as shapes and templates, for those who mine a file: each line as it is seen after the last one.

mod alike;
mod collections;
mod enclosed;
mod introduced;
mod quoted;
mod same;
mod tuples;
mod wider;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::class::Clues;
use crate::general::sets::Sets;
use crate::general::shown::Shown;
use crate::general::{MASKED, PLACES, Shape};
use crate::identity::Context;
use crate::marks::{MARK, replace_marks};
use crate::mine::bits::Bits;
use crate::mine::counts::is_zero;
use crate::mine::marked::Marked;
use crate::mine::sink::Skeleton;
use crate::mine::{self, Masks};

/// So many types are told apart; further lines still have the shape that their words say.
const TYPES: usize = 1 << 20;

/// Words that are values of types, each by what those say before it. In another type that begins alike it is one, too.
struct Values(HashSet<(String, String)>);

impl Values {
    fn of<'a>(types: impl Iterator<Item = (Shape<'a>, String)>) -> Self {
        let mut values = HashSet::new();
        for (shape, general) in types {
            let over = Shape::of(&general);
            for (word, over) in shape.words.iter().zip(&over.words) {
                if over.is_general() && !word.is_masked {
                    values.insert((general[..over.range.start].to_owned(), shape.text[word.range.clone()].to_owned()));
                }
            }
        }
        Self(values)
    }

    /// The places of a type's words that are such, a bit each.
    fn also(&self, shape: &Shape<'_>, general: &str) -> u64 {
        let over = Shape::of(general);
        let known = shape.words.iter().zip(&over.words).enumerate().take(PLACES).filter(|(_, (word, over))| {
            word.is_open()
                && !word.is_masked
                && says_word(&general[..over.range.start])
                && self.0.contains(&(general[..over.range.start].to_owned(), shape.text[word.range.clone()].to_owned()))
        });
        known.fold(0, |places, (place, _)| places | 1 << place)
    }
}

/// The skeleton and the template of each line, in which every variable is `<*>`.
pub fn of(masks: &Masks, text: &[u8]) -> Vec<(String, String)> {
    let lines: Vec<&[u8]> = text.strip_suffix(b"\n").unwrap_or(text).split(|&byte| byte == b'\n').collect();
    let mut bits = Bits::default();
    let skeletons: Vec<String> = lines
        .iter()
        .map(|line| {
            let mut skeleton = Skeleton::default();
            mine::line(line, masks, &mut bits, &mut skeleton, &mut Clues::default());
            skeleton.finish(mine::MINED_BYTES);
            String::from_utf8_lossy(skeleton.text()).into_owned()
        })
        .collect();
    let (context, mut sets) = (Context::default(), Sets::new(TYPES));
    let different: HashSet<&str> = skeletons.iter().map(String::as_str).collect();
    loop {
        for skeleton in &different {
            sets.learn(&context, &Shape::of(skeleton));
        }
        if sets.take_grown().is_empty() {
            break;
        }
    }
    let values = Values::of(different.iter().map(|skeleton| {
        let shape = Shape::of(skeleton);
        let general = shape.with(sets.covering(&context, &shape));
        (shape, general)
    }));
    let mut shaped = |line: &[u8], skeleton: &str| {
        let shape = Shape::of(skeleton);
        let places = sets.covering(&context, &shape);
        let general = shape.with(places);
        let shown = shape.with(places | values.also(&shape, &general));
        let mut template = Shown::new(Marked::default(), shape.variables_under(&Shape::of(&shown)));
        mine::line(line, masks, &mut bits, &mut template, &mut Clues::default());
        let template = template.inner.finish();
        // What a name tells is no more a part of the shape than what a number does.
        let shown = |text: &str| {
            let text = zeros_as_values(text);
            let text = collections::as_values(&text);
            enclosed::as_values(&tuples::as_values(&quoted::as_values(&text))).into_owned()
        };
        (shown(&replace_marks(&general, MARK)), shown(String::from_utf8_lossy(&template).trim_end()))
    };
    let seen = lines.iter().zip(&skeletons).map(|(line, skeleton)| shaped(line, skeleton)).collect();
    let texts: Vec<Cow<'_, str>> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
    together(seen, &texts)
}

/// The same lines, of which those that say the same to who reads them have one shape. `texts`: what they say in full.
fn together(mut lines: Vec<(String, String)>, texts: &[Cow<'_, str>]) -> Vec<(String, String)> {
    let same = owned(same::same(&lines));
    for (shape, _) in &mut lines {
        if let Some(name) = same.get(shape) {
            shape.clone_from(name);
        }
    }
    let mut shapes: HashMap<&str, usize> = HashMap::new();
    // Its first line's template stands for those of the others.
    let mut templates: HashMap<String, String> = HashMap::new();
    for (shape, template) in &lines {
        let count = shapes.entry(shape).or_default();
        *count += 1;
        if *count == 1 {
            templates.insert(shape.clone(), template.clone());
        }
    }
    let wider = owned(wider::wider(&shapes));
    for (shape, template) in &mut lines {
        if let Some(over) = wider.get(shape) {
            shape.clone_from(over);
            template.clone_from(&templates[over]);
        }
    }
    let alike = owned(alike::alike(lines.iter().map(|(_, template)| &**template)));
    show(&mut lines, &alike);
    let texts = texts.iter().zip(&lines).map(|(text, (_, template))| (&**text, &**template));
    let introduced = owned(introduced::introduced(texts));
    show(&mut lines, &introduced);
    lines
}

/// Shows templates as others, with those whose template that is.
fn show(lines: &mut [(String, String)], others: &HashMap<String, String>) {
    let over: HashSet<&String> = others.values().collect();
    for (shape, template) in lines {
        if let Some(over) = others.get(template) {
            template.clone_from(over);
        }
        if over.contains(template) {
            shape.clone_from(template);
        }
    }
}

fn owned(shown: HashMap<&str, impl Into<String>>) -> HashMap<String, String> {
    shown.into_iter().map(|(shape, name)| (shape.to_owned(), name.into())).collect()
}

/// A zero that tells is a number like others to who reads it.
fn zeros_as_values(text: &str) -> Cow<'_, str> {
    let (mut out, mut done, mut at) = (String::new(), 0, 0);
    for word in text.split(|letter: char| !letter.is_alphanumeric() && letter != '_') {
        if is_zero(word.as_bytes()) {
            out.push_str(&text[done..at]);
            out.push_str(MASKED);
            done = at + word.len();
        }
        at += word.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    out.push_str(&text[done..]);
    if done == 0 { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Whether a text has a word beside its variables.
fn says_word(text: &str) -> bool {
    text.replace(MASKED, "").replace(MARK, "").contains(|letter: char| letter.is_alphabetic())
}

/// How long the variable is that a text begins with.
fn variable(text: &str) -> Option<usize> {
    [MASKED, MARK].into_iter().find(|mark| text.starts_with(mark)).map(str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_that_tells_is_shown_as_a_number() {
        let lines = "done, 0 errors\ndone, 7 errors";
        for (shape, template) in of(&Masks::default(), lines.as_bytes()) {
            assert_eq!((&*shape, &*template), ("done, <*> errors", "done, <*> errors"));
        }
    }

    #[test]
    fn a_word_that_is_a_value_of_one_type_is_one_in_others_that_begin_alike() {
        let lines = "pool meta grew\npool data grew\npool logs grew\npool main grew\npool meta slept\n\
                     pool misc slept\nthe cup meta slept";
        let templates: Vec<String> =
            of(&Masks::default(), lines.as_bytes()).into_iter().map(|(_, template)| template).collect();
        assert_eq!(templates[3..], ["pool <*> grew", "pool <*> slept", "pool misc slept", "the cup meta slept"]);
    }
}
