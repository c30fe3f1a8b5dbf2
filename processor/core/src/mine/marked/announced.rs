//! Names that the word before announces: `node web-a`, `cluster: main`, `loaded from shop.conf`.

use super::is_name_byte;
use crate::lexicon::keys::is_naming;
use crate::lexicon::tells;

/// Whether a word is the name of what the word before it says.
pub(super) fn is_announced(text: &[u8], start: usize, word: &[u8]) -> bool {
    let before = &text[..start];
    let (before, is_key) = match before.strip_suffix(b": ") {
        Some(key) => (key, true),
        None => (before.strip_suffix(b" ").unwrap_or_default(), false),
    };
    let noun = before.rsplit(|&byte| !is_name_byte(byte)).next().unwrap_or_default().to_ascii_lowercase();
    if !word.first().is_some_and(u8::is_ascii_alphabetic) || noun.is_empty() {
        return false;
    }
    if is_key {
        let ends = matches!(text[start + word.len()..], [] | [b',' | b';' | b')', ..]);
        return ends && (is_naming(&noun) || is_thing(&noun)) && !tells(word);
    }
    is_thing(&noun) && is_joined(word) || is_place(&noun) && is_file(word)
}

/// Whether a word stands before the names of things of its kind.
fn is_thing(noun: &[u8]) -> bool {
    const THINGS: [&[u8]; 46] = [
        b"account",
        b"broker",
        b"bucket",
        b"channel",
        b"client",
        b"cluster",
        b"container",
        b"database",
        b"device",
        b"directory",
        b"domain",
        b"driver",
        b"group",
        b"handler",
        b"host",
        b"image",
        b"index",
        b"interface",
        b"job",
        b"leader",
        b"master",
        b"member",
        b"module",
        b"namespace",
        b"node",
        b"package",
        b"partition",
        b"peer",
        b"plugin",
        b"pod",
        b"pool",
        b"process",
        b"program",
        b"role",
        b"schema",
        b"server",
        b"service",
        b"slot",
        b"stream",
        b"subsystem",
        b"table",
        b"task",
        b"tenant",
        b"topic",
        b"unit",
        b"volume",
    ];
    THINGS.contains(&noun)
}

/// Whether a word is made of several, as names are and few words of a sentence.
fn is_joined(word: &[u8]) -> bool {
    let [_, inner @ .., last] = word else { return false };
    let in_program = inner.iter().any(|byte| matches!(byte, b'_' | b'.'));
    last.is_ascii_alphanumeric() && (in_program || inner.contains(&b'-') && !tells(word))
}

/// Whether a file's name may stand behind a word.
fn is_place(word: &[u8]) -> bool {
    matches!(word, b"file" | b"config" | b"from" | b"to" | b"into" | b"as")
}

/// Whether a word is a name with an extension.
fn is_file(word: &[u8]) -> bool {
    let Some(dot) = word.iter().position(|&byte| byte == b'.') else { return false };
    let (name, extension) = (&word[..dot], &word[dot + 1..]);
    matches!(extension.len(), 1..=10)
        && extension.iter().all(u8::is_ascii_lowercase)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
