//! Templates that differ in nothing but what readers take for values: lists and objects in brackets, fields that hold
//! several variables, names of several words at the end, and quotes that are empty or not. The engine keeps them apart; to
//! who reads them they are one.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::variable;
use crate::general::MASKED;
use crate::lexicon::keys::names_thing;
use crate::lexicon::tells;
use crate::marks::MARK;

/// Places of a template that may hold values, and how many different ones make them such.
struct Rule {
    places: fn(&str) -> Vec<Range<usize>>,
    least: usize,
}

/// A template and its places.
type Placed<'t> = (&'t str, Vec<Range<usize>>);

const RULES: [Rule; 4] = [
    Rule { places: in_brackets, least: 3 },
    Rule { places: fields, least: 2 },
    Rule { places: name_at_end, least: 4 },
    Rule { places: in_quotes, least: 2 },
];

/// For each template that another one says the same as, what both are shown as.
pub fn alike<'t>(templates: impl Iterator<Item = &'t str>) -> HashMap<&'t str, String> {
    let mut shown: HashMap<&str, String> = templates.map(|template| (template, template.to_owned())).collect();
    for rule in &RULES {
        let over = rule.over(&shown.values().map(String::as_str).collect());
        for template in shown.values_mut() {
            if let Some(over) = over.get(template) {
                template.clone_from(over);
            }
        }
    }
    shown.retain(|template, shown| template != shown);
    shown
}

impl Rule {
    fn over(&self, templates: &HashSet<&str>) -> HashMap<String, String> {
        let mut alike: HashMap<String, Vec<Placed<'_>>> = HashMap::new();
        for template in templates {
            let places = (self.places)(template);
            let around = with(template, &places, |_| Some("\0"));
            if !places.is_empty() && says_enough(&around) {
                alike.entry(around).or_default().push((template, places));
            }
        }
        let mut over = HashMap::new();
        for alike in alike.values().filter(|alike| alike.len() >= self.least) {
            let varies: Vec<bool> = (0..alike[0].1.len())
                .map(|at| {
                    let values: HashSet<&str> =
                        alike.iter().map(|(template, places)| &template[places[at].clone()]).collect();
                    values.len() >= self.least
                })
                .collect();
            for (template, places) in alike {
                let wider = with(template, places, |at| varies[at].then_some(MASKED));
                over.insert((*template).to_owned(), wider);
            }
        }
        over
    }
}

/// A text with something else in some places.
fn with(text: &str, places: &[Range<usize>], instead: impl Fn(usize) -> Option<&'static str>) -> String {
    let (mut out, mut done) = (String::new(), 0);
    for (at, place) in places.iter().enumerate() {
        out.push_str(&text[done..place.start]);
        out.push_str(instead(at).unwrap_or(&text[place.clone()]));
        done = place.end;
    }
    out.push_str(&text[done..]);
    out
}

/// Whether there are two words at least beside the places.
fn says_enough(around: &str) -> bool {
    around.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| word.len() > 1).count() > 1
}

/// Objects with their braces, and what lists have in their brackets unless that is a word that tells how it went.
fn in_brackets(text: &str) -> Vec<Range<usize>> {
    let (mut places, mut closing, mut start) = (Vec::new(), Vec::new(), 0);
    for (at, byte) in text.bytes().enumerate() {
        if matches!(byte, b'{' | b'[') {
            if closing.is_empty() {
                start = at;
            }
            closing.push(if byte == b'{' { b'}' } else { b']' });
        } else if closing.last() == Some(&byte) {
            closing.pop();
            if closing.is_empty() {
                let held = &text[start + 1..at];
                let first = start + 1 + held.len() - held.trim_start().len();
                let list = first..first + held.trim().len();
                let is_telling = !held.contains([' ', ',', '=', ':']) && tells(held.as_bytes());
                if !is_telling {
                    places.push(if byte == b'}' { start..at + 1 } else { list });
                }
            }
        }
    }
    places
}

/// What the keys of a list of fields have, where that is variables and marks alone, `relay=<*> [<*>], …`, or an object
/// that is printed with its class, `info=Run(id=<*>)`.
fn fields(text: &str) -> Vec<Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let (mut keys, mut printed_end) = (Vec::new(), 0);
    for (equals, _) in text.match_indices('=') {
        let start = equals - text[..equals].bytes().rev().take_while(|byte| is_part(byte)).count();
        let begins = text[start..equals].starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let stands_free = start == 0 || text[..start].ends_with([' ', ',', ';', '(', '[', '{']);
        if begins && stands_free && start >= printed_end {
            printed_end = equals + 1 + printed(&text[equals + 1..]).unwrap_or_default();
            keys.push(start..equals + 1);
        }
    }
    if keys.len() < 2 {
        return Vec::new();
    }
    let ends = keys[1..].iter().map(|key| key.start).chain([text.len()]);
    keys.iter()
        .zip(ends)
        .filter_map(|(key, end)| {
            let value = text[key.end..end].trim_end_matches([' ', ',', ';']);
            (holds_variables(value) || printed(value) == Some(value.len())).then_some(key.end..key.end + value.len())
        })
        .collect()
}

/// Whether a text is variables with marks around them, whose brackets are its own.
fn holds_variables(text: &str) -> bool {
    let marks = text.replace(MASKED, "").replace(MARK, "");
    let is_closed = |open: char, close: char| match marks.matches(open).count() {
        count if open == close => count % 2 == 0,
        count => count == marks.matches(close).count(),
    };
    marks.len() < text.len()
        && !marks.contains(|letter: char| letter.is_alphanumeric() || letter == '=')
        && is_closed('"', '"')
        && is_closed('\'', '\'')
        && is_closed('(', ')')
        && is_closed('[', ']')
        && is_closed('{', '}')
}

