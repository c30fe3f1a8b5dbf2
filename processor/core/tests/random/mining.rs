//! Whatever text arrives is mined: to a skeleton that is text, and to the same one whatever the order of its keys.

use regex::bytes::Regex;
use sluice_core::class::{Clues, Severity};
use sluice_core::mine::bits::Bits;
use sluice_core::mine::sink::{Skeleton, Template};
use sluice_core::mine::{self, MINED_BYTES, Masks};

use crate::generator::Random;
use crate::{json, lines};

/// What a line becomes; memory is used again, as the engine does.
#[derive(Default)]
struct Miner {
    masks: Masks,
    bits: Bits,
    skeleton: Skeleton,
}

impl Miner {
    fn mine(&mut self, text: &[u8]) -> (String, Severity, Clues) {
        let mut clues = Clues::default();
        self.skeleton.clear();
        let severity = mine::line(text, &self.masks, &mut self.bits, &mut self.skeleton, &mut clues);
        self.skeleton.finish(MINED_BYTES);
        (String::from_utf8(self.skeleton.text().to_vec()).unwrap(), severity, clues)
    }

    /// Template and skeleton come of the same walk, so they agree in what the text says of itself.
    fn check(&mut self, text: &[u8]) {
        let (skeleton, severity, clues) = self.mine(text);
        let (mut template, mut seen) = (Template::default(), Clues::default());
        assert_eq!(mine::line(text, &self.masks, &mut self.bits, &mut template, &mut seen), severity);
        assert_eq!(seen, clues);
        assert_eq!(self.mine(text).0, skeleton);
    }

    fn check_order(&mut self, one: &[u8], other: &[u8]) {
        // Of what is cut off, the order decides what is left.
        if one.len().max(other.len()) > MINED_BYTES {
            return;
        }
        let (one, other) = (self.mine(one), self.mine(other));
        assert_eq!(one, other);
    }
}

fn masks() -> Masks {
    let each = ["[a-z]+ed ?", "of.|\\d\\d", "x*"];
    Masks::new(
        Regex::new(&each.map(|mask| format!("(?:{mask})")).join("|")).ok(),
        each.iter().map(|mask| ((*mask).into(), Regex::new(mask).unwrap())).collect(),
    )
}

pub fn run(random: &mut Random, inputs: usize) {
    let mut miner = Miner { masks: if random.chance(4) { masks() } else { Masks::default() }, ..Miner::default() };
    for _ in 0..inputs {
        match random.below(4) {
            0 => miner.check(&json::object(random)),
            1 => {
                let (one, other) = json::twins(random);
                miner.check_order(&one, &other);
            }
            2 => miner.check(&lines::noise(random)),
            _ => miner.check(&lines::line(random)),
        }
    }
}

#[test]
fn any_text_is_mined() {
    for seed in 0..8 {
        run(&mut Random(seed), 2_000);
    }
}
