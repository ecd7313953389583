//! What a course does with each kind of part, end and decision.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::Timestamp;

use super::*;
use crate::domain::name::{EnvName, HostName, PartId, ProbeName, ProcedureName, ServiceName, SiteName};
use crate::domain::procedure::{
    Danger, Doing, Job, Kind, Language, LockWanted, Options, PlannedPart, Purpose, Role, Script, Term, Terms, here,
};
use crate::domain::run::Reason;

pub(super) fn part(id: &str, doing: Doing, role: Role, section: usize, hosts: usize) -> PlannedPart {
    let job = |host: HostName| Job {
        host,
        become_root: None,
        script: Script::default(),
        timeout: std::time::Duration::from_secs(60),
        change: None,
    };
    let kind = doing.word();
    let by_person = matches!(doing, Doing::Ask | Doing::Decide(_));
    let hosts = if by_person { vec![here()] } else { (1..=hosts).map(|at| host(&format!("app-{at}"))).collect() };
    PlannedPart {
        part: PartId::new(id).unwrap(),
        title: id.into(),
        kind,
        doing,
        role,
        section: Some(section),
        together: 1,
        danger: if by_person { Danger::Read } else { Danger::Change },
        recognised: if by_person { Danger::Read } else { Danger::Change },
        options: Options::default(),
        edited: None,
        at_once: 1,
        jobs: hosts.into_iter().map(job).collect(),
        previews: Vec::new(),
        misread: None,
        silent: None,
    }
}

pub(super) fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

pub(super) fn run_part(id: &str, role: Role, section: usize, hosts: usize) -> PlannedPart {
    part(id, Doing::Run(Language::Sh, "true".into()), role, section, hosts)
}

pub(super) fn plan(whole: bool, parts: Vec<PlannedPart>) -> ProcedurePlan {
    ProcedurePlan {
        site: SiteName::new("shop").unwrap(),
        environment: EnvName::new("lab").unwrap(),
        protected: false,
        run: None,
        procedure: ProcedureName::new("p").unwrap(),
        kind: Kind::Runbook,
        title: "p".into(),
        digest: "0".repeat(64),
        whole,
        purpose: Purpose::Forward,
        name: "lab".into(),
        budget: None,
        given: Vec::new(),
        later: Vec::new(),
        lock: LockWanted::No,
        parts,
        back: None,
    }
}

pub(super) fn fresh(part: &PlannedPart, job: &Job) -> RunStep {
    RunStep { host: job.host.clone(), part: Some(part.part.clone()), ..RunStep::default() }
}

pub(super) fn begun(plan: &ProcedurePlan) -> Course {
    let mut course = Course::new(plan.whole, Vec::new(), Vec::new());
    course.permit(plan, fresh).unwrap();
    course
}

pub(super) const NOW: Timestamp = Timestamp::UNIX_EPOCH;

pub(super) fn end(course: &mut Course, number: usize, state: StepState, reason: Option<Reason>) {
    let step = RunStep { state, reason, attempt: 1, at: Some(NOW), ..course.steps()[number].clone() };
    course.set(number, step, true);
}

#[test]
fn a_condition_takes_captured_output_of_its_own_host_and_decisions() {
    let mut capture = run_part("version", Role::Plain, 0, 2);
    capture.options.capture = Some(crate::domain::InputName::new("v").unwrap());
    capture.at_once = 2;
    let mut old = run_part("old", Role::Plain, 0, 2);
    old.options.when = Terms(vec![Term::Equals("v".into(), "1".into())]);
    old.at_once = 2;
    let plan = plan(true, vec![capture, old]);
    let mut course = begun(&plan);
    assert_eq!(course.next(NOW), [Do::Begin(0), Do::Begin(1)]);
    for (number, value) in [(0, "1"), (1, "2")] {
        let step = RunStep {
            state: StepState::Verified,
            value: Some(value.into()),
            attempt: 1,
            ..course.steps()[number].clone()
        };
        course.set(number, step, true);
    }
    assert_eq!(course.value("v", &host("app-2")), Some("2"));
    assert_eq!(course.value("v", &host("db-1")), None, "which of the two would it be?");
    let orders = course.next(NOW);
    assert_eq!(orders[0], Do::Begin(2));
    assert!(matches!(&orders[1], Do::Skip(3, why) if why.contains("v=1")), "{orders:?}");
}

