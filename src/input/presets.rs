//! Keymaps by name: those that are part of the program, and a person's own.

use super::keymap::Keymap;
use super::keymap_file::{self, File};
use crate::domain::Mistake;
use crate::domain::mistake::nearest;

/// The keymaps that are part of the program: name and file. The first one is whole, and is what others lie on.
pub const BUILTIN: [(&str, &str); 3] = [
    ("default", include_str!("../../keymaps/default.toml")),
    ("k9s", include_str!("../../keymaps/k9s.toml")),
    ("less", include_str!("../../keymaps/less.toml")),
];

/// Keymaps in a row that lie one on another; more are a mistake.
const DEEPEST: usize = 8;

/// Finds the file of a person's own keymap: what it is called and its text, nothing where there is none.
///
/// An error is a sentence that says why it can't be read.
pub type Find<'a> = &'a dyn Fn(&str) -> Result<Option<(String, String)>, String>;

/// No keymap but the built-in ones.
pub fn only_builtin(_: &str) -> Result<Option<(String, String)>, String> {
    Ok(None)
}

/// Why there is no such keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// Nobody knows one of that name, or its file can't be read; a sentence without a full stop.
    NotFound(String),
    /// All mistakes of its file, or of one on which it lies.
    Mistaken(Vec<Mistake>),
}

impl Keymap {
    /// The keymap that is taken where nothing is said.
    pub fn builtin() -> Self {
        let (name, text) = BUILTIN[0];
        #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
        Self::parse(&format!("keymaps/{name}.toml"), text).expect("the built-in keymap is whole")
    }

    /// The keymap of this name: the person's own, or else the one that is part of the program.
    ///
    /// # Errors
    /// That there is none, or what is wrong with it.
    pub fn named(name: &str, find: Find<'_>) -> Result<Self, Unfit> {
        named(name, find, &mut Vec::new())
    }
}

/// `way` names the person's own keymaps that led here: one that is met again means the built-in one, so that one's
/// own `k9s` may inherit from `k9s`.
fn named(name: &str, find: Find<'_>, way: &mut Vec<String>) -> Result<Keymap, Unfit> {
    let again = way.iter().any(|met| met == name);
    if let Some((file, text)) = if again { None } else { find(name).map_err(Unfit::NotFound)? } {
        way.push(name.to_owned());
        let read = keymap_file::read(&file, &text).map_err(|mistake| Unfit::Mistaken(vec![mistake]))?;
        return below(&read, find, way)?.laid_under(&file, read).map_err(Unfit::Mistaken);
    }
    let Some((name, text)) = BUILTIN.iter().find(|(known, _)| *known == name) else {
        let known = BUILTIN.map(|(known, _)| known);
        return Err(Unfit::NotFound(if again {
            format!("`{name}` inherits from itself")
        } else {
            let hint = nearest(name, known.iter().copied());
            let (stop, built) = if hint.is_empty() { (";", "built") } else { ("", "Built") };
            format!("there is no keymap `{name}`{hint}{stop} {built} in are {}", known.join(", "))
        }));
    };
    if *name == BUILTIN[0].0 {
        return Ok(Keymap::builtin());
    }
    Keymap::builtin().with(&format!("keymaps/{name}.toml"), text).map_err(Unfit::Mistaken)
}

/// The keymap on which a file lies: the one it names, else the built-in one.
fn below(read: &File, find: Find<'_>, way: &mut Vec<String>) -> Result<Keymap, Unfit> {
    let Some((name, place)) = &read.inherits else { return Ok(Keymap::builtin()) };
    let wrong = |message: String| Unfit::Mistaken(vec![Mistake { message, ..place.clone() }]);
    if way.len() >= DEEPEST {
        return Err(wrong(format!("more than {DEEPEST} keymaps inherit one from another here")));
    }
    named(name, find, way).map_err(|unfit| match unfit {
        Unfit::NotFound(why) => wrong(why),
        Unfit::Mistaken(mistakes) => Unfit::Mistaken(mistakes),
    })
}
