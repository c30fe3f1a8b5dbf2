//! Types that cover others: what is minted is the most general type known, and types become parts of a more general one.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{EventType, Table, Turn};
use crate::aliases::Alias;
use crate::general::Shape;
use crate::general::sets::Growth;
use crate::identity::{Context, Fingerprint};
use crate::marks::{has_marks, replace_marks};
use crate::mine::sink;
use crate::record::{Class, Signal};

/// A record's skeleton, in which nothing is general yet: a text that says so itself is masked.
fn of_record(skeleton: &str) -> Cow<'_, str> {
    replace_marks(skeleton, std::str::from_utf8(sink::MARK).unwrap_or_default())
}

/// Which types and skeletons are asked to follow what grew in their context.
#[derive(Clone, Copy)]
pub enum Whom {
    /// Those that may be parts of it by how they read. The others are asked later.
    Concerned,
    All,
}

impl Table {
    /// The type of a skeleton, be it a more general one, when that was met before.
    pub fn find_met(&self, context: &Arc<Context>, class: Class, skeleton: &[u8]) -> Option<&Arc<EventType>> {
        // The type that it led to may be a part of another by now.
        let alias = || {
            let met = self.aliases.find(self.hash(context, class, skeleton), context, class, skeleton);
            met.map(EventType::current)
        };
        self.find(context, class, skeleton).or_else(|| if self.aliases.is_empty() { None } else { alias() })
    }

    /// The more general type that covers a record's skeleton, which was not met before.
    pub fn find_covering(&self, context: &Arc<Context>, class: Class, skeleton: &str) -> Option<&Arc<EventType>> {
        if class.signal != Signal::Logs || !self.sets.covers_any(context) && !has_marks(skeleton) {
            return None;
        }
        let text = of_record(skeleton);
        let shape = Shape::of(&text);
        let places = self.sets.covering(context, &shape);
        if places == 0 && text.len() == skeleton.len() {
            return None;
        }
        self.find(context, class, shape.with(places).as_bytes())
    }

    /// Finds or adds the most general type that covers a record's skeleton. `None` when the table is full or the service
    /// minted too many.
    pub fn mint(&mut self, context: &Context, class: Class, skeleton: &str, now: i64) -> Option<Arc<EventType>> {
        if !self.brake.allows(context, now) {
            return None;
        }
        let text = self.most_general(context, class, &of_record(skeleton));
        let before = self.count();
        let event = self.insert(context, class, &text, now);
        if self.count() > before || event.is_none() {
            self.brake.note(context, now);
        }
        let event = event?;
        if text != skeleton {
            self.add_alias(&event, skeleton);
        }
        Some(event)
    }

    /// Finds or adds the type of a decision that was made elsewhere or before a restart. `None` when the table is full, or
    /// when it has become a part of another: what was decided of a part does not hold for the whole.
    pub fn adopt(
        &mut self,
        context: &Context,
        class: Class,
        skeleton: &str,
        fingerprint: Fingerprint,
        now: i64,
    ) -> Option<Arc<EventType>> {
        let text = self.most_general(context, class, skeleton);
        if text == skeleton {
            return self.insert(context, class, skeleton, now);
        }
        let wider =
            self.context(context.named()).and_then(|context| self.find(&context, class, text.as_bytes()).cloned());
        if let Some(wider) = wider {
            wider.cover(fingerprint);
        }
        None
    }

    /// The skeleton of which one is a part; `None` when it stands for itself.
    pub fn wider(&self, context: &Context, signal: Signal, skeleton: &str) -> Option<String> {
        if signal != Signal::Logs {
            return None;
        }
        let shape = Shape::of(skeleton);
        Some(shape.with(self.sets.covering(context, &shape))).filter(|text| text != skeleton)
    }

    /// Whether a service may mint a type now.
    pub fn may_mint(&self, context: &Context, now: i64) -> bool {
        self.brake.allows(context, now)
    }

    /// Notes a skeleton that was seen; answers that of the most general type that covers it.
    fn most_general(&mut self, context: &Context, class: Class, skeleton: &str) -> String {
        if class.signal != Signal::Logs {
            return skeleton.to_owned();
        }
        let shape = Shape::of(skeleton);
        let places = self.sets.learn(context, &shape);
        shape.with(places)
    }

    /// Notes skeletons that were met and the more general types that cover them, as far as these are still here.
    pub fn remember_covered(&mut self, met: impl Iterator<Item = (Arc<EventType>, Box<str>)>) {
        for (event, skeleton) in met {
            if self.is_here(&event) {
                self.sets.learn(&event.context, &Shape::of(&of_record(&skeleton)));
                self.add_alias(&event, &skeleton);
            }
        }
    }

    fn add_alias(&mut self, event: &Arc<EventType>, skeleton: &str) {
        let hash = self.hash(&event.context, event.class, skeleton.as_bytes());
        let (context, class) = (Arc::clone(&event.context), event.class);
        self.aliases.insert(hash, Alias { context, class, skeleton: skeleton.into(), event: Arc::clone(event) });
    }

