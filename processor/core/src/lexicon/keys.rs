//! What a key is asked by its name: of what it has, which is wording and which is data.

use super::endings::Endings;

/// Whether a key asks how something is, or how or why it went so: `status`, `job_state`, `http.result`, `reason`.
pub fn asks_state(key: &[u8]) -> bool {
    STATES_END.may_end(key) && {
        let last = last_part(key);
        STATES.iter().any(|name| last.eq_ignore_ascii_case(name))
    }
}

const STATES: [&[u8]; 12] = [
    b"cause",
    b"conclusion",
    b"decision",
    b"health",
    b"outcome",
    b"phase",
    b"reason",
    b"result",
    b"stat",
    b"state",
    b"status",
    b"verdict",
];

/// How these end.
static STATES_END: Endings = Endings::of(&STATES);

/// Whether what a key has is a part of the wording: how something is, or what kind of thing it is.
pub fn has_wording(key: &[u8]) -> bool {
    asks_state(key) || asks_kind(key)
}

/// Whether what a key has is data also when it is several words.
pub fn has_data(key: &[u8]) -> bool {
    !has_wording(key) && !has_message(key)
}

/// Whether what a key has is the message itself, be it one word: `msg=connected`.
pub fn is_message(key: &[u8]) -> bool {
    let last = last_part(key);
    [&b"msg"[..], b"message", b"event"].iter().any(|name| last.eq_ignore_ascii_case(name))
}

/// Whether what a key has says what happened, in words.
fn has_message(key: &[u8]) -> bool {
    let last = last_part(key);
    let names: [&[u8]; 16] = [
        b"action", b"body", b"comment", b"detail", b"details", b"err", b"error", b"event", b"info", b"message", b"msg",
        b"note", b"output", b"summary", b"text", b"warning",
    ];
    names.iter().any(|name| last.eq_ignore_ascii_case(name))
}

/// Keys whose quoted value is what something is called, never how it goes: it varies although it reads like text. What
/// has the name may stand before it: `media.name`, `User-Name`, `displayName`; nobody looks into one that is data itself.
pub fn is_naming(key: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'-' | b'_');
    let last = last_part(key);
    key.iter().all(is_part) && NAMING.iter().any(|name| last.eq_ignore_ascii_case(name))
}

const NAMING: [&[u8]; 27] = [
    b"agent",
    b"args",
    b"cmd",
    b"command",
    b"device",
    b"dir",
    b"file",
    b"filename",
    b"host",
    b"hostname",
    b"label",
    b"model",
    b"name",
    b"owner",
    b"path",
    b"query",
    b"referer",
    b"referrer",
    b"sql",
    b"ssid",
    b"subject",
    b"tag",
    b"title",
    b"url",
    b"user",
    b"useragent",
    b"username",
];

/// Keys whose value is what some thing is called: that a job is called `crash-test` says nothing of how it went.
pub fn names_thing(key: &[u8]) -> bool {
    const THINGS: [&[u8]; 54] = [
        b"app",
        b"application",
        b"branch",
        b"bucket",
        b"caller",
        b"category",
        b"class",
        b"cluster",
        b"collection",
        b"column",
        b"component",
        b"container",
        b"database",
        b"db",
        b"domain",
        b"entity",
        b"from",
        b"func",
        b"function",
        b"group",
        b"handler",
        b"id",
        b"image",
        b"index",
        b"job",
        b"key",
        b"logger",
        b"metric",
        b"module",
        b"namespace",
        b"node",
        b"package",
        b"param",
        b"plugin",
        b"pod",
        b"process",
        b"program",
        b"project",
        b"queue",
        b"recipient",
        b"relay",
        b"role",
        b"rule",
        b"schema",
        b"sender",
        b"server",
        b"service",
        b"source",
        b"table",
        b"target",
        b"task",
        b"tenant",
        b"thread",
        b"topic",
    ];
    let last = last_part(key);
    is_naming(key)
        || THINGS.iter().any(|name| last.eq_ignore_ascii_case(name))
        || matches!(last, b"to" | b"unit" | b"vhost" | b"zone" | b"ID" | b"Id")
}

/// Keys that ask what kind of thing it is: their value is a part of the wording.
fn asks_kind(key: &[u8]) -> bool {
    let last = last_part(key);
    let names: [&[u8]; 7] = [b"op", b"operation", b"type", b"kind", b"mode", b"action", b"method"];
    let is_written_alike = !last.iter().any(u8::is_ascii_uppercase) || !last.iter().any(u8::is_ascii_lowercase);
    is_written_alike && names.iter().any(|name| last.eq_ignore_ascii_case(name))
        || last.len() < key.len() && matches!(last, b"Type" | b"Kind" | b"Mode" | b"Action" | b"Method")
        || asks_operation(key)
}

