//! What stands before a message: transports' prefixes, which are dropped, and the level that it names, which is masked.

use std::ops::Range;

use crate::class::Severity;

/// Where the message begins, and the level's word if one was found (`start` and the range are into the whole text).
#[derive(Default, Debug, PartialEq)]
pub struct Head {
    pub start: usize,
    pub level: Option<Range<usize>>,
    pub severity: Severity,
}

/// How far into a text its level is looked for.
const REACH: usize = 160;

pub fn read(text: &[u8]) -> Head {
    let mut head = Head { start: text.len() - text.trim_ascii_start().len(), ..Head::default() };
    let rest = &text[head.start..];
    match rest.first() {
        Some(b'<') => syslog(rest, &mut head),
        Some(b'0'..=b'9') => head.start += cri(rest),
        Some(b'I' | b'W' | b'E' | b'F') => {
            if let Some((severity, length)) = klog(rest) {
                head.severity = severity;
                head.start += length;
                return head;
            }
        }
        _ => {}
    }
    if let Some((range, severity)) = level(&text[head.start..]) {
        head.severity = head.severity.max(severity);
        head.level = Some(range.start + head.start..range.end + head.start);
    }
    head
}

/// The container runtimes' prefix: `2024-05-01T10:00:00.123456789Z stdout F `.
fn cri(text: &[u8]) -> usize {
    let mut words = text.splitn(4, |&byte| byte == b' ');
    let (Some(time), Some(stream), Some(tag)) = (words.next(), words.next(), words.next()) else {
        return 0;
    };
    if time.len() < 20
        || !time.contains(&b'T')
        || !matches!(stream, b"stdout" | b"stderr")
        || !matches!(tag, b"F" | b"P")
    {
        return 0;
    }
    time.len() + stream.len() + tag.len() + 3
}

/// A syslog priority with the time and host that follow it in RFC 3164, or the version and time of RFC 5424.
fn syslog(text: &[u8], head: &mut Head) {
    let Some(close) = text.iter().take(5).position(|&byte| byte == b'>') else {
        return;
    };
    let Some(priority) = std::str::from_utf8(&text[1..close]).ok().and_then(|digits| digits.parse::<u32>().ok()) else {
        return;
    };
    if priority > 191 {
        return;
    }
    head.severity = Severity::from_syslog(priority);
    head.start += close + 1;
    let rest = &text[close + 1..];
    let words: Vec<&[u8]> = rest.splitn(5, |&byte| byte == b' ').collect();
    if let [b"1", time, host, ..] = words[..] {
        if time.len() >= 10 || time == b"-" {
            head.start += 4 + time.len() + host.len();
        }
        return;
    }
    // "Oct  1 22:14:15 host ": fifteen bytes of time, then the host.
    if rest.len() > 16 && rest[3] == b' ' && rest[6] == b' ' && rest[9] == b':' && rest[12] == b':' && rest[15] == b' '
    {
        let host = rest[16..].iter().position(|&byte| byte == b' ').unwrap_or(0);
        head.start += 16 + host;
    }
}

/// Kubernetes' header: `E0102 15:04:05.000000   1234 file.go:123] `.
fn klog(text: &[u8]) -> Option<(Severity, usize)> {
    if text.len() < 22
        || !text[1..5].iter().all(u8::is_ascii_digit)
        || text[5] != b' '
        || text[8] != b':'
        || text[11] != b':'
    {
        return None;
    }
    let close = text.iter().take(REACH).position(|&byte| byte == b']')?;
    let severity = match text[0] {
        b'I' => Severity::Info,
        b'W' => Severity::Warn,
        b'E' => Severity::Error,
        _ => Severity::Fatal,
    };
    Some((severity, close + 1))
}

/// The first word that is a level, when only times, numbers, time zones, brackets and marks stand before it.
fn level(text: &[u8]) -> Option<(Range<usize>, Severity)> {
    let text = &text[..text.len().min(REACH)];
    let mut at = 0;
    let mut bracket = false;
    while at < text.len() {
        let byte = text[at];
        if byte.is_ascii_alphabetic() {
            let length = text[at..]
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'.'))
                .count();
            let word = &text[at..at + length];
            let severity =
                if could_be_level(text, at + length, bracket) { Severity::from_word(word) } else { Severity::Unset };
            if severity != Severity::Unset && stands_alone(text, at, length, bracket) {
                return Some((at..at + length, severity));
            }
            if let Some(value) = level_value(text, at, word) {
                return Some(value);
            }
            let skipped = matches!(word, b"T" | b"Z" | b"UTC" | b"GMT" | b"time" | b"ts" | b"timestamp" | b"F" | b"P")
                || word.iter().any(u8::is_ascii_digit);
            if !skipped {
                if !bracket {
                    return None;
                }
                // A thread or logger in brackets: go on behind it.
                at += text[at..].iter().position(|&byte| byte == b']')?;
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

/// A cheap look at what follows a word before it is compared.
fn could_be_level(text: &[u8], end: usize, bracket: bool) -> bool {
    bracket || text.get(end).is_none_or(|next| matches!(next, b':' | b' ' | b'\t' | b'|' | b'-' | b'[' | b'>' | b')'))
}

/// Upper case at a word's border is a level; other spellings need a bracket around or a colon behind.
fn stands_alone(text: &[u8], at: usize, length: usize, bracket: bool) -> bool {
    let next = text.get(at + length).copied().unwrap_or(b'\n');
    let word = &text[at..at + length];
    let upper = word.iter().all(u8::is_ascii_uppercase);
    let dated = text[..at].iter().filter(|byte| byte.is_ascii_digit()).count() >= 6;
    match next {
        b']' => bracket,
        b':' => text.get(at + length + 1).is_none_or(|&byte| byte != b':'),
        b' ' | b'\t' | b'|' | b'-' | b'\n' | b'[' | b'>' | b')' => upper || bracket || dated,
        _ => false,
    }
}

/// logfmt's `level=warn`, quoted or not.
fn level_value(text: &[u8], at: usize, word: &[u8]) -> Option<(Range<usize>, Severity)> {
    if !matches!(word, b"level" | b"lvl" | b"severity") || text.get(at + word.len()) != Some(&b'=') {
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
            ("Error connecting to the database", Severity::Unset),
            ("informational text", Severity::Unset),
            ("user login", Severity::Unset),
            ("std::error: x", Severity::Unset),
        ] {
            assert_eq!(read(line.as_bytes()).severity, severity, "{line}");
        }
    }

    #[test]
    fn prefixes_of_transports_are_no_part_of_the_message() {
        for (line, rest) in [
            ("2024-05-01T10:00:00.123456789Z stdout F hello", "hello"),
            ("<34>Oct  1 22:14:15 web su: done", "su: done"),
            ("<34>1 2024-05-01T10:00:00Z web su - - done", "su - - done"),
            ("I0102 15:04:05.000000   1234 file.go:123] synced", "synced"),
        ] {
            assert_eq!(line[read(line.as_bytes()).start..].trim(), rest, "{line}");
        }
    }
}
