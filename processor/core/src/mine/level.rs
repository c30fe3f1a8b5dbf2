//! The level that a message names at its beginning, which is masked: behind times, numbers and brackets, by a walk over
//! the text, by a line's masks, or for all lines of one sketch.

use std::ops::Range;

use memchr::memchr;

use super::bits::Bits;
use super::classes::is_separator;
use super::sketch::is_hexadecimal;
use crate::class::Severity;

/// How far into a text its level is looked for.
const REACH: usize = 160;
/// What stands behind so many digits stands behind a date.
const DATED: usize = 6;

/// How every word begins that is a level, that names one or that may stand before one, if it has three letters.
const BEGINNINGS: [&[u8; 3]; 31] = [
    b"crt", b"dbu", b"ero", b"ftl", b"vrb", b"ale", b"con", b"cri", b"dbg", b"deb", b"dpa", b"eme", b"err", b"fat",
    b"fin", b"gmt", b"inf", b"lev", b"log", b"lvl", b"not", b"pan", b"sev", b"sil", b"tim", b"tra", b"trc", b"utc",
    b"ver", b"war", b"wrn",
];

/// For each first letter the second and the third ones, a bit each.
static LETTERS: [[u32; 2]; 32] = {
    let mut letters = [[0; 2]; 32];
    let mut index = 0;
    while index < BEGINNINGS.len() {
        let [first, second, third] = *BEGINNINGS[index];
        letters[(first & 31) as usize][0] |= 1 << (second & 31);
        letters[(first & 31) as usize][1] |= 1 << (third & 31);
        index += 1;
    }
    letters
};

/// A cheap look at a message's first letters. When it says no and the first word has no digit, `level` finds none.
#[inline]
pub fn may_name_level(text: &[u8]) -> bool {
    let Some(&[first, second, third]) = text.first_chunk() else { return true };
    if !(first.is_ascii_alphabetic() && second.is_ascii_alphabetic() && third.is_ascii_alphabetic()) {
        return true;
    }
    let [seconds, thirds] = LETTERS[usize::from(first & 31)];
    seconds >> (second & 31) & thirds >> (third & 31) & 1 == 1
}

/// What a byte may be where a level is looked for: a part of a word, or looked at.
const PART: u8 = 1;
const STOP: u8 = 2;

static BYTES: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        bytes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => PART | STOP,
            b'0'..=b'9' | b'_' | b'/' | b'.' => PART,
            b'[' | b']' | b'"' | b'{' => STOP,
            _ => 0,
        };
        byte += 1;
    }
    bytes
};

fn is(class: u8) -> impl Fn(&u8) -> bool {
    let bytes = &BYTES;
    move |&byte| bytes[usize::from(byte)] & class > 0
}

/// Whether there are as many digits as a date has.
fn is_dated(text: &[u8]) -> bool {
    text.iter().filter(|byte| byte.is_ascii_digit()).nth(DATED - 1).is_some()
}

/// The same as `level` of a line whose masks were read. Most lines that begin with numbers or brackets name none, which
/// the masks tell soon.
pub fn level_of_line(line: &[u8], bits: &Bits) -> Option<(Range<usize>, Severity)> {
    let text = &line[..line.len().min(REACH)];
    let (mut at, mut bracket) = (0, false);
    loop {
        at = bits.next_leading(at);
        match *text.get(at..)? {
            [b'[', ..] => bracket = true,
            [b']', ..] => bracket = false,
            [b'"' | b'{', ..] | [] => return None,
            _ => {
                let end = bits.word_end(at);
                // A look at the word's letters does not tell, or the reach cuts it off.
                if end >= text.len() || text[end] == b'=' || may_lead(&text[at..end]) {
                    return level(line);
                }
                if bits.has_digit(at, end) {
                    let length = text[at..end].iter().take_while(|byte| is(PART)(byte)).count();
                    if text[at..at + length].iter().any(u8::is_ascii_digit) {
                        at += length;
                        continue;
                    }
                }
                if !bracket {
                    let none = !bits.has_capitals() || bits.digits_before(at) < DATED;
                    return if none { None } else { late_level(text, at, &mut is_dated) };
                }
                let close = at + memchr(b']', &text[at..])?;
                if let Some(level) = level_of_module(text, at, close) {
                    return Some(level);
                }
                at = close;
                continue;
            }
        }
        at += 1;
    }
}

