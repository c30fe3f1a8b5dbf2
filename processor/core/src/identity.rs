//! The public id of an event type, the same on every replica.

use std::borrow::Cow;
use std::fmt;

use crate::record::Class;

/// A longer name of a service or a scope is cut: each of their types keeps it and tells it.
const LONGEST_NAME: usize = 1024;

/// A service's or a scope's name as it is kept: a long one is told from others by a hash of the whole at its end.
pub fn name(text: &[u8]) -> Cow<'_, str> {
    let name = String::from_utf8_lossy(text);
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let hash = &hash[..32];
    let most = LONGEST_NAME - hash.len() - 1;
    let end = (0..=most).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    Cow::Owned(format!("{}#{hash}", &name[..end]))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_and_told_from_those_that_begin_alike() {
        for kept in ["", "shop", &"s".repeat(LONGEST_NAME)] {
            assert_eq!(name(kept.as_bytes()), *kept);
        }
        let long = ["a", "b"].map(|end| "\u{e4}".repeat(1 << 20) + end);
        let [one, other] = [0, 1].map(|at| name(long[at].as_bytes()).into_owned());
        assert_ne!(one, other);
        for cut in [one, other] {
            assert!(cut.len() <= LONGEST_NAME && cut.starts_with("\u{e4}\u{e4}"));
            assert_eq!(name(cut.as_bytes()), *cut);
        }
    }
}
