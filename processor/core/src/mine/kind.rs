//! What kind of value a variable holds: for the template that people read and for the judge; never for the fingerprint.

use super::words::is_truth;

/// The kind's name as it stands in a template: `<num>`.
pub fn of(value: &[u8]) -> &'static str {
    let Ok(text) = std::str::from_utf8(value) else {
        return "str";
    };
    if is_number(text) {
        return "num";
    }
    if is_truth(value) {
        return "bool";
    }
    if let Some(kind) = measured(text) {
        return kind;
    }
    if text.contains("://") {
        return "url";
    }
    if is_uuid(text) {
        return "uuid";
    }
    if text.starts_with("0x") || text.starts_with("0X") {
        return "hex";
    }
    if is_ip(text) {
        return "ip";
    }
    if text.starts_with("HTTP/") {
        return "http";
    }
    if is_date(text) {
        return "date";
    }
    if text.starts_with(['/', '\\', '~', '.']) || text.matches(['/', '\\']).count() >= 2 {
        return "path";
    }
    if is_email(text) {
        return "email";
    }
    if is_time(text) {
        return "time";
    }
    if text.len() >= 8 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return "hex";
    }
    if text.bytes().any(|b| b.is_ascii_digit()) { "id" } else { "str" }
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+', '#']).trim_end_matches('%');
    !digits.is_empty()
        && digits.as_bytes()[0].is_ascii_digit()
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'_'))
        && digits.matches('.').count() <= 1
}

/// A number with a unit: a duration or a size.
fn measured(text: &str) -> Option<&'static str> {
    let text = text.trim_start_matches('-');
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if unit.len() == text.len() {
        return None;
    }
    match unit {
        "ns" | "us" | "µs" | "ms" | "s" | "sec" | "secs" | "m" | "min" | "h" | "d" => Some("dur"),
        "B" | "kB" | "KB" | "MB" | "GB" | "TB" | "KiB" | "MiB" | "GiB" | "TiB" | "K" | "M" | "G" | "k" => Some("size"),
        _ if unit.starts_with(['h', 'm', 's'])
            && unit.ends_with('s')
            && unit.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'h' | b'm' | b's' | b'.')) =>
        {
            Some("dur")
        }
        _ => None,
    }
}

/// A name at a domain; what has no dot behind the `@` may be an order at a revision.
fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| {
        let last = domain.rsplit('.').next().unwrap_or_default();
        !name.is_empty()
            && last.len() < domain.len()
            && last.len() >= 2
            && last.bytes().all(|b| b.is_ascii_alphabetic())
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(
            |(i, b)| {
                if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() }
            },
        )
}

fn is_ip(text: &str) -> bool {
    let host = text.split('/').next().unwrap_or(text);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if host.contains('.') && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    host.parse::<std::net::IpAddr>().is_ok()
}

/// `10/Oct/2024` or `2024/05/01`, with or without a time behind it.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let day_or_year = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let [first, middle, last] = parts[..] else { return false };
    let month = middle.len() == 3 && middle.bytes().all(|b| b.is_ascii_alphabetic()) || day_or_year(middle);
    day_or_year(first) && month && day_or_year(last.split([':', ' ']).next().unwrap_or_default())
}

/// Digits with the separators of times and dates, and at least one colon or two dashes.
fn is_time(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b':' | b'-' | b'.' | b',' | b'T' | b'Z' | b'+' | b'/');
    text.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && (text.matches(':').count() >= 1 || text.matches('-').count() == 2)
        && text.bytes().all(|b| plain(b) || b.is_ascii_alphabetic())
        && text.bytes().filter(u8::is_ascii_alphabetic).count() <= 5
}

#[cfg(test)]
mod tests {
    #[test]
    fn kinds_are_what_a_reader_would_call_them() {
        for (value, kind) in [
            ("42", "num"),
            ("-1", "num"),
            ("99.5%", "num"),
            ("1,024", "num"),
            ("15ms", "dur"),
            ("1.5s", "dur"),
            ("1h30m2s", "dur"),
            ("10MB", "size"),
            ("0x7fff", "hex"),
            ("deadbeef00", "hex"),
            ("10.0.0.1", "ip"),
            ("10.0.0.1:8080", "ip"),
            ("fe80::1", "ip"),
            ("/var/log/x", "path"),
            ("https://a.example/x", "url"),
            ("2024-01-02T10:00:00Z", "time"),
            ("12:34:56,789", "time"),
            ("123e4567-e89b-12d3-a456-426614174000", "uuid"),
            ("a@b.example", "email"),
            ("orders-1@23", "id"),
            ("root@shop", "str"),
            ("true", "bool"),
            ("HTTP/1.1", "http"),
            ("10/Oct/2024:13:55:36", "date"),
            ("2024/05/01", "date"),
            ("ord-17x", "id"),
            ("root", "str"),
            ("", "str"),
        ] {
            assert_eq!(super::of(value.as_bytes()), kind, "{value}");
        }
    }
}
