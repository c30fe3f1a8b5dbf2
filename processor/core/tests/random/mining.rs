//! Whatever text arrives is mined: to a skeleton that is text, whichever way it is read and whatever the order of its keys.

use std::ops::Range;

use sluice_core::class::{Clues, Severity};
use sluice_core::mine::bits::Bits;
use sluice_core::mine::buffer::Buffer;
use sluice_core::mine::plain::{self, Sureness};
use sluice_core::mine::sink::{Sink, Skeleton, Template};
use sluice_core::mine::{self, MINED_BYTES, Masks, sketch};
use sluice_core::settings::{Mask, Settings};

use crate::generator::Random;
use crate::requests::change_values;
use crate::{json, lines};

/// A mask that finds nothing: it makes every word be looked at.
const INERT: &str = r"[^\s\S]";

/// What a line becomes; memory is used again, as the engine does.
#[derive(Default)]
pub struct Miner {
    masks: Masks,
    bits: Bits,
    skeleton: Skeleton,
}

impl Miner {
    /// The error is the engine's message.
    pub fn new(patterns: &[&str]) -> Result<Self, String> {
        let masks = patterns.iter().map(|&pattern| Mask { name: "own".to_owned(), pattern: pattern.to_owned() });
        let settings = Settings { max_event_types: 1, min_records: 1, masks: masks.collect(), evidence_bytes: 0 };
        Ok(Self { masks: settings.compile()?, ..Self::default() })
    }

    fn mine(&mut self, text: &[u8]) -> (String, Severity, Clues) {
        let mut clues = Clues::default();
        self.skeleton.clear();
        let severity = mine::line(text, &self.masks, &mut self.bits, &mut self.skeleton, &mut clues);
        self.skeleton.finish(MINED_BYTES);
        (String::from_utf8(self.skeleton.text().to_vec()).unwrap(), severity, clues)
    }

    /// Template and skeleton come of the same walk, so they agree in what the text says of itself.
    pub fn check(&mut self, text: &[u8]) {
        let (skeleton, severity, clues) = self.mine(text);
        let (mut template, mut seen) = (Template::default(), Clues::default());
        assert_eq!(mine::line(text, &self.masks, &mut self.bits, &mut template, &mut seen), severity);
        assert_eq!(seen, clues);
        assert_eq!(self.mine(text).0, skeleton);
        self.check_pieces(text);
    }

    /// Of a plain line nothing is lost and nothing comes twice, but what stands before the message.
    fn check_pieces(&mut self, text: &[u8]) {
        if plain::read(text, &mut self.bits).is_none() {
            return;
        }
        let mut pieces = Pieces::default();
        mine::line(text, &self.masks, &mut self.bits, &mut pieces, &mut Clues::default());
        let text: Vec<u8> = text.iter().copied().filter(|&byte| byte > b' ').collect();
        assert!(text.ends_with(&pieces.0), "{:?}", String::from_utf8_lossy(&pieces.0));
    }

    /// The short way over words that need no look, and the way that looks at each of them, come to the same.
    pub fn check_ways(&mut self, slow: &mut Self, text: &[u8]) {
        assert_eq!(self.mine(text), slow.mine(text));
    }

    /// A line that need not be mined, because one with the same outline was, would have been mined to the same.
    pub fn check_outlines(&mut self, text: &[u8], random: &mut Random) {
        let mut other = text.to_vec();
        change_values(&mut other, random);
        if self.outline(text).is_some_and(|outline| Some(outline) == self.outline(&other)) {
            let shown = (String::from_utf8_lossy(text), String::from_utf8_lossy(&other));
            assert_eq!(self.mine(text), self.mine(&other), "{shown:?}");
        }
    }

    fn outline(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Buffer::default();
        let plain = plain::read(text, &mut self.bits)?;
        let wide = &text[text.len() - plain.length()..];
        // What stands before the line is read each time.
        plain
            .outline(&self.masks, &self.bits, wide, &mut out)
            .then(|| [&[plain.severity() as u8], out.bytes()].concat())
    }

    /// The same of a line that is known by its sketch, or by that and what has a say beside it.
    pub fn check_sketches(&mut self, text: &[u8], random: &mut Random) {
        let other = with_other_numbers(text, random);
        if self.sketch(text).is_some_and(|sketch| Some(sketch) == self.sketch(&other)) {
            let shown = (String::from_utf8_lossy(text), String::from_utf8_lossy(&other));
            assert_eq!(self.mine(text), self.mine(&other), "{shown:?}");
        }
    }

    fn sketch(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Buffer::default();
        if !plain::sketch(text, &self.masks, &mut out) {
            return None;
        }
        match plain::sureness(text, &mut self.bits) {
            Sureness::Sketch => {}
            Sureness::Runs(runs) if runs.tell(text) => sketch::write_runs(text, runs.which, runs.zeros, &mut out),
            Sureness::Runs(_) | Sureness::Line => return None,
        }
        Some([&[u8::from(plain::is_long(text))], out.bytes()].concat())
    }

    pub fn check_order(&mut self, one: &[u8], other: &[u8]) {
        // Of what is cut off, the order decides what is left.
        if one.len().max(other.len()) > MINED_BYTES {
            return;
        }
        let (one, other) = (self.mine(one), self.mine(other));
        assert_eq!(one, other);
    }
}

/// The same text with other digits, perhaps more of them or fewer.
fn with_other_numbers(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut other = Vec::with_capacity(text.len() * 2);
    for &byte in text {
        let count = if byte.is_ascii_digit() { [0, 1, 1, 1, 2, 4][random.below(6)] } else { 1 };
        for _ in 0..count {
            let changed = byte.is_ascii_digit() && random.chance(2);
            other.push(if changed { b'0' + random.below(10) as u8 } else { byte });
        }
    }
    other
}

/// All that is handed on of a line, without its blanks.
#[derive(Default)]
struct Pieces(Vec<u8>);

impl Sink for Pieces {
    fn constant(&mut self, text: &[u8], range: Range<usize>) {
        self.0.extend(text[range].iter().filter(|&&byte| byte > b' '));
    }

    fn variable(&mut self, text: &[u8], range: Range<usize>, _: Option<&str>) {
        self.constant(text, range);
    }

    fn part(&mut self, text: &[u8]) {
        self.constant(text, 0..text.len());
    }
}

/// One that looks at every word.
pub fn slow() -> Miner {
    Miner::new(&[INERT]).unwrap()
}

pub fn run(random: &mut Random, inputs: usize) {
    let masks: &[&str] = if random.chance(4) { &["[a-z]+ed ?", "of.|\\d\\d", "x*"] } else { &[] };
    let (mut miner, mut quick, mut slow) = (Miner::new(masks).unwrap(), Miner::default(), slow());
    for _ in 0..inputs {
        match random.below(4) {
            0 => miner.check(&json::object(random)),
            1 => {
                let (one, other) = json::twins(random);
                miner.check_order(&one, &other);
            }
            kind => {
                let line = if kind == 2 { lines::noise(random) } else { lines::line(random) };
                miner.check(&line);
                quick.check_ways(&mut slow, &line);
                quick.check_outlines(&line, random);
                quick.check_sketches(&line, random);
            }
        }
    }
}

#[test]
fn any_text_is_mined() {
    for seed in 0..8 {
        run(&mut Random(seed), 2_000);
    }
}
