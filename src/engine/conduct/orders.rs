//! What a person decides about a run: checked by the course, recorded with their name, and only then true.

use std::sync::Arc;

use super::ledger::{Ledger, Lost};
use super::secrets::long_enough;
use super::task::{Order, Task};
use crate::domain::procedure::{Given, ProcedurePlan, Purpose};
use crate::domain::run::{Confirmed, Decided, Go, Overridden, REASON, RunStep, StepState, is_reason};
use crate::domain::{InputName, PartId, Permit};
use crate::engine::clock::Clock;
use crate::port::Event;
use crate::port::act::RunNews;
use crate::port::procedure::{Decision, Told};
use crate::text::Foreign;

impl Task {
    pub(super) async fn order(&mut self, order: Order) {
        let refused = match order {
            Order::Decide(decision) => {
                if let Err(sentence) = self.decide(decision).await {
                    self.kit.ledger.denied(sentence).await;
                }
                Ok(())
            }
            Order::Permit(permit) => self.permitted(*permit).await,
            Order::Stop => {
                // Whoever stops a run may go on with it: only an abort ends it.
                self.course.pause();
                self.under_way.values().for_each(|orders| orders.enough.cancel());
                Ok(())
            }
            Order::Leave => Ok(()),
        };
        if let Err(sentence) = refused {
            self.kit.ledger.trouble(sentence).await;
        }
    }

    async fn decide(&mut self, decision: Decision) -> Result<(), String> {
        match decision {
            Decision::Tick(part, note) => self.tick(&part, &note).await?,
            Decision::Untick(part) => {
                for (number, state) in self.course.may_untick(&part)? {
                    let mut step = self.step(number);
                    // What is judged stands beside its note: once it is judged anew nothing of it was taken back.
                    let is_judged = self.course.rule(number).is_some_and(|rule| rule.judged);
                    let note = if is_judged { String::new() } else { format!("taken back by {}", self.person) };
                    (step.by, step.note) = (None, note.into());
                    self.record(number, step, state).await;
                }
            }
            Decision::Waive(part, why) => self.waive(&part, &why).await?,
            Decision::Recheck(part) => {
                if let Some(why) = self.kit.place.files.changed(&self.kit.place.environment).await {
                    return Err(format!("Nothing was checked: {why}."));
                }
                for number in self.course.may_recheck(part.as_ref())? {
                    let mut step = self.step(number);
                    (step.by, step.reason, step.exit, step.value) = (None, None, None, None);
                    step.note = format!("checked again by {}", self.person).into();
                    self.evidence.remove(&number);
                    self.record(number, step, StepState::Planned).await;
                }
            }
            Decision::Choose(part, word) => {
                let number = self.course.may_choose(&part, &word)?;
                let mut step = self.signed(number, Foreign::default());
                step.value = Some(word);
                self.record(number, step, StepState::Verified).await;
            }
            Decision::Tell(told) => self.tell(told).await?,
            Decision::CheckAgain(number) => {
                self.course.check_again(number)?;
                self.evidence.remove(&number);
                // Whoever looks again may know more than before.
                self.denied.clear();
                self.begin(number, true).await;
            }
            Decision::MarkDone(number, why) => {
                self.course.may_mark(number)?;
                let step = self.signed(number, because(&why, "marking a step as done")?);
                self.record(number, step, StepState::Verified).await;
            }
            Decision::Skip(number, why) => {
                self.course.may_skip(number)?;
                let step = self.step(number);
                if step.state == StepState::Planned {
                    let part = step.part.map(|part| part.to_string()).unwrap_or_default();
                    self.may_be_left(&format!("{part} on {}", step.host))?;
                }
                let step = self.signed(number, self.given_up(number, because(&why, "skipping a step")?));
                self.record(number, step, StepState::Skipped).await;
            }
            Decision::LeaveOut(host) => {
                self.may_be_left(host.as_str())?;
                let numbers = self.course.leave_out(&host)?;
                let decided = Decided { left_out: vec![host.clone()], ..Decided::default() };
                self.keep(|ledger| async move { ledger.decide(decided).await }).await?;
                for number in numbers {
                    let why = self.given_up(number, format!("{host} was left out of this run").into());
                    let step = self.signed(number, why);
                    self.record(number, step, StepState::Skipped).await;
                }
            }
            Decision::Pause => self.course.pause(),
            Decision::Continue => self.course.go_on(),
            Decision::Cancel(number) => {
                let orders = self.under_way.get(&number);
                orders.ok_or_else(|| "That step is not under way.".to_owned())?.cancel.cancel();
            }
            Decision::Abort(why) => {
                let why = if why.trim().is_empty() { "no reason given" } else { why.trim() };
                self.course.halt(format!("the run was ended by {}: {why}", self.person));
                self.under_way.values().for_each(|orders| orders.cancel.cancel());
            }
            Decision::End(why) => {
                self.course.halt(format!("the run was ended by rule: {why}"));
                self.under_way.values().for_each(|orders| orders.cancel.cancel());
            }
            Decision::Override(why) => self.override_windows(&why).await?,
            Decision::TakeTerminal(number) => self.course.take_terminal(number)?,
        }
        Ok(())
    }

