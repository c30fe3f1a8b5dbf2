//! What sampling depends on: the record alone, so that every hop and every replica keeps the same ones.
//!
//! Few records are sampled, so this is read when it is asked for, from a record that was read before.

use std::borrow::Cow;

use super::{Signal, log, metric};
use crate::any::Any;
use crate::wire::{self, Fields};

#[derive(Default)]
struct Seed<'a> {
    trace_id: &'a [u8],
    /// The explicit randomness of a span's `tracestate`.
    explicit: Option<u64>,
    time: u64,
    body: Cow<'a, [u8]>,
    span_id: &'a [u8],
    /// A metric's.
    name: &'a [u8],
}

/// OpenTelemetry's 56 bits of trace randomness; without a trace, BLAKE3 of time, body and span id, of a metric of its first
/// point's time and its name. A trace id of zeros is none, as W3C's trace context has it: encoders write it for records
/// outside of traces.
pub fn randomness(signal: Signal, record: &[u8]) -> u64 {
    let seed = match signal {
        Signal::Logs => of_log(record),
        Signal::Metrics => of_metric(record),
        Signal::Spans => of_span(record),
    };
    if let Some(value) = seed.explicit {
        return value;
    }
    if let [_, _, _, _, _, _, _, _, _, rest @ ..] = seed.trace_id
        && rest.len() == 7
        && seed.trace_id.iter().any(|&byte| byte != 0)
    {
        return big_endian(rest);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.time.to_le_bytes());
    hasher.update(match Any::read(&seed.body) {
        // The text itself, so that a hop that encodes the value anew samples alike.
        Ok(Any::Text(text)) => text,
        _ => &seed.body,
    });
    hasher.update(seed.span_id);
    hasher.update(seed.name);
    big_endian(&hasher.finalize().as_bytes()[..7])
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn of_log(record: &[u8]) -> Seed<'_> {
    let mut seed = Seed::default();
    let mut fields = Fields::new(record);
    // In the order in which `log::parse` expects them.
    seed.time = fields.fixed_of::<8>(log::TIME).map_or(0, |time| u64::from_le_bytes(*time));
    if fields.small_of(log::SEVERITY_NUMBER).is_none() && fields.fixed_of::<8>(log::OBSERVED_TIME).is_some() {
        fields.small_of(log::SEVERITY_NUMBER);
    }
    fields.bytes_of(log::SEVERITY_TEXT);
    seed.body = Cow::Borrowed(fields.bytes_of(log::BODY).unwrap_or_default());
    while fields.bytes_of(log::ATTRIBUTES).is_some() {}
    fields.fixed_of::<4>(log::FLAGS);
    seed.trace_id = fields.bytes_of(log::TRACE_ID).unwrap_or_default();
    seed.span_id = fields.bytes_of(log::SPAN_ID).unwrap_or_default();
    while let Ok(Some(field)) = fields.read() {
        match (field.number(), field.wire()) {
            (1, wire::FIXED64) => seed.time = field.scalar,
            (5, wire::BYTES) if seed.body.is_empty() => seed.body = Cow::Borrowed(field.payload),
            (5, wire::BYTES) => seed.body.to_mut().extend_from_slice(field.payload),
            (9, wire::BYTES) => seed.trace_id = field.payload,
            (10, wire::BYTES) => seed.span_id = field.payload,
            _ => {}
        }
    }
    seed
}

fn of_metric(record: &[u8]) -> Seed<'_> {
    let (name, time) = metric::first_point(record);
    Seed { time, name, ..Seed::default() }
}

fn of_span(record: &[u8]) -> Seed<'_> {
    let mut seed = Seed::default();
    let mut fields = Fields::new(record);
    while let Ok(Some(field)) = fields.read() {
        match (field.number(), field.wire()) {
            (1, wire::BYTES) => seed.trace_id = field.payload,
            (2, wire::BYTES) => seed.span_id = field.payload,
            (3, wire::BYTES) => seed.explicit = explicit(field.payload),
            _ => {}
        }
    }
    seed
}

/// The `rv` of OpenTelemetry's entry in `tracestate`: 14 hexadecimal digits.
fn explicit(state: &[u8]) -> Option<u64> {
    let state = std::str::from_utf8(state).ok()?;
    let entry = state.split(',').find_map(|entry| entry.trim().strip_prefix("ot="))?;
    let value = entry.split(';').find_map(|part| part.strip_prefix("rv:"))?;
    (value.len() == 14).then(|| u64::from_str_radix(value, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::put_bytes;

    #[test]
    fn metrics_differ_by_name_and_by_the_time_of_their_first_point() {
        let metric = |name: &str, kind: u32, times: &[u64]| {
            let (mut data, mut record) = (Vec::new(), Vec::new());
            for time in times {
                let point = [&[2 << 3 | 1][..], &7u64.to_le_bytes(), &[3 << 3 | 1], &time.to_le_bytes()].concat();
                put_bytes(&mut data, 1, &point);
            }
            put_bytes(&mut record, 1, name.as_bytes());
            put_bytes(&mut record, kind, &data);
            randomness(Signal::Metrics, &record)
        };
        for kind in [5, 7, 9, 10, 11] {
            let one = metric("shop.orders", kind, &[17, 18]);
            assert_eq!(metric("shop.orders", kind, &[17, 19]), one);
            assert_ne!(metric("shop.orders", kind, &[16, 18]), one);
            assert_ne!(metric("shop.carts", kind, &[17, 18]), one);
        }
        let share = (0..1_000u64).filter(|time| metric("shop.orders", 5, &[*time]) >> 55 == 1).count();
        assert!((400..600).contains(&share), "{share}");
    }

    #[test]
    fn a_trace_id_of_zeros_is_as_none() {
        let record = |signal: Signal, number: u64, trace_id: Option<[u8; 16]>| {
            let mut out = Vec::new();
            let (trace, span) = if signal == Signal::Spans { (1, 2) } else { (9, 10) };
            if let Some(id) = trace_id {
                put_bytes(&mut out, trace, &id);
            }
            put_bytes(&mut out, span, &number.to_be_bytes());
            out
        };
        for signal in [Signal::Logs, Signal::Spans] {
            let of = |number, trace_id| randomness(signal, &record(signal, number, trace_id));
            for number in 0..100 {
                assert_eq!(of(number, Some([0; 16])), of(number, None));
            }
            assert_ne!(of(1, None), of(2, None));
            let mut id = [0; 16];
            id[15] = 7;
            assert_eq!(of(1, Some(id)), 7);
        }
    }
}
