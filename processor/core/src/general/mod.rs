//! Generalisation: words that turn out to be data, though their form does not say so, become variables.
//!
//! For each skeleton and each of its open words, the word is added to the set of those seen at that place of the
//! skeleton. A set only grows, and once it holds enough different words its place is a variable: the *general* skeleton
//! says `<word>` there. Set union commutes, so that replicas which saw the same skeletons in another order agree, and a
//! type only ever merges into a more general one. Nothing of this is done for a line of a known type.
//!
//! `shape` splits a skeleton into words where `ends` says, `kinds` tells what each is, and `telling` which names tell of
//! faults; `sets` knows what was seen and what became general, `shown` writes a record's template with the places that
//! became variables. Words that say how it went never become one (`lexicon`).
//!
//! It is built upon `mine`, whose skeletons it reads; nothing there knows of it.

mod ends;
mod kinds;
pub mod sets;
mod shape;
pub mod shown;
mod telling;

pub use shape::{MASKED, PLACES, Shape};
