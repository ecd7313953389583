//! What becomes of a step that did not end well: by a flag, or by whoever sits at the terminal.

use super::follow::{Decided, Session};
use super::{OnFailure, answers, told};
use crate::cli::{Exit, output};
use crate::domain::permit::Confirm;
use crate::domain::procedure::{Doing, HERE, Part, Role};
use crate::domain::{HostName, PartId, Procedure, RoleName, Run};
use crate::engine::transport::RuntimeDir;
use crate::port::Effect;
use crate::port::procedure::{Decision, Evidence};
use crate::state::procedures::{Choice, Chosen, again, commanded, done_before_word, find_part, is_of, once_more, plan};
use crate::text::Foreign;

/// How often `--on-failure retry` tries a step again.
const TRIES: u32 = 3;

/// What can be done about one step.
struct Ways {
    part: Option<PartId>,
    on_host: bool,
    editable: Option<String>,
    undo: bool,
    back: bool,
    unknown: bool,
    /// Whether it is part of a gate, and the role that may waive it.
    gate: Option<Option<RoleName>>,
}

impl Ways {
    fn question(&self, host: &str) -> String {
        let mut ways = vec!["[r]etry"];
        match &self.gate {
            Some(waiver) => ways.extend(waiver.as_ref().map(|_| "[w]aive REASON")),
            None => {
                ways.extend(self.editable.as_ref().map(|_| "[e]dit and retry"));
                ways.extend(["[c]heck again", "[s]kip REASON", "[m]ark done REASON"]);
            }
        }
        ways.extend(self.undo.then_some("[u]ndo"));
        ways.extend(self.back.then_some("roll [b]ack"));
        let leave = format!("[l]eave {host} out");
        ways.extend(self.on_host.then_some(leave.as_str()));
        ways.extend(["[o]pen a shell", "[a]bort REASON", "[q]uit and leave it open"]);
        format!("{}: ", ways.join(", "))
    }
}

