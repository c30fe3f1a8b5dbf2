//! The type of a record: found by what was met before, or added.

use std::sync::Arc;

use parking_lot::RwLockReadGuard;

use super::{Call, Place, Scratch, Stop};
use crate::identity::Context;
use crate::outlines::{Key, Known};
use crate::record::{self, Class, Shape};
use crate::table::{EventType, Table};

/// At most so many lines of one request are remembered.
const REMEMBERED: usize = 256;

/// The type of a record: by its outline where that was met before, else by its skeleton. The class of a novel one.
#[inline]
pub(super) fn find<'t>(
    call: &Call<'_>,
    scratch: &mut Scratch,
    shape: Shape<'_>,
    place: &Place<'_>,
    table: &'t Table,
) -> Result<&'t Arc<EventType>, Class> {
    let line = match shape {
        Shape::Outlined(line) => line,
        Shape::Mined(class) => return by_skeleton(scratch, class, place, table),
    };
    let Some(context) = &place.known else { return Err(scratch.work.mine(line, call.masks)) };
    let given = line.given;
    let key = Key { context, given, outline: scratch.work.outline.bytes() };
    let hash = table.outlines.hash(key);
    if let Some(event) = table.outlines.find(hash, key) {
        return Ok(event);
    }
    let class = scratch.work.mine(line, call.masks);
    let event = by_skeleton(scratch, class, place, table)?;
    if scratch.met.again(hash) && scratch.known.len() < REMEMBERED {
        let key = Key { context, given, outline: scratch.work.outline.bytes() };
        scratch.known.push(Known::new(hash, key, event));
    }
    Ok(event)
}

fn by_skeleton<'t>(
    scratch: &mut Scratch,
    class: Class,
    place: &Place<'_>,
    table: &'t Table,
) -> Result<&'t Arc<EventType>, Class> {
    let Some(context) = &place.known else { return Err(class) };
    match table.find(context, class, scratch.work.skeleton.text()) {
        Some(event) => Ok(event),
        None => covering(scratch, class, context, table).ok_or(class),
    }
}

/// The more general type of a skeleton that has none of its own.
#[inline(never)]
fn covering<'t>(
    scratch: &mut Scratch,
    class: Class,
    context: &Arc<Context>,
    table: &'t Table,
) -> Option<&'t Arc<EventType>> {
    let skeleton = scratch.work.skeleton.text();
    if let Some(event) = table.find_alias(context, class, skeleton) {
        return Some(event);
    }
    let skeleton = std::str::from_utf8(skeleton).ok()?;
    let event = table.find_covering(context, class, skeleton)?;
    if scratch.covered.len() < REMEMBERED {
        scratch.covered.push((Arc::clone(event), skeleton.into()));
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
    if !table.may_mint(&place.context, now) {
        return Ok(None);
    }
    Ok(RwLockReadGuard::unlocked(table, || {
        let mut table = call.table.write();
        let event = table.mint(call.ruleset, &place.context, class, skeleton, now);
        place.known = table.context(&place.context);
        event
    }))
}
