//! A deploy of the shop and the rollback beside it, what was released before, and what git says: what a person sees who
//! brings `v2.31.0` at night.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::domain::procedure::{Danger, Doing, Input, InputKind, Kind, Origin};
use quarterdeck::domain::release::{
    FollowItem, FollowUp, Followed, History, Migration, ReleaseNames, Reversible, Said, SeenBy, Verdict, Waiver,
};
use quarterdeck::domain::run::{Go, RunState, StepState, StepVerdict};
use quarterdeck::domain::source::{Commit, Facts, Named, NewMigration, Since, Version};
use quarterdeck::domain::{
    Environment, HostName, InputName, PartId, Procedure, Release, RoleName, Roles, Run, ServiceName, SiteName,
};
use quarterdeck::port::act::RunNews;
use quarterdeck::port::procedure::{Need, ProcedureNews};
use quarterdeck::port::release::Releases;
use quarterdeck::port::{Effect, Event, ReleaseNews};
use quarterdeck::text::Foreign;

use super::console::Console;
pub use super::procedures::Told;
use super::procedures::{self, Doc, run_id};
use super::scene;

fn input(name: &str, about: &str, kind: InputKind) -> Input {
    Input {
        name: InputName::new(name).unwrap(),
        about: Foreign::from(about),
        kind,
        default: None,
        origin: Origin::Asked,
        secret: false,
        optional: false,
        backups: None,
        line: 1,
    }
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// The items of its gate.
pub const GATE: usize = 5;

/// A deploy with a gate of five items, two phases, a verification and a way back.
pub fn deploy() -> Arc<Procedure> {
    let mut doc = Doc::new("deploy-shop", "Deploy the shop", Kind::Deploy);
    doc.0.header.lock = true;
    doc.0.header.budget = Some(minutes(30));
    doc.0.header.inputs = vec![
        input("version", "What is deployed", InputKind::Version),
        input("ticket", "The number of the change", InputKind::Text),
    ];
    doc.0.header.release =
        Some(ReleaseNames { version: Some(InputName::new("version").unwrap()), ..ReleaseNames::default() });
    let (here, both) = (&["here"], &["app-1", "app-2"]);
    let item = |doc: &mut Doc, title: &str, command: &str, waiver: bool, evidence: bool| {
        doc.run_with(title, command, here, Danger::Read, |options| {
            options.expires = Some(minutes(10));
            options.waiver = waiver.then(|| RoleName::new("lead").unwrap());
            options.evidence = evidence;
        });
    };
    doc.heading(2, "Gate");
    item(&mut doc, "All tests pass in CI", "gh run list --commit \"$version\"", false, false);
    item(&mut doc, "Staging runs the same commit", "curl -s https://staging/version", false, false);
    item(&mut doc, "Performance tests on staging", "k6 report --last", true, false);
    item(&mut doc, "Migrations reviewed", "git diff --stat -- migrations", false, true);
    doc.ask("Feature flags are set for production").but(|part| part.options.evidence = true);
    doc.heading(2, "Phase 1: backup").budget(minutes(5));
    doc.run("Dump the database", "pg_dump -Fc shop > /var/backups/shop.dump", &["db-1"], Danger::Change);
    doc.heading(2, "Phase 2: new code").budget(minutes(10));
    doc.run("Fetch and install", "git checkout \"$version\" && make install", both, Danger::Change);
    doc.run("Restart in dependency order", "", both, Danger::Change);
    doc.but(|part| part.doing = Doing::Restart(vec![ServiceName::new("backend").unwrap()]));
    doc.heading(2, "Verify");
    doc.run_with("The shop answers", "curl -fsS https://shop/health", here, Danger::Read, |options| {
        (options.retries, options.every) = (29, Duration::from_secs(5));
    });
    doc.ask("A test order goes through");
    doc.heading(2, "Rollback").budget(minutes(4));
    doc.run("Put the code before back", "git checkout HEAD~1 && make install", both, Danger::Change);
    doc.done()
}

/// A rollback to a release that was recorded.
pub fn rollback() -> Arc<Procedure> {
    let mut doc = Doc::new("rollback-shop", "Go back to an earlier release", Kind::Rollback);
    doc.0.header.inputs = vec![input("release", "The release to go back to", InputKind::Release)];
    doc.0.header.release =
        Some(ReleaseNames { version: Some(InputName::new("release").unwrap()), ..ReleaseNames::default() });
    doc.run("Put it back", "git checkout \"$release\" && make install", &["app-1", "app-2"], Danger::Change);
    doc.done()
}

/// Production of the shop with both, where ada has the role that may waive.
pub fn production() -> Environment {
    let mut library = procedures::library();
    library.retain(|one| one.header.kind != Kind::Deploy);
    library.extend([deploy(), rollback()]);
    library.sort_by(|one, other| one.name.cmp(&other.name));
    // Whoever sits at a console of a test has no name.
    let lead = (RoleName::new("lead").unwrap(), vec!["ada".to_owned(), String::new()]);
    Environment {
        roles: Arc::new(Roles::new([lead])),
        protected: true,
        trusted: true,
        read: Default::default(),
        ..procedures::production(library)
    }
}

/// A release that somebody made.
pub fn release(number: u32, version: &str, at: &str, verdict: Verdict, person: &str) -> Release {
    Release {
        run: run_id(900 + number),
        site: SiteName::new("pakashop").unwrap(),
        environment: scene::production().name,
        kind: Kind::Deploy,
        service: None,
        version: Foreign::from(version),
        commit: Some(Foreign::from(format!("{number:040x}"))),
        images: Vec::new(),
        migrations: Vec::new(),
        backup: None,
        hosts: Vec::new(),
        person: person.to_owned(),
        workstation: format!("{person}@desk"),
        at: at.parse().unwrap(),
        took: Duration::from_secs(580),
        verdict,
        waivers: Vec::new(),
        follow_ups: Vec::new(),
        overridden: None,
        examined: None,
        login: None,
    }
}

/// What was released before: two that were good, and one between them that failed and was rolled back.
pub fn history() -> History {
    History::of(before())
}

/// What the lock host keeps of a run of today that ended well.
pub fn recorded(console: &mut Console, told: &Told) {
    let all = before().into_iter().chain([made(told)]);
    console.say(Event::Release(ReleaseNews::Releases(Releases { history: History::of(all), ..Releases::default() })));
}

/// The same with the checklists that follow it.
pub fn followed(console: &mut Console, told: &Told) {
    let made = Release { follow_ups: checklists(scene::at("02:15:03")), ..made(told) };
    let history = History::of(before().into_iter().chain([made]));
    console.say(Event::Release(ReleaseNews::Releases(Releases { history, ..Releases::default() })));
}

/// What runs since three days is followed up, and nobody has seen to anything of it.
pub fn followed_before(console: &mut Console) {
    let mut all = before();
    all[2].follow_ups = checklists(all[2].at);
    console.say(Event::Release(ReleaseNews::Releases(Releases { history: History::of(all), ..Releases::default() })));
}

/// Three checklists, due in an hour, in a day and in a week.
fn checklists(at: jiff::Timestamp) -> Vec<FollowUp> {
    let item = |name: &str, title: &str, by: SeenBy| FollowItem {
        part: PartId::new(name).unwrap(),
        title: Foreign::from(title),
        by,
    };
    let list = |title: &str, hours: i64, items: Vec<FollowItem>| FollowUp {
        procedure: deploy().name.clone(),
        title: Foreign::from(title),
        due: at + jiff::SignedDuration::from_hours(hours),
        items,
    };
    vec![
        list(
            "Follow-up: the first hour",
            1,
            vec![
                item("hour-checks", "All checks pass", SeenBy::Console),
                item("hour-figures", "Times, errors, CPU and memory are within their limits", SeenBy::PersonWithNote),
                item("hour-users", "Nobody complains", SeenBy::Person),
            ],
        ),
        list(
            "Follow-up: the first day",
            24,
            vec![
                item("day-errors", "No error came too often", SeenBy::Console),
                item("day-integrations", "Payments and mails work", SeenBy::PersonWithNote),
            ],
        ),
        list(
            "Follow-up: the first week",
            7 * 24,
            vec![item("week-cost", "What it costs, if that changes", SeenBy::Person)],
        ),
    ]
}

/// What was said of an item of them.
pub fn seen(told: &Told, name: &str, said: Said, at: &str, note: &str) -> Followed {
    Followed {
        run: told.run.id.clone(),
        part: PartId::new(name).unwrap(),
        said,
        person: "ada".to_owned(),
        workstation: "ada@desk".to_owned(),
        at: scene::at(at),
        note: Foreign::from(note),
        looked: false,
        login: None,
    }
}

/// These words are kept.
pub fn kept(console: &mut Console, told: &Told, said: Vec<Followed>) {
    console.say(Event::Release(ReleaseNews::Followed(told.run.id.clone(), Ok(said))));
}

/// Its run has come to a good end.
pub fn good(size: (u16, u16)) -> (Console, Told) {
    let (mut console, mut told) = running(size);
    told.done(&mut console, 7, 41_000).done(&mut console, 8, 1_900).done(&mut console, 9, 1_900);
    told.done(&mut console, 10, 12_000).ticked(&mut console, 11, "ada");
    needs(&mut console, &told, Vec::new());
    ends(&mut console, &told, RunState::Succeeded);
    (console, told)
}

fn made(told: &Told) -> Release {
    let waiver =
        Waiver { part: part(2), by: "ada".to_owned(), reason: "one slow query, known and mended in 2.31.1".into() };
    let migration = |name: &str, reversible: Reversible| Migration { name: Foreign::from(name), reversible };
    Release {
        run: told.run.id.clone(),
        commit: Some(Foreign::from(format!("{:040x}", 0x4f0c_2d11))),
        migrations: vec![
            migration("orders/0031_tax_number.py", Reversible::Yes),
            migration("orders/0032_drop_old_total.py", Reversible::No),
        ],
        backup: Some("/var/backups/shop.dump".into()),
        hosts: vec![HostName::new("app-1").unwrap(), HostName::new("app-2").unwrap()],
        took: Duration::from_secs(143),
        waivers: vec![waiver],
        overridden: None,
        ..release(4, "v2.31.0", &scene::at("02:15:03").to_string(), Verdict::Good, "ada")
    }
}

/// What was released before.
pub fn before() -> [Release; 3] {
    let day = scene::at("02:00:00").to_zoned(jiff::tz::TimeZone::UTC).date();
    let before = |days: i64, time: &str| format!("{}T{time}Z", day.checked_sub(jiff::Span::new().days(days)).unwrap());
    [
        release(1, "v2.30.2", &before(12, "09:10:00"), Verdict::Good, "bo"),
        release(2, "v2.30.3", &before(6, "14:00:00"), Verdict::RolledBack, "ada"),
        release(3, "v2.30.4", &before(3, "10:30:00"), Verdict::Good, "ada"),
    ]
}

fn commit(number: u32, subject: &str, author: &str) -> Commit {
    Commit {
        id: format!("{number:040x}"),
        at: Some(scene::at("01:10:00")),
        author: Foreign::from(author),
        subject: Foreign::from(subject),
    }
}

/// What git says of the new version.
pub fn facts() -> Facts {
    let migration = |name: &str, reversible: Reversible, why: &[&str]| NewMigration {
        migration: Migration { name: Foreign::from(name), reversible },
        why: why.iter().map(|line| Foreign::from(*line)).collect(),
    };
    Facts {
        version: Foreign::from("v2.31.0"),
        commit: commit(0x4f0c_2d11, "Checkout asks for the tax number", "ada"),
        since: Some(Ok(Since {
            from: commit(3, "v2.30.4", "ada"),
            ahead: 14,
            behind: 0,
            commits: vec![
                commit(0x4f0c_2d11, "Checkout asks for the tax number", "ada"),
                commit(0x0a11_ce00, "Search ranks what is in stock first", "bo"),
            ],
            authors: vec![(Foreign::from("ada"), 9), (Foreign::from("bo"), 5)],
            migrations: vec![
                migration("orders/0031_tax_number.py", Reversible::Yes, &[]),
                migration("orders/0032_drop_old_total.py", Reversible::No, &["DROP COLUMN old_total"]),
            ],
            gone: Vec::new(),
            changed: Vec::new(),
            more: false,
        })),
    }
}

/// The console knows the releases and the versions.
pub fn knows(console: &mut Console) {
    reads(console, before());
    versions(console, &[]);
}

/// The record of releases is read, and holds these.
pub fn reads(console: &mut Console, all: impl IntoIterator<Item = Release>) {
    let history = History::of(all);
    console.say(Event::Release(ReleaseNews::Releases(Releases { history, ..Releases::default() })));
}

/// Git says which versions there are, these tags beside those of before.
pub fn versions(console: &mut Console, more: &[&str]) {
    let version = |name: &str, named, number, subject: &str| Version {
        name: Foreign::from(name),
        named,
        commit: commit(number, subject, "ada"),
    };
    let mut versions: Vec<Version> =
        more.iter().zip(0x51..).map(|(name, number)| version(name, Named::Tag, number, "New")).collect();
    versions.extend([
        version("v2.31.0", Named::Tag, 0x4f0c_2d11, "Checkout asks for the tax number"),
        version("main", Named::Branch, 0x77aa_0001, "Typo"),
        version("v2.30.4", Named::Tag, 3, "Fix the totals"),
    ]);
    console.say(Event::Release(ReleaseNews::Versions(Ok(versions))));
}

/// Git says that `main` has moved on.
pub fn moved(console: &mut Console) {
    let main = Version { name: Foreign::from("main"), named: Named::Branch, commit: commit(0x99, "More", "bo") };
    console.say(Event::Release(ReleaseNews::Versions(Ok(vec![main]))));
}

/// The night in question, with the deploy on its first page.
pub fn opened(size: (u16, u16)) -> Console {
    opened_in(size, production())
}

/// The same in this environment.
pub fn opened_in(size: (u16, u16), environment: Environment) -> Console {
    let mut console = Console::well_in(size, environment);
    knows(&mut console);
    console.keys("7");
    // Who opens it has it read anew.
    knows(&mut console);
    console
}

/// The version is chosen and git has said what is new in it.
pub fn chosen(size: (u16, u16)) -> Console {
    chosen_in(size, production())
}

pub fn chosen_in(size: (u16, u16), environment: Environment) -> Console {
    let mut console = opened_in(size, environment);
    console.keys("enter");
    console.say(Event::Release(ReleaseNews::Facts(Foreign::from("v2.31.0"), Ok(Box::new(facts())))));
    console
}

/// The run of it as it is recorded while its gate is judged.
pub fn judged() -> Run {
    let mut run = procedures::run_of(&deploy(), 41, "02:12:40");
    run.steps.truncate(GATE);
    let document = run.document.as_mut().unwrap();
    document.decided.go = Go::Waits;
    document.given = vec![quarterdeck::domain::procedure::Given {
        name: InputName::new("version").unwrap(),
        value: Some("v2.31.0".to_owned()),
    }];
    run
}

/// What the run waits for.
pub fn needs(console: &mut Console, told: &Told, needs: Vec<Need>) {
    console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), needs)));
}

