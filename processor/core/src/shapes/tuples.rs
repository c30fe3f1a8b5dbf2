//! Brackets in a row, `[<*>][orders][<*>]`, hold the parts of one thing: where most are values, all are.

use std::borrow::Cow;
use std::ops::Range;

use super::variable;
use crate::general::MASKED;
use crate::lexicon::tells;

/// So many brackets in a row are parts of one thing.
const LEAST: usize = 3;

/// A shape or a template with the words made variables that stand in brackets among values.
pub fn as_values(text: &str) -> Cow<'_, str> {
    let (mut out, mut done, mut at) = (String::new(), 0, 0);
    if !text.contains("][") && !text.contains("}{") {
        return Cow::Borrowed(text);
    }
    while let Some(open) = text[at..].find(['[', '{']).map(|open| at + open) {
        let row = row(text, open);
        at = row.last().map_or(open, |last| last.end) + 1;
        let (values, words): (Vec<_>, Vec<_>) =
            row.into_iter().partition(|part| variable(&text[part.clone()]) == Some(part.len()));
        if values.len() + words.len() < LEAST || values.len() <= words.len() {
            continue;
        }
        for word in words.into_iter().filter(|word| is_name(&text[word.clone()])) {
            out.push_str(&text[done..word.start]);
            out.push_str(MASKED);
            done = word.end;
        }
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// What stands in each of the brackets that follow each other from `open` on.
fn row(text: &str, open: usize) -> Vec<Range<usize>> {
    let bracket = &text[open..=open];
    let close = if bracket == "[" { ']' } else { '}' };
    let mut parts = Vec::new();
    let mut at = open;
    while text[at..].starts_with(bracket)
        && let Some(end) = text[at + 1..].find(['[', ']', '{', '}']).map(|end| at + 1 + end)
        && text[end..].starts_with(close)
    {
        parts.push(at + 1..end);
        at = end + 1;
    }
    parts
}

fn is_name(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    !text.is_empty() && text.chars().all(is_part) && !tells(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_among_values_in_brackets_is_one() {
        for (text, values) in [
            ("[<*>][orders][<*>]: went", "[<*>][<*>][<*>]: went"),
            ("to {<*>}{<word>}{dimr}{rack=<*>}", "to {<*>}{<word>}{dimr}{rack=<*>}"),
            ("to {<*>}{<*>}{<word>}{dimr}{rack=<*>}", "to {<*>}{<*>}{<word>}{<*>}{rack=<*>}"),
            ("[<*>][failed][<*>] [<*>][main] [a][b][<*>]", "[<*>][failed][<*>] [<*>][main] [a][b][<*>]"),
            ("{[a]}[<*>][<*>][", "{[a]}[<*>][<*>]["),
        ] {
            assert_eq!(as_values(text), values, "{text}");
        }
    }
}
