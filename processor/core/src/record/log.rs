//! `LogRecord`: event name or template attribute before the body's text.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

use super::attributes::Attributes;
use super::{Class, Signal};
use crate::any::short_text;
use crate::class::{Given, Probe, Severity};
use crate::lexicon::names_fault;
use crate::mine::bits::Bits;
use crate::mine::buffer::Buffer;
use crate::mine::plain;
use crate::mine::sink::Sink;
use crate::mine::structured::outline;
use crate::mine::structured::strings::Strings;
use crate::mine::{self, Masks};
use crate::wire::{self, Fields, Malformed};

/// A log record's fields as far as they matter here.
#[derive(Default)]
pub struct Log<'a> {
    pub severity: Severity,
    pub body: Cow<'a, [u8]>,
    pub attributes: Attributes<'a>,
    pub event_name: &'a [u8],
    /// The record from the body on, if that was where it usually is.
    from_body: &'a [u8],
}

pub(super) const TIME: u32 = wire::tag(1, wire::FIXED64);
pub(super) const SEVERITY_NUMBER: u32 = wire::tag(2, wire::VARINT);
pub(super) const SEVERITY_TEXT: u32 = wire::tag(3, wire::BYTES);
pub(super) const BODY: u32 = wire::tag(5, wire::BYTES);
pub(super) const ATTRIBUTES: u32 = wire::tag(6, wire::BYTES);
pub(super) const FLAGS: u32 = wire::tag(8, wire::FIXED32);
pub(super) const TRACE_ID: u32 = wire::tag(9, wire::BYTES);
pub(super) const SPAN_ID: u32 = wire::tag(10, wire::BYTES);
pub(super) const OBSERVED_TIME: u32 = wire::tag(11, wire::FIXED64);
const EVENT_NAME: u32 = wire::tag(12, wire::BYTES);

/// Reads an encoded record into a log that holds nothing yet.
#[inline]
pub fn parse<'a>(record: &'a [u8], log: &mut Log<'a>) -> Result<(), Malformed> {
    let mut number = Severity::Unset;
    let mut text = Severity::Unset;
    let mut fields = Fields::new(record);
    // As nearly every encoder writes them: in the order of their numbers, or the time of observation before the severity,
    // as the Collector does.
    fields.fixed_of::<8>(TIME);
    let class = fields.small_of(SEVERITY_NUMBER).or_else(|| {
        fields.fixed_of::<8>(OBSERVED_TIME)?;
        fields.small_of(SEVERITY_NUMBER)
    });
    if let Some(class) = class {
        number = Severity::from_number(u64::from(class));
    }
    if let Some(word) = fields.bytes_of(SEVERITY_TEXT) {
        text = Severity::from_value(word);
    }
    if let Some(body) = fields.bytes_of(BODY) {
        log.body = Cow::Borrowed(body);
        log.from_body = &record[fields.position() - body.len()..];
    }
    while let Some(pair) = fields.bytes_of(ATTRIBUTES) {
        log.attributes.take_of_log(pair)?;
    }
    if fields.bytes_of(TRACE_ID).is_none() && fields.fixed_of::<4>(FLAGS).is_some() {
        fields.bytes_of(TRACE_ID);
    }
    fields.bytes_of(SPAN_ID);
    fields.fixed_of::<8>(OBSERVED_TIME);
    while let Some(field) = fields.read()? {
        match field.tag {
            SEVERITY_NUMBER => number = Severity::from_number(field.scalar),
            SEVERITY_TEXT => text = Severity::from_value(field.payload),
            BODY if log.body.is_empty() => log.body = Cow::Borrowed(field.payload),
            BODY => log.body.to_mut().extend_from_slice(field.payload),
            ATTRIBUTES => log.attributes.take_of_log(field.payload)?,
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
    let name = if !log.event_name.is_empty() {
        log.event_name
    } else if let Some(template) = &log.attributes.template {
        template
    } else {
        return mine::body(&log.body, masks, bits, sink, clues);
    };
    sink.part(name);
    // The logger's own name is the shape; the body still says of level, outcome and purpose.
    let mut faults = Faults { name, told: false };
    let severity = mine::body(&log.body, masks, bits, &mut faults, clues)?;
    clues.error |= faults.told;
    Ok(severity)
}

/// Takes nothing of a body but whether it tells of a fault in a word that its name does not say.
struct Faults<'n> {
    name: &'n [u8],
    told: bool,
}

