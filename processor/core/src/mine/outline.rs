//! A line's outline: the line itself with each word that is surely data replaced by one byte.
//!
//! Lines with the same outline are mined to the same skeleton, level and clues, whatever those words are; so a line
//! whose outline was met before need not be mined. That is the whole contract, and the tests below hold the splitter
//! to it: a word is replaced only where nothing that `text` does looks into it. What is data but is looked into (paths,
//! quoted fields, numbers that may be a status) stays as it is, which costs another outline and is never wrong.

pub mod access;
mod path;

use std::ops::Range;

use access::Request;
use path::path;

use super::bits::{Around, Bits};
use super::buffer::Buffer;
use super::clues::may_tell;
use super::codes::{is_code, may_be_code};
use super::counts::{is_zero, tells_by_zero};
use super::places::{may_be_before_request, may_end_request};
use super::sketch::is_hexadecimal;
use super::text::scheme_follows;
use super::versioned::is_versioned;
use super::words::{LONGEST_TECHNICAL, is_interface, is_named, is_technical, may_be_interface, may_be_technical};

/// What stands for data (and `path` for paths), by what may be asked of its first letter; a text with control characters
/// has no outline.
const DIGITS: u8 = 1;
const LETTERS: u8 = 2;
const OTHER: u8 = 3;
/// A bit beside these, of a word that is joined to a path and has a dot.
const WITH_DOT: u8 = 8;
/// A bit beside those of paths, of one with a digit; of two parts it is set always.
const WITH_DIGITS: u8 = 16;
/// The line's level, which is found before.
const LEVEL: u8 = 5;
/// An access log's client, identity, user and date, the target of its request, alone or with the protocol's version, and
/// quoted fields behind that.
const CLIENT: u8 = 26;
const TARGET: u8 = 27;
const TARGET_AND_VERSION: u8 = 21;
const FIELD: u8 = 30;

/// Appends the outline of a line; `level` is empty when it names none, `client` when it does not begin with one. `wide`
/// begins with the line, and the more follows there, the fewer pieces are moved byte by byte.
#[inline]
pub fn write(text: &[u8], wide: &[u8], client: Range<usize>, level: Range<usize>, bits: &Bits, out: &mut Buffer) {
    if client.is_empty() && !bits.has_odd() {
        // Most lines: of what only access logs have there is nothing.
        write_parts(text, wide, 0, level, bits, out, &mut Nothing);
    } else {
        write_with_request(text, wide, &client, level, bits, out);
    }
}

#[inline(never)]
fn write_with_request(
    text: &[u8],
    wide: &[u8],
    client: &Range<usize>,
    level: Range<usize>,
    bits: &Bits,
    out: &mut Buffer,
) {
    if !client.is_empty() {
        out.push_first(&[CLIENT], 1);
    }
    let mut request = Request::default();
    access::request(text, level.end, bits, &mut request);
    write_parts(text, wide, client.end, level, bits, out, &mut request);
}

/// What an access log's request leaves to no word, if the line has one.
pub fn request(text: &[u8], level_end: usize, bits: &Bits) -> Request {
    let mut request = Request::default();
    if bits.has_odd() {
        access::request(text, level_end, bits, &mut request);
    }
    request
}

/// What is data in a line and known by more than one word, in its order.
trait Parts {
    /// Where the next one begins; beyond any text when there is none.
    fn next(&self) -> usize;
    /// Writes the next part, and what comes before it as it is. Answers where it ends.
    fn write(&mut self, text: &[u8], done: usize, out: &mut Buffer) -> usize;
}

struct Nothing;

impl Parts for Nothing {
    fn next(&self) -> usize {
        usize::MAX
    }

