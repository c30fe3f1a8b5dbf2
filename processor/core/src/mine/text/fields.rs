//! What is one value although it is more than one word: quoted fields, paths, who called, a setting.

use memchr::memchr;

use super::Splitter;
use crate::class::Probe;
use crate::mine::sink::Sink;
use crate::mine::words::{is_domain, is_method, is_naming, is_state};

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

    /// A quoted field: a value when it is one word, else text like any other. `None`: the mark is mere punctuation.
    pub(super) fn quoted<S: Sink>(&mut self, at: usize, end: usize, sink: &mut S) -> Option<usize> {
        let mark = self.text[at];
        if at == self.closes || mark == b'\'' && at > 0 && !self.bits.is_sep(at - 1) {
            return None;
        }
        let inside = at + 1..at + 1 + memchr(mark, &self.text[at + 1..end.min(at + 1025)])?;
        let content = &self.text[inside.clone()];
        let after = inside.end + 1;
        if mark == b'\'' && !self.bits.is_sep(after) && !self.ends_sentence(after) {
            return None;
        }
        let mut is_named = false;
        if std::mem::take(&mut self.key) {
            self.value(content);
            is_named = self.text[at - 1] == b'=' && is_naming(self.before(0));
        }
        let is_value = self.request.is_some() || is_named && !content.is_empty();
        if is_named {
            // What it is called may hold blanks and is one value all the same.
        } else if is_value {
            self.agent_probes = Probe::agent(content);
        } else if content.iter().any(|&byte| byte <= b' ') {
            if memchr(b' ', content).is_some_and(|space| is_method(&content[..space])) {
                self.request = Some(inside.end);
            }
            self.closes = inside.end;
            return None;
        }
        // A key that carries data, such as an article's number, is a value in a key's place.
        let is_key = self.text.get(after) == Some(&b':') && !content.iter().any(u8::is_ascii_digit);
        if content.is_empty() || !is_value && (is_key || is_state(content)) {
            self.passed.word(inside);
        } else {
            self.look_at_path(content);
            self.variable(inside, sink);
        }
        self.last_was_variable = false;
        Some(after)
    }

    /// Whether one mark stands there that ends a sentence.
    pub(super) fn ends_sentence(&self, at: usize) -> bool {
        matches!(self.text[at], b'.' | b'!' | b'?') && self.bits.is_sep(at + 1)
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
            if word == b"/" {
                return is_method(self.before(0)).then_some(end);
            }
            let rooted = matches!(word[0], b'/' | b'\\')
                || word.starts_with(b"./")
                || word.starts_with(b"~/")
                || word.starts_with(b"../");
            if !rooted && separators < 2 && !begins_with_host(word) {
                return None;
            }
        }
        let mut at = end;
        while at < limit {
            if self.bits.is_sep(at) {
                let inner = matches!(text[at], b':' | b'=' | b',' | b';')
                    && (at + 1 < limit && !self.bits.is_sep(at + 1) || scheme && at == end);
                if !inner {
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

/// Whether a domain stands before a word's slash: an address without its scheme.
pub fn begins_with_host(word: &[u8]) -> bool {
    let host = memchr(b'/', word).map_or(word, |slash| &word[..slash]);
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_');
    host.iter().all(plain)
        && host.iter().rposition(|&byte| byte == b'.').is_some_and(|dot| dot > 0 && is_domain(&host[dot + 1..]))
}
