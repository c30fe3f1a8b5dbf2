//! What words say of outcome and purpose by where they stand.

use std::ops::Range;

use memchr::memchr;

use super::Splitter;
use crate::class::Probe;
use crate::mine::clues::{self, number};
use crate::mine::places;
use crate::mine::words::is_method;

/// Whether a word that an exit code stands behind may end with that letter.
#[inline]
pub(super) fn may_end_exit(letter: u8) -> bool {
    matches!(letter | 0x20, b'c' | b'd' | b'e' | b's')
}

impl Splitter<'_, '_> {
    pub(super) fn look_at_path(&mut self, path: &[u8]) {
        if path.first() == Some(&b'/') || memchr(b':', path).is_some_and(|colon| path[colon..].starts_with(b"://")) {
            self.clues.probe |= Probe::path(path);
        }
    }

    /// What a number says by where it stands: a status after a request, an exit code after those words.
    #[inline]
    pub(super) fn status(&mut self, start: usize, word: &[u8]) {
        let [.., last, b' '] = self.text[..start] else { return };
        if !(word[0].is_ascii_digit() || word[0] == b'-') {
            return;
        }
        // A word that an exit code stands behind ends in one of these letters.
        if word.len() == 3 || !last.is_ascii_alphabetic() || may_end_exit(last) {
            self.look_at_status(start, word);
        }
    }

    #[inline(never)]
    pub(super) fn look_at_status(&mut self, start: usize, word: &[u8]) {
        let last = self.before(0);
        let answers: [&[u8]; 6] = [b"status", b"responded", b"response", b"completed", b"returned", b"answered"];
        let boxed = self.text[..start].ends_with(b"| ") && self.text[start + word.len()..].starts_with(b" |");
        let is_code = last.eq_ignore_ascii_case(b"code");
        let (one, other) = (self.before(1), self.before(2));
        let is_http = word.len() == 3
            && (self.request.is_some_and(|end| start == end + 2)
                || last.first() == Some(&b'/') && is_method(one)
                || last.starts_with(b"HTTP/")
                || last == b"HTTP"
                || last == b"Sent" && self.text[start + word.len()..].starts_with(b" in ")
                || boxed
                || places::is_times(last)
                || places::is_behind_request(self.text, start)
                || places::is_before_request(self.text, start + word.len())
                || places::ends_request(self.text, start, start + word.len())
                || is_code && one.eq_ignore_ascii_case(b"status")
                || answers.iter().any(|answer| last.eq_ignore_ascii_case(answer)));
        let Some(number) = number(word) else { return };
        if (is_code || last.eq_ignore_ascii_case(b"status")) && clues::ends(one, other) {
            // A request completes with one of these; a process with any other.
            if is_http && (200..=599).contains(&number) && !clues::exits(one, other) {
                self.clues.http(number);
            } else {
                clues::exit(self.clues, number);
            }
        } else if is_http {
            self.clues.http(number);
        } else if clues::is_exit(last) {
            clues::exit(self.clues, number);
        }
    }

    /// What the value of the word before says: `status=503`, `exit code: 1`.
    #[inline]
    pub(super) fn value(&mut self, value: &[u8]) {
        let key = self.passed.before(0, self.bits);
        if clues::may_name(&self.text[key.clone()]) {
            self.look_at_value(key, value);
        }
    }

    #[inline(never)]
    pub(super) fn look_at_value(&mut self, key: Range<usize>, value: &[u8]) {
        let assigned = matches!(self.text[key.end..], [b'=', ..] | [b'"', b'=' | b':', ..]);
        let key = &self.text[key];
        if (key.eq_ignore_ascii_case(b"code") || key.eq_ignore_ascii_case(b"status"))
            && clues::ends(self.before(1), self.before(2))
            && let Some(code) = number(value)
        {
            return clues::exit(self.clues, code);
        }
        clues::named(key, value, assigned, self.clues);
    }
}
