//! Sketches by the vectors of AVX-512: 64 bytes at once, without a branch for any of them.

use std::arch::x86_64::{
    __m512i, _mm512_loadu_epi8, _mm512_mask_mov_epi8, _mm512_maskz_compress_epi8, _mm512_maskz_loadu_epi8,
    _mm512_maskz_permutex2var_epi8, _mm512_movepi8_mask, _mm512_set1_epi8, _mm512_storeu_epi8, _mm512_test_epi8_mask,
    _pdep_u64, _pext_u64,
};

use super::{BLOCK, Buffer, DECIMAL, END, HEXADECIMAL, HEXADECIMAL_OF_LETTER, LEAST_HEXADECIMAL};
use crate::mine::classes::is_separator;

const SEP: u8 = 1;
const DIGIT: u8 = 2;
/// A letter that is a hexadecimal digit.
const HEX: u8 = 4;
/// What stands between the digits of one word.
const JOINT: u8 = 8;
const X: u8 = 16;
const CONTROL: u8 = 32;
const LETTER: u8 = 64;

static CLASS: [u8; 128] = {
    let mut table = [0; 128];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            0..b' ' => SEP | CONTROL,
            _ if is_separator(byte) => SEP,
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => HEX | LETTER,
            b'x' => X | LETTER,
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'-' | b'.' | b'_' => JOINT,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Writes the sketch to the beginning of `out`, which is longer than the text by a block; answers how long it is.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
#[expect(unsafe_code, reason = "vectors are stored by pointer")]
pub fn write(text: &[u8], out: &mut [u8]) -> Option<usize> {
    let (mut length, mut controls) = (0, 0);
    let went_over_all = each_block(text, |_, bytes, block, runs| {
        controls |= block.control;
        let mark = |bytes, at, mark: u8| _mm512_mask_mov_epi8(bytes, at, _mm512_set1_epi8(mark.cast_signed()));
        let marked = mark(bytes, runs.decimal, DECIMAL);
        let marked = mark(marked, runs.hexadecimal, HEXADECIMAL);
        let marked = mark(marked, runs.letters, HEXADECIMAL_OF_LETTER);
        let kept = block.within & !runs.later;
        let packed = _mm512_maskz_compress_epi8(kept, marked);
        let Some(room) = out.get_mut(length..).and_then(<[u8]>::first_chunk_mut::<BLOCK>) else { return false };
        // SAFETY: so many bytes as are stored were just asked for; the store needs no alignment.
        unsafe { _mm512_storeu_epi8(room.as_mut_ptr().cast(), packed) };
        length += kept.count_ones() as usize;
        true
    });
    // With a control character there may be more lines than one.
    (went_over_all && controls == 0).then_some(length)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub fn write_runs(text: &[u8], mut which: u64, out: &mut Buffer) {
    // Whether the last run may go on in the next block.
    let mut open = false;
    each_block(text, |from, _, _, runs| {
        let left_out = runs.decimal | runs.hexadecimal;
        let run = |at: u32| from + at as usize..from + at as usize + (!(left_out >> at)).trailing_zeros() as usize;
        if open {
            let more = if runs.later & 1 == 1 { run(0) } else { from..from };
            open = more.len() == BLOCK;
            out.append(&text[more]);
            if !open {
                out.append(&[END]);
            }
        }
        let begun = left_out & !runs.later;
        let mut wanted = _pdep_u64(which, begun);
        which = which.unbounded_shr(begun.count_ones());
        while wanted != 0 {
            let run = run(wanted.trailing_zeros());
            open = run.end == from + BLOCK;
            out.append(&text[run]);
            if !open {
                out.append(&[END]);
            }
            wanted &= wanted - 1;
        }
        which != 0 || open
    });
    if open {
        out.append(&[END]);
    }
}

/// What 64 bytes are; of each byte a bit, the first one's lowest.
#[derive(Clone, Copy, Default)]
struct Block {
    /// Those that the text has.
    within: u64,
    control: u64,
    /// Those of words, and what those are.
    words: u64,
    digit: u64,
    hex: u64,
    joint: u64,
    x: u64,
    letter: u64,
}

/// What is left out of a block's words.
struct Runs {
    /// Digits, and what is left out of hexadecimal numbers.
    decimal: u64,
    hexadecimal: u64,
    /// Those of both that are not the first of their run.
    later: u64,
    /// The first of a hexadecimal number, if it is a letter and begins its word.
    letters: u64,
}

/// What a block must know of the one before it.
#[derive(Default)]
struct Edge {
    /// 1 when that ended within a word, with a letter, with a digit that begins a word.
    inside: u64,
    letter: u64,
    prefix: u64,
    /// 1 when it ended with a digit that is left out, or with what is left out of a hexadecimal number.
    decimal: u64,
    hexadecimal: u64,
    /// What of this one's beginning is a hexadecimal number that began before.
    number: u64,
}

/// Goes over a text block by block, as long as it is told to; answers whether it went over all.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
#[inline]
#[expect(unsafe_code, reason = "vectors are loaded by pointer")]
fn each_block(text: &[u8], mut each: impl FnMut(usize, __m512i, &Block, &Runs) -> bool) -> bool {
    let half = |at: usize| -> __m512i {
        // SAFETY: `at` is 0 or 64 and the table has 128 bytes; the load needs no alignment.
        unsafe { _mm512_loadu_epi8(CLASS[at..].as_ptr().cast()) }
    };
    let (low, high) = (half(0), half(64));
    let read = |text: &[u8]| {
        let within = if text.len() < BLOCK { !(u64::MAX << text.len()) } else { u64::MAX };
        // SAFETY: only the bytes that `within` names are read, and so many the text has.
        let bytes = unsafe { _mm512_maskz_loadu_epi8(within, text.as_ptr().cast()) };
        let ascii = within & !_mm512_movepi8_mask(bytes);
        let found = _mm512_maskz_permutex2var_epi8(ascii, low, bytes, high);
        let is = |class: u8| _mm512_test_epi8_mask(found, _mm512_set1_epi8(class.cast_signed()));
        let (control, words) = (is(CONTROL), within & !is(SEP));
        let (digit, hex, joint, x, letter) = (is(DIGIT), is(HEX), is(JOINT), is(X), is(LETTER));
        (bytes, Block { within, control, words, digit, hex, joint, x, letter })
    };
    if text.is_empty() {
        return true;
    }
    let mut edge = Edge::default();
    let (mut bytes, mut block) = read(text);
    let mut from = 0;
    while from + BLOCK < text.len() {
        let (next_bytes, next) = read(&text[from + BLOCK..]);
        let runs = runs(&block, &next, &mut edge, |of, from, to| _pdep_u64(_pext_u64(of, from), to));
        if !each(from, bytes, &block, &runs) {
            return false;
        }
        (bytes, block, from) = (next_bytes, next, from + BLOCK);
    }
    let runs = runs(&block, &Block::default(), &mut edge, |of, from, to| _pdep_u64(_pext_u64(of, from), to));
    each(from, bytes, &block, &runs)
}

/// `scatter` puts the bits that are at some places, in their order, to others.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled with the features of whoever calls it")]
fn runs(block: &Block, next: &Block, edge: &mut Edge, scatter: impl Fn(u64, u64, u64) -> u64) -> Runs {
    let &Block { words, digit, hex, .. } = block;
    // What is left of the block before's last word begins no word, but has an end as others do.
    let starts = words & !(words << 1);
    let own = starts & !edge.inside;
    let ends = words << 1 & !words;
    let prefix = block.x & ((own & digit) << 1 | edge.prefix);
    let other = words & !(digit | hex | block.joint | prefix);
    // The first of five bytes of a word.
    let two = words & words >> 1;
    let five = two & two >> 2 & words >> 4;
    // Added to a word's bits, one of them carries through the bits above it to where the word has ended. A word
    // that goes on in the next block has no end here.
    let end_with = |marks: u64| words.wrapping_add(marks) & !words;
    let unfit = other | starts & (!five | edge.inside);
    let numbers = end_with(digit) & end_with(hex | prefix) & !end_with(unfit);
    let begun = scatter(numbers, ends, starts);
    let across = across(block, next, own, prefix, other);
    let number = numbers.wrapping_sub(begun) | edge.number | across.here;
    let decimal = {
        let behind_letter = block.letter << 1 | edge.letter;
        let before_digit = digit >> 1 | next.digit << 63;
        let digits = digit & !number;
        // A letter and one digit are as likely a name as they are data.
        digits & (!behind_letter | before_digit)
    };
    let hexadecimal = number & (digit | hex | prefix);
    let later = decimal & (decimal << 1 | edge.decimal) | hexadecimal & (hexadecimal << 1 | edge.hexadecimal);
    *edge = Edge {
        inside: words >> 63 & next.words,
        letter: block.letter >> 63,
        prefix: (own & digit) >> 63,
        decimal: decimal >> 63,
        hexadecimal: hexadecimal >> 63,
        number: across.there,
    };
    Runs { decimal, hexadecimal, later, letters: (begun | own & across.here) & hex }
}

/// The parts of a hexadecimal number that this block ends with, which may go on in the next one.
struct Across {
    here: u64,
    there: u64,
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled with the features of whoever calls it")]
fn across(block: &Block, next: &Block, own: u64, prefix: u64, other: u64) -> Across {
    let (before, behind) = (block.words.leading_ones(), next.words.trailing_ones());
    let here = !u64::MAX.unbounded_shr(before);
    let there = !u64::MAX.unbounded_shl(behind);
    let next_prefix = next.x & (own & block.digit) >> 63;
    let next_other = next.words & !(next.digit | next.hex | next.joint | next_prefix);
    let has_digit = (block.digit & here | next.digit & there) != 0;
    let has_letter = ((block.hex | prefix) & here | (next.hex | next_prefix) & there) != 0;
    let has_other = (other & here | next_other & there) != 0;
    let length = (before + behind) as usize;
    let fits = before > 0 && (LEAST_HEXADECIMAL..BLOCK).contains(&length);
    let is_number = u64::from(fits && has_digit && has_letter && !has_other).wrapping_neg();
    Across { here: here & is_number, there: there & is_number }
}
