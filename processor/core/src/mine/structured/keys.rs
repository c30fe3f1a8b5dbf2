//! What is asked of a value by its key, wherever in a structured body it stands. Levels and messages come before it.

use crate::lexicon::endings::Endings;
use crate::lexicon::keys::{asks_operation, asks_state, has_wording, is_answer, is_naming, names_thing};
use crate::lexicon::{may_tell, names_fault, tells};
use crate::mine::clues;
use crate::mine::words::{is_nothing, is_state, is_truth};

/// By a key's name in lower case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asks {
    /// No more than which kind of value it is.
    Nothing,
    /// Which severity.
    Priority,
    /// Whether it is a prober's path.
    Path,
    /// The same of a request line's.
    Request,
    /// Whether it is a prober.
    Agent,
    /// What it says of the outcome.
    Outcome,
    /// The same; most texts are a fault.
    Fault,
}

pub fn asks(name: &[u8]) -> Asks {
    match name {
        b"priority" | b"syslog_severity" => Asks::Priority,
        b"path" | b"url" | b"uri" | b"request_path" | b"request_uri" | b"url.path" | b"http.route" | b"http.target"
        | b"route" => Asks::Path,
        b"request" | b"request_line" => Asks::Request,
        b"user_agent" | b"useragent" | b"user-agent" | b"http_user_agent" | b"user_agent.original" => Asks::Agent,
        b"ok" | b"healthy" | b"passed" | b"failed" => Asks::Outcome,
        _ => match clues::asks(name) {
            clues::Asks::Nothing => Asks::Nothing,
            clues::Asks::Fault => Asks::Fault,
            _ => Asks::Outcome,
        },
    }
}

/// Whether a key's text stands in the shape: one word that says how it went or what happened, or any word where the key
/// asks for that.
#[inline]
pub fn says(key: &[u8], value: &[u8]) -> bool {
    (1..=LONGEST_WORD).contains(&value.len()) && value.iter().all(|&byte| is_part(byte)) && word_says(key, value)
}

/// The same of a text in which characters may be escaped, letters among them: `true` also where nobody knows.
#[inline]
pub fn may_say(key: &[u8], content: &[u8]) -> bool {
    match content.iter().position(|&byte| !is_part(byte)) {
        None => (1..=LONGEST_WORD).contains(&content.len()) && word_says(key, content),
        Some(at) => content[at] == b'\\' && content.get(at + 1) == Some(&b'u'),
    }
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.')
}

#[inline]
fn word_says(key: &[u8], value: &[u8]) -> bool {
    if asks_state(key) {
        return !value.contains(&b'.') || tells(value);
    }
    asks_operation(key) || may_tell(value) && says_anywhere(key, value)
}

/// The same under a key that asks neither how it went nor what was done.
#[inline(never)]
fn says_anywhere(key: &[u8], value: &[u8]) -> bool {
    if !tells(value) || is_nothing(value) {
        return false;
    }
    if has_wording(key) || is_event(key) {
        return names_fault(value);
    }
    if is_truth(value) || is_answer_word(value) {
        return keeps_truth(key);
    }
    // A thing of which nothing but its state is said: `"db":"down"`.
    let says_state = || is_state(value) && !is_naming(key) && !key.to_ascii_lowercase().ends_with(b"id");
    !names_thing(key) || says_state()
}

fn is_answer_word(value: &[u8]) -> bool {
    value.eq_ignore_ascii_case(b"yes") || value.eq_ignore_ascii_case(b"no")
}

fn is_event(key: &[u8]) -> bool {
    let begins = key.len().saturating_sub(b"event".len());
    key[begins..].eq_ignore_ascii_case(b"event")
}

/// Whether a key's `true` is another shape than its `false` wherever it stands: it asks how it went.
#[inline(never)]
pub fn keeps_truth(key: &[u8]) -> bool {
    is_answer(key) || asks_state(key) || names_fault(key)
}

/// No longer text stands in a shape.
const LONGEST_WORD: usize = 32;

/// The longest key that is asked anything.
pub const LONGEST: usize = 28;

/// A short key in lower case.
pub fn lower<'n>(key: &[u8], name: &'n mut [u8; LONGEST]) -> Option<&'n [u8]> {
    let name = name.get_mut(..key.len())?;
    name.copy_from_slice(key);
    name.make_ascii_lowercase();
    Some(name)
}

/// The rank of a key that carries the message; the lowest has it.
pub fn message_rank(name: &[u8]) -> Option<u8> {
    Some(match name {
        b"message" => 0,
        b"msg" => 1,
        b"event" => 2,
        b"log" => 3,
        b"text" => 4,
        b"@message" => 5,
        b"short_message" => 6,
        _ => return None,
    })
}

/// How every key ends of whose value anything but its kind may be asked, levels' and messages' too.
static ENDINGS: Endings = Endings::new(&[
    b"ty", b"th", b"rl", b"ri", b"te", b"et", b"st", b"ne", b"nt", b"al", b"us", b"de", b"rc", b"ss", b"ok", b"hy",
    b"ed", b"rr", b"or", b"on", b"ge", b"sg", b"og", b"xt", b"el", b"vl", b"me", b"no", b"@l", b".l", b".s", b"at",
    b"lt", b"se", b"ct", b"op", b"pe", b"nd", b"od",
]);

/// A cheap look at a key: whether anything but its kind may be asked of its value.
#[inline]
pub fn may_ask(key: &[u8]) -> bool {
    ENDINGS.may_end(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mine::structured::levels;

    #[test]
    fn every_key_of_which_more_is_asked_is_one_at_the_first_look() {
        let names = "priority syslog_severity path url uri request_path request_uri url.path http.route http.target \
            route request request_line user_agent useragent user-agent http_user_agent user_agent.original status \
            status_code statuscode status-code http_status http_status_code http.status http.status_code \
            http.response.status_code response_code response_status grpc-status grpc_status grpc.status grpc.code \
            grpc_code grpc.status_code rpc.grpc.status_code rpc.response.status_code rc exit_code exitcode exit-code \
            exit_status exitstatus returncode return_code success ok healthy passed failed err error exception \
            message msg event log text @message short_message level severity lvl loglevel log_level levelname \
            levelno level_name severity_text severitytext @level @l l s log.l record.s level.name severity.text";
        for name in names.split_ascii_whitespace() {
            let name = name.as_bytes();
            let is_asked = asks(name) != Asks::Nothing || message_rank(name).is_some() || levels::may_name(name, false);
            assert!(is_asked && may_ask(name) && may_ask(&name.to_ascii_uppercase()), "{name:?}");
        }
        for name in
            "status jobStat newState result event.outcome phase verdict health Reason cause decision conclusion op \
            operation type kind mode action method sub_event"
                .split_ascii_whitespace()
        {
            assert!(may_say(name.as_bytes(), b"failed") && may_ask(name.as_bytes()), "{name}");
        }
        for name in [&b"ts"[..], b"caller", b"order_id", b"kinds"] {
            assert!(!may_ask(name), "{name:?}");
        }
    }
}
