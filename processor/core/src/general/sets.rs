//! What was seen at each place of each skeleton, and which skeletons became general.
//!
//! Three rules, applied until nothing changes, each of which only ever adds, so that their order does not matter:
//! 1. each open word of a skeleton that was seen is added to the set at its place;
//! 2. a place whose set holds enough words, or one where a masked value was seen as well, makes the skeleton general
//!    there, and that skeleton counts as seen;
//! 3. what two general skeletons cover in common is covered by the one that has the places of both.
//!
//! What else makes a place a variable: `beside` compares with masked values at two places at once, `said` with what is
//! said of other names, `known` with what is data in other skeletons, `twins` with a word said twice. `grown` tells which
//! skeletons may say something else by what was learnt.
//!
//! A context (scope and service) has its own sets: the wording of one service says nothing of another's. Keys are 64-bit
//! hashes; a collision, which is not to be expected below a billion of them, would merge types, never mix verdicts up.

mod beside;
mod grown;
mod known;
mod said;
mod twins;

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::kinds::Kind;
use super::shape::{HELD, MASKED, Shape, VALUES, WORDING};
use crate::identity::Context;
use crate::ones::ones;
pub use grown::{Grown, Growth};

/// How many different combinations of places are general for skeletons of one length in one context, at most.
const PATTERNS: usize = 64;
/// How many sets there are for each event type that the table may hold, at most.
const SETS_A_TYPE: usize = 16;
/// So many words of a set are kept: nobody asks for more, so that those which are left out change nothing in any order.
const MOST: usize = said::CODES;
const _: () = assert!(MOST >= WORDING as usize);
/// The same of the words that stand in the shape of a structured body.
const MOST_HELD: usize = HELD as usize;

/// What else is seen at a place, beside its words: each in a set of its own.
#[derive(Clone, Copy)]
enum Of {
    /// Names that tell of faults.
    Telling,
    Identifiers,
    Codes,
    /// Words that are known as data.
    Known,
    /// Words that all of several places have at once.
    Twins,
}

impl Of {
    /// The key of that set, from the key of the words'.
    const fn key(self, words: u64) -> u64 {
        words ^ (self as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// The words of one set by their hashes: most sets have one, so that the others stand elsewhere.
#[derive(Clone, Copy)]
struct Words {
    first: u32,
    /// One more than their place among `Sets::others`; 0 when there are none.
    others: u32,
}

pub struct Sets {
    hasher: RandomState,
    seen: HashMap<u64, Words, RandomState>,
    others: Vec<Vec<u32>>,
    free: Vec<u32>,
    /// Skeletons that were seen and have masked values.
    masked: HashSet<u64, RandomState>,
    general: HashSet<u64, RandomState>,
    /// By context and number of words: the places of the general skeletons there.
    patterns: HashMap<u64, Vec<u64>, RandomState>,
    /// The contexts in which any skeleton is general.
    contexts: HashSet<u64, RandomState>,
    /// What grew since it was taken, and the contexts of what grew before of which others are still to be looked at.
    grown: Grown,
    behind: HashSet<u64, RandomState>,
    /// By how wordings begin that name something: those in which two names were seen.
    named: HashMap<u64, [u64; said::WORDINGS], RandomState>,
    /// Skeletons that were seen, with two places that stand near each other made variables.
    pairs: HashSet<u64, RandomState>,
    /// Words that are data, by context, and those that would be data if they were known as such elsewhere.
    known: HashSet<u64, RandomState>,
    awaited: HashSet<u32, RandomState>,
    capacity: usize,
}

/// A skeleton with the hashes that its keys are made of.
struct Keyed<'s> {
    shape: &'s Shape<'s>,
    context: u64,
    pattern: u64,
    whole: u64,
    words: Vec<u64>,
    marks: Vec<u64>,
    masked: Vec<u64>,
    /// Each word wherever it stands in a skeleton of the context.
    names: Vec<u64>,
}

impl Keyed<'_> {
    /// The key of the skeleton with those places made variables.
    fn at(&self, places: u64) -> u64 {
        ones(places).fold(self.whole, |key, place| key.wrapping_sub(self.words[place]).wrapping_add(self.marks[place]))
    }
}

impl Sets {
    /// For a table of so many types.
    pub fn new(types: usize) -> Self {
        Self {
            hasher: RandomState::default(),
            seen: HashMap::default(),
            others: Vec::new(),
            free: Vec::new(),
            masked: HashSet::default(),
            general: HashSet::default(),
            patterns: HashMap::default(),
            contexts: HashSet::default(),
            grown: Grown::default(),
            behind: HashSet::default(),
            named: HashMap::default(),
            pairs: HashSet::default(),
            known: HashSet::default(),
            awaited: HashSet::default(),
            capacity: types.saturating_mul(SETS_A_TYPE),
        }
    }

