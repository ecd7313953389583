//! The places of the confirmation and of a run that draw foreign text.

use quarterdeck::domain::permit::How;
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::domain::{Run, Verb};
use quarterdeck::port::act::{RunNews, StoreState};
use quarterdeck::screens::{confirm, running};
use quarterdeck::state::UnderWay;
use quarterdeck::state::planner::{Rules, Target, plan};
use quarterdeck::text::Foreign;
use ratatui::Frame;

use crate::screens::{below, clock, styles, with_unit};
use crate::sites::Site;
use crate::{past, scene};

/// Every place of them.
pub const CHANGING: &[Site] = &[
    Site { name: "unit that goes along", name_rules: true, draw: goes_along },
    Site { name: "unit that starts it again", name_rules: true, draw: starts_again },
    Site { name: "note of a step that runs", name_rules: false, draw: note },
    Site { name: "what a running check saw", name_rules: false, draw: told },
    Site { name: "title of a run from the store", name_rules: false, draw: person },
    Site { name: "why nothing was begun", name_rules: false, draw: refused },
];

fn planned(frame: &mut Frame<'_>, verb: Verb, change: impl FnOnce(&mut quarterdeck::domain::UnitFacts), begins: &str) {
    let fleet = with_unit(change);
    let rules = Rules { read_only: None, store: StoreState::Writable, locked: None };
    let targets = [Target::Service(scene::service_name("moderation"))];
    let plan = plan(&fleet, verb, &targets, &rules).unwrap();
    let columns = usize::from(frame.area().width);
    below(frame, &confirm::lines(&plan, columns, clock(), styles().glyphs), begins);
}

fn goes_along(frame: &mut Frame<'_>, text: &[u8]) {
    planned(frame, Verb::Restart, |facts| facts.goes_with = vec![text.into()], "systemd");
}

fn starts_again(frame: &mut Frame<'_>, text: &[u8]) {
    planned(frame, Verb::Stop, |facts| facts.triggered_by = vec![text.into()], "▲          ");
}

fn run(frame: &mut Frame<'_>, change: impl FnOnce(&mut Run), begins: &str) {
    let mut run = past::night().swap_remove(1);
    run.steps.truncate(1);
    run.state = RunState::Failed;
    run.confirmed = How::Yes.word().into();
    change(&mut run);
    let mut under_way = UnderWay::default();
    under_way.observe(&RunNews::Begun(Box::new(run)), clock().now);
    let columns = usize::from(frame.area().width);
    below(frame, &running::lines(&under_way, columns, clock(), styles().glyphs).0, begins);
}

fn note(frame: &mut Frame<'_>, text: &[u8]) {
    let change = |run: &mut Run| {
        let step = &mut run.steps[0];
        (step.state, step.command, step.note) = (StepState::Unknown, "true".into(), Foreign::from(text));
    };
    run(frame, change, "? app-");
}

fn told(frame: &mut Frame<'_>, text: &[u8]) {
    let change = |run: &mut Run| {
        let step = &mut run.steps[0];
        (step.state, step.command, step.note) = (StepState::Unknown, "true".into(), Foreign::default());
        let verdict = step.verdict.as_mut().unwrap();
        verdict.checks.truncate(1);
        verdict.checks[0].name = "seen".into();
        verdict.checks[0].told = Foreign::from(text);
    };
    run(frame, change, "✓ seen");
}

fn person(frame: &mut Frame<'_>, text: &[u8]) {
    run(frame, |run| run.person = String::from_utf8_lossy(text).into_owned(), "begun");
}

fn refused(frame: &mut Frame<'_>, text: &[u8]) {
    let mut under_way = UnderWay::default();
    let why = String::from_utf8_lossy(text).into_owned();
    under_way.observe(&RunNews::Refused(why), clock().now);
    let columns = usize::from(frame.area().width);
    below(frame, &running::lines(&under_way, columns, clock(), styles().glyphs).0, "");
}
