//! Where words end and what they hold, as bit masks of 64 bytes: a word costs a few shifts instead of a loop.

use super::classes::{self, Classes, Work};

/// A bit for each of 64 bytes, the first byte's lowest.
#[derive(Clone, Copy, Default)]
struct Block {
    /// It ends a word.
    sep: u64,
    digit: u64,
    /// A digit or one of `/ \ @ .`: a word with one is more than letters.
    marked: u64,
    /// One of `/ \ @`, or the second of two dots: a word with one may be a path, an address or leaders.
    odd: u64,
    /// At or just behind something that wording is not made of; words without are passed over (`Splitter::skip`). In the
    /// masks for an outline a quote, `=` or `:`.
    event: u64,
    /// Just behind a word that holds a digit or is odd.
    ends: u64,
    /// One of `/ \`.
    slash: u64,
    /// One of `? #`.
    query: u64,
    dot: u64,
    /// A letter or one of `[ ] { "`.
    leading: u64,
}

/// The masks of one line. Reused from line to line.
#[derive(Default)]
pub struct Bits {
    /// Those beyond `length / 64` are left from longer lines.
    blocks: Vec<Block>,
    length: usize,
    controls: bool,
    odd: bool,
    capitals: bool,
}

impl Bits {
    /// Makes all masks of a text.
    pub fn read(&mut self, text: &[u8]) {
        self.fill::<true>(text);
    }

    /// Makes the masks that an outline and a look for the level ask for: those that `read` makes but for
    /// `marked`, and those that it does not.
    pub fn read_words(&mut self, text: &[u8]) {
        self.fill::<false>(text);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost more than the work before the next one")]
    fn fill<const EVENTS: bool>(&mut self, text: &[u8]) {
        self.length = text.len();
        let count = text.len() / 64 + 1;
        if self.blocks.len() <= count {
            // One more, so that every block has a next one.
            self.blocks.resize(count + 1, Block::default());
        }
        let found = classes::with_classifier(text, Fill::<EVENTS>(&mut self.blocks[..count]));
        (self.controls, self.odd, self.capitals) = (found.control != 0, found.odd != 0, found.capitals != 0);
    }

    /// Whether there is any control character.
    #[inline]
    pub fn has_controls(&self) -> bool {
        self.controls
    }

    /// Whether any word is odd.
    #[inline]
    pub fn has_odd(&self) -> bool {
        self.odd
    }

    /// Whether there are three capitals in a row. Only `read_words` tells.
    #[inline]
    pub fn has_capitals(&self) -> bool {
        self.capitals
    }

    /// The first letter or one of `[ ] { "` at or after `at`, or the end of the text. Only `read_words` tells.
    #[inline]
    pub fn next_leading(&self, at: usize) -> usize {
        self.next(at, |block| block.leading)
    }

    /// How many digits there are before `at`.
    #[inline]
    pub fn digits_before(&self, at: usize) -> usize {
        let (index, shift) = (at / 64, at % 64);
        let whole: u32 = self.blocks[..index].iter().map(|block| block.digit.count_ones()).sum();
        (whole + (self.blocks[index].digit & !(u64::MAX << shift)).count_ones()) as usize
    }

    #[inline]
    pub fn is_sep(&self, at: usize) -> bool {
        at >= self.length || self.blocks[at / 64].sep >> (at % 64) & 1 == 1
    }

    /// The first separator at or after `at`, or the end of the text.
    #[inline]
    pub fn word_end(&self, at: usize) -> usize {
        self.next(at, |block| block.sep)
    }

    /// The first event at or after `at`, or the end of the text.
    #[inline]
    pub fn next_event(&self, at: usize) -> usize {
        self.next(at, |block| block.event)
    }

    /// The first quote, `=` or `:` at or after `at`, or the end of the text; of masks for an outline.
    #[inline]
    pub fn next_look(&self, at: usize) -> usize {
        self.next(at, |block| block.event)
    }

    /// The words that hold a digit or are odd.
    #[inline]
    pub fn numbers_and_paths(&self) -> NumbersAndPaths<'_> {
        NumbersAndPaths { bits: self, index: 0, ends: self.blocks[0].ends }
    }

    /// Both masks have a bit at the text's end, so the search ends there.
    #[inline]
    fn next(&self, at: usize, of: impl Fn(&Block) -> u64) -> usize {
        let mut index = at / 64;
        let mut bits = of(&self.blocks[index]) >> (at % 64) << (at % 64);
        while bits == 0 {
            index += 1;
            bits = of(&self.blocks[index]);
        }
        index * 64 + bits.trailing_zeros() as usize
    }

