//! Bytes that are put together piece by piece, record after record in the same memory.

use std::ops::Range;

/// Only the first `length` bytes count.
#[derive(Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    length: usize,
}

impl Buffer {
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The bytes that count from there on.
    pub fn bytes_from(&mut self, start: usize) -> &mut [u8] {
        &mut self.bytes[start..self.length]
    }

    #[inline]
    pub fn length(&self) -> usize {
        self.length
    }

    /// How many bytes of memory it has.
    pub fn held(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub fn clear(&mut self) {
        self.length = 0;
    }

    #[inline]
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    pub fn replace(&mut self, bytes: Vec<u8>) {
        self.length = bytes.len();
        self.bytes = bytes;
    }

    /// Appends the first `length` bytes of `from`, most often by a move of fixed size, which is no call.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost more than the move")]
    pub fn push(&mut self, from: &[u8], length: usize) {
        if length <= 32
            && let Some(bytes) = from.first_chunk::<32>()
        {
            return self.push_first(bytes, length);
        }
        if length <= 64
            && let Some(bytes) = from.first_chunk::<64>()
        {
            return self.push_first(bytes, length);
        }
        if length <= 8
            && let Some(bytes) = from.first_chunk::<8>()
        {
            return self.push_first(bytes, length);
        }
        self.append(&from[..length]);
    }

    /// Appends the first `length` of these bytes.
    #[inline]
    pub fn push_first<const N: usize>(&mut self, bytes: &[u8; N], length: usize) {
        if self.bytes.len() < self.length + N {
            self.grow(self.length + N);
        }
        if let Some(room) = self.bytes[self.length..].first_chunk_mut() {
            *room = *bytes;
            self.length += length;
        }
    }

    /// Appends a part of these bytes once more.
    pub fn repeat(&mut self, part: Range<usize>) {
        let end = self.length + part.len();
        if self.bytes.len() < end {
            self.grow(end);
        }
        self.bytes.copy_within(part, self.length);
        self.length = end;
    }

    /// What follows the bytes that count, at least so many.
    #[inline]
    pub fn room(&mut self, length: usize) -> &mut [u8] {
        if self.bytes.len() < self.length + length {
            self.grow(self.length + length);
        }
        &mut self.bytes[self.length..]
    }

    /// Lets so many of the bytes count that were written to the room.
    #[inline]
    pub fn advance(&mut self, length: usize) {
        self.length = self.bytes.len().min(self.length + length);
    }

    #[inline(never)]
    pub fn append(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if self.bytes.len() < end {
            self.grow(end);
        }
        self.bytes[self.length..end].copy_from_slice(bytes);
        self.length = end;
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        self.bytes.resize(needed * 2 + 256, 0);
    }
}
