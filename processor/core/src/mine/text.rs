//! Splits a text into words and tells which of them vary: one pass, no regular expressions.
//!
//! What stays is handed on in runs as long as possible: a word that is wording costs a few bit operations. While it
//! passes it collects what the text says of outcome and purpose (`Clues`): a status stands in the template as a
//! variable and in the fingerprint as a class.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::bits::{Around, Bits};
use super::buffer::Buffer;
use super::clues::{self, number};
use super::head::{self, Head};
use super::passed::Passed;
use super::sink::Sink;
use super::words::{
    is_country, is_domain, is_interface, is_method, is_month, is_named, is_naming, is_state, is_technical, is_weekday,
    is_zone,
};
use super::{Masks, names, outline, trace};
use crate::class::{Clues, Probe, Severity};

/// Longer texts are more likely of several lines, and then their masks would be made in vain.
const SHORT: usize = 512;

/// A text of one line that is neither long nor structured, as most are; its masks are made.
pub struct Plain<'t> {
    text: &'t [u8],
    level: Range<usize>,
    /// The highest of the level and of what stands before the line.
    severity: Severity,
}

/// Reads a text that is plain; `None` when it is not.
#[inline]
pub fn plain<'t>(text: &'t [u8], bits: &mut Bits) -> Option<Plain<'t>> {
    if text.len() > SHORT || text.ends_with(b" ") {
        return None;
    }
    if !head::begins_with_letters(text) {
        return plain_behind_head(text, bits);
    }
    bits.read(text);
    if bits.has_controls() {
        return None;
    }
    if is_wording(text, bits) {
        return Some(Plain { text, level: 0..0, severity: Severity::Unset });
    }
    let (level, severity) = head::level(text).unwrap_or_default();
    Some(Plain { text, level, severity })
}

/// The same for a text that may begin with what is no part of the message.
#[inline(never)]
fn plain_behind_head<'t>(text: &'t [u8], bits: &mut Bits) -> Option<Plain<'t>> {
    let head = head::read(text);
    let text = text[head.start..].trim_ascii_start();
    if text.first() == Some(&b'{') {
        return None;
    }
    bits.read(text);
    if bits.has_controls() {
        return None;
    }
    let named = if head.names_level { head::level(text) } else { None };
    let (level, severity) = named.unwrap_or_default();
    Some(Plain { text, level, severity: severity.max(head.severity) })
}

impl Plain<'_> {
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Writes the outline of the line; answers whether it has one.
    #[inline]
    pub fn outline(&self, masks: &Masks, bits: &Bits, out: &mut Buffer) -> bool {
        if masks.any.is_some() || self.is_client(bits) {
            return false;
        }
        outline::write(self.text, self.level.clone(), bits, out);
        true
    }

    /// Whether a line may begin as the common log format does, which looks at so many bytes, not at words.
    fn is_client(&self, bits: &Bits) -> bool {
        let first = bits.word_end(0);
        let blank = if self.text.get(first) == Some(&b' ') { Some(first) } else { memchr(b' ', self.text) };
        blank.is_some_and(|blank| self.text[blank..].starts_with(b" - "))
    }

    /// Mines the line's words.
    #[inline]
    pub fn mine<S: Sink>(self, masks: &Masks, bits: &Bits, sink: &mut S, clues: &mut Clues) {
        split(self.text, self.level, masks, bits, sink, clues);
    }
}

/// Mines the words of a text's first line; `head` is what was read of its beginning. Answers the level it names.
#[inline(never)]
pub fn mine<S: Sink>(
    text: &[u8],
    head: &Head,
    masks: &Masks,
    bits: &mut Bits,
    sink: &mut S,
    clues: &mut Clues,
) -> Severity {
    let rest = &text[head.start..];
    let skipped = rest.len() - rest.trim_ascii_start().len();
    let line = first_line(rest);
    bits.read(line);
    let level = if head.names_level { head::level(rest) } else { None };
    let level = level.map(|(range, severity)| (range.start - skipped..range.end - skipped, severity));
    let below = later_lines(&rest[skipped..], line.len(), clues);
    let (level, severity) = level.unwrap_or_default();
    split(line, level, masks, bits, sink, clues);
    trace::mine(&rest[skipped + line.len()..], sink);
    head.severity.max(below).max(severity)
}

