//! Splits a text into words and tells which of them vary: one pass over the bytes, no regular expressions.
//!
//! While it passes it collects what the text says of outcome and purpose (`Clues`): a status stands in the template as
//! a variable and in the fingerprint as a class.

use std::ops::Range;

use memchr::memchr;

use super::Masks;
use super::head::Head;
use super::sink::Sink;
use super::words::{is_domain, is_method, is_month, is_state, is_technical, is_weekday};

use crate::class::{Clues, Outcome, Probe, Severity};

const SPACE: u8 = 1;
const PUNCT: u8 = 2;
const DIGIT: u8 = 4;
const SLASH: u8 = 8;
const AT: u8 = 16;
const DOT: u8 = 32;
const UPPER: u8 = 64;
/// Letters that no hexadecimal number has.
const BEYOND_HEX: u8 = 128;

const fn classes() -> [u8; 256] {
    let mut table = [BEYOND_HEX; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => SPACE,
            b',' | b';' | b':' | b'=' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'"' | b'\'' | b'|'
            | b'`' => PUNCT,
            b'0'..=b'9' => DIGIT,
            b'/' | b'\\' => SLASH | BEYOND_HEX,
            b'@' => AT | BEYOND_HEX,
            b'.' => DOT | BEYOND_HEX,
            b'A'..=b'F' => UPPER,
            b'G'..=b'Z' => UPPER | BEYOND_HEX,
            b'a'..=b'f' => 0,
            _ => BEYOND_HEX,
        };
        byte += 1;
    }
    table
}

static CLASS: [u8; 256] = classes();

fn class(text: &[u8], at: usize) -> u8 {
    text.get(at).map_or(SPACE, |&byte| CLASS[byte as usize])
}

fn in_word(text: &[u8], at: usize) -> bool {
    class(text, at) & (SPACE | PUNCT) == 0
}

/// Mines the words of a text's first line; `head` is what was read of its beginning. Answers the level it names.
pub fn mine<S: Sink>(text: &[u8], head: &Head, masks: &Masks, sink: &mut S, clues: &mut Clues) -> Severity {
    let rest = &text[head.start..];
    let skipped = rest.len() - rest.trim_ascii_start().len() + head.start;
    let line = first_line(rest);
    let level = head.level.as_ref().map(|range| range.start - skipped..range.end - skipped);
    let Some(any) = &masks.any else {
        let mut splitter = Splitter::new(line, level, clues);
        splitter.run(0..line.len(), sink);
        splitter.finish();
        return head.severity;
    };
    let mut splitter = Splitter::new(line, level, clues);
    let mut done = 0;
    for found in any.find_iter(line).filter(|found| !found.is_empty()) {
        splitter.run(done..found.start(), sink);
        let name =
            masks.each.iter().find(|(_, mask)| mask.find(found.as_bytes()).is_some_and(|m| m.len() == found.len()));
        sink.variable(found.as_bytes(), name.map(|(name, _)| &**name));
        splitter.passed(found.range());
        done = found.end();
    }
    splitter.run(done..line.len(), sink);
    splitter.finish();
    head.severity
}

/// The first line that says something.
fn first_line(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    memchr(b'\n', text).map_or(text, |end| text[..end].trim_ascii_end())
}

struct Splitter<'t, 'c> {
    text: &'t [u8],
    level: Option<Range<usize>>,
    clues: &'c mut Clues,
    /// The last three words, the newest first.
    words: [Range<usize>; 3],
    /// The word before a `=` or `:` whose value comes next.
    key: Option<Range<usize>>,
    /// Inside or behind the quoted request of an access log.
    request: Request,
    /// Whether the last quoted field behind a request, which is the agent, is a prober's.
    agent_probes: bool,
    /// Where the quoted text that is being split ends: that mark opens nothing.
    closes: usize,
    last_was_variable: bool,
}

#[derive(PartialEq, Clone, Copy)]
enum Request {
    None,
    /// The end of the quoted request: a status may follow, and later quoted fields are values.
    Ends(usize),
}

impl<'t, 'c> Splitter<'t, 'c> {
    fn new(text: &'t [u8], level: Option<Range<usize>>, clues: &'c mut Clues) -> Self {
        let none = 0..0;
        let words = [none.clone(), none.clone(), none];
        Self {
            text,
            level,
            clues,
            words,
            key: None,
            request: Request::None,
            agent_probes: false,
            closes: usize::MAX,
            last_was_variable: false,
        }
    }

