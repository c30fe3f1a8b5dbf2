//! The event types in memory: found by a fast hash and a comparison of the full identity, so no two share an entry.

mod merging;

pub use merging::Whom;

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};
use parking_lot::Mutex;

use crate::ahead;
use crate::aliases::Aliases;
use crate::brake::Brake;
use crate::decide::{Action, Decision, Limit};
use crate::general::sets::Sets;
use crate::identity::{Context, Fingerprint, Named};
use crate::outlines::{Known, Outlines};
use crate::record::Class;
use crate::samples::Samples;

/// The turn to count, and to drain what was counted. There is one, so that counting needs no locked instruction, which
/// costs as much as reading a short record does.
#[derive(Default)]
pub struct Turn(());

/// Counts since the process began, and what of them was already drained.
#[derive(Default)]
pub struct Counter {
    total: AtomicU64,
    drained: AtomicU64,
}

impl Counter {
    /// Answers the new total.
    pub fn add(&self, amount: u64, _: &mut Turn) -> u64 {
        let total = self.get() + amount;
        self.total.store(total, Ordering::Relaxed);
        total
    }

    pub fn get(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Takes what another counter has, drained or not, over.
    pub fn absorb(&self, other: &Self, turn: &mut Turn) {
        self.add(other.get(), turn);
        self.drained.fetch_add(other.drained.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// What was added since the last call.
    pub fn drain(&self, _: &mut Turn) -> u64 {
        let total = self.get();
        total - self.drained.swap(total, Ordering::Relaxed)
    }
}

/// One event type. Times: Unix milliseconds of this process's first and last committed record, 0 before.
///
/// In this order, so that what every record looks at is in one line of the processor's cache, or two.
#[repr(C)]
pub struct EventType {
    hash: u64,
    pub context: Arc<Context>,
    pub skeleton: Box<str>,
    pub class: Class,
    pub slot: u32,
    /// Whether `commit` still wants records of this type, for its template or its evidence.
    pub wanted: AtomicBool,
    pub judged: AtomicBool,
    /// Whether something else is decided than to keep its records.
    pub acts: AtomicBool,
    pub records: Counter,
    pub bytes: Counter,
    pub dropped_records: Counter,
    pub dropped_bytes: Counter,
    pub first_seen: AtomicI64,
    pub last_seen: AtomicI64,
    /// The more general type that this one has become a part of; it is no longer in the table then.
    pub merged: OnceLock<Arc<EventType>>,
    pub limit: OnceLock<Box<Mutex<Limit>>>,
    pub fingerprint: Fingerprint,
    pub template: OnceLock<Box<str>>,
    pub samples: Mutex<Samples>,
    pub created: i64,
    /// The types that became parts of this one after somebody was told of them; most have none.
    pub covers: OnceLock<Box<Mutex<Vec<Fingerprint>>>>,
}

/// So many types that became a part of one are told.
const COVERS: usize = 1000;

impl EventType {
    /// The type that counts for this one's records.
    pub fn current(self: &Arc<Self>) -> &Arc<Self> {
        let mut event = self;
        while let Some(wider) = event.merged.get() {
            event = wider;
        }
        event
    }

    /// Notes that a type of which somebody was told is a part of this one.
    pub fn cover(&self, part: Fingerprint) {
        let mut covers = self.covers.get_or_init(Box::default).lock();
        if covers.len() < COVERS && !covers.contains(&part) {
            covers.push(part);
        }
    }

    #[inline]
    pub fn is(&self, context: &Arc<Context>, class: Class, skeleton: &[u8]) -> bool {
        self.class == class && Arc::ptr_eq(&self.context, context) && self.skeleton.as_bytes() == skeleton
    }

    /// Notes that records were committed.
    pub fn seen(&self, now: i64, _: &mut Turn) {
        if self.first_seen.load(Ordering::Relaxed) == 0 {
            self.first_seen.store(now, Ordering::Relaxed);
        }
        if self.last_seen.load(Ordering::Relaxed) < now {
            self.last_seen.store(now, Ordering::Relaxed);
        }
    }
}

pub struct Table {
    /// Of every fingerprint here.
    ruleset: Box<str>,
    hasher: RandomState,
    contexts: HashTable<Arc<Context>>,
    types: HashTable<Arc<EventType>>,
    by_fingerprint: HashMap<Fingerprint, Arc<EventType>, RandomState>,
    slots: Vec<Option<Decision>>,
    free: Vec<u32>,
    capacity: usize,
    pub outlines: Outlines,
    aliases: Aliases,
    sets: Sets,
    /// How many types became parts of others.
    merged: u64,
    brake: Brake,
}

impl Table {
    pub fn new(capacity: usize, ruleset: &str) -> Self {
        Self {
            ruleset: ruleset.into(),
            hasher: RandomState::default(),
            contexts: HashTable::new(),
            types: HashTable::new(),
            by_fingerprint: HashMap::with_hasher(RandomState::default()),
            slots: Vec::new(),
            free: Vec::new(),
            capacity,
            outlines: Outlines::new(capacity * 3),
            aliases: Aliases::new(capacity * 2),
            sets: Sets::new(capacity),
            merged: 0,
            brake: Brake::new(capacity),
        }
    }

    /// How many types are in it.
    pub fn count(&self) -> usize {
        self.types.len()
    }

    pub fn types(&self) -> impl Iterator<Item = &Arc<EventType>> {
        self.types.iter()
    }

    pub fn context(&self, context: Named<'_>) -> Option<Arc<Context>> {
        self.contexts.find(self.hasher.hash_one(context), |known| known.named() == context).cloned()
    }

    #[inline]
    pub fn hash(&self, context: &Arc<Context>, class: Class, skeleton: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        (Arc::as_ptr(context) as usize).hash(&mut hasher);
        class.hash(&mut hasher);
        hasher.write(skeleton);
        hasher.finish()
    }

    #[inline]
    pub fn find(&self, context: &Arc<Context>, class: Class, skeleton: &[u8]) -> Option<&Arc<EventType>> {
        let hash = self.hash(context, class, skeleton);
        self.types.find(hash, |known| known.is(context, class, skeleton))
    }

    /// What has that hash, which is nearly always what was looked for.
    #[inline]
    pub fn candidate(&self, hash: u64) -> Option<&Arc<EventType>> {
        self.types.find(hash, |known| known.hash == hash)
    }

    /// Remembers lines by their sketches and outlines, of types that are still here.
    pub fn remember(&mut self, met: impl Iterator<Item = Known>) {
        for known in met {
            let is_here =
                |event: &Arc<EventType>| self.get(event.fingerprint).is_some_and(|known| Arc::ptr_eq(known, event));
            if known.event().is_none_or(is_here) {
                self.outlines.insert(known);
            }
        }
    }

    pub fn get(&self, fingerprint: Fingerprint) -> Option<&Arc<EventType>> {
        self.by_fingerprint.get(&fingerprint)
    }

    /// Asks the memory for what `decision` will look at.
    #[inline]
    pub fn ask(&self, event: &EventType) {
        ahead::ask_for(&self.slots[event.slot as usize]);
    }

    pub fn decision(&self, event: &EventType) -> Option<&Decision> {
        self.slots[event.slot as usize].as_ref()
    }

    pub fn decide(&mut self, event: &EventType, decision: Option<Decision>) {
        let acts = decision.as_ref().is_some_and(|decision| decision.action != Action::Keep);
        event.acts.store(acts, Ordering::Relaxed);
        self.slots[event.slot as usize] = decision;
    }

    /// Finds or adds a type; `None` when the table is full.
    pub fn insert(&mut self, context: &Context, class: Class, skeleton: &str, now: i64) -> Option<Arc<EventType>> {
        if let Some(context) = self.context(context.named())
            && let Some(known) = self.find(&context, class, skeleton.as_bytes())
        {
            return Some(Arc::clone(known));
        }
        if self.types.len() >= self.capacity {
            return None;
        }
        let context = self.intern(context);
        let hash = self.hash(&context, class, skeleton.as_bytes());
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        let event = Arc::new(EventType {
            slot,
            hash,
            fingerprint: Fingerprint::new(&self.ruleset, class, &context, skeleton),
            context,
            class,
            skeleton: skeleton.into(),
            template: OnceLock::new(),
            records: Counter::default(),
            bytes: Counter::default(),
            dropped_records: Counter::default(),
            dropped_bytes: Counter::default(),
            first_seen: AtomicI64::new(0),
            last_seen: AtomicI64::new(0),
            wanted: AtomicBool::new(true),
            judged: AtomicBool::new(false),
            acts: AtomicBool::new(false),
            samples: Mutex::default(),
            limit: OnceLock::new(),
            created: now,
            merged: OnceLock::new(),
            covers: OnceLock::new(),
        });
        self.types.insert_unique(hash, Arc::clone(&event), |known| known.hash);
        self.by_fingerprint.insert(event.fingerprint, Arc::clone(&event));
        Some(event)
    }

    fn remove(&mut self, gone: &Arc<EventType>) {
        if let Ok(entry) = self.types.find_entry(gone.hash, |known| Arc::ptr_eq(known, gone)) {
            entry.remove();
        }
        self.by_fingerprint.remove(&gone.fingerprint);
        self.slots[gone.slot as usize] = None;
        self.free.push(gone.slot);
    }

    fn intern(&mut self, context: &Context) -> Arc<Context> {
        if let Some(known) = self.context(context.named()) {
            return known;
        }
        let known = Arc::new(context.clone());
        let hasher = self.hasher.clone();
        let hash = |of: &Arc<Context>| hasher.hash_one(of.named());
        self.contexts.insert_unique(hash(&known), Arc::clone(&known), hash);
        known
    }

    /// Makes room in a full table: the rarest unjudged types older than `age` go, one hundredth of the table at most.
    /// One that is to be judged anew, and about which something is decided meanwhile, stays.
    /// Answers those that went.
    pub fn make_room(&mut self, now: i64, age: i64) -> Vec<Arc<EventType>> {
        if self.types.len() < self.capacity {
            return Vec::new();
        }
        let mut old: Vec<Arc<EventType>> = self
            .types
            .iter()
            .filter(|known| !known.judged.load(Ordering::Relaxed) && self.slots[known.slot as usize].is_none())
            .filter(|known| now - known.created > age)
            .cloned()
            .collect();
        if old.is_empty() {
            return old;
        }
        old.sort_by_key(|known| (known.records.get(), known.fingerprint.0));
        old.truncate((self.capacity / 100).max(1));
        for gone in &old {
            self.remove(gone);
        }
        self.outlines.clear();
        self.aliases.clear();
        // A context that only the table itself and the types that just went still hold is of no use.
        let mut held: std::collections::HashMap<*const Context, usize> = std::collections::HashMap::new();
        for gone in &old {
            *held.entry(Arc::as_ptr(&gone.context)).or_default() += 1;
        }
        self.contexts
            .retain(|known| held.get(&Arc::as_ptr(known)).is_none_or(|&going| Arc::strong_count(known) > going + 1));
        old
    }
}
