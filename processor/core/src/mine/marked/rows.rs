//! Lists in a template that are nothing but values: quoted ones in brackets, and a key's with blanks between them, as
//! `peers=(7 9 4)`.

use memchr::memchr2_iter;

use crate::mine::sink::MARK;

/// The template with such lists made one value each.
pub fn marked(template: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(template.len());
    let mut done = 0;
    for open in memchr2_iter(b'[', b'(', template) {
        if open >= done
            && let Some(end) = list_end(template, open)
        {
            out.extend_from_slice(&template[done..=open]);
            out.extend_from_slice(MARK);
            done = end;
        }
    }
    out.extend_from_slice(&template[done..]);
    out
}

/// Where the bracket is that ends a list of at least two values.
fn list_end(template: &[u8], open: usize) -> Option<usize> {
    let (close, rest) = (if template[open] == b'[' { b']' } else { b')' }, &template[open + 1..]);
    let quoted = matches!(rest.first(), Some(b'\'' | b'"'));
    if !(quoted && close == b']' || open > 0 && template[open - 1] == b'=') {
        return None;
    }
    let (mut at, mut values) = (0, 0);
    loop {
        let quote = rest.get(at).filter(|byte| matches!(byte, b'\'' | b'"'));
        if quote.is_some() != quoted {
            return None;
        }
        at += usize::from(quoted);
        // An option's dash is part of it.
        at += rest[at..].iter().take_while(|&&byte| byte == b'-').count();
        at += rest[at..].starts_with(MARK).then_some(MARK.len())?;
        if quoted && rest.get(at) != quote {
            return None;
        }
        at += usize::from(quoted);
        values += 1;
        match rest[at..] {
            [byte, ..] if byte == close => return (values > 1).then_some(open + 1 + at),
            [b',', b' ', ..] if quoted => at += 2,
            [b' ', ..] if !quoted => at += 1,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;

    #[test]
    fn a_template_that_ends_anywhere_is_marked_without_a_panic() {
        let parts = ["[", "]", "(", ")", "=", "'", "\"", "<*>", ", ", " ", "-", "x"];
        let mut below = numbers_below(9);
        for _ in 0..50_000 {
            let template: String = (0..below(12)).map(|_| parts[below(parts.len())]).collect();
            assert!(marked(template.as_bytes()).len() <= template.len());
        }
        assert_eq!(marked(b"ran ['<*>', \"<*>\"] of ['<*>', "), b"ran [<*>] of ['<*>', ");
    }
}
