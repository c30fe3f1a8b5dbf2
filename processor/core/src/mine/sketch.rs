//! A line's sketch: the line with each run of digits, and of what else a hexadecimal number has, as one byte.
//!
//! It is written 64 bytes at a time without a look at any word, so it costs a fraction of an outline, and lines that were
//! met before are known by it first. What it leaves out may matter: `status 200` and `status 404` have one sketch. So
//! what tells of all lines with a sketch what they are is found once, with one of them (`plain::sureness`): the sketch
//! alone, some of the runs that it leaves out, or no less than the outline.
//!
//! Here is what a sketch has of each word, which whoever asks for sureness relies on; `avx512` writes the same.

#[cfg(target_arch = "x86_64")]
mod avx512;

use std::ops::Range;
#[cfg(target_arch = "x86_64")]
use std::sync::LazyLock;

use super::buffer::Buffer;

/// What stands for a run of digits, and for one of hexadecimal digits: by the first of its word, if it is the first.
const DECIMAL: u8 = 1;
const HEXADECIMAL: u8 = 2;
const HEXADECIMAL_OF_LETTER: u8 = 3;
/// Ends a run that is written behind a sketch.
const END: u8 = 4;
/// Shorter words are no hexadecimal numbers: letters in them may be wording. Nor are longer ones, so that no word is
/// looked at in more than two blocks.
const LEAST_HEXADECIMAL: usize = 5;
const BLOCK: usize = 64;

/// Appends the sketch of a line; answers whether it has one. Without the instructions that make it cheap none has.
#[inline]
pub fn write(text: &[u8], out: &mut Buffer) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        #![expect(unsafe_code, reason = "there is no other way to call what needs a processor's feature")]
        if is_cheap() {
            // SAFETY: the processor was just asked for the features that the function needs.
            let written = unsafe { avx512::write(text, out.room(text.len() + BLOCK)) };
            out.advance(written.unwrap_or_default());
            return written.is_some();
        }
    }
    let _ = (text, out);
    false
}

/// Appends some of the runs that the sketch of a line leaves out: a bit for each, the first one's lowest. Those of `zeros`
/// are one of the others in their place unless they are zero.
pub fn write_runs(text: &[u8], which: u64, zeros: u64, out: &mut Buffer) {
    let start = out.length();
    #[cfg(target_arch = "x86_64")]
    {
        #![expect(unsafe_code, reason = "there is no other way to call what needs a processor's feature")]
        if is_cheap() {
            // SAFETY: the processor was just asked for the features that the function needs.
            unsafe { avx512::write_runs(text, which, out) };
        }
    }
    if which & zeros != 0 {
        shorten(which, zeros, start, out);
    }
    let _ = (text, which);
}

/// Makes the runs of `zeros` that were written from there on one byte each, unless they are zero.
fn shorten(mut which: u64, zeros: u64, start: usize, out: &mut Buffer) {
    let runs = out.bytes_from(start);
    let (mut at, mut done) = (0, 0);
    while at < runs.len() && which != 0 {
        let bit = which & which.wrapping_neg();
        which &= which - 1;
        let end = at + runs[at..].iter().position(|&byte| byte == END).unwrap_or(runs.len() - at);
        // A hexadecimal zero is one, too.
        if zeros & bit != 0 && runs[at..end].iter().any(|&byte| !matches!(byte, b'0' | b'x')) {
            runs[done] = b'1';
            done += 1;
        } else {
            runs.copy_within(at..end, done);
            done += end - at;
        }
        if end < runs.len() {
            runs[done] = END;
            done += 1;
        }
        at = end + 1;
    }
    out.truncate(start + done);
}

/// Whether the processor has all features that are used; AVX-512F is part of the others. Asked for one by one, they would
/// take as long as a tenth of a sketch.
#[cfg(target_arch = "x86_64")]
#[inline]
fn is_cheap() -> bool {
    use std::arch::is_x86_feature_detected;
    static IS_CHEAP: LazyLock<bool> = LazyLock::new(|| {
        is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
    });
    *IS_CHEAP
}

