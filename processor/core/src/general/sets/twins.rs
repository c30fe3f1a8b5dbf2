//! A word that a skeleton says twice, as `login of alice as alice`: its places vary together or not at all.

use super::{Keyed, Of, Sets};
use crate::ones::ones;

impl Sets {
    /// Adds each open word that the skeleton has more than once, with those places made variables, to the set of what all
    /// places of the word hold; enough different ones make them variables.
    pub(super) fn join_twins(&mut self, keyed: &Keyed<'_>, places: u64) {
        let shape = keyed.shape;
        let open = shape.open() & !shape.masked() & !shape.held() & !places;
        for first in ones(open) {
            let name = keyed.names[first];
            let twins: u64 =
                ones(open).filter(|&place| keyed.names[place] == name).fold(0, |twins, place| twins | 1 << place);
            let is_first = twins.trailing_zeros() as usize == first;
            let Some(needed) = ones(twins).filter_map(|place| shape.words[place].needed()).min() else { continue };
            let wider = places | twins;
            let key = keyed.at(wider);
            if is_first
                && twins.count_ones() > 1
                && !self.general.contains(&key)
                && ones(twins).all(|place| shape.says_enough(wider, &shape.words[place], false))
                && self.add(Of::Twins.key(key), name as u32) >= usize::from(needed)
            {
                self.forget(Of::Twins.key(key));
                self.make_general(keyed, wider);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{general, learnt};

    #[test]
    fn a_word_that_is_said_twice_varies_at_both_places() {
        let texts: Vec<String> =
            ["alice", "bob", "carol", "dave"].map(|name| format!("login of {name} as {name} began")).into();
        assert_eq!(general(&learnt(&texts[..3]), &texts[0]), texts[0]);
        assert_eq!(general(&learnt(&texts), &texts[0]), "login of <word> as <word> began");
        assert_eq!(general(&learnt(&texts), "login of zoe as root began"), "login of <word> as <word> began");
    }
}
