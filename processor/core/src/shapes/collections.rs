//! A collection as the JVM's languages print one, `List(a, b)`, `HashMap(a -> b)`: what it holds, and what kind of
//! collection it is, is one value to who reads it.

use std::borrow::Cow;

use crate::general::MASKED;

/// How the names of collections' classes end.
const CLASSES: [&str; 8] = ["Array", "Buffer", "List", "Map", "Queue", "Seq", "Set", "Vector"];

/// A shape or a template with each collection made one variable.
pub fn as_values(text: &str) -> Cow<'_, str> {
    let (mut out, mut done) = (String::new(), 0);
    for (open, _) in text.match_indices('(') {
        let start = open - text[..open].bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
        let class = &text[start..open];
        let is_class = class.starts_with(|letter: char| letter.is_ascii_uppercase())
            && !text[..start].ends_with(['.', '_', '$'])
            && CLASSES.iter().any(|end| class.ends_with(end));
        if start < done || !is_class {
            continue;
        }
        let Some(end) = closed(&text[open..]) else { break };
        out.push_str(&text[done..start]);
        out.push_str(MASKED);
        done = open + end;
    }
    out.push_str(&text[done..]);
    if done == 0 { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Where the parentheses end that a text begins with.
fn closed(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.bytes()
        .position(|byte| {
            depth += i32::from(byte == b'(') - i32::from(byte == b')');
            depth == 0
        })
        .map(|end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_one_value() {
        for (text, values) in [
            ("parents: List(<*>), set: HashSet(a, Some(<*>))", "parents: <*>, set: <*>"),
            ("to HashMap(<*> -> Map(a -> <*>)) of <*>", "to <*> of <*>"),
            ("mapList(<*>) x.List(a) Set (a) Settled(a)", "mapList(<*>) x.List(a) Set (a) Settled(a)"),
            ("Set(a, List(b)", "Set(a, List(b)"),
        ] {
            assert_eq!(as_values(text), values, "{text}");
        }
    }
}
