//! JSON objects as structured loggers write them.

use crate::generator::Random;
use crate::lines;

/// No two are the same in lower case: a key counts once an object.
const KEYS: [&str; 40] = [
    "level",
    "severity",
    "lvl",
    "levelname",
    "levelno",
    "@level",
    "s",
    "msg",
    "message",
    "event",
    "short_message",
    "version",
    "log",
    "record",
    "name",
    "text",
    "error",
    "err",
    "exception",
    "ok",
    "success",
    "failed",
    "healthy",
    "status",
    "grpc_code",
    "rc",
    "exit_code",
    "path",
    "user_agent",
    "priority",
    "req",
    "ts",
    "a17b42",
    "",
    "é",
    "a.b",
    "k\\\"x",
    "\\u0041",
    "A key that is longer than any of those that are known, and than sixty-four bytes",
    "Time",
];

const VALUES: [&str; 26] = [
    "true",
    "false",
    "null",
    "0",
    "3",
    "7",
    "10",
    "20",
    "30",
    "50",
    "200",
    "404",
    "503",
    "-1",
    "1.5e3",
    "1e999",
    "\"error\"",
    "\"WARN\"",
    "\"E\"",
    "\"/healthz\"",
    "\"kube-probe/1\"",
    "\"\\ud83d\"",
    "\"false\"",
    "\"\"",
    "[]",
    "{}",
];

/// Mostly an object; now and then what breaks off or has gone wrong.
pub fn object(random: &mut Random) -> Vec<u8> {
    let mut json = spelled(&members(random, 0), random);
    if random.chance(4) {
        broken(&mut json, random);
    }
    json
}

/// An object, and the same one with its members in another order.
pub fn twins(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
    let mut members = members(random, 0);
    let one = spelled(&members, random);
    members.reverse();
    (one, spelled(&members, random))
}

fn members(random: &mut Random, depth: usize) -> Vec<(&'static str, Vec<u8>)> {
    let mut members: Vec<(&str, Vec<u8>)> = Vec::new();
    let most = if random.chance(50) { KEYS.len() } else { 8 };
    for _ in 0..random.below(most) {
        let key = random.pick(&KEYS);
        if members.iter().all(|(known, _)| *known != key) {
            members.push((key, value(random, depth)));
        }
    }
    members
}

fn value(random: &mut Random, depth: usize) -> Vec<u8> {
    match random.below(8) {
        0..=3 => random.pick(&VALUES).into(),
        4 => random.next().to_string().into_bytes(),
        5 | 6 => serde_json::to_vec(&String::from_utf8_lossy(&lines::line(random))).unwrap(),
        _ if depth > 60 => b"[[[{\"x\":[\"]\"]}]]]".to_vec(),
        // Deep ones, too: a walk has to end somewhere.
        _ if random.chance(30) => [&b"{\"a\":".repeat(40)[..], b"1", &b"}".repeat(40)].concat(),
        _ => {
            let inner = members(random, depth + 1);
            spelled(&inner, random)
        }
    }
}

fn spelled(members: &[(&str, Vec<u8>)], random: &mut Random) -> Vec<u8> {
    let mut json = vec![b'{'];
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        if random.chance(6) {
            json.extend_from_slice(b" \n");
        }
        json.push(b'"');
        json.extend_from_slice(key.as_bytes());
        json.extend_from_slice(b"\":");
        json.extend_from_slice(value);
    }
    json.push(b'}');
    json
}

fn broken(json: &mut Vec<u8>, random: &mut Random) {
    const PIECES: [&str; 12] = ["{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", " ", "\u{1b}[", "x"];
    for _ in 0..=random.below(3) {
        let at = random.below(json.len() + 1);
        match random.below(4) {
            0 => json.truncate(at),
            1 => drop(json.splice(at..at, random.pick(&PIECES).bytes())),
            2 => json.insert(at, random.next() as u8),
            _ => drop(json.drain(at..(at + random.below(6)).min(json.len()))),
        }
    }
}
