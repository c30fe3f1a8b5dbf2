//! What holds of every input, and what inputs are made of: the modules of `tests/random`, led by coverage here.

#[path = "../../tests/random/engine.rs"]
pub mod engine;
#[path = "../../tests/random/generator.rs"]
pub mod generator;
#[path = "../../tests/random/items.rs"]
pub mod items;
#[path = "../../tests/random/json.rs"]
pub mod json;
#[path = "../../tests/random/lines.rs"]
pub mod lines;
#[path = "../../tests/random/mining.rs"]
pub mod mining;
#[path = "../../tests/random/requests.rs"]
pub mod requests;
#[path = "../../tests/random/transcode.rs"]
pub mod transcode;

use generator::Random;

/// One input in so many is made anew instead of changed.
const MADE: usize = 64;

/// Changes an input of `size` bytes as libFuzzer does, or puts a made one behind its first `head` bytes, which choose
/// what is done with the rest; so what takes grammar to reach is reached without a corpus. Answers the new size.
pub fn mutate(
    input: &mut [u8],
    size: usize,
    seed: u32,
    head: usize,
    write: impl FnOnce(&[u8], &mut Random) -> Vec<u8>,
) -> usize {
    let random = &mut Random(seed.into());
    let room = input.len();
    if room < head || !random.chance(MADE) {
        return libfuzzer_sys::fuzzer_mutate(input, size, room);
    }
    input[..head].fill_with(|| random.next() as u8);
    let made = write(&input[..head], random);
    let size = room.min(head + made.len());
    input[head..size].copy_from_slice(&made[..size - head]);
    size
}
