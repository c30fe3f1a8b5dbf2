//! Types follow what became general, soon after it did: of many types no record waits for it.

use std::sync::atomic::AtomicUsize;

use parking_lot::{Mutex, RwLock};

use crate::table::{Table, Turn, Whom};
use crate::walk::now;

/// Types or skeletons that are looked at while nobody else may use the table.
const PORTION: usize = 256;
/// What became general may make more so. What is left after so many rounds comes next time.
const ROUNDS: usize = 8;

/// So few types follow at once.
const FEW: usize = 4_096;

/// Lets those follow at once that what became general may concern, when there are few types: their next records, should any
/// come, are evidence of the whole. The others of the context wait for `settle`, so that no request does.
pub fn settle_few(table: &RwLock<Table>, turn: &Mutex<Turn>, held: &AtomicUsize) {
    let is_due = {
        let table = table.read();
        table.has_grown() && table.count() <= FEW
    };
    if is_due {
        follow(Whom::Concerned, table, turn, held);
    }
}

/// Lets each type that a more general one covers become a part of it.
pub fn settle(table: &RwLock<Table>, turn: &Mutex<Turn>, held: &AtomicUsize) {
    follow(Whom::All, table, turn, held);
}

fn follow(whom: Whom, table: &RwLock<Table>, turn: &Mutex<Turn>, held: &AtomicUsize) {
    for _ in 0..ROUNDS {
        let is_due = match whom {
            Whom::Concerned => table.read().has_grown(),
            Whom::All => table.read().has_left_behind(),
        };
        if !is_due {
            return;
        }
        let (types, aliases) = table.write().to_follow(whom);
        for portion in aliases.chunks(PORTION) {
            let mut table = table.write();
            for alias in portion {
                table.learn_again(alias);
            }
        }
        for portion in types.chunks(PORTION) {
            let (mut table, mut turn) = (table.write(), turn.lock());
            table.follow_all(portion, now(), &mut turn, held);
        }
    }
}
