//! Which of a batch's records something becomes of: a bit for each, the first one's lowest.
//!
//! Of which records that is so is as good as random. A branch for each would be foreseen of half of them, and what is not
//! foreseen costs as much as reading a field or two; a bit is noted without any.

use super::course::Course;
use super::waiting::{BATCH, Waiting};

const _: () = assert!(BATCH == u64::BITS as usize);

#[derive(Default)]
pub(super) struct Changes {
    /// All that do not pass as they came.
    pub all: u64,
    /// Those that go.
    pub go: u64,
    /// Those that are tagged as waste.
    pub waste: u64,
    /// Those that are waste like others of their type, and pass to be looked at.
    pub canaries: u64,
    /// Those that begin where the one before ends.
    joined: u64,
}

impl Changes {
    /// Notes what becomes of the record at that place of the batch; the one before ends at `before`.
    #[inline]
    pub fn note(&mut self, place: usize, waiting: &Waiting, course: Course, before: usize) {
        let bit = |is: bool| u64::from(is) << place;
        self.all |= bit(!matches!(course, Course::Pass)) | bit(waiting.record.tags.stale > 0);
        self.go |= bit(matches!(course, Course::Go));
        self.waste |= bit(matches!(course, Course::Waste(_)));
        self.joined |= bit(waiting.start == before);
    }

    /// Lets a record that is waste pass to be looked at.
    pub fn spare(&mut self, place: usize) {
        self.go &= !(1 << place);
        self.canaries |= 1 << place;
    }

    /// How many records go that stand one right behind another from that place on.
    #[inline]
    pub fn going_from(&self, place: usize) -> usize {
        if has(self.go, place) {
            1 + (self.go & self.joined).unbounded_shr(place as u32 + 1).trailing_ones() as usize
        } else {
            0
        }
    }
}

#[inline]
pub(super) fn has(bits: u64, place: usize) -> bool {
    bits >> place & 1 == 1
}
