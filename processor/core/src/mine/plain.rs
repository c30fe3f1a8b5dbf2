//! Lines that are neither long nor structured nor of several, as most are: only such have an outline.

use std::ops::Range;

use memchr::memchr;

use super::bits::Bits;
use super::buffer::Buffer;
use super::outline::{Asked, access};
use super::sink::Sink;
use super::text::split;
use super::{Masks, head, level, outline, places, sketch};
use crate::class::{Clues, Severity};

/// Longer texts are mined by other limits of length than words' own, which an outline does not know.
const SHORT: usize = 1024;
/// Longer texts are more likely of several lines, and then their masks would be made in vain.
const SURE: usize = 512;

/// A text of one line that is neither long nor structured, as most are; its masks are made.
pub struct Plain<'t> {
    text: &'t [u8],
    level: Range<usize>,
    /// The highest of the level and of what stands before the line.
    severity: Severity,
}

/// Appends the sketch of a text that is plain; answers whether it has one.
#[inline]
pub fn sketch(text: &[u8], masks: &Masks, out: &mut Buffer) -> bool {
    masks.any.is_none() && may_have_sketch(text) && sketch::write(text, out)
}

/// Whether a text without control characters has a sketch.
#[inline]
pub fn may_have_sketch(text: &[u8]) -> bool {
    text.len() <= SURE && !text.ends_with(b" ") && head::is_none(text)
}

/// Whether a level is looked for in a part of the line only; a line's numbers have a say in what part that is.
#[inline]
pub fn is_long(text: &[u8]) -> bool {
    !level::reaches_over(text)
}

/// What tells of all lines with one sketch what they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sureness {
    Sketch,
    /// The sketch and some of the runs that it leaves out.
    Runs(Runs),
    /// More than that.
    Line,
}

/// What has a say beside a line's sketch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runs {
    /// A bit for each run, the first one's lowest.
    pub which: u64,
    /// Those of which no more has a say than whether they are zero.
    pub zeros: u64,
    /// Whether that holds of lines alone that begin with a client, which no sketch tells: it leaves out how many digits
    /// there are.
    pub of_client: bool,
}

impl Runs {
    /// Whether they tell what that line is, which has the sketch.
    #[inline]
    pub fn tell(&self, line: &[u8]) -> bool {
        !self.of_client || has_client(line)
    }
}

/// Whether a line begins as the common log format does, `client - user [date]`.
pub fn has_client(line: &[u8]) -> bool {
    let blank = memchr(b' ', line).filter(|&blank| line[blank..].starts_with(b" - "));
    blank.and_then(|blank| access::client(line, blank)).is_some_and(|client| !client.is_empty())
}

/// How sure the sketch of this text is, which has one. It is the same for all lines with that sketch that are likewise
/// `is_long` or not, and begin with a client or not.
pub fn sureness(text: &[u8], bits: &mut Bits) -> Sureness {
    match runs_with_a_say(text, bits) {
        Some(Runs { which: 0, of_client: false, .. }) => Sureness::Sketch,
        Some(runs) => Sureness::Runs(runs),
        None => Sureness::Line,
    }
}

fn runs_with_a_say(text: &[u8], bits: &mut Bits) -> Option<Runs> {
    let (level, severity) = level::level_of_sketch(text)?.unwrap_or_default();
    bits.read_words(text);
    let plain = Plain { text, level: level.clone(), severity };
    let client = plain.client(bits)?;
    let request = outline::request(text, level.end, bits);
    let (mut count, mut say, mut zeros) = (0, 0, 0);
    // Where the word before ends, and its runs.
    let (mut end, mut before) = (0, Some(0));
    for word in bits.numbers_and_paths() {
        let runs = sketch::runs(&text[word.start..word.end]);
        let own = bits_of(count, runs);
        count += runs;
        let is_apart = word.end <= level.start || level.end <= word.start;
        let asked = if is_apart { outline::asked(text, &word, bits) } else { Asked::Number };
        if runs > 0 && asked != Asked::Nothing && word.start >= client.end && !request.holds(word.start) {
            // What is asked of a number depends on what stands before it.
            let is_behind = word.start > 0 && bits.gap_start(word.start) == end;
            say |= if is_behind { before? } else { 0 };
            *(if asked == Asked::IsZero { &mut zeros } else { &mut say }) |= own?;
        }
        // Of a request's times all lines with the sketch have the form, and no more is asked of them.
        let is_times = word.odd && places::is_times(&text[word.start..word.end]);
        (end, before) = (word.end, if is_times { Some(0) } else { own });
    }
    Some(Runs { which: say | zeros, zeros: zeros & !say, of_client: !client.is_empty() })
}

