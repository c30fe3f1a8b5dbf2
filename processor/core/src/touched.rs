//! What one request did to each type that it touched.

use std::sync::Arc;

use crate::decide::LimitUse;
use crate::table::EventType;

/// What one request did to one type.
pub struct Touched {
    pub event: Arc<EventType>,
    pub records: u64,
    pub bytes: u64,
    pub dropped_records: u64,
    pub dropped_bytes: u64,
    pub limit: LimitUse,
    /// Where records stand that `commit` may take as samples; most types want none.
    pub samples: Vec<(usize, usize)>,
}

/// Where the type stands in `touched`, where it is put when it is not there yet. `index` has one more than that place by
/// the type's slot.
pub fn touch(touched: &mut Vec<Touched>, index: &mut Vec<u32>, event: &Arc<EventType>) -> usize {
    let slot = event.slot as usize;
    if index.len() <= slot {
        index.resize(slot + 1, 0);
    }
    if let Some(at) = (index[slot] as usize).checked_sub(1)
        && Arc::ptr_eq(&touched[at].event, event)
    {
        return at;
    }
    touched.push(Touched {
        event: Arc::clone(event),
        records: 0,
        bytes: 0,
        dropped_records: 0,
        dropped_bytes: 0,
        limit: LimitUse::default(),
        samples: Vec::new(),
    });
    index[slot] = touched.len() as u32;
    touched.len() - 1
}
