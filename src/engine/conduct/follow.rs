//! What follows a release: what a person says of an item is kept, and what the console can see to by itself is asked once
//! more, beside everything else. It is no run, because nothing is changed by it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OnceCell, mpsc};

use super::check::targets;
use super::guard::probed;
use super::look::one;
use super::mask::Masks;
use super::secrets;
use super::{Conductor, Stage};
use crate::domain::probe::Found;
use crate::domain::procedure::{Danger, Doing, Input, Job, Origin, PlannedPart, Procedure, Role};
use crate::domain::release::{Followed, Release, Said, TOGETHER, newest};
use crate::domain::{InputName, PartId, Run, RunId};
use crate::engine::act::Book;
use crate::engine::clock::Clock;
use crate::engine::facts::{self, Records};
use crate::engine::jobs::JobKey;
use crate::engine::releases::Releases;
use crate::engine::store::fresh_run_id;
use crate::port::Event;
use crate::port::release::{FollowWish, Looked, ReleaseNews};
use crate::state::procedures::{Answers, Choice, Chosen, Edited, plan};
use crate::state::releases::runs_now;
use crate::text::{Foreign, truncate};

/// No single look takes longer, however long its part may.
const WITHIN: Duration = Duration::from_secs(5 * 60);
/// Nor do all looks of one asking.
const ALL_WITHIN: Duration = Duration::from_secs(15 * 60);
/// So many items are looked at in one asking.
const MOST: usize = 50;
/// Of what was found so much is kept, in columns.
const NOTE: usize = 300;

/// Why something is not looked at by itself.
const ON_A_KEY: &str = "nobody can see that its command only reads, so a person has to ask for it";

/// One item: how it is, and what was seen.
type Word = (PartId, Said, String);

impl Conductor {
    /// Keeps what is said of an item, or looks; answers with what was kept when it is kept.
    pub async fn follow(&self, wish: FollowWish, stage: Option<Stage>) {
        let news = |wish: &FollowWish, why: String| match wish {
            FollowWish::Say { run, .. } => ReleaseNews::Followed(run.clone(), Err(why)),
            FollowWish::Look { run, .. } => ReleaseNews::Looked(run.clone(), Err(why)),
            FollowWish::Examine { run, .. } => ReleaseNews::Examined(run.clone(), Err(why)),
        };
        let Some((book, stage)) = self.book.clone().zip(stage) else {
            let why = "It can't be kept: nothing is recorded here.".to_owned();
            let _ = self.events.send(Event::Release(news(&wish, why))).await;
            return;
        };
        let (events, clock) = (self.events.clone(), self.clock.clone());
        // Beside the loop: hosts and the lock host may be slow.
        drop(tokio::spawn(async move {
            let releases = Releases::of(&stage.place.environment, Some(Arc::clone(&book.store)), stage.mirror.as_ref());
            let keeping = Keeping { book: &book, releases: &releases, events: &events };
            let came = match wish {
                FollowWish::Say { run, part, said, note } => {
                    let one = keeping.word(&run, (part, said, note), false, clock.now().wall);
                    let kept = keeping.keep(one.clone()).await;
                    ReleaseNews::Followed(run, kept.map(|()| vec![one]))
                }
                FollowWish::Examine { run, reason } => {
                    let at = clock.now().wall;
                    let kept = super::examine::keep(&releases, &book, &run, &reason, at).await;
                    if let Ok(Some(sentence)) = &kept {
                        let _ = events.send(Event::Trouble(sentence.clone())).await;
                    }
                    ReleaseNews::Examined(run, kept.map(|_| ()))
                }
                FollowWish::Look { run, parts, by_itself } => {
                    let hiding = OnceCell::new();
                    let looking = Looking { book: &book, stage: &stage, hiding };
                    let looked = looking.all(&keeping, &run, parts, by_itself);
                    let looked = tokio::time::timeout(ALL_WITHIN, looked).await;
                    let late = || format!("Looking after run {} came to no end.", run.short());
                    let looked = looked.unwrap_or_else(|_| Err(late()));
                    ReleaseNews::Looked(run, looked)
                }
            };
            let _ = events.send(Event::Release(came)).await;
        }));
    }
}

