//! What reads like wording and is a value: `true`, a name before an address, what something is called.

use std::ops::Range;

use super::announced::is_announced;
use super::{Marked, Piece, is_name_byte};
use crate::lexicon::keys::has_wording;
use crate::lexicon::tells;
use crate::mine::kind;
use crate::mine::words::{is_no_name, is_record_type};

/// The pieces with those words marked.
pub(super) fn marked(pieces: Vec<Piece>) -> Vec<Piece> {
    identifier_marked(phrases_marked(names_marked(words_marked(pieces))))
}

/// The pieces with the words marked that are values wherever they stand: `true`, `false`, and `null` where a value does.
fn words_marked(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut marked = Marked::default();
    for piece in pieces {
        let Piece::Constant(text) = piece else {
            marked.pieces.push(piece);
            continue;
        };
        let (mut done, mut at) = (0, 0);
        while at < text.len() {
            let sign = usize::from(text[at] == b'$');
            let name = sign + text[at + sign..].iter().take_while(|&&byte| is_name_byte(byte)).count();
            let dots = text[at..at + name].iter().rev().take_while(|&&byte| byte == b'.').count();
            let length = is_no_name(&text[at..]).unwrap_or(name - dots);
            if is_value_word(&text, at, at + length) {
                marked.push_constant(&text[done..at]);
                marked.pieces.push(Piece::Variable(text[at..at + length].to_vec()));
                done = at + length;
            }
            at += length.max(1);
        }
        marked.push_constant(&text[done..]);
    }
    marked.pieces
}

/// No longer word is a value wherever it stands.
const LONGEST_VALUE_WORD: usize = 11;

fn is_value_word(text: &[u8], start: usize, end: usize) -> bool {
    let word = &text[start..end];
    // The name of a variable.
    if let [b'$', first, ..] = word {
        return first.is_ascii_alphabetic() && !text[..start].last().is_some_and(|&byte| is_name_byte(byte));
    }
    // GNU's quotes.
    if text[..start].ends_with(b"`") && text.get(end) == Some(&b'\'') {
        return word.first().is_some_and(u8::is_ascii_alphabetic) && !tells(word);
    }
    // What a program calls by a name of its own.
    if word.first() == Some(&b'_') && text[..start].ends_with(b"[") && text.get(end) == Some(&b']') {
        return true;
    }
    if is_announced(text, start, word) || is_record_type(text, &(start..end)) {
        return true;
    }
    if !matches!(word.len(), 3..=LONGEST_VALUE_WORD) {
        return false;
    }
    if matches!(word, b"localhost" | b"N/A" | b"n/a") || word[0] == b'<' {
        return true;
    }
    if word.eq_ignore_ascii_case(b"true") || word.eq_ignore_ascii_case(b"false") {
        return true;
    }
    let before = text[..start].trim_ascii_end();
    (word.eq_ignore_ascii_case(b"null") || matches!(word, b"nil" | b"None"))
        && matches!(before.last(), Some(b'=' | b':' | b'(' | b'[' | b'{' | b',' | b'<' | b'>' | b'|'))
}

/// The pieces with the names marked that an address or an id in brackets belongs to, `mx[10.0.0.1]`, `pay.charge[UUID]`,
/// of users with their number, `by bob(uid=7)`, and those of packages with their version, `make-doc (4.3-1)`.
fn names_marked(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut marked = Marked::default();
    let mut pieces = pieces.into_iter().peekable();
    while let Some(piece) = pieces.next() {
        let name = match (&piece, pieces.peek()) {
            (Piece::Constant(text), Some(Piece::Variable(value))) => name_before(text, value),
            _ => None,
        };
        let Piece::Constant(text) = piece else {
            marked.pieces.push(piece);
            continue;
        };
        let name = name.unwrap_or(text.len()..text.len());
        marked.push_constant(&text[..name.start]);
        if !name.is_empty() {
            marked.pieces.push(Piece::Variable(text[name.clone()].to_vec()));
        }
        marked.push_constant(&text[name.end..]);
    }
    marked.pieces
}

/// Where the name is that ends before a bracket behind which this value stands, when that makes it one's own.
fn name_before(text: &[u8], value: &[u8]) -> Option<Range<usize>> {
    let package = text.strip_suffix(b" (");
    let user = text.strip_suffix(b"(uid=");
    let before = package.or(user).or(text.strip_suffix(b"["))?;
    let length = before.iter().rev().take_while(|&&byte| is_name_byte(byte)).count();
    let name = before.len() - length..before.len();
    let word = &before[name.clone()];
    let is_one = word.first().is_some_and(u8::is_ascii_alphabetic)
        && match kind::of(value) {
            "num" => user.is_some(),
            "ip" => package.is_none(),
            "uuid" => package.is_none() && word.contains(&b'.'),
            _ => package.is_some() && is_package(word) && is_version(value),
        };
    is_one.then_some(name)
}

/// Whether a word is of small letters with dashes between.
fn is_package(word: &[u8]) -> bool {
    word.contains(&b'-') && word.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.' | b'+'))
}

/// Whether that begins as versions do and has several parts.
fn is_version(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_digit)
        && value.contains(&b'.')
        && value.iter().filter(|byte| matches!(byte, b'.' | b'-')).count() >= 2
}

/// The pieces with what stands in double quotes made a value where that is several plain words: what something is called.
fn phrases_marked(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut marked = Marked::default();
    let mut is_quoted = false;
    for piece in pieces {
        let Piece::Constant(text) = piece else {
            marked.pieces.push(piece);
            continue;
        };
        let mut parts = text.split(|&byte| byte == b'"').peekable();
        let mut is_whole = false;
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none();
            if is_whole && is_quoted && !is_last && is_phrase(part) {
                marked.pieces.push(Piece::Variable(part.to_vec()));
            } else {
                marked.push_constant(part);
            }
            if !is_last {
                marked.push_constant(b"\"");
                is_quoted = !is_quoted;
            }
            is_whole = true;
        }
    }
    marked.pieces
}

/// Whether that is words with blanks between them, none of which says how it went.
fn is_phrase(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'_' | b'-');
    text.contains(&b' ') && text.iter().all(is_plain) && !text.split(|&byte| byte == b' ').any(tells)
}

/// The pieces with the name in a program marked that ends the line behind a colon: of a class, `selector: EpollSelector`,
/// or of a function, `last call: get_data`.
fn identifier_marked(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let Some(Piece::Constant(text)) = pieces.last_mut() else { return pieces };
    let is_part = |byte: &u8| is_name_byte(*byte) || matches!(byte, b'$' | b'(' | b')');
    let start = text.len() - text.iter().rev().take_while(|byte| is_part(byte)).count();
    let Some(before) = text[..start].strip_suffix(b": ") else { return pieces };
    let key = before.rsplit(|&byte| !is_name_byte(byte)).next().unwrap_or_default().to_ascii_lowercase();
    if is_identifier(&text[start..]) && !has_wording(&key) {
        let name = text.split_off(start);
        pieces.push(Piece::Variable(name));
    }
    pieces
}

/// Whether a word is written as names in programs are, with capitals or underscores within, and says nothing of how it
/// went.
fn is_identifier(word: &[u8]) -> bool {
    let word = word.strip_suffix(b"()").unwrap_or(word);
    let name = word.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let plain = name.strip_prefix(b"_").unwrap_or(name);
    let humps = name.windows(2).filter(|pair| pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase()).count();
    let is_class = humps >= 2 && plain.first().is_some_and(u8::is_ascii_uppercase);
    let is_function = plain.contains(&b'_') && plain.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
    (is_class || is_function)
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
        && !tells(word)
}
