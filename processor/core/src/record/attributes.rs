//! The attributes that say something of a record's outcome or purpose, by the semantic conventions.

use std::borrow::Cow;

use memchr::{memchr, memrchr};

use super::{Tags, text_of};
use crate::any::{Any, KeyValue, short_pair};
use crate::class::{Clues, Outcome, Probe, Severity};
use crate::lexicon::endings::{Endings, LongEndings};
use crate::lexicon::keys::{asks_state, is_answer};
use crate::lexicon::names_fault;
use crate::mine::clues;
use crate::wire::Malformed;

#[derive(Default)]
pub struct Attributes<'a> {
    pub clues: Clues,
    pub tags: Tags,
    /// A level that bridges and parsers leave in an attribute.
    pub level: Severity,
    /// `log.record.template`: the template that the logger itself knows.
    pub template: Option<Cow<'a, [u8]>>,
}

impl<'a> Attributes<'a> {
    /// Takes one attribute in, an encoded `KeyValue`; most are passed over after a look at their first
    /// bytes.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost more than the look")]
    pub fn take(&mut self, encoded: &'a [u8]) -> Result<(), Malformed> {
        match short_pair(encoded) {
            Some((key, _)) if !may_matter(key) => Ok(()),
            _ => self.look(&KeyValue::read(encoded)?).map(drop),
        }
    }

    /// The same of a log record, where keys that no convention knows are asked as those of a structured body are.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost more than the look")]
    pub fn take_of_log(&mut self, encoded: &'a [u8]) -> Result<(), Malformed> {
        match short_pair(encoded) {
            Some((key, value)) if !may_matter(key) && !may_ask(key, value) => Ok(()),
            _ => self.look_at_logs(encoded),
        }
    }

    #[inline(never)]
    fn look_at_logs(&mut self, encoded: &'a [u8]) -> Result<(), Malformed> {
        let pair = KeyValue::read(encoded)?;
        if !self.look(&pair)? && ends_as_asking(pair.key) {
            self.look_closer(&pair)?;
        }
        Ok(())
    }

    /// Reads an attribute that no convention knows by its name, as a key of a structured body is read: ignoring case, and
    /// by the last part of its name.
    #[inline(never)]
    fn look_closer(&mut self, pair: &KeyValue<'a>) -> Result<(), Malformed> {
        let mut name = [0; LONGEST];
        let Some(name) = name.get_mut(..pair.key.len()) else { return Ok(()) };
        name.copy_from_slice(pair.key);
        name.make_ascii_lowercase();
        let name = &*name;
        let value = Any::read(&pair.value)?;
        if let (b"level" | b"lvl" | b"loglevel" | b"log_level" | b"severity", Some(text)) = (name, value.text()) {
            self.level = self.level.max(Severity::from_value(text));
            return Ok(());
        }
        let Some(text) = as_text(&value) else {
            if matches!(value, Any::Array(_) | Any::Map(_)) && is_fault(name) {
                self.clues.error |= value.says_error();
            }
            return Ok(());
        };
        let last = last_of(name);
        if clues::asks(name) != clues::Asks::Nothing {
            clues::named(name, &text, true, &mut self.clues);
        } else if is_telling_alone(last) {
            clues::named(last, &text, true, &mut self.clues);
        }
        if is_traced(last) {
            self.clues.error |= memchr(b'\n', &text).is_some() || last != b"stack" && value.says_error();
            return Ok(());
        }
        match truth(&text) {
            Some(truth) => self.answered(pair.key, name, truth),
            None if value.text().is_some() && (asks_state(pair.key) || is_event(name)) => {
                self.clues.error |= tells_of_fault(&text);
            }
            None => {}
        }
        Ok(())
    }

    /// Takes in an answer, yes or no: of the keys that ask how it went only bad news counts, of the plainest ones good too.
    fn answered(&mut self, key: &[u8], name: &[u8], truth: bool) {
        let last = last_of(name);
        let text: &[u8] = if truth { b"true" } else { b"false" };
        if clues::flag(last, text, last.len() == name.len(), &mut self.clues) {
            return;
        }
        let is_bad = if names_fault(key) { truth } else { !truth && (asks_state(key) || asks_for_good(key)) };
        if is_bad {
            self.clues.exit = Outcome::Error;
        }
    }

