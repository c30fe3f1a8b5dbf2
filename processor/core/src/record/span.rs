//! `Span`: kind and a name of low cardinality, from the semantic conventions before the raw name.

use std::borrow::Cow;

use super::attributes::Attributes;
use super::{Class, Record, Shape, Signal, text_of};
use crate::any::{KeyValue, short_pair};
use crate::class::{Outcome, Probe, Severity};
use crate::mine::Masks;
use crate::mine::bits::Bits;
use crate::mine::head::Head;
use crate::mine::sink::Sink;
use crate::mine::text;
use crate::wire::{self, Fields, Malformed};

const KINDS: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/// The attributes that name what a span does better than its own name.
#[derive(Default)]
struct Names<'a> {
    http_method: Option<Cow<'a, [u8]>>,
    http_route: Option<Cow<'a, [u8]>>,
    rpc_service: Option<Cow<'a, [u8]>>,
    rpc_method: Option<Cow<'a, [u8]>>,
    db_operation: Option<Cow<'a, [u8]>>,
    db_collection: Option<Cow<'a, [u8]>>,
}

impl<'a> Names<'a> {
    fn take(&mut self, pair: &KeyValue<'a>) {
        match pair.key {
            b"http.request.method" | b"http.method" => self.http_method = text_of(pair),
            b"http.route" => self.http_route = text_of(pair),
            b"rpc.service" => self.rpc_service = text_of(pair),
            b"rpc.method" => self.rpc_method = text_of(pair),
            b"db.operation.name" | b"db.operation" => self.db_operation = text_of(pair),
            b"db.collection.name" | b"db.sql.table" => self.db_collection = text_of(pair),
            _ => {}
        }
    }
}

#[derive(Default)]
pub struct Span<'a> {
    pub name: &'a [u8],
    kind: usize,
    names: Names<'a>,
    attributes: Attributes<'a>,
    status: u64,
    times: (u64, u64),
}

