//! What was collected of a type for its judge: a few samples, in memory only, gone once judged.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::any::{Any, KeyValue, each_pair};
use crate::cardinality::Distinct;
use crate::general::Shape;
use crate::general::shown::Shown;
use crate::look::Look;
use crate::marks::has_marks;
use crate::mine::bits::Bits;
use crate::mine::sink::{Skeleton, Template};
use crate::mine::{MINED_BYTES, Masks};
use crate::peers::peer;
use crate::record::{Record, Signal, log, metric, span};
use crate::wire::{Fields, Malformed};

pub const SAMPLES: usize = 3;
/// A sample is cut at so many bytes.
pub const SAMPLE_BYTES: usize = 512;
const SLOT_VALUES: usize = 3;
const SLOT_BYTES: usize = 128;
const KEYS: usize = 64;
const KEY_BYTES: usize = 128;
/// Attributes of one record that are looked at, of all of a metric's points together.
const ATTRIBUTES: usize = 256;
/// How many records are considered for samples that differ: those of some types never do.
const CONSIDERED: u8 = 64;

/// What was collected of a type so far.
#[derive(Default)]
pub struct Samples {
    pub texts: Vec<Box<str>>,
    pub slots: Vec<SlotOut>,
    /// Those of the records that were taken in, sorted.
    pub attributes: Vec<Attribute>,
    pub peers: Vec<&'static str>,
    bytes: usize,
    considered: u8,
    /// How many times it was handed out: at `min_records`, and when three differing samples are there.
    handed: u8,
    look: Option<Box<Look>>,
    /// Whether the type is gone: what a commit that is under way still takes would be held for good.
    closed: bool,
}

/// An attribute, how many different values it had among the records considered, and how many it had at all.
pub struct Attribute {
    pub key: Box<str>,
    pub values: Distinct,
    pub seen: u32,
}

#[derive(Serialize, Clone)]
pub struct SlotOut {
    kind: String,
    values: Vec<String>,
}

impl Samples {
    /// Notes that a record is considered, unless no further one is of use.
    pub fn consider(&mut self) -> bool {
        let considers = !self.closed && !self.is_full();
        self.considered += u8::from(considers);
        considers
    }

    /// Begins a look at the next records, unless one is under way.
    pub fn begin_look(&mut self) {
        self.look.get_or_insert_default();
    }

    pub fn is_looking(&self) -> bool {
        self.look.is_some()
    }

    /// Lets a look take a record in; answers the look when it has come to its end.
    pub fn look_at(&mut self, seen: &Seen<'_>) -> Option<Box<Look>> {
        self.look.take_if(|look| look.take(seen))
    }

    /// Takes one committed record in, when it differs from those held and memory allows.
    pub fn take(&mut self, mut seen: Seen<'_>, held: &AtomicUsize, bound: usize) {
        if self.texts.iter().any(|text| **text == *seen.sample) {
            return self.count(&seen);
        }
        let cost = seen.sample.len() + seen.slots.iter().map(|(_, value)| value.len() + 48).sum::<usize>();
        if held.load(Ordering::Relaxed) + cost > bound {
            return;
        }
        held.fetch_add(cost, Ordering::Relaxed);
        self.bytes += cost;
        self.texts.push(std::mem::take(&mut seen.sample).into());
        for (index, (kind, value)) in std::mem::take(&mut seen.slots).into_iter().enumerate() {
            if index == self.slots.len() {
                self.slots.push(SlotOut { kind, values: Vec::new() });
            }
            let slot = &mut self.slots[index];
            if slot.values.len() < SLOT_VALUES && !slot.values.contains(&value) {
                slot.values.push(value);
            }
        }
        for (key, _) in &seen.attributes {
            if let Err(place) = self.place(key)
                && self.attributes.len() < KEYS
            {
                self.attributes.insert(place, Attribute { key: key.clone(), values: Distinct::default(), seen: 0 });
            }
        }
        self.count(&seen);
        for peer in seen.peers {
            if !self.peers.contains(&peer) {
                self.peers.push(peer);
            }
        }
        self.peers.sort_unstable();
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.attributes.binary_search_by(|known| (*known.key).cmp(key))
    }

    /// Counts the values of the attributes that are known.
    fn count(&mut self, seen: &Seen<'_>) {
        for (key, value) in &seen.attributes {
            if let Ok(place) = self.place(key) {
                let known = &mut self.attributes[place];
                known.values.add(value);
                known.seen += 1;
            }
        }
    }

    /// Whether it is time to hand out what is here, which is so twice at most; notes that it is done.
    pub fn is_due(&mut self, held: &AtomicUsize) -> bool {
        if self.closed {
            return false;
        }
        let (full, differs) = (self.is_full(), self.texts.len() == SAMPLES);
        if self.handed == 1 && !differs {
            if full {
                self.handed = 2;
                self.release(held);
            }
            return false;
        }
        let due = self.handed < 2;
        if due {
            self.handed = if full { 2 } else { 1 };
        }
        due
    }

    /// Whether it was handed out for the last time.
    pub fn is_told(&self) -> bool {
        self.handed == 2
    }

    /// Whether somebody was told of it.
    pub fn is_handed(&self) -> bool {
        self.handed > 0
    }

    /// Whether further records would add nothing, or too many were considered in vain.
    fn is_full(&self) -> bool {
        self.texts.len() == SAMPLES || self.considered >= CONSIDERED
    }

    /// Forgets everything that came from records.
    pub fn release(&mut self, held: &AtomicUsize) {
        held.fetch_sub(self.bytes, Ordering::Relaxed);
        let (handed, look, closed) = (self.handed, self.look.take(), self.closed);
        *self = Self { handed, look, closed, ..Self::default() };
    }

