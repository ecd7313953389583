//! The looks of every role, resolved for one terminal.

use ratatui::style::{Color, Style};

use super::colour::Depth;
use super::glyph::{GlyphSet, Glyphs};
use super::role::Role;
use super::theme::{Paint, Theme};

/// Ready-made styles and the set of glyphs.
#[derive(Debug, Clone, PartialEq)]
pub struct Styles {
    table: Vec<Style>,
    /// The marks this terminal can show.
    pub glyphs: &'static Glyphs,
    /// Which set they are of.
    pub set: GlyphSet,
    /// How many colours this terminal has.
    pub depth: Depth,
}

impl Styles {
    /// A theme on a terminal.
    pub fn new(theme: &Theme, depth: Depth, set: GlyphSet) -> Self {
        let table = Role::ALL.iter().map(|role| resolve(theme, *role, depth)).collect();
        Self { table, glyphs: set.glyphs(), set, depth }
    }

    /// The built-in theme on a terminal.
    pub fn builtin(depth: Depth, set: GlyphSet) -> Self {
        Self::new(&Theme::builtin(), depth, set)
    }

    /// The style of a role.
    pub fn of(&self, role: Role) -> Style {
        self.table.get(role as usize).copied().unwrap_or_default()
    }
}

impl Default for Styles {
    fn default() -> Self {
        Self::builtin(Depth::True, GlyphSet::Unicode)
    }
}

fn resolve(theme: &Theme, role: Role, depth: Depth) -> Style {
    let look = theme.look(role);
    let colour = |paint: Paint| match depth {
        Depth::True => Color::Rgb(paint.rgb.0, paint.rgb.1, paint.rgb.2),
        Depth::Indexed => paint.indexed,
        Depth::Sixteen => paint.named,
        Depth::Mono => Color::Reset,
    };
    let mut style = Style::default();
    if depth == Depth::Mono {
        return style.add_modifier(look.mono);
    }
    if let (Depth::Sixteen, Some(own)) = (depth, look.sixteen) {
        return Style { fg: own.ink, bg: own.ground, ..style.add_modifier(own.modifiers) };
    }
    if let Some(ink) = look.ink {
        style = style.fg(colour(ink));
    }
    if let Some(ground) = look.ground {
        style = style.bg(colour(ground));
    }
    style.add_modifier(look.modifiers)
}
