//! Distinguished names, as certificates and directories have them: `C=DE, O=Example Ltd, CN=Example Root CA` and
//! `cn=anna,dc=example,dc=org` are one value each, however many parts they have.

use std::ops::Range;

use memchr::memchr;

use super::bits::Bits;
use crate::lexicon::tells;

/// No part has more words, and no name more parts.
const WORDS: usize = 8;
const PARTS: usize = 16;

/// The name whose first two parts that comma is between.
pub fn around(line: &[u8], comma: usize, bits: &Bits) -> Option<Range<usize>> {
    let start = begins(line, comma, bits)?;
    let (mut at, mut is_one, mut count) = (start, false, 0);
    loop {
        let kind = bits.word_end(at);
        if line.get(kind) != Some(&b'=') || !is_kind(&line[at..kind]) || count == PARTS {
            return None;
        }
        is_one |= [&b"cn"[..], b"dc", b"ou"].iter().any(|kind_of| line[at..kind].eq_ignore_ascii_case(kind_of));
        count += 1;
        match next_part(line, kind + 1, bits) {
            Some(next) => at = next,
            None => return (is_one && count > 1).then(|| start..last_value(line, kind + 1, bits)),
        }
    }
}

/// Where the first part begins: no comma is between, and few words.
fn begins(line: &[u8], comma: usize, bits: &Bits) -> Option<usize> {
    let mut end = comma;
    for _ in 0..WORDS {
        let start = bits.word_start(end);
        if start == end {
            return None;
        }
        match line[..start] {
            [.., b' '] => end = start - 1,
            [.., b'='] => {
                let kind = bits.word_start(start - 1);
                return is_kind(&line[kind..start - 1]).then_some(kind);
            }
            _ => return None,
        }
    }
    None
}

/// Where the next part begins behind a value, if a further one does.
fn next_part(line: &[u8], mut at: usize, bits: &Bits) -> Option<usize> {
    for _ in 0..WORDS {
        let end = bits.word_end(at);
        match line[end..] {
            [b' ', ..] if end > at => at = end + 1,
            [b',', b' ', ..] => return starts_part(line, end + 2, bits),
            [b',', ..] => return starts_part(line, end + 1, bits),
            _ => return None,
        }
    }
    None
}

fn starts_part(line: &[u8], at: usize, bits: &Bits) -> Option<usize> {
    let end = bits.word_end(at);
    (line.get(end) == Some(&b'=') && is_kind(&line[at..end])).then_some(at)
}

/// Where the last value ends: behind a word, and others with a capital as names have them, none of which tells.
fn last_value(line: &[u8], start: usize, bits: &Bits) -> usize {
    let mut end = bits.word_end(start);
    for _ in 1..WORDS {
        if line.get(end) != Some(&b' ') {
            break;
        }
        let next = bits.word_end(end + 1);
        let word = &line[end + 1..next];
        let is_name = word.first().is_some_and(u8::is_ascii_uppercase) && !bits.has_digit(end + 1, next);
        if !is_name || line.get(next) == Some(&b'=') || tells(word) {
            break;
        }
        end = next;
    }
    end - usize::from(end > start && matches!(line[end - 1], b'.' | b'!' | b'?'))
}

/// Whether a key is the kind of a name's part, by X.520 or as directories call it.
fn is_kind(key: &[u8]) -> bool {
    const LONGEST: usize = 12;
    const KINDS: &[u8] = b" c st l o ou cn dc uid sn gn street title serialnumber emailaddress ";
    let mut name = [b' '; LONGEST + 2];
    if key.is_empty() || key.len() > LONGEST || memchr(b' ', key).is_some() {
        return false;
    }
    name[1..=key.len()].copy_from_slice(key);
    name.make_ascii_lowercase();
    memchr::memmem::find(KINDS, &name[..key.len() + 2]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_the_kinds_of_its_parts() {
        for (line, name) in [
            ("depth=1, C=DE, O=Example Ltd, CN=Example Root CA", "C=DE, O=Example Ltd, CN=Example Root CA"),
            ("bind dn=cn=anna,ou=people,dc=example,dc=org method=128", "cn=anna,ou=people,dc=example,dc=org"),
            ("bind dn=\"cn=anna,ou=people,dc=example,dc=org\" method=128", "cn=anna,ou=people,dc=example,dc=org"),
            ("loaded 'CN=web-1, O=Shop' now", "CN=web-1, O=Shop"),
            ("subject CN=Shop CA, O=Shop Expired now", "CN=Shop CA, O=Shop"),
            ("subject CN=Shop, O=Shop.", "CN=Shop, O=Shop"),
            ("o=1, c=2", ""),
            ("x=1, cn=2", ""),
            ("cn=a, x=2", ""),
            ("cn=a b", ""),
            ("cn=, o=a", ""),
        ] {
            let mut bits = Bits::default();
            bits.read(line.as_bytes());
            let mut commas = line.match_indices(',').map(|(comma, _)| comma);
            let found = commas.find_map(|comma| around(line.as_bytes(), comma, &bits));
            assert_eq!(found.map_or("", |range| &line[range]), name, "{line}");
        }
    }
}
