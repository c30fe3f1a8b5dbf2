//! OTLP/JSON of any bytes: a message of what is wrong, or a request in protobuf that the engine reads.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use sluice_core_fuzz::engine::{SIGNALS, begun};
use sluice_core_fuzz::{mutate, transcode};

/// The signal.
const HEAD: usize = 1;

fn number(head: &[u8]) -> u8 {
    head[0] % 3
}

fuzz_target!(|input: &[u8]| {
    let Some((head, json)) = input.split_first_chunk::<HEAD>() else { return };
    let signal = number(head);
    if let Some(request) = transcode::assert_sound(signal, json) {
        begun("").process(SIGNALS[usize::from(signal)], &request).expect("a request");
    }
});

fuzz_mutator!(|input: &mut [u8], size: usize, _room: usize, seed: u32| {
    mutate(input, size, seed, HEAD, |head, random| {
        let mut document = transcode::DOCUMENTS[usize::from(number(head))].as_bytes().to_vec();
        transcode::mutate(&mut document, random);
        document
    })
});
