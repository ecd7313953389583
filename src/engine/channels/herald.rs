//! What is told of one run: when it begins, when it has waited for a while, how it ends. The run never waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Letter, Post};
use crate::domain::Run;
use crate::domain::channel::{Notice, Occasion};
use crate::domain::run::{Go, RunState, RunStep, StepState};
use crate::engine::clock::{AnyClock, Clock};
use crate::port::procedure::Need;
use crate::text::SecretCover;

/// A run that waits is told of after this: whoever is at it answers sooner.
const WAITS: Duration = Duration::from_secs(60);
/// News of one run on their way. Overflow: that it waits is given up; its end always has a place, since that comes once
/// and the queue is emptied as fast as it is filled.
const NEWS: usize = 64;

/// The near end.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Herald {
    news: mpsc::Sender<News>,
}

#[derive(Debug)]
enum News {
    /// It goes ahead behind its gate; which of its items were waived.
    Began(String),
    /// What it waits for; nothing when it waits for nobody.
    Waits(Option<String>),
    Ended(Occasion, RunState, String),
}

/// Covers secrets of the run in a text; nothing comes back while secrets of it are still to be told.
pub(in crate::engine) type Cover = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What is known of a run when it is told of.
#[derive(Clone)]
pub(in crate::engine) struct About {
    pub(in crate::engine) run: Arc<Run>,
    pub(in crate::engine) clock: AnyClock,
    pub(in crate::engine) cover: Cover,
}

impl About {
    /// A notice of it.
    pub(in crate::engine) fn notice(&self, occasion: Occasion, state: &str, reason: String) -> Notice {
        let run = &self.run;
        // As long as nobody knows what must be covered, its name stands for its title.
        let name = || run.document.as_ref().map_or_else(|| run.kind.clone(), |document| document.name.to_string());
        Notice {
            occasion,
            site: run.site.clone(),
            environment: run.environment.clone(),
            run: run.id.clone(),
            kind: run.kind.clone(),
            title: (self.cover)(&run.title).unwrap_or_else(name),
            person: run.person.clone(),
            state: state.to_owned(),
            reason: unlike_secrets(&(self.cover)(&reason).unwrap_or(reason)),
            elapsed: Duration::try_from(self.clock.now().wall.duration_since(run.begun)).unwrap_or_default(),
            text: String::new(),
        }
    }
}

/// What a command or a check said may hold a secret that nobody declared (fault F11).
fn unlike_secrets(reason: &str) -> String {
    String::from_utf8_lossy(&SecretCover::default().covered((), reason.as_bytes())).into_owned()
}

impl Herald {
    /// Tells of a run from now on, and of its begin when it is new: of one whose gate alone is judged only when it goes
    /// ahead. Of one whose parts a person chooses nobody is told.
    pub(in crate::engine) fn of(about: About, is_new: bool, post: &Post, report: super::Report) -> Option<Self> {
        Self::patient(about, is_new, post, report, WAITS)
    }

    /// The same with another time after which it is told that a run waits.
    pub(super) fn patient(
        about: About,
        is_new: bool,
        post: &Post,
        report: super::Report,
        patience: Duration,
    ) -> Option<Self> {
        let document = about.run.document.as_ref().filter(|document| document.whole)?;
        let is_new = is_new && document.decided.go != Go::Waits;
        let (news, told) = mpsc::channel(NEWS);
        let (post, expected) = (post.clone(), post.expecting());
        drop(tokio::spawn(async move {
            Telling { about, post, report, patience }.run(is_new, told).await;
            // What it has handed over counts by itself now.
            drop(expected);
        }));
        Some(Self { news })
    }

    /// Its gate is passed, and it goes ahead.
    pub(in crate::engine) async fn began(&self, steps: &[RunStep]) {
        let _ = self.news.send(News::Began(waived(steps).unwrap_or_default())).await;
    }

    /// What the run waits for now.
    pub(in crate::engine) fn waits(&self, needs: &[Need], steps: &[RunStep]) {
        let _ = self.news.try_send(News::Waits(needs.first().map(|need| wanted(need, steps))));
    }

