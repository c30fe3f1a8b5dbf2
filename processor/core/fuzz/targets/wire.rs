//! A request of any bytes, to an engine that knows nothing, and again when it has decided the request's types.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use sluice_core::record::Signal;
use sluice_core_fuzz::engine::{MASKS, SIGNALS, begun, decisions, offer, policy};
use sluice_core_fuzz::generator::Random;
use sluice_core_fuzz::{mutate, requests};

/// Signal and masks; two bytes more for policy and decisions.
const HEAD: usize = 3;

fn signal(head: &[u8]) -> Signal {
    SIGNALS[usize::from(head[0]) % 3]
}

fuzz_target!(|input: &[u8]| {
    let Some((&head, request)) = input.split_first_chunk::<HEAD>() else { return };
    let random = &mut Random(u64::from(u16::from_le_bytes([head[1], head[2]])));
    let (reader, engine) = (begun(""), begun(if head[0] < 16 { MASKS } else { "" }));
    engine.configure(policy(random)).unwrap();
    for _ in 0..2 {
        offer(&engine, &reader, signal(&head), request, random);
        engine.apply(decisions(&engine, random).as_bytes()).unwrap();
    }
    engine.drain_volumes();
});

fuzz_mutator!(|input: &mut [u8], size: usize, _room: usize, seed: u32| {
    mutate(input, size, seed, HEAD, |head, random| requests::request(signal(head), random))
});
