//! The walk over the JSON text: one visitor, told by the table what the next value should be.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::encode::Encoder;
use super::failure::{Failure, Step};
use super::schema::{Field, Kind, Label, Message};

/// Reads `json` as `root` and writes it as protobuf.
pub(super) fn decode(root: &'static Message, json: &str) -> Result<Vec<u8>, Failure> {
    let mut walk = Walk {
        // JSON with its names and quotes is seldom less than twice as long.
        encoder: Encoder::with_capacity(json.len() / 2),
        path: Vec::new(),
        scratch: Vec::new(),
    };
    let mut text = serde_json::Deserializer::from_str(json);
    let read = walk.next_value(Wanted::Root(root)).deserialize(&mut text);
    match read.and_then(|_| text.end()) {
        Ok(()) => Ok(walk.encoder.finish()),
        Err(error) => Err(Failure { path: walk.path, error }),
    }
}

struct Walk {
    encoder: Encoder,
    /// From the root to the value being read. An error leaves it where it happened.
    path: Vec<Step>,
    scratch: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Wanted {
    Root(&'static Message),
    /// All that JSON has for the field: a list when it is repeated.
    Whole(&'static Field),
    Element(&'static Field),
}

impl Walk {
    fn next_value(&mut self, wanted: Wanted) -> Value<'_> {
        Value { wanted, walk: self }
    }

    /// Reads what is in an object; the message's tag and length are the caller's.
    fn read_fields<'de, A: MapAccess<'de>>(
        &mut self,
        message: &'static Message,
        mut object: A,
    ) -> Result<(), A::Error> {
        let mut given = 0;
        while let Some(place) = object.next_key_seed(Key(message))? {
            let Some(place) = place else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            let field = &message.0[place];
            let slot = field.slot(place);
            self.path.push(Step::Field(field));
            if object.next_value_seed(self.next_value(Wanted::Whole(field)))? {
                if given & slot != 0 {
                    return Err(A::Error::custom(match field.label {
                        Label::OneOf => "expected one field of this oneof, got a second",
                        _ => "expected the field once, got it again",
                    }));
                }
                given |= slot;
            }
            self.path.pop();
        }
        Ok(())
    }

    fn read_elements<'de, A: SeqAccess<'de>>(&mut self, field: &'static Field, mut list: A) -> Result<(), A::Error> {
        for place in 0.. {
            self.path.push(Step::Element(place));
            let element = list.next_element_seed(self.next_value(Wanted::Element(field)))?;
            self.path.pop();
            if element.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// The value that comes next. Answers whether there was one: null is none.
///
/// Every kind of value that JSON has is visited here: serde's own refusals quote what they refuse.
struct Value<'a> {
    wanted: Wanted,
    walk: &'a mut Walk,
}

impl Value<'_> {
    /// The field, where one value of it is wanted and not a list.
    fn single(&self) -> Option<&'static Field> {
        match self.wanted {
            Wanted::Whole(field) if !field.is_list() => Some(field),
            Wanted::Element(field) => Some(field),
            Wanted::Root(_) | Wanted::Whole(_) => None,
        }
    }

    /// Hands a scalar to the field; `got` is its name in the refusal.
    fn write<E: Error>(
        self,
        got: &str,
        write: impl FnOnce(&'static Field, &mut Walk) -> Option<()>,
    ) -> Result<bool, E> {
        match self.single().and_then(|field| write(field, self.walk)) {
            Some(()) => Ok(true),
            None => Err(self.refuse(got)),
        }
    }

    fn refuse<E: Error>(&self, got: &str) -> E {
        let expected = match (self.wanted, self.single()) {
            (Wanted::Root(_), _) => "an object",
            (_, None) => "a list",
            (_, Some(field)) => field.kind.expected(),
        };
        E::custom(format_args!("expected {expected}, got {got}"))
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<bool, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        match self.wanted {
            Wanted::Whole(_) => Ok(false),
            Wanted::Root(_) | Wanted::Element(_) => Err(self.refuse("null")),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        self.write("a boolean", |field, walk| field.write_bool(value, &mut walk.encoder))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.write("a number", |field, walk| field.write_integer(value.into(), &mut walk.encoder))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.write("a number", |field, walk| field.write_integer(value.into(), &mut walk.encoder))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        self.write("a number", |field, walk| field.write_double(value, &mut walk.encoder))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        self.write("a string", |field, walk| field.write_string(value, &mut walk.scratch, &mut walk.encoder))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<bool, A::Error> {
        match self.wanted {
            Wanted::Whole(field) if field.label == Label::Packed => {
                let run = self.walk.encoder.open(field.number);
                self.walk.read_elements(field, list)?;
                self.walk.encoder.close_unless_empty(run);
            }
            Wanted::Whole(field) if field.is_list() => self.walk.read_elements(field, list)?,
            _ => return Err(self.refuse("a list")),
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<bool, A::Error> {
        match (self.wanted, self.single()) {
            (Wanted::Root(message), _) => self.walk.read_fields(message, object)?,
            (_, Some(Field { number, kind: Kind::Nested(message), .. })) => {
                let nested = self.walk.encoder.open(*number);
                self.walk.read_fields(message, object)?;
                self.walk.encoder.close(nested);
            }
            _ => return Err(self.refuse("an object")),
        }
        Ok(true)
    }
}

/// The next key: the place of the field that it names, or None when it is to be ignored.
struct Key(&'static Message);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.0.find(key))
    }
}
