//! Contexts: where a key is pressed decides what it means. One row of the table for each.

/// How a context stands to the others: which of them also count where it has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Counts wherever a place has the keyboard, behind it.
    Outer,
    /// A screen, or a part of one.
    Place,
    /// Takes characters as text: no key that writes one can mean anything there.
    Typing,
}

macro_rules! contexts {
    ($($context:ident $kind:ident $name:literal $heading:literal $doc:literal)*) => {
        /// One section of a keymap file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Context { $(#[doc = $doc] $context,)* }

        impl Context {
            /// All, in the order of the keymap file.
            pub const ALL: &'static [Context] = &[$(Context::$context,)*];

            /// The name of its section in a keymap file.
            pub fn name(self) -> &'static str {
                match self { $(Context::$context => $name,)* }
            }

            /// Its heading in the help.
            pub fn heading(self) -> &'static str {
                match self { $(Context::$context => $heading,)* }
            }

            /// How it stands to the others.
            pub fn kind(self) -> Kind {
                match self { $(Context::$context => Kind::$kind,)* }
            }
        }
    };
}

contexts! {
    Always Outer "always" "Always" "Everywhere, also while typing."
    Global Outer "global" "Everywhere" "Everywhere except while typing."
    List Outer "list" "In a list" "In every list and every text that scrolls."
    Overview Place "overview" "On the overview" "On the overview."
    Logs Place "logs" "On the logs" "On the logs."
    Span Place "span" "In the histogram" "While a span of time is chosen in the histogram."
    Patterns Place "patterns" "In new patterns" "In the pane of what is new since a moment."
    Hosts Place "hosts" "On the hosts" "On the hosts."
    Runbooks Place "runbooks" "On the runbooks" "On the list of procedures."
    Procedure Place "procedure" "In a procedure" "In a procedure: its document, its steps, what they print."
    Deploy Place "deploy" "In a deploy" "In a deploy or a rollback: its pages from what to verdict."
    Changes Place "changes" "On the changes" "On the changes."
    History Place "history" "On the history" "On the history."
    Detail Place "detail" "In the details" "In a pane of details that has the keyboard."
    Run Place "run" "In a run" "In the pane of a change that goes on or has ended."
    Text Typing "text" "While typing" "Wherever text is typed."
    Filter Typing "filter" "In a filter" "While a filter is typed."
    Help Typing "help" "In the help" "In the help."
    Palette Typing "palette" "In the palette" "In the palette."
    Command Typing "command" "In a command" "While a command is typed."
    Picker Typing "picker" "In a picker" "In a picker."
    Kept Typing "kept" "In a list of what is kept" "In the lists of filters and of bookmarks."
    Ask Typing "ask" "Where a line is asked for" "Where one line is asked for: a span of time, a note, a name."
    Menu Typing "menu" "In the menu of actions" "In the menu of actions."
    Confirm Typing "confirm" "In a confirmation" "In the box that shows what would happen."
    Plan Typing "plan" "In a plan" "On the page that shows every command of a procedure before it runs."
    Choice Typing "choice" "In a choice" "Where one of several ways is chosen."
    Form Typing "form" "In a form" "Where a procedure is told what it wants to know."
    Edit Typing "edit" "In a command that is edited" "In the editor of a command."
    Leave Typing "leave" "When leaving" "In the question whether to leave while a change goes on."
    Question Typing "question" "In a question" "In a question."
}

impl Context {
    /// The contexts that count where this one has the keyboard, the nearest first.
    pub fn stack(self) -> Vec<Context> {
        let behind = match self.kind() {
            Kind::Outer | Kind::Place => [Context::List, Context::Global, Context::Always].as_slice(),
            Kind::Typing => [Context::Text, Context::Always].as_slice(),
        };
        std::iter::once(self).chain(behind.iter().copied().filter(|context| *context != self)).collect()
    }
}
