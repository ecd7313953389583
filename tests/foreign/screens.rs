//! The places of the screens that draw foreign text: the bytes go into the fleet as a host would send them, and the
//! lines of the real panes are drawn with the real pen.
#![allow(clippy::field_reassign_with_default, reason = "the state has fields of its own")]

use std::sync::Arc;

use quarterdeck::domain::host::Disk;
use quarterdeck::domain::link::Text;
use quarterdeck::domain::probe::{Detail as Evidence, Found};
use quarterdeck::domain::{EnvColour, HostFacts, Link, LinkFailure, ProbeName, ProbeReport, UnitFacts};
use quarterdeck::port::event::{HostEvent, LogLine, Question, QuestionKind, UnitDetail};
use quarterdeck::screens::{history, hosts, overview, question};
use quarterdeck::state::{Fleet, Runs};
use quarterdeck::style::{Depth, GlyphSet, Styles};
use quarterdeck::text::Foreign;
use quarterdeck::ui::{Clock, Lines, Pen};
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::sites::{NEIGHBOUR, Site};
use crate::{past, scene};

/// Every place of the screens.
pub const SCREENS: &[Site] = &[
    Site { name: "unit description", name_rules: false, draw: description },
    Site { name: "status text", name_rules: false, draw: status_text },
    Site { name: "unit it needs", name_rules: true, draw: needed_unit },
    Site { name: "probe summary", name_rules: false, draw: probe_summary },
    Site { name: "probe field", name_rules: false, draw: probe_field },
    Site { name: "last error", name_rules: false, draw: last_error },
    Site { name: "log line", name_rules: false, draw: log_line },
    Site { name: "unit file", name_rules: false, draw: unit_file },
    Site { name: "version", name_rules: false, draw: version },
    Site { name: "host system", name_rules: false, draw: host_system },
    Site { name: "mount point", name_rules: false, draw: mount_point },
    Site { name: "why a link is lost", name_rules: false, draw: link_failure },
    Site { name: "question", name_rules: false, draw: asked },
    Site { name: "note of a step", name_rules: false, draw: step_note },
    Site { name: "what a check saw", name_rules: false, draw: check_told },
];

pub fn clock() -> Clock {
    Clock { now: scene::now("02:14:09"), running: true }
}

pub fn styles() -> Styles {
    Styles::builtin(Depth::Mono, GlyphSet::Unicode)
}

/// A fleet that was told this of the search on app-2.
pub fn fleet(news: Vec<HostEvent>) -> Fleet {
    let now = scene::now("02:13:00");
    let mut environment = scene::environment("staging", EnvColour::Yellow, false);
    environment.services.retain(|service| service.name.as_str() == "moderation");
    environment.services.iter_mut().for_each(|service| service.depends_on.clear());
    let mut fleet = Fleet::new(Arc::new(environment), now);
    let app = scene::host_name("app-2");
    fleet.observe_host(&app, HostEvent::Link(scene::up(now, 9)), now);
    for one in news {
        fleet.observe_host(&app, one, now);
    }
    fleet
}

pub fn with_unit(change: impl FnOnce(&mut UnitFacts)) -> Fleet {
    let mut facts = scene::running("moderation", scene::at("00:10:00"));
    change(&mut facts);
    fleet(vec![HostEvent::Units(vec![(scene::unit_of("moderation"), facts)])])
}

/// Draws from the first line that begins so, above the neighbour.
pub fn below(frame: &mut Frame<'_>, lines: &Lines, begins: &str) {
    let area = frame.area();
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let top = lines.all().iter().position(|line| line.plain(clock()).trim_start().starts_with(begins)).unwrap_or(0);
    let styles = styles();
    let mut pen = Pen::new(frame.buffer_mut(), &styles, clock());
    lines.draw(&mut pen, above, top);
    frame.render_widget(NEIGHBOUR, Rect { y: area.y + above.height, height: area.height - above.height, ..area });
}

fn of_overview(frame: &mut Frame<'_>, fleet: &Fleet, begins: &str, change: impl FnOnce(&mut overview::State)) {
    let columns = usize::from(frame.area().width);
    let mut state = overview::State::default();
    state.settle(fleet, 10, 10, 0, clock().now.mono);
    change(&mut state);
    let lines = overview::detail_lines(&state, fleet, columns, clock(), styles().glyphs, true);
    below(frame, &lines, begins);
}

fn of_hosts(frame: &mut Frame<'_>, fleet: &Fleet, begins: &str) {
    let columns = usize::from(frame.area().width);
    let mut state = hosts::State::default();
    state.cursor = Some(scene::host_name("app-2"));
    let lines = hosts::detail_lines(&state, fleet, columns, clock(), styles().glyphs);
    below(frame, &lines, begins);
}

fn description(frame: &mut Frame<'_>, text: &[u8]) {
    of_overview(frame, &with_unit(|facts| facts.description = text.into()), "", |_| {});
}

fn status_text(frame: &mut Frame<'_>, text: &[u8]) {
    of_overview(frame, &with_unit(|facts| facts.status_text = text.into()), "says", |_| {});
}

fn needed_unit(frame: &mut Frame<'_>, text: &[u8]) {
    of_overview(frame, &with_unit(|facts| facts.needs = vec![text.into()]), "unit needs", |_| {});
}

