//! The plan of a procedure: which parts, on which hosts, with which commands.

use super::again::{found_out, undecided};
use super::answers::{Answers, Choice, Chosen, Edited};
use super::expand::{Item, by_header, expand, is_of};
use super::missing::{Asked, Missing, Wrong};
use super::scope::{Found, Scope};
use super::targets::{Place, hosts, likely};
use super::{back, fact, fill, grade, request, restart, shift};
use crate::domain::channel::Silent;
use crate::domain::host::BecomeRoot;
use crate::domain::procedure::{
    Back, Danger, Doing, HERE, Job, Language, LockWanted, PlannedPart, Procedure, ProcedurePlan, Purpose, Role, Script,
    here,
};
use crate::domain::{Environment, HostName, InputName, PartId};
use crate::state::Fleet;
use crate::state::planner::AT_ONCE;

/// Plans a procedure, or chosen parts of it.
///
/// # Errors
/// Everything that is missing or wrong, at once.
pub fn plan(
    procedure: &Procedure,
    environment: &Environment,
    answers: &Answers,
    choice: &Choice,
) -> Result<ProcedurePlan, Missing> {
    plan_seen(procedure, environment, None, answers, choice)
}

/// The same with what was seen of the environment, so that units that a pattern means are known.
///
/// # Errors
/// Everything that is missing or wrong, at once.
pub fn plan_seen(
    procedure: &Procedure,
    environment: &Environment,
    fleet: Option<&Fleet>,
    answers: &Answers,
    choice: &Choice,
) -> Result<ProcedurePlan, Missing> {
    let mut wrong = Vec::new();
    let items = expand(procedure, environment, &mut wrong);
    let chosen = chosen(&items, procedure, environment, &choice.what, &mut wrong);
    let goes_back = answers.of_whole && choice.what == Chosen::Rollback;
    let known = goes_back.then(|| found_out(answers, procedure.parts.iter().map(|part| &part.options)));
    let answers = known.as_ref().unwrap_or(answers);
    // Behind a gate its parts have given what they give, also those that are just looked at anew.
    let gate: Vec<Item<'_>> = match choice.what {
        Chosen::Rest => {
            let whole = self::whole(&items);
            let gate = behind_gate(&whole);
            whole.into_iter().take(gate).collect()
        }
        Chosen::Whole | Chosen::Gate | Chosen::Parts(_) | Chosen::Rollback | Chosen::Undo(_) => Vec::new(),
    };
    let mut scope = Scope::new(environment, answers, chosen.iter().map(|(item, _)| item));
    gate.iter().for_each(|item| scope.pass(item));
    scope.missing.wrong = wrong;
    let whole = matches!(choice.what, Chosen::Whole | Chosen::Gate | Chosen::Rest);
    if whole {
        ask_inputs(procedure, &items, &mut scope);
    }
    let mut parts = Vec::new();
    let mut unsaid: Vec<PartId> = Vec::new();
    let mut among: Vec<HostName> = Vec::new();
    // What stands before a chosen part in the document may have given it something.
    let mut next = items.iter().peekable();
    for (item, edited) in &chosen {
        while let Some(before) = next.peek().filter(|before| before.part.line < item.part.line) {
            if !chosen.iter().any(|(one, _)| one.id == before.id) {
                scope.pass_literals(before);
            }
            next.next();
        }
        let beside = |id: &PartId| chosen.iter().any(|(one, _)| one.id == *id);
        if let Some(told) = undecided(item, procedure, answers, beside) {
            scope.wrong(&item.id, item.part.line, told);
            continue;
        }
        match planned(item, edited.as_deref(), fleet, choice, &mut scope) {
            Ok(part) => parts.push(part),
            Err(Unsaid) => {
                unsaid.push(item.id.clone());
                if among.is_empty() {
                    among = likely(item, environment);
                }
            }
        }
        scope.pass(item);
    }
    if !unsaid.is_empty() {
        scope.missing.asked.push(Asked::Host { parts: unsaid, among });
    }
    if parts.is_empty() && scope.missing.is_empty() {
        let told = "nothing in it can be run".to_owned();
        scope.missing.wrong.push(Wrong { part: None, line: 0, told });
    }
    let back = match choice.what {
        Chosen::Whole | Chosen::Rest if procedure.header.back == Back::Auto => {
            // What the parts before it capture is known by the time it begins.
            let before = gate.iter().chain(chosen.iter().map(|(item, _)| item)).map(|item| &item.options);
            match back::ahead(procedure, environment, fleet, answers, choice, before) {
                Ok(plan) => Some(Box::new(plan)),
                Err(missing) => {
                    scope.missing.merge(missing);
                    None
                }
            }
        }
        Chosen::Whole | Chosen::Gate | Chosen::Rest | Chosen::Parts(_) | Chosen::Rollback | Chosen::Undo(_) => None,
    };
    if !scope.missing.is_empty() {
        return Err(scope.missing);
    }
    Ok(ProcedurePlan {
        site: environment.site.clone(),
        environment: environment.name.clone(),
        protected: environment.protected,
        run: choice.run.clone(),
        procedure: procedure.name.clone(),
        kind: procedure.header.kind,
        title: procedure.header.title.plain(),
        digest: procedure.digest.clone(),
        whole,
        purpose: match choice.what {
            Chosen::Whole | Chosen::Rest | Chosen::Parts(_) => Purpose::Forward,
            Chosen::Gate => Purpose::Judge,
            Chosen::Undo(_) => Purpose::Undo,
            Chosen::Rollback => Purpose::Rollback,
        },
        name: environment.name.to_string(),
        budget: procedure.header.budget.filter(|_| whole),
        given: scope.given,
        later: scope.later,
        lock: match (&environment.lock_host, procedure.header.lock) {
            (_, false) => LockWanted::No,
            (Some(host), true) => LockWanted::On(host.clone()),
            (None, true) => LockWanted::Nowhere,
        },
        parts,
        back,
    })
}

