//! Looking without changing: what a plan's previews print, and what a run printed and was made of.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Conductor, Stage};
use crate::domain::procedure::{Job, Procedure};
use crate::domain::run::RunStep;
use crate::domain::time::short;
use crate::domain::{HostName, InputName, ProcedurePlan, RunId};
use crate::engine::clock::Clock;
use crate::engine::jobs::{Began, JobKey, Jobs, Offsets, Order, Seen};
use crate::engine::store::{FIRST_TOKEN, fresh_run_id};
use crate::port::Event;
use crate::port::procedure::ProcedureNews;
use crate::text::Foreign;

/// A preview takes no longer.
const WITHIN: Duration = Duration::from_secs(60);
/// Of what a preview prints, so much is kept.
const MOST: usize = 64 << 10;
/// Of what a step of an old run printed, so much is shown.
const SHOWN: usize = 1 << 20;
/// After a run its hosts get so long to remove what it left; one that is away says so sooner.
const CLEARED: Duration = Duration::from_secs(60);
/// Pieces of a preview on their way.
const PIECES: usize = 16;

impl Conductor {
    /// Runs the previews of a plan, beside everything else.
    pub fn preview(&self, plan: &ProcedurePlan, stage: Option<&Stage>) {
        let Some(stage) = stage else { return };
        let run = fresh_run_id(self.clock.now().wall);
        let mut step = 0;
        for part in &plan.parts {
            for job in &part.previews {
                let key = JobKey { run: run.clone(), step, attempt: 1 };
                step += 1;
                let (jobs, events, job, part) =
                    (Arc::clone(&stage.jobs), self.events.clone(), job.clone(), part.part.clone());
                let trusted = stage.place.environment.trusted;
                drop(tokio::spawn(async move {
                    let told = if trusted {
                        previewed(&*jobs, &job, key.clone()).await
                    } else {
                        Err("this site is not trusted to run commands".to_owned())
                    };
                    let host = job.host.clone();
                    let _ = events.send(Event::Procedure(ProcedureNews::Preview(part, host, told))).await;
                    // What a preview leaves on a host is of no use to anybody.
                    let _ = jobs.clear(job.host, key.run).await;
                }));
            }
        }
    }

    /// Says what a run printed, and its document as it was.
    pub async fn read_run(&self, id: RunId) {
        let Some(book) = &self.book else { return };
        match book.store.outputs(id.clone(), SHOWN).await {
            Ok(outputs) => {
                for piece in outputs.pieces {
                    let _ = self.events.send(Event::Procedure(ProcedureNews::Output(id.clone(), piece))).await;
                }
            }
            Err(error) => drop(self.events.send(Event::Trouble(error.to_string())).await),
        }
        let document = self.document(&id).await;
        let _ = self.events.send(Event::Procedure(ProcedureNews::Document(id, document))).await;
    }

    async fn document(&self, id: &RunId) -> Result<Arc<Procedure>, String> {
        let run = self.recorded_run(id).await?;
        let wanted = run.document.ok_or("That run is of no procedure.")?;
        let book = self.book.as_ref().ok_or("Nothing is recorded here.")?;
        let kept = book.store.document(wanted.digest).await.map_err(|error| format!("{error}."))?;
        let kept = kept.ok_or("The document of that run is not kept here.")?;
        let file = format!("procedures/{}.md", kept.name);
        let known = crate::site::procedure::Known::default();
        let (procedure, _) = crate::site::procedure::load(Path::new(&file), kept.text.as_bytes(), &known);
        Ok(Arc::new(procedure))
    }
}

/// Removes what a run that has ended left on its hosts: its output is in the store. Says of each host that keeps something
/// of it why, as a sentence with what to do.
pub(super) async fn clear(kit: &super::kit::Kit, steps: &[RunStep]) -> Vec<(HostName, String)> {
    let hosts: BTreeSet<HostName> =
        steps.iter().filter(|step| step.attempt > 0).map(|step| step.host.clone()).collect();
    let clearing = hosts.into_iter().map(|host| {
        let run = kit.ledger.run.clone();
        let clearing = kit.jobs.clear(host.clone(), run.clone());
        let state = kit.place.environment.state_directory.clone();
        async move {
            let told = match tokio::time::timeout(CLEARED, clearing).await {
                Ok(Ok(_)) => return None,
                Ok(Err(why)) => is_kept(&host, &run, &state, &why),
                Err(_) => is_kept(&host, &run, &state, "it did not answer in time"),
            };
            tracing::warn!(%host, told, "what a run left was not removed");
            Some((host, told))
        }
    });
    futures_util::future::join_all(clearing).await.into_iter().flatten().collect()
}

fn is_kept(host: &HostName, run: &RunId, state: &str, why: &str) -> String {
    let why = why.trim_end_matches('.');
    format!(
        "What the run printed is still on {host}: {why}. Nothing needs it; to remove it there, delete {state}/runs/{run}, and \
         ~/.local/state/quarterdeck/runs/{run} of the login."
    )
}

async fn previewed(jobs: &dyn Jobs, job: &Job, key: JobKey) -> Result<Foreign, String> {
    if !job.script.secrets.is_empty() || !job.script.captured.is_empty() {
        return Err("it needs a secret, or what an earlier step gives, and is shown when that is known".to_owned());
    }
    let (exit, said) = one(jobs, job, key, Vec::new(), WITHIN).await?;
    match exit {
        Some(0) => Ok(said),
        exit => Err(format!("it left with status {}: {}", exit.unwrap_or(-1), said.plain())),
    }
}

/// Does a command that only reads, once: with what it left, and what it printed.
pub(super) async fn one(
    jobs: &dyn Jobs,
    job: &Job,
    key: JobKey,
    captured: Vec<(InputName, String)>,
    within: Duration,
) -> Result<(Option<i32>, Foreign), String> {
    let order = Order {
        key: key.clone(),
        token: FIRST_TOKEN,
        lock: None,
        script: job.script.clone(),
        captured,
        secrets: Vec::new(),
        become_root: job.become_root,
        split: false,
        timeout: job.timeout.min(within),
    };
    match jobs.begin(job.host.clone(), order).await {
        Began::Started | Began::Before => {}
        Began::Not(_, why) | Began::Unknown(why) => return Err(why),
    }
    let (tell, mut told) = mpsc::channel::<crate::engine::jobs::Output>(PIECES);
    let following = jobs.follow(job.host.clone(), key.clone(), Offsets::default(), tell);
    let reading = async {
        let mut all = Vec::new();
        while let Some(output) = told.recv().await {
            let room = MOST.saturating_sub(all.len());
            all.extend(output.bytes.into_iter().take(room));
        }
        all
    };
    let both = async { tokio::join!(following, reading) };
    let Ok((seen, all)) = tokio::time::timeout(within, both).await else {
        let _ = jobs.cancel(job.host.clone(), key).await;
        return Err(format!("it took longer than {}", short(within)));
    };
    match seen {
        Seen::Ended(ended) if ended.timed_out => Err(format!("it took longer than {}", short(job.timeout.min(within)))),
        Seen::Ended(ended) => Ok((ended.exit, all.into())),
        Seen::Vanished(why) | Seen::Unasked(why) | Seen::Theirs { why, .. } => Err(why),
        Seen::Running | Seen::Never | Seen::Superseded(_) => Err("what became of it is not known".to_owned()),
    }
}