    /// The places that are variables in the most general skeleton that covers this one; its own `MARK`s are among them.
    pub fn covering(&self, context: &Context, shape: &Shape<'_>) -> u64 {
        let pattern = self.pattern(self.context_key(context), shape);
        if !self.patterns.contains_key(&pattern) {
            return shape.general();
        }
        let keyed = self.keyed(context, shape);
        self.covered(&keyed).into_iter().fold(shape.general(), |all, places| all | places)
    }

    /// Whether anything is general in a context.
    pub fn covers_any(&self, context: &Context) -> bool {
        !self.contexts.is_empty() && self.contexts.contains(&self.context_key(context))
    }

    /// Notes a skeleton that was seen. Answers what `covering` says of it then.
    pub fn learn(&mut self, context: &Context, shape: &Shape<'_>) -> u64 {
        let keyed = self.keyed(context, shape);
        let general = shape.general();
        if general != 0 {
            self.make_general(&keyed, general);
        }
        loop {
            let before = self.general.len();
            let mut covered = self.covered(&keyed);
            let all = covered.iter().fold(general, |all, places| all | places);
            if all != 0 {
                self.make_general(&keyed, all);
            }
            covered.extend([general, all]);
            covered.sort_unstable();
            covered.dedup();
            for places in covered {
                self.add_words(&keyed, places);
                self.join_twins(&keyed, places);
            }
            self.join_masked(&keyed);
            self.note_known(&keyed, all);
            if self.general.len() == before {
                return all;
            }
        }
    }

    /// What grew since the last call, in contexts as `context_key` names them: all of their skeletons are concerned.
    pub fn take_grown(&mut self) -> Grown {
        let mut grown = std::mem::take(&mut self.grown);
        self.behind.extend(grown.contexts());
        self.behind.drain().for_each(|context| grown.note_all(context));
        grown
    }

    /// The same, of skeletons that are concerned at once. The others are left for `take_grown`.
    pub fn take_grown_first(&mut self) -> Grown {
        let grown = std::mem::take(&mut self.grown);
        self.behind.extend(grown.contexts());
        grown
    }

    pub fn has_grown(&self) -> bool {
        !self.grown.is_empty()
    }

    pub fn has_left_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    pub fn context_key(&self, context: &Context) -> u64 {
        self.hasher.hash_one(context)
    }

    /// The places of each general skeleton that covers this one.
    fn covered(&self, keyed: &Keyed<'_>) -> Vec<u64> {
        let open = keyed.shape.may_vary();
        let Some(patterns) = self.patterns.get(&keyed.pattern) else { return Vec::new() };
        patterns
            .iter()
            .map(|places| places | keyed.shape.general())
            .filter(|places| places & !open == 0 && self.general.contains(&keyed.at(*places)))
            .collect()
    }

