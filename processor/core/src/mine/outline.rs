//! A line's outline: the line itself with each word that is surely data replaced by one byte.
//!
//! Lines with the same outline are mined to the same skeleton, level and clues, whatever those words are; so a line
//! whose outline was met before need not be mined. That is the whole contract, and the tests below hold the splitter
//! to it: a word is replaced only where nothing that `text` does looks into it. What is data but is looked into (paths,
//! quoted fields, numbers that may be a status) stays as it is, which costs another outline and is never wrong.

use super::bits::{Around, Bits};
use super::buffer::Buffer;
use super::clues::may_tell;
use super::text::scheme_follows;
use super::words::{LONGEST_TECHNICAL, is_technical};

/// What stands for a word of data; a text with control characters has no outline.
const DIGITS: u8 = 1;
const LETTERS: u8 = 2;
const OTHER: u8 = 3;

/// Writes the outline of a plain line; what is before `from`, where its level may stand, stays as it is.
#[inline]
pub fn write(text: &[u8], from: usize, bits: &Bits, out: &mut Buffer) {
    out.clear();
    let mut done = 0;
    let mut at = from;
    while let Some(digit) = bits.next_digit(at) {
        let word = bits.around(digit);
        at = word.end;
        if word.odd || word.start < from.max(1) {
            continue;
        }
        let Some((mark, end)) = mark(text, &word, bits) else { continue };
        out.push(&text[done..], word.start - done);
        out.push_first(&[mark], 1);
        done = end;
    }
    out.push(&text[done..], text.len() - done);
}

/// What stands for a word with a digit, and where its data ends; `None` where the splitter may look into it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the innermost step of the way over a line")]
fn mark(text: &[u8], word: &Around, bits: &Bits) -> Option<(u8, usize)> {
    let &Around { start, mut end, .. } = word;
    if scheme_follows(text, end) {
        return None;
    }
    // Sentence marks are no part of a word.
    while end > start + 1 && matches!(text[end - 1], b'.' | b'!' | b'?') {
        end -= 1;
    }
    let first = text[start];
    if first.is_ascii_digit() {
        let short = end - start == 3;
        let tells = short && text[start + 1] == b'x'
            || !(plainly_behind(text, start, short) || tells_nothing(text, start, bits));
        return (!tells).then_some((DIGITS, end));
    }
    if first.is_ascii_alphabetic() {
        return (end - start > LONGEST_TECHNICAL || !is_technical(&text[start..end])).then_some((LETTERS, end));
    }
    (first != b'-' || tells_nothing(text, start, bits)).then_some((OTHER, end))
}

/// The quick way to `tells_nothing`, for what stands before most numbers: a blank behind a word, or another number's
/// colon. A number of three digits may be a status, which is told by more than one word.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the innermost step of the way over a line")]
fn plainly_behind(text: &[u8], start: usize, short: bool) -> bool {
    let Some(&[a, b, c, before, last]) = text[..start].last_chunk() else { return false };
    if last == b' ' && before.is_ascii_alphabetic() {
        let end = u32::from_le_bytes([a, b, c, before]) | 0x2020_2020;
        return !short && end != u32::from_le_bytes(*b"code") && end != u32::from_le_bytes(*b"atus");
    }
    matches!(last, b':' | b'=') && before.is_ascii_digit()
}

