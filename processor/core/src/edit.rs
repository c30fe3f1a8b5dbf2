//! Cuts and insertions on a request's bytes, made while it is walked and applied at the end in one copy.

use crate::any::KeyValue;
use crate::record::Signal;
use crate::room::Room;
use crate::tags;
use crate::wire::{self, Field, Fields, Malformed};

/// Bytes to insert, which may be inserted more than once.
#[derive(Clone, Copy, Default)]
pub struct Insert {
    start: usize,
    end: usize,
}

impl Insert {
    fn len(self) -> usize {
        self.end - self.start
    }
}

/// A change of `start..end` of the request.
struct Edit {
    start: usize,
    end: usize,
    insert: Insert,
    kind: Kind,
}

#[derive(PartialEq)]
enum Kind {
    /// The range gives way to the insertion.
    Replaced,
    /// The range is a field whose message begins there; the insertion comes behind it, and the header tells so.
    Longer { number: u32, value: usize },
}

/// The edits of one request, in the order of its bytes.
#[derive(Default)]
pub struct Edits {
    list: Vec<Edit>,
    inserts: Vec<u8>,
    /// How many bytes are inserted.
    inserted: usize,
    delta: i64,
}

/// A field's number and length in their shortest form.
struct Header {
    bytes: [u8; 15],
    length: usize,
}

impl Header {
    #[inline]
    fn new(number: u32, length: usize) -> Self {
        let mut header = Self { bytes: [0; 15], length: 0 };
        for mut rest in [u64::from(wire::tag(number, wire::BYTES)), length as u64] {
            while rest >= 0x80 {
                header.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            header.push(rest as u8);
        }
        header
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// A message whose length may change: where its header's edit is, and what was different before it.
pub struct Opened {
    index: usize,
    delta: i64,
}

/// How much of edits there was.
#[derive(Default, Clone, Copy)]
pub struct Extent {
    list: usize,
    inserts: usize,
}

impl Edits {
    /// With room for so much.
    pub fn with_room(extent: Extent) -> Self {
        Self { list: Vec::with_capacity(extent.list), inserts: Vec::with_capacity(extent.inserts), ..Self::default() }
    }

    pub fn extent(&self) -> Extent {
        Extent { list: self.list.len(), inserts: self.inserts.len() }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn inserted_bytes(&self) -> usize {
        self.inserted
    }

    /// Cuts a range; neighbouring cuts become one, so that a request that goes whole costs one edit.
    pub fn cut(&mut self, start: usize, end: usize) {
        self.delta -= (end - start) as i64;
        if let Some(last) = self.list.last_mut()
            && last.end == start
            && last.insert.len() == 0
            && last.kind == Kind::Replaced
            && last.start < last.end
        {
            last.end = end;
            return;
        }
        self.list.push(Edit { start, end, insert: Insert::default(), kind: Kind::Replaced });
    }

    /// Begins a message: its header comes before what is changed inside.
    pub fn open(&mut self) -> Opened {
        self.list.push(Edit { start: 0, end: 0, insert: Insert::default(), kind: Kind::Replaced });
        Opened { index: self.list.len() - 1, delta: self.delta }
    }

    /// Ends a message: its header tells the new length, or stays when nothing inside changed.
    pub fn close(&mut self, opened: &Opened, field: &Field<'_>) {
        if self.list.len() == opened.index + 1 {
            self.list.pop();
            return;
        }
        let length = (field.end - field.value) as i64 + self.delta - opened.delta;
        let header = Header::new(field.number(), length.cast_unsigned() as usize);
        let insert = self.insertion(|out| out.extend_from_slice(header.bytes()));
        self.inserted += insert.len();
        self.delta += insert.len() as i64 - (field.value - field.start) as i64;
        self.list[opened.index] = Edit { start: field.start, end: field.value, insert, kind: Kind::Replaced };
    }

    /// Ends a message that goes altogether. Nothing was inserted into it.
    pub fn close_cut(&mut self, opened: &Opened, field: &Field<'_>) {
        self.list.truncate(opened.index);
        self.delta = opened.delta;
        self.cut(field.start, field.end);
    }

    /// Takes bytes that are to be inserted.
    pub fn insertion(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Insert {
        let start = self.inserts.len();
        write(&mut self.inserts);
        Insert { start, end: self.inserts.len() }
    }

    /// Puts tags behind the record that `field` holds, whose header tells the new length.
    pub fn tag(&mut self, field: &Field<'_>, insert: Insert) {
        let number = field.number();
        let header = Header::new(number, field.end - field.value + insert.len());
        self.inserted += insert.len();
        self.delta += (header.bytes().len() + insert.len()) as i64 - (field.value - field.start) as i64;
        let kind = Kind::Longer { number, value: field.value };
        self.list.push(Edit { start: field.start, end: field.end, insert, kind });
    }

    /// Removes an earlier hop's tags from the record that `field` holds, its count only when `counts`, and puts this hop's
    /// behind it, if there are any.
    pub fn tag_anew(
        &mut self,
        buf: &[u8],
        field: &Field<'_>,
        signal: Signal,
        counts: bool,
        tags: Option<Insert>,
    ) -> Result<(), Malformed> {
        let opened = self.open();
        let mut fields = Fields::within(buf, field);
        while let Some(inner) = fields.read()? {
            if inner.is_message(signal.tags_field()) && tags::is_stale(KeyValue::read(inner.payload)?.key, counts) {
                self.cut(inner.start, inner.end);
            }
        }
        if let Some(insert) = tags {
            self.inserted += insert.len();
            self.delta += insert.len() as i64;
            self.list.push(Edit { start: field.end, end: field.end, insert, kind: Kind::Replaced });
        }
        self.close(&opened, field);
        Ok(())
    }

    /// How long the request is with all edits applied.
    pub fn length(&self, request: &[u8]) -> usize {
        request.len().saturating_add_signed(self.delta as isize)
    }

    /// Writes the request with all edits applied, which has that length.
    pub fn apply(&self, request: &[u8], out: &mut Room<'_>) {
        let mut at = 0;
        for edit in &self.list {
            let insert = &self.inserts[edit.insert.start..edit.insert.end];
            match edit.kind {
                Kind::Replaced => out.put(&request[at..edit.start]),
                Kind::Longer { number, value } => {
                    let header = Header::new(number, edit.end - value + insert.len());
                    if header.bytes().len() == value - edit.start {
                        // One copy of everything, then other figures in the header's place.
                        out.put(&request[at..edit.end]);
                        out.put_over(edit.end - edit.start, header.bytes());
                    } else {
                        out.put(&request[at..edit.start]);
                        out.put(header.bytes());
                        out.put(&request[value..edit.end]);
                    }
                }
            }
            out.put(insert);
            at = edit.end;
        }
        out.put(&request[at..]);
    }
}
