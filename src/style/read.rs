//! Reads a theme file, and lays it over the theme it inherits from.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier};
use serde::Deserialize;
use toml::Spanned;

use super::colour::{NAMED, Rgb};
use super::role::Role;
use super::sixteen;
use super::theme::{Look, Paint, Sixteen, Theme};
use crate::domain::Mistake;
use crate::domain::mistake::nearest;

/// In place of a colour: the role keeps what is there.
const NONE: &str = "none";

/// A theme file as it stands there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    name: Option<String>,
    pub(super) inherits: Option<Spanned<String>>,
    #[serde(default)]
    palette: BTreeMap<Spanned<String>, RawPaint>,
    #[serde(default)]
    roles: BTreeMap<Spanned<String>, RawLook>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPaint {
    rgb: Spanned<String>,
    named: Option<Spanned<String>>,
    indexed: Option<Spanned<u8>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLook {
    ink: Option<Spanned<String>>,
    ground: Option<Spanned<String>>,
    with: Option<Vec<Spanned<String>>>,
    mono: Option<Vec<Spanned<String>>>,
    sixteen: Option<RawSixteen>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSixteen {
    ink: Option<Spanned<String>>,
    ground: Option<Spanned<String>>,
    #[serde(default)]
    with: Vec<Spanned<String>>,
}

/// What a theme says of a role, with colours by name: a heir may give the name another colour.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Part {
    ink: Option<String>,
    ground: Option<String>,
    with: Modifier,
    mono: Modifier,
    sixteen: Option<Sixteen>,
}

/// Reads the file as such.
pub(super) fn raw(file: &str, text: &str) -> Result<Raw, Mistake> {
    toml::from_str(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        Mistake::at(file, text, error.span().unwrap_or(0..0), message)
    })
}

/// The theme of a file, on top of another one if it inherits.
pub(super) fn theme(file: &str, text: &str, raw: &Raw, base: Option<Theme>) -> Result<Theme, Vec<Mistake>> {
    let (palette, parts) = match base {
        Some(base) => (base.palette, Some(base.parts)),
        None => (BTreeMap::new(), None),
    };
    let mut reader = Reader { file, text, palette, mistakes: Vec::new() };
    reader.palette(&raw.palette);
    let parts = reader.roles(&raw.roles, parts);
    if !reader.mistakes.is_empty() {
        return Err(reader.mistakes);
    }
    let looks = parts.iter().map(|part| part.look(&reader.palette)).collect();
    Ok(Theme { name: raw.name.clone().unwrap_or_default(), palette: reader.palette, parts, looks })
}

