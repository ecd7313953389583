//! What there is to say of a plan, before it is laid out: the command line prints it, the page of a plan shows it, and
//! both say the same.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::host::BecomeRoot;
use crate::domain::phrase::{Phrase, Piece};
use crate::domain::procedure::{
    Danger, Doing, Guard, Guarded, Job, LockWanted, OnError, PlannedPart, Procedure, ProcedurePlan, Purpose, Role,
    Script, SendBack, Shifts, TIMEOUT, Term, Terms,
};
use crate::domain::window::Windows;
use crate::domain::{InputName, PartId};
use crate::runtimes::notice;
use crate::runtimes::shell::word;
use crate::text::{Foreign, disguises, exact};

/// Disguises of one command that are explained.
const DISGUISES: usize = 5;

/// What a part does to the world, as far as it is known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It reads.
    Reads,
    /// It reads, as its document says.
    Declared,
    /// It changes something.
    Changes,
    /// It destroys something.
    Destroys,
    /// It tells a channel something.
    Tells,
    /// A person does it.
    ByHand,
}

impl Grade {
    /// The grade of a part.
    pub fn of(part: &PlannedPart) -> Self {
        match (&part.doing, part.danger) {
            _ if part.kind == "ask" => Grade::ByHand,
            (Doing::Ask | Doing::Decide(_) | Doing::Prompt(_), _) => Grade::ByHand,
            (Doing::Notify(..), _) => Grade::Tells,
            (_, Danger::Read) if part.is_declared_read() => Grade::Declared,
            (_, Danger::Read) => Grade::Reads,
            (_, Danger::Change) => Grade::Changes,
            (_, Danger::Destructive) => Grade::Destroys,
        }
    }

    /// What a part of it does, in a word or three.
    pub fn told(self) -> &'static str {
        match self {
            Grade::Reads => "reads only",
            Grade::Declared => "reads only, as declared",
            Grade::Changes => "changes",
            Grade::Destroys => "destroys",
            Grade::Tells => "tells a channel",
            Grade::ByHand => "by hand",
        }
    }
}

/// How many parts there are of each grade: `2 steps to change something`. Whether reading is declared is told at each.
pub fn totals(plan: &ProcedurePlan) -> Vec<(Grade, String)> {
    let count = |wanted: &[Grade]| plan.parts.iter().filter(|part| wanted.contains(&Grade::of(part))).count();
    let all = [
        (Grade::Reads, count(&[Grade::Reads, Grade::Declared]), "only to read"),
        (Grade::Changes, count(&[Grade::Changes]), "to change something"),
        (Grade::Destroys, count(&[Grade::Destroys]), "to destroy something"),
        (Grade::Tells, count(&[Grade::Tells]), "to tell a channel"),
        (Grade::ByHand, count(&[Grade::ByHand]), "by hand"),
    ];
    let told = all.into_iter().filter(|(_, count, _)| *count > 0);
    told.map(|(grade, count, does)| (grade, format!("{} {does}", several(count, "step")))).collect()
}

/// What is said of a way back that was permitted with the run.
pub const BY_ITSELF: &str = "by rule, once, when something fails";

/// What is said of a way back that is none of what is confirmed.
pub const OFFERED: &str = "offered when something fails; none of it begins unless somebody chooses it then";

/// What is said of one that can't be planned yet.
pub const TO_COME: &str = "what it does is shown when it is chosen, since it must know more by then";

/// The way back from a whole run: where it is written down, or that it is not.
pub fn way_back(plan: &ProcedurePlan, procedure: &Procedure) -> Option<Result<String, &'static str>> {
    // Its own section comes before the procedure that its front matter names.
    let own = procedure.sections.iter().any(|section| section.role == Role::Rollback);
    match &procedure.header.rollback {
        _ if own => Some(Ok("its own section Rollback".to_owned())),
        Some(name) => Some(Ok(format!("the procedure {name}"))),
        None if plan.whole && plan.danger() > Danger::Read => Some(Err("none is written down")),
        None => None,
    }
}

/// What of the procedure it is, where that is not the whole.
pub fn stage(plan: &ProcedurePlan) -> Option<&'static str> {
    (plan.purpose == Purpose::Judge).then_some("its gate alone; the rest is planned and shown when that is passed")
}

/// The lock that it takes before its first change: where, or that nothing keeps others away although it should.
pub fn lock(plan: &ProcedurePlan) -> Option<Result<String, String>> {
    let changes = plan.danger() > Danger::Read;
    match &plan.lock {
        LockWanted::On(host) if changes => Some(Ok(format!("taken on {host} before its first change"))),
        LockWanted::Nowhere if changes => {
            Some(Err(format!("{} has no lock_host, so nothing keeps others away", plan.environment)))
        }
        LockWanted::No | LockWanted::On(_) | LockWanted::Nowhere => None,
    }
}