    fn write(&mut self, _: &[u8], done: usize, _: &mut Buffer) -> usize {
        done
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the way over most lines is within its caller's")]
fn write_parts(
    text: &[u8],
    wide: &[u8],
    mut done: usize,
    level: Range<usize>,
    bits: &Bits,
    out: &mut Buffer,
    parts: &mut impl Parts,
) {
    let mut level = Some(level).filter(|level| !level.is_empty());
    for word in bits.numbers_and_paths() {
        if let Some(level) = level.take_if(|level| level.start <= word.start) {
            out.push(&wide[done..], level.start - done);
            out.push_first(&[LEVEL], 1);
            done = level.end;
        }
        while parts.next() <= word.start {
            done = parts.write(text, done, out);
        }
        // A word that the level is a part of stays.
        if word.start < done || level.as_ref().is_some_and(|level| level.start < word.end) {
            continue;
        }
        let Some((mark, end)) = mark(text, &word, bits) else { continue };
        out.push(&wide[done..], word.start - done);
        out.push_first(&[mark], 1);
        done = end;
    }
    if let Some(level) = level {
        out.push(&wide[done..], level.start - done);
        out.push_first(&[LEVEL], 1);
        done = level.end;
    }
    while parts.next() < text.len() {
        done = parts.write(text, done, out);
    }
    out.push(&wide[done..], text.len() - done);
}

/// What stands for a word with a digit or a slash, and where its data ends; `None` where the splitter may look into it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the innermost step of the way over a line")]
fn mark(text: &[u8], word: &Around, bits: &Bits) -> Option<(u8, usize)> {
    let &Around { start, mut end, odd } = word;
    if scheme_follows(text, end) {
        return None;
    }
    // Sentence marks are no part of a word.
    while end > start + 1 && matches!(text[end - 1], b'.' | b'!' | b'?') {
        end -= 1;
    }
    let mut dot = 0;
    if bits.has_odd() && is_joined(text, word, bits) {
        // Where a path's query begins has a say in what its last part is, and so has a dot.
        if bits.has_query(start, end) {
            return None;
        }
        dot = if bits.has_dot(start, end) { WITH_DOT } else { 0 };
    }
    if odd {
        // In quotes, before a colon, a word without any digit is a key.
        let digits = if bits.has_digit(start, end) { WITH_DIGITS } else { 0 };
        return Some((path(text, start, end, bits)? | digits, end));
    }
    let first = text[start];
    let short = end - start == 3;
    if end - start == 2 && is_second_group(text, start, bits) {
        return None;
    }
    if first.is_ascii_digit() {
        let tells = short
            && (is_class(&text[start + 1..end])
                || may_be_before_request(text, end)
                || may_end_request(text, start, end))
            || is_zero(&text[start..end]) && tells_by_zero(text, start, end, bits)
            || !(plainly_behind(text, start, short) || tells_nothing(text, start, short, bits));
        return (!tells).then_some((DIGITS | dot, end));
    }
    if first.is_ascii_alphabetic() {
        return (!is_name(text, start, end)).then_some((LETTERS | dot, end));
    }
    (first != b'-' || tells_nothing(text, start, short, bits)).then_some((OTHER | dot, end))
}

/// What may be asked of the digits of a word.
#[derive(Clone, Copy, PartialEq)]
pub enum Asked {
    Nothing,
    /// Whether they are zero.
    IsZero,
    /// What number they are, or more than that.
    Number,
}

/// What is asked of a word's digits, as far as the line's sketch tells of it and of what stands around it. An outline leaves
/// out the words of whose digits nothing is asked, and others; for all lines with one sketch this is the same.
pub fn asked(text: &[u8], word: &Around, bits: &Bits) -> Asked {
    let &Around { start, mut end, odd } = word;
    let unless = |is_data: bool| if is_data { Asked::Nothing } else { Asked::Number };
    if scheme_follows(text, end) {
        return Asked::Number;
    }
    while end > start + 1 && matches!(text[end - 1], b'.' | b'!' | b'?') {
        end -= 1;
    }
    if bits.has_odd() && is_joined(text, word, bits) && bits.has_query(start, end) {
        return Asked::Number;
    }
    if odd {
        return unless(path(text, start, end, bits).is_some());
    }
    let is_long = is_hexadecimal(&text[start..word.end]);
    let word = &text[start..end];
    if !is_long && is_second_group(text, start, bits) {
        return Asked::Number;
    }
    let tells_nothing = || {
        let behind_number = text[..start].ends_with(b":") || text[..start].ends_with(b"=");
        let earlier = bits.word_start(start.saturating_sub(1))..start.saturating_sub(1);
        let number = &text[earlier];
        behind_number && number.last().is_some_and(u8::is_ascii_digit) && !is_hexadecimal(number)
            || tells_nothing(text, start, !is_long, bits)
    };
    match text[start] {
        b'0'..=b'9' => {
            let behind = text[start..end].iter().position(|byte| !byte.is_ascii_digit());
            let may_tell = match behind {
                Some(at) => is_class(&text[start + at..end]),
                None => may_be_before_request(text, end) || may_end_request(text, start, end),
            };
            if may_tell || !tells_nothing() {
                Asked::Number
            } else if tells_by_zero(text, start, end, bits) {
                Asked::IsZero
            } else {
                Asked::Nothing
            }
        }
        first if first.is_ascii_alphabetic() => {
            let is_data = !matches!(text[end..], [b'=', ..] | [b'(', b')', ..])
                && (is_long || !may_be_technical(word) && !may_be_interface(word) && !may_be_code(word));
            unless(is_data)
        }
        first => unless(first != b'-' || tells_nothing()),
    }
}

/// Whether a word is the second part of an address that begins with two letters, which says whether that is one.
#[cold]
#[inline(never)]
fn is_second_group(text: &[u8], start: usize, bits: &Bits) -> bool {
    let Some(first) = start.checked_sub(3) else { return false };
    let letters = text[first..start - 1].iter().all(|byte| matches!(byte, b'a'..=b'f' | b'A'..=b'F'));
    text[start - 1] == b':' && letters && (first == 0 || bits.is_sep(first - 1))
}

/// Whether that stands behind the digit of a class of statuses: `5xx`.
fn is_class(behind: &[u8]) -> bool {
    behind == b"xx"
}

/// Whether a word of letters and digits may be wording.
#[inline(never)]
fn is_name(text: &[u8], start: usize, end: usize) -> bool {
    let word = &text[start..end];
    end - start <= LONGEST_TECHNICAL && (is_technical(word) || is_interface(word))
        || is_named(text, start, end)
        || is_versioned(word)
        || is_code(text, start, end)
}

/// Whether there may be more of a path that this word is part of, before it or behind.
#[inline]
fn is_joined(text: &[u8], word: &Around, bits: &Bits) -> bool {
    word.start > 0 && joins(text[word.start - 1])
        || text.get(word.end).copied().is_some_and(joins) && !bits.is_sep(word.end + 1)
}

/// What may be within a path, or between two.
fn joins(byte: u8) -> bool {
    matches!(byte, b':' | b'=' | b',' | b';')
}

/// The quick way to `tells_nothing`, for what stands before most numbers: a blank behind a word, or another number's
/// colon. A number of three digits may be a status, which is told by more than one word.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the innermost step of the way over a line")]
fn plainly_behind(text: &[u8], start: usize, short: bool) -> bool {
    let Some(&[a, b, c, before, last]) = text[..start].last_chunk() else { return false };
    if last == b' ' && before.is_ascii_alphabetic() {
        let end = u32::from_le_bytes([a, b, c, before]) | 0x2020_2020;
        let is_exit = end >> 16 == u32::from(u16::from_le_bytes(*b"rc")) || end == u32::from_le_bytes(*b"ited");
        return !short && !is_exit && end != u32::from_le_bytes(*b"code") && end != u32::from_le_bytes(*b"atus");
    }
    matches!(last, b':' | b'=') && before.is_ascii_digit()
}

/// Whether what stands before a number makes sure that nobody asks what number it is.
#[inline(never)]
fn tells_nothing(text: &[u8], start: usize, short: bool, bits: &Bits) -> bool {
    let Some(&[before, last]) = text[..start].last_chunk() else {
        // There is no word before it.
        return !matches!(text[..start], [b'"' | b'\'']);
    };
    if matches!(last, b'"' | b'\'') || last == b' ' && matches!(before, b'"' | b'\'' | b'|') {
        return false;
    }
    // A request's status may stand behind an arrow.
    if short && last == b' ' && before == b'>' {
        return false;
    }
    let mut earlier = bits.around(start - 1);
    if earlier.start == earlier.end {
        let end = bits.gap_start(start - 1);
        if end == 0 {
            return true;
        }
        earlier = bits.around(end);
    }
    // What is joined to it from before may make it the end of a path.
    let whole = earlier.start == 0 || !joins(text[earlier.start - 1]);
    (whole || !short || last != b' ') && !earlier.odd && !may_tell(&text[earlier.start..earlier.end])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::chance::numbers_below;
    use crate::class::Clues;
    use crate::mine::sink::Skeleton;
    use crate::mine::{Masks, plain};

    pub(super) fn outline(line: &str) -> Option<String> {
        outline_of(line, "")
    }

    /// The outline of a line behind which something else follows in memory.
    fn outline_of(line: &str, behind: &str) -> Option<String> {
        let (mut bits, mut out) = (Bits::default(), Buffer::default());
        let plain = plain::read(line.as_bytes(), &mut bits)?;
        let wide = [line, behind].concat();
        let wide = &wide.as_bytes()[line.len() - plain.length()..];
        plain
            .outline(&Masks::default(), &bits, wide, &mut out)
            .then(|| String::from_utf8(out.bytes().to_vec()).unwrap())
    }

    pub(in crate::mine) fn mined(line: &str) -> (Vec<u8>, Clues) {
        let (mut bits, mut sink, mut clues) = (Bits::default(), Skeleton::default(), Clues::default());
        let plain = plain::read(line.as_bytes(), &mut bits).unwrap();
        plain.mine(&Masks::default(), &mut bits, &mut sink, &mut clues);
        sink.finish(usize::MAX);
        (sink.text().to_vec(), clues)
    }

    pub(in crate::mine) const WORDS: &str = "status code exit exited with rc http HTTP/1.1 GET POST err error success responded completed \
        user for password from FF UTC PDT name tag a.b.c a.b.hk env env:a.b= grpc.code response_code level INFO WARN ERROR Jan Mon AM PM took size user node x /a/b /healthz /health/db https \
        C a.b.com me@x .. ... session dead beef fe80 - -- | kube-probe/1.2 true <nil> T UTC ts file file: /var \
        media.name a/b/c.name TLS RpcFeed List List( Set() na,nb x,y notes.txt rate=x [secret] =[x] rate= a\\b\\ \
        null none NULL NONE regionState= jobType= errorCode=NONE b' u\" op type=read cmd= name=open A_B ,b= .../ <x> <none> <word> lib:amd64 arch pool:arm64 index +up a.b.C@5e[ \
        statement statement: sql: select drop begin; b'a~b' b\"{'a' List(Item(x= [Item(a , ~Item{x= )] }] ]) fail Fail( {a} {7} (a) (7) [failed] a.b.c/.D a.b.c/d =(ann) =(failed) COMMAND= COMMAND=/ cmd=/a/b ~CMD~( (x~at~ ~at~ .py: ::ffff: :: * *: '/a~ \"/health~ '/x?~ failed \
        resp resp= upstream_status= httpStatus= answered status~code~ code= exit= exited~with~status~ decision=deny infected=true synced=false \
        event=\"NodeNotReady\" result~'oom-kill' msg=connected msg=\"synced\" is~now is dbus.socket login=rejected errno= error_code= \
        status= ret= ret~ result~code~ failed= failed errors ~errors errors: dropped replicas= retries= rc~ exited~ HTTP Sent~ ~in~ ~-~ HTTP~request responseCode= \
        CN= O=Shop~Ltd ,~CN= ,dc= CN=a,~OU=Shop~ Window{ Window{a old=IDLE new= OPERATION= it,continuing (start~at~ \
        ~->~ ~=>~ ~\"GET~/ TCP_MISS NONE/x \
        disposition=BUSY breaker=HALF_OPEN vm=poweredOff port=unplugged name=misrouted app=left from=OutOfSync loss=nan acquired=false acquired= is_leader=true hasQuorum= result:~false on=true~b=false~c=true~d=true x=false allowed=true returned exit~value exit~value: return~value hresult= exitValue= ok= up= node_up slots= state= health= health= accessible= primary=none primary= master= backend=null cached= undefined";
    /// A blank is written `~`.
    pub(in crate::mine) const MARKS: &str = "~ ~ ~ ~ ~~ = = ~=~\" : :~ : ,~ , ~( )~ ~[ ]~ \" ~\" \"~ ' ~' '~ | ~|~ ;~ < >~ { } . .~ / - _ :// .. \
        () ~()~ '. '@' ! % @ \\ ? #";
    pub(in crate::mine) const DATA: &str = "7 17 200 404 503 5xx 2xx 0 1 -1 -17 12345 1234567890123 10.0.0.1 3.5 15ms 5ms 5M 1M 0x7f 7f3a \
        ab12 cd3 F2 0a x@7f en0 a7 e5 c17 f47ac10b-58cc sha256 IPv6 s3 h2 db2_ok 7failed db2_status 7state ab12v3 ABCDEFGHv7 blk_17 #5 +3 $9 _1 ~7 %5 é7 7é 1a2b3c4d 00 1. 2! 3..4 b2.7 /a/7 /b/c.d \
        a/b/7 /x?q=1 /x#y/health /healthz /a/health/9 9/9/9 a\\b\\7 \\7\\a 2024-05-01 12:00:01,123 x/7 / me7@x.y \
        /var/7 /var /data/health/7 /v1/x //h/7 v2 v7 v12 20_4(20) 20_[1-4] n1,nb 7,8 a7.txt 7\\ a\\b\\ a\\b\\c k7=v7 c7.name c7.size a/b/c.tag a/b/c.size \
        P_ACK_V1 a_v4_b A_B7 a7_v4_b orders_v2 libssl3 amd64 i386 aarch64 SIGUSR1 x86_64 .../7 \
        /a/7,b=7 a.b.C@5e7 c_v6_d_e 7_v4_a AH00124 AH00957 AH00124:~ AH00957:~ ORA-01017: ORA-00942: DSRA8203I:~ AB1: ABC12I DSRA8203E: ::1 ::17 ::ffff:7 =:1.5 :7 *:7 *:a7 a.py:7) a7.b:7) ~at~7:7) \
        10/0/30/69/109 1/-1/-1/+3/7 1/2/3/4 TCP_MISS/503 TCP_HIT/200 NONE/0 TCP_MISS/5030 7~7~7~\"GET~/a~ 503~7~7~7~\"GET~ 200~-~7~7~\"PUT~ GET~/a~7~ GET~/a~503 GET~https://a/b~->~404 \
        1/FAILURE 0/SUCCESS 7/A 0x0 0x000 0~errors 0~rows~failed failed~0, failed=0 00 51 0000 ]~200~GET~/a Sent~500~in~ ~-~503~7 Jan1 Jan2x (200) (503) [404] [503]~GET~/a \
        GET~/a~(404) GET~/a~31ms~503 200~GET~/a 503~<GET~https://a";
    const BEGINNINGS: &[&str] =
        &["took ", "the size ", "INFO ", "status ", "foo: ", "[7] ", "<3>", "17 ", "2024-05-01 10:00:00 "];

    pub(in crate::mine) fn words(text: &str) -> Vec<String> {
        text.split_ascii_whitespace().map(|word| word.replace('~', " ")).collect()
    }

    #[test]
    fn what_is_surely_data_is_left_out() {
        for (line, seen) in [
            ("stored batch 15 of node17 from 10.0.0.7:4711 in 15ms", "stored batch _ of _ from _:_ in _"),
            ("session 0a1b2c3d-77 ended.", "session _ ended."),
            ("user=u42 id=17 size: 12, (3)", "user=_ id=_ size: _, (_)"),
            ("INFO took 3ms", "_ took _"),
            ("2024-05-01 12:00:01,123 [main-7] WARN took 3ms", "_ _:_:_,_ [_] _ took _"),
            ("[17] a/7/b and /var/lib/17.sst.", "[_] _ and _."),
            ("on node17/10.0.0.7:80 by shop\\user7", "on _:_ by _"),
            ("see https://a7/x or b", "see https:_ or b"),
            ("failed to reach shard 3", "failed to reach shard _"),
        ] {
            let outline = outline(line).unwrap();
            assert_eq!(outline.replace(|byte: char| byte.is_control(), "_"), seen);
        }
    }

    #[test]
    fn what_may_be_looked_into_stays() {
        for line in [
            "status 200 and status: 200, status=200",
            "exit code 17 with exit status=3",
            "and rc=17 response_code=200 returned 404 [rc] 5",
            "opened ../lib/17.sst me7@x /v1/healthz",
            "said \"17\" and '18' and | 200 | x",
            "using sha256 for IPv6 and 5xx",
            "see HTTP/1.1 200 or https://healthz",
        ] {
            assert_eq!(outline(line).as_deref(), Some(line));
        }
    }

    #[test]
    fn quoted_settings_are_told_whatever_path_they_hold() {
        let (one, other) = (r#"with "x=[1a/b/c y=8""#, r#"with "x=[1a\b\x y=8""#);
        assert_eq!(outline(one), outline(other));
        assert_eq!(mined(one), mined(other));
    }

    #[test]
    fn a_line_that_may_be_read_otherwise_has_none() {
        for line in ["bob - 17 [2024", "two\nlines 17", "{\"a\": 17}", "17 x "] {
            assert_eq!(outline(line), None, "{line}");
        }
    }

    /// Scenario: lines of words that matter, words that do not, data and punctuation, in any order; then the same with
    /// other data. Guarantees: where the outlines are the same, so is everything that mining says.
    #[test]
    fn lines_with_the_same_outline_are_mined_to_the_same() {
        let (words, marks, data) = (self::words(WORDS), self::words(MARKS), self::words(DATA));
        let mut below = numbers_below(11);
        let (mut same, mut lines) = (0, 0);
        for _ in 0..60_000 {
            let parts: Vec<(u8, usize)> = (0..2 + below(14)).map(|_| (below(8) as u8, below(10_000))).collect();
            let mut write = || {
                let mut line = String::from(BEGINNINGS[parts[0].1 % BEGINNINGS.len()]);
                for &(what, number) in &parts {
                    line += match what {
                        0 | 1 => &words[number % words.len()],
                        2..=4 => &marks[number % marks.len()],
                        5 => &data[number % data.len()],
                        // This is what differs from line to line.
                        _ => &data[below(data.len())],
                    };
                }
                line
            };
            let (one, other) = (write(), write());
            let (Some(first), Some(second)) = (outline(&one), outline(&other)) else { continue };
            lines += 1;
            let within =
                outline_of(&one, " 17é/x? and more of the record that this line is a part of, and then still more");
            assert_eq!(within.as_ref(), Some(&first), "{one:?}");
            if first == second && one != other {
                same += 1;
                assert_eq!(mined(&one), mined(&other), "{one:?} and {other:?} are both {first:?}");
            }
        }
        assert!(same > lines / 100, "{same} of {lines}");
    }
}
