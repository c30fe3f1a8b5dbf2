//! A look at a type that was judged: which variables and which attributes its records have by now. No value of any.

use serde::Serialize;

use crate::cardinality::Distinct;
use crate::samples::Seen;

/// How many records one look takes in.
pub const RECORDS: u8 = 32;
/// Different lists of kinds that are told apart; further ones are not counted.
const VARIANTS: usize = 8;
/// Different attribute keys that are counted.
const KEYS: usize = 256;

#[derive(Default, Serialize)]
pub struct Look {
    records: u8,
    slots: Vec<Variant>,
    attribute_keys: Vec<Attribute>,
}

/// The kinds of the variables of one record, in their order, and how many records had them.
#[derive(Serialize)]
struct Variant {
    kinds: Vec<String>,
    records: u8,
}

#[derive(Serialize)]
struct Attribute {
    key: Box<str>,
    records: u8,
    /// An estimate of its different values.
    values: Distinct,
}

impl Look {
    /// Takes one record in; answers whether it was the last.
    pub fn take(&mut self, seen: &Seen<'_>) -> bool {
        self.records += 1;
        let kinds = || seen.slots.iter().map(|(kind, _)| kind);
        if let Some(known) = self.slots.iter_mut().find(|variant| variant.kinds.iter().eq(kinds())) {
            known.records += 1;
        } else if self.slots.len() < VARIANTS {
            self.slots.push(Variant { kinds: kinds().cloned().collect(), records: 1 });
        }
        for (position, (name, value)) in seen.attributes.iter().enumerate() {
            let is_first = !seen.attributes[..position].iter().any(|(earlier, _)| earlier == name);
            if let Some(known) = self.attribute_keys.iter_mut().find(|known| known.key == *name) {
                known.records += u8::from(is_first);
                known.values.add(value);
            } else if self.attribute_keys.len() < KEYS {
                let mut values = Distinct::default();
                values.add(value);
                self.attribute_keys.push(Attribute { key: name.clone(), records: 1, values });
            }
        }
        self.records >= RECORDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mine::Masks;
    use crate::record::Signal;
    use crate::wire::put_bytes;

    fn take(look: &mut Look, body: &str, keys: &[&str]) -> bool {
        let mut record = Vec::new();
        let mut value = Vec::new();
        put_bytes(&mut value, 1, body.as_bytes());
        put_bytes(&mut record, 5, &value);
        for key in keys {
            let mut pair = Vec::new();
            put_bytes(&mut pair, 1, key.as_bytes());
            put_bytes(&mut record, 6, &pair);
        }
        look.take(&Seen::of(Signal::Logs, &record, &Masks::default(), "").unwrap())
    }

    #[test]
    fn kinds_and_keys_are_counted_and_values_are_not_kept() {
        let mut look = Look::default();
        take(&mut look, "job 17 took 3ms", &["a", "a", "b"]);
        take(&mut look, "job 18 took 4ms", &["a"]);
        take(&mut look, "job 18 took 1", &[]);
        let told = serde_json::to_string(&look).unwrap();
        assert_eq!(
            told,
            r#"{"records":3,"slots":[{"kinds":["num","dur"],"records":2},{"kinds":["num","num"],"records":1}],"#
                .to_owned()
                + r#""attribute_keys":[{"key":"a","records":2,"values":1},{"key":"b","records":1,"values":1}]}"#
        );
    }

    #[test]
    fn a_look_ends_and_is_bounded() {
        let mut look = Look::default();
        for number in 1..=u32::from(RECORDS) {
            let keys: Vec<String> = (0..60).map(|key| format!("{number}.{key}")).collect();
            let text = "1 a 2ms ".repeat(number as usize);
            let last = take(&mut look, &text, &keys.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(last, number == u32::from(RECORDS));
        }
        assert_eq!((look.slots.len(), look.attribute_keys.len()), (VARIANTS, KEYS));
    }
}