    /// The run has ended.
    pub(in crate::engine) async fn ended(&self, state: RunState, rolled_back: bool, steps: &[RunStep]) {
        let occasion = match state {
            _ if rolled_back => Occasion::RolledBack,
            RunState::Succeeded => Occasion::Finished,
            RunState::Running | RunState::Failed | RunState::Stopped | RunState::Unknown => Occasion::Failed,
        };
        let _ = self.news.send(News::Ended(occasion, state, trouble(state, steps))).await;
    }
}

struct Telling {
    about: About,
    post: Post,
    report: super::Report,
    patience: Duration,
}

impl Telling {
    async fn run(self, is_new: bool, mut news: mpsc::Receiver<News>) {
        if is_new {
            self.tell(Occasion::Started, "started", String::new());
        }
        // Since when it waits for what, until that is told.
        let mut waits: Option<(Instant, String)> = None;
        let mut told = false;
        loop {
            let due = waits.as_ref().map(|(since, _)| *since + self.patience).filter(|_| !told);
            tokio::select! {
                one = news.recv() => match one {
                    None => return,
                    Some(News::Began(waived)) => self.tell(Occasion::Started, "started", waived),
                    Some(News::Waits(None)) => (waits, told) = (None, false),
                    Some(News::Waits(Some(what))) => {
                        let since = waits.map_or_else(Instant::now, |(since, _)| since);
                        waits = Some((since, what));
                    }
                    Some(News::Ended(occasion, state, why)) => {
                        let word = if occasion == Occasion::RolledBack { "rolled back" } else { state.word() };
                        return self.tell(occasion, word, why);
                    }
                },
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    told = true;
                    let what = waits.as_ref().map(|(_, what)| what.clone()).unwrap_or_default();
                    self.tell(Occasion::Waiting, "waiting", what);
                }
            }
        }
    }

    fn tell(&self, occasion: Occasion, state: &str, reason: String) {
        for channel in self.post.channels().hearing(occasion, &self.about.run.kind) {
            let notice = self.about.notice(occasion, state, reason.clone());
            self.post.send(&channel.name, Letter { notice, report: self.report.clone() });
        }
    }
}

/// What a run waits for, in words of ours and names: nothing that a host has said.
fn wanted(need: &Need, steps: &[RunStep]) -> String {
    let step = |number: usize, does: &str| match steps.get(number) {
        Some(step) => format!("{} {does}", place(step)),
        None => format!("a step {does}"),
    };
    match need {
        Need::Tick(part) => format!("{part} must be attested"),
        Need::Choose(part) => format!("{part} must be decided"),
        Need::Tell(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            format!("it wants to know {}", names.join(", "))
        }
        Need::Failure(number, _) => step(*number, "failed"),
        Need::Unknown(number, _) => step(*number, "is unknown"),
        Need::Terminal(number) => step(*number, "wants the terminal"),
        Need::Go => "its gate is passed, and it waits for a go".to_owned(),
        Need::Window(..) => "its window is closed".to_owned(),
        Need::Paused => "it is paused".to_owned(),
    }
}

/// Why it did not end well.
fn trouble(state: RunState, steps: &[RunStep]) -> String {
    let stuck = |step: &&RunStep| matches!(step.state, StepState::Failed | StepState::Unknown);
    match (steps.iter().find(stuck), state) {
        (Some(step), _) => {
            let why = step.why_word().unwrap_or(step.state.word());
            format!("{}: {why}", place(step))
        }
        (None, RunState::Succeeded) => waived(steps).unwrap_or_default(),
        (None, RunState::Stopped) => "a person stopped it".to_owned(),
        (None, RunState::Running | RunState::Failed | RunState::Unknown) => String::new(),
    }
}

/// Which items of the gate were waived, and by whom.
fn waived(steps: &[RunStep]) -> Option<String> {
    let told = |step: &RunStep| {
        let part = step.part.as_ref().map(ToString::to_string).unwrap_or_default();
        step.by.as_ref().map_or_else(|| part.clone(), |by| format!("{part} by {by}"))
    };
    let mut all: Vec<String> = steps.iter().filter(|step| step.state == StepState::Waived).map(told).collect();
    all.dedup();
    (!all.is_empty()).then(|| format!("waived: {}", all.join(", ")))
}

fn place(step: &RunStep) -> String {
    match &step.part {
        Some(part) => format!("{part} on {}", step.host),
        None => step.host.to_string(),
    }
}