    /// Adds each open word of the skeleton with those places made variables to the set at its place, and compares the
    /// words that a place holds with the masked values there.
    fn add_words(&mut self, keyed: &Keyed<'_>, places: u64) {
        let shape = keyed.shape;
        if shape.masked() & !places != 0
            && self.masked.len() < self.capacity
            && self.masked.insert(keyed.at(places))
            && places != 0
        {
            // Skeletons that were seen before are to be compared with it: there are few such.
            let varying = places | shape.general() | shape.masked();
            self.grown.note_around(keyed.context, shape.around(varying));
        }
        for place in ones(shape.open() & !places) {
            let word = &shape.words[place];
            let wider = places | 1 << place;
            let key = keyed.at(wider);
            if !shape.says_enough(wider, word, true) {
                continue;
            }
            if self.general.contains(&key) {
                self.is_named(keyed, places, place, true);
                continue;
            }
            let enough = if word.is_masked {
                self.seen.contains_key(&key)
            } else {
                let most = if shape.is_held(place) { MOST_HELD } else { MOST };
                let seen = self.add_up_to(most, key, keyed.words[place] as u32);
                let beside_it = key.wrapping_sub(keyed.marks[place]).wrapping_add(keyed.masked[place]);
                let is_enough = word.needed().is_some_and(|needed| self.are_enough(key, seen, needed));
                let is_name = !shape.is_held(place)
                    && (self.is_named(keyed, places, place, seen > 1)
                        | self.are_identifiers(keyed, place, key)
                        | self.are_codes(keyed, place, key)
                        | self.are_known(keyed, place, key)
                        | self.is_value_elsewhere(keyed, place, key));
                (is_enough || is_name) && shape.says_enough(wider, word, false) || self.masked.contains(&beside_it)
            };
            if enough {
                self.forget(key);
                self.make_general(keyed, wider);
            }
        }
        // A name that tells of a fault makes no value a variable alone: with others it counts.
        for place in ones(shape.telling() & !places) {
            let wider = places | 1 << place;
            let key = keyed.at(wider);
            if self.general.contains(&key) || !shape.says_enough(wider, &shape.words[place], false) {
                continue;
            }
            self.add(Of::Telling.key(key), keyed.words[place] as u32);
            if self.are_enough(key, self.count(key), VALUES) {
                self.forget(key);
                self.make_general(keyed, wider);
            }
        }
    }

    /// Whether a place has enough words, with the names there that tell of faults, if those are no more than the half.
    fn are_enough(&self, key: u64, seen: usize, needed: u8) -> bool {
        let needed = usize::from(needed);
        seen >= needed || 2 * seen >= needed && seen + self.count(Of::Telling.key(key)) >= needed
    }

    /// How many words a set holds.
    fn count(&self, key: u64) -> usize {
        self.seen.get(&key).map_or(0, |words| self.length(*words))
    }

    fn length(&self, words: Words) -> usize {
        if words.others == 0 { 1 } else { self.others[words.others as usize - 1].len() + 1 }
    }

    /// Adds a word to a set; answers how many it holds, up to `MOST`.
    fn add(&mut self, key: u64, word: u32) -> usize {
        self.add_up_to(MOST, key, word)
    }

    fn add_up_to(&mut self, most: usize, key: u64, word: u32) -> usize {
        if self.seen.len() >= self.capacity && !self.seen.contains_key(&key) {
            self.make_room();
        }
        let words = self.seen.entry(key).or_insert(Words { first: word, others: 0 });
        if words.first == word {
            let words = *words;
            return self.length(words);
        }
        if words.others == 0 {
            words.others = self.free.pop().unwrap_or_else(|| {
                self.others.push(Vec::new());
                self.others.len() as u32
            });
        }
        let others = &mut self.others[words.others as usize - 1];
        if others.len() + 1 < most && !others.contains(&word) {
            others.push(word);
        }
        others.len() + 1
    }

    /// Forgets the sets that hold one word, of most of which nothing ever comes; all, when that makes too little room. What
    /// still comes is soon seen again.
    fn make_room(&mut self) {
        self.seen.retain(|_, words| words.others != 0);
        if self.seen.len() > self.capacity / 2 {
            self.seen.clear();
            self.others.clear();
            self.free.clear();
        }
    }

    fn forget(&mut self, key: u64) {
        if let Some(Words { others: others @ 1.., .. }) = self.seen.remove(&key) {
            self.others[others as usize - 1].clear();
            self.free.push(others);
        }
    }

    fn make_general(&mut self, keyed: &Keyed<'_>, places: u64) {
        if self.general.len() >= self.capacity {
            return;
        }
        let patterns = self.patterns.entry(keyed.pattern).or_default();
        if !patterns.contains(&places) {
            if patterns.len() >= PATTERNS {
                return;
            }
            patterns.push(places);
        }
        if self.general.insert(keyed.at(places)) {
            self.contexts.insert(keyed.context);
            self.grown.note_around(keyed.context, keyed.shape.around(places | keyed.shape.general()));
        }
    }

