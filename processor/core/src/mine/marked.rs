//! A line's template as it is written for other tools: every value, whatever its kind, is `<*>`.
//!
//! The template of an event type (`sink::Template`) shows what its type has in common, states included. This one shows
//! what a reader would call a value: a date with its time is one, so is a request's target with its protocol and a list
//! of values, while what only frames a value (`#`, `%`, a name before a dot) stays.

mod lists;

use std::ops::Range;

use super::sink::{MARK, Sink};
use super::words::{is_month, is_weekday, is_zone};

/// So many values with nothing but blanks between them are a list, of which another line may have more.
const LIST: usize = 5;

#[derive(Debug, PartialEq)]
enum Piece {
    Constant(Vec<u8>),
    Variable(Vec<u8>),
}

#[derive(Default)]
pub struct Marked {
    pieces: Vec<Piece>,
}

impl Sink for Marked {
    fn part(&mut self, text: &[u8]) {
        self.push_constant(text);
    }

    fn constant(&mut self, text: &[u8], range: Range<usize>) {
        self.push_constant(&text[range]);
    }

    /// A level is part of a type's identity, so that it does not vary within one.
    fn variable(&mut self, text: &[u8], range: Range<usize>, known: Option<&str>) {
        let value = &text[range];
        if known == Some("level") { self.push_constant(value) } else { self.push_value(value) }
    }
}

impl Marked {
    /// The template, which is text when the line was.
    pub fn finish(self) -> Vec<u8> {
        let pieces = joined(joined(words_marked(self.pieces), joins_tightly), joins_loosely);
        let pieces = lists_joined(pieces);
        let mut out = Vec::new();
        let mut at_path = false;
        for piece in &pieces {
            match piece {
                Piece::Constant(text) => {
                    // Nobody can tell whether a path ends with a dot or a sentence does.
                    let text = if at_path && text.starts_with(b". ") { &text[1..] } else { text };
                    out.extend_from_slice(text);
                    at_path = false;
                }
                Piece::Variable(value) => {
                    out.extend_from_slice(MARK);
                    at_path = value.first() == Some(&b'/');
                }
            }
        }
        lists::marked(&out)
    }

    fn push_constant(&mut self, text: &[u8]) {
        if let Some(Piece::Constant(earlier)) = self.pieces.last_mut() {
            earlier.extend_from_slice(text);
        } else if !text.is_empty() {
            self.pieces.push(Piece::Constant(text.to_vec()));
        }
    }

    /// A value without what only frames it. A range of addresses is two.
    fn push_value(&mut self, value: &[u8]) {
        if let Some(dash) = value.iter().position(|&byte| byte == b'-')
            && is_address(&value[..dash])
            && is_address(&value[dash + 1..])
        {
            self.pieces.push(Piece::Variable(value[..dash].to_vec()));
            self.push_constant(b"-");
            self.pieces.push(Piece::Variable(value[dash + 1..].to_vec()));
            return;
        }
        let (start, end) = core_of(value);
        // Alone in brackets it is an address without its user.
        let alone = value.starts_with(b"@")
            && matches!(self.pieces.last(), Some(Piece::Constant(last)) if last.ends_with(b"("));
        let (start, end) = if alone { (0, value.len()) } else { (start, end) };
        let (start, end) = if start < end { (start, end) } else { (0, value.len()) };
        self.push_constant(&value[..start]);
        self.pieces.push(Piece::Variable(value[start..end].to_vec()));
        self.push_constant(&value[end..]);
    }
}

/// Whether that is a number in hexadecimal with its prefix.
fn is_address(value: &[u8]) -> bool {
    value.strip_prefix(b"0x").is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit))
}

/// Where the value itself is: behind `#`, `@`, a dash that is no sign and a name with its dot, before `%` and a dash.
fn core_of(value: &[u8]) -> (usize, usize) {
    let mut start = match value {
        [b'#' | b'@', ..] => 1,
        [b'$', digit, ..] => usize::from(digit.is_ascii_digit()),
        _ => 0,
    };
    if let [b'-', second, ..] = value
        && !second.is_ascii_digit()
    {
        start = 1;
    }
    if let Some(dot) = value.iter().position(|&byte| byte == b'.') {
        let (name, number) = (&value[..dot], &value[dot + 1..]);
        let is_name = name.len() >= 3 && name.iter().all(|&byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_name && number.iter().all(u8::is_ascii_digit) {
            start = dot + 1;
        }
    }
    let end = value.len() - usize::from(matches!(value.last(), Some(b'%' | b'-')));
    (start, end)
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
            let length = text[at..].iter().take_while(|&&byte| is_name_byte(byte)).count();
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

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'\\') || !byte.is_ascii()
}

