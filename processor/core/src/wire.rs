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
pub struct Field<'a> {
    pub tag: u32,
    pub start: usize,
    pub value: usize,
    pub end: usize,
    pub payload: &'a [u8],
    pub scalar: u64,
}

impl Field<'_> {
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

/// The fields of the message that `buf[pos..]` is.
pub struct Fields<'a> {
    buf: &'a [u8],
    pos: usize,
}

impl<'a> Fields<'a> {
    pub fn new(buf: &'a [u8]) -> Self {
        Self { buf, pos: 0 }
    }

    /// The fields of a field's message, with offsets into `buf`, which the field's are into.
    pub fn within(buf: &'a [u8], field: &Field<'_>) -> Self {
        Self { buf: &buf[..field.end], pos: field.value }
    }

    /// The next field, or `None` at the end. Tags of one byte and lengths of one or two, which nearly all are, take a
    /// straight path within the caller's loop.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it is the innermost step of every walk: a call would double its cost")]
    pub fn read(&mut self) -> Result<Option<Field<'a>>, Malformed> {
        let (buf, start) = (self.buf, self.pos);
        if start >= buf.len() {
            return Ok(None);
        }
        let field = if let Some(field) = usual(buf, start) {
            field
        } else {
            // By a reference: as a result it would have to be unpacked, also where this is never called.
            let mut field = Field { tag: 0, start, value: start, end: start, payload: b"", scalar: 0 };
            unusual(buf, start, &mut field)?;
            field
        };
        self.pos = field.end;
        Ok(Some(field))
    }
}

/// The next field, if it has that tag of one byte. Who knows in which order fields come asks for one after the other,
/// which the processor foresees, and reads what is left as it comes.
impl<'a> Fields<'a> {
    /// How far fields were read.
    pub fn position(&self) -> usize {
        self.pos
    }

    /// The bytes of a fixed field, of which it has so many.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Fields::read`")]
    pub fn fixed_of<const N: usize>(&mut self, tag: u32) -> Option<&'a [u8; N]> {
        let (&[first], rest) = self.buf.get(self.pos..)?.split_first_chunk()?;
        let bytes = rest.first_chunk().filter(|_| u32::from(first) == tag)?;
        self.pos += 1 + N;
        Some(bytes)
    }

    /// A number below 128.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Fields::read`")]
    pub fn small_of(&mut self, tag: u32) -> Option<u8> {
        let &[first, number @ 0..0x80] = self.buf.get(self.pos..)?.first_chunk()? else { return None };
        if u32::from(first) != tag {
            return None;
        }
        self.pos += 2;
        Some(number)
    }

    /// The payload of a field of bytes whose length has one byte or two.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Fields::read`")]
    pub fn bytes_of(&mut self, tag: u32) -> Option<&'a [u8]> {
        let &[first, low] = self.buf.get(self.pos..)?.first_chunk()?;
        if u32::from(first) != tag {
            return None;
        }
        let mut value = self.pos + 2;
        let mut length = usize::from(low);
        if low >= 0x80 {
            let high = usize::from(*self.buf.get(value)?);
            if high >= 0x80 {
                return None;
            }
            length = usize::from(low & 0x7f) | high << 7;
            value += 1;
        }
        let payload = self.buf.get(value..)?.get(..length)?;
        self.pos = value + length;
        Some(payload)
    }
}

/// The field at `start`, unless its tag or its length is longer than most or anything is wrong with it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Fields::read`")]
fn usual<'a>(buf: &'a [u8], start: usize) -> Option<Field<'a>> {
    let (&[tag, first], rest) = buf[start..].split_first_chunk()?;
    if !(8..0x80).contains(&tag) {
        return None;
    }
    let field = |header: usize, payload: &'a [u8], scalar: u64| {
        let value = start + header;
        Some(Field { tag: u32::from(tag), start, value, end: value + payload.len(), payload, scalar })
    };
    if tag & 7 == BYTES {
        if first < 0x80 {
            return field(2, rest.get(..usize::from(first))?, 0);
        }
        let (&second, rest) = rest.split_first()?;
        let length = usize::from(first & 0x7f) | usize::from(second) << 7;
        return if second < 0x80 { field(3, rest.get(..length)?, 0) } else { None };
    }
    match tag & 7 {
        VARINT if first < 0x80 => field(1, &buf[start + 1..start + 2], u64::from(first)),
        FIXED64 => {
            let bytes = buf[start + 1..].first_chunk::<8>()?;
            field(1, bytes, u64::from_le_bytes(*bytes))
        }
        _ => None,
    }
}

/// Any field, with a tag and a length of any size.
#[inline(never)]
fn unusual<'a>(buf: &'a [u8], start: usize, field: &mut Field<'a>) -> Result<(), Malformed> {
    let mut reader = Reader { buf, pos: start };
    let tag = reader.varint()?;
    let number = tag >> 3;
    if number == 0 || number >= 1 << 29 {
        return Err(Malformed::FieldNumber);
    }
    let (mut value, mut scalar) = (reader.pos, 0);
    match (tag & 7) as u8 {
        BYTES => value = reader.bytes()?,
        VARINT => scalar = reader.varint()?,
        FIXED64 => scalar = u64::from_le_bytes(reader.fixed()?),
        FIXED32 => scalar = u64::from(u32::from_le_bytes(reader.fixed()?)),
        3 => reader.group(number as u32)?,
        4 => return Err(Malformed::Group),
        _ => return Err(Malformed::WireType),
    }
    *field = Field { tag: tag as u32, start, value, end: reader.pos, payload: &buf[value..reader.pos], scalar };
    Ok(())
}

struct Reader<'a> {
    buf: &'a [u8],
    pos: usize,
}

impl Reader<'_> {
    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..70).step_by(7) {
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
        let bytes = self.buf[self.pos..].first_chunk().ok_or(Malformed::Truncated)?;
        self.pos += N;
        Ok(*bytes)
    }

    /// Passes a length and so many bytes; answers where they begin.
    fn bytes(&mut self) -> Result<usize, Malformed> {
        let length = self.varint()?;
        let start = self.pos;
        if length > (self.buf.len() - start) as u64 {
            return Err(Malformed::Truncated);
        }
        self.pos += length as usize;
        Ok(start)
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
                    self.bytes()?;
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

    fn all(buf: &[u8]) -> Result<Vec<Field<'_>>, Malformed> {
        let mut fields = Fields::new(buf);
        let mut found = Vec::new();
        while let Some(field) = fields.read()? {
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
