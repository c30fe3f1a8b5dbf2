//! Lists of words in brackets, `[a, b]` and `{x,y,z}`, which are one value however many they hold.
//!
//! Only what separates words is looked at, and words without a digit, so that lines with the same outline have their
//! lists in the same places. A list of quoted values is put together where its pieces go (`sink`), and so is one of
//! numbers.

use std::ops::Range;

use memchr::memchr3;

use super::bits::Bits;
use super::words::is_state;

/// A longer list is cut, and then it is none.
const LONGEST: usize = 1024;

/// The lists of a line, one after the other.
pub struct Lists<'t> {
    line: &'t [u8],
    bits: &'t Bits,
    /// How far the line was looked at, and whether that is within double quotes.
    at: usize,
    quoted: bool,
}

impl<'t> Lists<'t> {
    pub fn new(line: &'t [u8], bits: &'t Bits) -> Self {
        Self { line, bits, at: 0, quoted: false }
    }

    /// The content of the next list that begins at or after `from`.
    pub fn next(&mut self, from: usize) -> Option<Range<usize>> {
        while let Some(found) = memchr3(b'[', b'{', b'"', self.line.get(self.at..)?) {
            let open = self.at + found;
            self.at = open + 1;
            if self.line[open] == b'"' {
                self.quoted = !self.quoted;
                continue;
            }
            let stands_free = !self.quoted && open >= from && (open == 0 || self.line[open - 1] != b'\'');
            if let Some(list) = stands_free.then(|| content(self.line, open, self.bits)).flatten() {
                self.at = list.end;
                return Some(list);
            }
        }
        None
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(line: &str) -> Vec<&str> {
        let mut bits = Bits::default();
        bits.read(line.as_bytes());
        let mut lists = Lists::new(line.as_bytes(), &bits);
        std::iter::from_fn(|| lists.next(0)).map(|list| &line[list]).collect()
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
        ] {
            assert_eq!(
                lists(line),
                Some(list).filter(|list| !list.is_empty()).into_iter().collect::<Vec<_>>(),
                "{line}"
            );
        }
    }
}
