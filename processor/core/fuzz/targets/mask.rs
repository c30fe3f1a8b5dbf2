//! A line under any masks: up to a NUL byte, one pattern a line; the rest is the line that is mined.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use sluice_core_fuzz::mining::Miner;
use sluice_core_fuzz::{lines, mutate};

/// Longer ones only cost time to compile.
const LONGEST: usize = 64;

fuzz_target!(|input: &[u8]| {
    let Some(end) = input.iter().position(|&byte| byte == 0) else { return };
    let Ok(patterns) = str::from_utf8(&input[..end.min(LONGEST)]) else { return };
    match Miner::new(&patterns.lines().collect::<Vec<_>>()) {
        Ok(mut miner) => miner.check(&input[end + 1..]),
        Err(message) => assert!(message.contains("mask"), "{message}"),
    }
});

fuzz_mutator!(|input: &mut [u8], size: usize, _room: usize, seed: u32| {
    let patterns = input[..size].split(|&byte| byte == 0).next().map_or(0, <[u8]>::len);
    let patterns = input[..patterns].to_vec();
    mutate(input, size, seed, 0, |_, random| [&patterns, &b"\0"[..], &lines::line(random)].concat())
});