/// Keeps words, and says so when others can't see them yet.
struct Keeping<'a> {
    book: &'a Book,
    releases: &'a Releases,
    events: &'a mpsc::Sender<Event>,
}

impl Keeping<'_> {
    fn word(&self, run: &RunId, (part, said, note): Word, looked: bool, at: Timestamp) -> Followed {
        let (person, workstation) = (self.book.person.clone(), self.book.workstation.clone());
        Followed { run: run.clone(), part, said, person, workstation, at, note: note.into(), looked, login: None }
    }

    async fn keep(&self, one: Followed) -> Result<(), String> {
        if let Some(sentence) = self.releases.follow(one).await? {
            let _ = self.events.send(Event::Trouble(sentence)).await;
        }
        Ok(())
    }
}

/// Looks at what can be looked at without a person.
struct Looking<'a> {
    book: &'a Book,
    stage: &'a Stage,
    hiding: OnceCell<Hiding>,
}

/// What must not be seen of what hosts print: the secrets that they may have been given by the run of the release.
#[derive(Default)]
struct Hiding {
    masks: Masks,
    /// Secrets that are not known here: nothing is shown then.
    unknown: Vec<String>,
}

impl Hiding {
    /// Those of a run, as it is recorded here, else all that its document asks for. By itself the console starts no program
    /// for them, which might ask somebody.
    async fn of(document: &Procedure, recorded: Option<&Run>, by_itself: bool) -> Self {
        let was_given = |input: &&Input| match recorded.and_then(|run| run.document.as_ref()) {
            Some(kept) => kept.given.iter().any(|given| given.name == input.name && given.value.is_none()),
            None => input.secret,
        };
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for input in document.header.inputs.iter().filter(was_given) {
            let asks = matches!(input.origin, Origin::Command(_)) && by_itself;
            match if asks { None } else { secrets::fetch(input, None).await.ok() } {
                Some(secret) => known.push(secret),
                None => unknown.push(input.name.to_string()),
            }
        }
        // What the run was given that its document does not name any more.
        let kept = recorded.and_then(|run| run.document.as_ref()).map(|kept| kept.given.as_slice()).unwrap_or_default();
        let is_named = |name: &InputName| document.header.inputs.iter().any(|input| input.name == *name);
        let lost = kept.iter().filter(|given| given.value.is_none() && !is_named(&given.name));
        unknown.extend(lost.map(|given| given.name.to_string()));
        Self { masks: Masks::of(known.iter().map(|secret| secret.expose())), unknown }
    }

    /// What a command printed, as far as it may be seen.
    fn seen(&self, printed: &Foreign) -> Foreign {
        Foreign::from(self.masks.mask(printed.raw()))
    }

    /// Why nothing of it may be seen.
    fn why(&self) -> Option<String> {
        (!self.unknown.is_empty()).then(|| {
            format!("what it printed is hidden: it may hold {}, which is not known here", self.unknown.join(" and "))
        })
    }
}

