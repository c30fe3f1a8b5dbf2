//! What grew since it was last asked for, and which skeletons that concerns at once: those that begin and end alike, or
//! hold a word. They are told by their text, because to split and hash each of a context's skeletons costs far more.
//!
//! Others of the context may say something else by chance, where counts that they add to were short of them: they are
//! asked as well, later.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// When more grew in a context than is worth comparing with each skeleton, all of its skeletons are concerned.
const MOST: usize = 64;

/// What grew in each context, by the context's key.
#[derive(Default)]
pub struct Grown(HashMap<u64, Growth, RandomState>);

/// What grew in one context.
#[derive(Default)]
pub struct Growth {
    /// How the skeletons begin and end that are concerned.
    around: Vec<(Box<str>, Box<str>)>,
    /// The words that they hold.
    words: Vec<Box<str>>,
    is_all: bool,
}

impl Grown {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contexts(&self) -> impl Iterator<Item = u64> {
        self.0.keys().copied()
    }

    /// What grew in a context, if anything did.
    pub fn of(&self, context: u64) -> Option<&Growth> {
        self.0.get(&context)
    }

    /// All skeletons of a context are concerned.
    pub(super) fn note_all(&mut self, context: u64) {
        self.0.entry(context).or_default().is_all = true;
    }

    /// Skeletons that begin and end so are concerned.
    pub(super) fn note_around(&mut self, context: u64, (before, after): (&str, &str)) {
        let growth = self.0.entry(context).or_default();
        if !growth.concerns_all() && !growth.is_around(before, after) {
            growth.around.push((before.into(), after.into()));
        }
    }

    /// Skeletons that hold a word are concerned.
    pub(super) fn note_word(&mut self, context: u64, word: &str) {
        let growth = self.0.entry(context).or_default();
        if !growth.concerns_all() && !growth.words.iter().any(|known| **known == *word) {
            growth.words.push(word.into());
        }
    }
}

impl Growth {
    /// Whether a skeleton may say something else now.
    pub fn concerns(&self, skeleton: &str) -> bool {
        self.concerns_all()
            || self.around.iter().any(|(before, after)| skeleton.starts_with(&**before) && skeleton.ends_with(&**after))
            || self.words.iter().any(|word| skeleton.contains(&**word))
    }

    fn concerns_all(&self) -> bool {
        self.is_all || self.around.len() + self.words.len() > MOST
    }

    fn is_around(&self, before: &str, after: &str) -> bool {
        self.around.iter().any(|known| *known.0 == *before && *known.1 == *after)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sets;
    use super::super::tests::{general, made};
    use super::*;
    use crate::chance::numbers_below;
    use crate::general::Shape;
    use crate::identity::Context;

    #[test]
    fn skeletons_are_concerned_that_begin_and_end_alike_or_hold_a_word_and_all_of_them_when_much_grew() {
        let mut grown = Grown::default();
        grown.note_around(1, ("session of ", " began"));
        grown.note_word(1, "alice");
        let growth = grown.of(1).unwrap();
        assert!(growth.concerns("session of bob began") && growth.concerns("seat of alice freed"));
        assert!(!growth.concerns("session of bob ended") && !growth.concerns("seat of bob freed"));
        assert!(grown.of(2).is_none());
        grown.note_all(2);
        assert!(grown.of(2).unwrap().concerns("seat of bob freed"));
        (0..MOST).for_each(|number| grown.note_word(1, &number.to_string()));
        assert!(grown.of(1).unwrap().concerns("seat of bob freed"));
    }
    /// Scenario: skeletons come one by one, and after each those are looked at again that are concerned at once.
    /// Guarantees: once all of them were looked at as well, each says what it says where that was not done.
    #[test]
    fn looking_at_some_first_changes_nothing_in_the_end() {
        let context = Context::default();
        let mut below = numbers_below(11);
        for _ in 0..10 {
            let texts = made(&mut below);
            let [mut some_first, mut all_at_once] = [Sets::new(10_000), Sets::new(10_000)];
            for (at, text) in texts.iter().enumerate() {
                all_at_once.learn(&context, &Shape::of(text));
                some_first.learn(&context, &Shape::of(text));
                while let grown = some_first.take_grown_first()
                    && let Some(growth) = grown.of(some_first.context_key(&context))
                {
                    for seen in texts[..=at].iter().filter(|seen| growth.concerns(seen)) {
                        some_first.learn(&context, &Shape::of(seen));
                    }
                }
            }
            for sets in [&mut some_first, &mut all_at_once] {
                while !sets.take_grown().is_empty() {
                    for text in &texts {
                        sets.learn(&context, &Shape::of(text));
                    }
                }
            }
            for text in &texts {
                assert_eq!(general(&some_first, text), general(&all_at_once, text));
            }
        }
    }
}