/// Reads an encoded record into a span that holds nothing yet.
pub fn parse<'a>(record: &'a [u8], span: &mut Span<'a>) -> Result<(), Malformed> {
    let mut fields = Fields::new(record);
    while let Some(field) = fields.read()? {
        let payload = field.payload;
        match (field.number(), field.wire()) {
            (5, wire::BYTES) => span.name = payload,
            (6, wire::VARINT) => span.kind = field.scalar as usize,
            (7, wire::FIXED64) => span.times.0 = field.scalar,
            (8, wire::FIXED64) => span.times.1 = field.scalar,
            (9, wire::BYTES) => {
                if may_name(payload) {
                    span.names.take(&KeyValue::read(payload)?);
                }
                span.attributes.take(payload)?;
            }
            (11, wire::BYTES) => {
                let mut inner = Fields::new(payload);
                while let Some(part) = inner.read()? {
                    span.attributes.clues.error |= part.is_message(2) && part.payload == b"exception";
                }
            }
            (15, wire::BYTES) => {
                let mut inner = Fields::new(payload);
                while let Some(part) = inner.read()? {
                    if (part.number(), part.wire()) == (3, wire::VARINT) {
                        span.status = part.scalar;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether an attribute may be one that names a span: `http.…`, `rpc.…`, `db.…`, unless its key is encoded unusually.
#[inline]
fn may_name(encoded: &[u8]) -> bool {
    match short_pair(encoded) {
        Some((key, _)) => matches!(key.first(), Some(b'h' | b'r' | b'd')),
        None => true,
    }
}

/// Whether a name is of an export over OTLP/HTTP. Masked like any path, it would be of one type with every other `POST`.
fn is_export(name: &[u8]) -> bool {
    matches!(name.strip_prefix(b"POST ").unwrap_or(name), b"/v1/traces" | b"/v1/metrics" | b"/v1/logs")
}

/// Whether a name is a gRPC method's in full, as `shop.v1.Orders/Place`: it carries no ids, though versions have digits.
fn is_rpc(name: &[u8]) -> bool {
    let is_word = |word: &[u8]| {
        word.len() <= 64
            && word.first().is_some_and(u8::is_ascii_alphabetic)
            && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            && word.iter().filter(|byte| byte.is_ascii_digit()).count() <= 2
    };
    let is_named = |word: &[u8]| is_word(word) && word[0].is_ascii_uppercase();
    let name = name.strip_prefix(b"/").unwrap_or(name);
    let Some(slash) = name.iter().position(|&byte| byte == b'/') else { return false };
    let (package, method) = (&name[..slash], &name[slash + 1..]);
    let Some(dot) = package.iter().rposition(|&byte| byte == b'.') else { return false };
    is_named(method) && is_named(&package[dot + 1..]) && package[..dot].split(|&byte| byte == b'.').all(is_word)
}

/// Writes the shape: the kind, then method and route, service and method, operation and collection, or the masked name.
pub fn shape<S: Sink>(span: &mut Span<'_>, masks: &Masks, bits: &mut Bits, sink: &mut S) {
    sink.part(KINDS.get(span.kind).unwrap_or(&KINDS[0]).as_bytes());
    sink.part(b" ");
    let Names { http_method, http_route, rpc_service, rpc_method, db_operation, db_collection } = &span.names;
    if let (Some(method), Some(route)) = (http_method, http_route) {
        sink.part(method);
        sink.part(b" ");
        sink.part(route);
    } else if let (Some(service), Some(method)) = (rpc_service, rpc_method) {
        sink.part(service);
        sink.part(b"/");
        sink.part(method);
    } else if let (Some(operation), Some(collection)) = (db_operation, db_collection) {
        sink.part(operation);
        sink.part(b" ");
        sink.part(collection);
    } else if is_export(span.name) || is_rpc(span.name) {
        sink.part(span.name);
    } else {
        text::mine(span.name, &Head::default(), masks, bits, sink, &mut span.attributes.clues);
    }
}

pub fn read<S: Sink>(
    record: &[u8],
    masks: &Masks,
    bits: &mut Bits,
    sink: &mut S,
    out: &mut Record,
) -> Result<(), Malformed> {
    let mut span = Span::default();
    parse(record, &mut span)?;
    shape(&mut span, masks, bits, sink);
    let clues = &mut span.attributes.clues;
    clues.span = match span.status {
        1 => Outcome::Ok,
        2 => Outcome::Error,
        _ => Outcome::Unset,
    };
    let class =
        Class { signal: Signal::Spans, severity: Severity::Unset, outcome: clues.outcome(), probe: Probe(clues.probe) };
    let duration = span.times.1.saturating_sub(span.times.0) as f64 / 1e6;
    *out = Record { items: 1, tags: span.attributes.tags, duration, shape: Shape::Mined(class) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mine::sink::Skeleton;
    use crate::wire::put_bytes;

    fn skeleton(name: &str) -> String {
        let mut record = Vec::new();
        put_bytes(&mut record, 5, name.as_bytes());
        let mut sink = Skeleton::default();
        read(&record, &Masks::default(), &mut Bits::default(), &mut sink, &mut Record::default()).unwrap();
        String::from_utf8(sink.text().to_vec()).unwrap()
    }

    #[test]
    fn an_export_of_telemetry_is_of_one_type_with_no_other_request() {
        for name in ["POST /v1/traces", "POST /v1/metrics", "/v1/logs"] {
            assert_eq!(skeleton(name), format!("unspecified {name}"));
        }
        for name in ["POST /v1/orders", "POST /v1/traces/17", "POST /shop/v1/traces"] {
            assert_eq!(skeleton(name), "unspecified POST <*>");
        }
    }

    #[test]
    fn a_grpc_method_stays_and_what_carries_ids_does_not() {
        for name in [
            "shop.v1.Orders/Place",
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            "grpc.health.v1beta1.Health/Check",
        ] {
            assert_eq!(skeleton(name), format!("unspecified {name}"));
        }
        for name in
            ["host17.example/Orders", "a.b12345.Orders/Place", "shop.v1.orders/17", "shop.v1.Orders/17", "a1./B"]
        {
            assert!(skeleton(name).contains("<*>"), "{name}");
        }
    }
}
