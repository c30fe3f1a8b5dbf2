//! What is one value although it is more than one word: quoted fields, paths, who called, a setting.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2};

use super::Splitter;
use crate::class::Probe;
use crate::general::is_closed;
use crate::mine::clues;
use crate::mine::sink::Sink;
use crate::mine::words::{
    asks_kind, asks_state, is_answer, is_architecture, is_domain, is_method, is_naming, is_nothing, is_state,
};

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
            let word = self.bits.word(inside, last);
            let may_tell = !word.digit && !word.odd;
            let tells = || std::str::from_utf8(&self.text[inside..last]).is_ok_and(is_closed);
            // `mx[10.0.0.7]` has two values.
            close != b']' && !(may_tell && tells())
        };
        if is_part { last + 1 } else { end }
    }

    /// A quoted field: a value when it is one word, else text like any other. `None`: the mark is mere punctuation.
    pub(super) fn quoted<S: Sink>(&mut self, at: usize, end: usize, sink: &mut S) -> Option<usize> {
        let mark = self.text[at];
        let is_behind_word = at > 0 && !self.bits.is_sep(at - 1) && !self.opens_literal(at);
        if at == self.closes || mark == b'\'' && is_behind_word {
            return None;
        }
        let bytes = at > 0 && self.text[at - 1] == b'b' && self.opens_literal(at);
        let length = closing(mark, &self.text[at + 1..end.min(at + 1025)]);
        // With a long payload a line ends more often than not.
        let whole = || self.text[at + 1..end].strip_suffix(&[mark]).filter(|_| bytes).map(<[u8]>::len);
        let length = length.or_else(whole)?;
        let inside = at + 1..at + 1 + length;
        let content = &self.text[inside.clone()];
        let after = inside.end + 1;
        if mark == b'\'' && !self.bits.is_sep(after) && !self.ends_sentence(after) {
            return None;
        }
        let (mut is_named, mut stays) = (false, is_state(content));
        if mark == b'\'' && self.opens_literal(at) {
            stays |= is_word(content) && std::str::from_utf8(content).is_ok_and(is_closed);
        }
        is_named |= bytes && self.is_payload(&inside);
        if std::mem::take(&mut self.key) {
            self.value(content);
            is_named |=
                matches!(self.text[..at].trim_ascii_end().last(), Some(b'=' | b':')) && is_naming(self.before(0));
            stays |= (asks_kind(self.before(0)) || asks_state(self.before(0))) && is_word(content);
        }
        let is_value = self.request.is_some() || is_named && !content.is_empty();
        if is_named || self.is_path_with_blanks(&inside) {
            // What it is called may hold blanks and is one value all the same.
        } else if is_value {
            self.agent_probes = Probe::agent(content);
        } else if content.iter().any(|&byte| byte <= b' ') && !are_settings(content) {
            if memchr(b' ', content).is_some_and(|space| is_method(&content[..space])) {
                self.request = Some(inside.end);
            }
            self.closes = inside.end;
            return None;
        }
        // A key that carries data, such as an article's number, is a value in a key's place.
        let is_path = content.first() == Some(&b'/') && content.len() > 1;
        let is_key = self.text.get(after) == Some(&b':') && !is_path && !content.iter().any(u8::is_ascii_digit);
        // Behind a word of a sentence it is what that is called.
        let is_key = is_key && !(self.text[..at].ends_with(b" ") && at >= 2 && !self.bits.is_sep(at - 2));
        if content.is_empty() || !is_value && (is_key || stays) {
            self.passed.word(inside);
        } else {
            self.look_at_path(content);
            self.variable(inside, sink);
        }
        self.last_was_variable = false;
        Some(after)
    }

    /// Where an address ends that is a key's value and begins with a name in quotes: `to=<"a b"@shop>`.
    pub(super) fn quoted_address(&self, bracket: usize, end: usize) -> Option<usize> {
        let rest = self.text[..end].get(bracket + 1..).filter(|rest| rest.first() == Some(&b'"'))?;
        let at = 1 + memchr(b'"', &rest[1..])?;
        let close = at + memchr(b'>', &rest[at..])?;
        let domain = rest[at + 1..close].strip_prefix(b"@")?;
        let is_one =
            !domain.is_empty() && domain.iter().all(|&byte| byte > b' ' && !matches!(byte, b'"' | b'<' | b','));
        is_one.then_some(bracket + 1 + close)
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
            && (before == Some(b'=') || matches!(self.text[value.start], b'|' | b':'))
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

    /// Whether what stands in quotes is a path from the root with blanks in it, and perhaps more of a command, and no
    /// word there tells how it went.
    fn is_path_with_blanks(&self, inside: &Range<usize>) -> bool {
        let content = &self.text[inside.clone()];
        self.request.is_none()
            && content.first() == Some(&b'/')
            && memchr(b' ', content).is_some()
            && !self.tells(inside)
    }

    /// Whether what stands in quotes behind a `b` was sent or received: a structure whatever it says, or what does not say
    /// how something went.
    fn is_payload(&self, inside: &Range<usize>) -> bool {
        let content = &self.text[inside.clone()];
        !is_word(content) && (matches!(content[0], b'{' | b'[' | b'<') || !self.tells(inside))
    }

    /// Whether a word there tells how it went.
    fn tells(&self, inside: &Range<usize>) -> bool {
        let mut at = inside.start;
        while at < inside.end {
            let end = self.bits.word_end(at).min(inside.end);
            if end > at {
                let word = self.bits.word(at, end);
                // Nobody asks what data says.
                let tells = !word.digit && !word.odd && std::str::from_utf8(&self.text[at..end]).is_ok_and(is_closed);
                if tells {
                    return true;
                }
            }
            at = end + 1;
        }
        false
    }

    /// Whether a colon stands there with a number behind it.
    pub(super) fn is_port(&self, colon: usize) -> bool {
        let start = colon + 1;
        self.text.get(colon) == Some(&b':')
            && !self.bits.is_sep(start)
            && self.bits.has_digit(start, self.bits.word_end(start))
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
        let is_name = is_one
            && !self.passed.is_empty()
            && !asks_state(self.before_mark(equals))
            && !std::str::from_utf8(&inside[..length]).is_ok_and(is_closed);
        is_name.then_some(close + 1)
    }

    /// The word that ends where a mark stands.
    pub(super) fn before_mark(&self, at: usize) -> &[u8] {
        &self.text[self.bits.word_start(at)..at]
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
        let scheme = text[end..limit].starts_with(b"://")
            && word.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
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

/// Where a quoted text ends: a mark behind a backslash is a part of it.
fn closing(mark: u8, text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr(mark, &text[from..])?;
        if at == 0 || text[at - 1] != b'\\' {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Whether a text is nothing but settings, `rate=7 name=x`, of which nobody asks how it went and none is a path, whichever
/// way it leans.
fn are_settings(text: &[u8]) -> bool {
    let is_setting = |part: &[u8]| {
        let Some(equals) = memchr(b'=', part) else { return false };
        let (key, value) = (&part[..equals], &part[equals + 1..]);
        let is_name = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.');
        let is_key = !key.is_empty() && key.iter().all(is_name);
        let is_said = |text: &[u8]| std::str::from_utf8(text).is_ok_and(is_closed);
        let asks = clues::may_tell(key) || is_answer(key) || asks_state(key) || is_said(key);
        let has_digit = value.iter().any(u8::is_ascii_digit);
        is_key && !asks && memchr2(b'/', b'\\', value).is_none() && (has_digit || !is_said(value))
    };
    text.split(|&byte| byte == b' ').filter(|part| !part.is_empty()).all(is_setting)
}

/// Whether a key of letters with its `=` stands there.
fn begins_pair(text: &[u8]) -> bool {
    let key = text.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
    key > 0 && text.get(key) == Some(&b'=')
}

/// Whether a word is one that an architecture is the value of.
fn names_architecture(word: &[u8]) -> bool {
    let keys: [&[u8]; 5] = [b"arch", b"architecture", b"cpu", b"machine", b"platform"];
    keys.iter().any(|key| word.eq_ignore_ascii_case(key))
}

/// Whether that is letters, perhaps with dashes or underscores between them.
fn is_word(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
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