/// How long an object is that a text begins with: its class, and in parentheses what it holds.
fn printed(text: &str) -> Option<usize> {
    let class = variable(text).unwrap_or_else(|| text.bytes().take_while(u8::is_ascii_alphanumeric).count());
    let held = text[class..].strip_prefix('(').filter(|_| class > 0)?;
    let mut depth = 1;
    let end = held.bytes().position(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth == 0
    });
    end.map(|end| class + 1 + end + 1)
}

/// The name that a template ends with: words that begin with a capital or a digit, and variables, behind a colon or a
/// word that says that something is named. None of them tells how it went.
fn name_at_end(text: &str) -> Vec<Range<usize>> {
    let mut name = None;
    let mut at = text.len();
    for word in text.rsplit(' ') {
        let start = at - word.len();
        let before = text[..start].strip_suffix(' ').unwrap_or_default();
        let joins = matches!(word, "and" | "for" | "of" | "the");
        if !joins && (!is_name(word) || tells(word.as_bytes())) {
            break;
        }
        let last = before.rsplit(' ').next().unwrap_or_default();
        if !joins && (before.ends_with(':') || NAMING.contains(&last) || names_thing(last.as_bytes())) {
            name = Some(start..text.len());
        }
        at = start.saturating_sub(1);
    }
    name.into_iter().collect()
}

/// What quotes hold that are empty, or a variable alone.
fn in_quotes(text: &str) -> Vec<Range<usize>> {
    let (mut places, mut done) = (Vec::new(), 0);
    for (open, quote) in text.match_indices(['"', '\'']) {
        let held = &text[open + 1..];
        let length = variable(held).unwrap_or_default();
        if open >= done && held[length..].starts_with(quote) {
            places.push(open + 1..open + 1 + length);
            done = open + 1 + length + 1;
        }
    }
    places
}

/// Words behind which a name stands.
const NAMING: [&str; 12] = ["as", "at", "by", "called", "for", "from", "in", "named", "of", "on", "to", "with"];

fn is_name(word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '&' | '/' | '+');
    variable(word) == Some(word.len())
        || word.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit()) && word.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each of the templates is shown as.
    fn shown(templates: &[&str]) -> Vec<String> {
        let over = alike(templates.iter().copied());
        templates.iter().map(|template| over.get(template).cloned().unwrap_or_else(|| (*template).to_owned())).collect()
    }

    #[test]
    fn lists_and_objects_are_values_where_three_differ() {
        let lists = ["put ids [ a <*> ] back", "put ids [ <*>, <*> ] back", "put ids [ b=[<*>] ] back"];
        assert_eq!(shown(&lists), ["put ids [ <*> ] back"; 3]);
        assert_eq!(shown(&lists[..2]), lists[..2]);
        let objects = ["got load={a=<*>} now", "got load={} now", "got load={a={b}} now"];
        assert_eq!(shown(&objects), ["got load=<*> now"; 3]);
        let states = ["job run [ok]", "job run [failed]", "job run [lost]"];
        assert_eq!(shown(&states), states);
        let names = ["[<*>] x", "[a] x", "[b c] x"];
        assert_eq!(shown(&names), names);
        let kept = ["set [<*>] to {a}", "set [<*>] to {b}", "set [<*>] to {c}"];
        assert_eq!(shown(&kept), ["set [<*>] to <*>"; 3]);
    }

    #[test]
    fn a_field_of_several_variables_is_one_value_where_two_differ() {
        let mails = ["size=<*>, relay=<*> [<*>], stat=Sent", "size=<*>, relay=[<*>], stat=Sent"];
        assert_eq!(shown(&mails), ["size=<*>, relay=<*>, stat=Sent"; 2]);
        let runs = ["went id=<*> info=Run(at=Time(<*>), id='<*>') n=<*>", "went id=<*> info=<*> n=<*>"];
        assert_eq!(shown(&runs), ["went id=<*> info=<*> n=<*>"; 2]);
        let quoted = ["went id='<*>' n=<*>", "went id=<*> n=<*>"];
        assert_eq!(shown(&quoted), ["went id=<*> n=<*>"; 2]);
        let others =
            ["size=<*>, relay=<*> a, stat=Sent", "size=<*>, relay=b, stat=Sent", "size=<*>, relay=(<*>, stat=Sent"];
        assert_eq!(shown(&others), others);
    }

    #[test]
    fn empty_quotes_hold_a_value_where_others_do() {
        let accounts = ["account=\"\" of '<*>' came", "account=\"<*>\" of '' came"];
        assert_eq!(shown(&accounts), ["account=\"<*>\" of '<*>' came"; 2]);
        let others = ["account=\"\" of a came", "account=\"a\" of a came", "account=\"\" it's left", "a '' came"];
        assert_eq!(shown(&others), others);
    }

    #[test]
    fn a_name_at_the_end_is_a_value_where_four_differ() {
        let names =
            ["began work for Trip Planner", "began work for MEI", "began work for Lists of <*>", "began work for A/B"];
        assert_eq!(shown(&names), ["began work for <*>"; 4]);
        assert_eq!(shown(&names[..3]), names[..3]);
        let states = ["went from On to Off", "went from On to Lost", "went from On to Failed", "went from On to ERROR"];
        assert_eq!(shown(&states), states);
    }
}
