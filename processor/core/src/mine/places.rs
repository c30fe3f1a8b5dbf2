//! Numbers that are a request's status by where they stand in a line, where no word says that they are.
//!
//! What is asked here of the words around a number is what both a line's outline and its sketch still tell of them.

use memchr::{memchr, memmem, memrchr};

use super::classes::is_separator;
use super::words::is_method;

/// Whether a word is what `HAProxy` writes before a status: the five times of a request, `10/0/30/69/109`, where `-1`
/// stands for what was never reached and `+` for what went on.
pub fn is_times(word: &[u8]) -> bool {
    let is_time = |part: &[u8]| {
        let digits = part.strip_prefix(b"-").or_else(|| part.strip_prefix(b"+")).unwrap_or(part);
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
    };
    let mut parts = word.split(|&byte| byte == b'/');
    (0..5).all(|_| parts.next().is_some_and(is_time)) && parts.next().is_none()
}

/// The number behind a result as Squid writes it, `TCP_MISS/503`, which is a status if it has three digits.
pub fn of_cache_result(word: &[u8]) -> Option<&[u8]> {
    let slash = memrchr(b'/', word)?;
    let (result, status) = (&word[..slash], &word[slash + 1..]);
    let is_result = [&b"TCP_"[..], b"UDP_", b"NONE"].iter().any(|cache| result.starts_with(cache))
        && result.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_');
    (is_result && !status.is_empty() && status.iter().all(u8::is_ascii_digit)).then_some(status)
}

/// The code of a process' end as service managers write it, with its name: `status=1/FAILURE`.
pub fn of_exit_status(word: &[u8]) -> Option<&[u8]> {
    let slash = memchr(b'/', word)?;
    let (code, name) = (&word[..slash], &word[slash + 1..]);
    let is_one = !code.is_empty() && code.iter().all(u8::is_ascii_digit) && !name.is_empty();
    (is_one && name.iter().all(u8::is_ascii_uppercase)).then_some(code)
}

/// Whether a request ends before a number: `GET /orders 200`, `POST https://shop.example/orders -> 503`.
pub fn is_behind_request(text: &[u8], start: usize) -> bool {
    let Some(before) = text[..start].strip_suffix(b" ") else { return false };
    let arrow = before.strip_suffix(b" ->").or_else(|| before.strip_suffix(b" =>"));
    let Some((request, target)) = cut_last(arrow.unwrap_or(before)) else { return false };
    let begins_target = target.starts_with(b"/") || target.starts_with(b"http://") || target.starts_with(b"https://");
    let is_part = |&byte: &u8| !is_separator(byte) || matches!(byte, b':' | b'=' | b',' | b';');
    if !begins_target || !target.iter().all(is_part) {
        return false;
    }
    let method = cut_last(request).map_or(request, |(_, last)| last);
    is_method(method.strip_prefix(b"[").or_else(|| method.strip_prefix(b"\"")).unwrap_or(method))
}

/// Whether a number is the status of a request by what else the line says of one: alone behind a dash, as ASP.NET has it
/// (`Request finished HTTP/1.1 GET http://shop - 200`), or before the request behind a bracket (`] 200 GET /orders`).
pub fn ends_request(text: &[u8], start: usize, end: usize) -> bool {
    let (before, behind) = (&text[..start], &text[end..]);
    before.ends_with(b" - ") && matches!(behind, [] | [b' ', ..]) && says_request(before)
        || before.ends_with(b"] ") && is_request_behind(text, end)
}

/// Whether a text says that there was a request: by the protocol's name, or with its method and path.
fn says_request(text: &[u8]) -> bool {
    let is_behind_method = |blank: usize| {
        let before = &text[..blank];
        is_method(cut_last(before).map_or(before, |(_, last)| last))
    };
    memmem::find(text, b"HTTP").is_some() || memmem::find_iter(text, b" /").any(is_behind_method)
}

/// Whether a number may be one by what is around it, whatever else the line says.
pub fn may_end_request(text: &[u8], start: usize, end: usize) -> bool {
    text[..start].ends_with(b" - ") || text[..start].ends_with(b"] ") && is_request_behind(text, end)
}

