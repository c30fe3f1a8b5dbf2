//! The narrow core of Sluice: OTLP bytes in, OTLP bytes out.
//!
//! A record's way: `wire` and `any` read it in place, `record` finds what makes its event type, `outlines` knows the
//! lines that were met before and `mine` masks the others, `table` looks the type up, `decide` says what becomes of it,
//! `tags` and `edit` splice, `walk` does so for a whole request, `engine` keeps what outlives one.
//!
//! `lexicon` is what single words say, `marks` how a skeleton says that a word became data: `mine` goes by both, `general`
//! is built upon `mine`, and neither of the lower ones knows of what is above it.
//!
//! Beside that way: `general` learns which words of novel skeletons are data, `merge` lets types become parts of more
//! general ones, `rekey` finds a type of other masks here, `samples` and `evidence` are what a judge is shown.

mod ahead;
pub mod aliases;
pub mod any;
pub mod brake;
mod cardinality;
#[cfg(test)]
mod chance;
pub mod class;
pub mod decide;
pub mod edit;
pub mod engine;
pub mod evidence;
pub mod general;
pub mod identity;
pub mod json;
mod lexicon;
pub mod look;
mod marks;
pub mod merge;
pub mod mine;
mod ones;
pub mod outlines;
pub mod passage;
pub mod peers;
#[cfg(feature = "python")]
mod python;
pub mod record;
pub mod rekey;
pub mod room;
pub mod samples;
pub mod settings;
pub mod shapes;
pub mod table;
pub mod tags;
pub mod touched;
pub mod walk;
pub mod wire;
