//! Words: text with roles, among it ages that are only put into figures when they are drawn.

use jiff::Timestamp;

use crate::domain::time::{short, short_lasts};
use crate::domain::{Moment, Now};
use crate::style::Role;
use crate::text::width;

/// How time is told.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Both clocks.
    pub now: Now,
    /// Whether ages run (`38s`). Otherwise the time of day stands in their place, and nothing moves by itself.
    pub running: bool,
}

/// One piece of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Text as it is; sanitised already.
    Text(String),
    /// Text that stays on the line of what is before it.
    Tail(String),
    /// How long ago something with a time stamp happened.
    Since(Timestamp),
    /// How long ago something happened by our own clock.
    Age(Moment),
    /// The same as a phrase: `38s ago`, or `at 02:13`.
    Ago(Timestamp),
    /// The same by our own clock.
    AgeAgo(Moment),
    /// How long something has lasted, as a phrase: `for 38s`, or `since 02:13`.
    Lasting(Timestamp),
    /// When something was read that is read again and again, with what comes before it: `read 4s ago`. It says
    /// nothing where ages don't run, because then it would move with every reading.
    Read(&'static str, Moment),
    /// How long until something happens.
    Until(Moment),
}

/// Pieces of text with roles, left to right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Words(Vec<(Piece, Role)>);

impl Words {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One text.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Self::new().text(role, text)
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, role: Role, text: impl Into<String>) -> Self {
        self.piece(role, Piece::Text(text.into()))
    }

    /// Adds a text that stays on the line of what is before it.
    #[must_use]
    pub fn tail(self, role: Role, text: impl Into<String>) -> Self {
        self.piece(role, Piece::Tail(text.into()))
    }

    /// Adds a piece.
    #[must_use]
    pub fn piece(mut self, role: Role, piece: Piece) -> Self {
        if piece != Piece::Text(String::new()) {
            self.0.push((piece, role));
        }
        self
    }

    /// Adds the age of a time stamp, or a dash.
    #[must_use]
    pub fn since(self, role: Role, then: Option<Timestamp>, dash: &str) -> Self {
        match then {
            Some(then) => self.piece(role, Piece::Since(then)),
            None => self.text(Role::Faint, dash),
        }
    }

    /// Adds a text word by word, so that lines can break between them.
    #[must_use]
    pub fn prose(mut self, role: Role, text: &str) -> Self {
        for (number, word) in text.split_whitespace().enumerate() {
            let space = if number == 0 { "" } else { " " };
            self = self.text(role, format!("{space}{word}"));
        }
        self
    }

    /// Texts with commas between, so that lines can break behind these.
    pub fn listed(role: Role, texts: &[String]) -> Self {
        texts.iter().enumerate().fold(Self::new(), |words, (number, text)| {
            if number == 0 { words.text(role, text) } else { words.tail(role, ",").text(role, format!(" {text}")) }
        })
    }

    /// Adds a path, so that lines can break behind its slashes.
    #[must_use]
    pub fn path(self, role: Role, path: &str) -> Self {
        path.split_inclusive('/').fold(self, |words, part| words.text(role, part))
    }

    /// Adds a number of spaces.
    #[must_use]
    pub fn gap(self, columns: usize) -> Self {
        self.text(Role::Text, " ".repeat(columns))
    }

    /// Whether something in it has this role.
    pub fn has(&self, role: Role) -> bool {
        self.0.iter().any(|(_, of)| *of == role)
    }

    /// Adds all of another.
    #[must_use]
    pub fn then(mut self, other: Words) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All in one role, but what says that nobody knows stays visible.
    #[must_use]
    pub fn dimmed(mut self) -> Self {
        for (_, role) in &mut self.0 {
            if *role != Role::Unknown {
                *role = Role::Stale;
            }
        }
        self
    }

    /// The same with one role in the place of another.
    #[must_use]
    pub fn with_role(mut self, from: Role, to: Role) -> Self {
        for (_, role) in &mut self.0 {
            if *role == from {
                *role = to;
            }
        }
        self
    }

    /// The pieces as text.
    pub fn told(&self, clock: Clock) -> Vec<(String, Role, Option<Moment>)> {
        self.0
            .iter()
            .map(|(piece, role)| {
                let (text, until) = clock.tell(piece);
                (text, *role, until)
            })
            .collect()
    }

    /// The whole as plain text.
    pub fn plain(&self, clock: Clock) -> String {
        self.told(clock).into_iter().map(|(text, ..)| text).collect()
    }

    /// Columns it takes.
    pub fn width(&self, clock: Clock) -> usize {
        self.told(clock).iter().map(|(text, ..)| width(text)).sum()
    }

    /// Breaks the words into lines of at most `columns`, between pieces that may part.
    pub fn wrapped(self, columns: usize, clock: Clock) -> Vec<Words> {
        let takes = |piece: &Piece| width(&clock.tell(piece).0);
        let mut groups: Vec<(Vec<(Piece, Role)>, usize)> = Vec::new();
        for (piece, role) in self.0 {
            let wide = takes(&piece);
            // A comma stays with what it follows.
            let stays =
                matches!(&piece, Piece::Tail(_)) || matches!(&piece, Piece::Read(before, _) if before.starts_with(','));
            match groups.last_mut().filter(|_| stays) {
                Some((group, all)) => {
                    group.push((piece, role));
                    *all += wide;
                }
                None => groups.push((vec![(piece, role)], wide)),
            }
        }
        let (mut lines, mut line, mut used) = (Vec::new(), Words::new(), 0);
        for (mut group, mut wide) in groups {
            if used > 0 && used + wide > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
                // The space that parted it from the line above is not needed any more.
                if let Some((Piece::Text(text), _)) = group.first_mut() {
                    let kept = text.trim_start().to_owned();
                    wide -= width(text) - width(&kept);
                    *text = kept;
                }
            }
            used += wide;
            line.0.extend(group.into_iter().filter(|(piece, _)| *piece != Piece::Text(String::new())));
        }
        lines.push(line);
        lines
    }
}

