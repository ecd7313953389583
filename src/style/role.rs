//! Roles: what a piece of the screen means. Code names these and never a colour.

use crate::domain::{EnvColour, ProbeVerdict, State};

macro_rules! roles {
    ($($(#[doc = $doc:literal])* $role:ident = $name:literal,)*) => {
        /// What a piece of the screen means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[doc = $doc])* $role,)* }

        impl Role {
            /// All roles, in the order of the table.
            pub const ALL: &'static [Role] = &[$(Role::$role,)*];

            /// The name by which a theme gives it its looks.
            pub fn name(self) -> &'static str {
                match self { $(Role::$role => $name,)* }
            }
        }
    };
}

roles! {
    /// The ground everything stands on, and plain text.
    Text = "text",
    /// Labels, headings of columns, what is well.
    Quiet = "quiet",
    /// Time stamps, dashes, zeros.
    Faint = "faint",
    /// Names and titles.
    Strong = "strong",
    /// Frames and rules.
    Line = "line",
    /// The frame of the pane that has the keyboard.
    LineFocus = "line-focus",
    /// Keys in hints and help; the one accent.
    Key = "key",
    /// Facts of interest that are neither good nor bad.
    Info = "info",
    /// A verdict that is good.
    Good = "good",
    /// Something to watch.
    Warn = "warn",
    /// Something is broken.
    Bad = "bad",
    /// Nobody knows.
    Unknown = "unknown",
    /// What was true when the host was last heard.
    Stale = "stale",
    /// Little graphs.
    Graph = "graph",
    /// The row under the cursor.
    Selected = "selected",
    /// The screen that is open, among the tabs.
    Tab = "tab",
    /// What the filter found in a name.
    Match = "match",
    /// A field that takes typing.
    Field = "field",
    /// The ground of dialogs.
    Dialog = "dialog",
    /// The strip for trouble below the band.
    Strip = "strip",
    /// The mark of a drill.
    Drill = "drill",
    /// The mark of a console that may only look.
    ReadOnly = "read-only",
    /// The band of an environment: red.
    BandRed = "band-red",
    /// The band of an environment: yellow.
    BandYellow = "band-yellow",
    /// The band of an environment: green.
    BandGreen = "band-green",
    /// The band of an environment: blue.
    BandBlue = "band-blue",
    /// The band of an environment: purple.
    BandPurple = "band-purple",
    /// The band of an environment: grey.
    BandGrey = "band-grey",
    /// Quiet text on a band.
    BandQuiet = "band-quiet",
    /// Good on a band.
    BandGood = "band-good",
    /// Trouble on a band.
    BandWarn = "band-warn",
    /// Worse trouble on a band.
    BandBad = "band-bad",
}

impl Role {
    /// The band of an environment.
    pub fn band(colour: EnvColour) -> Role {
        match colour {
            EnvColour::Red => Role::BandRed,
            EnvColour::Yellow => Role::BandYellow,
            EnvColour::Green => Role::BandGreen,
            EnvColour::Blue => Role::BandBlue,
            EnvColour::Purple => Role::BandPurple,
            EnvColour::Grey => Role::BandGrey,
        }
    }

    /// The colour of a state: green is for the verdict only, and unknown is never green.
    pub fn state(state: State) -> Role {
        match state {
            State::Up => Role::Good,
            State::Stopped => Role::Quiet,
            State::Starting => Role::Info,
            State::Degraded => Role::Warn,
            State::Unknown => Role::Unknown,
            State::CrashLooping | State::Down => Role::Bad,
        }
    }

    /// The colour of what a probe says.
    pub fn probe(verdict: ProbeVerdict) -> Role {
        match verdict {
            ProbeVerdict::Pass => Role::Good,
            ProbeVerdict::Fail => Role::Bad,
            ProbeVerdict::Error => Role::Warn,
            ProbeVerdict::Inconclusive | ProbeVerdict::Stale => Role::Unknown,
        }
    }

    /// Whether it is a line or a graph, for which less contrast is enough than for text.
    pub fn is_line(self) -> bool {
        matches!(self, Role::Line | Role::LineFocus | Role::Graph)
    }
}
