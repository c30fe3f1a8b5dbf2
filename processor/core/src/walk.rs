//! One walk over one request: every record is read, its type found, its decision carried out.

mod changes;
mod course;
mod fate;
mod lengths;
mod met;
mod resource;
mod waiting;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub use course::Course;
use parking_lot::{RwLock, RwLockReadGuard};

use lengths::{AS_THEY_COME, ByLength};
use resource::Resource;
use waiting::{BATCH, Waiting, add, find};

use crate::ahead;
use crate::edit::{Edits, Extent};
use crate::identity::{self, Context, Named};
use crate::mine::Masks;
use crate::outlines::{Known, Met};
use crate::record::{self, Signal, Workspace};
use crate::settings::{Mode, Policy};
use crate::table::{EventType, Table};
use crate::touched::Touched;
use crate::wire::{Field, Fields, Malformed};

/// What a walk is made with.
#[derive(Clone, Copy)]
pub struct Call<'e> {
    pub masks: &'e Masks,
    pub table: &'e RwLock<Table>,
    pub policy: &'e Policy,
    pub signal: Signal,
}

/// No more records wait when there are so many bytes of what tells their types.
const BATCH_TEXT: usize = 64 << 10;

/// Working memory of more bytes than these is not used again: a single record may have made it large, and most are small.
const USED_AGAIN: usize = 1 << 20;

/// Working memory of one call.
#[derive(Default)]
pub struct Scratch {
    work: Workspace,
    batch: Vec<Waiting>,
    /// Slot of a type to one more than its place in `touched`; all zero between calls.
    index: Vec<u32>,
    /// How many types the last call touched, and its edits: the next one will be much like it.
    touched: usize,
    edits: Extent,
    met: Met,
    /// Lines to remember when the walk is over.
    known: Vec<Known>,
    /// Skeletons to remember that a more general type covers.
    covered: Vec<(Arc<EventType>, Box<str>)>,
}

impl Scratch {
    /// Whether another call is to have it.
    pub fn is_worth_keeping(&self) -> bool {
        self.work.held() <= USED_AGAIN
    }
}

/// What is left to forward of a request.
#[derive(Default)]
pub enum Payload {
    #[default]
    Nothing,
    /// The request itself.
    Same,
    Changed(Edits),
}

/// What became of a request; `touched` and the limits wait for `Engine::commit` or `roll_back`.
#[derive(Default)]
pub struct Processed {
    pub payload: Payload,
    pub received: u64,
    pub dropped: u64,
    pub tagged: u64,
    pub items_received: u64,
    pub items_dropped: u64,
    pub touched: Vec<Touched>,
    pub overflowed: u64,
}

/// Gives back what a request took of limits and was not committed.
pub fn roll_back(processed: &Processed) {
    for touched in &processed.touched {
        touched.roll_back();
    }
}

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}

/// Walks one request. A walk that meets another order than the usual one is taken back and made anew.
pub fn process(call: &Call<'_>, request: &[u8], scratch: &mut Scratch) -> Result<Processed, Malformed> {
    match walk(call, Order::Usual, request, scratch) {
        Ok(processed) => Ok(processed),
        Err(Stop::Malformed(error)) => Err(error),
        Err(Stop::LateScope) => walk(call, Order::Any, request, scratch).map_err(|stop| match stop {
            Stop::Malformed(error) => error,
            Stop::LateScope => unreachable!("a walk in any order minds none"),
        }),
    }
}

fn walk(call: &Call<'_>, order: Order, request: &[u8], scratch: &mut Scratch) -> Result<Processed, Stop> {
    let touched = Vec::with_capacity(scratch.touched);
    let extent = scratch.edits;
    let mut batch = std::mem::take(&mut scratch.batch);
    batch.resize_with(BATCH, Waiting::default);
    let mut pass = Pass {
        call: *call,
        mode: call.policy.mode(call.signal),
        order,
        now: now(),
        buf: request,
        scratch,
        batch,
        waiting: 0,
        types: [0; BATCH],
        by_length: ByLength::default(),
        edits: Edits::with_room(extent),
        growth: request.len() * 4 + (1 << 20),
        out: Processed { touched, ..Processed::default() },
    };
    let walked = pass.request();
    let Pass { edits, mut out, scratch, batch, .. } = pass;
    scratch.batch = batch;
    if !scratch.known.is_empty() || !scratch.covered.is_empty() {
        // Nobody waits for this: what is not remembered now will be another time.
        if let Some(mut table) = call.table.try_write() {
            table.remember(scratch.known.drain(..));
            table.remember_covered(scratch.covered.drain(..));
        }
        scratch.known.clear();
        scratch.covered.clear();
    }
    for touched in &out.touched {
        scratch.index[touched.event.slot as usize] = 0;
    }
    scratch.touched = out.touched.len();
    scratch.edits = edits.extent();
    if let Err(stop) = walked {
        roll_back(&out);
        return Err(stop);
    }
    out.payload = if edits.is_empty() {
        Payload::Same
    } else if out.received == out.dropped {
        Payload::Nothing
    } else {
        Payload::Changed(edits)
    };
    Ok(out)
}

/// Where a scope's own fields are looked for.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// Before its records, where every encoder writes them: one walk does.
    Usual,
    /// Anywhere, which is as legal: they are read first, in a walk of their own.
    Any,
}

/// Why a walk ended early.
enum Stop {
    Malformed(Malformed),
    /// The order is not the usual one.
    LateScope,
}

impl From<Malformed> for Stop {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

/// What holds for all records of one scope.
struct Place<'a> {
    scope: Cow<'a, str>,
    known: Option<Arc<Context>>,
    resource: &'a Resource,
    /// The scope whose records these are.
    encoded: &'a [u8],
    name: &'a [u8],
    /// Whether it is sure that the scope has that name.
    named: bool,
}

