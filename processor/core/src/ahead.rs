//! Asks the memory for what comes next in a request: records are read faster than the processor foresees.

/// How far ahead, and how much: as many bytes as most records have.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 640;
#[cfg(target_arch = "x86_64")]
const LINES: usize = 4;

#[inline]
pub fn ask(request: &[u8], at: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        #![expect(unsafe_code, reason = "there is no other way to ask")]
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        for line in 0..LINES {
            if let Some(byte) = request.get(at + AHEAD + line * 64) {
                // SAFETY: nothing is read, whatever the address; this one is within the request.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
            }
        }
    }
    let _ = (request, at);
}

/// Asks for a value: where it begins and where it ends.
#[inline]
pub fn ask_for<T: ?Sized>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        #![expect(unsafe_code, reason = "there is no other way to ask")]
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let start = std::ptr::from_ref(value).cast::<i8>();
        for at in [start, start.wrapping_add(size_of_val(value))] {
            // SAFETY: nothing is read, whatever the address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(at) };
        }
    }
    let _ = value;
}
