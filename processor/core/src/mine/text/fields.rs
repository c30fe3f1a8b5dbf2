//! What is one value although it is more than one word: paths, addresses, who called, a setting.

use memchr::{memchr, memchr_iter};

use super::Splitter;
use crate::lexicon::keys::asks_state;
use crate::lexicon::tells;
use crate::mine::commands::is_command;
use crate::mine::sink::Sink;
use crate::mine::words::{is_architecture, is_domain, is_method, is_nothing, is_state};

impl Splitter<'_, '_> {
    /// The common log format begins with client, identity, user: names, not words.
    pub(super) fn access_log_client<S: Sink>(&mut self, end: usize, sink: &mut S) -> usize {
        let first = self.bits.word_end(0);
        if self.text.get(first) == Some(&b' ') && self.text.get(first + 1) != Some(&b'-') {
            return 0;
        }
        let Some(client) = memchr(b' ', &self.text[..end.min(64)]) else { return 0 };
        if !self.text[client..].starts_with(b" - ") {
            return 0;
        }
        let user = client + 3;
        let Some(length) = memchr(b' ', &self.text[user..end.min(user + 64)]) else { return 0 };
        let date = user + length + 1;
        if self.text.get(date) != Some(&b'[') || !self.text.get(date + 1).is_some_and(u8::is_ascii_digit) {
            return 0;
        }
        for field in [0..client, client + 1..client + 2, user..user + length] {
            self.variable(field, sink);
        }
        user + length
    }

    /// Where the value begins of a setting that is all there is behind a colon, as programs print theirs one by one:
    /// `settings:shop.vendor=…`. Such a list is one statement.
    pub(super) fn property(&self, colon: usize, end: usize) -> Option<usize> {
        let rest = &self.text[colon + 1..end];
        let length = rest.iter().take_while(|&&byte| byte.is_ascii_lowercase() || byte == b'.').count();
        let is_key = rest.get(length) == Some(&b'=') && length > 2 && memchr(b'.', &rest[1..length - 1]).is_some();
        let is_last = is_key
            && end == self.text.len()
            && memchr(b'=', &rest[length + 1..]).is_none()
            && memchr(b'"', self.text).is_none();
        // The word before has letters only: of others nobody may ask what they end with.
        let before = &self.text[self.bits.word_start(colon)..colon];
        let is_word = !before.is_empty() && before.iter().all(u8::is_ascii_alphabetic);
        (is_last && is_word && rest[0] != b'.').then_some(colon + length + 2)
    }

    /// Where a key's value ends: what is glued to it in brackets, as in `job=20_4(20)`, `job=20_[1-4]` or
    /// `source=Timer{17}`, is a part of it.
    pub(super) fn value_end(&self, start: usize, end: usize, limit: usize) -> usize {
        let close = match self.text.get(end) {
            Some(b'(') => b')',
            Some(b'[') => b']',
            Some(b'{') => b'}',
            _ => return end,
        };
        let inside = end + 1;
        let last = self.bits.word_end(inside);
        let is_value = start > 0 && self.text[start - 1] == b'=' && last > inside && last < limit;
        if !(is_value && self.text[last] == close && self.bits.is_sep(last + 1)) {
            return end;
        }
        let is_part = if self.bits.has_digit(start, end) {
            // `17(sec)` has its unit there.
            self.bits.has_digit(inside, last)
        } else {
            // `mx[10.0.0.7]` has two values.
            close != b']' && !self.tells(inside, last)
        };
        if is_part { last + 1 } else { end }
    }

    /// Whether a bar or a colon joins more to a key's value, `cmd=client|list`, `context=system:object`, which does not say
    /// how it goes.
    #[inline]
    pub(super) fn is_assigned_more(&self, bar: usize, end: usize) -> bool {
        bar + 1 < end && !self.bits.is_sep(bar + 1) && self.is_joined_to_value(bar)
    }

    #[inline(never)]
    fn is_joined_to_value(&self, bar: usize) -> bool {
        let value = self.passed.before(0, self.bits);
        let before = self.text[..value.start].last().copied();
        value.end == bar
            && !is_state(&self.text[bar + 1..self.bits.word_end(bar + 1)])
            && (before == Some(b'=') && !self.before(1).is_empty() || matches!(self.text[value.start], b'|' | b':'))
    }

