//! A cheap look at a word before it is asked whether it tells: at the letters that its parts begin with.

use super::outcomes::{FAULTS, FAULTS_WITHIN, STATES};

/// So many first letters are looked at; no fault has fewer.
const LETTERS: usize = 3;

struct Beginnings {
    /// A bit for each hash of such letters.
    bits: [u64; 64],
}

impl Beginnings {
    const fn note(mut self, words: &[&str]) -> Self {
        let mut index = 0;
        while index < words.len() {
            let word = words[index].as_bytes();
            if word.len() >= LETTERS {
                let place = Self::place(word[0], word[1], word[2]);
                self.bits[place / 64] |= 1 << (place % 64);
            }
            index += 1;
        }
        self
    }

    /// In any case.
    #[inline]
    const fn place(first: u8, second: u8, third: u8) -> usize {
        let letters = u32::from_le_bytes([first | 0x20, second | 0x20, third | 0x20, 0]);
        (letters.wrapping_mul(0x9e37_79b1) >> 20) as usize
    }

    #[inline]
    fn may_begin(&self, rest: &[u8]) -> bool {
        let [first, second, third, ..] = *rest else { return false };
        let place = Self::place(first, second, third);
        self.bits[place / 64] >> (place % 64) & 1 == 1
    }
}

static WHOLE: Beginnings = Beginnings { bits: [0; 64] }.note(FAULTS).note(STATES).note(&["non", "not"]);
static WITHIN: Beginnings = Beginnings { bits: [0; 64] }.note(FAULTS_WITHIN);
const _: () = {
    let mut index = 0;
    while index < FAULTS.len() {
        assert!(FAULTS[index].len() >= LETTERS);
        index += 1;
    }
};

/// Whether a word of ASCII letters, `_`, `-` and `.` may tell how it went; of most it is sure that they do not.
#[inline]
pub fn may_tell(word: &[u8]) -> bool {
    let is_whole = |at: usize| {
        at == 0
            || !word[at - 1].is_ascii_alphabetic()
            || word[at - 1].is_ascii_lowercase() && word[at].is_ascii_uppercase()
    };
    word.len() < LETTERS
        || (0..word.len()).any(|at| WITHIN.may_begin(&word[at..]) || is_whole(at) && WHOLE.may_begin(&word[at..]))
        || word.iter().filter(|byte| byte.is_ascii_alphabetic()).count() < LETTERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::tells;

    #[test]
    fn no_word_that_tells_is_passed_over() {
        let words = FAULTS.iter().chain(FAULTS_WITHIN).chain(STATES).filter(|word| word.is_ascii());
        for word in words {
            let forms =
                [word.to_string(), word.to_uppercase(), format!("x_{word}"), format!("_{word}-"), format!("x{word}")];
            let capital = format!("db{}{}", word[..1].to_uppercase(), &word[1..]);
            for form in forms.iter().chain([&capital]) {
                assert!(may_tell(form.as_bytes()) || !tells(form.as_bytes()), "{form}");
            }
        }
        assert!(may_tell(b"NOT_SERVING") && may_tell(b"-ok"));
        for word in [&b"orders"[..], b"otelcol", b"queue", b"user.session"] {
            assert!(!may_tell(word), "{}", String::from_utf8_lossy(word));
        }
    }
}
