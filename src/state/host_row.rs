//! One host as we know it: its link, its units, what it said of itself.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::domain::link::Means;
use crate::domain::unit::{Active, UnitFacts, Usage};
use crate::domain::{Host, HostFacts, Link, Moment, Now, State, UnitName};
use crate::port::event::LogLine;

/// Automatic restarts are counted over this span.
pub const RESTART_WINDOW: Duration = Duration::from_secs(300);
/// Memory counts as the same while it is within one part in this many of what is shown: a figure that trembles
/// says nothing.
const MEMORY_STEADY: u64 = 50;
/// Restarts that are remembered of one unit.
const RESTARTS_KEPT: usize = 16;

/// One host.
#[derive(Debug, Clone)]
pub struct HostRow {
    /// The host as the site names it.
    pub host: Host,
    /// Its link.
    pub link: Link,
    /// How unit state arrives; `None` until known.
    pub means: Option<Means>,
    /// Its units of interest, as last read.
    pub units: BTreeMap<UnitName, UnitRow>,
    /// Whether a full list was read since the link came up.
    pub current: bool,
    /// When the last news of its units came.
    pub read_at: Option<Moment>,
    /// What it said of itself, and when.
    pub facts: Option<(HostFacts, Moment)>,
    /// When a process was last seen to be killed for want of memory.
    pub oom_at: Option<Moment>,
}

/// One unit of a host.
#[derive(Debug, Clone)]
pub struct UnitRow {
    /// What the host says of it.
    pub facts: UnitFacts,
    /// When it said so.
    pub at: Moment,
    /// What it uses, and when that was read.
    pub usage: Option<(Usage, Moment)>,
    /// Share of one core it used between the two newest readings, 1.0 being all of it.
    pub cpu_share: Option<f32>,
    /// Last error line of its log.
    pub last_error: Option<LogLine>,
    restarts: VecDeque<Moment>,
}

impl UnitRow {
    /// A unit read for the first time. Restarts from before the console was opened count only while it is
    /// still in the middle of them.
    pub fn new(facts: UnitFacts, now: Now) -> Self {
        let looping = facts.active == Active::Activating && facts.sub.raw().starts_with(b"auto-restart");
        let old = if looping { facts.restarts.min(3) } else { 0 };
        let restarts = std::iter::repeat_n(now.mono, old as usize).collect();
        Self { facts, at: now.mono, usage: None, cpu_share: None, last_error: None, restarts }
    }

    /// Takes a new reading in; says whether the unit was started anew since the last one.
    pub fn observe(&mut self, facts: UnitFacts, now: Now) -> bool {
        // systemd counts from the start when somebody starts it: what ran before says nothing of what runs now.
        if facts.restarts < self.facts.restarts {
            self.restarts.clear();
        }
        let fresh = facts.restarts.saturating_sub(self.facts.restarts);
        for _ in 0..fresh.min(RESTARTS_KEPT as u32) {
            if self.restarts.len() == RESTARTS_KEPT {
                self.restarts.pop_front();
            }
            self.restarts.push_back(now.mono);
        }
        let started = !facts.invocation.is_empty() && facts.invocation != self.facts.invocation;
        self.facts = facts;
        self.at = now.mono;
        started
    }

    /// Takes a reading of what it uses in.
    pub fn observe_usage(&mut self, usage: Usage, now: Now) {
        let told = usage
            .share
            .map(|hundredths| f32::from(u16::try_from(hundredths.min(6_000_000) / 100).unwrap_or(u16::MAX)) / 100.0);
        self.cpu_share = match (self.usage, usage.cpu) {
            _ if told.is_some() => told,
            (Some((Usage { cpu: Some(before), .. }, at)), Some(cpu)) if now.mono > at => {
                let span = at.age(now.mono).as_secs_f32();
                Some(cpu.saturating_sub(before).as_secs_f32() / span)
            }
            _ => None,
        };
        let settled = self.usage.and_then(|(before, _)| before.memory);
        let memory = match (settled, usage.memory) {
            (Some(shown), Some(read)) if shown.abs_diff(read) < shown / MEMORY_STEADY => Some(shown),
            (_, read) => read,
        };
        self.usage = Some((Usage { memory, ..usage }, now.mono));
    }

    /// The last error line while it still tells something: not of a unit that is well and was started after it.
    pub fn error_of(&self, state: State) -> Option<&LogLine> {
        let overcome = |line: &&LogLine| {
            state == State::Up && self.facts.active.runs() && self.facts.active_enter.is_some_and(|up| line.at < up)
        };
        self.last_error.as_ref().filter(|line| !overcome(line))
    }

    /// Automatic restarts within the last five minutes.
    pub fn recent_restarts(&self, now: Moment) -> u32 {
        let recent = self.restarts.iter().filter(|at| at.age(now) < RESTART_WINDOW).count();
        u32::try_from(recent).unwrap_or(u32::MAX)
    }

    /// When the count above will next go down by itself.
    pub fn restarts_change(&self, now: Moment) -> Option<Moment> {
        self.restarts.iter().map(|at| at.after(RESTART_WINDOW)).find(|at| *at > now)
    }
}

impl HostRow {
    /// A host of which nothing is known yet.
    pub fn new(host: Host, now: Now) -> Self {
        let link = Link::Connecting { since: now.mono, attempt: 1 };
        Self {
            host,
            link,
            means: None,
            units: BTreeMap::new(),
            current: false,
            read_at: None,
            facts: None,
            oom_at: None,
        }
    }

    /// When the host was last heard, also while its link is being made anew.
    pub fn heard(&self) -> Option<Moment> {
        self.link.heard().or(self.read_at)
    }
}
