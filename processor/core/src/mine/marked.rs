//! A line's template as it is written for other tools: every value, whatever its kind, is `<*>`.
//!
//! The template of an event type (`sink::Template`) shows what its type has in common, states included. This one shows
//! what a reader would call a value: a date with its time is one, so is a request's target with its protocol and a list
//! of values, while what only frames a value (`#`, `%`, a name before a dot) stays. `wording` and `announced` find what reads like
//! wording and is a value, `joins` and `lists` what is one value although it is several.

mod announced;
mod joins;
mod lists;
mod rows;
mod wording;

use std::ops::Range;

use super::sink::{MARK, Sink};

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Constant(Vec<u8>),
    Variable(Vec<u8>),
}

impl Piece {
    fn text(&self) -> &[u8] {
        let (Self::Constant(text) | Self::Variable(text)) = self;
        text
    }
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
        let stays = known == Some("level") || self.is_advice(value);
        if stays { self.push_constant(value) } else { self.push_value(value) }
    }
}

impl Marked {
    /// The template, which is text when the line was.
    pub fn finish(self) -> Vec<u8> {
        let pieces = lists::joined(joins::joined(wording::marked(self.pieces)));
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
        rows::marked(&out)
    }

    fn push_constant(&mut self, text: &[u8]) {
        if let Some(Piece::Constant(earlier)) = self.pieces.last_mut() {
            earlier.extend_from_slice(text);
        } else if !text.is_empty() {
            self.pieces.push(Piece::Constant(text.to_vec()));
        }
    }

    /// Whether that is an address that the reader is told to look at, which is wording: `see https://…`.
    fn is_advice(&self, value: &[u8]) -> bool {
        let Some(Piece::Constant(before)) = self.pieces.last() else { return false };
        let before = before.trim_ascii_end();
        let before = before.strip_suffix(b":").unwrap_or(before);
        let told = [&b"see"[..], b"See", b"visit"].iter().any(|word| ends_with_word(before, word));
        told && (value.starts_with(b"https://") || value.starts_with(b"http://")) && !value.contains(&b'?')
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
        // A number with zeros in front counts files, and is a part of their name.
        if is_name && number.iter().all(u8::is_ascii_digit) && !matches!(number, [b'0', _, ..]) {
            start = dot + 1;
        }
    }
    let end = value.len() - usize::from(matches!(value.last(), Some(b'%' | b'-')));
    (start, end - unit_length(&value[start..end]))
}

/// How long the unit is that a dash joins to a number, with that dash: `64-bit`.
fn unit_length(value: &[u8]) -> usize {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let unit = &value[digits..];
    let is_unit = matches!(unit, [b'-', word @ ..] if word.len() >= 3 && word.iter().all(u8::is_ascii_lowercase));
    if digits > 0 && is_unit { unit.len() } else { 0 }
}

