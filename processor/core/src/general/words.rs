//! A skeleton as its words, of which some may become variables.

use std::ops::Range;

use super::closed::{LONGEST, is_closed};
use crate::mine::sink;

/// The mark of a place that became a variable, in a skeleton. A record's text that itself says so is masked.
pub const MARK: &str = "<word>";

/// How a masked value reads in a skeleton.
pub const MASKED: &str = match std::str::from_utf8(sink::MARK) {
    Ok(mark) => mark,
    Err(_) => unreachable!(),
};

/// Only the first words of a skeleton become variables: one bit each.
pub const PLACES: usize = 64;
/// How many different words make a place a variable: of wording, and of what is marked as a value.
const WORDING: u8 = 4;
const VALUES: u8 = 3;

/// What stays beside variables, or nothing would say what the record is about: so many words of wording.
const STAYING: u32 = 2;

/// What one word of a skeleton is, or what an open word would be where a masked value stands.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// It is `MARK`.
    General,
    /// It is marked as a value: by a key, by quotes or brackets.
    Value,
    /// It stands in brackets with others.
    Enclosed,
    /// It is a part of a sentence. One that says how it went stays for ever.
    Wording { stays: bool },
    /// It is something else, and stays: a key, a value that says how it went, a part of a structure.
    Fixed,
}

pub struct Word {
    pub range: Range<usize>,
    pub kind: Kind,
    /// A value that the splitter masked, not a part of a word. It counts as one of the words at its place.
    pub is_masked: bool,
}

impl Word {
    /// How many different words at its place make it a variable; `None` for a word that stays.
    pub fn needed(&self) -> Option<u8> {
        match self.kind {
            Kind::Value => Some(VALUES),
            Kind::Enclosed | Kind::Wording { stays: false } => Some(WORDING),
            _ => None,
        }
    }
}

/// A skeleton and its words.
pub struct Shape<'a> {
    pub text: &'a str,
    pub words: Vec<Word>,
}