#[test]
fn what_asks_again_by_itself_is_not_begun_again_as_often_once_more() {
    let check = Doing::Check(ServiceName::new("web").unwrap(), ProbeName::new("ready").unwrap());
    for (doing, again) in [(check, false), (Doing::Run(Language::Sh, "true".into()), true)] {
        let mut asks = part("asks", doing, Role::Plain, 0, 1);
        (asks.options.retries, asks.options.idempotent) = (2, true);
        let mut course = begun(&plan(true, vec![asks]));
        assert_eq!(course.next(NOW), [Do::Begin(0)]);
        end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
        let later = NOW + jiff::SignedDuration::from_secs(60);
        assert_eq!(course.next(later).contains(&Do::Begin(0)), again);
    }
}

#[test]
fn all_of_a_gate_is_looked_at_and_nothing_behind_it_begins() {
    let mut first = run_part("first", Role::Gate, 0, 1);
    let mut second = run_part("second", Role::Gate, 0, 1);
    (first.danger, second.danger) = (Danger::Read, Danger::Read);
    let item = part("item", Doing::Ask, Role::Gate, 0, 1);
    let plan = plan(true, vec![first, second, item, run_part("change", Role::Phase, 1, 1)]);
    let mut course = begun(&plan);
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!(course.next(NOW), [Do::Begin(1)]);
    end(&mut course, 1, StepState::Verified, None);
    assert_eq!(course.next(NOW), []);
    assert_eq!(course.wants(), [Want::Failure(0), Want::Tick(2)]);
    assert!(course.may_skip(0).unwrap_err().contains("gate"));
    end(&mut course, 2, StepState::Verified, None);
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(0)]));
    end(&mut course, 0, StepState::Verified, None);
    assert_eq!(course.next(NOW), [Do::Begin(3)]);
}

#[test]
fn chosen_parts_wait_for_nobody_and_end_by_a_word() {
    let (one, two) = (run_part("one", Role::Plain, 0, 1), run_part("two", Role::Plain, 0, 1));
    let mut course = begun(&plan(false, vec![one.clone(), two.clone()]));
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!(course.next(NOW), [], "what was chosen together stops at the first failure");
    let chosen = course.permit(&plan(false, vec![run_part("three", Role::Plain, 1, 1)]), fresh).unwrap();
    assert_eq!((chosen.clone(), course.given_up(&chosen)), (vec![2], vec![1]));
    end(&mut course, 1, StepState::Skipped, None);
    assert_eq!(course.next(NOW), [Do::Begin(2)]);
    end(&mut course, 2, StepState::Verified, None);
    assert_eq!(course.next(NOW), [], "it waits for the next choice");
    course.permit(&plan(false, vec![one]), fresh).unwrap();
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Verified, None);
    course.halt("closed");
    assert_eq!(course.next(NOW), [Do::End(RunState::Succeeded)]);
}

#[test]
fn a_way_back_that_was_begun_alone_ends_when_all_of_it_is_done() {
    let [one, two] = ["one", "two"].map(|id| run_part(id, Role::Rollback, 0, 1));
    let back = ProcedurePlan { purpose: Purpose::Rollback, ..plan(false, vec![one.clone(), two]) };
    let mut course = begun(&back);
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Failed, Some(Reason::NonZeroExit));
    assert_eq!((course.next(NOW), course.wants()), (vec![], vec![Want::Failure(0)]));
    // What failed of it is tried once more, and it is still the way back and nothing else.
    course.permit(&plan(false, vec![one]), fresh).unwrap();
    assert_eq!(course.next(NOW), [Do::Begin(0)]);
    end(&mut course, 0, StepState::Verified, None);
    let mut taken_up = Course::new(false, Vec::new(), course.steps().to_vec());
    taken_up.learn(&back);
    let mut chosen = course.clone();
    for mut course in [course, taken_up] {
        assert_eq!(course.next(NOW), [Do::Begin(1)]);
        end(&mut course, 1, StepState::Verified, None);
        assert_eq!(course.next(NOW), [Do::End(RunState::Succeeded)]);
    }
    // Whoever chooses more of it may choose more behind that.
    chosen.permit(&plan(false, vec![run_part("three", Role::Plain, 1, 1)]), fresh).unwrap();
    [1, 2].into_iter().for_each(|number| end(&mut chosen, number, StepState::Verified, None));
    assert_eq!(chosen.next(NOW), []);
}

#[test]
fn e19_an_answer_counts_for_its_time() {
    let mut item = part("item", Doing::Ask, Role::Plain, 0, 1);
    item.options.expires = Some(std::time::Duration::from_secs(3600));
    let mut course = begun(&plan(true, vec![item, part("next", Doing::Ask, Role::Plain, 1, 1)]));
    assert_eq!(course.wants(), [Want::Tick(0)]);
    end(&mut course, 0, StepState::Verified, None);
    assert_eq!(course.wants(), [Want::Tick(1)]);
    let later = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    assert_eq!(course.next(later(3599)), []);
    assert_eq!(course.next(later(3600)), [Do::Reopen(0)]);
}