    fn run<S: Sink>(&mut self, range: Range<usize>, sink: &mut S) {
        let end = range.end;
        let mut at = range.start;
        if at == 0 {
            at = self.access_log_client(end, sink);
        }
        while at < end {
            let kind = class(self.text, at);
            at = if kind & SPACE != 0 {
                while at < end && class(self.text, at) & SPACE != 0 {
                    at += 1;
                }
                sink.space();
                at
            } else if kind & PUNCT != 0 {
                self.punctuation(at, end, sink)
            } else {
                self.word(at, end, sink)
            };
        }
    }

    fn finish(self) {
        self.clues.probe |= self.agent_probes;
    }

    /// The common log format begins with client, identity, user: names, not words.
    fn access_log_client<S: Sink>(&mut self, end: usize, sink: &mut S) -> usize {
        let mut starts = [0usize; 4];
        for next in 1..4 {
            let from = starts[next - 1];
            let Some(length) = memchr(b' ', &self.text[from..end.min(from + 64)]) else {
                return 0;
            };
            if length == 0 {
                return 0;
            }
            starts[next] = from + length + 1;
        }
        let date = starts[3];
        if self.text.get(date) != Some(&b'[') || class(self.text, date + 1) & DIGIT == 0 {
            return 0;
        }
        for field in starts.windows(2) {
            self.variable(field[0]..field[1] - 1, None, sink);
            sink.space();
        }
        date
    }

    fn punctuation<S: Sink>(&mut self, at: usize, end: usize, sink: &mut S) -> usize {
        let mark = self.text[at];
        if matches!(mark, b'"' | b'\'')
            && let Some(next) = self.quoted(at, end, sink)
        {
            return next;
        }
        if self.text[at..end].starts_with(b"<nil>")
            && let Some(key) = self.key.clone()
        {
            self.value_of(&key, b"<nil>");
        }
        sink.constant(&self.text[at..=at]);
        match mark {
            b'=' | b':' => self.key = Some(self.words[0].clone()).filter(|word| !word.is_empty()),
            b'"' | b'\'' => {}
            _ => self.key = None,
        }
        self.last_was_variable &= matches!(mark, b':' | b',' | b'=' | b'.');
        at + 1
    }

    /// A quoted field: a value when it is one word, else text like any other. `None`: the mark is mere punctuation.
    fn quoted<S: Sink>(&mut self, at: usize, end: usize, sink: &mut S) -> Option<usize> {
        let mark = self.text[at];
        if at == self.closes {
            return None;
        }
        if mark == b'\'' && at > 0 && in_word(self.text, at - 1) {
            return None;
        }
        let inside = at + 1..at + 1 + memchr(mark, &self.text[at + 1..end.min(at + 1025)])?;
        let content = &self.text[inside.clone()];
        let after = inside.end + 1;
        if mark == b'\'' && in_word(self.text, after) {
            return None;
        }
        let is_value = match self.request {
            Request::Ends(_) => {
                self.agent_probes = Probe::agent(content);
                true
            }
            Request::None => false,
        };
        if let Some(key) = self.key.clone() {
            self.value_of(&key, content);
        }
        let words = content.iter().any(|&byte| CLASS[byte as usize] & SPACE != 0);
        if !is_value && words {
            if content.iter().position(|&byte| byte == b' ').is_some_and(|space| is_method(&content[..space])) {
                self.request = Request::Ends(inside.end);
            }
            self.closes = inside.end;
            return None;
        }
        sink.constant(&self.text[at..=at]);
        let is_key = self.text.get(after) == Some(&b':') && !content.is_empty();
        if content.is_empty() || !is_value && (is_key || is_state(content)) {
            sink.constant(content);
            self.passed(inside.clone());
        } else {
            self.look_at_path(content);
            self.variable(inside.clone(), None, sink);
        }
        sink.constant(&self.text[inside.end..after]);
        self.last_was_variable = false;
        self.key = None;
        Some(after)
    }