/// Whether what stands before a number makes sure that nobody asks what number it is.
#[inline(never)]
fn tells_nothing(text: &[u8], start: usize, bits: &Bits) -> bool {
    let Some(&[before, last]) = text[..start].last_chunk() else { return false };
    if matches!(last, b'"' | b'\'') || last == b' ' && matches!(before, b'"' | b'\'' | b'|') {
        return false;
    }
    let mut earlier = bits.around(start - 1);
    if earlier.start == earlier.end {
        let end = bits.gap_start(start - 1);
        if end == 0 {
            return false;
        }
        earlier = bits.around(end);
    }
    !earlier.odd && !may_tell(&text[earlier.start..earlier.end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::{Clues, Severity};
    use crate::mine::sink::Skeleton;
    use crate::mine::{Masks, text};

    fn outline(line: &str) -> Option<String> {
        let (mut bits, mut out) = (Bits::default(), Buffer::default());
        let plain = text::plain(line.as_bytes(), &mut bits)?;
        plain.outline(&Masks::default(), &bits, &mut out).then(|| String::from_utf8(out.bytes().to_vec()).unwrap())
    }

    fn mined(line: &str) -> (Vec<u8>, Severity, Clues) {
        let (mut bits, mut sink, mut clues) = (Bits::default(), Skeleton::default(), Clues::default());
        let severity =
            text::plain(line.as_bytes(), &mut bits).unwrap().mine(&Masks::default(), &bits, &mut sink, &mut clues);
        sink.finish(usize::MAX);
        (sink.text().to_vec(), severity, clues)
    }

    #[test]
    fn what_is_surely_data_is_left_out() {
        for (line, seen) in [
            ("stored batch 15 of node17 from 10.0.0.7:4711 in 15ms", "stored batch _ of _ from _:_ in _"),
            ("session 0a1b2c3d-77 ended.", "session _ ended."),
            ("user=u42 id=17 size: 12, (3)", "user=_ id=_ size: _, (_)"),
            ("INFO took 3ms", "INFO took _"),
            ("failed to reach shard 3", "failed to reach shard _"),
        ] {
            let outline = outline(line).unwrap();
            assert_eq!(outline.replace(['\u{1}', '\u{2}', '\u{3}'], "_"), seen);
        }
    }

    #[test]
    fn what_may_be_looked_into_stays() {
        for line in [
            "status 200 and status: 200, status=200",
            "exit code 17 with exit status=3",
            "and rc=17 response_code=200 returned 404 [rc] 5",
            "opened /var/lib/17.sst a\\b7 me7@x",
            "said \"17\" and '18' and | 200 | x",
            "using sha256 for IPv6 and 5xx",
            "see HTTP/1.1 200 or https://a7/x or c7://x",
        ] {
            assert_eq!(outline(line).as_deref(), Some(line));
        }
    }

    #[test]
    fn a_line_that_may_be_read_otherwise_has_none() {
        for line in ["bob - 17 [2024", "time=17 message=x", "T 17 x", "two\nlines 17", "{\"a\": 17}", "17 x"] {
            assert_eq!(outline(line), None, "{line}");
        }
    }

    /// Scenario: lines of words that matter, words that do not, data and punctuation, in any order; then the same with
    /// other data. Guarantees: where the outlines are the same, so is everything that mining says.
    #[test]
    fn lines_with_the_same_outline_are_mined_to_the_same() {
        const WORDS: &[&str] = &[
            "status",
            "code",
            "exit",
            "exited",
            "with",
            "rc",
            "http",
            "HTTP/1.1",
            "GET",
            "POST",
            "err",
            "error",
            "success",
            "responded",
            "completed",
            "grpc.code",
            "response_code",
            "level",
            "INFO",
            "WARN",
            "ERROR",
            "Jan",
            "Mon",
            "AM",
            "PM",
            "took",
            "size",
            "user",
            "node",
            "x",
            "/a/b",
            "/healthz",
            "https",
            "C",
            "a.b.com",
            "me@x",
            "..",
            "...",
            "session",
            "dead",
            "beef",
            "fe80",
            "-",
            "--",
            "|",
            "kube-probe/1.2",
            "true",
            "<nil>",
            "T",
            "UTC",
            "ts",
        ];
        const MARKS: &[&str] = &[
            " ", " ", " ", " ", " ", " ", "  ", "=", "=", ":", ": ", ":", ", ", ",", " (", ") ", " [", "] ", "\"",
            " \"", "\" ", "'", " '", "' ", "|", " | ", "; ", "<", "> ", "{", "}", ".", ". ", "/", "-", "_", "://",
            "..", "!", "%", "@", "\\",
        ];
        const DATA: &[&str] = &[
            "7",
            "17",
            "200",
            "404",
            "503",
            "5xx",
            "2xx",
            "0",
            "1",
            "-1",
            "-17",
            "12345",
            "1234567890123",
            "10.0.0.1",
            "3.5",
            "15ms",
            "5ms",
            "5M",
            "1M",
            "0x7f",
            "7f3a",
            "a7",
            "e5",
            "c17",
            "f47ac10b-58cc",
            "sha256",
            "IPv6",
            "s3",
            "h2",
            "blk_17",
            "#5",
            "+3",
            "$9",
            "_1",
            "~7",
            "%5",
            "é7",
            "7é",
            "1a2b3c4d",
            "00",
            "1.",
            "2!",
            "3..4",
            "b2.7",
        ];
        let mut state = 11u64;
        let mut below = move |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % bound
        };
        let (mut same, mut lines) = (0, 0);
        for _ in 0..60_000 {
            let parts: Vec<(u8, usize)> = (0..2 + below(14)).map(|_| (below(8) as u8, below(10_000))).collect();
            let mut write = || {
                let mut line = String::from(["took ", "the size ", "INFO ", "status ", "foo: "][parts[0].1 % 5]);
                for &(what, number) in &parts {
                    line += match what {
                        0 | 1 => WORDS[number % WORDS.len()],
                        2..=4 => MARKS[number % MARKS.len()],
                        5 => DATA[number % DATA.len()],
                        // This is what differs from line to line.
                        _ => DATA[below(DATA.len())],
                    };
                }
                line
            };
            let (one, other) = (write(), write());
            let (Some(first), Some(second)) = (outline(&one), outline(&other)) else { continue };
            lines += 1;
            if first == second && one != other {
                same += 1;
                assert_eq!(mined(&one), mined(&other), "{one:?} and {other:?} are both {first:?}");
            }
        }
        assert!(same > lines / 100, "{same} of {lines}");
    }
}
