//! Lines of text as shapes and templates, for those who mine a file: each line as it is seen after the last one.

use std::collections::HashSet;

use crate::class::Clues;
use crate::general::Shape;
use crate::general::sets::Sets;
use crate::general::shown::Shown;
use crate::identity::Context;
use crate::mine::bits::Bits;
use crate::mine::marked::Marked;
use crate::mine::sink::Skeleton;
use crate::mine::{self, Masks};

/// So many types are told apart; further lines still have the shape that their words say.
const TYPES: usize = 1 << 20;

/// The skeleton and the template of each line, in which every variable is `<*>`.
pub fn of(masks: &Masks, text: &[u8]) -> Vec<(String, String)> {
    let lines: Vec<&[u8]> = text.strip_suffix(b"\n").unwrap_or(text).split(|&byte| byte == b'\n').collect();
    let mut bits = Bits::default();
    let skeletons: Vec<String> = lines
        .iter()
        .map(|line| {
            let mut skeleton = Skeleton::default();
            mine::line(line, masks, &mut bits, &mut skeleton, &mut Clues::default());
            skeleton.finish(mine::MINED_BYTES);
            String::from_utf8_lossy(skeleton.text()).into_owned()
        })
        .collect();
    let (context, mut sets) = (Context::default(), Sets::new(TYPES));
    let different: HashSet<&str> = skeletons.iter().map(String::as_str).collect();
    loop {
        for skeleton in &different {
            sets.learn(&context, &Shape::of(skeleton));
        }
        if sets.take_grown().is_empty() {
            break;
        }
    }
    let mut shaped = |line: &[u8], skeleton: &str| {
        let shape = Shape::of(skeleton);
        let places = sets.covering(&context, &shape);
        let general = shape.with(places);
        let mut template = Shown::new(Marked::default(), shape.variables_under(&Shape::of(&general)));
        mine::line(line, masks, &mut bits, &mut template, &mut Clues::default());
        let template = template.inner.finish();
        (general, String::from_utf8_lossy(&template).trim_end().to_owned())
    };
    lines.into_iter().zip(&skeletons).map(|(line, skeleton)| shaped(line, skeleton)).collect()
}
