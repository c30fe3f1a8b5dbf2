//! What one request did to each type that it touched.

use std::sync::Arc;

use crate::decide::LimitUse;
use crate::samples::SAMPLES;
use crate::table::EventType;

/// What one request did to one type. Small, because a request may touch as many types as it has records.
pub struct Touched {
    pub event: Arc<EventType>,
    pub records: u64,
    pub bytes: u64,
    pub dropped_records: u64,
    pub dropped_bytes: u64,
    rare: Option<Box<Rare>>,
}

/// What most types have nothing of.
#[derive(Default)]
struct Rare {
    limit: LimitUse,
    samples: Vec<(usize, usize)>,
}

impl Touched {
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

/// Counts a record of a type; answers where the type stands in `touched`, where it is put when it is not there yet.
/// `index` has one more than that place by the type's slot.
#[inline]
pub fn touch(touched: &mut Vec<Touched>, index: &mut Vec<u32>, event: &Arc<EventType>, bytes: u64) -> usize {
    let slot = event.slot as usize;
    if index.len() <= slot {
        index.resize(slot + 1, 0);
    }
    if let Some(at) = (index[slot] as usize).checked_sub(1)
        && let Some(known) = touched.get_mut(at)
        && Arc::ptr_eq(&known.event, event)
    {
        known.records += 1;
        known.bytes += bytes;
        return at;
    }
    touched.push(Touched {
        event: Arc::clone(event),
        records: 1,
        bytes,
        dropped_records: 0,
        dropped_bytes: 0,
        rare: None,
    });
    index[slot] = touched.len() as u32;
    touched.len() - 1
}