/// One walk over one request.
struct Pass<'e> {
    call: Call<'e>,
    mode: Mode,
    order: Order,
    now: i64,
    buf: &'e [u8],
    scratch: &'e mut Scratch,
    /// Records of one scope: so many of them were read and are not settled.
    batch: Vec<Waiting>,
    waiting: usize,
    /// Where their types stand in `touched`, once they are counted.
    types: [usize; BATCH],
    by_length: ByLength,
    edits: Edits,
    /// How many bytes tags may add: a request of many tiny records passes untagged beyond it, so memory is bounded.
    growth: usize,
    out: Processed,
}

impl<'e> Pass<'e> {
    fn request(&mut self) -> Result<(), Stop> {
        let mut table = self.call.table.read();
        let mut fields = Fields::new(self.buf);
        while let Some(field) = fields.read()? {
            if field.is_message(1) {
                self.resource(&field, &mut table)?;
            }
        }
        Ok(())
    }

    /// `ResourceLogs`, `ResourceMetrics`, `ResourceSpans`: 1 is the resource, 2 a scope's records. The resource may
    /// come last and in pieces, so it is read first.
    fn resource(&mut self, outer: &Field<'_>, table: &mut RwLockReadGuard<'e, Table>) -> Result<(), Stop> {
        let resource = resource::read(Fields::within(self.buf, outer), self.call.policy)?;
        self.enclosing(outer, |pass| {
            let mut fields = Fields::within(pass.buf, outer);
            while let Some(field) = fields.read()? {
                if field.is_message(2) {
                    pass.scope(&field, &resource, table)?;
                }
            }
            Ok(())
        })
    }

    /// Walks the records within a message, which goes altogether when all of them do.
    #[inline]
    fn enclosing(&mut self, outer: &Field<'_>, inside: impl FnOnce(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        let opened = self.edits.open();
        let before = (self.out.received, self.out.dropped);
        inside(self)?;
        let (received, dropped) = (self.out.received - before.0, self.out.dropped - before.1);
        if received > 0 && received == dropped {
            self.edits.close_cut(&opened, outer);
        } else {
            self.edits.close(&opened, outer);
        }
        Ok(())
    }

    /// One scope's records.
    fn scope(
        &mut self,
        outer: &Field<'_>,
        resource: &Resource,
        table: &mut RwLockReadGuard<'e, Table>,
    ) -> Result<(), Stop> {
        let name = record::scope_name(outer.payload, self.order == Order::Usual)?;
        let scope = identity::name(name);
        let known = table.context(Named { scope: &scope, ..resource.service.named() });
        let named = self.order == Order::Any;
        let mut place = Place { scope, known, resource, encoded: outer.payload, name, named };
        let first = self.out.received;
        self.enclosing(outer, |pass| {
            let mut fields = Fields::within(pass.buf, outer);
            while let Some(field) = fields.read()? {
                if field.is_message(2) {
                    pass.read(&field)?;
                    if pass.waiting == BATCH || pass.scratch.work.texts.length() > BATCH_TEXT {
                        pass.settle(&mut place, table)?;
                    }
                } else if field.is_message(1) && pass.order == Order::Usual && pass.out.received > first {
                    return Err(Stop::LateScope);
                }
            }
            pass.settle(&mut place, table)
        })
    }

    /// Reads a record; what becomes of it is settled with its neighbours'.
    fn read(&mut self, field: &Field<'_>) -> Result<(), Malformed> {
        ahead::ask(self.buf, field.end);
        let waiting = &mut self.batch[self.waiting];
        waiting.read(&self.call, field, &mut self.scratch.work)?;
        self.by_length.note(self.waiting, waiting.length());
        self.waiting += 1;
        self.out.received += 1;
        self.out.items_received += waiting.record.items;
        Ok(())
    }

    /// Settles the records that were read and wait. Types are looked up for many at a time, because the processor then
    /// waits for several entries of a large table at once.
    fn settle(&mut self, place: &mut Place<'_>, table: &mut RwLockReadGuard<'e, Table>) -> Result<(), Stop> {
        let mut batch = std::mem::take(&mut self.batch);
        let (mut rest, mut at_once) = (&mut batch[..std::mem::take(&mut self.waiting)], BATCH);
        let mut places = self.by_length.take();
        while !rest.is_empty() {
            let count = at_once.min(rest.len());
            let run = &mut rest[..count];
            let found = find(run, places, &self.call, self.buf, &mut self.scratch.work, place, table)?;
            places = AS_THEY_COME;
            let mut met = self.met(run, &found, place, table)?;
            // What is novel seldom comes alone.
            at_once = if met == run.len() { BATCH } else { 1 };
            if let Some(waiting) = run.get(met) {
                self.first_met(waiting, place, table)?;
                met += 1;
            }
            rest = &mut rest[met..];
        }
        self.scratch.work.texts.clear();
        self.batch = batch;
        Ok(())
    }

    /// A record whose type was not found at once.
    fn first_met(
        &mut self,
        waiting: &Waiting,
        place: &mut Place<'_>,
        table: &mut RwLockReadGuard<'e, Table>,
    ) -> Result<(), Stop> {
        let class = match waiting.mine(&self.call, self.buf, self.scratch, place, table)? {
            Ok(event) => return self.met_late(waiting, event, place, table),
            Err(class) => class,
        };
        let skeleton = waiting.skeleton(&self.scratch.work);
        if let Some(event) = add(&self.call, place, class, skeleton, self.now, table)? {
            // It may have become a part of another while the table was not held.
            return self.met_late(waiting, event.current(), place, table);
        }
        self.out.overflowed += 1;
        self.strip(waiting)
    }
}