/// What the lines behind the first say: an exception makes the record an error, and some loggers put the level there.
fn later_lines(text: &[u8], first: usize, clues: &mut Clues) -> Severity {
    let rest = text[first..].trim_ascii();
    if rest.is_empty() {
        return Severity::Unset;
    }
    let signs: [&[u8]; 6] = [b"Traceback (most", b"\tat ", b"\n    at ", b"Caused by:", b"Exception", b"panic:"];
    clues.error |= signs.iter().any(|sign| memmem::find(rest, sign).is_some());
    head::level(rest).map_or(Severity::Unset, |(_, severity)| severity)
}

/// Splits a line whose masks were read. Answers the severity of its level, whose place is given.
fn split<S: Sink>(line: &[u8], level: Range<usize>, masks: &Masks, bits: &Bits, sink: &mut S, clues: &mut Clues) {
    let mut splitter = Splitter::new(line, bits, level, clues);
    let mut done = 0;
    if let Some(any) = &masks.any {
        // What a mask finds may begin or end within a word, so every word is looked at.
        splitter.settled_at = usize::MAX;
        for found in any.find_iter(line).filter(|found| !found.is_empty()) {
            splitter.run(done..found.start(), sink);
            let whole =
                |mask: &regex::bytes::Regex| mask.find(found.as_bytes()).is_some_and(|m| m.len() == found.len());
            let name = masks.each.iter().find(|(_, mask)| whole(mask)).map(|(name, _)| &**name);
            sink.variable(line, found.range(), name);
            splitter.passed.word(found.range());
            done = found.end();
        }
    } else {
        let level_end = splitter.settled_at;
        while let Some(name) = names::next(line, done.max(level_end)) {
            splitter.settled_at = usize::MAX;
            splitter.run(done..name.start, sink);
            splitter.key = false;
            done = name.end;
            splitter.variable(name, sink);
            splitter.settled_at = done;
        }
    }
    splitter.run(done..line.len(), sink);
    splitter.clues.probe |= splitter.agent_probes;
}

/// Whether a line begins with a word before which, and after which, no level stands; behind a key there may be one.
#[inline]
fn is_wording(line: &[u8], bits: &Bits) -> bool {
    let end = bits.word_end(0);
    !head::may_name_level(line) && line.get(end) != Some(&b'=') && !bits.has_digit(0, end)
}

/// The first line that says something.
fn first_line(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    memchr(b'\n', text).map_or(text, |end| text[..end].trim_ascii_end())
}

/// `https` before `://`, or a drive's letter before `:\`.
#[inline]
pub fn scheme_follows(text: &[u8], end: usize) -> bool {
    text.get(end) == Some(&b':') && matches!(text.get(end + 1), Some(b'/' | b'\\'))
}

/// How much of a word with a digit is an object's class or a place in the code, with the `@` before what varies.
#[inline]
fn name_length(word: &[u8]) -> usize {
    let Some(at) = memchr(b'@', word) else { return 0 };
    let (name, number) = (&word[..at], &word[at + 1..]);
    let is_name = name.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_' | b'$'));
    let varies = !number.is_empty() && number.iter().all(u8::is_ascii_hexdigit);
    if !name.is_empty() && is_name && varies { at + 1 } else { 0 }
}

struct Splitter<'t, 'c> {
    text: &'t [u8],
    bits: &'t Bits,
    level: Range<usize>,
    clues: &'c mut Clues,
    passed: Passed,
    /// A `=` or `:` came behind a word whose value comes next.
    key: bool,
    last_was_variable: bool,
    /// From here on words may be passed over unseen.
    settled_at: usize,
    /// Where the constant run that was not handed on yet begins.
    pending: usize,
    /// The end of an access log's quoted request: a status may follow, and later quoted fields are values.
    request: Option<usize>,
    /// Whether the last quoted field behind a request, which is the agent, is a prober's.
    agent_probes: bool,
    /// Where the quoted text that is being split ends: that mark opens nothing.
    closes: usize,
}

