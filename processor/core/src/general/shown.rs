//! A record of a general type as people see it: the words at its variable places are variables like any other.

use std::ops::Range;

use super::words::{ends_word, is_nothing, word_end};
use crate::mine::sink::Sink;

/// Passes everything on to another sink, where the words at those places go as variables.
///
/// Words are counted as `Shape` counts those of the skeleton: every sink is given the same words in the same order.
pub struct Shown<S> {
    pub inner: S,
    places: u64,
    words: u32,
    in_word: bool,
}

impl<S> Shown<S> {
    pub fn new(inner: S, places: u64) -> Self {
        Self { inner, places, words: 0, in_word: false }
    }

    /// Takes the next word of a piece of text from `at`, if one begins there or later: where it stands, its number and
    /// where to go on. It is empty where a value would stand.
    fn next_word(&mut self, piece: &[u8], at: usize) -> Option<(Range<usize>, u32, usize)> {
        let mut start = at;
        let (end, next) = loop {
            if ends_word(*piece.get(start)?) {
                self.in_word = false;
                start += 1;
                if is_nothing(piece, start) {
                    break (start, start);
                }
            } else if self.in_word {
                start += 1;
            } else {
                self.in_word = true;
                break word_end(piece, start);
            }
        };
        self.words += 1;
        Some((start..end, self.words - 1, next))
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
        self.in_word = false;
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
