//! Glyphs: the marks beside words, in Unicode and in plain ASCII. A test holds that each is one column wide.

use crate::domain::{ProbeVerdict, State};

/// Which marks the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GlyphSet {
    /// Everything a UTF-8 terminal has.
    #[default]
    Unicode,
    /// Seven bits only.
    Ascii,
}

impl GlyphSet {
    /// What the locale variables say; `variable` reads one. A locale of another character set gets ASCII, and so
    /// does a terminal of the old kind; where nothing is said, as in most containers, the terminal is a new one.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
        let utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let plain = variable("TERM").is_some_and(|term| term == "linux" || term.starts_with("vt"));
        if utf8 && !plain { GlyphSet::Unicode } else { GlyphSet::Ascii }
    }

    /// The marks.
    pub fn glyphs(self) -> &'static Glyphs {
        match self {
            GlyphSet::Unicode => &UNICODE,
            GlyphSet::Ascii => &ASCII,
        }
    }
}

/// One set of marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyphs {
    /// For each state from best to worst: up, stopped, starting, degraded, unknown, crash-looping, down.
    pub states: [&'static str; 7],
    /// Something holds.
    pub yes: &'static str,
    /// Something does not hold.
    pub no: &'static str,
    /// A link that is up.
    pub link: &'static str,
    /// A link that is not.
    pub link_lost: &'static str,
    /// Between a site and its environment.
    pub then: &'static str,
    /// From one thing to another.
    pub arrow: &'static str,
    /// Something needs a person.
    pub alarm: &'static str,
    /// A row that is marked.
    pub mark: &'static str,
    /// A folded row.
    pub folded: &'static str,
    /// An unfolded row.
    pub unfolded: &'static str,
    /// Between two facts.
    pub dot: &'static str,
    /// Nothing to say.
    pub none: &'static str,
    /// Restarts.
    pub restarts: &'static str,
    /// One character of a secret.
    pub secret: &'static str,
    /// The tree below a service: inner, last.
    pub branch: [&'static str; 2],
    /// Eight levels of a little graph.
    pub bars: [&'static str; 8],
    /// A stretch of time in which nothing was, below the bars of a graph.
    pub ground: &'static str,
    /// A place of a graph without a value.
    pub gap: &'static str,
    /// Frame: top left, top right, bottom left, bottom right, horizontal, vertical.
    pub frame: [&'static str; 6],
    /// Before each line of a text of several lines that somebody else wrote.
    pub quote: &'static str,
    /// A line that came after younger ones, inserted above them.
    pub late: &'static str,
    /// Lines that are marked by rules: a mark for each rule, round and round.
    pub marks: [&'static str; 4],
    /// A line that a person has marked.
    pub bookmark: &'static str,
    /// What is above it, once more.
    pub again: &'static str,
    /// Something was left out.
    pub more: &'static str,
    /// Keys up and down in hints.
    pub up_down: &'static str,
    /// Names of the arrow keys in help: up, down, left, right.
    pub arrows: [&'static str; 4],
    /// Degrees of fullness below a threshold, and the rest of the bar.
    pub meter: [&'static str; 2],
}

impl Glyphs {
    /// Whether these are the marks of a terminal that has seven bits only.
    pub fn is_ascii(&self) -> bool {
        self.arrow.is_ascii()
    }

    /// The mark of a state.
    pub fn state(&self, state: State) -> &'static str {
        let index = match state {
            State::Up => 0,
            State::Stopped => 1,
            State::Starting => 2,
            State::Degraded => 3,
            State::Unknown => 4,
            State::CrashLooping => 5,
            State::Down => 6,
        };
        self.states[index]
    }

    /// The mark of what a probe says.
    pub fn probe(&self, verdict: ProbeVerdict) -> &'static str {
        match verdict {
            ProbeVerdict::Pass => self.yes,
            ProbeVerdict::Fail => self.no,
            ProbeVerdict::Error => self.alarm,
            ProbeVerdict::Inconclusive | ProbeVerdict::Stale => self.state(State::Unknown),
        }
    }
}

static UNICODE: Glyphs = Glyphs {
    states: ["●", "○", "◌", "◐", "?", "↻", "✗"],
    yes: "✓",
    no: "✗",
    link: "●",
    link_lost: "◌",
    then: "▸",
    arrow: "→",
    alarm: "▲",
    mark: "◆",
    folded: "▸",
    unfolded: "▾",
    dot: "·",
    none: "–",
    restarts: "↻",
    secret: "•",
    branch: ["├", "└"],
    bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    ground: "_",
    gap: " ",
    frame: ["╭", "╮", "╰", "╯", "─", "│"],
    quote: "┊",
    late: "↑",
    marks: ["◆", "▲", "■", "●"],
    bookmark: "★",
    again: "≡",
    more: "…",
    up_down: "↑↓",
    arrows: ["↑", "↓", "←", "→"],
    meter: ["━", "─"],
};

static ASCII: Glyphs = Glyphs {
    states: ["*", "-", "~", "!", "?", "@", "x"],
    yes: "+",
    no: "x",
    link: "*",
    link_lost: "o",
    then: ">",
    arrow: ">",
    alarm: "!",
    mark: "#",
    folded: ">",
    unfolded: "v",
    dot: "-",
    none: "-",
    restarts: "R",
    secret: "*",
    branch: ["|", "`"],
    bars: ["_", "_", ".", ".", "-", "-", "=", "#"],
    ground: ",",
    gap: " ",
    frame: ["+", "+", "+", "+", "-", "|"],
    quote: ":",
    late: "^",
    marks: ["*", "+", "#", "="],
    bookmark: "@",
    again: ":",
    more: "~",
    up_down: "up/down",
    arrows: ["up", "down", "left", "right"],
    meter: ["=", "-"],
};
