//! What a named value says of a record's outcome, in text, logfmt or JSON. Unsure means nothing.

use super::counts::is_zero;
use crate::class::{Clues, Outcome};

/// Whether a key may be one of those known here: a look at its first letter, or at how it ends.
#[inline]
pub fn may_name(key: &[u8]) -> bool {
    matches!(key.first().map(u8::to_ascii_lowercase), Some(b'c' | b'e' | b'g' | b'h' | b'r' | b's')) || is_status(key)
}

/// Whether a key is a status by its end, whatever has it: `upstream_status`, `DownstreamStatus`.
#[inline]
fn is_status(key: &[u8]) -> bool {
    key.last_chunk().is_some_and(|end: &[u8; 6]| end.eq_ignore_ascii_case(b"status"))
}

/// Whether a number behind this word may say something of an outcome; most words surely say that it does not.
#[inline]
pub fn may_tell(word: &[u8]) -> bool {
    // Sentence marks at its end are no part of it.
    if word.last().is_some_and(|last| matches!(last, b's' | b'S' | b'.' | b'!' | b'?'))
        && is_status(without_marks(word))
    {
        return true;
    }
    match *word {
        [b'r' | b'R', b'c' | b'C', ..] => true,
        [first, second, third, ..] => matches!(
            &[first | 0x20, second | 0x20, third | 0x20],
            b"ans"
                | b"cod"
                | b"com"
                | b"err"
                | b"exc"
                | b"exi"
                | b"grp"
                | b"htt"
                | b"res"
                | b"ret"
                | b"rpc"
                | b"sen"
                | b"sta"
                | b"suc"
                | b"wex"
        ),
        _ => false,
    }
}

fn without_marks(word: &[u8]) -> &[u8] {
    let marks = word.iter().rev().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
    &word[..word.len() - marks]
}

/// `assigned`: it is surely a key's value, not prose with a colon.
pub fn named(key: &[u8], value: &[u8], assigned: bool, clues: &mut Clues) {
    if !may_name(key) {
        return;
    }
    let mut name = [0u8; 28];
    let Some(name) = name.get_mut(..key.len()) else { return };
    name.copy_from_slice(key);
    name.make_ascii_lowercase();
    match asks(name) {
        Asks::HttpStatus => {
            if let Some(status) = number(value).filter(|_| value.len() == 3) {
                clues.http(status);
            } else if is_answer_of_card(name, value) {
                exit(clues, i64::from(!is_zero(value)));
            } else if name == b"code"
                && let Some(code) = grpc_code(value)
            {
                clues.grpc(code);
            }
        }
        Asks::GrpcStatus => match number(value) {
            Some(code) => clues.grpc(code),
            None => {
                if let Some(code) = grpc_code(value) {
                    clues.grpc(code);
                }
            }
        },
        Asks::ExitCode => {
            if let Some(code) = number(value) {
                exit(clues, code);
            }
        }
        Asks::Success if assigned => {
            if value.eq_ignore_ascii_case(b"true") {
                clues.exit = clues.exit.max(Outcome::Ok);
            } else if value.eq_ignore_ascii_case(b"false") {
                clues.exit = Outcome::Error;
            }
        }
        Asks::Fault if assigned => match &value.to_ascii_lowercase()[..] {
            b"" | b"-" | b"ok" | b"success" | b"false" => {}
            code if is_zero(code) => {}
            b"<nil>" | b"nil" | b"null" | b"none" => clues.no_error = true,
            _ => clues.error = true,
        },
        _ => {}
    }
}

/// Whether that is what a card's issuer answers, of which two zeros alone are an approval: `responseCode=51`.
fn is_answer_of_card(name: &[u8], value: &[u8]) -> bool {
    matches!(name, b"response_code" | b"response-code" | b"response.code" | b"responsecode")
        && value.len() == 2
        && value.iter().all(u8::is_ascii_digit)
}

