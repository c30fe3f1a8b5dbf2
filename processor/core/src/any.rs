//! `AnyValue` and `KeyValue` as OTLP encodes them, read in place.
//!
//! Protobuf merges repeated occurrences of a message, and concatenated encodings are its merge; so a value that comes
//! in pieces is read as the concatenation of its pieces.

use std::borrow::Cow;

use crate::wire::{self, Fields, Malformed};

/// A value as far as mining looks into it: containers stay encoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Any<'a> {
    Empty,
    Text(&'a [u8]),
    Bool(bool),
    Int(i64),
    Double(f64),
    Array(Cow<'a, [u8]>),
    Map(Cow<'a, [u8]>),
    Bytes(&'a [u8]),
}

impl<'a> Any<'a> {
    /// Reads an encoded `AnyValue`. Of a oneof the last member wins; pieces of the same container are merged.
    pub fn read(buf: &'a [u8]) -> Result<Self, Malformed> {
        let mut value = Any::Empty;
        let mut fields = Fields::new(buf);
        while let Some(field) = fields.read()? {
            let payload = field.payload;
            value = match (field.number(), field.wire()) {
                (1, wire::BYTES) => Any::Text(payload),
                (2, wire::VARINT) => Any::Bool(field.scalar != 0),
                (3, wire::VARINT) => Any::Int(field.scalar.cast_signed()),
                (4, wire::FIXED64) => Any::Double(f64::from_bits(field.scalar)),
                (5, wire::BYTES) => match value {
                    Any::Array(earlier) => Any::Array(joined(earlier, payload)),
                    _ => Any::Array(Cow::Borrowed(payload)),
                },
                (6, wire::BYTES) => match value {
                    Any::Map(earlier) => Any::Map(joined(earlier, payload)),
                    _ => Any::Map(Cow::Borrowed(payload)),
                },
                (7, wire::BYTES) => Any::Bytes(payload),
                _ => value,
            };
        }
        Ok(value)
    }

    pub fn text(&self) -> Option<&'a [u8]> {
        match self {
            Any::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number, also one written as text or as a float, as instrumentations do for status codes.
    pub fn whole(&self) -> Option<i64> {
        match self {
            Any::Int(value) => Some(*value),
            Any::Double(value) if value.fract() == 0.0 && value.abs() < 1e9 => Some(*value as i64),
            Any::Text(text) if text.len() <= 10 => std::str::from_utf8(text).ok()?.parse().ok(),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Any::Double(value) => Some(*value),
            Any::Int(value) => Some(*value as f64),
            _ => None,
        }
    }

    /// Whether an `error`-like attribute with this value says that something went wrong.
    pub fn says_error(&self) -> bool {
        match self {
            Any::Empty => false,
            Any::Text(text) => {
                !matches!(&text.to_ascii_lowercase()[..], b"" | b"false" | b"null" | b"nil" | b"<nil>" | b"none" | b"0")
            }
            Any::Bool(value) => *value,
            Any::Int(value) => *value != 0,
            Any::Double(value) => *value != 0.0,
            Any::Array(items) | Any::Map(items) => has_entries(items),
            Any::Bytes(bytes) => !bytes.is_empty(),
        }
    }
}

/// Whether an array or map holds anything; unknown fields are no entries.
pub fn has_entries(encoded: &[u8]) -> bool {
    let mut fields = Fields::new(encoded);
    while let Ok(Some(field)) = fields.read() {
        if field.is_message(1) {
            return true;
        }
    }
    false
}

fn joined<'a>(earlier: Cow<'a, [u8]>, later: &[u8]) -> Cow<'a, [u8]> {
    let mut whole = earlier.into_owned();
    whole.extend_from_slice(later);
    Cow::Owned(whole)
}

/// A key with its encoded value.
pub struct KeyValue<'a> {
    pub key: &'a [u8],
    pub value: Cow<'a, [u8]>,
}

impl<'a> KeyValue<'a> {
    /// Reads an encoded `KeyValue`.
    #[inline]
    pub fn read(encoded: &'a [u8]) -> Result<Self, Malformed> {
        match short_pair(encoded) {
            Some((key, value)) => Ok(Self { key, value: Cow::Borrowed(value) }),
            None => Self::read_unusual(encoded),
        }
    }

    #[inline(never)]
    fn read_unusual(encoded: &'a [u8]) -> Result<Self, Malformed> {
        let mut pair = KeyValue { key: b"", value: Cow::Borrowed(&b""[..]) };
        let mut fields = Fields::new(encoded);
        while let Some(inner) = fields.read()? {
            let payload = inner.payload;
            if inner.is_message(1) {
                pair.key = payload;
            } else if inner.is_message(2) {
                pair.value = if pair.value.is_empty() { Cow::Borrowed(payload) } else { joined(pair.value, payload) };
            }
        }
        Ok(pair)
    }
}

/// The text of an `AnyValue` that is nothing else, and not too long for a length of two bytes: what most bodies are.
#[inline]
pub fn short_text(encoded: &[u8]) -> Option<&[u8]> {
    let (length, text) = match *encoded {
        [0x0a, length @ 0..0x80, ref text @ ..] => (usize::from(length), text),
        [0x0a, low, high @ 0..0x80, ref text @ ..] => (usize::from(low & 0x7f) | usize::from(high) << 7, text),
        _ => return None,
    };
    (text.len() == length).then_some(text)
}

/// The key and the value of a `KeyValue` that is a short key, then a short value, and nothing else: what nearly every
/// writer writes.
#[inline]
pub fn short_pair(encoded: &[u8]) -> Option<(&[u8], &[u8])> {
    let &[0x0a, key_length @ 0..0x80, ref rest @ ..] = encoded else { return None };
    let (key, rest) = rest.split_at_checked(usize::from(key_length))?;
    let &[0x12, value_length @ 0..0x80, ref value @ ..] = rest else { return None };
    (value.len() == usize::from(value_length)).then_some((key, value))
}

/// Calls `each` for every entry of an encoded `KeyValueList` or of any message whose field `number` is `KeyValue`.
pub fn each_pair<'a>(
    buf: &'a [u8],
    number: u32,
    mut each: impl FnMut(KeyValue<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut fields = Fields::new(buf);
    while let Some(field) = fields.read()? {
        if field.is_message(number) {
            each(KeyValue::read(field.payload)?)?;
        }
    }
    Ok(())
}

/// Appends one `KeyValue` as field `number`; `value` is the encoded `AnyValue`.
pub fn put_pair(out: &mut Vec<u8>, number: u32, key: &str, value: &[u8]) {
    let mut pair = Vec::with_capacity(key.len() + value.len() + 4);
    wire::put_bytes(&mut pair, 1, key.as_bytes());
    wire::put_bytes(&mut pair, 2, value);
    wire::put_bytes(out, number, &pair);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_member_of_a_oneof_wins_and_pieces_of_a_container_merge() {
        assert_eq!(Any::read(&[0x0a, 1, b'a', 0x18, 7]).unwrap(), Any::Int(7));
        assert_eq!(Any::read(&[0x32, 1, 1, 0x32, 1, 2]).unwrap(), Any::Map(Cow::Owned(vec![1, 2])));
        assert_eq!(Any::read(&[0x32, 1, 1, 0x18, 7, 0x32, 1, 2]).unwrap(), Any::Map(Cow::Borrowed(&[2])));
    }

    #[test]
    fn an_empty_error_says_nothing() {
        for quiet in [&b""[..], b"false", b"<nil>", b"None", b"null"] {
            assert!(!Any::Text(quiet).says_error());
        }
        assert!(Any::Text(b"connection reset").says_error());
    }
}
