//! A span's own name, when no attribute tells better what it does: statements and paths are cut to what they are about,
//! everything else is masked like a line of text.

use std::ops::Range;

use super::name;
use crate::class::{Clues, Probe};
use crate::mine::bits::Bits;
use crate::mine::head::Head;
use crate::mine::sink::Sink;
use crate::mine::text;
use crate::mine::words::is_technical;
use crate::mine::{MINED_BYTES, Masks};

/// A path with more segments is cut there.
const SEGMENTS: usize = 6;
/// A statement names no more tables than these.
const TABLES: usize = 3;
/// A longer segment of a path is no word.
const LONGEST_WORD: usize = 32;

pub fn write<S: Sink>(name: &[u8], masks: &Masks, bits: &mut Bits, sink: &mut S, clues: &mut Clues) {
    let name = &name[..name.len().min(MINED_BYTES)];
    // A mask knows better what varies; where none finds anything, a name is as without them.
    if masks.find_nothing(name) {
        if is_rpc(name) {
            return sink.part(name);
        }
        if let Some((keyword, tables)) = statement(name) {
            return summary(name, keyword, &tables, sink);
        }
        if let Some(start) = path_start(name) {
            clues.probe |= Probe::path(&name[start..]);
            sink.part(&name[..start]);
            return path(name, start, sink);
        }
    }
    text::mine(name, &Head::default(), masks, bits, sink, clues);
}

/// Whether a name is a gRPC method's in full, as `shop.v1.Orders/Place`: it carries no ids, though versions have digits.
fn is_rpc(name: &[u8]) -> bool {
    let is_word = |word: &[u8]| {
        word.len() <= 64
            && word.first().is_some_and(u8::is_ascii_alphabetic)
            && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            && word.iter().filter(|byte| byte.is_ascii_digit()).count() <= 2
    };
    let is_named = |word: &[u8]| is_word(word) && word[0].is_ascii_uppercase();
    let name = name.strip_prefix(b"/").unwrap_or(name);
    let Some(slash) = name.iter().position(|&byte| byte == b'/') else { return false };
    let (package, method) = (&name[..slash], &name[slash + 1..]);
    let Some(dot) = package.iter().rposition(|&byte| byte == b'.') else { return false };
    is_named(method) && is_named(&package[dot + 1..]) && package[..dot].split(|&byte| byte == b'.').all(is_word)
}

/// The keyword that a SQL statement begins with and the tables that it names; `None` for other texts, as
/// `SELECT orders` and `DELETE /orders` are.
fn statement(name: &[u8]) -> Option<(Range<usize>, Vec<Range<usize>>)> {
    if !matches!(name.first()? | 0x20, b'a' | b'c' | b'd' | b'i' | b'm' | b'r' | b's' | b't' | b'u' | b'w') {
        return None;
    }
    let mut words = words(name);
    let keyword = words.next().filter(|keyword| keyword.len() <= 8)?;
    let is = |range: &Range<usize>, known: &str| name[range.clone()].eq_ignore_ascii_case(known.as_bytes());
    if !["select", "insert", "update", "delete", "merge", "replace", "create", "alter", "drop", "truncate", "with"]
        .iter()
        .any(|known| is(&keyword, known))
    {
        return None;
    }
    let mut expects = is(&keyword, "update");
    let (mut is_statement, mut tables) = (false, Vec::new());
    for word in words {
        if ["from", "join", "into", "table", "set", "values"].iter().any(|known| is(&word, known)) {
            is_statement = true;
            expects = !is(&word, "set") && !is(&word, "values");
        } else if expects && !["if", "not", "exists", "only", "lateral", "ignore"].iter().any(|known| is(&word, known))
        {
            let last = name[word.end - 1];
            let table = trimmed(name, &word);
            if !table.is_empty()
                && tables.len() < TABLES
                && !tables.iter().any(|known| name[Range::clone(known)] == name[table.clone()])
            {
                tables.push(table);
            }
            expects = last == b',';
        }
    }
    (is_statement && !tables.is_empty()).then_some((keyword, tables))
}

