//! The same event type under another ruleset: which fingerprint it has here, where its skeleton says the same here.
//!
//! A skeleton is masked once more, as if it were a line. Marks stay marks; when a mask would take one of its constant
//! words, or would have left standing what is none, no record of here has this skeleton, and there is no answer.
//!
//! What was never masked is not looked at: the keys and types of a structured body, and the names of metrics. A span's
//! skeleton may be its name's, which is masked, or its attributes', which are not: when a mask finds something there, there
//! is no answer either.

use std::borrow::Cow;

use serde::Deserialize;

use crate::class::Clues;
use crate::identity::Fingerprint;
use crate::mine::bits::Bits;
use crate::mine::head::Head;
use crate::mine::sink::Skeleton;
use crate::mine::{MINED_BYTES, Masks, text};
use crate::record::Signal;
use crate::settings::Identity;

/// An event type as a verdict names it.
#[derive(Deserialize)]
pub struct Named<'a> {
    #[serde(borrow)]
    pub fingerprint: Cow<'a, str>,
    #[serde(borrow)]
    pub identity: Identity<'a>,
    #[serde(borrow)]
    pub skeleton: Cow<'a, str>,
    #[serde(borrow)]
    pub ruleset: Cow<'a, str>,
}

/// Answers about each of a JSON array of types, in their order, as a JSON array.
pub fn each(json: &[u8], answer: impl Fn(&Named<'_>) -> Option<Fingerprint>) -> Result<String, String> {
    let types: Vec<Named<'_>> = serde_json::from_slice(json).map_err(|error| format!("types: {error}"))?;
    let texts: Vec<Option<String>> = types.iter().map(|named| answer(named).map(|found| found.to_string())).collect();
    serde_json::to_string(&texts).map_err(|error| error.to_string())
}

/// The fingerprint by `ruleset`, whose masks these are, of a type that another one names. `None` when it has none, and
/// when the one that it is said to have is not that of its identity.
pub fn fingerprint(foreign: &Named<'_>, ruleset: &str, masks: &Masks) -> Option<Fingerprint> {
    let (context, class) = foreign.identity.read()?;
    let named = Fingerprint::parse(&foreign.fingerprint)?;
    if Fingerprint::new(&foreign.ruleset, class, &context, &foreign.skeleton) != named {
        return None;
    }
    let skeleton = foreign.skeleton.as_bytes();
    let stays = match class.signal {
        Signal::Logs => stays(skeleton, masks),
        Signal::Metrics => true,
        Signal::Spans => masks.find_nothing(skeleton),
    };
    stays.then(|| Fingerprint::new(ruleset, class, &context, &foreign.skeleton))
}

/// Whether masking a log's skeleton leaves it as it is.
fn stays(skeleton: &[u8], masks: &Masks) -> bool {
    let message = match structure(skeleton) {
        None => skeleton,
        Some(end) if end == skeleton.len() => return true,
        Some(end) => &skeleton[end + 1..],
    };
    if message.len() > MINED_BYTES {
        return false;
    }
    let mut again = Skeleton::default();
    text::mine(message, &Head::default(), masks, &mut Bits::default(), &mut again, &mut Clues::default());
    again.finish(usize::MAX);
    again.text() == message
}

/// Where the keys and types of a structured body end: `{level:s,order.id:n} took <*>`. `None` when it is a plain text.
fn structure(skeleton: &[u8]) -> Option<usize> {
    let inside = skeleton.strip_prefix(b"{")?;
    let length = inside.iter().position(|&byte| byte == b'}')?;
    let leaves = &inside[..length];
    let is_leaf = |leaf: &[u8]| matches!(leaf, [_, .., b':', b's' | b'n' | b'b' | b'a' | b'x' | b'0' | b'*']);
    let is_structure = leaves.is_empty() || leaves == b"*" || leaves.split(|&byte| byte == b',').all(is_leaf);
    let end = length + 2;
    (is_structure && matches!(skeleton.get(end), None | Some(b' '))).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;
    use crate::settings::{Mask, Settings};

    const OLD: &str = "1-0123abcd";

    fn masks(patterns: &[&str]) -> Masks {
        let masks = patterns.iter().map(|&pattern| Mask { name: "own".to_owned(), pattern: pattern.to_owned() });
        Settings { max_event_types: 1, min_records: 1, masks: masks.collect(), evidence_bytes: 0 }.compile().unwrap()
    }

    fn rekeyed(signal: &str, skeleton: &str, patterns: &[&str]) -> bool {
        let empty = || Cow::Borrowed("");
        let identity = Identity {
            signal: signal.into(),
            scope: empty(),
            namespace: empty(),
            service: "shop".into(),
            severity: empty(),
            outcome: empty(),
            purpose: empty(),
        };
        let (context, class) = identity.read().unwrap();
        let named = |ruleset| Fingerprint::new(ruleset, class, &context, skeleton);
        let fingerprint = named(OLD).to_string().into();
        let foreign = Named { fingerprint, identity, skeleton: skeleton.into(), ruleset: OLD.into() };
        let found = super::fingerprint(&foreign, "1", &masks(patterns));
        assert!(found.is_none_or(|found| found == named("1")), "{skeleton}");
        found.is_some()
    }

    #[test]
    fn a_skeleton_that_says_the_same_here_has_a_fingerprint_here() {
        for skeleton in [
            "",
            "<*>",
            "user <*> logged in",
            "took <*> for <*> rows",
            "<*> [<*>] \"GET <*>\" <*> \"<*>\" \"<*>\"",
            "rhost=<*> user=<*> state=open",
            "cart {\"<*>\": \"<*>\", \"total\": \"<*>\"}",
            "Failed password for invalid user <*> from <*> port <*>",
            "no token for a.b.Worker$Task@<*> yet",
            "session of <word> began",
            "session of <word:fail> began",
            "cache user=<word:fail+dead> (<word:fail>) at <word:drop>: <*>",
            "cache user=<word> (<word>) at <*>",
            "Failed password for <word> from <*>",
            "charge failed [java.io.IOException < a.Card.charge < x.M.invoke<*>]",
            "{level:s,req.id:s} took <*>",
            "{*} took <*>",
            "{} took <*>",
            "{a:n}",
            "{not json",
        ] {
            assert!(rekeyed("logs", skeleton, &[]), "{skeleton}");
            assert!(rekeyed("logs", skeleton, &["ORD-\\d+"]), "{skeleton}");
        }
    }

    #[test]
    fn a_constant_word_that_is_masked_here_has_none() {
        for (skeleton, pattern) in [
            ("order ORD placed", "ORD"),
            ("order <*> placed", "order"),
            ("{level:s} order <*> placed", "placed"),
            ("took <*> for <*> rows", "<.*>"),
        ] {
            assert!(!rekeyed("logs", skeleton, &[pattern]), "{skeleton}");
            assert!(rekeyed("logs", skeleton, &["nothing of it"]), "{skeleton}");
        }
        assert!(!rekeyed("logs", "order 17 placed", &[]), "a number never stands");
        assert!(!rekeyed("logs", "two\nlines", &[]));
    }

    #[test]
    fn what_is_never_masked_stays() {
        assert!(rekeyed("logs", "{order:s,user.name:s} took <*>", &["order", "user"]));
        assert!(!rekeyed("logs", "{order of a user} took <*>", &["order"]), "no structure");
        assert!(rekeyed("metrics", "shop.orders.v2 {1|sum|cumulative}", &["orders"]));
    }

    #[test]
    fn a_span_in_whose_name_a_mask_may_find_something_has_none() {
        let name = "server GET /v2/orders/:id";
        assert!(rekeyed("spans", name, &[]));
        assert!(rekeyed("spans", name, &["ORD-[0-9]+"]));
        assert!(!rekeyed("spans", name, &["orders"]));
    }

    #[test]
    fn a_forged_fingerprint_has_none() {
        let json = format!(
            r#"{{"fingerprint":"{}","identity":{{"signal":"logs"}},"skeleton":"ready","ruleset":"0"}}"#,
            "0".repeat(32)
        );
        let foreign: Named<'_> = serde_json::from_str(&json).unwrap();
        assert_eq!(super::fingerprint(&foreign, "1", &Masks::default()), None);
    }

    #[test]
    fn no_skeleton_breaks_it() {
        let mut below = numbers_below(1);
        let mut next = || below(usize::MAX);
        let own = masks(&["a+"]);
        for _ in 0..20_000 {
            let alphabet = b" {}:,<*>snba\"'[]=/.19\n\xc3";
            let bytes: Vec<u8> = (0..next() % 48).map(|_| alphabet[next() % alphabet.len()]).collect();
            stays(&bytes, &own);
        }
    }
}