    /// Answers whether it knows the key.
    #[inline(never)]
    fn look(&mut self, pair: &KeyValue<'a>) -> Result<bool, Malformed> {
        match pair.key {
            b"http.response.status_code" | b"http.status_code" => {
                if let Some(status) = Any::read(&pair.value)?.whole() {
                    self.clues.http(status);
                }
            }
            b"rpc.grpc.status_code" | b"grpc.status_code" | b"rpc.response.status_code" => {
                let value = Any::read(&pair.value)?;
                if let Some(code) = value.whole().or_else(|| value.text().and_then(clues::grpc_code)) {
                    self.clues.grpc(code);
                }
            }
            b"error.type"
            | b"error.message"
            | b"exception.type"
            | b"exception.message"
            | b"exception.stacktrace"
            | b"error"
            | b"err" => {
                self.clues.error |= Any::read(&pair.value)?.says_error();
            }
            b"process.exit.code" | b"exit_code" | b"exit.code" => {
                if let Some(code) = Any::read(&pair.value)?.whole() {
                    self.clues.exit = self.clues.exit.max(if code == 0 { Outcome::Ok } else { Outcome::Error });
                }
            }
            b"url.path" | b"http.target" | b"url.full" | b"http.url" | b"http.route" => {
                if let Some(path) = text_of(pair) {
                    self.clues.probe |= Probe::path(&path);
                }
            }
            b"user_agent.original" | b"http.user_agent" => {
                self.clues.probe |= text_of(pair).as_deref().is_some_and(Probe::agent);
            }
            b"level" | b"log.level" | b"severity" | b"severity_text" | b"loglevel" => {
                if let Some(level) = text_of(pair) {
                    self.level = self.level.max(Severity::from_value(&level));
                }
            }
            b"status" | b"status_code" | b"success" | b"response_code" | b"exit_status" | b"rc" | b"result"
            | b"event.outcome" => {
                let value = Any::read(&pair.value)?;
                let text = as_text(&value).unwrap_or_default();
                clues::named(pair.key, &text, true, &mut self.clues);
                if let Some(truth) = truth(&text) {
                    self.answered(pair.key, pair.key, truth);
                }
                // An attribute is no part of the shape, where such a word would stand in a body.
                self.clues.error |= names_fault(&text) && !text.eq_ignore_ascii_case(b"unknown");
            }
            b"log.record.template" => self.template = text_of(pair),
            b"sluice.verdict" | b"sluice.category" | b"sluice.fingerprint" | b"sluice.canary" => {
                self.tags.stale += 1;
            }
            b"sluice.adjusted_count" => {
                self.tags.adjusted_count =
                    Any::read(&pair.value)?.number().filter(|count| *count >= 1.0).unwrap_or(0.0);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// No longer key is read closer.
const LONGEST: usize = 64;

/// A truth value, a whole number or a text as it would be written.
fn as_text<'a>(value: &Any<'a>) -> Option<Cow<'a, [u8]>> {
    match (value, value.whole()) {
        (Any::Bool(value), _) => Some(Cow::Borrowed(if *value { b"true" } else { b"false" })),
        (_, Some(number)) => Some(Cow::Owned(number.to_string().into_bytes())),
        _ => value.text().map(Cow::Borrowed),
    }
}

/// What a name ends in behind its last dot: of `http.server.response.status_code` it is `status_code`.
fn last_of(name: &[u8]) -> &[u8] {
    &name[memrchr(b'.', name).map_or(0, |dot| dot + 1)..]
}

/// Whether a name says of what it asks also behind any other: a bare `code` may be a country's.
fn is_telling_alone(last: &[u8]) -> bool {
    !matches!(last, b"code" | b"exit" | b"rc" | b"resp")
}

fn is_fault(name: &[u8]) -> bool {
    clues::asks(last_of(name)) == clues::Asks::Fault
}

/// Whether that is where programs leave the trace of an exception.
fn is_traced(last: &[u8]) -> bool {
    matches!(last, b"stack" | b"stacktrace" | b"stack_trace" | b"exc_info")
}

/// What happened, in the words of security's events, which say in one word that it was refused.
fn is_event(name: &[u8]) -> bool {
    matches!(name, b"event.type" | b"event.action")
}

fn truth(text: &[u8]) -> Option<bool> {
    let is_one = |words: [&[u8]; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one([b"true", b"yes"]) { Some(true) } else { is_one([b"false", b"no"]).then_some(false) }
}

/// Whether no is bad news. That one does not lead, or that nothing is locked, is none.
fn asks_for_good(key: &[u8]) -> bool {
    let ends = |end: &[u8]| key.len() >= end.len() && key[key.len() - end.len()..].eq_ignore_ascii_case(end);
    is_answer(key) && ![&b"leader"[..], b"locked", b"found"].iter().any(|end| ends(end))
}

/// Whether a text names a fault, but for one that begins by saying that there is none.
fn tells_of_fault(text: &[u8]) -> bool {
    let first = text.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_none = first.len() < text.len()
        && [&b"no"[..], b"not", b"without", b"0"].iter().any(|none| first.eq_ignore_ascii_case(none));
    !is_none && names_fault(text) && !text.eq_ignore_ascii_case(b"unknown")
}

/// How the keys end that `look` knows.
static ENDINGS: Endings = Endings::new(&[
    b"de", b"pe", b"ge", b"ce", b"or", b"rr", b"th", b"et", b"ll", b"rl", b"te", b"al", b"nt", b"el", b"ty", b"xt",
    b"us", b"ss", b"rc", b"ct", b"ry", b"lt",
]);

/// How the keys end that are read closer, in case of more than three letters.
static ASKING: LongEndings = LongEndings::new(&[
    b"ause", b"hase", b"ason", b"alth", b"come", b"sult", b"stat", b"tate", b"atus", b"dict", b"code", b"exit",
    b"rror", b"rrno", b"rmsg", b"_msg", b"sage", b"evel", b"rity", b"tack", b"race", b"info", b"sion", b"tion",
    b"_err", b".err", b".lvl", b"pted", b"live", b"owed", b"oved", b"ated", b"ized", b"able", b"cked", b"ured",
    b"eted", b"cted", b"tent", b"aded", b"ered", b"nied", b"ired", b"iled", b"lure", b"nted", b"lthy", b"line",
    b"ssed", b"tted", b"orum", b"eady", b"oked", b"tled", b"eded", b"cess", b"nced", b"sted", b"alid", b"fied",
]);

#[inline]
fn may_matter(key: &[u8]) -> bool {
    let begins_alike = matches!(key.first(), Some(b'e' | b'g' | b'h' | b'l' | b'p' | b'r' | b's' | b'u'));
    // Names end as that one does, and there are many of them.
    begins_alike && (ENDINGS.may_end(key) || key == b"event.outcome")
}

/// The same look for a log record's attribute that no convention knows by its name.
#[inline]
fn may_ask(key: &[u8], value: &[u8]) -> bool {
    ASKING.may_end(key) || value.first() == Some(&BOOL)
}

/// The same look at a key that may be one of many: `version`, `operation`, a path, a type.
#[inline]
fn ends_as_asking(key: &[u8]) -> bool {
    let Some(end) = key.last_chunk::<4>() else { return true };
    match &end.map(|byte| byte | 0x20) {
        b"sion" | b"tion" => {
            let ends =
                |word: &[u8]| key.len() >= word.len() && key[key.len() - word.len()..].eq_ignore_ascii_case(word);
            ends(b"conclusion") || ends(b"decision") || ends(b"exception") || key == b"event.action"
        }
        b"type" => key == b"event.type",
        b"path" | b"name" => false,
        _ => true,
    }
}

/// How a truth value's encoding begins.
const BOOL: u8 = 2 << 3;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: u8 = 1 << 3 | 2;
    const INT: u8 = 3 << 3;

    fn outcome(key: &str, text: &str) -> Outcome {
        outcome_of(key, &field(TEXT, text.as_bytes()))
    }

    fn field(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, content.len() as u8], content].concat()
    }

