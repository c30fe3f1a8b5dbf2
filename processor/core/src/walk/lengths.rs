//! In which order a batch's records are looked up: the shorter what tells their types is, the sooner. Texts of like lengths
//! are hashed and compared by the same branches, which the processor then foresees.

use super::waiting::BATCH;

/// Places in a batch. As many count as it has records; behind them there is room to copy a class as a whole.
pub(super) type Places = [u8; 2 * BATCH];

/// As the records came.
pub(super) static AS_THEY_COME: Places = {
    let mut places = [0; 2 * BATCH];
    let mut place = 0;
    while place < BATCH {
        places[place] = place as u8;
        place += 1;
    }
    places
};

/// Lengths that differ by less are of one class; all from the last one's on are.
const STEP: usize = 32;
const CLASSES: usize = 8;

/// The places of a batch's records by the class of their lengths. They are noted record by record while those are read:
/// counted one right after another, each count would have to wait for the last.
pub(super) struct ByLength {
    places: [[u8; BATCH]; CLASSES],
    counts: [u8; CLASSES],
}

impl Default for ByLength {
    fn default() -> Self {
        Self { places: [[0; BATCH]; CLASSES], counts: [0; CLASSES] }
    }
}

impl ByLength {
    #[inline]
    pub fn note(&mut self, place: usize, length: usize) {
        let class = (length / STEP).min(CLASSES - 1);
        let count = &mut self.counts[class];
        self.places[class][usize::from(*count) % BATCH] = place as u8;
        *count += 1;
    }

    /// All places that were noted since the last call.
    #[inline]
    pub fn take(&mut self) -> Places {
        let (mut order, mut end) = ([0; 2 * BATCH], 0);
        for (places, count) in self.places.iter().zip(&mut self.counts) {
            order[end..end + BATCH].copy_from_slice(places);
            end += usize::from(std::mem::take(count));
        }
        order
    }
}