/// The parts that are meant, in the order of the document.
fn chosen<'a>(
    items: &[Item<'a>],
    procedure: &'a Procedure,
    environment: &'a Environment,
    what: &Chosen,
    wrong: &mut Vec<Wrong>,
) -> Vec<(Item<'a>, Option<String>)> {
    let all = |items: Vec<Item<'a>>| items.into_iter().map(|item| (item, None)).collect();
    let mut refuse = |part: Option<PartId>, told: String| wrong.push(Wrong { part, line: 0, told });
    match what {
        Chosen::Whole => all(whole(items)),
        Chosen::Gate => {
            let whole = whole(items);
            let gate = behind_gate(&whole);
            if gate == 0 || gate == whole.len() {
                let told = match gate {
                    0 => "it has no gate to judge: there is no section Gate in it",
                    _ => "nothing stands behind its gate: run it as a whole",
                };
                let told = told.to_owned();
                wrong.push(Wrong { part: None, line: 0, told });
            }
            all(whole.into_iter().take(gate).collect())
        }
        Chosen::Rest => {
            let whole = whole(items);
            let gate = behind_gate(&whole);
            all(whole.into_iter().skip(gate).collect())
        }
        Chosen::Rollback => {
            let own: Vec<Item<'a>> = items.iter().filter(|item| item.role == Role::Rollback).cloned().collect();
            if !own.is_empty() {
                return all(own);
            }
            match by_header(procedure, environment, wrong) {
                Some(items) => all(items),
                None if procedure.header.rollback.is_some() => Vec::new(),
                None => {
                    let told = "it has neither a section Rollback nor a rollback in its front matter".to_owned();
                    wrong.push(Wrong { part: None, line: 0, told });
                    Vec::new()
                }
            }
        }
        Chosen::Parts(edited) => {
            let mut items = items.to_vec();
            // Once the way back was begun, its parts are parts of the run like any other.
            if !edited.iter().all(|edited| items.iter().any(|item| is_of(&item.id, &edited.part))) {
                items.extend(by_header(procedure, environment, &mut Vec::new()).unwrap_or_default());
            }
            for Edited { part, .. } in edited {
                if !items.iter().any(|item| is_of(&item.id, part)) {
                    refuse(Some(part.clone()), format!("{} has no such part", procedure.name));
                }
            }
            let meant = |item: &Item<'a>| edited.iter().find(|edited| is_of(&item.id, &edited.part)).cloned();
            let chosen = items.iter().filter_map(|item| meant(item).map(|edited| (item.clone(), edited.command)));
            chosen.collect()
        }
        Chosen::Undo(part) => {
            let Some(item) = items.iter().find(|item| item.id == *part) else {
                refuse(Some(part.clone()), format!("{} has no such part", procedure.name));
                return Vec::new();
            };
            let Some(undo) = &item.options.undo else {
                refuse(Some(part.clone()), "it names no part that undoes it".to_owned());
                return Vec::new();
            };
            let undoing: Vec<Item<'a>> = items.iter().filter(|item| is_of(&item.id, undo)).cloned().collect();
            if undoing.is_empty() {
                refuse(Some(part.clone()), format!("{undo}, which should undo it, is no part of {}", procedure.name));
            }
            all(undoing)
        }
    }
}