    #[test]
    fn a_word_of_an_outcome_is_one() {
        for (key, text, told) in [
            ("event.outcome", "failure", Outcome::Error),
            ("event.outcome", "success", Outcome::Unset),
            ("event.outcome", "unknown", Outcome::Unset),
            ("status", "declined", Outcome::Error),
            ("status", "404", Outcome::ClientError),
            ("result", "timeout", Outcome::Error),
            ("order", "failed", Outcome::Unset),
        ] {
            assert_eq!(outcome(key, text), told, "{key}={text}");
        }
    }

    fn outcome_of(key: &str, value: &[u8]) -> Outcome {
        let pair = [field(0x0a, key.as_bytes()), field(0x12, value)].concat();
        let mut attributes = Attributes::default();
        attributes.take_of_log(&pair).unwrap();
        attributes.clues.outcome()
    }

    /// Scenario: attributes as loggers name them, of the .NET kind, with a prefix, in snake case. Guarantees: what a key of
    /// a structured body says by its last part, ignoring case, is the outcome.
    #[test]
    fn an_attribute_is_asked_what_a_key_of_a_body_is_asked() {
        for (key, text, told) in [
            ("State", "Failed", Outcome::Error),
            ("NewState", "DOWN", Outcome::Error),
            ("State", "Succeeded", Outcome::Unset),
            ("job.status", "failed", Outcome::Error),
            ("payment_status", "declined", Outcome::Error),
            ("payment_status", "captured", Outcome::Unset),
            ("login_result", "denied", Outcome::Error),
            ("HealthStatus", "Unhealthy", Outcome::Error),
            ("Outcome", "Failure", Outcome::Error),
            ("decision", "reject", Outcome::Error),
            ("conclusion", "failure", Outcome::Error),
            ("phase", "aborted", Outcome::Error),
            ("reason", "bad password", Outcome::Error),
            ("reason", "no errors", Outcome::Unset),
            ("code", "Unavailable", Outcome::Error),
            ("grpc.code", "NOT_FOUND", Outcome::ClientError),
            ("errorMessage", "disk gone", Outcome::Error),
            ("error_message", "", Outcome::Unset),
            ("Exception", "x", Outcome::Error),
            ("stack_trace", "java.lang.X", Outcome::Error),
            ("stack", "Error: x\n at y", Outcome::Error),
            ("stack", "production", Outcome::Unset),
            ("event.type", "denied", Outcome::Error),
            ("event.action", "login-failed", Outcome::Error),
            ("asgi.event.type", "denied", Outcome::Unset),
            ("err_msg", "disk gone", Outcome::Error),
            ("Errno", "x", Outcome::Error),
            ("healthy", "false", Outcome::Error),
            ("Ready", "No", Outcome::Error),
            ("db.operation", "DROP", Outcome::Unset),
            ("job.name", "failed", Outcome::Unset),
            ("Id", "failed", Outcome::Unset),
        ] {
            assert_eq!(outcome(key, text), told, "{key}={text}");
        }
        for (key, number, told) in [
            ("StatusCode", 200, Outcome::Ok),
            ("StatusCode", 503, Outcome::Error),
            ("statusCode", 404, Outcome::ClientError),
            ("http.status", 500, Outcome::Error),
            ("response.status", 500, Outcome::Error),
            ("http.server.response.status_code", 500, Outcome::Error),
            ("ExitCode", 0, Outcome::Ok),
            ("exitCode", 137, Outcome::Error),
            ("job.exit_code", 1, Outcome::Error),
            ("country.code", 404, Outcome::Unset),
            ("ElapsedMilliseconds", 500, Outcome::Unset),
        ] {
            let mut value = Vec::new();
            crate::wire::put_varint(&mut value, u64::from(INT));
            crate::wire::put_varint(&mut value, number);
            assert_eq!(outcome_of(key, &value), told, "{key}={number}");
        }
        for (key, yes, no) in [
            ("ok", Outcome::Ok, Outcome::Error),
            ("Success", Outcome::Ok, Outcome::Error),
            ("job.ok", Outcome::Unset, Outcome::Error),
            ("healthy", Outcome::Ok, Outcome::Error),
            ("valid", Outcome::Unset, Outcome::Error),
            ("result", Outcome::Unset, Outcome::Error),
            ("timed_out", Outcome::Error, Outcome::Unset),
            ("Failed", Outcome::Error, Outcome::Ok),
            ("is_leader", Outcome::Unset, Outcome::Unset),
            ("cached", Outcome::Unset, Outcome::Unset),
        ] {
            assert_eq!((outcome_of(key, &[BOOL, 1]), outcome_of(key, &[BOOL, 0])), (yes, no), "{key}");
        }
    }

