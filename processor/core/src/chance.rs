//! Chance for tests: the same numbers in each run.

/// Numbers below a bound that is given each time; each seed has its own.
pub fn numbers_below(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % bound
    }
}
