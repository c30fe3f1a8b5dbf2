//! Whatever bytes arrive, the core answers. The seeds are fixed, so a failure comes again; `examples/random.rs` goes on
//! with as many seeds as there is time for.

mod engine;
mod generator;
mod items;
mod json;
mod lines;
mod mining;
mod requests;
mod transcode;
