//! One request is one call: walk, mine, look up, decide, splice; counted only when it is committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use serde::Serialize;

use crate::class::{Outcome as OutcomeClass, Probe, Severity};
use crate::decide::{Action, Decision, Fate, Limit, LimitUse, is_sampled};
use crate::edit::Edits;
use crate::evidence::{IdentityOut, SAMPLES};
use crate::identity::{Context, Fingerprint};
use crate::mine::Masks;
use crate::record::{self, Class, Record, Signal, Workspace};
use crate::settings::{self, MAX_EXCEPTIONS, Mode, Policy, Settings};
use crate::table::{EventType, Table};
use crate::wire::{Field, Fields, Malformed};

/// A type that was never judged makes room after so long.
const UNJUDGED_AGE_MS: i64 = 24 * 3600 * 1000;

pub struct Engine {
    pub ruleset: String,
    settings: Settings,
    masks: Masks,
    policy: RwLock<Arc<Policy>>,
    table: RwLock<Table>,
    /// Working memory of calls that are not running.
    scratch: Mutex<Vec<Scratch>>,
    evidence_bytes: AtomicUsize,
    overflowed: AtomicU64,
}

/// Working memory of one call.
#[derive(Default)]
struct Scratch {
    work: Workspace,
    /// Slot of a type to one more than its place in `touched`; all zero between calls.
    index: Vec<u32>,
    /// How many types the last call touched: the next one will be much like it.
    touched: usize,
}

/// What one request did to one type.
struct Touched {
    event: Arc<EventType>,
    records: u64,
    bytes: u64,
    dropped_records: u64,
    dropped_bytes: u64,
    limit: LimitUse,
    /// Where records stand that `commit` may take as samples; most types want none.
    samples: Vec<(usize, usize)>,
}

/// What became of a request; `touched` and the limits wait for `commit` or `roll_back`.
#[derive(Default)]
pub struct Processed {
    /// `None`: nothing is left to forward. `Some(None)`: the request itself.
    pub payload: Option<Option<Vec<u8>>>,
    pub received: u64,
    pub dropped: u64,
    pub tagged: u64,
    pub items_received: u64,
    pub items_dropped: u64,
    touched: Vec<Touched>,
    overflowed: u64,
}

impl Engine {
    pub fn new(settings: Settings) -> Result<Self, String> {
        if settings.max_event_types == 0 || settings.max_event_types > u32::MAX as usize / 2 {
            return Err(format!("max_event_types {}: use 1 to {}", settings.max_event_types, u32::MAX / 2));
        }
        Ok(Self {
            ruleset: settings.ruleset(),
            masks: settings.compile()?,
            policy: RwLock::default(),
            table: RwLock::new(Table::new(settings.max_event_types)),
            scratch: Mutex::default(),
            evidence_bytes: AtomicUsize::new(0),
            overflowed: AtomicU64::new(0),
            settings,
        })
    }

    pub fn configure(&self, policy: Policy) -> Result<(), String> {
        if policy.exceptions.len() > MAX_EXCEPTIONS {
            return Err(format!("{} exceptions: use at most {MAX_EXCEPTIONS}", policy.exceptions.len()));
        }
        *self.policy.write() = Arc::new(policy);
        Ok(())
    }

    /// Walks one export request. Nothing is counted until `commit`.
    pub fn process(&self, signal: Signal, request: &[u8]) -> Result<Processed, Malformed> {
        let policy = Arc::clone(&self.policy.read());
        let mode = match signal {
            Signal::Logs => policy.logs,
            Signal::Metrics => policy.metrics,
            Signal::Spans => policy.spans,
        };
        let mut scratch = self.scratch.lock().pop().unwrap_or_default();
        let mut walk = |order| {
            let mut pass = Pass::new(self, &policy, signal, mode, order, request, &mut scratch);
            let walked = pass.request();
            let Pass { edits, out, .. } = pass;
            for touched in &out.touched {
                scratch.index[touched.event.slot as usize] = 0;
            }
            scratch.touched = out.touched.len();
            if walked.is_err() {
                roll_back(&out);
            }
            walked.map(|()| (edits, out))
        };
        let walked = match walk(Order::Usual) {
            Err(Stop::LateScope) => walk(Order::Any),
            walked => walked,
        };
        self.scratch.lock().push(scratch);
        let (edits, mut out) = walked.map_err(|stop| match stop {
            Stop::Malformed(error) => error,
            Stop::LateScope => unreachable!("a walk in any order minds none"),
        })?;
        out.payload = if edits.is_empty() {
            Some(None)
        } else if out.received == out.dropped {
            None
        } else {
            Some(Some(edits.apply(request)))
        };
        Ok(out)
    }