    #[test]
    fn a_level_is_one_in_any_case() {
        for key in ["level", "Level", "lvl", "LogLevel"] {
            let field = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
            let pair = [field(0x0a, key.as_bytes()), field(0x12, &field(0x0a, b"error"))].concat();
            let mut attributes = Attributes::default();
            attributes.take_of_log(&pair).unwrap();
            assert_eq!(attributes.level, Severity::Error, "{key}");
        }
    }

    #[test]
    fn every_key_that_is_known_is_one_at_the_first_look() {
        let keys = "http.response.status_code http.status_code rpc.grpc.status_code grpc.status_code \
            rpc.response.status_code error.type error.message exception.type exception.message exception.stacktrace error \
            err process.exit.code exit_code exit.code url.path http.target url.full http.url http.route \
            user_agent.original http.user_agent level log.level severity severity_text loglevel status status_code \
            success response_code exit_status rc result event.outcome log.record.template sluice.verdict sluice.category \
            sluice.fingerprint sluice.canary sluice.adjusted_count";
        for key in keys.split_ascii_whitespace() {
            assert!(super::may_matter(key.as_bytes()), "{key}");
        }
        let text = [TEXT, 1, b'x'];
        for key in [&b"log.file.name"[..], b"http.scheme", b"thread.id", b"code.function.name", b"code.file.path"] {
            assert!(!super::may_matter(key) && !super::may_ask(key, &text), "{key:?}");
        }
    }
}
