//! Names that tell of a fault, as `jobs_failed` does: where others are data they are one that says so.

use std::borrow::Cow;

use crate::lexicon::faults;

/// Whether a word is a name of several parts of which one tells of a fault: `jobs_failed`, `DeadLetters`, no `timed-out`.
pub fn tells_of_fault(word: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric();
    let joins = |part: &[u8]| match *part {
        [before, b'_' | b'.', after] => is_part(before) && is_part(after),
        [_, before, after] => before.is_ascii_lowercase() && after.is_ascii_uppercase(),
        _ => false,
    };
    let is_compound =
        word.as_bytes().windows(3).any(joins) || word.split('-').filter(|part| !part.is_empty()).count() > 2;
    // Constants are codes: `ERR_READ` says what came of it.
    let is_constant = !word.bytes().any(|byte| byte.is_ascii_lowercase());
    is_compound && !is_constant && !word.contains(':') && faults(word).next().is_some()
}

/// The kind of the variable that a word is where others made its place one: with the faults that its name tells of.
pub fn kind_of(word: &str) -> Cow<'static, str> {
    let mut kind = Cow::Borrowed("word");
    if tells_of_fault(word) {
        let mut told = Vec::new();
        for fault in faults(word) {
            if !told.contains(&fault) {
                kind.to_mut().extend([if told.is_empty() { ":" } else { "+" }, fault]);
                told.push(fault);
            }
        }
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_several_parts_says_which_faults_it_tells_of() {
        assert_eq!(
            ["alice", "failed", "jobs_failed", "DeadJobsDead", "err_on_fail"].map(kind_of),
            ["word", "word", "word:fail", "word:dead", "word:err+fail"]
        );
    }
}