/// What a key asks of its value, as far as that tells how something went.
#[derive(Clone, Copy, PartialEq)]
pub enum Asks {
    HttpStatus,
    GrpcStatus,
    ExitCode,
    /// `true` or `false`.
    Success,
    /// What the fault was, if there was one.
    Fault,
    Nothing,
}

/// `name`: a key in lower case.
pub fn asks(name: &[u8]) -> Asks {
    match name {
        b"status"
        | b"status_code"
        | b"statuscode"
        | b"status-code"
        | b"http_status"
        | b"http_status_code"
        | b"http.status"
        | b"http.status_code"
        | b"http.response.status_code"
        | b"response_code"
        | b"response_status"
        | b"response-code"
        | b"responsecode"
        | b"response.code"
        | b"resp_code"
        | b"respcode"
        | b"resp"
        | b"http_code"
        | b"http-code"
        | b"http.code"
        | b"httpcode"
        | b"httpstatuscode"
        | b"elb_status_code"
        | b"code" => Asks::HttpStatus,
        b"grpc-status"
        | b"grpc_status"
        | b"grpc.status"
        | b"grpc.code"
        | b"grpc_code"
        | b"grpc.status_code"
        | b"rpc.grpc.status_code"
        | b"rpc.response.status_code" => Asks::GrpcStatus,
        b"rc" | b"exit" | b"exit_code" | b"exitcode" | b"exit-code" | b"exit_status" | b"exitstatus"
        | b"returncode" | b"return_code" => Asks::ExitCode,
        b"success" => Asks::Success,
        b"err" | b"error" | b"exception" | b"errno" | b"errmsg" | b"err_msg" | b"err_code" | b"errorcode"
        | b"error_code" | b"errormessage" | b"error_message" | b"error_msg" => Asks::Fault,
        _ if is_status(name) => Asks::HttpStatus,
        _ => Asks::Nothing,
    }
}

/// What `true` or `false` says under a key that speaks of success; answers whether it was one. Deep in a structure such
/// a key may speak of something else, so there only bad news counts.
pub fn flag(name: &[u8], value: &[u8], top: bool, clues: &mut Clues) -> bool {
    let value =
        match value {
            _ if value.eq_ignore_ascii_case(b"true") => true,
            _ if value.eq_ignore_ascii_case(b"false") => false,
            _ => match (name, &value.to_ascii_lowercase()[..]) {
                // A number under the others may be how many.
                (b"success" | b"ok", b"1" | b"y")
                | (b"success" | b"ok" | b"healthy" | b"passed" | b"failed", b"yes") => true,
                (b"success" | b"ok", b"0" | b"n")
                | (b"success" | b"ok" | b"healthy" | b"passed" | b"failed", b"no") => false,
                _ => return false,
            },
        };
    match name {
        b"success" | b"ok" | b"healthy" | b"passed" if !value => clues.exit = Outcome::Error,
        b"success" | b"ok" | b"healthy" | b"passed" if top => clues.exit = clues.exit.max(Outcome::Ok),
        b"failed" if value => clues.exit = Outcome::Error,
        b"error" if value => clues.error = true,
        b"failed" | b"error" if top => clues.no_error = true,
        b"success" | b"ok" | b"healthy" | b"passed" | b"failed" | b"error" => {}
        _ => return false,
    }
    true
}

/// A gRPC code by its name, as newer conventions write it.
pub fn grpc_code(name: &[u8]) -> Option<i64> {
    const NAMES: [&[u8]; 17] = [
        b"OK",
        b"CANCELLED",
        b"UNKNOWN",
        b"INVALID_ARGUMENT",
        b"DEADLINE_EXCEEDED",
        b"NOT_FOUND",
        b"ALREADY_EXISTS",
        b"PERMISSION_DENIED",
        b"RESOURCE_EXHAUSTED",
        b"FAILED_PRECONDITION",
        b"ABORTED",
        b"OUT_OF_RANGE",
        b"UNIMPLEMENTED",
        b"INTERNAL",
        b"UNAVAILABLE",
        b"DATA_LOSS",
        b"UNAUTHENTICATED",
    ];
    let plain =
        |name: &[u8]| -> Vec<u8> { name.iter().filter(|&&byte| byte != b'_').map(u8::to_ascii_uppercase).collect() };
    let wanted = plain(name);
    NAMES.iter().position(|known| plain(known) == wanted).map(|code| code as i64)
}