/// Whether a text ends with that word.
fn ends_with_word(text: &[u8], word: &[u8]) -> bool {
    text.strip_suffix(word).is_some_and(|before| before.last().is_none_or(|&byte| !is_name_byte(byte)))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'\\') || !byte.is_ascii()
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
            ("at 260131  7:15:00 but 261331 7:15:00", "at <*> but <*> <*>"),
            ("up 3d 2h 15m 0.5s of 5m 5m 7h", "up <*> of <*> <*> <*>"),
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
            ("link edge0->hub0-4711-5:2:1 up, 0x10->0x20", "link <*> up, <*>-><*>"),
            ("sent ID:shop-4711-17-7:1 in TX:ID:shop-4711-17-7:1:2", "sent <*> in <*>"),
            ("RC:4 IP:10.0.0.1 ID:17:3 UUID:ab-1", "RC:<*> IP:<*> ID:<*> UUID:<*>"),
            ("kinds: ['a', 'b'] of ['a'] and {\"x\", \"y\", \"z\"}", "kinds: [<*>] of ['<*>'] and {<*>}"),
            ("peers map[a7 b8 c9] at [ 1 2 ] of (1 2)", "peers map[<*>] at [ <*> ] of (<*> <*>)"),
            ("urls [http://a.example/1, http://b.example/2] of [None, None]", "urls [<*>] of [<*>, <*>]"),
            ("at [0, 0, 640, 480] of ['a', 'b'], ['c', 'd']", "at [<*>, <*>, <*>, <*>] of [<*>], [<*>]"),
        ] {
            assert_eq!(marked(line), template, "{line}");
        }
    }

    #[test]
    fn what_frames_a_value_stays() {
        for (line, template) in [
            ("disk at 95% of #7", "disk at <*>% of #<*>"),
            ("writing dump.4711 now, then dump.000017", "writing dump.<*> now, then <*>"),
            ("result -17 and -x7", "result <*> and -<*>"),
            ("at [mem 0x00a0-0x0fff] 7-9", "at [mem <*>-<*>] <*>"),
            ("WARNING: skipped 7", "WARNING: skipped <*>"),
            ("a 64-bit build of 2024-may", "a <*>-bit build of <*>-may"),
            ("See https://docs.example/a#b or see http://x.example/?q=7", "See https://docs.example/a#b or see <*>"),
            ("got https://docs.example/a", "got <*>"),
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

    #[test]
    fn names_are_values_behind_the_word_for_what_they_name() {
        for (line, template) in [
            ("drained node web-a and topic shop.orders", "drained node <*> and topic <*>"),
            ("joined Cluster: main, Host: web", "joined Cluster: <*>, Host: <*>"),
            ("node is up, user: failed", "node is up, user: failed"),
            ("file system from disk", "file system from disk"),
            ("loaded from shop.conf to app.b.c", "loaded from <*> to app.b.c"),
            ("table read-error, cluster: not yet", "table read-error, cluster: not yet"),
        ] {
            assert_eq!(marked(line), template, "{line}");
        }
    }

    #[test]
    fn names_are_values_where_what_stands_around_tells_so() {
        for (line, template) in [
            ("connect from localhost[127.0.0.1] to mx[10.0.0.7]:25", "connect from <*>[<*>] to <*>[<*>]:<*>"),
            (
                "opened for root(uid=0) by bob(uid=7) with f(x=7)",
                "opened for <*>(uid=<*>) by <*>(uid=<*>) with f(x=<*>)",
            ),
            ("on localhost, or localhost.", "on <*>, or <*>."),
            ("job pay.charge[123e4567-e89b-12d3-a456-426614174000] done, sshd[17]", "job <*>[<*>] done, sshd[<*>]"),
            ("client <unknown> of <none> uses N/A", "client <*> of <*> uses <*>"),
            ("worker \"log shipper\" left", "worker \"<*>\" left"),
            ("ran [_none] of _main and [main]", "ran [<*>] of _main and [main]"),
            ("said \"no such file\" and \"key: value\"", "said \"no such file\" and \"key: value\""),
            ("stream $G of Quorum$Server by $1", "stream <*> of Quorum$Server by $<*>"),
            ("using selector: EpollSelector", "using selector: <*>"),
            ("using loop: app.unix_events._UnixEventLoop", "using loop: <*>"),
            ("last call: get_data", "last call: <*>"),
            ("state: not_yet of mode: read_only", "state: not_yet of mode: read_only"),
            ("mode: read_only", "mode: read_only"),
            ("ran policy: CopyPruner()", "ran policy: <*>"),
            ("group `staff' and `failed', can't be it's", "group `<*>' and `failed', can't be it's"),
            ("unpack make-doc (4.3-1) for read-error (17)", "unpack <*> (<*>) for read-error (<*>)"),
            ("cause: java.io.SocketException", "cause: java.io.SocketException"),
            ("state: Ready", "state: Ready"),
        ] {
            assert_eq!(marked(line), template, "{line}");
        }
    }
}
