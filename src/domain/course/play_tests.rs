//! Plays every interleaving of ends, kills at each write, resumptions, windows and decisions against hosts that know what
//! truly happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tests::{NOW, begun, fresh, part, plan, run_part};
use super::*;
use crate::domain::name::RoleName;
use crate::domain::procedure::{Danger, Doing, OnError, Purpose, Role, Way};
use crate::domain::run::{Go, Overridden, Reason};

/// What a host knows of one try.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Truth {
    Running,
    Well,
    Badly,
    Vanished,
}

/// The store, the hosts and the console, with a course that can be killed at any point.
struct Sim {
    plan: ProcedurePlan,
    course: Course,
    record: Vec<RunStep>,
    truth: BTreeMap<(usize, u32), Truth>,
    executions: BTreeMap<(usize, u32), u32>,
    permits: BTreeMap<usize, u32>,
    go: Go,
    /// No window is open, and whether somebody overrode that.
    closed: bool,
    overridden: Option<Overridden>,
    ended: Option<RunState>,
}

fn of_gate(plan: &ProcedurePlan, gate: bool) -> ProcedurePlan {
    let mut part = plan.clone();
    part.parts.retain(|part| (part.role == Role::Gate) == gate);
    part.purpose = if gate { Purpose::Judge } else { Purpose::Forward };
    part
}

impl Sim {
    /// With `judged` its gate is planned alone, and the rest waits for a go.
    fn new(plan: ProcedurePlan, judged: bool) -> Self {
        let judged = judged && plan.parts.iter().any(|part| part.role != Role::Gate);
        let course = begun(&if judged { of_gate(&plan, true) } else { plan.clone() });
        let go = course.go();
        assert_eq!(go == Go::Waits, judged);
        Self {
            record: course.steps().to_vec(),
            plan,
            course,
            truth: BTreeMap::new(),
            executions: BTreeMap::new(),
            permits: BTreeMap::new(),
            go,
            closed: false,
            overridden: None,
            ended: None,
        }
    }

    fn kill(&mut self) {
        self.course = Course::new(self.plan.whole, Vec::new(), self.record.clone());
        let overridden = self.overridden.clone();
        self.course.recall(&Decided { go: self.go, overridden, ..Decided::default() });
        let waits = self.go == Go::Waits;
        self.course.learn(&if waits { of_gate(&self.plan, true) } else { self.plan.clone() });
    }

    fn set(&mut self, number: usize, change: impl FnOnce(&mut RunStep), ended: bool) {
        change(&mut self.record[number]);
        self.record[number].at = Some(NOW);
        self.course.set(number, self.record[number].clone(), ended);
    }

    fn execute(&mut self, number: usize) {
        let key = (number, self.record[number].attempt);
        *self.executions.entry(key).or_default() += 1;
        assert_eq!(self.executions[&key], 1, "try {} of step {number} was executed twice", key.1);
        self.truth.insert(key, Truth::Running);
    }

