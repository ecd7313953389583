//! Making a run that nobody is at this console's: here and on the lock host, so that of all workstations one has it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::mirroring::theirs;
use super::resume::{difference, fits, planned};
use super::{Begun, Stage};
use crate::domain::course::Course;
use crate::domain::procedure::{Kind, Procedure};
use crate::domain::run::{RunDocument, RunState};
use crate::domain::time::short;
use crate::domain::{Run, RunId};
use crate::engine::act::Book;
use crate::engine::clock::{AnyClock, Clock};
use crate::engine::mirror::{Mirror, MirrorError, Mirrored};
use crate::engine::store::{Adopted, Document, Recorded, Who, Why, newest_token};
use crate::port::Event;
use crate::port::act::RunNews;
use crate::port::procedure::ProcedureNews;

/// Whoever is at a run says so every 15 seconds on the lock host; when this is over, nobody is.
pub const SILENT: Duration = Duration::from_secs(45);
/// Once a run is ours here, the lock host is asked so often to say the same.
const TRIES: usize = 4;
/// Between them.
const AGAIN: Duration = Duration::from_secs(2);

/// What it takes to take a run over.
pub(super) struct Claim {
    pub(super) stage: Stage,
    pub(super) book: Book,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) clock: AnyClock,
}

impl Claim {
    /// Takes it over exactly where it stood: to go on with it, or to end it for this reason.
    pub(super) async fn take(&self, id: &RunId, ends: Option<&str>) -> Result<Begun, String> {
        let found = self.book.store.find(id.to_string()).await.map_err(|error| format!("{error}."))?;
        let local = found.into_iter().next();
        let there = self.there(id, local.is_some()).await?;
        let newest = self.newest_token(id).await?;
        let is_own = local.is_some() && there.as_ref().is_none_or(|there| self.is_own(there, newest));
        let run = match (&local, &there) {
            (Some(run), _) if is_own => run.clone(),
            (_, Some(there)) => {
                self.is_left(there).await?;
                there.run.clone()
            }
            (_, None) => return Err(self.unknown(id)),
        };
        fits(&run, &self.stage)?;
        let document = run.document.clone().ok_or("That run is of no procedure, so it can't be gone on with.")?;
        // What is missing is said before the run is anybody's.
        let plans = match ends {
            Some(_) => Vec::new(),
            None => {
                let procedure = self.same(&run, &document).await?;
                if procedure.header.kind == Kind::Deploy
                    && let Some(why) = self.stage.place.files.changed(&self.stage.place.environment).await
                {
                    return Err(format!("The run was not taken up: {why}."));
                }
                self.keep(&run, &procedure).await?;
                planned(&run, &document, &procedure, &self.stage, is_own)?
            }
        };
        let adopted = match (is_own, there) {
            (true, there) => self.own(id, there, newest).await?,
            (false, Some(there)) => self.take_there(&there, newest).await?,
            (false, None) => return Err(self.unknown(id)),
        };
        let given = adopted.run.document.as_ref().map(|document| document.given.clone()).unwrap_or_default();
        let mut course = Course::new(document.whole || ends.is_some(), given, adopted.run.steps.clone());
        if let Some(document) = &adopted.run.document {
            course.recall(&document.decided);
        }
        plans.iter().for_each(|plan| course.learn(plan));
        // Whoever confirmed it sat somewhere else, or at another time.
        if self.stage.place.environment.protected {
            course.wait_for_word();
        }
        if let Some(why) = ends {
            course.halt(format!("the run was ended by {}: {why}", self.book.person));
        }
        let _ = self.events.send(Event::Run(RunNews::Begun(Box::new(adopted.run.clone())))).await;
        let taken = self.taken_at(id, adopted.token).await;
        Ok(Begun { run: adopted.run, course, token: adopted.token, plans, taken })
    }

    fn who(&self) -> Who {
        Who { person: self.book.person.clone(), workstation: self.book.workstation.clone() }
    }

    fn now(&self) -> jiff::Timestamp {
        self.clock.now().wall
    }

    fn unknown(&self, id: &RunId) -> String {
        match &self.stage.mirror {
            Some(mirror) => {
                format!("There is no run {id} on this machine, and none on the lock host {}.", mirror.host())
            }
            None => format!("There is no run {id} on this machine."),
        }
    }

