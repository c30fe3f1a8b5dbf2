//! One request is one call: walk, mine, look up, decide, splice; counted only when it is committed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};
use serde::Serialize;

use crate::decide::Decision;
use crate::evidence::{self, IdentityOut};
use crate::identity::{Context, Fingerprint};
use crate::look::Look;
use crate::merge;
use crate::mine::Masks;
use crate::passage;
use crate::record::{Class, Signal};
use crate::rekey;
use crate::settings::{self, MAX_EXCEPTIONS, Policy, Settings};
use crate::table::{EventType, Table, Turn};
use crate::walk::{self, Call, Processed, Scratch, now};
use crate::wire::Malformed;

/// A type that was never judged makes room after so long.
const UNJUDGED_AGE_MS: i64 = 24 * 3600 * 1000;

/// A type that is still wanted, where records of it stand in the request, and its records so far.
type Wanted<'p> = (&'p Arc<EventType>, &'p [(usize, usize)], u64);

pub struct Engine {
    pub ruleset: String,
    settings: Settings,
    masks: Masks,
    policy: RwLock<Arc<Policy>>,
    table: RwLock<Table>,
    /// Working memory of calls that are not running.
    scratch: Mutex<Vec<Scratch>>,
    turn: Mutex<Turn>,
    evidence_bytes: AtomicUsize,
    /// Looks that have come to their end.
    looks: Mutex<Vec<(Fingerprint, Box<Look>)>>,
    overflowed: AtomicU64,
    failed: AtomicU64,
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
            table: RwLock::new(Table::new(settings.max_event_types, &settings.ruleset())),
            scratch: Mutex::default(),
            turn: Mutex::default(),
            evidence_bytes: AtomicUsize::new(0),
            looks: Mutex::default(),
            overflowed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
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
        let mut scratch = self.scratch.lock().pop().unwrap_or_default();
        let call = Call { masks: &self.masks, table: &self.table, policy: &policy, signal };
        let processed = walk::process(&call, request, &mut scratch);
        if scratch.is_worth_keeping() {
            self.scratch.lock().push(scratch);
        }
        processed
    }

    /// Lets a request pass whose processing failed, which is a bug. It is counted like any other.
    pub fn pass(&self, signal: Signal, request: &[u8]) -> Result<Processed, Malformed> {
        self.failed.fetch_add(1, Ordering::Relaxed);
        passage::of(signal, request)
    }

    /// Counts a request whose next hop took it. Answers novel evidence as a JSON array.
    pub fn commit(&self, request: &[u8], processed: &Processed) -> Option<String> {
        let wanted = self.count(processed);
        let mut evidence = Vec::new();
        for (event, places, records) in wanted {
            let mut samples = event.samples.lock();
            for &(start, end) in places {
                // The request was walked before, so its records can be read; a type without a sample is still judged.
                let looked = evidence::take(
                    event,
                    &mut samples,
                    &request[start..end],
                    &self.masks,
                    &self.evidence_bytes,
                    self.settings.evidence_bytes,
                );
                if let Ok(Some(look)) = looked {
                    self.looks.lock().push((event.fingerprint, look));
                }
            }
            evidence.extend(evidence::hand_out(
                event,
                &mut samples,
                records,
                self.settings.min_records,
                &self.evidence_bytes,
            ));
            if evidence::is_done(event, &samples) {
                event.wanted.store(false, Ordering::Relaxed);
            }
        }
        self.overflowed.fetch_add(processed.overflowed, Ordering::Relaxed);
        merge::settle_few(&self.table, &self.turn, &self.evidence_bytes);
        (!evidence.is_empty()).then(|| format!("[{}]", evidence.join(",")))
    }

    /// Counts what a request did to its types; answers those that are still wanted, with their records so far.
    fn count<'p>(&self, processed: &'p Processed) -> Vec<Wanted<'p>> {
        let now = now();
        let mut wanted = Vec::new();
        let mut turn = self.turn.lock();
        for touched in &processed.touched {
            let (event, dropped) = (touched.event.current(), touched.dropped());
            let records = event.records.add(touched.records, &mut turn);
            event.bytes.add(touched.bytes, &mut turn);
            event.dropped_records.add(dropped.records, &mut turn);
            event.dropped_bytes.add(dropped.bytes, &mut turn);
            event.seen(now, &mut turn);
            if event.wanted.load(Ordering::Relaxed) {
                wanted.push((event, touched.samples(), records));
            }
        }
        wanted
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
        self.settle();
        Ok(applied)
    }

    /// Lets types follow what became general.
    fn settle(&self) {
        merge::settle(&self.table, &self.turn, &self.evidence_bytes);
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
        let event = match table.get(fingerprint).cloned() {
            Some(known) => known,
            // A decision that was made elsewhere or before a restart.
            None => table.adopt(&context, class, &from.skeleton, fingerprint, now)?,
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
        let (context, class) = from.identity.read()?;
        let named = Fingerprint::new(&self.ruleset, class, &context, &from.skeleton) == fingerprint;
        named.then_some((context, class))
    }

    /// Withdraws decisions; the types are kept and may be judged anew.
    pub fn forget(&self, json: &[u8]) -> Result<usize, String> {
        self.open_anew(json, |table, event| table.decide(event, None))
    }

    /// Lets types be judged anew while what was decided of them stays in force.
    pub fn reopen(&self, json: &[u8]) -> Result<usize, String> {
        self.open_anew(json, |_, _| ())
    }

    fn open_anew(&self, json: &[u8], each: impl Fn(&mut Table, &Arc<EventType>)) -> Result<usize, String> {
        let fingerprints: Vec<String> =
            serde_json::from_slice(json).map_err(|error| format!("fingerprints: {error}"))?;
        let mut opened = 0;
        for portion in fingerprints.chunks(256) {
            let mut table = self.table.write();
            for text in portion {
                let known = Fingerprint::parse(text).and_then(|fingerprint| table.get(fingerprint)).cloned();
                let Some(event) = known else { continue };
                each(&mut table, &event);
                event.judged.store(false, Ordering::Relaxed);
                event.samples.lock().reopen(&self.evidence_bytes);
                event.wanted.store(true, Ordering::Relaxed);
                opened += 1;
            }
        }
        Ok(opened)
    }

    /// Begins a look at each of these types, as far as they are known and judged. It ends after some more records, and
    /// `drain_volumes` tells of it. A look that is under way goes on.
    pub fn look(&self, json: &[u8]) -> Result<usize, String> {
        let fingerprints: Vec<String> =
            serde_json::from_slice(json).map_err(|error| format!("fingerprints: {error}"))?;
        let mut begun = 0;
        for portion in fingerprints.chunks(256) {
            let table = self.table.read();
            for text in portion {
                let known = Fingerprint::parse(text).and_then(|fingerprint| table.get(fingerprint));
                let Some(event) = known.filter(|event| event.judged.load(Ordering::Relaxed)) else { continue };
                let mut samples = event.samples.lock();
                samples.begin_look();
                event.wanted.store(true, Ordering::Relaxed);
                begun += 1;
            }
        }
        Ok(begun)
    }

    /// The fingerprints here of types that another ruleset names, null for each that has none: a JSON array.
    pub fn rekey(&self, json: &[u8]) -> Result<String, String> {
        rekey::each(json, |named| rekey::fingerprint(named, &self.ruleset, &self.masks))
    }

    /// The types that named ones have become parts of, null for each that stands for itself: a JSON array.
    pub fn covering(&self, json: &[u8]) -> Result<String, String> {
        let table = self.table.read();
        rekey::each(json, |named| {
            let (context, class) = named.identity.read()?;
            let wider = table.wider(&context, class.signal, &named.skeleton)?;
            Some(Fingerprint::new(&self.ruleset, class, &context, &wider))
        })
    }

    /// What was committed since the last call, of types that may be spoken of; and housekeeping.
    pub fn drain_volumes(&self) -> String {
        self.settle();
        let gone = {
            let mut table = self.table.write();
            table.make_room(now(), UNJUDGED_AGE_MS)
        };
        for event in &gone {
            event.samples.lock().close(&self.evidence_bytes);
        }
        let table = self.table.read();
        let mut volumes = Vec::new();
        let mut services: Vec<(&str, &str)> = Vec::new();
        let mut numbers: HashMap<(&str, &str), usize> = HashMap::new();
        for event in table.types().chain(&gone) {
            if event.records.get() < self.settings.min_records {
                continue;
            }
            let mut turn = self.turn.lock();
            let records = event.records.drain(&mut turn);
            if records > 0 {
                let name = (&*event.context.namespace, &*event.context.service);
                let service = *numbers.entry(name).or_insert_with(|| {
                    services.push(name);
                    services.len() - 1
                });
                volumes.push(VolumeOut {
                    service,
                    fingerprint: event.fingerprint.to_string(),
                    records,
                    bytes: event.bytes.drain(&mut turn),
                    dropped_records: event.dropped_records.drain(&mut turn),
                    dropped_bytes: event.dropped_bytes.drain(&mut turn),
                });
            }
        }
        let looks = std::mem::take(&mut *self.looks.lock());
        let (masked_texts, mask_seconds) = self.masks.cost();
        let out = VolumesOut {
            volumes,
            services,
            looks: looks.iter().map(|(of, look)| LookOut { fingerprint: of.to_string(), look }).collect(),
            types: table.count(),
            overflowed: self.overflowed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            evidence_bytes: self.evidence_bytes.load(Ordering::Relaxed),
            masked_texts,
            mask_seconds,
        };
        serde_json::to_string(&out).unwrap_or_default()
    }

    /// The listed event types as a JSON array.
    pub fn types(&self) -> String {
        self.settle();
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
                told: event.samples.lock().is_handed(),
            })
            .collect();
        serde_json::to_string(&out).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct VolumeOut {
    fingerprint: String,
    /// Its place among the services.
    service: usize,
    records: u64,
    bytes: u64,
    dropped_records: u64,
    dropped_bytes: u64,
}

