//! Words that are data in other skeletons of the same context: two such at one place are data there as well, and one
//! beside another word where both are marked as values.

use super::{Keyed, Of, Sets};
use crate::general::shape::VALUES;
use crate::ones::ones;

/// So many words that are known as data make a place a variable.
const KNOWN: usize = 2;
/// A shorter word, such as a letter, is not told from others of its form.
const SHORTEST: usize = 2;

impl Sets {
    /// Notes the words that stand at places which are variables. Skeletons that were seen before are to be looked at again
    /// where one of them may be known by that.
    pub(super) fn note_known(&mut self, keyed: &Keyed<'_>, places: u64) {
        for place in ones(places & keyed.shape.open() & !keyed.shape.masked() & !keyed.shape.held()) {
            let word = &keyed.shape.words[place];
            let name = keyed.names[place];
            if word.range.len() >= SHORTEST && self.known.len() < self.capacity && self.known.insert(name) {
                let is_awaited = self.awaited.contains(&(name as u32));
                if is_awaited {
                    self.grown.note_word(keyed.context, &keyed.shape.text[word.range.clone()]);
                }
            }
        }
    }

    /// Notes a word that is known as data at a place; answers whether there are enough.
    pub(super) fn are_known(&mut self, keyed: &Keyed<'_>, place: usize, key: u64) -> bool {
        let name = keyed.names[place];
        let Some(needed) = keyed.shape.words[place].needed() else { return false };
        let known = if self.known.contains(&name) {
            self.add(Of::Known.key(key), keyed.words[place] as u32)
        } else {
            if self.awaited.len() < self.capacity {
                self.awaited.insert(name as u32);
            }
            self.count(Of::Known.key(key))
        };
        known >= KNOWN || known > 0 && needed <= VALUES && self.count(key) >= KNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{general, learnt};
    use crate::general::Shape;
    use crate::identity::Context;

    #[test]
    fn two_words_that_are_data_elsewhere_are_data_in_any_order() {
        let names = ["alice", "bob", "carol", "dave"];
        let mut texts: Vec<String> = names.iter().map(|name| format!("session of {name} began")).collect();
        texts.extend(["seat of alice freed", "seat of bob freed", "seat of zoe freed"].map(String::from));
        texts.extend(["desk of alice freed", "desk of joe freed"].map(String::from));
        texts.extend(["gave seat=kim back", "gave seat=zoe back"].map(String::from));
        texts.extend(["took seat=kim back", "took seat=lee back"].map(String::from));
        for _ in 0..2 {
            let mut sets = learnt(&texts);
            while !sets.take_grown().is_empty() {
                for text in &texts {
                    sets.learn(&Context::default(), &Shape::of(text));
                }
            }
            assert_eq!(general(&sets, "seat of zoe freed"), "seat of <word> freed");
            assert_eq!(general(&sets, "seat of failures freed"), "seat of failures freed");
            assert_eq!(general(&sets, "desk of alice freed"), "desk of alice freed");
            assert_eq!(general(&sets, "gave seat=kim back"), "gave seat=<word> back");
            assert_eq!(general(&sets, "took seat=lee back"), "took seat=<word> back");
            texts.reverse();
        }
    }
}
