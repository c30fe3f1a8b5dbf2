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

use crate::any::{Any, KeyValue};
use crate::class::{Outcome, Probe, Severity};
use crate::mine::bits::Bits;
use crate::mine::buffer::Buffer;
use crate::mine::sink::Skeleton;
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
    pub present: bool,
    pub adjusted_count: Option<f64>,
}

/// One record as read.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    /// OTLP's unit: a log record, data points, a span.
    pub items: u64,
    pub tags: Tags,
    /// Spans only, in milliseconds.
    pub duration: f64,
}

/// What makes the event type of a record.
pub enum Shape<'a> {
    /// The class, beside the skeleton in the workspace.
    Mined(Class),
    /// The workspace has the line's outline; who does not know it lets the line be mined.
    Outlined(Line<'a>),
}

/// Memory that is used again for each record: the last one's skeleton or outline, and the masks of its text.
#[derive(Default)]
pub struct Workspace {
    pub skeleton: Skeleton,
    pub outline: Buffer,
    bits: Bits,
}

impl Workspace {
    /// Mines a line whose outline was written last.
    pub fn mine(&mut self, line: Line<'_>, masks: &Masks) -> Class {
        self.skeleton.clear();
        let class = line.mine(masks, &self.bits, &mut self.skeleton);
        self.skeleton.finish(mine::MINED_BYTES);
        class
    }
}

/// Reads an encoded record and writes its outline, if it has one, else its skeleton.
#[inline]
pub fn read<'a>(
    signal: Signal,
    record: &'a [u8],
    masks: &Masks,
    workspace: &mut Workspace,
) -> Result<(Record, Shape<'a>), Malformed> {
    let Workspace { skeleton, outline, bits } = workspace;
    let (record, class) = match signal {
        Signal::Logs => {
            let mut log = Log::default();
            log::parse(record, &mut log)?;
            let record = log.record();
            if let Some(line) = log::outline(&log, masks, bits, outline) {
                return Ok((record, Shape::Outlined(line)));
            }
            skeleton.clear();
            (record, log::mine(log, masks, bits, skeleton)?)
        }
        Signal::Metrics => {
            skeleton.clear();
            metric::read(record, skeleton)?
        }
        Signal::Spans => {
            skeleton.clear();
            span::read(record, masks, bits, skeleton)?
        }
    };
    skeleton.finish(mine::MINED_BYTES);
    Ok((record, Shape::Mined(class)))
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