    /// Whether skeletons became general since types were last asked to follow.
    pub fn has_grown(&self) -> bool {
        self.sets.has_grown()
    }

    /// The same since all types of a context were asked.
    pub fn has_left_behind(&self) -> bool {
        self.sets.has_grown() || self.sets.has_left_behind()
    }

    /// What may have become a part of something more general since the last call: types, and skeletons that are parts of
    /// one already. The latter are forgotten, so that they are asked about when they come again.
    pub fn to_follow(&mut self, whom: Whom) -> (Vec<Arc<EventType>>, Vec<Alias>) {
        let grown = match whom {
            Whom::Concerned => self.sets.take_grown_first(),
            Whom::All => self.sets.take_grown(),
        };
        let within: HashMap<*const Context, &Growth, RandomState> = self
            .contexts
            .iter()
            .filter_map(|context| Some((Arc::as_ptr(context), grown.of(self.sets.context_key(context))?)))
            .collect();
        let concerns = |context: &Arc<Context>, skeleton: &str| {
            within.get(&Arc::as_ptr(context)).is_some_and(|growth| growth.concerns(skeleton))
        };
        let types = self
            .types
            .iter()
            .filter(|event| event.class.signal == Signal::Logs && concerns(&event.context, &event.skeleton))
            .cloned()
            .collect();
        (types, self.aliases.take(|alias| concerns(&alias.context, &of_record(&alias.skeleton))))
    }

    /// Notes that a skeleton is still known that is a part of a type.
    pub fn learn_again(&mut self, alias: &Alias) {
        self.sets.learn(&alias.context, &Shape::of(&of_record(&alias.skeleton)));
    }

    /// Lets types follow, one by one, as `follow` says.
    pub fn follow_all(&mut self, types: &[Arc<EventType>], now: i64, turn: &mut Turn, held: &AtomicUsize) {
        let before = self.merged;
        for event in types {
            self.follow(event, now, turn, held);
        }
        if self.merged > before {
            // They must lead to no type that is gone, whose slot another one may have.
            self.outlines.clear();
        }
    }

    /// Lets a type become a part of the more general one that covers it, if there is one. What was counted of it counts
    /// there; nothing was decided of the whole yet, so its records are kept.
    fn follow(&mut self, event: &Arc<EventType>, now: i64, turn: &mut Turn, held: &AtomicUsize) {
        if event.merged.get().is_some() || !self.is_here(event) {
            return;
        }
        let text = self.most_general(&event.context, event.class, &event.skeleton);
        if *text == *event.skeleton {
            return;
        }
        self.remove(event);
        self.merged += 1;
        // There is room for it: a type just went.
        let Some(wider) = self.insert(&event.context, event.class, &text, now) else { return };
        let mut samples = event.samples.lock();
        if event.judged.load(Ordering::Relaxed) || samples.is_handed() {
            wider.cover(event.fingerprint);
        }
        if let Some(parts) = event.covers.get() {
            parts.lock().iter().for_each(|part| wider.cover(*part));
        }
        samples.close(held);
        wider.absorb(event, turn);
        // Nobody else sets it.
        let _ = event.merged.set(Arc::clone(&wider));
    }

    fn is_here(&self, event: &Arc<EventType>) -> bool {
        self.get(event.fingerprint).is_some_and(|known| Arc::ptr_eq(known, event))
    }
}

impl EventType {
    fn absorb(&self, part: &Self, turn: &mut Turn) {
        self.records.absorb(&part.records, turn);
        self.bytes.absorb(&part.bytes, turn);
        self.dropped_records.absorb(&part.dropped_records, turn);
        self.dropped_bytes.absorb(&part.dropped_bytes, turn);
        let first = part.first_seen.load(Ordering::Relaxed);
        let known = self.first_seen.load(Ordering::Relaxed);
        if first > 0 && (known == 0 || first < known) {
            self.first_seen.store(first, Ordering::Relaxed);
        }
        self.last_seen.fetch_max(part.last_seen.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::{Outcome, Probe, Severity};
    use crate::evidence;
    use crate::mine::Masks;

    const CLASS: Class =
        Class { signal: Signal::Logs, severity: Severity::Unset, outcome: Outcome::Unset, probe: Probe(false) };

    fn minted(table: &mut Table, skeleton: &str) -> Option<Arc<EventType>> {
        table.mint(&Context::default(), CLASS, skeleton, 0)
    }

    fn of_service(name: &str) -> Context {
        Context { service: name.into(), ..Context::default() }
    }

    /// A word of its own for each number, with no digit in it.
    fn name(number: usize) -> String {
        format!("q{}", number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'k')).collect::<String>())
    }

    fn remember(table: &mut Table, event: &Arc<EventType>, skeleton: &str) {
        table.remember_covered(std::iter::once((Arc::clone(event), skeleton.into())));
    }