impl Clock {
    /// A piece as text, and when that text will be another.
    pub fn tell(self, piece: &Piece) -> (String, Option<Moment>) {
        match piece {
            Piece::Text(text) | Piece::Tail(text) => (text.clone(), None),
            Piece::Ago(then) => self.ago(&Piece::Since(*then)),
            Piece::AgeAgo(then) => self.ago(&Piece::Age(*then)),
            Piece::Lasting(then) => {
                let (text, until) = self.tell(&Piece::Since(*then));
                (if self.running { format!("for {text}") } else { format!("since {text}") }, until)
            }
            Piece::Read(_, _) if !self.running => (String::new(), None),
            Piece::Read(before, then) => {
                let (text, until) = self.ago(&Piece::Age(*then));
                (format!("{before}{text}"), until)
            }
            Piece::Since(then) if self.running => self.age(self.now.since(*then)),
            Piece::Since(then) => (self.time_of(*then), None),
            Piece::Age(then) if self.running => self.age(then.age(self.now.mono)),
            Piece::Age(then) => {
                let ago = jiff::SignedDuration::try_from(then.age(self.now.mono)).unwrap_or_default();
                (self.time_of(self.now.wall.saturating_sub(ago).unwrap_or(self.now.wall)), None)
            }
            Piece::Until(then) => {
                // Rounded up, so that it never says 0 while there is something to wait for.
                let left = self.now.mono.age(*then);
                let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                let text = short(std::time::Duration::from_secs(seconds));
                let second = std::time::Duration::from_secs(1);
                let past = left.saturating_sub(second * u32::try_from(seconds.saturating_sub(1)).unwrap_or(u32::MAX));
                let change = (!left.is_zero()).then(|| self.now.mono.after(past));
                (text, change)
            }
        }
    }

    fn ago(self, piece: &Piece) -> (String, Option<Moment>) {
        let (text, until) = self.tell(piece);
        (if self.running { format!("{text} ago") } else { format!("at {text}") }, until)
    }

    fn age(self, span: std::time::Duration) -> (String, Option<Moment>) {
        (short(span), Some(self.now.mono.after(short_lasts(span))))
    }

