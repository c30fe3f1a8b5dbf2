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
    text.len() <= 4 && (joins_run(text) || is_next_item(text))
}

/// Whether that is nothing but what joins the variables of a run.
pub fn joins_run(text: &[u8]) -> bool {
    text.len() <= 4 && text.iter().all(|byte| matches!(byte, b' ' | b',' | b':' | b';' | b'=' | b'|' | b'.'))
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

    /// How many bytes of memory it has.
    pub fn held(&self) -> usize {
        self.buffer.held()
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

/// The template for people, with a slot for each variable. Variables that touch are one slot, unless they have a name
/// already: what a configured mask found is shown as that and nothing else.
#[derive(Default)]
pub struct Template {
    out: Vec<u8>,
    slots: Vec<(String, Vec<u8>)>,
    open: Option<Run>,
}

/// A run of variables that may go on: its slot is the last one, and its mark is written when it has ended, because only
/// the whole value tells its kind.
struct Run {
    /// The kind, when it is known; then the run is one variable.
    known: Option<String>,
    /// Punctuation behind its last variable that may join another to it.
    joining: Vec<u8>,
}

impl Template {
    /// The template and its slots, each with its kind.
    pub fn finish(mut self) -> (Vec<u8>, Vec<(String, Vec<u8>)>) {
        self.end_run();
        (self.out, self.slots)
    }

    fn end_run(&mut self) {
        let (Some(run), Some((kind, value))) = (self.open.take(), self.slots.last_mut()) else { return };
        *kind = run.known.unwrap_or_else(|| kind::of(value).to_owned());
        self.out.push(b'<');
        self.out.extend_from_slice(kind.as_bytes());
        self.out.push(b'>');
        self.out.extend_from_slice(&run.joining);
    }
}

impl Sink for Template {
    fn part(&mut self, text: &[u8]) {
        self.end_run();
        self.out.extend_from_slice(text);
    }

    fn constant(&mut self, text: &[u8], range: Range<usize>) {
        let text = &text[range];
        match &mut self.open {
            Some(run) if joins(text) => run.joining.extend_from_slice(text),
            _ => self.part(text),
        }
    }

    fn variable(&mut self, text: &[u8], range: Range<usize>, known: Option<&str>) {
        let value = &text[range];
        if let (Some(Run { known: None, joining }), Some((_, earlier)), None) =
            (&mut self.open, self.slots.last_mut(), known)
        {
            earlier.append(joining);
            earlier.extend_from_slice(value);
            return;
        }
        self.end_run();
        self.slots.push((String::new(), value.to_vec()));
        self.open = Some(Run { known: known.map(str::to_owned), joining: Vec::new() });
    }
}