    fn word<S: Sink>(&mut self, start: usize, limit: usize, sink: &mut S) -> usize {
        let text = self.text;
        let mut end = start;
        let mut flags = 0;
        while end < limit {
            let kind = CLASS[text[end] as usize];
            if kind & (SPACE | PUNCT) != 0 {
                break;
            }
            flags |= kind;
            end += 1;
        }
        if flags & DOT != 0
            && let Some(dots) = text[start..end].windows(2).position(|pair| pair == b"..")
        {
            // Leaders: "exception........1" is a word, dots and a number.
            if dots == 0 {
                end = start + text[start..end].iter().take_while(|&&byte| byte == b'.').count();
                sink.constant(&text[start..end]);
                self.last_was_variable = false;
                return end;
            }
            end = start + dots;
            flags = text[start..end].iter().fold(0, |flags, &byte| flags | CLASS[byte as usize]);
        }
        if let Some(whole) = self.path(start, end, limit, flags) {
            self.look_at_path(&text[start..whole]);
            self.key = None;
            self.variable(start..whole, None, sink);
            return whole;
        }
        // Sentence marks at the end are no part of the word.
        let mut last = end;
        while last > start + 1 && matches!(text[last - 1], b'.' | b'!' | b'?') {
            last -= 1;
        }
        let range = start..last;
        let word = &text[range.clone()];
        let is_level = self.level.as_ref().is_some_and(|level| level.start <= start && last <= level.end);
        let key = self.key.take();
        if let Some(key) = &key {
            self.value_of(key, word);
        }
        if flags & DIGIT != 0 {
            self.status(start, word);
        }
        if is_level || self.varies(start, last, flags, key.is_some()) {
            self.variable(range, None, sink);
        } else {
            sink.constant(word);
            self.passed(range);
            self.last_was_variable = false;
        }
        for mark in last..end {
            sink.constant(&text[mark..=mark]);
        }
        end
    }

    fn variable<S: Sink>(&mut self, range: Range<usize>, known: Option<&str>, sink: &mut S) {
        sink.variable(&self.text[range.clone()], known);
        self.passed(range);
        self.last_was_variable = true;
    }

    /// Remembers a word for what follows it.
    fn passed(&mut self, range: Range<usize>) {
        self.words.rotate_right(1);
        self.words[0] = range;
    }

    fn before(&self, back: usize) -> &'t [u8] {
        &self.text[self.words[back].clone()]
    }

    /// Where a path or URL that begins at `start` ends, if one does.
    fn path(&self, start: usize, end: usize, limit: usize, flags: u8) -> Option<usize> {
        let text = self.text;
        let rest = &text[end..limit];
        let scheme = rest.starts_with(b"://")
            && text[start..end].iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'+');
        let drive = end == start + 1 && rest.starts_with(b":\\");
        if !scheme && !drive {
            if flags & SLASH == 0 {
                return None;
            }
            let word = &text[start..end];
            let rooted = matches!(word[0], b'/' | b'\\')
                || word.starts_with(b"./")
                || word.starts_with(b"~/")
                || word.starts_with(b"../");
            let separators = word.iter().filter(|&&byte| byte == b'/' || byte == b'\\').count();
            if word == b"/" && is_method(self.before(0)) {
                return Some(end);
            }
            if word.len() == 1 || !rooted && separators < 2 {
                return None;
            }
        }
        let mut at = end;
        while at < limit {
            let byte = text[at];
            let inner = matches!(byte, b':' | b'=' | b',' | b';') && (in_word(text, at + 1) || scheme && at < end + 3);
            if !inner && CLASS[byte as usize] & (SPACE | PUNCT) != 0 {
                break;
            }
            at += 1;
        }
        while at > start + 1 && matches!(text[at - 1], b'.' | b'!') {
            at -= 1;
        }
        Some(at)
    }

    /// Whether the word at `start..end` is data rather than wording.
    fn varies(&self, start: usize, end: usize, flags: u8, has_key: bool) -> bool {
        let text = self.text;
        let word = &text[start..end];
        let follows = |mark: u8| start > 0 && text[start - 1] == mark;
        if flags & DIGIT != 0 {
            return !is_technical(word);
        }
        if has_key && follows(b'=') && start >= 2 && in_word(text, start - 2) {
            return !is_state(word);
        }
        if flags & AT != 0 && word.len() > 2 && word[0] != b'@' && word[word.len() - 1] != b'@' {
            return true;
        }
        if flags & BEYOND_HEX == 0 && (word.len() >= 8 || self.last_was_variable && follows(b':') && word.len() <= 4) {
            return true;
        }
        if flags & DOT != 0
            && flags & UPPER == 0
            && let Some(label) = word.rsplit(|&byte| byte == b'.').next()
        {
            return label.len() < word.len() && word[0] != b'.' && is_domain(label);
        }
        if word.len() == 3 && flags & UPPER != 0 {
            let next = text.get(end + 1..).unwrap_or_default();
            let next = next.trim_ascii_start();
            let digit_next = next.first().is_some_and(u8::is_ascii_digit);
            return is_month(word) && (digit_next || self.last_was_variable)
                || is_weekday(word) && (digit_next || next.get(..3).is_some_and(is_month));
        }
        matches!(word, b"AM" | b"PM") && self.last_was_variable
    }

    fn look_at_path(&mut self, path: &[u8]) {
        if path.first() == Some(&b'/') || memchr(b':', path).is_some_and(|colon| path[colon..].starts_with(b"://")) {
            self.clues.probe |= Probe::path(path);
        }
    }

    /// What a number says by where it stands: a status after a request, an exit code after those words.
    fn status(&mut self, start: usize, word: &[u8]) {
        let follows_blank = start > 0 && self.text[start - 1] == b' ';
        if !follows_blank {
            return;
        }
        let Some(number) = number(word) else { return };
        let last = self.before(0);
        if word.len() == 3 {
            let after_request = match self.request {
                Request::Ends(end) => start == end + 2,
                Request::None => false,
            };
            let after_path = last.first() == Some(&b'/') && is_method(self.before(1));
            if after_request || after_path || last.starts_with(b"HTTP/") {
                self.clues.http(number);
                return;
            }
        }
        let named = |word: &[u8], names: &[&[u8]]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
        if named(last, &[b"code", b"status"]) {
            let ends: [&[u8]; 8] =
                [b"exit", b"exited", b"return", b"returned", b"terminated", b"finished", b"ended", b"completed"];
            if named(self.before(1), &ends)
                || named(self.before(1), &[b"with", b"exit"]) && named(self.before(2), &ends)
            {
                self.exit(number);
            }
        }
    }

    fn exit(&mut self, code: i64) {
        self.clues.exit = self.clues.exit.max(if code == 0 { Outcome::Ok } else { Outcome::Error });
    }

    /// What `key=value` or `key: value` says of the outcome. Unsure means nothing.
    fn value_of(&mut self, key: &Range<usize>, value: &[u8]) {
        let mut name = [0u8; 24];
        let key = &self.text[key.clone()];
        let Some(name) = name.get_mut(..key.len()) else {
            return;
        };
        name.copy_from_slice(key);
        name.make_ascii_lowercase();
        let assigned =
            self.text.get(self.words[0].end) == Some(&b'=') || self.text[self.words[0].end..].starts_with(b"\"=");
        named_value(name, value, assigned, self.clues, || {
            self.words[1].clone().len() == 4 && self.text[self.words[1].clone()].eq_ignore_ascii_case(b"exit")
        });
    }
}