pub fn part(number: usize) -> PartId {
    deploy().parts[number].id.clone()
}

/// The gate is being judged: three items hold, one does not, one is to be attested.
pub fn at_the_gate(size: (u16, u16)) -> (Console, Told) {
    at_the_gate_in(size, production())
}

/// The same in this environment.
pub fn at_the_gate_in(size: (u16, u16), environment: Environment) -> (Console, Told) {
    let mut console = chosen_in(size, environment);
    console.keys("enter").types("OPS-7").keys("enter");
    let mut told = Told::begin(&mut console, judged());
    for number in [0, 1] {
        found(&mut told, &mut console, number, ["412 passed on 4f0c2d11", "4f0c2d11 there, 4f0c2d11 here"][number]);
    }
    told.says(&mut console, 2, "http_req_duration p95 612 ms, limit 500 ms\nhttp_req_failed 0.04 %, limit 1 %\n");
    told.failed(&mut console, 2, 1, "p95 612 ms, limit 500 ms");
    told.says(&mut console, 3, " migrations/0031.py | 12 +\n migrations/0032.py |  9 +\n");
    told.step(&mut console, 3, |step| step.state = StepState::Done);
    let open = vec![Need::Failure(2, Box::default()), Need::Tick(part(3)), Need::Tick(part(4))];
    needs(&mut console, &told, open);
    (console, told)
}

