//! What becomes of a record of a type that something is decided of.

use parking_lot::Mutex;

use super::Pass;
use crate::decide::{Action, Decision, Fate, Limit, LimitUse, is_sampled};
use crate::record::{Record, Signal};
use crate::settings::Policy;
use crate::table::EventType;

impl Pass<'_> {
    /// What becomes of a record of a type with that decision, and what it takes of the type's limit.
    pub(super) fn fate(
        &self,
        decision: &Decision,
        record: &Record,
        encoded: &[u8],
        resource: &[bool],
        event: &EventType,
    ) -> (Fate, LimitUse) {
        let (policy, signal) = (self.call.policy, self.call.signal);
        let unlimited = |fate| (fate, LimitUse::default());
        if decision.exceptions != 0 && is_excepted(decision, record, policy, resource) {
            return unlimited(Fate::Kept);
        }
        let earlier = record.tags.adjusted_count.max(1.0);
        match decision.action {
            Action::Keep => unlimited(Fate::Kept),
            Action::Drop => {
                let share = policy.canary_percent / 100.0;
                let is_canary = is_sampled(signal, encoded, share);
                unlimited(if is_canary { Fate::Canary(earlier.max(1.0 / share)) } else { Fate::Waste })
            }
            // A metric is a series: a part of its points is worth nothing.
            Action::Sample(_) | Action::Limit(_) if signal == Signal::Metrics => unlimited(Fate::Kept),
            Action::Sample(share) => {
                let stays = is_sampled(signal, encoded, share);
                unlimited(if stays { Fate::Survivor(earlier.max(1.0 / share)) } else { Fate::Waste })
            }
            Action::Limit(rate) => {
                let limit = event.limit.get_or_init(|| Box::new(Mutex::new(Limit::default())));
                limit.lock().offer(rate, self.now, earlier)
            }
        }
    }
}

fn is_excepted(decision: &Decision, record: &Record, policy: &Policy, resource: &[bool]) -> bool {
    policy.exceptions.iter().enumerate().any(|(index, exception)| {
        decision.exceptions >> index & 1 == 1
            && resource.get(index).copied().unwrap_or(true)
            && exception.min_duration_ms.is_none_or(|least| record.duration >= least)
    })
}
