//! The shape of a procedure's front matter as it is written: every key, its type, and the sentence that explains it.

use std::borrow::Cow;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use crate::site::duration::Lasting;
use crate::site::mistake::Sink;
use crate::site::read::{Entries, FromToml, Layer, Located, Several, Value, in_order, table, words, wrong_type};

table! {
    /// What a procedure says of itself.
    RawHeader as "front matter" {
        /// Its title; the first heading if nothing is said.
        title: Located<String>,
        /// What it is for.
        kind: RawKind,
        /// The day by which somebody has to read it again, such as `2027-01-31`.
        review: Located<Day>,
        /// The environments in which it may be used; all of them if nothing is said.
        environments: Several<String>,
        /// The services it is about.
        services: Several<String>,
        /// Regular expressions: log lines, states and names of probes and alerts that call for it.
        symptoms: Several<String>,
        /// What it must be told before it runs.
        inputs: RawInputs,
        /// Whether a run of it keeps everybody else's from changing the environment.
        lock: bool,
        /// The procedure that undoes it.
        rollback: Located<String>,
        /// How its way back begins when something fails.
        back: RawBack,
        /// How long it may take, such as `"30m"`.
        budget: Located<Lasting>,
        /// What its release is, of a procedure that brings one or takes one back.
        release: RawRelease,
    }
}

table! {
    /// What the release of a procedure is: which of its inputs and captures say so.
    RawRelease as "what its release is" {
        /// What people call it.
        version: Located<String>,
        /// The commit.
        commit: Located<String>,
        /// Images, one in each line.
        images: Several<String>,
        /// Migrations, one in each line: a name, and behind it `reversible` or `irreversible`.
        migrations: Located<String>,
        /// The backup that is made before anything is changed.
        backup: Located<String>,
        /// The one service that it is about, or the input that says it; the whole system if nothing is said.
        service: Located<String>,
        /// A command that only reads and succeeds on a host that still has the release of `$version` and `$commit`.
        present: Located<String>,
    }
}

table! {
    /// Something a procedure must be told.
    RawInput as "an input" {
        /// Its name where inputs are a list: the shell variable in which commands find it.
        name: Located<String>,
        /// What it is, in a few words.
        about: Located<String>,
        /// What kind of value it takes.
        r#type: RawType,
        /// A regular expression that the value matches as a whole.
        pattern: Located<String>,
        /// The values among which one is chosen.
        choices: Located<Vec<Scalar>>,
        /// A program with its arguments whose lines are the choices; it runs here.
        choices_from: Located<Vec<Located<String>>>,
        /// Of which recorded backups it is one: `true`, or the name of the input that says before what it was made.
        backups: Located<Scalar>,
        /// What it is when nothing is said.
        default: Located<Scalar>,
        /// Whether it is never shown, stored or put into a command line.
        secret: bool,
        /// Whether it may be empty.
        optional: bool,
        /// The environment variable of the console's own that it comes from.
        from_env: Located<String>,
        /// A program with its arguments that prints it; it runs here.
        from: Located<Vec<Located<String>>>,
    }
}

words! {
    /// What a procedure is for.
    RawKind as "kind of procedure" {
        /// What to do when something is wrong.
        Runbook = "runbook",
        /// How something is done.
        Guide = "guide",
        /// Brings a new release.
        Deploy = "deploy",
        /// Takes one back.
        Rollback = "rollback",
        /// Brings data back.
        Restore = "restore",
        /// Planned work.
        Maintenance = "maintenance",
        /// Comes again and again.
        Task = "task",
    }
}

words! {
    /// How the way back of a procedure begins.
    RawBack as "way back" {
        /// A person is asked.
        Offered = "offered",
        /// By itself, once, as soon as a step, a verification or a guard fails; it is permitted together with the run.
        Auto = "auto",
    }
}

words! {
    /// What kind of value an input takes.
    RawType as "type of input" {
        /// Any text in one line.
        Text = "text",
        /// A whole number.
        Number = "number",
        /// `yes` or `no`.
        Switch = "switch",
        /// A host of the environment.
        Host = "host",
        /// A service of the environment.
        Service = "service",
        /// A version of the site's code: a tag, a branch or a commit that git knows.
        Version = "version",
        /// A release of the environment that was good and can be gone back to.
        Release = "release",
    }
}

/// A day, written as a date or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub Date);

impl FromToml for Day {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        let word = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => return wrong_type(value, "a day such as 2027-01-31", sink),
        };
        match word.parse::<Date>().ok().filter(|_| word.len() == 10) {
            Some(date) => Some(Self(date)),
            None => {
                sink.add_hint(&value.span(), "this is no day", "write it as 2027-01-31");
                None
            }
        }
    }
}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// Text, a number or `true` and `false`, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar(pub String);

impl FromToml for Scalar {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(_) => String::read(value, sink).map(Self),
            DeValue::Integer(_) => i64::read(value, sink).map(|number| Self(number.to_string())),
            DeValue::Boolean(flag) => Some(Self(if *flag { "yes" } else { "no" }.to_owned())),
            DeValue::Float(_) => Some(Self(sink.source().slice(&value.span()).to_owned())),
            DeValue::Datetime(date) => Some(Self(date.to_string())),
            DeValue::Array(_) | DeValue::Table(_) => wrong_type(value, "text, a number, or true or false", sink),
        }
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// Inputs: tables with their names as keys, or a list of tables that say their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawInputs(pub Vec<(Located<String>, RawInput)>);

impl FromToml for RawInputs {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        let mut inputs = Vec::new();
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in in_order(table) {
                    let name = Located { value: key.get_ref().to_string(), span: key.span() };
                    let Some(input) = RawInput::read(value, sink) else { continue };
                    if let Some(other) = &input.name {
                        sink.add(&other.span, "the name of this input stands in its heading already");
                    }
                    inputs.push((name, input));
                }
            }
            DeValue::Array(array) => {
                for value in array.iter() {
                    let Some(input) = RawInput::read(value, sink) else { continue };
                    match &input.name {
                        Some(name) => inputs.push((name.clone(), input)),
                        None if input.lost("name") => {}
                        None => sink.add_hint(&value.span(), "this input has no name", "add name = \"…\""),
                    }
                }
            }
            _ => return wrong_type(value, "a list of tables", sink),
        }
        Some(Self(inputs))
    }
}

impl Layer for RawRelease {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

impl Layer for RawInputs {
    fn layer(top: Self, _base: Self) -> Self {
        top
    }
}

impl JsonSchema for RawInputs {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RawInputs".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<RawInput>>();
        let named = generator.subschema_for::<Entries<RawInput>>();
        json_schema!({ "anyOf": [list, named] })
    }
}
