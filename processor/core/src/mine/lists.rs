//! Lists of words, in brackets (`[a, b]`, `{x,y,z}`) or joined by commas alone (`for na,nb`), which are one value however
//! many they hold.
//!
//! Only what separates words is looked at, and words without a digit, so that lines with the same outline have their
//! lists in the same places. A list of quoted values is put together where its pieces go (`sink`), and so is one of
//! numbers.

use std::ops::Range;

use memchr::{memchr2, memchr3, memmem};

use super::bits::Bits;
use super::clues::may_tell;
use super::words::{is_collection, is_nothing, is_state, is_truth};
use super::{MINED_BYTES, calls, commands, distinguished};
use crate::lexicon::keys::{asks_state, is_answer};
use crate::lexicon::tells;

/// A longer list is cut, and then it is none.
const LONGEST: usize = 1024;
/// So many words of a line are looked at for collections, those within several brackets several times: where many open and
/// none closes each would be looked for to no end. Words, not bytes, in which lines with the same outline differ.
const LOOKED_AT: usize = MINED_BYTES;

/// The lists of a line, one after the other.
pub struct Lists<'t> {
    line: &'t [u8],
    bits: &'t Bits,
    /// How far the line was looked at, and whether that is within double quotes.
    at: usize,
    quoted: bool,
    /// Where the next of `[ { "` and the next of `, (` were last seen to stand.
    bracket: usize,
    mark: usize,
    /// How many words may still be looked at for collections.
    left: usize,
}

impl<'t> Lists<'t> {
    pub fn new(line: &'t [u8], bits: &'t Bits) -> Self {
        Self { line, bits, at: 0, quoted: false, bracket: 0, mark: 0, left: LOOKED_AT }
    }

    /// Where from `at` on the next stands that may begin a list; `usize::MAX` when there is none.
    #[inline]
    fn look(&mut self) -> usize {
        let rest = &self.line[self.at.min(self.line.len())..];
        let place = |found: Option<usize>| found.map_or(usize::MAX, |found| self.at + found);
        if self.bracket <= self.at {
            self.bracket = place(memchr3(b'[', b'{', b'"', rest));
        }
        if self.mark <= self.at {
            self.mark = place(memchr2(b',', b'(', rest));
        }
        self.bracket.min(self.mark)
    }

    /// The content of the next list that begins at or after `from`.
    pub fn next(&mut self, from: usize) -> Option<Range<usize>> {
        loop {
            let mark = self.look();
            if mark == usize::MAX {
                return None;
            }
            self.at = mark + 1;
            let list = match self.line[mark] {
                b'"' => {
                    self.quoted = !self.quoted;
                    None
                }
                _ if self.quoted => None,
                b',' => joined(self.line, mark, self.bits)
                    .or_else(|| distinguished::around(self.line, mark, self.bits))
                    .filter(|list| list.start >= from),
                b'(' => printed(self.line, mark, self.bits, &mut self.left)
                    .or_else(|| held(self.line, mark, self.bits, &mut self.left))
                    .or_else(|| commands::in_parentheses(self.line, mark))
                    .or_else(|| calls::in_parentheses(self.line, mark))
                    .filter(|list| list.start >= from),
                _ if mark < from || mark > 0 && self.line[mark - 1] == b'\'' => None,
                b'[' => {
                    content(self.line, mark, self.bits).or_else(|| objects(self.line, mark, self.bits, &mut self.left))
                }
                _ => content(self.line, mark, self.bits).or_else(|| dumped(self.line, mark, self.bits, &mut self.left)),
            };
            if let Some(list) = list {
                self.at = list.end;
                return Some(list);
            }
        }
    }
}

/// What is between a bracket and its end, when that is at least two words with a comma between each two.
fn content(line: &[u8], open: usize, bits: &Bits) -> Option<Range<usize>> {
    let close = if line[open] == b'[' { b']' } else { b'}' };
    let start = open + 1;
    let limit = line.len().min(start + LONGEST);
    let (mut plain, mut several) = (false, false);
    let mut at = start;
    loop {
        let end = bits.word_end(at);
        if end == at || end >= limit {
            return None;
        }
        let has_digit = bits.has_digit(at, end);
        if !has_digit && is_state(&line[at..end]) {
            return None;
        }
        plain |= !has_digit;
        match line[end..limit] {
            // Numbers in a row are found to be one value anyway, each of its kind.
            [byte, ..] if byte == close => return (plain && several).then_some(start..end),
            [b',', b' ', ..] => at = end + 2,
            [b',', ..] => at = end + 1,
            _ => return None,
        }
        several = true;
    }
}

