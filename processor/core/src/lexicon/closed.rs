//! Words that are never data, whatever stands beside them: they say how it went.
//!
//! `compaction failed` must not slip into `compaction <word>`, nor `connection closed` into what covers
//! `connection opened`.

use super::outcomes::{FAULTS, FAULTS_WITHIN, NOT_UNDONE, SIGNS, STATES, STATES_ENDING};

/// No longer word is asked about.
pub const LONGEST: usize = 64;

/// Whether a word says how it went; data that is no text does not.
pub fn tells(word: &[u8]) -> bool {
    std::str::from_utf8(word).is_ok_and(is_closed)
}

pub fn is_closed(word: &str) -> bool {
    let mut lower = [0; LONGEST];
    let Some(lower) = lowered(word.as_bytes(), &mut lower) else { return false };
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let start = lower.iter().position(is_letter).unwrap_or(0);
    let end = lower.iter().rposition(is_letter).map_or(start, |at| at + 1);
    let plain = &lower[start..end];
    if is_library(plain) {
        return false;
    }
    plain.ends_with(b"n't")
        || [&b"non-"[..], b"not-", b"not_"].iter().any(|negation| plain.starts_with(negation))
        || !word.is_ascii() && SIGNS.iter().any(|sign| word.contains(sign))
        || is_listed_state(plain)
        || is_undone(plain)
        || ends_in_state(&word.as_bytes()[start..end], plain)
        || (start..end).any(|at| fault(word.as_bytes(), lower, at).is_some())
}

/// Whether a word is a state by itself, in any case.
pub fn is_state(word: &[u8]) -> bool {
    let mut lower = [0; LONGEST];
    lowered(word, &mut lower).is_some_and(is_listed_state)
}

fn is_listed_state(lower: &[u8]) -> bool {
    beginning_alike(STATES, &STATES_BEGIN, lower).iter().any(|state| state.as_bytes() == lower)
}

/// Whether a word says by its form that something was undone or done wrong: `unplugged`, `dismounted`, `misrouted`.
fn is_undone(lower: &[u8]) -> bool {
    let rest = [&b"un"[..], b"dis", b"mis"].iter().find_map(|prefix| lower.strip_prefix(*prefix));
    rest.and_then(|rest| rest.strip_suffix(b"ed"))
        .is_some_and(|stem| stem.len() > 1 && stem.iter().all(u8::is_ascii_lowercase))
        && !NOT_UNDONE.iter().any(|name| name.as_bytes() == lower)
}

/// Whether the last part of a name of several says how something is: `HALF_OPEN`, `poweredOff`.
fn ends_in_state(word: &[u8], lower: &[u8]) -> bool {
    let is_last =
        |at: &usize| begins(word, *at) && (word[at - 1].is_ascii_lowercase() || matches!(word[at - 1], b'_' | b'-'));
    let Some(at) = (1..word.len()).rev().find(is_last) else { return false };
    let last = &lower[at..];
    STATES_ENDING.iter().any(|state| state.as_bytes() == last) || is_undone(last)
}

fn lowered<'l>(word: &[u8], lower: &'l mut [u8; LONGEST]) -> Option<&'l [u8]> {
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    Some(lower)
}

/// Whether that names a library, as systems of packages have them, and not how it went with one: `libgpg-error-dev`.
fn is_library(word: &[u8]) -> bool {
    let Some(dash) = word.iter().rposition(|&byte| byte == b'-') else { return false };
    let is_one = word.starts_with(b"lib") && word[3].is_ascii_alphanumeric() && !word.starts_with(b"librar");
    is_one && told(&word[dash + 1..]).is_none()
}

/// Whether a word tells of a fault; one that is longer than any name does not.
pub fn names_fault(word: &[u8]) -> bool {
    let mut lower = [0; LONGEST];
    lowered(word, &mut lower).is_some_and(|lower| (0..word.len()).any(|at| fault(word, lower, at).is_some()))
}

