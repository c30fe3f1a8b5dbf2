//! Words where masked values were seen as well although more differs than one place: beside a place that is general, or
//! at two places near each other, as `of alice (shop)` and `of <*> (<*>)`.

use super::super::kinds::Kind;
use super::{Keyed, Sets};
use crate::ones::ones;

/// So far apart are two places that may be compared at once, at most: each pair is a set.
const NEAR: usize = 3;

impl Sets {
    /// Compares a skeleton with those that have masked values where it has words, in either order: where a place is
    /// general, one with masked values lets all of its context be compared again; the others are found by their pairs.
    pub(super) fn join_masked(&mut self, keyed: &Keyed<'_>) {
        let shape = keyed.shape;
        let open = shape.open() | shape.general();
        let may_vary = shape.may_vary();
        for places in self.patterns.get(&keyed.pattern).cloned().unwrap_or_default() {
            let places = places | shape.general();
            if places & !may_vary == 0 {
                self.join_under(keyed, places, open & !shape.masked() & !places);
            }
        }
        self.join_pairs(keyed, shape.open());
    }

    /// Looks for masked values at one of the words, or at two near each other, under general places.
    fn join_under(&mut self, keyed: &Keyed<'_>, places: u64, words: u64) {
        let general = keyed.at(places);
        for one in ones(words) {
            let masked = keyed.masked_at(general, one);
            if self.masked.contains(&masked) {
                self.join(keyed, places, &[one]);
            }
            for other in near(words, one) {
                if self.masked.contains(&keyed.masked_at(masked, other)) {
                    self.join(keyed, places, &[one, other]);
                }
            }
        }
    }

    /// The same where no place is general, of pairs with a place that is marked as a value's or stands in brackets: all
    /// others would cost memory for nothing.
    fn join_pairs(&mut self, keyed: &Keyed<'_>, open: u64) {
        let (seen, masks) = (keyed.at(0), keyed.shape.masked());
        let is_marked = |place: usize| matches!(keyed.shape.words[place].kind, Kind::Value | Kind::Enclosed);
        for one in ones(open) {
            for other in near(open, one).filter(|&other| is_marked(one) || is_marked(other)) {
                let pair = 1 << one | 1 << other;
                let key = keyed.at(pair);
                let is_joined = match (masks & pair).count_ones() {
                    0 => {
                        if self.pairs.len() < self.capacity {
                            self.pairs.insert(key);
                        }
                        self.masked.contains(&keyed.masked_at(keyed.masked_at(seen, one), other))
                    }
                    2 => self.pairs.contains(&key),
                    _ => false,
                };
                if is_joined {
                    self.join(keyed, 0, &[one, other]);
                }
            }
        }
    }

    /// Makes a skeleton general at further places, if enough stays.
    fn join(&mut self, keyed: &Keyed<'_>, places: u64, further: &[usize]) {
        let shape = keyed.shape;
        let wider = further.iter().fold(places, |wider, place| wider | 1 << place);
        let says_enough = further.iter().all(|place| shape.says_enough(wider, &shape.words[*place], true));
        if says_enough && !self.general.contains(&keyed.at(wider)) {
            self.make_general(keyed, wider);
        }
    }
}

impl Keyed<'_> {
    /// The key of the same with a masked value in the place of a word.
    fn masked_at(&self, key: u64, place: usize) -> u64 {
        key.wrapping_sub(self.words[place]).wrapping_add(self.masked[place])
    }
}

/// Those of the places that follow one and stand near it.
fn near(places: u64, one: usize) -> impl Iterator<Item = usize> {
    ones(places & (u64::MAX << one << 1)).take_while(move |other| other - one <= NEAR)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{general, learnt};

    /// What is said of the last text after all of them, in either order.
    fn said_of_last(texts: &[&str]) -> String {
        let mut texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let last = texts[texts.len() - 1].clone();
        let mut said = Vec::new();
        for _ in 0..2 {
            let mut sets = learnt(&texts);
            while !sets.take_grown().is_empty() {
                for text in &texts {
                    sets.learn(&crate::identity::Context::default(), &super::super::Shape::of(text));
                }
            }
            said.push(general(&sets, &last));
            texts.reverse();
        }
        assert_eq!(said[0], said[1]);
        said.swap_remove(0)
    }

    #[test]
    fn two_words_near_each_other_where_masked_values_were_seen_are_variables() {
        assert_eq!(
            said_of_last(&["began task on <*> (agent <*>)", "began task on localhost (agent main)"]),
            "began task on <word> (agent <word>)"
        );
        assert_eq!(
            said_of_last(&["began <*> of all the many tasks <*>", "began one of all the many tasks now"]),
            "began one of all the many tasks now"
        );
        assert_eq!(
            said_of_last(&["ended task on <*> (code <*>)", "ended task on localhost (code failed)"]),
            "ended task on localhost (code failed)"
        );
    }

    #[test]
    fn a_word_beside_a_general_place_where_a_masked_value_was_seen_is_a_variable() {
        let options =
            ["sent option mtu <*>", "sent option router <*>", "sent option lease <*>", "sent option server <*>"];
        let texts: Vec<&str> = options.into_iter().chain(["sent option hostname shop"]).collect();
        assert_eq!(said_of_last(&texts), "sent option <word> <word>");
    }

    #[test]
    fn none_is_data_where_a_value_was_seen_unless_a_fault_is_spoken_of() {
        assert_eq!(said_of_last(&["began by alice on <*>", "began by alice on none"]), "began by alice on <word>");
        assert_eq!(said_of_last(&["last error of disk: <*>", "last error of disk: none"]), "last error of disk: none");
        assert_eq!(said_of_last(&["placed partition=<*>", "placed partition=debug"]), "placed partition=<word>");
        assert_eq!(said_of_last(&["placed log_level=<*>", "placed log_level=debug"]), "placed log_level=debug");
    }

    #[test]
    fn a_compound_name_and_a_plain_one_are_names_of_the_same() {
        assert_eq!(said_of_last(&["unpacking <*> over it", "unpacking <*>:amd64 over it"]), "unpacking <word> over it");
        assert_eq!(said_of_last(&["unpacking <*> over it", "unpacking libx:arm over it"]), "unpacking <word> over it");
        assert_eq!(
            said_of_last(&["unpacking <*> over it", "unpacking lib:failed over it"]),
            "unpacking lib:failed over it"
        );
        assert_eq!(said_of_last(&["collect at <*> now", "collect at Worker.java:<*> now"]), "collect at <word> now");
    }
}
