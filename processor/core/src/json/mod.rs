//! OTLP/JSON to protobuf: one pass over the text, led by tables of the messages.
//!
//! OTLP/JSON is protobuf's JSON mapping with rules of its own: ids are hex, enums are integers,
//! unknown fields are ignored. For the rest protobuf's parsers are the model: null is unset, a field
//! or a oneof that is given twice is an error, integers come with or without quotes.

mod decode;
mod encode;
mod failure;
mod scalar;
mod schema;
mod surrogates;
mod tables;
mod text;

/// An OTLP/JSON export request (`signal`: 0 logs, 1 metrics, 2 spans) as protobuf.
///
/// The error tells where (path, line, column) and what was expected there. It never quotes a value:
/// what is in a request belongs into no message.
pub fn transcode(signal: u8, json: &[u8]) -> Result<Vec<u8>, String> {
    let root = match signal {
        0 => &tables::EXPORT_LOGS_SERVICE_REQUEST,
        1 => &tables::EXPORT_METRICS_SERVICE_REQUEST,
        2 => &tables::EXPORT_TRACE_SERVICE_REQUEST,
        _ => {
            return Err(format!("signal {signal}: expected 0 (logs), 1 (metrics) or 2 (spans)"));
        }
    };
    let json = str::from_utf8(json)
        .map_err(|error| format!("the request: expected utf-8, got something else at byte {}", error.valid_up_to()))?;
    decode::decode(root, json)
        .or_else(|failure| {
            let mended = if failure.is_syntax() { surrogates::mend(json) } else { None };
            mended.map_or(Err(failure), |json| decode::decode(root, &json))
        })
        .map_err(|failure| failure.to_string())
}