/// Whether a run of the whole procedure can begin with its gate alone: it has one, and something stands behind that.
pub fn has_gate(procedure: &Procedure, environment: &Environment) -> bool {
    let items = whole(&expand(procedure, environment, &mut Vec::new()));
    (1..items.len()).contains(&behind_gate(&items))
}

/// All that is done one after the other.
fn whole<'a>(items: &[Item<'a>]) -> Vec<Item<'a>> {
    items.iter().filter(|item| !item.role.is_apart()).cloned().collect()
}

/// The place of the first part behind the first gate; 0 where there is no gate.
fn behind_gate(items: &[Item<'_>]) -> usize {
    let Some(first) = items.iter().position(|item| item.role == Role::Gate) else { return 0 };
    let behind = items.iter().skip(first).position(|item| item.role != Role::Gate);
    behind.map_or(items.len(), |behind| first + behind)
}

/// Asks for every input of a whole run that is not asked for on its way, whether a command uses it or not.
fn ask_inputs(procedure: &Procedure, items: &[Item<'_>], scope: &mut Scope<'_>) {
    let prompted: Vec<&InputName> = items
        .iter()
        .filter(|item| !item.role.is_apart())
        .filter_map(|item| match &item.part.doing {
            Doing::Prompt(names) => Some(names),
            _ => None,
        })
        .flatten()
        .collect();
    let Some(first) = items.first() else { return };
    let outer = Item { frame: std::rc::Rc::clone(&outermost(first)), ..first.clone() };
    for input in &procedure.header.inputs {
        match scope.value(&outer, input.name.as_str()) {
            Found::Open(value) => scope.note(input.name.as_str(), Some(&value)),
            Found::Secret => scope.note_later(&outer, input.name.as_str()),
            Found::Nothing if prompted.contains(&&input.name) => {}
            Found::Nothing | Found::Refused(_) => scope.ask(input),
            Found::Later => {}
        }
    }
}

fn outermost<'a>(item: &Item<'a>) -> std::rc::Rc<super::expand::Frame<'a>> {
    let mut frame = std::rc::Rc::clone(&item.frame);
    while let Some((caller, _)) = &frame.caller {
        frame = std::rc::Rc::clone(caller);
    }
    frame
}

/// Nobody has said where the part runs.
struct Unsaid;

