//! Where the pieces of a masked text go.

use super::kind;

/// The mark of a variable in a skeleton. A text that itself says `<*>` reads as one, which is a rule like any mask.
pub const MARK: &[u8] = b"<*>";

pub trait Sink {
    /// Words, punctuation and single blanks that belong to the shape.
    fn constant(&mut self, text: &[u8]);
    /// A variable: what it says, and its kind when the splitter already knows it.
    fn variable(&mut self, value: &[u8], known: Option<&str>);
    /// A part of a structured record as it is; no run of variables reaches across it.
    fn part(&mut self, text: &[u8]);
}

/// Punctuation that only holds a run of variables together.
fn joins(text: &[u8]) -> bool {
    text.len() <= 4 && text.iter().all(|byte| matches!(byte, b',' | b':' | b';' | b'=' | b'|' | b'.'))
}

/// The skeleton: constants as they are, each run of variables one mark, white space one blank.
#[derive(Default)]
pub struct Skeleton {
    pub out: Vec<u8>,
    /// The length of `out` just after the last mark, while nothing but joining punctuation has followed it.
    open: Option<usize>,
}

impl Skeleton {
    pub fn clear(&mut self) {
        self.out.clear();
        self.open = None;
    }
}

impl Sink for Skeleton {
    fn part(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.open = None;
    }

    #[inline]
    fn constant(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        let joining = |byte: &u8| matches!(byte, b' ' | b',' | b':' | b';' | b'=' | b'|' | b'.');
        if self.open.is_some() && !(text.len() <= 4 && text.iter().all(joining)) {
            self.open = None;
        }
    }

    #[inline]
    fn variable(&mut self, _value: &[u8], _known: Option<&str>) {
        match self.open {
            Some(end) => self.out.truncate(end),
            None => self.out.extend_from_slice(MARK),
        }
        self.open = Some(self.out.len());
    }
}

/// The template for people, with a slot for each variable. Variables that touch are one slot.
#[derive(Default)]
pub struct Template {
    pub out: Vec<u8>,
    pub slots: Vec<(String, Vec<u8>)>,
    /// All variables are written `<*>`.
    pub plain: bool,
    open: Option<Open>,
}

struct Open {
    mark_at: usize,
    end: usize,
    last: usize,
}

impl Template {
    pub fn plain() -> Self {
        Self { plain: true, ..Self::default() }
    }

    fn mark(&mut self, kind: &str) {
        if self.plain {
            self.out.extend_from_slice(MARK);
        } else {
            self.out.push(b'<');
            self.out.extend_from_slice(kind.as_bytes());
            self.out.push(b'>');
        }
    }
}

impl Sink for Template {
    fn part(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        self.open = None;
    }

    fn constant(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        match &mut self.open {
            Some(open) if joins(text) => open.last = self.out.len(),
            open => *open = None,
        }
    }

    fn variable(&mut self, value: &[u8], known: Option<&str>) {
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