impl<'t, 'c> Splitter<'t, 'c> {
    fn new(text: &'t [u8], bits: &'t Bits, level: Range<usize>, clues: &'c mut Clues) -> Self {
        Self {
            text,
            bits,
            settled_at: level.end,
            level,
            clues,
            passed: Passed::default(),
            key: false,
            last_was_variable: false,
            pending: 0,
            request: None,
            agent_probes: false,
            closes: usize::MAX,
        }
    }

    fn run<S: Sink>(&mut self, range: Range<usize>, sink: &mut S) {
        let end = range.end;
        let mut at = range.start;
        self.pending = at;
        if at == 0 {
            at = self.access_log_client(end, sink);
        }
        while at < end {
            if self.is_settled(at) {
                at = self.glide(at, sink);
                if at >= end {
                    break;
                }
            }
            if !self.bits.is_sep(at) {
                at = self.word(at, end, sink);
                continue;
            }
            at = match self.text[at] {
                b' ' if self.text.get(at + 1).is_some_and(|&next| next > b' ') => at + 1,
                0..=b' ' => self.space(at, end, sink),
                _ => self.punctuation(at, end, sink),
            };
        }
        self.flush(end, sink);
    }

    /// Whether nothing that came before has a say in what follows.
    #[inline]
    fn is_settled(&self, at: usize) -> bool {
        if self.key || at < self.settled_at {
            return false;
        }
        // Behind a variable a month or `PM` is one too. Months are events; `M` is looked for here.
        !self.last_was_variable
            || matches!(self.text[at..], [b' ', next, ref rest @ ..] if next.is_ascii_alphanumeric() && rest.first() != Some(&b'M'))
    }

    /// The short way over what most lines are made of: wording, and numbers and the like that are data whatever stands
    /// around them. What it passes over `word` and `punctuation` would find to be the same, one by one. Answers where
    /// the first thing stands that needs a look.
    #[inline]
    fn glide<S: Sink>(&mut self, from: usize, sink: &mut S) -> usize {
        let mut at = from;
        let stop = loop {
            let event = self.bits.next_event(at);
            let word = self.bits.around(event);
            if word.start < at || !self.is_value(&word) {
                let stop = self.stop(at, word.start.max(at), event);
                self.last_was_variable &= stop <= at + 1;
                break stop;
            }
            self.hand_on(word.start..word.end, sink);
            at = word.end;
            // A port, or a time's minutes.
            while self.text.get(at) == Some(&b':') && !self.bits.is_sep(at + 1) {
                let next = self.bits.around(at + 1);
                if !self.is_value(&next) {
                    break;
                }
                self.hand_on(next.start..next.end, sink);
                at = next.end;
            }
            self.last_was_variable = true;
            if at >= self.text.len() || !self.is_settled(at) {
                break at;
            }
        };
        self.passed.run(from, stop, self.bits);
        stop
    }

    /// Whether a word is data by itself alone: it begins with a digit and is no path, no status and no exit code.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of the short way")]
    fn is_value(&self, word: &Around) -> bool {
        let &Around { start, end, odd } = word;
        let Some(&[before, blank, first]) = self.text.get(start.wrapping_sub(2)..).and_then(<[u8]>::first_chunk) else {
            return false;
        };
        first.is_ascii_digit()
            && !odd
            && end - start != 3
            // The words that an exit code stands behind end in `e` or `s`.
            && (blank != b' ' || before.is_ascii_alphabetic() && !matches!(before | 0x20, b'e' | b's'))
            && !matches!(self.text[end - 1], b'.' | b'!' | b'?')
            && !scheme_follows(self.text, end)
    }

    /// Where wording that begins at `at` ends. `word` is where the word begins that reaches up to the event.
    #[inline]
    fn stop(&self, at: usize, word: usize, event: usize) -> usize {
        if !self.bits.is_sep(event) {
            return word;
        }
        if word == event {
            // White space that is more than one blank is taken from its beginning.
            let blank = self.text.get(event).is_some_and(|&byte| byte <= b' ');
            return if blank { self.bits.gap_start(event).max(at) } else { event };
        }
        let date = event - word == 3 && self.text[word].is_ascii_uppercase();
        let looked_at =
            date || scheme_follows(self.text, event) || event - word == 2 && self.begins_address(word, event);
        if looked_at { word } else { event }
    }

