//! Names that a noun introduces: where one line has `queue=mail`, the `mail` of `job waits in queue mail` is a value, too.
//!
//! Templates alone do not say so when all lines of one have the same name.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::variable;
use crate::general::MASKED;
use crate::lexicon::keys::{has_wording, last_part, names_thing};
use crate::lexicon::{names_fault, tells};

/// A noun introduces names when it stands before variables in so many templates.
const TEMPLATES: usize = 2;
/// No more stands between a noun and what it introduces: `queue: "`.
const MARKS: usize = 3;

/// What variables stand for in the lines, and behind which nouns.
#[derive(Default)]
struct Values {
    any: HashSet<String>,
    behind: HashMap<String, HashSet<String>>,
    /// In how many templates a noun stands before a variable.
    nouns: HashMap<String, usize>,
}

/// For each template that has such names, what it says with variables in their place. `lines`: text and template of each.
pub fn introduced<'t>(lines: impl Iterator<Item = (&'t str, &'t str)>) -> HashMap<&'t str, String> {
    let (mut values, mut templates) = (Values::default(), HashMap::new());
    for (line, template) in lines {
        let places = templates.entry(template).or_insert_with(|| {
            let places = places(template);
            values.note_nouns(&places);
            places
        });
        values.note(line, places);
    }
    templates.keys().filter_map(|&template| Some((template, values.shown(template)?))).collect()
}

/// A variable of a template: the text before it, from the variable before that on, and the noun at its end.
struct Place<'t> {
    before: &'t str,
    noun: Option<String>,
}

fn places(template: &str) -> Vec<Place<'_>> {
    let (mut places, mut done) = (Vec::new(), 0);
    for (at, _) in template.match_indices('<') {
        if let Some(length) = variable(&template[at..]).filter(|_| at >= done) {
            places.push(Place { before: &template[done..at], noun: noun(&template[..at]) });
            done = at + length;
        }
    }
    places.push(Place { before: &template[done..], noun: None });
    places
}

impl Values {
    fn note_nouns(&mut self, places: &[Place<'_>]) {
        let nouns: HashSet<&String> = places.iter().filter_map(|place| place.noun.as_ref()).collect();
        for noun in nouns {
            *self.nouns.entry(noun.clone()).or_default() += 1;
        }
    }

    /// Notes what a line has where its template has variables.
    fn note(&mut self, line: &str, places: &[Place<'_>]) {
        let Some(mut rest) = line.strip_prefix(places[0].before) else { return };
        for (place, next) in places.iter().zip(&places[1..]) {
            let Some(end) = (if next.before.is_empty() { Some(rest.len()) } else { rest.find(next.before) }) else {
                return;
            };
            let value = &rest[..end];
            if is_name(value) {
                note(&mut self.any, value);
                if let Some(noun) = &place.noun {
                    note(self.behind.entry(noun.clone()).or_default(), value);
                }
            }
            rest = &rest[end + next.before.len()..];
        }
    }

    /// `None` when a template has no such name.
    fn shown(&self, template: &str) -> Option<String> {
        let (mut out, mut done) = (String::new(), 0);
        for word in words(template) {
            let name = &template[word.clone()];
            if is_name(name) && noun(&template[..word.start]).is_some_and(|noun| self.is_introduced(&noun, name)) {
                out.push_str(&template[done..word.start]);
                out.push_str(MASKED);
                done = word.end;
            }
        }
        out.push_str(&template[done..]);
        (done > 0).then_some(out)
    }

    fn is_introduced(&self, noun: &str, name: &str) -> bool {
        let is_known = || self.any.contains(name) && self.nouns.get(noun).is_some_and(|&count| count >= TEMPLATES);
        (!tells(name.as_bytes()) || names_thing(noun.as_bytes()))
            && (self.behind.get(noun).is_some_and(|names| names.contains(name)) || is_known())
    }
}

fn note(names: &mut HashSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}

/// The noun that a text ends with, perhaps before a few marks, in small letters. It asks neither how something went nor
/// what was done.
fn noun(text: &str) -> Option<String> {
    let word = text.trim_end_matches([' ', ':', '=', '"', '\'', '(', '[', '<', '`']);
    let marks = text.len() - word.len();
    let start = word.bytes().rev().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'_').count();
    let noun = std::str::from_utf8(last_part(&word.as_bytes()[word.len() - start..])).ok()?.to_ascii_lowercase();
    let is_noun = noun.len() > 1
        && (1..=MARKS).contains(&marks)
        && !JOINING.contains(&&*noun)
        && !has_wording(noun.as_bytes())
        && !names_fault(noun.as_bytes())
        && !tells(noun.as_bytes())
        && !is_verb(&noun);
    is_noun.then_some(noun)
}

/// Words that stand before names of any kind.
const JOINING: [&str; 25] = [
    "a", "all", "an", "and", "are", "as", "at", "be", "by", "can", "for", "from", "has", "in", "into", "is", "no",
    "not", "of", "on", "or", "the", "to", "will", "with",
];

fn is_verb(word: &str) -> bool {
    word.len() > 4 && (word.ends_with("ed") || word.ends_with("ing"))
}

/// The words of a template that stand free.
fn words(template: &str) -> Vec<Range<usize>> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    let (mut words, mut at) = (Vec::new(), 0);
    for part in template.split(|letter: char| !is_part(letter)) {
        let word = part.trim_end_matches('.');
        let is_free = !template[..at].ends_with(['/', ':', '@', '<', '>']);
        let behind = &template[at + part.len()..];
        let is_joined = behind.strip_prefix(':').is_some_and(|rest| !rest.is_empty() && !rest.starts_with(' '));
        let ends = !is_joined && !behind.starts_with(['/', '@', '<', '>', '=']);
        if !word.is_empty() && is_free && ends {
            words.push(at..at + word.len());
        }
        at += part.len();
        at += template[at..].chars().next().map_or(0, char::len_utf8);
    }
    words
}

