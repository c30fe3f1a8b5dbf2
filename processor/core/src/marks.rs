//! The marks of places that became variables in a skeleton.

use std::borrow::Cow;

/// The mark of a place that became a variable, in a skeleton: as it is, or with the faults that the name there tells of,
/// `<word:fail>`, which make it another type.
pub const MARK: &str = "<word>";
/// What both begin with.
const MARK_BEGINS: &str = "<word";
/// No word that tells of faults has more of them than fit in so many bytes.
const LONGEST_MARK: usize = 128;

/// How long the mark is that a text begins with.
pub fn mark_length(text: &[u8]) -> Option<usize> {
    let behind = text.strip_prefix(MARK_BEGINS.as_bytes())?;
    let told = match behind {
        [b':', told @ ..] => 1 + told.iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'+').count(),
        _ => 0,
    };
    (told != 1 && behind.get(told) == Some(&b'>')).then_some(MARK_BEGINS.len() + told + 1)
}

pub fn has_marks(skeleton: &str) -> bool {
    skeleton.match_indices(MARK_BEGINS).any(|(at, _)| mark_length(&skeleton.as_bytes()[at..]).is_some())
}

/// Whether the last of a text is a mark.
pub fn ends_with_mark(text: &[u8]) -> bool {
    let last = &text[text.len().saturating_sub(LONGEST_MARK)..];
    let begins = || last.iter().rposition(|&byte| byte == b'<');
    last.ends_with(b">") && begins().is_some_and(|at| mark_length(&last[at..]) == Some(last.len() - at))
}

/// A skeleton with another text in the place of each of its marks.
pub fn replace_marks<'a>(skeleton: &'a str, by: &str) -> Cow<'a, str> {
    let mut out = String::new();
    let mut done = 0;
    for (at, _) in skeleton.match_indices(MARK_BEGINS) {
        if let Some(length) = mark_length(&skeleton.as_bytes()[at..]) {
            out.push_str(&skeleton[done..at]);
            out.push_str(by);
            done = at + length;
        }
    }
    if done == 0 {
        return Cow::Borrowed(skeleton);
    }
    out.push_str(&skeleton[done..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_may_say_what_the_name_there_tells_of() {
        for (text, length) in [("<word> a", 6), ("<word:fail>", 11), ("<word:fail+dead>b", 16)] {
            assert_eq!(mark_length(text.as_bytes()), Some(length), "{text}");
        }
        for text in ["<word", "<word:>", "<word:Fail>", "<word fail>", "<words>", "word"] {
            assert_eq!(mark_length(text.as_bytes()), None, "{text}");
        }
        assert_eq!(replace_marks("<word> <words> <word:fail>.<word", "~"), "~ <words> ~.<word");
    }
}
