//! Names that are told by their form, or by what is said of them: `rcpt bob: finished`, `rcpt eve: finished`.

use std::hash::BuildHasher;

use super::super::kinds::Kind;
use super::super::shape::MASKED;
use super::{Keyed, Of, Sets};

/// When in so many wordings that begin alike two names each were seen, all that begin so name something.
pub(super) const WORDINGS: usize = 3;
/// So many identifiers make a place a variable.
const IDENTIFIERS: usize = 2;
/// What looks like messages' codes are numbers of things, when so many stand before the same words.
pub(super) const CODES: usize = 8;

impl Sets {
    /// Notes an identifier at a place; answers whether there are enough.
    pub(super) fn are_identifiers(&mut self, keyed: &Keyed<'_>, place: usize, key: u64) -> bool {
        let is_one = keyed.shape.is_identifier(place);
        is_one && self.add(Of::Identifiers.key(key), keyed.words[place] as u32) >= IDENTIFIERS
    }

    /// Notes a message's code at a place; answers whether there are enough.
    pub(super) fn are_codes(&mut self, keyed: &Keyed<'_>, place: usize, key: u64) -> bool {
        let is_one = keyed.shape.words[place].kind == Kind::Code;
        is_one && self.add(Of::Codes.key(key), keyed.words[place] as u32) >= CODES
    }

    /// Whether the last part of a compound name was seen as a masked value as well, `node:<*>` and `node:shop`. Notes it.
    pub(super) fn is_value_elsewhere(&mut self, keyed: &Keyed<'_>, place: usize, key: u64) -> bool {
        let shape = keyed.shape;
        let Some((name, value)) = shape.text[shape.words[place].range.clone()].rsplit_once(':') else { return false };
        let [word, masked] = [false, true].map(|is_masked| self.hasher.hash_one((key, name, is_masked)));
        let (own, other) = if value == MASKED { (masked, word) } else { (word, masked) };
        self.add(own, 0);
        self.seen.contains_key(&other)
    }

    /// Whether a word is a name by how its wording begins, whatever is said behind it. `are_several`: other words were
    /// seen there, which counts for all wordings that begin so.
    pub(super) fn is_named(&mut self, keyed: &Keyed<'_>, places: u64, place: usize, are_several: bool) -> bool {
        let Some(beginning) = keyed.shape.beginning(places, place) else { return false };
        let key = self.hasher.hash_one((keyed.context, beginning));
        if !are_several || self.named.len() >= self.capacity && !self.named.contains_key(&key) {
            return self.named.get(&key).is_some_and(is_full);
        }
        let wordings = self.named.entry(key).or_default();
        let wording = keyed.at(places | 1 << place);
        if !is_full(wordings) && !wordings.contains(&wording) {
            wordings.rotate_right(1);
            wordings[0] = wording;
            if is_full(wordings) {
                // Those that were seen before are to be looked at again.
                let varying = places | keyed.shape.general() | 1 << place;
                self.grown.note_around(keyed.context, (keyed.shape.around(varying).0, ""));
            }
        }
        is_full(wordings)
    }
}

fn is_full(wordings: &[u64; WORDINGS]) -> bool {
    wordings[WORDINGS - 1] != 0
}

#[cfg(test)]
mod tests {
    use super::super::tests::{general, learnt};

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn two_identifiers_are_names_and_the_one_of_what_logs_is_none() {
        let texts = owned(&["looking for shop_config in <*>", "looking for cart_config in <*>"]);
        assert_eq!(general(&learnt(&texts), &texts[0]), "looking for <word> in <*>");
        let texts = owned(&[
            "save_cart is done",
            "load_cart is done",
            "with save_failed now",
            "with load_failed now",
            "on order_placed now",
            "on order_shipped now",
            "by cart_open now",
            "by cart_done now",
        ]);
        let sets = learnt(&texts);
        for text in &texts {
            assert_eq!(&general(&sets, text), text);
        }
        let bars = owned(&["cart_view | it is linked", "shop_view | it is linked"]);
        assert_eq!(general(&learnt(&bars), &bars[0]), "<word> | it is linked");
    }

    #[test]
    fn a_code_of_a_message_stays_unless_it_is_one_of_many_before_the_same_words() {
        let codes = |count: usize| (0..count).map(|code| format!("ORD{:05}: shipped", 17 * code)).collect::<Vec<_>>();
        assert_eq!(general(&learnt(&codes(7)), "ORD00017: shipped"), "ORD00017: shipped");
        assert_eq!(general(&learnt(&codes(8)), "ORD00017: shipped"), "<word>: shipped");
        assert_eq!(general(&learnt(&codes(8)), "ORD00017: paid"), "ORD00017: paid");
    }

    #[test]
    fn the_value_behind_a_colon_may_be_masked_and_compound_names_are_words() {
        let texts = owned(&["began on node:<*> now", "began on node:shop now", "began on peer:shop now"]);
        for texts in [[0, 1, 2], [2, 1, 0]].map(|order| order.map(|at| texts[at].clone())) {
            assert_eq!(general(&learnt(&texts), "began on node:shop now"), "began on <word> now");
        }
        let names = owned(&["key: queue:<*>", "key: queue:<*>:null", "key: topic:mail", "key: topic:x.y"]);
        assert_eq!(general(&learnt(&names[..3]), &names[0]), names[0]);
        let texts: Vec<String> = names.iter().map(|name| format!("no data for {name}.")).collect();
        assert_eq!(general(&learnt(&texts), &texts[0]), "no data for key: <word>.");
    }

    #[test]
    fn of_whom_three_things_are_said_as_of_another_is_a_name() {
        let mut texts =
            owned(&["rcpt bob: kept", "rcpt eve: kept", "rcpt bob: sorted", "rcpt eve: sorted", "rcpt bob: signed"]);
        assert_eq!(general(&learnt(&texts), "rcpt bob: kept"), "rcpt bob: kept");
        texts.extend(owned(&["rcpt eve: signed", "rcpt ann: weighed"]));
        for _ in 0..2 {
            let mut sets = learnt(&texts);
            while !sets.take_grown().is_empty() {
                for text in &texts {
                    sets.learn(&crate::identity::Context::default(), &super::super::Shape::of(text));
                }
            }
            assert_eq!(general(&sets, "rcpt bob: kept"), "rcpt <word>: kept");
            assert_eq!(general(&sets, "rcpt ann: weighed"), "rcpt <word>: weighed");
            assert_eq!(general(&sets, "rcpt failed: kept"), "rcpt failed: kept");
            assert_eq!(general(&sets, "rcpt bob, kept"), "rcpt bob, kept");
            texts.reverse();
        }
    }
}