/// So many bits from that one on.
fn bits_of(first: usize, count: usize) -> Option<u64> {
    match count {
        0 => Some(0),
        _ if first + count > 64 => None,
        _ => Some((u64::MAX >> (64 - count)) << first),
    }
}

/// Reads a text that is plain; `None` when it is not.
#[inline]
pub fn read<'t>(text: &'t [u8], bits: &mut Bits) -> Option<Plain<'t>> {
    if text.len() > SURE && (text.len() > SHORT || memchr(b'\n', text).is_some()) || text.ends_with(b" ") {
        return None;
    }
    if !head::is_none(text) {
        return read_behind_head(text, bits);
    }
    bits.read_words(text);
    if bits.has_controls() {
        return None;
    }
    if is_wording(text, bits) {
        return Some(Plain { text, level: 0..0, severity: Severity::Unset });
    }
    let (level, severity) = level::level_of_line(text, bits).unwrap_or_default();
    Some(Plain { text, level, severity })
}

/// The same for a text that may begin with what is no part of the message.
#[inline(never)]
fn read_behind_head<'t>(text: &'t [u8], bits: &mut Bits) -> Option<Plain<'t>> {
    let head = head::read(text);
    let rest = &text[head.start..];
    let text = rest.trim_ascii_start();
    // How far a level may stand from the beginning counts from where a prefix ends.
    if text.first() == Some(&b'{') || text.len() > SURE && rest.len() > text.len() {
        return None;
    }
    bits.read_words(text);
    if bits.has_controls() {
        return None;
    }
    let named = if head.names_level { level::level_of_line(text, bits) } else { None };
    let (level, severity) = named.unwrap_or_default();
    Some(Plain { text, level, severity: severity.max(head.severity) })
}

impl Plain<'_> {
    /// How long the line is.
    pub fn length(&self) -> usize {
        self.text.len()
    }

    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Appends the outline of the line, with which `wide` begins; answers whether it has one.
    #[inline]
    pub fn outline(&self, masks: &Masks, bits: &Bits, wide: &[u8], out: &mut Buffer) -> bool {
        if masks.any.is_some() {
            return false;
        }
        debug_assert!(wide.starts_with(self.text));
        let Some(client) = self.client(bits) else { return false };
        outline::write(self.text, wide, client, self.level.clone(), bits, out);
        true
    }

    /// What an access log's line begins with, which is nothing in most lines; `None` when that is not sure.
    #[inline]
    fn client(&self, bits: &Bits) -> Option<Range<usize>> {
        let Some(blank) = self.blank_before_user(bits) else { return Some(0..0) };
        access::client(self.text, blank).filter(|client| self.level.is_empty() || client.end <= self.level.start)
    }

    /// The first blank of a line that may begin as the common log format does, `client - user [date`, which looks at so
    /// many bytes, not at words.
    #[inline]
    fn blank_before_user(&self, bits: &Bits) -> Option<usize> {
        let mut blank = bits.word_end(0);
        while self.text.get(blank).is_some_and(|&byte| byte != b' ') {
            blank = bits.word_end(blank + 1);
        }
        let user = self.text[blank..].strip_prefix(b" - ")?;
        let end = memchr(b' ', user)?;
        (user.get(end + 1) == Some(&b'[')).then_some(blank)
    }

    /// Mines the line's words.
    #[inline]
    pub fn mine<S: Sink>(self, masks: &Masks, bits: &mut Bits, sink: &mut S, clues: &mut Clues) {
        bits.read(self.text);
        split(self.text, self.level, masks, bits, sink, clues);
    }
}

/// Whether a line begins with a word before which, and after which, no level stands; behind a key there may be one.
#[inline]
fn is_wording(line: &[u8], bits: &Bits) -> bool {
    let end = bits.word_end(0);
    !level::may_name_level(line) && line.get(end) != Some(&b'=') && !bits.has_digit(0, end)
}
