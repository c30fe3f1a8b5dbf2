//! Where the words of a skeleton end: at separators, but for names that hold some.

use super::shape::MASKED;
use crate::marks::ends_with_mark;

/// A host's name, with a port behind it or without.
const LOCAL: &[u8] = b"localhost";

/// Where a word ends that begins there, and where to go on behind it: marks at a sentence's end are no part of it, names
/// in angle brackets within it are (`Outer.<locals>.inner`, `Type.<init>`), and of a word that stands free also further
/// parts of its name (`libssl:amd64`).
pub fn word_end(bytes: &[u8], start: usize, is_free: bool) -> (usize, usize) {
    let mut next = start;
    loop {
        next += bytes[next..].iter().position(|&byte| ends_word(byte)).unwrap_or(bytes.len() - next);
        if is_free && is_joined(bytes, next) {
            next += 1;
            continue;
        }
        if is_free && let Some(end) = value_end(bytes, next) {
            if !is_joined(bytes, end) {
                return (end, end);
            }
            next = end + 1;
            continue;
        }
        let Some(behind) = inner_name(bytes, next) else { break };
        next = behind;
    }
    let has_port = &bytes[start..next] == LOCAL || is_source(&bytes[start..next]);
    if has_port && bytes[next..].strip_prefix(b":").is_some_and(is_masked) {
        let end = next + 1 + MASKED.len();
        return (end, end);
    }
    let marks = bytes[start + 1..next].iter().rev().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
    if is_masked(&bytes[next..]) { (next, next) } else { (next - marks, next) }
}

/// Where a masked value ends that is a part of a name by the colon there: `queue:<*>`.
fn value_end(bytes: &[u8], colon: usize) -> Option<usize> {
    let end = colon + 1 + MASKED.len();
    let is_part = bytes.get(colon) == Some(&b':') && is_masked(&bytes[colon + 1..]);
    (is_part && (sentence_marks(&bytes[end..]).is_some() || bytes.get(end).is_none_or(|&byte| ends_word(byte))))
        .then_some(end)
}

/// The same of a name that begins with a masked value and has one more part behind a colon: `<*>:amd64`.
pub fn compound_end(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let colon = start + MASKED.len();
    let begins = is_masked(&bytes[start..]) && stands_free(bytes, start) && is_joined(bytes, colon);
    begins.then(|| word_end(bytes, colon + 1, false))
}

/// How many marks stand there that end a sentence behind a value: they are no word.
pub fn ends_sentence(bytes: &[u8], at: usize) -> Option<usize> {
    let is_behind_value = bytes[..at].ends_with(MASKED.as_bytes()) || ends_with_mark(&bytes[..at]);
    is_behind_value.then(|| sentence_marks(&bytes[at..])).flatten()
}

/// How many marks a text begins with that end a sentence, with nothing of a word behind them.
pub fn sentence_marks(text: &[u8]) -> Option<usize> {
    let marks = text.iter().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
    (marks > 0 && text.get(marks).is_none_or(|&byte| ends_word(byte))).then_some(marks)
}

/// Whether a blank stands before. What begins a record (`INFO:root:Started`) is no name.
pub fn stands_free(bytes: &[u8], start: usize) -> bool {
    bytes[..start].last().is_some_and(|&byte| byte <= b' ')
}

/// Whether a colon there joins two parts of one name, as in `libssl:amd64`: letters follow it at once.
pub fn is_joined(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b':') && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic)
}

/// Whether that is the name of a program's file, as stands before the number of a line in it: `Worker.java:<*>`.
fn is_source(word: &[u8]) -> bool {
    let Some(dot) = word.iter().rposition(|&byte| byte == b'.') else { return false };
    let kinds: [&[u8]; 12] = [b"java", b"scala", b"kt", b"py", b"go", b"rs", b"js", b"ts", b"rb", b"cs", b"cpp", b"c"];
    dot > 0 && kinds.contains(&&word[dot + 1..])
}

/// Behind a dot, a name in angle brackets.
fn inner_name(bytes: &[u8], at: usize) -> Option<usize> {
    let inside = bytes[..at].ends_with(b".").then(|| bytes[at..].strip_prefix(b"<")).flatten()?;
    let length = inside.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    (length > 0 && inside.get(length) == Some(&b'>')).then_some(at + length + 2)
}

pub fn is_masked(bytes: &[u8]) -> bool {
    bytes.starts_with(MASKED.as_bytes())
}

/// The separators of the splitter.
pub fn ends_word(byte: u8) -> bool {
    ENDS_WORD[usize::from(byte)]
}

static ENDS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = is_separator(byte as u8);
        byte += 1;
    }
    table
};

const fn is_separator(byte: u8) -> bool {
    byte <= b' '
        || matches!(
            byte,
            b'"' | b'\''
                | b'='
                | b':'
                | b'('
                | b')'
                | b','
                | b';'
                | b'<'
                | b'>'
                | b'['
                | b']'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
        )
}
