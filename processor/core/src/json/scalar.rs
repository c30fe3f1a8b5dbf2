//! One JSON scalar to one field; None when the field's kind cannot be that.

use super::encode::{Encoder, Place};
use super::schema::{Field, Kind, Label};
use super::text;

impl Field {
    fn place(&self) -> Place {
        match self.label {
            Label::Plain => Place::Implicit(self.number),
            Label::Optional | Label::OneOf | Label::Repeated => Place::Explicit(self.number),
            Label::Packed => Place::Packed,
        }
    }

    pub fn write_bool(&self, value: bool, encoder: &mut Encoder) -> Option<()> {
        matches!(self.kind, Kind::Bool).then(|| encoder.varint(self.place(), value.into()))
    }

    pub fn write_integer(&self, value: i128, encoder: &mut Encoder) -> Option<()> {
        let place = self.place();
        match self.kind {
            // A negative one is extended to 64 bits, as in every protobuf.
            Kind::Int32 | Kind::Enum(_) => {
                encoder.varint(place, i64::from(i32::try_from(value).ok()?).cast_unsigned());
            }
            Kind::Int64 => encoder.varint(place, i64::try_from(value).ok()?.cast_unsigned()),
            Kind::Uint32 => encoder.varint(place, u32::try_from(value).ok()?.into()),
            Kind::Uint64 => encoder.varint(place, value.try_into().ok()?),
            Kind::Sint32 => {
                let value = i32::try_from(value).ok()?;
                let zigzag = (value << 1) ^ (value >> 31);
                encoder.varint(place, zigzag.cast_unsigned().into());
            }
            Kind::Fixed32 => encoder.fixed32(place, value.try_into().ok()?),
            Kind::Fixed64 => encoder.fixed64(place, value.try_into().ok()?),
            Kind::Sfixed64 => encoder.fixed64(place, i64::try_from(value).ok()?.cast_unsigned()),
            Kind::Double => {
                #[expect(clippy::cast_precision_loss, reason = "the nearest double is what JSON means")]
                self.write_double(value as f64, encoder)?;
            }
            _ => return None,
        }
        Some(())
    }

    pub fn write_double(&self, value: f64, encoder: &mut Encoder) -> Option<()> {
        if matches!(self.kind, Kind::Double) {
            // By its bits: -0.0 is not the default.
            encoder.fixed64(self.place(), value.to_bits());
            return Some(());
        }
        self.write_integer(text::integral(value)?, encoder)
    }

    /// What a string says, for every kind that may come as one. `scratch` is room for bytes.
    pub fn write_string(&self, value: &str, scratch: &mut Vec<u8>, encoder: &mut Encoder) -> Option<()> {
        match self.kind {
            Kind::Text => encoder.bytes(self.place(), value.as_bytes()),
            Kind::Id => {
                text::hex(value, scratch)?;
                encoder.bytes(self.place(), scratch);
            }
            Kind::Base64 => {
                text::base64(value, scratch)?;
                encoder.bytes(self.place(), scratch);
            }
            Kind::Double => self.write_double(text::double(value)?, encoder)?,
            Kind::Enum(names) => match names.iter().position(|name| *name == value) {
                Some(number) => self.write_integer(number as i128, encoder)?,
                None => self.write_integer(text::integer(value)?, encoder)?,
            },
            Kind::Bool | Kind::Nested(_) => return None,
            _ => self.write_integer(text::integer(value)?, encoder)?,
        }
        Some(())
    }
}
