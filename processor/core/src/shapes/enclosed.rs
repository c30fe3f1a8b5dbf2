//! A word that a sentence puts in brackets, angle brackets or backticks is a name, as it is in quotes: `servlet [jsp] in`,
//! `` column `price` ``, `from <anna>`.

use std::borrow::Cow;

use super::variable;
use crate::general::MASKED;
use crate::lexicon::keys::has_wording;
use crate::lexicon::tells;

/// A shape or a template with such words made variables, except those that tell how something went.
pub fn as_values(text: &str) -> Cow<'_, str> {
    let (mut out, mut done) = (String::new(), 0);
    for (open, mark) in text.match_indices(['[', '<', '`']) {
        if open < done || variable(&text[open..]).is_some() {
            continue;
        }
        let word = open + 1..open + 1 + name_length(&text[open + 1..]);
        let (before, after) = (&text[..open], &text[word.end..]);
        let is_enclosed = match mark {
            "[" => after.starts_with(']') && names(before) && goes_on(&after[1..]) && !is_constant(&text[word.clone()]),
            "<" => after.starts_with('>') && text[word.clone()].starts_with(|letter: char| letter.is_ascii_lowercase()),
            _ => after.starts_with('`'),
        };
        if is_enclosed && !word.is_empty() && !tells(text[word.clone()].as_bytes()) {
            out.push_str(&text[done..word.start]);
            out.push_str(MASKED);
            done = word.end;
        }
    }
    out.push_str(&text[done..]);
    if done == 0 { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

fn name_length(text: &str) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:/$#%@".contains(byte);
    text.bytes().take_while(is_part).count()
}

/// Whether that is what a program calls one of its constants: `AF_INET`.
fn is_constant(name: &str) -> bool {
    name.contains('_') && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Whether a text ends with a word, as a sentence's, that names what follows; a key of a state does not.
fn names(before: &str) -> bool {
    let Some(before) = before.strip_suffix(' ') else { return false };
    let length = before.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    length > 0 && !has_wording(&before.as_bytes()[before.len() - length..])
}

/// Whether a sentence goes on: in brackets at its end a remark may stand, `closed by peer [preauth]`.
fn goes_on(after: &str) -> bool {
    after.strip_prefix([',', '.']).unwrap_or(after).strip_prefix(' ').is_some_and(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_sentence_encloses_is_a_value_unless_it_tells_how_it_went() {
        for (text, values) in [
            ("servlet [jsp] in path [<*>] threw", "servlet [<*>] in path [<*>] threw"),
            ("user [anna], domain [office]. gone", "user [<*>], domain [<*>]. gone"),
            ("state [RUNNING] now, check [failed] for x", "state [RUNNING] now, check [failed] for x"),
            ("[main] closed by peer [preauth]", "[main] closed by peer [preauth]"),
            ("use [AF_INET]<*> and []", "use [AF_INET]<*> and []"),
            ("flags [BGP_GR] set by [BGP-GR] x", "flags [BGP_GR] set by [<*>] x"),
            ("from <anna> to <word> as <X> <none>", "from <<*>> to <word> as <X> <none>"),
            ("column `price` of `` or `fail`", "column `<*>` of `` or `fail`"),
            ("a [ä] b <ä> c [", "a [ä] b <ä> c ["),
        ] {
            assert_eq!(as_values(text), values, "{text}");
        }
    }
}