    /// Does what the course orders; `die` says behind how many writes the console is killed.
    fn orders(&mut self, mut die: Option<u32>) {
        for _ in 0..1000 {
            self.course.close(self.closed);
            let orders = self.course.next(NOW);
            if orders.is_empty() {
                return;
            }
            for order in orders {
                let mut dies = || {
                    die = die.map(|left| left.saturating_sub(1));
                    die == Some(0)
                };
                match order {
                    Do::Begin(number) => {
                        self.check_order(number);
                        let step = &self.record[number];
                        assert!(
                            !matches!(step.state, StepState::Intent | StepState::Started | StepState::Done),
                            "step {number} was begun although it may be under way"
                        );
                        let rule = self.course.rule(number).unwrap();
                        let most = 1 + rule.retries + self.permits.get(&number).copied().unwrap_or_default();
                        assert!(step.attempt < most, "step {number} is begun too often");
                        self.set(
                            number,
                            |step| (step.state, step.attempt) = (StepState::Intent, step.attempt + 1),
                            false,
                        );
                        if dies() {
                            return self.kill();
                        }
                        self.execute(number);
                        if dies() {
                            return self.kill();
                        }
                        self.set(number, |step| step.state = StepState::Started, false);
                    }
                    Do::Adopt(number) => {
                        let key = (number, self.record[number].attempt);
                        match self.truth.get(&key) {
                            None => self.execute(number),
                            Some(Truth::Running) => {}
                            Some(_) => self.adopt(number),
                        }
                    }
                    Do::Skip(number, why) => {
                        let gate = self.course.rule(number).is_some_and(|rule| rule.role == Role::Gate);
                        assert!(!gate || self.course.is_halted(), "a gate was skipped: {why}");
                        self.set(number, |step| step.state = StepState::Skipped, true);
                    }
                    Do::Reopen(_) => panic!("nothing expires here"),
                    Do::TurnBack(_) => panic!("nothing goes back here"),
                    Do::End(state) => self.ended = Some(state),
                }
                if dies() {
                    return self.kill();
                }
            }
        }
        panic!("the orders never end");
    }

    fn adopt(&mut self, number: usize) {
        let (state, reason) = match self.truth[&(number, self.record[number].attempt)] {
            Truth::Well if self.course.rule(number).unwrap().judged => (StepState::Done, None),
            Truth::Well => (StepState::Verified, None),
            Truth::Badly => (StepState::Failed, Some(Reason::NonZeroExit)),
            Truth::Vanished => (StepState::Unknown, None),
            Truth::Running => return,
        };
        let exit = reason.map(|_| 1);
        self.set(number, |step| (step.state, step.reason, step.exit) = (state, reason, exit), true);
    }

    /// Everything before it is done, and a gate was passed.
    fn check_order(&self, number: usize) {
        if !self.plan.whole {
            return;
        }
        let at = self.plan.parts.iter().position(|part| Some(&part.part) == self.record[number].part.as_ref()).unwrap();
        let role = self.plan.parts[at].role;
        let own = |step: &&RunStep| step.part.as_ref() == Some(&self.plan.parts[at].part);
        let fresh = self.record.iter().filter(own).all(|step| step.state == StepState::Planned);
        let shut = self.closed && self.overridden.is_none() && self.plan.parts[at].danger != Danger::Read;
        // What begins in the same breath as others of its part is recorded one after the other.
        assert!(!shut || !fresh || self.record[number].attempt > 0, "a part began outside the windows");
        assert!(role == Role::Gate || self.go != Go::Waits, "something began behind the gate without a go");
        for part in &self.plan.parts[..at] {
            if role == Role::Gate && part.role == Role::Gate && self.plan.parts[at].danger == Danger::Read {
                continue;
            }
            for step in self.record.iter().filter(|step| step.part.as_ref() == Some(&part.part)) {
                let passed = match part.role {
                    Role::Gate => matches!(step.state, StepState::Verified | StepState::Waived),
                    _ => matches!(step.state, StepState::Verified | StepState::Skipped),
                };
                assert!(passed, "{} began behind {}, which is {:?}", self.plan.parts[at].part, part.part, step.state);
            }
        }
    }

    fn going(&self) -> Vec<usize> {
        self.course.going()
    }

    fn end_job(&mut self, at: usize, truth: Truth) {
        let going = self.going();
        let Some(number) = going.get(at % going.len().max(1)).copied() else { return };
        let key = (number, self.record[number].attempt);
        if self.truth.get(&key) == Some(&Truth::Running) {
            self.truth.insert(key, truth);
        }
        self.adopt(number);
    }

    fn permit(&mut self, at: usize) {
        let number = at % self.record.len();
        let step = &self.record[number];
        if !matches!(step.state, StepState::Failed | StepState::Unknown) || self.going().contains(&number) {
            return;
        }
        let mut plan = ProcedurePlan { whole: false, ..self.plan.clone() };
        plan.parts.retain(|part| Some(&part.part) == step.part.as_ref());
        plan.parts[0].jobs.retain(|job| job.host == step.host);
        if self.course.permit(&plan, fresh).is_ok() {
            // Each permit is good for one try and those that the document adds.
            *self.permits.entry(number).or_default() += 1;
        }
    }

