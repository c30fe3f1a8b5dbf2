//! The last words of a line, for what follows them: `exit code 1` is told by the words before the number.

use std::ops::Range;

use super::bits::Bits;

/// How far back anybody looks, and one more, so that a place in the ring is a bit mask.
const KEPT: usize = 4;

/// One word, or a run with at least one word in it whose words are found when they are asked for.
#[derive(Clone, Copy, Default)]
struct Entry {
    start: u32,
    end: u32,
    run: bool,
}

/// A ring with the newest at `count - 1`.
#[derive(Default)]
pub struct Passed {
    ring: [Entry; KEPT],
    count: usize,
}

impl Passed {
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[inline]
    pub fn word(&mut self, range: Range<usize>) {
        self.push(range, false);
    }

    /// What is between, if that is more than separators; every word in it is one as the masks have it.
    #[inline]
    pub fn run(&mut self, start: usize, end: usize, bits: &Bits) {
        if bits.has_word(start, end) {
            self.push(start..end, true);
        }
    }

    /// Texts are mined up to 16 KiB, so that places in them are small.
    #[inline]
    fn push(&mut self, range: Range<usize>, run: bool) {
        self.ring[self.count % KEPT] = Entry { start: range.start as u32, end: range.end as u32, run };
        self.count += 1;
    }

    /// Where the word stands that many words back; empty before the first. `back` is below `KEPT`.
    pub fn before(&self, mut back: usize, bits: &Bits) -> Range<usize> {
        for age in 1..=KEPT.min(self.count) {
            let Entry { start, end, run } = self.ring[(self.count - age) % KEPT];
            let (start, mut end) = (start as usize, end as usize);
            if !run {
                if back == 0 {
                    return start..end;
                }
                back -= 1;
                continue;
            }
            end = bits.gap_start(end);
            while end > start {
                let word = bits.word_start(end).max(start);
                if back == 0 {
                    return word..end;
                }
                back -= 1;
                end = bits.gap_start(word);
            }
        }
        0..0
    }
}