impl Looking<'_> {
    /// Looks at these items, one after the other, and keeps what is worth keeping.
    async fn all(
        &self,
        keeping: &Keeping<'_>,
        run: &RunId,
        mut parts: Vec<PartId>,
        by_itself: bool,
    ) -> Result<Looked, String> {
        let clock = &self.stage.place.clock;
        let now = clock.now().wall;
        let known = keeping.releases.read(now).await;
        let release = known.history.of_run(run);
        let release = release.ok_or_else(|| format!("No release of run {} is known here.", run.short()))?;
        if by_itself {
            // Another release may run meanwhile, and another console may just have looked.
            let soon = |from: Timestamp| from <= now.saturating_add(TOGETHER).unwrap_or(now);
            let is_due = |part: &PartId| {
                let last = newest(run, part, &known.followed);
                let of = release.follow_item(part);
                of.and_then(|(list, item)| list.looked_at_from(release.at, item, last)).is_some_and(soon)
            };
            parts.retain(|part| runs_now(&known, release) && is_due(part));
        }
        let recorded = self.book.store.find(run.to_string()).await.unwrap_or_default().into_iter().next();
        let mut looked = Looked::default();
        for part in parts.into_iter().take(MOST) {
            let last = newest(run, &part, &known.followed);
            let (said, note) = match self.item(release, recorded.as_ref(), &part, by_itself).await {
                Ok(Some(found)) => found,
                // What was found when a person asked stands, and grows old.
                Ok(None) if last.is_some() => continue,
                Ok(None) => (Said::Unknown, ON_A_KEY.to_owned()),
                Err(why) => (Said::Unknown, why),
            };
            let note = truncate(note.trim(), NOTE);
            let one = keeping.word(run, (part, said, note), true, clock.now().wall);
            let list = release.follow_item(&one.part).map(|(list, _)| list);
            if list.is_some_and(|list| list.is_kept(release.at, last, &one)) {
                keeping.keep(one.clone()).await?;
                looked.kept.push(one);
            } else {
                looked.seen.push(one);
            }
        }
        Ok(looked)
    }

    /// One item, as often as its document says; nothing where a person has to ask for it; a clause why it could not be
    /// looked at.
    async fn item(
        &self,
        release: &Release,
        recorded: Option<&Run>,
        id: &PartId,
        by_itself: bool,
    ) -> Result<Option<(Said, String)>, String> {
        let environment = &self.stage.place.environment;
        let (list, _) = release.follow_item(id).ok_or("it follows no release")?;
        let document = environment.procedure(&list.procedure);
        let document =
            document.ok_or_else(|| format!("{} has no procedure {} any more", environment.name, list.procedure))?;
        let is_there = document.part(id).is_some_and(|part| document.role(part) == Role::FollowUp);
        if !is_there {
            return Err(format!("it stands no more in {}", list.procedure));
        }
        let answers = answers(document, release, recorded);
        let what = Chosen::Parts(vec![Edited::from(id.clone())]);
        let made = plan(document, environment, &answers, &Choice { what, ..Choice::default() });
        let made = made.map_err(|missing| missing.sentences().join("; "))?;
        let reads = |part: &PlannedPart| part.danger == Danger::Read && part.misread.is_none();
        if !made.parts.iter().all(reads) {
            return Err("it would change something: a person sees to it".to_owned());
        }
        // What is only said to read is run when a person asks for it.
        if by_itself && made.parts.iter().any(|part| part.recognised != Danger::Read) {
            return Ok(None);
        }
        // Programs that print secrets run where something is printed that may hold them, and the site is trusted.
        let prints = |part: &PlannedPart| matches!(part.doing, Doing::Run(..) | Doing::Request(..));
        let none = Hiding::default();
        let hiding = match environment.trusted && made.parts.iter().any(prints) {
            true => self.hiding.get_or_init(|| Hiding::of(document, recorded, by_itself)).await,
            false => &none,
        };
        let mut found = (Said::Well, String::new());
        for part in &made.parts {
            let mut tried = 0;
            found = loop {
                let found = self.part(part, &answers, hiding).await?;
                let found = (found.0, hiding.masks.text(&found.1));
                tried += 1;
                if found.0 == Said::Well || tried > part.options.retries {
                    break found;
                }
                self.stage.place.pause(part.options.every).await;
            };
            if found.0 != Said::Well {
                break;
            }
        }
        Ok(Some(found))
    }

    /// What it does on all of its hosts, once.
    async fn part(&self, part: &PlannedPart, answers: &Answers, hiding: &Hiding) -> Result<(Said, String), String> {
        let mut last = (Said::Well, String::new());
        for job in &part.jobs {
            last = match &part.doing {
                Doing::Check(service, probe) => {
                    let asked = targets(&self.stage.place, &job.host, service, probe).map_err(|(_, why)| why)?;
                    let mut worst = (Said::Well, String::new());
                    for (host, probe) in asked {
                        let report = probed(&self.stage.place, &probe, &host).await;
                        worst = (said(report.found), report.summary.plain());
                        if worst.0 != Said::Well {
                            break;
                        }
                    }
                    worst
                }
                Doing::Fact(fact) => {
                    let value = |name: &InputName| answers.captured.get(name).cloned();
                    let question = fact.filled(value).question()?;
                    let shared = self.stage.mirror.as_ref().map(crate::engine::mirror::Mirror::releases);
                    let records = Records { store: Arc::clone(&self.book.store), shared };
                    let within = part.options.timeout.min(WITHIN);
                    let learnt = facts::ask(&self.stage.place, &question, &job.host, within, &records).await;
                    (said(learnt.report.found), learnt.report.summary.plain())
                }
                Doing::Run(..) | Doing::Request(..) => self.command(job, answers, hiding).await?,
                Doing::Approve(_)
                | Doing::Ask
                | Doing::Prompt(_)
                | Doing::Hold(..)
                | Doing::Decide(_)
                | Doing::Restart(_)
                | Doing::Shift(..)
                | Doing::Notify(..)
                | Doing::Call(..) => return Err("a person sees to it".to_owned()),
            };
            if last.0 != Said::Well {
                break;
            }
        }
        Ok(last)
    }

    async fn command(&self, job: &Job, answers: &Answers, hiding: &Hiding) -> Result<(Said, String), String> {
        if !self.stage.place.environment.trusted {
            return Err("this site is not trusted to run commands".to_owned());
        }
        if !job.script.secrets.is_empty() {
            return Err("it needs a secret, and nobody is asked for one here".to_owned());
        }
        let value = |name: &InputName| Some((name.clone(), answers.captured.get(name)?.clone()));
        let captured: Vec<_> = job.script.captured.iter().filter_map(value).collect();
        if captured.len() < job.script.captured.len() {
            return Err("it needs what the run of the release found out, which is not known on this machine".to_owned());
        }
        let jobs = &self.stage.jobs;
        let key = JobKey { run: fresh_run_id(self.stage.place.clock.now().wall), step: 0, attempt: 1 };
        let came = one(&**jobs, job, key.clone(), captured, WITHIN).await;
        // What a look leaves on a host is of no use to anybody.
        let _ = jobs.clear(job.host.clone(), key.run).await;
        let (exit, printed) = came.map_err(|why| format!("{}: {why}", job.host))?;
        if let Some(why) = hiding.why() {
            return Ok(match exit {
                Some(0) => (Said::Well, format!("it ended with 0; {why}")),
                Some(exit) => (Said::Bad, format!("{}: it ended with {exit}; {why}", job.host)),
                None => (Said::Unknown, format!("{}: a signal ended it; {why}", job.host)),
            });
        }
        let printed = hiding.seen(&printed).plain();
        let line = printed.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        Ok(match exit {
            Some(0) if line.is_empty() => (Said::Well, "it ended with 0".to_owned()),
            Some(0) => (Said::Well, line.to_owned()),
            Some(exit) => (Said::Bad, format!("{}: it ended with {exit}: {line}", job.host)),
            None => (Said::Unknown, format!("{}: a signal ended it", job.host)),
        })
    }
}

