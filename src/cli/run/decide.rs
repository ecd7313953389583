//! What is decided about a run at the command line: by flags, or by whoever sits at the terminal.

use super::follow::{Session, typed};
use super::{OnFailure, by_flags, pair, told};
use crate::cli::{Exit, change, choose, output};
use crate::domain::permit::{Confirm, Demand, Permit};
use crate::domain::{InputName, PartId, ProcedurePlan, Run};
use crate::port::Effect;
use crate::port::procedure::{Decision, Need, Told};
use crate::state::procedures::{again, once_more, plan};

impl Session<'_> {
    /// The permit, by the flags or by a person at the terminal.
    pub(super) async fn permit(&mut self, confirm: Confirm<ProcedurePlan>) -> Result<Permit<ProcedurePlan>, Exit> {
        let confirm = match by_flags(confirm, self.args) {
            Ok(permit) => return Ok(permit),
            Err(confirm) => *confirm,
        };
        let wanted = match confirm.demand() {
            Demand::Nothing | Demand::Yes => "--yes".to_owned(),
            Demand::Name(name) => format!("--confirm {name}"),
        };
        if self.args.yes || self.args.confirm.is_some() || !self.attended || self.args.json {
            let why = format!("not confirmed: {} needs {wanted}. Nothing was done.", confirm.plan().environment);
            return Err(choose::complain(Exit::Refused, &why));
        }
        let question = match confirm.demand() {
            Demand::Nothing | Demand::Yes => "Type y to do it: ".to_owned(),
            Demand::Name(name) => format!("This environment is protected. Type {name} to do it: "),
        };
        let typed = typed(question).await.unwrap_or_default();
        confirm.answer(&typed).map_err(|_| choose::complain(Exit::Refused, "not confirmed: nothing was done"))
    }

    /// What is decided by flags or a person. `None` when nobody can; `Some(None)` when nothing is to be sent.
    pub(super) async fn decision(
        &mut self,
        run: &Run,
        need: &Need,
        words: &str,
    ) -> Result<Option<Option<Effect>>, Exit> {
        let decide = |decision| Some(Some(Effect::Decide(run.id.clone(), decision)));
        match need {
            Need::Tick(part) => {
                let note = self.flag(self.args.tick.as_slice(), part, "--tick PART=NOTE")?;
                let note = match note {
                    Some(note) => Some(note),
                    None => self.ask(format!("{words}. Note (enter: none, ctrl-d: not done): ")).await,
                };
                Ok(note.and_then(|note| decide(Decision::Tick(part.clone(), note))))
            }
            Need::Choose(part) => {
                let word = match self.flag(self.args.answer.as_slice(), part, "--answer PART=WORD")? {
                    Some(word) => Some(word),
                    None => self.ask(format!("{words}. Word: ")).await,
                };
                Ok(word.and_then(|word| decide(Decision::Choose(part.clone(), word))))
            }
            Need::Tell(names) => {
                let mut told = Vec::new();
                for name in names {
                    let given = self.args.input.iter().filter_map(|word| word.split_once('='));
                    let given = given
                        .filter(|(known, _)| *known == name.as_str())
                        .map(|(_, value)| value.to_owned())
                        .next_back();
                    let value = match given {
                        Some(value) => value,
                        None if self.is_secret(run, name) => {
                            let words = format!("{name}: ");
                            let typed = match self.attended && !self.args.json {
                                true => tokio::task::spawn_blocking(move || change::read_secret(&words))
                                    .await
                                    .ok()
                                    .flatten(),
                                false => None,
                            };
                            let Some(typed) = typed else { return Ok(None) };
                            told.push((name.clone(), Told::Secret(typed)));
                            continue;
                        }
                        None => match self.ask(format!("{name}: ")).await {
                            Some(value) => value,
                            None => return Ok(None),
                        },
                    };
                    told.push((name.clone(), Told::Open(value)));
                }
                Ok(decide(Decision::Tell(told)))
            }
            Need::Failure(number, evidence) | Need::Unknown(number, evidence) => match self.args.on_failure {
                OnFailure::Abort => Ok(decide(Decision::Abort(format!("{words} (--on-failure abort)")))),
                OnFailure::Skip => Ok(decide(Decision::Skip(*number, format!("{words} (--on-failure skip)")))),
                OnFailure::Ask if self.attended && !self.args.json => {
                    output::print(&format!("{words}\n{}", told::evidence(evidence)))?;
                    self.menu(run, *number).await
                }
                OnFailure::Ask => Ok(None),
            },
            Need::Terminal(number) if self.attended => Ok(decide(Decision::TakeTerminal(*number))),
            Need::Terminal(_) => Ok(None),
            Need::Paused => {
                let typed = self.ask(format!("{words}. Type y to go on: ")).await;
                Ok(typed.filter(|typed| typed == "y").and_then(|_| decide(Decision::Continue)))
            }
        }
    }

    /// Whether what a run waits for is a secret.
    fn is_secret(&self, run: &Run, name: &InputName) -> bool {
        let document = run.document.as_ref().and_then(|document| self.prepared.environment.procedure(&document.name));
        document.is_some_and(|document| document.header.inputs.iter().any(|input| input.name == *name && input.secret))
    }

    /// What a flag says of a part; it counts once.
    fn flag(&mut self, words: &[String], part: &PartId, form: &str) -> Result<Option<String>, Exit> {
        for word in words {
            let (name, value) = pair(word, form)?;
            if name == part.as_str() {
                return Ok(Some(value.to_owned()).filter(|_| self.flagged.insert(part.clone())));
            }
        }
        Ok(None)
    }

    async fn ask(&self, question: String) -> Option<String> {
        if self.attended && !self.args.json { typed(question).await } else { None }
    }

    /// The menu of a failure.
    async fn menu(&mut self, run: &Run, number: usize) -> Result<Option<Option<Effect>>, Exit> {
        loop {
            let question =
                "[r]etry, [c]heck again, [s]kip REASON, [m]ark done REASON, [l]eave this host out, [a]bort: ";
            let Some(typed) = self.ask(question.to_owned()).await else { return Ok(None) };
            let (word, why) = typed.split_once(' ').unwrap_or((typed.as_str(), ""));
            let why = why.trim().to_owned();
            let Some(step) = run.steps.get(number) else { return Ok(None) };
            let decision = match word {
                "r" | "retry" => match self.retry(run, number).await? {
                    Some(effect) => return Ok(Some(Some(effect))),
                    None => continue,
                },
                "c" | "check" => Decision::CheckAgain(number),
                "s" | "skip" if !why.is_empty() => Decision::Skip(number, why),
                "m" | "mark" if !why.is_empty() => Decision::MarkDone(number, why),
                "l" | "leave" => Decision::LeaveOut(step.host.clone()),
                "a" | "abort" => Decision::Abort(why),
                "s" | "skip" | "m" | "mark" => {
                    output::complain("say why, behind the word");
                    continue;
                }
                _ => continue,
            };
            return Ok(Some(Some(Effect::Decide(run.id.clone(), decision))));
        }
    }

    /// The same step once more, with a permit of its own.
    async fn retry(&mut self, run: &Run, number: usize) -> Result<Option<Effect>, Exit> {
        let environment = &self.prepared.environment;
        let procedure = run.document.as_ref().and_then(|document| environment.procedure(&document.name));
        let (Some(choice), Some(procedure)) = (once_more(run, number), procedure) else { return Ok(None) };
        match plan(procedure, environment, &again(run, procedure, environment), &choice) {
            Ok(plan) => Ok(Some(Effect::Conduct(Box::new(self.permit(Confirm::new(plan)).await?)))),
            Err(missing) => {
                output::complain(&missing.sentences().join("; "));
                Ok(None)
            }
        }
    }
}
