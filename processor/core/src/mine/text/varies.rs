//! Whether a word is data or wording.

use std::ops::Range;

use memchr::{memchr, memrchr};

use super::Splitter;
use crate::lexicon::keys::{
    asks_state, has_wording, is_answer, is_message, is_naming, is_turn, may_have_state, names_holder, names_thing,
};
use crate::lexicon::{self, names_fault, tells};
use crate::marks::mark_length;
use crate::mine::TRUTHS;
use crate::mine::bits::Word;
use crate::mine::codes::is_code;
use crate::mine::counts::{is_zero, tells_by_zero};
use crate::mine::versioned::is_versioned;
use crate::mine::words::{
    is_architecture, is_country, is_domain, is_fault, is_interface, is_month, is_named, is_no_name, is_nothing,
    is_state, is_technical, is_truth, is_weekday, is_zone,
};

impl Splitter<'_, '_> {
    /// Whether a word is data rather than wording.
    #[inline]
    pub(super) fn varies(&self, start: usize, end: usize, has_digit: bool, has_key: bool) -> bool {
        let word = &self.text[start..end];
        if has_digit {
            let stays = is_technical(word) && !(self.is_glued(start) && is_architecture(word))
                || is_named(self.text, start, end)
                || is_versioned(word)
                || is_code(self.text, start, end)
                || self.is_interface_alone(start, end)
                || is_zero(word) && tells_by_zero(self.text, start, end, self.bits);
            return !stays;
        }
        self.varies_without_digit(start, end, has_key)
    }

    /// Whether an interface stands for itself, not with an address or another's name.
    pub(super) fn is_interface_alone(&self, start: usize, end: usize) -> bool {
        is_interface(&self.text[start..end])
            && (start == 0 || self.text[start - 1] == b' ')
            && matches!(self.text[end..], [] | [b' ' | b'.' | b',', ..] | [b':', b' ', ..])
    }

    #[inline(never)]
    pub(super) fn varies_without_digit(&self, start: usize, end: usize, has_key: bool) -> bool {
        let text = self.text;
        let word = &text[start..end];
        if has_key && self.is_truth_value(start, word) {
            return true;
        }
        if has_key && self.is_assigned(start, end) {
            return !(self.stays_as_value(word) || self.opens_literal(end));
        }
        if matches!(word, [b'$', first, ..] if first.is_ascii_alphabetic()) {
            return true;
        }
        if has_key && text[..start].ends_with(b": ") && is_file_name(word) {
            return true;
        }
        if memchr(b'@', word).is_some_and(|at| at > 0 && at + 1 < word.len()) {
            return true;
        }
        if let Some(dot) = word.iter().rposition(|&byte| byte == b'.')
            && dot > 0
            && !word.iter().any(u8::is_ascii_uppercase)
        {
            // A host is told by its last label, or by its address or port behind it.
            let has_address =
                || matches!(text[end..], [b' ', b'[', digit, ..] | [b':', digit, ..] if digit.is_ascii_digit());
            let label = &word[dot + 1..];
            let is_long = !label.is_empty() && memchr(b'.', &word[..dot]).is_some();
            return is_domain(label) || is_system_unit(word, label) || is_long && (is_country(label) || has_address());
        }
        self.varies_plainly(start, end)
    }

    /// Whether a colon and nothing else is between a word and one before it.
    fn is_glued(&self, start: usize) -> bool {
        start >= 2 && self.text[start - 1] == b':' && !self.bits.is_sep(start - 2)
    }

    /// Whether a word is what follows a key's `=`, alone or in angle brackets.
    fn is_assigned(&self, start: usize, end: usize) -> bool {
        let text = &self.text[..start];
        let text = if self.text.get(end) == Some(&b'>') { text.strip_suffix(b"<").unwrap_or(text) } else { text };
        text.len() >= 2 && text.ends_with(b"=") && !self.bits.is_sep(text.len() - 2)
    }

    /// Whether a quote stands there behind one letter, which tells how a string is written: `b'…'`, `u'…'`.
    pub(super) fn opens_literal(&self, quote: usize) -> bool {
        matches!(self.text.get(quote), Some(b'\'' | b'"'))
            && matches!(self.text[..quote].last(), Some(b'b' | b'u' | b'r' | b'f'))
            && (quote == 1 || self.bits.is_sep(quote - 2))
    }

    /// Whether a key's value is a word that says how it goes, or what kind of thing it is.
    pub(super) fn stays_as_value(&self, word: &[u8]) -> bool {
        if self.key_is_data() {
            return self.says_outcome(word);
        }
        let key = self.before(0);
        has_wording(key)
            || is_message(key)
            || is_constant(word)
            || is_turn(key) && word.iter().all(u8::is_ascii_uppercase)
            || self.says_outcome(word)
    }

    /// Whether the value of the key before says how it went, and is no name or address: that of a key which has names
    /// does so only when it is one of few states, and that of a name itself when it is a fault.
    pub(super) fn says_outcome(&self, value: &[u8]) -> bool {
        let key = if self.key_is_data() { &[][..] } else { self.before(0) };
        memchr(b'@', value).is_none() && tells(value) && !names_thing(key)
            || is_state(value) && (is_fault(value) || !is_naming(key))
            || may_have_state(key) && lexicon::is_state(value)
    }

    /// Whether that is a key's `true` or `false` behind many others, or nothing at all, as data has them, and no answer such
    /// as `allowed=false`.
    fn is_truth_value(&self, start: usize, word: &[u8]) -> bool {
        let is_joined = || matches!(self.text[..start].last(), Some(b'=' | b':'));
        if is_truth(word) {
            return self.truths > TRUTHS && !(self.answers() || asks_state(self.before(0)));
        }
        is_nothing(word) && is_joined() && !self.answers() && !self.asks_for_fault() && !names_holder(self.before(0))
    }

