//! What a resource says of its records: whose they are, and which of the policy's exceptions it meets.

use crate::any::{Any, KeyValue};
use crate::identity::{self, Context};
use crate::settings::Policy;
use crate::wire::{Fields, Malformed};

pub(super) struct Resource {
    /// Without a scope.
    pub service: Context,
    /// For each of the policy's exceptions whether the resource has all attributes that it asks for.
    pub meets: Vec<bool>,
}

/// Reads the resource of `ResourceLogs`, `ResourceMetrics` or `ResourceSpans`, which may come in pieces.
pub(super) fn read(mut fields: Fields<'_>, policy: &Policy) -> Result<Resource, Malformed> {
    let mut service = Context::default();
    let mut named: Vec<(usize, Vec<u8>)> = Vec::new();
    while let Some(field) = fields.read()? {
        if !field.is_message(1) {
            continue;
        }
        let mut inner = Fields::new(field.payload);
        while let Some(part) = inner.read()? {
            if part.is_message(1) {
                let pair = KeyValue::read(part.payload)?;
                let value = Any::read(&pair.value)?;
                let Some(text) = value.text() else { continue };
                match pair.key {
                    b"service.name" => service.service = identity::name(text).into(),
                    b"service.namespace" => service.namespace = identity::name(text).into(),
                    key if !policy.exceptions.is_empty() => {
                        let text = String::from_utf8_lossy(text);
                        let wanted = policy.exceptions.iter().enumerate().flat_map(|(index, exception)| {
                            exception
                                .resource
                                .iter()
                                .filter(|(k, v)| k.as_bytes() == key && **v == text)
                                .map(move |_| index)
                        });
                        named.extend(wanted.map(|index| (index, key.to_vec())));
                    }
                    _ => {}
                }
            }
        }
    }
    // service.name and service.namespace may be named by an exception like any other key.
    let meets = policy
        .exceptions
        .iter()
        .enumerate()
        .map(|(index, exception)| {
            exception.resource.iter().all(|(key, value)| match key.as_str() {
                "service.name" => **value == *service.service,
                "service.namespace" => **value == *service.namespace,
                _ => named.iter().any(|(i, k)| *i == index && k == key.as_bytes()),
            })
        })
        .collect();
    Ok(Resource { service, meets })
}
