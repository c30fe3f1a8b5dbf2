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

    /// Whether there is nothing in a line that they find.
    pub fn find_nothing(&self, line: &[u8]) -> bool {
        self.find(line).is_none_or(|found| found.is_empty())
    }

    /// How many texts they were looked for in, and how many seconds that took, since the process began.
    pub fn cost(&self) -> (u64, f64) {
        (self.texts.load(Ordering::Relaxed), self.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::{Clues, Outcome};
    use crate::mine::bits::Bits;
    use crate::mine::line;
    use crate::mine::sink::Template;

    fn masks(pattern: &str) -> Masks {
        let mask = Regex::new(pattern).unwrap();
        Masks::new(Some(mask.clone()), vec![("own".into(), mask)])
    }

    fn mined(text: &str, masks: &Masks) -> (String, Clues) {
        let (mut sink, mut clues) = (Template::default(), Clues::default());
        line(text.as_bytes(), masks, &mut Bits::default(), &mut sink, &mut clues);
        (String::from_utf8(sink.finish().0).unwrap(), clues)
    }

    #[test]
    fn what_masks_do_not_find_is_as_without_them() {
        let elsewhere = masks("ORD-[0-9]+");
        for text in [
            "Failed password for invalid user alice from 10.0.0.1 port 22",
            "Accepted publickey for alice from 10.0.0.1 port 7",
            "session opened for user alice by (uid=0)",
            "peers [beta, gamma] joined with user fred logged in",
            "took 15ms for 3 rows, state=open",
        ] {
            assert_eq!(mined(text, &elsewhere), mined(text, &Masks::default()), "{text}");
        }
    }

    #[test]
    fn masks_stand_beside_names_and_lists() {
        for (pattern, text, template) in [
            ("ORD-[0-9]+", "user alice logged in for ORD-7", "user <str> logged in for <own>"),
            ("ORD-[0-9]+", "ORD-7: invalid user alice from 10.0.0.1", "<own>: invalid user <str> from <ip>"),
            (
                "ORD-[0-9]+",
                "ORD-7 and ORD-8 of [beta, gamma] by user alice",
                "<own> and <own> of [<str>] by user <str>",
            ),
            ("alice", "user alice logged in", "user <own> logged in"),
            ("ali", "user alice logged in", "user <own>ce logged in"),
            ("ORD-[0-9]+", "read [ORD-7, beta, gamma]", "read [<own>, beta, gamma]"),
            ("gamma", "read [beta, gamma] and [delta, eta]", "read [beta, <own>] and [<str>]"),
            (":amd64", "set up lib:amd64 a=b:amd64", "set up lib<own> a=<str><own>"),
            (
                "amd64|null",
                "set up lib:amd64 7,null 7, null a=b:null",
                "set up lib:<own> <num>,<own> <num>, <own> a=<str>:<own>",
            ),
            ("order=[0-9]+", "order=17 true", "<own> true"),
            ("ORD-[0-9]+", "shipped a7,ORD-7 and ORD-8|ORD-9:5,3", "shipped <id>,<own> and <own>|<own>:<num>"),
        ] {
            assert_eq!(mined(text, &masks(pattern)).0, template, "{pattern} in {text}");
        }
    }

    #[test]
    fn a_masked_status_still_tells_the_outcome() {
        let any_number = masks("-?[0-9]+");
        for (text, outcome) in [
            ("request done status=503", Outcome::Error),
            ("request done status: 200", Outcome::Ok),
            ("GET /orders 404 took long", Outcome::ClientError),
            ("process exited with code 1", Outcome::Error),
            ("order: 17 status 200 true", Outcome::Ok),
        ] {
            assert_eq!(mined(text, &any_number).1.outcome(), outcome, "{text}");
        }
    }
}