    /// A variable that needs no remembering.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of the short way")]
    fn hand_on<S: Sink>(&mut self, range: Range<usize>, sink: &mut S) {
        self.flush(range.start, sink);
        sink.variable(self.text, range.clone(), None);
        self.pending = range.end;
    }

    /// Hands on the constants up to `end`.
    #[inline]
    fn flush<S: Sink>(&mut self, end: usize, sink: &mut S) {
        if self.pending < end {
            sink.constant(self.text, self.pending..end);
        }
        self.pending = end;
    }

    #[inline]
    fn variable<S: Sink>(&mut self, range: Range<usize>, sink: &mut S) {
        let is_level = self.level.start <= range.start && range.end <= self.level.end;
        self.flush(range.start, sink);
        sink.variable(self.text, range.clone(), is_level.then_some("level"));
        self.pending = range.end;
        self.last_was_variable = true;
        self.passed.word(range);
    }

    /// White space that is more than one blank, or none: one blank stands for it.
    fn space<S: Sink>(&mut self, at: usize, end: usize, sink: &mut S) -> usize {
        self.flush(at, sink);
        sink.constant(b" ", 0..1);
        let length = self.text[at..end].iter().take_while(|&&byte| byte <= b' ').count();
        self.pending = at + length;
        self.pending
    }

