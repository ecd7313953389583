//! `qd run PROCEDURE`: a procedure of the site, or any Markdown file, planned, confirmed and done, also in a pipeline.

mod answers;
mod decide;
mod follow;
mod told;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Exit, Reaching, Where, choose};
use crate::domain::permit::Confirm;
use crate::domain::procedure::Procedure;
use crate::domain::{Environment, HostName, PartId, ProcedurePlan, RunId};
use crate::engine::own_file;
use crate::port::Secret;
use crate::site::procedure::{Known, LARGEST, load};
use crate::state::procedures::{Answers, Choice, Chosen, Missing, plan};

/// What may be said.
#[derive(Debug, Args)]
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
    /// Print what would be done, host by host, and do nothing.
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
    /// Where parts run that name no place: a host or `here`; may be given several times.
    #[arg(long, value_name = "HOST")]
    pub host: Vec<String>,
    /// Only this part; may be given several times.
    #[arg(long, value_name = "PART")]
    pub step: Vec<String>,
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
    /// What becomes of a step that did not end well.
    #[arg(long, value_name = "WHAT", default_value = "ask")]
    pub on_failure: OnFailure,
    /// Print JSON, one event on each line.
    #[arg(long)]
    pub json: bool,
    /// How long to wait for the hosts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
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
}

/// Everything that is known before anything is reached.
pub(super) struct Prepared {
    pub(super) environment: Arc<Environment>,
    pub(super) person: Option<String>,
    pub(super) read_only: Option<&'static str>,
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) what: What,
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
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return choose::complain(Exit::Software, &format!("could not start: {error}")),
    };
    let exit = runtime.block_on(async {
        let prepared = prepare(args, reach).await?;
        if args.plan {
            let What::New(plan) = &prepared.what else {
                return Err(choose::complain(
                    Exit::Usage,
                    "--plan is of a new run: name the procedure without --resume.",
                ));
            };
            super::output::print(&told::plan(plan))?;
            return Ok(Exit::Ok);
        }
        if let Some(why) = prepared.read_only {
            return Err(choose::complain(Exit::Refused, &format!("read-only: {why}")));
        }
        follow::Session::begin(prepared, args, reach)?.run().await
    });
    runtime.shutdown_timeout(Duration::from_millis(600));
    exit.unwrap_or_else(|exit| exit)
}

fn usage(text: &str) -> Exit {
    choose::complain(Exit::Usage, text)
}

/// Everything that the files say, and the mistakes of the command line.
async fn prepare(args: &RunArgs, reach: &Reaching) -> Result<Prepared, Exit> {
    let old = match &args.resume {
        Some(word) => follow::recorded(word).await?,
        None => None,
    };
    let site = args.site.clone().or_else(|| old.as_ref().map(|run| run.site.to_string()));
    let environment = args.environment.clone().or_else(|| old.as_ref().map(|run| run.environment.to_string()));
    let found = choose::look(&Where { site, environment: None })?;
    let site = found.site.ok_or_else(|| {
        let names: Vec<&str> = found.sites.iter().map(|site| site.name.as_str()).collect();
        usage(&format!("which site? Name one behind the procedure: {}.", names.join(", ")))
    })?;
    let mut environment = choose::one_environment(&site, environment.as_deref())?;
    let mut procedure = None;
    if let Some(word) = &args.procedure {
        let (found, own) = procedure_of(word, &environment)?;
        if own {
            let mut with = (*environment).clone();
            with.procedures.retain(|known| known.name != found.name);
            with.procedures.push(Arc::clone(&found));
            environment = Arc::new(with);
        }
        procedure = Some(found);
    }
    let read_only = match (reach.read_only, found.user.read_only) {
        (true, _) => Some("qd was started with --read-only"),
        (false, true) => Some("your configuration says read_only = true"),
        (false, false) => None,
    };
    let (mut answers, secrets) = given(args, procedure.as_deref())?;
    let elsewhere = args.resume.as_deref().and_then(RunId::new);
    let what = match (old.map(|run| run.id).or(elsewhere), procedure) {
        (Some(run), _) => What::Resume(run),
        (None, Some(procedure)) => {
            let choice = choice(args, &environment)?;
            What::New(Box::new(planned(&procedure, &environment, &mut answers, choice, args)?))
        }
        (None, None) => return Err(usage("which procedure? Name one, or a run with --resume.")),
    };
    Ok(Prepared { environment, person: found.user.name, read_only, secrets, what })
}

/// A procedure of the site, or the file that was named.
fn procedure_of(word: &str, environment: &Environment) -> Result<(Arc<Procedure>, bool), Exit> {
    let is_path = word.contains('/') || word.to_ascii_lowercase().ends_with(".md");
    if !is_path {
        let known = environment.procedures.iter().find(|known| known.name.as_str() == word);
        return known.cloned().map(|known| (known, false)).ok_or_else(|| {
            let all: Vec<&str> = environment.procedures.iter().map(|known| known.name.as_str()).collect();
            usage(&format!(
                "{} of {} has no procedure {word:?}; it has {}. A file is named by its path: ./{word}.md",
                environment.name,
                environment.site,
                if all.is_empty() { "none".to_owned() } else { all.join(", ") }
            ))
        });
    }
    let read = std::fs::read(word);
    let bytes = read.map_err(|error| choose::complain(Exit::Unavailable, &format!("{word} can't be read: {error}")))?;
    if bytes.len() > LARGEST {
        return Err(choose::complain(Exit::Configuration, &format!("{word} is larger than {} KiB", LARGEST >> 10)));
    }
    let known = Known {
        environments: None,
        services: Some(environment.services.iter().map(|service| service.name.clone()).collect()),
    };
    let (procedure, mistakes) = load(Path::new(word), &bytes, &known);
    if !mistakes.is_empty() {
        super::output::complain(&crate::site::render(&mistakes));
    }
    Ok((Arc::new(procedure), true))
}

