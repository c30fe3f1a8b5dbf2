//! Protobuf's wire format, written front to back into one buffer.

/// Wire types, as the encoding specification numbers them.
const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const DELIMITED: u32 = 2;
const FIXED32: u32 = 5;

/// Where a scalar goes, and whether it may be left out.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// Under a tag, unless it is the default.
    Implicit(u32),
    /// Under a tag, always.
    Explicit(u32),
    /// In a packed run, that has the tag.
    Packed,
}

#[derive(Default)]
pub(super) struct Encoder {
    out: Vec<u8>,
}

/// A length-delimited field that is still being written.
#[must_use]
pub(super) struct Open {
    tag: usize,
    content: usize,
}

impl Encoder {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes) }
    }

    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    pub fn varint(&mut self, place: Place, value: u64) {
        if self.place(place, VARINT, value == 0) {
            self.raw_varint(value);
        }
    }

    pub fn fixed32(&mut self, place: Place, bits: u32) {
        if self.place(place, FIXED32, bits == 0) {
            self.out.extend_from_slice(&bits.to_le_bytes());
        }
    }

    pub fn fixed64(&mut self, place: Place, bits: u64) {
        if self.place(place, FIXED64, bits == 0) {
            self.out.extend_from_slice(&bits.to_le_bytes());
        }
    }

    pub fn bytes(&mut self, place: Place, content: &[u8]) {
        if self.place(place, DELIMITED, content.is_empty()) {
            self.raw_varint(content.len() as u64);
            self.out.extend_from_slice(content);
        }
    }

    /// Starts a nested message or a packed run, to be closed.
    pub fn open(&mut self, number: u32) -> Open {
        let tag = self.out.len();
        self.tag(number, DELIMITED);
        self.out.push(0);
        Open { tag, content: self.out.len() }
    }

    /// Writes the length. One byte was left for it, enough for most messages; the content of a
    /// longer one moves up. So a byte moves at most once for each message around it, and nesting is
    /// bounded.
    pub fn close(&mut self, Open { content, .. }: Open) {
        let end = self.out.len();
        let mut length = end - content;
        let extra = extra_length_bytes(length);
        if extra > 0 {
            self.out.resize(end + extra, 0);
            self.out.copy_within(content..end, content + extra);
        }
        let last = content - 1 + extra;
        for byte in &mut self.out[content - 1..last] {
            *byte = length as u8 | 0x80;
            length >>= 7;
        }
        self.out[last] = length as u8;
    }

    /// Closes a packed run, or takes it back when nothing is in it.
    pub fn close_unless_empty(&mut self, open: Open) {
        if self.out.len() == open.content {
            self.out.truncate(open.tag);
        } else {
            self.close(open);
        }
    }

    /// Writes what goes before a scalar; false when the scalar is to be left out.
    fn place(&mut self, place: Place, wire_type: u32, is_default: bool) -> bool {
        match place {
            Place::Implicit(_) if is_default => return false,
            Place::Implicit(number) | Place::Explicit(number) => self.tag(number, wire_type),
            Place::Packed => {}
        }
        true
    }

    fn tag(&mut self, number: u32, wire_type: u32) {
        self.raw_varint(u64::from(number << 3 | wire_type));
    }

    fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }
}

/// How many bytes the varint of `length` needs beyond its first.
fn extra_length_bytes(length: usize) -> usize {
    (length.max(1).ilog2() / 7) as usize
}
