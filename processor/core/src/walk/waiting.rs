//! A record between being read and being settled: its type is found by what was met before, or added.

use std::ops::Range;
use std::sync::Arc;

use parking_lot::RwLockReadGuard;

use super::lengths::Places;
use super::{Call, Place, Scratch, Stop};
use crate::class::Given;
use crate::identity::Context;
use crate::mine::bits::Bits;
use crate::mine::plain::{self, Sureness};
use crate::mine::sketch;
use crate::outlines::{Key, Known, Says, Told};
use crate::record::log::Line;
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
#[derive(Default)]
pub(super) struct Waiting {
    /// Where the field begins that holds the record, where the record does, and where both end.
    pub start: usize,
    pub value: usize,
    pub end: usize,
    pub record: Record,
    /// Where the workspace has the sketch, outline or skeleton; the texts of one batch are far below 4 GiB.
    text: Range<u32>,
    /// Whether runs stand behind the sketch.
    with_runs: bool,
    /// The sketch that was not known.
    sketch: Option<Sketch>,
}

/// A line's sketch, perhaps with runs that it leaves out.
#[derive(Clone)]
struct Sketch {
    line: Line,
    given: Given,
    /// Where the workspace has it.
    text: Range<u32>,
    with_runs: bool,
}

/// Ways to tell a line beside its outline.
const BY_SKETCH: u32 = 1;
const BY_RUNS: u32 = 2;

impl Waiting {
    /// Reads another record than before, field by field: written elsewhere and moved it would cost as much again.
    #[inline]
    pub fn read(&mut self, call: &Call<'_>, field: &Field<'_>, work: &mut Workspace) -> Result<(), Malformed> {
        (self.start, self.value, self.end) = (field.start, field.value, field.end);
        (self.with_runs, self.sketch) = (false, None);
        self.text.start = work.texts.length() as u32;
        record::read(call.signal, field.payload, call.masks, work, &mut self.record)?;
        self.text.end = work.texts.length() as u32;
        Ok(())
    }

    /// How many bytes the field has.
    #[inline]
    pub fn bytes(&self) -> u64 {
        (self.end - self.start) as u64
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

    /// Reads more of a record that was not found by what was read of it; answers whether there was more.
    fn look_closer(
        &mut self,
        call: &Call<'_>,
        request: &[u8],
        work: &mut Workspace,
        told: Option<Told<'_>>,
    ) -> Result<bool, Malformed> {
        let Shape::Sketched(line, given) = self.record.shape else { return Ok(false) };
        let record = &request[self.value..self.end];
        let start = work.texts.length() as u32;
        if let Some(Told::Runs(runs)) = told
            && runs.tell(line.of(record))
        {
            work.texts.repeat(self.text.start as usize..self.text.end as usize);
            sketch::write_runs(line.of(record), runs.which, runs.zeros, &mut work.texts);
            self.with_runs = true;
        } else {
            if told.is_none() {
                self.sketch = Some(Sketch { line, given, text: self.text.clone(), with_runs: self.with_runs });
            }
            self.record.shape = record::read_closely(record, line, given, call.masks, work)?;
        }
        self.text = start..work.texts.length() as u32;
        Ok(true)
    }

    /// How long the text is that tells its type.
    #[inline]
    pub fn length(&self) -> usize {
        self.text.len()
    }

    #[inline]
    fn text<'t>(&self, texts: &'t [u8]) -> &'t [u8] {
        part(texts, &self.text)
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
        let Shape::Mined(class) = self.record.shape else {
            let class = scratch.work.mine(call.signal, &request[self.value..self.end], call.masks)?;
            let Some(context) = &place.known else { return Ok(Err(class)) };
            let skeleton = scratch.work.skeleton.text();
            let known = table.find_met(context, class, skeleton);
            let known = known.or_else(|| covering(skeleton, &mut scratch.covered, class, context, table));
            if let Some(event) = known {
                self.remember(request, scratch, context, table, event);
            }
            return Ok(known.ok_or(class));
        };
        let skeleton = self.text(scratch.work.texts.bytes());
        let covering =
            place.known.as_ref().and_then(|context| covering(skeleton, &mut scratch.covered, class, context, table));
        Ok(covering.ok_or(class))
    }

    /// Remembers a line by its outline, by which it was not known, and by its sketch.
    fn remember(
        &self,
        request: &[u8],
        scratch: &mut Scratch,
        context: &Arc<Context>,
        table: &Table,
        event: &Arc<EventType>,
    ) {
        let tells_all = self.remember_sketch(request, scratch, context, table, event);
        if let Shape::Outlined(given) = self.record.shape {
            let key = Key { context, given, text: self.text(scratch.work.texts.bytes()) };
            // A sketch that leaves nothing out is the outline.
            if tells_all && self.sketch.as_ref().is_some_and(|sketch| sketch.text.len() == key.text.len()) {
                return;
            }
            let hash = table.outlines.hash(key);
            if scratch.met.again(hash, table.count()) && scratch.known.len() < REMEMBERED {
                scratch.known.push(Known::new(hash, key, Says::Type(Arc::clone(event))));
            }
        }
    }

    /// Whether the record has a sketch that was not known.
    #[inline]
    pub fn has_new_sketch(&self) -> bool {
        self.sketch.is_some()
    }

    /// Remembers what the record's sketch tells, if it has one that was not known. Answers whether it is sure.
    #[cold]
    pub fn remember_sketch(
        &self,
        request: &[u8],
        scratch: &mut Scratch,
        context: &Arc<Context>,
        table: &Table,
        event: &Arc<EventType>,
    ) -> bool {
        let Some(sketch) = &self.sketch else { return false };
        let given = sketch.given.by(if sketch.with_runs { BY_RUNS } else { BY_SKETCH });
        let key = Key { context, given, text: part(scratch.work.texts.bytes(), &sketch.text) };
        let hash = table.outlines.hash(key);
        if !scratch.met.again(hash, table.count()) || scratch.known.len() >= REMEMBERED {
            return false;
        }
        let sureness = if sketch.with_runs {
            Sureness::Sketch
        } else {
            plain::sureness(sketch.line.of(&request[self.value..self.end]), &mut Bits::default())
        };
        let says = match sureness {
            Sureness::Sketch => Says::Type(Arc::clone(event)),
            Sureness::Runs(runs) => Says::Runs(runs),
            Sureness::Line => Says::Nothing,
        };
        scratch.known.push(Known::new(hash, key, says));
        !sketch.with_runs && sureness == Sureness::Sketch
    }

    /// The skeleton of a record that was mined last, or when it was read.
    pub fn skeleton<'w>(&self, work: &'w Workspace) -> &'w [u8] {
        match self.record.shape {
            Shape::Mined(_) => self.text(work.texts.bytes()),
            Shape::Outlined(_) | Shape::Sketched(..) => work.skeleton.text(),
        }
    }
}

