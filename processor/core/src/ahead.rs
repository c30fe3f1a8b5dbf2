//! Asks the memory for what is looked at soon: records are read faster than the processor foresees.

/// How far ahead in a request, and how much: as many bytes as most records have.
const AHEAD: usize = 640;
const LINES: usize = 4;
/// What comes from memory at once.
const LINE: usize = 64;

/// Asks for what comes next in a request.
#[inline]
pub fn ask(request: &[u8], at: usize) {
    for line in 0..LINES {
        if let Some(byte) = request.get(at + AHEAD + line * LINE) {
            ask_for(byte);
        }
    }
}

/// Asks for where a text begins and where it ends.
#[inline]
pub fn ask_for_text(text: &[u8]) {
    if let [first, .., last] = text {
        ask_for(first);
        ask_for(last);
    }
}

/// Asks for a value.
#[inline]
pub fn ask_for<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        #![expect(unsafe_code, reason = "there is no other way to ask")]
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let start = std::ptr::from_ref(value).cast::<i8>();
        for at in (0..size_of::<T>()).step_by(LINE) {
            // SAFETY: nothing is read, whatever the address; this one is within the value.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(at)) };
        }
    }
    let _ = value;
}
