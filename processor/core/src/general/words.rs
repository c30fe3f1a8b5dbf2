//! A skeleton as its words, of which some may become variables.

use std::ops::Range;

use super::closed::{LONGEST, is_closed};
use crate::mine::sink::MARK as MASKED;

/// The mark of a place that became a variable, in a skeleton. A record's text that itself says so is masked.
pub const MARK: &str = "<word>";

/// Only the first words of a skeleton become variables: one bit each.
pub const PLACES: usize = 64;
/// How many different words make a place a variable: of wording, and of what is marked as a value.
const WORDING: u8 = 4;
const VALUES: u8 = 3;

/// What one word of a skeleton is.
pub struct Word {
    pub range: Range<usize>,
    /// How many different words at its place make it a variable; `None` for a word that stays.
    pub needed: Option<u8>,
    /// How many other words must stay beside it, or nothing would say what the record is about.
    pub beside: u32,
    /// It is `MARK`.
    pub is_general: bool,
}

/// A skeleton and its words.
pub struct Shape<'a> {
    pub text: &'a str,
    pub words: Vec<Word>,
}

impl<'a> Shape<'a> {
    pub fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        // Keys of structures and placeholders of logging libraries are wording, and so is what stands between them.
        let frozen = bytes.iter().rposition(|&byte| byte == b'}').map_or(0, |at| at + 1);
        let mut words = Vec::with_capacity(bytes.len() / 4);
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'<' && bytes[at..].starts_with(MASKED) {
                at += MASKED.len();
            } else if bytes[at] == b'<' && bytes[at..].starts_with(MARK.as_bytes()) {
                words.push(Word { range: at..at + MARK.len(), needed: None, beside: 0, is_general: true });
                at += MARK.len();
            } else if ends_word(bytes[at]) {
                at += 1;
            } else {
                let start = at;
                at += bytes[at..].iter().position(|&byte| ends_word(byte)).unwrap_or(bytes.len() - at);
                let (needed, beside) =
                    if start >= frozen && words.len() < PLACES { openness(text, start..at) } else { (None, 0) };
                words.push(Word { range: start..at, needed, beside, is_general: false });
            }
        }
        Self { text, words }
    }

    /// The words that are `MARK`, a bit each.
    pub fn general(&self) -> u64 {
        self.bits(|word| word.is_general)
    }

    /// The words that may become a variable, a bit each.
    pub fn open(&self) -> u64 {
        self.bits(|word| word.needed.is_some())
    }

    fn bits(&self, is_one: impl Fn(&Word) -> bool) -> u64 {
        self.words
            .iter()
            .take(PLACES)
            .enumerate()
            .filter(|(_, word)| is_one(word))
            .fold(0, |bits, (place, _)| bits | 1 << place)
    }

    /// The skeleton with those places made variables.
    pub fn with(&self, places: u64) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (place, word) in self.words.iter().enumerate().take(PLACES) {
            if places >> place & 1 == 1 {
                out.push_str(&self.text[done..word.range.start]);
                out.push_str(MARK);
                done = word.range.end;
            }
        }
        out.push_str(&self.text[done..]);
        out
    }
}

/// The separators of the splitter.
pub fn ends_word(byte: u8) -> bool {
    ENDS_WORD[usize::from(byte)]
}

static ENDS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = is_separator(byte as u8);
        byte += 1;
    }
    table
};

const fn is_separator(byte: u8) -> bool {
    byte <= b' '
        || matches!(
            byte,
            b'"' | b'\''
                | b'='
                | b':'
                | b'('
                | b')'
                | b','
                | b';'
                | b'<'
                | b'>'
                | b'['
                | b']'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
        )
}

/// How many different words make this place a variable, if any number does, and how many words must stay beside it.
fn openness(text: &str, range: Range<usize>) -> (Option<u8>, u32) {
    let bytes = text.as_bytes();
    let word = &text[range.clone()];
    let before = &bytes[..range.start];
    let after = &bytes[range.end..];
    // A key, or the head of what follows; a part of a word that was masked.
    let is_key = match after.first() {
        Some(b'=') => true,
        // Behind another word it is a name with what is said of it behind the colon.
        Some(b':') => !before.trim_ascii_end().last().is_some_and(|&byte| !ends_word(byte) || byte == b'>'),
        _ => false,
    };
    let touches = after.starts_with(MASKED) || before.ends_with(MASKED);
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let is_name = word.len() <= LONGEST && word.as_bytes().iter().any(is_letter);
    if is_key || touches || !is_name || is_closed(word) {
        return (None, 0);
    }
    let is_value = matches!(before.last(), Some(b'=' | b'"' | b'\'' | b'(' | b'[' | b'`'));
    if is_value { (Some(VALUES), 1) } else { (Some(WORDING), 2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Vec<&str> {
        let shape = Shape::of(text);
        shape.words.iter().filter(|word| word.needed.is_some()).map(|word| &text[word.range.clone()]).collect()
    }

    #[test]
    fn wording_and_values_are_open_keys_outcomes_and_parts_of_words_are_not() {
        assert_eq!(open("Accepted password of alice from <*>"), ["password", "of", "alice", "from"]);
        assert_eq!(open("user=alice state=failed worker<*> (idle) eth:"), ["alice"]);
        assert_eq!(open("connection of bob timed out"), ["connection", "of", "bob", "out"]);
        assert_eq!(open("{level:s,user.name:s} session of alice"), ["session", "of", "alice"]);
        assert_eq!(open("user {name} has left -- 17"), ["has"]);
    }

    #[test]
    fn places_are_counted_by_the_words_before_them_whatever_those_are() {
        let one = Shape::of("<*> of alice (<*>) <word>");
        assert_eq!((one.open(), one.general(), one.words.len()), (0b011, 0b100, 3));
        assert_eq!(one.with(0b010), "<*> of <word> (<*>) <word>");
    }
}
