//! What a person does at the terminal, after the bytes were decoded.

/// One thing a person, or their terminal, did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// A bracketed paste, complete or cut at its bound; never taken for keys.
    Paste(String),
    /// The terminal got another size: columns, rows.
    Resize(u16, u16),
    /// The terminal window got or lost the focus.
    Focus(bool),
    /// A click of the left button at column, row (from 0).
    Click(u16, u16),
    /// The wheel turned over column, row: up is true.
    Wheel(u16, u16, bool),
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// What was held with it. Shift is not counted for characters: `G` is `Char('G')`.
    pub modifiers: Modifiers,
}

impl Key {
    /// A character without modifiers.
    pub const fn char(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: Modifiers::NONE }
    }

    /// A key without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: Modifiers::NONE }
    }

    /// A character with control held.
    pub const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: Modifiers { control: true, alt: false, shift: false } }
    }
}

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyCode {
    /// A printable character.
    Char(char),
    /// A function key, 1 to 24.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Tab with shift.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// What was held with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Modifiers {
    /// Control.
    pub control: bool,
    /// Alt or Meta.
    pub alt: bool,
    /// Shift, for keys that are no characters.
    pub shift: bool,
}

impl Modifiers {
    /// Nothing held.
    pub const NONE: Self = Self { control: false, alt: false, shift: false };
}
