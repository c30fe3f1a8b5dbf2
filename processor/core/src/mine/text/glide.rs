//! The short way over what most lines are made of.

use std::ops::Range;

use super::says::may_end_exit;
use super::{Splitter, scheme_follows};
use crate::mine::bits::Around;
use crate::mine::counts::is_zero;
use crate::mine::sink::Sink;

impl Splitter<'_, '_> {
    /// Whether nothing that came before has a say in what follows.
    #[inline]
    pub(super) fn is_settled(&self, at: usize) -> bool {
        if self.key || at < self.settled_at {
            return false;
        }
        // Behind a variable a month or `PM` is one too. Months are events; `M` is looked for here.
        !self.last_was_variable
            || matches!(self.text[at..], [b' ', next, ref rest @ ..] if next.is_ascii_alphanumeric() && rest.first() != Some(&b'M'))
    }

    /// The short way over what most lines are made of: wording, and numbers and the like that are data whatever stands
    /// around them. What it passes over `word` and `punctuation` would find to be the same, one by one. Answers where
    /// the first thing stands that needs a look.
    #[inline]
    pub(super) fn glide<S: Sink>(&mut self, from: usize, sink: &mut S) -> usize {
        let mut at = from;
        let stop = loop {
            let event = self.bits.next_event(at);
            let word = self.bits.around(event);
            if word.start < at || !self.is_value(&word) {
                let stop = self.stop(at, word.start.max(at), event);
                self.last_was_variable &= stop <= at + 1;
                break stop;
            }
            self.hand_on(word.start..word.end, sink);
            at = word.end;
            // A port, or a time's minutes.
            while self.text.get(at) == Some(&b':') && !self.bits.is_sep(at + 1) {
                let next = self.bits.around(at + 1);
                if !self.is_value(&next) {
                    break;
                }
                self.hand_on(next.start..next.end, sink);
                at = next.end;
            }
            self.last_was_variable = true;
            if at >= self.text.len() || !self.is_settled(at) {
                break at;
            }
        };
        self.passed.run(from, stop, self.bits);
        stop
    }

    /// Whether a word is data by itself alone: it begins with a digit and is no path, no status and no exit code.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of the short way")]
    pub(super) fn is_value(&self, word: &Around) -> bool {
        let &Around { start, end, odd } = word;
        let Some(&[before, blank, first]) = self.text.get(start.wrapping_sub(2)..).and_then(<[u8]>::first_chunk) else {
            return false;
        };
        first.is_ascii_digit()
            && !odd
            && end - start != 3
            // Nothing at all may be wording.
            && !(first == b'0' && is_zero(&self.text[start..end]))
            && (blank != b' ' || before.is_ascii_alphabetic() && !may_end_exit(before))
            && !matches!(self.text[end - 1], b'.' | b'!' | b'?')
            && !scheme_follows(self.text, end)
    }

    /// Where wording that begins at `at` ends. `word` is where the word begins that reaches up to the event.
    #[inline]
    pub(super) fn stop(&self, at: usize, word: usize, event: usize) -> usize {
        if !self.bits.is_sep(event) {
            return word;
        }
        if word == event {
            // White space that is more than one blank is taken from its beginning.
            let blank = self.text.get(event).is_some_and(|&byte| byte <= b' ');
            return if blank { self.bits.gap_start(event).max(at) } else { event };
        }
        let date = event - word == 3 && self.text[word].is_ascii_uppercase();
        let package = self.package(word, event, self.text.len()).is_some();
        let looked_at = package
            || self.is_any_address(word, event)
            || date
            || scheme_follows(self.text, event)
            || event - word == 2 && self.begins_address(word, event);
        if looked_at { word } else { event }
    }

    /// A variable that needs no remembering.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of the short way")]
    pub(super) fn hand_on<S: Sink>(&mut self, range: Range<usize>, sink: &mut S) {
        self.flush(range.start, sink);
        sink.variable(self.text, range.clone(), None);
        self.pending = range.end;
    }
}
