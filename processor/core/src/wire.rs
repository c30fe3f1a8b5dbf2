//! Protobuf's wire format, read in place: fields with their byte ranges, nothing copied.
//!
//! Legal but unusual encodings are accepted as protobuf accepts them: over-long varints, unknown fields, groups,
//! fields in any order. Offsets are into the buffer that the walk began with, so that a splice can cut by them.

use std::fmt;

/// Why a message cannot be read. The text never holds content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    Truncated,
    VarintTooLong,
    FieldNumber,
    WireType,
    Group,
    TooDeep,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "a field reaches beyond the end of its message",
            Self::VarintTooLong => "a varint is longer than 10 bytes",
            Self::FieldNumber => "a field number is zero or out of range",
            Self::WireType => "a wire type is unknown",
            Self::Group => "a group is not closed as it was opened",
            Self::TooDeep => "groups are nested deeper than 100",
        })
    }
}

pub const VARINT: u8 = 0;
pub const FIXED64: u8 = 1;
pub const BYTES: u8 = 2;
pub const FIXED32: u8 = 5;

/// A field's number and wire type as one number, as they are on the wire.
pub const fn tag(number: u32, wire: u8) -> u32 {
    number << 3 | wire as u32
}

/// One field: `start` is where its tag begins, `value..end` its payload. Scalars also come decoded in `scalar`.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub tag: u32,
    pub start: usize,
    pub value: usize,
    pub end: usize,
    pub scalar: u64,
}

impl Field {
    pub fn number(&self) -> u32 {
        self.tag >> 3
    }

    pub fn wire(&self) -> u8 {
        (self.tag & 7) as u8
    }

    #[inline]
    pub fn is_message(&self, number: u32) -> bool {
        self.tag == tag(number, BYTES)
    }
}

/// The fields of the message that `buf[pos..end]` is.
pub struct Fields<'a> {
    buf: &'a [u8],
    pos: usize,
}

impl<'a> Fields<'a> {
    pub fn new(buf: &'a [u8]) -> Self {
        Self { buf, pos: 0 }
    }

    /// The fields of `buf[start..end]`, with offsets into `buf`. `start <= end <= buf.len()` comes from a `Field`.
    pub fn within(buf: &'a [u8], start: usize, end: usize) -> Self {
        Self { buf: &buf[..end], pos: start }
    }

    /// The next field, or `None` at the end. Tags of one byte and lengths of one or two, which nearly all are, take a
    /// straight path within the caller's loop.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is the innermost step of every walk: a call would double its cost")]
    pub fn next(&mut self) -> Result<Option<Field>, Malformed> {
        let (start, length) = (self.pos, self.buf.len());
        if start >= length {
            return Ok(None);
        }
        let Some(&[tag, first]) = self.buf[start..].first_chunk::<2>() else { return self.next_unusual() };
        if !(8..0x80).contains(&tag) {
            return self.next_unusual();
        }
        let wire = tag & 7;
        let tag = u32::from(tag);
        match wire {
            BYTES => {
                let (size, value) = match (first, self.buf.get(start + 2)) {
                    (0..0x80, _) => (usize::from(first), start + 2),
                    (_, Some(&second @ 0..0x80)) => (usize::from(first & 0x7f) | usize::from(second) << 7, start + 3),
                    _ => return self.next_unusual(),
                };
                if size > length - value {
                    return Err(Malformed::Truncated);
                }
                self.pos = value + size;
                Ok(Some(Field { tag, start, value, end: self.pos, scalar: 0 }))
            }
            VARINT if first < 0x80 => {
                self.pos = start + 2;
                Ok(Some(Field { tag, start, value: start + 1, end: self.pos, scalar: u64::from(first) }))
            }
            FIXED64 if start + 9 <= length => {
                self.pos = start + 1;
                let scalar = u64::from_le_bytes(self.fixed::<8>()?);
                Ok(Some(Field { tag, start, value: start + 1, end: self.pos, scalar }))
            }
            _ => self.next_unusual(),
        }
    }

