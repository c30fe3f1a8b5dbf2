//! What is data in access logs: who called, what was asked for, and what stands in quotes behind that.
//!
//! These are known by more than one word, so the whole form is looked at:
//! `10.0.0.1 - bob [10/Oct/2024:13:55:36 -0700] "GET /a HTTP/1.1" 200 17 "-" "agent"`. What differs from it is left as
//! it is, or to the words.

use std::ops::Range;

use memchr::memchr;

use super::path::has_two_dots;
use super::{FIELD, Parts, TARGET, TARGET_AND_VERSION};
use crate::class::Probe;
use crate::mine::bits::Bits;
use crate::mine::buffer::Buffer;
use crate::mine::text::begins_pair;
use crate::mine::words::is_method;

/// The splitter looks no further for the end of a client or a user.
const LONGEST_NAME: usize = 64;

/// The client, identity, user and date that a line begins with whose first blank begins ` - `; empty when it surely does
/// not begin so, `None` when that is not sure.
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
    let date = length + 2;
    let known = is_plain(&text[..blank]) && is_plain(&rest[..length]) && begins_with_date(&rest[date..]);
    known.then_some(0..blank + 3 + date + DATE.len() - 1)
}

/// A date with its bracket; `0` is a digit, `a` a letter, `+` a sign.
const DATE: &[u8; 27] = b"00/aaa/0000:00:00:00 +0000]";

fn begins_with_date(text: &[u8]) -> bool {
    text.first_chunk::<27>().is_some_and(|date| {
        date.iter().zip(DATE).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'a' => byte.is_ascii_alphabetic(),
            b'+' => matches!(byte, b'+' | b'-'),
            form => byte == form,
        })
    })
}

/// The data of a quoted request and of what stands behind it, each part with its mark.
#[derive(Default)]
pub struct Request {
    parts: [Part; 8],
    count: usize,
    written: usize,
}

/// Lines that have outlines are short.
#[derive(Clone, Copy, Default)]
struct Part {
    start: u16,
    end: u16,
    mark: u8,
}

impl Parts for Request {
    #[inline]
    fn next(&self) -> usize {
        if self.written < self.count { usize::from(self.parts[self.written].start) } else { usize::MAX }
    }

    fn write(&mut self, text: &[u8], done: usize, out: &mut Buffer) -> usize {
        let Part { start, end, mark } = self.parts[self.written];
        out.push(&text[done..], usize::from(start) - done);
        out.push_first(&[mark], 1);
        self.written += 1;
        usize::from(end)
    }
}

impl Request {
    /// Whether a word that begins there is within one of its parts.
    pub fn holds(&self, start: usize) -> bool {
        self.parts[..self.count].iter().any(|part| (usize::from(part.start)..usize::from(part.end)).contains(&start))
    }

    /// Answers whether there was room.
    fn push(&mut self, part: Range<usize>, mark: u8) -> bool {
        let Some(place) = self.parts.get_mut(self.count) else { return false };
        *place = Part { start: part.start as u16, end: part.end as u16, mark };
        self.count += 1;
        true
    }
}

/// Finds the request of a line in whose first quotes there is one, `"GET /orders/17 HTTP/1.1"`, behind the line's level.
#[inline(never)]
pub fn request(text: &[u8], level_end: usize, bits: &Bits, request: &mut Request) -> Option<()> {
    let open = memchr(b'"', text)?;
    if memchr(b'\'', &text[..open]).is_some() {
        return None;
    }
    let method = open + 1..bits.word_end(open + 1);
    let stands_free = open >= level_end && text[..open].ends_with(b" ") && text.get(method.end) == Some(&b' ');
    if !stands_free || !is_method(&text[method.clone()]) {
        return None;
    }
    let (close, _) = quote(text, method.end, bits)?;
    if let Some(target) = target(text, method.end + 1, bits) {
        if is_version(&text[target.end..close]) {
            request.push(target.start..close, TARGET_AND_VERSION);
        } else {
            request.push(target, TARGET);
        }
    }
    fields(text, close + 1, bits, request);
    Some(())
}

/// Whether that is the rest of a request: ` HTTP/1.1`.
fn is_version(rest: &[u8]) -> bool {
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let Some(version) = rest.strip_prefix(b" HTTP/") else { return false };
    memchr(b'.', version).is_some_and(|dot| is_number(&version[..dot]) && is_number(&version[dot + 1..]))
}