/// Whether the sketch of a line that has this word leaves letters of it out.
pub fn is_hexadecimal(word: &[u8]) -> bool {
    let is_part = |(at, byte): (usize, &u8)| {
        byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'.' | b'_') || is_prefix(word, at)
    };
    let is_letter = |(at, byte): (usize, &u8)| matches!(byte, b'a'..=b'f' | b'A'..=b'F') || is_prefix(word, at);
    (LEAST_HEXADECIMAL..BLOCK).contains(&word.len())
        && word.iter().any(u8::is_ascii_digit)
        && word.iter().enumerate().any(is_letter)
        && word.iter().enumerate().all(is_part)
}

/// Whether that byte is the `x` of `0x7f`.
fn is_prefix(word: &[u8], at: usize) -> bool {
    at == 1 && word[1] == b'x' && word[0].is_ascii_digit()
}

/// What the sketch of a line has of one of its words.
pub fn of_word(word: &[u8]) -> Vec<u8> {
    pieces(word).into_iter().map(|(byte, _)| byte).collect()
}

/// How many runs of a word are left out.
pub fn runs(word: &[u8]) -> usize {
    pieces(word).iter().filter(|(byte, _)| is_mark(*byte)).count()
}

fn is_mark(byte: u8) -> bool {
    byte <= HEXADECIMAL_OF_LETTER
}

