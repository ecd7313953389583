//! `qd run PROCEDURE`: a procedure of the site, or any Markdown file, planned, confirmed and done, also in a pipeline.

mod answers;
mod ask;
mod choices;
mod clocks;
mod decide;
mod follow;
mod inputs;
mod loose;
mod menu;
mod prepare;
mod question;
mod releases;
mod resumption;
mod standing;
mod summary;
mod times;
mod told;
mod wait;
mod whereabouts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Exit, Reaching, choose};
use crate::domain::{Environment, PartId, ProcedurePlan, RunId};
use crate::port::Secret;
use crate::state::procedures::Missing;

/// What may be said.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The procedure: its name in the site, or the path of any Markdown file. Left out with --resume.
    #[arg(value_name = "PROCEDURE", required_unless_present = "resume")]
    pub procedure: Option<String>,
    /// Site: a name in your configuration or in ./sites, or a path; your default site if left out.
    #[arg(value_name = "SITE")]
    pub site: Option<String>,
    /// Environment of the site.
    #[arg(short, long, value_name = "ENV")]
    pub environment: Option<String>,
    /// Print what would be done, host by host, and do nothing. Ends with 0, with 78 when something of the document was
    /// misread, with 64 when something must be said first.
    #[arg(long)]
    pub plan: bool,
    /// The value of an input or of a placeholder; may be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    pub input: Vec<String>,
    /// The value of an input from a file, without its last line end: the way for secrets. May be given several times.
    #[arg(long, value_name = "NAME=FILE")]
    pub input_file: Vec<String>,
    /// A placeholder that stays as it stands; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub leave: Vec<String>,
    /// Where parts run that name no place: a host or `here`; without a site any that ssh knows. May be given several
    /// times.
    #[arg(long, value_name = "HOST")]
    pub host: Vec<String>,
    /// Only this part; may be given several times.
    #[arg(long, value_name = "PART")]
    pub step: Vec<String>,
    /// Judge the gate alone, and leave the run open for its go: 0 passed, 75 it waits for a person, 2 it failed.
    #[arg(long, conflicts_with_all = ["step", "yes", "confirm"])]
    pub gate: bool,
    /// Do it without asking; not enough where the environment is protected.
    #[arg(short, long, conflicts_with = "confirm")]
    pub yes: bool,
    /// Do it without asking, also where the environment is protected: the environment's name.
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Go on with this run, which nobody is at: its name, or the end of it.
    #[arg(long, value_name = "RUN")]
    pub resume: Option<String>,
    /// The way that is chosen for a decision; may be given several times.
    #[arg(long, value_name = "PART=WORD")]
    pub answer: Vec<String>,
    /// Attests an item with a note, which may be empty; may be given several times.
    #[arg(long, value_name = "PART=NOTE")]
    pub tick: Vec<String>,
    /// Where services are started anew in the order of what they need: so many instances at once at most, whatever the
    /// document says. Not for --resume.
    #[arg(long, value_name = "N", value_parser = together, conflicts_with = "resume")]
    pub parallel: Option<usize>,
    /// Waives an item of the gate that does not pass, for this reason, where your role may; may be given several times.
    #[arg(long, value_name = "PART=REASON")]
    pub waive: Vec<String>,
    /// Changes it outside the windows of the environment, for this reason, where your role may.
    #[arg(long, value_name = "REASON")]
    pub override_window: Option<String>,
    /// While somebody else has the environment's lock, wait for it so long, such as `10m`; every half minute it is told who
    /// has it. When they still have it then, it ends with 77, as without this.
    #[arg(long, value_name = "TIME", value_parser = lasting)]
    pub wait_lock: Option<Duration>,
    /// What becomes of a step that did not end well.
    #[arg(long, value_name = "WHAT", default_value = "ask")]
    pub on_failure: OnFailure,
    /// Trust the file that was named, if its SHA-256 begins so: 12 digits at least.
    #[arg(long, value_name = "SHA256")]
    pub trust: Option<String>,
    /// Print JSON, one event on each line; with --plan the plan.
    #[arg(long)]
    pub json: bool,
    /// How long to wait for the hosts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
}