impl Sink for Faults<'_> {
    fn constant(&mut self, text: &[u8], range: Range<usize>) {
        if !self.told {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            let mut words = text[range].split(|byte| !is_part(byte)).filter(|word| names_fault(word));
            self.told = words.any(|word| !holds(self.name, word));
        }
    }

    fn variable(&mut self, _: &[u8], _: Range<usize>, _: Option<&str>) {}

    /// Of a structured body what its keys have: `state=failed`.
    fn part(&mut self, text: &[u8]) {
        if let Some(equals) = memchr(b'=', text) {
            self.constant(text, equals + 1..text.len());
        }
    }
}

fn holds(name: &[u8], word: &[u8]) -> bool {
    name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// Where a log record has a text.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    start: u32,
    end: u32,
}

impl Line {
    pub fn of<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        &record[self.start as usize..self.end as usize]
    }
}

/// Appends the sketch of the body when that is a text which has one and makes the event type. Answers where that is, and
/// what has a say in its class beside it.
#[inline]
pub fn sketch(log: &Log<'_>, record: &[u8], masks: &Masks, out: &mut Buffer) -> Option<(Line, Given)> {
    let text = own_text(log)?;
    let behind = log.from_body.len().checked_sub(log.body.len())?;
    if !plain::sketch(text, masks, out) {
        return None;
    }
    let end = (record.len() - behind) as u32;
    let line = Line { start: end - text.len() as u32, end };
    Some((line, if plain::is_long(text) { given(log).of_long_line() } else { given(log) }))
}

/// Appends the outline of a line that has a sketch; answers what has a say in its class beside it.
pub fn outline_of_line(
    line: Line,
    record: &[u8],
    given: Given,
    masks: &Masks,
    bits: &mut Bits,
    out: &mut Buffer,
) -> Option<Given> {
    let text = line.of(record);
    let plain = plain::read(text, bits)?;
    let given = given.of_line().at_least(plain.severity());
    plain.outline(masks, bits, &record[line.end as usize - plain.length()..], out).then_some(given)
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
    let text = own_text(log)?;
    if text.first() == Some(&b'{') {
        return outline::write(text, masks, strings, bits, out).then(|| given(log));
    }
    let plain = plain::read(text, bits)?;
    let given = given(log).at_least(plain.severity());
    let wide = if log.from_body.is_empty() { &log.body } else { log.from_body };
    plain.outline(masks, bits, &wide[log.body.len() - plain.length()..], out).then_some(given)
}

/// The body when it is a text that makes the event type.
#[inline]
fn own_text<'a>(log: &Log<'a>) -> Option<&'a [u8]> {
    let Cow::Borrowed(body) = log.body else { return None };
    if !log.event_name.is_empty() || log.attributes.template.is_some() {
        return None;
    }
    short_text(body)
}

/// What has a say in a record's class beside its body.
#[inline]
fn given(log: &Log<'_>) -> Given {
    Given::new(log.severity.max(log.attributes.level), log.attributes.clues)
}