impl Part {
    fn look(&self, palette: &BTreeMap<String, Paint>) -> Look {
        let paint = |name: &Option<String>| name.as_ref().and_then(|name| palette.get(name).copied());
        Look {
            ink: paint(&self.ink),
            ground: paint(&self.ground),
            modifiers: self.with,
            mono: self.mono,
            sixteen: self.sixteen,
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    palette: BTreeMap<String, Paint>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong<T, S>(&mut self, at: &Spanned<S>, message: String) -> Option<T> {
        self.mistakes.push(Mistake::at(self.file, self.text, at.span(), message));
        None
    }

    fn palette(&mut self, raw: &BTreeMap<Spanned<String>, RawPaint>) {
        for (name, paint) in raw {
            if name.get_ref() == NONE {
                self.wrong::<(), _>(
                    name,
                    format!("`{NONE}` says that a role has no colour, so no colour can be called so"),
                );
            }
            let rgb = Rgb::parse(paint.rgb.get_ref())
                .or_else(|| self.wrong(&paint.rgb, format!("`{}` is no colour like `#1f2a3c`", paint.rgb.get_ref())));
            let named = match &paint.named {
                Some(named) => self.named(named),
                None => rgb.map(sixteen::nearest),
            };
            if let Some(number) = paint.indexed.as_ref().filter(|number| *number.get_ref() < 16) {
                let message = format!(
                    "`{}` is one of the sixteen that every terminal colours as it likes; 16 to 255 are fixed",
                    number.get_ref()
                );
                self.wrong::<(), _>(number, message);
            }
            // With a mistake in it the name is known nonetheless, so that what uses it is not told as well.
            let rgb = rgb.unwrap_or(Rgb(0, 0, 0));
            let indexed = paint.indexed.as_ref().map_or_else(|| rgb.indexed(), |n| Color::Indexed(*n.get_ref()));
            let paint = Paint { rgb, named: named.unwrap_or(Color::Reset), indexed };
            self.palette.insert(name.get_ref().clone(), paint);
        }
    }

    fn named(&mut self, word: &Spanned<String>) -> Option<Color> {
        let found = NAMED.iter().find(|(known, _)| known == word.get_ref()).map(|(_, colour)| *colour);
        found.or_else(|| {
            let hint = nearest(word.get_ref(), NAMED.iter().map(|(name, _)| *name));
            self.wrong(word, format!("`{}` is none of the sixteen named colours{hint}", word.get_ref()))
        })
    }

    fn roles(&mut self, raw: &BTreeMap<Spanned<String>, RawLook>, base: Option<Vec<Part>>) -> Vec<Part> {
        for name in raw.keys() {
            if !Role::ALL.iter().any(|role| role.name() == name.get_ref()) {
                let hint = nearest(name.get_ref(), Role::ALL.iter().map(|role| role.name()));
                self.wrong::<(), _>(name, format!("there is no role `{}`{hint}", name.get_ref()));
            }
        }
        let whole = base.is_none();
        let mut parts = base.unwrap_or_else(|| vec![Part::default(); Role::ALL.len()]);
        for (role, part) in Role::ALL.iter().zip(&mut parts) {
            match raw.iter().find(|(name, _)| name.get_ref() == role.name()) {
                Some((_, look)) => self.lay(look, part),
                None if whole => {
                    let end = self.text.len();
                    let message = format!(
                        "the role `{}` is missing; with `inherits = \"default-dark\"` a theme says only what it changes",
                        role.name()
                    );
                    self.mistakes.push(Mistake::at(self.file, self.text, end..end, message));
                }
                None => {}
            }
        }
        parts
    }

    /// Changes what is said, and keeps the rest.
    fn lay(&mut self, raw: &RawLook, part: &mut Part) {
        if let Some(name) = &raw.ink {
            part.ink = self.paint(name);
        }
        if let Some(name) = &raw.ground {
            part.ground = self.paint(name);
        }
        if let Some(words) = &raw.with {
            part.with = self.modifiers(words);
        }
        if let Some(words) = &raw.mono {
            part.mono = self.modifiers(words);
        }
        match &raw.sixteen {
            Some(sixteen) => {
                let colour = |reader: &mut Self, word: &Option<Spanned<String>>| {
                    word.as_ref().filter(|word| word.get_ref() != NONE).and_then(|word| reader.named(word))
                };
                part.sixteen = Some(Sixteen {
                    ink: colour(self, &sixteen.ink),
                    ground: colour(self, &sixteen.ground),
                    modifiers: self.modifiers(&sixteen.with),
                });
            }
            // Another colour than the one that was inherited: what was said for sixteen colours was said of that.
            None if raw.ink.is_some() || raw.ground.is_some() => part.sixteen = None,
            None => {}
        }
    }

    fn paint(&mut self, name: &Spanned<String>) -> Option<String> {
        if name.get_ref() == NONE {
            return None;
        }
        if self.palette.contains_key(name.get_ref()) {
            return Some(name.get_ref().clone());
        }
        let hint = nearest(name.get_ref(), self.palette.keys().map(String::as_str));
        let message = format!("the palette has no colour `{}`{hint}", name.get_ref());
        self.wrong(name, message)
    }

    fn modifiers(&mut self, words: &[Spanned<String>]) -> Modifier {
        const WORDS: [(&str, Modifier); 5] = [
            ("bold", Modifier::BOLD),
            ("dim", Modifier::DIM),
            ("italic", Modifier::ITALIC),
            ("underline", Modifier::UNDERLINED),
            ("reverse", Modifier::REVERSED),
        ];
        let mut all = Modifier::empty();
        for word in words {
            match WORDS.iter().find(|(known, _)| known == word.get_ref()) {
                Some((_, modifier)) => all |= *modifier,
                None => {
                    let hint = nearest(word.get_ref(), WORDS.iter().map(|(known, _)| *known));
                    self.wrong::<(), _>(word, format!("`{}` is no way to set text{hint}", word.get_ref()));
                }
            }
        }
        all
    }
}