/// Whether a key has one of two states between which something goes: `old=IDLE new=RINGING`.
pub fn is_turn(key: &[u8]) -> bool {
    let names: [&[u8]; 8] = [b"old", b"new", b"prev", b"previous", b"cur", b"current", b"last", b"next"];
    names.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// Whether a key names a thing that may as well be a state: `from=IDLE to=RESUME`, `role=standby`.
pub fn may_have_state(key: &[u8]) -> bool {
    [&b"from"[..], b"to", b"role"].iter().any(|name| last_part(key).eq_ignore_ascii_case(name))
}

/// Whether a key asks how it went, so that `true` is another event than `false`; the last of its words tells.
pub fn is_answer(key: &[u8]) -> bool {
    ANSWERS_END.may_end(key)
        && ANSWERS.iter().any(|end| key.len() >= end.len() && key[key.len() - end.len()..].eq_ignore_ascii_case(end))
}

const ANSWERS: [&[u8]; 41] = [
    b"accepted",
    b"alive",
    b"allowed",
    b"approved",
    b"authenticated",
    b"authorized",
    b"available",
    b"blocked",
    b"captured",
    b"completed",
    b"connected",
    b"consistent",
    b"degraded",
    b"delivered",
    b"denied",
    b"err",
    b"error",
    b"expired",
    b"failed",
    b"failure",
    b"found",
    b"granted",
    b"healthy",
    b"leader",
    b"locked",
    b"ok",
    b"online",
    b"passed",
    b"permitted",
    b"quorum",
    b"reachable",
    b"ready",
    b"rejected",
    b"revoked",
    b"settled",
    b"succeeded",
    b"success",
    b"synced",
    b"trusted",
    b"valid",
    b"verified",
];

/// How these end.
static ANSWERS_END: Endings = Endings::of(&ANSWERS);

/// Whether a key names who has a part that somebody should have, so that nobody there is an event: `leader=none`.
pub fn names_holder(key: &[u8]) -> bool {
    let last = last_part(key);
    let names: [&[u8]; 5] = [b"backend", b"leader", b"master", b"primary", b"winner"];
    names.iter().any(|name| last.eq_ignore_ascii_case(name))
}

/// The last of the words that a key is made of: of `http.state`, `job_state` and `jobState`.
pub fn last_part(key: &[u8]) -> &[u8] {
    let begins = |pair: &[u8]| {
        matches!(pair[0], b'.' | b'_' | b'-') || pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()
    };
    &key[key.windows(2).rposition(begins).map_or(0, |at| at + 1)..]
}

/// Whether a key has the name of what was done, as records of audits have it: `verb`, `eventName`, `method_name`.
pub fn asks_operation(key: &[u8]) -> bool {
    // Of the many names most have something else before them.
    let is_other_name =
        matches!(key, [.., before, b'n' | b'N', b'a', b'm', b'e'] if !matches!(before, b't' | b'd' | b'n' | b'_'));
    OPERATIONS_END.may_end(key) && !is_other_name && {
        let own = &key[key.iter().rposition(|&byte| byte == b'.').map_or(0, |dot| dot + 1)..];
        let last = last_part(own);
        let is_own = || OPERATIONS.iter().any(|name| own.eq_ignore_ascii_case(name));
        last.eq_ignore_ascii_case(b"verb") || last.eq_ignore_ascii_case(b"operation") || is_own()
    }
}

const OPERATIONS: [&[u8]; 10] = [
    b"verb",
    b"operation",
    b"eventName",
    b"event_name",
    b"eventType",
    b"event_type",
    b"methodName",
    b"method_name",
    b"operationName",
    b"operation_name",
];

/// How these end.
static OPERATIONS_END: Endings = Endings::of(&OPERATIONS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_ask_how_or_why_it_went_are_known_by_their_last_part() {
        for key in [&b"status"[..], b"job_state", b"http.result", b"Reason", b"root-cause"] {
            assert!(asks_state(key), "{}", String::from_utf8_lossy(key));
        }
        assert!(!asks_state(b"reasoner") && !asks_state(b"state_file"));
    }

    #[test]
    fn keys_that_name_what_was_done_ask_the_kind() {
        for key in [&b"verb"[..], b"eventName", b"EventName", b"audit.eventType", b"method_name", b"dbOperation"] {
            assert!(asks_operation(key) && has_wording(key), "{}", String::from_utf8_lossy(key));
        }
        for key in [&b"name"[..], b"userName", b"verbose", b"type", b"file_name"] {
            assert!(!asks_operation(key), "{}", String::from_utf8_lossy(key));
        }
    }
}