/// What a collection holds that is printed with its name, as `List(a, b 2)` or `Set()`, unless it says how something went.
fn printed(line: &[u8], open: usize, bits: &Bits, left: &mut usize) -> Option<Range<usize>> {
    if !is_collection(&line[bits.word_start(open)..open]) {
        return None;
    }
    let limit = line.len().min(open + LONGEST);
    let (mut at, mut depth) = (open + 1, 1);
    loop {
        *left = left.checked_sub(1)?;
        let end = bits.word_end(at);
        if end >= limit || end > at && bits.word(at, end).may_tell() && tells(&line[at..end]) {
            return None;
        }
        match line[end] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'=' | b':' | b'"' | b'\'' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(open + 1..end);
        }
        at = end + 1;
    }
}

/// The objects that a collection holds which is printed with its name: `List(Segment(a=1), Segment(a=2))`.
fn held(line: &[u8], open: usize, bits: &Bits, left: &mut usize) -> Option<Range<usize>> {
    if is_collection(&line[bits.word_start(open)..open]) { objects(line, open, bits, left) } else { None }
}

/// What is between a bracket and its end when those are objects alone, each with its name, unless one says how something
/// went: `[Full(a, b), Full(c, d)]`.
fn objects(line: &[u8], open: usize, bits: &Bits, left: &mut usize) -> Option<Range<usize>> {
    let limit = line.len().min(open + LONGEST);
    let (mut at, mut depth) = (open + 1, 0);
    loop {
        *left = left.checked_sub(1)?;
        let end = bits.word_end(at);
        if end >= limit {
            return None;
        }
        let mark = line[end];
        if depth == 0 && (end == at || !matches!(mark, b'(' | b'{' | b'[')) {
            return None;
        }
        if end > at && bits.word(at, end).may_tell() && tells_before(&line[at..end], mark) {
            return None;
        }
        match mark {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth -= 1,
            b'"' | b'\'' => return None,
            _ => {}
        }
        at = end + 1;
        if depth > 0 {
            continue;
        }
        match line[at..limit] {
            [b')' | b']', ..] => return Some(open + 1..at),
            [b',', b' ', ..] => at += 2,
            [b',', ..] => at += 1,
            _ => return None,
        }
    }
}

/// What an object holds whose class and identity are printed, `Window{4c2b5a5 u0 id=0x7f shop}`, unless a word there says
/// how something went.
fn dumped(line: &[u8], open: usize, bits: &Bits, left: &mut usize) -> Option<Range<usize>> {
    let class = bits.word_start(open)..open;
    let identity = open + 1..bits.word_end(open + 1);
    let is_class =
        line[class.clone()].first().is_some_and(u8::is_ascii_uppercase) && !bits.has_digit(class.start, open);
    if !is_class
        || identity.is_empty()
        || line.get(identity.end) != Some(&b' ')
        || !bits.has_digit(identity.start, identity.end)
    {
        return None;
    }
    let limit = line.len().min(open + LONGEST);
    let (mut at, mut depth) = (identity.end + 1, 1);
    loop {
        *left = left.checked_sub(1)?;
        let end = bits.word_end(at);
        if end >= limit || end > at && bits.word(at, end).may_tell() && tells_before(&line[at..end], line[end]) {
            return None;
        }
        match line[end] {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b'"' | b'\'' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(open + 1..end);
        }
        at = end + 1;
    }
}

/// Whether a word within an object says how it went, or asks that.
fn tells_before(word: &[u8], behind: u8) -> bool {
    match behind {
        b'=' => may_tell(word) || is_answer(word) || asks_state(word) || tells(word),
        // The name of an object's class says what it is.
        b'(' | b'{' => [&b"Error"[..], b"Exception", b"Fail"].iter().any(|fault| memmem::find(word, fault).is_some()),
        _ => tells(word) && !is_truth(word) && !is_nothing(word),
    }
}

