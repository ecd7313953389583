//! Roles: what a piece of the screen means. Code names these and never a colour.

use crate::domain::run::RunState;
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
    /// A row that is marked.
    Marked = "marked",
    /// A command as it will run or ran.
    Command = "command",
    /// The heading of a dialog that is about to change something protected.
    Danger = "danger",
    /// The frame of that dialog.
    LineDanger = "line-danger",
    /// The heading of a document.
    Heading = "heading",
    /// Emphasised words of a document.
    Emphasis = "emphasis",
    /// Words that lead somewhere.
    Link = "link",
    /// A block of code in a document, and its ground.
    Code = "code",
    /// Code: a comment, or what an example prints.
    CodeComment = "code-comment",
    /// Code: a text in quotes.
    CodeString = "code-string",
    /// Code: a word of the language.
    CodeKeyword = "code-keyword",
    /// Code: a variable or a placeholder.
    CodeName = "code-name",
    /// Code: a number or a constant.
    CodeNumber = "code-number",
    /// A run or a step that goes on.
    RunGoing = "run-going",
    /// One that was verified.
    RunGood = "run-good",
    /// One that failed.
    RunBad = "run-bad",
    /// One that was stopped or skipped.
    RunStopped = "run-stopped",
    /// One of which nobody knows how it ended.
    RunUnknown = "run-unknown",
    /// A log line's level: emergency to error.
    LevelError = "level-error",
    /// A log line's level: warning.
    LevelWarn = "level-warn",
    /// A log line's level: notice.
    LevelNotice = "level-notice",
    /// A log line's level: info.
    LevelInfo = "level-info",
    /// A log line's level: debug.
    LevelDebug = "level-debug",
    /// The name of a field of a log line.
    LogField = "log-field",
    /// A row that stands for log lines that are missing.
    LogLoss = "log-loss",
    /// A host's name in a log of many: the first of eight hues.
    LogHost1 = "log-host-1",
    /// The second.
    LogHost2 = "log-host-2",
    /// The third.
    LogHost3 = "log-host-3",
    /// The fourth.
    LogHost4 = "log-host-4",
    /// The fifth.
    LogHost5 = "log-host-5",
    /// The sixth.
    LogHost6 = "log-host-6",
    /// The seventh.
    LogHost7 = "log-host-7",
    /// The eighth.
    LogHost8 = "log-host-8",
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

    /// The colour of a run's state.
    pub fn run(state: RunState) -> Role {
        match state {
            RunState::Running => Role::RunGoing,
            RunState::Succeeded => Role::RunGood,
            RunState::Failed => Role::RunBad,
            RunState::Stopped => Role::RunStopped,
            RunState::Unknown => Role::RunUnknown,
        }
    }

    /// The colour of a log line's level, 0 (emergency) to 7 (debug).
    pub fn level(priority: u8) -> Role {
        match priority {
            0..=3 => Role::LevelError,
            4 => Role::LevelWarn,
            5 => Role::LevelNotice,
            6 => Role::LevelInfo,
            7.. => Role::LevelDebug,
        }
    }

    /// The hue of a host's name in a log of many, by the host's place among them; from the ninth on they come again.
    pub fn log_host(place: usize) -> Role {
        const HUES: [Role; 8] = [
            Role::LogHost1,
            Role::LogHost2,
            Role::LogHost3,
            Role::LogHost4,
            Role::LogHost5,
            Role::LogHost6,
            Role::LogHost7,
            Role::LogHost8,
        ];
        HUES.get(place % HUES.len()).copied().unwrap_or(Role::LogHost1)
    }

    /// How well it must be seen.
    pub fn weight(self) -> Weight {
        const LINES: [Role; 4] = [Role::Line, Role::LineFocus, Role::LineDanger, Role::Graph];
        const QUIET: [Role; 7] = [
            Role::CodeComment,
            Role::Quiet,
            Role::Faint,
            Role::Stale,
            Role::LevelInfo,
            Role::LevelDebug,
            Role::BandQuiet,
        ];
        if LINES.contains(&self) {
            Weight::Line
        } else if QUIET.contains(&self) {
            Weight::Quiet
        } else {
            Weight::Text
        }
    }

    /// Whether it stands on the band and has no ground of its own.
    pub fn is_on_band(self) -> bool {
        matches!(self, Role::BandQuiet | Role::BandGood | Role::BandWarn | Role::BandBad)
    }

    /// Whether it is laid over rows whose words stand there already.
    pub fn is_laid_over(self) -> bool {
        matches!(self, Role::Selected | Role::Marked)
    }

    /// The roles on whose grounds it can stand, having none of its own.
    pub fn stands_on(self) -> &'static [Role] {
        const BANDS: &[Role] =
            &[Role::BandRed, Role::BandYellow, Role::BandGreen, Role::BandBlue, Role::BandPurple, Role::BandGrey];
        if self.is_on_band() {
            return BANDS;
        }
        match self.weight() {
            Weight::Line => &[Role::Text, Role::Dialog],
            Weight::Text | Weight::Quiet => {
                &[Role::Text, Role::Selected, Role::Marked, Role::Dialog, Role::Strip, Role::LogLoss, Role::Code]
            }
        }
    }

    /// The roles on whose grounds it can stand although it has one of its own: they are laid over it, or it is
    /// plain text, which gives up its ground.
    pub fn stands_on_with_ground(self) -> &'static [Role] {
        if self == Role::Text {
            &[Role::Selected, Role::Marked, Role::Dialog, Role::Strip, Role::LogLoss, Role::Field, Role::Code]
        } else if self == Role::LogLoss || self == Role::Code {
            &[Role::Selected, Role::Marked]
        } else {
            &[]
        }
    }
}

/// How well a role must be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Text.
    Text,
    /// Text that nobody needs at once.
    Quiet,
    /// Lines and little graphs, which need less contrast than text.
    Line,
}
