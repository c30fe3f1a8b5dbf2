//! Codes of messages, by which a program's manual lists them: `AH00124: …`, `ORA-01017: …`, `DSRA8203I: …`. They are
//! wording, and say more of what happened than any other word does.

/// How many letters a code begins with.
const LETTERS: std::ops::RangeInclusive<usize> = 2..=8;

/// Whether a word is a message's code: capitals and so many digits, behind a blank or nothing, with what is said behind a
/// colon and a blank.
#[inline]
pub fn is_code(text: &[u8], start: usize, end: usize) -> bool {
    // The first letters tell of most words.
    let may_be =
        matches!(text[start..end], [first, second, ..] if first.is_ascii_uppercase() && second.is_ascii_uppercase());
    may_be
        && text[end..].starts_with(b": ")
        && (start == 0 || text[start - 1] == b' ')
        && digits(&text[start..end])
            .is_some_and(|(digits, has_dash)| if has_dash { digits == 5 } else { matches!(digits, 4..=6) })
}

/// Whether a word may be one, for other digits in their place.
pub fn may_be_code(word: &[u8]) -> bool {
    digits(word).is_some()
}

/// How many digits a word has that is written as codes are, and whether they stand behind a dash.
fn digits(word: &[u8]) -> Option<(usize, bool)> {
    let letters = word.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let behind = &word[letters..];
    let (behind, has_dash) = behind.strip_prefix(b"-").map_or((behind, false), |behind| (behind, true));
    let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // A letter at the end tells how grave it is.
    let is_whole = matches!(behind[digits..], []) || matches!(behind[digits..], [b'A'..=b'Z']) && !has_dash;
    // Letters of hexadecimal numbers alone may be one, which a sketch leaves out.
    let is_one =
        LETTERS.contains(&letters) && digits > 0 && is_whole && word[..letters].iter().any(|&byte| byte > b'F');
    is_one.then_some((digits, has_dash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_by_their_form_and_by_what_stands_around_them() {
        let is_first = |text: &str| is_code(text.as_bytes(), 0, text.find(':').unwrap_or(text.len()));
        for text in ["AH00124: a", "ORA-01017: a", "DSRA8203I: a", "WFLYSRV0025: a"] {
            assert!(is_first(text), "{text}");
        }
        for text in ["AH00124:a", "AH124: a", "A00124: a", "Ah00124: a", "AH1234567: a", "ORD-123456: a", "ABBA2024: a"]
        {
            assert!(!is_first(text), "{text}");
        }
        assert!(is_code(b"failed: AH00124: a", 8, 15));
        assert!(!is_code(b"id=AH00124: a", 3, 10));
    }
}
