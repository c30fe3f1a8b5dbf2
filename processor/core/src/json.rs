//! OTLP/JSON to protobuf.