    /// Where a package's name ends that is followed by an architecture: `libc-bin:amd64`.
    #[inline]
    pub(super) fn package(&self, start: usize, end: usize, limit: usize) -> Option<usize> {
        // The first letter tells of most words.
        let may_be = matches!(self.text[end..], [b':', b'a' | b'i' | b'x' | b'p' | b's' | b'r', ..]) && end + 1 < limit;
        if may_be { self.any_package(start, end, limit) } else { None }
    }

    #[inline(never)]
    fn any_package(&self, start: usize, end: usize, limit: usize) -> Option<usize> {
        let whole = self.bits.word_end(end + 1).min(limit);
        let marks =
            self.text[end + 1..whole].iter().rev().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
        let whole = whole - marks;
        let is_one = is_architecture(&self.text[end + 1..whole]);
        (is_one && !names_architecture(&self.text[start..end])).then_some(whole)
    }

    /// Goes over the comma behind a value, and over what follows if that stands for no value: `(17, null)`.
    pub(super) fn nothing_behind<S: Sink>(&mut self, comma: usize, end: usize, sink: &mut S) -> usize {
        let start = comma + 1 + usize::from(self.text.get(comma + 1) == Some(&b' '));
        // The first letter tells of most words.
        if start >= end || !matches!(self.text[start], b'n' | b'N' | b'u') {
            return comma + 1;
        }
        let word = start..self.bits.word_end(start).min(end);
        if !is_nothing(&self.text[word.clone()]) {
            return comma + 1;
        }
        self.variable(word.clone(), sink);
        word.end
    }

    /// Whether a word stands for every address, before a port: `*:443`.
    #[inline]
    pub(super) fn is_any_address(&self, start: usize, end: usize) -> bool {
        let port = end + 1;
        end - start == 1
            && self.text[start] == b'*'
            && self.text.get(end) == Some(&b':')
            && !self.bits.is_sep(port)
            && self.bits.has_digit(port, self.bits.word_end(port))
    }

    /// Where a group or number ends with which a value goes on that begins with one or two colons: `::1`, `::ffff:10.0.0.7`,
    /// `:1.17`.
    #[inline]
    pub(super) fn address_behind(&self, colon: usize, end: usize) -> Option<usize> {
        let is_free = colon == 0 || matches!(self.text[colon - 1], b' ' | b'=' | b'(' | b'[' | b'<');
        if is_free { self.any_address_behind(colon, end) } else { None }
    }

    #[inline(never)]
    fn any_address_behind(&self, colon: usize, limit: usize) -> Option<usize> {
        let mut start = colon + 1 + usize::from(self.text.get(colon + 1) == Some(&b':'));
        if self.text[start.min(limit)..limit].starts_with(b"ffff:") {
            start += b"ffff:".len();
        }
        if start >= limit || self.bits.is_sep(start) {
            return None;
        }
        let end = self.bits.word_end(start).min(limit);
        let word = self.bits.word(start, end);
        let marks = self.text[start..end].iter().rev().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
        (word.digit && !word.odd).then_some(end - marks)
    }

    /// Where a word in parentheses ends that stands in the place of a key's value, `user=(anonymous)`, and is none that says
    /// how it goes.
    #[inline]
    pub(super) fn placeholder(&self, equals: usize, limit: usize) -> Option<usize> {
        let inside = self.text[equals + 1..limit].strip_prefix(b"(")?;
        let length = inside.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let close = equals + 2 + length;
        let is_one = length > 0 && inside.get(length) == Some(&b')') && self.bits.is_sep(close + 1) && close < limit;
        let is_name =
            is_one && !self.passed.is_empty() && !asks_state(self.before_mark(equals)) && !tells(&inside[..length]);
        is_name.then_some(close + 1)
    }

    /// Where a command ends that is all there is behind a key.
    pub(super) fn command(&self, equals: usize, end: usize) -> Option<usize> {
        let is_one = end == self.text.len() && is_command(self.before_mark(equals), &self.text[equals + 1..]);
        is_one.then_some(end)
    }

