//! A JSON text's outline: the text itself with each value that nobody looks at replaced by its kind, and the message by
//! its own outline.
//!
//! It makes the promise that a line's outline makes (`mine::outline`): texts with the same outline are mined to the
//! same skeleton, level and clues. It is kept because keys and what is between values stand in it as they are, and
//! because what is asked of a value is told by the same functions that mining goes by (`keys`, `levels`). An object that
//! is written in an unusual way has no outline.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::keys::{self, Asks};
use super::strings::Strings;
use super::{is_probing, levels};
use crate::class::Probe;
use crate::mine::bits::Bits;
use crate::mine::buffer::Buffer;
use crate::mine::{Masks, TRUTHS, head, plain};

// What stands for values; other numbers than those that stand in a line's outline.
const TEXT: u8 = 14;
const NUMBER: u8 = 15;
const TRUTH_VALUE: u8 = 16;
const NULL: u8 = 8;
const ARRAY: u8 = 31;
const EMPTY_ARRAY: u8 = 19;
/// The message's outline is between these; the severity that it names comes first.
const MESSAGE: u8 = 24;
const END: u8 = 25;

/// An object within so many others has none.
const DEPTH: usize = 16;

/// Longer ones are not worth their memory.
const LONGEST: usize = 1024;

/// Appends the outline of a text that is a JSON object; answers whether it has one.
pub fn write(text: &[u8], masks: &Masks, strings: &mut Strings, bits: &mut Bits, out: &mut Buffer) -> bool {
    if text.last() != Some(&b'}') || masks.any.is_some() || strings.read(text) {
        return false;
    }
    let begun = out.length();
    let mut outliner = Outliner { text, masks, strings, bits, out, at: 0, done: 0, truths: 0, limit: begun + LONGEST };
    let is_whole = outliner.object(0, false).is_some() && outliner.at == text.len();
    if is_whole {
        outliner.keep(text.len());
    }
    let has = is_whole && out.length() <= begun + LONGEST;
    if !has {
        out.truncate(begun);
    }
    has
}

struct Outliner<'t, 'o> {
    text: &'t [u8],
    masks: &'o Masks,
    strings: &'o Strings,
    bits: &'o mut Bits,
    out: &'o mut Buffer,
    at: usize,
    /// How far the text is in the outline.
    done: usize,
    /// How many truth values there were.
    truths: usize,
    /// How long the output may become.
    limit: usize,
}