    /// Counts a request whose next hop took it. Answers novel evidence as a JSON array.
    pub fn commit(&self, request: &[u8], processed: &Processed) -> Option<String> {
        let now = now();
        let mut evidence = Vec::new();
        for touched in &processed.touched {
            let event = &touched.event;
            let records = event.records.add(touched.records);
            event.bytes.add(touched.bytes);
            event.dropped_records.add(touched.dropped_records);
            event.dropped_bytes.add(touched.dropped_bytes);
            event.seen(now);
            if !event.wanted.load(Ordering::Relaxed) {
                continue;
            }
            let mut samples = event.samples.lock();
            for &(start, end) in &touched.samples {
                // The request was walked before, so its records can be read; a type without a sample is still judged.
                let _ = samples.take(
                    event,
                    &request[start..end],
                    &self.masks,
                    &self.evidence_bytes,
                    self.settings.evidence_bytes,
                );
            }
            evidence.extend(samples.hand_out(event, records, self.settings.min_records, &self.evidence_bytes));
            if samples.is_done(event) {
                event.wanted.store(false, Ordering::Relaxed);
            }
        }
        self.overflowed.fetch_add(processed.overflowed, Ordering::Relaxed);
        (!evidence.is_empty()).then(|| format!("[{}]", evidence.join(",")))
    }

    /// Installs decisions; answers how many took effect.
    pub fn apply(&self, json: &[u8]) -> Result<usize, String> {
        let decisions: Vec<settings::Decision<'_>> =
            serde_json::from_slice(json).map_err(|error| format!("decisions: {error}"))?;
        let now = now();
        let mut applied = 0;
        // In portions, so that requests in flight wait for no more than one of them.
        for portion in decisions.chunks(256) {
            let mut table = self.table.write();
            applied += portion.iter().filter(|decision| self.apply_one(&mut table, decision, now).is_some()).count();
        }
        Ok(applied)
    }

    fn apply_one(&self, table: &mut Table, from: &settings::Decision<'_>, now: i64) -> Option<()> {
        let fingerprint = Fingerprint::parse(&from.fingerprint)?;
        let decision = Decision::read(from, fingerprint).filter(|_| from.ruleset == self.ruleset);
        let (Some(decision), Some((context, class))) = (decision, self.identity_of(from, fingerprint)) else {
            // What cannot be understood must not leave an older decision in force.
            if let Some(event) = table.get(fingerprint).cloned() {
                table.decide(&event, None);
            }
            return None;
        };
        let event = match table.get(fingerprint) {
            Some(known) => Arc::clone(known),
            // A decision that was made elsewhere or before a restart.
            None => table.insert(&self.ruleset, &context, class, &from.skeleton, now)?,
        };
        table.decide(&event, Some(decision));
        event.judged.store(true, Ordering::Relaxed);
        event.samples.lock().release(&self.evidence_bytes);
        Some(())
    }

    /// The identity that a decision names; None when it is not the one of its fingerprint.
    ///
    /// Known types are no exception: whoever decided looked at the identity in the decision, not at ours.
    fn identity_of(&self, from: &settings::Decision<'_>, fingerprint: Fingerprint) -> Option<(Context, Class)> {
        let identity = &from.identity;
        let class = Class {
            signal: Signal::parse(&identity.signal)?,
            severity: Severity::parse(&identity.severity)?,
            outcome: OutcomeClass::parse(&identity.outcome)?,
            probe: Probe::parse(&identity.purpose)?,
        };
        let context = Context {
            scope: identity.scope.as_ref().into(),
            namespace: identity.namespace.as_ref().into(),
            service: identity.service.as_ref().into(),
        };
        let named = Fingerprint::new(&self.ruleset, class, &context, &from.skeleton) == fingerprint;
        named.then_some((context, class))
    }

    /// Withdraws decisions; the types are kept and may be judged anew.
    pub fn forget(&self, json: &[u8]) -> Result<usize, String> {
        let fingerprints: Vec<String> =
            serde_json::from_slice(json).map_err(|error| format!("fingerprints: {error}"))?;
        let mut table = self.table.write();
        let mut forgotten = 0;
        for text in &fingerprints {
            let Some(event) = Fingerprint::parse(text).and_then(|fingerprint| table.get(fingerprint)).cloned() else {
                continue;
            };
            table.decide(&event, None);
            event.judged.store(false, Ordering::Relaxed);
            event.samples.lock().reopen(&self.evidence_bytes);
            event.wanted.store(true, Ordering::Relaxed);
            forgotten += 1;
        }
        Ok(forgotten)
    }