    /// The word that ends where a mark stands.
    fn before_mark(&self, at: usize) -> &[u8] {
        &self.text[self.bits.word_start(at)..at]
    }

    /// Whether a word tells how it went. Nobody asks what data says.
    pub(super) fn tells(&self, start: usize, end: usize) -> bool {
        self.bits.word(start, end).may_tell() && tells(&self.text[start..end])
    }

    /// Whether one mark stands there that ends a sentence.
    pub(super) fn ends_sentence(&self, at: usize) -> bool {
        matches!(self.text[at], b'.' | b'!' | b'?') && self.bits.is_sep(at + 1)
    }

    /// Where what a program wrote in the place of a secret ends: `…?token=[secret]`.
    fn withheld(&self, equals: usize, limit: usize) -> Option<usize> {
        let inside = self.text[equals..limit].starts_with(b"=[").then_some(equals + 2)?;
        let end = self.bits.word_end(inside);
        (end > inside && end < limit && self.text[end] == b']' && self.bits.is_sep(end + 1)).then_some(end + 1)
    }

    /// Where a path or URL that begins at `start` ends, if one does.
    pub(super) fn path(&self, start: usize, end: usize, limit: usize) -> Option<usize> {
        let text = self.text;
        let word = &text[start..end];
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        // Java leaves the host out that a file does not have.
        let is_file = word == b"file" && text[end..limit].starts_with(b":/") && !text[..start].ends_with(b":");
        let scheme = is_file || text[end..limit].starts_with(b"://") && word.iter().all(is_scheme);
        let drive = end == start + 1 && text[end..limit].starts_with(b":\\");
        if !scheme && !drive {
            let separators = word.iter().filter(|&&byte| byte == b'/' || byte == b'\\').count();
            if separators == 0 {
                return None;
            }
            if word == b"/" && !matches!(text[end..], [b',', next, ..] if next > b' ') {
                return (is_method(self.before(0)) || end == text.len()).then_some(end);
            }
            let dots = word.iter().take_while(|&&byte| byte == b'.').count();
            let rooted = matches!(word.get(dots), Some(b'/' | b'\\')) || word.starts_with(b"~/");
            if !rooted && separators < 2 && !begins_with_host(word) {
                return None;
            }
        }
        let mut at = end;
        while at < limit {
            if self.bits.is_sep(at) {
                if let Some(end) = self.withheld(at, limit) {
                    at = end;
                    continue;
                }
                let inner = matches!(text[at], b':' | b'=' | b',' | b';')
                    && (at + 1 < limit && !self.bits.is_sep(at + 1) || scheme && at == end);
                if !inner || text[at] == b',' && begins_pair(&text[at + 1..limit]) {
                    break;
                }
                at += 1;
            } else {
                at = self.bits.word_end(at).min(limit);
            }
        }
        while at > start + 1 && matches!(text[at - 1], b'.' | b'!') {
            at -= 1;
        }
        Some(at)
    }
}

/// Whether a key of letters with its `=` stands there.
pub fn begins_pair(text: &[u8]) -> bool {
    let key = text.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    key > 0 && text.get(key) == Some(&b'=')
}

/// Whether a word is one that an architecture is the value of.
fn names_architecture(word: &[u8]) -> bool {
    let keys: [&[u8]; 5] = [b"arch", b"architecture", b"cpu", b"machine", b"platform"];
    keys.iter().any(|key| word.eq_ignore_ascii_case(key))
}

/// Whether a domain stands before a word's slash, as in an address without its scheme, or a package, as in
/// `org.shop.cart/.Main`.
pub fn begins_with_host(word: &[u8]) -> bool {
    let host = memchr(b'/', word).map_or(word, |slash| &word[..slash]);
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_');
    let is_package = || host.first().is_some_and(u8::is_ascii_lowercase) && memchr_iter(b'.', host).count() > 1;
    host.iter().all(plain)
        && host
            .iter()
            .rposition(|&byte| byte == b'.')
            .is_some_and(|dot| dot > 0 && is_domain(&host[dot + 1..]) || is_package())
}
