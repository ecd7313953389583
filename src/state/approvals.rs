//! What an approval of a run is bound to: the plan that its document, its inputs and its environment make, by whomever it
//! is made. Values that the run finds out on its way are no part of it; what is released is, as soon as it is known.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::approval::{Bound, Quorum};
use crate::domain::procedure::{Doing, Job, PlannedPart, Procedure, ProcedurePlan, Role};
use crate::domain::run::StepState;
use crate::domain::{Environment, InputName, PartId, Run};
use crate::state::procedures::{Answers, Choice, Chosen, find_part, plan};
use crate::text::Foreign;

/// The plan of a run as it is approved.
#[derive(Debug, Clone)]
pub struct Bind {
    /// The whole plan, made of nothing but the record of the run.
    pub plan: ProcedurePlan,
    /// What an approval of it is bound to.
    pub bound: Bound,
    /// What is released, as far as it is known: a word and its value.
    pub version: Vec<(&'static str, Foreign)>,
}

/// Makes the plan of a run anew, from its document and the inputs it was given, and what it is bound to.
///
/// # Errors
/// Why it can't be approved, as a sentence without a full stop.
pub fn bind(run: &Run, procedure: &Procedure, environment: &Environment) -> Result<Bind, String> {
    let document = run.document.as_ref().filter(|document| document.whole);
    let document = document.ok_or("only the run of a whole procedure can be approved")?;
    if procedure.name != document.name || procedure.digest != document.digest {
        return Err(format!("{} is not the document here that the run is of", procedure.file));
    }
    let values = document.given.iter().filter_map(|given| Some((given.name.to_string(), given.value.clone()?)));
    let answers = Answers { values: values.collect(), ..Answers::default() };
    let choice = Choice { what: Chosen::Whole, run: Some(run.id.clone()), ..Choice::default() };
    let made = plan(procedure, environment, &answers, &choice);
    let plan = made.map_err(|missing| {
        let why = missing.sentences().join("; ");
        format!("its plan does not follow from its document and its inputs alone, so nobody can approve it: {why}")
    })?;
    let version = version(run, procedure, environment);
    let bound = Bound {
        plan: digest(&planned(&plan, procedure, environment)),
        inventory: digest(&inventory(environment)),
        version: digest(&json!(
            version.iter().map(|(word, value)| json!([word, String::from_utf8_lossy(value.raw())])).collect::<Vec<_>>()
        )),
    };
    Ok(Bind { plan, bound, version })
}

impl Bind {
    /// Who must approve it.
    pub fn quorums(&self) -> impl Iterator<Item = (&PlannedPart, &Quorum)> {
        self.plan.parts.iter().filter_map(|part| match &part.doing {
            Doing::Approve(quorum) => Some((part, quorum)),
            _ => None,
        })
    }

    /// In what the steps of a run differ from what was approved, as a clause: `steps` are its jobs behind the gate, as they
    /// are planned there, `back` its way back.
    pub fn differs<'a>(
        &self,
        steps: impl Iterator<Item = (&'a PlannedPart, &'a Job)>,
        back: Option<&ProcedurePlan>,
    ) -> Option<String> {
        let behind = |part: &&PlannedPart| part.role != Role::Gate && !part.role.is_apart();
        let mut open: Vec<(PartId, String)> = Vec::new();
        for part in self.plan.parts.iter().filter(behind) {
            open.extend(part.jobs.iter().map(|job| (part.part.clone(), job_of(part, job).to_string())));
        }
        let mut any = false;
        for (part, job) in steps.filter(|(part, _)| behind(part)) {
            any = true;
            let own = (part.part.clone(), job_of(part, job).to_string());
            match open.iter().position(|one| *one == own) {
                Some(at) => drop(open.swap_remove(at)),
                None => return Some(format!("{} on {} is planned in another way", part.part, job.host)),
            }
        }
        if let Some((part, _)) = open.first().filter(|_| any) {
            return Some(format!("{part} is planned on other hosts, or not at all"));
        }
        let parts = |plan: &ProcedurePlan| plan.parts.iter().map(part_of).collect::<Vec<_>>();
        let other = any && back.map(parts) != self.plan.back.as_deref().map(parts);
        other.then(|| "its way back is planned in another way".to_owned())
    }
}

