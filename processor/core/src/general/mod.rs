//! Generalisation: words that turn out to be data, though their form does not say so, become variables.
//!
//! For each skeleton and each of its open words, the word is added to the set of those seen at that place of the
//! skeleton. A set only grows, and once it holds enough different words its place is a variable: the *general* skeleton
//! says `<word>` there. Set union commutes, so that replicas which saw the same skeletons in another order agree, and a
//! type only ever merges into a more general one. Nothing of this is done for a line of a known type.
//!
//! `words` splits a skeleton where `ends` says, `kinds` tells what each is, `marks` are what stands for variables, `closed` knows the words that never
//! become a variable by the lists of `lexicon`, `sets` what was seen and what became general, `shown` writes a record's template with the places that
//! became variables.

mod closed;
mod ends;
mod kinds;
mod lexicon;
mod marks;
pub mod sets;
pub mod shown;
mod words;

pub use closed::{names_fault, tells};
pub use marks::{MARK, has_marks, mark_length, replace_marks};
pub use words::{MASKED, PLACES, Shape};
