//! The classes that stand in a fingerprint beside the shape: severity, outcome, purpose.
//!
//! `severity`, `outcome` and `purpose` are these, `clues` collects what a record says of the last two while it is read,
//! `given` packs what is known of a line before it is mined.

mod clues;
mod given;
mod outcome;
mod purpose;
mod severity;

pub use clues::Clues;
pub use given::Given;
pub use outcome::Outcome;
pub use purpose::{Probe, is_file, is_root};
pub use severity::Severity;