    /// Where the general skeletons are that may cover this one.
    fn pattern(&self, context: u64, shape: &Shape<'_>) -> u64 {
        self.hasher.hash_one((context, shape.words.len()))
    }

    fn keyed<'s>(&self, context: &Context, shape: &'s Shape<'s>) -> Keyed<'s> {
        let mut between = self.hasher.build_hasher();
        let room = || Vec::with_capacity(shape.words.len());
        let (mut words, mut marks, mut values, mut names) = (room(), room(), room(), room());
        let context = self.context_key(context);
        let mut done = 0;
        for (place, word) in shape.words.iter().enumerate() {
            between.write(&shape.text.as_bytes()[done..word.range.start]);
            between.write_u8(0xff);
            done = word.range.end;
            let mark = self.hasher.hash_one(place);
            let text = &shape.text[word.range.clone()];
            words.push(if word.kind == Kind::General { mark } else { self.hasher.hash_one((place, text)) });
            marks.push(mark);
            values.push(self.hasher.hash_one((place, MASKED)));
            names.push(self.hasher.hash_one((context, text)));
        }
        between.write(&shape.text.as_bytes()[done..]);
        context.hash(&mut between);
        let whole = words.iter().fold(between.finish(), |key, word| key.wrapping_add(*word));
        Keyed { shape, context, pattern: self.pattern(context, shape), whole, words, marks, masked: values, names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;

    pub(super) fn general(sets: &Sets, text: &str) -> String {
        let shape = Shape::of(text);
        shape.with(sets.covering(&Context::default(), &shape))
    }

    pub(super) fn learnt<'a>(texts: impl IntoIterator<Item = &'a String>) -> Sets {
        let mut sets = Sets::new(10_000);
        for text in texts {
            sets.learn(&Context::default(), &Shape::of(text));
        }
        sets
    }

    const NAMES: [&str; 12] =
        ["alice", "bob", "carol", "dave", "eve", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj"];

    #[test]
    fn no_two_sets_of_a_place_are_one() {
        let keys = [Of::Telling, Of::Identifiers, Of::Codes, Of::Known, Of::Twins].map(|of| of.key(17));
        assert_eq!(keys.iter().chain(&[17]).collect::<std::collections::HashSet<_>>().len(), 6);
    }

    #[test]
    fn a_name_that_tells_of_a_fault_counts_where_others_are_marked_as_values() {
        let texts = ["ran [shop.tick] now", "ran [shop.sweep] now", "ran [shop.on_fail] now"].map(String::from);
        for order in [[0, 1, 2], [2, 1, 0], [0, 2, 1]] {
            let sets = learnt(order.map(|index| &texts[index]));
            assert_eq!(general(&sets, &texts[0]), "ran [<word>] now");
            assert_eq!(general(&sets, &texts[2]), "ran [<word:fail>] now");
        }
        let texts = ["ran [shop.tick] now", "ran [shop.on_fail] now", "ran [shop.on_error] now"].map(String::from);
        assert_eq!(general(&learnt(&texts), &texts[0]), texts[0]);
    }

    #[test]
    fn a_place_with_enough_words_is_a_variable_and_one_with_fewer_is_not() {
        let texts: Vec<String> = NAMES.iter().map(|name| format!("session of {name} began")).collect();
        assert_eq!(general(&learnt(&texts[..3]), &texts[0]), texts[0]);
        let sets = learnt(&texts[..4]);
        assert_eq!(general(&sets, &texts[0]), "session of <word> began");
        assert_eq!(general(&sets, &texts[11]), "session of <word> began");
        assert_eq!(general(&sets, "session of failures began"), "session of failures began");
        assert_eq!(general(&sets, "session for alice began"), "session for alice began");
    }

    #[test]
    fn a_marked_value_needs_fewer_words() {
        let texts: Vec<String> = NAMES.iter().map(|name| format!("began user={name}")).collect();
        assert_eq!(general(&learnt(&texts[..2]), &texts[0]), texts[0]);
        assert_eq!(general(&learnt(&texts[..3]), &texts[0]), "began user=<word>");
    }

    #[test]
    fn a_word_where_a_masked_value_was_seen_is_a_variable_in_either_order() {
        let texts = ["session of <*> (<*>) began".to_owned(), "session of alice (<*>) began".to_owned()];
        let reverse = [texts[1].clone(), texts[0].clone()];
        for sets in [learnt(&texts), learnt(&reverse)] {
            assert_eq!(general(&sets, &texts[0]), "session of <word> (<*>) began");
            assert_eq!(general(&sets, &texts[1]), "session of <word> (<*>) began");
            assert_eq!(general(&sets, "session of bob (idle) began"), "session of bob (idle) began");
            assert_eq!(general(&sets, "session of failures (<*>) began"), "session of failures (<*>) began");
        }
        assert_eq!(general(&learnt(&texts[..1]), &texts[1]), texts[1]);
        let part = ["worker<*> of alice began".to_owned(), "worker of alice began".to_owned()];
        assert_eq!(general(&learnt(&part), &part[1]), part[1]);
    }

    #[test]
    fn a_name_that_tells_of_a_fault_makes_no_place_a_variable_and_is_one_of_its_own_where_others_did() {
        let named = |names: &[&str]| names.iter().map(|name| format!("session of {name} began")).collect::<Vec<_>>();
        let telling = named(&["dead_letters", "jobs.failed", "DropTables", "login-retry-worker", "err_log"]);
        assert_eq!(general(&learnt(&telling), &telling[0]), telling[0]);
        let sets = learnt(named(&NAMES[..4]).iter().chain(&telling));
        let said: Vec<String> = telling.iter().map(|text| general(&sets, text)).collect();
        assert_eq!(said, named(&["<word:dead>", "<word:fail>", "<word:drop>", "<word:retr>", "<word:err>"]));
        let taught = learnt(&said[..1]);
        assert_eq!(general(&taught, &telling[1]), said[1]);
        assert_eq!(general(&taught, "session of alice began"), "session of <word> began");
        for other in ["session of timed-out began", "session of failed began", "session of libx:failed_y began"] {
            assert_eq!(general(&sets, other), other);
        }
    }

    #[test]
    fn what_says_how_it_went_never_becomes_a_variable() {
        let states = ["failed", "succeeded", "started", "denied", "timeout", "lost", "aborted", "closed", "rejected"];
        let texts: Vec<String> = states.iter().map(|state| format!("compaction of orders {state}")).collect();
        assert_eq!(general(&learnt(&texts), &texts[0]), texts[0]);
    }

    #[test]
    fn a_context_does_not_learn_from_another() {
        let mut sets = Sets::new(100);
        let other = Context { service: "other".into(), ..Context::default() };
        for name in NAMES {
            sets.learn(&other, &Shape::of(&format!("session of {name} began")));
        }
        assert_eq!(general(&sets, "session of alice began"), "session of alice began");
    }

    #[test]
    fn a_general_skeleton_that_is_learnt_covers_what_it_says() {
        let mut sets = Sets::new(100);
        sets.learn(&Context::default(), &Shape::of("session of <word> from <word> began"));
        assert_eq!(general(&sets, "session of alice from berlin began"), "session of <word> from <word> began");
        assert_eq!(general(&sets, "session of alice from nowhere failed"), "session of alice from nowhere failed");
    }

    /// Scenario: a skeleton with one place that cannot become a variable, because nothing else would stay, met with ever
    /// more words there.
    /// Guarantees: its set holds no more of them than anybody asks for.
    #[test]
    fn a_set_that_cannot_become_general_holds_a_few_words() {
        let texts: Vec<String> = (0..100).map(|number| format!("starting {}", name(number))).collect();
        let sets = learnt(&texts);
        assert_eq!(general(&sets, &texts[0]), texts[0]);
        assert!(sets.seen.keys().all(|key| sets.count(*key) <= MOST));
        assert!(sets.seen.keys().any(|key| sets.count(*key) == MOST));
    }

    /// Scenario: a structured body's state is one of ever more words. Guarantees: few states are each a type, and names where
    /// a state should be are one for all, but for those that tell of a fault.
    #[test]
    fn many_states_of_a_structured_body_are_data() {
        let text = |state: &str| format!("{{name:s,state={state}:s}} vm of alice");
        let texts: Vec<String> = (0..MOST_HELD).map(|number| text(&name(number))).collect();
        assert_eq!(general(&learnt(&texts[1..]), &texts[1]), texts[1]);
        let mut sets = learnt(&texts);
        for state in ["kim", "power_mode", "shop_one"] {
            assert_eq!(general(&sets, &text(state)), text("<word>"), "{state}");
        }
        assert_eq!(general(&sets, &text("failed")), text("failed"));
        assert_eq!(general(&sets, "{name:s,state:s} vm of alice"), "{name:s,state:s} vm of alice");
        for number in MOST_HELD..1_000 {
            sets.learn(&Context::default(), &Shape::of(&text(&name(number))));
        }
        assert!(sets.seen.keys().all(|key| sets.count(*key) <= MOST_HELD));
        let identifiers = ["part_time", "trial_run", "one_more", "or_that"].map(text);
        assert_eq!(general(&learnt(&identifiers), &identifiers[0]), identifiers[0]);
    }

    /// Scenario: more skeletons than there is room for sets, no two of which have anything in common.
    /// Guarantees: what varies afterwards is found all the same.
    #[test]
    fn what_has_nothing_in_common_does_not_end_learning() {
        let mut sets = Sets::new(100);
        let mut learn = |text: &str| sets.learn(&Context::default(), &Shape::of(text));
        for number in 0..1000 {
            learn(&format!("{} {} {}", name(number), name(number + 1), name(number + 2)));
        }
        for name in &NAMES[..4] {
            learn(&format!("session of {name} began"));
        }
        assert!(sets.seen.len() <= sets.capacity);
        assert_eq!(general(&sets, "session of alice began"), "session of <word> began");
    }

    /// A word of its own for each number, with no digit in it.
    fn name(number: usize) -> String {
        format!("q{}", number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'k')).collect::<String>())
    }