/// What a named value says, in text, logfmt or JSON. `assigned`: it is surely a key's value, not prose with a colon.
pub fn named_value(name: &[u8], value: &[u8], assigned: bool, clues: &mut Clues, after_exit: impl Fn() -> bool) {
    match name {
        b"status"
        | b"status_code"
        | b"statuscode"
        | b"http_status"
        | b"http.status"
        | b"http.status_code"
        | b"response_code"
        | b"http.response.status_code"
        | b"status-code"
        | b"http_status_code"
        | b"response_status" => {
            if let Some(number) = number(value).filter(|_| value.len() == 3) {
                clues.http(number);
            }
        }
        b"grpc-status"
        | b"grpc_status"
        | b"grpc.status"
        | b"grpc.code"
        | b"grpc_code"
        | b"rpc.grpc.status_code"
        | b"grpc.status_code" => match number(value) {
            Some(code) => clues.grpc(code),
            None if value.eq_ignore_ascii_case(b"ok") => clues.grpc(0),
            None => {}
        },
        b"rc" | b"exit_code" | b"exitcode" | b"exit_status" | b"exitstatus" | b"returncode" | b"return_code"
        | b"exit-code" => {
            if let Some(code) = number(value) {
                clues.exit = clues.exit.max(if code == 0 { Outcome::Ok } else { Outcome::Error });
            }
        }
        b"code" | b"status:" if after_exit() => {
            if let Some(code) = number(value) {
                clues.exit = clues.exit.max(if code == 0 { Outcome::Ok } else { Outcome::Error });
            }
        }
        b"success" if assigned => {
            if value.eq_ignore_ascii_case(b"true") {
                clues.exit = clues.exit.max(Outcome::Ok);
            } else if value.eq_ignore_ascii_case(b"false") {
                clues.exit = Outcome::Error;
            }
        }
        b"err" | b"error" | b"exception" if assigned => {
            let lower = value.to_ascii_lowercase();
            match &lower[..] {
                b"" | b"0" | b"false" => {}
                b"<nil>" | b"nil" | b"null" | b"none" => clues.no_error = true,
                _ => clues.error = true,
            }
        }
        _ => {}
    }
}

fn number(word: &[u8]) -> Option<i64> {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |value, &digit| value * 10 + i64::from(digit - b'0'));
    Some(if digits.len() == word.len() { value } else { -value })
}
