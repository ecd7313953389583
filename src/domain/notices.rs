//! How a person wants to be called at their terminal when a run needs them, or ends, and they are not looking.

/// What calls a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Notices {
    /// When the bell rings.
    pub bell: Bell,
    /// Whether the window's title says what is open and how many runs wait.
    pub title: bool,
    /// How the terminal is asked to show a notice of the desktop.
    pub desktop: Desktop,
    /// Whether that goes through tmux to the terminal around it.
    pub tmux: bool,
}

impl Default for Notices {
    fn default() -> Self {
        Self { bell: Bell::default(), title: true, desktop: Desktop::default(), tmux: false }
    }
}

/// When the bell rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Bell {
    /// Never.
    Never,
    /// When a run needs somebody, or did not end well.
    #[default]
    Trouble,
    /// When it ended well, too.
    Always,
}

/// How a terminal is asked to show a notice of the desktop: terminals differ, so nothing is asked unless it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Desktop {
    /// Not at all.
    #[default]
    Off,
    /// By OSC 9: one text.
    Osc9,
    /// By OSC 777: a heading and a text.
    Osc777,
}
