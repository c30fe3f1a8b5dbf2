//! What is one value although it is several with marks or blanks between them: an address and its port, a date and its
//! time, an id and its kind.

use super::{Piece, is_name_byte};
use crate::mine::words::{is_month, is_weekday, is_zone};

/// The pieces with those values made one that are.
pub(super) fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    joined_by(kinds_joined(joined_by(pieces, joins_tightly)), joins_loosely)
}

/// The pieces with those variables made one that are one value.
fn joined_by(pieces: Vec<Piece>, joins: impl Fn(&[u8], &[u8], &[u8]) -> bool) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        if let Piece::Variable(right) = &piece
            && let [.., Piece::Variable(left), Piece::Constant(between)] = &out[..]
            && !(between == b"," && is_argument(&out[..out.len() - 2]))
            && joins(left, between, right)
        {
            let whole = [&left[..], between, right].concat();
            out.truncate(out.len() - 2);
            out.push(Piece::Variable(whole));
            continue;
        }
        if let (Piece::Variable(right), Some(Piece::Variable(left))) = (&piece, out.last_mut()) {
            left.extend_from_slice(right);
            continue;
        }
        out.push(piece);
    }
    out
}

/// Whether the next value is an argument, as in `login(alice,10.0.0.1)`, each of which is one.
fn is_argument(before: &[Piece]) -> bool {
    match before {
        [.., Piece::Constant(last)] if last == b"," => true,
        [.., Piece::Constant(last)] => matches!(last[..], [.., name, b'('] if name.is_ascii_alphanumeric()),
        _ => false,
    }
}

/// Whether what is between two values makes them one: an address and its port, the parts of a time, values in a row.
fn joins_tightly(left: &[u8], between: &[u8], right: &[u8]) -> bool {
    match between {
        b"." | b":" | b"-:" | b"+:" | b"!:" | b"," => true,
        // A connection by the names of both ends, not one number that becomes another.
        b"->" => begins_with_letter(left) && begins_with_letter(right),
        // Not a scope in a program's text.
        b"::" => {
            is_group(left.rsplit(|&byte| byte == b':').next()) && is_group(right.split(|&byte| byte == b':').next())
        }
        _ => false,
    }
}

fn begins_with_letter(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_alphabetic)
}

/// Whether two values with blanks between them are one.
fn joins_loosely(left: &[u8], between: &[u8], right: &[u8]) -> bool {
    match between {
        b" " => right.starts_with(b"HTTP/") || is_moment(left, right) || is_duration(left, right),
        b", " => is_calendar(left) && right.len() == 4 && right.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The pieces with the kind of an id, written in capitals before it, made part of it: `ID:shop-17-1:2`.
fn kinds_joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for mut piece in pieces {
        if let (Piece::Variable(value), Some(Piece::Constant(before))) = (&mut piece, out.last_mut())
            && is_compound(value)
        {
            let length = kind_length(before);
            let kind = before.split_off(before.len() - length);
            value.splice(0..0, kind);
            if before.is_empty() {
                out.pop();
            }
        }
        out.push(piece);
    }
    out
}

/// Whether an id is a name with parts behind colons, not an address or a time.
fn is_compound(value: &[u8]) -> bool {
    begins_with_letter(value) && value.contains(&b'-') && value.contains(&b':')
}

/// How long the words in capitals are, each with a colon, that a text ends with.
fn kind_length(text: &[u8]) -> usize {
    let mut start = text.len();
    while let Some(before) = text[..start].strip_suffix(b":") {
        let length = before.iter().rev().take_while(|byte| byte.is_ascii_uppercase()).count();
        if length < 2 || before[..before.len() - length].last().is_some_and(|&byte| is_name_byte(byte)) {
            break;
        }
        start -= length + 1;
    }
    text.len() - start
}

/// Whether two words are parts of one duration, the greater first: `2h 15m`.
fn is_duration(left: &[u8], right: &[u8]) -> bool {
    let unit = |word: &[u8]| {
        let digits = word.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let units: [&[u8]; 8] = [b"w", b"d", b"h", b"m", b"s", b"ms", b"us", b"ns"];
        units.iter().position(|unit| digits > 0 && word[digits..] == **unit)
    };
    let last = words(left).next_back().and_then(unit);
    last.zip(unit(right)).is_some_and(|(left, right)| left < right)
}

/// The words of a value that is made of such.
fn words(value: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    value.split(|&byte| byte == b' ')
}

/// Whether that is a group of an IPv6 address.
fn is_group(part: Option<&[u8]>) -> bool {
    part.is_some_and(|part| matches!(part.len(), 1..=4) && part.iter().all(u8::is_ascii_hexdigit))
}

/// Whether what is there so far has a month or a day of the week in it.
fn is_calendar(value: &[u8]) -> bool {
    words(value).any(|word| is_month(word) || is_weekday(word))
}

fn is_clock(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_digit) && word.contains(&b':')
}

/// A date in digits: `2024-05-01`, `05/01/2024`, and without marks `240501`.
fn is_day(word: &[u8]) -> bool {
    if let Some(&[_, _, month @ .., day0, day1]) = word.first_chunk::<6>().filter(|_| word.len() == 6) {
        let within = |[tens, ones]: [u8; 2], last: [u8; 2]| {
            let is_number = tens.is_ascii_digit() && ones.is_ascii_digit();
            is_number && [tens, ones] > *b"00" && [tens, ones] <= last
        };
        return word[..2].iter().all(u8::is_ascii_digit) && within(month, *b"12") && within([day0, day1], *b"31");
    }
    matches!(word.len(), 8..=10)
        && word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/' | b'.'))
        && word.iter().filter(|&&byte| matches!(byte, b'-' | b'/')).count() == 2
}

/// Whether two words of which the second follows the first tell one moment.
fn is_moment(left: &[u8], right: &[u8]) -> bool {
    let Some(last) = words(left).next_back() else { return false };
    let number = right.iter().all(u8::is_ascii_digit);
    if is_calendar(left) {
        return number || is_clock(right) || is_month(right) || is_zone(right) || is_half(right);
    }
    if is_clock(last) {
        let offset = matches!(right, [b'+' | b'-', rest @ ..] if rest.len() >= 4 && rest.iter().all(|&byte| byte.is_ascii_digit() || byte == b':'));
        return offset || is_half(right) || is_zone(right);
    }
    let is_offset =
        matches!(last, [b'+' | b'-', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit));
    is_offset && is_zone(right) || is_day(last) && is_clock(right) || is_month(right) && number_of_day(last)
}

fn is_half(word: &[u8]) -> bool {
    matches!(word, b"AM" | b"PM")
}

fn number_of_day(word: &[u8]) -> bool {
    matches!(word.len(), 1 | 2) && word.iter().all(u8::is_ascii_digit)
}
