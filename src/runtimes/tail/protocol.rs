//! The state of one host's tail: what to send next, and which rows an answer is. It is told everything and does
//! nothing by itself.
//!
//! A session begins with [`Protocol::open`], which is told what is at the place where reading had ended, and then has
//! one or two readers ([`Protocol::next`]), whose entries go to [`Protocol::take`] and whose end to
//! [`Protocol::ended`]. When a reader fails or the link is lost, another session begins.

use std::cmp::Ordering;
use std::time::Duration;

use jiff::Timestamp;

use super::command::{Begin, Filter};
use super::entry::{self, Note};
use super::gap::Gap;
use super::names::Names;
use super::place::Place;
use super::seen::Seen;
use crate::port::RemoteCommand;
use crate::port::log::{Cursor, LogRow, Loss, LossKind, TailWish};
use crate::runtimes::journal_export::Entry;
use crate::text::Foreign;

/// How far back reading begins where a place is found again by time.
const BACK: i64 = 60_000_000;

/// What is at the place where reading had ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// This entry: the very one, or the first one behind.
    Entry(Box<Entry>),
    /// Nothing, and nothing behind.
    Nothing,
    /// journalctl does not take the place for one, though it reads the journal.
    Refused,
}

/// What to do next in a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Run this and hand its output to [`Protocol::bounded`].
    Bound(RemoteCommand),
    /// Read this to its end.
    Read(RemoteCommand),
    /// Read this as long as it lasts.
    Follow(RemoteCommand),
    /// Everything that was wished for was read.
    Done,
}

/// What an entry was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It became rows.
    Told,
    /// It was told before, or is of no interest.
    Passed,
    /// It lies behind the end of what was wished for.
    Beyond,
    /// It names no place or no time: this is no journal.
    Malformed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No session.
    Away,
    /// How many lines there are must be found out.
    Bound,
    /// The newest lines are read.
    Newest,
    /// What lies in earlier boots is read to its end: a journalctl that follows shows the running one only (systemd 252),
    /// whatever place or time it is told.
    Past,
    /// Reading from the place on.
    Reading,
    Done,
}

/// The boot whose entries are being read.
#[derive(Debug, Clone, Copy)]
struct Boot {
    id: u128,
    /// Whether journald is known to run in it.
    begun: bool,
    /// Whether journald ended in good order, so that its next start loses nothing.
    stopped: bool,
    /// Whether anything was told of it.
    told: bool,
}

impl Boot {
    fn new(id: u128) -> Self {
        Self { id, begun: false, stopped: false, told: false }
    }

    /// One that is under way, and of which reading knows.
    fn under_way(id: u128) -> Self {
        Self { id, begun: true, stopped: false, told: true }
    }
}

/// One host's part of a tail.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// Which entries are wanted; what journalctl understands is found out by asking.
    pub filter: Filter,
    wished: Begin,
    from: Begin,
    until: Option<Timestamp>,
    follow: bool,
    bound: Option<u32>,
    place: Option<Place>,
    /// What the first entry of the reader must be.
    expected: Option<Place>,
    /// The newest entry of the journal when the session began.
    newest: Option<Place>,
    phase: Phase,
    seen: Seen,
    names: Names,
    boot: Option<Boot>,
    /// The newest time of the host that is known.
    clock: Timestamp,
    caught_up: bool,
}

impl Protocol {
    /// What `wish` wants of one host. `now` stands in for the host's time until the journal tells it.
    pub fn new(wish: &TailWish, filter: Filter, resume: Option<&Cursor>, now: Timestamp) -> Self {
        let from = Begin::of(wish);
        let place = resume.map(|cursor| Place::new(cursor.clone(), false));
        let mut seen = Seen::default();
        if let Some(place) = &place {
            seen.note(&place.cursor, &place.parts);
        }
        let boot = place.as_ref().and_then(|place| place.parts.boot);
        Self {
            filter,
            wished: from.clone(),
            from,
            until: wish.until,
            follow: wish.follow,
            bound: wish.bound,
            place,
            expected: None,
            newest: None,
            phase: Phase::Away,
            seen,
            names: Names::default(),
            boot: boot.map(Boot::under_way),
            clock: now,
            caught_up: false,
        }
    }

    /// Where reading has ended; what is there must be found out before [`open`](Self::open).
    pub fn place(&self) -> Option<&Cursor> {
        self.place.as_ref().map(|place| &place.cursor)
    }