/// The faults that the parts of a word tell of, as the lists have them, in the order of the parts.
pub fn faults(word: &str) -> impl Iterator<Item = &'static str> {
    let lower = word.to_ascii_lowercase();
    (0..word.len()).filter_map(move |at| fault(word.as_bytes(), lower.as_bytes(), at))
}

/// The fault that the part of a word tells of which begins there, if one does.
fn fault(word: &[u8], lower: &[u8], at: usize) -> Option<&'static str> {
    told_anywhere(&lower[at..]).or_else(|| if begins(word, at) { told(&lower[at..]) } else { None })
}

/// The fault that is told by what begins here.
fn told(rest: &[u8]) -> Option<&'static str> {
    beginning_alike(FAULTS, &FAULTS_BEGIN, rest).iter().find(|fault| rest.starts_with(fault.as_bytes())).copied()
}

/// Those of a list that have a word's first letter.
fn beginning_alike(list: &'static [&'static str], begins: &'static Beginnings, word: &[u8]) -> &'static [&'static str] {
    let letter = word.first().map_or(LETTERS, |first| usize::from(first.wrapping_sub(b'a')));
    if letter >= LETTERS {
        return &[];
    }
    &list[usize::from(begins[letter])..usize::from(begins[letter + 1])]
}

const LETTERS: usize = 26;
/// Where the words of a list in order begin that have a letter first, by its place in the alphabet, and where they end.
type Beginnings = [u16; LETTERS + 1];
static STATES_BEGIN: Beginnings = beginnings(STATES);
static FAULTS_BEGIN: Beginnings = beginnings(FAULTS);

const fn beginnings(list: &[&str]) -> Beginnings {
    let mut begins = [0; LETTERS + 1];
    let (mut letter, mut at) = (0, 0);
    while letter < LETTERS {
        while at < list.len() && list[at].as_bytes()[0] < b'a' + letter as u8 {
            at += 1;
        }
        begins[letter] = at as u16;
        letter += 1;
    }
    begins[LETTERS] = list.len() as u16;
    begins
}

fn told_anywhere(rest: &[u8]) -> Option<&'static str> {
    let may_begin = matches!(rest[0], b'e' | b'f' | b'r' | b't');
    if may_begin { FAULTS_WITHIN.iter().find(|fault| rest.starts_with(fault.as_bytes())).copied() } else { None }
}

/// Whether a part of the word begins there.
fn begins(word: &[u8], at: usize) -> bool {
    word[at].is_ascii_alphabetic()
        && (at == 0
            || !word[at - 1].is_ascii_alphabetic()
            || word[at - 1].is_ascii_lowercase() && word[at].is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order_so_that_their_words_are_found() {
        for list in [STATES, FAULTS, STATES_ENDING, NOT_UNDONE] {
            let unsorted: Vec<_> = list.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
            assert!(unsorted.is_empty(), "{unsorted:?}");
        }
        let doubled: Vec<_> = FAULTS.windows(2).filter(|pair| pair[1].starts_with(pair[0])).collect();
        assert!(doubled.is_empty(), "{doubled:?}");
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
            "library-error",
            "liberror",
            "libssl-failed",
            "lib-error-x",
            "non-compliant",
            "NOT_SERVING",
            "split-brain",
            "NodeNotReady",
            "unresponsive",
            "ECONNRESET",
            "abgelehnt",
            "HALF_OPEN",
            "poweredOff",
            "out_of_stock",
            "OutOfSync",
            "CTRL-EVENT-DISCONNECTED",
            "SchedulingDisabled",
            "unplugged",
            "Dismounted",
            "misrouted,",
            "volumeUnsealed",
            "oversold",
            "past_due",
            "VFIB",
            "❌",
            "⚠️",
        ] {
            assert!(is_closed(word), "{word}");
        }
        for word in [
            "alice",
            "orders",
            "berlin",
            "compaction",
            "nginx",
            "DEFAULT",
            "terraform",
            "libgpg-error-dev",
            "get_user",
            "order_created",
            "sign-on",
            "top_left",
            "tier-enabled",
            "used",
            "United",
            "Distributed",
            "unfed",
            "undo",
        ] {
            assert!(!is_closed(word), "{word}");
        }
    }
}
