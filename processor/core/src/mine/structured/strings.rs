//! Where the strings of a JSON text begin and end, found for the whole text at once.

use crate::mine::classes::{self, Classes, Work};

/// Where a text's quotes and backslashes are, a bit for each byte.
#[derive(Default)]
pub struct Strings {
    blocks: Vec<u64>,
    length: usize,
}

impl Strings {
    /// Looks a text through; answers whether it has control characters.
    pub(super) fn read(&mut self, text: &[u8]) -> bool {
        self.blocks.clear();
        self.length = text.len();
        classes::with_classifier(text, Fill(&mut self.blocks)) != 0
    }

    /// The first one at or behind `at`, or the end of the text.
    #[inline]
    pub(super) fn next(&self, at: usize) -> usize {
        let mut index = at / 64;
        let Some(&first) = self.blocks.get(index) else { return self.length };
        let mut bits = first >> (at % 64) << (at % 64);
        while bits == 0 {
            index += 1;
            let Some(&next) = self.blocks.get(index) else { return self.length };
            bits = next;
        }
        index * 64 + bits.trailing_zeros() as usize
    }
}

struct Fill<'b>(&'b mut Vec<u64>);

impl Work for Fill<'_> {
    /// The control characters of all blocks.
    type Out = u64;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is compiled with the features of whoever calls it")]
    fn run(self, text: &[u8], classify: impl Fn(&[u8], usize) -> Classes) -> u64 {
        let mut controls = 0;
        for from in (0..text.len()).step_by(64) {
            let classes = classify(text, from);
            controls |= classes.control;
            self.0.push(classes.string);
        }
        controls
    }
}
