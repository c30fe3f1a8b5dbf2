//! What is data in access logs: who called, what was asked for, and what stands in quotes behind that.
//!
//! These are known by more than one word, so the whole form is looked at:
//! `10.0.0.1 - bob [10/Oct/2024:13:55:36 -0700] "GET /a HTTP/1.1" 200 17 "-" "agent"`. What differs from it is left as
//! it is, or to the words.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::{FIELD, TARGET, has_two_dots};
use crate::class::Probe;
use crate::mine::bits::Bits;
use crate::mine::buffer::Buffer;
use crate::mine::words::is_method;

/// The splitter looks no further for the end of a client or a user.
const LONGEST_NAME: usize = 64;

/// The client, identity and user that a line begins with whose first blank begins ` - `; empty when it surely does not
/// begin so, `None` when that is not sure.
pub fn client(text: &[u8], blank: usize) -> Option<Range<usize>> {
    let rest = &text[blank + 3..];
    let Some(length) = memchr(b' ', rest) else { return Some(0..0) };
    if rest.get(length + 1) != Some(&b'[') {
        return Some(0..0);
    }
    let is_plain = |name: &[u8]| {
        (1..LONGEST_NAME).contains(&name.len())
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-' | b'_' | b'@'))
    };
    let known = is_plain(&text[..blank]) && is_plain(&rest[..length]) && begins_with_date(&rest[length + 2..]);
    known.then_some(0..blank + 3 + length)
}

/// `10/Oct/2024:13:55:36 `.
fn begins_with_date(text: &[u8]) -> bool {
    const FORM: &[u8; 21] = b"00/aaa/0000:00:00:00 ";
    text.first_chunk::<21>().is_some_and(|date| {
        date.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'a' => byte.is_ascii_alphabetic(),
            form => byte == form,
        })
    })
}

/// The data of a quoted request and of what stands behind it, each part with its mark.
#[derive(Default)]
pub struct Request {
    parts: [(Range<usize>, u8); 8],
    count: usize,
    written: usize,
}

impl Request {
    /// Writes the parts that begin at or before `at`, and what comes before each as it is. Answers where the last ends.
    pub fn write(&mut self, at: usize, text: &[u8], mut done: usize, out: &mut Buffer) -> usize {
        while self.written < self.count && self.parts[self.written].0.start <= at {
            let (part, mark) = &self.parts[self.written];
            out.push(&text[done..], part.start - done);
            out.push_first(&[*mark], 1);
            done = part.end;
            self.written += 1;
        }
        done
    }

    /// Answers whether there was room.
    fn push(&mut self, part: Range<usize>, mark: u8) -> bool {
        let Some(place) = self.parts.get_mut(self.count) else { return false };
        *place = (part, mark);
        self.count += 1;
        true
    }
}

/// The request of a line in whose first quotes there is one: `"GET /orders/17 HTTP/1.1"`. It stands behind the line's
/// level.
#[inline(never)]
pub fn request(text: &[u8], level_end: usize, bits: &Bits) -> Option<Request> {
    let open = memchr2(b'"', b'\'', text).filter(|&open| text[open] == b'"' && open >= level_end)?;
    let close = open + 1 + memchr(b'"', &text[open + 1..])?;
    let method = open + 1 + memchr(b' ', &text[open + 1..close])?;
    if !is_method(&text[open + 1..method]) || open == 0 || text[open - 1] != b' ' {
        return None;
    }
    let start = method + 1;
    let target = start..start + memchr(b' ', &text[start..close])?;
    let version = text[target.end..close].strip_prefix(b" HTTP/")?;
    let is_version = version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if !is_version || text[target.clone()].contains(&b'\'') {
        return None;
    }
    let mut request = Request::default();
    if is_one_value(text, &target, bits) {
        request.push(target, TARGET);
    }
    fields(text, close + 1, &mut request);
    Some(request)
}

/// Whether a request's target is one value for the splitter and not a prober's.
fn is_one_value(text: &[u8], target: &Range<usize>, bits: &Bits) -> bool {
    let path = &text[target.clone()];
    let is_rooted = matches!(path, [b'/', second, ..] if !matches!(second, b':' | b'=' | b',' | b';'));
    let ends_sentence = matches!(path.last(), Some(b'.' | b'!' | b'?'));
    if !is_rooted || ends_sentence || has_two_dots(path) || Probe::path(path) {
        return false;
    }
    let mut at = bits.word_end(target.start);
    while at < target.end {
        if !matches!(text[at], b':' | b'=' | b',' | b';') || bits.is_sep(at + 1) {
            return false;
        }
        at = bits.word_end(at + 1);
    }
    true
}

/// The quoted fields behind a request, if there is nothing else there but numbers: each is one value then, of which only
/// is asked whether it is a prober's and, before a number, whether that is a status.
fn fields(text: &[u8], from: usize, request: &mut Request) {
    let mut at = from;
    let count = request.count;
    while at < text.len() {
        if !matches!(text[at], b'"') {
            if !(text[at].is_ascii_digit() || matches!(text[at], b' ' | b'-' | b'.')) {
                // What is in quotes before a word may be asked about with it.
                request.count = count;
                return;
            }
            at += 1;
            continue;
        }
        let inside = at + 1;
        let Some(length) = memchr2(b'"', b'\'', &text[inside..]) else { return request.count = count };
        let close = inside + length;
        let stands_free = text[at - 1] == b' ' && matches!(text.get(close + 1), None | Some(b' '));
        if text[close] != b'"' || !stands_free {
            request.count = count;
            return;
        }
        let field = &text[inside..close];
        at = close + 1;
        let before_number = !matches!(text[at..], [] | [b' ', b'"', ..]);
        let may_tell = before_number
            && matches!(field.first(), Some(b'/' | b'c' | b'C' | b'h' | b'H' | b'r' | b'R' | b's' | b'S'));
        let is_data = !field.is_empty() && !may_tell && !Probe::agent(field) && !Probe::path(field);
        if is_data && !request.push(inside..close, FIELD) {
            return;
        }
    }
}