fn part<'t>(texts: &'t [u8], range: &Range<u32>) -> &'t [u8] {
    &texts[range.start as usize..range.end as usize]
}

/// What has the hash of what is looked for.
#[derive(Clone, Copy)]
enum Candidate<'t> {
    Line(&'t Known),
    Type(&'t Arc<EventType>),
}

/// What is known of the records at each place.
pub(super) type Found<'t> = [Option<Told<'t>>; BATCH];

/// The types of at most `BATCH` records, looked up in that order, as far as what was read is enough to find them: by
/// sketch, or by outline.
#[inline]
pub(super) fn find<'t>(
    batch: &mut [Waiting],
    mut places: Places,
    call: &Call<'_>,
    request: &[u8],
    work: &mut Workspace,
    place: &Place<'_>,
    table: &'t Table,
) -> Result<Found<'t>, Malformed> {
    let mut found = [None; BATCH];
    let mut count = batch.len();
    while count > 0 {
        let sought = &places[..count];
        look_up(batch, sought, work.texts.bytes(), place, table, &mut found);
        let (mut closer, mut left) = (places, 0);
        for &at in sought {
            let told = &mut found[usize::from(at)];
            if !matches!(told, Some(Told::Type(_)))
                && batch[usize::from(at)].look_closer(call, request, work, told.take())?
            {
                closer[left] = at;
                left += 1;
            }
        }
        (places, count) = (closer, left);
    }
    Ok(found)
}

/// Looks those up that are at some places. In steps that ask for nothing that the same step finds, because such look-ups
/// are under way all at once.
#[inline]
fn look_up<'t>(
    batch: &[Waiting],
    places: &[u8],
    texts: &[u8],
    place: &Place<'_>,
    table: &'t Table,
    found: &mut Found<'t>,
) {
    let Some(context) = &place.known else { return };
    let (mut hashes, mut candidates) = ([0; BATCH], [None; BATCH]);
    let sought = || places.iter().map(|&at| &batch[usize::from(at)]);
    let key = |waiting: &Waiting, given| Key { context, given, text: waiting.text(texts) };
    let of_sketch =
        |waiting: &Waiting, given: Given| key(waiting, given.by(if waiting.with_runs { BY_RUNS } else { BY_SKETCH }));
    for (waiting, hash) in sought().zip(&mut hashes) {
        *hash = match waiting.record.shape {
            Shape::Sketched(_, given) => table.outlines.hash(of_sketch(waiting, given)),
            Shape::Outlined(given) => table.outlines.hash(key(waiting, given)),
            Shape::Mined(class) => table.hash(context, class, waiting.text(texts)),
        };
    }
    for ((waiting, hash), candidate) in sought().zip(hashes).zip(&mut candidates) {
        *candidate = match waiting.record.shape {
            Shape::Sketched(..) | Shape::Outlined(_) => table.outlines.candidate(hash).map(Candidate::Line),
            Shape::Mined(_) => table.candidate(hash).map(Candidate::Type),
        };
    }
    for candidate in candidates.iter().take(places.len()).flatten() {
        if let Candidate::Line(known) = candidate {
            known.ask();
        }
    }
    for ((waiting, candidate), &at) in sought().zip(candidates).zip(places) {
        let text = waiting.text(texts);
        found[usize::from(at)] = match (waiting.record.shape, candidate) {
            (Shape::Sketched(_, given), Some(Candidate::Line(known))) => known.of(of_sketch(waiting, given)),
            (Shape::Outlined(given), Some(Candidate::Line(known))) => known.of(key(waiting, given)),
            (Shape::Mined(class), Some(Candidate::Type(event))) if event.is(context, class, text) => {
                Some(Told::Type(event))
            }
            (Shape::Mined(class), _) => table.find_met(context, class, text).map(Told::Type),
            _ => None,
        };
    }
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
