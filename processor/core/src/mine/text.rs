//! Splits a text into words and tells which of them vary: one pass, no regular expressions.
//!
//! What stays is handed on in runs as long as possible: a word that is wording costs a few bit operations. While it
//! passes it collects what the text says of outcome and purpose (`Clues`): a status stands in the template as a
//! variable and in the fingerprint as a class.
//!
//! `glide` is the short way over most of a line; `varies` tells data from wording, `values`, `quoted` and `fields` know
//! what is data by what stands around it or is more than a word, `statements` where SQL is quoted, `says` collects the
//! clues.

mod fields;
mod glide;
mod quoted;
mod says;
mod statements;
mod values;
mod varies;

use std::ops::Range;

use memchr::{memchr, memmem};

use super::bits::Bits;
use super::clues;
use super::head::Head;
use super::passed::Passed;
use super::places::{of_cache_result, of_exit_status};
use super::sink::Sink;
use super::words::is_truth;
use super::{Masks, level, trace};
use crate::class::{Clues, Severity};
pub use fields::{begins_pair, begins_with_host};
use quoted::Closings;
use values::Values;
use varies::{encloses_word, name_length};

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
    let level = if head.names_level { level::level(rest) } else { None };
    let level = level.map(|(range, severity)| (range.start - skipped..range.end - skipped, severity));
    let (level, severity) = level.unwrap_or_default();
    split(line, level, masks, bits, sink, clues);
    let below = &rest[skipped + line.len()..];
    if is_category(line) {
        // What it says stands on the next one.
        let message = first_line(below);
        sink.part(b" ");
        bits.read(message);
        split(message, 0..0, masks, bits, sink, clues);
    }
    let severity = severity.max(later_lines(below, masks, bits, sink, clues));
    trace::mine(below, sink);
    head.severity.max(severity)
}

/// What the lines behind the first say: an exception makes the record an error, and some loggers put the level there,
/// Java's own with the message behind it.
fn later_lines<S: Sink>(text: &[u8], masks: &Masks, bits: &mut Bits, sink: &mut S, clues: &mut Clues) -> Severity {
    let rest = text.trim_ascii();
    if rest.is_empty() {
        return Severity::Unset;
    }
    let signs: [&[u8]; 6] = [b"Traceback (most", b"\tat ", b"\n    at ", b"Caused by:", b"Exception", b"panic:"];
    clues.error |= signs.iter().any(|sign| memmem::find(rest, sign).is_some());
    let Some((level, severity)) = level::level(rest) else { return Severity::Unset };
    if level.start == 0 && rest[level.end..].starts_with(b": ") {
        let message = first_line(rest);
        sink.part(b" ");
        bits.read(message);
        split(message, level, masks, bits, sink, clues);
    }
    severity
}

/// Splits a line whose masks were read and the place of whose level is given.
pub(super) fn split<S: Sink>(
    line: &[u8],
    level: Range<usize>,
    masks: &Masks,
    bits: &Bits,
    sink: &mut S,
    clues: &mut Clues,
) {
    let mut splitter = Splitter::new(line, bits, level, clues);
    let mut values = Values::new(line, bits, splitter.settled_at);
    let mut done = 0;
    if let Some(found) = masks.find(line) {
        // What a mask finds may begin or end within a word, so every word is looked at.
        splitter.settled_at = usize::MAX;
        for (masked, name) in found {
            while let Some(value) = values.first().filter(|value| value.start < masked.start) {
                values.pass(value.end);
                // A mask knows better than what finds more or less than it does.
                if value.end <= masked.start {
                    done = splitter.run_to(done, value, sink);
                }
            }
            splitter.run(done..masked.start, sink);
            done = masked.end;
            splitter.masked(masked, name, sink);
            values.pass(done);
        }
        while let Some(value) = values.first() {
            done = splitter.run_to(done, value, sink);
            values.pass(done);
        }
    } else {
        while let Some(value) = values.first() {
            splitter.settled_at = usize::MAX;
            done = splitter.run_to(done, value, sink);
            splitter.settled_at = done;
            values.pass(done);
        }
    }
    splitter.run(done..line.len(), sink);
    splitter.clues.probe |= splitter.agent_probes;
}

