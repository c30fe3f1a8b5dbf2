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
