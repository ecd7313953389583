//! One test of a line.

use std::cmp::Ordering;
use std::ops::Range;

use super::Subject;
use super::fields::Path;
use super::needle::Needle;
use super::value::Number;

/// One test.
#[derive(Debug, Clone)]
pub enum Test {
    /// It is found in the message, or in the name of host, unit or program.
    Text(Needle),
    /// The level.
    Level(Side, u8),
    /// The process.
    Process(Side, u32),
    /// The name of the host.
    Host(NameTest),
    /// The name of the unit.
    Unit(NameTest),
    /// The name of the program.
    Identifier(NameTest),
    /// A field of the message.
    Field(FieldTest),
}

/// On which side of what was asked for something lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Exactly there.
    Equal,
    /// Anywhere else.
    Unequal,
    /// Beyond it.
    Greater,
    /// Beyond it or there.
    AtLeast,
    /// Before it.
    Less,
    /// Before it or there.
    AtMost,
}

impl Side {
    /// Whether what compares so lies on this side.
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Side::Equal => ordering == Ordering::Equal,
            Side::Unequal => ordering != Ordering::Equal,
            Side::Greater => ordering == Ordering::Greater,
            Side::AtLeast => ordering != Ordering::Less,
            Side::Less => ordering == Ordering::Less,
            Side::AtMost => ordering != Ordering::Greater,
        }
    }
}

/// A test of a name.
#[derive(Debug, Clone)]
pub struct NameTest {
    /// What is found in it.
    pub(super) needle: Needle,
    /// Whether that must not be found.
    pub(super) inverted: bool,
}

impl NameTest {
    /// Whether one of the ways in which it is called passes; none of them may when it is turned round.
    pub fn passes<'a>(&self, names: impl IntoIterator<Item = &'a [u8]>) -> bool {
        names.into_iter().any(|name| self.needle.is_in(name)) != self.inverted
    }

    /// Whether a unit passes: by its whole name, or without its suffix.
    pub fn passes_unit(&self, unit: Option<&str>) -> bool {
        self.passes(unit.into_iter().flat_map(|unit| [unit.as_bytes(), stem(unit).as_bytes()]))
    }
}

/// A unit without its suffix.
pub fn stem(unit: &str) -> &str {
    unit.rsplit_once('.').map_or(unit, |(stem, _)| stem)
}

/// A test of a field of the message. A field that is not there does not pass.
#[derive(Debug, Clone)]
pub struct FieldTest {
    pub(super) path: Path,
    pub(super) value: ValueTest,
}

/// What a value must be.
#[derive(Debug, Clone)]
pub(super) enum ValueTest {
    /// Anything.
    There,
    /// This text or this number, or another one.
    Whole { needle: Needle, number: Option<Number>, inverted: bool },
    /// Something that holds this, or does not.
    Part { needle: Needle, inverted: bool },
    /// A number on a side of this one.
    Number(Side, Number),
}

impl ValueTest {
    fn passes(&self, value: &[u8]) -> bool {
        match self {
            ValueTest::There => true,
            ValueTest::Whole { needle, number, inverted } => {
                let same = |number: &Number| {
                    Number::read(value).and_then(|value| value.compare(*number)) == Some(Ordering::Equal)
                };
                (needle.is_in(value) || number.as_ref().is_some_and(same)) != *inverted
            }
            ValueTest::Part { needle, inverted } => needle.is_in(value) != *inverted,
            ValueTest::Number(side, number) => {
                Number::read(value).and_then(|value| value.compare(*number)).is_some_and(|found| side.holds(found))
            }
        }
    }

    fn is_inverted(&self) -> bool {
        match self {
            ValueTest::There | ValueTest::Number(..) => false,
            ValueTest::Whole { inverted, .. } | ValueTest::Part { inverted, .. } => *inverted,
        }
    }
}

impl FieldTest {
    /// What stands in every message that can pass.
    pub fn needle(&self) -> &Needle {
        self.path.needle()
    }

    /// Whether a message passes: with one of the values of the field; with all of them when it is turned round.
    pub fn passes(&self, message: &[u8]) -> bool {
        if !self.value.is_inverted() {
            return self.path.any(message, |value, _| self.value.passes(value));
        }
        let mut there = false;
        let other = self.path.any(message, |value, _| {
            there = true;
            !self.value.passes(value)
        });
        there && !other
    }
}

impl Test {
    /// Whether a line passes.
    pub fn passes(&self, line: &Subject<'_>) -> bool {
        match self {
            Test::Text(needle) => needle.is_in(line.message) || named(needle, line.host, line.unit, line.identifier),
            // What is more important is greater, and has the smaller number.
            Test::Level(side, level) => side.holds(level.cmp(&line.priority.min(7))),
            Test::Process(side, pid) => line.pid != 0 && side.holds(line.pid.cmp(pid)),
            Test::Host(name) => name.passes([line.host.as_bytes()]),
            Test::Unit(name) => name.passes_unit(line.unit),
            Test::Identifier(name) => name.passes([line.identifier]),
            Test::Field(field) => field.passes(line.message),
        }
    }

    /// Where in a text on the screen stands what is looked for.
    pub(super) fn places(&self, text: &str, places: &mut Vec<Range<usize>>) {
        match self {
            Test::Text(needle) => needle.places(text, places),
            Test::Field(field) if !field.value.is_inverted() => {
                field.path.any(text.as_bytes(), |value, place| {
                    if field.value.passes(value) && !place.is_empty() {
                        places.push(place);
                    }
                    false
                });
            }
            Test::Level(..)
            | Test::Process(..)
            | Test::Host(_)
            | Test::Unit(_)
            | Test::Identifier(_)
            | Test::Field(_) => {}
        }
    }
}

/// Whether it is found in what a line is called by.
pub fn named(needle: &Needle, host: &str, unit: Option<&str>, identifier: &[u8]) -> bool {
    needle.is_in(host.as_bytes())
        || unit.is_some_and(|unit| needle.is_in(stem(unit).as_bytes()))
        || needle.is_in(identifier)
}
