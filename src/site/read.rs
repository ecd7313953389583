//! From parsed TOML to the raw shape of a file: every value keeps its place, every surprise is a mistake.
//!
//! serde stops at the first surprise; this goes on, so that all mistakes of a file are told at once.
//! The [`table!`] macro makes a struct, its reader and its JSON schema from one list of keys.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Sink, did_you_mean, nearest, quoted};
use super::source::Span;

/// A value of a TOML file.
pub type Value<'i> = Spanned<DeValue<'i>>;

/// What can be read from a TOML value.
pub trait FromToml: Sized {
    /// Reads it, or notes why it can't be read and returns `None`.
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self>;
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A table whose keys are names that the author chose, in the order of the file; then the names of those that
/// could not be read, which is no reason to call them unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries<T>(pub Vec<(Located<String>, T)>, pub Vec<String>);

/// One or several: `"a"` or `["a", "b"]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Several<T>(pub Vec<Located<T>>);

/// How two layers of the same thing become one.
pub trait Layer {
    /// `top` where it says something, otherwise `base`.
    #[must_use]
    fn layer(top: Self, base: Self) -> Self;
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new(), Vec::new())
    }
}

impl<T> Entries<T> {
    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
    }

    /// The names in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|(key, _)| key.value.as_str())
    }
}

/// What kind of value stands there, in the words of the TOML specification.
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Notes that something else was expected.
pub fn wrong_type<T>(value: &Value<'_>, wanted: &str, sink: &mut Sink<'_>) -> Option<T> {
    sink.add(&value.span(), format!("this must be {wanted}, and it is {}", kind(value.get_ref())));
    None
}

/// The entries of a table in the order of the file.
pub fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Spanned<Cow<'i, str>>, &'t Value<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// An integer of any base, if it fits.
pub fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

impl FromToml for String {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        let Some(word) = value.get_ref().as_str() else { return wrong_type(value, "text", sink) };
        if word.contains('\0') {
            if sink.source().slice(&value.span()).contains('\0') {
                // The byte itself has been told.
                return None;
            }
            sink.add(&value.span(), "text can't contain a NUL character");
            return None;
        }
        if word.len() > LONGEST_TEXT {
            sink.add(&value.span(), format!("text has at most {LONGEST_TEXT} bytes, this has {}", word.len()));
            return None;
        }
        Some(word.to_owned())
    }
}

/// Longest text in bytes.
pub const LONGEST_TEXT: usize = 8192;

impl FromToml for bool {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        if let Some(flag) = value.get_ref().as_bool() {
            return Some(flag);
        }
        wrong_type(value, "true or false", sink)
    }
}

impl FromToml for i64 {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        if !value.get_ref().is_integer() {
            return wrong_type(value, "a number", sink);
        }
        let number = integer(value.get_ref());
        if number.is_none() {
            sink.add(&value.span(), "this number is too large");
        }
        number
    }
}

impl<T: FromToml> FromToml for Located<T> {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        Some(Self { value: T::read(value, sink)?, span: value.span() })
    }
}

/// Reads every element; one bad element does not hide the others.
impl<T: FromToml> FromToml for Vec<T> {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        let DeValue::Array(array) = value.get_ref() else { return wrong_type(value, "a list", sink) };
        let all: Vec<Option<T>> = array.iter().map(|element| T::read(element, sink)).collect();
        all.into_iter().collect()
    }
}

impl<T: FromToml> FromToml for Several<T> {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        if value.get_ref().is_array() {
            return Vec::read(value, sink).map(Self);
        }
        Located::read(value, sink).map(|one| Self(vec![one]))
    }
}

/// Reads every entry; one that can't be read is left out after its mistakes were noted.
impl<T: FromToml> FromToml for Entries<T> {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else { return wrong_type(value, "a table", sink) };
        let mut entries = Self::default();
        for (key, value) in in_order(table) {
            let name = key.get_ref().to_string();
            match T::read(value, sink) {
                Some(read) => entries.0.push((Located { value: name, span: key.span() }, read)),
                None => entries.1.push(name),
            }
        }
        Some(entries)
    }
}

impl<T> Layer for Located<T> {
    fn layer(top: Self, _base: Self) -> Self {
        top
    }
}

impl Layer for bool {
    fn layer(top: Self, _base: Self) -> Self {
        top
    }
}

impl<T> Layer for Vec<T> {
    fn layer(top: Self, _base: Self) -> Self {
        top
    }
}

impl<T> Layer for Several<T> {
    fn layer(top: Self, _base: Self) -> Self {
        top
    }
}

impl<T: Layer> Layer for Option<T> {
    fn layer(top: Self, base: Self) -> Self {
        match (top, base) {
            (Some(top), Some(base)) => Some(T::layer(top, base)),
            (top, base) => top.or(base),
        }
    }
}

/// Entry by entry: those of `base` first, each covered by the one of the same name in `top`.
impl<T: Layer> Layer for Entries<T> {
    fn layer(mut top: Self, base: Self) -> Self {
        let mut merged = Vec::new();
        for (key, value) in base.0 {
            match top.0.iter().position(|(other, _)| other.value == key.value) {
                Some(at) => {
                    let (key, over) = top.0.remove(at);
                    merged.push((key, T::layer(over, value)));
                }
                None => merged.push((key, value)),
            }
        }
        merged.append(&mut top.0);
        top.1.extend(base.1);
        Self(merged, top.1)
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<T: JsonSchema> JsonSchema for Several<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Several_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Entries_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": one })
    }
}

