//! The repair of surrogate pairs that were cut in half.
//!
//! The `JavaScript` SDK limits values to a number of UTF-16 units; where that splits a pair it writes
//! the half as `\ud83d`. UTF-8, and so protobuf, has no such character. The Collector replaces it
//! rather than refuse all that came along with it, and so does Sluice.

/// `json` with U+FFFD for each escaped surrogate without a partner; None when there is none.
pub(super) fn mend(json: &str) -> Option<String> {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(backslash) = rest.find('\\') {
        let escape = &rest[backslash..];
        let (is_lone, length) = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (false, 12),
            (Some(_), _) => (true, 6),
            (None, _) => (false, 2),
        };
        let (escape, after) = escape.split_at_checked(length)?;
        mended.push_str(&rest[..backslash]);
        mended.push_str(if is_lone { "\\ufffd" } else { escape });
        rest = after;
    }
    mended.push_str(rest);
    (mended != json).then_some(mended)
}

/// The surrogate that `escape` starts with.
fn surrogate(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|unit| (0xD800..=0xDFFF).contains(unit))
}
