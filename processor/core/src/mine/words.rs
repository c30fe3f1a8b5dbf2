//! Closed lists of words, which are part of the ruleset.

use std::ops::Range;

use super::sketch::of_word;

/// What programs write in the place of a name that they do not have: how long it is.
#[inline]
pub fn is_no_name(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'<') {
        return None;
    }
    let names: [&[u8]; 5] = [b"<unknown>", b"<none>", b"<null>", b"<empty>", b"<anonymous>"];
    names.iter().find(|name| text.starts_with(name)).map(|name| name.len())
}

/// Words that are states also where names stand, in quotes or behind a key that has names: hardly anything is called so.
/// Elsewhere all that `lexicon::tells` knows are.
pub fn is_state(word: &[u8]) -> bool {
    let mut lower = [0u8; 12];
    let Some(lower) = lower.get_mut(..word.len()) else {
        return false;
    };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"true"
            | b"false"
            | b"yes"
            | b"no"
            | b"on"
            | b"off"
            | b"ok"
            | b"up"
            | b"down"
            | b"open"
            | b"opened"
            | b"closed"
            | b"enabled"
            | b"disabled"
            | b"active"
            | b"inactive"
            | b"success"
            | b"succeeded"
            | b"failed"
            | b"failure"
            | b"error"
            | b"denied"
            | b"refused"
            | b"timeout"
            | b"lost"
            | b"aborted"
            | b"corrupt"
            | b"degraded"
            | b"healthy"
            | b"unhealthy"
            | b"running"
            | b"stopped"
            | b"started"
            | b"pending"
            | b"ready"
            | b"unavailable"
            | b"get"
            | b"post"
            | b"put"
            | b"delete"
            | b"head"
            | b"patch"
            | b"options"
            | b"none"
            | b"null"
            | b"nil"
            | b"trace"
            | b"debug"
            | b"info"
            | b"notice"
            | b"warn"
            | b"warning"
            | b"critical"
            | b"fatal"
            | b"panic"
    )
}

pub fn is_method(word: &[u8]) -> bool {
    matches!(word, b"GET" | b"POST" | b"PUT" | b"DELETE" | b"HEAD" | b"PATCH" | b"OPTIONS" | b"TRACE" | b"CONNECT")
}

/// No longer word is technical.
pub const LONGEST_TECHNICAL: usize = 8;

/// Words with a digit that name a thing rather than count it.
#[inline]
pub fn is_technical(word: &[u8]) -> bool {
    match word {
        [b'0'..=b'9', ..] => matches!(word, b"2xx" | b"3xx" | b"4xx" | b"5xx"),
        _ => is_technical_name(word) || is_protocol(word) || is_architecture(word),
    }
}

/// A protocol with its version: `UDPv4`, `SNMPv3`.
fn is_protocol(word: &[u8]) -> bool {
    matches!(word, [name @ .., digit] if digit.is_ascii_digit() && names_version(name))
}

/// What stands before a protocol's version.
fn names_version(name: &[u8]) -> bool {
    matches!(name, [name @ .., b'v'] if matches!(name.len(), 2..=6) && name.iter().all(u8::is_ascii_uppercase))
}