/// Words around a comma and further ones with nothing but a comma between each two, behind a blank or a key: no sentence
/// is written so.
fn joined(line: &[u8], comma: usize, bits: &Bits) -> Option<Range<usize>> {
    let first = bits.word_start(comma);
    // The first may be a compound name: `shop:orders,a7,17`.
    let has_scope = first > 1 && line[first - 1] == b':' && !bits.is_sep(first - 2);
    let start = if has_scope { bits.word_start(first - 1) } else { first };
    let goes_on = |comma: usize| {
        let next = comma + 1 + usize::from(line.get(comma + 1) == Some(&b','));
        line.get(comma) == Some(&b',') && !bits.is_sep(next)
    };
    if first == comma || !goes_on(comma) || start == 0 || !matches!(line[start - 1], b' ' | b'=') {
        return None;
    }
    if has_scope && !bits.has_digit(start, first - 1) && tells(&line[start..first - 1]) {
        return None;
    }
    let (mut plain, mut at) = (false, first);
    let end = loop {
        let end = bits.word_end(at);
        let is_last = !goes_on(end);
        // Marks at a sentence's end are no part of its last word.
        let marks = line[at..end].iter().rev().take_while(|byte| matches!(byte, b'.' | b'!' | b'?')).count();
        let last = if is_last { end - marks } else { end };
        if last == at {
            return None;
        }
        if !bits.has_digit(at, last) {
            let word = std::str::from_utf8(&line[at..last]).ok()?.as_bytes();
            // Capitals are codes, `UF,URX` says what failed; and where a sentence goes on, `no change in it,continuing`.
            if tells(word) || goes_on_in_words(word) || !word.iter().any(u8::is_ascii_lowercase) {
                return None;
            }
            plain = true;
        }
        if is_last {
            let ends = matches!(line[end..], [] | [b' ' | b',' | b';' | b')' | b']', ..]);
            break ends.then_some(last)?;
        }
        at = end + 1 + usize::from(line[end + 1] == b',');
    };
    plain.then_some(start..end)
}

/// Whether a word is one of a sentence's by its form.
fn goes_on_in_words(word: &[u8]) -> bool {
    word.len() > 5 && (word.ends_with(b"ing") || word.ends_with(b"ed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(line: &str) -> Vec<&str> {
        let mut bits = Bits::default();
        bits.read(line.as_bytes());
        let mut lists = Lists::new(line.as_bytes(), &bits);
        std::iter::from_fn(|| lists.next(0)).map(|list| &line[list]).collect()
    }

    /// Scenario: collections behind brackets of which none closes, of a few words and of many.
    /// Guarantees: few are looked over; behind many nothing is looked for any more, wherever bytes are more or fewer.
    #[test]
    fn what_is_behind_many_open_brackets_is_not_looked_for() {
        for word in ["a", "abc"] {
            let behind =
                |count: usize| format!("moved {}: [Full(a, b), Full(c, d)]", format!("[{word}(").repeat(count));
            assert_eq!(lists(&behind(10)), ["Full(a, b), Full(c, d)"]);
            assert_eq!(lists(&behind(400)), [""; 0]);
        }
    }

    /// Scenario: brackets that hold nothing, at every place of a line.
    /// Guarantees: none is a list.
    #[test]
    fn brackets_without_anything_are_no_list_wherever_they_stand() {
        for before in 0..130 {
            assert_eq!(lists(&format!("{}Window{{ 7}} A{{}} [ ] ({{ , =", " ".repeat(before))), [""; 0], "{before}");
        }
    }

    #[test]
    fn words_with_commas_in_brackets_are_a_list() {
        for (line, list) in [
            ("read [a, b] done", "a, b"),
            ("peers {n1,beta,c.d}", "n1,beta,c.d"),
            ("[main, tid=7] from [x, y, z].", "x, y, z"),
            ("order [Timer, Hub, Pool", ""),
            ("one [a] none [] and [1, 2]", ""),
            ("a sentence [with words, and more] here", ""),
            ("went [open, closed]", ""),
            ("map[a:b, c:d] {a: b, c: d}", ""),
            ("no end [a, b", ""),
            ("said \"see [a, b]\" and [c, d]", "c, d"),
            ("spawned for na,nb.", "na,nb"),
            ("with nodes=na,n7,nc, then UF,URX", "na,n7,nc"),
            ("login,bob,ok", ""),
            ("found no change in it,continuing", ""),
            (
                "add Window{4c2b5a5 #0 id=0x7f a{b} shop} and Window{4c2b5a5 state=on} or Window{open 7}",
                "4c2b5a5 #0 id=0x7f a{b} shop",
            ),
            ("depth=1, C=DE, O=Shop Ltd, CN=Shop Root CA", "C=DE, O=Shop Ltd, CN=Shop Root CA"),
            ("opened shop:orders,a7,17. Then", "shop:orders,a7,17"),
            ("opened shop:orders,,17 but failed:orders,a7 and a,,,b", "shop:orders,,17"),
            ("took 1,234 ms, open,closed and a=1,b=2", ""),
            ("moved [Full(a, (b, c]), Item{x=null}]", "Full(a, (b, c]), Item{x=null}"),
            ("moved List(Item(x=true, y=2), Item(x=false, y=3))", "Item(x=true, y=2), Item(x=false, y=3)"),
            ("moved [Item(state=x)], [Item(failed)], [Error(x)], [Item(x) y], [x: Item(y)], [Item('x')]", ""),
        ] {
            assert_eq!(
                lists(line),
                Some(list).filter(|list| !list.is_empty()).into_iter().collect::<Vec<_>>(),
                "{line}"
            );
        }
    }
}
