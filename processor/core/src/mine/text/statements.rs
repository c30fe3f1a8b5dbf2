//! Statements in SQL that a line ends with: they are one value, as any text that is quoted from elsewhere.

use memchr::memchr;

use super::Splitter;
use crate::mine::words::is_fault;

impl Splitter<'_, '_> {
    /// Where a statement in SQL begins that is all there is behind a colon, if the word before says that it is one or it
    /// surely is: `statement: commit`, `process 17: update a set b=c`.
    #[inline]
    pub(super) fn statement(&self, colon: usize, end: usize) -> Option<usize> {
        if end != self.text.len() || self.text.get(colon + 1) != Some(&b' ') {
            return None;
        }
        let blanks = self.text[colon + 1..].iter().take_while(|&&byte| byte == b' ').count();
        let start = colon + 1 + blanks;
        let rest = &self.text[start..];
        // The first letter tells of most words.
        if !rest.first().is_some_and(|first| first.is_ascii_alphabetic() && FIRST >> (first & 31) & 1 == 1) {
            return None;
        }
        self.any_statement(colon, start)
    }

    #[inline(never)]
    fn any_statement(&self, colon: usize, start: usize) -> Option<usize> {
        let rest = &self.text[start..];
        let (verb, behind) = rest.split_at(rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count());
        if !is_statement(verb) {
            return None;
        }
        let word = &self.text[self.bits.word_start(colon)..colon];
        let is_named = [&b"statement"[..], b"sql", b"query"].iter().any(|name| word.eq_ignore_ascii_case(name));
        let ends = behind.first().is_none_or(|byte| matches!(byte, b' ' | b';' | b'('));
        let second = behind.get(1..).and_then(|next| next.split(|&byte| byte == b' ').next()).unwrap_or_default();
        let is_one = ends && if is_named { !is_fault(second) } else { is_whole_statement(verb, behind) };
        is_one.then_some(start)
    }
}

/// What statements in SQL begin with that read or write rows. What changes a schema or rights is told apart: few do so,
/// and an audit asks for them.
const VERBS: [&[u8]; 17] = [
    b"analyze",
    b"begin",
    b"commit",
    b"delete",
    b"execute",
    b"explain",
    b"insert",
    b"merge",
    b"prepare",
    b"replace",
    b"rollback",
    b"savepoint",
    b"select",
    b"set",
    b"show",
    b"update",
    b"with",
];

/// The letters that they begin with, a bit each.
const FIRST: u32 = {
    let (mut letters, mut index) = (0, 0);
    while index < VERBS.len() {
        letters |= 1 << (VERBS[index][0] & 31);
        index += 1;
    }
    letters
};

fn is_statement(verb: &[u8]) -> bool {
    VERBS.iter().any(|known| verb.eq_ignore_ascii_case(known))
}

/// Whether what follows a statement's verb is what does in SQL and in no sentence.
fn is_whole_statement(verb: &[u8], behind: &[u8]) -> bool {
    let mut words = behind.split(|&byte| byte == b' ').skip(1);
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let follows = |word: &[u8], known: &[u8]| word.eq_ignore_ascii_case(known);
    match &verb.to_ascii_lowercase()[..] {
        b"select" => first.starts_with(b"*") || memchr(b'(', first).is_some_and(|at| at > 0),
        b"insert" => follows(first, b"into") && memchr(b'(', behind).is_some(),
        b"update" => follows(second, b"set") && memchr(b'=', behind).is_some(),
        b"begin" => behind.first() == Some(&b';'),
        _ => false,
    }
}
