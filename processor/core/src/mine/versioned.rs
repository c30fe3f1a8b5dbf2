//! Names with digits that tell a version, and are wording as long as nothing else makes them data.

/// A name of words joined by underscores of which those with digits are versions: `P_ACK_V1`, `route_v4_gw`. What is
/// written in small letters has three at least: `orders_v2` is one of several.
#[inline]
pub fn is_versioned(word: &[u8]) -> bool {
    // Its end and its first digit tell of most words.
    let may_be = match word {
        [.., before, last] if last.is_ascii_digit() => matches!(before, b'v' | b'V'),
        [first, ..] => first.is_ascii_alphabetic(),
        [] => false,
    };
    may_be && names_version(word)
}

#[inline(never)]
fn names_version(word: &[u8]) -> bool {
    let (mut joints, mut has_version, mut in_capitals) = (0, false, true);
    for (at, byte) in word.iter().enumerate() {
        match byte {
            b'A'..=b'Z' => {}
            b'a'..=b'z' => in_capitals = false,
            b'_' => joints += 1,
            b'0'..=b'9' if word[..at].ends_with(b"_v") || word[..at].ends_with(b"_V") => {
                if !matches!(word.get(at + 1), None | Some(b'_')) {
                    return false;
                }
                has_version = true;
            }
            _ => return false,
        }
    }
    has_version && word[0] != b'_' && joints >= if in_capitals { 1 } else { 2 }
}
