//! What stands for a path in an outline: one from the root, or one of several parts.

use memchr::memchr_iter;

use super::joins;
use crate::class::{Probe, is_file, is_root};
use crate::mine::bits::{Bits, PathMarks};
use crate::mine::places::{is_times, of_cache_result, of_exit_status};
use crate::mine::text::begins_with_host;

/// A path from the root, which is no prober's.
const ROOTED: u8 = 4;
/// What stands behind a URL's scheme, likewise.
const BEHIND_SCHEME: u8 = 13;
/// A path of at least three parts; what follows it at once may be part of it.
const PATH_OF_DIGITS: u8 = 6;
const PATH_OF_LETTERS: u8 = 7;
/// The times of a request, behind which its status stands.
const TIMES: u8 = 15;
/// A path that begins as only files' do.
const FILE: u8 = 12;
/// Two parts, of which one has a digit.
const PAIR_OF_DIGITS: u8 = 17;
const PAIR_OF_LETTERS: u8 = 18;

/// What stands for a path: one from the root, or one of at least three parts. The masks tell of most.
#[inline]
pub(super) fn path(text: &[u8], start: usize, end: usize, bits: &Bits) -> Option<u8> {
    let word = &text[start..end];
    let Some(PathMarks { slash, other: 0, query: 0 }) = bits.path(start, end) else {
        return any_path(text, start, end);
    };
    let first = word[0];
    let last = slash.checked_ilog2()? as usize;
    // Backslashes and a slash at the end are looked at one by one, and so is what is joined to an earlier path.
    if word[last] != b'/' || last + 1 == word.len() || first != b'/' && start > 0 && joins(text[start - 1]) {
        return any_path(text, start, end);
    }
    if start > 0 && matches!(text[start - 1], b'"' | b'\'') || Probe::may_end(&word[last + 1..], &word[..last]) {
        return None;
    }
    if first != b'/' {
        if !first.is_ascii_alphanumeric() || last as u32 == slash.trailing_zeros() {
            return any_path(text, start, end);
        }
        return Some(long_path(word));
    }
    let root = (slash & !1).trailing_zeros() as usize;
    match word.get(root) {
        Some(b'/') if root == 1 => Some(BEHIND_SCHEME),
        Some(b'/') => Some(if is_root(&word[1..root]) { FILE } else { ROOTED }),
        Some(_) => any_path(text, start, end),
        None => (!is_root(&word[1..])).then_some(ROOTED),
    }
}

/// The same by a look at each byte.
#[inline(never)]
fn any_path(text: &[u8], start: usize, end: usize) -> Option<u8> {
    let word = &text[start..end];
    // A quote behind a backslash ends nothing.
    if start > 0 && matches!(text[start - 1], b'"' | b'\'') || has_two_dots(word) || word.ends_with(b"\\") {
        return None;
    }
    let first = word[0];
    if first == b'/' {
        let mark = match word {
            [_, b'/', ..] => BEHIND_SCHEME,
            _ if is_file(word) && !word[1..].contains(&b'/') => return None,
            _ if is_file(word) => FILE,
            _ => ROOTED,
        };
        return (word.len() > 1 && !Probe::may_be(word)).then_some(mark);
    }
    // Joined to an earlier path it would lengthen that one's last part, while a slash begins another.
    let joined = start > 0 && joins(text[start - 1]);
    if Probe::may_be(word) || joined && !word[..word.len() - 1].contains(&b'/') {
        return None;
    }
    if !first.is_ascii_alphanumeric() {
        return None;
    }
    match word.iter().filter(|&&byte| matches!(byte, b'/' | b'\\')).count() {
        0 => None,
        1 if !is_pair(text, start, end) => None,
        1 => Some(if first.is_ascii_digit() { PAIR_OF_DIGITS } else { PAIR_OF_LETTERS }),
        _ => Some(long_path(word)),
    }
}

/// What stands for a path of at least three parts that begins with a letter or a digit.
fn long_path(word: &[u8]) -> u8 {
    match word[0] {
        b'0'..=b'9' if is_times(word) => TIMES,
        b'0'..=b'9' => PATH_OF_DIGITS,
        _ => PATH_OF_LETTERS,
    }
}

/// Whether a word is data in two parts, `node17/10.0.0.7`, which is no path.
fn is_pair(text: &[u8], start: usize, end: usize) -> bool {
    let word = &text[start..end];
    let may_be_more = word.contains(&b'@')
        || word.starts_with(b"HTTP/")
        || begins_with_host(word)
        || of_cache_result(word).is_some()
        || of_exit_status(word).is_some();
    let is_joined = start > 0 && joins(text[start - 1]) || matches!(text.get(end), Some(b'(' | b'='));
    word.iter().any(u8::is_ascii_digit) && !may_be_more && !is_joined
}

/// Whether there are two dots in a row.
pub(super) fn has_two_dots(word: &[u8]) -> bool {
    memchr_iter(b'.', word).any(|dot| word.get(dot + 1) == Some(&b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;
    use crate::mine::outline::tests::words;

    /// Scenario: paths of all sorts, alone and behind marks. Guarantees: the masks tell what a look at each byte does.
    #[test]
    fn masks_tell_a_path_as_its_bytes_do() {
        let parts = words(
            r"/ / // \ @ . .. ? # a b7 var health healthz ping 1 é file: data x.y verylongpartofthepath : = ~ ' - :/",
        );
        let mut below = numbers_below(7);
        let (mut bits, mut paths) = (Bits::default(), 0);
        for _ in 0..60_000 {
            let line: String = (0..=below(9)).map(|_| &*parts[below(parts.len())]).collect();
            let text = line.as_bytes();
            bits.read_words(text);
            for word in bits.numbers_and_paths().filter(|word| word.odd) {
                let told = any_path(text, word.start, word.end);
                paths += usize::from(told.is_some());
                assert_eq!(
                    path(text, word.start, word.end, &bits),
                    told,
                    "{:?} in {line:?}",
                    &line[word.start..word.end]
                );
            }
        }
        assert!(paths > 10_000, "{paths}");
    }
}
