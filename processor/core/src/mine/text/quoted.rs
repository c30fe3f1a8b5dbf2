//! What stands in quotes: a value, or text like any other.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::Splitter;
use crate::class::Probe;
use crate::lexicon::keys::{asks_state, has_data, has_wording, is_answer, is_message, is_naming};
use crate::lexicon::{names_fault, tells};
use crate::mine::clues;
use crate::mine::sink::Sink;
use crate::mine::words::{is_method, is_state};

/// What stands between the names of a user and a host, as databases write them: `'shop'@'%'`.
const ACCOUNT: &[u8] = b"'@";
/// A longer quoted text is none.
const LONGEST: usize = 1024;

impl Splitter<'_, '_> {
    /// A quoted field: a value when it is one word, else text like any other. `None`: the mark is mere punctuation.
    pub(super) fn quoted<S: Sink>(&mut self, at: usize, end: usize, sink: &mut S) -> Option<usize> {
        let mark = self.text[at];
        let is_host = self.text[..at].ends_with(ACCOUNT);
        let is_behind_word = at > 0 && !self.bits.is_sep(at - 1) && !self.opens_literal(at) && !is_host;
        if at == self.closes || mark == b'\'' && is_behind_word {
            return None;
        }
        let bytes = at > 0 && self.text[at - 1] == b'b' && self.opens_literal(at);
        let length = self.closings.behind(self.text, at, end.min(at + 1 + LONGEST));
        // With a long payload a line ends more often than not.
        let whole = || self.text[at + 1..end].strip_suffix(&[mark]).filter(|_| bytes).map(<[u8]>::len);
        let length = length.or_else(whole)?;
        let inside = at + 1..at + 1 + length;
        let content = &self.text[inside.clone()];
        let after = inside.end + 1;
        let is_user = mark == ACCOUNT[0] && self.text[inside.end..].starts_with(ACCOUNT);
        if mark == b'\'' && !self.bits.is_sep(after) && !self.ends_sentence(after) && !is_user {
            return None;
        }
        let (mut is_named, mut stays) = (is_user || is_host, is_state(content));
        stays |= !self.key_is_data() && asks_state(self.before(0)) && is_word(content) && names_fault(content);
        if mark == b'\'' && self.opens_literal(at) {
            stays |= is_word(content) && tells(content);
        }
        is_named |= bytes && self.is_payload(&inside);
        if std::mem::take(&mut self.key) {
            self.value(content);
            is_named |=
                matches!(self.text[..at].trim_ascii_end().last(), Some(b'=' | b':')) && is_naming(self.before(0));
            is_named |= mark == b'"' && self.text[..at].trim_ascii_end().ends_with(b"=") && self.is_phrase(&inside);
            stays |= (has_wording(self.before(0)) || is_message(self.before(0))) && is_word(content)
                || is_word(content) && self.says_outcome(content);
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

    /// Whether what stands in quotes is a path from the root with blanks in it, and perhaps more of a command, and no
    /// word there tells how it went.
    fn is_path_with_blanks(&self, inside: &Range<usize>) -> bool {
        let content = &self.text[inside.clone()];
        self.request.is_none()
            && content.first() == Some(&b'/')
            && memchr(b' ', content).is_some()
            && !self.any_tells(inside)
    }

    /// Whether what stands in quotes behind a `b` was sent or received: a structure whatever it says, or what does not say
    /// how something went.
    fn is_payload(&self, inside: &Range<usize>) -> bool {
        let content = &self.text[inside.clone()];
        !is_word(content) && (matches!(content[0], b'{' | b'[' | b'<') || !self.any_tells(inside))
    }

    /// Whether that is several words which a key has as its value and which do not say what happened.
    fn is_phrase(&self, inside: &Range<usize>) -> bool {
        let (key, content) = (self.before(0), &self.text[inside.clone()]);
        memchr(b' ', content).is_some()
            && memchr(b'=', content).is_none()
            && (self.key_is_data() || has_data(key) && !is_answer(key))
            && !self.any_tells(inside)
    }

    /// Whether any word there tells how it went.
    fn any_tells(&self, inside: &Range<usize>) -> bool {
        let mut at = inside.start;
        while at < inside.end {
            let end = self.bits.word_end(at).min(inside.end);
            if end > at && self.tells(at, end) {
                return true;
            }
            at = end + 1;
        }
        false
    }
}

/// Where quoted texts end. Of each mark it is known of which part of the line none there closes one: else in a line of
/// escaped marks what is behind each would be looked over anew.
#[derive(Default)]
pub(super) struct Closings([Range<usize>; 2]);

impl Closings {
    /// How long the text is behind the mark at `open`, when it ends before `limit`: a mark behind a backslash is a part of it.
    fn behind(&mut self, text: &[u8], open: usize, limit: usize) -> Option<usize> {
        let (mark, start) = (text[open], open + 1);
        let none = &mut self.0[usize::from(mark == b'"')];
        if !none.contains(&start) {
            *none = start..start;
        }
        while let Some(length) = text.get(none.end..limit).and_then(|rest| memchr(mark, rest)) {
            none.end += length;
            if text[none.end - 1] != b'\\' {
                return Some(none.end - start);
            }
            none.end += 1;
        }
        none.end = none.end.max(limit);
        None
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
        let asks = clues::may_tell(key) || is_answer(key) || asks_state(key) || tells(key);
        let has_digit = value.iter().any(u8::is_ascii_digit);
        is_key && !asks && memchr2(b'/', b'\\', value).is_none() && (has_digit || !tells(value))
    };
    text.split(|&byte| byte == b' ').filter(|part| !part.is_empty()).all(is_setting)
}

/// Whether that is letters, perhaps with dashes or underscores between them.
fn is_word(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;

    /// Scenario: texts of marks, many of them escaped, of which any may open a quoted text that ends before any place.
    /// Guarantees: what is known of earlier marks changes nothing.
    #[test]
    fn a_quoted_text_ends_where_it_does_whatever_was_looked_for_before() {
        let mut below = numbers_below(11);
        for _ in 0..2_000 {
            let text: Vec<u8> = (0..=below(40)).map(|_| b"\"'\\\\a"[below(5)]).collect();
            let mut closings = Closings::default();
            let mut open = 0;
            while open < text.len() {
                if matches!(text[open], b'"' | b'\'') {
                    let limit = (open + 1 + below(text.len())).min(text.len());
                    let closes = |at: usize| text[at] == text[open] && text[at - 1] != b'\\';
                    let alone = (open + 1..limit).find(|&at| closes(at)).map(|at| at - open - 1);
                    assert_eq!(closings.behind(&text, open, limit), alone, "{:?}", String::from_utf8_lossy(&text));
                }
                // Now and then back to what was looked over before.
                open = if below(20) == 0 { open / 2 } else { open + 1 };
            }
        }
    }
}