    /// A time stamp in Coordinated Universal Time: the time of day, or the day when it is another one.
    pub fn time_of(self, then: Timestamp) -> String {
        let utc = |stamp: Timestamp| stamp.to_zoned(jiff::tz::TimeZone::UTC);
        let (then, now) = (utc(then), utc(self.now.wall));
        if then.date() == now.date() { then.strftime("%H:%M").to_string() } else { then.strftime("%m-%d").to_string() }
    }

    /// A time stamp with seconds, in Coordinated Universal Time.
    pub fn stamp(then: Timestamp) -> String {
        then.to_zoned(jiff::tz::TimeZone::UTC).strftime("%H:%M:%S").to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn clock(seconds: f64) -> Clock {
        Clock { now: Now::START.after(Duration::from_secs_f64(seconds)), running: true }
    }

    #[test]
    fn an_age_says_when_it_changes() {
        let (text, until) = clock(38.25).tell(&Piece::Since(Timestamp::UNIX_EPOCH));
        assert_eq!((text.as_str(), until), ("38s", Some(Moment(Duration::from_secs(39)))));
    }

    #[test]
    fn a_countdown_is_rounded_up_and_ends() {
        let then = Moment(Duration::from_secs(10));
        assert_eq!(clock(6.5).tell(&Piece::Until(then)).0, "4s");
        assert_eq!(clock(6.5).tell(&Piece::Until(then)).1, Some(Moment(Duration::from_secs(7))));
        assert_eq!(clock(6.0).tell(&Piece::Until(then)), ("4s".to_owned(), Some(Moment(Duration::from_secs(7)))));
        assert_eq!(clock(11.0).tell(&Piece::Until(then)), ("0s".to_owned(), None));
    }

    #[test]
    fn without_the_clock_an_age_is_a_time_and_never_moves() {
        let still = Clock { running: false, ..clock(7200.0) };
        assert_eq!(still.tell(&Piece::Since(Timestamp::UNIX_EPOCH)), ("00:00".to_owned(), None));
        assert_eq!(still.tell(&Piece::Age(Moment(Duration::from_secs(3600)))), ("01:00".to_owned(), None));
        assert_eq!(still.tell(&Piece::AgeAgo(Moment(Duration::from_secs(3600)))), ("at 01:00".to_owned(), None));
        assert_eq!(still.tell(&Piece::Read("read ", Moment(Duration::from_secs(3600)))), (String::new(), None));
        assert_eq!(still.tell(&Piece::Lasting(Timestamp::UNIX_EPOCH)), ("since 00:00".to_owned(), None));
        let running = Clock { running: true, ..still };
        assert_eq!(running.tell(&Piece::Lasting(Timestamp::UNIX_EPOCH)).0, "for 2h");
        assert_eq!(running.tell(&Piece::Read("read ", Moment(Duration::from_secs(7170)))).0, "read 30s ago");
    }

    #[test]
    fn a_tail_stays_with_what_is_before_it() {
        let words = Words::of(Role::Text, "aaa").text(Role::Text, "  ●").tail(Role::Text, " name");
        let lines: Vec<String> = words.wrapped(9, clock(0.0)).iter().map(|line| line.plain(clock(0.0))).collect();
        assert_eq!(lines, ["aaa", "● name"]);
    }

    #[test]
    fn no_line_begins_with_a_comma() {
        let texts = ["196M".to_owned(), "0% of a core".to_owned(), "26 tasks".to_owned()];
        let words = Words::listed(Role::Text, &texts).piece(Role::Faint, Piece::Read(", ", Moment(Duration::ZERO)));
        let lines: Vec<String> = words.wrapped(19, clock(5.0)).iter().map(|line| line.plain(clock(5.0))).collect();
        assert_eq!(lines, ["196M, 0% of a core,", "26 tasks, 5s ago"]);
    }

    #[test]
    fn words_break_between_pieces() {
        let words = ["aaaa", " bbbb", " cc"].into_iter().fold(Words::new(), |words, text| words.text(Role::Text, text));
        let lines: Vec<String> = words.wrapped(9, clock(0.0)).iter().map(|line| line.plain(clock(0.0))).collect();
        assert_eq!(lines, ["aaaa bbbb", "cc"]);
    }
}