    /// Just behind the last separator before `at`: where the word that reaches up to `at` begins, or `at` itself.
    #[inline]
    pub fn word_start(&self, at: usize) -> usize {
        self.behind_last(at, |block| block.sep)
    }

    /// Just behind the last byte of a word before `at`: where the separators that reach up to `at` begin.
    #[inline]
    pub fn gap_start(&self, at: usize) -> usize {
        self.behind_last(at, |block| !block.sep)
    }

    /// The word that `at` is in, or the one that reaches up to the separator there.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of the way over a line")]
    pub fn around(&self, at: usize) -> Around {
        let block = &self.blocks[at / 64];
        let from = u64::MAX << (at % 64);
        let (below, above) = (block.sep & !from, block.sep & from);
        if below == 0 || above == 0 {
            return self.around_across(at);
        }
        let (start, end) = (64 - below.leading_zeros(), above.trailing_zeros());
        let odd = block.odd >> start << start & !(u64::MAX << end) != 0;
        let base = at & !63;
        Around { start: base + start as usize, end: base + end as usize, odd }
    }

    /// The bits of the 64 bytes before `at`, the last one's highest; those before the text are given.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of the way over a line")]
    fn before(&self, at: usize, outside: u64, of: impl Fn(&Block) -> u64) -> u64 {
        let (index, shift) = (at / 64, at % 64);
        let earlier = self.blocks.get(index.wrapping_sub(1)).map_or(outside, &of);
        of(&self.blocks[index]) << 1 << (63 - shift) | earlier >> shift
    }

    /// The same across blocks.
    #[inline(never)]
    fn around_across(&self, at: usize) -> Around {
        let (start, end) = (self.word_start(at), self.word_end(at));
        Around { start, end, odd: start < end && self.any(start, end, |block| block.odd) }
    }

    #[inline]
    fn behind_last(&self, at: usize, of: impl Fn(&Block) -> u64) -> usize {
        let mut index = at / 64;
        let mut bits = of(&self.blocks[index]) & !(u64::MAX << (at % 64));
        while bits == 0 {
            if index == 0 {
                return 0;
            }
            index -= 1;
            bits = of(&self.blocks[index]);
        }
        index * 64 + 64 - bits.leading_zeros() as usize
    }

    /// What a word holds that is not empty.
    #[inline]
    pub fn word(&self, start: usize, end: usize) -> Word {
        let (index, shift) = (start / 64, start % 64);
        let (Some([first, second]), 1..=64) = (self.blocks[index..].first_chunk(), end - start) else {
            return self.long_word(start, end);
        };
        let within = u64::MAX >> (64 - (end - start));
        let has = |first: u64, second: u64| (first >> shift | second << 1 << (63 - shift)) & within != 0;
        Word {
            marked: has(first.marked, second.marked),
            digit: has(first.digit, second.digit),
            odd: has(first.odd, second.odd),
        }
    }

    /// Odd words are looked at in parts, so nothing is looked for in all of one that is.
    #[cold]
    fn long_word(&self, start: usize, end: usize) -> Word {
        if self.any(start, end, |block| block.odd) {
            return Word { marked: true, digit: false, odd: true };
        }
        let digit = self.any(start, end, |block| block.digit);
        Word { marked: digit || self.any(start, end, |block| block.marked), digit, odd: false }
    }

    #[inline]
    pub fn has_digit(&self, start: usize, end: usize) -> bool {
        self.any(start, end, |block| block.digit)
    }

    /// What a path's word holds that has no more than 64 bytes. Only `read_words` tells.
    #[inline]
    pub fn path(&self, start: usize, end: usize) -> Option<PathMarks> {
        let unused = 64usize.checked_sub(end - start)?;
        let within = |of: fn(&Block) -> u64| self.before(end, 0, of).unbounded_shr(unused as u32);
        let slash = within(|block| block.slash);
        let (other, query) = (within(|block| block.odd & !block.slash), within(|block| block.query));
        Some(PathMarks { slash, other, query })
    }

    /// Whether there is a dot. Only `read_words` tells.
    #[inline]
    pub fn has_dot(&self, start: usize, end: usize) -> bool {
        self.any(start, end, |block| block.dot)
    }

    /// Whether there is a `?` or `#`. Only `read_words` tells.
    #[inline]
    pub fn has_query(&self, start: usize, end: usize) -> bool {
        self.any(start, end, |block| block.query)
    }