    #[test]
    fn what_was_met_stays_known_where_nothing_makes_room() {
        let mut table = Table::new(1, "1");
        let event = minted(&mut table, "session of <*> began").unwrap();
        remember(&mut table, &event, "session of alice began");
        event.judged.store(true, Ordering::Relaxed);
        assert!(table.make_room(1 << 40, 1).is_empty());
        assert!(table.find_met(&event.context, CLASS, b"session of alice began").is_some());
        event.judged.store(false, Ordering::Relaxed);
        assert_eq!(table.make_room(1 << 40, 1).len(), 1);
        assert!(table.find_met(&event.context, CLASS, b"session of alice began").is_none());
    }

    /// Scenario: one service logs ever novel lines while the table is full, then others come.
    /// Guarantees: it is braked, so that its further lines do not wait for the table, and another one's still generalise.
    #[test]
    fn what_finds_no_room_is_braked_and_does_not_end_what_others_learn() {
        let (mut table, noisy, other) = (Table::new(100, "1"), of_service("noisy"), of_service("other"));
        (0..100).for_each(|number| assert!(minted(&mut table, &name(number)).is_some()));
        for number in 0..6000 {
            let line: Vec<String> = (0..5).map(|word| name(number * (word + 2) + word)).collect();
            assert!(table.mint(&noisy, CLASS, &line.join(" "), 0).is_none());
        }
        assert!(!table.may_mint(&noisy, 0));
        assert!(table.may_mint(&other, 0));
        for name in ["alice", "bob", "carol", "dave"] {
            table.mint(&other, CLASS, &format!("session of {name} began"), 0);
        }
        assert_eq!(
            table.wider(&other, Signal::Logs, "session of alice began").as_deref(),
            Some("session of <word> began")
        );
    }

    #[test]
    fn a_type_that_went_is_remembered_by_nothing() {
        let mut table = Table::new(1, "1");
        let event = minted(&mut table, "session of <*> began").unwrap();
        assert_eq!(table.make_room(1 << 40, 1).len(), 1);
        remember(&mut table, &event, "session of alice began");
        assert!(table.find_met(&event.context, CLASS, b"session of alice began").is_none());
    }

    /// Scenario: a word becomes data where many other types and skeletons of the same service are known.
    /// Guarantees: none of those is asked to follow, and what leads to their types is not forgotten.
    #[test]
    fn what_grew_concerns_no_more_types_than_may_be_parts_of_it() {
        let mut table = Table::new(100, "1");
        for (said, names) in
            [("session", ["alice", "bob", "carol", "dave"]), ("seat", ["eve", "frank", "grace", "heidi"])]
        {
            for name in names {
                minted(&mut table, &format!("{said} of {name} began"));
            }
            let (types, aliases) = table.to_follow(Whom::Concerned);
            let mut skeletons: Vec<&str> = types.iter().map(|event| &*event.skeleton).collect();
            skeletons.sort_unstable();
            let parts = ["<word>", names[0], names[1], names[2]].map(|name| format!("{said} of {name} began"));
            assert_eq!(skeletons, parts);
            assert!(aliases.iter().all(|alias| alias.skeleton.starts_with(said)));
            table.follow_all(&types, 0, &mut Turn::default(), &AtomicUsize::new(0));
        }
    }

    /// Scenario: a commit takes its sample when its type has become a part of another, or has made room, just before.
    /// Guarantees: no bytes are held for what nobody will ask for.
    #[test]
    fn a_type_that_is_gone_holds_no_evidence() {
        let record = {
            let (mut body, mut record) = (Vec::new(), Vec::new());
            crate::wire::put_bytes(&mut body, 1, b"session of alice began");
            crate::wire::put_bytes(&mut record, 5, &body);
            record
        };
        let held = AtomicUsize::new(0);
        let take = |event: &EventType| {
            evidence::take(event, &mut event.samples.lock(), &record, &Masks::default(), &held, 1 << 20).unwrap();
        };
        let mut table = Table::new(100, "1");
        let part = minted(&mut table, "session of alice began").unwrap();
        take(&part);
        assert!(held.load(Ordering::Relaxed) > 0);
        for name in ["bob", "carol", "dave"] {
            minted(&mut table, &format!("session of {name} began"));
        }
        let (types, _) = table.to_follow(Whom::All);
        table.follow_all(&types, 0, &mut Turn::default(), &held);
        assert!(part.merged.get().is_some());
        take(&part);
        assert_eq!(held.load(Ordering::Relaxed), 0);
        let mut full = Table::new(1, "1");
        let alone = minted(&mut full, "session of alice began").unwrap();
        full.make_room(1 << 40, 1).iter().for_each(|gone| gone.samples.lock().close(&held));
        take(&alone);
        assert_eq!(held.load(Ordering::Relaxed), 0);
    }
}