    /// Whether everything that was there when the session began has been read.
    pub fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    /// Begins a session. `newest` is the newest entry of the whole journal, `found` what is at [`place`](Self::place),
    /// `gap` how long the link was away, and since when.
    pub fn open(&mut self, newest: Option<&Entry>, found: &Found, gap: Option<Gap>, rows: &mut Vec<LogRow>) {
        self.newest = newest.and_then(|entry| Place::of(entry, false));
        if let Some(at) = self.newest.as_ref().and_then(Place::at) {
            self.clock = at;
        }
        self.caught_up = false;
        self.expected = None;
        self.phase = match self.place.take() {
            Some(place) => {
                self.go_on(place, found, gap, rows);
                self.reading()
            }
            None => self.start(),
        };
        self.look_whether_caught_up();
    }

    fn start(&mut self) -> Phase {
        match &self.from {
            // An empty journal: all that comes is new, also what comes before the reader begins.
            Begin::Newest(_) if self.newest.is_none() => {
                self.from = Begin::Head;
                Phase::Reading
            }
            Begin::Newest(0) if self.follow => {
                self.anchor();
                Phase::Reading
            }
            Begin::Newest(0) => Phase::Done,
            Begin::Newest(_) => Phase::Newest,
            Begin::Ago(_) | Begin::Time(_) | Begin::Boot if self.bound.is_some() => Phase::Bound,
            Begin::Ago(_) | Begin::Time(_) | Begin::Head | Begin::Boot | Begin::Cursor(_) => self.reading(),
        }
    }

    /// How reading goes on: whoever follows has read what lies in earlier boots first.
    fn reading(&self) -> Phase {
        let lies_here = match (&self.place, &self.from) {
            (Some(place), _) => self.is_running(place),
            (None, Begin::Boot | Begin::Newest(_)) => true,
            (None, Begin::Head | Begin::Ago(_) | Begin::Time(_) | Begin::Cursor(_)) => self.newest.is_none(),
        };
        if self.follow && self.filter.boot.is_none() && !lies_here { Phase::Past } else { Phase::Reading }
    }

    fn lies_where_it_is_followed(&self, place: &Place) -> bool {
        self.filter.boot.is_some() || self.is_running(place)
    }

    /// Whether a place lies in the boot that runs, as far as the journal tells.
    fn is_running(&self, place: &Place) -> bool {
        let running = self.newest.as_ref().and_then(|newest| newest.parts.boot);
        running.is_none() || running == place.parts.boot
    }

    fn go_on(&mut self, place: Place, found: &Found, gap: Option<Gap>, rows: &mut Vec<LogRow>) {
        match (found, &self.newest) {
            (Found::Entry(entry), _) => {
                let there = Place::of(entry, false);
                let at = there.as_ref().and_then(Place::at).unwrap_or(self.clock);
                if there.as_ref().is_some_and(|there| there.is(&place)) {
                    rows.extend(gap.map(|gap| gap.row(place.at().unwrap_or(at))));
                    self.expected = Some(place.clone());
                } else if let Some(id) = there.as_ref().and_then(|there| self.other_boot(there)) {
                    // Nothing is left of the boot: what is missing of it is told by its end.
                    rows.push(loss(at, LossKind::Rebooted, None));
                    self.boot = Some(Boot::new(id));
                } else {
                    let between = there.and_then(|there| place.parts.between(&there.parts));
                    rows.push(loss(at, LossKind::Vacuumed, between.filter(|_| self.filter.is_everything())));
                }
                self.place = Some(place);
            }
            (Found::Nothing, None) => {
                rows.push(loss(self.clock, LossKind::Vacuumed, None));
                self.from = Begin::Head;
            }
            (Found::Nothing, Some(_)) => {
                self.rebase(Begin::Boot, "the journal ends before the place where reading had ended", rows);
            }
            (Found::Refused, newest) => {
                let back = place.parts.realtime.and_then(|at| entry::time_of(at.saturating_sub(BACK as u64)));
                let ahead = |at: &Timestamp| newest.as_ref().and_then(Place::at).is_some_and(|newest| newest < *at);
                let from = match back {
                    Some(at) if ahead(&at) => Begin::Boot,
                    Some(at) => Begin::Time(at),
                    None => self.wished.clone(),
                };
                self.rebase(from, "the journal does not know the place where reading had ended", rows);
            }
        }
    }

    fn other_boot(&self, there: &Place) -> Option<u128> {
        let id = there.parts.boot?;
        self.boot.is_some_and(|boot| boot.id != id).then_some(id)
    }

    fn rebase(&mut self, from: Begin, why: &str, rows: &mut Vec<LogRow>) {
        rows.push(loss(self.clock, LossKind::Rebased(Foreign::from(why)), None));
        // A wish for the newest lines would read them in a phase of their own; here one reader does it all.
        self.from = match from {
            Begin::Newest(_) => Begin::Boot,
            Begin::Head | Begin::Boot | Begin::Ago(_) | Begin::Time(_) | Begin::Cursor(_) => from,
        };
        self.boot = None;
        self.seen.expect_again();
    }

