//! A request that passes as it is, because looking into it failed: its records are counted and kept.

use crate::mine::sink::Skeleton;
use crate::record::{Record, Signal, metric};
use crate::walk::{Payload, Processed};
use crate::wire::{Fields, Malformed};

/// Counts a request's records; all of them overflow what the engine can tell apart.
pub fn of(signal: Signal, request: &[u8]) -> Result<Processed, Malformed> {
    let mut passed = Processed { payload: Payload::Same, ..Processed::default() };
    let mut skeleton = Skeleton::default();
    each(request, 1, &mut |resource| {
        each(resource, 2, &mut |scope| {
            each(scope, 2, &mut |record| {
                passed.received += 1;
                passed.overflowed += 1;
                passed.items_received += match signal {
                    Signal::Logs | Signal::Spans => 1,
                    Signal::Metrics => {
                        skeleton.clear();
                        let mut read = Record::default();
                        metric::read(record, &mut skeleton, &mut read)?;
                        read.items
                    }
                };
                Ok(())
            })
        })
    })?;
    Ok(passed)
}

fn each(message: &[u8], number: u32, visit: &mut dyn FnMut(&[u8]) -> Result<(), Malformed>) -> Result<(), Malformed> {
    let mut fields = Fields::new(message);
    while let Some(field) = fields.read()? {
        if field.is_message(number) {
            visit(field.payload)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::put_bytes;

    #[test]
    fn every_record_is_counted_and_kept() {
        let mut scope = Vec::new();
        put_bytes(&mut scope, 2, b"");
        put_bytes(&mut scope, 2, b"\x0a\x01x");
        let mut resource = Vec::new();
        put_bytes(&mut resource, 1, b"");
        put_bytes(&mut resource, 2, &scope);
        let mut request = Vec::new();
        put_bytes(&mut request, 1, &resource);
        put_bytes(&mut request, 1, &resource);
        let passed = of(Signal::Logs, &request).unwrap();
        assert!(matches!(passed.payload, Payload::Same));
        assert_eq!((passed.received, passed.items_received, passed.overflowed, passed.dropped), (4, 4, 4, 0));
        assert!(of(Signal::Logs, b"\x0a\x05x").is_err());
    }
}
