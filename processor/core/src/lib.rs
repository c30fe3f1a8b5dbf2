//! The narrow core of Sluice: OTLP bytes in, OTLP bytes out.

pub mod json;
