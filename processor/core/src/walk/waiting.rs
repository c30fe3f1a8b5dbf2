//! A record between being read and being settled: its type is found by what was met before, or added.

use std::ops::Range;
use std::sync::Arc;

use parking_lot::RwLockReadGuard;

use super::{Call, Place, Scratch, Stop};
use crate::outlines::{Key, Known};
use crate::record::{self, Class, Record, Shape, Workspace};
use crate::table::{EventType, Table};
use crate::wire::{Field, Malformed};

/// At most so many lines of one request are remembered.
const REMEMBERED: usize = 256;

pub(super) struct Waiting<'e> {
    pub field: Field<'e>,
    pub record: Record,
    shape: Shape<'e>,
    /// Where the workspace has its outline or skeleton.
    text: Range<usize>,
}

impl<'e> Waiting<'e> {
    #[inline]
    pub fn read(call: &Call<'_>, field: Field<'e>, work: &mut Workspace) -> Result<Self, Malformed> {
        let from = work.texts.length();
        let (record, shape) = record::read(call.signal, field.payload, call.masks, work)?;
        Ok(Self { field, record, shape, text: from..work.texts.length() })
    }

    /// The type, if what was read is enough to find it.
    #[inline]
    pub fn find<'t>(&self, texts: &[u8], place: &Place<'_>, table: &'t Table) -> Option<&'t Arc<EventType>> {
        let context = place.known.as_ref()?;
        let text = &texts[self.text.clone()];
        match &self.shape {
            Shape::Outlined(line) => table.outlines.find(Key { context, given: line.given, outline: text }),
            Shape::Mined(class) => table.find(context, *class, text),
        }
    }

    /// The type of a record that was not found: by its words, if only its outline is new. The class of a novel one.
    #[inline(never)]
    pub fn mine<'t>(
        &self,
        call: &Call<'_>,
        scratch: &mut Scratch,
        place: &Place<'_>,
        table: &'t Table,
    ) -> Result<&'t Arc<EventType>, Class> {
        let line = match &self.shape {
            Shape::Outlined(line) => line,
            Shape::Mined(class) => return Err(*class),
        };
        let class = scratch.work.mine(line, call.masks);
        let context = place.known.as_ref().ok_or(class)?;
        let event = table.find(context, class, scratch.work.skeleton.text()).ok_or(class)?;
        let key = Key { context, given: line.given, outline: &scratch.work.texts.bytes()[self.text.clone()] };
        let hash = table.outlines.hash(key);
        if scratch.met.again(hash, table.len()) && scratch.known.len() < REMEMBERED {
            scratch.known.push(Known::new(hash, key, event));
        }
        Ok(event)
    }

    /// The skeleton of a record that was mined last, or when it was read.
    pub fn skeleton<'w>(&self, work: &'w Workspace) -> &'w [u8] {
        match self.shape {
            Shape::Outlined(_) => work.skeleton.text(),
            Shape::Mined(_) => &work.texts.bytes()[self.text.clone()],
        }
    }
}

/// Adds a novel type, unless the table is full. The table is written between two reads; the place then knows its
/// context.
pub(super) fn add<'e>(
    call: &Call<'e>,
    place: &mut Place<'_>,
    class: Class,
    skeleton: &[u8],
    now: i64,
    table: &mut RwLockReadGuard<'e, Table>,
) -> Result<Option<Arc<EventType>>, Stop> {
    if !place.named {
        // A type is not added on a guess of its scope.
        if record::scope_name(place.encoded, false)? != place.name {
            return Err(Stop::LateScope);
        }
        place.named = true;
    }
    let Ok(skeleton) = std::str::from_utf8(skeleton) else { return Ok(None) };
    Ok(RwLockReadGuard::unlocked(table, || {
        let mut table = call.table.write();
        let event = table.insert(call.ruleset, &place.context, class, skeleton, now);
        place.known = table.context(&place.context);
        event
    }))
}
