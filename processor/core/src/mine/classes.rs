//! What each byte of a text is, as bit masks: by the processor's vectors where it has them, else byte by byte.

/// What up to 64 bytes are, a bit for each, the first byte's lowest.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
pub struct Classes {
    /// It ends a word.
    pub sep: u64,
    pub digit: u64,
    /// One of `/ \\`.
    pub slash: u64,
    /// An `@`.
    pub at: u64,
    pub dot: u64,
    /// A separator that says something of what stands around it: a quote, `=` or `:`.
    pub look: u64,
    pub blank: u64,
    pub upper: u64,
    /// A letter that is a hexadecimal digit.
    pub hex: u64,
    pub control: u64,
    /// What a JSON string ends with, or escapes by: `"` or a backslash.
    pub string: u64,
    /// A letter or one of `[ ] { "`: what is looked at where a level is looked for.
    pub leading: u64,
    /// One of `? #`, which end a path.
    pub query: u64,
}

/// What is done with a text's classes. `classify` answers those of the 64 bytes, or as many as there are, from a place.
pub trait Work {
    type Out;
    fn run(self, text: &[u8], classify: impl Fn(&[u8], usize) -> Classes) -> Self::Out;
}

/// Runs the work with the fastest way that this processor has.
#[inline]
pub fn with_classifier<W: Work>(text: &[u8], work: W) -> W::Out {
    #[cfg(target_arch = "x86_64")]
    {
        #![expect(unsafe_code, reason = "there is no other way to call what needs a processor's feature")]
        use std::arch::is_x86_feature_detected;
        if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vbmi") {
            // SAFETY: the processor was just asked for the features that the function needs (AVX-512F is part of both).
            return unsafe { avx512::run(text, work) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just asked for the feature that the function needs.
            return unsafe { avx2::run(text, work) };
        }
    }
    work.run(text, by_table)
}

const SEP: u8 = 1;
const DIGIT: u8 = 2;
const SLASH: u8 = 4;
const DOT: u8 = 8;
const LOOK: u8 = 16;
const BLANK: u8 = 32;
const UPPER: u8 = 64;
const HEX: u8 = 128;
/// What no other separator is both of.
const CONTROL: u8 = LOOK | BLANK;
/// What else a bit means, of a separator and of a byte that is none.
const LEADING_SEP: u8 = DIGIT;
const LETTER: u8 = LOOK;
const QUERY: u8 = BLANK;
const AT: u8 = SLASH | DOT;

/// Whether a byte ends a word.
pub const fn is_separator(byte: u8) -> bool {
    class(byte) & SEP != 0
}

const fn class(byte: u8) -> u8 {
    match byte {
        0..b' ' => SEP | CONTROL,
        b' ' => SEP | BLANK,
        b'"' => SEP | LOOK | LEADING_SEP,
        b'\'' | b'=' | b':' => SEP | LOOK,
        b'[' | b']' | b'{' => SEP | LEADING_SEP,
        b'(' | b')' | b',' | b';' | b'<' | b'>' | b'`' | b'|' | b'}' => SEP,
        b'0'..=b'9' => DIGIT,
        b'/' | b'\\' => SLASH,
        b'@' => AT,
        b'.' => DOT,
        b'A'..=b'F' => UPPER | HEX | LETTER,
        b'G'..=b'Z' => UPPER | LETTER,
        b'a'..=b'f' => HEX | LETTER,
        b'g'..=b'z' => LETTER,
        b'?' | b'#' => QUERY,
        _ => 0,
    }
}

/// The classes of ASCII; every other byte is of none.
static CLASS: [u8; 128] = {
    let mut table = [0; 128];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = class(byte as u8);
        byte += 1;
    }
    table
};

