//! What becomes of the records of a type in one request, as far as one answer holds for all of them.

use std::sync::atomic::Ordering;

use super::Pass;
use crate::decide::{Action, Fate};
use crate::edit::Insert;
use crate::record::Signal;
use crate::settings::Mode;
use crate::table::{EventType, Table};

/// Found with the first record of the type, so that for the others nobody looks at the decision.
#[derive(Clone, Copy)]
pub enum Course {
    /// They pass, and nothing is said of them.
    Pass,
    /// They are waste and go, all but the canaries.
    Go,
    /// They are waste and pass with these tags, all but the canaries.
    Waste(Insert),
    /// They are kept and pass with these tags.
    Kept(Insert),
    /// Each has a fate of its own.
    Each,
}

impl Pass<'_> {
    pub(super) fn course(&mut self, event: &EventType, table: &Table) -> Course {
        let (policy, signal) = (self.call.policy, self.call.signal);
        if self.mode == Mode::Observe || !event.acts.load(Ordering::Relaxed) && !policy.tag_all {
            return Course::Pass;
        }
        let decision = table.decision(event).filter(|decision| decision.in_force(self.now));
        let Some(decision) = decision else { return Course::Pass };
        let mut tags = |fate| self.edits.insertion(|out| decision.put_tags(out, signal, fate));
        match decision.action {
            _ if decision.exceptions != 0 => Course::Each,
            Action::Keep => Course::Kept(tags(Fate::Kept)),
            Action::Drop if self.mode == Mode::Drop && signal != Signal::Spans => Course::Go,
            Action::Drop => Course::Waste(tags(Fate::Waste)),
            Action::Sample(_) | Action::Limit(_) => Course::Each,
        }
    }
}