/// Windows or a freeze that will hold it up before its first change; nothing where they are open, or say nothing of it.
pub fn held_up(plan: &ProcedurePlan, windows: &Windows, now: Timestamp) -> Option<String> {
    let forward = matches!(plan.purpose, Purpose::Forward | Purpose::Judge);
    // What its gate lets through changes something.
    let changes = plan.danger() > Danger::Read || plan.purpose == Purpose::Judge;
    if !(forward && changes && windows.hold_for(plan.kind)) {
        return None;
    }
    let opening = windows.at(now);
    (!opening.is_open()).then(|| format!("{}; {STOPS}", opening.told(now)))
}

/// Why a part will be skipped, by what was decided already; nothing where that does not say so.
pub fn skipped(part: &PlannedPart, decided: &BTreeMap<PartId, String>) -> Option<String> {
    let known = |name: &str| decided.iter().find(|(id, _)| id.as_str() == name).map(|(_, word)| word.as_str());
    let terms = part.options.when.0.iter().map(|term| Terms(vec![term.clone()]));
    let mut failed = terms.filter_map(|term| {
        let name = term.names().next().map(str::to_owned)?;
        let word = known(&name)?;
        (!term.hold(known)).then(|| format!("will be skipped: {} is {}", safe(&name), safe(word)))
    });
    failed.next()
}

/// The decision that says what becomes of the database where older code comes back.
const DATABASE: &str = "database";

/// That the database stays as it is, because that was decided: of every part that waits for the other way nothing is done.
pub fn database_stays(plan: &ProcedurePlan, decided: &BTreeMap<PartId, String>) -> Option<String> {
    let (_, word) = decided.iter().find(|(id, _)| id.as_str() == DATABASE)?;
    let mut others = plan.parts.iter().filter(|part| part.options.when.names().any(|name| name == DATABASE)).peekable();
    others.peek()?;
    others.all(|part| skipped(part, decided).is_some()).then(|| format!("stays as it is: {} was chosen", safe(word)))
}

/// What a closed window does to a run.
const STOPS: &str = "it stops before its first change";

/// Jobs with the same command, together.
pub fn alike(jobs: &[Job]) -> Vec<(&Job, Vec<&Job>)> {
    let mut groups: Vec<(&Job, Vec<&Job>)> = Vec::new();
    for job in jobs {
        match groups.iter_mut().find(|(one, _)| one.script == job.script && one.become_root == job.become_root) {
            Some((_, all)) => all.push(job),
            None => groups.push((job, vec![job])),
        }
    }
    groups
}

/// A variable with its value, as a shell takes it, whatever the value holds.
pub fn assignment(name: &InputName, value: &str) -> String {
    format!("{name}={}", word(value))
}

/// A value that was found out, as it is read.
pub fn found(name: &InputName, value: &str) -> String {
    format!("{name}={}", safe(&word(value)))
}

/// As whom a job is done, behind its hosts.
pub fn whom(job: &Job) -> &'static str {
    match job.become_root {
        None => "",
        Some(BecomeRoot::Sudo) => ", as root by sudo",
        Some(BecomeRoot::AlreadyRoot) => ", as root, which the login is already",
        Some(BecomeRoot::Polkit) => ", as root if polkit allows it",
        Some(BecomeRoot::Never) => ", never as root",
    }
}

/// One row of a script as it runs. Everything in it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The folder in which it runs.
    Folder(String),
    /// A variable with its value, as one word of a shell.
    Value(InputName, String),
    /// A variable that is known when it runs.
    Later(InputName),
    /// A secret.
    Secret(InputName),
    /// The program that is given the text.
    With(String),
    /// A line of it.
    Line(String),
    /// What must print the weight afterwards.
    Weight(String),
    /// What is not what it looks like, and what it is.
    Odd(String, &'static str),
}

/// A script as it runs: what its variables hold, then its text.
pub fn rows(script: &Script) -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(script.folder.as_ref().map(|folder| Row::Folder(exact(&word(folder)).join("␊"))));
    rows.extend(script.variables.iter().map(|(name, value)| Row::Value(name.clone(), safe(&word(value)))));
    rows.extend(script.captured.iter().cloned().map(Row::Later));
    rows.extend(script.secrets.iter().cloned().map(Row::Secret));
    rows.extend(script.with.as_ref().map(|with| Row::With(exact(with).join("␊"))));
    rows.extend(exact(script.text.trim_end_matches(['\n', ' ', '\t'])).into_iter().map(Row::Line));
    rows.extend(script.get.iter().flat_map(|get| exact(get)).map(Row::Weight));
    let odd = disguises(&script.text).into_iter().take(DISGUISES);
    rows.extend(odd.map(|one| Row::Odd(one.token, one.what)));
    rows
}

