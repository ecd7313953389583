//! A theme file: a palette, and for each role its looks. Every role must be there; unknown ones are refused.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier};
use serde::Deserialize;
use toml::Spanned;

use super::colour::{NAMED, Rgb};
use super::role::Role;
use crate::domain::Mistake;
use crate::domain::mistake::nearest;

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
}

/// One theme, complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    looks: Vec<Look>,
}

impl Theme {
    /// The looks of a role.
    pub fn look(&self, role: Role) -> Look {
        self.looks.get(role as usize).copied().unwrap_or_default()
    }

    /// Reads a theme.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            vec![Mistake::at(file, text, error.span().unwrap_or(0..0), message)]
        })?;
        let mut reader = Reader { file, text, palette: BTreeMap::new(), mistakes: Vec::new() };
        reader.palette(&raw.palette);
        let looks = reader.roles(&raw.roles);
        if reader.mistakes.is_empty() { Ok(Self { name: raw.name, looks }) } else { Err(reader.mistakes) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    palette: BTreeMap<Spanned<String>, RawPaint>,
    roles: BTreeMap<Spanned<String>, RawLook>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPaint {
    rgb: Spanned<String>,
    named: Spanned<String>,
    indexed: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLook {
    ink: Option<Spanned<String>>,
    ground: Option<Spanned<String>>,
    #[serde(default)]
    with: Vec<Spanned<String>>,
    #[serde(default)]
    mono: Vec<Spanned<String>>,
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    palette: BTreeMap<String, Paint>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong<T>(&mut self, at: &Spanned<String>, message: String) -> Option<T> {
        self.mistakes.push(Mistake::at(self.file, self.text, at.span(), message));
        None
    }

    fn palette(&mut self, raw: &BTreeMap<Spanned<String>, RawPaint>) {
        for (name, paint) in raw {
            let rgb = Rgb::parse(paint.rgb.get_ref())
                .or_else(|| self.wrong(&paint.rgb, format!("`{}` is no colour like `#1f2a3c`", paint.rgb.get_ref())));
            let named = NAMED.iter().find(|(known, _)| known == paint.named.get_ref()).map(|(_, colour)| *colour);
            let named = named.or_else(|| {
                let known = NAMED.map(|(name, _)| name);
                let hint = nearest(paint.named.get_ref(), known.iter().copied());
                self.wrong(
                    &paint.named,
                    format!("`{}` is none of the sixteen named colours{hint}", paint.named.get_ref()),
                )
            });
            if let (Some(rgb), Some(named)) = (rgb, named) {
                let indexed = paint.indexed.map_or_else(|| rgb.indexed(), Color::Indexed);
                self.palette.insert(name.get_ref().clone(), Paint { rgb, named, indexed });
            }
        }
    }

    fn roles(&mut self, raw: &BTreeMap<Spanned<String>, RawLook>) -> Vec<Look> {
        for name in raw.keys() {
            if !Role::ALL.iter().any(|role| role.name() == name.get_ref()) {
                let hint = nearest(name.get_ref(), Role::ALL.iter().map(|role| role.name()));
                self.wrong::<()>(name, format!("there is no role `{}`{hint}", name.get_ref()));
            }
        }
        let mut looks = Vec::with_capacity(Role::ALL.len());
        for role in Role::ALL {
            match raw.iter().find(|(name, _)| name.get_ref() == role.name()) {
                Some((_, look)) => looks.push(self.look(look)),
                None => {
                    let end = self.text.len();
                    let message = format!("the role `{}` is missing", role.name());
                    self.mistakes.push(Mistake::at(self.file, self.text, end..end, message));
                }
            }
        }
        looks
    }

    fn look(&mut self, raw: &RawLook) -> Look {
        Look {
            ink: raw.ink.as_ref().and_then(|name| self.paint(name)),
            ground: raw.ground.as_ref().and_then(|name| self.paint(name)),
            modifiers: self.modifiers(&raw.with),
            mono: self.modifiers(&raw.mono),
        }
    }

    fn paint(&mut self, name: &Spanned<String>) -> Option<Paint> {
        if let Some(paint) = self.palette.get(name.get_ref()) {
            return Some(*paint);
        }
        let hint = nearest(name.get_ref(), self.palette.keys().map(String::as_str));
        self.wrong(name, format!("the palette has no colour `{}`{hint}", name.get_ref()))
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
                    self.wrong::<()>(word, format!("`{}` is no way to set text{hint}", word.get_ref()));
                }
            }
        }
        all
    }
}
