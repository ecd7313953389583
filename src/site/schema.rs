//! The JSON schema of the files, for editors: made from the same lists that read them.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::procedure::RawHeader;
use super::raw::RawSite;
use super::user::RawUser;

/// The files that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `site.toml`.
    Site,
    /// The user file `config.toml`.
    User,
    /// The front matter of a procedure.
    Procedure,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::Site, Kind::User, Kind::Procedure];

    /// The word that means it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Site => "site",
            Kind::User => "config",
            Kind::Procedure => "procedure",
        }
    }
}

/// The schema as text, the same at every call, with a line end.
pub fn text(kind: Kind) -> String {
    let mut text = serde_json::to_string_pretty(&value(kind)).unwrap_or_default();
    text.push('\n');
    text
}

/// The schema.
pub fn value(kind: Kind) -> Value {
    let (schema, title) = match kind {
        Kind::Site => (of::<RawSite>(), "Quarterdeck site file (site.toml)"),
        Kind::User => (of::<RawUser>(), "Quarterdeck user file (config.toml)"),
        Kind::Procedure => (of::<RawHeader>(), "Front matter of a Quarterdeck procedure"),
    };
    let mut schema = schema;
    without_null(&mut schema);
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), Value::from(title));
    }
    schema
}

fn of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

/// TOML has no null: a key that may be missing is simply not required.
fn without_null(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|one| one != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    object.insert("type".to_owned(), one);
                }
            }
            let mut only = None;
            if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
                choices.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
                if let [one] = choices.as_slice() {
                    only = Some(one.clone());
                }
            }
            if let Some(Value::Object(one)) = only {
                object.remove("anyOf");
                object.extend(one);
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(all) => all.iter_mut().for_each(without_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