fn words(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let start = at;
        at += text[at..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        (start < at).then_some(start..at)
    })
}

/// A table's name without quotes, and nothing where a subquery begins.
fn trimmed(text: &[u8], word: &Range<usize>) -> Range<usize> {
    let plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'-') || !byte.is_ascii();
    let start =
        word.start + text[word.clone()].iter().take_while(|byte| matches!(byte, b'"' | b'`' | b'[' | b'\'')).count();
    start..start + text[start..word.end].iter().take_while(|byte| plain(byte)).count()
}

fn summary<S: Sink>(name: &[u8], keyword: Range<usize>, tables: &[Range<usize>], sink: &mut S) {
    sink.part(&name[keyword].to_ascii_uppercase());
    for table in tables {
        sink.part(b" ");
        name::write(&name[table.clone()], sink);
    }
}

/// Where the path or URL begins that a name ends with, behind words only: `GET /orders/17`, `HTTP GET /`.
fn path_start(name: &[u8]) -> Option<usize> {
    let start = name.iter().rposition(|&byte| byte == b' ').map_or(0, |blank| blank + 1);
    let is_words = name[..start].iter().all(|&byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'-' | b'_'));
    let last = &name[start..];
    (is_words && (last.first() == Some(&b'/') || scheme(last).is_some())).then_some(start)
}

/// How long `https://host` is.
fn scheme(url: &[u8]) -> Option<usize> {
    let letters = url.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let host = url[letters..].strip_prefix(b"://").filter(|_| letters > 0)?;
    Some(letters + 3 + host.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(host.len()))
}

/// Writes a path segment by segment, up to its query.
fn path<S: Sink>(name: &[u8], start: usize, sink: &mut S) {
    let mut at = start;
    if let Some(length) = scheme(&name[start..]) {
        at += length;
        sink.variable(name, start..at, None);
    }
    let end = name[at..].iter().position(|byte| matches!(byte, b'?' | b'#')).map_or(name.len(), |query| at + query);
    for number in 0.. {
        if at >= end {
            return;
        }
        // Each segment has its slash before it.
        sink.part(b"/");
        at += 1;
        let length = name[at..end].iter().position(|&byte| byte == b'/').unwrap_or(end - at);
        let segment = at..at + length;
        if number == SEGMENTS {
            return sink.variable(name, at..end, None);
        }
        if is_word(&name[segment.clone()]) {
            sink.part(&name[segment.clone()]);
        } else {
            sink.variable(name, segment.clone(), None);
        }
        at = segment.end;
    }
}

/// Whether a segment is wording: a word, a version or a route's own placeholder, `{id}`, `:id`, `<id>`, `[id]` or `*`.
fn is_word(segment: &[u8]) -> bool {
    if segment.is_empty() {
        return true;
    }
    let is_placeholder = match segment {
        [b'{', .., b'}'] | [b'<', .., b'>'] | [b'[', .., b']'] | [b'*', ..] | [b'(', .., b')'] => true,
        [b':', first, ..] => first.is_ascii_alphabetic(),
        _ => false,
    };
    let is_version = matches!(segment, [b'v', digits @ ..] if matches!(digits.len(), 1 | 2) && digits.iter().all(u8::is_ascii_digit));
    // A dot makes it a file's name, unless it is hidden as `.well-known` is.
    let name = segment.strip_prefix(b".").unwrap_or(segment);
    let is_plain = segment.len() <= LONGEST_WORD
        && name.iter().all(|&byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'))
        && name.iter().filter(|&&byte| matches!(byte, b'-' | b'_')).count() < 3
        && !(name.len() >= 8 && name.iter().all(u8::is_ascii_hexdigit));
    is_placeholder || is_version || is_plain || is_technical(segment)
}
