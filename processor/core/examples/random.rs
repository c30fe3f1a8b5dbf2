//! Random inputs by the million, on one core: requests, lines, JSON bodies and OTLP/JSON, sound ones and broken ones.
//!
//!     cargo run --release --no-default-features --example random -- --inputs 10000000 [--first ROUND]
//!
//! A round has its own seed and begins with nothing, so that a failure comes again: `--first` with the round that was
//! named, and `--inputs 1`. `make fuzz` tries the same inputs and any others, led by coverage.

#[path = "../tests/random/engine.rs"]
mod engine;
#[path = "../tests/random/generator.rs"]
mod generator;
#[path = "../tests/random/items.rs"]
mod items;
#[path = "../tests/random/json.rs"]
mod json;
#[path = "../tests/random/lines.rs"]
mod lines;
#[path = "../tests/random/mining.rs"]
mod mining;
#[path = "../tests/random/requests.rs"]
mod requests;
#[path = "../tests/random/transcode.rs"]
mod transcode;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use generator::Random;

const OF_A_ROUND: u64 = 1_000;
const ROUNDS_TOLD: u64 = 1_000;

fn round(number: u64) {
    let inputs = OF_A_ROUND as usize;
    let random = &mut Random(number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    match number % 8 {
        0 | 4 => engine::run("", random, inputs),
        2 => engine::run(engine::MASKS, random, inputs),
        6 => transcode::run(random, inputs),
        _ => mining::run(random, inputs),
    }
}

fn argument(name: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)?.replace('_', "").parse().ok()
}

fn main() -> ExitCode {
    let first = argument("--first").unwrap_or(0);
    let rounds = argument("--inputs").unwrap_or(1_000_000).div_ceil(OF_A_ROUND);
    let began = Instant::now();
    for number in first..first + rounds {
        if catch_unwind(AssertUnwindSafe(|| round(number))).is_err() {
            eprintln!("round {number} failed: run again with --first {number} --inputs 1");
            return ExitCode::FAILURE;
        }
        let done = number + 1 - first;
        if done.is_multiple_of(ROUNDS_TOLD) || done == rounds {
            println!("{} inputs in {:.0} s", done * OF_A_ROUND, began.elapsed().as_secs_f64());
        }
    }
    ExitCode::SUCCESS
}
