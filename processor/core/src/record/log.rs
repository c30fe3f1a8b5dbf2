//! `LogRecord`: event name or template attribute before the body's text.

use std::borrow::Cow;
use std::ops::Range;

use super::attributes::Attributes;
use super::{Class, Signal};
use crate::any::short_text;
use crate::class::{Given, Probe, Severity};
use crate::mine::bits::Bits;
use crate::mine::buffer::Buffer;
use crate::mine::plain;
use crate::mine::sink::Sink;
use crate::mine::structured::outline::{self, Strings};
use crate::mine::{self, Masks};
use crate::wire::{self, Fields, Malformed};

/// A log record's fields as far as they matter here.
#[derive(Default)]
pub struct Log<'a> {
    pub severity: Severity,
    pub body: Cow<'a, [u8]>,
    pub attributes: Attributes<'a>,
    pub event_name: &'a [u8],
}

const SEVERITY_NUMBER: u32 = wire::tag(2, wire::VARINT);
const SEVERITY_TEXT: u32 = wire::tag(3, wire::BYTES);
const BODY: u32 = wire::tag(5, wire::BYTES);
const ATTRIBUTES: u32 = wire::tag(6, wire::BYTES);
const EVENT_NAME: u32 = wire::tag(12, wire::BYTES);

/// Reads an encoded record into a log that holds nothing yet.
#[inline]
pub fn parse<'a>(record: &'a [u8], log: &mut Log<'a>) -> Result<(), Malformed> {
    let mut number = Severity::Unset;
    let mut text = Severity::Unset;
    let mut fields = Fields::new(record);
    while let Some(field) = fields.read()? {
        match field.tag {
            SEVERITY_NUMBER => number = Severity::from_number(field.scalar),
            SEVERITY_TEXT => text = Severity::from_value(field.payload),
            BODY if log.body.is_empty() => log.body = Cow::Borrowed(field.payload),
            BODY => log.body.to_mut().extend_from_slice(field.payload),
            ATTRIBUTES => log.attributes.take(field.payload)?,
            EVENT_NAME => log.event_name = field.payload,
            _ => {}
        }
    }
    log.severity = number.max(text);
    Ok(())
}

/// Writes a log's shape and answers the severity that the body itself names; the clues go to its attributes' clues.
pub fn shape<S: Sink>(log: &mut Log<'_>, masks: &Masks, bits: &mut Bits, sink: &mut S) -> Result<Severity, Malformed> {
    let clues = &mut log.attributes.clues;
    if !log.event_name.is_empty() {
        sink.part(log.event_name);
    } else if let Some(template) = &log.attributes.template {
        sink.part(template);
    } else {
        return mine::body(&log.body, masks, bits, sink, clues);
    }
    // The logger's own name is the shape; the body still says of level, outcome and purpose.
    mine::body(&log.body, masks, bits, &mut Nowhere, clues)
}

struct Nowhere;

impl Sink for Nowhere {
    fn constant(&mut self, _: &[u8], _: Range<usize>) {}
    fn variable(&mut self, _: &[u8], _: Range<usize>, _: Option<&str>) {}
    fn part(&mut self, _: &[u8]) {}
}

/// Appends the outline of the body when that is a text which has one and makes the event type. Answers what has a say in
/// its class beside the outline.
#[inline]
pub fn outline(
    log: &Log<'_>,
    masks: &Masks,
    bits: &mut Bits,
    strings: &mut Strings,
    out: &mut Buffer,
) -> Option<Given> {
    let Cow::Borrowed(body) = log.body else { return None };
    if !log.event_name.is_empty() || log.attributes.template.is_some() {
        return None;
    }
    let text = short_text(body)?;
    let beside = log.severity.max(log.attributes.level);
    if text.first() == Some(&b'{') {
        let given = Given::new(beside, log.attributes.clues);
        return outline::write(text, masks, strings, bits, out).then_some(given);
    }
    let plain = plain::read(text, bits)?;
    let given = Given::new(beside.max(plain.severity()), log.attributes.clues);
    plain.outline(masks, bits, out).then_some(given)
}

/// Writes a log's shape.
#[inline(never)]
pub fn mine<S: Sink>(mut log: Log<'_>, masks: &Masks, bits: &mut Bits, sink: &mut S) -> Result<Class, Malformed> {
    let named = shape(&mut log, masks, bits, sink)?;
    let clues = log.attributes.clues;
    let severity = log.severity.max(named).max(log.attributes.level);
    Ok(Class { signal: Signal::Logs, severity, outcome: clues.outcome(), probe: Probe(clues.probe) })
}