fn probed(summary: Foreign, found: Foreign) -> Fleet {
    let mut fleet = with_unit(|_| {});
    let now = scene::now("02:14:00");
    let report = ProbeReport {
        found: Found::Fail,
        summary,
        details: vec![Evidence { what: "field".into(), found, holds: false }],
        latency: None,
        certificate_days: None,
        at: now.wall,
        asked: now.mono,
    };
    let (service, host) = (scene::service_name("moderation"), scene::host_name("app-2"));
    fleet.observe_probe(&service, Some(&host), &ProbeName::new("ready").unwrap(), report, now);
    fleet
}

fn probe_summary(frame: &mut Frame<'_>, text: &[u8]) {
    of_overview(frame, &probed(text.into(), "x".into()), "ready", |_| {});
}

fn probe_field(frame: &mut Frame<'_>, text: &[u8]) {
    of_overview(frame, &probed("x".into(), text.into()), "ready", |_| {});
}

fn line(text: &[u8]) -> LogLine {
    LogLine { at: scene::at("02:13:31"), priority: 3, message: text.into() }
}

fn last_error(frame: &mut Frame<'_>, text: &[u8]) {
    let unit = scene::unit_of("moderation");
    let units = HostEvent::Units(vec![(unit.clone(), scene::running("moderation", scene::at("00:10:00")))]);
    let fleet = fleet(vec![units, HostEvent::LastError(unit, Some(line(text)))]);
    of_overview(frame, &fleet, "last error", |_| {});
}

fn read(detail: UnitDetail) -> impl FnOnce(&mut overview::State) {
    move |state| {
        let (host, unit) = (scene::host_name("app-2"), scene::unit_of("moderation"));
        state.detail = Some(overview::Detail { host, unit, detail, at: clock().now.mono });
    }
}

fn log_line(frame: &mut Frame<'_>, text: &[u8]) {
    let detail = UnitDetail { file: Ok(Foreign::default()), log: Ok(vec![line(text)]) };
    of_overview(frame, &with_unit(|_| {}), "log", read(detail));
}

fn unit_file(frame: &mut Frame<'_>, text: &[u8]) {
    let detail = UnitDetail { file: Ok(text.into()), log: Ok(Vec::new()) };
    of_overview(frame, &with_unit(|_| {}), "", |state| {
        read(detail)(state);
        state.unit_file = true;
    });
}

fn version(frame: &mut Frame<'_>, text: &[u8]) {
    let units = vec![(scene::unit_of("moderation"), scene::running("moderation", scene::at("00:10:00")))];
    let version = HostEvent::Version(scene::service_name("moderation"), text.into());
    of_overview(frame, &fleet(vec![HostEvent::Units(units), version]), "version", |_| {});
}

fn with_facts(change: impl FnOnce(&mut HostFacts)) -> Fleet {
    let mut facts = scene::facts(0.4, 8, 40);
    change(&mut facts);
    fleet(vec![HostEvent::Facts(Box::new(facts))])
}

fn host_system(frame: &mut Frame<'_>, text: &[u8]) {
    of_hosts(frame, &with_facts(|facts| facts.system = text.into()), "system");
}

fn mount_point(frame: &mut Frame<'_>, text: &[u8]) {
    let disk = Disk { mount: text.into(), total: 100, available: 4, inodes: 10, inodes_free: 9 };
    of_hosts(frame, &with_facts(|facts| facts.disks = vec![disk]), "disks");
}

fn link_failure(frame: &mut Frame<'_>, text: &[u8]) {
    let why = LinkFailure::Authentication(Text(text.into()));
    of_hosts(frame, &fleet(vec![HostEvent::Link(Link::Stopped { heard: None, why })]), "link");
}

fn asked(frame: &mut Frame<'_>, text: &[u8]) {
    let question = Question { id: 1, host: scene::host_name("app-2"), kind: QuestionKind::Secret, prompt: text.into() };
    let area = frame.area();
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let styles = styles();
    let mut pen = Pen::new(frame.buffer_mut(), &styles, clock());
    question::view(&question::State::new(question), &mut pen, above, "enter", "esc", 0);
    frame.render_widget(NEIGHBOUR, Rect { y: area.y + above.height, height: area.height - above.height, ..area });
}

fn of_history(frame: &mut Frame<'_>, change: impl FnOnce(&mut quarterdeck::domain::run::RunStep), begins: &str) {
    let mut night = past::night();
    change(&mut night[1].steps[0]);
    let mut runs = Runs::default();
    runs.replace(vec![night.swap_remove(1)], &scene::production(), scene::now("02:13:00").mono);
    let styles = styles();
    let columns = usize::from(frame.area().width);
    let lines = history::detail_lines(&history::State::default(), &runs, columns, clock(), styles.glyphs);
    below(frame, &lines, begins);
}

/// Below the command, which takes one line or two.
fn step_note(frame: &mut Frame<'_>, text: &[u8]) {
    of_history(
        frame,
        |step| {
            step.command = "true".into();
            step.note = Foreign::from(text);
        },
        "$ true",
    );
}

fn check_told(frame: &mut Frame<'_>, text: &[u8]) {
    of_history(
        frame,
        |step| {
            let verdict = step.verdict.as_mut().unwrap();
            verdict.checks.truncate(1);
            verdict.checks[0].name = "seen".into();
            verdict.checks[0].told = Foreign::from(text);
        },
        "✓ seen",
    );
}
