//! What stands before a message: transports' prefixes, which are dropped.

use memchr::memchr;

use crate::class::Severity;

/// Where the message begins, and what the prefixes before it said.
#[derive(Default, Debug, PartialEq)]
pub struct Head {
    pub start: usize,
    pub severity: Severity,
    /// Whether the message may name its level (`level`).
    pub names_level: bool,
}

/// How far into a text the end of a header is looked for.
const REACH: usize = 160;

pub fn read(text: &[u8]) -> Head {
    let start = text.len() - text.trim_ascii_start().len();
    let mut head = Head { start, severity: Severity::Unset, names_level: true };
    let rest = &text[head.start..];
    match rest.first() {
        Some(b'<') => syslog(rest, &mut head),
        Some(b'0'..=b'9') => head.start += cri(rest),
        _ => {}
    }
    // A prefix may end with its last word, without the blank behind it.
    head.start = head.start.min(text.len());
    let message = text[head.start..].trim_ascii_start();
    let message = if head.start > start { behind_tag(message) } else { message };
    if let Some(b'I' | b'W' | b'E' | b'F') = message.first()
        && let Some((severity, length)) = klog(message)
    {
        let severity = severity.max(head.severity);
        head = Head { start: text.len() - message.len() + length, severity, names_level: false };
    }
    head
}

/// What stands behind a program's tag (`kubelet[17]: `), where a transport's prefix ends with one.
fn behind_tag(text: &[u8]) -> &[u8] {
    let end = text.iter().take(64).position(|&byte| byte == b' ').unwrap_or(0);
    if end > 0 && text[end - 1] == b':' { text[end..].trim_ascii_start() } else { text }
}

/// The container runtimes' prefix: `2024-05-01T10:00:00.123456789Z stdout F `.
fn cri(text: &[u8]) -> usize {
    // Numbers stand before many a line, and times of that length before few.
    if memchr(b' ', text).is_none_or(|end| end < 20) {
        return 0;
    }
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
    // A line that says nothing may end with its tag.
    (time.len() + stream.len() + tag.len() + 3).min(text.len())
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
            head.start += (4 + time.len() + host.len()).min(rest.len());
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

/// Kubernetes' header: `E0102 15:04:05.000000   1234 file.go:123] `; its ancestor writes the year, too.
fn klog(text: &[u8]) -> Option<(Severity, usize)> {
    let digits = text[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let time = text.get(1 + digits..)?;
    if !matches!(digits, 4 | 8) || time.len() < 17 || time[0] != b' ' || time[3] != b':' || time[6] != b':' {
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

/// What a text's first byte says of what stands before the message: nothing does.
const NOTHING: u8 = 1;
/// Kubernetes' header may, which has a digit behind this letter.
const KLOG: u8 = 2;
/// A time may.
const DIGIT: u8 = 3;

static FIRST: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = match byte as u8 {
            b'I' | b'W' | b'E' | b'F' => KLOG,
            b'0'..=b'9' => DIGIT,
            0..=b' ' | b'<' | b'{' => 0,
            _ => NOTHING,
        };
        byte += 1;
    }
    table
};

/// Whether nothing that `read` knows stands before a text's message, which its first bytes tell of most: without a branch
/// for each way to begin, because the processor would foresee none among lines of many sorts.
#[inline]
pub fn is_none(text: &[u8]) -> bool {
    let Some(&[first, second, _]) = text.first_chunk() else { return false };
    let is = |says: u8| FIRST[usize::from(first)] == says;
    let has_early_blank = text.first_chunk().is_some_and(has_blank);
    let is_sure = is(NOTHING) | is(KLOG) & !second.is_ascii_digit() | is(DIGIT) & has_early_blank;
    is_sure || is(DIGIT) && cri(text) == 0
}

/// Without a branch for each byte.
#[inline]
fn has_blank(bytes: &[u8; 20]) -> bool {
    bytes.iter().fold(0, |found, &byte| found | u8::from(byte == b' ')) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_transports_are_no_part_of_the_message() {
        for (line, rest) in [
            ("2024-05-01T10:00:00.123456789Z stdout F hello", "hello"),
            ("<34>Oct  1 22:14:15 web su: done", "su: done"),
            ("<34>1 2024-05-01T10:00:00Z web su - - done", "su - - done"),
            ("I0102 15:04:05.000000   1234 file.go:123] synced", "synced"),
            ("2024-05-01T10:00:00.123456789Z stdout F", ""),
            ("2024-05-01T10:00:00.123456789Z stdout F ", ""),
            ("<34>1 2024-05-01T10:00:00Z web", ""),
            ("<34>1 2024-05-01T10:00:00Z ", ""),
            ("<34>Oct  1 22:14:15 web", "web"),
            ("I0102 15:04:05.000000   1234 file.go:123]", ""),
        ] {
            assert_eq!(line[read(line.as_bytes()).start..].trim(), rest, "{line}");
        }
    }
}