fn found(told: &mut Told, console: &mut Console, number: usize, note: &str) {
    let note = Foreign::from(note);
    told.step(console, number, |step| {
        (step.state, step.note) = (StepState::Verified, note);
        step.verdict = Some(StepVerdict { took: Duration::from_secs(2), checks: Vec::new() });
    });
}

/// The gate is passed, with one item waived.
pub fn passed(size: (u16, u16)) -> (Console, Told) {
    passed_in(size, production())
}

pub fn passed_in(size: (u16, u16), environment: Environment) -> (Console, Told) {
    let (mut console, mut told) = at_the_gate_in(size, environment);
    told.step(&mut console, 2, |step| {
        (step.state, step.by) = (StepState::Waived, Some("ada".to_owned()));
        step.note = Foreign::from("one slow query, known and mended in 2.31.1");
    });
    told.ticked(&mut console, 3, "ada").ticked(&mut console, 4, "ada");
    needs(&mut console, &told, vec![Need::Go]);
    (console, told)
}

/// The go is given: the rest is recorded behind the gate, and then that it is given.
pub fn goes(console: &mut Console, told: &mut Told) {
    let whole = procedures::run_of(&deploy(), 41, "02:12:40").steps;
    let mut rest = whole[GATE..whole.len() - 2].to_vec();
    for step in rest.iter_mut().skip(3).take(2) {
        step.service = Some(ServiceName::new("backend").unwrap());
    }
    told.more(console, rest).decided(console, |decided| decided.go = Go::Given);
    needs(console, told, Vec::new());
}