/// Whether a word, or what its beginning is that `level` takes for one, may be a level, name one or stand before one.
#[inline]
fn may_lead(word: &[u8]) -> bool {
    let ends = |rest: &[u8]| rest.first().is_none_or(|byte| !is(PART)(byte));
    match *word {
        [first, second, third, ..] if [first, second, third].iter().all(u8::is_ascii_alphabetic) => {
            may_name_level(word)
        }
        [b'T' | b'Z' | b'F' | b'P', ref rest @ ..] if ends(rest) => true,
        [b't', b's', ref rest @ ..] => ends(rest),
        _ => false,
    }
}

/// Whether a level is looked for in all of a text.
#[inline]
pub fn reaches_over(text: &[u8]) -> bool {
    text.len() <= REACH
}

/// What `level` finds in every line that has the same sketch and that it likewise reaches over or not; `None` when that
/// is not sure.
pub fn level_of_sketch(text: &[u8]) -> Option<Option<(Range<usize>, Severity)>> {
    let is_key_or_level = |word: &[u8]| is_level_key(word) || Severity::from_word(word) != Severity::Unset;
    if !text.split(|byte| !byte.is_ascii_alphabetic()).any(is_key_or_level) {
        return Some(None);
    }
    if text.first().is_some_and(u8::is_ascii_alphabetic) {
        // The look ends with the first word, unless that may stand before a level.
        let word = &text[..text.iter().take_while(|byte| is(PART)(byte)).count()];
        if !may_stand_before(word) && text.get(word.len()) != Some(&b'=') {
            return Some(level(text));
        }
    }
    if !reaches_over(text) {
        return None;
    }
    let mut sure = true;
    let level = level_by(text, &mut |before| {
        // A run stands for one digit or more.
        let runs = before.split(|byte| !byte.is_ascii_digit()).filter(|run| !run.is_empty()).count();
        sure &= runs == 0 || runs >= DATED;
        runs >= DATED
    });
    // What a hexadecimal number's first letter is, and whether digits follow it, has a say in how it is passed over.
    let end = level.as_ref().map_or(text.len(), |(level, _)| level.end);
    sure &= !text[..end].split(|&byte| is_separator(byte)).any(is_hexadecimal);
    sure.then_some(level)
}

/// Whether a level is looked for behind a word: one with a digit, or one that says what a time is.
fn may_stand_before(word: &[u8]) -> bool {
    matches!(word, b"T" | b"Z" | b"UTC" | b"GMT" | b"time" | b"ts" | b"timestamp" | b"F" | b"P")
        || word.iter().any(u8::is_ascii_digit)
}

fn is_level_key(word: &[u8]) -> bool {
    matches!(word, b"level" | b"lvl" | b"severity")
}

/// The first word that is a level, when only times, numbers, time zones, brackets and marks stand before it.
pub fn level(text: &[u8]) -> Option<(Range<usize>, Severity)> {
    level_by(text, &mut is_dated)
}