fn is_name(word: &str) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    word.len() > 1
        && is_letter(word.as_bytes().first())
        && is_letter(word.as_bytes().last())
        && word.bytes().all(is_part)
        && !JOINING.contains(&word)
        && !is_verb(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the last line's template is shown as.
    fn shown(lines: &[(&'static str, &'static str)]) -> String {
        let template = lines[lines.len() - 1].1;
        introduced(lines.iter().copied()).remove(template).unwrap_or_else(|| template.to_owned())
    }

    #[test]
    fn a_value_behind_a_noun_is_one_behind_it_elsewhere() {
        let took = ("took job 7, Queue=mail", "took job <*>, Queue=<*>");
        let waits = "job waits in queue mail";
        assert_eq!(shown(&[took, (waits, waits)]), "job waits in queue <*>");
        assert_eq!(shown(&[took, ("queue 'mail' is full", "queue 'mail' is full")]), "queue '<*>' is full");
        for other in [
            "wait for mail",
            "queue letters",
            "queue/mail",
            "queue mail/x",
            "queue mail=1",
            "queue mail:full",
            "the queue of mail",
        ] {
            assert_eq!(shown(&[took, (other, other)]), other);
        }
    }

    #[test]
    fn a_value_of_another_noun_is_one_where_a_noun_names_in_two_templates() {
        let lines = [
            ("began for name: beat", "began for name: <*>"),
            ("job: x1 began", "job: <*> began"),
            ("job: x2 ended", "job: <*> ended"),
            ("running job: beat again", "running job: beat again"),
        ];
        assert_eq!(shown(&lines), "running job: <*> again");
        assert_eq!(shown(&lines[1..]), "running job: beat again");
        assert_eq!(shown(&[lines[0], lines[1], lines[3]]), "running job: beat again");
    }

    #[test]
    fn what_tells_how_it_went_is_a_name_of_things_alone() {
        let job = ("job: bad", "job: <*>");
        assert_eq!(shown(&[job, ("job bad began", "job bad began")]), "job <*> began");
        for (noun, template, other) in [
            ("job: failed", "job: <*>", "job failed now"),
            ("seat: bad", "seat: <*>", "seat bad now"),
            ("State: open", "State: <*>", "State open now"),
            ("Type: open", "Type: <*>", "Type open now"),
        ] {
            assert_eq!(shown(&[(noun, template), (other, other)]), other);
        }
    }

    #[test]
    fn words_of_other_letters_and_lines_that_their_template_does_not_fit_change_nothing() {
        let lines = [("© job größe", "© job <*>"), ("other text", "job <*> here"), ("job größe", "job größe")];
        assert_eq!(shown(&lines), "job größe");
        assert_eq!(shown(&[("", "")]), "");
    }
}
