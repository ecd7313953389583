//! Contexts: where a key is pressed decides what it means.

/// One section of a keymap file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere, also while typing.
    Always,
    /// Everywhere except while typing.
    Global,
    /// In every list and every text that scrolls.
    List,
    /// On the overview.
    Overview,
    /// On the logs.
    Logs,
    /// On the hosts.
    Hosts,
    /// On the changes.
    Changes,
    /// In a pane of details that has the keyboard.
    Detail,
    /// Wherever text is typed.
    Text,
    /// While a filter is typed.
    Filter,
    /// In the help.
    Help,
    /// In a picker.
    Picker,
    /// In a question.
    Question,
}

impl Context {
    /// All, in the order of the keymap file.
    pub const ALL: [Context; 13] = [
        Context::Always,
        Context::Global,
        Context::List,
        Context::Overview,
        Context::Logs,
        Context::Hosts,
        Context::Changes,
        Context::Detail,
        Context::Text,
        Context::Filter,
        Context::Help,
        Context::Picker,
        Context::Question,
    ];

    /// The name of its section in a keymap file.
    pub fn name(self) -> &'static str {
        match self {
            Context::Always => "always",
            Context::Global => "global",
            Context::List => "list",
            Context::Overview => "overview",
            Context::Logs => "logs",
            Context::Hosts => "hosts",
            Context::Changes => "changes",
            Context::Detail => "detail",
            Context::Text => "text",
            Context::Filter => "filter",
            Context::Help => "help",
            Context::Picker => "picker",
            Context::Question => "question",
        }
    }

    /// Its heading in the help.
    pub fn heading(self) -> &'static str {
        match self {
            Context::Always => "Always",
            Context::Global => "Everywhere",
            Context::List => "In a list",
            Context::Overview => "On the overview",
            Context::Logs => "On the logs",
            Context::Hosts => "On the hosts",
            Context::Changes => "On the changes",
            Context::Detail => "In the details",
            Context::Text => "While typing",
            Context::Filter => "In a filter",
            Context::Help => "In the help",
            Context::Picker => "In a picker",
            Context::Question => "In a question",
        }
    }
}