/// How many instances are started anew at once: from 1 to 64.
pub(super) fn together(word: &str) -> Result<usize, String> {
    word.parse().ok().filter(|count| (1..=64).contains(count)).ok_or_else(|| "a number from 1 to 64".to_owned())
}

/// A time to wait: from 1 s to a day.
fn lasting(word: &str) -> Result<Duration, String> {
    let known = crate::domain::time::parse(word).filter(|time| (1..=86_400).contains(&time.as_secs()));
    known.ok_or_else(|| "a time from 1s to 24h, such as 10m".to_owned())
}

/// What becomes of a step that did not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnFailure {
    /// A person at the terminal is asked; without a terminal the run is left open.
    Ask,
    /// The run ends.
    Abort,
    /// The step is skipped, with its failure as the reason.
    Skip,
    /// It is tried again, three times at most, with what --yes or --confirm permits; then the run is left open.
    Retry,
    /// The way back that is written down is run, with what --yes or --confirm permits; then the run ends.
    Rollback,
}

/// Everything that is known before anything is reached.
pub(super) struct Prepared {
    pub(super) environment: Arc<Environment>,
    pub(super) person: Option<String>,
    pub(super) read_only: Option<&'static str>,
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) what: What,
    /// The way back of what is new that a person may choose when it fails, or what must be said before it can be planned.
    pub(super) offered: Option<Result<ProcedurePlan, Missing>>,
    /// What becomes of the database where older code comes back.
    pub(super) database: Vec<String>,
    /// Ways that the flags choose, by the part that decides.
    pub(super) decided: BTreeMap<PartId, String>,
    /// What is recorded, for inputs that are asked for on the way.
    pub(super) learned: releases::Learned,
    /// How long its parts took before.
    pub(super) times: times::Times,
    /// A file that nobody has trusted yet.
    pub(super) untrusted: Option<loose::Untrusted>,
}

/// What is to be done.
pub(super) enum What {
    /// This.
    New(Box<ProcedurePlan>),
    /// Going on with a run.
    Resume(RunId),
}

/// Plans, asks, does, and tells.
pub fn run(args: &RunArgs, reach: &Reaching) -> Exit {
    super::output::begin_log();
    let args = &meant(args);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return choose::complain(Exit::Software, &format!("could not start: {error}")),
    };
    let exit = runtime.block_on(async {
        let prepared = prepare::prepare(args, reach).await?;
        if args.plan {
            return planned(args, &prepared, reach).await;
        }
        if let Some(why) = prepared.read_only {
            return Err(choose::complain(Exit::Refused, &format!("read-only: {why}")));
        }
        follow::Session::begin(prepared, args, reach)?.run().await
    });
    runtime.shutdown_timeout(Duration::from_millis(600));
    exit.unwrap_or_else(|exit| exit)
}

/// With --resume the procedure may be left out: then a word that means a site is the site.
fn meant(args: &RunArgs) -> RunArgs {
    let mut args = args.clone();
    let is_site = |word: &String| {
        let is_folder = std::path::Path::new(word).is_dir();
        let is_named = || super::output::here().is_ok_and(|places| crate::site::find(&places, word).is_ok());
        is_folder || (!loose::is_path(word) && is_named())
    };
    if args.resume.is_some() && args.site.is_none() && args.procedure.as_ref().is_some_and(is_site) {
        args.site = args.procedure.take();
    }
    args
}

/// Prints the plan.
async fn planned(args: &RunArgs, prepared: &Prepared, reach: &Reaching) -> Result<Exit, Exit> {
    let What::New(plan) = &prepared.what else {
        return Err(usage("--plan is of a new run: name the procedure without --resume."));
    };
    super::output::print(&told::beforehand(plan, prepared, args.json))?;
    if let Some(sentence) = clocks::apart(plan, &prepared.environment, reach).await {
        super::output::complain(&sentence);
    }
    let misread = plan.parts.iter().any(|part| part.misread.is_some());
    Ok(if misread { Exit::Configuration } else { Exit::Ok })
}

fn usage(text: &str) -> Exit {
    choose::complain(Exit::Usage, text)
}

/// The two sides of `NAME=VALUE`.
fn pair<'a>(word: &'a str, form: &str) -> Result<(&'a str, &'a str), Exit> {
    word.split_once('=').ok_or_else(|| usage(&format!("{word:?} has no '=': write it like {form}.")))
}
