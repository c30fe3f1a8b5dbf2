//! The configured masks: what users know to be variable. Their cost is counted, since it is theirs to choose.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use regex::bytes::Regex;

/// The masks in the order given, as one expression with a name for each.
#[derive(Default)]
pub struct Masks {
    pub any: Option<Regex>,
    pub each: Vec<(Box<str>, Regex)>,
    texts: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Masks {
    pub fn new(any: Option<Regex>, each: Vec<(Box<str>, Regex)>) -> Self {
        Self { any, each, ..Self::default() }
    }

    /// Where masks find something in a line, and which do; `None` when none is configured.
    pub fn find(&self, line: &[u8]) -> Option<Vec<(Range<usize>, Option<&str>)>> {
        let any = self.any.as_ref()?;
        let begun = Instant::now();
        let found = any
            .find_iter(line)
            .filter(|found| !found.is_empty())
            .map(|found| {
                let whole = |mask: &Regex| mask.find(found.as_bytes()).is_some_and(|m| m.len() == found.len());
                let name = self.each.iter().find(|(_, mask)| whole(mask)).map(|(name, _)| &**name);
                (found.range(), name)
            })
            .collect();
        self.texts.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
        Some(found)
    }

    /// How many texts they were looked for in, and how many seconds that took, since the process began.
    pub fn cost(&self) -> (u64, f64) {
        (self.texts.load(Ordering::Relaxed), self.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9)
    }
}
