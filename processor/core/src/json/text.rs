//! What OTLP/JSON writes inside of strings: hex, base64 and numbers.

/// Puts the bytes that `digits` spells into `out`; None when it is not hex.
pub(super) fn hex(digits: &str, out: &mut Vec<u8>) -> Option<()> {
    out.clear();
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    for &[high, low] in pairs {
        out.push(nibble(high)? << 4 | nibble(low)?);
    }
    Some(())
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Puts the bytes that `digits` spells into `out`; None when it is not base64. As in protobuf's
/// parsers both alphabets will do, padding may be missing, and bits that fill no byte are ignored.
pub(super) fn base64(digits: &str, out: &mut Vec<u8>) -> Option<()> {
    out.clear();
    let mut digits = digits.as_bytes();
    if digits.len().is_multiple_of(4) {
        digits = digits.strip_suffix(b"==").or_else(|| digits.strip_suffix(b"=")).unwrap_or(digits);
    }
    for group in digits.chunks(4) {
        let mut bits = 0;
        for &digit in group {
            bits = bits << 6 | sextet(digit)?;
        }
        let [_, bytes @ ..] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        out.extend_from_slice(match group.len() {
            4 => &bytes,
            3 => &bytes[..2],
            2 => &bytes[..1],
            _ => return None,
        });
    }
    Some(())
}

fn sextet(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// The integer that `text` spells. Like a number without quotes it may say `1e9` or `1.0`.
pub(super) fn integer(text: &str) -> Option<i128> {
    if text.starts_with('+') {
        return None;
    }
    let exact = text.parse::<u64>().map(i128::from).or_else(|_| text.parse::<i64>().map(i128::from));
    exact.ok().or_else(|| integral(number(text)?))
}

/// The integer that `value` is, if it is one; beyond 128 bits the nearest that there is.
pub(super) fn integral(value: f64) -> Option<i128> {
    (value.fract() == 0.0).then_some(value as i128)
}

pub(super) fn double(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => number(text),
    }
}

/// The number that `text` spells in JSON's grammar, without blanks around it.
fn number(text: &str) -> Option<f64> {
    if text.trim_ascii().len() < text.len() {
        return None;
    }
    serde_json::from_str(text).ok()
}