    fn decide(&mut self, at: usize, kind: usize) {
        let wants = self.course.wants();
        let Some(want) = wants.get(at % wants.len().max(1)).cloned() else { return };
        match want {
            Want::Tick(number) | Want::Tell(number) => {
                let part = self.record[number].part.clone().unwrap();
                for number in self.course.may_tick(&part).unwrap() {
                    self.set(number, |step| (step.state, step.by) = (StepState::Verified, Some("ada".into())), true);
                }
                assert!(self.record[number].state == StepState::Verified);
            }
            Want::Choose(number) => {
                let part = self.record[number].part.clone().unwrap();
                assert!(self.course.may_choose(&part, "no-such").is_err());
                assert_eq!(self.course.may_choose(&part, "go"), Ok(number));
                self.set(number, |step| (step.state, step.value) = (StepState::Verified, Some("go".into())), true);
            }
            Want::Terminal(number) => self.course.take_terminal(number).unwrap(),
            Want::Failure(number) | Want::Unknown(number) if self.course.rule(number).unwrap().role == Role::Gate => {
                let part = self.record[number].part.clone().unwrap();
                assert!(self.course.may_waive(&part, |_| false).is_err());
                assert!(self.course.may_mark(number).is_err() && self.course.may_skip(number).is_err());
                match self.course.may_waive(&part, |_| true) {
                    Ok(numbers) if kind.is_multiple_of(3) => {
                        for number in numbers {
                            let by = Some("ada".to_owned());
                            self.set(number, |step| (step.state, step.by) = (StepState::Waived, by), true);
                        }
                    }
                    Ok(_) | Err(_) if kind % 3 == 1 => {
                        self.course.check_again(number).map(|()| self.adopt(number)).unwrap();
                    }
                    Ok(_) | Err(_) => self.permit(number),
                }
            }
            Want::Go => {
                let rest = of_gate(&self.plan, false);
                self.course.permit(&rest, fresh).unwrap();
                self.record = self.course.steps().to_vec();
                // Killed before the go is recorded it is asked for again.
                if kind.is_multiple_of(3) {
                    return self.kill();
                }
                self.go = Go::Given;
            }
            Want::Failure(number) | Want::Unknown(number) => {
                let by = Some("ada".to_owned());
                match kind % 3 {
                    0 if self.course.may_skip(number).is_ok() => {
                        self.set(number, |step| (step.state, step.by) = (StepState::Skipped, by), true);
                    }
                    1 => self.course.check_again(number).map(|()| self.adopt(number)).unwrap(),
                    _ => {
                        self.course.may_mark(number).unwrap();
                        self.set(number, |step| (step.state, step.by) = (StepState::Verified, by), true);
                    }
                }
            }
            Want::Window if kind.is_multiple_of(3) && self.closed => {
                self.course.may_override().unwrap();
                self.course.override_windows();
                self.overridden = Some(Overridden { by: "ada".into(), why: "now".into() });
            }
            Want::Window => {
                self.closed = false;
                self.course.close(false);
                self.course.go_on();
            }
            Want::Paused => self.course.go_on(),
        }
    }
}

#[derive(Debug, Clone)]
enum Op {
    End(usize, u8),
    Kill,
    Die(u32),
    Permit(usize),
    Decide(usize, usize),
    Pause,
    Close(bool),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        6 => (0..4_usize, 0..8_u8).prop_map(|(at, how)| Op::End(at, how)),
        2 => Just(Op::Kill),
        2 => (1..6_u32).prop_map(Op::Die),
        2 => (0..20_usize).prop_map(Op::Permit),
        4 => (0..4_usize, 0..3_usize).prop_map(|(at, kind)| Op::Decide(at, kind)),
        1 => Just(Op::Pause),
        1 => any::<bool>().prop_map(Op::Close),
    ];
    prop::collection::vec(op, 0..60)
}

