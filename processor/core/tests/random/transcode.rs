//! Whatever bytes arrive, transcoding answers: with well-formed protobuf, or with a message that quotes nothing.

use sluice_core::json::transcode;

use crate::engine::{SIGNALS, begun};
use crate::generator::Random;

/// Stands for what people must not find in messages.
const SECRET: &str = "hunter2";

pub const DOCUMENTS: [&str; 3] = [
    r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"hunter2","value":{"stringValue":"hunter2"}}]},
        "scopeLogs":[{"scope":{"name":"hunter2"},"logRecords":[{"timeUnixNano":"1544712660300000000",
        "severityNumber":9,"traceId":"5b8efff798038103d269b633813fc60c","hunter2":[null],
        "body":{"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{"bytesValue":"aHVudGVyMg=="},
        {"intValue":"-7"},{"doubleValue":1.5e3},{"boolValue":true},{}]}}}]}},"eventName":"hunter2 \ud83d\ude00"}]}]}]}"#,
    r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"hunter2","sum":{"aggregationTemporality":2,
        "isMonotonic":true,"dataPoints":[{"asInt":"3","exemplars":[{"asDouble":"NaN","spanId":"EEE19B7EC3C1B174"}]}]}},
        {"histogram":{"dataPoints":[{"bucketCounts":["1",2,0],"explicitBounds":[0.5,10],"min":0,"count":"3"}]}},
        {"exponentialHistogram":{"dataPoints":[{"scale":-1,"positive":{"offset":3,"bucketCounts":[1,"2"]}}]}},
        {"summary":{"dataPoints":[{"quantileValues":[{"quantile":0.99,"value":"2"}]}]}}]}]}]}"#,
    r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","kind":2,
        "spanId":"eee19b7ec3c1b174","parentSpanId":"","name":"hunter2","startTimeUnixNano":1544712660300000000,
        "events":[{"name":"hunter2","timeUnixNano":"1"}],"links":[{"spanId":"EEE19B7EC3C1B174","traceState":"hunter2"}],"flags":257,
        "status":{"code":"STATUS_CODE_ERROR","message":"hunter2"}}],"schemaUrl":null}]}]}"#,
];

/// Pieces that a mutation puts somewhere.
const PIECES: [&str; 22] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\ud83d",
    "\\udc00",
    "null",
    "true",
    "-",
    "1e999",
    "0.5",
    "-1",
    "18446744073709551616",
    "\"hunter2\"",
    "{\"hunter2\":1}",
    "[\"hunter2\"]",
    "\"NaN\"",
    "\u{e9}",
];

/// Cuts, overwrites, inserts, copies: the text stays JSON often enough to be read deep.
pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(24)).min(bytes.len());
    match random.below(6) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => bytes[at..end].fill(random.next() as u8),
        3 => {
            let copy = bytes[at..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, copy);
        }
        4 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
        _ => swap_value(bytes, at, PIECES[random.below(PIECES.len())]),
    }
}

/// Puts `piece` in the place of the string that starts next after `at`: a wrong value, in sound JSON.
fn swap_value(bytes: &mut Vec<u8>, at: usize, piece: &str) {
    let quote = |from: usize| bytes[from..].iter().position(|byte| *byte == b'"').map(|found| from + found);
    if let Some((start, end)) = quote(at).and_then(|start| Some((start, quote(start + 1)?))) {
        bytes.splice(start..=end, piece.bytes());
    }
}

/// Answers the request in protobuf, if it is one.
#[track_caller]
pub fn assert_sound(signal: u8, json: &[u8]) -> Option<Vec<u8>> {
    match transcode(signal, json) {
        Ok(protobuf) => {
            assert_well_formed(&protobuf);
            Some(protobuf)
        }
        Err(message) => {
            let shown = String::from_utf8_lossy(json);
            assert!(!message.contains(SECRET), "{message}\n{shown}");
            assert!(message.len() < 1_000, "{message}\n{shown}");
            None
        }
    }
}

/// A request is a run of resources, field 1, whose lengths add up.
#[track_caller]
fn assert_well_formed(mut request: &[u8]) {
    while !request.is_empty() {
        assert_eq!(request[0], 1 << 3 | 2);
        let end = 1 + request[1..].iter().position(|byte| byte & 0x80 == 0).expect("an end of the length");
        let length = request[1..=end].iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
        request = &request[end + 1 + length..];
    }
}

pub fn run(random: &mut Random, inputs: usize) {
    let engine = begun("");
    for round in 0..inputs {
        let mut document = DOCUMENTS[round % 3].as_bytes().to_vec();
        for _ in 0..=random.below(2) {
            mutate(&mut document, random);
        }
        if let Some(protobuf) = assert_sound((round % 3) as u8, &document) {
            engine.process(SIGNALS[round % 3], &protobuf).expect("a request");
        }
    }
}

#[test]
fn the_documents_are_sound() {
    for (signal, document) in (0..).zip(DOCUMENTS) {
        assert_well_formed(&transcode(signal, document.as_bytes()).expect("OTLP"));
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Random(1);
    for round in 0..20_000_usize {
        let length = random.below(64);
        let bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        assert_sound((round % 3) as u8, &bytes);
    }
}

#[test]
fn random_tokens_never_panic() {
    let mut random = Random(2);
    for round in 0..20_000_usize {
        let tokens: String = (0..random.below(24)).map(|_| PIECES[random.below(PIECES.len())]).collect();
        let document = format!(r#"{{"resourceLogs":[{{"scopeLogs":{tokens}}}]}}"#);
        assert_sound((round % 3) as u8, document.as_bytes());
    }
}

#[test]
fn truncated_documents_never_panic() {
    for (signal, document) in (0..).zip(DOCUMENTS) {
        for end in 0..document.len() {
            assert_sound(signal, &document.as_bytes()[..end]);
        }
    }
}

#[test]
fn mutated_documents_never_panic_nor_tell_secrets() {
    run(&mut Random(3), 60_000);
}
