//! Cuts and insertions on a request's bytes, made while it is walked and applied at the end in one copy.

use crate::any::KeyValue;
use crate::decide::{Decision, Fate};
use crate::record::Signal;
use crate::tags;
use crate::wire::{self, Field, Fields, Malformed};

/// A change of `start..end` of the request, with a range of the inserted bytes.
struct Edit {
    start: usize,
    end: usize,
    insert: (usize, usize),
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
    inserted: Vec<u8>,
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
    inserted: usize,
}

/// How much of edits there was.
#[derive(Default, Clone, Copy)]
pub struct Extent {
    list: usize,
    inserted: usize,
}

impl Edits {
    /// With room for so much.
    pub fn with_room(extent: Extent) -> Self {
        Self { list: Vec::with_capacity(extent.list), inserted: Vec::with_capacity(extent.inserted), delta: 0 }
    }

    pub fn extent(&self) -> Extent {
        Extent { list: self.list.len(), inserted: self.inserted.len() }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn inserted_bytes(&self) -> usize {
        self.inserted.len()
    }

    /// Cuts a range; neighbouring cuts become one, so that a request that goes whole costs one edit.
    pub fn cut(&mut self, start: usize, end: usize) {
        self.delta -= (end - start) as i64;
        if let Some(last) = self.list.last_mut()
            && last.end == start
            && last.insert.0 == last.insert.1
            && last.kind == Kind::Replaced
            && last.start < last.end
        {
            last.end = end;
            return;
        }
        self.list.push(Edit { start, end, insert: (0, 0), kind: Kind::Replaced });
    }

    /// Begins a message: its header comes before what is changed inside.
    pub fn open(&mut self) -> Opened {
        self.list.push(Edit { start: 0, end: 0, insert: (0, 0), kind: Kind::Replaced });
        Opened { index: self.list.len() - 1, delta: self.delta, inserted: self.inserted.len() }
    }

    /// Ends a message: its header tells the new length, or stays when nothing inside changed.
    pub fn close(&mut self, opened: &Opened, field: &Field<'_>) {
        if self.list.len() == opened.index + 1 {
            self.list.pop();
            return;
        }
        let length = (field.end - field.value) as i64 + self.delta - opened.delta;
        let at = self.inserted.len();
        self.inserted.extend_from_slice(Header::new(field.number(), length.cast_unsigned() as usize).bytes());
        self.delta += (self.inserted.len() - at) as i64 - (field.value - field.start) as i64;
        self.list[opened.index] =
            Edit { start: field.start, end: field.value, insert: (at, self.inserted.len()), kind: Kind::Replaced };
    }

    /// Ends a message that goes altogether.
    pub fn close_cut(&mut self, opened: &Opened, field: &Field<'_>) {
        self.list.truncate(opened.index);
        self.inserted.truncate(opened.inserted);
        self.delta = opened.delta;
        self.cut(field.start, field.end);
    }

    fn insert(&mut self, at: usize, from: usize) {
        self.delta += (self.inserted.len() - from) as i64;
        self.list.push(Edit { start: at, end: at, insert: (from, self.inserted.len()), kind: Kind::Replaced });
    }

    /// Puts what was inserted last behind a field's message, whose header tells the new length.
    fn lengthen(&mut self, field: &Field<'_>, from: usize) {
        let (number, insert) = (field.number(), (from, self.inserted.len()));
        let header = Header::new(number, field.end - field.value + insert.1 - insert.0);
        self.delta += (header.bytes().len() + insert.1 - insert.0) as i64 - (field.value - field.start) as i64;
        let kind = Kind::Longer { number, value: field.value };
        self.list.push(Edit { start: field.start, end: field.end, insert, kind });
    }

    /// How long the request is with all edits applied.
    pub fn length(&self, request: &[u8]) -> usize {
        request.len().saturating_add_signed(self.delta as isize)
    }

    /// Writes the request with all edits applied into `out`, which has that length.
    pub fn apply(&self, request: &[u8], out: &mut [u8]) {
        let mut done = 0;
        let mut put = |out: &mut [u8], bytes: &[u8]| {
            out[done..done + bytes.len()].copy_from_slice(bytes);
            done += bytes.len();
            done
        };
        let mut at = 0;
        for edit in &self.list {
            let insert = &self.inserted[edit.insert.0..edit.insert.1];
            match edit.kind {
                Kind::Replaced => {
                    put(out, &request[at..edit.start]);
                }
                Kind::Longer { number, value } => {
                    let header = Header::new(number, edit.end - value + insert.len());
                    if header.bytes().len() == value - edit.start {
                        // One copy of everything, then other figures in the header's place.
                        let end = put(out, &request[at..edit.end]);
                        let start = end - (edit.end - edit.start);
                        out[start..start + header.bytes().len()].copy_from_slice(header.bytes());
                    } else {
                        put(out, &request[at..edit.start]);
                        put(out, header.bytes());
                        put(out, &request[value..edit.end]);
                    }
                }
            }
            put(out, insert);
            at = edit.end;
        }
        put(out, &request[at..]);
    }

    /// Removes an earlier hop's tags from the record that `field` holds and writes this hop's, if it has any.
    pub fn tag(
        &mut self,
        buf: &[u8],
        field: &Field<'_>,
        signal: Signal,
        earlier: bool,
        tags: Option<(&Decision, Fate)>,
    ) -> Result<(), Malformed> {
        if let (false, Some((decision, fate))) = (earlier, &tags) {
            let from = self.inserted.len();
            decision.put_tags(&mut self.inserted, signal, *fate);
            self.lengthen(field, from);
            return Ok(());
        }
        let opened = self.open();
        let counts = tags.as_ref().is_some_and(|(_, fate)| matches!(fate, Fate::Survivor(_) | Fate::Canary(_)));
        if earlier {
            let mut fields = Fields::within(buf, field);
            while let Some(inner) = fields.read()? {
                if inner.is_message(signal.tags_field()) && tags::is_stale(KeyValue::read(inner.payload)?.key, counts) {
                    self.cut(inner.start, inner.end);
                }
            }
        }
        if let Some((decision, fate)) = tags {
            let from = self.inserted.len();
            decision.put_tags(&mut self.inserted, signal, fate);
            self.insert(field.end, from);
        }
        self.close(&opened, field);
        Ok(())
    }
}
