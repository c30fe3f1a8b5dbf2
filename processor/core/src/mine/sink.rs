//! Where the pieces of a masked text go.

use std::ops::Range;

use super::buffer::Buffer;
use super::kind;

/// The mark of a variable in a skeleton. A text that itself says `<*>` reads as one, which is a rule like any mask.
pub const MARK: &[u8; 3] = b"<*>";

pub trait Sink {
    /// Words, punctuation and single blanks that belong to the shape: that range of the text.
    fn constant(&mut self, text: &[u8], range: Range<usize>);
    /// A variable: that range of the text, and its kind when the splitter already knows it.
    fn variable(&mut self, text: &[u8], range: Range<usize>, known: Option<&str>);
    /// A part of a structured record as it is; no run of variables reaches across it.
    fn part(&mut self, text: &[u8]);
}

/// Punctuation that only holds a run of variables together.
fn joins(text: &[u8]) -> bool {
    text.len() <= 4 && text.iter().all(|byte| matches!(byte, b',' | b':' | b';' | b'=' | b'|' | b'.'))
}

/// Whether a run of variables goes on behind this.
#[inline]
fn keeps_open(text: &[u8]) -> bool {
    text.len() <= 4
        && (text.iter().all(|byte| matches!(byte, b' ' | b',' | b':' | b';' | b'=' | b'|' | b'.'))
            || is_next_item(text))
}

/// What is between two quoted values of a list or a map of data: `', '` and `": "`.
#[inline]
fn is_next_item(text: &[u8]) -> bool {
    matches!(text, [first @ (b'\'' | b'"'), b',' | b':', last] | [first @ (b'\'' | b'"'), b',' | b':', b' ', last] if first == last)
}

/// The skeleton: constants as they are, each run of variables one mark, white space one blank.
#[derive(Default)]
pub struct Skeleton {
    buffer: Buffer,
    /// The length just after the last mark, while nothing but joining punctuation has followed it; else 0.
    open: usize,
}

impl Skeleton {
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.open = 0;
    }

    #[inline]
    pub fn text(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// Ends the skeleton: at most `bound` bytes, UTF-8, no blanks at its end.
    #[inline]
    pub fn finish(&mut self, bound: usize) {
        self.buffer.truncate(bound);
        if !self.text().is_ascii() {
            self.repair();
        }
        while self.text().last() == Some(&b' ') {
            self.buffer.truncate(self.buffer.length() - 1);
        }
    }

    /// Text that is not UTF-8 (or was cut within a character) keeps its shape with U+FFFD in its place.
    #[cold]
    fn repair(&mut self) {
        if std::str::from_utf8(self.text()).is_err() {
            self.buffer.replace(String::from_utf8_lossy(self.text()).into_owned().into_bytes());
        }
    }
}

impl Sink for Skeleton {
    fn part(&mut self, text: &[u8]) {
        self.buffer.append(text);
        self.open = 0;
    }

    #[inline]
    fn constant(&mut self, text: &[u8], range: Range<usize>) {
        if self.open > 0 && !keeps_open(&text[range.clone()]) {
            self.open = 0;
        }
        self.buffer.push(&text[range.start..], range.len());
    }

    #[inline]
    fn variable(&mut self, _: &[u8], _: Range<usize>, _: Option<&str>) {
        if self.open > 0 {
            self.buffer.truncate(self.open);
            return;
        }
        self.buffer.push_first(MARK, MARK.len());
        self.open = self.buffer.length();
    }
}

/// The template for people, with a slot for each variable. Variables that touch are one slot.
#[derive(Default)]
pub struct Template {
    pub out: Vec<u8>,
    pub slots: Vec<(String, Vec<u8>)>,
    open: Option<Open>,
}

struct Open {
    mark_at: usize,
    end: usize,
    last: usize,
}

impl Template {
    fn mark(&mut self, kind: &str) {
        self.out.push(b'<');
        self.out.extend_from_slice(kind.as_bytes());
        self.out.push(b'>');
    }
}

impl Sink for Template {
    fn part(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.open = None;
    }

    fn constant(&mut self, text: &[u8], range: Range<usize>) {
        let text = &text[range];
        self.out.extend_from_slice(text);
        match &mut self.open {
            Some(open) if joins(text) => open.last = self.out.len(),
            open => *open = None,
        }
    }

    fn variable(&mut self, text: &[u8], range: Range<usize>, known: Option<&str>) {
        let value = &text[range];
        let touching = self.open.take().filter(|open| open.last == self.out.len());
        let (kind, mark_at) = if let (Some(open), Some((_, earlier))) = (touching, self.slots.last_mut()) {
            earlier.extend_from_slice(&self.out[open.end..]);
            earlier.extend_from_slice(value);
            self.out.truncate(open.mark_at);
            let kind = kind::of(earlier).to_owned();
            if let Some(slot) = self.slots.last_mut() {
                slot.0.clone_from(&kind);
            }
            (kind, open.mark_at)
        } else {
            let kind = known.unwrap_or_else(|| kind::of(value)).to_owned();
            self.slots.push((kind.clone(), value.to_vec()));
            (kind, self.out.len())
        };
        self.mark(&kind);
        self.open = Some(Open { mark_at, end: self.out.len(), last: self.out.len() });
    }
}