    /// The environment may be changed outside its windows: who allowed it and why is kept with the run.
    async fn override_windows(&mut self, why: &str) -> Result<(), String> {
        self.course.may_override()?;
        let environment = &self.kit.place.environment;
        let role = self.windows.role();
        let role = role.ok_or_else(|| format!("Nobody may override the windows of {}.", environment.name))?;
        if !environment.roles.has(&self.person, &role) {
            return Err(format!("Only the role {role} may override the windows, and {} has not got it.", self.person));
        }
        let why = because(why, "overriding the windows")?.plain();
        let overridden = Some(Overridden { by: self.person.clone(), why });
        let decided = Decided { overridden, ..Decided::default() };
        self.keep(|ledger| async move { ledger.decide(decided).await }).await?;
        self.course.override_windows();
        Ok(())
    }

    /// The step as this person's word makes it.
    fn signed(&self, number: usize, note: Foreign) -> RunStep {
        RunStep { by: Some(self.person.clone()), note, ..self.step(number) }
    }

    /// Why a step is not done any more, with what had become of it before.
    fn given_up(&self, number: usize, why: Foreign) -> Foreign {
        let step = self.step(number);
        let before = step.note.plain();
        if !step.was_tried() || before.is_empty() {
            return why;
        }
        format!("{}; before that: {before}", why.plain()).into()
    }

    async fn tick(&mut self, part: &PartId, note: &str) -> Result<(), String> {
        for number in self.course.may_tick(part)? {
            let is_judged = self.course.rule(number).is_some_and(|rule| rule.judged);
            let wants_note = self.planned.get(&number).is_some_and(|(part, _)| part.options.evidence) && !is_judged;
            if wants_note && note.trim().is_empty() {
                return Err(format!("{part} wants evidence: say in a note what you saw."));
            }
            let mut step = self.signed(number, note.trim().into());
            if is_judged && note.trim().is_empty() {
                // What a probe answered stays with what was said of it.
                step.note = self.step(number).note;
            }
            self.record(number, step, StepState::Verified).await;
        }
        Ok(())
    }

    /// An item of the gate is waived: what was wrong with it stays beside who waived it and why.
    async fn waive(&mut self, part: &PartId, why: &str) -> Result<(), String> {
        let roles = Arc::clone(&self.kit.place.environment.roles);
        let numbers = self.course.may_waive(part, |role| roles.has(&self.person, role))?;
        let why = because(why, "waiving an item of the gate")?;
        for number in numbers {
            let found = self.step(number).note;
            let note: Foreign = if found.is_empty() {
                why.clone()
            } else {
                [why.raw(), b" (found: ", found.raw(), b")"].concat().into()
            };
            let step = self.signed(number, note);
            self.record(number, step, StepState::Waived).await;
        }
        Ok(())
    }