/// Each byte that the sketch has of a word, with what it stands for.
fn pieces(word: &[u8]) -> Vec<(u8, Range<usize>)> {
    let hexadecimal = is_hexadecimal(word);
    let is_digit = |at: usize| word.get(at).is_some_and(u8::is_ascii_digit);
    let is_left_out = |at: usize| {
        // A letter and one digit are as likely a name as they are data.
        let is_alone = at > 0 && word[at - 1].is_ascii_alphabetic() && !is_digit(at + 1);
        if hexadecimal { word[at].is_ascii_hexdigit() || is_prefix(word, at) } else { is_digit(at) && !is_alone }
    };
    let mut pieces: Vec<(u8, Range<usize>)> = Vec::with_capacity(word.len());
    for (at, &byte) in word.iter().enumerate() {
        let mark = match hexadecimal {
            _ if !is_left_out(at) => byte,
            false => DECIMAL,
            true if at == 0 && byte.is_ascii_alphabetic() => HEXADECIMAL_OF_LETTER,
            true => HEXADECIMAL,
        };
        match pieces.last_mut() {
            Some((last, range)) if is_mark(mark) && is_mark(*last) => range.end = at + 1,
            _ => pieces.push((mark, at..at + 1)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;
    use crate::mine::bits::Bits;
    use crate::mine::classes::is_separator;
    use crate::mine::outline::access;
    use crate::mine::outline::tests::{DATA, MARKS, WORDS, mined, words};
    use crate::mine::plain::{self, Runs, Sureness};

    /// The pieces of a line, word by word.
    fn pieces_of(line: &str) -> Vec<(u8, Vec<u8>)> {
        let mut pieces = Vec::new();
        let mut start = 0;
        for word in line.as_bytes().split_inclusive(|&byte| is_separator(byte)) {
            let end = word.len() - usize::from(is_separator(word[word.len() - 1]));
            pieces.extend(pieces_of_word(&word[..end]));
            pieces.extend(word[end..].iter().map(|&byte| (byte, vec![byte])));
            start += word.len();
        }
        assert_eq!(start, line.len());
        pieces
    }

    fn pieces_of_word(word: &[u8]) -> impl Iterator<Item = (u8, Vec<u8>)> {
        pieces(word).into_iter().map(|(byte, range)| (byte, word[range].to_vec()))
    }

    fn sketch(line: &str) -> Vec<u8> {
        pieces_of(line).into_iter().map(|(byte, _)| byte).collect()
    }

    fn runs_of(line: &str, which: u64, zeros: u64) -> Vec<u8> {
        let runs = pieces_of(line).into_iter().filter(|(byte, _)| is_mark(*byte)).map(|(_, run)| run);
        let asked = runs.enumerate().filter(|(index, _)| *index < 64 && which >> index & 1 == 1);
        let is_short =
            |index: usize, run: &[u8]| zeros >> index & 1 == 1 && run.iter().any(|&byte| !matches!(byte, b'0' | b'x'));
        let written = asked.map(|(index, run)| if is_short(index, &run) { vec![b'1'] } else { run });
        written.flat_map(|run| [run, vec![END]].concat()).collect()
    }

    fn sureness(line: &str) -> Sureness {
        plain::sureness(line.as_bytes(), &mut Bits::default())
    }

    /// Lines of words that matter, words that do not, data and marks, in any order; twice, with other data.
    fn pairs(seed: u64, count: usize) -> impl Iterator<Item = (String, String)> {
        let beginnings = [
            "took ",
            "the size ",
            "foo: ",
            "sta7 ",
            "abc:",
            "exit code ",
            "rc ",
            "node17 of ",
            "user=",
            "error: ",
            "WARN ",
            "7 ",
            "17:42 ",
            "[7] ",
            "10.0.0.7 of ",
            "ERROR-17 ",
            "at fa:16:",
            "2024-05-01 12:00:01,123 INFO ",
            "[2024-05-01T12:00:01] [main-7] WARN ",
            "17 f47ac10b-58cc ",
            "the/path/of/a/word/that/is/longer/than/any/step/is/so/goes/on/in/another/",
        ];
        let (words, marks, data) = (words(WORDS), words(MARKS), words(DATA));
        let mut below = numbers_below(seed);
        std::iter::repeat_with(move || {
            let parts: Vec<(u8, usize)> = (0..2 + below(12)).map(|_| (below(8) as u8, below(10_000))).collect();
            let mut write = || {
                let mut line = String::from(beginnings[parts[0].1 % beginnings.len()]);
                for &(what, number) in &parts {
                    match what {
                        0 | 1 => line += &words[number % words.len()],
                        2..=4 => line += &marks[number % marks.len()],
                        5 => line += &data[number % data.len()],
                        // Other digits in what is else the same, or other data.
                        6 => data[number % data.len()].chars().for_each(|byte| match byte {
                            '0'..='9' => line += ["1", "2", "17", "42", "404", "503", "123456"][below(7)],
                            _ => line.push(byte),
                        }),
                        _ => line += &data[below(data.len())],
                    }
                }
                line
            };
            (write(), write())
        })
        .take(count)
    }

    #[test]
    fn digits_are_left_out_and_hexadecimal_numbers() {
        for (line, seen) in [
            ("stored batch 15 of node17 in 15ms", "stored batch # of node# in #ms"),
            ("from 10.0.0.7:4711 at 0x7fff", "from #.#.#.#:# at 0#"),
            ("session f47ac10b-58cc-dead is blk_-17", "session a#-0#-0# is blk_-#"),
            ("only added dead beef", "only added dead beef"),
            ("using ec2 and 7f3a, 7f3ab in a17", "using ec2 and #f3a, 0# in a#"),
        ] {
            let told = String::from_utf8(sketch(line)).unwrap();
            assert_eq!(told.replace('\u{1}', "#").replace('\u{2}', "0#").replace('\u{3}', "a#"), seen);
        }
    }

    /// Scenario: lines of numbers, words and marks, whose words lie across blocks in every way. Guarantees: the vectors
    /// write the sketch, and of the runs that it leaves out those that are asked for; without such vectors there is none.
    #[test]
    #[cfg(target_arch = "x86_64")]
    fn vectors_write_what_words_do() {
        let parts = words(
            "~ ~ ~ : = a b7 7 17 123456 dead beef7 f47ac10b-58cc 0x7fff 5xx é / . - _ word longerwording 7f3ab.c 0x \
             12345678901234567890123456789012345678901234567890",
        );
        let mut below = numbers_below(3);
        let mut out = Buffer::default();
        for round in 0..60_000u64 {
            let line: String = (0..=below(60)).map(|_| &*parts[below(parts.len())]).collect();
            out.clear();
            assert_eq!(write(line.as_bytes(), &mut out), is_cheap());
            assert_eq!(out.bytes(), if is_cheap() { sketch(&line) } else { Vec::new() }, "{line:?}");
            let which = round.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            out.clear();
            let zeros = if round % 2 == 0 { 0 } else { which.rotate_left(7) };
            write_runs(line.as_bytes(), which, zeros, &mut out);
            let runs = if is_cheap() { runs_of(&line, which, zeros) } else { Vec::new() };
            assert_eq!(out.bytes(), runs, "{which:b} and {zeros:b} of {line:?}");
        }
        out.clear();
        assert!(!write(b"two\nlines", &mut out) && out.bytes().is_empty());
    }

    /// Scenario: lines with any data at places of any sort. Guarantees: where what tells a line is the same, its sketch
    /// or that and some runs, so is everything that mining says; and the sketch alone says what that is.
    #[test]
    fn lines_that_are_told_by_the_same_are_mined_to_the_same() {
        let (mut by_sketch, mut by_runs, mut of_client) = (0, 0, 0);
        let mut below = numbers_below(17);
        let mut digit = |byte: char| if below(4) == 0 { char::from(b'0' + below(10) as u8) } else { byte };
        let mut other_digits = |byte: char| if byte.is_ascii_digit() { digit(byte) } else { byte };
        let requests = access::tests::pairs(13, 100_000)
            .map(|(one, other)| (one, other.chars().map(&mut other_digits).collect::<String>()));
        for (one, other) in pairs(13, 200_000).chain(requests) {
            let has_sketch = |line: &String| plain::may_have_sketch(line.as_bytes());
            if one == other || !has_sketch(&one) || !has_sketch(&other) || sketch(&one) != sketch(&other) {
                continue;
            }
            if plain::is_long(one.as_bytes()) != plain::is_long(other.as_bytes()) {
                continue;
            }
            if plain::has_client(one.as_bytes()) == plain::has_client(other.as_bytes()) {
                assert_eq!(sureness(&one), sureness(&other), "{one:?} and {other:?}");
            }
            match sureness(&one) {
                Sureness::Sketch => by_sketch += 1,
                Sureness::Runs(runs)
                    if runs.tell(other.as_bytes())
                        && runs_of(&one, runs.which, runs.zeros) == runs_of(&other, runs.which, runs.zeros) =>
                {
                    by_runs += 1;
                    of_client += usize::from(runs.of_client);
                }
                Sureness::Runs(_) | Sureness::Line => continue,
            }
            assert_eq!(mined(&one), mined(&other), "{one:?} and {other:?}");
        }
        let enough = by_sketch > 2000 && by_runs > 500 && of_client > 500;
        assert!(enough, "{by_sketch} and {by_runs}, {of_client} of clients");
    }

    #[test]
    fn of_an_access_log_the_status_tells() {
        let line = r#"10.0.0.1 - bob [10/Oct/2024:13:55:36 -0700] "GET /a/7 HTTP/1.1" 404 2326 "-" "agent/5.0 (X11)""#;
        let Sureness::Runs(Runs { which, of_client: true, .. }) = sureness(line) else {
            panic!("{:?}", sureness(line))
        };
        // The version stands before it.
        assert_eq!(runs_of(line, which, 0), b"1\x041\x04404\x04");
    }

    #[test]
    fn what_digits_may_tell_is_looked_at() {
        for (line, runs) in [
            ("job 17 got status 200", "200."),
            ("took 5xx of 17", "5."),
            ("exit code 17 was said", "17."),
            ("using sha256 and f47ac10b-58cc", "256."),
            ("job7 of 42 said '17' then", "17."),
            ("took 17 5xx of it", "17.5."),
            ("at fa:16:3e of 17", "16."),
            ("ERROR-17 of 42", "17."),
            (r#"got "GET /a/7 HTTP/1.1" status: 200 len: 1893"#, "200."),
        ] {
            let Sureness::Runs(Runs { which, of_client: false, .. }) = sureness(line) else {
                panic!("{line}: {:?}", sureness(line))
            };
            assert_eq!(String::from_utf8(runs_of(line, which, 0)).unwrap().replace('\u{4}', "."), runs, "{line}");
        }
        for line in [
            "stored batch 15 of node17 in 15ms",
            "from 10.0.0.7:4711 at 0x7fff",
            "only words of /a/b",
            "2024-05-01 12:00:01,123 [main-7] INFO took 3ms",
            "2024-05-01 12:00:01.123 UTC [99] app@shop FATAL:  no such role",
        ] {
            assert_eq!(sureness(line), Sureness::Sketch, "{line}");
        }
        for line in [
            "17 [f47ac10b-58cc] INFO x",
            "10:00 worker ERROR it failed",
            "10.0.0.1 - bob [1/Oct/2024:13:55:36 -0700] x",
        ] {
            assert_eq!(sureness(line), Sureness::Line, "{line}");
        }
    }
}