fn planned(
    item: &Item<'_>,
    edited: Option<&str>,
    fleet: Option<&Fleet>,
    choice: &Choice,
    scope: &mut Scope<'_>,
) -> Result<PlannedPart, Unsaid> {
    let mut options = item.options.clone();
    // What the document says of its own command says nothing of another one.
    options.idempotent &= edited.is_none();
    let mut kind = item.part.doing.word();
    let mut doing = item.part.doing.clone();
    let mut silent = None;
    let mut jobs = Vec::new();
    let by_itself = || {
        vec![Job {
            host: here(),
            become_root: None,
            script: Script::default(),
            timeout: item.options.timeout,
            change: None,
        }]
    };
    let site = match &item.part.doing {
        Doing::Run(language, _) => scope.environment.queries.of(*language).map(crate::runtimes::shell::shown),
        _ => None,
    };
    let with = item.options.with.clone().or(site);
    match &item.part.doing {
        _ if item.options.todo => {
            kind = "ask";
            jobs = by_itself();
        }
        Doing::Run(language, _) if !language.is_shell() && with.is_none() => {
            kind = "ask";
            jobs = by_itself();
        }
        Doing::Run(language, text) => {
            let hosts = places(item, choice, scope)?;
            let text = edited.unwrap_or(text);
            let mut item = item.clone();
            item.options.with.clone_from(&with);
            options.with.clone_from(&with);
            let script = fill::script(scope, &item, *language, text);
            doing = Doing::Run(*language, script.text.clone());
            jobs = on_hosts(&item, &hosts, &script, scope);
        }
        Doing::Request(method, address, body) => {
            let hosts = if item.options.targets.is_empty() { vec![here()] } else { places(item, choice, scope)? };
            let script = request::script(scope, item, method, address, edited.unwrap_or(body));
            jobs = on_hosts(item, &hosts, &script, scope);
        }
        Doing::Shift(set, get, weights) => {
            let hosts = places(item, choice, scope)?;
            let script = fill::script(scope, item, Language::Sh, edited.unwrap_or(set));
            let get = get.as_ref().map(|get| fill::script(scope, item, Language::Sh, get));
            doing = Doing::Shift(script.text.clone(), get.as_ref().map(|get| get.text.clone()), weights.clone());
            let script = with_readback(script, get);
            jobs = shift::jobs(item, &hosts, &script, weights, scope);
        }
        Doing::Restart(services) => {
            let on = if item.options.targets.is_empty() { limit(choice) } else { Some(places(item, choice, scope)?) };
            jobs = restart::jobs(scope, item, services, fleet, on.as_deref());
        }
        Doing::Notify(channel, text) => {
            let (text, script) = fill::words(scope, item, text);
            doing = Doing::Notify(channel.clone(), text);
            silent = scope.environment.silent(channel);
            // A drill only says so, and the way back waits for nobody to tell somebody something.
            if silent.is_some_and(|silent| silent != Silent::Drill) && item.role != Role::Rollback {
                kind = "ask";
            }
            jobs = by_itself();
            jobs.iter_mut().for_each(|job| job.script = script.clone());
        }
        Doing::Prompt(names) => {
            names.iter().for_each(|name| scope.note_later(item, name.as_str()));
            jobs = by_itself();
        }
        Doing::Fact(fact) => {
            let at = if fact.kind.is_on_hosts() || !item.options.targets.is_empty() {
                places(item, choice, scope)?
            } else {
                vec![here()]
            };
            let (fact, script) = fact::filled(scope, item, fact);
            doing = Doing::Fact(fact);
            jobs = on_hosts(item, &at, &script, scope);
        }
        Doing::Check(..) | Doing::Approve(_) | Doing::Ask | Doing::Hold(..) | Doing::Decide(_) => jobs = by_itself(),
        // Replaced by what it calls before it comes here.
        Doing::Call(..) => {}
    }
    let previews = previews(item, &jobs, scope);
    let recognised = if kind == "ask" { Danger::Read } else { grade::recognised(&doing, with.as_deref()) };
    let declared = options.danger.filter(|_| kind != "ask");
    let danger = grade::grade(declared, recognised, edited.is_some()).max(grade::told(&jobs));
    let at_once = match (&item.part.doing, options.at_once, danger) {
        // Each waits for what it needs; what needs nothing of another goes with it.
        (Doing::Restart(_), together, _) => together.unwrap_or(AT_ONCE).max(1),
        // One after the other: the order is what it is for.
        (Doing::Shift(..), _, _) => 1,
        (_, Some(at_once), _) => at_once.max(1),
        (_, None, Danger::Read) => jobs.len().max(1),
        (_, None, Danger::Change | Danger::Destructive) => 1,
    };
    Ok(PlannedPart {
        part: item.id.clone(),
        title: item.part.title.clone(),
        kind,
        doing,
        role: item.role,
        section: item.section,
        together: item.together,
        danger,
        recognised,
        options,
        edited: edited.map(str::to_owned),
        at_once,
        jobs,
        previews,
        misread: item.part.misread.clone(),
        silent,
    })
}

