//! Zeros that tell: none of what goes wrong, `failed=0`, `0 errors`, is another event than some, and so is none of what
//! there should be some of, `replicas=0`; and a code of zero, `ret=0`, `result code 0x0`, says that all is well. Every other
//! number is data, whatever it is.

use super::bits::Bits;
use crate::lexicon::names_fault;

/// Whether a number is of that kind by what stands around it, so that a zero there is a part of the wording. Words with a
/// digit are not looked into.
pub fn tells_by_zero(text: &[u8], start: usize, end: usize, bits: &Bits) -> bool {
    let (key_end, is_key) = match text[..start] {
        [.., b'=' | b':'] => (start - 1, true),
        [.., b'=' | b':', b' '] => (start - 2, true),
        [.., b' '] => (start - 1, false),
        _ => (0, false),
    };
    let key_start = bits.word_start(key_end);
    if key_start < key_end && !bits.has_digit(key_start, key_end) {
        let key = &text[key_start..key_end];
        let ends_clause = matches!(text[end..], [] | [b',' | b';' | b')' | b'.', ..]);
        if is_code(key) || (is_key || ends_clause) && goes_wrong(key) || is_key && is_supply(key) {
            return true;
        }
    }
    // What is counted stands behind the number: `0 errors`.
    if text.get(end) != Some(&b' ') {
        return false;
    }
    let counted = end + 1..bits.word_end(end + 1);
    !counted.is_empty() && !bits.has_digit(counted.start, counted.end) && goes_wrong(&text[counted])
}

/// Whether a word is what somebody counts who looks for trouble.
fn goes_wrong(word: &[u8]) -> bool {
    const TROUBLE: [&[u8]; 14] = [
        b"alerts",
        b"bugs",
        b"conflicts",
        b"discarded",
        b"drops",
        b"duplicates",
        b"infected",
        b"misfires",
        b"offline",
        b"threats",
        b"underreplicated",
        b"vulnerabilities",
        b"violations",
        b"zombies",
    ];
    // How many there may be at most is a setting.
    if word.get(..3).is_some_and(|limit| limit.eq_ignore_ascii_case(b"max")) {
        return false;
    }
    names_fault(word) || TROUBLE.iter().any(|trouble| ends_with_part(word, trouble))
}

/// Whether a number is zero, in as many digits as there may be: `0`, `0x0`, `0000`.
pub fn is_zero(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"0x").unwrap_or(number);
    !digits.is_empty() && digits.iter().all(|&digit| digit == b'0')
}

/// Whether a word says that a result's code follows.
fn is_code(word: &[u8]) -> bool {
    const CODES: [&[u8]; 11] = [
        b"code",
        b"errno",
        b"rc",
        b"result",
        b"ret",
        b"retcode",
        b"retval",
        b"signal",
        b"sqlcode",
        b"sqlstate",
        b"status",
    ];
    CODES.iter().any(|code| ends_with_part(word, code))
}

/// Whether a key is what there should be some of.
fn is_supply(key: &[u8]) -> bool {
    const SUPPLY: [&[u8]; 14] = [
        b"alive",
        b"available",
        b"backends",
        b"brokers",
        b"consumers",
        b"free",
        b"healthy",
        b"isr",
        b"members",
        b"online",
        b"quorum",
        b"ready",
        b"remaining",
        b"replicas",
    ];
    SUPPLY.iter().any(|supply| ends_with_part(key, supply))
}

/// Whether a word is one of a list, or one of its parts is the last: `rows_dropped`, `availableReplicas`.
fn ends_with_part(word: &[u8], part: &[u8]) -> bool {
    let Some(at) = word.len().checked_sub(part.len()) else { return false };
    let begins = at == 0 || !word[at - 1].is_ascii_alphanumeric() || word[at].is_ascii_uppercase();
    begins && word[at..].eq_ignore_ascii_case(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_tells_where_it_counts_what_goes_wrong_or_what_there_should_be_some_of() {
        for line in [
            "failed=0",
            "errors_total=0",
            "Failures: 0, x",
            "ConnERR=0",
            "rows_dropped=0",
            "underReplicated=0",
            "0 errors",
            "0 missing",
            "rejected 0",
            "dropped 0, heap",
            "replicas=0",
            "notReady=0",
            "availableReplicas: 0",
            "ret=0",
            "result code 0 x",
            "exitCode=0",
            "conflicts=0",
            "bad 0",
            "Infected files: 0 infected",
        ] {
            assert!(tells(line), "{line}");
        }
        for line in [
            "0",
            "took 0 ms",
            "a=0",
            "offset 0",
            "0 of 7 failed",
            "failed7=0",
            "maxRetries=0",
            "error 0 x",
            "free 0",
            "0  errors",
        ] {
            assert!(!tells(line), "{line}");
        }
    }

    fn tells(line: &str) -> bool {
        let mut bits = Bits::default();
        bits.read(line.as_bytes());
        let zero = line.find('0').unwrap();
        tells_by_zero(line.as_bytes(), zero, zero + 1, &bits)
    }
}
