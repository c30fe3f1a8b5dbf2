//! How a message is described to the transcoder: its fields, and what JSON may say for each.

/// The fields of one message, at most 31. A key that names none is ignored, as OTLP asks of receivers.
pub(super) struct Message(pub &'static [Field]);

pub(super) struct Field {
    pub number: u32,
    /// As the `.proto` file spells it; JSON may also use its lowerCamelCase form.
    pub name: &'static str,
    pub kind: Kind,
    pub label: Label,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Bool,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Fixed32,
    Fixed64,
    Sfixed64,
    Double,
    /// The values' names; a value's number is its place in the list.
    Enum(&'static [&'static str]),
    Text,
    Base64,
    /// A trace or span id: OTLP/JSON writes these bytes, and only these, as hex digits.
    Id,
    Nested(&'static Message),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// Written unless it equals the kind's default.
    Plain,
    /// Written whenever JSON gives it: messages, and scalars that the `.proto` file calls optional.
    Optional,
    /// Written whenever JSON gives it, and at most one in a message: no message has two oneofs.
    OneOf,
    Repeated,
    /// Repeated numbers, in one length-delimited run.
    Packed,
}

pub(super) const fn plain(number: u32, name: &'static str, kind: Kind) -> Field {
    field(number, name, kind, Label::Plain)
}

pub(super) const fn optional(number: u32, name: &'static str, kind: Kind) -> Field {
    field(number, name, kind, Label::Optional)
}

pub(super) const fn one_of(number: u32, name: &'static str, kind: Kind) -> Field {
    field(number, name, kind, Label::OneOf)
}

pub(super) const fn repeated(number: u32, name: &'static str, kind: Kind) -> Field {
    field(number, name, kind, Label::Repeated)
}

pub(super) const fn packed(number: u32, name: &'static str, kind: Kind) -> Field {
    field(number, name, kind, Label::Packed)
}

const fn field(number: u32, name: &'static str, kind: Kind, label: Label) -> Field {
    Field { number, name, kind, label }
}

impl Message {
    /// The place in `self.0` of the field that `key` names.
    pub fn find(&self, key: &str) -> Option<usize> {
        self.0.iter().position(|field| field.answers_to(key))
    }
}

impl Field {
    pub fn is_list(&self) -> bool {
        matches!(self.label, Label::Repeated | Label::Packed)
    }

    /// The bit that this field, `place`-th of its message, sets once it is given. The members of a
    /// oneof share one.
    pub fn slot(&self, place: usize) -> u32 {
        if self.label == Label::OneOf { 1 << 31 } else { 1 << place }
    }

    /// The name in JSON: `timeUnixNano` of `time_unix_nano`.
    pub fn json_name(&self) -> impl Iterator<Item = u8> {
        let mut after_underscore = false;
        self.name.bytes().filter_map(move |letter| {
            let is_capital = std::mem::replace(&mut after_underscore, letter == b'_');
            match letter {
                b'_' => None,
                _ if is_capital => Some(letter.to_ascii_uppercase()),
                _ => Some(letter),
            }
        })
    }

    fn answers_to(&self, key: &str) -> bool {
        self.json_name().eq(key.bytes()) || self.name == key
    }
}

impl Kind {
    /// What a message tells the sender to write instead.
    pub fn expected(self) -> &'static str {
        match self {
            Kind::Bool => "true or false",
            Kind::Int32 | Kind::Sint32 => "an integer from -2147483648 to 2147483647, in quotes or without",
            Kind::Int64 | Kind::Sfixed64 => {
                "an integer from -9223372036854775808 to 9223372036854775807, in quotes or without"
            }
            Kind::Uint32 | Kind::Fixed32 => "an integer from 0 to 4294967295, in quotes or without",
            Kind::Uint64 | Kind::Fixed64 => "an integer from 0 to 18446744073709551615, in quotes or without",
            Kind::Double => "a number, \"NaN\", \"Infinity\" or \"-Infinity\"",
            Kind::Enum(_) => "the number or the name of an enum value",
            Kind::Text => "a string",
            Kind::Base64 => "a string of base64",
            Kind::Id => "a string of hex digits, two a byte",
            Kind::Nested(_) => "an object",
        }
    }
}