    #[test]
    fn something_stays_that_says_what_a_type_is_about() {
        let texts: Vec<String> = NAMES.iter().map(|name| format!("starting {name}")).collect();
        assert_eq!(general(&learnt(&texts), &texts[0]), texts[0]);
    }

    /// Skeletons with two or three places that vary, of a few wordings.
    pub(super) fn made(below: &mut impl FnMut(usize) -> usize) -> Vec<String> {
        let kinds = 1 + below(7);
        (0..20 + below(200))
            .map(|_| {
                let (one, two, three) = (NAMES[below(12)], NAMES[below(12)], NAMES[below(9)]);
                let two = if below(6) == 0 { MASKED } else { two };
                match below(kinds) {
                    0 => format!("order of {one} for {two} by {three}"),
                    1 => format!("session of {} from \"{two}\" began", [one, "dead_jobs", "OnFail"][below(3)]),
                    2 => format!("batch <*> user={one} in {two}"),
                    3 => format!("rcpt {}: {} by {two}", NAMES[below(3)], ["kept", "sorted", "signed"][below(3)]),
                    4 => format!("began {} (of {two}) on {one}", if below(2) == 0 { MASKED } else { "here" }),
                    5 => format!("looking for {two}_{} in {}", NAMES[below(2)], ["none", MASKED][below(2)]),
                    _ => format!("unpacking {} over {two}", ["<*>:amd64", "libx:amd64", MASKED][below(3)]),
                }
            })
            .collect()
    }

    /// Scenario: skeletons with two or three places that vary, in several orders, each met once or more.
    /// Guarantees: after all of them, every order says the same of each, and saying it again changes nothing.
    #[test]
    fn the_order_does_not_matter() {
        let mut below = numbers_below(7);
        for _ in 0..60 {
            let mut texts = made(&mut below);
            let settled = |texts: &[String]| {
                let mut sets = learnt(texts);
                while !sets.take_grown().is_empty() {
                    for text in texts {
                        sets.learn(&Context::default(), &Shape::of(text));
                    }
                }
                sets
            };
            let first = settled(&texts);
            let mut seen: Vec<String> = texts.clone();
            for _ in 0..3 {
                for at in (1..texts.len()).rev() {
                    texts.swap(at, below(at + 1));
                }
                let other = settled(&texts);
                for text in &seen {
                    assert_eq!(general(&first, text), general(&other, text));
                }
            }
            seen.sort_unstable();
            for text in &seen {
                let whole = general(&first, text);
                assert_eq!(general(&first, &whole), whole);
            }
        }
    }
}
