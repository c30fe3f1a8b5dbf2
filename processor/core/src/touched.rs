//! What one request did to each type that it touched.

use std::sync::Arc;

use crate::decide::LimitUse;
use crate::samples::SAMPLES;
use crate::table::EventType;
use crate::walk::Course;

/// What one request did to one type. Small, because a request may touch as many types as it has records.
pub struct Touched {
    pub event: Arc<EventType>,
    pub records: u64,
    pub bytes: u64,
    /// What went each on its own; see `dropped`.
    dropped: Amount,
    rare: Option<Box<Rare>>,
    pub course: Course,
}

#[derive(Clone, Copy, Default)]
pub struct Amount {
    pub records: u64,
    pub bytes: u64,
}

/// What most types have nothing of.
#[derive(Default)]
struct Rare {
    limit: LimitUse,
    /// What did not go though its type does.
    spared: Amount,
    samples: Vec<(usize, usize)>,
}

impl Amount {
    fn add(&mut self, bytes: u64) {
        self.records += 1;
        self.bytes += bytes;
    }
}

impl Touched {
    #[inline]
    pub fn new(event: &Arc<EventType>, course: Course) -> Self {
        Self { event: Arc::clone(event), records: 0, bytes: 0, dropped: Amount::default(), rare: None, course }
    }

    /// What went of it: of a type that goes all but what was spared, which is told by its course, not record by record.
    pub fn dropped(&self) -> Amount {
        let mut dropped = self.dropped;
        if let Course::Go = self.course {
            let spared = self.rare.as_ref().map_or(Amount::default(), |rare| rare.spared);
            dropped.records += self.records - spared.records;
            dropped.bytes += self.bytes - spared.bytes;
        }
        dropped
    }

    /// Notes that a record went on its own.
    pub fn drop(&mut self, bytes: u64) {
        self.dropped.add(bytes);
    }

    /// Notes that a record does not go with its type.
    pub fn spare(&mut self, bytes: u64) {
        self.rare.get_or_insert_default().spared.add(bytes);
    }

    /// Where records stand that `commit` may take as samples.
    pub fn samples(&self) -> &[(usize, usize)] {
        self.rare.as_ref().map_or(&[], |rare| &rare.samples)
    }

    /// Notes where a record stands that may be a sample, unless there are enough.
    pub fn offer_sample(&mut self, value: usize, end: usize) {
        let samples = &mut self.rare.get_or_insert_default().samples;
        if samples.len() < SAMPLES {
            samples.push((value, end));
        }
    }

    /// Notes what was taken of the type's limit.
    #[inline]
    pub fn use_limit(&mut self, used: LimitUse) {
        if used != LimitUse::default() {
            self.rare.get_or_insert_default().limit.add(used);
        }
    }

    /// Gives back what was taken of the type's limit.
    pub fn roll_back(&self) {
        if let Some(rare) = &self.rare
            && rare.limit != LimitUse::default()
            && let Some(limit) = self.event.limit.get()
        {
            limit.lock().give_back(rare.limit);
        }
    }
}
