//! A record of a general type as people see it: the words at its variable places are variables like any other.

use std::ops::Range;

use super::words::{ends_word, is_nothing, marks_behind, word_end};
use crate::mine::sink::Sink;
use crate::mine::words::is_no_name;

/// Passes everything on to another sink, where the words at those places go as variables.
///
/// Words are counted as `Shape` counts those of the skeleton: every sink is given the same words in the same order.
pub struct Shown<S> {
    pub inner: S,
    places: u64,
    words: u32,
    in_word: bool,
    /// Nothing came since a value.
    is_behind_value: bool,
    /// The two bytes before, as far as they are constant.
    before: [u8; 2],
}

/// In the place of bytes that are none, or data: it opens no value.
const NONE: u8 = b'>';

impl<S> Shown<S> {
    pub fn new(inner: S, places: u64) -> Self {
        Self { inner, places, words: 0, in_word: false, is_behind_value: false, before: [NONE; 2] }
    }

    /// Takes the next word of a piece of text from `at`, if one begins there or later: where it stands, its number and
    /// where to go on. It is empty where a value would stand.
    fn next_word(&mut self, piece: &[u8], at: usize) -> Option<(Range<usize>, u32, usize)> {
        let mut start = at;
        if std::mem::take(&mut self.is_behind_value) {
            start += marks_behind(&piece[at..]);
        }
        let (end, next) = loop {
            let byte = *piece.get(start)?;
            // Noted with the byte behind it, which may be of the next piece.
            if self.is_at_nothing(byte) {
                break (start, start);
            }
            if let Some(length) = is_no_name(&piece[start..]) {
                (self.in_word, self.before) = (false, [NONE; 2]);
                let end = start + length;
                self.words += 1;
                return Some((start..end, self.words - 1, end + marks_behind(&piece[end..])));
            }
            if !ends_word(byte) && !self.in_word {
                self.in_word = true;
                let (end, next) = word_end(piece, start);
                self.before = [NONE, piece[next - 1]];
                break (end, next);
            }
            self.in_word &= !ends_word(byte);
            self.before = [self.before[1], byte];
            start += 1;
        };
        self.words += 1;
        Some((start..end, self.words - 1, next))
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
                self.inner.variable(text, word, Some("word"));
            }
        }
        if done < range.end {
            self.inner.constant(text, done..range.end);
        }
    }

    fn variable(&mut self, text: &[u8], range: Range<usize>, known: Option<&str>) {
        (self.in_word, self.is_behind_value, self.before) = (false, true, [NONE; 2]);
        self.inner.variable(text, range, known);
    }

    fn part(&mut self, text: &[u8]) {
        let mut at = 0;
        while let Some((_, _, next)) = self.next_word(text, at) {
            at = next;
        }
        self.inner.part(text);
    }
}
