//! Types follow what became general, soon after it did: of many types no record waits for it.

use std::sync::atomic::AtomicUsize;

use parking_lot::{Mutex, RwLock};

use crate::table::{Table, Turn};
use crate::walk::now;

/// Types or skeletons that are looked at while nobody else may use the table.
const PORTION: usize = 256;
/// What became general may make more so. What is left after so many rounds comes next time.
const ROUNDS: usize = 8;

/// So few types follow at once.
const FEW: usize = 4_096;

/// The same as `settle` when there are few types: their next records, should any come, are evidence of the whole.
pub fn settle_few(table: &RwLock<Table>, turn: &Mutex<Turn>, held: &AtomicUsize) {
    let is_due = {
        let table = table.read();
        table.has_grown() && table.count() <= FEW
    };
    if is_due {
        settle(table, turn, held);
    }
}

/// Lets each type that a more general one covers become a part of it.
pub fn settle(table: &RwLock<Table>, turn: &Mutex<Turn>, held: &AtomicUsize) {
    for _ in 0..ROUNDS {
        if !table.read().has_grown() {
            return;
        }
        let (types, aliases) = table.write().to_follow();
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