    /// Inputs that were told: what may be kept is recorded, secrets stay in memory.
    async fn tell(&mut self, told: Vec<(InputName, Told)>) -> Result<(), String> {
        for (name, told) in &told {
            let input = self.later.iter().find(|input| input.name == *name);
            match told {
                Told::Secret(secret) => long_enough(name, secret.expose())?,
                Told::Open(value) if input.is_some_and(|input| input.secret) || self.is_secret(name) => {
                    long_enough(name, value.as_bytes())?;
                }
                Told::Open(_) => {}
            }
        }
        let mut given = Vec::new();
        for (name, told) in told {
            let input = self.later.iter().find(|input| input.name == name);
            match told {
                Told::Secret(secret) => {
                    if let Some(input) = input {
                        super::secrets::fits(input, &secret, &self.kit.place.environment)?;
                    }
                    given.push(Given { name: name.clone(), value: None });
                    self.know(name, Arc::new(secret));
                }
                Told::Open(value) if input.is_some_and(|input| input.secret) || self.is_secret(&name) => {
                    let secret = crate::port::Secret::new(value.into_bytes());
                    if let Some(input) = input {
                        super::secrets::fits(input, &secret, &self.kit.place.environment)?;
                    }
                    given.push(Given { name: name.clone(), value: None });
                    self.know(name, Arc::new(secret));
                }
                Told::Open(value) => {
                    if let Some(input) = input {
                        let environment = &self.kit.place.environment;
                        crate::state::procedures::valid(input, &value, environment, None)
                            .map_err(|why| format!("{name} can't be that: {why}."))?;
                    }
                    given.push(Given { name, value: Some(value) });
                }
            }
        }
        let told = given.clone();
        self.keep(|ledger| async move { ledger.give(told).await }).await?;
        self.course.give(&given);
        for number in self.course.may_tell() {
            let names = match self.course.rule(number).map(|rule| rule.asks.clone()) {
                Some(crate::domain::course::Asks::Tell(names)) => names,
                Some(_) | None => continue,
            };
            let known = |name: &InputName| {
                self.secrets.contains_key(name) || self.course.given().iter().any(|given| given.name == *name)
            };
            if names.iter().all(known) {
                let step = self.signed(number, Foreign::default());
                self.record(number, step, StepState::Verified).await;
            }
        }
        Ok(())
    }

    /// Records something that a person said of the run: an error when that can't be.
    async fn keep<F: Future<Output = Result<(), Lost>>>(
        &mut self,
        write: impl FnOnce(Ledger) -> F,
    ) -> Result<(), String> {
        match write(self.kit.ledger.clone()).await {
            Ok(()) => Ok(()),
            Err(Lost::Taken(by)) => {
                self.taken = Some(by);
                Ok(())
            }
            Err(Lost::Unrecorded(why)) => Err(format!("It can't be recorded, so it does not count: {why}.")),
        }
    }

    /// Whether the run was begun with this as a secret.
    fn is_secret(&self, name: &InputName) -> bool {
        self.course.given().iter().any(|given| given.name == *name && given.value.is_none())
    }

    /// More of the run, with a person's permit.
    async fn permitted(&mut self, permit: Permit<ProcedurePlan>) -> Result<(), String> {
        let plan = permit.plan();
        let document = self.kit.about.run.document.as_ref();
        if document.is_some_and(|document| document.digest != plan.digest) {
            let sentence = format!(
                "{} is not the document any more that this run is of: nothing was begun. Bring it back as it was, or end \
                 the run and begin a new one.",
                plan.procedure
            );
            self.kit.ledger.send(Event::Run(RunNews::Refused(sentence))).await;
            return Ok(());
        }
        let mut current = super::anew::is_current(plan, &self.kit.place).await;
        let mirror = self.kit.ledger.mirror.as_ref().map(super::mirroring::Mirroring::mirror);
        if let (Ok(()), Some(apart)) = (&current, super::clocks::apart(plan, mirror, &self.kit.place.clock).await) {
            current = Err(apart);
        }
        if let (Ok(()), Some(other)) = (&current, self.overtaken(plan).await) {
            current = Err(other);
        }
        if let Err(sentence) = current.and_then(|()| self.is_approved(plan)) {
            self.kit.ledger.send(Event::Run(RunNews::Refused(sentence))).await;
            return Ok(());
        }
        let confirmed = Confirmed { how: permit.how().word().to_owned(), by: self.person.clone() };
        if let Err(sentence) = self.take(plan, Some(confirmed)).await? {
            self.kit.ledger.send(Event::Run(RunNews::Refused(sentence))).await;
        }
        Ok(())
    }

