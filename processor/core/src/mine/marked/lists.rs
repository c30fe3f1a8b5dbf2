//! Lists, which are one value however many they hold.

use super::Piece;
use crate::mine::words::{is_nothing, is_truth};

/// So many values with nothing but blanks between them are a list, of which another line may have more.
const LIST: usize = 5;

/// The pieces with lists made one value.
pub(super) fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    without_brackets(in_brackets(pieces))
}

/// Lists made one value that stand in brackets: of values in quotes, `['a', 'b']`, and of values with blanks between
/// them, `[1 2 3]`. Others, as `[640, 480]`, most often have a fixed length.
fn in_brackets(mut pieces: Vec<Piece>) -> Vec<Piece> {
    for at in 0.. {
        if at >= pieces.len() {
            break;
        }
        let Some((values, quotes)) = list_behind(&pieces[at..]) else { continue };
        let end = at + 2 * values;
        let list = pieces[at + 1..end].iter().flat_map(Piece::text).copied().collect();
        // Its quotes are its own.
        if let Piece::Constant(open) = &mut pieces[at] {
            open.truncate(open.len() - quotes);
        }
        if let Piece::Constant(close) = &mut pieces[end] {
            close.drain(..quotes);
        }
        pieces.splice(at + 1..end, [Piece::Variable(list)]);
    }
    pieces
}

/// Whether a value is a path, an address of one or a name: there are not always as many, as there are of numbers.
fn is_name(value: &[u8]) -> bool {
    value.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/')
        && !(is_nothing(value) || is_truth(value))
}

/// How many values there are in a list that the first piece opens, and how many bytes long the quotes are around each.
fn list_behind(pieces: &[Piece]) -> Option<(usize, usize)> {
    let [Piece::Constant(open), Piece::Variable(first), Piece::Constant(between), Piece::Variable(_), ..] = pieces
    else {
        return None;
    };
    let quote = between.first().filter(|byte| matches!(byte, b'\'' | b'"'));
    let quotes = usize::from(quote.is_some());
    let bracket = open[..open.len() - quotes].trim_ascii_end().last()?;
    let close = match bracket {
        b'[' => b']',
        b'{' => b'}',
        _ => return None,
    };
    let is_separator = match quote {
        Some(&quote) => {
            open.last() == Some(&quote)
                && matches!(between[..], [_, b',', last] | [_, b',', b' ', last] if last == quote)
        }
        None => close == b']' && (between == b" " || between == b", " && is_name(first)),
    };
    let values = 1 + pieces[1..].chunks_exact(2).take_while(|pair| pair[1] == pieces[2]).count();
    let Some(Piece::Constant(end)) = pieces.get(2 * values) else { return None };
    let ends = end[..].starts_with(&between[..quotes]) && end[quotes..].trim_ascii_start().first() == Some(&close);
    (is_separator && ends).then_some((values, quotes))
}

/// Lists made one value that nothing encloses: so many values that there are surely not always as many.
fn without_brackets(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    // How many values end `out`, with a blank between each two.
    let mut run = 0;
    for piece in pieces {
        match &piece {
            Piece::Variable(_) => run += 1,
            Piece::Constant(text) if text.trim_ascii().is_empty() && run > 0 => {}
            Piece::Constant(text) => {
                // `@`, as in a list of addresses, is each one's.
                if !(run > 0 && matches!(text.trim_ascii(), b"@" | b"#")) {
                    close_list(&mut out, run);
                    run = 0;
                }
            }
        }
        out.push(piece);
    }
    close_list(&mut out, run);
    out
}

/// Makes the last `run` values of `out` one when they are a list.
fn close_list(out: &mut Vec<Piece>, run: usize) {
    if run < LIST {
        return;
    }
    let trailing = usize::from(matches!(out.last(), Some(Piece::Constant(_))));
    let (mut at, mut left) = (out.len(), run);
    while left > 0 {
        at -= 1;
        left -= usize::from(matches!(out[at], Piece::Variable(_)));
    }
    let end = out.len() - trailing;
    out.drain(at + 1..end);
}
