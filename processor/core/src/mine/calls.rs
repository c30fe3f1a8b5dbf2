//! What called, and where in a program: `(collect at Orders.scala:17)` names one place, and is one value.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::lexicon::tells;

/// What is longer is looked at like any other text.
const LONGEST: usize = 256;
const AT: &[u8] = b" at ";

/// A call and its place at the end of the parentheses that begin there, alone or behind a further `at`.
pub fn in_parentheses(line: &[u8], open: usize) -> Option<Range<usize>> {
    let start = open + 1;
    let inside = &line[start..line.len().min(start + LONGEST)];
    let inside = &inside[..memchr(b')', inside)?];
    let at = memmem::rfind(inside, AT)?;
    let before = inside[..at].iter().rposition(|&byte| byte <= b' ').map_or(0, |blank| blank + 1);
    let call = &inside[before..at];
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.');
    let is_call = call.first().is_some_and(|byte| !byte.is_ascii_digit())
        && call.iter().all(is_name)
        && (!tells(call) || is_verb(call));
    let is_last = before == 0 || inside[..before].ends_with(AT);
    (is_call && is_last && is_place(&inside[at + AT.len()..])).then(|| start + before..start + inside.len())
}

/// Whether that is what a function is called, although a sentence could say it of how something went.
fn is_verb(call: &[u8]) -> bool {
    matches!(call, b"start" | b"stop" | b"open" | b"close" | b"run")
}

/// Whether that is the name of a file and the number of a line: `Orders.scala:17`, `/srv/orders.py:17`.
fn is_place(text: &[u8]) -> bool {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(file) = text[..text.len() - digits].strip_suffix(b":") else { return false };
    let kind = file.iter().rev().take_while(|byte| byte.is_ascii_lowercase()).count();
    digits > 0
        && kind > 0
        && file[..file.len() - kind].ends_with(b".")
        && file.iter().all(|&byte| byte > b' ' && byte != b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_and_its_place_are_one_value_at_the_end_of_parentheses() {
        for (line, call) in [
            ("(collect at Orders.scala:17) as", "collect at Orders.scala:17"),
            ("(Rows[7] at count at /srv/orders.py:3)", "count at /srv/orders.py:3"),
            ("($anon$2 at Orders.scala:17)", "$anon$2 at Orders.scala:17"),
            ("(start at Orders.java:0)", "start at Orders.java:0"),
            ("(failed at Orders.scala:17)", ""),
            ("(in a loop at Orders.scala:17)", ""),
            ("(began at 12:30)", ""),
            ("(began at home)", ""),
            ("(at Orders.scala:17", ""),
        ] {
            let found = in_parentheses(line.as_bytes(), 0).map_or("", |range| &line[range]);
            assert_eq!(found, call, "{line}");
        }
    }
}