fn said(found: Found) -> Said {
    match found {
        Found::Pass => Said::Well,
        Found::Fail => Said::Bad,
        Found::Error | Found::Inconclusive => Said::Unknown,
    }
}

/// What is known of the run of the release: what was given to it and what it found out, where it is recorded here; else
/// what the release itself says.
fn answers(document: &Procedure, release: &Release, recorded: Option<&Run>) -> Answers {
    let mut answers = Answers::default();
    if let Some(names) = &document.header.release {
        let version = names.version.as_ref().map(|name| (name, Some(&release.version)));
        let commit = names.commit.as_ref().map(|name| (name, release.commit.as_ref()));
        for (name, value) in [version, commit].into_iter().flatten() {
            let value = value.and_then(|value| std::str::from_utf8(value.raw()).ok()).filter(|value| !value.is_empty());
            answers.values.extend(value.map(|value| (name.to_string(), value.to_owned())));
        }
    }
    let Some(run) = recorded else { return answers };
    for step in &run.steps {
        let part = step.part.as_ref().and_then(|part| document.part(part));
        if let Some((name, value)) = part.and_then(|part| part.options.capture.clone()).zip(step.value.clone()) {
            answers.values.remove(name.as_str());
            answers.captured.insert(name, value);
        }
    }
    let given = run.document.iter().flat_map(|document| &document.given);
    let given = given.filter_map(|given| Some((given.name.to_string(), given.value.clone()?)));
    answers.values.extend(given);
    answers
}
