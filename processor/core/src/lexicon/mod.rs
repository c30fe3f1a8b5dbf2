//! What single words and keys say, by closed lists and by their form, wherever they stand. The lists are part of the
//! ruleset; mining and generalisation both go by them.
//!
//! `closed` tells which words say how it went, by the lists of `outcomes`; `keys` what a key is asked by its name;
//! `endings` is a cheap look at a name before it is compared with those that are known.

mod begins;
mod closed;
pub mod endings;
pub mod keys;
mod outcomes;

pub use begins::may_tell;
pub use closed::{LONGEST, faults, is_closed, is_state, names_fault, tells};