/// The next quote, if it is a double one, and whether a scheme's colon stands before it.
fn quote(text: &[u8], from: usize, bits: &Bits) -> Option<(usize, bool)> {
    let mut has_scheme = false;
    let mut at = bits.next_look(from);
    while matches!(text.get(at)?, b':' | b'=') {
        has_scheme |= text.get(at + 1) == Some(&b'/');
        at = bits.next_look(at + 1);
    }
    (text[at] == b'"').then_some((at, has_scheme))
}

/// The target of a request, if that is a path from the root and no prober's: what the splitter takes for one value.
fn target(text: &[u8], start: usize, bits: &Bits) -> Option<Range<usize>> {
    let mut end = bits.word_end(start);
    if end < start + 2 || text[start] != b'/' {
        return None;
    }
    while matches!(text.get(end), Some(b':' | b'=' | b',' | b';'))
        && !bits.is_sep(end + 1)
        && !(text[end] == b',' && begins_pair(&text[end + 1..]))
    {
        end = bits.word_end(end + 1);
    }
    let path = &text[start..end];
    let ends_sentence = matches!(path.last(), Some(b'.' | b'!' | b'?'));
    (!ends_sentence && !has_two_dots(path) && !Probe::path(path)).then_some(start..end)
}

/// The quoted fields behind a request, if there is nothing else there but numbers: each is one value then, of which is
/// asked no more than whether it is a prober's and, before a number, whether that is a status.
fn fields(text: &[u8], from: usize, bits: &Bits, request: &mut Request) {
    let before = request.count;
    if !add_fields(text, from, bits, request) {
        request.count = before;
    }
}

/// Answers whether the rest of the line has that form.
fn add_fields(text: &[u8], from: usize, bits: &Bits, request: &mut Request) -> bool {
    let mut at = from;
    loop {
        let open = bits.next_look(at);
        let is_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.');
        if !text[at..open].iter().all(is_number) {
            return false;
        }
        if open == text.len() {
            return true;
        }
        let Some((close, has_scheme)) = quote(text, open + 1, bits) else { return false };
        at = close + 1;
        if text[open] != b'"' || text[open - 1] != b' ' || !matches!(text.get(at), None | Some(b' ')) {
            return false;
        }
        let field = &text[open + 1..close];
        let before_number = !matches!(text[at..], [] | [b' ', b'"', ..]);
        let is_data = match field.first().map(u8::to_ascii_lowercase) {
            None => false,
            Some(b'/' | b'c' | b'h' | b'r' | b's') if before_number => false,
            Some(first) => !((first == b'/' || has_scheme) && Probe::path(field) || Probe::agent(field)),
        };
        if is_data && !request.push(open + 1..close, FIELD) {
            return true;
        }
    }
}

#[cfg(test)]
pub(in crate::mine) mod tests {
    use super::super::tests::{mined, outline};
    use crate::chance::numbers_below;

