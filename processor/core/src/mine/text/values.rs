//! What is a value by what stands around it: users' names in sentences, and lists.

use std::ops::Range;

use crate::mine::bits::Bits;
use crate::mine::lists::Lists;
use crate::mine::names::{self, Quotes};

/// Those of a line, one after the other.
pub(super) struct Values<'t> {
    line: &'t [u8],
    quotes: Quotes,
    lists: Lists<'t>,
    name: Option<Range<usize>>,
    list: Option<Range<usize>>,
}

impl<'t> Values<'t> {
    #[inline]
    pub(super) fn new(line: &'t [u8], bits: &'t Bits, from: usize) -> Self {
        let (mut quotes, mut lists) = (Quotes::default(), Lists::new(line, bits));
        let (name, list) = (names::next(line, from, &mut quotes), lists.next(from));
        Self { line, quotes, lists, name, list }
    }

    /// The one that begins first of those that were not passed.
    #[inline]
    pub(super) fn first(&self) -> Option<Range<usize>> {
        [&self.name, &self.list].into_iter().flatten().min_by_key(|range| range.start).cloned()
    }

    /// Leaves out what begins before `done`.
    #[inline]
    pub(super) fn pass(&mut self, done: usize) {
        if self.name.as_ref().is_some_and(|name| name.start < done) {
            self.name = names::next(self.line, done, &mut self.quotes);
        }
        // An empty one ends where it begins.
        if self.list.as_ref().is_some_and(|list| list.start < done || list.end == done) {
            self.list = self.lists.next(done);
        }
    }
}