/// A function that knows words, and the list of them.
macro_rules! words {
    ($(#[$note:meta])* $vis:vis $is:ident, $LIST:ident: $($word:literal)*) => {
        $(#[$note])*
        $vis fn $is(word: &[u8]) -> bool {
            matches!(word, $($word)|*)
        }

        const $LIST: &[&[u8]] = &[$($word),*];
    };
}

words! {
    is_technical_name, TECHNICAL:
    b"ipv4" b"ipv6" b"IPV4" b"IPV6" b"SHA1" b"SHA256" b"SHA512" b"sha1" b"sha256"
    b"sha512" b"MD5" b"md5" b"base64" b"Base64" b"UTF-8" b"utf-8" b"utf8" b"UTF8"
    b"UTF-16" b"ssh2" b"http2" b"HTTP2" b"HTTP/2" b"h2" b"h2c" b"log4j" b"k8s"
    b"K8s" b"S3" b"s3" b"EC2" b"ec2" b"OAuth2" b"oauth2" b"x86"
    b"win32" b"win64" b"mp3" b"mp4"
    b"L1" b"L2" b"L3" b"L4" b"L7" b"SHA384" b"sha384" b"crc32" b"CRC32"
    b"md4" b"x509" b"X509" b"X.509" b"h3" b"lz4" b"i2c" b"utf8mb4" b"ext3"
    b"ext4" b"psycopg2" b"sqlite3" b"gzip2" b"bzip2" b"LZ4" b"SIGUSR1"
    b"SIGUSR2"
}

words! {
    /// A processor's architecture as it stands behind a package's name: `libc6:amd64`.
    pub is_architecture, ARCHITECTURES:
    b"amd64" b"arm64" b"i386" b"i686" b"x86_64" b"aarch64" b"armhf" b"ppc64el" b"ppc64le"
    b"s390x" b"riscv64"
}

/// Whether a word with the same sketch may be technical.
pub fn may_be_technical(word: &[u8]) -> bool {
    let name = word.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(&word[..0], |last| &word[..=last]);
    names_version(name) || is_like(word, TECHNICAL) || is_like(word, ARCHITECTURES)
}

words! {
    /// The first of a kind of network interface, which nearly every machine has.
    pub is_interface, INTERFACES:
    b"eth0" b"en0" b"lo0" b"wlan0" b"wl0" b"awdl0" b"docker0" b"virbr0" b"bond0"
    b"ppp0" b"tun0" b"utun0" b"tap0" b"br0" b"ib0" b"usb0" b"wwan0"
}

/// Whether a word with the same sketch may be an interface.
pub fn may_be_interface(word: &[u8]) -> bool {
    is_like(word, INTERFACES)
}

fn is_like(word: &[u8], known: &[&[u8]]) -> bool {
    let sketch = of_word(word);
    known.iter().any(|known| of_word(known) == sketch)
}

/// Whether a word with a digit is told to be a name by what stands around it: a function's `()`, the `=` behind a key such
/// as `ab12` or `cd3`, or before it a name of which it is the version.
#[inline]
pub fn is_named(text: &[u8], start: usize, end: usize) -> bool {
    if let [b'v', digit] = text[start..end] {
        return digit.is_ascii_digit() && is_behind_name(&text[..start]);
    }
    match text.get(end) {
        Some(b'=') => is_numbered_key(&text[start..end]),
        Some(b'(') => text.get(end + 1) == Some(&b')') && text[start].is_ascii_alphabetic(),
        _ => false,
    }
}

/// Whether the word before, and a blank, is the name of a protocol or the like: letters alone, not only the first a capital.
fn is_behind_name(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b" ") else { return false };
    let name = before.len() - before.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let is_whole = name == 0 || matches!(before[name - 1], b' ' | b'(' | b'[');
    is_whole && before.get(name + 1..).is_some_and(|rest| rest.iter().any(u8::is_ascii_uppercase))
}

/// Letters and at most two digits behind them.
fn is_numbered_key(word: &[u8]) -> bool {
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    matches!(digits, 1 | 2) && digits < word.len() && word[..word.len() - digits].iter().all(u8::is_ascii_alphabetic)
}

pub fn is_month(word: &[u8]) -> bool {
    matches!(
        word,
        b"Jan" | b"Feb" | b"Mar" | b"Apr" | b"May" | b"Jun" | b"Jul" | b"Aug" | b"Sep" | b"Oct" | b"Nov" | b"Dec"
    )
}

/// Whether a word is the type of a DNS record, behind its class: `shop.example IN AAAA`.
pub fn is_record_type(text: &[u8], word: &Range<usize>) -> bool {
    text[..word.start].ends_with(b" IN ")
        && matches!(
            &text[word.clone()],
            b"A" | b"AAAA"
                | b"ANY"
                | b"AXFR"
                | b"CAA"
                | b"CNAME"
                | b"DNSKEY"
                | b"DS"
                | b"HTTPS"
                | b"IXFR"
                | b"MX"
                | b"NAPTR"
                | b"NS"
                | b"NSEC"
                | b"PTR"
                | b"RRSIG"
                | b"SOA"
                | b"SPF"
                | b"SRV"
                | b"SVCB"
                | b"TLSA"
                | b"TXT"
        )
}

/// Time zones as they stand within a date, before its year.
pub fn is_zone(word: &[u8]) -> bool {
    matches!(
        word,
        b"UTC"
            | b"GMT"
            | b"CET"
            | b"BST"
            | b"MSK"
            | b"IST"
            | b"JST"
            | b"EST"
            | b"EDT"
            | b"CST"
            | b"CDT"
            | b"MST"
            | b"MDT"
            | b"PST"
            | b"PDT"
    )
}

pub fn is_weekday(word: &[u8]) -> bool {
    matches!(word, b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun")
}

/// A country's label, which makes a dotted lower-case word a host name when it has two dots: `messages.fr` is a file.
pub fn is_country(label: &[u8]) -> bool {
    matches!(
        label,
        b"ar"
            | b"at"
            | b"au"
            | b"be"
            | b"br"
            | b"ca"
            | b"ch"
            | b"cn"
            | b"cz"
            | b"de"
            | b"dk"
            | b"es"
            | b"eu"
            | b"fi"
            | b"fr"
            | b"hk"
            | b"hu"
            | b"ie"
            | b"il"
            | b"it"
            | b"jp"
            | b"kr"
            | b"mx"
            | b"nl"
            | b"nz"
            | b"pt"
            | b"ro"
            | b"ru"
            | b"se"
            | b"tr"
            | b"tw"
            | b"ua"
            | b"uk"
            | b"us"
            | b"vn"
            | b"za"
    )
}

/// States that say that something went wrong.
pub fn is_fault(word: &[u8]) -> bool {
    const FAULTS: [&[u8]; 17] = [
        b"aborted",
        b"corrupt",
        b"critical",
        b"degraded",
        b"denied",
        b"down",
        b"error",
        b"failed",
        b"failure",
        b"fatal",
        b"lost",
        b"panic",
        b"refused",
        b"timeout",
        b"unavailable",
        b"unhealthy",
        b"warning",
    ];
    FAULTS.iter().any(|fault| word.eq_ignore_ascii_case(fault))
}

/// `true` or `false`, however they are spelt.
pub fn is_truth(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"true") || word.eq_ignore_ascii_case(b"false")
}

/// Names of collections, as languages print them before what they hold.
pub fn is_collection(word: &[u8]) -> bool {
    matches!(
        word,
        b"List"
            | b"Set"
            | b"Vector"
            | b"Seq"
            | b"Array"
            | b"ArrayBuffer"
            | b"HashSet"
            | b"Queue"
            | b"Stream"
            | b"Buffer"
    )
}

/// What stands for no value.
pub fn is_nothing(word: &[u8]) -> bool {
    matches!(word, b"null" | b"NULL" | b"nil" | b"none" | b"None" | b"NONE" | b"undefined")
}

/// The last label of a dotted lower-case word that makes it a host name.
pub fn is_domain(label: &[u8]) -> bool {
    matches!(
        label,
        b"com"
            | b"net"
            | b"org"
            | b"io"
            | b"edu"
            | b"gov"
            | b"local"
            | b"localdomain"
            | b"internal"
            | b"lan"
            | b"svc"
            | b"dev"
            | b"info"
            | b"arpa"
            | b"example"
            | b"test"
            | b"invalid"
            | b"localhost"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_in_any_case() {
        assert!(is_state(b"TRUE") && is_state(b"Failed") && is_state(b"unhealthy"));
        assert!(!is_state(b"root") && !is_state(b"") && !is_state(b"averylongword1234"));
    }
}
