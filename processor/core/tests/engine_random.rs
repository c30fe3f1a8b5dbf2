//! Whatever bytes arrive and whatever is decided, the engine answers: with the request less what it dropped, or that
//! it is malformed. The seeds are fixed, so a failure comes again.

use sluice_core::engine::Engine;
use sluice_core::record::Signal;
use sluice_core::settings::{Policy, Settings};
use sluice_core::walk::{Payload, Processed, roll_back};
use sluice_core::wire::{put_bytes, put_varint};

const SIGNALS: [Signal; 3] = [Signal::Logs, Signal::Metrics, Signal::Spans];

/// The generator `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const TEXTS: [&str; 16] = [
    "",
    "ready",
    "took 5ms for 3 rows",
    "GET /orders/17 200 4ms",
    "user=root logged in from 10.0.0.1:8080",
    "exited with code 1",
    "ERROR über 9 \u{1b}[31mred",
    "at Mon Jan  2 10:00:00 2024 done",
    "10.0.0.1 - bob [10/Oct/2024:13:55:36 -0700] \"GET /a HTTP/1.1\" 503 2 \"-\" \"curl\"",
    "10.0.0.1 -  [1",
    "{\"level\":\"warn\",\"msg\":\"took 15ms\",\"req\":{\"id\":\"a-1\"}}",
    "{\"msg\":",
    "first line\n  second 5",
    "see https://docs.example/a?b=c, then C:\\x\\y and deadbeef or .....7",
    "a word of more than sixty-four bytes: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "(x) [y] 'z' \"\" <nil> key: <nil>, err=null",
];

const KEYS: [&str; 12] = [
    "thread.name",
    "http.response.status_code",
    "error.type",
    "http.route",
    "http.request.method",
    "rpc.service",
    "log.record.template",
    "sluice.verdict",
    "sluice.adjusted_count",
    "service.name",
    "user_agent.original",
    "k",
];

fn message(out: &mut Vec<u8>, number: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    fill(&mut inner);
    put_bytes(out, number, &inner);
}

fn varint(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3);
    put_varint(out, value);
}

fn fixed(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3 | 1);
    out.extend_from_slice(&value.to_le_bytes());
}

fn any_value(out: &mut Vec<u8>, random: &mut Random, depth: usize) {
    match random.below(if depth < 3 { 8 } else { 6 }) {
        0..=2 => put_bytes(out, 1, random.pick(&TEXTS).as_bytes()),
        3 => varint(out, 2 + random.below(2) as u32, random.next() >> random.below(64)),
        4 => fixed(out, 4, (random.below(1000) as f64 / 4.0).to_bits()),
        5 => put_bytes(out, 7, b"\x00\xff"),
        6 => message(out, 5, |list| message(list, 1, |item| any_value(item, random, depth + 1))),
        _ => message(out, 6, |map| pair(map, 1, random, depth + 1)),
    }
}

fn pair(out: &mut Vec<u8>, number: u32, random: &mut Random, depth: usize) {
    message(out, number, |pair| {
        put_bytes(pair, 1, random.pick(&KEYS).as_bytes());
        message(pair, 2, |value| any_value(value, random, depth));
    });
}

fn log(out: &mut Vec<u8>, random: &mut Random) {
    fixed(out, 1, random.next());
    varint(out, 2, random.below(30) as u64);
    put_bytes(out, 3, random.pick(&["INFO", "warn", "", "odd"]).as_bytes());
    message(out, 5, |body| any_value(body, random, 0));
    if random.chance(2) {
        put_bytes(out, 9, &[7; 16]);
    }
    if random.chance(9) {
        put_bytes(out, 12, b"order.placed");
    }
}

fn metric(out: &mut Vec<u8>, random: &mut Random) {
    put_bytes(out, 1, random.pick(&["requests", "latency"]).as_bytes());
    put_bytes(out, 3, b"ms");
    message(out, [5, 7, 9, 10, 11][random.below(5)], |data| {
        for _ in 0..random.below(4) {
            message(data, 1, |point| fixed(point, 3, random.next()));
        }
        varint(data, 2, 2);
        varint(data, 3, 1);
    });
}

