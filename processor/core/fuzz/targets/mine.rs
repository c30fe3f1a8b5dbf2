//! A line of any bytes, mined in every way there is.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use sluice_core_fuzz::generator::Random;
use sluice_core_fuzz::mining::{Miner, slow};
use sluice_core_fuzz::{lines, mutate};

/// For other values in the same line.
const HEAD: usize = 1;

thread_local! {
    static MINERS: RefCell<(Miner, Miner)> = RefCell::new((Miner::default(), slow()));
}

fuzz_target!(|input: &[u8]| {
    let Some((&head, line)) = input.split_first_chunk::<HEAD>() else { return };
    MINERS.with_borrow_mut(|(miner, slow)| {
        miner.check(line);
        miner.check_ways(slow, line);
        miner.check_outlines(line, &mut Random(head[0].into()));
        miner.check_sketches(line, &mut Random(head[0].into()));
    });
});

fuzz_mutator!(|input: &mut [u8], size: usize, _room: usize, seed: u32| {
    mutate(input, size, seed, HEAD, |_, random| lines::line(random))
});