impl<'t> Outliner<'t, '_> {
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// Writes what comes before `end` as it is.
    #[inline]
    fn keep(&mut self, end: usize) {
        self.out.push(&self.text[self.done..], end - self.done);
        self.done = end;
    }

    /// Writes a mark for what is between `start` and the place where this is.
    #[inline]
    fn replace(&mut self, start: usize, mark: u8) {
        self.keep(start);
        self.out.push_first(&[mark], 1);
        self.done = self.at;
    }

    fn object(&mut self, depth: usize, below_level: bool) -> Option<()> {
        self.at += 1;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.peek()?;
            let key = &self.text[self.string()?];
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            self.value(key, depth, below_level)?;
            let next = self.peek()?;
            self.at += 1;
            match next {
                b',' if self.out.length() <= self.limit => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn value(&mut self, key: &'t [u8], depth: usize, below_level: bool) -> Option<()> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'{' if depth < DEPTH => self.object(depth + 1, below_level || levels::leads(key)),
            b'{' => None,
            b'[' => {
                self.array()?;
                self.replace(start, if self.at - start > 2 { ARRAY } else { EMPTY_ARRAY });
                Some(())
            }
            b'"' => {
                let value = self.string()?;
                if keys::may_ask(key) {
                    self.text_value(key, value, depth, below_level);
                } else if key.len() > keys::LONGEST || !keys::may_say(key, &self.text[value]) {
                    self.replace(start, TEXT);
                }
                Some(())
            }
            _ => {
                let rest = &self.text[start..];
                let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                self.at += rest.iter().take_while(is_part).count();
                let mark = match &self.text[start..self.at] {
                    b"true" | b"false" => TRUTH_VALUE,
                    b"null" => NULL,
                    [b'-' | b'0'..=b'9', ..] => NUMBER,
                    _ => return None,
                };
                self.truths += usize::from(mark == TRUTH_VALUE);
                let is_told = mark == TRUTH_VALUE
                    && key.len() <= keys::LONGEST
                    && (self.truths <= TRUTHS || keys::keeps_truth(key));
                if !is_told && (!keys::may_ask(key) || !is_asked(key, below_level)) {
                    self.replace(start, mark);
                }
                Some(())
            }
        }
    }

    /// Writes what stands for a string with that content, behind which this is.
    #[inline(never)]
    fn text_value(&mut self, key: &[u8], value: Range<usize>, depth: usize, below_level: bool) {
        let mut name = [0; keys::LONGEST];
        let quote = value.start - 1;
        let Some(name) = keys::lower(key, &mut name) else { return self.replace(quote, TEXT) };
        if depth == 0 && keys::message_rank(name).is_some() {
            return self.message(value);
        }
        if levels::may_name(name, below_level) {
            return;
        }
        let asks = keys::asks(name);
        let content = &self.text[value];
        if keys::may_say(key, content) {
            return;
        }
        if asks == Asks::Nothing {
            return self.replace(quote, TEXT);
        }
        let is_escaped = content.contains(&b'\\');
        let says_nothing = match asks {
            Asks::Nothing => true,
            Asks::Path => !is_escaped && !Probe::path(content),
            Asks::Request => !is_escaped && !is_probing(content),
            Asks::Agent => !is_escaped && !Probe::agent(content),
            Asks::Priority | Asks::Outcome => false,
            // It says the same whatever it says, unless it is one of a few short words.
            Asks::Fault => content.len() > if is_escaped { 64 } else { 8 },
        };
        if says_nothing {
            self.replace(quote, TEXT);
        }
    }

    /// Writes a message's own outline in its place, or leaves it as it is.
    #[inline(never)]
    fn message(&mut self, value: Range<usize>) {
        let content = &self.text[value.clone()];
        let Some(content) = simply_unescaped(content) else { return };
        // Behind a transport's prefix a message is read otherwise than a line.
        if !head::is_none(&content) && head::read(&content).start > 0 {
            return;
        }
        let Some(plain) = plain::read(&content, self.bits) else { return };
        self.keep(value.start - 1);
        let begun = self.out.length();
        self.out.push_first(&[MESSAGE, plain.severity() as u8 + 1], 2);
        let wide = &content[content.len() - plain.length()..];
        if plain.outline(self.masks, self.bits, wide, self.out) {
            self.out.push_first(&[END], 1);
            self.done = self.at;
        } else {
            self.out.truncate(begun);
        }
    }

    /// A string's content.
    #[inline]
    fn string(&mut self) -> Option<Range<usize>> {
        if self.text.get(self.at) != Some(&b'"') {
            return None;
        }
        let start = self.at + 1;
        let mut end = self.strings.next(start);
        while *self.text.get(end)? != b'"' {
            end = self.strings.next(end + 2);
        }
        self.at = end + 1;
        Some(start..end)
    }

    /// Passes an array; nobody looks into it.
    fn array(&mut self) -> Option<()> {
        let mut open = 0usize;
        loop {
            match self.text.get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Some(());
            }
        }
    }
}

/// A string's content, if nothing is escaped in it but quotes and slashes.
fn simply_unescaped(content: &[u8]) -> Option<Cow<'_, [u8]>> {
    let Some(first) = memchr(b'\\', content) else { return Some(Cow::Borrowed(content)) };
    if !content.is_ascii() {
        return None;
    }
    let mut plain = content[..first].to_vec();
    let mut rest = &content[first..];
    while let Some(&byte) = rest.first() {
        let (byte, length) = match (byte, rest.get(1)) {
            (b'\\', Some(&escaped @ (b'"' | b'\\' | b'/'))) => (escaped, 2),
            (b'\\', _) => return None,
            (byte, _) => (byte, 1),
        };
        plain.push(byte);
        rest = &rest[length..];
    }
    Some(Cow::Owned(plain))
}

