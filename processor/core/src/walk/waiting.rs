//! A record between being read and being settled: its type is found by what was met before, or added.

use std::ops::Range;
use std::sync::Arc;

use parking_lot::RwLockReadGuard;

use super::{Call, Place, Scratch, Stop};
use crate::identity::Context;
use crate::outlines::{Key, Known};
use crate::record::{self, Class, Record, Shape, Workspace};
use crate::table::{EventType, Table};
use crate::wire::{self, Field, Malformed};

/// At most so many lines of one request are remembered.
const REMEMBERED: usize = 256;

/// In every signal's scope a record is field 2.
pub(super) const RECORD: u32 = wire::tag(2, wire::BYTES);

/// At most so many records wait.
pub(super) const BATCH: usize = 64;

/// Small, because it is written for every record.
pub(super) struct Waiting {
    /// Where the field begins that holds the record, where the record does, and where both end.
    pub start: usize,
    pub value: usize,
    pub end: usize,
    pub record: Record,
    /// Where the workspace has the outline or skeleton; the texts of one batch are far below 4 GiB.
    text: Range<u32>,
}

impl Waiting {
    pub fn at(field: &Field<'_>) -> Self {
        let &Field { start, value, end, .. } = field;
        Self { start, value, end, record: Record::default(), text: 0..0 }
    }

    #[inline]
    pub fn read(&mut self, call: &Call<'_>, field: &Field<'_>, work: &mut Workspace) -> Result<(), Malformed> {
        self.text.start = work.texts.length() as u32;
        record::read(call.signal, field.payload, call.masks, work, &mut self.record)?;
        self.text.end = work.texts.length() as u32;
        Ok(())
    }

    /// The field as it was read.
    pub fn field<'e>(&self, request: &'e [u8]) -> Field<'e> {
        Field {
            tag: RECORD,
            start: self.start,
            value: self.value,
            end: self.end,
            payload: &request[self.value..self.end],
            scalar: 0,
        }
    }

    #[inline]
    fn text<'t>(&self, texts: &'t [u8]) -> &'t [u8] {
        &texts[self.text.start as usize..self.text.end as usize]
    }

    /// The type of a record that was not found: by its words, if only its outline is new. The class of a novel one.
    #[inline(never)]
    pub fn mine<'t>(
        &self,
        call: &Call<'_>,
        request: &[u8],
        scratch: &mut Scratch,
        place: &Place<'_>,
        table: &'t Table,
    ) -> Result<Result<&'t Arc<EventType>, Class>, Malformed> {
        let given = match self.record.shape {
            Shape::Outlined(given) => given,
            Shape::Mined(class) => {
                let skeleton = self.text(scratch.work.texts.bytes());
                let covering = place
                    .known
                    .as_ref()
                    .and_then(|context| covering(skeleton, &mut scratch.covered, class, context, table));
                return Ok(covering.ok_or(class));
            }
        };
        let class = scratch.work.mine(call.signal, &request[self.value..self.end], call.masks)?;
        let Some(context) = &place.known else { return Ok(Err(class)) };
        let skeleton = scratch.work.skeleton.text();
        let known = table.find_met(context, class, skeleton);
        let Some(event) = known.or_else(|| covering(skeleton, &mut scratch.covered, class, context, table)) else {
            return Ok(Err(class));
        };
        let key = Key { context, given, outline: self.text(scratch.work.texts.bytes()) };
        let hash = table.outlines.hash(key);
        if scratch.met.again(hash, table.len()) && scratch.known.len() < REMEMBERED {
            scratch.known.push(Known::new(hash, key, event));
        }
        Ok(Ok(event))
    }

    /// The skeleton of a record that was mined last, or when it was read.
    pub fn skeleton<'w>(&self, work: &'w Workspace) -> &'w [u8] {
        match self.record.shape {
            Shape::Outlined(_) => work.skeleton.text(),
            Shape::Mined(_) => self.text(work.texts.bytes()),
        }
    }
}

/// What has the hash of what is looked for.
#[derive(Clone, Copy)]
enum Candidate<'t> {
    Line(&'t Known),
    Type(&'t Arc<EventType>),
}

/// The types of at most `BATCH` records, as far as what was read is enough to find them. In steps that ask for nothing
/// that the same step finds, because such look-ups are under way all at once.
#[inline]
pub(super) fn find<'t>(
    batch: &[Waiting],
    texts: &[u8],
    place: &Place<'_>,
    table: &'t Table,
) -> [Option<&'t Arc<EventType>>; BATCH] {
    let (mut hashes, mut candidates, mut found) = ([0; BATCH], [None; BATCH], [None; BATCH]);
    let Some(context) = &place.known else { return found };
    for (waiting, hash) in batch.iter().zip(&mut hashes) {
        let text = waiting.text(texts);
        *hash = match waiting.record.shape {
            Shape::Outlined(given) => table.outlines.hash(Key { context, given, outline: text }),
            Shape::Mined(class) => table.hash(context, class, text),
        };
    }
    for ((waiting, hash), candidate) in batch.iter().zip(hashes).zip(&mut candidates) {
        *candidate = match waiting.record.shape {
            Shape::Outlined(_) => table.outlines.candidate(hash).map(Candidate::Line),
            Shape::Mined(_) => table.candidate(hash).map(Candidate::Type),
        };
    }
    for ((waiting, candidate), found) in batch.iter().zip(candidates).zip(&mut found) {
        let text = waiting.text(texts);
        *found = match (waiting.record.shape, candidate) {
            (Shape::Outlined(given), Some(Candidate::Line(known))) => known.of(Key { context, given, outline: text }),
            (Shape::Mined(class), Some(Candidate::Type(event))) if event.is(context, class, text) => Some(event),
            (Shape::Mined(class), _) => table.find_met(context, class, text),
            _ => None,
        };
    }
    found
}

/// The more general type of a skeleton that was not met before; it is to be remembered.
fn covering<'t>(
    skeleton: &[u8],
    covered: &mut Vec<(Arc<EventType>, Box<str>)>,
    class: Class,
    context: &Arc<Context>,
    table: &'t Table,
) -> Option<&'t Arc<EventType>> {
    let skeleton = std::str::from_utf8(skeleton).ok()?;
    let event = table.find_covering(context, class, skeleton)?;
    if covered.len() < REMEMBERED {
        covered.push((Arc::clone(event), skeleton.into()));
    }
    Some(event)
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
    let context = Context { scope: place.scope.as_ref().into(), ..place.resource.service.clone() };
    if !table.may_mint(&context, now) {
        return Ok(None);
    }
    Ok(RwLockReadGuard::unlocked(table, || {
        let mut table = call.table.write();
        let event = table.mint(&context, class, skeleton, now);
        place.known = table.context(context.named());
        event
    }))
}