pub fn exit(clues: &mut Clues, code: i64) {
    clues.exit = clues.exit.max(if code == 0 { Outcome::Ok } else { Outcome::Error });
}

/// Whether a process' code stands behind this word and a blank: `ended OK rc 8`, `the hook exited 1`.
pub fn is_exit(word: &[u8]) -> bool {
    let words: [&[u8]; 4] = [b"rc", b"exited", b"exitcode", b"wexitstatus"];
    words.iter().any(|exit| word.eq_ignore_ascii_case(exit))
}

/// Whether the words before `code` or `status` speak of a process' end, whose code is no status of a request.
pub fn exits(last: &[u8], before: &[u8]) -> bool {
    let is_exit = |word: &[u8]| {
        [&b"exit"[..], b"exited", b"terminated", b"died"].iter().any(|exit| word.eq_ignore_ascii_case(exit))
    };
    is_exit(last) || last.eq_ignore_ascii_case(b"with") && is_exit(before)
}

/// Whether the words before `code` or `status` speak of an end: `exit code`, `exited with code`, `with exit status`.
pub fn ends(last: &[u8], before: &[u8]) -> bool {
    let is_end = |word: &[u8]| {
        let ends: [&[u8]; 8] =
            [b"exit", b"exited", b"return", b"returned", b"terminated", b"finished", b"ended", b"completed"];
        ends.iter().any(|end| word.eq_ignore_ascii_case(end))
    };
    is_end(last) || last.eq_ignore_ascii_case(b"with") && is_end(before)
}

pub fn number(word: &[u8]) -> Option<i64> {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |value, &digit| value * 10 + i64::from(digit - b'0'));
    Some(if digits.len() == word.len() { value } else { -value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flagged(name: &str, value: &str, top: bool) -> Outcome {
        let mut clues = Clues::default();
        flag(name.as_bytes(), value.as_bytes(), top, &mut clues);
        clues.outcome()
    }

    #[test]
    fn a_flag_of_success_is_an_outcome() {
        for name in ["success", "ok", "healthy", "passed"] {
            assert_eq!(flagged(name, "true", true), Outcome::Ok, "{name}");
            assert_eq!(flagged(name, "false", true), Outcome::Error, "{name}");
        }
        for (value, outcome) in [("1", Outcome::Ok), ("Y", Outcome::Ok), ("yes", Outcome::Ok), ("0", Outcome::Error)] {
            assert_eq!(flagged("success", value, true), outcome, "{value}");
        }
        assert_eq!(flagged("healthy", "No", true), Outcome::Error);
        for name in ["failed", "error"] {
            assert_eq!(flagged(name, "True", true), Outcome::Error, "{name}");
            assert_eq!(flagged(name, "False", true), Outcome::Ok, "{name}");
        }
    }

    #[test]
    fn deep_in_a_structure_only_bad_news_counts() {
        assert_eq!(flagged("ok", "true", false), Outcome::Unset);
        assert_eq!(flagged("ok", "false", false), Outcome::Error);
        assert_eq!(flagged("error", "false", false), Outcome::Unset);
        assert_eq!(flagged("failed", "true", false), Outcome::Error);
    }

    #[test]
    fn other_keys_and_other_values_are_data() {
        for (name, value) in [
            ("enabled", "false"),
            ("cached", "true"),
            ("ok", "maybe"),
            ("failed", "3"),
            ("failed", "1"),
            ("passed", ""),
        ] {
            assert_eq!(flagged(name, value, true), Outcome::Unset, "{name}");
        }
    }
}