/// Whether a line is all that .NET's console logger puts before a message: `info: Shop.Payments[17]`.
fn is_category(line: &[u8]) -> bool {
    let levels: [&[u8]; 6] = [b"trce: ", b"dbug: ", b"info: ", b"warn: ", b"fail: ", b"crit: "];
    let Some(rest) = levels.iter().find_map(|level| line.strip_prefix(*level)) else { return false };
    let Some(number) = memchr(b'[', rest).map(|open| &rest[open + 1..]) else { return false };
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && &number[digits..] == b"]" && !rest.contains(&b' ')
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

struct Splitter<'t, 'c> {
    text: &'t [u8],
    bits: &'t Bits,
    level: Range<usize>,
    clues: &'c mut Clues,
    passed: Passed,
    /// A `=` or `:` came behind a word whose value comes next.
    key: bool,
    last_was_variable: bool,
    /// How many truth values there were.
    truths: usize,
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
    closings: Closings,
    /// Where the last word ends that was looked at, perhaps in parts.
    word_end: usize,
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
            truths: 0,
            pending: 0,
            request: None,
            agent_probes: false,
            closes: usize::MAX,
            closings: Closings::default(),
            word_end: 0,
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

    /// Splits what stands before a value, and hands it on; answers where it ends.
    #[inline]
    fn run_to<S: Sink>(&mut self, done: usize, value: Range<usize>, sink: &mut S) -> usize {
        let end = value.end;
        self.run(done..value.start, sink);
        self.key = false;
        self.variable(value, sink);
        end
    }

    /// Hands on what a configured mask found. It says of the outcome what it would say without one.
    fn masked<S: Sink>(&mut self, found: Range<usize>, name: Option<&str>, sink: &mut S) {
        let text = &self.text[found.clone()];
        if std::mem::take(&mut self.key) {
            self.value(text);
        }
        self.status(found.start, text);
        sink.variable(self.text, found.clone(), name);
        self.passed.word(found);
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
        if mark == b':'
            && let Some(statement) = self.statement(at, end)
        {
            self.key = false;
            self.space(at + 1, statement, sink);
            self.variable(statement..end, sink);
            return end;
        }
        if mark == b':'
            && let Some(address) = self.address_behind(at, end)
        {
            self.key = false;
            self.variable(at..address, sink);
            return address;
        }
        if mark == b'='
            && let Some(value) = self.command(at, end).or_else(|| self.placeholder(at, end))
        {
            self.key = false;
            self.look_at_path(&self.text[at + 1..self.bits.word_end(at + 1)]);
            self.variable(at + 1..value, sink);
            return value;
        }
        match mark {
            b'"' | b'\'' => {
                if let Some(next) = self.quoted(at, end, sink) {
                    return next;
                }
            }
            b'|' | b':' if self.last_was_variable && self.is_assigned_more(at, end) => {
                self.key = false;
                let next = self.bits.word_end(at + 1).min(end);
                self.variable(at..next, sink);
                return next;
            }
            b'=' | b':' => self.key = !self.passed.is_empty(),
            // What stands behind a key in angle brackets is its value.
            b'<' if self.key && self.text[at - 1] == b'=' && encloses_word(&self.text[at..end]) => {}
            b'<' if self.key
                && self.text[at - 1] == b'='
                && let Some(close) = self.quoted_address(at, end) =>
            {
                self.key = false;
                self.variable(at + 1..close, sink);
                return close;
            }
            b',' if self.last_was_variable => {
                self.key = false;
                return self.nothing_behind(at, end, sink);
            }
            b'<' if self.key && self.text[at..end].starts_with(b"<nil>") => {
                self.value(b"<nil>");
                self.key = false;
            }
            _ => self.key = false,
        }
        self.last_was_variable &= matches!(mark, b':' | b',' | b'=');
        at + 1
    }

    #[inline]
    fn word<S: Sink>(&mut self, start: usize, limit: usize, sink: &mut S) -> usize {
        if self.word_end <= start {
            self.word_end = self.bits.word_end(start);
        }
        let end = self.word_end.min(limit);
        let word = self.bits.word(start, end);
        let scheme = scheme_follows(self.text, end);
        let in_level = self.level.start <= start && start < self.level.end;
        if !word.odd
            && let Some(whole) = self.package(start, end, limit)
        {
            self.variable(start..whole, sink);
            return whole;
        }
        if self.is_any_address(start, end) {
            self.variable(start..end, sink);
            return end;
        }
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
        self.whole_word(start..end, limit, word.digit, sink)
    }

    /// A word that may be a path or be followed by what is no part of it.
    #[inline(never)]
    fn marked_word<S: Sink>(&mut self, start: usize, mut end: usize, limit: usize, sink: &mut S) -> usize {
        let text = self.text;
        let leads = text[start..end].iter().take_while(|&&byte| byte == b'.').count();
        let begins_path = leads > 0 && matches!(text[start + leads..end].first(), Some(b'/' | b'\\'));
        let dots = text[start..end].windows(2).position(|pair| pair == b"..");
        if let Some(dots) = dots.filter(|_| !begins_path) {
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
        if let Some(status) = of_cache_result(&text[start..last]).filter(|status| status.len() == 3) {
            clues::named(b"status", status, true, self.clues);
        }
        if self.key
            && let Some(code) = of_exit_status(&text[start..last]).and_then(clues::number)
            && self.before(0).eq_ignore_ascii_case(b"status")
        {
            clues::exit(self.clues, code);
        }
        let done = self.whole_word(start..last, limit, self.bits.has_digit(start, last), sink);
        if marks > 0 {
            self.last_was_variable = false;
        }
        end.max(done)
    }

    /// A word with a digit, an address's mark, a level or one that stands where a value does. Answers where it ends.
    #[inline]
    fn whole_word<S: Sink>(&mut self, range: Range<usize>, limit: usize, has_digit: bool, sink: &mut S) -> usize {
        let Range { start, end } = range;
        let word = &self.text[start..end];
        let is_level = self.level.start <= start && end <= self.level.end;
        let has_key = std::mem::take(&mut self.key);
        if has_key {
            self.value(word);
            self.truths += usize::from(is_truth(word));
        }
        if has_digit {
            self.status(start, word);
        }
        if is_level || self.varies(start, end, has_digit, has_key) {
            let end = if has_key { self.value_end(start, end, limit) } else { end };
            let name = if has_digit { name_length(word) } else { 0 };
            // One that tells its state in brackets behind a key is a value like any other.
            let is_told = self.text[..start].ends_with(b": ") && self.text.get(end) == Some(&b'[');
            self.variable(start + if is_told { 0 } else { name }..end, sink);
            return end;
        }
        self.passed.word(start..end);
        self.last_was_variable = false;
        end
    }
}
