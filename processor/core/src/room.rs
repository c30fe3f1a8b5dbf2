//! Memory that is written for the first time, from its beginning on.

use std::mem::MaybeUninit;

/// The first `written` bytes have a value.
pub struct Room<'m> {
    bytes: &'m mut [MaybeUninit<u8>],
    written: usize,
}

impl<'m> Room<'m> {
    pub fn new(bytes: &'m mut [MaybeUninit<u8>]) -> Self {
        Self { bytes, written: 0 }
    }

    /// Writes these bytes behind those that were written. Panics when there is no room.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        let end = self.written + bytes.len();
        copy(bytes, &mut self.bytes[self.written..end]);
        self.written = end;
    }

    /// Writes over bytes that were written: from the one on that is so many before the end.
    #[inline]
    pub fn put_over(&mut self, back: usize, bytes: &[u8]) {
        let start = self.written - back;
        copy(bytes, &mut self.bytes[start..self.written][..bytes.len()]);
    }

    pub fn is_full(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// What was written.
    pub fn written(&self) -> &[u8] {
        #![expect(unsafe_code, reason = "the library has no safe way for a part")]
        let written = &self.bytes[..self.written];
        // SAFETY: the same bytes, borrowed as long; all of them have a value, as only `put` lets more of them count.
        unsafe { std::slice::from_raw_parts(written.as_ptr().cast(), written.len()) }
    }
}

/// One copy of memory, as the compiler sees.
#[inline]
fn copy(from: &[u8], to: &mut [MaybeUninit<u8>]) {
    for (from, to) in from.iter().zip(to) {
        to.write(*from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_stands_one_behind_another() {
        let mut memory = [MaybeUninit::uninit(); 6];
        let mut room = Room::new(&mut memory);
        room.put(b"abcd");
        room.put_over(3, b"xy");
        assert_eq!(room.written(), b"axyd");
        assert!(!room.is_full());
        room.put(b"ef");
        assert_eq!(room.written(), b"axydef");
        assert!(room.is_full());
    }

    #[test]
    #[should_panic(expected = "out of range")]
    fn more_than_there_is_room_for_is_not_put() {
        Room::new(&mut [MaybeUninit::uninit(); 3]).put(b"abcd");
    }
}
