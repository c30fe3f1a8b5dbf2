//! Lines that were met before: their types are found by sketch or by outline, without mining.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::ahead;
use crate::class::Given;
use crate::identity::Context;
use crate::mine::plain::Runs;
use crate::table::EventType;

/// A line's sketch or outline with what stands beside it, as it is looked up.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    pub context: &'a Arc<Context>,
    pub given: Given,
    pub text: &'a [u8],
}

/// A sketch or outline and the type that mining found for it.
pub struct Known {
    hash: u64,
    given: Given,
    text: Box<[u8]>,
    says: Says,
}

/// What it says of its lines.
pub enum Says {
    Type(Arc<EventType>),
    /// Of a sketch: some of the runs that it leaves out have a say.
    Runs(Runs),
    /// Of a sketch: it says nothing.
    Nothing,
}

/// What a key's lines are known to be.
#[derive(Clone, Copy)]
pub enum Told<'t> {
    Type(&'t Arc<EventType>),
    Runs(Runs),
    Nothing,
}

impl<'t> Told<'t> {
    pub fn event(self) -> Option<&'t Arc<EventType>> {
        match self {
            Self::Type(event) => Some(event),
            Self::Runs(_) | Self::Nothing => None,
        }
    }
}

impl Known {
    pub fn new(hash: u64, key: Key<'_>, says: Says) -> Self {
        Self { hash, given: key.given, text: key.text.into(), says }
    }

    pub fn event(&self) -> Option<&Arc<EventType>> {
        match &self.says {
            Says::Type(event) => Some(event),
            Says::Runs(_) | Says::Nothing => None,
        }
    }

    /// Asks for what `of` and whoever counts the line will look at.
    #[inline]
    pub fn ask(&self) {
        ahead::ask_for_text(&self.text);
        if let Says::Type(event) = &self.says {
            ahead::ask_for(&event.context);
        }
    }

    /// What is known of that key, if it is the one.
    #[inline]
    pub fn of(&self, key: Key<'_>) -> Option<Told<'_>> {
        if *self.text != *key.text || self.given != key.given {
            return None;
        }
        match &self.says {
            Says::Type(event) => Arc::ptr_eq(&event.context, key.context).then_some(Told::Type(event)),
            Says::Runs(runs) => Some(Told::Runs(*runs)),
            Says::Nothing => Some(Told::Nothing),
        }
    }
}

/// At most so many; when they are too many, all are forgotten, and those that still come are soon known again.
pub struct Outlines {
    hasher: RandomState,
    known: HashTable<Known>,
    capacity: usize,
}

impl Outlines {
    pub fn new(capacity: usize) -> Self {
        Self { hasher: RandomState::default(), known: HashTable::new(), capacity }
    }

    #[inline]
    pub fn hash(&self, key: Key<'_>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        (Arc::as_ptr(key.context) as usize).hash(&mut hasher);
        key.given.hash(&mut hasher);
        hasher.write(key.text);
        hasher.finish()
    }

    /// What has that hash, which is another line's once in a very long time: such a line is mined, then.
    #[inline]
    pub fn candidate(&self, hash: u64) -> Option<&Known> {
        self.known.find(hash, |known| known.hash == hash)
    }

    pub fn insert(&mut self, new: Known) {
        if self.candidate(new.hash).is_some() {
            return;
        }
        if self.known.len() >= self.capacity {
            self.known.clear();
        }
        self.known.insert_unique(new.hash, new, |known| known.hash);
    }

    /// To be called when types go or are found otherwise than before.
    pub fn clear(&mut self) {
        self.known.clear();
    }
}

/// Which outlines were met once: only those that come again are worth keeping.
#[derive(Default)]
pub struct Met(Vec<[u16; Met::PLACES]>);

impl Met {
    const LEAST: usize = 4096;
    /// So many outlines share a place, the last one first: with one alone, two that take turns would never be met again.
    const PLACES: usize = 4;

    /// Notes an outline; answers whether it was among the last that were noted, which are more than there are types.
    pub fn again(&mut self, hash: u64, types: usize) -> bool {
        let size = (types * 2).next_power_of_two().max(Self::LEAST) / Self::PLACES;
        if self.0.len() < size {
            self.0.resize(size, [0; Self::PLACES]);
        }
        let (place, mark) = (hash as usize % self.0.len(), (hash >> 48) as u16 | 1);
        let place = &mut self.0[place];
        if place.contains(&mark) {
            return true;
        }
        place.rotate_right(1);
        place[0] = mark;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlines_that_take_turns_are_met_again() {
        let mut met = Met::default();
        let hashes = [1, 2, 3].map(|mark| mark << 60 | 0x17);
        assert_eq!(hashes.map(|hash| met.again(hash, 10)), [false; 3]);
        assert_eq!(hashes.map(|hash| met.again(hash, 10)), [true; 3]);
    }

    #[test]
    fn what_was_met_long_ago_is_new() {
        let mut met = Met::default();
        assert!(!met.again(1 << 60, 10));
        let others = (1..=10_000u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        others.for_each(|hash| {
            met.again(hash, 10);
        });
        assert!(!met.again(1 << 60, 10));
    }
}
