//! Everything that the files and the command line say of a run, before anything is reached.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{
    Prepared, RunArgs, What, answers, ask, choices, follow, inputs, loose, pair, releases, times, usage, whereabouts,
};
use crate::cli::{Exit, Reaching, Where, choose, output};
use crate::domain::procedure::{Doing, Procedure, here};
use crate::domain::{Environment, HostName, PartId, ProcedurePlan, Run, RunId};
use crate::engine::own_file;
use crate::port::Secret;
use crate::site::UserFile;
use crate::state::procedures::{Answers, Choice, Chosen, Missing, find_part, missing_json, offered_back, plan};

/// What is to be done, where, with what; and the mistakes of the command line.
pub(super) async fn prepare(args: &RunArgs, reach: &Reaching) -> Result<Prepared, Exit> {
    let old = match &args.resume {
        Some(word) => follow::recorded(word).await?,
        None => None,
    };
    let file = args.procedure.as_deref().filter(|word| loose::is_path(word)).map(loose::File::read).transpose()?;
    let (user, environment) = place(args, old.as_ref(), file.as_ref(), reach).await?;
    let mut environment = environment;
    let mut untrusted = None;
    let mut procedure = None;
    if let Some(file) = &file {
        let found = Arc::new(file.procedure(&environment));
        untrusted = loose::untrusted(file, &found, &environment, old.as_ref(), args)?;
        environment = with(&environment, &found);
        procedure = Some(found);
    } else if let Some(word) = &args.procedure {
        procedure = Some(of_site(word, &environment)?);
    } else if let Some(run) = &old
        && let Some(kept) = loose::kept(run, &environment).await?
    {
        environment = with(&environment, &Arc::new(kept));
    }
    let read_only = match (reach.read_only, user.read_only) {
        (true, _) => Some("qd was started with --read-only"),
        (false, true) => Some("your configuration says read_only = true"),
        (false, false) => None,
    };
    // What a run is of that is gone on with takes the same values.
    let begun = old.as_ref().and_then(|run| run.document.as_ref());
    let of_run = begun.and_then(|document| environment.procedure(&document.name));
    if let Some(procedure) = procedure.as_ref().or(of_run) {
        inputs::known(args, procedure, &environment)?;
    }
    let (mut answers, secrets) = given(args, procedure.as_deref())?;
    let elsewhere = args.resume.as_deref().and_then(RunId::new);
    let mut database = Vec::new();
    let mut learned = releases::Learned::default();
    let mut offered = None;
    let asked_of = procedure.as_ref().or(of_run);
    let decided = asked_of.map(|procedure| decided(args, procedure, &environment)).unwrap_or_default();
    let what = match (old.map(|run| run.id).or(elsewhere), &procedure) {
        (Some(run), _) => {
            if let Some(procedure) = asked_of {
                learned = releases::recorded(procedure, &environment, reach).await;
            }
            What::Resume(run)
        }
        (None, Some(procedure)) => {
            learned = releases::learn(procedure, &environment, &mut answers, reach, args.plan).await?;
            let trusted = if file.is_some() { untrusted.is_none() } else { environment.trusted };
            choices::learn(procedure, &mut answers, trusted).await?;
            let mut choice = choice(args, &environment)?;
            let plan = planned(procedure, &environment, &mut answers, &mut choice, args, &learned)?;
            offered = offered_back(procedure, &environment, None, &answers, &choice);
            learned.judge(procedure, &plan)?;
            database = learned.database(procedure, &plan);
            What::New(Box::new(plan))
        }
        (None, None) => return Err(usage("which procedure? Name one, or a run with --resume.")),
    };
    let times = times::Times::read(&environment, procedure.as_deref()).await;
    let person = user.name;
    Ok(Prepared {
        environment,
        person,
        read_only,
        secrets,
        what,
        offered,
        database,
        decided,
        learned,
        times,
        untrusted,
    })
}

/// Where: an environment of a site, or one of this run alone where there is no site to be meant.
async fn place(
    args: &RunArgs,
    old: Option<&Run>,
    file: Option<&loose::File>,
    reach: &Reaching,
) -> Result<(UserFile, Arc<Environment>), Exit> {
    let without = old.is_some_and(|run| run.site.as_str() == loose::SITE);
    let named = args.site.clone().or_else(|| old.filter(|_| !without).map(|run| run.site.to_string()));
    if named.is_none() && args.environment.is_none() && (without || file.is_some()) {
        let places = output::here()?;
        let user = loose::user(&places)?;
        if without || loose::no_site_is_meant(&user, &places) {
            let mut hosts: Vec<String> = args.host.clone();
            hosts.extend(old.iter().flat_map(|run| &run.steps).map(|step| step.host.to_string()));
            hosts.extend(file.iter().flat_map(|file| file.hosts()));
            return Ok((user, Arc::new(loose::environment(&hosts)?)));
        }
    }
    let wanted = args.environment.clone().or_else(|| old.map(|run| run.environment.to_string()));
    let found = choose::look(&Where { site: named, environment: None })?;
    let site = found.site.ok_or_else(|| {
        let names: Vec<&str> = found.sites.iter().map(|site| site.name.as_str()).collect();
        usage(&format!("which site? Name one behind the procedure: {}.", names.join(", ")))
    })?;
    // A run of another workstation does not say its environment here.
    if let (Some(run), None, None) = (args.resume.as_deref().and_then(RunId::new), old, &wanted)
        && choose::environment(&site, None)?.is_none()
    {
        return Ok((found.user, whereabouts::environment(&run, &site, reach).await?));
    }
    Ok((found.user, choose::one_environment(&site, wanted.as_deref())?))
}

