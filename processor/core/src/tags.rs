//! What a record says of its verdict: the attributes (of a metric: the metadata) that this hop writes.

use crate::any::put_pair;
use crate::identity::Fingerprint;
use crate::record::Signal;
use crate::wire;

/// Whether an earlier hop's attribute goes. Its adjusted count stays unless this hop writes its own.
pub fn is_stale(key: &[u8], counts: bool) -> bool {
    match key {
        b"sluice.verdict" | b"sluice.category" | b"sluice.fingerprint" | b"sluice.canary" => true,
        b"sluice.adjusted_count" => counts,
        _ => false,
    }
}

/// The three tags that every tagged record has, encoded as fields of the record.
pub fn encode(signal: Signal, verdict: &str, category: &str, fingerprint: Fingerprint) -> Vec<u8> {
    let mut out = Vec::with_capacity(160);
    let mut value = Vec::with_capacity(40);
    for (key, text) in
        [("sluice.verdict", verdict), ("sluice.category", category), ("sluice.fingerprint", &fingerprint.to_string())]
    {
        value.clear();
        wire::put_bytes(&mut value, 1, text.as_bytes());
        put_pair(&mut out, signal.tags_field(), key, &value);
    }
    out
}

/// Appends that a record of a dropped type passes so that what is dropped can be looked at.
pub fn put_canary(out: &mut Vec<u8>, signal: Signal) {
    put_pair(out, signal.tags_field(), "sluice.canary", &[0x10, 1]);
}

/// Appends how many records the one that passes stands for.
pub fn put_adjusted_count(out: &mut Vec<u8>, signal: Signal, count: f64) {
    let mut number = vec![0x21];
    number.extend_from_slice(&count.to_le_bytes());
    put_pair(out, signal.tags_field(), "sluice.adjusted_count", &number);
}
