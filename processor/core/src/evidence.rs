//! What the judge is shown of a type, and when.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::identity::Fingerprint;
use crate::look::Look;
use crate::mine::Masks;
use crate::samples::{Samples, Seen, SlotOut};
use crate::table::EventType;
use crate::wire::Malformed;

#[derive(Serialize)]
pub struct IdentityOut<'a> {
    signal: &'a str,
    scope: &'a str,
    namespace: &'a str,
    service: &'a str,
    severity: &'a str,
    outcome: &'a str,
    purpose: &'a str,
}

impl<'a> IdentityOut<'a> {
    pub fn of(event: &'a EventType) -> Self {
        Self {
            signal: event.class.signal.name(),
            scope: &event.context.scope,
            namespace: &event.context.namespace,
            service: &event.context.service,
            severity: event.class.severity.name(),
            outcome: event.class.outcome.name(),
            purpose: event.class.probe.name(),
        }
    }
}

#[derive(Serialize)]
struct EvidenceOut<'a> {
    fingerprint: String,
    identity: IdentityOut<'a>,
    skeleton: &'a str,
    template: &'a str,
    covers: Vec<String>,
    slots: &'a [SlotOut],
    attribute_keys: Vec<&'a str>,
    /// Of each attribute: an estimate of its different values, and how many were looked at.
    cardinality: BTreeMap<&'a str, (u32, u32)>,
    peers: &'a [&'static str],
    samples: &'a [Box<str>],
    count: u64,
}

/// Takes one committed record of a type into its samples, and into the look at it; its template comes from the first.
/// Answers the look that it ended.
pub fn take(
    event: &EventType,
    samples: &mut Samples,
    record: &[u8],
    masks: &Masks,
    held: &AtomicUsize,
    bound: usize,
) -> Result<Option<Box<Look>>, Malformed> {
    let considers = samples.consider();
    if !considers && !samples.is_looking() {
        return Ok(None);
    }
    let seen = Seen::of(event.class.signal, record, masks, &event.skeleton)?;
    event.template.get_or_init(|| seen.template.clone().into());
    let look = samples.look_at(&seen);
    if considers && !event.judged.load(Ordering::Relaxed) {
        samples.take(seen, held, bound);
    }
    Ok(look)
}

/// The evidence as JSON, when it is time to hand it out; twice at most.
pub fn hand_out(
    event: &EventType,
    samples: &mut Samples,
    records: u64,
    min_records: u64,
    held: &AtomicUsize,
) -> Option<String> {
    if records < min_records || event.judged.load(Ordering::Relaxed) || !samples.is_due(held) {
        return None;
    }
    let out = EvidenceOut {
        fingerprint: event.fingerprint.to_string(),
        identity: IdentityOut::of(event),
        skeleton: &event.skeleton,
        template: event.template.get().map_or(&event.skeleton, |template| template),
        covers: event
            .covers
            .get()
            .map_or_else(Vec::new, |parts| parts.lock().iter().map(Fingerprint::to_string).collect()),
        slots: &samples.slots,
        attribute_keys: samples.attributes.iter().map(|attribute| &*attribute.key).collect(),
        cardinality: samples
            .attributes
            .iter()
            .map(|attribute| (&*attribute.key, (attribute.values.estimate(), attribute.seen)))
            .collect(),
        peers: &samples.peers,
        samples: &samples.texts,
        count: records,
    };
    let json = serde_json::to_string(&out).ok();
    if samples.is_told() {
        samples.release(held);
    }
    json
}

/// Whether no further record of a type is of use.
pub fn is_done(event: &EventType, samples: &Samples) -> bool {
    event.template.get().is_some()
        && !samples.is_looking()
        && (samples.is_told() || event.judged.load(Ordering::Relaxed))
}