/// Writes a log's shape.
#[inline(never)]
pub fn mine<S: Sink>(mut log: Log<'_>, masks: &Masks, bits: &mut Bits, sink: &mut S) -> Result<Class, Malformed> {
    let named = shape(&mut log, masks, bits, sink)?;
    let clues = log.attributes.clues;
    let severity = log.severity.max(named).max(log.attributes.level);
    Ok(Class { signal: Signal::Logs, severity, outcome: clues.outcome(), probe: Probe(clues.probe) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Outcome;
    use crate::wire::put_bytes;

    fn fixed(number: u32) -> Vec<u8> {
        [&[(number << 3 | 1) as u8][..], &7u64.to_le_bytes()].concat()
    }

    fn bytes(number: u32, payload: &[u8]) -> Vec<u8> {
        let mut field = Vec::new();
        put_bytes(&mut field, number, payload);
        field
    }

    /// What is read of those fields: severity, body, event name and whether an attribute was seen that says of an error.
    fn read(fields: &[Vec<u8>]) -> (Severity, Vec<u8>, Vec<u8>, bool) {
        let record = fields.concat();
        let mut log = Log::default();
        parse(&record, &mut log).unwrap();
        (log.severity, log.body.to_vec(), log.event_name.to_vec(), log.attributes.clues.error)
    }

    /// Scenario: a record's fields in the usual order, in others, and with pieces or lengths that nobody writes.
    /// Guarantees: what is read is the same.
    #[test]
    fn a_record_is_read_the_same_in_any_order_of_its_fields() {
        for length in [3, 127, 128, 300, 17_000] {
            let body = bytes(1, &vec![b'x'; length]);
            let error = bytes(6, &[bytes(1, b"error.type"), bytes(2, &bytes(1, b"oops"))].concat());
            let thread = bytes(6, &[bytes(1, b"thread"), bytes(2, &bytes(1, b"main"))].concat());
            let mut fields =
                vec![fixed(1), vec![2 << 3, 9], bytes(3, b"WARN"), bytes(5, &body), thread, error, bytes(9, &[1; 16])];
            fields.extend([bytes(10, &[2; 8]), fixed(11), bytes(12, b"named")]);
            let told = read(&fields);
            assert_eq!(told, (Severity::Warn, body.clone(), b"named".to_vec(), true));
            for _ in 0..fields.len() {
                fields.rotate_left(1);
                assert_eq!(read(&fields), told);
                let reversed: Vec<_> = fields.iter().rev().cloned().collect();
                assert_eq!(read(&reversed), told);
            }
            // A number in two bytes, and a body in two pieces.
            fields[1] = vec![2 << 3, 0x89, 0];
            fields[3] = [bytes(5, &body[..1]), bytes(5, &body[1..])].concat();
            assert_eq!(read(&fields), told);
        }
    }

    /// Scenario: the orders in which SDKs and the Collector write. Guarantees: the body is found without a search, so that it
    /// may have a sketch.
    #[test]
    fn the_body_is_where_encoders_write_it() {
        let flags = [&[8 << 3 | 5][..], &[0; 4]].concat();
        let (number, text, body) = (vec![2 << 3, 9], bytes(3, b"INFO"), bytes(5, &bytes(1, b"stored it")));
        let trace = [bytes(9, &[1; 16]), bytes(10, &[2; 8])].concat();
        for record in [
            [fixed(1), number.clone(), text.clone(), body.clone(), trace.clone(), fixed(11)].concat(),
            [fixed(1), fixed(11), number, text, body.clone(), flags, trace].concat(),
            [fixed(11), body].concat(),
        ] {
            let mut log = Log::default();
            parse(&record, &mut log).unwrap();
            assert!(log.from_body.starts_with(&bytes(1, b"stored it")));
        }
    }

    #[test]
    fn a_fault_in_a_body_whose_name_is_the_shape_is_the_outcome() {
        let outcome = |name: &[u8], body: &[u8]| {
            let record = [bytes(5, &bytes(1, body)), bytes(12, name)].concat();
            let mut log = Log::default();
            parse(&record, &mut log).unwrap();
            let mut sink = crate::mine::sink::Skeleton::default();
            mine(log, &Masks::default(), &mut Bits::default(), &mut sink).unwrap().outcome
        };
        assert_eq!(outcome(b"job.state", b"Job 1 went to SUCCEEDED"), Outcome::Unset);
        assert_eq!(outcome(b"job.state", b"Job 1 went to FAILED"), Outcome::Error);
        assert_eq!(outcome(b"job.state", br#"{"retries":0,"error":null,"state":"done"}"#), Outcome::Ok);
        assert_eq!(outcome(b"job.state", br#"{"retries":0,"state":"aborted"}"#), Outcome::Error);
        assert_eq!(outcome(b"job.failed", b"Job 1 failed"), Outcome::Unset);
        assert_eq!(outcome(b"Node {N} is {S}", b"Node a is unreachable"), Outcome::Error);
        assert_eq!(outcome(b"{n} rows, {m} failed", b"7 rows, 0 failed"), Outcome::Unset);
    }

    #[test]
    fn a_record_that_is_cut_off_is_malformed() {
        let record = [fixed(1), bytes(3, b"WARN"), bytes(5, &bytes(1, &[b'x'; 200]))].concat();
        let whole = [9, 15];
        for length in (1..record.len()).filter(|length| !whole.contains(length)) {
            let mut log = Log::default();
            assert!(parse(&record[..length], &mut log).is_err(), "{length}");
        }
    }
}