    #[test]
    fn an_access_log_is_known_by_its_form() {
        for (line, seen) in [
            (
                r#"10.0.0.1 - bob [10/Oct/2024:13:55:36 -0700] "GET /a?b=7 HTTP/1.1" 200 2326 "-" "Mozilla/5.0 (X11; Linux)""#,
                r#"_] "GET _" 200 _ "_" "_""#,
            ),
            (r#"10.0.0.1:5000 - "GET /orders/17 HTTP/1.1" 422"#, r#"_:_ - "GET _" 422"#),
            (r#"- "GET / HTTP/1.1" 200 "curl/8" 0.003"#, r#"- "GET / HTTP/1.1" 200 "curl/8" 0.003"#),
            (
                r#"- "GET /healthz HTTP/1.1" 200 "kube-probe/1" "it's""#,
                r#"- "GET /healthz HTTP/1.1" 200 "kube-probe/1" "it's""#,
            ),
            (r#"- "GET /a/7,b/8,c=9 HTTP/1.1" 200"#, r#"- "GET _,c=_ HTTP/1.1" 200"#),
            (r#"- "GET /b HTTP/2" 200 "a" done"#, r#"- "GET _ HTTP/2" 200 "a" done"#),
        ] {
            assert_eq!(outline(line).unwrap().replace(|byte: char| byte.is_control(), "_"), seen);
        }
        for line in ["bob - - [17", "bob - a(b [10/Oct/2024:13:55:36 -0700]", "7 - INFO [10/Oct/2024:13:55:36 -0700] x"]
        {
            assert_eq!(outline(line), None, "{line}");
        }
    }

    /// A part that may be missing is empty.
    const ACCESS: [&[&str]; 9] = [
        &[
            "",
            "10.0.0.1 - ",
            "10.0.0.2:80 - ",
            "192.168.0.17:8080 - ",
            "a.example - ",
            "for - ",
            "user - ",
            "ERROR - ",
            "INFO ",
            "[7] ",
            "said 'x' ",
            "it's ",
        ],
        &["", "- ", "bob ", "b@x ", "exit ", "status ", "code ", "HTTP/1 ", "user ", "INFO ", "x(y "],
        &[
            "",
            "[10/Oct/2024:13:55:36 -0700] ",
            "[11/Nov/2024:13:55:37 +0000] ",
            "[1/Oct/2024:13:55:36 -0700] ",
            "[10/Oct/2024:13:55:36 exited ",
            "[17] ",
            "[a, b] ",
        ],
        &["", "status: ", "error=", "request: ", "exited with "],
        &["\"GET ", "\"POST ", "\"GOT ", "\"", "'GET ", "GET "],
        &[
            "/a",
            "/b/17",
            "/a?b=c,d",
            "/b?x=7:9",
            "/healthz",
            "/a/health/",
            "/",
            "/a..b",
            "/a.",
            "/a(b",
            "/it's",
            "/for",
            "/:b",
            "/:\\b",
            "http://x/healthz",
            "*",
            "x",
            "/a=",
            "/var/lib/7",
        ],
        &[" HTTP/1.1\"", " HTTP/2\"", " HTTP/2.0\"", " HTTP/1.1 \"", " HTTP/x\"", "\"", " for user bob from 7\"", ""],
        &[" 200", " 404", " 503 17", " 200 -", " - 17", " code 3", "", "200", " user bob logged in", " level=warn"],
        &[
            "",
            " \"-\"",
            " \"curl/8\"",
            " \"agent/9 for user bob\"",
            " \"kube-probe/1\"",
            " \"/healthz\"",
            " \"/b\"",
            " \"status\"",
            " \"code\"",
            " \"exit\"",
            " \"it's\"",
            " \"\"",
            " 200",
            " 503",
            " 0.003",
            " \"HTTP/1.1\"",
            " \"GET\"",
            "\"x\"",
            " [a, b]",
            " \"a, b\"",
            " \"a",
            " for user amy",
            " \"https://x/health\"",
            " \"[c, d]\"",
        ],
    ];

    /// Requests as access logs have them and as they do not; twice, much of it the same.
    pub fn pairs(seed: u64, count: usize) -> impl Iterator<Item = (String, String)> {
        let mut below = numbers_below(seed);
        std::iter::repeat_with(move || {
            // The last part comes several times, and the first ones of a part, which are what is usual, often.
            let chosen: Vec<(&'static [&'static str], usize)> = (0..ACCESS.len() + below(4))
                .map(|number| {
                    let part = ACCESS[number.min(ACCESS.len() - 1)];
                    let from = if below(4) > 0 { 3 } else { part.len() };
                    (part, below(from))
                })
                .collect();
            let mut write = || -> String {
                let mut choice = |&(part, usual): &(&'static [&'static str], usize)| {
                    if below(12) == 0 { part[below(part.len())] } else { part[usual] }
                };
                chosen.iter().map(&mut choice).collect()
            };
            (write(), write())
        })
        .take(count)
    }

    /// Scenario: requests as access logs have them and as they do not. Guarantees: where the outlines are
    /// the same, so is everything that mining says.
    #[test]
    fn requests_with_the_same_outline_are_mined_to_the_same() {
        let (mut same, mut told_apart) = (0, 0);
        for (one, other) in pairs(3, 60_000) {
            let (Some(first), Some(second)) = (outline(&one), outline(&other)) else { continue };
            if first != second {
                told_apart += 1;
            } else if one != other {
                same += 1;
                assert_eq!(mined(&one), mined(&other), "{one:?} and {other:?} are both {first:?}");
            }
        }
        assert!(same > 1_000 && told_apart > 1_000, "{same} and {told_apart}");
    }
}