/// It goes on behind its gate: the dump is made, new code is on one host and comes onto the other.
pub fn running(size: (u16, u16)) -> (Console, Told) {
    running_in(size, production())
}

/// The same in this environment.
pub fn running_in(size: (u16, u16), environment: Environment) -> (Console, Told) {
    let (mut console, mut told) = passed_in(size, environment);
    goes(&mut console, &mut told);
    told.started(&mut console, 5);
    console.pass(Duration::from_secs(46));
    told.done(&mut console, 5, 46_000).started(&mut console, 6).started(&mut console, 7);
    told.says(&mut console, 6, "HEAD is now at 4f0c2d11\nadded 412 packages in 31s\n");
    console.pass(Duration::from_secs(40));
    told.done(&mut console, 6, 40_000);
    told.says(&mut console, 7, "HEAD is now at 4f0c2d11\n");
    (console, told)
}

/// The way back is begun: that is recorded, and then its steps, of which the first has this number.
pub fn goes_back(console: &mut Console, told: &mut Told) -> usize {
    let whole = procedures::run_of(&deploy(), 41, "02:12:40").steps;
    let back = told.run.steps.len();
    told.decided(console, |decided| decided.rolls_back = true);
    told.more(console, whole[whole.len() - 2..].to_vec());
    needs(console, told, Vec::new());
    back
}

/// A step failed, and the way back goes on by itself: its first step, which has this number, runs.
pub fn going_back(size: (u16, u16)) -> (Console, Told, usize) {
    let (mut console, mut told) = running(size);
    told.failed(&mut console, 7, 128, "the command ended with 128");
    let back = goes_back(&mut console, &mut told);
    told.started(&mut console, back);
    (console, told, back)
}

/// The run has ended so.
pub fn ends(console: &mut Console, told: &Told, state: RunState) {
    console.say(Event::Run(RunNews::Ended(told.run.id.clone(), state)));
}

/// All that was decided.
pub fn decided(console: &mut Console) -> Vec<String> {
    let asked = console.asked().into_iter();
    asked
        .filter_map(|effect| match effect {
            Effect::Decide(_, decision) => Some(format!("{decision:?}")),
            _ => None,
        })
        .collect()
}