    /// Whether anything but separators is there.
    #[inline]
    pub fn has_word(&self, start: usize, end: usize) -> bool {
        start < end && self.any(start, end, |block| !block.sep)
    }

    #[inline]
    fn any(&self, start: usize, end: usize, of: impl Fn(&Block) -> u64) -> bool {
        let (first, last) = (start / 64, (end - 1) / 64);
        let head = u64::MAX << (start % 64);
        let tail = u64::MAX >> (63 - (end - 1) % 64);
        if first == last {
            return of(&self.blocks[first]) & head & tail != 0;
        }
        of(&self.blocks[first]) & head != 0
            || self.blocks[first + 1..last].iter().any(|block| of(block) != 0)
            || of(&self.blocks[last]) & tail != 0
    }
}

/// Goes over words from their ends.
pub struct NumbersAndPaths<'b> {
    bits: &'b Bits,
    index: usize,
    /// Those of this block that were not met yet.
    ends: u64,
}

impl Iterator for NumbersAndPaths<'_> {
    type Item = Around;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the innermost step of the way over a line")]
    fn next(&mut self) -> Option<Around> {
        let bits = self.bits;
        while self.ends == 0 {
            if self.index == bits.length / 64 {
                return None;
            }
            self.index += 1;
            self.ends = bits.blocks[self.index].ends;
        }
        let end = self.index * 64 + self.ends.trailing_zeros() as usize;
        self.ends &= self.ends - 1;
        let before = bits.before(end, u64::MAX, |block| block.sep);
        if before == 0 {
            return Some(bits.around_across(end));
        }
        let back = before.leading_zeros();
        let odd = bits.before(end, 0, |block| block.odd).unbounded_shr(64 - back);
        Some(Around { start: end - back as usize, end, odd: odd != 0 })
    }
}

/// Where a word is, and whether it holds one of `/ \ @` or two dots in a row.
pub struct Around {
    pub start: usize,
    pub end: usize,
    pub odd: bool,
}

/// Where a path's word has which marks, the first byte's bit lowest.
pub struct PathMarks {
    /// One of `/ \`.
    pub slash: u64,
    /// An `@`, or the second of two dots.
    pub other: u64,
    /// One of `? #`.
    pub query: u64,
}

/// What one word holds.
#[derive(Clone, Copy)]
pub struct Word {
    /// More than letters: one of the others, or a dot.
    pub marked: bool,
    /// What an odd word of more than 64 bytes holds is not told.
    pub digit: bool,
    /// One of `/ \ @`, two dots in a row, or a dot at its beginning that follows another.
    pub odd: bool,
}

impl Word {
    /// Whether anybody asks what it says: of paths and of what has digits nobody does.
    #[inline]
    pub fn may_tell(self) -> bool {
        !self.digit && !self.odd
    }
}

/// What is anywhere in a line, as masks that are empty where it is not.
#[derive(Default)]
struct Found {
    control: u64,
    odd: u64,
    /// Three capitals in a row.
    capitals: u64,
}

/// Fills a line's blocks, which are as many as the text has whole ones, and one.
struct Fill<'b, const EVENTS: bool>(&'b mut [Block]);

impl<const EVENTS: bool> Work for Fill<'_, EVENTS> {
    type Out = Found;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is compiled with the features of whoever calls it")]
    fn run(self, text: &[u8], classify: impl Fn(&[u8], usize) -> Classes) -> Found {
        let (mut edge, mut found) = (Edge::default(), Found::default());
        for (index, block) in self.0.iter_mut().enumerate() {
            let left = text.len() - index * 64;
            // The bit just behind the text, if that is within the block.
            let end = if left < 64 { 1u64 << left } else { 0 };
            let classes = classify(text, index * 64);
            found.control |= classes.control;
            if !EVENTS {
                let upper = classes.upper;
                found.capitals |= upper & moved(upper, edge.capital, 1) & moved(upper, edge.capital, 2);
            }
            *block = derive::<EVENTS>(&classes, end, &mut edge);
            found.odd |= block.odd;
        }
        found
    }
}

/// A mask by so many bytes later, with the last ones of the block before.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the masks stay in registers")]
fn moved(bits: u64, earlier: u64, by: u32) -> u64 {
    bits << by | earlier >> (64 - by)
}

/// What a block must know of the one before it.
struct Edge {
    sep: u64,
    blank: u64,
    dot: u64,
    /// The first letter of a word; without events, anywhere.
    capital: u64,
    hex: u64,
    /// 1 within a word that holds a digit or is odd.
    carry: u64,
}