/// What is to be known of a part beside its commands.
pub fn notes(part: &PlannedPart, procedure: Option<&Procedure>, expected: Option<Duration>) -> Vec<String> {
    let options = &part.options;
    let mut notes = Vec::new();
    notes.extend(done(part));
    notes.extend(part.misread.as_ref().map(|why| format!("done by hand, because it was misread: {}", safe(why))));
    notes.extend(part.edited.as_ref().map(|_| "with a command that was edited for this run".to_owned()));
    let condition = terms(&options.when);
    notes.extend((!condition.is_empty()).then(|| format!("only when {condition}")));
    // Of services that are started anew several stand on one host.
    let services = matches!(part.doing, Doing::Restart(_));
    notes.extend((part.jobs.len() > 1).then(|| match part.at_once {
        1 if services => "one after the other".to_owned(),
        1 => "one host after the other".to_owned(),
        count if services => format!("{} at once at most, in the order of what they need", count.min(part.jobs.len())),
        count if count >= part.jobs.len() => "all hosts at once".to_owned(),
        count => format!("{count} hosts at once"),
    }));
    notes.extend(options.terminal.then(|| "needs a terminal".to_owned()));
    notes.extend((options.timeout != TIMEOUT).then(|| format!("at most {}", seconds(options.timeout))));
    notes.extend(match options.on_error {
        OnError::Ask => None,
        OnError::Skip if part.role == Role::Gate => None,
        OnError::Skip => Some("skipped when it fails".to_owned()),
        OnError::Abort => Some("its failure ends the run".to_owned()),
        OnError::Rollback => Some("when it fails, the rollback is offered first".to_owned()),
    });
    if part.role == Role::Gate {
        let judged = options.evidence && part.kind != "ask";
        notes.extend(judged.then(|| "a person judges what it fetches".to_owned()));
        notes.extend(options.expires.map(|time| format!("counts for {}", seconds(time))));
        notes.extend(options.waiver.as_ref().map(|role| format!("may be waived by the role {role}")));
    }
    let tries = options.retries;
    notes.extend((tries > 0).then(|| format!("tried {tries} times more, every {}", seconds(options.every))));
    notes.extend(options.capture.as_ref().map(|name| format!("what it prints becomes ${name}")));
    let titled = |id: &PartId| match procedure.and_then(|procedure| procedure.part(id)) {
        Some(part) => format!("{id} ({})", part.title.plain()),
        None => id.to_string(),
    };
    notes.extend(options.undo.as_ref().map(|undo| format!("undone by {}", titled(undo))));
    notes.extend(expected.map(|time| format!("took {} before", measured(time))));
    notes
}

/// What is done, where that is no command. That an item is a person's is told by its grade.
fn done(part: &PlannedPart) -> Option<String> {
    let options = &part.options;
    match &part.doing {
        Doing::Check(service, probe) => Some(format!("until {service}/{probe} passes")),
        Doing::Fact(fact) => Some(format!("finds out by itself: {}", safe(&fact.told()))),
        Doing::Approve(quorum) => Some(format!("approvals of this plan: {}", quorum.told())),
        Doing::Hold(time, None) => Some(format!("waits {}", seconds(*time))),
        Doing::Hold(time, Some(guard)) => Some(format!("waits {} while {}", seconds(*time), guarded(guard))),
        Doing::Decide(ways) => {
            let words: Vec<String> = ways.iter().map(|way| safe(&way.word)).collect();
            Some(format!("a person chooses: {}", words.join(", ")))
        }
        Doing::Prompt(names) => {
            let names: Vec<&str> = names.iter().map(InputName::as_str).collect();
            Some(format!("asks for {}", names.join(", ")))
        }
        Doing::Notify(channel, text) => Some(match part.silent {
            Some(silent) if part.kind == "notify" => {
                format!("tells nobody, because {}: {}", silent.why(&safe(channel)), announced(part, text))
            }
            Some(silent) => {
                format!("done by hand, because {}. Tell them: {}", silent.why(&safe(channel)), announced(part, text))
            }
            None if options.todo => format!("done by hand: what tells {} is still missing", safe(channel)),
            None => format!("tells {}: {}", safe(channel), announced(part, text)),
        }),
        Doing::Ask if part.misread.is_some() => None,
        Doing::Run(language, _) if part.kind == "ask" && !options.todo && !language.is_shell() => {
            Some(format!("done by hand: no program is named that takes {}", language.word()))
        }
        Doing::Ask if options.todo => Some("its command is still missing".to_owned()),
        Doing::Ask if options.evidence => Some("says what was seen".to_owned()),
        Doing::Ask => None,
        Doing::Run(..) if options.todo => Some("done by hand: its command is still missing".to_owned()),
        Doing::Shift(..) => options.guarded.as_deref().map(shifted),
        Doing::Run(..) | Doing::Request(..) | Doing::Restart(_) | Doing::Call(..) => None,
    }
}

