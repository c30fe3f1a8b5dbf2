//! What is forwarded of a request: each record that was not dropped, whole, and all that stands around it.

use sluice_core::any::KeyValue;
use sluice_core::record::Signal;
use sluice_core::wire::Fields;

/// A record or another field, and the level at which it stands; where a message begins that holds records, nothing.
#[derive(PartialEq, Debug)]
pub struct Item {
    pub depth: usize,
    pub is_record: bool,
    content: Vec<u8>,
}

/// The items of a well-formed request in their order, without what any hop says of its verdict.
pub fn of(signal: Signal, request: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    flatten(signal, request, 0, &mut items);
    items
}

fn flatten(signal: Signal, message: &[u8], depth: usize, items: &mut Vec<Item>) {
    let mut fields = Fields::new(message);
    while let Some(field) = fields.read().expect("well-formed") {
        // Resources, their scopes, and of these the records.
        let holds_records = field.is_message([1, 2, 2][depth]);
        if holds_records && depth < 2 {
            items.push(Item { depth, is_record: false, content: Vec::new() });
            flatten(signal, field.payload, depth + 1, items);
        } else {
            let content =
                if holds_records { untagged(signal, field.payload) } else { message[field.start..field.end].to_vec() };
            items.push(Item { depth, is_record: holds_records, content });
        }
    }
}

fn untagged(signal: Signal, record: &[u8]) -> Vec<u8> {
    let mut left = Vec::new();
    let mut fields = Fields::new(record);
    while let Some(field) = fields.read().expect("well-formed") {
        let is_pair = field.is_message(signal.tags_field());
        if !(is_pair && KeyValue::read(field.payload).is_ok_and(|pair| pair.key.starts_with(b"sluice."))) {
            left.extend_from_slice(&record[field.start..field.end]);
        }
    }
    left
}

/// Whether `some` are among `all`, in the same order.
pub fn are_among(some: &[Item], all: &[Item]) -> bool {
    let mut all = all.iter();
    some.iter().all(|item| all.any(|other| other == item))
}