fn plans() -> impl Strategy<Value = ProcedurePlan> {
    let one = (0..4_u8, 1..4_usize, 0..3_u32, 1..3_usize, any::<bool>());
    prop::collection::vec(one, 1..7).prop_map(|parts| {
        let parts = parts.into_iter().enumerate().map(|(at, (kind, hosts, retries, at_once, skips))| {
            let (role, section) = if at < 2 { (Role::Gate, 0) } else { (Role::Phase, 1 + at / 3) };
            let id = format!("p{at}");
            let mut made = match kind {
                0 => part(&id, Doing::Ask, role, section, hosts),
                1 => {
                    let way = |word: &str| Way { word: word.into(), about: word.into() };
                    part(&id, Doing::Decide(vec![way("go"), way("stay")]), role, section, hosts)
                }
                _ => run_part(&id, role, section, hosts),
            };
            (made.options.retries, made.at_once) = (retries, at_once);
            if role == Role::Gate && kind == 3 {
                made.danger = Danger::Read;
                made.options.evidence = skips;
            }
            made.options.waiver = (role == Role::Gate && hosts == 1).then(|| RoleName::new("lead").unwrap());
            if skips {
                made.options.on_error = OnError::Skip;
            }
            made
        });
        plan(true, parts.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_happens_twice_nor_behind_a_closed_gate_and_every_run_comes_to_an_end(
        plan in plans(), judged in any::<bool>(), ops in ops()
    ) {
        let mut sim = Sim::new(plan, judged);
        let mut die = None;
        for op in ops {
            sim.orders(die.take());
            match op {
                Op::End(at, how) => sim.end_job(at, match how {
                    0..=4 => Truth::Well,
                    5 | 6 => Truth::Badly,
                    _ => Truth::Vanished,
                }),
                Op::Kill => sim.kill(),
                Op::Die(writes) => die = Some(writes),
                Op::Permit(at) => sim.permit(at),
                Op::Decide(at, kind) => sim.decide(at, kind),
                Op::Pause => sim.course.pause(),
                Op::Close(closed) => sim.closed = closed,
            }
        }
        for _ in 0..2000 {
            sim.orders(None);
            if sim.ended.is_some() {
                break;
            }
            let before = (sim.course.wants(), sim.going());
            prop_assert!(!before.0.is_empty() || !before.1.is_empty(), "it waits for nothing: {:?}", sim.record);
            sim.end_job(0, Truth::Well);
            sim.decide(0, 2);
        }
        prop_assert_eq!(sim.ended, Some(RunState::Succeeded), "{:?}", sim.record);
        for (number, step) in sim.record.iter().enumerate() {
            // What is told as verified was done well, or a person says so.
            if step.state == StepState::Verified && step.by.is_none() && step.value.is_none() {
                prop_assert_eq!(sim.truth.get(&(number, step.attempt)), Some(&Truth::Well));
            }
        }
    }

    #[test]
    fn a_run_that_is_ended_by_a_person_ends_and_hides_nothing(
        plan in plans(), judged in any::<bool>(), ops in ops()
    ) {
        let mut sim = Sim::new(plan, judged);
        for op in ops {
            sim.orders(None);
            if let Op::End(at, how) = op {
                sim.end_job(at, if how < 5 { Truth::Well } else { Truth::Vanished });
            }
        }
        if sim.ended.is_some() {
            return Ok(());
        }
        sim.course.halt("enough");
        for _ in 0..200 {
            sim.orders(None);
            sim.end_job(0, Truth::Vanished);
        }
        let unknown = sim.record.iter().any(|step| step.state == StepState::Unknown);
        prop_assert!(sim.ended.is_some());
        prop_assert_eq!(sim.ended == Some(RunState::Unknown), unknown);
        prop_assert!(sim.record.iter().all(|step| step.state.is_final()));
    }
}