fn digest(value: &Value) -> String {
    // Keys of objects come in the order of the alphabet, so the same value is always the same text.
    Sha256::digest(value.to_string().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn planned(plan: &ProcedurePlan, procedure: &Procedure, environment: &Environment) -> Value {
    json!({
        "site": plan.site,
        "environment": plan.environment,
        "procedure": plan.procedure,
        "documents": documents(procedure, environment),
        "given": plan.given.iter().map(|given| json!([given.name, given.value])).collect::<Vec<_>>(),
        "parts": plan.parts.iter().map(part_of).collect::<Vec<_>>(),
        "back": plan.back.as_ref().map(|back| back.parts.iter().map(part_of).collect::<Vec<_>>()),
    })
}

/// The digests of a document and of all that it calls.
fn documents(procedure: &Procedure, environment: &Environment) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut open = vec![procedure];
    while let Some(one) = open.pop() {
        if !all.insert(format!("{} {}", one.name, one.digest)) {
            continue;
        }
        let called = one.parts.iter().filter_map(|part| match &part.doing {
            Doing::Call(name, _) => Some(name),
            _ => None,
        });
        let named = called.chain(&one.header.rollback);
        open.extend(named.filter_map(|name| environment.procedure(name)).map(|one| &**one));
    }
    all
}

fn part_of(part: &PlannedPart) -> Value {
    json!([part.part, part.jobs.iter().map(|job| job_of(part, job)).collect::<Vec<_>>()])
}

/// Everything of a job that does not stand in the document. No value of a secret is in a plan.
fn job_of(part: &PlannedPart, job: &Job) -> Value {
    let script = &job.script;
    let unit = job.change.as_ref().map(|change| {
        let unit = change.unit.as_ref().map(ToString::to_string);
        json!([change.service.as_ref().map(ToString::to_string), unit])
    });
    json!([
        part.kind,
        part.danger.word(),
        part.at_once,
        job.host,
        job.become_root.map(root),
        script.language.word(),
        script.text,
        script.variables.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
        script.captured,
        script.secrets,
        script.folder,
        script.with,
        script.get,
        unit,
    ])
}

fn root(how: crate::domain::host::BecomeRoot) -> &'static str {
    use crate::domain::host::BecomeRoot;
    match how {
        BecomeRoot::Sudo => "sudo",
        BecomeRoot::AlreadyRoot => "root",
        BecomeRoot::Polkit => "polkit",
        BecomeRoot::Never => "never",
    }
}

/// Where everything runs, and how that is reached.
fn inventory(environment: &Environment) -> Value {
    use crate::domain::host::Reach;
    let hosts = environment.hosts.iter().map(|host| {
        let reach = match &host.reach {
            Reach::Ssh(alias) => format!("ssh {}", alias.as_str()),
            Reach::Local => "local".to_owned(),
        };
        json!([host.name, reach, root(host.become_root), host.tags])
    });
    let services = environment.services.iter().map(|service| {
        let units = service.units.iter().map(|unit| match unit {
            crate::domain::service::UnitPattern::Exact(unit) => unit.to_string(),
            crate::domain::service::UnitPattern::Glob(glob) => format!("* {glob}"),
        });
        let compose = service.compose.as_ref();
        let compose = compose.map(|one| json!([one.project, one.service, one.files, one.folder, one.scale]));
        let units: Vec<String> = units.collect();
        json!([service.name, units, compose, service.user, service.hosts, service.depends_on])
    });
    json!([environment.lock_host, hosts.collect::<Vec<_>>(), services.collect::<Vec<_>>()])
}

/// What the run releases, as its front matter names it: given, or captured so far.
fn version(run: &Run, procedure: &Procedure, environment: &Environment) -> Vec<(&'static str, Foreign)> {
    let meant = run.document.iter().flat_map(|document| &document.decided.meant);
    let meant = meant.map(|(_, commit)| ("means", Foreign::from(commit.as_str())));
    let Some(names) = &procedure.header.release else { return meant.collect() };
    let named = names.version.iter().map(|name| ("version", name));
    let named = named.chain(names.commit.iter().map(|name| ("commit", name)));
    let named = named.chain(names.images.iter().map(|name| ("image", name)));
    named
        .flat_map(|(word, name)| values(run, procedure, environment, name).into_iter().map(move |one| (word, one)))
        .chain(meant)
        .collect()
}

fn values(run: &Run, procedure: &Procedure, environment: &Environment, name: &InputName) -> Vec<Foreign> {
    let given = run.document.iter().flat_map(|document| &document.given);
    let mut all: Vec<Foreign> =
        given.filter(|given| given.name == *name).filter_map(|given| Some(given.value.as_deref()?.into())).collect();
    for step in run.steps.iter().filter(|step| step.state == StepState::Verified) {
        let (Some(id), Some(value)) = (&step.part, &step.value) else { continue };
        let part = find_part(procedure, environment, id);
        let captures = part.is_some_and(|(_, part)| part.options.capture.as_ref() == Some(name));
        let value = Foreign::from(value.as_str());
        if captures && !all.contains(&value) {
            all.push(value);
        }
    }
    all
}
