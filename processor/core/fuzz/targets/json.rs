//! A structured body of any bytes is mined, and to the same whatever the order of its keys.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::{Map, Value};
use sluice_core_fuzz::mining::Miner;
use sluice_core_fuzz::{json, mutate};

/// The members in this order.
fn spelled<'m>(members: impl Iterator<Item = (&'m String, &'m Value)>) -> Vec<u8> {
    let members: Vec<String> = members.map(|(key, value)| format!("{}:{value}", Value::from(&**key))).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

fuzz_target!(|body: &[u8]| {
    let mut miner = Miner::default();
    miner.check(body);
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(body) else { return };
    // A key counts once an object, in whichever case it comes first.
    let keys: HashSet<String> = object.keys().map(|key| key.to_ascii_lowercase()).collect();
    if keys.len() == object.len() {
        miner.check_order(&spelled(object.iter()), &spelled(object.iter().rev()));
    }
});

fuzz_mutator!(|input: &mut [u8], size: usize, _room: usize, seed: u32| {
    mutate(input, size, seed, 0, |_, random| json::object(random))
});
