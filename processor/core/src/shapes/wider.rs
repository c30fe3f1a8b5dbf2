//! Shapes that are shown as wider ones: where those have variables, they say a word that tells how it went, or several.
//!
//! `user dead left` is another type than `user <word> left`, with another verdict, and so is `began check of '<*> /'`
//! beside `began check of '<*>'`. Who reads what a file holds takes the one for the other with another name. What follows
//! from it ends there: no fingerprint is made of it.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::variable;
use crate::general::MASKED;
use crate::lexicon::keys::names_thing;
use crate::lexicon::tells;
use crate::marks::MARK;

/// A wider shape has so many times the lines at least: it is not the one that is odd.
const TIMES: usize = 2;
/// No value has more words, or more bytes.
const LONGEST: (usize, usize) = (4, 64);
/// With so many shapes that begin alike one is compared at most, those with the most lines.
const COMPARED: usize = 256;

/// A shape in its pieces, with what stands behind each but the last: whether names made it a variable.
struct Wide<'s> {
    shape: &'s str,
    lines: usize,
    pieces: Vec<&'s str>,
    names: Vec<bool>,
}

/// The wider shape that one is shown as, for each that has such. `lines`: how many each shape has.
pub fn wider<'s>(lines: &HashMap<&'s str, usize>) -> HashMap<&'s str, &'s str> {
    let mut beginning: HashMap<&str, Vec<Wide<'s>>> = HashMap::new();
    for (&shape, &lines) in lines.iter().filter(|&(_, &lines)| lines >= TIMES) {
        if let Some(wide) = Wide::of(shape, lines) {
            beginning.entry(first_word(wide.pieces[0])).or_default().push(wide);
        }
    }
    for alike in beginning.values_mut() {
        alike.sort_unstable_by_key(|wide| (Reverse(wide.lines), wide.shape));
        alike.truncate(COMPARED);
        // The one that says most comes first.
        alike.sort_by_key(|wide| Reverse(wide.shape.len()));
    }
    let covering = |shape: &str, lines: usize| {
        let alike = [first_word(shape), ""].into_iter().filter_map(|word| beginning.get(word));
        alike.flatten().find(|wide| wide.lines >= lines * TIMES && wide.covers(shape)).map(|wide| wide.shape)
    };
    let direct: HashMap<&str, &str> =
        lines.iter().filter_map(|(&shape, &lines)| Some((shape, covering(shape, lines)?))).collect();
    // Each step has more lines than the one before, so that there is a last one.
    let widest = |shape: &'s str| std::iter::successors(Some(shape), |at| direct.get(at).copied()).last();
    direct.keys().filter_map(|&shape| Some((shape, widest(shape)?))).collect()
}

impl<'s> Wide<'s> {
    /// `None`: it has no variable, or neither a word nor a key, so that it would be taken for anything.
    fn of(shape: &'s str, lines: usize) -> Option<Self> {
        let (mut pieces, mut names, mut done) = (Vec::new(), Vec::new(), 0);
        for (at, _) in shape.match_indices('<') {
            if let Some(length) = variable(&shape[at..]) {
                pieces.push(&shape[done..at]);
                names.push(length == MARK.len());
                done = at + length;
            }
        }
        pieces.push(&shape[done..]);
        let mut words = pieces.iter().flat_map(|piece| piece.split(|letter: char| !letter.is_ascii_alphabetic()));
        let says_enough = words.any(|word| word.len() > 1) || pieces.iter().any(|piece| piece.ends_with('='));
        (!names.is_empty() && says_enough).then_some(Self { shape, lines, pieces, names })
    }

    /// Whether another shape says the same with values where this one has variables.
    fn covers(&self, shape: &str) -> bool {
        let Some(mut rest) = shape.strip_prefix(self.pieces[0]) else { return false };
        let last = self.names.len() - 1;
        for (index, (&is_name, piece)) in self.names.iter().zip(&self.pieces[1..]).enumerate() {
            let end = if index == last {
                rest.strip_suffix(piece).map(str::len)
            } else if piece.is_empty() {
                variable(rest)
            } else {
                rest.find(piece)
            };
            let before = self.pieces[index];
            let is_behind_key = || before.ends_with(['=', '"']) || before.ends_with(": ") || ends_with_thing(before);
            let is_within = (index > 0 || !before.is_empty()) && (index < last || !piece.is_empty() || is_behind_key());
            let Some(end) = end.filter(|&end| is_value(&rest[..end], is_name, is_within)) else { return false };
            rest = &rest[end + piece.len()..];
        }
        true
    }
}