/// Whether more is asked of a number or truth value than that it is one.
#[inline(never)]
fn is_asked(key: &[u8], below_level: bool) -> bool {
    let mut name = [0; keys::LONGEST];
    keys::lower(key, &mut name)
        .is_some_and(|name| keys::asks(name) != Asks::Nothing || levels::may_name(name, below_level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;
    use crate::class::{Clues, Severity};
    use crate::mine;
    use crate::mine::sink::Skeleton;

    fn outline(text: &str) -> Option<String> {
        let mut out = Buffer::default();
        let (mut strings, mut bits) = (Strings::default(), Bits::default());
        let has = write(text.as_bytes(), &Masks::default(), &mut strings, &mut bits, &mut out);
        assert!(has || out.length() == 0);
        has.then(|| String::from_utf8_lossy(out.bytes()).into_owned())
    }

    fn mined(text: &str) -> (Vec<u8>, Severity, Clues) {
        let (mut sink, mut clues) = (Skeleton::default(), Clues::default());
        let severity = mine::line(text.as_bytes(), &Masks::default(), &mut Bits::default(), &mut sink, &mut clues);
        sink.finish(usize::MAX);
        (sink.text().to_vec(), severity, clues)
    }

    #[test]
    fn what_nobody_looks_at_is_left_out() {
        for (text, seen) in [
            (r#"{"ts":1.5,"id":"a\"b","on":true,"x":null,"l2":[1,"]"]}"#, r#"{"ts":_,"id":_,"on":true,"x":_,"l2":_}"#),
            (r#"{"level":"info","msg":"took 15ms","path":"/a/b"}"#, r#"{"level":"info","msg":__took __,"path":_}"#),
            (r#"{"msg":"a \tb","status":404,"path":"/healthz"}"#, r#"{"msg":"a \tb","status":404,"path":"/healthz"}"#),
            (r#"{"msg":"it \"is\" \\ so 7"}"#, r#"{"msg":__it "is" \ so __}"#),
            (r#"{"error":"it is too long","a":{"error":"nil"}}"#, r#"{"error":_,"a":{"error":"nil"}}"#),
            (
                r#"{"a":[true],"b":true,"c":1,"d":true,"e":{"f":true},"g":true,"h":true,"found":true}"#,
                r#"{"a":_,"b":true,"c":_,"d":true,"e":{"f":true},"g":true,"h":_,"found":true}"#,
            ),
            (r#"{"a": {"name": "x"}, "level": {"name": "x"}}"#, r#"{"a": {"name": _}, "level": {"name": "x"}}"#),
        ] {
            assert_eq!(outline(text).unwrap().replace(|byte: char| byte.is_control(), "_"), seen);
        }
    }

    #[test]
    fn what_is_no_object_or_written_in_an_unusual_way_has_none() {
        for text in [
            "{",
            "{}x",
            r#"{"a":1"#,
            r#"{"a":"#,
            r#"{"a":1,}"#,
            "{\"a\":\n1}",
            "{\"a\":\"\t\"}",
            r#"{"a":x}"#,
            r"{a:1}",
            r#"{"a"}"#,
        ] {
            assert_eq!(outline(text), None, "{text}");
        }
        assert_eq!(outline(&format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40))), None);
        assert_eq!(outline(&format!("{{\"{}\":1}}", "a".repeat(2000))), None);
    }

    const KEYS: &str = "ts id order amount caller host.name service.version thread a1b2 x17.name level12.name name text \
        level Level level.name severity.text log.level levelno s l @level loglevel severity_text version short_message \
        message msg event log @message priority syslog_severity path url http.route route request request_line \
        user_agent User-Agent status STATUS http.status_code grpc.code rc exit_code returncode success ok healthy \
        passed failed err error exception error.type job_state newState reason type \
        event.outcome authAllowed infected decision tracking checks.db eventName verb eventType health result a_key_that_is_longer_than_twenty-eight_bytes record settings";
    const TEXTS: &[&str] = &[
        "",
        "x",
        "a-17",
        "INFO",
        "warn",
        "error",
        "E",
        "W",
        "odd",
        "50",
        "30",
        "3",
        "0",
        "7",
        "404",
        "200",
        "503",
        "true",
        "false",
        "null",
        "nil",
        "<nil>",
        "none",
        "/a/b",
        "/healthz",
        "/a/health/",
        "GET /a HTTP/1.1",
        "GET /healthz HTTP/1.1",
        "kube-probe/1.2",
        "curl/8",
        "UNAVAILABLE",
        "declined",
        "LOGIN_ERROR",
        "order.payment_failed",
        "captured",
        "REVIEW",
        "poweredOff",
        "ListBuckets",
        "user.session.start",
        r"fai\u006ced",
        "undeliverable",
        "down",
        "closed",
        "yes",
        "No",
        "True",
        "connection reset by 17",
        r#"it said \"no\" 17"#,
        r#"it said \"no\" 18"#,
        r#"- \"GET /a/17 HTTP/1.1\" 200 5"#,
        r#"- \"GET /a/18 HTTP/1.1\" 200 7"#,
        r"from C:\\7\\8 to \/a\/7",
        r"from C:\\9\\8 to \/a\/7",
        r"\u0030",
        r"tab\t7",
        r"C:\\17 x",
        "took 15ms for 3 rows",
        "took 7ms for 12 rows",
        "job 17 ended",
        "job 9 ended",
        "INFO took 3ms",
        "WARN took 4ms",
        "ERROR: job 17",
        "status 404",
        "exit code 1",
        "user 17 from 10.0.0.1",
        "user 9 from 10.0.0.9:80",
        " x 17",
        "17 x ",
        "<34>1 2024-05-01T10:00:00Z web su",
        "10.0.0.1 - - [1",
        r#"{\"a\":1}"#,
        "\u{e9}7",
        "see /var/lib/17",
        "see /var/lib/18",
    ];
    const BARE: &[&str] = &[
        "1", "2.5", "-7", "1e9", "0", "7", "3", "50", "30", "35", "404", "200", "503", "true", "false", "true",
        "false", "null",
    ];
    const LISTS: &[&str] = &["[]", "[ ]", "[1,2]", "[{\"a\":\"]\"}]", "{}", "[\"x\"]"];

    /// What one member is.
    enum Part {
        Text(usize),
        Bare,
        List,
        Open,
        Close,
    }

    /// Scenario: objects of keys that matter and keys that do not, in any order and depth; then the same with other
    /// values. Guarantees: where the outlines are the same, so is everything that mining says.
    #[test]
    fn objects_with_the_same_outline_are_mined_to_the_same() {
        let keys: Vec<&str> = KEYS.split_ascii_whitespace().collect();
        let mut below = numbers_below(7);
        let (mut same, mut told_apart) = (0, 0);
        for _ in 0..60_000 {
            let parts: Vec<(Part, &str)> = (0..=below(8))
                .map(|_| {
                    let part = match below(12) {
                        0..=5 => Part::Text(below(TEXTS.len())),
                        6..=8 => Part::Bare,
                        9 => Part::List,
                        10 => Part::Open,
                        _ => Part::Close,
                    };
                    (part, keys[below(keys.len())])
                })
                .collect();
            let blank = if below(3) == 0 { " " } else { "" };
            let mut write = || {
                let (mut text, mut open, mut comma) = (String::from("{"), 1, "");
                for (part, key) in &parts {
                    if let Part::Close = part {
                        if open > 1 {
                            text.push('}');
                            (open, comma) = (open - 1, ",");
                        }
                        continue;
                    }
                    text.extend([comma, blank, "\"", key, "\":", blank]);
                    comma = ",";
                    match *part {
                        // What differs from one text to the next.
                        Part::Text(value) => {
                            let value = if below(3) == 0 { below(TEXTS.len()) } else { value };
                            text.extend(["\"", TEXTS[value], "\""]);
                        }
                        Part::Bare => text += BARE[below(BARE.len())],
                        Part::List => text += LISTS[below(LISTS.len())],
                        Part::Open => {
                            text.push('{');
                            (open, comma) = (open + 1, "");
                        }
                        Part::Close => {}
                    }
                }
                text + &"}".repeat(open)
            };
            let (one, other) = (write(), write());
            let (Some(first), Some(second)) = (outline(&one), outline(&other)) else { continue };
            if first != second {
                told_apart += 1;
            } else if one != other {
                same += 1;
                assert_eq!(mined(&one), mined(&other), "{one} and {other} are both {first:?}");
            }
        }
        assert!(same > 5_000 && told_apart > 5_000, "{same} and {told_apart}");
    }
}