fn is_value_word(text: &[u8], start: usize, end: usize) -> bool {
    let word = &text[start..end];
    if !matches!(word.len(), 3..=5) {
        return false;
    }
    if word.eq_ignore_ascii_case(b"true") || word.eq_ignore_ascii_case(b"false") {
        return true;
    }
    let before = text[..start].trim_ascii_end();
    (word.eq_ignore_ascii_case(b"null") || matches!(word, b"nil" | b"None"))
        && matches!(before.last(), Some(b'=' | b':' | b'(' | b'[' | b',' | b'<'))
}

/// The pieces with those variables made one that are one value.
fn joined(pieces: Vec<Piece>, joins: impl Fn(&[u8], &[u8], &[u8]) -> bool) -> Vec<Piece> {
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
        // Not a scope in a program's text.
        b"::" => {
            is_group(left.rsplit(|&byte| byte == b':').next()) && is_group(right.split(|&byte| byte == b':').next())
        }
        _ => false,
    }
}

/// Whether two values with blanks between them are one.
fn joins_loosely(left: &[u8], between: &[u8], right: &[u8]) -> bool {
    match between {
        b" " => right.starts_with(b"HTTP/") || is_moment(left, right),
        b", " => is_calendar(left) && right.len() == 4 && right.iter().all(u8::is_ascii_digit),
        _ => false,
    }
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

/// A date in digits: `2024-05-01`, `05/01/2024`.
fn is_day(word: &[u8]) -> bool {
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

fn lists_joined(pieces: Vec<Piece>) -> Vec<Piece> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Clues;
    use crate::mine::bits::Bits;
    use crate::mine::{Masks, line};

    fn marked(text: &str) -> String {
        let mut sink = Marked::default();
        line(text.as_bytes(), &Masks::default(), &mut Bits::default(), &mut sink, &mut Clues::default());
        String::from_utf8(sink.finish()).unwrap()
    }

    #[test]
    fn what_is_one_value_is_one_mark() {
        for (line, template) in [
            ("10.0.0.1 \"GET /a/b?c=1 HTTP/1.1\" status: 200", "<*> \"GET <*>\" status: <*>"),
            ("from 2024-05-01 07:15:00 to 2024-05-01 08:15:00.", "from <*> to <*>."),
            ("at Mon Jan  2 10:00:00 2024 done", "at <*> done"),
            ("at Mon Jan 02 10:00:00 UTC 2024 done", "at <*> done"),
            ("took 12:34:56,789 in 3.5", "took <*> in <*>"),
            ("peer fe80::1f at 10.0.0.1:80", "peer <*> at <*>"),
            ("free channels 1 2 3 4 5 6 of 7", "free channels <*> of <*>"),
            ("load 0.5 0.7 0.9 now", "load <*> <*> <*> now"),
            ("size [640,480]", "size [<*>]"),
            ("from 10.0.0.1,10.0.0.2 and v6(eth0-:2001:db8::1)", "from <*> and <*>(<*>)"),
            (
                "got <Task 'x' pending at 17> from <GET http://a.example/b>",
                "got <Task '<*>' pending at <*>> from <GET <*>>",
            ),
            ("due 2024-05-01 07:15:00 UTC (CET)", "due <*> (CET)"),
            ("due 2024-05-01 07:15:00 +0000 UTC now", "due <*> now"),
            ("in <server name here> and a < b 17 > c", "in <server name here> and a < b <*> > c"),
            ("wrote to /var/lib/db/17. next", "wrote to <*> next"),
            ("login(u7,10.0.0.1,<s7>) but (7,8)", "login(<*>,<*>,<<*>>) but (<*>)"),
            ("ran ['/bin/py', '-m', 'k7'] of ['a7'] and [7, 8]", "ran [<*>] of ['<*>'] and [<*>, <*>]"),
            ("voters=(7 8 9) in (7 8 9)", "voters=(<*>) in (<*> <*> <*>)"),
            ("GET /a (@10.0.0.1) @7", "GET <*> (<*>) @<*>"),
        ] {
            assert_eq!(marked(line), template, "{line}");
        }
    }

    #[test]
    fn what_frames_a_value_stays() {
        for (line, template) in [
            ("disk at 95% of #7", "disk at <*>% of #<*>"),
            ("writing dump.4711 now", "writing dump.<*> now"),
            ("result -17 and -x7", "result <*> and -<*>"),
            ("at [mem 0x00a0-0x0fff] 7-9", "at [mem <*>-<*>] <*>"),
            ("WARNING: skipped 7", "WARNING: skipped <*>"),
        ] {
            assert_eq!(marked(line), template, "{line}");
        }
    }

    #[test]
    fn truth_values_are_values_where_they_are_no_words_of_a_sentence() {
        for (line, template) in [
            ("set quiet(true), owner=null, (NULL key)", "set quiet(<*>), owner=<*>, (<*> key)"),
            ("a null pointer and a truer word", "a null pointer and a truer word"),
        ] {
            assert_eq!(marked(line), template, "{line}");
        }
    }
}