    /// Any field, with a tag and a length of any size.
    #[inline(never)]
    fn next_unusual(&mut self) -> Result<Option<Field>, Malformed> {
        let start = self.pos;
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 || number >= 1 << 29 {
            return Err(Malformed::FieldNumber);
        }
        let mut field = Field { tag: tag as u32, start, value: self.pos, end: 0, scalar: 0 };
        match (tag & 7) as u8 {
            BYTES => {
                let length = self.varint()?;
                field.value = self.pos;
                if length > (self.buf.len() - self.pos) as u64 {
                    return Err(Malformed::Truncated);
                }
                self.pos += length as usize;
            }
            VARINT => field.scalar = self.varint()?,
            FIXED64 => field.scalar = u64::from_le_bytes(self.fixed::<8>()?),
            FIXED32 => field.scalar = u64::from(u32::from_le_bytes(self.fixed::<4>()?)),
            3 => self.group(field.number())?,
            4 => return Err(Malformed::Group),
            _ => return Err(Malformed::WireType),
        }
        field.end = self.pos;
        Ok(Some(field))
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Malformed> {
        let Some(&first) = self.buf.get(self.pos) else {
            return Err(Malformed::Truncated);
        };
        self.pos += 1;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let mut value = u64::from(first & 0x7f);
        for shift in (7..70).step_by(7) {
            let Some(&byte) = self.buf.get(self.pos) else {
                return Err(Malformed::Truncated);
            };
            self.pos += 1;
            if shift < 64 {
                value |= u64::from(byte & 0x7f) << shift;
            }
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed::VarintTooLong)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let bytes = self.buf.get(self.pos..self.pos + N).and_then(|b| b.try_into().ok()).ok_or(Malformed::Truncated)?;
        self.pos += N;
        Ok(bytes)
    }

    /// Skips a group, which only unknown fields can be, with the groups in it.
    fn group(&mut self, number: u32) -> Result<(), Malformed> {
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            let tag = self.varint()?;
            match ((tag >> 3) as u32, (tag & 7) as u8) {
                (0, _) => return Err(Malformed::FieldNumber),
                (number, 3) if open.len() < 100 => open.push(number),
                (_, 3) => return Err(Malformed::TooDeep),
                (number, 4) if number == innermost => {
                    open.pop();
                }
                (_, 4) => return Err(Malformed::Group),
                (_, VARINT) => {
                    self.varint()?;
                }
                (_, FIXED64) => {
                    self.fixed::<8>()?;
                }
                (_, FIXED32) => {
                    self.fixed::<4>()?;
                }
                (_, BYTES) => {
                    let length = self.varint()?;
                    if length > (self.buf.len() - self.pos) as u64 {
                        return Err(Malformed::Truncated);
                    }
                    self.pos += length as usize;
                }
                _ => return Err(Malformed::WireType),
            }
        }
        Ok(())
    }
}

/// Appends a varint in its shortest form.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a length-delimited field.
pub fn put_bytes(out: &mut Vec<u8>, number: u32, payload: &[u8]) {
    put_varint(out, u64::from(number) << 3 | u64::from(BYTES));
    put_varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(buf: &[u8]) -> Result<Vec<Field>, Malformed> {
        let mut fields = Fields::new(buf);
        let mut found = Vec::new();
        while let Some(field) = fields.next()? {
            found.push(field);
        }
        Ok(found)
    }

    #[test]
    fn over_long_varints_are_read_as_protobuf_reads_them() {
        // Field 1, length 2 written in three bytes.
        let fields = all(&[0x0a, 0x82, 0x80, 0x00, b'h', b'i']).unwrap();
        assert_eq!((fields[0].number(), fields[0].value, fields[0].end), (1, 4, 6));
    }

    #[test]
    fn groups_are_skipped_whole() {
        // Field 9 as a group that holds field 1 = 5, then field 2 = 7.
        let fields = all(&[0x4b, 0x08, 0x05, 0x4c, 0x10, 0x07]).unwrap();
        assert_eq!(fields.iter().map(|f| (f.number(), f.end)).collect::<Vec<_>>(), [(9, 4), (2, 6)]);
    }

    #[test]
    fn what_is_wrong_is_an_error_and_never_a_panic() {
        assert_eq!(all(&[0x0a, 0x05, 1]).unwrap_err(), Malformed::Truncated);
        assert_eq!(all(&[0x00]).unwrap_err(), Malformed::FieldNumber);
        assert_eq!(all(&[0x0c]).unwrap_err(), Malformed::Group);
        assert_eq!(all(&[0x0f]).unwrap_err(), Malformed::WireType);
        assert_eq!(all(&[0xff; 12]).unwrap_err(), Malformed::VarintTooLong);
        assert_eq!(
            all(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).unwrap_err(),
            Malformed::Truncated
        );
        assert_eq!(all(&[0x0b; 200]).unwrap_err(), Malformed::TooDeep);
    }
}