impl<'a> Shape<'a> {
    pub fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let frozen = end_of_wording(bytes);
        let mut words = Vec::with_capacity(bytes.len() / 4);
        let (mut at, mut depth, mut inside) = (0, 0_usize, 0_usize);
        while at < bytes.len() {
            let is_open = at >= frozen && inside == 0 && words.len() < PLACES;
            if bytes[at] == b'<' && bytes[at..].starts_with(MASKED.as_bytes()) {
                let range = at..at + MASKED.len();
                at = range.end;
                let kind = if is_open { place(bytes, &range, depth > 0) } else { Kind::Fixed };
                if kind != Kind::Fixed {
                    words.push(Word { range, kind, is_masked: true });
                }
            } else if bytes[at] == b'<' && bytes[at..].starts_with(MARK.as_bytes()) {
                words.push(Word { range: at..at + MARK.len(), kind: Kind::General, is_masked: false });
                at += MARK.len();
            } else if ends_word(bytes[at]) {
                match bytes[at] {
                    b'(' | b'[' => depth += 1,
                    b')' | b']' => depth = depth.saturating_sub(1),
                    b'{' => inside += 1,
                    b'}' => inside = inside.saturating_sub(1),
                    _ => {}
                }
                at += 1;
            } else {
                let start = at;
                at += bytes[at..].iter().position(|&byte| ends_word(byte)).unwrap_or(bytes.len() - at);
                let kind = if is_open { kind(text, start..at, depth > 0) } else { Kind::Fixed };
                words.push(Word { range: start..at, kind, is_masked: false });
            }
        }
        Self { text, words }
    }

    /// The words that are `MARK`, a bit each.
    pub fn general(&self) -> u64 {
        self.bits(|word| word.kind == Kind::General)
    }

    /// The words and masked values that may become a variable, a bit each.
    pub fn open(&self) -> u64 {
        self.bits(|word| word.needed().is_some())
    }

    /// The masked values, a bit each.
    pub fn masked(&self) -> u64 {
        self.bits(|word| word.is_masked)
    }

    /// Whether enough wording stays when those places are variables; a value has its key.
    pub fn says_enough(&self, places: u64, new: &Word) -> bool {
        let stay = |is_one: fn(&Word) -> bool| (self.bits(is_one) & !places).count_ones();
        match new.kind {
            Kind::Value => self.words.len() > PLACES || stay(|word| !word.is_masked) > 0,
            _ => stay(|word| matches!(word.kind, Kind::Wording { .. }) && !word.is_masked) >= STAYING,
        }
    }

    /// The words of a record's skeleton, those alone counted, that are variables in a general one which covers it.
    pub fn variables_under(&self, general: &Shape<'_>) -> u64 {
        let words = self.words.iter().zip(&general.words).filter(|(word, _)| !word.is_masked);
        let is_general = |over: &Word| u64::from(over.kind == Kind::General);
        words.take(PLACES).enumerate().fold(0, |bits, (place, (_, over))| bits | is_general(over) << place)
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

/// Up to where all is wording: the keys of a structured body, and what a logging library's placeholders stand in.
fn end_of_wording(bytes: &[u8]) -> usize {
    let Some(last) = bytes.iter().rposition(|&byte| byte == b'}') else { return 0 };
    let is_placeholder =
        |inside: &[u8]| inside.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.@$".contains(byte));
    let opens = bytes[..last].iter().rposition(|&byte| byte == b'{');
    let holds_all = bytes.first() == Some(&b'{');
    if holds_all || opens.is_some_and(|at| is_placeholder(&bytes[at + 1..last])) { last + 1 } else { 0 }
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

/// What an open word is that stands there.
fn place(bytes: &[u8], range: &Range<usize>, is_enclosed: bool) -> Kind {
    let (before, after) = (&bytes[..range.start], &bytes[range.end..]);
    let is_key = match after.first() {
        Some(b'=') => true,
        // Behind another word it is a name with what is said of it behind the colon.
        Some(b':') => !before.trim_ascii_end().last().is_some_and(|&byte| !ends_word(byte) || byte == b'>'),
        _ => false,
    };
    // A part of a word, the rest of which was masked.
    let is_part = after.starts_with(MASKED.as_bytes()) || before.ends_with(MASKED.as_bytes()) || {
        let continues = |byte: Option<&u8>| byte.is_some_and(|&byte| !ends_word(byte));
        continues(before.last()) || continues(after.first())
    };
    match before.last() {
        _ if is_key || is_part => Kind::Fixed,
        Some(b'=' | b'"' | b'\'' | b'(' | b'[' | b'`') => Kind::Value,
        // What is printed of an object.
        Some(b'<') => Kind::Fixed,
        _ if is_enclosed => Kind::Enclosed,
        _ => Kind::Wording { stays: false },
    }
}

fn kind(text: &str, range: Range<usize>, is_enclosed: bool) -> Kind {
    let word = &text[range.clone()];
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let is_name = word.len() <= LONGEST && word.as_bytes().iter().any(is_letter);
    match place(text.as_bytes(), &range, is_enclosed) {
        _ if !is_name => Kind::Fixed,
        Kind::Wording { .. } => Kind::Wording { stays: is_closed(word) },
        _ if is_closed(word) => Kind::Fixed,
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Vec<&str> {
        let shape = Shape::of(text);
        shape.words.iter().filter(|word| word.needed().is_some()).map(|word| &text[word.range.clone()]).collect()
    }

    #[test]
    fn wording_and_values_are_open_keys_outcomes_and_parts_of_words_are_not() {
        assert_eq!(open("Accepted password of alice from <*>"), ["password", "of", "alice", "from", "<*>"]);
        assert_eq!(open("user=alice state=failed worker<*> (idle) eth:"), ["alice"]);
        assert_eq!(open("connection of bob timed out"), ["connection", "of", "bob", "out"]);
        assert_eq!(open("{level:s,user.name:s} session of alice"), ["session", "of", "alice"]);
        assert_eq!(open("user {name} has left -- 17"), ["has"]);
    }

    #[test]
    fn places_are_counted_by_the_words_and_masked_values_before_them_whatever_those_are() {
        let one = Shape::of("<*> of alice (<*>) <word> eth<*>");
        assert_eq!((one.open(), one.general(), one.masked(), one.words.len()), (0b0_1111, 0b1_0000, 0b0_1001, 6));
        assert_eq!(one.with(0b01100), "<*> of <word> (<word>) <word> eth<*>");
    }

    #[test]
    fn a_record_is_shown_with_those_of_its_words_that_are_variables_of_its_type() {
        let general = Shape::of("<word> of <word> (<word>)");
        assert_eq!(Shape::of("<*> of alice (idle)").variables_under(&general), 0b110);
        assert_eq!(Shape::of("two of <*> (idle)").variables_under(&general), 0b101);
    }
}
