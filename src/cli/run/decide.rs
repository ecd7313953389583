//! What is decided about a run at the command line: by flags, or by whoever sits at the terminal.

use std::sync::Arc;

use super::follow::{Decided, Session};
use super::{answers, pair, told};
use crate::cli::{Exit, choose, output};
use crate::domain::permit::{Confirm, Demand, Permit};
use crate::domain::procedure::{Doing, Input};
use crate::domain::{InputName, PartId, Procedure, ProcedurePlan, Run};
use crate::port::procedure::{Decision, Need, Told};
use crate::port::{Effect, Secret};
use crate::state::procedures::sheet::is_automated;
use crate::state::procedures::{find_part, valid};
use crate::text::Foreign;

impl Session<'_> {
    /// The permit, by the flags or by a person at the terminal; nothing when the person does not give it.
    ///
    /// # Errors
    /// How the call ends when nobody can give it.
    pub(super) async fn permit(
        &mut self,
        confirm: Confirm<ProcedurePlan>,
    ) -> Result<Option<Permit<ProcedurePlan>>, Exit> {
        let confirm = match confirm.by_flags(self.args.yes, self.args.confirm.as_deref()) {
            Ok(permit) => return Ok(Some(permit)),
            Err(confirm) => *confirm,
        };
        let wanted = match confirm.demand() {
            Demand::Nothing | Demand::Yes => "--yes".to_owned(),
            Demand::Name(name) => format!("--confirm {name}"),
        };
        if self.args.yes || self.args.confirm.is_some() || !self.attended || self.args.json {
            let plan = confirm.plan();
            let why = match &plan.run {
                None => format!("not confirmed: {} needs {wanted}. Nothing was done.", plan.environment),
                Some(run) => format!(
                    "not confirmed: {} needs {wanted}. The run is left open; go on with: {}",
                    plan.environment,
                    self.resumption(run)
                ),
            };
            return Err(choose::complain(Exit::Refused, &why));
        }
        let question = match confirm.demand() {
            Demand::Nothing | Demand::Yes => "Type y to do it: ".to_owned(),
            Demand::Name(name) => format!("This environment is protected. Type {name} to do it: "),
        };
        let typed = self.ask(question).await?.unwrap_or_default();
        match confirm.answer(&typed) {
            Ok(permit) => Ok(Some(permit)),
            Err(_) => {
                output::complain("not confirmed: nothing was sent");
                Ok(None)
            }
        }
    }

    /// The procedure of the run.
    pub(super) fn procedure(&self) -> Option<Arc<Procedure>> {
        let name = self.run.as_ref().and_then(|run| run.document.as_ref()).map(|document| &document.name)?;
        self.prepared.environment.procedure(name).cloned()
    }

    /// What is decided by flags or a person. `refused` says that what the flags say was refused already.
    pub(super) async fn decision(
        &mut self,
        run: &Run,
        need: &Need,
        words: &str,
        refused: bool,
    ) -> Result<Decided, Exit> {
        let decide = |decision| Decided::Send(Effect::Decide(run.id.clone(), decision));
        match need {
            Need::Tick(part) => {
                if let Some(why) = self.waiver(part, refused)? {
                    return Ok(decide(Decision::Waive(part.clone(), why)));
                }
                let flag = self.flag(self.args.tick.as_slice(), part, "--tick PART=NOTE", refused)?;
                // What was fetched is judged without a note too; an item that wants evidence has nothing else.
                let evidence = self.is(part, |part| part.options.evidence && !is_automated(part));
                if let Some(note) = flag {
                    if evidence && note.trim().is_empty() {
                        output::complain(&format!("{part} wants a note: say what was seen"));
                    } else {
                        return Ok(decide(Decision::Tick(part.clone(), note)));
                    }
                }
                let enter = if evidence { "what you saw" } else { "enter: none" };
                loop {
                    let Some(note) = self.ask(format!("{words}. Note ({enter}; ctrl-d: not done): ")).await? else {
                        return Ok(Decided::Nobody);
                    };
                    if !evidence || !note.trim().is_empty() {
                        return Ok(decide(Decision::Tick(part.clone(), note)));
                    }
                }
            }
            Need::Choose(part) => {
                let procedure = self.procedure();
                let found =
                    procedure.as_ref().and_then(|one| find_part(one, &self.prepared.environment, part)).map(|(_, p)| p);
                let ways = match found.map(|part| &part.doing) {
                    Some(Doing::Decide(ways)) => ways.clone(),
                    Some(_) | None => Vec::new(),
                };
                let known = |word: &str| ways.is_empty() || ways.iter().any(|way| way.word == word);
                let all: Vec<&str> = ways.iter().map(|way| way.word.as_str()).collect();
                if let Some(word) = self.flag(self.args.answer.as_slice(), part, "--answer PART=WORD", refused)? {
                    if known(&word) {
                        return Ok(decide(Decision::Choose(part.clone(), word)));
                    }
                    output::complain(&format!("{part} has no way {word:?}; it has {}", all.join(", ")));
                }
                if self.attended && !self.args.json {
                    for way in &ways {
                        output::print(&format!("  {}: {}\n", way.word, way.about.plain()))?;
                    }
                }
                loop {
                    let Some(word) = self.ask(format!("{words}. {}: ", all.join(", "))).await? else {
                        return Ok(Decided::Nobody);
                    };
                    if known(word.trim()) {
                        return Ok(decide(Decision::Choose(part.clone(), word.trim().to_owned())));
                    }
                }
            }
            Need::Tell(names) => {
                let mut told = Vec::new();
                for name in names {
                    match self.value(name, refused).await? {
                        Some(value) => told.push((name.clone(), value)),
                        None => return Ok(Decided::Nobody),
                    }
                }
                Ok(decide(Decision::Tell(told)))
            }
            Need::Failure(number, evidence) => self.failure(run, *number, evidence, words, false).await,
            Need::Unknown(number, evidence) => self.failure(run, *number, evidence, words, true).await,
            Need::Terminal(number) if self.attended => Ok(decide(Decision::TakeTerminal(*number))),
            Need::Terminal(_) => Ok(Decided::Nobody),
            Need::Go if refused => Ok(Decided::Nobody),
            Need::Go => self.go(run).await,
            Need::Window(opening, _) if opening.is_open() => {
                let typed = self.ask(format!("{words}. Type y to go on: ")).await?;
                Ok(if typed.as_deref() == Some("y") { decide(Decision::Continue) } else { Decided::Nobody })
            }
            Need::Window(..) => match self.args.override_window.clone().filter(|_| !refused) {
                Some(why) => Ok(decide(Decision::Override(why))),
                None => Ok(Decided::Nobody),
            },
            Need::Paused => {
                let typed = self.ask(format!("{words}. Type y to go on: ")).await?;
                Ok(if typed.as_deref() == Some("y") { decide(Decision::Continue) } else { Decided::Nobody })
            }
        }
    }

    /// The value of an input that is wanted now.
    async fn value(&mut self, name: &InputName, refused: bool) -> Result<Option<Told>, Exit> {
        let input = self.input(name);
        let environment = Arc::clone(&self.prepared.environment);
        let why_not =
            |value: &str| input.as_ref().and_then(|input: &Input| valid(input, value, &environment, None).err());
        let secret = input.as_ref().is_some_and(|input| input.secret);
        if let Some(known) = self.prepared.secrets.get(name.as_str()).filter(|_| !refused) {
            return Ok(Some(Told::Secret(Secret::new(known.expose().to_vec()))));
        }
        let given = self.args.input.iter().filter_map(|word| word.split_once('='));
        let given = given.filter(|(known, _)| *known == name.as_str()).map(|(_, value)| value.to_owned()).next_back();
        if let Some(value) = given.filter(|_| !refused && !secret) {
            match why_not(&value) {
                None => return Ok(Some(Told::Open(value))),
                Some(why) => output::complain(&format!("{name} can't be that: {why}")),
            }
        }
        let about = input.as_ref().map(|input| input.about.plain()).filter(|about| !about.is_empty());
        let default = input.as_ref().and_then(|input| input.default.clone());
        let backups = self.backups(input.as_ref());
        if self.attended && !self.args.json && !secret {
            for (place, (one, note)) in backups.iter().enumerate() {
                let one = Foreign::from(one.as_str()).plain();
                output::complain(&format!("{:>4}  {one}  {note}", place + 1));
            }
        }
        let among: Vec<String> = backups.into_iter().map(|(one, _)| one).collect();
        let question = format!(
            "{name}{}{}: ",
            about.map(|about| format!(" ({about})")).unwrap_or_default(),
            default.as_ref().map(|default| format!(" [{default}]")).unwrap_or_default()
        );
        loop {
            if secret {
                if !self.attended || self.args.json {
                    return Ok(None);
                }
                return Ok(self.typed(question, true).await?.map(Told::Secret));
            }
            let Some(mut value) = self.ask(question.clone()).await? else { return Ok(None) };
            value = answers::chosen(&value, &among);
            if value.is_empty() {
                value = default.clone().unwrap_or_default();
            }
            match why_not(&value) {
                None => return Ok(Some(Told::Open(value))),
                Some(why) => output::complain(&format!("{name} can't be that: {why}")),
            }
        }
    }

    /// The recorded backups that an input may be, by what the run was given.
    fn backups(&self, input: Option<&Input>) -> Vec<(String, String)> {
        let (Some(input), Some(procedure)) = (input, self.procedure()) else { return Vec::new() };
        let document = self.run.as_ref().and_then(|run| run.document.as_ref());
        let given = document.map(|document| document.given.as_slice()).unwrap_or_default().iter();
        let given = given.filter_map(|given| Some((given.name.to_string(), given.value.clone()?))).collect();
        self.prepared.learned.backups(&procedure, input, &given)
    }

    /// The input of this name, as the procedure declares it.
    pub(super) fn input(&self, name: &InputName) -> Option<Input> {
        let procedure = self.procedure()?;
        procedure.header.inputs.iter().find(|input| input.name == *name).cloned()
    }

    pub(super) fn is(&self, part: &PartId, what: impl Fn(&crate::domain::procedure::Part) -> bool) -> bool {
        let procedure = self.procedure();
        let found = procedure.as_ref().and_then(|one| find_part(one, &self.prepared.environment, part));
        found.is_some_and(|(_, part)| what(part))
    }

    /// What `--waive` says of a part; it counts once.
    pub(super) fn waiver(&mut self, part: &PartId, refused: bool) -> Result<Option<String>, Exit> {
        self.flag(self.args.waive.as_slice(), part, "--waive PART=REASON", refused)
    }

    /// What `--waive` says of a step of a part that failed; it counts once for each, as of one item several hosts may fail.
    pub(super) fn waiver_of(&mut self, part: &PartId, number: usize) -> Result<Option<String>, Exit> {
        for word in &self.args.waive {
            let (name, value) = pair(word, "--waive PART=REASON")?;
            if name == part.as_str() {
                self.flagged.insert(part.clone());
                let once = self.shown.insert(format!("--waive {word} {number}"));
                return Ok(Some(value.to_owned()).filter(|_| once));
            }
        }
        Ok(None)
    }

    /// What a flag says of a part; it counts once.
    fn flag(&mut self, words: &[String], part: &PartId, form: &str, refused: bool) -> Result<Option<String>, Exit> {
        for word in words.iter().filter(|_| !refused) {
            let (name, value) = pair(word, form)?;
            if name == part.as_str() {
                return Ok(Some(value.to_owned()).filter(|_| self.flagged.insert(part.clone())));
            }
        }
        Ok(None)
    }

    /// What a run waits for, in words, and the flag that answers it.
    pub(super) fn need_told(&self, run: &Run, need: &Need) -> (String, String) {
        let title = |part: &PartId| {
            let procedure = self.procedure();
            let found = procedure.as_ref().and_then(|one| find_part(one, &self.prepared.environment, part));
            found.map(|(_, part)| part.title.plain()).unwrap_or_default()
        };
        let secret = |name: &InputName| self.input(name).is_some_and(|input| input.secret);
        let (words, flag) = told::need(run, need, title, secret);
        let stuck = match need {
            Need::Failure(number, _) | Need::Unknown(number, _) => run.steps.get(*number),
            Need::Tick(_) | Need::Choose(_) | Need::Tell(_) | Need::Terminal(_) => None,
            Need::Go | Need::Window(..) | Need::Paused => None,
        };
        // A gate is not gone round, so what goes round other failures is no answer here.
        let part = stuck.and_then(|step| step.part.as_ref());
        match part.and_then(|part| Some((part, self.is_gate(part)?))) {
            Some((part, Some(role))) => (
                words,
                format!("--on-failure retry or abort, or --waive {part}=REASON of somebody with the role {role}"),
            ),
            Some((_, None)) => (words, "--on-failure retry or abort; nothing goes round the gate".to_owned()),
            None => (words, flag),
        }
    }
}
