//! Where a structured body names its level, and which one.

use crate::class::Severity;

/// What a key with its value says of the level.
#[derive(Debug, PartialEq)]
pub enum Level {
    Known(Severity),
    /// A level's place, and a value that is none of those known here.
    Unknown,
}

/// `None`: this is no level. `path` leads to the value, `name` is its last key in lower case.
pub fn read(path: &[u8], name: &[u8], value: &[u8], is_text: bool) -> Option<Level> {
    let (place, name) = place(path, name)?;
    if is_own(place) {
        let class = if name == b"levelno" { python(value) } else { Severity::from_value(value) };
        let is_short = matches!(name, b"l" | b"s");
        return match class {
            Severity::Unset => (!is_short).then_some(Level::Unknown),
            class => Some(Level::Known(class)),
        };
    }
    // Deep in a body `level` may be a player's, a battery's or a configured one: a word may make the record more
    // important, and nothing else counts.
    let class = if is_text && name.len() > 1 { Severity::from_word(value) } else { Severity::Unset };
    (class >= Severity::Info).then_some(Level::Known(class))
}

/// Whether an unknown level is short enough to stand in the shape: a word or a number, never an id.
pub fn is_tellable(value: &[u8]) -> bool {
    let word = value.len() <= 16 && value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'));
    word || value.len() <= 4 && value.iter().all(u8::is_ascii_digit)
}

/// The key that names a level and the path that leads to it: `log` and `level` for `log.level` and `log.level.name`.
fn place<'p>(path: &'p [u8], name: &'p [u8]) -> Option<(&'p [u8], &'p [u8])> {
    let last = last(name);
    if is_level(last) {
        return Some((before(path, last.len())?, last));
    }
    if !matches!(last, b"name" | b"text") {
        return None;
    }
    let parent = before(path, last.len())?;
    let level = self::last(parent);
    (level.eq_ignore_ascii_case(b"level") || level.eq_ignore_ascii_case(b"severity"))
        .then(|| before(parent, level.len()))?
        .map(|place| (place, &b"level"[..]))
}

fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'.').next().unwrap_or_default()
}

/// The path without its last key, which is so long.
fn before(path: &[u8], length: usize) -> Option<&[u8]> {
    let place = path.get(..path.len().checked_sub(length)?)?;
    Some(place.strip_suffix(b".").unwrap_or(place))
}

/// The keys of the common loggers.
fn is_level(name: &[u8]) -> bool {
    matches!(
        name,
        b"level"
            | b"severity"
            | b"lvl"
            | b"loglevel"
            | b"log_level"
            | b"levelname"
            | b"levelno"
            | b"level_name"
            | b"severity_text"
            | b"severitytext"
            | b"@level"
            | b"@l"
            | b"l"
            | b"s"
    )
}

/// Whether `read` may look at the value of a key. `below`: a key that leads to it may name a level (`leads`).
pub fn may_name(name: &[u8], below: bool) -> bool {
    let last = last(name);
    match last {
        b"name" | b"text" => below || leads(name),
        _ => is_level(last),
    }
}

/// Whether there may be a level's name or text behind a key.
pub fn leads(key: &[u8]) -> bool {
    // Of both words for it these letters are a part.
    let may_lead = key.windows(2).any(|pair| pair.eq_ignore_ascii_case(b"ev"));
    let leads = |word: &[u8]| key.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    may_lead && (leads(b"level") || leads(b"severity"))
}

/// The places where a level is surely the record's own: the body itself, and what loggers wrap it in.
fn is_own(place: &[u8]) -> bool {
    [&b""[..], b"log", b"logger", b"record"].iter().any(|own| place.eq_ignore_ascii_case(own))
}

/// Python's `levelno`.
fn python(value: &[u8]) -> Severity {
    match value {
        b"10" => Severity::Debug,
        b"20" => Severity::Info,
        b"30" => Severity::Warn,
        b"40" => Severity::Error,
        b"50" => Severity::Fatal,
        _ => Severity::Unset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(path: &str, value: &str, is_text: bool) -> Option<Level> {
        let name = path.rsplit('.').next().unwrap().to_ascii_lowercase();
        read(path.as_bytes(), name.as_bytes(), value.as_bytes(), is_text)
    }

    #[test]
    fn a_level_is_told_by_its_own_places() {
        for (path, value, class) in [
            ("level", "warn", Severity::Warn),
            ("level.name", "error", Severity::Error),
            ("record.level.name", "ERROR", Severity::Error),
            ("log.level", "error", Severity::Error),
            ("Level", "50", Severity::Error),
            ("levelno", "50", Severity::Fatal),
            ("levelno", "10", Severity::Debug),
            ("severity.text", "INFO", Severity::Info),
            ("s", "W", Severity::Warn),
        ] {
            assert_eq!(level(path, value, true), Some(Level::Known(class)), "{path}");
        }
    }

    #[test]
    fn deep_in_a_body_only_a_word_counts_that_makes_a_record_more_important() {
        assert_eq!(level("alert.severity", "critical", true), Some(Level::Known(Severity::Fatal)));
        for (path, value, is_text) in [
            ("player.level", "20", false),
            ("battery.level", "10", true),
            ("settings.level", "debug", true),
            ("user.s", "E", true),
            ("author.name", "error", true),
            ("file.text", "error", true),
        ] {
            assert_eq!(level(path, value, is_text), None, "{path}");
        }
    }

    #[test]
    fn a_value_that_is_no_level_is_unknown_where_a_level_stands() {
        assert_eq!(level("level", "37", false), Some(Level::Unknown));
        assert_eq!(level("levelno", "25", false), Some(Level::Unknown));
        assert_eq!(level("level.name", "odd", true), Some(Level::Unknown));
        assert_eq!(level("s", "some text", true), None);
    }

    #[test]
    fn an_unknown_level_is_told_when_it_is_a_word_or_a_number() {
        assert!(is_tellable(b"odd") && is_tellable(b"350"));
        assert!(!is_tellable(b"order-17") && !is_tellable(b"123456") && !is_tellable(b"a rather long sentence"));
    }
}