    /// What was committed since the last call, of types that may be spoken of; and housekeeping.
    pub fn drain_volumes(&self) -> String {
        let gone = {
            let mut table = self.table.write();
            table.make_room(now(), UNJUDGED_AGE_MS)
        };
        for event in &gone {
            event.samples.lock().release(&self.evidence_bytes);
        }
        let table = self.table.read();
        let mut volumes = Vec::new();
        for event in table.types().chain(&gone) {
            if event.records.get() < self.settings.min_records {
                continue;
            }
            let records = event.records.drain();
            if records > 0 {
                volumes.push(VolumeOut {
                    fingerprint: event.fingerprint.to_string(),
                    records,
                    bytes: event.bytes.drain(),
                    dropped_records: event.dropped_records.drain(),
                    dropped_bytes: event.dropped_bytes.drain(),
                });
            }
        }
        let out = VolumesOut {
            volumes,
            types: table.len(),
            overflowed: self.overflowed.load(Ordering::Relaxed),
            evidence_bytes: self.evidence_bytes.load(Ordering::Relaxed),
        };
        serde_json::to_string(&out).unwrap_or_default()
    }

    /// The listed event types as a JSON array.
    pub fn types(&self) -> String {
        let listed: Vec<Arc<EventType>> = self
            .table
            .read()
            .types()
            .filter(|event| event.records.get() >= self.settings.min_records)
            .cloned()
            .collect();
        let out: Vec<TypeOut<'_>> = listed
            .iter()
            .map(|event| TypeOut {
                fingerprint: event.fingerprint.to_string(),
                identity: IdentityOut::of(event),
                skeleton: &event.skeleton,
                template: event.template.get().map_or(&event.skeleton, |template| template),
                records: event.records.get(),
                bytes: event.bytes.get(),
                dropped_records: event.dropped_records.get(),
                first_seen: event.first_seen.load(Ordering::Relaxed),
                last_seen: event.last_seen.load(Ordering::Relaxed),
            })
            .collect();
        serde_json::to_string(&out).unwrap_or_default()
    }
}

/// Gives back what a request took of limits and was not committed.
pub fn roll_back(processed: &Processed) {
    for touched in &processed.touched {
        if touched.limit != LimitUse::default()
            && let Some(limit) = touched.event.limit.get()
        {
            limit.lock().give_back(touched.limit);
        }
    }
}

#[derive(Serialize)]
struct VolumeOut {
    fingerprint: String,
    records: u64,
    bytes: u64,
    dropped_records: u64,
    dropped_bytes: u64,
}

#[derive(Serialize)]
struct VolumesOut {
    volumes: Vec<VolumeOut>,
    types: usize,
    overflowed: u64,
    evidence_bytes: usize,
}

#[derive(Serialize)]
struct TypeOut<'a> {
    fingerprint: String,
    identity: IdentityOut<'a>,
    skeleton: &'a str,
    template: &'a str,
    records: u64,
    bytes: u64,
    dropped_records: u64,
    first_seen: i64,
    last_seen: i64,
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}

/// Where a scope's own fields are looked for.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// Before its records, where every encoder writes them: one walk does.
    Usual,
    /// Anywhere, which is as legal: they are read first, in a walk of their own.
    Any,
}

/// Why a walk ended early.
enum Stop {
    Malformed(Malformed),
    /// The order is not the usual one.
    LateScope,
}

impl From<Malformed> for Stop {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

/// One walk over one request.
struct Pass<'e> {
    engine: &'e Engine,
    policy: &'e Policy,
    signal: Signal,
    mode: Mode,
    order: Order,
    now: i64,
    buf: &'e [u8],
    scratch: &'e mut Scratch,
    edits: Edits,
    /// How many bytes tags may add: a request of many tiny records passes untagged beyond it, so memory is bounded.
    growth: usize,
    out: Processed,
}

/// What holds for all records of one scope.
struct Place<'a> {
    context: Context,
    known: Option<Arc<Context>>,
    resource: &'a [bool],
    /// The scope whose records these are.
    encoded: &'a [u8],
    name: &'a [u8],
    /// Whether it is sure that the scope has that name.
    named: bool,
}

impl<'e> Pass<'e> {
    fn new(
        engine: &'e Engine,
        policy: &'e Policy,
        signal: Signal,
        mode: Mode,
        order: Order,
        request: &'e [u8],
        scratch: &'e mut Scratch,
    ) -> Self {
        let touched = Vec::with_capacity(scratch.touched);
        Self {
            engine,
            policy,
            signal,
            mode,
            order,
            now: now(),
            buf: request,
            scratch,
            edits: Edits::default(),
            growth: request.len() * 4 + (1 << 20),
            out: Processed { touched, ..Processed::default() },
        }
    }

