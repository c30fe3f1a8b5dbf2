//! A record of a general type as people see it: the words at its variable places are variables like any other.

use std::ops::Range;

use super::ends::{ends_word, is_joined, sentence_marks, word_end};
use super::shape::is_nothing;
use super::telling::kind_of;
use crate::marks::MARK;
use crate::mine::sink::{Sink, joins_run};
use crate::mine::words::is_no_name;

/// Passes everything on to another sink, where the words at those places go as variables.
///
/// Words are counted as `Shape` counts those of the skeleton: every sink is given the same words in the same order.
pub struct Shown<S> {
    pub inner: S,
    places: u64,
    words: u32,
    in_word: bool,
    /// The two bytes before, as far as they are constant.
    before: [u8; 2],
    /// The last word, while a value and further parts of it may follow behind colons: `queue:<*>:null`.
    compound: Option<u32>,
}

/// In the place of bytes that are none, or data: it opens no value.
const NONE: u8 = b'>';
/// Directly behind a value, where a sentence's marks are no word.
const BEHIND_VALUE: [u8; 2] = [b'*', b'>'];
impl<S> Shown<S> {
    pub fn new(inner: S, places: u64) -> Self {
        Self { inner, places, words: 0, in_word: false, before: [NONE; 2], compound: None }
    }

    /// Takes the next word of a piece of text from `at`, if one begins there or later: where it stands, its number and
    /// where to go on. It is empty where a value would stand.
    fn next_word(&mut self, piece: &[u8], at: usize) -> Option<(Range<usize>, u32, usize)> {
        if at == 0
            && let Some(place) = self.compound
            && !joins_run(piece)
        {
            self.compound = None;
            if self.before == BEHIND_VALUE && is_joined(piece, 0) {
                let (end, next) = word_end(piece, 1, true);
                self.note(piece, next, true, place);
                return Some((1..end, place, next));
            }
        }
        let mut start = at;
        let (end, next) = loop {
            if self.before == BEHIND_VALUE
                && start == 0
                && let Some(marks) = sentence_marks(piece)
            {
                start = marks;
                self.before = [NONE, b'.'];
            }
            let byte = *piece.get(start)?;
            // Noted with the byte behind it, which may be of the next piece.
            if self.is_at_nothing(byte) {
                break (start, start);
            }
            if let Some(length) = is_no_name(&piece[start..]) {
                (self.in_word, self.before) = (false, [NONE; 2]);
                break (start + length, start + length);
            }
            if !ends_word(byte) && !self.in_word {
                let is_free = self.before[1] <= b' ';
                let (end, next) = word_end(piece, start, is_free);
                self.note(piece, next, is_free, self.words);
                break (end, next);
            }
            self.in_word &= !ends_word(byte);
            self.before = [self.before[1], byte];
            start += 1;
        };
        self.words += 1;
        Some((start..end, self.words - 1, next))
    }

    /// Notes a word that ends there.
    fn note(&mut self, piece: &[u8], end: usize, is_free: bool, place: u32) {
        self.in_word = true;
        self.before = [NONE, piece[end - 1]];
        self.compound = (is_free && &piece[end..] == b":").then_some(place);
    }

    /// Whether nothing stands before this byte where a value would. It is told once.
    fn is_at_nothing(&mut self, next: u8) -> bool {
        let [before, last] = self.before;
        let is_nothing = is_nothing(before, last, next);
        if is_nothing {
            self.before = [NONE; 2];
        }
        is_nothing
    }

    fn is_variable(&self, place: u32) -> bool {
        self.places.checked_shr(place).is_some_and(|bits| bits & 1 == 1)
    }
}

impl<S: Sink> Sink for Shown<S> {
    fn constant(&mut self, text: &[u8], range: Range<usize>) {
        let (mut done, mut at) = (range.start, 0);
        let (text, piece) = (&text[..range.end], &text[range.clone()]);
        while let Some((word, place, next)) = self.next_word(piece, at) {
            at = next;
            if self.is_variable(place) {
                let word = range.start + word.start..range.start + word.end;
                if done < word.start {
                    self.inner.constant(text, done..word.start);
                }
                done = word.end;
                let kind = std::str::from_utf8(&text[word.clone()]).map_or("word".into(), kind_of);
                self.inner.variable(text, word, Some(&kind));
            }
        }
        if done < range.end {
            self.inner.constant(text, done..range.end);
        }
    }

    fn variable(&mut self, text: &[u8], range: Range<usize>, known: Option<&str>) {
        (self.in_word, self.before) = (false, BEHIND_VALUE);
        self.inner.variable(text, range, known);
    }

    fn part(&mut self, text: &[u8]) {
        let (mut done, mut at) = (0, 0);
        while let Some((word, place, next)) = self.next_word(text, at) {
            at = next;
            if self.is_variable(place) {
                self.inner.part(&text[done..word.start]);
                self.inner.part(MARK.as_bytes());
                done = word.end;
            }
        }
        if done < text.len() {
            self.inner.part(&text[done..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;
    use crate::class::Clues;
    use crate::general::Shape;
    use crate::mine::bits::Bits;
    use crate::mine::marked::Marked;
    use crate::mine::sink::Skeleton;
    use crate::mine::{self, Masks};

    fn mined<S: Sink>(line: &str, sink: &mut S) {
        mine::line(line.as_bytes(), &Masks::default(), &mut Bits::default(), sink, &mut Clues::default());
    }

    #[test]
    fn a_variable_state_of_a_structured_body_is_shown_as_one() {
        let text = |shown: Shown<Skeleton>| String::from_utf8(shown.inner.text().to_vec()).unwrap();
        let mut shown = Shown::new(Skeleton::default(), Shape::of("{id:s,state=kim:s} took <*>").held());
        mined(r#"{"id":"17","state":"kim","msg":"took 15ms"}"#, &mut shown);
        assert_eq!(text(shown), "{id:s,state=<word>:s} took <*>");
    }

    /// Scenario: lines of words, values, compound names and marks in any order. Guarantees: as many words are counted of
    /// a record as of its skeleton.
    #[test]
    fn words_of_a_record_are_counted_as_those_of_its_skeleton() {
        let parts: Vec<&str> = "took ~ alice ~ 17 10.0.0.1 libssl:amd64 libc6:amd64 queue:mail:null queue:x7:null.~ x7:a:b a:17 a:17:b :b:x7 pam(su:auth) localhost:80 localhost \
            Worker.java:17 Worker.java ~: ~ ~= ~ ~ () ( ) [ ] < > <unknown> \"a b\" \" ' List() List(a) na,nb : :a ! , ; 17.~ alice.~ libc6:amd64!~ {a} k=v k= null \
            Outer.<locals>.x a/b/c /var/x INFO 12:34:56"
            .split_ascii_whitespace()
            .collect();
        let mut below = numbers_below(3);
        for _ in 0..20_000 {
            let line: String = (0..=below(12)).map(|_| parts[below(parts.len())].replace('~', " ")).collect();
            let (mut skeleton, mut shown) = (Skeleton::default(), Shown::new(Marked::default(), 0));
            mined(&line, &mut skeleton);
            mined(&line, &mut shown);
            let skeleton = std::str::from_utf8(skeleton.text()).unwrap();
            let words = Shape::of(skeleton).words.iter().filter(|word| !word.is_masked).count();
            assert_eq!(shown.words as usize, words, "{line:?} is {skeleton:?}");
        }
    }
}
