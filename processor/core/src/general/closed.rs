//! Words that are never data, whatever stands beside them: they say how it went.
//!
//! `compaction failed` must not slip into `compaction <word>`, nor `connection closed` into what covers
//! `connection opened`. The lists are part of the ruleset.

/// What words of a fault begin with, or parts of a word in camel case or with separators in it.
const FAULTS: &[&str] = &[
    "abandon",
    "abort",
    "absent",
    "alarm",
    "alert",
    "attack",
    "backoff",
    "bad",
    "blocked",
    "breach",
    "broken",
    "cancel",
    "cannot",
    "conflict",
    "corrupt",
    "crash",
    "critical",
    "dead",
    "degrad",
    "denied",
    "deny",
    "diverg",
    "down",
    "drop",
    "emerg",
    "err",
    "evict",
    "exceed",
    "except",
    "exhaust",
    "expire",
    "fail",
    "fatal",
    "fault",
    "forbid",
    "full",
    "halt",
    "hang",
    "hung",
    "illegal",
    "impossible",
    "incorrect",
    "insufficient",
    "interrupt",
    "invalid",
    "kill",
    "leak",
    "lost",
    "malform",
    "mismatch",
    "missing",
    "offline",
    "oom",
    "outage",
    "overflow",
    "overload",
    "panic",
    "partial",
    "poison",
    "problem",
    "refus",
    "reject",
    "restart",
    "retr",
    "revok",
    "rollback",
    "segfault",
    "shutdown",
    "skip",
    "slow",
    "stale",
    "starv",
    "stuck",
    "suspend",
    "tamper",
    "terminat",
    "throttl",
    "timed",
    "timeout",
    "unable",
    "unauth",
    "unavail",
    "unexpected",
    "unhealthy",
    "unknown",
    "unreach",
    "unrecover",
    "unsupport",
    "unusable",
    "violat",
    "warn",
    "wrong",
];

/// What tells of a fault wherever it stands in a word.
const FAULTS_WITHIN: &[&str] = &["error", "exception", "fail", "refused", "timeout"];

/// States, answers and negations, which belong together in pairs and more.
const STATES: &[&str] = &[
    "accepted",
    "active",
    "add",
    "added",
    "allow",
    "allowed",
    "approved",
    "asleep",
    "available",
    "awake",
    "begin",
    "bound",
    "busy",
    "close",
    "closed",
    "closing",
    "committed",
    "complete",
    "completed",
    "connect",
    "connected",
    "connecting",
    "create",
    "created",
    "debug",
    "delete",
    "deleted",
    "disable",
    "disabled",
    "disconnect",
    "disconnected",
    "done",
    "empty",
    "enable",
    "enabled",
    "end",
    "ended",
    "enter",
    "entering",
    "exit",
    "exited",
    "exiting",
    "false",
    "fine",
    "finish",
    "finished",
    "free",
    "get",
    "granted",
    "head",
    "healthy",
    "hit",
    "idle",
    "inactive",
    "info",
    "initialized",
    "join",
    "joined",
    "leave",
    "left",
    "live",
    "lock",
    "locked",
    "logged",
    "login",
    "logout",
    "miss",
    "mounted",
    "never",
    "nil",
    "no",
    "none",
    "not",
    "notice",
    "null",
    "off",
    "ok",
    "on",
    "online",
    "open",
    "opened",
    "opening",
    "options",
    "paid",
    "passed",
    "patch",
    "paused",
    "pending",
    "permitted",
    "post",
    "put",
    "ready",
    "received",
    "recovered",
    "release",
    "released",
    "remove",
    "removed",
    "resumed",
    "run",
    "running",
    "sent",
    "start",
    "started",
    "starting",
    "stop",
    "stopped",
    "stopping",
    "subscribed",
    "succeeded",
    "success",
    "successful",
    "successfully",
    "trace",
    "true",
    "unlock",
    "unlocked",
    "unmounted",
    "unsubscribed",
    "up",
    "update",
    "updated",
    "valid",
    "waiting",
    "without",
    "yes",
];

/// No longer state than this.
const LONGEST: usize = 12;

pub fn is_closed(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let plain = lower.trim_matches(|letter: char| !letter.is_alphanumeric());
    plain.ends_with("n't")
        || plain.len() <= LONGEST && STATES.binary_search(&plain).is_ok()
        || FAULTS_WITHIN.iter().any(|fault| lower.contains(fault))
        || beginnings(word).any(|at| FAULTS.iter().any(|fault| lower[at..].starts_with(fault)))
}

/// Where the parts of a word begin.
fn beginnings(word: &str) -> impl Iterator<Item = usize> {
    let bytes = word.as_bytes();
    (0..bytes.len()).filter(|&at| {
        bytes[at].is_ascii_alphabetic()
            && (at == 0
                || !bytes[at - 1].is_ascii_alphabetic()
                || bytes[at - 1].is_ascii_lowercase() && bytes[at].is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_are_in_order_so_that_they_are_found() {
        let mut sorted = STATES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let unsorted: Vec<_> = STATES.iter().zip(&sorted).filter(|(one, other)| one != other).collect();
        assert!(unsorted.is_empty(), "{unsorted:?}");
        assert!(STATES.iter().all(|state| state.len() <= LONGEST));
    }

    #[test]
    fn what_tells_of_an_outcome_is_closed_in_any_form() {
        for word in [
            "failed",
            "Failed,",
            "FAILURE",
            "timed-out",
            "unauthorized",
            "don't",
            "OK.",
            "closed",
            "java.io.IOException",
            "diskFull",
            "CONN_REFUSED",
        ] {
            assert!(is_closed(word), "{word}");
        }
        for word in ["alice", "orders", "berlin", "compaction", "nginx", "DEFAULT", "terraform"] {
            assert!(!is_closed(word), "{word}");
        }
    }
}
