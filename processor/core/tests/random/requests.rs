//! Requests of every signal, by OTLP's grammar, and what becomes of them on a bad day.

use sluice_core::record::Signal;
use sluice_core::wire::{put_bytes, put_varint};

use crate::generator::Random;
use crate::{json, lines};

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
        0..=1 => put_bytes(out, 1, &lines::line(random)),
        2 => put_bytes(out, 1, &json::object(random)),
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
    put_bytes(out, 5, &lines::line(random));
    varint(out, 6, random.below(8) as u64);
    fixed(out, 7, 1_000_000);
    fixed(out, 8, random.next() >> 40);
    message(out, 15, |status| varint(status, 3, random.below(4) as u64));
}

pub fn request(signal: Signal, random: &mut Random) -> Vec<u8> {
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
pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
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

/// Other digits and letters within words; what looks like a length stays.
pub fn change_values(bytes: &mut [u8], random: &mut Random) {
    for at in 1..bytes.len().saturating_sub(1) {
        let [before, byte, after] = [bytes[at - 1], bytes[at], bytes[at + 1]];
        if before < b' ' || after < b' ' || !random.chance(3) {
            continue;
        }
        if byte.is_ascii_digit() {
            bytes[at] = b'0' + random.below(10) as u8;
        } else if byte.is_ascii_lowercase() && random.chance(40) {
            bytes[at] = b'a' + random.below(26) as u8;
        }
    }
}
