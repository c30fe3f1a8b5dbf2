//! What a record says of its verdict: the attributes (of a metric: the metadata) that this hop writes.

use crate::any::put_pair;
use crate::decide::{Decision, Fate};
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

/// Appends the tags of a record with this fate.
pub fn write(out: &mut Vec<u8>, signal: Signal, decision: &Decision, fate: Fate) {
    let field = signal.tags_field();
    let verdict = match fate {
        Fate::Waste => return out.extend_from_slice(&decision.waste_tags),
        Fate::Survivor(_) => "sample",
        Fate::Canary(_) | Fate::Kept => "keep",
    };
    out.extend_from_slice(&encode(signal, verdict, &decision.category, decision.fingerprint));
    if let Fate::Canary(_) = fate {
        put_pair(out, field, "sluice.canary", &[0x10, 1]);
    }
    if let Fate::Survivor(count) | Fate::Canary(count) = fate {
        let mut number = vec![0x21];
        number.extend_from_slice(&count.to_le_bytes());
        put_pair(out, field, "sluice.adjusted_count", &number);
    }
}
