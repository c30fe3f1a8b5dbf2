//! A cheap look at a name's last two letters, in any case, before it is compared with those that are known.

/// How known names end.
pub struct Endings {
    /// For each last letter those before it, a bit each.
    letters: [u32; 32],
}

impl Endings {
    pub const fn new(endings: &[&[u8; 2]]) -> Self {
        let mut letters = [0; 32];
        let mut index = 0;
        while index < endings.len() {
            let [before, last] = *endings[index];
            letters[(last & 31) as usize] |= 1 << (before & 31);
            index += 1;
        }
        Self { letters }
    }

    /// The same of the names themselves, each of two letters at least.
    pub const fn of(names: &[&[u8]]) -> Self {
        let mut letters = [0; 32];
        let mut index = 0;
        while index < names.len() {
            let name = names[index];
            let (before, last) = (name[name.len() - 2], name[name.len() - 1]);
            letters[(last & 31) as usize] |= 1 << (before & 31);
            index += 1;
        }
        Self { letters }
    }

    /// Whether a name may be one of those known; of a single letter nothing is told.
    #[inline]
    pub fn may_end(&self, name: &[u8]) -> bool {
        let Some(&[before, last]) = name.last_chunk() else { return true };
        self.letters[usize::from(last & 31)] >> (before & 31) & 1 == 1
    }
}

/// The same by a name's last four letters, for a look that few other names pass.
pub struct LongEndings {
    /// A bit for each hash of such letters.
    bits: [u64; 16],
}

impl LongEndings {
    pub const fn new(endings: &[&[u8; 4]]) -> Self {
        let mut bits = [0; 16];
        let mut index = 0;
        while index < endings.len() {
            let place = Self::place(*endings[index]);
            bits[place / 64] |= 1 << (place % 64);
            index += 1;
        }
        Self { bits }
    }

    /// Whether a name may be one of those known; of fewer letters nothing is told.
    #[inline]
    pub fn may_end(&self, name: &[u8]) -> bool {
        let Some(&end) = name.last_chunk() else { return true };
        let place = Self::place(end);
        self.bits[place / 64] >> (place % 64) & 1 == 1
    }

    /// In any case.
    #[inline]
    const fn place(end: [u8; 4]) -> usize {
        ((u32::from_le_bytes(end) | 0x2020_2020).wrapping_mul(0x9e37_79b1) >> 22) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_four_letters_tell_of_most_names() {
        let endings = LongEndings::new(&[b"tate", b"_err"]);
        for name in [&b"state"[..], b"NewState", b"STATE", b"last_err", b"ok"] {
            assert!(endings.may_end(name), "{}", String::from_utf8_lossy(name));
        }
        for name in [&b"name"[..], b"log.file.path", b"thread.id", b"http.route", b"version"] {
            assert!(!endings.may_end(name), "{}", String::from_utf8_lossy(name));
        }
    }
}