/// `is_dated` answers whether there are as many digits as a date has.
fn level_by(text: &[u8], is_dated: &mut impl FnMut(&[u8]) -> bool) -> Option<(Range<usize>, Severity)> {
    let text = &text[..text.len().min(REACH)];
    let mut at = 0;
    let mut bracket = false;
    let mut pairs = 0;
    while let Some(passed) = text[at..].iter().position(is(STOP)) {
        at += passed;
        let byte = text[at];
        if byte.is_ascii_alphabetic() {
            let length = text[at..].iter().take_while(|byte| is(PART)(byte)).count();
            let word = &text[at..at + length];
            let may_be = length >= 3 && could_be_level(text, at + length, bracket) && may_name_level(word);
            let severity = if may_be { Severity::from_word(word) } else { Severity::Unset };
            if severity != Severity::Unset
                && stands_alone(text, at, length, bracket, is_dated)
                && !is_ordinary(word, &text[at + length..])
            {
                return Some((at..at + length, severity));
            }
            if let Some(value) = level_value(text, at, word) {
                return Some(value);
            }
            if text.get(at + length) == Some(&b'=') {
                // Another key of a logfmt line: its value says nothing of the level.
                at += pair_length(&text[at..]);
                pairs += 1;
                continue;
            }
            if !may_stand_before(word) {
                if pairs > 0 && is_flag(&text[at + length..]) {
                    at += length;
                    continue;
                }
                if !bracket {
                    return late_level(text, at, is_dated);
                }
                // A thread or logger in brackets, which may name its level: go on behind it.
                let close = at + memchr(b']', &text[at..])?;
                if let Some(level) = level_of_module(text, at, close) {
                    return Some(level);
                }
                at = close;
                continue;
            }
            at += length;
            continue;
        }
        match byte {
            b'[' => bracket = true,
            b']' => bracket = false,
            b'"' | b'{' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Apache's `[module:level]`, of which the content begins and ends there.
fn level_of_module(text: &[u8], start: usize, close: usize) -> Option<(Range<usize>, Severity)> {
    let colon = start + memchr(b':', &text[start..close])?;
    let severity = Severity::from_word(&text[colon + 1..close]);
    (severity != Severity::Unset).then_some((colon + 1..close, severity))
}

/// Whether a word among a logfmt line's pairs stands for itself: another pair follows.
fn is_flag(rest: &[u8]) -> bool {
    let Some(next) = rest.strip_prefix(b" ") else { return false };
    let key = next.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')).count();
    key > 0 && next.get(key) == Some(&b'=')
}

/// A level behind a date and up to three names, as `2024-05-01 10:00:00 UTC [17] app@shop ERROR:  …` has it: capitals,
/// and a colon or at least four letters.
fn late_level(text: &[u8], from: usize, is_dated: &mut impl FnMut(&[u8]) -> bool) -> Option<(Range<usize>, Severity)> {
    if !is_dated(&text[..from]) {
        return None;
    }
    let mut at = from;
    for word in text[from..].split(|&byte| byte == b' ').take(4) {
        let name = word.strip_suffix(b":").unwrap_or(word);
        let plain = !name.is_empty() && name.iter().all(u8::is_ascii_uppercase);
        if plain && (name.len() < word.len() || name.len() >= 4) {
            let severity = Severity::from_word(name);
            // So far from the beginning a word may only make a record more important.
            if severity >= Severity::Info {
                return Some((at..at + name.len(), severity));
            }
        }
        at += word.len() + 1;
    }
    None
}

/// A cheap look at what follows a word before it is compared.
fn could_be_level(text: &[u8], end: usize, bracket: bool) -> bool {
    bracket || text.get(end).is_none_or(|next| matches!(next, b':' | b' ' | b'\t' | b'|' | b'-' | b'[' | b'>' | b')'))
}

/// How long `key=value` or `key="value with blanks"` is.
fn pair_length(text: &[u8]) -> usize {
    let value = text.iter().position(|&byte| byte == b'=').map_or(text.len(), |equals| equals + 1);
    let quoted = text.get(value) == Some(&b'"');
    let end = text[value..].iter().skip(usize::from(quoted)).position(|&byte| byte == if quoted { b'"' } else { b' ' });
    end.map_or(text.len(), |end| value + end + 1 + usize::from(quoted))
}

/// Words that are levels to some loggers and ordinary words to the rest: `config: …`, `Fine, …`, `TRACE /path`.
fn is_ordinary(word: &[u8], rest: &[u8]) -> bool {
    let named = |name: &[u8]| word.eq_ignore_ascii_case(name);
    let jul = named(b"config") || named(b"fine") || named(b"finer") || named(b"finest");
    let as_jul_writes = word.iter().all(u8::is_ascii_uppercase) && rest.starts_with(b":");
    jul && !as_jul_writes || word == b"TRACE" && rest.starts_with(b" /")
}

/// Upper case at a word's border is a level; other spellings need a bracket around or a colon behind.
fn stands_alone(
    text: &[u8],
    at: usize,
    length: usize,
    bracket: bool,
    is_dated: &mut impl FnMut(&[u8]) -> bool,
) -> bool {
    let next = text.get(at + length).copied().unwrap_or(b'\n');
    let word = &text[at..at + length];
    let upper = word.iter().all(u8::is_ascii_uppercase);
    match next {
        b']' => bracket,
        b':' => text.get(at + length + 1).is_none_or(|&byte| byte != b':'),
        b' ' | b'\t' | b'|' | b'-' | b'\n' | b'[' | b'>' | b')' => upper || bracket || is_dated(&text[..at]),
        _ => false,
    }
}

/// logfmt's `level=warn`, quoted or not.
fn level_value(text: &[u8], at: usize, word: &[u8]) -> Option<(Range<usize>, Severity)> {
    if !is_level_key(word) || text.get(at + word.len()) != Some(&b'=') {
        return None;
    }
    let start = at + word.len() + 1;
    let start = start + usize::from(text.get(start) == Some(&b'"'));
    let length = text.get(start..)?.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let severity = Severity::from_word(&text[start..start + length]);
    (severity != Severity::Unset).then_some((start..start + length, severity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;
    use crate::mine::head;

    #[test]
    fn levels_are_found_where_loggers_write_them() {
        for (line, severity) in [
            ("ERROR disk is full", Severity::Error),
            ("[warn] disk is nearly full", Severity::Warn),
            ("2024-05-01 10:00:00,123 INFO started", Severity::Info),
            ("2024-05-01T10:00:00Z [main] DEBUG loop entered", Severity::Debug),
            ("2024/05/01 10:00:00 [error] 12#0: *5 open() failed", Severity::Error),
            ("2024-05-01 10:00:00.123 UTC [99] FATAL:  no such role", Severity::Fatal),
            ("time=2024-05-01T10:00:00Z level=warn msg=\"slow\"", Severity::Warn),
            ("error: no such file", Severity::Error),
            ("E0102 15:04:05.000000   1234 file.go:123] failed to sync", Severity::Error),
            ("<11>Oct  1 22:14:15 web sshd[1]: refused", Severity::Error),
            ("2024-05-01 10:00:00.123 UTC [99] app@shop FATAL:  no such role", Severity::Fatal),
            ("2024-05-01 10:00:00,123 worker ERROR it failed", Severity::Error),
            ("2024-05-01 10:00:00,123 the word ERROR in a sentence", Severity::Error),
            ("2024-05-01 10:00:00,123 a sentence that comes to INFO late", Severity::Unset),
            (
                "2024-05-01T10:00:00.123456789Z stderr F E0501 10:00:00.123456       1 controller.go:116] x",
                Severity::Error,
            ),
            ("<14>May  1 10:00:00 h kubelet[1]: E0501 10:00:00.123456       1 controller.go:116] x", Severity::Error),
            ("E20240501 10:00:00.000000  123 x.cc:12] x", Severity::Error),
            ("[10:00:00 FTL] gone", Severity::Fatal),
            ("ERRO[0012] gone", Severity::Error),
            ("[Sun Nov 22 10:56:57.228909 2026] [core:error] [pid 7:tid 8] it failed", Severity::Error),
            ("[Sun Nov 22 10:56:57.228909 2026] [mpm_event:notice] [pid 7:tid 8] resuming", Severity::Info),
            ("order=17 cached level=warn", Severity::Warn),
            ("order=17 cached the level=warn", Severity::Unset),
            ("config: tls off", Severity::Unset),
            ("Fine: 500 EUR", Severity::Unset),
            ("TRACE /x HTTP/1.1", Severity::Unset),
            ("2024-05-01 10:00:00 Put DEBUG build 17 on prod", Severity::Unset),
            ("ts=2024-05-01T10:00:00Z caller=x.go:12 level=crit msg=x", Severity::Fatal),
            ("Error connecting to the database", Severity::Unset),
            ("informational text", Severity::Unset),
            ("user login", Severity::Unset),
            ("std::error: x", Severity::Unset),
        ] {
            let head = head::read(line.as_bytes());
            let named = level(&line.as_bytes()[head.start..]).filter(|_| head.names_level);
            assert_eq!(named.map_or(Severity::Unset, |(_, named)| named).max(head.severity), severity, "{line}");
        }
    }

    /// Scenario: beginnings of lines, of words that may be a level and others, brackets, marks and data. Guarantees: the
    /// masks tell what a look at each byte tells.
    #[test]
    fn masks_tell_a_lines_level_as_its_bytes_do() {
        let parts: Vec<&str> = "INFO ~ WARN: error: [error] [ ] ~ [core:error] T Z F P ts UTC PM a to 17 2024-05-01 12:00:01,123 ~~ = level=warn \
            x=17 k=\"v~w\" cached worker-3 blk_17 T10 7f3a 15ms took main / a/b c.d _ - : , ( ) \" { FTL DEBUG ALERT: app@shop Fine config: é \
            averylongwordthatreachesfar"
            .split_ascii_whitespace()
            .collect();
        let mut below = numbers_below(5);
        let (mut bits, mut found) = (Bits::default(), 0);
        for _ in 0..60_000 {
            let mut line = String::new();
            let most = if below(4) == 0 { 40 } else { 10 };
            for _ in 0..=below(most) {
                line += &parts[below(parts.len())].replace('~', " ");
                line += if below(2) == 0 { " " } else { "" };
            }
            bits.read_words(line.as_bytes());
            let told = level(line.as_bytes());
            found += usize::from(told.is_some());
            assert_eq!(level_of_line(line.as_bytes(), &bits), told, "{line:?}");
        }
        assert!(found > 10_000, "{found}");
    }

    #[test]
    fn every_level_is_one_at_the_first_look() {
        for word in
            "trace trc finest finer verbose silly debug dbg fine config info inf information informational notice \
                     log warn warning wrn error err severe fatal critical crit panic dpanic alert emerg emergency \
                     level lvl severity time timestamp ts T Z UTC GMT F P"
                .split_ascii_whitespace()
        {
            assert!(may_name_level(format!("{word} x").as_bytes()), "{word}");
            assert!(may_name_level(format!("{} x", word.to_ascii_uppercase()).as_bytes()), "{word}");
        }
        assert!(!may_name_level(b"sent order 5"));
    }
}