/// Where a part without a place of its own may run at all, when the person said something about it.
fn limit(choice: &Choice) -> Option<Vec<HostName>> {
    let said = if choice.only.is_empty() { &choice.hosts } else { &choice.only };
    (!said.is_empty()).then(|| said.clone())
}

/// The hosts of a part; none when something about them is wrong, which has been noted then.
fn places(item: &Item<'_>, choice: &Choice, scope: &mut Scope<'_>) -> Result<Vec<HostName>, Unsaid> {
    match hosts(item, scope.environment, choice, scope) {
        Place::On(hosts) => Ok(hosts),
        Place::Unsaid => Err(Unsaid),
        Place::Asked => Ok(Vec::new()),
        Place::Wrong(whys) => {
            for why in whys {
                scope.wrong(&item.id, item.part.line, why);
            }
            Ok(Vec::new())
        }
    }
}

pub(super) fn on_hosts(item: &Item<'_>, hosts: &[HostName], script: &Script, scope: &mut Scope<'_>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for host in hosts {
        let how = match scope.environment.host(host) {
            Some(host) => host.become_root,
            None => BecomeRoot::Sudo,
        };
        if item.options.root && how == BecomeRoot::Never {
            let why = format!("it wants root, and on {host} nobody becomes root (become_root = \"never\")");
            scope.wrong(&item.id, item.part.line, why);
        }
        jobs.push(Job {
            host: host.clone(),
            become_root: item.options.root.then_some(how),
            script: script.clone(),
            timeout: item.options.timeout,
            change: None,
        });
    }
    jobs
}

/// A script that moves traffic, with what reads afterwards how much is moved.
fn with_readback(mut script: Script, get: Option<Script>) -> Script {
    let Some(get) = get else { return script };
    for one in get.variables {
        if !script.variables.contains(&one) {
            script.variables.push(one);
        }
    }
    for (to, from) in [(&mut script.captured, get.captured), (&mut script.secrets, get.secrets)] {
        to.extend(from.into_iter().filter(|name| !to.contains(name)).collect::<Vec<_>>());
    }
    script.get = Some(get.text);
    script
}

/// What shows beforehand what a part would do, on each of its hosts once.
fn previews(item: &Item<'_>, jobs: &[Job], scope: &mut Scope<'_>) -> Vec<Job> {
    let shifts = match &item.part.doing {
        Doing::Shift(_, Some(get), _) => Some(get),
        _ => None,
    };
    let Some(text) = item.options.preview.as_ref().or(shifts) else { return Vec::new() };
    if crate::runtimes::danger::danger(Language::Sh, text) == Danger::Destructive {
        scope.wrong(
            &item.id,
            item.part.line,
            "its preview would destroy something, and a preview only reads".to_owned(),
        );
        return Vec::new();
    }
    let script = fill::script(scope, item, Language::Sh, text);
    let mut hosts: Vec<HostName> = Vec::new();
    for job in jobs {
        if !hosts.contains(&job.host) && (job.host.as_str() != HERE || !job.script.text.is_empty()) {
            hosts.push(job.host.clone());
        }
    }
    on_hosts(item, &hosts, &script, scope)
}

impl Scope<'_> {
    /// Notes an answer that a command uses and that is no default.
    pub(super) fn note_if_answered(&mut self, name: &InputName, value: &str) {
        if self.answer(name.as_str()).is_some() {
            self.note(name.as_str(), Some(value));
        }
    }
}