/// The environment with a further procedure, in the place of the one of the same name.
fn with(environment: &Environment, procedure: &Arc<Procedure>) -> Arc<Environment> {
    let mut with = environment.clone();
    with.procedures.retain(|known| known.name != procedure.name);
    with.procedures.push(Arc::clone(procedure));
    Arc::new(with)
}

fn of_site(word: &str, environment: &Environment) -> Result<Arc<Procedure>, Exit> {
    let known = environment.procedures.iter().find(|known| known.name.as_str() == word);
    known.cloned().ok_or_else(|| {
        let all: Vec<&str> = environment.procedures.iter().map(|known| known.name.as_str()).collect();
        let near = crate::site::mistake::did_you_mean(word, all.iter().copied());
        usage(&format!(
            "{} of {} has no procedure {word:?}{} A file is named by its path: ./{word}.md",
            environment.name,
            environment.site,
            match (near, all.as_slice()) {
                (Some(near), _) if near.ends_with('?') => format!(": {near}"),
                (Some(near), _) => format!(": {near}."),
                (None, []) => "; it has none.".to_owned(),
                (None, all) => format!("; it has {}.", all.join(", ")),
            }
        ))
    })
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

/// The ways that `--answer` chooses, as far as the parts have them.
fn decided(args: &RunArgs, procedure: &Procedure, environment: &Environment) -> BTreeMap<PartId, String> {
    let way = |word: &String| {
        let (name, way) = word.split_once('=')?;
        let id = PartId::new(name).ok()?;
        let (_, part) = find_part(procedure, environment, &id)?;
        let Doing::Decide(ways) = &part.doing else { return None };
        ways.iter().any(|one| one.word == way).then(|| (id, way.to_owned()))
    };
    args.answer.iter().filter_map(way).collect()
}

fn choice(args: &RunArgs, environment: &Environment) -> Result<Choice, Exit> {
    let mut hosts = Vec::new();
    for word in &args.host {
        let known = environment.hosts.iter().map(|host| host.name.clone()).chain([here()]);
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
    let what = match parts.is_empty() {
        true if args.gate => Chosen::Gate,
        true => Chosen::Whole,
        false => Chosen::Parts(parts),
    };
    Ok(Choice { what, hosts, only: Vec::new(), run: None })
}

/// The plan; what is missing is asked of whoever sits at the terminal.
fn planned(
    procedure: &Procedure,
    environment: &Environment,
    answers: &mut Answers,
    choice: &mut Choice,
    args: &RunArgs,
    learned: &releases::Learned,
) -> Result<ProcedurePlan, Exit> {
    let mut asked = false;
    loop {
        learned.offer(procedure, answers);
        let missing = match plan(procedure, environment, answers, choice) {
            Ok(mut plan) => {
                args.parallel.into_iter().for_each(|at_once| plan.together(at_once));
                return Ok(plan);
            }
            Err(missing) => missing,
        };
        let attended = !args.json && ask::is_there();
        if attended && missing.wrong.is_empty() && !std::mem::replace(&mut asked, true) {
            let title = procedure.header.title.plain();
            output::complain(&format!(
                "{title}, {}: it must know this first. What it would do is shown before anything is done.",
                crate::domain::place::of_site(&environment.site, &environment.name)
            ));
        }
        if !attended || !missing.wrong.is_empty() || !answers::ask(&missing, answers, choice, environment)? {
            return Err(unplanned(procedure, &missing, args));
        }
    }
}

fn unplanned(procedure: &Procedure, missing: &Missing, args: &RunArgs) -> Exit {
    if args.plan && args.json && output::print(&format!("{:#}\n", missing_json(missing))).is_err() {
        return Exit::Output;
    }
    let lines: Vec<String> = missing.sentences().into_iter().map(|line| format!("  {line}")).collect();
    let text = format!("{} can't be run like this:\n{}", procedure.name, lines.join("\n"));
    choose::complain(Exit::Usage, &text)
}
