//! A record of a general type as people see it: the words at its variable places are variables like any other.

use std::ops::Range;

use super::words::ends_word;
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

    /// Takes the next word of a text from `at`, if one begins there or later: where it stands and its number.
    fn next_word(&mut self, text: &[u8], at: usize) -> Option<(Range<usize>, u32)> {
        let mut start = at;
        loop {
            let byte = *text.get(start)?;
            if ends_word(byte) {
                self.in_word = false;
            } else if !self.in_word {
                break;
            }
            start += 1;
        }
        let length = text[start..].iter().position(|&byte| ends_word(byte)).unwrap_or(text.len() - start);
        self.in_word = true;
        self.words += 1;
        Some((start..start + length, self.words - 1))
    }

    fn is_variable(&self, place: u32) -> bool {
        self.places.checked_shr(place).is_some_and(|bits| bits & 1 == 1)
    }
}

impl<S: Sink> Sink for Shown<S> {
    fn constant(&mut self, text: &[u8], range: Range<usize>) {
        let (mut done, mut at) = (range.start, range.start);
        let text = &text[..range.end];
        while let Some((word, place)) = self.next_word(text, at) {
            at = word.end;
            if self.is_variable(place) {
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
        while let Some((word, _)) = self.next_word(text, at) {
            at = word.end;
        }
        self.inner.part(text);
    }
}