/// Notes a key that is none of `known`; returns the one that was meant, if one is near.
pub fn unknown_key(
    key: &Spanned<Cow<'_, str>>,
    what: &str,
    known: &'static [&'static str],
    sink: &mut Sink<'_>,
) -> Option<&'static str> {
    let word = key.get_ref();
    if sink.is_full() {
        sink.add(&key.span(), String::new());
        return None;
    }
    let keys = known.iter().copied().map(plain_key);
    let hint = did_you_mean(word, keys.clone());
    let hint =
        hint.unwrap_or_else(|| format!("known here: {}", keys.clone().map(quoted).collect::<Vec<_>>().join(", ")));
    sink.add_hint(&key.span(), format!("there is no key {} in {what}", quoted(word)), hint);
    nearest(word, keys)
}

/// A field's name as the key of the file: `r#become` is `become`.
pub fn plain_key(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Makes a struct of optional keys, its reader, its layers and its JSON schema from one list.
macro_rules! table {
    ($(#[$meta:meta])* $name:ident as $what:literal { $($(#[$field_meta:meta])* $field:ident : $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub struct $name {
            /// Where the table stands.
            #[schemars(skip)]
            pub span: $crate::site::source::Span,
            /// Keys that are there and could not be read: that they are missing has been told already.
            #[schemars(skip)]
            pub lost: Vec<&'static str>,
            $($(#[$field_meta])* pub $field: Option<$type>,)*
        }

        impl $crate::site::read::FromToml for $name {
            fn read(
                value: &$crate::site::read::Value<'_>,
                sink: &mut $crate::site::mistake::Sink<'_>,
            ) -> Option<Self> {
                use $crate::site::read::{in_order, plain_key, unknown_key, wrong_type};
                let toml::de::DeValue::Table(table) = value.get_ref() else {
                    // Kept in spite of it, so that whoever names it is not told that it does not exist.
                    wrong_type::<()>(value, concat!("a table (", $what, ")"), sink);
                    return Some(Self { span: value.span(), lost: vec![$(stringify!($field)),*], ..Self::default() });
                };
                let mut read = Self { span: value.span(), ..Self::default() };
                for (key, value) in in_order(table) {
                    match key.get_ref().as_ref() {
                        $(word if word == plain_key(stringify!($field)) => {
                            read.$field = <$type as $crate::site::read::FromToml>::read(value, sink);
                            if read.$field.is_none() {
                                read.lost.push(stringify!($field));
                            }
                        })*
                        _ => read.lost.extend(unknown_key(key, $what, &[$(stringify!($field)),*], sink)),
                    }
                }
                Some(read)
            }
        }

        impl $name {
            /// Whether this key is there and could not be read.
            #[allow(dead_code, reason = "not of every table it matters")]
            pub fn lost(&self, key: &'static str) -> bool {
                self.lost.contains(&key)
            }

            /// Key by key: `top` where it says something, otherwise `base`.
            #[must_use]
            #[allow(dead_code, reason = "not every table is layered")]
            pub fn layered(top: Self, base: Self) -> Self {
                Self {
                    span: top.span,
                    lost: top.lost.into_iter().chain(base.lost).collect(),
                    $($field: $crate::site::read::Layer::layer(top.$field, base.$field),)*
                }
            }
        }
    };
}

/// Makes an enum of words, its reader and its JSON schema from one list.
macro_rules! words {
    (
        $(#[$meta:meta])* $name:ident as $what:literal
        { $($(#[$word_meta:meta])* $variant:ident = $word:literal,)* }
        $(later [$($later:literal),*])?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$word_meta])* $variant,)* }

        impl $name {
            /// Every word in the order of the list.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
        }

        impl $crate::site::read::FromToml for $name {
            fn read(
                value: &$crate::site::read::Value<'_>,
                sink: &mut $crate::site::mistake::Sink<'_>,
            ) -> Option<Self> {
                use $crate::site::mistake::quoted;
                let Some(word) = value.get_ref().as_str() else {
                    let all = Self::WORDS.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
                    return $crate::site::read::wrong_type(value, &format!("one of {all}"), sink);
                };
                match word {
                    $($word => return Some(Self::$variant),)*
                    _ => {}
                }
                let later: &[&str] = &[$($($later),*)?];
                let all = Self::WORDS.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
                if later.contains(&word) {
                    let message = format!("the {} {} is not supported yet", $what, quoted(word));
                    sink.add_hint(&value.span(), message, format!("supported are {all}"));
                } else {
                    let message = format!("there is no {} {}", $what, quoted(word));
                    sink.unknown(&value.span(), message, word, Self::WORDS.iter().copied());
                }
                None
            }
        }

        impl $crate::site::read::Layer for $name {
            fn layer(top: Self, _base: Self) -> Self {
                top
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": Self::WORDS })
            }
        }
    };
}

pub(crate) use {table, words};
