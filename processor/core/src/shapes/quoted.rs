//! What a key has in quotes is one value to who reads it, whatever it says: `T="build <*> failed"` is `T="<*>"`.

use std::borrow::Cow;

use crate::general::MASKED;
use crate::lexicon::keys::has_data;

/// A shape or a template with each text of several words that a key has in double quotes made one variable, unless the
/// key has it say what happened.
pub fn as_values(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    while let Some(equals) = text[done..].find("=\"").map(|at| done + at) {
        let start = equals + 2;
        let Some(length) = text[start..].find('"') else { break };
        let is_key = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
        let key = text[..equals].rsplit(|letter| !is_key(letter)).next().unwrap_or_default();
        let value = &text[start..start + length];
        out.push_str(&text[done..start]);
        out.push_str(if is_one(value) && !key.is_empty() && has_data(key.as_bytes()) { MASKED } else { value });
        done = start + length;
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Whether a text is several words, and no list of fields in brackets.
fn is_one(text: &str) -> bool {
    text.contains(' ') && text.matches(['(', '[']).count() < 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_has_in_quotes_is_a_value_unless_it_says_what_happened() {
        for (text, values) in [
            ("from=<*> T=\"build <*> failed\" C=\"<*> OK\"", "from=<*> T=\"<*>\" C=\"<*>\""),
            ("set a=\"b\" to=\"\" msg=\"disk is full\"", "set a=\"b\" to=\"\" msg=\"disk is full\""),
            (
                "type=\"not here\" done=\"(put <*>) (cut <*>) (got <*>)\"",
                "type=\"not here\" done=\"(put <*>) (cut <*>) (got <*>)\"",
            ),
            ("said \"not here\", =\"a b\" no=\"end", "said \"not here\", =\"a b\" no=\"end"),
        ] {
            assert_eq!(as_values(text), values, "{text}");
        }
    }
}