#[derive(Serialize)]
struct LookOut<'a> {
    fingerprint: String,
    #[serde(flatten)]
    look: &'a Look,
}

#[derive(Serialize)]
struct VolumesOut<'a> {
    volumes: Vec<VolumeOut>,
    /// Namespace and name.
    services: Vec<(&'a str, &'a str)>,
    looks: Vec<LookOut<'a>>,
    types: usize,
    overflowed: u64,
    failed: u64,
    evidence_bytes: usize,
    masked_texts: u64,
    mask_seconds: f64,
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
    /// Whether evidence of it was handed out.
    told: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::any::put_pair;
    use crate::mine::MINED_BYTES;
    use crate::wire::put_bytes;

    fn engine() -> Engine {
        let settings = Settings { max_event_types: 10, min_records: 1, masks: Vec::new(), evidence_bytes: 1 << 20 };
        Engine::new(settings).unwrap()
    }

    /// A request of one log with that event's name.
    fn named(event: &str) -> Vec<u8> {
        let (mut record, mut scope, mut block, mut request) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        put_bytes(&mut record, 12, event.as_bytes());
        put_bytes(&mut scope, 2, &record);
        put_bytes(&mut block, 2, &scope);
        put_bytes(&mut request, 1, &block);
        request
    }

    /// Scenario: a metric whose name, service, namespace and scope are of a megabyte each. Guarantees: nothing of it is told
    /// whole, not by its evidence and not by the list of types.
    #[test]
    fn no_name_is_kept_whole() {
        let long = "name ".repeat(200_000);
        let (mut text, mut resource, mut metric) = (Vec::new(), Vec::new(), Vec::new());
        put_bytes(&mut text, 1, long.as_bytes());
        for key in ["service.name", "service.namespace"] {
            put_pair(&mut resource, 1, key, &text);
        }
        put_bytes(&mut metric, 1, long.as_bytes());
        let (mut scope, mut block, mut request) = (Vec::new(), Vec::new(), Vec::new());
        put_bytes(&mut scope, 1, &text);
        put_bytes(&mut scope, 2, &metric);
        put_bytes(&mut block, 1, &resource);
        put_bytes(&mut block, 2, &scope);
        put_bytes(&mut request, 1, &block);
        let engine = engine();
        let processed = engine.process(Signal::Metrics, &request).unwrap();
        let evidence = engine.commit(&request, &processed).unwrap();
        assert!(evidence.len() < 3 * MINED_BYTES, "{}", evidence.len());
        assert!(engine.types().len() < 3 * MINED_BYTES);
    }

    #[test]
    fn memory_that_one_record_made_large_is_not_kept() {
        let engine = engine();
        engine.process(Signal::Logs, &named("shop.order.placed")).unwrap();
        assert_eq!(engine.scratch.lock().len(), 1);
        engine.process(Signal::Logs, &named(&"x".repeat(4 << 20))).unwrap();
        assert_eq!(engine.scratch.lock().len(), 0);
    }
}