/// Whether a sentence says what kind of thing is named next: `modified file `.
fn ends_with_thing(text: &str) -> bool {
    let last = text.strip_suffix(' ').and_then(|text| text.rsplit(' ').next());
    last.is_some_and(|last| !matches!(last, "from" | "to") && names_thing(last.as_bytes()))
}

/// Nothing where a text is no longer than a word.
fn first_word(text: &str) -> &str {
    text.split_once(' ').map_or("", |(word, _)| word)
}

/// Whether a text may be what a shape has a variable for. `is_name`: one that names made; `is_within`: with wording
/// before and behind it, so that it may have blanks.
fn is_value(text: &str, is_name: bool, is_within: bool) -> bool {
    if variable(text) == Some(text.len()) {
        return true;
    }
    let (words, bytes) = LONGEST;
    let is_text = !text.is_empty() && text.len() <= bytes;
    if !is_text || text.contains('=') || text.contains(": ") || text.ends_with(':') {
        return false;
    }
    if !text.contains(' ') {
        // `<none>` says that there is no value, or why.
        let is_none = text.starts_with('<') && variable(text).is_none();
        // Whoever was not found out is somebody: `connect from UNKNOWN`.
        return is_name || !is_none && (!tells(text.as_bytes()) || text == "UNKNOWN");
    }
    let constant = text.replacen(MASKED, "", 1).replacen(MARK, "", 1);
    is_within
        && !constant.contains(['<', ',', ';', '|'])
        && text.split(' ').count() <= words
        && !text.split(' ').any(|word| tells(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first shape is shown as, beside others with the numbers of their lines.
    fn shown<'s>(shape: &'s str, others: &[(&'s str, usize)]) -> &'s str {
        let lines: HashMap<&str, usize> = others.iter().copied().chain([(shape, 1)]).collect();
        wider(&lines).get(shape).copied().unwrap_or(shape)
    }

    #[test]
    fn a_word_that_tells_is_a_name_where_names_made_a_variable() {
        assert_eq!(shown("user dead left it", &[("user <word> left it", 2)]), "user <word> left it");
        assert_eq!(shown("user dead left it", &[("user <*> left it", 2)]), "user dead left it");
        assert_eq!(shown("user dead left it", &[("user <word> left it", 1)]), "user dead left it");
        assert_eq!(shown("x dead y", &[("<word> <word> y", 9)]), "x dead y");
    }

    #[test]
    fn a_value_may_have_blanks_where_wording_is_on_both_sides() {
        for (shape, over) in [
            ("check of '<*> /' began", "check of '<*>' began"),
            ("serving <*> name to <*>", "serving <*> to <*>"),
            ("modified file Trip to <*>", "modified file <word>"),
        ] {
            assert_eq!(shown(shape, &[(over, 2)]), over);
        }
        for (shape, other) in [
            ("came from <*> in time", "came from <*>"),
            ("both ends came from <*>", "<*> came from <*>"),
            ("offer to <*> (<*>) by lan", "offer to <*> by lan"),
            ("offer to <*> of <*> by lan", "offer to <*> by lan"),
            ("offer to <*> failed by lan", "offer to <*> by lan"),
            ("offer to <*> age=<*> by lan", "offer to <*> by lan"),
            ("offer to <none> by lan", "offer to <*> by lan"),
            ("offer to a b c d e by lan", "offer to <*> by lan"),
            ("label=\"two; words\"", "label=\"<*>\""),
        ] {
            assert_eq!(shown(shape, &[(other, 9)]), shape);
        }
    }

    #[test]
    fn the_widest_is_shown_by_way_of_the_one_that_says_most() {
        let others =
            [("seat <word> of <*> is taken", 2), ("seat <word> of <word> is taken", 4), ("seat <word> taken", 9)];
        assert_eq!(shown("seat x of dead is taken", &others), "seat <word> of <word> is taken");
    }
}