/// Whether a method and a path follow.
fn is_request_behind(text: &[u8], end: usize) -> bool {
    let Some(request) = text[end..].strip_prefix(b" ") else { return false };
    memchr(b' ', request).is_some_and(|blank| is_method(&request[..blank]) && request[blank + 1..].starts_with(b"/"))
}

/// What stands before a text's last blank, and what behind it.
fn cut_last(text: &[u8]) -> Option<(&[u8], &[u8])> {
    memrchr(b' ', text).map(|blank| (&text[..blank], &text[blank + 1..]))
}

/// Whether a number is the status of a load balancer: behind it stand that of the target, or `-`, the bytes that were
/// received and sent, and the request in quotes.
pub fn is_before_request(text: &[u8], end: usize) -> bool {
    let Some((target, rest)) = cut_count(&text[end..]) else { return false };
    (target.len() == 3 || target == b"-") && counts_before_request(rest) == 2
}

/// Whether what stands behind a number makes it one of the two statuses of `is_before_request`, or their like.
pub fn may_be_before_request(text: &[u8], end: usize) -> bool {
    matches!(counts_before_request(&text[end..]), 2 | 3)
}

/// How many counts stand before a quoted request; none if anything else does.
fn counts_before_request(mut text: &[u8]) -> usize {
    for count in 0..=3 {
        if let Some(request) = text.strip_prefix(b" \"") {
            let is_request = memchr(b' ', request).is_some_and(|blank| is_method(&request[..blank]));
            return if is_request { count } else { 0 };
        }
        let Some((_, rest)) = cut_count(text) else { return 0 };
        text = rest;
    }
    0
}

/// A word behind a blank that begins with a digit, or is a dash, and what follows it.
fn cut_count(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b" ")?;
    let end = memchr(b' ', text)?;
    (text[0].is_ascii_digit() || &text[..end] == b"-").then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_five_numbers_of_which_some_were_never_reached() {
        for word in ["10/0/30/69/109", "0/-1/-1/-1/0", "5/0/0/-1/+5007"] {
            assert!(is_times(word.as_bytes()), "{word}");
        }
        for word in ["1/2/3/4", "1/2/3/4/5/6", "1/2/3/4/", "1/2//4/5", "1/2/3/4/a", "1/2/3/4/-", ""] {
            assert!(!is_times(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn a_cache_tells_its_status_behind_the_result() {
        for (word, status) in [("TCP_MISS/503", "503"), ("NONE/400", "400"), ("UDP_HIT/0", "0")] {
            assert_eq!(of_cache_result(word.as_bytes()), Some(status.as_bytes()), "{word}");
        }
        for word in ["TCP_MISS/5x3", "TCP_MISS/", "TCP_MISS", "tcp_miss/503", "HTTP/503", "TCP_Miss/503", "/503"] {
            assert_eq!(of_cache_result(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn a_status_stands_behind_a_request() {
        for line in [
            "GET /a 503",
            "a GET /a?b=7,c 503",
            "POST https://shop.example/orders -> 503",
            "[PUT /a => 503",
            "\"HEAD http://a/b 503",
        ] {
            assert!(is_behind_request(line.as_bytes(), line.len() - 3), "{line}");
        }
        for line in
            ["GET a 503", "get /a 503", "GET /a  503", "GET /a(b 503", "/a 503", "GET /a b 503", "GET 503", "503"]
        {
            assert!(!is_behind_request(line.as_bytes(), line.len() - 3), "{line}");
        }
    }

    #[test]
    fn a_status_stands_before_what_was_received_and_sent_for_a_request() {
        for (line, is_one) in [
            (r#"502 502 34 366 "GET https://a:443/ HTTP/1.1" "#, true),
            (r#"502 - 34 366 "GET / HTTP/1.1""#, true),
            (r#"443 34 366 "GET / HTTP/1.1""#, false),
            (r#"502 5020 34 366 "GET / HTTP/1.1""#, false),
            (r#"502 502 34 b "GET / HTTP/1.1""#, false),
            (r#"502 502 34 366 "get / HTTP/1.1""#, false),
            (r#"502 502 34 366 7 "GET / HTTP/1.1""#, false),
            ("502 502 34 366", false),
            ("502", false),
        ] {
            assert_eq!(is_before_request(line.as_bytes(), 3), is_one, "{line}");
            assert!(!is_one || may_be_before_request(line.as_bytes(), 3), "{line}");
        }
    }
}