/// What a channel will be told, as far as that is known, and what of it is not.
fn announced(part: &PlannedPart, words: &Phrase) -> String {
    let known = |name: &InputName| {
        let variables = part.jobs.first().map_or(&[][..], |job| &job.script.variables);
        variables.iter().find(|(one, _)| one == name).map(|(_, value)| notice::value(value))
    };
    let told = safe(&words.told(|name| known(name).unwrap_or_else(|| format!("${name}"))));
    let list = |names: &[InputName]| names.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", ");
    let later: Vec<InputName> = words.names().into_iter().filter(|name| known(name).is_none()).collect();
    let plain = words.pieces().iter().filter_map(|piece| match piece {
        Piece::Plain(text) => Some(text.as_str()),
        Piece::Variable(_) => None,
    });
    let nothing: Vec<InputName> = plain.flat_map(|text| Phrase::read(text).names()).collect();
    let mut notes = Vec::new();
    if !later.is_empty() {
        notes.push(format!("{} {} known when it runs", list(&later), if later.len() == 1 { "is" } else { "are" }));
    }
    if !nothing.is_empty() {
        let (be, stay) = if nothing.len() == 1 { ("is", "stays") } else { ("are", "stay") };
        notes.push(format!("{} {be} nothing that is known, and {stay} as written", list(&nothing)));
    }
    if notes.is_empty() { told } else { format!("{told} ({})", notes.join("; ")) }
}

/// What a guard judges, when it ends, and that it is the console that judges.
fn guarded(guard: &Guard) -> String {
    let names: Vec<String> = guard.probes.iter().map(|(service, name)| format!("{service}/{name}")).collect();
    format!(
        "{} hold, asked every {}; ends when more than {} fail, {} prove nothing or {} in a row can't be asked; while no \
         console is there nobody judges",
        names.join(", "),
        seconds(guard.interval),
        guard.failures,
        guard.inconclusive,
        guard.errors
    )
}

/// How a shift is guarded.
fn shifted(guarded: &Guarded) -> String {
    let back = match guarded.back {
        SendBack::To(weight) => format!("to {weight}"),
        SendBack::Before => "to the weight before".to_owned(),
    };
    let alone = match guarded.deadman {
        Some(within) => {
            format!("; its host sends it back too when it hears nothing of the console for {}", seconds(within))
        }
        None => "; then the weight stays as it is, and whoever goes on with the run judges it first".to_owned(),
    };
    format!(
        "each weight is held {} while {}{alone}; what does not pass is sent back {back} by itself",
        seconds(guarded.hold),
        self::guarded(&guarded.guard)
    )
}

/// When a command of a part is not simply its turn, in words.
pub fn occasion(job: &Job) -> &'static str {
    match job.script.shifts {
        Some(Shifts::Back(..)) => ", by itself, only when a weight did not pass",
        Some(Shifts::Judged(_)) | None => "",
    }
}

/// A condition in words; empty where there is none.
pub fn terms(when: &Terms) -> String {
    let one = |term: &Term| match term {
        Term::Is(name) => safe(name),
        Term::Not(name) => format!("not {}", safe(name)),
        Term::Equals(name, value) => format!("{} is {}", safe(name), safe(value)),
        Term::Differs(name, value) => format!("{} is not {}", safe(name), safe(value)),
    };
    when.0.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// How long it may take, and how long it took before as far as that is known of its parts.
pub fn times(plan: &ProcedurePlan, expected: impl Fn(&PartId) -> Option<Duration>) -> Option<String> {
    let times: Vec<Option<Duration>> = plan.parts.iter().map(|part| expected(&part.part)).collect();
    let known: Duration = times.iter().flatten().sum();
    let usual = match times.iter().flatten().count() {
        0 => None,
        count if count == times.len() => Some(format!("usually takes {}", measured(known))),
        count => Some(format!("usually takes {} for {count} of its parts", measured(known))),
    };
    let budget = plan.budget.map(|budget| format!("may take {}", seconds(budget)));
    let said: Vec<String> = budget.into_iter().chain(usual).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

pub(super) fn safe(text: &str) -> String {
    Foreign::from(text).plain()
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds if seconds < 120 => format!("{seconds} s"),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// A time that was taken, as a person reads it: `0.4 s`, `12 s`, `3 min 5 s`.
pub fn measured(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        _ => seconds(time),
    }
}

pub(super) fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
