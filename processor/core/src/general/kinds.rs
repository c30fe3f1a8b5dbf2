//! What a word of a skeleton is, by what it says and by what stands around it.

use std::ops::Range;

use super::ends::{ends_word, is_masked};
use super::shape::MASKED;
use super::telling::tells_of_fault;
use crate::lexicon::keys::{asks_state, has_wording, names_holder};
use crate::lexicon::{LONGEST, is_closed, names_fault};
use crate::mine::codes::is_code;
use crate::mine::words::is_record_type;

/// What one word of a skeleton is, or what an open word would be where a masked value stands.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// It is a mark.
    General,
    /// It is marked as a value: by a key, by quotes or brackets. Nothing may stand there as well.
    Value,
    /// It stands in brackets with others.
    Enclosed,
    /// It is a part of a sentence. One that says how it went stays for ever.
    Wording { stays: bool },
    /// It is the unit of the number before it, or the type of a name's record.
    Unit,
    /// It is a message's code.
    Code,
    /// It says that there is no value, or is a level's name and no level: data where such was seen as well.
    Beside,
    /// It begins the record and has a colon behind it: what the record is about, or where it comes from.
    Head,
    /// It is one word of a structured body's shape that says in which state something is, or what was done, and tells of
    /// no fault: data where there are many such.
    Held,
    /// It is a key, which stays.
    Key,
    /// It is a name that tells of a fault, `system.dropped_rows`: it makes no place a variable. Where others did, it is one
    /// that says so. `is_value`: it is marked as a value.
    Telling { is_value: bool },
    /// It is something else, and stays: a value that says how it went, a part of a structure.
    Fixed,
}

/// What a value in quotes or angle brackets stands behind.
pub fn opens_value(byte: u8) -> bool {
    matches!(byte, b' ' | b'=' | b':' | b'(' | b'[' | b',')
}

/// What an open word is that stands there.
pub fn place(bytes: &[u8], range: &Range<usize>, is_enclosed: bool) -> Kind {
    let (before, after) = (&bytes[..range.start], &bytes[range.end..]);
    let continues = |byte: Option<&u8>| byte.is_some_and(|&byte| !ends_word(byte));
    // A part of a word, the rest of which was masked.
    if is_masked(after) || before.ends_with(MASKED.as_bytes()) || continues(before.last()) {
        return Kind::Fixed;
    }
    let marks = after.iter().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
    if continues(after.get(marks)) {
        return Kind::Fixed;
    }
    match after.first() {
        Some(b'=') => return Kind::Key,
        Some(b':') if before.is_empty() => return Kind::Head,
        // Behind another word it is a name with what is said of it behind the colon.
        Some(b':') if !before.trim_ascii_end().last().is_some_and(|&byte| !ends_word(byte) || byte == b'>') => {
            return Kind::Key;
        }
        _ => {}
    }
    match before {
        [.., b'=' | b'"' | b'\'' | b'(' | b'[' | b'`'] => Kind::Value,
        [.., opens, b'<'] if after.starts_with(b">") && opens_value(*opens) => Kind::Value,
        [b'<'] if after.starts_with(b">") => Kind::Value,
        // What is printed of an object.
        [.., b'<'] => Kind::Fixed,
        _ if is_enclosed => Kind::Enclosed,
        _ => Kind::Wording { stays: false },
    }
}

/// `key`: the word before, which may be one.
pub fn kind(text: &str, range: Range<usize>, is_enclosed: bool, key: &str) -> Kind {
    let word = &text[range.clone()];
    if is_code(text.as_bytes(), range.start, range.end) {
        return Kind::Code;
    }
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let is_name = word.len() <= LONGEST && word.as_bytes().iter().any(is_letter);
    match place(text.as_bytes(), &range, is_enclosed) {
        Kind::Key => Kind::Key,
        kind if kind != Kind::Fixed && is_unit(word) && text[..range.start].ends_with("<*> ") => Kind::Unit,
        kind if kind != Kind::Fixed && is_record_type(text.as_bytes(), &range) => Kind::Unit,
        _ if !is_name => Kind::Fixed,
        _ if has_wording(key.as_bytes()) && text[..range.start].trim_ascii_end().ends_with(['=', ':', '[', '(']) => {
            Kind::Fixed
        }
        Kind::Wording { .. } if is_state_place(&text[..range.start], &text[range.end..]) => Kind::Fixed,
        Kind::Wording { .. } | Kind::Value if is_no_value(word) && is_nobody(&text[..range.start], key) => Kind::Fixed,
        Kind::Wording { .. } if is_no_value(word) && !is_of_fault(&text[..range.start], key) => Kind::Beside,
        kind @ (Kind::Head | Kind::Value | Kind::Enclosed | Kind::Wording { .. })
            if tells_of_fault(word) && !names_fault(key.as_bytes()) =>
        {
            Kind::Telling { is_value: kind == Kind::Value }
        }
        Kind::Wording { .. } => {
            let is_said_of = text[..range.start].ends_with(": ");
            Kind::Wording { stays: says_outcome(word) || is_signed(word) || is_constant(word) && !is_said_of }
        }
        // That there is no value says how it went only where the key does.
        kind @ (Kind::Value | Kind::Enclosed) if is_no_value(word) && !is_closed(key) => kind,
        Kind::Value if text[..range.start].ends_with('=') && is_level(word) && !asks_level(key) => Kind::Beside,
        _ if says_outcome(word) => Kind::Fixed,
        kind => kind,
    }
}

