//! Where words end and what they hold, as bit masks of 64 bytes: a word costs a few shifts instead of a loop.

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
    /// At or just behind something that wording is not made of; words without are passed over (`Splitter::skip`).
    event: u64,
}

/// The masks of one line. Reused from line to line.
#[derive(Default)]
pub struct Bits {
    /// Those beyond `length / 64` are left from longer lines.
    blocks: Vec<Block>,
    length: usize,
}

impl Bits {
    pub fn read(&mut self, text: &[u8]) {
        self.length = text.len();
        let count = text.len() / 64 + 1;
        if self.blocks.len() <= count {
            // One more, so that every block has a next one.
            self.blocks.resize(count + 1, Block::default());
        }
        fill(&mut self.blocks[..count], text);
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

    #[cold]
    fn long_word(&self, start: usize, end: usize) -> Word {
        Word {
            marked: self.any(start, end, |block| block.marked),
            digit: self.any(start, end, |block| block.digit),
            odd: self.any(start, end, |block| block.odd),
        }
    }

    #[inline]
    pub fn has_digit(&self, start: usize, end: usize) -> bool {
        self.any(start, end, |block| block.digit)
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

/// What one word holds.
#[derive(Clone, Copy)]
pub struct Word {
    /// More than letters: one of the others, or a dot.
    pub marked: bool,
    pub digit: bool,
    /// One of `/ \ @`, two dots in a row, or a dot at its beginning that follows another.
    pub odd: bool,
}

/// What 32 bytes hold. `look` are the separators that say something of what stands around them: quotes, `=`, `:`, and
/// control characters.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
struct Part {
    sep: u32,
    digit: u32,
    slash: u32,
    dot: u32,
    look: u32,
    blank: u32,
    upper: u32,
    hex: u32,
}

impl Part {
    /// Without the first bytes.
    #[inline]
    fn behind(self, bytes: usize) -> Self {
        let Self { sep, digit, slash, dot, look, blank, upper, hex } = self;
        Self {
            sep: sep >> bytes,
            digit: digit >> bytes,
            slash: slash >> bytes,
            dot: dot >> bytes,
            look: look >> bytes,
            blank: blank >> bytes,
            upper: upper >> bytes,
            hex: hex >> bytes,
        }
    }
}

/// What a block must know of the one before it.
struct Edge {
    sep: u64,
    blank: u64,
    dot: u64,
    capital: u64,
    hex: u64,
}

fn fill(blocks: &mut [Block], text: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the only way to call what needs a processor's feature")]
        // SAFETY: the processor was just asked whether it has AVX2, which is all that the function needs.
        return unsafe { vectors::fill(blocks, text) };
    }
    fill_with(blocks, text, part_by_table);
}

/// `blocks` are as many as the text has whole ones, and one.
#[inline(always)]
#[expect(clippy::inline_always, reason = "so that `part` is compiled into the loop, with the caller's features")]
fn fill_with(blocks: &mut [Block], text: &[u8], part: impl Fn(&[u8; 32]) -> Part) {
    // The text's beginning is the beginning of a word.
    let mut edge = Edge { sep: u64::MAX, blank: 0, dot: 0, capital: 0, hex: 0 };
    for (index, block) in blocks.iter_mut().enumerate() {
        let at = index * 64;
        let mut halves = [Part::default(); 2];
        for (half, at) in halves.iter_mut().zip([at, at + 32]) {
            let rest = text.get(at..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let mut padded = [0; 32];
            let (bytes, skipped) = match (rest.first_chunk(), text.last_chunk()) {
                (Some(whole), _) => (whole, 0),
                // The text's last 32 bytes hold the rest at their end.
                (None, Some(last)) => (last, 32 - rest.len()),
                (None, None) => {
                    padded[32 - rest.len()..].copy_from_slice(rest);
                    (&padded, 32 - rest.len())
                }
            };
            *half = part(bytes).behind(skipped);
        }
        let left = text.len() - at;
        let end = if left < 64 { 1u64 << left } else { 0 };
        *block = derive(halves[0], halves[1], end, &mut edge);
    }
}

/// Makes a block of its halves. `end` is the bit just behind the text if that is within the block.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the parts stay in registers")]
fn derive(low: Part, high: Part, end: u64, edge: &mut Edge) -> Block {
    let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let moved = |bits: u64, earlier: u64, by: u32| bits << by | earlier >> (64 - by);
    let sep = join(low.sep, high.sep) | end.wrapping_neg();
    let digit = join(low.digit, high.digit);
    let slash = join(low.slash, high.slash);
    let dot = join(low.dot, high.dot);
    let blank = join(low.blank, high.blank);
    let hex = join(low.hex, high.hex);
    let behind_sep = moved(sep, edge.sep, 1);
    let capital = join(low.upper, high.upper) & behind_sep;
    // Behind a word of three letters with a capital first, which may be a month or a day of the week.
    let date = sep & moved(capital, edge.capital, 3) & !behind_sep & !moved(sep, edge.sep, 2);
    // At the eighth letter in a row that is a hexadecimal digit, or earlier when the row began in the block before.
    let earlier = (edge.hex >> 63).wrapping_neg();
    let two = hex & moved(hex, earlier, 1);
    let four = two & moved(two, earlier, 2);
    let eight = four & moved(four, earlier, 4);
    let blanks = blank & moved(blank, edge.blank, 1);
    let odd = slash | dot & moved(dot, edge.dot, 1);
    *edge = Edge { sep, blank, dot, capital, hex };
    let marked = digit | slash | dot;
    let event = marked | join(low.look, high.look) | blanks | date | eight | end;
    Block { sep, digit, marked, odd, event }
}

const SEP: u8 = 1;
const DIGIT: u8 = 2;
const SLASH: u8 = 4;
const DOT: u8 = 8;
const LOOK: u8 = 16;
const BLANK: u8 = 32;
const UPPER: u8 = 64;
const HEX: u8 = 128;

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b' ' => SEP | BLANK,
            0..b' ' | b'"' | b'\'' | b'=' | b':' => SEP | LOOK,
            b'(' | b')' | b',' | b';' | b'<' | b'>' | b'[' | b']' | b'`' | b'{' | b'|' | b'}' => SEP,
            b'0'..=b'9' => DIGIT,
            b'/' | b'\\' | b'@' => SLASH,
            b'.' => DOT,
            b'A'..=b'F' => UPPER | HEX,
            b'G'..=b'Z' => UPPER,
            b'a'..=b'f' => HEX,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// What every byte is; the vector code below is held to it by a test.
static CLASS: [u8; 256] = classes();

fn part_by_table(bytes: &[u8; 32]) -> Part {
    let mut part = Part::default();
    for (index, &byte) in bytes.iter().enumerate() {
        let class = CLASS[byte as usize];
        let bit = |kind: u8| u32::from(class & kind != 0) << index;
        part.sep |= bit(SEP);
        part.digit |= bit(DIGIT);
        part.slash |= bit(SLASH);
        part.dot |= bit(DOT);
        part.look |= bit(LOOK);
        part.blank |= bit(BLANK);
        part.upper |= bit(UPPER);
        part.hex |= bit(HEX);
    }
    part
}

#[cfg(target_arch = "x86_64")]
mod vectors {
    //! A byte's class is found in tables by its halves of four bits: it is in a class when both halves name it.

    use std::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
        _mm256_min_epu8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_slli_epi16, _mm256_srli_epi16, _mm256_sub_epi8,
    };

    use super::{Block, Part, fill_with};

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
    const WORDS_SEP: i8 = 0b0011_1111;

    /// Bits 0 to 2 are what is looked at, 3 to 5 slashes and `@`, 6 hexadecimal letters, 7 the blank.
    const MARKS: [Product; 8] = [
        Product { high: &[0, 1], low: EVERY },
        Product { high: &[2], low: &[2, 7] },
        Product { high: &[3], low: &[10, 13] },
        Product { high: &[2], low: &[15] },
        Product { high: &[5], low: &[12] },
        Product { high: &[4], low: &[0] },
        Product { high: &[4, 6], low: &[1, 2, 3, 4, 5, 6] },
        Product { high: &[2], low: &[0] },
    ];
    const MARKS_LOOK: i8 = 0b0000_0111;
    const MARKS_SLASH: i8 = 0b0011_1000;

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

    #[target_feature(enable = "avx2")]
    pub fn fill(blocks: &mut [Block], text: &[u8]) {
        fill_with(blocks, text, |bytes| part(bytes));
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    #[expect(unsafe_code, reason = "a vector is loaded by pointer")]
    fn load(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: 32 bytes can be read behind the reference; the load needs no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    #[expect(unsafe_code, reason = "a vector is loaded by pointer")]
    fn table(bytes: &[u8; 16]) -> __m256i {
        // SAFETY: 16 bytes can be read behind the reference; the load needs no alignment.
        _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn part(bytes: &[u8; 32]) -> Part {
        let v = load(bytes);
        let below = _mm256_and_si256(v, _mm256_set1_epi8(15));
        let above = _mm256_and_si256(_mm256_srli_epi16::<4>(v), _mm256_set1_epi8(15));
        let look_up = |[high, low]: &[[u8; 16]; 2]| {
            _mm256_and_si256(_mm256_shuffle_epi8(table(high), above), _mm256_shuffle_epi8(table(low), below))
        };
        let top = |v: __m256i| _mm256_movemask_epi8(v).cast_unsigned();
        let any = |v: __m256i, bits: i8| {
            !top(_mm256_cmpeq_epi8(_mm256_and_si256(v, _mm256_set1_epi8(bits)), _mm256_setzero_si256()))
        };
        let words = look_up(&WORDS_TABLES);
        let marks = look_up(&MARKS_TABLES);
        let from_a = _mm256_sub_epi8(v, _mm256_set1_epi8(b'A'.cast_signed()));
        Part {
            sep: any(words, WORDS_SEP),
            digit: top(_mm256_slli_epi16::<1>(words)),
            slash: any(marks, MARKS_SLASH),
            dot: top(words),
            look: any(marks, MARKS_LOOK),
            blank: top(marks),
            upper: top(_mm256_cmpeq_epi8(_mm256_min_epu8(from_a, _mm256_set1_epi8(25)), from_a)),
            hex: top(_mm256_slli_epi16::<1>(marks)),
        }
    }
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
    fn the_vector_code_agrees_with_the_table_for_every_byte_at_every_place() {
        let text: Vec<u8> = (0..4096u32).map(|index| (index * 37 >> 3) as u8 ^ (index % 251) as u8).collect();
        for length in (0..300).chain([4096]) {
            let text = &text[..length];
            let mut slow = vec![Block::default(); length / 64 + 1];
            fill_with(&mut slow, text, part_by_table);
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
