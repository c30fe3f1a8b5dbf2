//! Where words end and what they hold, as bit masks of 64 bytes: a word costs a few shifts instead of a loop.

/// Bits of one block of 64 bytes: `sep` ends a word, `digit` is 0-9, `mark` is one of `/ \ @ .`.
#[derive(Clone, Copy, Default)]
struct Block {
    sep: u64,
    digit: u64,
    mark: u64,
}

/// The masks of one line. Reused from line to line.
#[derive(Default)]
pub struct Bits {
    blocks: Vec<Block>,
    length: usize,
}

impl Bits {
    pub fn read(&mut self, text: &[u8]) {
        self.blocks.clear();
        self.length = text.len();
        let (whole, rest) = text.as_chunks::<64>();
        self.blocks.extend(whole.iter().map(block));
        if !rest.is_empty() {
            let mut last = [b' '; 64];
            last[..rest.len()].copy_from_slice(rest);
            self.blocks.push(block(&last));
        }
    }

    pub fn is_sep(&self, at: usize) -> bool {
        self.blocks.get(at / 64).is_none_or(|block| block.sep >> (at % 64) & 1 == 1)
    }

    /// The first separator at or after `at`, or the end of the text.
    #[inline]
    pub fn word_end(&self, at: usize) -> usize {
        let mut index = at / 64;
        let Some(block) = self.blocks.get(index) else { return self.length };
        let mut bits = block.sep >> (at % 64) << (at % 64);
        while bits == 0 {
            index += 1;
            let Some(block) = self.blocks.get(index) else { return self.length };
            bits = block.sep;
        }
        (index * 64 + bits.trailing_zeros() as usize).min(self.length)
    }

    #[inline]
    pub fn has_digit(&self, start: usize, end: usize) -> bool {
        self.any(start, end, |block| block.digit)
    }

    #[inline]
    pub fn has_mark(&self, start: usize, end: usize) -> bool {
        self.any(start, end, |block| block.mark)
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

const SEP: u8 = 1;
const DIGIT: u8 = 2;
const MARK: u8 = 4;

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            0..=b' ' | b'"' | b'\'' | b'(' | b')' | b',' | b':'..=b'>' | b'[' | b']' | b'`' | b'{' | b'|' | b'}' => SEP,
            b'0'..=b'9' => DIGIT,
            b'/' | b'\\' | b'@' | b'.' => MARK,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// What ends a word, byte by byte; the vector code below is held to it by a test.
static CLASS: [u8; 256] = classes();

#[cfg_attr(target_arch = "x86_64", allow(dead_code))]
fn block_by_table(bytes: &[u8; 64]) -> Block {
    let mut block = Block::default();
    for (index, &byte) in bytes.iter().enumerate() {
        let class = CLASS[byte as usize];
        block.sep |= u64::from(class & SEP) << index;
        block.digit |= u64::from(class >> 1 & 1) << index;
        block.mark |= u64::from(class >> 2 & 1) << index;
    }
    block
}

#[cfg(not(target_arch = "x86_64"))]
fn block(bytes: &[u8; 64]) -> Block {
    block_by_table(bytes)
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[allow(unsafe_code)]
fn block(bytes: &[u8; 64]) -> Block {
    // SAFETY: what the function needs is SSE2, which every x86-64 processor has; it touches no memory by pointer.
    unsafe { block_by_vectors(bytes) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn block_by_vectors(bytes: &[u8; 64]) -> Block {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
        _mm_sub_epi8,
    };
    let is = |v: __m128i, byte: u8| _mm_cmpeq_epi8(v, _mm_set1_epi8(byte.cast_signed()));
    let within = |v: __m128i, low: u8, high: u8| {
        let moved = _mm_sub_epi8(v, _mm_set1_epi8(low.cast_signed()));
        _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8((high - low).cast_signed())), moved)
    };
    let or = |a, b| _mm_or_si128(a, b);
    let mut block = Block::default();
    let (parts, _) = bytes.as_chunks::<16>();
    for (index, part) in parts.iter().enumerate() {
        let (halves, _) = part.as_chunks::<8>();
        let v = _mm_set_epi64x(i64::from_le_bytes(halves[1]), i64::from_le_bytes(halves[0]));
        let sep = or(
            or(or(within(v, 0, b' '), within(v, b'\'', b')')), or(within(v, b':', b'>'), within(v, b'{', b'}'))),
            or(or(is(v, b'"'), is(v, b',')), or(or(is(v, b'['), is(v, b']')), is(v, b'`'))),
        );
        let digit = within(v, b'0', b'9');
        let mark = or(within(v, b'.', b'/'), or(is(v, b'\\'), is(v, b'@')));
        let bits = |v| u64::from(_mm_movemask_epi8(v).cast_unsigned()) << (index * 16);
        block.sep |= bits(sep);
        block.digit |= bits(digit);
        block.mark |= bits(mark);
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_code_agrees_with_the_table_for_every_byte() {
        for first in 0..=255u8 {
            let bytes: [u8; 64] = std::array::from_fn(|index| first.wrapping_add((index as u8).wrapping_mul(37)));
            let (fast, slow) = (block(&bytes), block_by_table(&bytes));
            assert_eq!((fast.sep, fast.digit, fast.mark), (slow.sep, slow.digit, slow.mark));
        }
    }

    #[test]
    fn words_end_where_they_end_across_blocks() {
        let text = format!("{} b/c 12", "a".repeat(130));
        let mut bits = Bits::default();
        bits.read(text.as_bytes());
        assert_eq!(bits.word_end(0), 130);
        assert_eq!(bits.word_end(131), 134);
        assert_eq!(bits.word_end(135), 137);
        assert!(!bits.has_digit(0, 130) && bits.has_digit(135, 137));
        assert!(!bits.has_mark(0, 130) && bits.has_mark(131, 134));
        assert!(bits.is_sep(130) && !bits.is_sep(0) && bits.is_sep(9999));
    }
}
