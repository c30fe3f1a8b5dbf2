//! Cuts and insertions on a request's bytes, made while it is walked and applied at the end in one copy.

use crate::any::KeyValue;
use crate::decide::{Decision, Fate};
use crate::record::Signal;
use crate::tags;
use crate::wire::{self, Field, Fields, Malformed, put_varint};

/// Replaces `start..end` of the request by a range of the inserted bytes.
struct Edit {
    start: usize,
    end: usize,
    insert: (usize, usize),
}

/// The edits of one request, in the order of its bytes.
#[derive(Default)]
pub struct Edits {
    list: Vec<Edit>,
    inserted: Vec<u8>,
    delta: i64,
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
            && last.start < last.end
        {
            last.end = end;
            return;
        }
        self.list.push(Edit { start, end, insert: (0, 0) });
    }

    /// Begins a message: its header comes before what is changed inside.
    pub fn open(&mut self) -> Opened {
        self.list.push(Edit { start: 0, end: 0, insert: (0, 0) });
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
        put_varint(&mut self.inserted, u64::from(field.number()) << 3 | u64::from(wire::BYTES));
        put_varint(&mut self.inserted, length.cast_unsigned());
        self.delta += (self.inserted.len() - at) as i64 - (field.value - field.start) as i64;
        self.list[opened.index] = Edit { start: field.start, end: field.value, insert: (at, self.inserted.len()) };
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
        self.list.push(Edit { start: at, end: at, insert: (from, self.inserted.len()) });
    }

    /// How long the request is with all edits applied.
    pub fn length(&self, request: &[u8]) -> usize {
        request.len().saturating_add_signed(self.delta as isize)
    }

    /// Writes the request with all edits applied into `out`, which has that length.
    pub fn apply(&self, request: &[u8], mut out: &mut [u8]) {
        let mut put = |bytes: &[u8]| {
            let (place, rest) = std::mem::take(&mut out).split_at_mut(bytes.len());
            place.copy_from_slice(bytes);
            out = rest;
        };
        let mut at = 0;
        for edit in &self.list {
            put(&request[at..edit.start]);
            put(&self.inserted[edit.insert.0..edit.insert.1]);
            at = edit.end;
        }
        put(&request[at..]);
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