    fn request(&mut self) -> Result<(), Stop> {
        let engine = self.engine;
        let mut table = engine.table.read();
        let mut fields = Fields::new(self.buf);
        while let Some(field) = fields.next()? {
            if field.is_message(1) {
                self.resource(&field, &mut table)?;
            }
        }
        Ok(())
    }

    /// `ResourceLogs`, `ResourceMetrics`, `ResourceSpans`: 1 is the resource, 2 a scope's records. The resource may
    /// come last and in pieces, so it is read first.
    fn resource(&mut self, outer: &Field<'_>, table: &mut RwLockReadGuard<'e, Table>) -> Result<(), Stop> {
        let mut context = Context::default();
        let exceptions = &self.policy.exceptions;
        let mut named: Vec<(usize, Vec<u8>)> = Vec::new();
        let mut fields = Fields::within(self.buf, outer);
        while let Some(field) = fields.next()? {
            if !field.is_message(1) {
                continue;
            }
            let mut inner = Fields::new(field.payload);
            while let Some(part) = inner.next()? {
                if part.is_message(1) {
                    let pair = crate::any::KeyValue::read(part.payload)?;
                    let value = crate::any::Any::read(&pair.value)?;
                    let text = value.text().map(String::from_utf8_lossy);
                    match (pair.key, text) {
                        (b"service.name", Some(text)) => context.service = text.into(),
                        (b"service.namespace", Some(text)) => context.namespace = text.into(),
                        (key, Some(text)) => {
                            let wanted = exceptions.iter().enumerate().flat_map(|(index, exception)| {
                                exception
                                    .resource
                                    .iter()
                                    .filter(|(k, v)| k.as_bytes() == key && **v == text)
                                    .map(move |_| index)
                            });
                            named.extend(wanted.map(|index| (index, key.to_vec())));
                        }
                        _ => {}
                    }
                }
            }
        }
        // service.name and service.namespace may be named by an exception like any other key.
        let met: Vec<bool> = exceptions
            .iter()
            .enumerate()
            .map(|(index, exception)| {
                exception.resource.iter().all(|(key, value)| match key.as_str() {
                    "service.name" => **value == *context.service,
                    "service.namespace" => **value == *context.namespace,
                    _ => named.iter().any(|(i, k)| *i == index && k == key.as_bytes()),
                })
            })
            .collect();
        let opened = self.edits.open();
        let mut left = 0;
        let mut fields = Fields::within(self.buf, outer);
        let before = (self.out.received, self.out.dropped);
        while let Some(field) = fields.next()? {
            if field.is_message(2) {
                left += usize::from(self.scope(&field, &context, &met, table)?);
            }
        }
        let (received, dropped) = (self.out.received - before.0, self.out.dropped - before.1);
        if left == 0 && received > 0 && received == dropped {
            self.edits.close_cut(&opened, outer);
        } else {
            self.edits.close(&opened, outer);
        }
        Ok(())
    }

    /// One scope's records. Answers whether anything of it is left to forward.
    fn scope(
        &mut self,
        outer: &Field<'_>,
        service: &Context,
        met: &[bool],
        table: &mut RwLockReadGuard<'e, Table>,
    ) -> Result<bool, Stop> {
        let name = record::scope_name(outer.payload, self.order == Order::Usual)?;
        let context = Context { scope: String::from_utf8_lossy(name).into(), ..service.clone() };
        let known = table.context(&context);
        let named = self.order == Order::Any;
        let mut place = Place { context, known, resource: met, encoded: outer.payload, name, named };
        let opened = self.edits.open();
        let before = (self.out.received, self.out.dropped);
        let mut fields = Fields::within(self.buf, outer);
        while let Some(field) = fields.next()? {
            if field.is_message(2) {
                self.record(&field, &mut place, table)?;
            } else if field.is_message(1) && self.order == Order::Usual && self.out.received > before.0 {
                return Err(Stop::LateScope);
            }
        }
        let (received, dropped) = (self.out.received - before.0, self.out.dropped - before.1);
        if received > 0 && received == dropped {
            self.edits.close_cut(&opened, outer);
            return Ok(false);
        }
        self.edits.close(&opened, outer);
        Ok(true)
    }

