//! Turns the values of the bus into the values we keep, by the shape that each known property has.

use std::collections::HashMap;

use zbus::{OwnedVariant, Variant};

use crate::runtimes::systemd_props::{Prop, Properties, Shape, known};

/// A dictionary of properties as `GetAll` and `PropertiesChanged` carry it.
pub type Dictionary = HashMap<String, OwnedVariant>;

/// Everything in it that we know how to read.
pub fn properties(dictionary: &Dictionary) -> Properties {
    let mut all = Properties::default();
    for (name, value) in dictionary {
        if let Some(value) = prop(name, value) {
            all.set(name, value);
        }
    }
    all
}

/// One value; `None` for a name that we do not know, or a value of another type than its name has.
pub fn prop(name: &str, value: &Variant<'_>) -> Option<Prop> {
    let (_, shape) = known(name)?;
    match (shape, value) {
        (_, Variant::Variant(inner)) => prop(name, inner),
        (Shape::Text, Variant::Str(text)) => Some(Prop::Text(text.as_bytes().to_vec())),
        (Shape::Number | Shape::Time | Shape::Monotonic, value) => number(value),
        (Shape::Truth, Variant::Bool(truth)) => Some(Prop::Truth(*truth)),
        (Shape::List, Variant::Array(texts)) => {
            let text = |value: &Variant<'_>| match value {
                Variant::Str(text) => Some(text.as_bytes().to_vec()),
                _ => None,
            };
            Some(Prop::List(texts.iter().filter_map(text).collect()))
        }
        (Shape::Listen, Variant::Array(pairs)) => Some(Prop::List(pairs.iter().filter_map(listener).collect())),
        (Shape::Id, Variant::Array(bytes)) => {
            let hex = |value: &Variant<'_>| match value {
                Variant::U8(byte) => format!("{byte:02x}"),
                _ => String::new(),
            };
            Some(Prop::Text(bytes.iter().map(hex).collect::<String>().into_bytes()))
        }
        (Shape::Text | Shape::Truth | Shape::List | Shape::Listen | Shape::Id, _) => None,
    }
}

fn number(value: &Variant<'_>) -> Option<Prop> {
    match value {
        Variant::U64(number) => Some(Prop::Number(*number)),
        Variant::U32(number) => Some(Prop::Number(u64::from(*number))),
        Variant::U16(number) => Some(Prop::Number(u64::from(*number))),
        Variant::I32(number) => Some(Prop::Signed(i64::from(*number))),
        Variant::I64(number) => Some(Prop::Signed(*number)),
        _ => None,
    }
}

/// `Stream 0.0.0.0:80` of a pair of texts.
fn listener(value: &Variant<'_>) -> Option<Vec<u8>> {
    let Variant::Structure(pair) = value else { return None };
    match pair.fields() {
        [Variant::Str(kind), Variant::Str(address)] => Some(format!("{kind} {address}").into_bytes()),
        _ => None,
    }
}