/// The inputs that were given; those from files as secrets where the document says that they are.
fn given(args: &RunArgs, procedure: Option<&Procedure>) -> Result<(Answers, BTreeMap<String, Secret>), Exit> {
    let mut answers = Answers { now: Some(jiff::Zoned::now().datetime()), ..Answers::default() };
    let mut secrets = BTreeMap::new();
    let is_secret = |name: &str| {
        let inputs = procedure.map(|procedure| procedure.header.inputs.as_slice()).unwrap_or_default();
        inputs.iter().find(|input| input.name.as_str() == name).map(|input| input.secret)
    };
    for word in &args.input {
        let (name, value) = pair(word, "--input NAME=VALUE")?;
        if is_secret(name) == Some(true) {
            return Err(usage(&format!(
                "{name} is a secret, and everybody on this machine sees arguments: give it with --input-file {name}=FILE."
            )));
        }
        answers.values.insert(name.to_owned(), value.to_owned());
    }
    for word in &args.input_file {
        let (name, file) = pair(word, "--input-file NAME=FILE")?;
        let bytes = if is_secret(name) == Some(false) {
            std::fs::read(file).map_err(|error| format!("{file} can't be read: {error}"))
        } else {
            own_file::secret(Path::new(file)).map(|bytes| bytes.to_vec())
        };
        let mut bytes = bytes.map_err(|why| choose::complain(Exit::Unavailable, &why))?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        match (is_secret(name), String::from_utf8(bytes)) {
            (Some(true) | None, text) => {
                let bytes = text.map_or_else(|error| error.into_bytes(), String::into_bytes);
                secrets.insert(name.to_owned(), Secret::new(bytes));
            }
            (Some(false), Ok(text)) => drop(answers.values.insert(name.to_owned(), text)),
            (Some(false), Err(_)) => return Err(usage(&format!("{file} is no UTF-8 text, so {name} can't be that."))),
        }
    }
    answers.left.extend(args.leave.iter().cloned());
    Ok((answers, secrets))
}

pub(super) fn pair<'a>(word: &'a str, form: &str) -> Result<(&'a str, &'a str), Exit> {
    word.split_once('=').ok_or_else(|| usage(&format!("{word:?} has no '=': write it like {form}.")))
}

fn choice(args: &RunArgs, environment: &Environment) -> Result<Choice, Exit> {
    let mut hosts = Vec::new();
    for word in &args.host {
        let known = environment.hosts.iter().map(|host| host.name.clone()).chain([crate::domain::procedure::here()]);
        let known = known.into_iter().find(|name: &HostName| name.as_str() == word);
        hosts.push(known.ok_or_else(|| {
            let all: Vec<&str> = environment.hosts.iter().map(|host| host.name.as_str()).collect();
            usage(&format!("{} has no host {word:?}; it has {} and here.", environment.name, all.join(", ")))
        })?);
    }
    let mut parts = Vec::new();
    for word in &args.step {
        let part = PartId::new(word).map_err(|error| usage(&format!("{word:?} is no part: {error}.")))?;
        parts.push(part.into());
    }
    let what = if parts.is_empty() { Chosen::Whole } else { Chosen::Parts(parts) };
    Ok(Choice { what, hosts, only: Vec::new(), run: None })
}

/// The plan; what is missing is asked of whoever sits at the terminal.
fn planned(
    procedure: &Procedure,
    environment: &Environment,
    answers: &mut Answers,
    mut choice: Choice,
    args: &RunArgs,
) -> Result<ProcedurePlan, Exit> {
    loop {
        let missing = match plan(procedure, environment, answers, &choice) {
            Ok(plan) => return Ok(plan),
            Err(missing) => missing,
        };
        let attended = !args.json && super::change::terminal().is_some();
        if !attended || !missing.wrong.is_empty() || !answers::ask(&missing, answers, &mut choice, environment)? {
            return Err(unplanned(procedure, &missing));
        }
    }
}

fn unplanned(procedure: &Procedure, missing: &Missing) -> Exit {
    let lines: Vec<String> = missing.sentences().into_iter().map(|line| format!("  {line}")).collect();
    let text = format!("{} can't be run like this:\n{}", procedure.name, lines.join("\n"));
    choose::complain(Exit::Usage, &text)
}

/// The permit by flags; `Err` with the question when they are not enough.
pub(super) fn by_flags(
    confirm: Confirm<ProcedurePlan>,
    args: &RunArgs,
) -> Result<crate::domain::Permit<ProcedurePlan>, Box<Confirm<ProcedurePlan>>> {
    confirm.by_flags(args.yes, args.confirm.as_deref())
}