/// Masks of those bits of a class, as they come from the table, made what they mean.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the masks stay in registers")]
fn classes(mask: impl Fn(u8) -> u64) -> Classes {
    let (sep, digit, look, blank) = (mask(SEP), mask(DIGIT), mask(LOOK), mask(BLANK));
    let (slash, dot) = (mask(SLASH), mask(DOT));
    let control = sep & look & blank;
    Classes {
        sep,
        digit: digit & !sep,
        slash: slash & !dot,
        at: slash & dot,
        dot: dot & !slash,
        look: sep & look ^ control,
        blank: sep & blank ^ control,
        upper: mask(UPPER),
        hex: mask(HEX),
        control,
        string: 0,
        leading: sep & digit | look & !sep,
        query: blank & !sep,
    }
}

pub fn by_table(text: &[u8], from: usize) -> Classes {
    let (mut masks, mut string) = ([0u64; 8], 0);
    for (index, &byte) in text[from..].iter().take(64).enumerate() {
        string |= u64::from(matches!(byte, b'"' | b'\\')) << index;
        let class = CLASS.get(usize::from(byte)).copied().unwrap_or_default();
        for (bit, mask) in masks.iter_mut().enumerate() {
            *mask |= u64::from(class >> bit & 1) << index;
        }
    }
    Classes { string, ..classes(|bit| masks[bit.trailing_zeros() as usize]) }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm512_cmpeq_epi8_mask, _mm512_loadu_epi8, _mm512_maskz_loadu_epi8, _mm512_maskz_permutex2var_epi8,
        _mm512_movepi8_mask, _mm512_set1_epi8, _mm512_test_epi8_mask,
    };

    use super::{CLASS, Classes, Work, classes};

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub fn run<W: Work>(text: &[u8], work: W) -> W::Out {
        work.run(text, |text, from| classify(text, from))
    }

    /// One instruction looks all 64 bytes up.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[inline]
    #[expect(unsafe_code, reason = "vectors are loaded by pointer")]
    fn classify(text: &[u8], from: usize) -> Classes {
        let text = &text[from..];
        let within = match text.len() {
            0 => return Classes::default(),
            left @ 1..64 => !(u64::MAX << left),
            _ => u64::MAX,
        };
        let half = |at: usize| -> __m512i {
            // SAFETY: `at` is 0 or 64 and the table has 128 bytes; the load needs no alignment.
            unsafe { _mm512_loadu_epi8(CLASS[at..].as_ptr().cast()) }
        };
        // SAFETY: only the bytes that `within` names are read, and so many the text has.
        let bytes = unsafe { _mm512_maskz_loadu_epi8(within, text.as_ptr().cast()) };
        let ascii = within & !_mm512_movepi8_mask(bytes);
        let found = _mm512_maskz_permutex2var_epi8(ascii, half(0), bytes, half(64));
        let is = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
        let string = is(b'"') | is(b'\\');
        Classes { string, ..classes(|bit| _mm512_test_epi8_mask(found, _mm512_set1_epi8(bit.cast_signed()))) }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    //! A byte's class is found in tables by its halves of four bits: it is in a class when both halves name it.

    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
        _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_srli_epi16, _mm256_sub_epi8,
    };

    use super::{Classes, Work};

    /// A class that two tables tell: bytes with one of `high` above and one of `low` below.
    struct Product {
        high: &'static [u8],
        low: &'static [u8],
    }

    const EVERY: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// Bits 0 to 5 are separators, 6 digits, 7 the dot.
    const WORDS: [Product; 8] = [
        Product { high: &[0, 1], low: EVERY },
        Product { high: &[2], low: &[0, 2, 7, 8, 9, 12] },
        Product { high: &[3], low: &[10, 11, 12, 13, 14] },
        Product { high: &[5, 7], low: &[11, 13] },
        Product { high: &[7], low: &[12] },
        Product { high: &[6], low: &[0] },
        Product { high: &[3], low: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
        Product { high: &[2], low: &[14] },
    ];
    const SEP: i8 = 0b0011_1111;

    /// Bits 0 and 1 are what is looked at, 2 to 4 slashes and `@`, 5 controls, 6 hexadecimal letters, 7 the blank.
    const MARKS: [Product; 8] = [
        Product { high: &[2], low: &[2, 7] },
        Product { high: &[3], low: &[10, 13] },
        Product { high: &[2], low: &[15] },
        Product { high: &[5], low: &[12] },
        Product { high: &[4], low: &[0] },
        Product { high: &[0, 1], low: EVERY },
        Product { high: &[4, 6], low: &[1, 2, 3, 4, 5, 6] },
        Product { high: &[2], low: &[0] },
    ];
    const LOOK: i8 = 0b0000_0011;
    const SLASH: i8 = 0b0000_1100;
    const AT: i8 = 0b0001_0000;

    /// Bits 0 to 2 are what leads and is no letter, 3 and 4 what ends a path.
    const REST: [Product; 8] = [
        Product { high: &[5], low: &[11, 13] },
        Product { high: &[7], low: &[11] },
        Product { high: &[2], low: &[2] },
        Product { high: &[3], low: &[15] },
        Product { high: &[2], low: &[3] },
        Product { high: &[], low: &[] },
        Product { high: &[], low: &[] },
        Product { high: &[], low: &[] },
    ];
    const LEADING_SEP: i8 = 0b0000_0111;
    const QUERY: i8 = 0b0001_1000;

    /// The tables of the halves above and below.
    const fn tables(products: &[Product; 8]) -> [[u8; 16]; 2] {
        let mut tables = [[0; 16]; 2];
        let mut bit = 0;
        while bit < 8 {
            let sides = [products[bit].high, products[bit].low];
            let mut side = 0;
            while side < 2 {
                let mut index = 0;
                while index < sides[side].len() {
                    tables[side][sides[side][index] as usize] |= 1 << bit;
                    index += 1;
                }
                side += 1;
            }
            bit += 1;
        }
        tables
    }

    static WORDS_TABLES: [[u8; 16]; 2] = tables(&WORDS);
    static MARKS_TABLES: [[u8; 16]; 2] = tables(&MARKS);
    static REST_TABLES: [[u8; 16]; 2] = tables(&REST);

    #[target_feature(enable = "avx2")]
    pub fn run<W: Work>(text: &[u8], work: W) -> W::Out {
        work.run(text, |text, from| classify(text, from))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn classify(text: &[u8], from: usize) -> Classes {
        let (low, high) = (of_half(text, from), of_half(text, from + 32));
        let join = |mask: fn(&Half) -> u32| u64::from(mask(&low)) | u64::from(mask(&high)) << 32;
        Classes {
            sep: join(|half| half.sep),
            digit: join(|half| half.digit),
            slash: join(|half| half.slash),
            at: join(|half| half.at),
            dot: join(|half| half.dot),
            look: join(|half| half.look),
            blank: join(|half| half.blank),
            upper: join(|half| half.upper),
            hex: join(|half| half.hex),
            control: join(|half| half.control),
            string: join(|half| half.string),
            leading: join(|half| half.leading),
            query: join(|half| half.query),
        }
    }

    #[derive(Default)]
    struct Half {
        sep: u32,
        digit: u32,
        slash: u32,
        at: u32,
        dot: u32,
        look: u32,
        blank: u32,
        upper: u32,
        hex: u32,
        control: u32,
        string: u32,
        leading: u32,
        query: u32,
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn of_half(text: &[u8], from: usize) -> Half {
        let rest = text.get(from..).unwrap_or_default();
        if let Some(whole) = rest.first_chunk() {
            return of_bytes(whole);
        }
        if rest.is_empty() {
            return Half::default();
        }
        let mut padded = [0; 32];
        // The text's last 32 bytes hold the rest at their end.
        let last = text.last_chunk().unwrap_or_else(|| {
            padded[32 - rest.len()..].copy_from_slice(rest);
            &padded
        });
        let Half { sep, digit, slash, at, dot, look, blank, upper, hex, control, leading, query, string } =
            of_bytes(last);
        let by = 32 - rest.len();
        Half {
            sep: sep >> by,
            digit: digit >> by,
            slash: slash >> by,
            at: at >> by,
            dot: dot >> by,
            look: look >> by,
            blank: blank >> by,
            upper: upper >> by,
            hex: hex >> by,
            control: control >> by,
            string: string >> by,
            leading: leading >> by,
            query: query >> by,
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    #[expect(unsafe_code, reason = "vectors are loaded by pointer")]
    fn of_bytes(bytes: &[u8; 32]) -> Half {
        // SAFETY: 32 bytes can be read behind the reference; the load needs no alignment.
        let v = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
        let table = |table: &[u8; 16]| {
            // SAFETY: 16 bytes can be read behind the reference; the load needs no alignment.
            _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
        };
        let below = _mm256_and_si256(v, _mm256_set1_epi8(15));
        let above = _mm256_and_si256(_mm256_srli_epi16::<4>(v), _mm256_set1_epi8(15));
        let look_up = |[high, low]: &[[u8; 16]; 2]| {
            _mm256_and_si256(_mm256_shuffle_epi8(table(high), above), _mm256_shuffle_epi8(table(low), below))
        };
        let top = |v: __m256i| _mm256_movemask_epi8(v).cast_unsigned();
        let any = |v: __m256i, bits: i8| {
            !top(_mm256_cmpeq_epi8(_mm256_and_si256(v, _mm256_set1_epi8(bits)), _mm256_setzero_si256()))
        };
        let is = |byte: u8| top(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(byte.cast_signed())));
        let (words, marks, rest) = (look_up(&WORDS_TABLES), look_up(&MARKS_TABLES), look_up(&REST_TABLES));
        let from_a = _mm256_sub_epi8(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), _mm256_set1_epi8(b'a'.cast_signed()));
        let letter = top(_mm256_cmpeq_epi8(_mm256_min_epu8(from_a, _mm256_set1_epi8(25)), from_a));
        Half {
            sep: any(words, SEP),
            digit: top(_mm256_slli_epi16::<1>(words)),
            slash: any(marks, SLASH),
            at: any(marks, AT),
            dot: top(words),
            look: any(marks, LOOK),
            blank: top(marks),
            upper: letter & !top(_mm256_slli_epi16::<2>(v)),
            hex: top(_mm256_slli_epi16::<1>(marks)),
            control: top(_mm256_slli_epi16::<2>(marks)),
            string: is(b'"') | is(b'\\'),
            leading: letter | any(rest, LEADING_SEP),
            query: any(rest, QUERY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct All;

    impl Work for All {
        type Out = Vec<Classes>;
        fn run(self, text: &[u8], classify: impl Fn(&[u8], usize) -> Classes) -> Vec<Classes> {
            (0..text.len()).step_by(64).map(|from| classify(text, from)).collect()
        }
    }

    fn texts() -> impl Iterator<Item = Vec<u8>> {
        (0..=255u8).flat_map(|first| {
            (0..=130usize).map(move |length| {
                (0..length).map(|index| first.wrapping_add((index as u8).wrapping_mul(37))).collect()
            })
        })
    }

    #[test]
    fn this_processors_way_agrees_with_the_table() {
        for text in texts() {
            assert_eq!(with_classifier(&text, All), All.run(&text, by_table), "{text:?}");
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "there is no other way to call what needs a processor's feature")]
    fn the_older_processors_way_agrees_with_the_table() {
        assert!(std::arch::is_x86_feature_detected!("avx2"), "this test needs a processor with AVX2");
        for text in texts() {
            // SAFETY: the processor was just asked for the feature.
            assert_eq!(unsafe { avx2::run(&text, All) }, All.run(&text, by_table), "{text:?}");
        }
    }
}
