//! What begins now, what a person is needed for, and the end.

use jiff::Timestamp;

use super::{Asks, Course, Do, Halt, Rule, Stand, Want};
use crate::domain::procedure::{OnError, Role};
use crate::domain::run::{Go, Reason, RunState, RunStep, StepState};

impl Course {
    /// Everything that is to be done now. What begins is under way from here on.
    pub fn next(&mut self, now: Timestamp) -> Vec<Do> {
        if self.ended {
            return Vec::new();
        }
        let mut orders = Vec::new();
        for number in 0..self.steps.len() {
            if self.stand(number) == Stand::Open {
                self.going.insert(number);
                orders.push(Do::Adopt(number));
            }
        }
        self.send_back(&mut orders);
        if orders.iter().any(|order| !matches!(order, Do::Adopt(_))) {
            return orders;
        }
        if let Some(number) = self.turns_back() {
            orders.push(Do::TurnBack(number));
            return orders;
        }
        self.settle_failures(&mut orders);
        if self.rolls_back && self.halt.is_none() {
            self.give_up(&mut orders);
        }
        if self.halt.is_some() {
            self.halted(&mut orders);
            return orders;
        }
        // Whoever records these orders asks again.
        if orders.iter().any(|order| !matches!(order, Do::Adopt(_))) {
            return orders;
        }
        let ends_by_itself = self.whole && (self.go != Go::Waits || self.rolls_back) || self.back_alone;
        if ends_by_itself && self.all_passed() {
            self.ended = true;
            orders.push(Do::End(self.outcome()));
            return orders;
        }
        orders.extend(self.expired(now).into_iter().map(Do::Reopen));
        if self.paused {
            return orders;
        }
        orders.extend(self.stale(now).into_iter().map(Do::Reopen));
        // What counts no more is recorded before anything begins behind it.
        if orders.iter().any(|order| matches!(order, Do::Reopen(_))) {
            return orders;
        }
        for at in 0..self.rules.len() {
            self.begin(at, &mut orders);
        }
        orders
    }

    /// What a person is needed for.
    pub fn wants(&self) -> Vec<Want> {
        if self.ended || self.halt.is_some() {
            return Vec::new();
        }
        let mut wants: Vec<Want> = Vec::new();
        let silent = self.rolls_back || self.is_undoing();
        for number in 0..self.steps.len() {
            let aside = self.rule(number).is_some_and(|rule| self.is_aside(rule));
            let first = self.is_still_looked_at(number) || self.is_being_sent_back(number);
            if self.waived.contains(&number) || silent && !aside || first || self.waits_for_others(number) {
                continue;
            }
            match self.stand(number) {
                Stand::Failed => wants.push(Want::Failure(number)),
                Stand::Unknown => wants.push(Want::Unknown(number)),
                Stand::Due | Stand::Going | Stand::Open | Stand::Shown | Stand::Passed => {}
            }
        }
        for (at, rule) in self.rules.iter().enumerate() {
            // Evidence is judged as a whole, when all of it is there.
            let fetched = rule.steps.iter().all(|number| matches!(self.stand(*number), Stand::Shown | Stand::Passed));
            let shown = rule.steps.iter().copied().find(|number| self.stand(*number) == Stand::Shown);
            wants.extend(shown.filter(|_| fetched && !silent).map(Want::Tick));
            if self.is_blocked(at) {
                continue;
            }
            // What will be skipped is not asked for.
            let due =
                |number: &usize| self.stand(*number) == Stand::Due && self.left_out_or_unmet(rule, *number).is_none();
            for number in rule.steps.iter().copied().filter(due) {
                match rule.asks {
                    Asks::Nobody => {}
                    Asks::Tick => wants.push(Want::Tick(number)),
                    Asks::Choose(_) => wants.push(Want::Choose(number)),
                    Asks::Tell(_) => wants.push(Want::Tell(number)),
                    Asks::Terminal if !self.terminal.contains(&number) => wants.push(Want::Terminal(number)),
                    Asks::Terminal => {}
                }
            }
        }
        if self.waits_for_go() || self.waits_for_word() {
            wants.push(Want::Go);
        }
        if self.is_held_back() && !silent {
            wants.push(Want::Window);
        }
        if self.paused {
            wants.push(Want::Paused);
        }
        wants
    }

    /// Whether a step is of a gate of which something else is still being looked at: nobody is asked about a part of it.
    fn is_still_looked_at(&self, number: usize) -> bool {
        let is_gate = |number: &usize| self.rule(*number).is_some_and(|rule| rule.role == Role::Gate);
        self.whole && is_gate(&number) && self.going.iter().any(is_gate)
    }