    /// The word that many words back; empty before the first.
    fn before(&self, back: usize) -> &'t [u8] {
        &self.text[self.passed.before(back, self.bits)]
    }

    /// The common log format begins with client, identity, user: names, not words.
    fn access_log_client<S: Sink>(&mut self, end: usize, sink: &mut S) -> usize {
        let first = self.bits.word_end(0);
        if self.text.get(first) == Some(&b' ') && self.text.get(first + 1) != Some(&b'-') {
            return 0;
        }
        let Some(client) = memchr(b' ', &self.text[..end.min(64)]) else { return 0 };
        if !self.text[client..].starts_with(b" - ") {
            return 0;
        }
        let user = client + 3;
        let Some(length) = memchr(b' ', &self.text[user..end.min(user + 64)]) else { return 0 };
        let date = user + length + 1;
        if self.text.get(date) != Some(&b'[') || !self.text.get(date + 1).is_some_and(u8::is_ascii_digit) {
            return 0;
        }
        for field in [0..client, client + 1..client + 2, user..user + length] {
            self.variable(field, sink);
        }
        user + length
    }

    fn punctuation<S: Sink>(&mut self, at: usize, end: usize, sink: &mut S) -> usize {
        let mark = self.text[at];
        if mark == b':'
            && let Some(value) = self.property(at, end)
        {
            clues::named(&self.text[at + 1..value - 1], &self.text[value..end], true, self.clues);
            self.key = false;
            self.variable(at + 1..end, sink);
            return end;
        }
        match mark {
            b'"' | b'\'' => {
                if let Some(next) = self.quoted(at, end, sink) {
                    return next;
                }
            }
            b'=' | b':' => self.key = !self.passed.is_empty(),
            b'<' if self.key && self.text[at..end].starts_with(b"<nil>") => {
                self.value(b"<nil>");
                self.key = false;
            }
            _ => self.key = false,
        }
        self.last_was_variable &= matches!(mark, b':' | b',' | b'=');
        at + 1
    }

    /// Where the value begins of a setting that is all there is behind a colon, as programs print theirs one by one:
    /// `settings:shop.vendor=…`. Such a list is one statement.
    fn property(&self, colon: usize, end: usize) -> Option<usize> {
        let rest = &self.text[colon + 1..end];
        let length = rest.iter().take_while(|&&byte| byte.is_ascii_lowercase() || byte == b'.').count();
        let is_key = rest.get(length) == Some(&b'=') && length > 2 && memchr(b'.', &rest[1..length - 1]).is_some();
        let is_last = is_key
            && end == self.text.len()
            && memchr(b'=', &rest[length + 1..]).is_none()
            && memchr(b'"', self.text).is_none();
        // The word before has letters only: of others nobody may ask what they end with.
        let before = &self.text[self.bits.word_start(colon)..colon];
        let is_word = !before.is_empty() && before.iter().all(u8::is_ascii_alphabetic);
        (is_last && is_word && rest[0] != b'.').then_some(colon + length + 2)
    }

    /// A quoted field: a value when it is one word, else text like any other. `None`: the mark is mere punctuation.
    fn quoted<S: Sink>(&mut self, at: usize, end: usize, sink: &mut S) -> Option<usize> {
        let mark = self.text[at];
        if at == self.closes || mark == b'\'' && at > 0 && !self.bits.is_sep(at - 1) {
            return None;
        }
        let inside = at + 1..at + 1 + memchr(mark, &self.text[at + 1..end.min(at + 1025)])?;
        let content = &self.text[inside.clone()];
        let after = inside.end + 1;
        if mark == b'\'' && !self.bits.is_sep(after) && !self.ends_sentence(after) {
            return None;
        }
        let mut is_named = false;
        if std::mem::take(&mut self.key) {
            self.value(content);
            is_named = self.text[at - 1] == b'=' && is_naming(self.before(0));
        }
        let is_value = self.request.is_some() || is_named && !content.is_empty();
        if is_named {
            // What it is called may hold blanks and is one value all the same.
        } else if is_value {
            self.agent_probes = Probe::agent(content);
        } else if content.iter().any(|&byte| byte <= b' ') {
            if memchr(b' ', content).is_some_and(|space| is_method(&content[..space])) {
                self.request = Some(inside.end);
            }
            self.closes = inside.end;
            return None;
        }
        // A key that carries data, such as an article's number, is a value in a key's place.
        let is_key = self.text.get(after) == Some(&b':') && !content.iter().any(u8::is_ascii_digit);
        if content.is_empty() || !is_value && (is_key || is_state(content)) {
            self.passed.word(inside);
        } else {
            self.look_at_path(content);
            self.variable(inside, sink);
        }
        self.last_was_variable = false;
        Some(after)
    }

    /// Whether one mark stands there that ends a sentence.
    fn ends_sentence(&self, at: usize) -> bool {
        matches!(self.text[at], b'.' | b'!' | b'?') && self.bits.is_sep(at + 1)
    }

    #[inline]
    fn word<S: Sink>(&mut self, start: usize, limit: usize, sink: &mut S) -> usize {
        let end = self.bits.word_end(start).min(limit);
        let word = self.bits.word(start, end);
        let scheme = scheme_follows(self.text, end);
        let in_level = self.level.start <= start && start < self.level.end;
        if !(self.key || word.marked || scheme || in_level) {
            if self.varies_plainly(start, end) {
                self.variable(start..end, sink);
            } else {
                self.passed.word(start..end);
                self.last_was_variable = false;
            }
            return end;
        }
        if scheme || word.odd || matches!(self.text[end - 1], b'.' | b'!' | b'?') {
            return self.marked_word(start, end, limit, sink);
        }
        self.whole_word(start, end, word.digit, sink);
        end
    }

    /// A word of letters alone varies when it is a hexadecimal number or part of a date.
    #[inline]
    fn varies_plainly(&self, start: usize, end: usize) -> bool {
        let word = &self.text[start..end];
        match word.len() {
            8.. => word[0].is_ascii_hexdigit() && word.iter().all(u8::is_ascii_hexdigit),
            3 if word[0].is_ascii_uppercase() => self.is_date_word(word, end),
            2 if self.begins_address(start, end) => true,
            2 if self.last_was_variable => matches!(word, b"AM" | b"PM") || self.is_address_part(start, word),
            1..=4 => self.is_address_part(start, word),
            _ => false,
        }
    }

    /// A group of an IPv6 or MAC address: hexadecimal letters behind a variable and a colon.
    fn is_address_part(&self, start: usize, word: &[u8]) -> bool {
        self.last_was_variable && self.text[..start].ends_with(b":") && word.iter().all(u8::is_ascii_hexdigit)
    }

    /// Two hexadecimal letters, a colon, two hexadecimal digits and a colon again.
    #[inline]
    fn begins_address(&self, start: usize, end: usize) -> bool {
        let hex = |range: Range<usize>| self.text[range].iter().all(u8::is_ascii_hexdigit);
        matches!(self.text[end..], [b':', _, _, b':', ..]) && hex(start..end) && hex(end + 1..end + 3)
    }

    fn is_date_word(&self, word: &[u8], end: usize) -> bool {
        if !(is_month(word) || is_weekday(word) || is_zone(word)) {
            return false;
        }
        let next = self.text[end..].trim_ascii_start();
        let number_next = next.first().is_some_and(u8::is_ascii_digit);
        number_next && (self.last_was_variable || !is_zone(word))
            || is_month(word) && self.last_was_variable
            || is_weekday(word) && next.get(..3).is_some_and(is_month)
    }

    /// A word that may be a path or be followed by what is no part of it.
    #[inline(never)]
    fn marked_word<S: Sink>(&mut self, start: usize, mut end: usize, limit: usize, sink: &mut S) -> usize {
        let text = self.text;
        if let Some(dots) = text[start..end].windows(2).position(|pair| pair == b"..") {
            // Leaders: "exception........1" is a word, dots and a number.
            if dots == 0 {
                self.last_was_variable = false;
                // What follows begins within the word, where no mask looked for it.
                self.settled_at = self.settled_at.max(end);
                return start + text[start..end].iter().take_while(|&&byte| byte == b'.').count();
            }
            end = start + dots;
        }
        if let Some(whole) = self.path(start, end, limit) {
            self.look_at_path(&text[start..whole]);
            self.key = false;
            self.variable(start..whole, sink);
            return whole;
        }
        // Sentence marks at the end are no part of the word.
        let marks = text[start + 1..end].iter().rev().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
        let last = end - marks;
        self.whole_word(start, last, self.bits.has_digit(start, last), sink);
        if marks > 0 {
            self.last_was_variable = false;
        }
        end
    }

    /// A word with a digit, an address's mark, a level or one that stands where a value does.
    #[inline]
    fn whole_word<S: Sink>(&mut self, start: usize, end: usize, has_digit: bool, sink: &mut S) {
        let word = &self.text[start..end];
        let is_level = self.level.start <= start && end <= self.level.end;
        let has_key = std::mem::take(&mut self.key);
        if has_key {
            self.value(word);
        }
        if has_digit {
            self.status(start, word);
        }
        if is_level || self.varies(start, end, has_digit, has_key) {
            self.variable(start + if has_digit { name_length(word) } else { 0 }..end, sink);
        } else {
            self.passed.word(start..end);
            self.last_was_variable = false;
        }
    }

    /// Where a path or URL that begins at `start` ends, if one does.
    fn path(&self, start: usize, end: usize, limit: usize) -> Option<usize> {
        let text = self.text;
        let word = &text[start..end];
        let scheme = text[end..limit].starts_with(b"://")
            && word.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'+');
        let drive = end == start + 1 && text[end..limit].starts_with(b":\\");
        if !scheme && !drive {
            let separators = word.iter().filter(|&&byte| byte == b'/' || byte == b'\\').count();
            if separators == 0 {
                return None;
            }
            if word == b"/" {
                return is_method(self.before(0)).then_some(end);
            }
            let rooted = matches!(word[0], b'/' | b'\\')
                || word.starts_with(b"./")
                || word.starts_with(b"~/")
                || word.starts_with(b"../");
            if !rooted && separators < 2 {
                return None;
            }
        }
        let mut at = end;
        while at < limit {
            if self.bits.is_sep(at) {
                let inner = matches!(text[at], b':' | b'=' | b',' | b';')
                    && (at + 1 < limit && !self.bits.is_sep(at + 1) || scheme && at == end);
                if !inner {
                    break;
                }
                at += 1;
            } else {
                at = self.bits.word_end(at).min(limit);
            }
        }
        while at > start + 1 && matches!(text[at - 1], b'.' | b'!') {
            at -= 1;
        }
        Some(at)
    }

    /// Whether a word is data rather than wording.
    #[inline]
    fn varies(&self, start: usize, end: usize, has_digit: bool, has_key: bool) -> bool {
        let word = &self.text[start..end];
        if has_digit {
            let stays = is_technical(word) || is_named(self.text, start, end) || self.is_interface_alone(start, end);
            return !stays;
        }
        self.varies_without_digit(start, end, has_key)
    }

    /// Whether an interface stands for itself, not with an address or another's name.
    fn is_interface_alone(&self, start: usize, end: usize) -> bool {
        is_interface(&self.text[start..end])
            && (start == 0 || self.text[start - 1] == b' ')
            && matches!(self.text[end..], [] | [b' ' | b'.' | b',', ..] | [b':', b' ', ..])
    }

    #[inline(never)]
    fn varies_without_digit(&self, start: usize, end: usize, has_key: bool) -> bool {
        let text = self.text;
        let word = &text[start..end];
        if has_key && start >= 2 && text[start - 1] == b'=' && !self.bits.is_sep(start - 2) {
            return !is_state(word);
        }
        if memchr(b'@', word).is_some_and(|at| at > 0 && at + 1 < word.len()) {
            return true;
        }
        if let Some(dot) = word.iter().rposition(|&byte| byte == b'.')
            && dot > 0
            && !word.iter().any(u8::is_ascii_uppercase)
        {
            // A host is told by its last label, or by its address or port behind it.
            let has_address =
                || matches!(text[end..], [b' ', b'[', digit, ..] | [b':', digit, ..] if digit.is_ascii_digit());
            let label = &word[dot + 1..];
            let is_long = !label.is_empty() && memchr(b'.', &word[..dot]).is_some();
            return is_domain(label) || is_long && (is_country(label) || has_address());
        }
        self.varies_plainly(start, end)
    }

    fn look_at_path(&mut self, path: &[u8]) {
        if path.first() == Some(&b'/') || memchr(b':', path).is_some_and(|colon| path[colon..].starts_with(b"://")) {
            self.clues.probe |= Probe::path(path);
        }
    }

    /// What a number says by where it stands: a status after a request, an exit code after those words.
    #[inline]
    fn status(&mut self, start: usize, word: &[u8]) {
        let [.., last, b' '] = self.text[..start] else { return };
        if !(word[0].is_ascii_digit() || word[0] == b'-') {
            return;
        }
        // The words that an exit code stands behind end in `e` or `s`; any other letter is no such word's end.
        if word.len() == 3 || !last.is_ascii_alphabetic() || matches!(last, b'e' | b's' | b'E' | b'S') {
            self.look_at_status(start, word);
        }
    }

    #[inline(never)]
    fn look_at_status(&mut self, start: usize, word: &[u8]) {
        let last = self.before(0);
        let answers: [&[u8]; 5] = [b"status", b"responded", b"response", b"completed", b"returned"];
        let boxed = self.text[..start].ends_with(b"| ") && self.text[start + word.len()..].starts_with(b" |");
        let is_http = word.len() == 3
            && (self.request.is_some_and(|end| start == end + 2)
                || last.first() == Some(&b'/') && is_method(self.before(1))
                || last.starts_with(b"HTTP/")
                || boxed
                || answers.iter().any(|answer| last.eq_ignore_ascii_case(answer)));
        if is_http && let Some(status) = number(word) {
            self.clues.http(status);
        } else if (last.eq_ignore_ascii_case(b"code") || last.eq_ignore_ascii_case(b"status"))
            && clues::ends(self.before(1), self.before(2))
            && let Some(code) = number(word)
        {
            clues::exit(self.clues, code);
        }
    }

    /// What the value of the word before says: `status=503`, `exit code: 1`.
    #[inline]
    fn value(&mut self, value: &[u8]) {
        let key = self.passed.before(0, self.bits);
        if clues::may_name(&self.text[key.clone()]) {
            self.look_at_value(key, value);
        }
    }

    #[inline(never)]
    fn look_at_value(&mut self, key: Range<usize>, value: &[u8]) {
        let assigned = matches!(self.text[key.end..], [b'=', ..] | [b'"', b'=' | b':', ..]);
        let key = &self.text[key];
        if (key.eq_ignore_ascii_case(b"code") || key.eq_ignore_ascii_case(b"status"))
            && clues::ends(self.before(1), self.before(2))
            && let Some(code) = number(value)
        {
            return clues::exit(self.clues, code);
        }
        clues::named(key, value, assigned, self.clues);
    }
}
