//! One record of each signal: what of it makes its event type, and what sampling and tags need.

pub mod attributes;
pub mod log;
pub mod metric;
mod name;
mod operation;
pub mod seed;
pub mod span;
mod span_name;

use std::borrow::Cow;

use log::{Line, Log};
use span::Span;

use crate::any::{Any, KeyValue};
use crate::class::{Given, Outcome, Probe, Severity};
use crate::mine::bits::Bits;
use crate::mine::buffer::Buffer;
use crate::mine::sink::Skeleton;
use crate::mine::structured::strings::Strings;
use crate::mine::{self, Masks};
use crate::wire::{Fields, Malformed};

/// The three signals, numbered as at the boundary to Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Signal {
    Logs,
    Metrics,
    Spans,
}

impl Signal {
    pub fn new(number: u8) -> Option<Self> {
        [Self::Logs, Self::Metrics, Self::Spans].get(number as usize).copied()
    }

    pub fn name(self) -> &'static str {
        ["logs", "metrics", "spans"][self as usize]
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Logs, Self::Metrics, Self::Spans].into_iter().find(|signal| signal.name() == name)
    }

    /// The field of the record that holds its attributes, or a metric's metadata: where tags go.
    pub fn tags_field(self) -> u32 {
        match self {
            Self::Logs => 6,
            Self::Metrics => 12,
            Self::Spans => 9,
        }
    }
}

/// What an event type has beside its skeleton and its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Class {
    pub signal: Signal,
    pub severity: Severity,
    pub outcome: Outcome,
    pub probe: Probe,
}

/// The tags that an earlier hop left.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tags {
    /// How many say what it decided.
    pub stale: u64,
    /// For how many records this one stands; 0 when that is not said.
    pub adjusted_count: f64,
}

/// One record as read. It is written where it stays, field by field: moved as a whole, with small fields within, it would
/// cost as much as a look-up.
#[derive(Debug, Default)]
pub struct Record {
    /// OTLP's unit: a log record, data points, a span.
    pub items: u64,
    pub tags: Tags,
    /// Spans only, in milliseconds.
    pub duration: f64,
    pub shape: Shape,
}

/// What makes the event type of a record.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// The class, beside the skeleton in the workspace.
    Mined(Class),
    /// What is given beside the text whose outline the workspace has; who does not know it lets the line be mined.
    Outlined(Given),
    /// The same of the sketch of this line; who does not know it looks closer.
    Sketched(Line, Given),
}

impl Default for Shape {
    fn default() -> Self {
        Self::Outlined(Given::default())
    }
}

/// Memory that is used again.
#[derive(Default)]
pub struct Workspace {
    /// Outlines and skeletons of the records that were read last, one behind another.
    pub texts: Buffer,
    /// The skeleton of the line that was mined last.
    pub skeleton: Skeleton,
    bits: Bits,
    strings: Strings,
}

impl Workspace {
    /// How many bytes of memory the texts have that were read.
    pub fn held(&self) -> usize {
        self.texts.held() + self.skeleton.held()
    }

    /// Mines a record of which only the outline was written: a log's or a span's.
    pub fn mine(&mut self, signal: Signal, record: &[u8], masks: &Masks) -> Result<Class, Malformed> {
        self.skeleton.clear();
        let class = if signal == Signal::Spans {
            let mut span = Span::default();
            span::parse(record, &mut span)?;
            span::mine(span, masks, &mut self.bits, &mut self.skeleton)
        } else {
            let mut log = Log::default();
            log::parse(record, &mut log)?;
            log::mine(log, masks, &mut self.bits, &mut self.skeleton)?
        };
        self.skeleton.finish(mine::MINED_BYTES);
        Ok(class)
    }

    fn outline_or_mine(&mut self, log: Log<'_>, masks: &Masks) -> Result<Shape, Malformed> {
        if let Some(given) = log::outline(&log, masks, &mut self.bits, &mut self.strings, &mut self.texts) {
            return Ok(Shape::Outlined(given));
        }
        self.skeleton.clear();
        let class = log::mine(log, masks, &mut self.bits, &mut self.skeleton)?;
        self.skeleton.finish(mine::MINED_BYTES);
        self.texts.append(self.skeleton.text());
        Ok(Shape::Mined(class))
    }
}

/// Reads a log record whose sketch does not tell what it is, and appends its outline, if it has one, else its skeleton.
pub fn read_closely(
    record: &[u8],
    line: Line,
    given: Given,
    masks: &Masks,
    workspace: &mut Workspace,
) -> Result<Shape, Malformed> {
    let Workspace { texts, bits, .. } = workspace;
    if let Some(given) = log::outline_of_line(line, record, given, masks, bits, texts) {
        return Ok(Shape::Outlined(given));
    }
    let mut log = Log::default();
    log::parse(record, &mut log)?;
    workspace.outline_or_mine(log, masks)
}

/// Reads an encoded record and appends its sketch, if it has one, or its outline, else its skeleton, to the workspace's
/// texts.
#[inline]
pub fn read(
    signal: Signal,
    record: &[u8],
    masks: &Masks,
    workspace: &mut Workspace,
    out: &mut Record,
) -> Result<(), Malformed> {
    match signal {
        Signal::Logs => {
            let mut log = Log::default();
            log::parse(record, &mut log)?;
            (out.items, out.tags, out.duration) = (1, log.attributes.tags, 0.0);
            if let Some((line, given)) = log::sketch(&log, record, masks, &mut workspace.texts) {
                out.shape = Shape::Sketched(line, given);
                return Ok(());
            }
            out.shape = workspace.outline_or_mine(log, masks)?;
            return Ok(());
        }
        Signal::Metrics => {
            workspace.skeleton.clear();
            metric::read(record, &mut workspace.skeleton, out)?;
        }
        Signal::Spans => {
            let Workspace { texts, skeleton, bits, .. } = workspace;
            skeleton.clear();
            let mut span = Span::default();
            span::parse(record, &mut span)?;
            (out.items, out.tags, out.duration) = (1, span.tags(), span.duration());
            out.shape = span::outline_or_mine(span, masks, bits, skeleton, texts);
            if matches!(out.shape, Shape::Outlined(_)) {
                return Ok(());
            }
        }
    }
    workspace.skeleton.finish(mine::MINED_BYTES);
    workspace.texts.append(workspace.skeleton.text());
    Ok(())
}

/// The text of an attribute's value, borrowed where the value came in one piece.
fn text_of<'a>(pair: &KeyValue<'a>) -> Option<Cow<'a, [u8]>> {
    match &pair.value {
        Cow::Borrowed(value) => Any::read(value).ok()?.text().map(Cow::Borrowed),
        Cow::Owned(value) => Any::read(value).ok()?.text().map(|text| Cow::Owned(text.to_vec())),
    }
}

/// A scope's name, which may come in several pieces of which the last that names it wins. With `leading`, only those
/// before the first record are read.
pub fn scope_name(encoded: &[u8], leading: bool) -> Result<&[u8], Malformed> {
    let mut name: &[u8] = b"";
    let mut fields = Fields::new(encoded);
    while let Some(field) = fields.read()? {
        if field.is_message(1) {
            let mut inner = Fields::new(field.payload);
            while let Some(part) = inner.read()? {
                if part.is_message(1) {
                    name = part.payload;
                }
            }
        } else if leading && field.is_message(2) {
            break;
        }
    }
    Ok(name)
}
