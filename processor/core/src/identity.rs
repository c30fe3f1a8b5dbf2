//! The public id of an event type, the same on every replica.

use std::fmt;

use crate::record::Class;

/// The service and scope that a record comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Context {
    pub scope: Box<str>,
    pub namespace: Box<str>,
    pub service: Box<str>,
}

/// A context as it is looked up.
#[derive(Clone, Copy, PartialEq, Hash)]
pub struct Named<'a> {
    pub scope: &'a str,
    pub namespace: &'a str,
    pub service: &'a str,
}

impl Context {
    pub fn named(&self) -> Named<'_> {
        let Self { scope, namespace, service } = self;
        Named { scope, namespace, service }
    }
}

/// The first 128 bits of BLAKE3; shown as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// Over each field as uint32 little-endian length and UTF-8, empty when unset. Golden vectors are in `proto/`.
    pub fn new(ruleset: &str, class: Class, context: &Context, skeleton: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        for field in [
            ruleset,
            class.signal.name(),
            &context.scope,
            skeleton,
            &context.namespace,
            &context.service,
            class.severity.name(),
            class.outcome.name(),
            class.probe.name(),
        ] {
            hasher.update(&(field.len() as u32).to_le_bytes());
            hasher.update(field.as_bytes());
        }
        let mut bits = [0; 16];
        bits.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(bits)
    }

    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok()).flatten().map(|bits| Self(bits.to_be_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}