fn span(out: &mut Vec<u8>, random: &mut Random) {
    put_bytes(out, 1, &[9; 16]);
    put_bytes(out, 3, random.pick(&["ot=rv:00ffffffffffff", "x=1", ""]).as_bytes());
    put_bytes(out, 5, random.pick(&TEXTS).as_bytes());
    varint(out, 6, random.below(8) as u64);
    fixed(out, 7, 1_000_000);
    fixed(out, 8, random.next() >> 40);
    message(out, 15, |status| varint(status, 3, random.below(4) as u64));
}

fn request(signal: Signal, random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..=random.below(2) {
        message(&mut out, 1, |resource| {
            message(resource, 1, |named| pair(named, 1, random, 0));
            for _ in 0..=random.below(2) {
                message(resource, 2, |scope| {
                    let late = random.chance(4);
                    if !late {
                        message(scope, 1, |name| put_bytes(name, 1, b"scope"));
                    }
                    for _ in 0..random.below(6) {
                        message(scope, 2, |record| {
                            match signal {
                                Signal::Logs => log(record, random),
                                Signal::Metrics => metric(record, random),
                                Signal::Spans => span(record, random),
                            }
                            for _ in 0..random.below(3) {
                                pair(record, signal.tags_field(), random, 0);
                            }
                        });
                    }
                    if late {
                        message(scope, 1, |name| put_bytes(name, 1, b"late"));
                    }
                });
            }
        });
    }
    out
}

/// Cuts, overwrites, inserts, copies, a few times: much of it can still be walked deep.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(12)).min(bytes.len());
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes[at..end].fill(random.next() as u8),
            3 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes.insert(at, random.next() as u8),
        }
    }
}

fn engine(masks: &str) -> Engine {
    let settings = format!(r#"{{"max_event_types":300,"min_records":1,"evidence_bytes":20000,"masks":[{masks}]}}"#);
    Engine::new(serde_json::from_str::<Settings>(&settings).unwrap()).unwrap()
}

fn policy(random: &mut Random) -> Policy {
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
fn decisions(engine: &Engine, random: &mut Random) -> String {
    let types: Vec<serde_json::Value> = serde_json::from_str(&engine.types()).unwrap();
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

/// What is forwarded is a request again, with as many records as were not dropped.
fn check(signal: Signal, request: &[u8], processed: &Processed) {
    assert!(processed.dropped <= processed.received && processed.items_dropped <= processed.items_received);
    let forwarded = match &processed.payload {
        Payload::Nothing => Vec::new(),
        Payload::Same => request.to_vec(),
        Payload::Changed(edits) => {
            let mut changed = vec![0; edits.length(request)];
            edits.apply(request, &mut changed);
            changed
        }
    };
    let left = engine("").process(signal, &forwarded).unwrap().received;
    assert_eq!(left, processed.received - processed.dropped);
}

fn run(masks: &str, seed: u64) {
    let mut random = Random(seed);
    let engine = engine(masks);
    for round in 0..1500 {
        if round % 50 == 0 {
            engine.configure(policy(&mut random)).unwrap();
            engine.apply(decisions(&engine, &mut random).as_bytes()).unwrap();
            engine.drain_volumes();
        }
        let signal = SIGNALS[random.below(3)];
        let mut request = request(signal, &mut random);
        if random.chance(2) {
            mutate(&mut request, &mut random);
        }
        let Ok(processed) = engine.process(signal, &request) else { continue };
        check(signal, &request, &processed);
        if random.chance(4) {
            roll_back(&processed);
        } else if let Some(evidence) = engine.commit(&request, &processed) {
            serde_json::from_str::<Vec<serde_json::Value>>(&evidence).unwrap();
        }
    }
}

#[test]
fn any_request_is_answered_under_any_decisions() {
    for seed in 0..6 {
        run("", seed);
    }
}

#[test]
fn any_request_is_answered_with_masks() {
    for seed in 6..9 {
        run(r#"{"name":"word","pattern":"[a-z]+ed ?"},{"name":"n","pattern":"of.|\\d\\d"}"#, seed);
    }
}
