//! `Metric`: the name without ids and hosts, unit, kind, temporality and monotonicity; its items are data points.

use super::attributes::Attributes;
use super::{Class, Record, Shape, Signal, name};
use crate::any::{KeyValue, each_pair};
use crate::class::{Outcome, Probe, Severity};
use crate::mine::sink::Sink;
use crate::wire::{self, Field, Fields, Malformed};

const KINDS: [(u32, &str); 5] =
    [(5, "gauge"), (7, "sum"), (9, "histogram"), (10, "exponential_histogram"), (11, "summary")];

/// The members of `data` with the field of their points' attributes.
const POINT_ATTRIBUTES: [(u32, u32); 5] = [(5, 7), (7, 7), (9, 9), (10, 1), (11, 7)];

/// The oneof `data`: which member, and what of it was said so far.
#[derive(Default)]
struct Data {
    member: u32,
    points: u64,
    temporality: u64,
    monotonic: bool,
}

impl Data {
    fn take(&mut self, field: &Field<'_>) -> Result<(), Malformed> {
        if self.member != field.number() {
            *self = Self { member: field.number(), ..Self::default() };
        }
        let mut inner = Fields::new(field.payload);
        while let Some(part) = inner.read()? {
            match (part.number(), part.wire()) {
                (1, wire::BYTES) => self.points += 1,
                (2, wire::VARINT) => self.temporality = part.scalar,
                (3, wire::VARINT) => self.monotonic = part.scalar != 0,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The name, and when its first point was made in Unix nanoseconds; 0 when it has none.
pub(super) fn first_point(record: &[u8]) -> (&[u8], u64) {
    let (mut name, mut time) = (&[][..], None);
    let mut fields = Fields::new(record);
    while let Ok(Some(field)) = fields.read() {
        if field.is_message(1) {
            name = field.payload;
        } else if time.is_none() && KINDS.iter().any(|(member, _)| field.is_message(*member)) {
            time = time_of_first(field.payload);
        }
    }
    (name, time.unwrap_or_default())
}

/// The time of the first point of a member of `data`. It is field 3 of every kind of point.
fn time_of_first(data: &[u8]) -> Option<u64> {
    let mut points = Fields::new(data);
    while let Some(point) = points.read().ok()? {
        if point.is_message(1) {
            let mut fields = Fields::new(point.payload);
            while let Some(field) = fields.read().ok()? {
                if field.tag == wire::tag(3, wire::FIXED64) {
                    return Some(field.scalar);
                }
            }
            return None;
        }
    }
    None
}

/// Calls `each` for every attribute of every data point.
pub fn each_attribute<'a>(
    record: &'a [u8],
    mut each: impl FnMut(KeyValue<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut fields = Fields::new(record);
    while let Some(data) = fields.read()? {
        let Some((_, number)) = POINT_ATTRIBUTES.iter().find(|(member, _)| data.is_message(*member)) else { continue };
        let mut points = Fields::new(data.payload);
        while let Some(point) = points.read()? {
            if point.is_message(1) {
                each_pair(point.payload, *number, &mut each)?;
            }
        }
    }
    Ok(())
}

pub fn read<S: Sink>(record: &[u8], sink: &mut S, out: &mut Record) -> Result<(), Malformed> {
    let (mut metric, mut unit): (&[u8], &[u8]) = (b"", b"");
    let mut data = Data::default();
    let mut metadata = Attributes::default();
    let mut fields = Fields::new(record);
    while let Some(field) = fields.read()? {
        match (field.number(), field.wire()) {
            (1, wire::BYTES) => metric = field.payload,
            (3, wire::BYTES) => unit = field.payload,
            (5 | 7 | 9 | 10 | 11, wire::BYTES) => data.take(&field)?,
            (12, wire::BYTES) => metadata.take(field.payload)?,
            _ => {}
        }
    }
    name::write(metric, sink);
    sink.part(b" {");
    sink.part(unit);
    if let Some((_, kind)) = KINDS.iter().find(|(member, _)| *member == data.member) {
        sink.part(b"|");
        sink.part(kind.as_bytes());
    }
    match data.temporality {
        1 => sink.part(b"|delta"),
        2 => sink.part(b"|cumulative"),
        _ => {}
    }
    if data.monotonic {
        sink.part(b"|monotonic");
    }
    sink.part(b"}");
    let class =
        Class { signal: Signal::Metrics, severity: Severity::Unset, outcome: Outcome::Unset, probe: Probe(false) };
    *out = Record { items: data.points, tags: metadata.tags, duration: 0.0, shape: Shape::Mined(class) };
    Ok(())
}