    /// What to do now. `elapsed` is the time since the first session began.
    pub fn next(&self, elapsed: Duration) -> Next {
        let follows = self.follow && self.phase == Phase::Reading && self.filter.boot.is_none();
        let from = match (&self.from, &self.place) {
            // Everything before the running boot was read.
            (_, Some(place)) if follows && !self.is_running(place) => Begin::Boot,
            (_, Some(place)) => Begin::Cursor(place.cursor.clone()),
            (Begin::Ago(ago), None) => Begin::Ago(*ago + elapsed),
            (from, None) => from.clone(),
        };
        match self.phase {
            Phase::Bound => Next::Bound(self.filter.bound(&from, self.until, self.bound.unwrap_or(u32::MAX))),
            Phase::Newest => Next::Read(self.filter.read(&self.from, self.until, false)),
            Phase::Past => Next::Read(self.filter.read(&from, self.until, false)),
            Phase::Reading if self.follow => Next::Follow(self.filter.read(&from, self.until, true)),
            Phase::Reading => Next::Read(self.filter.read(&from, self.until, false)),
            Phase::Away | Phase::Done => Next::Done,
        }
    }

    /// Takes the answer to [`Next::Bound`]: where to begin, if there are more lines than are wanted. An answer that is
    /// none leaves the bound out.
    pub fn bounded(&mut self, answer: &[u8], rows: &mut Vec<LogRow>) {
        let word = std::str::from_utf8(answer).ok().and_then(|text| Cursor::new(text.trim()));
        if let Some(cursor) = word {
            let place = Place::new(cursor, true);
            rows.push(loss(place.at().unwrap_or(self.clock), LossKind::Bounded, Some(0)));
            self.seen.note(&place.cursor, &place.parts);
            self.expected = Some(place.clone());
            self.place = Some(place);
        }
        self.bound = None;
        self.phase = self.reading();
    }

    /// Takes one entry of the reader that runs. Where journalctl can't read an entry to its end it goes on with the
    /// next one in the same breath: what came of the damaged one is thrown away and told.
    pub fn take(&mut self, entry: &Entry, rows: &mut Vec<LogRow>) -> Taken {
        match entry.split_behind("__CURSOR") {
            None => self.take_whole(entry, rows),
            Some((damaged, rest)) => {
                if let Some(place) = Place::of(&damaged, true)
                    && !self.seen.is_known(&place.cursor, &place.parts)
                {
                    let said = Foreign::from("an entry is damaged and can't be read");
                    rows.push(noted(&place, place.at().unwrap_or(self.clock), LossKind::ReaderFailed(said), Some(1)));
                    self.seen.note(&place.cursor, &place.parts);
                }
                self.take(&rest, rows)
            }
        }
    }

    fn take_whole(&mut self, entry: &Entry, rows: &mut Vec<LogRow>) -> Taken {
        let Some(row) = entry::row(entry, &mut self.names) else { return Taken::Malformed };
        let (at, place) = (row.at, Place::new(row.cursor.clone(), true));
        if let Some(expected) = self.expected.take() {
            if expected.is(&place) {
                self.arrive(place, at);
                return Taken::Passed;
            }
            if expected.own {
                rows.push(loss(at, LossKind::Vacuumed, None));
            }
        }
        if self.seen.is_known(&place.cursor, &place.parts) {
            self.arrive(place, at);
            return Taken::Passed;
        }
        if self.until.is_some_and(|until| at > until) {
            return Taken::Beyond;
        }
        self.seen.note(&place.cursor, &place.parts);
        self.cross_boots(row.boot, at, rows);
        let everybody = self.filter.units.is_empty() && !self.filter.is_narrowed();
        let asked_for = everybody || self.names_journald();
        let told = match entry::note(entry) {
            Some(Note::Lost(kind, lost)) => Some(noted(&place, at, kind, lost)),
            Some(Note::Started) => self.started(&place, at).or_else(|| asked_for.then_some(LogRow::Entry(row))),
            Some(Note::Stopped) => {
                self.boot.iter_mut().for_each(|boot| boot.stopped = true);
                asked_for.then_some(LogRow::Entry(row))
            }
            None => {
                if let Some(boot) = self.boot.as_mut().filter(|_| !entry::is_kernel(entry)) {
                    boot.begun = true;
                }
                Some(LogRow::Entry(row))
            }
        };
        if let Some(boot) = self.boot.as_mut().filter(|_| told.is_some()) {
            boot.told = true;
        }
        self.arrive(place, at);
        let taken = if told.is_some() { Taken::Told } else { Taken::Passed };
        rows.extend(told);
        taken
    }