    /// Forgets it for good: the type goes, or becomes a part of another.
    pub fn close(&mut self, held: &AtomicUsize) {
        self.release(held);
        self.closed = true;
    }

    /// Begins anew: the type is to be judged again.
    pub fn reopen(&mut self, held: &AtomicUsize) {
        self.release(held);
        self.handed = 0;
    }
}

/// One record as the judge may see it.
pub struct Seen<'a> {
    pub template: String,
    sample: String,
    pub slots: Vec<(String, String)>,
    /// Keys with their encoded values, of a metric those of all its points; the same key may come more than once.
    pub attributes: Vec<(Box<str>, Cow<'a, [u8]>)>,
    pub peers: Vec<&'static str>,
}

impl<'a> Seen<'a> {
    /// `of_type`: the skeleton of its type, in which words may be variables, though their form does not say so.
    pub fn of(signal: Signal, record: &'a [u8], masks: &Masks, of_type: &str) -> Result<Self, Malformed> {
        let mut sink = Shown::new(Template::default(), 0);
        let mut bits = Bits::default();
        let sample = match signal {
            Signal::Logs => {
                let mut log = log::Log::default();
                log::parse(record, &mut log)?;
                if has_marks(of_type) {
                    let mut skeleton = Skeleton::default();
                    log::shape(&mut log, masks, &mut bits, &mut skeleton)?;
                    skeleton.finish(MINED_BYTES);
                    let skeleton = String::from_utf8_lossy(skeleton.text());
                    sink = Shown::new(Template::default(), Shape::of(&skeleton).variables_under(&Shape::of(of_type)));
                }
                log::shape(&mut log, masks, &mut bits, &mut sink)?;
                let mut sample = String::new();
                render(&log.body, &mut sample)?;
                sample
            }
            Signal::Metrics => {
                metric::read(record, &mut sink, &mut Record::default())?;
                let mut description = "";
                let mut fields = Fields::new(record);
                while let Some(field) = fields.read()? {
                    if field.is_message(2) {
                        description = std::str::from_utf8(field.payload).unwrap_or_default();
                    }
                }
                description.to_owned()
            }
            Signal::Spans => {
                let mut span = span::Span::default();
                span::parse(record, &mut span)?;
                span::shape(&mut span, masks, &mut bits, &mut sink);
                String::from_utf8_lossy(span.name).into_owned()
            }
        };
        let (mut attributes, mut peers) = (Vec::new(), Vec::new());
        let mut take = |pair: KeyValue<'a>| {
            peers.extend(peer(&pair).filter(|name| !peers.contains(name)));
            if attributes.len() < ATTRIBUTES && !pair.key.starts_with(b"sluice.") {
                attributes.push((cut(String::from_utf8_lossy(pair.key).into_owned(), KEY_BYTES).into(), pair.value));
            }
            Ok(())
        };
        each_pair(record, signal.tags_field(), &mut take)?;
        if signal == Signal::Metrics {
            metric::each_attribute(record, &mut take)?;
        }
        let (template, slots) = sink.inner.finish();
        Ok(Self {
            template: cut(String::from_utf8_lossy(&template).trim_end().to_owned(), MINED_BYTES),
            sample: cut(sample, SAMPLE_BYTES),
            slots: slots
                .into_iter()
                .take(KEYS)
                .map(|(kind, value)| (kind, cut(String::from_utf8_lossy(&value).into_owned(), SLOT_BYTES)))
                .collect(),
            attributes,
            peers,
        })
    }
}

fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

/// A value as text: a string as it is, a structure in JSON's manner, cut when it grows beyond a sample.
fn render(encoded: &[u8], out: &mut String) -> Result<(), Malformed> {
    fn inner(encoded: &[u8], out: &mut String, depth: usize) -> Result<(), Malformed> {
        if out.len() > SAMPLE_BYTES || depth > 16 {
            return Ok(());
        }
        match Any::read(encoded)? {
            Any::Text(text) => out.push_str(&serde_json::to_string(&String::from_utf8_lossy(text)).unwrap_or_default()),
            Any::Map(map) => {
                out.push('{');
                let mut first = true;
                each_pair(&map, 1, |pair| {
                    if out.len() > SAMPLE_BYTES {
                        return Ok(());
                    }
                    if !std::mem::take(&mut first) {
                        out.push_str(", ");
                    }
                    out.push_str(&serde_json::to_string(&String::from_utf8_lossy(pair.key)).unwrap_or_default());
                    out.push_str(": ");
                    inner(&pair.value, out, depth + 1)
                })?;
                out.push('}');
            }
            Any::Array(items) => {
                out.push('[');
                let mut fields = Fields::new(&items);
                while let Some(field) = fields.read()? {
                    if field.is_message(1) {
                        inner(field.payload, out, depth + 1)?;
                        out.push(' ');
                    }
                }
                out.push(']');
            }
            Any::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Any::Int(value) => out.push_str(&value.to_string()),
            Any::Double(value) => out.push_str(&value.to_string()),
            Any::Bytes(bytes) => {
                let _ = write!(out, "<{} bytes>", bytes.len());
            }
            Any::Empty => out.push_str("null"),
        }
        Ok(())
    }
    match Any::read(encoded)? {
        Any::Text(text) => {
            let text = &text[..text.len().min(SAMPLE_BYTES + 4)];
            out.push_str(&String::from_utf8_lossy(text));
            Ok(())
        }
        Any::Empty => Ok(()),
        _ => inner(encoded, out, 0),
    }
}