/// What a word is that stands in the shape of a structured body.
pub fn held(text: &str, range: &Range<usize>) -> Kind {
    let (before, after) = (&text.as_bytes()[..range.start], &text.as_bytes()[range.end..]);
    let is_value = before.ends_with(b"=") && matches!(after, [b':', b's', b',' | b'}', ..]);
    if is_value && !is_closed(&text[range.clone()]) { Kind::Held } else { Kind::Fixed }
}

/// Whether a sentence says in one word how something is now: `folder <*> is now idle`, `service <*> is degraded`.
fn is_state_place(before: &str, after: &str) -> bool {
    let before = before.trim_end().trim_end_matches(':');
    let is_last = after.trim_start_matches(['.', '!']).is_empty();
    before.ends_with(" is now") || before.ends_with(" are now") || is_last && before.ends_with("> is")
}

/// Whether a sign says what came and what went: `+slave`, `-slave`.
fn is_signed(word: &str) -> bool {
    matches!(word.as_bytes(), [b'+' | b'-', letter, ..] if letter.is_ascii_alphabetic())
}

/// The name of a command or of a constant, which tells what the sentence is about: `STARTTLS`, `PUBACK`.
fn is_constant(word: &str) -> bool {
    word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

fn is_unit(word: &str) -> bool {
    let prefix = word.strip_suffix(['B', 'b']).map(|rest| rest.strip_suffix('i').unwrap_or(rest));
    matches!(prefix, Some("" | "k" | "K" | "M" | "G" | "T"))
        || matches!(
            word,
            "K" | "M"
                | "G"
                | "T"
                | "usec"
                | "msec"
                | "bytes"
                | "ns"
                | "us"
                | "ms"
                | "s"
                | "sec"
                | "secs"
                | "seconds"
                | "min"
                | "minutes"
                | "hours"
        )
}

/// Whether a word or a part of a compound name says or asks how it went; that a part has no value says nothing.
fn says_outcome(word: &str) -> bool {
    // A function that is defined within another has a name of its own, whatever that says.
    if word.contains(".<locals>.") {
        return false;
    }
    let says = |part: &str| is_closed(part) && !is_no_value(part) || asks_state(part.as_bytes());
    if word.contains(':') { word.split(':').any(says) } else { is_closed(word) }
}

/// Whether that there is no value may say that there was no fault: `error none`, `last error of disk: none`.
fn is_of_fault(before: &str, key: &str) -> bool {
    let is_answer = before.trim_ascii_end().ends_with([':', '=']);
    names_fault(key.as_bytes()) || is_answer && before.split(' ').any(|word| names_fault(word.as_bytes()))
}

/// Whether that there is no value says that nobody has a part which somebody should have: `leader=none`,
/// `leader is none`, `primary <*> -> none`.
fn is_nobody(before: &str, key: &str) -> bool {
    let trimmed = before.trim_ascii_end();
    let holder = trimmed.strip_suffix(" is").unwrap_or_default();
    trimmed.ends_with("->")
        || trimmed.ends_with(['=', ':']) && names_holder(key.as_bytes())
        || holder.rsplit(' ').next().is_some_and(|name| names_holder(name.as_bytes()))
}

/// A level that is no fault's.
fn is_level(word: &str) -> bool {
    matches!(word, "debug" | "trace" | "info" | "notice")
}

/// Whether a key is one that a level stands behind.
fn asks_level(key: &str) -> bool {
    ["level", "lvl", "severity", "priority", "log"].iter().any(|name| key.to_ascii_lowercase().contains(name))
}

/// A name as programs have them, not languages, and not of what happened: `state_file`, but no `order_placed`.
pub fn is_identifier(word: &str) -> bool {
    let is_name = |part: &str| {
        let is_verb = part.len() > 4 && (part.ends_with("ed") || part.ends_with("ing"));
        !part.is_empty() && !is_verb && !is_closed(part)
    };
    word.contains('_') && word.bytes().any(|byte| byte.is_ascii_lowercase()) && word.split('_').all(is_name)
}

fn is_no_value(word: &str) -> bool {
    matches!(word, "None" | "none" | "NONE" | "null" | "NULL" | "nil")
}