    /// Whether nothing at all behind the key before is an answer, too: `state=NONE`, `errorCode=NONE`.
    fn asks_for_fault(&self) -> bool {
        let key = self.before(0);
        asks_state(key) || names_fault(key)
    }

    /// Whether the key before may ask how it went, which one that is data (`db2_ok`) always may.
    fn answers(&self) -> bool {
        self.key_is_data() || is_answer(self.before(0)) || names_fault(self.before(0))
    }

    /// Whether the key before is data itself: nobody looks at how it ends, so that lines with the same outline have the
    /// same values.
    pub(super) fn key_is_data(&self) -> bool {
        let key = self.passed.before(0, self.bits);
        let is_data = |word: Word| word.digit || word.odd;
        !key.is_empty() && is_data(self.bits.word(key.start, key.end))
    }

    /// A word of letters alone varies when it is a hexadecimal number or part of a date.
    #[inline]
    pub(super) fn varies_plainly(&self, start: usize, end: usize) -> bool {
        let word = &self.text[start..end];
        match word.len() {
            8.. => word[0].is_ascii_hexdigit() && word.iter().all(u8::is_ascii_hexdigit),
            3 if word[0].is_ascii_uppercase() => self.is_date_word(start, end),
            2 if self.begins_address(start, end) => true,
            2 if self.last_was_variable => matches!(word, b"AM" | b"PM") || self.is_address_part(start, word),
            1..=4 => self.is_address_part(start, word),
            _ => false,
        }
    }

    /// A group of an IPv6 or MAC address: hexadecimal letters behind a variable and a colon.
    pub(super) fn is_address_part(&self, start: usize, word: &[u8]) -> bool {
        self.last_was_variable && self.text[..start].ends_with(b":") && word.iter().all(u8::is_ascii_hexdigit)
    }

    /// Two hexadecimal letters, a colon, two hexadecimal digits and a colon again.
    #[inline]
    pub(super) fn begins_address(&self, start: usize, end: usize) -> bool {
        let hex = |range: Range<usize>| self.text[range].iter().all(u8::is_ascii_hexdigit);
        matches!(self.text[end..], [b':', _, _, b':', ..]) && hex(start..end) && hex(end + 1..end + 3)
    }

    pub(super) fn is_date_word(&self, start: usize, end: usize) -> bool {
        let word = &self.text[start..end];
        if !(is_month(word) || is_weekday(word) || is_zone(word)) {
            return false;
        }
        let next = self.text[end..].trim_ascii_start();
        let number_next = next.first().is_some_and(u8::is_ascii_digit);
        number_next && (self.last_was_variable || !is_zone(word))
            || is_month(word) && self.last_was_variable
            || is_weekday(word) && next.get(..3).is_some_and(is_month) && self.is_plain(self.text.len() - next.len())
            || is_zone(word) && self.last_was_variable && self.is_behind_clock(start)
    }

    /// Whether the word that begins there is of letters; one with a digit is data, which nobody looks into.
    fn is_plain(&self, start: usize) -> bool {
        self.text[start..self.bits.word_end(start)].iter().all(u8::is_ascii_alphabetic)
    }

    /// Whether the word before ends a time: it is the last part of something with a colon, or an offset with its sign.
    fn is_behind_clock(&self, start: usize) -> bool {
        let Some(before) = self.text[..start].strip_suffix(b" ") else { return false };
        let word = (0..before.len()).rev().find(|&at| self.bits.is_sep(at));
        word.is_some_and(|at| {
            before[at] == b':' || before.get(at + 1).is_some_and(|first| !first.is_ascii_alphanumeric())
        })
    }
}

/// Whether that is what a service manager calls one of its units: `dbus.socket`, `app-gnome.slice`.
fn is_system_unit(word: &[u8], kind: &[u8]) -> bool {
    matches!(kind, b"service" | b"socket" | b"target" | b"timer" | b"scope" | b"slice" | b"mount" | b"automount")
        && memchr(b'.', word) == Some(word.len() - kind.len() - 1)
}

/// Whether a word in lower case ends as names of files do: `notes.txt`.
fn is_file_name(word: &[u8]) -> bool {
    let Some(dot) = memrchr(b'.', word) else { return false };
    let ending = &word[dot + 1..];
    dot > 0
        && matches!(ending.len(), 2..=5)
        && ending.iter().all(u8::is_ascii_lowercase)
        && !word.iter().any(u8::is_ascii_uppercase)
        && std::str::from_utf8(word).is_ok()
        && !tells(word)
}

/// The name of a constant in a program, which is one of few: `TM_ACTIVE`.
fn is_constant(word: &[u8]) -> bool {
    let is_joined = |name: &[u8]| matches!(name, [first, inner @ .., last] if *first != b'_' && *last != b'_' && inner.contains(&b'_'));
    word.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_') && is_joined(word)
}

/// Whether an angle bracket encloses one word, which stands neither for no name nor for a place that became a variable.
pub(super) fn encloses_word(text: &[u8]) -> bool {
    let length = text[1..].iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    length > 0 && text.get(1 + length) == Some(&b'>') && is_no_name(text).is_none() && mark_length(text).is_none()
}

/// How much of a word with a digit is an object's class or a place in the code, with the `@` before what varies.
#[inline]
pub(super) fn name_length(word: &[u8]) -> usize {
    let Some(at) = memchr(b'@', word) else { return 0 };
    let (name, number) = (&word[..at], &word[at + 1..]);
    let is_name = name.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_' | b'$'));
    let varies = !number.is_empty() && number.iter().all(u8::is_ascii_hexdigit);
    if !name.is_empty() && is_name && varies { at + 1 } else { 0 }
}
