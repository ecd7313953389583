//! A theme: a palette, and for each role its looks; whole, or on top of another theme.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier};

use super::colour::Rgb;
use super::read::{self, Part};
use super::role::Role;
use crate::domain::Mistake;
use crate::domain::mistake::nearest;

/// The themes that are part of the program: name and file. The first one is taken where nothing is said.
pub const BUILTIN: [(&str, &str); 3] = [
    ("default-dark", include_str!("../../themes/default-dark.toml")),
    ("default-light", include_str!("../../themes/default-light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
];

/// Themes in a row that inherit one from another; more are a mistake.
const DEEPEST: usize = 8;

/// A colour of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// Its true value.
    pub rgb: Rgb,
    /// What a terminal of sixteen colours shows.
    pub named: Color,
    /// What a terminal of 256 colours shows.
    pub indexed: Color,
}

/// The looks of one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Colour of the text; none keeps what is there.
    pub ink: Option<Paint>,
    /// Colour of the ground; none keeps what is there.
    pub ground: Option<Paint>,
    /// Bold, underlined and so on.
    pub modifiers: Modifier,
    /// The same where there are no colours.
    pub mono: Modifier,
    /// Where there are sixteen colours, this in place of all of that.
    pub sixteen: Option<Sixteen>,
}

/// The looks of a role on a terminal of sixteen colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sixteen {
    /// Colour of the text; none keeps what is there.
    pub ink: Option<Color>,
    /// Colour of the ground; none keeps what is there.
    pub ground: Option<Color>,
    /// Bold, underlined and so on.
    pub modifiers: Modifier,
}

/// One theme, complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    pub(super) palette: BTreeMap<String, Paint>,
    /// One for each role, in their order.
    pub(super) parts: Vec<Part>,
    pub(super) looks: Vec<Look>,
}

/// Finds the file of a person's own theme: what it is called and its text, nothing where there is none.
///
/// An error is a sentence that says why it can't be read.
pub type Find<'a> = &'a dyn Fn(&str) -> Result<Option<(String, String)>, String>;

/// No theme but the built-in ones.
pub fn only_builtin(_: &str) -> Result<Option<(String, String)>, String> {
    Ok(None)
}

/// Why there is no such theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Nobody knows one of that name, or its file can't be read; a sentence without a full stop.
    NotFound(String),
    /// All mistakes of its file, or of one it inherits from.
    Mistaken(Vec<Mistake>),
}

impl Theme {
    /// The looks of a role.
    pub fn look(&self, role: Role) -> Look {
        self.looks.get(role as usize).copied().unwrap_or_default()
    }

    /// The theme that is taken where nothing is said.
    pub fn builtin() -> Self {
        #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
        Self::named(BUILTIN[0].0, &only_builtin).expect("the built-in theme is whole")
    }

    /// All themes that are part of the program.
    pub fn all_builtin() -> Vec<Self> {
        BUILTIN.iter().filter_map(|(name, _)| Self::named(name, &only_builtin).ok()).collect()
    }

    /// Reads a theme that inherits, if at all, from the built-in ones.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        parse(file, text, &only_builtin, &mut Vec::new())
    }

    /// The theme of this name: the person's own, or else the one that is part of the program.
    ///
    /// # Errors
    /// That there is none, or what is wrong with it.
    pub fn named(name: &str, find: Find<'_>) -> Result<Self, Unfit> {
        named(name, find, &mut Vec::new())
    }
}

fn builtin_file(name: &str) -> Option<(String, String)> {
    let (name, text) = BUILTIN.iter().find(|(known, _)| *known == name)?;
    Some((format!("themes/{name}.toml"), (*text).to_owned()))
}

/// `way` names the person's own themes that led here: a theme that is met again means the built-in one, so that
/// one's own `default-dark` may inherit from `default-dark`.
fn named(name: &str, find: Find<'_>, way: &mut Vec<String>) -> Result<Theme, Unfit> {
    let own = if way.iter().any(|met| met == name) { None } else { find(name).map_err(Unfit::NotFound)? };
    let met = own.is_none();
    let Some((file, text)) = own.or_else(|| builtin_file(name)) else {
        let known = BUILTIN.map(|(known, _)| known);
        return Err(Unfit::NotFound(if way.iter().any(|met| met == name) {
            format!("`{name}` inherits from itself")
        } else {
            let hint = nearest(name, known.iter().copied());
            let (stop, built) = if hint.is_empty() { (";", "built") } else { ("", "Built") };
            format!("there is no theme `{name}`{hint}{stop} {built} in are {}", known.join(", "))
        }));
    };
    if !met {
        way.push(name.to_owned());
    }
    let mut theme = parse(&file, &text, find, way).map_err(Unfit::Mistaken)?;
    name.clone_into(&mut theme.name);
    Ok(theme)
}

fn parse(file: &str, text: &str, find: Find<'_>, way: &mut Vec<String>) -> Result<Theme, Vec<Mistake>> {
    let raw = read::raw(file, text).map_err(|mistake| vec![mistake])?;
    let base = match &raw.inherits {
        None => None,
        Some(name) => {
            let wrong = |why: String| vec![Mistake::at(file, text, name.span(), why)];
            if way.len() >= DEEPEST {
                return Err(wrong(format!("more than {DEEPEST} themes inherit one from another here")));
            }
            let base = named(name.get_ref(), find, way).map_err(|unfit| match unfit {
                Unfit::NotFound(why) => wrong(why),
                Unfit::Mistaken(mistakes) => mistakes,
            })?;
            Some(base)
        }
    };
    read::theme(file, text, &raw, base)
}
