//! The attributes that say something of a record's outcome or purpose, by the semantic conventions.

use std::borrow::Cow;

use super::{Tags, text_of};
use crate::any::{Any, KeyValue, short_pair};
use crate::class::{Clues, Outcome, Probe, Severity};
use crate::lexicon::endings::Endings;
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
            _ => self.look(&KeyValue::read(encoded)?),
        }
    }

    #[inline(never)]
    fn look(&mut self, pair: &KeyValue<'a>) -> Result<(), Malformed> {
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
                let text = match (&value, value.whole()) {
                    (Any::Bool(value), _) => Cow::Borrowed(if *value { &b"true"[..] } else { b"false" }),
                    (_, Some(number)) => Cow::Owned(number.to_string().into_bytes()),
                    _ => text_of(pair).unwrap_or_default(),
                };
                clues::named(pair.key, &text, true, &mut self.clues);
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
            _ => {}
        }
        Ok(())
    }
}

/// How the keys end that `look` knows.
static ENDINGS: Endings = Endings::new(&[
    b"de", b"pe", b"ge", b"ce", b"or", b"rr", b"th", b"et", b"ll", b"rl", b"te", b"al", b"nt", b"el", b"ty", b"xt",
    b"us", b"ss", b"rc", b"ct", b"ry", b"lt",
]);

#[inline]
fn may_matter(key: &[u8]) -> bool {
    let begins_alike = matches!(key.first(), Some(b'e' | b'g' | b'h' | b'l' | b'p' | b'r' | b's' | b'u'));
    // Names end as that one does, and there are many of them.
    begins_alike && (ENDINGS.may_end(key) || key == b"event.outcome")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(key: &str, text: &str) -> Outcome {
        let field = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
        let pair = [field(0x0a, key.as_bytes()), field(0x12, &field(0x0a, text.as_bytes()))].concat();
        let mut attributes = Attributes::default();
        attributes.take(&pair).unwrap();
        attributes.clues.outcome()
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
        assert!(!super::may_matter(b"log.file.name") && !super::may_matter(b"http.scheme"));
    }
}