impl Default for Edge {
    /// The text's beginning is the beginning of a word.
    fn default() -> Self {
        Self { sep: u64::MAX, blank: 0, dot: 0, capital: 0, hex: 0, carry: 0 }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the masks stay in registers")]
fn derive<const EVENTS: bool>(classes: &Classes, end: u64, edge: &mut Edge) -> Block {
    let &Classes { digit, slash, at, dot, look, blank, upper, hex, control, .. } = classes;
    let sep = classes.sep | end.wrapping_neg();
    let odd = slash | at | dot & moved(dot, edge.dot, 1);
    // Added to a word's bits, one of them carries through the bits above it to where the word has ended.
    let (sum, over) = (!sep).overflowing_add(digit | odd);
    let (sum, over_again) = sum.overflowing_add(edge.carry);
    let carry = u64::from(over || over_again);
    let ends = sum & sep;
    if !EVENTS {
        *edge = Edge { dot, capital: upper, carry, ..Edge::default() };
        let (leading, query) = (classes.leading | end, classes.query);
        return Block { sep, digit, odd, ends, event: look | end, slash, query, dot, leading, ..Block::default() };
    }
    let behind_sep = moved(sep, edge.sep, 1);
    let capital = upper & behind_sep;
    // Behind a word of three letters with a capital first, which may be a month or a day of the week.
    let date = sep & moved(capital, edge.capital, 3) & !behind_sep & !moved(sep, edge.sep, 2);
    // At the eighth letter in a row that is a hexadecimal digit, or earlier when the row began in the block before.
    let earlier = (edge.hex >> 63).wrapping_neg();
    let two = hex & moved(hex, earlier, 1);
    let four = two & moved(two, earlier, 2);
    let eight = four & moved(four, earlier, 4);
    let blanks = blank & moved(blank, edge.blank, 1);
    *edge = Edge { sep, blank, dot, capital, hex, carry };
    let marked = digit | slash | at | dot;
    let event = marked | look | control | blanks | date | eight | end;
    Block { sep, digit, marked, odd, event, ends, ..Block::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &[u8]) -> Bits {
        let mut bits = Bits::default();
        bits.read(text);
        bits
    }

    #[test]
    fn masks_are_the_same_by_vectors_and_by_table_at_every_place() {
        let text: Vec<u8> = (0..4096u32).map(|index| ((index * 37) >> 3) as u8 ^ (index % 251) as u8).collect();
        for length in (0..300).chain([4096]) {
            let text = &text[..length];
            let mut slow = vec![Block::default(); length / 64 + 1];
            Fill::<true>(&mut slow).run(text, classes::by_table);
            let fast = bits(text);
            for (index, slow) in slow.iter().enumerate() {
                let fast = &fast.blocks[index];
                assert_eq!(
                    (fast.sep, fast.digit, fast.marked, fast.odd, fast.event),
                    (slow.sep, slow.digit, slow.marked, slow.odd, slow.event)
                );
            }
        }
    }

    #[test]
    fn words_begin_and_end_where_they_do_across_blocks() {
        let text = format!("{} b/c 12", "a".repeat(130));
        let bits = bits(text.as_bytes());
        assert_eq!((bits.word_end(0), bits.word_end(131), bits.word_end(135)), (130, 134, 137));
        assert_eq!((bits.word_start(130), bits.word_start(133), bits.word_start(131)), (0, 131, 131));
        assert_eq!((bits.gap_start(131), bits.gap_start(135)), (130, 134));
        assert!(!bits.has_digit(0, 130) && bits.has_digit(135, 137));
        assert!(!bits.word(0, 130).odd && bits.word(131, 134).odd && !bits.word(135, 137).odd);
        assert!(bits.is_sep(130) && !bits.is_sep(0) && bits.is_sep(9999));
    }

    #[test]
    fn events_are_where_wording_may_end() {
        for (text, event) in [
            ("only plain words, (nothing else)", 32),
            ("then 5", 5),
            ("at Monday or Mon", 16),
            ("at Mon or so", 6),
            ("an added deadbeef", 16),
            ("two  blanks", 4),
            ("a key=value", 5),
            ("a/b", 1),
            ("", 0),
        ] {
            assert_eq!(bits(text.as_bytes()).next_event(0), event, "{text}");
            let moved = format!("{}{text}", "word ".repeat(24));
            assert_eq!(bits(moved.as_bytes()).next_event(0), event + 120, "{moved}");
        }
    }
}