    fn record(
        &mut self,
        field: &Field<'_>,
        place: &mut Place<'_>,
        table: &mut RwLockReadGuard<'e, Table>,
    ) -> Result<(), Stop> {
        let engine = self.engine;
        let record = record::read(self.signal, field.payload, &engine.masks, &mut self.scratch.work)?;
        self.out.received += 1;
        self.out.items_received += record.items;
        let skeleton = self.scratch.work.skeleton.text();
        let found = place.known.as_ref().and_then(|known| table.find(known, record.class, skeleton));
        if found.is_none() && !place.named {
            // A type is not added on a guess of its scope.
            if record::scope_name(place.encoded, false)? != place.name {
                return Err(Stop::LateScope);
            }
            place.named = true;
        }
        let event = match found {
            Some(event) => event,
            None => match add(engine, place, record.class, skeleton, self.now, table) {
                Some(event) => &event.clone(),
                None => {
                    self.out.overflowed += 1;
                    return Ok(self.strip(field, &record)?);
                }
            },
        };
        let at = touch(&mut self.out.touched, &mut self.scratch.index, event);
        let touched = &mut self.out.touched[at];
        let bytes = (field.end - field.start) as u64;
        touched.records += 1;
        touched.bytes += bytes;
        if event.wanted.load(Ordering::Relaxed) && touched.samples.len() < SAMPLES {
            touched.samples.push((field.value, field.end));
        }
        if self.mode == Mode::Observe {
            return Ok(());
        }
        let decision = table.decision(event).filter(|decision| decision.in_force(self.now));
        let Some(decision) = decision else {
            return Ok(self.strip(field, &record)?);
        };
        let fate =
            fate(decision, &record, field.payload, self.policy, place.resource, &mut touched.limit, event, self.now);
        if fate == Fate::Waste && self.mode == Mode::Drop && self.signal != Signal::Spans {
            touched.dropped_records += 1;
            touched.dropped_bytes += bytes;
            self.out.dropped += 1;
            self.out.items_dropped += record.items;
            self.edits.cut(field.start, field.end);
            return Ok(());
        }
        if fate == Fate::Kept && !self.policy.tag_all || self.edits.inserted_bytes() > self.growth {
            return Ok(self.strip(field, &record)?);
        }
        self.out.tagged += 1;
        Ok(self.edits.tag(
            self.buf,
            field,
            self.signal,
            record.tags.present || record.tags.adjusted_count.is_some(),
            Some((decision, fate)),
        )?)
    }

    /// A record that this hop does not tag carries no earlier hop's verdict on.
    fn strip(&mut self, field: &Field<'_>, record: &Record) -> Result<(), Malformed> {
        if record.tags.present && self.mode != Mode::Observe {
            return self.edits.tag(self.buf, field, self.signal, true, None);
        }
        Ok(())
    }
}

/// Adds a novel type. The table is written between two reads; the place then knows its context.
fn add<'e>(
    engine: &'e Engine,
    place: &mut Place<'_>,
    class: Class,
    skeleton: &[u8],
    now: i64,
    table: &mut RwLockReadGuard<'e, Table>,
) -> Option<Arc<EventType>> {
    let skeleton = std::str::from_utf8(skeleton).ok()?;
    RwLockReadGuard::unlocked(table, || {
        let mut table = engine.table.write();
        let event = table.insert(&engine.ruleset, &place.context, class, skeleton, now);
        place.known = table.context(&place.context);
        event
    })
}

fn touch(touched: &mut Vec<Touched>, index: &mut Vec<u32>, event: &Arc<EventType>) -> usize {
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

fn fate(
    decision: &Decision,
    record: &Record,
    encoded: &[u8],
    policy: &Policy,
    resource: &[bool],
    used: &mut LimitUse,
    event: &EventType,
    now: i64,
) -> Fate {
    if decision.exceptions != 0 && is_excepted(decision, record, policy, resource) {
        return Fate::Kept;
    }
    let earlier = record.tags.adjusted_count.unwrap_or(1.0);
    match decision.action {
        Action::Keep => Fate::Kept,
        Action::Drop => {
            let share = policy.canary_percent / 100.0;
            if is_sampled(event.class.signal, encoded, share) {
                Fate::Canary(earlier.max(1.0 / share))
            } else {
                Fate::Waste
            }
        }
        // A metric is a series: a part of its points is worth nothing.
        Action::Sample(_) | Action::Limit(_) if event.class.signal == Signal::Metrics => Fate::Kept,
        Action::Sample(share) => {
            if is_sampled(event.class.signal, encoded, share) {
                Fate::Survivor(earlier.max(1.0 / share))
            } else {
                Fate::Waste
            }
        }
        Action::Limit(rate) => {
            let limit = event.limit.get_or_init(|| Box::new(Mutex::new(Limit::default())));
            let (fate, use_) = limit.lock().offer(rate, now, earlier);
            used.add(use_);
            fate
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