    /// The run as the lock host knows it; nothing where none is mirrored.
    /// One that was begun here, and of which not a word got there, was nobody else's and is told anew.
    async fn there(&self, id: &RunId, begun_here: bool) -> Result<Option<Mirrored>, String> {
        let Some(mirror) = &self.stage.mirror else { return Ok(None) };
        match mirror.read(id).await {
            Ok(found) => Ok(Some(found)),
            Err(MirrorError::Gone { .. }) => Ok(None),
            Err(MirrorError::Untold { .. }) if begun_here => Ok(None),
            Err(error @ MirrorError::Untold { silent: Some(silent), .. }) if silent >= SILENT => Err(format!(
                "There is nothing to go on with: {error}. Nobody is at it any more; begin the procedure anew."
            )),
            Err(error) => Err(format!("The run can't be taken over, because somebody else may have it: {error}.")),
        }
    }

    /// The token under which the run was last done as far as is known here.
    async fn newest_token(&self, id: &RunId) -> Result<u64, String> {
        let records = self.book.store.records(id.clone()).await.map_err(|error| format!("{error}."))?;
        Ok(newest_token(&records))
    }

    /// When it was taken over under this token, as that is recorded here: the lock host is told the same moment.
    async fn taken_at(&self, id: &RunId, token: u64) -> Option<jiff::Timestamp> {
        let records = self.book.store.records(id.clone()).await.unwrap_or_default();
        records.into_iter().rev().find(|record| record.what == Recorded::Taken(token)).map(|record| record.at)
    }

    /// Whether what the lock host knows of a run was told from here.
    fn is_own(&self, there: &Mirrored, newest: u64) -> bool {
        let ours = there.who.as_ref().is_none_or(|who| who.workstation == self.book.workstation);
        there.token <= newest && ours
    }

    /// Refuses what somebody else is at, or has brought to its end.
    async fn is_left(&self, there: &Mirrored) -> Result<(), String> {
        let silent = there.silent.is_some_and(|silent| silent >= SILENT);
        let Some(mirror) = self.stage.mirror.as_ref().filter(|_| !silent || there.run.state != RunState::Running)
        else {
            return Ok(());
        };
        Err(self.refused(mirror, &there.run.id, there.silent).await)
    }

    async fn refused(&self, mirror: &Mirror, id: &RunId, silent: Option<Duration>) -> String {
        match theirs(mirror, &*self.book.store, id, self.now()).await {
            Some((by, run)) if run.state == RunState::Running => {
                let heard = silent.map_or_else(String::new, |silent| format!(" (heard {} ago)", short(silent)));
                format!("{by} has this run{heard}, so it is not gone on with from here.")
            }
            Some((by, run)) => format!("{by} has taken this run over, and it has ended: {}.", run.state.word()),
            None => "Somebody else has taken this run over.".to_owned(),
        }
    }

    fn not_taken(&self, run: &Run, error: &MirrorError) -> String {
        let environment = &self.stage.place.environment;
        let procedure = run.document.as_ref().map(|document| document.name.to_string()).unwrap_or_default();
        let site = environment.word.of(&environment.site);
        not_taken(&run.id, error, &format!("qd run {procedure} {site} -e {} --plan", environment.name))
    }

    /// A run of this machine: first here, then on the lock host under the same token.
    async fn own(&self, id: &RunId, there: Option<Mirrored>, newest: u64) -> Result<Adopted, String> {
        let mut adopted = match self.book.store.adopt(id.clone(), self.who(), self.now()).await {
            Ok(adopted) => adopted,
            Err(error) => {
                return match (&error.why, &there) {
                    // Somebody has had it since, and is gone.
                    (Why::Taken(_), Some(there)) if self.is_left(there).await.is_ok() => {
                        self.take_there(there, newest).await
                    }
                    _ => Err(format!("{error}.")),
                };
            }
        };
        let (Some(mirror), Some(there)) = (&self.stage.mirror, there) else { return Ok(adopted) };
        let there = self.own_there(mirror, &there, &mut adopted).await;
        match there {
            Ok(()) => Ok(adopted),
            Err(sentence) => {
                // Nobody is at it from here, so it stays on the list of those that anybody may go on with.
                if let Err(error) = self.book.store.let_go(id.clone()).await {
                    tracing::warn!(run = %id, %error, "a run that was not taken over could not be let go of");
                }
                Err(sentence)
            }
        }
    }