impl Session<'_> {
    /// Decides by the flag, or asks.
    pub(super) async fn failure(
        &mut self,
        run: &Run,
        number: usize,
        evidence: &Evidence,
        words: &str,
        unknown: bool,
    ) -> Result<Decided, Exit> {
        let decide = |decision| Ok(Decided::Send(Effect::Decide(run.id.clone(), decision)));
        let part = run.steps.get(number).and_then(|step| step.part.clone());
        if let Some(part) = part.filter(|part| self.is_gate(part).is_some()) {
            if let Some(why) = self.waiver_of(&part, number)? {
                return decide(Decision::Waive(part, why));
            }
            // Whoever goes on with a run that waited for approvals does so because there are some now, or because what was
            // approved is there again: what says what is released is looked at first.
            let approves = self.is(&part, |part| matches!(part.doing, Doing::Approve(_)));
            let resumed = self.args.resume.is_some() && approves && !unknown;
            let says = if resumed { self.says_what_is_released() } else { Vec::new() };
            if let Some(part) = says.into_iter().find(|part| self.shown.insert(format!("again {part}"))) {
                return decide(Decision::Recheck(Some(part)));
            }
            if resumed && self.shown.insert(format!("approvals of {number}")) {
                return decide(Decision::Recheck(Some(part)));
            }
            // A gate is not gone round: what was meant for a step that failed is not meant for it.
            let goes_round = matches!(self.args.on_failure, OnFailure::Skip | OnFailure::Rollback);
            if goes_round && !self.attended {
                return Ok(Decided::Nobody);
            }
        }
        match self.args.on_failure {
            OnFailure::Abort => decide(Decision::End(format!("{words} (--on-failure abort)"))),
            OnFailure::Skip => decide(Decision::Skip(number, format!("{words} (--on-failure skip)"))),
            OnFailure::Retry if !unknown => {
                let tried = self.retried.entry(number).or_default();
                *tried += 1;
                if *tried > TRIES {
                    return Ok(Decided::Nobody);
                }
                let Some(choice) = once_more(run, number) else { return Ok(Decided::Nobody) };
                Ok(self.more(run, choice).await?.unwrap_or(Decided::Nobody))
            }
            // Nothing was done: whoever goes on with the run when that is mended finishes the way back.
            OnFailure::Rollback if !unknown && self.is_not_taken_back(run, number) => Ok(Decided::Nobody),
            OnFailure::Rollback if self.rolled => {
                decide(Decision::End(format!("{words}; it was rolled back (--on-failure rollback)")))
            }
            // What is done to take it back did not end well, whoever began that: it is not begun once more by itself.
            OnFailure::Rollback if !unknown && self.goes_back(run) => {
                decide(Decision::End(format!("{words}, on the way back (--on-failure rollback)")))
            }
            OnFailure::Rollback if !unknown => {
                self.rolled = true;
                if !self.procedure().is_some_and(|procedure| has_way_back(&procedure)) {
                    return decide(Decision::End(format!("{words}, and there is no way back to run")));
                }
                Ok(self.more(run, back(run, Chosen::Rollback)).await?.unwrap_or(Decided::Nobody))
            }
            OnFailure::Ask | OnFailure::Retry | OnFailure::Rollback if self.attended && !self.args.json => {
                if self.shown.insert(format!("{words} {number}")) {
                    output::print(&format!("{words}\n{}", told::evidence(evidence)))?;
                }
                self.menu(run, number, unknown).await
            }
            OnFailure::Ask | OnFailure::Retry | OnFailure::Rollback => Ok(Decided::Nobody),
        }
    }

    /// The parts of the gate that find out what is released.
    fn says_what_is_released(&self) -> Vec<PartId> {
        let Some(procedure) = self.procedure() else { return Vec::new() };
        let names = procedure.header.release.iter().flat_map(|release| release.names());
        let names: Vec<_> = names.map(|(_, name)| name).collect();
        let says = |part: &&Part| part.options.capture.as_ref().is_some_and(|name| names.contains(&name));
        let parts = procedure.parts.iter().filter(says).filter(|part| procedure.role(part) == Role::Gate);
        parts.map(|part| part.id.clone()).collect()
    }

    fn ways(&self, run: &Run, number: usize, unknown: bool) -> Option<Ways> {
        let step = run.steps.get(number)?;
        let procedure = self.procedure();
        let found = procedure.as_ref().zip(step.part.as_ref()).and_then(|(procedure, id)| {
            find_part(procedure, &self.prepared.environment, id).map(|(_, part)| part.clone())
        });
        // What was edited before is edited further.
        let last = |part| step.edited.as_deref().or(commanded(part)).map(str::to_owned);
        let editable = found.as_ref().filter(|part| !unknown && commanded(part).is_some()).and_then(last);
        Some(Ways {
            part: step.part.clone(),
            on_host: step.host.as_str() != HERE,
            editable,
            undo: found.is_some_and(|part| part.options.undo.is_some()),
            back: procedure.is_some_and(|procedure| has_way_back(&procedure)) && !self.goes_back(run),
            unknown,
            gate: step.part.as_ref().and_then(|part| self.is_gate(part)),
        })
    }

    /// Whether a part is of a gate, and which role may waive it.
    pub(super) fn is_gate(&self, id: &PartId) -> Option<Option<RoleName>> {
        let procedure = self.procedure()?;
        let (_, part) = find_part(&procedure, &self.prepared.environment, id)?;
        let waiver = part.options.waiver.clone();
        let outer = procedure.parts.iter().find(|own| own.id == *id || is_of(id, &own.id))?;
        (procedure.role(outer) == Role::Gate).then_some(waiver)
    }

    async fn menu(&mut self, run: &Run, number: usize, unknown: bool) -> Result<Decided, Exit> {
        let (Some(ways), Some(step)) = (self.ways(run, number, unknown), run.steps.get(number).cloned()) else {
            return Ok(Decided::Nobody);
        };
        loop {
            let Some(typed) = self.ask(ways.question(step.host.as_str())).await? else { return Ok(Decided::Nobody) };
            let (word, why) = typed.trim().split_once(' ').unwrap_or((typed.trim(), ""));
            let why = why.trim().to_owned();
            let decision = match word {
                "r" | "retry" => {
                    if ways.unknown {
                        output::complain("whether it happened is not known: it may be done twice then");
                    }
                    let Some(choice) = once_more(run, number) else { continue };
                    match self.more(run, choice).await? {
                        Some(decided) => return Ok(decided),
                        None => continue,
                    }
                }
                "e" | "edit" if ways.gate.is_none() => {
                    let Some(text) = &ways.editable else { continue };
                    let Some(command) = self.edited(text).await? else { continue };
                    let Some(mut choice) = once_more(run, number) else { continue };
                    if let Chosen::Parts(parts) = &mut choice.what {
                        parts.iter_mut().for_each(|part| part.command = Some(command.clone()));
                    }
                    match self.more(run, choice).await? {
                        Some(decided) => return Ok(decided),
                        None => continue,
                    }
                }
                "u" | "undo" | "b" | "back" | "rollback" => {
                    let what = match (word, &ways.part) {
                        ("u" | "undo", Some(part)) if ways.undo => Chosen::Undo(part.clone()),
                        ("b" | "back" | "rollback", _) if ways.back => Chosen::Rollback,
                        _ => {
                            output::complain("the document names no way back for this");
                            continue;
                        }
                    };
                    match self.more(run, back(run, what)).await? {
                        Some(decided) => return Ok(decided),
                        None => continue,
                    }
                }
                "o" | "open" | "shell" if ways.on_host => return Ok(Decided::Shell(step.host.clone())),
                "o" | "open" | "shell" => {
                    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
                    self.lend(vec![shell]).await;
                    continue;
                }
                "w" | "waive" if ways.gate.as_ref().is_some_and(Option::is_some) => {
                    match (&ways.part, why.is_empty()) {
                        (Some(part), false) => Decision::Waive(part.clone(), why),
                        (Some(_) | None, _) => {
                            output::complain("say why, behind the word");
                            continue;
                        }
                    }
                }
                "s" | "skip" | "m" | "mark" | "e" | "edit" | "c" | "check" if ways.gate.is_some() => {
                    output::complain("a gate is not gone round: the item passes, or is waived by whoever may");
                    continue;
                }
                "c" | "check" => Decision::CheckAgain(number),
                "s" | "skip" if !why.is_empty() => Decision::Skip(number, why),
                "m" | "mark" if !why.is_empty() => Decision::MarkDone(number, why),
                "l" | "leave" if ways.on_host => Decision::LeaveOut(step.host.clone()),
                "a" | "abort" => Decision::Abort(why),
                "q" | "quit" => return Ok(Decided::Nobody),
                "s" | "skip" | "m" | "mark" => {
                    output::complain("say why, behind the word");
                    continue;
                }
                _ => continue,
            };
            return Ok(Decided::Send(Effect::Decide(run.id.clone(), decision)));
        }
    }

    /// The rest of a run whose gate is passed: shown, and with a permit of its own.
    pub(super) async fn go(&mut self, run: &Run) -> Result<Decided, Exit> {
        if self.args.gate {
            return Ok(Decided::Nobody);
        }
        let mut choice = back(run, Chosen::Rest);
        for word in &self.args.host {
            choice.hosts.extend(HostName::new(word).ok().filter(|host| !choice.hosts.contains(host)));
        }
        // What the gate checks once more may block the rest: nothing of that is waited for.
        Ok(match self.more(run, choice).await? {
            Some(Decided::More(effect, _)) => Decided::Send(effect),
            Some(decided) => decided,
            None => Decided::Nobody,
        })
    }

    /// More of the run, with a permit of its own; nothing when it is not to be sent after all.
    async fn more(&mut self, run: &Run, mut choice: Choice) -> Result<Option<Decided>, Exit> {
        let Some(procedure) = self.procedure() else { return Ok(None) };
        let environment = std::sync::Arc::clone(&self.prepared.environment);
        let mut answers = again(run, &procedure, &environment);
        if choice.what == Chosen::Rest {
            // What the rest wants to know beside what the gate was told.
            for (name, value) in self.args.input.iter().filter_map(|word| word.split_once('=')) {
                answers.values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
            answers.left.extend(self.args.leave.iter().cloned());
        }
        let plan = loop {
            match plan(&procedure, &environment, &answers, &choice) {
                Ok(plan) => break plan,
                Err(missing) if self.attended && !self.args.json && missing.wrong.is_empty() => {
                    if !answers::ask(&missing, &mut answers, &mut choice, &environment)? {
                        return Ok(None);
                    }
                }
                Err(missing) => {
                    output::complain(&missing.sentences().join("; "));
                    return Ok(None);
                }
            }
        };
        if !self.args.json && self.args.on_failure != OnFailure::Retry {
            let mut decided = self.prepared.decided.clone();
            decided.extend(answers.decided.clone());
            // What is confirmed anew is what is left.
            let is_rest = choice.what == Chosen::Rest;
            let done = if is_rest { done_before_word(run) } else { Default::default() };
            let text = told::plan(&plan.without(&done), &self.prepared, (&decided, &answers.captured));
            if is_rest && self.shown_rest.as_ref() == Some(&text) {
                output::print("To be confirmed once more; the plan is the one that was shown.\n")?;
            } else {
                output::print(&text)?;
                self.shown_rest = is_rest.then_some(text);
            }
        }
        let parts = plan.parts.iter().map(|part| part.part.clone()).collect();
        let Some(permit) = self.permit(Confirm::new(plan)).await? else { return Ok(None) };
        Ok(Some(Decided::More(Effect::Conduct(Box::new(permit)), parts)))
    }

    /// Another command for once: from the person's editor, else from a line.
    async fn edited(&mut self, text: &str) -> Result<Option<String>, Exit> {
        let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok());
        let Some(editor) = editor.filter(|editor| !editor.trim().is_empty()) else {
            for line in text.lines() {
                output::print(&format!("  {}\n", Foreign::from(line).plain()))?;
            }
            let typed = self.ask("Instead (one line; enter: nothing is tried; $EDITOR for more): ".to_owned()).await?;
            return Ok(typed.filter(|typed| !typed.trim().is_empty()));
        };
        let folder = match RuntimeDir::create() {
            Ok(folder) => folder,
            Err(why) => {
                output::complain(&format!("there is no private folder for an editor: {why}"));
                return Ok(None);
            }
        };
        let file = folder.path().join("command.sh");
        if let Err(error) = std::fs::write(&file, text) {
            output::complain(&format!("the command can't be written for an editor: {error}"));
            return Ok(None);
        }
        let words = ["/bin/sh", "-c", "exec $0 \"$1\"", &editor];
        let mut program: Vec<std::ffi::OsString> = words.iter().map(Into::into).collect();
        program.push(file.clone().into_os_string());
        self.lend(program).await;
        match std::fs::read_to_string(&file) {
            Ok(edited) if edited.trim().is_empty() || edited.trim_end() == text.trim_end() => {
                output::complain("nothing was changed, so nothing is tried");
                Ok(None)
            }
            Ok(edited) => Ok(Some(edited)),
            Err(error) => {
                output::complain(&format!("what was edited can't be read: {error}"));
                Ok(None)
            }
        }
    }
}

/// A way back, on the hosts of the run.
fn back(run: &Run, what: Chosen) -> Choice {
    let mut hosts: Vec<HostName> = Vec::new();
    for step in run.steps.iter().filter(|step| step.host.as_str() != HERE) {
        if !hosts.contains(&step.host) {
            hosts.push(step.host.clone());
        }
    }
    Choice { what, hosts, only: Vec::new(), run: Some(run.id.clone()) }
}

fn has_way_back(procedure: &Procedure) -> bool {
    procedure.header.rollback.is_some() || procedure.sections.iter().any(|section| section.role == Role::Rollback)
}
