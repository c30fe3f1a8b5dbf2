//! A skeleton as its words, of which some may become variables.

use std::ops::Range;

use super::ends::{compound_end, ends_sentence, ends_word, is_masked, stands_free, word_end};
use super::kinds::{Kind, held, is_identifier, kind, opens_value, place};
use super::telling::kind_of;
use crate::marks::{MARK, mark_length};
use crate::mine::sink;
use crate::mine::words::is_no_name;

/// How a masked value reads in a skeleton.
pub const MASKED: &str = match std::str::from_utf8(sink::MARK) {
    Ok(mark) => mark,
    Err(_) => unreachable!(),
};

/// Only the first words of a skeleton become variables: one bit each.
pub const PLACES: usize = 64;
/// How many different words make a place a variable: of wording, of what is marked as a value, and of units.
pub const WORDING: u8 = 4;
pub const VALUES: u8 = 3;
const UNITS: u8 = 2;
/// The same of states and operations in the shape of a structured body, which are a part of the wording in most.
pub const HELD: u8 = 64;

/// What stays beside variables, or nothing would say what the record is about: so many words of wording, or keys.
const STAYING: u32 = 2;
/// The same where a masked value shows that a place holds data.
const STAYING_BESIDE_MASKED: u32 = 1;

pub struct Word {
    /// Empty where a value is.
    pub range: Range<usize>,
    pub kind: Kind,
    /// A value that the splitter masked, not a part of a word. It counts as one of the words at its place.
    pub is_masked: bool,
}

impl Word {
    /// How many different words at its place make it a variable, if a masked value is not seen there as well.
    pub fn needed(&self) -> Option<u8> {
        match self.kind {
            Kind::Value => Some(VALUES),
            Kind::Unit => Some(UNITS),
            Kind::Held => Some(HELD),
            Kind::Enclosed | Kind::Wording { stays: false } => Some(WORDING),
            _ => None,
        }
    }

    pub fn is_general(&self) -> bool {
        self.kind == Kind::General
    }