    /// Says on the lock host that a run is ours which is ours here.
    async fn own_there(&self, mirror: &Mirror, there: &Mirrored, adopted: &mut Adopted) -> Result<(), String> {
        let id = &there.run.id;
        for left in (0..TRIES).rev() {
            match mirror.adopt(id, there.token, adopted.token).await {
                Ok(found) if found.token > adopted.token => {
                    adopted.token = found.token;
                    let taken = self.book.store.take_in(adopted.clone(), self.who(), true, self.now()).await;
                    return taken.map_err(|error| format!("{error}."));
                }
                Ok(_) | Err(MirrorError::Gone { .. }) => return Ok(()),
                Err(MirrorError::Taken { .. }) => return Err(self.refused(mirror, id, None).await),
                Err(error) if left == 0 => return Err(self.not_taken(&there.run, &error)),
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
        Ok(())
    }

    /// A run of another workstation: first on the lock host, then here.
    async fn take_there(&self, there: &Mirrored, newest: u64) -> Result<Adopted, String> {
        let id = &there.run.id;
        let mirror = self.stage.mirror.as_ref().ok_or_else(|| self.unknown(id))?;
        let found = match mirror.adopt(id, there.token, newest.saturating_add(1)).await {
            Ok(found) => found,
            Err(MirrorError::Taken { .. }) => return Err(self.refused(mirror, id, None).await),
            Err(error) => return Err(self.not_taken(&there.run, &error)),
        };
        if found.doubtful {
            let host = mirror.host();
            let sentence = format!(
                "Some of what the lock host {host} says of this run can't be read and was left out: look at what its \
                 steps did before more of it is done."
            );
            let _ = self.events.send(Event::Procedure(ProcedureNews::Trouble(id.clone(), sentence))).await;
        }
        // Of whom, and why: an engineer who comes later wants to know what they went on with.
        let silent = there.silent.map_or_else(String::new, short);
        let from = format!(
            "Taken over from {}, who was not heard on the lock host {} for {silent}.",
            there.by(mirror.host()),
            mirror.host()
        );
        let _ = self.events.send(Event::Procedure(ProcedureNews::Trouble(id.clone(), from))).await;
        let adopted = Adopted::from(&found);
        let taken = self.book.store.take_in(adopted.clone(), self.who(), true, self.now()).await;
        taken.map_err(|error| format!("{error}."))?;
        Ok(adopted)
    }

    /// The document as it is now, if it is still the one that the run is of.
    async fn same(&self, run: &Run, document: &RunDocument) -> Result<Arc<Procedure>, String> {
        let now = self.stage.place.environment.procedure(&document.name).cloned();
        match now {
            Some(now) if now.digest == document.digest => Ok(now),
            Some(now) => {
                let kept = self.book.store.document(document.digest.clone()).await.ok().flatten();
                if let Some(kept) = kept {
                    let lines = difference(&kept.text, &now.text, &now.file);
                    let _ = self.events.send(Event::Procedure(ProcedureNews::Changed(run.id.clone(), lines))).await;
                }
                Err(format!(
                    "{} has changed since this run began, so it can't be gone on with: bring the document back as it \
                     was, or end the run and begin a new one.",
                    now.file
                ))
            }
            None => Err(format!(
                "{} is no procedure of this environment any more: the run can only be ended.",
                document.name
            )),
        }
    }

    /// The text goes into the record: a run of another workstation comes without.
    async fn keep(&self, run: &Run, document: &Procedure) -> Result<(), String> {
        let kept = Document::of(run, document);
        let kept = self.book.store.keep_document(kept, self.now()).await;
        kept.map_err(|error| format!("{error}."))
    }
}

/// Why a run can't be taken over, and where that is not mended by waiting what to do until it is: without its token nobody
/// begins anything of it, so that never two do. `plan` is the command that shows its way back.
fn not_taken(run: &RunId, error: &MirrorError, plan: &str) -> String {
    let MirrorError::Unwritable { host, why } = error else { return format!("The run can't be taken over: {error}.") };
    format!(
        "The run can't be taken over: the lock host {host} can't be written ({why}). Nothing was begun, and nothing of it can \
         be before {host} is mended, also not its way back: without a record there two could be at it. Look there what is \
         full or read-only (df -h, mount), mend that, and take it up again. What stands on which host: qd runs --id {run}. \
         The commands of its way back, should it not wait: {plan}"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::HostName;

    #[test]
    fn a_lock_host_that_takes_no_record_is_told_with_what_to_do_until_it_is_mended() {
        let (host, id) = (HostName::new("db-1").unwrap(), "01939a2e-77aa-7c11-8f3e-0123456789ab");
        let run = RunId::new(id).unwrap();
        let unwritable = MirrorError::Unwritable { host: host.clone(), why: "Read-only file system".to_owned() };
        let told = not_taken(&run, &unwritable, "qd run ship shop -e prod --plan");
        let words =
            ["db-1 can't be written (Read-only file system)", "Nothing was begun", "also not its way back", "df -h"];
        for word in words.into_iter().chain([&*format!("qd runs --id {id}"), "qd run ship shop -e prod --plan"]) {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("tried again by itself"), "{told}");
        let away = MirrorError::Unreachable { host, why: "its link is not up".to_owned() };
        assert!(not_taken(&run, &away, "").ends_with("it is tried again by itself."));
    }
}