    /// When the next answer stops counting.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let ends = self.answers().filter_map(|(_, at)| at);
        ends.min()
    }

    /// Failures that the document decides by itself.
    fn settle_failures(&mut self, orders: &mut Vec<Do>) {
        for number in 0..self.steps.len() {
            let stand = self.stand(number);
            if !matches!(stand, Stand::Failed | Stand::Unknown) {
                continue;
            }
            let Some(step) = self.steps.get(number) else { continue };
            if self.left_out.contains(&step.host) && stand == Stand::Failed {
                orders.push(Do::Skip(number, format!("{} was left out of this run", step.host)));
                continue;
            }
            let Some(rule) = self.rule(number) else { continue };
            let cancelled = step.reason == Some(Reason::Cancelled);
            match rule.on_error {
                OnError::Skip if stand == Stand::Failed && !cancelled => {
                    let why = step.note.plain();
                    orders.push(Do::Skip(number, format!("it failed, and nothing waits for it: {why}")));
                }
                // On the way back there is nothing to end as long as nothing was done: it can still be gone.
                OnError::Abort if self.halt.is_none() && !self.was_not_begun(number) => {
                    let why = format!("{} did not end well, and the document says on_error=abort", rule.part);
                    self.halt = Some(Halt { why });
                }
                OnError::Ask | OnError::Rollback | OnError::Skip | OnError::Abort => {}
            }
        }
    }

    /// Whether a step was not begun, or nobody has judged what it fetched.
    fn is_to_come(&self, number: usize) -> bool {
        let planned = self.steps.get(number).is_some_and(|step| step.state == StepState::Planned);
        planned || self.stand(number) == Stand::Shown
    }

    /// On the way back nothing else begins.
    fn give_up(&mut self, orders: &mut Vec<Do>) {
        for number in 0..self.steps.len() {
            let ordinary = self.rule(number).is_none_or(|rule| !self.is_aside(rule));
            if ordinary && self.is_to_come(number) {
                orders.push(Do::Skip(number, "not begun: the run is rolled back".to_owned()));
            }
        }
    }

    /// Whether nothing more comes of a part because the run is rolled back.
    pub(super) fn is_given_up(&self, rule: &Rule) -> bool {
        let over =
            |number: &usize| !self.is_to_come(*number) && !matches!(self.stand(*number), Stand::Going | Stand::Open);
        self.rolls_back && !self.is_aside(rule) && rule.steps.iter().all(over)
    }

    /// No further step begins; the end comes when nothing is under way.
    fn halted(&mut self, orders: &mut Vec<Do>) {
        let why = self.halt.as_ref().map(|halt| halt.why.clone()).unwrap_or_default();
        let due = |number: &usize| self.is_to_come(*number) && !self.going.contains(number);
        let due: Vec<usize> = (0..self.steps.len()).filter(due).collect();
        if !due.is_empty() {
            orders.extend(due.into_iter().map(|number| Do::Skip(number, format!("not begun: {why}"))));
        } else if self.going.is_empty() && orders.is_empty() {
            self.ended = true;
            orders.push(Do::End(self.outcome()));
        }
    }

    fn begin(&mut self, at: usize, orders: &mut Vec<Do>) {
        let Some(rule) = self.rules.get(at).cloned() else { return };
        if self.is_blocked(at) {
            return;
        }
        let stands: Vec<(usize, Stand)> = rule.steps.iter().map(|number| (*number, self.stand(*number))).collect();
        let stuck = |(number, stand): &(usize, Stand)| {
            matches!(stand, Stand::Failed | Stand::Unknown)
                && !self.waived.contains(number)
                && self.keeps_others(*number)
        };
        let (is_stuck, shut) = (stands.iter().any(stuck) || self.is_to_be_sent_back(&rule), self.is_shut(&rule));
        let mut going = stands.iter().filter(|(number, _)| self.takes_place(*number)).count();
        for (number, _) in stands.iter().filter(|(_, stand)| *stand == Stand::Due) {
            if let Some(why) = self.left_out_or_unmet(&rule, *number) {
                orders.push(Do::Skip(*number, why));
                continue;
            }
            if rule.backs.contains_key(number) {
                orders.extend(self.needs_no_way_back(&rule, *number).map(|why| Do::Skip(*number, why)));
                continue;
            }
            match self.needs(&rule, *number) {
                Needs::Met => {}
                Needs::Waits => continue,
                Needs::Never(why) => {
                    orders.push(Do::Skip(*number, why));
                    continue;
                }
            }
            let free = match rule.asks {
                Asks::Nobody => !is_stuck && going < rule.at_once,
                Asks::Terminal => !is_stuck && going < rule.at_once && self.terminal.contains(number),
                Asks::Tick | Asks::Choose(_) | Asks::Tell(_) => false,
            };
            if free && self.is_unconfirmed(&rule, *number) {
                self.want_word();
            } else if free && shut {
                self.hold_back();
            } else if free {
                going += 1;
                self.going.insert(*number);
                self.terminal.remove(number);
                orders.push(Do::Begin(*number));
            }
        }
    }

    /// Whether everything that a step needs of its own part is there. What a person skipped or left out keeps nobody; what
    /// failed and was skipped by itself keeps whatever needs it from ever being begun.
    pub(super) fn needs(&self, rule: &Rule, number: usize) -> Needs {
        let mut waits = false;
        for need in rule.needs.get(&number).into_iter().flatten() {
            if self.waived.contains(need) {
                continue;
            }
            match self.stand(*need) {
                Stand::Passed => {
                    if let Some(why) = self.never_there(rule, *need, rule.steps.len()) {
                        return Needs::Never(why);
                    }
                }
                Stand::Due | Stand::Going | Stand::Open | Stand::Shown | Stand::Failed | Stand::Unknown => waits = true,
            }
        }
        if waits { Needs::Waits } else { Needs::Met }
    }

    /// Why a step that stands in nobody's way is not what another one needs: it failed and was skipped by itself, or
    /// something that it needs was. `depth` bounds a circle, which no plan has.
    fn never_there(&self, rule: &Rule, number: usize, depth: usize) -> Option<String> {
        let step = self.steps.get(number).filter(|step| step.state == StepState::Skipped && step.by.is_none())?;
        if self.left_out.contains(&step.host) {
            return None;
        }
        if step.reason.is_some() {
            let what = step.service.as_ref().map(|service| format!("{service} on ")).unwrap_or_default();
            return Some(format!("not begun: it needs {what}{}, which did not end well", step.host));
        }
        let needs = rule.needs.get(&number).into_iter().flatten();
        let depth = depth.checked_sub(1)?;
        needs.into_iter().find_map(|need| self.never_there(rule, *need, depth))
    }

    pub(super) fn left_out_or_unmet(&self, rule: &Rule, number: usize) -> Option<String> {
        let step = self.steps.get(number)?;
        if self.left_out.contains(&step.host) {
            return Some(format!("{} was left out of this run", step.host));
        }
        (!self.holds(rule, &step.host)).then(|| format!("its condition does not hold: when=\"{}\"", told(rule)))
    }

    /// Whether something before this part keeps it from being begun.
    pub(super) fn is_blocked(&self, at: usize) -> bool {
        let Some(rule) = self.rules.get(at) else { return true };
        let before = self.rules.get(..at).unwrap_or_default();
        let aside = self.is_aside(rule);
        let in_the_way = |earlier: &&Rule| {
            // What undoes something waits for nothing but what undoes something else.
            let beside = self.is_aside(earlier) != aside;
            !beside && !self.is_passed(earlier) && !self.lets_pass(earlier, rule)
        };
        if self.rolls_back && !aside || self.waits_for_a_value(before, rule) {
            return true;
        }
        if before.iter().any(|earlier| in_the_way(&earlier)) {
            return true;
        }
        // Of a section whose parts may go together, so many and no more.
        let beside = before.iter().filter(|earlier| earlier.section == rule.section && !self.is_passed(earlier));
        rule.asks == Asks::Nobody
            && rule.together > 1
            && beside.filter(|earlier| earlier.asks == Asks::Nobody).count() >= rule.together
    }

    /// Whether the condition of a part speaks of something that a part before it gives, which has not been given yet: until
    /// then the condition says nothing.
    fn waits_for_a_value(&self, before: &[Rule], rule: &Rule) -> bool {
        let gives = |earlier: &Rule, name: &str| {
            earlier.capture.as_ref().is_some_and(|capture| capture.as_str() == name)
                || matches!(&earlier.asks, Asks::Choose(_)) && earlier.part.as_str() == name
                || matches!(&earlier.asks, Asks::Tell(names) if names.iter().any(|told| told.as_str() == name))
        };
        let open = |number: &usize| self.stand(*number) != Stand::Passed && !self.waived.contains(number);
        let aside = self.is_aside(rule);
        self.whole
            && before
                .iter()
                .filter(|earlier| self.is_aside(earlier) == aside)
                .any(|earlier| rule.when.names().any(|name| gives(earlier, name)) && earlier.steps.iter().any(open))
    }

    /// Whether a part that has not passed lets a later one go ahead all the same.
    fn lets_pass(&self, earlier: &Rule, later: &Rule) -> bool {
        let any = |wanted: &[Stand]| earlier.steps.iter().any(|number| wanted.contains(&self.stand(*number)));
        let in_motion = any(&[Stand::Due, Stand::Going, Stand::Open, Stand::Shown]);
        let is_stuck = earlier.steps.iter().any(|number| {
            matches!(self.stand(*number), Stand::Failed | Stand::Unknown) && !self.waived.contains(number)
        });
        if !self.whole && (earlier.asks == Asks::Tick || !in_motion && !is_stuck) {
            return true;
        }
        let beside = earlier.section == later.section;
        if beside && earlier.asks == Asks::Tick && later.asks == Asks::Tick {
            return true;
        }
        // All of a gate is looked at, so that one failure does not hide the next.
        if earlier.same_gate(later) && (later.reads || later.asks == Asks::Tick) {
            let waits = is_stuck || any(&[Stand::Shown]) || earlier.asks != Asks::Nobody;
            return !any(&[Stand::Going, Stand::Open]) && waits || (beside && later.together > 1);
        }
        beside && earlier.together > 1 && later.together > 1 && !is_stuck && earlier.asks == Asks::Nobody
    }

    /// Whether nothing of a part stands in anybody's way. A gate is passed only by what was verified; a condition that
    /// does not hold takes a part out of it.
    pub(super) fn is_passed(&self, rule: &Rule) -> bool {
        let all = rule.steps.iter().all(|number| self.stand(*number) == Stand::Passed);
        if rule.role != Role::Gate || !all {
            return all;
        }
        let steps = || rule.steps.iter().filter_map(|number| self.steps.get(*number));
        let left_out = steps().any(|step| step.state == StepState::Skipped && step.by.is_some());
        !left_out || steps().any(|step| matches!(step.state, StepState::Verified | StepState::Waived))
    }

    /// Answers that count for a time only, with the end of that time, while something is still to come.
    fn answers(&self) -> impl Iterator<Item = (usize, Option<Timestamp>)> {
        let is_done = self.is_done() && self.go != Go::Waits;
        let counts = move |rule: &&Rule| !is_done && rule.is_answered() && !self.is_settled(rule);
        self.rules.iter().filter(counts).flat_map(move |rule| {
            let answered = move |number: &&usize| matches!(self.stand(**number), Stand::Passed | Stand::Shown);
            rule.steps.iter().filter(answered).filter_map(move |number| {
                let span = rule.expires?;
                let counts = |step: &&RunStep| matches!(step.state, StepState::Verified | StepState::Done);
                let step = self.steps.get(*number).filter(counts)?;
                Some((*number, step.at.and_then(|at| at.checked_add(span).ok())))
            })
        })
    }

    fn expired(&self, now: Timestamp) -> Vec<usize> {
        self.answers().filter(|(_, end)| end.is_some_and(|end| end <= now)).map(|(number, _)| number).collect()
    }

    /// How it has ended, when it has.
    fn outcome(&self) -> RunState {
        let any = |state| self.steps.iter().any(|step| step.state == state);
        if self.steps.iter().any(|step| !step.state.is_final()) || any(StepState::Unknown) {
            RunState::Unknown
        } else if any(StepState::Failed) {
            RunState::Failed
        } else if self.rolls_back
            || self.go == Go::Waits
            || self.halt.is_some() && any(StepState::Skipped) && (self.whole || !self.is_done())
        {
            RunState::Stopped
        } else {
            RunState::Succeeded
        }
    }
}

/// Whether a step may begin as far as it needs others of its part.
pub(super) enum Needs {
    Met,
    /// For what is still to come.
    Waits,
    /// What it needs will not be there: why.
    Never(String),
}

fn told(rule: &Rule) -> String {
    use crate::domain::procedure::Term;
    let words = rule.when.0.iter().map(|term| match term {
        Term::Is(name) => name.clone(),
        Term::Not(name) => format!("!{name}"),
        Term::Equals(name, value) => format!("{name}={value}"),
        Term::Differs(name, value) => format!("{name}!={value}"),
    });
    words.collect::<Vec<_>>().join(" ")
}