    /// Whether it may become a variable.
    pub fn is_open(&self) -> bool {
        self.needed().is_some() || matches!(self.kind, Kind::Head | Kind::Beside | Kind::Code)
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
            if let Some((end, next)) = compound_end(bytes, at) {
                let range = at..end;
                at = next;
                let kind = if is_open { kind(text, range.clone(), depth > 0, "") } else { Kind::Fixed };
                words.push(Word { range, kind, is_masked: false });
            } else if is_masked(&bytes[at..]) {
                let range = at..at + MASKED.len();
                at = range.end;
                let kind = if is_open { place(bytes, &range, depth > 0) } else { Kind::Fixed };
                if kind != Kind::Fixed {
                    words.push(Word { range, kind, is_masked: true });
                }
            } else if let Some(length) = mark_length(&bytes[at..]) {
                words.push(Word { range: at..at + length, kind: Kind::General, is_masked: false });
                at += length;
            } else if let Some(length) = ends_sentence(bytes, at) {
                at += length;
            } else if let Some(length) = is_no_name(&bytes[at..]) {
                let range = at..at + length;
                at = range.end;
                let kind = if is_open { place(bytes, &range, depth > 0) } else { Kind::Fixed };
                words.push(Word { range, kind, is_masked: false });
            } else if ends_word(bytes[at]) {
                match bytes[at] {
                    b'(' | b'[' => depth += 1,
                    b')' | b']' => depth = depth.saturating_sub(1),
                    b'{' => inside += 1,
                    b'}' => inside = inside.saturating_sub(1),
                    _ => {}
                }
                at += 1;
                if let [before, last, next] = bytes[at.saturating_sub(2)..(at + 1).min(bytes.len())]
                    && is_nothing(before, last, next)
                {
                    let kind = if is_open { Kind::Value } else { Kind::Fixed };
                    words.push(Word { range: at..at, kind, is_masked: false });
                }
            } else {
                let (end, next) = word_end(bytes, at, stands_free(bytes, at));
                let key = words.last().map_or("", |word| &text[word.range.clone()]);
                let kind = if is_open {
                    kind(text, at..end, depth > 0, key)
                } else if inside > 0 && bytes[0] == b'{' {
                    held(text, &(at..end))
                } else {
                    Kind::Fixed
                };
                words.push(Word { range: at..end, kind, is_masked: false });
                at = next;
            }
        }
        Self { text, words }
    }

    /// The words that are marks, a bit each.
    pub fn general(&self) -> u64 {
        self.bits(|word| word.kind == Kind::General)
    }

    /// The words that may be variables where others became such, a bit each.
    pub fn may_vary(&self) -> u64 {
        self.bits(|word| word.is_open() || matches!(word.kind, Kind::General | Kind::Telling { .. }))
    }

    /// The words and masked values that may become a variable, a bit each.
    pub fn open(&self) -> u64 {
        self.bits(Word::is_open)
    }

    /// The names that tell of faults and are marked as values, a bit each.
    pub fn telling(&self) -> u64 {
        self.bits(|word| word.kind == Kind::Telling { is_value: true })
    }

    /// The words that stand in a structured body's shape, a bit each.
    pub fn held(&self) -> u64 {
        self.bits(|word| word.kind == Kind::Held)
    }

    /// The masked values, a bit each.
    pub fn masked(&self) -> u64 {
        self.bits(|word| word.is_masked)
    }

    /// Whether enough stays when those places are variables; a value has its key.
    pub fn says_enough(&self, places: u64, new: &Word, beside_masked: bool) -> bool {
        if matches!(new.kind, Kind::Code | Kind::Held) {
            return true;
        }
        let stay = |is_one: fn(&Word) -> bool| (self.bits(is_one) & !places).count_ones();
        if matches!(new.kind, Kind::Value | Kind::Unit) {
            return self.words.len() > PLACES || stay(|word| !word.is_masked) > 0;
        }
        let needed = if beside_masked { STAYING_BESIDE_MASKED } else { STAYING };
        stay(|word| matches!(word.kind, Kind::Wording { .. } | Kind::Key | Kind::Beside) && !word.is_masked) >= needed
    }

    /// The words of a record's skeleton, those alone counted, that are variables in a general one which covers it.
    pub fn variables_under(&self, general: &Shape<'_>) -> u64 {
        let words = self.words.iter().zip(&general.words).filter(|(word, _)| !word.is_masked);
        let is_general = |over: &Word| u64::from(over.kind == Kind::General);
        words.take(PLACES).enumerate().fold(0, |bits, (place, (_, over))| bits | is_general(over) << place)
    }

    /// Whether a word is one of a structured body's shape, of which nothing is told but by how many there are.
    pub fn is_held(&self, place: usize) -> bool {
        self.words[place].kind == Kind::Held
    }

    /// Whether a word is a name that a program has for something, and not the one of what logs.
    pub fn is_identifier(&self, place: usize) -> bool {
        let Range { start, end } = self.words[place].range;
        let is_first = || self.words[..place].iter().all(|word| word.is_masked || word.kind == Kind::General);
        is_identifier(&self.text[start..end]) && (self.text[end..].starts_with(" |") || !is_first())
    }

    /// How the wording begins that a word may be the name in, `rcpt bob: `: what stands before it, with those places made
    /// variables, and the mark behind it. `None` where no word says what is named, or nothing is said behind it.
    pub fn beginning(&self, places: u64, place: usize) -> Option<String> {
        let Word { range: Range { start, end }, .. } = self.words[place];
        let mark = self.text[end..].chars().next().filter(|mark| matches!(mark, ':' | ']' | ')' | '>' | '\'' | '|'))?;
        let is_wording = |word: &Word| matches!(word.kind, Kind::Wording { .. } | Kind::Key) && !word.is_masked;
        let may_be_named = self.words[place].needed().is_some() && self.words[..place].iter().any(is_wording);
        may_be_named.then(|| self.with_until(places & !(u64::MAX << place), start) + mark.encode_utf8(&mut [0; 4]))
    }

    fn bits(&self, is_one: impl Fn(&Word) -> bool) -> u64 {
        self.words
            .iter()
            .take(PLACES)
            .enumerate()
            .filter(|(_, word)| is_one(word))
            .fold(0, |bits, (place, _)| bits | 1 << place)
    }

    /// What stands before the first of those places, and behind the last one.
    pub fn around(&self, places: u64) -> (&str, &str) {
        let first = self.words.get(places.trailing_zeros() as usize);
        let last = places.checked_ilog2().and_then(|place| self.words.get(place as usize));
        let before = first.map_or(self.text.len(), |word| word.range.start);
        let after = last.map_or(self.text.len(), |word| word.range.end);
        (&self.text[..before], &self.text[after..])
    }

    /// The skeleton with those places made variables.
    pub fn with(&self, places: u64) -> String {
        self.with_until(places, self.text.len())
    }

    fn with_until(&self, places: u64, end: usize) -> String {
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (place, word) in self.words.iter().enumerate().take(PLACES) {
            if places >> place & 1 == 1 {
                out.push_str(&self.text[done..word.range.start]);
                let text = &self.text[word.range.clone()];
                match word.kind {
                    Kind::General => out.push_str(text),
                    Kind::Telling { .. } => out.extend(["<", &kind_of(text), ">"]),
                    _ => out.push_str(MARK),
                }
                done = word.range.end;
            }
        }
        out.push_str(&self.text[done..end]);
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

/// Whether a value would stand behind `last` and before `next`, and none does: `name= age=7`, `from=<>`, `peers: []`.
pub fn is_nothing(before: u8, last: u8, next: u8) -> bool {
    match last {
        b'=' => !ends_word(before) && (next <= b' ' || matches!(next, b',' | b';' | b')' | b']')),
        b'<' => next == b'>' && opens_value(before),
        b'(' => next == b')' && opens_value(before),
        b'[' => next == b']' && opens_value(before),
        b'"' | b'\'' => next == last && opens_value(before),
        _ => false,
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
    fn what_a_sentence_says_that_something_is_now_is_its_state() {
        assert_eq!(open("folder <*> is now idle"), ["folder", "<*>", "is", "now"]);
        assert_eq!(open("status is now: NodeBusy"), ["status", "is", "now"]);
        assert_eq!(open("service <*> is fenced."), ["service", "<*>", "is"]);
        assert_eq!(open("host <*> is bob here"), ["host", "<*>", "is", "bob", "here"]);
    }

    /// Each word that may become a variable where a masked value was seen as well, or none.
    fn may_vary(text: &str) -> Vec<&str> {
        let shape = Shape::of(text);
        shape
            .words
            .iter()
            .filter(|word| word.is_open() && !word.is_masked)
            .map(|word| &text[word.range.clone()])
            .collect()
    }

    #[test]
    fn a_head_an_empty_value_a_placeholder_and_a_local_port_may_be_data() {
        assert_eq!(may_vary("NOQUEUE: <*>"), ["NOQUEUE"]);
        assert_eq!(may_vary("warning: <*>"), [""; 0]);
        assert_eq!(may_vary("a= b=<*> c=(), d=<> e=\"\" f=[]; f() = "), ["", "", "", "", "", "f"]);
        assert_eq!(
            may_vary("<unknown> at localhost:<*>, localhost"),
            ["<unknown>", "at", "localhost:<*>", "localhost"]
        );
        assert_eq!(may_vary("\"jobs.<locals>.tick\" of <*> <none>"), ["jobs.<locals>.tick", "of", "<none>"]);
    }

    #[test]
    fn that_nobody_has_a_part_which_somebody_should_have_is_no_data() {
        assert_eq!(may_vary("leader=none host=none leader is None ha <*> -> none"), ["none", "leader", "is", "ha"]);
        assert_eq!(may_vary("host is none"), ["host", "is", "none"]);
    }

    #[test]
    fn marks_at_the_end_of_a_sentence_are_no_part_of_its_last_word() {
        assert_eq!(open("has left alice. has left bob!"), ["has", "alice", "has", "bob"]);
        assert_eq!(open("began v.<*> ... again"), ["began", "again"]);
        for text in ["sent to <*>. Then", "sent to <word>. Then", "sent to <word:fail>. Then", "sent to bob. Then"] {
            assert_eq!(Shape::of(text).words.len(), 4, "{text}");
        }
    }

    #[test]
    fn a_function_within_another_is_a_name_whatever_it_says() {
        assert_eq!(open("ran main.<locals>.bad (slow) main.bad"), ["ran", "main.<locals>.bad"]);
    }

    #[test]
    fn a_unit_needs_one_other_and_the_name_of_a_command_stays_where_it_is_not_said_of_something() {
        let needed = |text: &str| Shape::of(text).words.iter().map(Word::needed).collect::<Vec<_>>();
        assert_eq!(needed("took <*> KiB"), [Some(WORDING), Some(WORDING), Some(UNITS)]);
        assert_eq!(needed("lost after STARTTLS"), [None, Some(WORDING), None]);
        assert_eq!(needed("+slave joined"), [None, None]);
        assert_eq!(needed("into hive: SOFTWARE"), [Some(WORDING), Some(WORDING), Some(WORDING)]);
        assert_eq!(needed("order state=settled"), [Some(WORDING), None, None]);
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
