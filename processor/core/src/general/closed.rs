//! Words that are never data, whatever stands beside them: they say how it went.
//!
//! `compaction failed` must not slip into `compaction <word>`, nor `connection closed` into what covers
//! `connection opened`. The lists are part of the ruleset.

/// Beginnings and parts of words that tell of a fault.
const FAULTS: &[&str] = &[
    "abandon", "abort", "absent", "alarm", "alert", "attack", "backoff", "bad", "blocked", "breach", "broken", "cancel",
    "cannot", "conflict", "corrupt", "crash", "critical", "dead", "degrad", "denied", "deny", "diverg", "down", "drop",
    "emerg", "err", "evict", "exceed", "except", "exhaust", "expire", "fail", "fatal", "fault", "forbid", "full",
    "halt", "hang", "hung", "illegal", "impossible", "incorrect", "insufficient", "interrupt", "invalid", "kill",
    "leak", "lost", "malform", "mismatch", "missing", "offline", "oom", "outage", "overflow", "overload", "panic",
    "partial", "poison", "problem", "refus", "reject", "restart", "retr", "revok", "rollback", "segfault", "shutdown",
    "skip", "slow", "stale", "starv", "stuck", "suspend", "tamper", "terminat", "throttl", "timed", "timeout",
    "unable", "unauth", "unavail", "unexpected", "unhealthy", "unknown", "unreach", "unrecover", "unsupport", "unusable",
    "violat", "warn", "wrong",
];

/// States, answers and negations, which belong together in pairs and more.
const STATES: &[&str] = &[
    "accepted", "active", "add", "added", "allow", "allowed", "approved", "asleep", "available", "awake", "begin",
    "bound", "busy", "close", "closed", "closing", "committed", "complete", "completed", "connect", "connected",
    "connecting", "create", "created", "debug", "delete", "deleted", "disable", "disabled", "disconnect",
    "disconnected", "done", "empty", "enable", "enabled", "end", "ended", "enter", "entering", "exit", "exited",
    "exiting", "false", "fine", "finish", "finished", "free", "get", "granted", "head", "healthy", "hit", "idle",
    "inactive", "info", "initialized", "join", "joined", "leave", "left", "live", "lock", "locked", "logged", "login",
    "logout", "miss", "mounted", "never", "nil", "no", "none", "not", "notice", "null", "off", "ok", "on", "online",
    "open", "opened", "opening", "options", "paid", "passed", "patch", "paused", "pending", "permitted", "post", "put",
    "ready", "received", "recovered", "release", "released", "remove", "removed", "resumed", "run", "running", "sent",
    "start", "started", "starting", "stop", "stopped", "stopping", "subscribed", "succeeded", "success", "successful",
    "successfully", "trace", "true", "unlock", "unlocked", "unmounted", "unsubscribed", "up", "update", "updated",
    "valid", "waiting", "without", "yes",
];

/// No longer state than this.
const LONGEST: usize = 12;

pub fn is_closed(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
    FAULTS.iter().any(|fault| word.contains(fault))
        || word.ends_with("n't")
        || word.len() <= LONGEST && STATES.binary_search(&word).is_ok()
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
        for word in ["failed", "Failed,", "FAILURE", "timed-out", "unauthorized", "don't", "OK.", "closed", "java.io.IOException"] {
            assert!(is_closed(word), "{word}");
        }
        for word in ["alice", "orders", "berlin", "compaction", "nginx"] {
            assert!(!is_closed(word), "{word}");
        }
    }
}
