//! Types follow what became general, some time after it did: no record waits for it.

use std::sync::atomic::AtomicUsize;

use parking_lot::{Mutex, RwLock};

use crate::table::{Table, Turn};
use crate::walk::now;

/// Types that follow while nobody else may use the table.
const PORTION: usize = 256;
/// What became general may make more so. What is left after so many rounds comes next time.
const ROUNDS: usize = 8;

/// Lets each type that a more general one covers become a part of it.
pub fn settle(table: &RwLock<Table>, ruleset: &str, turn: &Mutex<Turn>, held: &AtomicUsize) {
    for _ in 0..ROUNDS {
        if !table.read().has_grown() {
            return;
        }
        let types = table.write().to_follow();
        for portion in types.chunks(PORTION) {
            let (mut table, mut turn) = (table.write(), turn.lock());
            for event in portion {
                table.follow(event, ruleset, now(), &mut turn, held);
            }
        }
    }
}
