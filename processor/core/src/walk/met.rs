//! Records whose types are known: they are counted, and what is decided of them is carried out.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::changes::{Changes, has};
use super::course::Course;
use super::waiting::Waiting;
use super::{Pass, Place, Stop};
use crate::decide::{Fate, is_sampled};
use crate::edit::Insert;
use crate::ones::ones;
use crate::outlines::Told;
use crate::record::Signal;
use crate::settings::Mode;
use crate::table::{EventType, Table};
use crate::touched::Touched;

impl Pass<'_> {
    /// Takes the first of these records, as far as their types were found. Answers how many those are.
    #[inline(never)]
    pub(super) fn met(
        &mut self,
        run: &[Waiting],
        found: &[Option<Told<'_>>],
        place: &Place<'_>,
        table: &Table,
    ) -> Result<usize, Stop> {
        if self.mode != Mode::Observe {
            let events = found.iter().take(run.len()).map_while(|told| told.and_then(Told::event));
            events.for_each(|event| table.ask(event));
        }
        let mut changes = Changes::default();
        let (mut met, mut end) = (0, 0);
        for (waiting, told) in run.iter().zip(found) {
            let Some(Told::Type(event)) = told else { break };
            if waiting.has_new_sketch()
                && let Some(context) = &place.known
            {
                waiting.remember_sketch(self.buf, self.scratch, context, table, event);
            }
            let at = self.count(waiting, event, table);
            if self.mode != Mode::Observe {
                changes.note(met, waiting, self.out.touched[at].course, end);
                self.types[met] = at;
                end = waiting.end;
            }
            met += 1;
        }
        if self.mode != Mode::Observe {
            self.carry_out(changes, &run[..met], &place.resource.meets, table)?;
        }
        Ok(met)
    }

    /// Takes one record of a type that was not found at once.
    pub(super) fn met_late(
        &mut self,
        waiting: &Waiting,
        event: &Arc<EventType>,
        place: &Place<'_>,
        table: &Table,
    ) -> Result<(), Stop> {
        let at = self.count(waiting, event, table);
        if self.mode == Mode::Observe {
            return Ok(());
        }
        let mut changes = Changes::default();
        changes.note(0, waiting, self.out.touched[at].course, 0);
        self.types[0] = at;
        self.carry_out(changes, std::slice::from_ref(waiting), &place.resource.meets, table)
    }

    /// Counts a record of a type; answers where that stands in `touched`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as it does")]
    fn count(&mut self, waiting: &Waiting, event: &Arc<EventType>, table: &Table) -> usize {
        let at = self.touch(event, table);
        let touched = &mut self.out.touched[at];
        touched.records += 1;
        touched.bytes += waiting.bytes();
        if event.wanted.load(Ordering::Relaxed) {
            touched.offer_sample(waiting.value, waiting.end);
        }
        at
    }

    /// Where a type stands in `touched`, where it is put when it is not there yet.
    #[inline]
    fn touch(&mut self, event: &Arc<EventType>, table: &Table) -> usize {
        if let Some(&above) = self.scratch.index.get(event.slot as usize)
            && let Some(at) = (above as usize).checked_sub(1)
            && let Some(known) = self.out.touched.get(at)
            && Arc::ptr_eq(&known.event, event)
        {
            return at;
        }
        self.touch_first(event, table)
    }

    #[inline(never)]
    fn touch_first(&mut self, event: &Arc<EventType>, table: &Table) -> usize {
        let slot = event.slot as usize;
        if self.scratch.index.len() <= slot {
            self.scratch.index.resize(slot + 1, 0);
        }
        let course = self.course(event, table);
        let touched = &mut self.out.touched;
        if touched.len() < touched.capacity() {
            // Written where it stays, not moved there, because nothing is called on the way.
            touched.push(Touched::new(event, course));
        } else {
            push_and_grow(touched, event, course);
        }
        self.scratch.index[slot] = touched.len() as u32;
        touched.len() - 1
    }

    /// Carries out what becomes of a batch's records, in their order.
    #[inline(never)]
    fn carry_out(
        &mut self,
        mut changes: Changes,
        run: &[Waiting],
        resource: &[bool],
        table: &Table,
    ) -> Result<(), Stop> {
        self.spare_canaries(&mut changes, run);
        let go = u64::from(changes.go.count_ones());
        self.out.dropped += go;
        self.out.items_dropped += match self.call.signal {
            Signal::Metrics => ones(changes.go).map(|place| run[place].record.items).sum(),
            Signal::Logs | Signal::Spans => go,
        };
        let mut rest = changes.all;
        while rest != 0 {
            let place = rest.trailing_zeros() as usize;
            let going = changes.going_from(place);
            if going > 0 {
                self.edits.cut(run[place].start, run[place + going - 1].end);
            } else {
                self.change(&run[place], self.types[place], has(changes.canaries, place), resource, table)?;
            }
            rest &= u64::MAX.unbounded_shl((place + going.max(1)) as u32);
        }
        Ok(())
    }

    /// Picks out of what is waste what is to be looked at.
    fn spare_canaries(&mut self, changes: &mut Changes, run: &[Waiting]) {
        let share = self.call.policy.canary_percent / 100.0;
        if share <= 0.0 {
            return;
        }
        for place in ones(changes.go | changes.waste) {
            let waiting = &run[place];
            if is_sampled(self.call.signal, &self.buf[waiting.value..waiting.end], share) {
                if has(changes.go, place) {
                    self.out.touched[self.types[place]].spare(waiting.bytes());
                }
                changes.spare(place);
            }
        }
    }

    /// Carries out what becomes of a record that does not go with all of its type.
    fn change(
        &mut self,
        waiting: &Waiting,
        at: usize,
        is_canary: bool,
        resource: &[bool],
        table: &Table,
    ) -> Result<(), Stop> {
        match self.out.touched[at].course {
            Course::Pass => self.strip(waiting),
            Course::Waste(tags) | Course::Kept(tags) if !is_canary => self.tag(waiting, tags, false),
            _ => self.decide(waiting, at, resource, table),
        }
    }

    /// Carries out what is decided of one record.
    #[inline(never)]
    fn decide(&mut self, waiting: &Waiting, at: usize, resource: &[bool], table: &Table) -> Result<(), Stop> {
        let event = &self.out.touched[at].event;
        let decision = table.decision(event).filter(|decision| decision.in_force(self.now));
        let Some(decision) = decision else { return self.strip(waiting) };
        let record = &self.buf[waiting.value..waiting.end];
        let (fate, used) = self.fate(decision, &waiting.record, record, resource, event);
        let (policy, signal) = (self.call.policy, self.call.signal);
        let touched = &mut self.out.touched[at];
        touched.use_limit(used);
        if fate == Fate::Waste && self.mode == Mode::Drop && signal != Signal::Spans {
            touched.drop(waiting.bytes());
            self.out.dropped += 1;
            self.out.items_dropped += waiting.record.items;
            self.edits.cut(waiting.start, waiting.end);
            return Ok(());
        }
        if fate == Fate::Kept && !policy.tag_all || self.has_grown() {
            return self.strip(waiting);
        }
        let counts = matches!(fate, Fate::Survivor(_) | Fate::Canary(_));
        let tags = self.edits.insertion(|out| decision.put_tags(out, signal, fate));
        self.tag(waiting, tags, counts)
    }

    /// Tags a record; `counts` when the tags say for how many it stands.
    fn tag(&mut self, waiting: &Waiting, tags: Insert, counts: bool) -> Result<(), Stop> {
        if self.has_grown() {
            return self.strip(waiting);
        }
        self.out.tagged += 1;
        let (field, earlier) = (waiting.field(self.buf), waiting.record.tags);
        if earlier.stale > 0 || earlier.adjusted_count > 0.0 {
            self.edits.tag_anew(self.buf, &field, self.call.signal, counts, Some(tags))?;
        } else {
            self.edits.tag(&field, tags);
        }
        Ok(())
    }

    /// Whether tags have added as much as they may.
    fn has_grown(&self) -> bool {
        self.edits.inserted_bytes() > self.growth
    }

    /// A record that this hop does not tag carries no earlier hop's verdict on.
    pub(super) fn strip(&mut self, waiting: &Waiting) -> Result<(), Stop> {
        if waiting.record.tags.stale > 0 && self.mode != Mode::Observe {
            self.edits.tag_anew(self.buf, &waiting.field(self.buf), self.call.signal, false, None)?;
        }
        Ok(())
    }
}

#[cold]
#[inline(never)]
fn push_and_grow(touched: &mut Vec<Touched>, event: &Arc<EventType>, course: Course) {
    touched.push(Touched::new(event, course));
}