    /// The way back begins by itself, as it was permitted with the run.
    pub(super) async fn turn_back(&mut self, number: usize) {
        let Some(plan) = self.course.way_back().cloned() else { return };
        let step = self.step(number);
        let what = step.part.as_ref().map(|part| format!("{part}{}", step.placed()));
        let what = what.unwrap_or_else(|| "a step".to_owned());
        let sentence = format!("it is rolled back by rule: {what} did not end well.");
        self.kit.ledger.trouble(sentence).await;
        let begun = match self.take(&plan, None).await {
            Ok(Ok(())) => return,
            Ok(Err(why)) | Err(why) => why,
        };
        self.course.forget_way_back();
        self.kit.ledger.trouble(format!("The way back could not begin by itself: {begun}")).await;
    }

    /// Takes in what was permitted, and how: the inner error says why the course does not take it.
    async fn take(&mut self, plan: &ProcedurePlan, confirmed: Option<Confirmed>) -> Result<Result<(), String>, String> {
        let known = |given: &&Given| !self.course.given().contains(given);
        let given: Vec<Given> = plan.given.iter().filter(known).cloned().collect();
        if !given.is_empty() {
            let told = given.clone();
            self.keep(|ledger| async move { ledger.give(told).await }).await?;
            self.course.give(&given);
        }
        let (before, waited) = (self.course.steps().len(), self.course.go() == Go::Waits);
        let is_word = self.course.is_word(plan);
        let numbers = match self.course.permit(plan, super::fresh) {
            Ok(numbers) => numbers,
            Err(sentence) => return Ok(Err(sentence)),
        };
        if plan.purpose == Purpose::Rollback && !self.course.is_chosen() {
            let decided = Decided { rolls_back: true, ..Decided::default() };
            self.keep(|ledger| async move { ledger.decide(decided).await }).await?;
        }
        self.learn(plan);
        let mut new: Vec<usize> = (before..self.course.steps().len()).collect();
        for number in &numbers {
            if let Some((part, job)) = self.planned.get(number) {
                let command = super::task::command(job);
                let was = self.step(*number);
                // One that was begun before keeps what it ran, until it is begun again.
                let is_edited = (&was.command, &was.edited) != (&command, &part.edited);
                if was.state == StepState::Planned && is_edited && !new.contains(number) {
                    new.push(*number);
                }
                self.course.edit(*number, command, part.edited.clone());
            }
            self.evidence.remove(number);
        }
        for number in new {
            let step = self.step(number);
            self.record(number, step, StepState::Planned).await;
        }
        if waited && self.course.go() == Go::Given {
            // Only when all its steps are recorded: who finds it without them asks for the go again.
            let meant = match &self.as_it_stands().document {
                Some(document) if document.decided.meant.is_empty() => {
                    super::anew::released(document, &self.kit.place.environment).await
                }
                Some(_) | None => Vec::new(),
            };
            let gone = Some(self.kit.place.clock.now().wall);
            let decided = Decided { go: Go::Given, gone, confirmed, meant, ..Decided::default() };
            if let Err(why) = self.keep(|ledger| async move { ledger.decide(decided).await }).await {
                self.course.pause();
                return Err(why);
            }
            if let Some(herald) = &self.kit.ledger.herald {
                herald.began(self.course.steps()).await;
            }
        } else if is_word {
            let decided = Decided { confirmed, ..Decided::default() };
            self.keep(|ledger| async move { ledger.decide(decided).await }).await?;
        }
        for number in self.course.given_up(&numbers) {
            let mut step = self.step(number);
            step.note = "not begun: something else was chosen".into();
            self.record(number, step, StepState::Skipped).await;
        }
        // Whoever permits more of it wants it to go on.
        self.course.go_on();
        Ok(Ok(()))
    }
}

fn because(why: &str, what: &str) -> Result<Foreign, String> {
    let why = why.trim();
    if is_reason(why) { Ok(why.into()) } else { Err(format!("{what} wants a reason, {REASON}.")) }
}
