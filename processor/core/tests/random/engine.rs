//! Whatever is decided, the engine answers a request: with the request less what it dropped, or that it is malformed.

use std::collections::BTreeMap;
use std::mem::MaybeUninit;

use sluice_core::engine::Engine;
use sluice_core::evidence::IdentityOut;
use sluice_core::record::Signal;
use sluice_core::room::Room;
use sluice_core::settings::{Policy, Settings};
use sluice_core::table::EventType;
use sluice_core::walk::{Payload, Processed, roll_back};

use crate::generator::Random;
use crate::items;
use crate::lines::noise;
use crate::requests::{change_values, mutate, request};

pub const MASKS: &str = r#"{"name":"word","pattern":"[a-z]+ed ?"},{"name":"n","pattern":"of.|\\d\\d"}"#;
pub const SIGNALS: [Signal; 3] = [Signal::Logs, Signal::Metrics, Signal::Spans];

pub fn begun(masks: &str) -> Engine {
    let settings = format!(r#"{{"max_event_types":300,"min_records":1,"evidence_bytes":20000,"masks":[{masks}]}}"#);
    Engine::new(serde_json::from_str::<Settings>(&settings).unwrap()).unwrap()
}

pub fn policy(random: &mut Random) -> Policy {
    let modes = ["observe", "tag", "drop"];
    let policy = format!(
        r#"{{"logs":"{}","metrics":"{}","spans":"{}","tag_all":{},"canary_percent":{},
            "exceptions":[{{"resource":{{"service.name":"ready"}}}},{{"min_duration_ms":0.5}}]}}"#,
        random.pick(&modes),
        random.pick(&modes),
        random.pick(&modes),
        random.chance(2),
        [0, 20, 100][random.below(3)],
    );
    serde_json::from_str(&policy).unwrap()
}

/// Decisions of every kind for the types that the engine knows.
pub fn decisions(engine: &Engine, random: &mut Random) -> String {
    let mut types: Vec<serde_json::Value> = serde_json::from_str(&engine.types()).unwrap();
    // The engine's own order is another one in each process.
    types.sort_by_key(|known| known["fingerprint"].to_string());
    let decided = types.iter().map(|known| {
        let percent = [0.5, 50.0, 400.0][random.below(3)];
        let mut decision = serde_json::json!({
            "fingerprint": known["fingerprint"],
            "identity": known["identity"],
            "skeleton": known["skeleton"],
            "ruleset": engine.ruleset,
            "category": "debug_noise",
            "action": random.pick(&["keep", "drop", "drop", "sample", "limit", "unheard of"]),
            "keep_percent": percent,
            "keep_rate": random.pick(&["1/h", "3/s", "x"]),
        });
        if random.chance(3) {
            decision["exceptions"] = serde_json::json!([random.below(3)]);
        }
        decision
    });
    serde_json::to_string(&decided.collect::<Vec<_>>()).unwrap()
}

/// What is forwarded is a request again, and of the one that came all but the dropped records.
fn check(reader: &Engine, signal: Signal, request: &[u8], processed: &Processed) {
    assert!(processed.dropped <= processed.received && processed.items_dropped <= processed.items_received);
    let forwarded = match &processed.payload {
        Payload::Nothing => Vec::new(),
        Payload::Same => request.to_vec(),
        Payload::Changed(edits) => {
            let mut memory = vec![MaybeUninit::uninit(); edits.length(request)];
            let mut changed = Room::new(&mut memory);
            edits.apply(request, &mut changed);
            assert!(changed.is_full());
            changed.written().to_vec()
        }
    };
    let kept = processed.received - processed.dropped;
    assert_eq!(reader.process(signal, &forwarded).unwrap().received, kept);
    let (before, after) = (items::of(signal, request), items::of(signal, &forwarded));
    assert_eq!(after.iter().filter(|item| item.is_record).count() as u64, kept);
    if processed.dropped == 0 {
        assert_eq!(after, before);
    } else {
        assert!(items::are_among(&after, &before));
    }
    let passed = reader.pass(signal, request).unwrap();
    assert_eq!((passed.received, passed.items_received), (processed.received, processed.items_received));
}

/// What an engine saw before has no say in what a record is but for what became general: one that begins with nothing
/// finds the same types, or parts of them.
fn check_types(fresh: &Engine, engine: &Engine, signal: Signal, request: &[u8]) {
    let types = |processed: &Processed| {
        let mut types: BTreeMap<String, u64> = BTreeMap::new();
        for touched in &processed.touched {
            *types.entry(widest(engine, &touched.event)).or_default() += touched.records;
        }
        types
    };
    let Ok(processed) = engine.process(signal, request) else {
        assert!(fresh.process(signal, request).is_err());
        return;
    };
    roll_back(&processed);
    if processed.overflowed == 0 {
        assert_eq!(types(&fresh.process(signal, request).unwrap()), types(&processed));
    }
}

/// The fingerprint of the type that a type is a part of in this engine, or its own.
fn widest(engine: &Engine, event: &EventType) -> String {
    let fingerprint = event.fingerprint.to_string();
    let named = serde_json::json!([{
        "fingerprint": fingerprint,
        "identity": IdentityOut::of(event),
        "skeleton": event.skeleton,
        "ruleset": engine.ruleset,
    }]);
    let answer = engine.covering(named.to_string().as_bytes()).unwrap();
    let [wider] = serde_json::from_str::<[Option<String>; 1]>(&answer).unwrap();
    wider.unwrap_or(fingerprint)
}

/// Offers a request to an engine, and commits it or takes it back.
pub fn offer(engine: &Engine, reader: &Engine, signal: Signal, request: &[u8], random: &mut Random) {
    let Ok(processed) = engine.process(signal, request) else { return };
    check(reader, signal, request, &processed);
    if random.chance(4) {
        roll_back(&processed);
    } else if let Some(evidence) = engine.commit(request, &processed) {
        serde_json::from_str::<Vec<serde_json::Value>>(&evidence).unwrap();
    }
}

pub fn run(masks: &str, random: &mut Random, inputs: usize) {
    let (reader, engine) = (begun(""), begun(masks));
    for round in 0..inputs {
        if round % 50 == 0 {
            engine.configure(policy(random)).unwrap();
            engine.apply(decisions(&engine, random).as_bytes()).unwrap();
            engine.drain_volumes();
        }
        let signal = SIGNALS[random.below(3)];
        let mut request = if random.chance(16) { noise(random) } else { request(signal, random) };
        if random.chance(2) {
            mutate(&mut request, random);
        }
        // The same lines again and again, with other values: most of what loggers write.
        for _ in 0..=random.below(3) {
            offer(&engine, &reader, signal, &request, random);
            if random.chance(4) {
                check_types(&begun(masks), &engine, signal, &request);
            }
            change_values(&mut request, random);
        }
    }
}

#[test]
fn any_request_is_answered_under_any_decisions() {
    for seed in 0..6 {
        run("", &mut Random(seed), 500);
    }
}

#[test]
fn any_request_is_answered_with_masks() {
    for seed in 6..9 {
        run(MASKS, &mut Random(seed), 300);
    }
}
