//! `Span`: kind and a name of low cardinality, from the semantic conventions before the raw name.

use super::attributes::Attributes;
use super::operation::{Operation, may_name};
use super::{Class, Shape, Signal, Tags, span_name};
use crate::any::KeyValue;
use crate::class::{Given, Outcome, Probe, Severity};
use crate::mine::Masks;
use crate::mine::bits::Bits;
use crate::mine::buffer::Buffer;
use crate::mine::sink::Sink;
use crate::wire::{self, Fields, Malformed};

const KINDS: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/// A span's fields as far as they matter here.
#[derive(Default)]
pub struct Span<'a> {
    pub name: &'a [u8],
    kind: usize,
    operation: Operation<'a>,
    attributes: Attributes<'a>,
    times: (u64, u64),
}

/// What the outline of a span begins with; no line's does.
const OUTLINE: u8 = 31;
/// Longer names are mined each time.
const LONGEST_OUTLINE: usize = 128;

/// Reads an encoded record into a span that holds nothing yet.
pub fn parse<'a>(record: &'a [u8], span: &mut Span<'a>) -> Result<(), Malformed> {
    let mut fields = Fields::new(record);
    while let Some(field) = fields.read()? {
        let payload = field.payload;
        match (field.number(), field.wire()) {
            (5, wire::BYTES) => span.name = payload,
            (6, wire::VARINT) => {
                span.kind = usize::try_from(field.scalar).ok().filter(|&kind| kind < KINDS.len()).unwrap_or(0);
            }
            (7, wire::FIXED64) => span.times.0 = field.scalar,
            (8, wire::FIXED64) => span.times.1 = field.scalar,
            (9, wire::BYTES) => {
                if may_name(payload) {
                    span.operation.take(&KeyValue::read(payload)?);
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
                        span.attributes.clues.span = match part.scalar {
                            1 => Outcome::Ok,
                            2 => Outcome::Error,
                            _ => Outcome::Unset,
                        };
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

impl Span<'_> {
    pub fn tags(&self) -> Tags {
        self.attributes.tags
    }

    /// In milliseconds.
    pub fn duration(&self) -> f64 {
        self.times.1.saturating_sub(self.times.0) as f64 / 1e6
    }

    fn class(&self) -> Class {
        let clues = &self.attributes.clues;
        let (outcome, probe) = (clues.outcome(), Probe(clues.probe));
        Class { signal: Signal::Spans, severity: Severity::Unset, outcome, probe }
    }
}

/// Writes the shape: the kind, then what the attributes say of the operation, or the masked name.
pub fn shape<S: Sink>(span: &mut Span<'_>, masks: &Masks, bits: &mut Bits, sink: &mut S) {
    if !write_operation(span, sink) {
        span_name::write(span.name, masks, bits, sink, &mut span.attributes.clues);
    }
}

/// Writes the kind and what the attributes say; answers whether they say it.
fn write_operation<S: Sink>(span: &Span<'_>, sink: &mut S) -> bool {
    sink.part(KINDS.get(span.kind).unwrap_or(&KINDS[0]).as_bytes());
    sink.part(b" ");
    span.operation.write(sink)
}

/// Writes a span's shape and answers its class, unless its own name has to be mined that may have been met: then its
/// outline is appended, and answered is what has a say in its class beside it.
pub fn outline_or_mine<S: Sink>(
    mut span: Span<'_>,
    masks: &Masks,
    bits: &mut Bits,
    sink: &mut S,
    out: &mut Buffer,
) -> Shape {
    if !write_operation(&span, sink) {
        if is_met_again(span.name) && masks.any.is_none() {
            // Nothing else begins with that mark, so what follows may be as it is.
            out.push_first(&[OUTLINE, span.kind as u8 + 1], 2);
            out.append(span.name);
            return Shape::Outlined(Given::new(Severity::Unset, span.attributes.clues));
        }
        span_name::write(span.name, masks, bits, sink, &mut span.attributes.clues);
    }
    Shape::Mined(span.class())
}

/// Whether a name is likely one of few: short, and without a digit.
fn is_met_again(name: &[u8]) -> bool {
    name.len() <= LONGEST_OUTLINE && name.iter().filter(|byte| byte.is_ascii_digit()).count() == 0
}

/// Writes a span's shape.
#[inline(never)]
pub fn mine<S: Sink>(mut span: Span<'_>, masks: &Masks, bits: &mut Bits, sink: &mut S) -> Class {
    shape(&mut span, masks, bits, sink);
    span.class()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mine::MINED_BYTES;
    use crate::mine::sink::Skeleton;
    use crate::settings::{Mask, Settings};
    use crate::wire::put_bytes;

    fn skeleton_with(name: &str, attributes: &[(&str, &str)]) -> String {
        skeleton_masked(name, attributes, &Masks::default())
    }

    fn skeleton_masked(name: &str, attributes: &[(&str, &str)], masks: &Masks) -> String {
        let mut record = Vec::new();
        put_bytes(&mut record, 5, name.as_bytes());
        for (key, value) in attributes {
            let mut text = Vec::new();
            put_bytes(&mut text, 1, value.as_bytes());
            crate::any::put_pair(&mut record, 9, key, &text);
        }
        let mut sink = Skeleton::default();
        let mut span = Span::default();
        parse(&record, &mut span).unwrap();
        mine(span, masks, &mut Bits::default(), &mut sink);
        String::from_utf8(sink.text().to_vec()).unwrap().strip_prefix("unspecified ").unwrap().to_owned()
    }

    fn skeleton(name: &str) -> String {
        skeleton_with(name, &[])
    }

    #[test]
    fn a_name_that_carries_ids_is_cut_to_what_it_is_about() {
        for (name, shape) in [
            ("SELECT * FROM orders WHERE id = 17", "SELECT orders"),
            (
                "select a, b from \"Orders\" o join shop.customers c on c.id = o.c where o.n in (1, 2)",
                "SELECT Orders shop.customers",
            ),
            ("INSERT INTO `orders_20240501` (id, name) VALUES (1, 'x')", "INSERT <*>"),
            ("UPDATE orders SET n = 3 WHERE id = 'a b'", "UPDATE orders"),
            ("DELETE FROM orders", "DELETE orders"),
            ("SELECT count(*) FROM (SELECT 1 FROM orders) x", "SELECT orders"),
            ("SELECT shop.orders", "SELECT shop.orders"),
            ("GET /orders/17", "GET /orders/<*>"),
            ("GET /orders/17/items/deadbeef01?page=2", "GET /orders/<*>/items/<*>"),
            ("HTTP GET /api/v2/users/{id}", "HTTP GET /api/v2/users/{id}"),
            ("GET /products/{sku}", "GET /products/{sku}"),
            ("GET /products/:sku/<int:n>/[slug]/*", "GET /products/:sku/<int:n>/[slug]/*"),
            ("/static/app.min.js", "/static/<*>"),
            ("GET https://api.example.com/orders/17", "GET <*>/orders/<*>"),
            ("GET /.well-known/openid-configuration", "GET /.well-known/openid-configuration"),
            ("GET /blog/how-we-made-it", "GET /blog/<*>"),
            ("GET /a/b/c/d/e/f/g/h", "GET /a/b/c/d/e/f/<*>"),
            ("GET /", "GET /"),
            ("redis GET user:17", "redis GET user:<*>"),
            ("kafka.produce orders-17", "kafka.produce <*>"),
            ("DELETE /orders/17", "DELETE /orders/<*>"),
        ] {
            assert_eq!(skeleton(name), shape, "{name}");
        }
    }

    #[test]
    fn a_name_in_which_no_mask_finds_anything_is_as_without_masks() {
        let masks = Settings {
            max_event_types: 1,
            min_records: 1,
            masks: vec![Mask { name: "order".to_owned(), pattern: "ORD-[0-9]+|x*".to_owned() }],
            evidence_bytes: 0,
        };
        let masks = masks.compile().unwrap();
        for name in [
            "GET /orders/17",
            "SELECT * FROM orders WHERE id = 17",
            "shop.v1.Orders/Place",
            "HTTP GET /api/v2/users/{id}",
            "settle order 17",
        ] {
            assert_eq!(skeleton_masked(name, &[], &masks), skeleton(name), "{name}");
        }
        assert_eq!(skeleton_masked("settle ORD-17 of shop", &[], &masks), "settle <*> of shop");
    }

    #[test]
    fn of_a_name_as_much_is_mined_as_of_a_text() {
        let name = "settle ".repeat(5_000);
        assert_eq!(skeleton(&name), name[..MINED_BYTES]);
    }

    #[test]
    fn what_attributes_say_comes_before_the_name() {
        for (name, attributes, shape) in [
            ("GET", &[("http.request.method", "GET"), ("http.route", "/orders/{id}")][..], "GET /orders/{id}"),
            ("GET", &[("http.request.method", "GET"), ("url.template", "/orders/{id}")], "GET /orders/{id}"),
            ("x", &[("http.request.method", "_OTHER"), ("http.route", "/x")], "x"),
            ("call 17", &[("rpc.service", "shop.Orders"), ("rpc.method", "Place")], "shop.Orders/Place"),
            ("call 17", &[("rpc.method", "shop.Orders/Place")], "shop.Orders/Place"),
            ("q 17", &[("db.query.summary", "SELECT orders"), ("db.operation.name", "SELECT")], "SELECT orders"),
            ("q 17", &[("db.operation", "SELECT"), ("db.sql.table", "orders")], "SELECT orders"),
            ("q 17", &[("db.operation.name", "find"), ("db.namespace", "shop")], "find shop"),
            (
                "orders-17 publish",
                &[("messaging.operation", "publish"), ("messaging.destination.name", "orders-17")],
                "publish <*>",
            ),
            (
                "x",
                &[
                    ("messaging.operation.type", "send"),
                    ("messaging.operation.name", "produce"),
                    ("messaging.destination.template", "/users/{id}"),
                    ("messaging.destination.name", "/users/17"),
                ],
                "produce /users/{id}",
            ),
            (
                "POST /graphql",
                &[
                    ("graphql.operation.type", "query"),
                    ("graphql.operation.name", "findOrder"),
                    ("http.request.method", "POST"),
                    ("http.route", "/graphql"),
                ],
                "query findOrder",
            ),
            ("lambda 17", &[("faas.invoked_name", "settle")], "invoke settle"),
            ("chat gpt-4o", &[("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-4o")], "chat gpt-4o"),
        ] {
            assert_eq!(skeleton_with(name, attributes), shape, "{name}");
        }
    }

    #[test]
    fn an_export_of_telemetry_is_of_one_type_with_no_other_request() {
        for name in ["POST /v1/traces", "POST /v1/metrics", "/v1/logs"] {
            assert_eq!(skeleton(name), name);
        }
    }

    #[test]
    fn a_grpc_method_stays_and_what_carries_ids_does_not() {
        for name in [
            "shop.v1.Orders/Place",
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            "grpc.health.v1beta1.Health/Check",
        ] {
            assert_eq!(skeleton(name), name);
        }
        for name in
            ["host17.example/Orders", "a.b12345.Orders/Place", "shop.v1.orders/17", "shop.v1.Orders/17", "a1./B"]
        {
            assert!(skeleton(name).contains("<*>"), "{name}");
        }
    }
}