    fn names_journald(&self) -> bool {
        self.filter.units.iter().any(|(_, unit)| unit.as_str() == "systemd-journald.service")
    }

    fn arrive(&mut self, place: Place, at: Timestamp) {
        self.place = Some(place);
        self.clock = at;
        self.look_whether_caught_up();
    }

    fn look_whether_caught_up(&mut self) {
        self.caught_up |= match (&self.newest, &self.place) {
            (None, _) => true,
            (Some(newest), Some(place)) => {
                place.parts.order(&newest.parts).is_some_and(|order| order != Ordering::Less)
            }
            (Some(_), None) => false,
        };
    }

    /// A boot that ended is told, unless nothing was told of it and nobody was waiting for it.
    fn cross_boots(&mut self, id: u128, at: Timestamp, rows: &mut Vec<LogRow>) {
        match &self.boot {
            Some(boot) if boot.id == id => return,
            Some(boot) if boot.told || self.caught_up => rows.push(loss(at, LossKind::Rebooted, None)),
            Some(_) | None => {}
        }
        self.boot = Some(Boot::new(id));
    }

    /// journald began: a loss, unless it had ended in good order or the boot began with it.
    fn started(&mut self, place: &Place, at: Timestamp) -> Option<LogRow> {
        let newest = self.newest.as_ref();
        let ran_before = newest.is_some_and(|newest| {
            newest.parts.boot == place.parts.boot && place.parts.order(&newest.parts) == Some(Ordering::Greater)
        });
        let boot = self.boot.as_mut()?;
        let begun = std::mem::replace(&mut boot.begun, true) || ran_before;
        let stopped = std::mem::replace(&mut boot.stopped, false);
        (begun && !stopped).then(|| noted(place, at, LossKind::JournaldRestarted, None))
    }

    /// Goes on behind the newest entry of all.
    fn anchor(&mut self) {
        self.place = self.newest.clone();
        let boot = self.newest.as_ref().and_then(|newest| newest.parts.boot);
        self.boot = boot.map(Boot::under_way);
        self.look_whether_caught_up();
    }

    /// The reader came to its end as it should.
    pub fn ended(&mut self) {
        self.phase = match self.phase {
            Phase::Newest if self.follow => {
                // Nothing matched so far: what comes behind the newest entry of all is new.
                if self.place.is_none() {
                    self.anchor();
                }
                self.expect_place()
            }
            Phase::Past => {
                self.caught_up = true;
                self.expect_place()
            }
            Phase::Reading if self.follow => Phase::Away,
            Phase::Newest | Phase::Reading | Phase::Bound | Phase::Away | Phase::Done => Phase::Done,
        };
    }

    /// Reading follows from the place on: it begins with the very entry that stands there.
    fn expect_place(&mut self) -> Phase {
        self.expected = self.place.clone().filter(|place| place.own && self.lies_where_it_is_followed(place));
        Phase::Reading
    }

    /// Whether the newest entry of the journal lies before the place from which is read: then nothing would ever come.
    pub fn is_stranded(&self, newest: Option<&Entry>) -> bool {
        let (Some(place), Some(newest)) = (&self.place, newest.and_then(|entry| Place::of(entry, false))) else {
            return false;
        };
        newest.parts.order(&place.parts) == Some(Ordering::Less)
    }

    /// Every reader fails right behind the place: what is there can't be read, so reading goes on a little later, the
    /// `times`-th time.
    pub fn skip(&mut self, times: u32, rows: &mut Vec<LogRow>) {
        let Some(place) = self.place.take() else { return };
        let step = 1000 * 10i64.saturating_pow(times.min(5));
        let at = place.at().unwrap_or(self.clock).as_microsecond().saturating_add(step);
        let from = Timestamp::from_microsecond(at).map_or(Begin::Boot, Begin::Time);
        self.rebase(from, "what is behind the place where reading had ended can't be read", rows);
        self.boot = place.parts.boot.map(Boot::under_way);
    }

    /// The row that says that journalctl failed.
    pub fn failed(&self, said: Foreign) -> LogRow {
        loss(self.clock, LossKind::ReaderFailed(said), Some(0))
    }
}

fn loss(at: Timestamp, kind: LossKind, lost: Option<u64>) -> LogRow {
    LogRow::Loss(Loss { at, kind, lost, cursor: None })
}

fn noted(place: &Place, at: Timestamp, kind: LossKind, lost: Option<u64>) -> LogRow {
    LogRow::Loss(Loss { at, kind, lost, cursor: Some(place.cursor.clone()) })
}
