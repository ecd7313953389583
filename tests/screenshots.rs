//! The pictures in screenshots/: drawn anew and compared. `QD_BLESS=1 cargo test --test screenshots` draws them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/changing.rs"]
mod changing;
#[path = "common/console.rs"]
mod console;
#[path = "screenshots/deploy.rs"]
mod deploy;
#[path = "common/deploys.rs"]
mod deploys;
#[path = "common/log_scene.rs"]
mod log_scene;
#[path = "screenshots/logs.rs"]
mod logs;
#[path = "common/past.rs"]
mod past;
#[path = "common/picture.rs"]
mod picture;
#[path = "common/procedures.rs"]
mod procedures;
#[path = "common/scene.rs"]
mod scene;

use std::fs;
use std::path::Path;
use std::time::Duration;

use console::Console;
use quarterdeck::domain::run::{Reason, RunState, StepState};
use quarterdeck::port::Event;
use quarterdeck::port::procedure::{Evidence, Need, ProcedureNews};
use quarterdeck::style::Theme;

const SIZE: (u16, u16) = (120, 40);

fn compare(name: &str, console: &Console) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shown = console.0.shown();
    let mut pictures = vec![("txt", console.screen())];
    // Those for people are of one size; the other sizes are kept as text only.
    if (shown.buffer.area.width, shown.buffer.area.height) == SIZE {
        pictures.push(("svg", picture::svg(&shown.buffer)));
    }
    for (kind, drawn) in pictures {
        let path = root.join("screenshots").join(format!("{name}.{kind}"));
        if std::env::var_os("QD_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &drawn).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == drawn,
            "screenshots/{name}.{kind} is not what the console draws now; look at it and, if it is good, \
             QD_BLESS=1 cargo test --test screenshots\n{}",
            console.screen()
        );
    }
    if let Some(folder) = std::env::var_os("QD_ANSI") {
        fs::write(Path::new(&folder).join(format!("{name}.ans")), picture::ansi(&shown.buffer)).unwrap();
    }
}

/// The night in question with the cursor on the backend and its details read.
pub fn on_backend(size: (u16, u16)) -> Console {
    read(Console::in_trouble(size))
}

fn read(mut console: Console) -> Console {
    console.keys("S g j");
    console.say(Event::Detail(scene::host_name("app-1"), scene::unit_of("backend"), Box::new(scene::backend_detail())));
    console
}

#[test]
fn overview_with_trouble() {
    compare("overview", &on_backend(SIZE));
}

#[test]
fn overview_in_the_other_themes() {
    for (name, theme) in [("overview-light", "default-light"), ("overview-high-contrast", "high-contrast")] {
        let mut console = Console::in_trouble(SIZE);
        for _ in Theme::all_builtin() {
            if !console.screen().contains(&format!("Theme {theme}")) {
                console.keys("?").types("next-theme").keys("enter");
            }
        }
        assert!(console.screen().contains(&format!("Theme {theme}")), "{}", console.screen());
        compare(name, &read(console));
    }
}

#[test]
fn a_small_terminal() {
    let mut console = on_backend((80, 24));
    compare("overview-80x24", &console);
    console.keys("enter");
    compare("detail-80x24", &console);
    console.keys("esc 3");
    compare("hosts-80x24", &console);
    console.keys("5");
    compare("changes-80x24", &console);
    console.keys("?");
    compare("help-80x24", &console);
}

#[test]
fn a_large_terminal() {
    let mut console = on_backend((200, 60));
    compare("overview-200x60", &console);
    console.keys("3 j j");
    compare("hosts-200x60", &console);
}

#[test]
fn overview_by_tier() {
    compare("tiers", &Console::in_trouble(SIZE));
}

#[test]
fn detail() {
    let mut console = on_backend(SIZE);
    console.keys("+");
    compare("detail", &console);
}

#[test]
fn hosts() {
    let mut console = Console::in_trouble(SIZE);
    console.keys("3 j");
    compare("hosts", &console);
}

/// The logs of the night, followed; then a line of them unfolded.
fn logs_of_the_night(size: (u16, u16)) -> Console {
    let mut console = Console::in_trouble(size);
    log_scene::opened(&mut console);
    console
}

fn unfold(console: &mut Console) {
    console.types("/confirmation").keys("enter k enter x");
    console.say(log_scene::fields());
    console.keys("esc");
}

#[test]
fn logs_merged() {
    compare("logs", &logs_of_the_night(SIZE));
    compare("logs-80x24", &logs_of_the_night((80, 24)));
    compare("logs-200x60", &logs_of_the_night((200, 60)));
}

#[test]
fn logs_unfolded_line() {
    for (size, name) in [(SIZE, "logs-unfolded"), ((80, 24), "logs-unfolded-80x24")] {
        let mut console = logs_of_the_night(size);
        unfold(&mut console);
        compare(name, &console);
    }
}

#[test]
fn logs_found() {
    let mut console = logs_of_the_night(SIZE);
    console.types("/webhook or slow").keys("enter x N N");
    compare("logs-found", &console);
}

#[test]
fn links() {
    use quarterdeck::domain::service::Link;
    let mut environment = scene::production();
    let backend = environment.services.iter_mut().find(|service| service.name.as_str() == "backend").unwrap();
    let link = |title: &str, url: &str| Link { title: title.into(), url: url.into() };
    backend.links = vec![
        link("Dashboard", "https://grafana.pakashop.example/d/backend?from=now-1h"),
        link("Repository", "https://git.pakashop.example/shop/backend"),
        link("Runbook", "https://wiki.pakashop.example/runbooks/backend"),
    ];
    let mut console = Console::watching("02:12:05", SIZE, environment);
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    console.types("/backend").keys("enter o");
    compare("links", &console);
}

#[test]
fn dependencies() {
    for (name, size) in [("dependencies", SIZE), ("dependencies-80x24", (80, 24))] {
        let mut console = on_backend(size);
        console.keys("D");
        compare(name, &console);
    }
}

#[test]
fn changes() {
    let mut console = Console::in_trouble(SIZE);
    console.keys("5");
    compare("changes", &console);
}

#[test]
fn history() {
    for (size, name) in [(SIZE, "history"), ((80, 24), "history-80x24"), ((200, 60), "history-200x60")] {
        let mut console = Console::in_trouble(size);
        console.say(Event::History(past::night()));
        console.keys("6 j j j");
        compare(name, &console);
        if size == (80, 24) {
            console.keys("enter");
            compare("run-80x24", &console);
        }
    }
}

#[test]
fn help() {
    let mut console = on_backend(SIZE);
    console.keys("?");
    compare("help", &console);
}

#[test]
fn palette() {
    let mut console = on_backend(SIZE);
    console.keys("ctrl-p").types("re");
    compare("palette", &console);
}

#[test]
fn command() {
    let mut console = on_backend(SIZE);
    console.keys(":").types("unit-file g").keys("tab");
    compare("command", &console);
}

#[test]
fn picker() {
    let mut console = Console::in_trouble(SIZE);
    console.keys("E");
    compare("picker", &console);
}

#[test]
fn confirm() {
    let mut console = on_backend(SIZE);
    console.types("/search app-2").keys("enter esc space j space");
    console.keys("r");
    compare("confirm", &console);
    let mut console = on_backend((80, 24));
    console.keys("r").types("back");
    compare("confirm-80x24", &console);
}

#[test]
fn actions() {
    let mut console = on_backend(SIZE);
    console.keys("a");
    compare("actions", &console);
}

#[test]
fn verdict() {
    for (name, size) in [("verdict", SIZE), ("verdict-80x24", (80, 24)), ("verdict-200x60", (200, 60))] {
        let mut console = Console::well(size);
        console.types("/search app-2").keys("enter esc r").types("search").keys("enter");
        let mut running = changing::Running::begin(&mut console, "02:13:25");
        running.step(&mut console, 0, StepState::Started);
        console.pass(Duration::from_secs(8));
        running.step(&mut console, 0, StepState::Verified);
        running.step(&mut console, 1, StepState::Started);
        console.pass(Duration::from_secs(12));
        running.step(&mut console, 1, StepState::Failed);
        running.end(&mut console, RunState::Failed);
        compare(name, &console);
    }
}

#[test]
fn run() {
    let mut console = Console::well(SIZE);
    console.keys("! esc").types("/config").keys("enter esc T r").types("production").keys("enter");
    let mut running = changing::Running::begin(&mut console, "02:13:25");
    running.step(&mut console, 0, StepState::Verified);
    running.step(&mut console, 1, StepState::Done);
    console.pass(Duration::from_secs(4));
    compare("run", &console);
    console.keys("esc");
    compare("run-left", &console);
}

/// The night in question with the shop's procedures.
fn with_procedures(size: (u16, u16)) -> Console {
    Console::in_trouble_of(size, procedures::production(procedures::library()))
}

const SIZES: [((u16, u16), &str); 3] = [(SIZE, ""), ((80, 24), "-80x24"), ((200, 60), "-200x60")];

#[test]
fn runbooks() {
    for (size, suffix) in SIZES {
        let mut console = with_procedures(size);
        console.keys("S g j b");
        compare(&format!("runbooks{suffix}"), &console);
    }
}

#[test]
fn procedure() {
    for (size, suffix) in SIZES {
        let mut console = with_procedures(size);
        console.keys("4").types("/payments").keys("enter enter");
        compare(&format!("procedure{suffix}"), &console);
    }
}

/// Payments fail: what is known so far, and a step that has just printed something.
fn half_way(console: &mut Console) -> procedures::Told {
    console.keys("4").types("/payments").keys("enter enter");
    let mut told = procedures::Told::begin(console, procedures::run_of(&procedures::payments(), 1, "02:13:20"));
    told.ticked(console, 0, "ada").ticked(console, 1, "ada").started(console, 2);
    told.says(console, 2, "     17 insufficient_funds\n    611 webhook_signature\n").done(console, 2, 1200);
    told.started(console, 3);
    console.pass(Duration::from_secs(4));
    told
}

#[test]
fn procedure_run() {
    for (size, suffix) in SIZES {
        let mut console = with_procedures(size);
        let mut told = half_way(&mut console);
        told.says(&mut console, 3, "     14 insufficient_funds\n    593 webhook_signature\n");
        console.keys("f");
        if size.0 < 100 {
            console.keys("tab");
        }
        compare(&format!("procedure-run{suffix}"), &console);
    }
}

#[test]
fn procedure_failed() {
    for (size, suffix) in SIZES {
        let mut console = with_procedures(size);
        let mut told = half_way(&mut console);
        told.says(&mut console, 3, "jq: error (at <stdin>:41): Cannot index string with \"msg\"\n");
        told.failed(&mut console, 3, 5, "the command ended with 5");
        let evidence = Evidence {
            reason: Some(Reason::NonZeroExit),
            output: "jq: error (at <stdin>:41): Cannot index string with \"msg\"\n".into(),
            looked: vec![("pakashop-backend on app-2".to_owned(), "active (running) since 01:58:41".into())],
        };
        let needs = vec![Need::Failure(3, Box::new(evidence))];
        console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), needs)));
        console.keys("d");
        compare(&format!("procedure-failed{suffix}"), &console);
    }
}

#[test]
fn procedure_plan() {
    for (size, suffix) in SIZES {
        let mut console = with_procedures(size);
        console.keys("4").types("/deploy").keys("enter enter R").types("produc");
        compare(&format!("procedure-plan{suffix}"), &console);
    }
}

/// A deploy that waits at its gate: what it asks of a person, and how it is waived or overridden.
fn at_gate(size: (u16, u16), may: bool) -> (Console, procedures::Told) {
    let mut console = Console::in_trouble_of(size, procedures::gated_production(may));
    console.keys("4 enter");
    let mut told = procedures::Told::begin(&mut console, procedures::run_of(&procedures::gated(), 1, "02:13:20"));
    told.says(
        &mut console,
        0,
        "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        40G   38G  2.1G  95% /opt\n",
    );
    told.failed(&mut console, 0, 1, "its command left with status 1");
    let errors: String = (0..9)
        .map(|n| {
            format!("Nov 21 01:{:02}:09 app-1 backend[4242]: payment_error kind=webhook_signature order=91{n}\n", n * 5)
        })
        .collect();
    told.says(&mut console, 1, &errors);
    told.step(&mut console, 1, |step| step.state = StepState::Done);
    (console, told)
}

fn wants(console: &mut Console, told: &procedures::Told, needs: Vec<Need>) {
    console.say(Event::Procedure(ProcedureNews::Needs(told.run.id.clone(), needs)));
}

#[test]
fn gate_dialogs() {
    for (size, suffix) in SIZES {
        let failed = || {
            Need::Failure(
                0,
                Box::new(Evidence {
                    reason: Some(Reason::NonZeroExit),
                    output: "/dev/sda1        40G   38G  2.1G  95% /opt\n".into(),
                    ..Evidence::default()
                }),
            )
        };
        let id = procedures::gated().parts[1].id.clone();
        // Evidence is judged.
        let (mut console, told) = at_gate(size, true);
        wants(&mut console, &told, vec![Need::Tick(id.clone())]);
        console.keys("d");
        compare(&format!("gate-evidence{suffix}"), &console);
        // An item that failed: the menu, with the waiver, and what a person types for it.
        let (mut console, told) = at_gate(size, true);
        wants(&mut console, &told, vec![failed()]);
        console.keys("d");
        compare(&format!("gate-failed{suffix}"), &console);
        let waive = console.screen().lines().filter(|line| line.contains("waive")).count();
        assert!(waive > 0, "{}", console.screen());
        console.keys("down enter").types("two releases of 700 MB fit into 2.1 GB");
        compare(&format!("gate-waiver{suffix}"), &console);
        // Outside the windows, for somebody who may not override that, and for somebody who may.
        for (may, name) in [(false, "gate-window"), (true, "gate-override")] {
            let (mut console, told) = at_gate(size, may);
            let opening = quarterdeck::domain::window::Opening::Closed {
                freeze: None,
                next: Some((scene::at("03:30:00"), jiff::tz::TimeZone::UTC)),
            };
            let role = Some(quarterdeck::domain::RoleName::new("release-lead").unwrap());
            wants(&mut console, &told, vec![Need::Window(opening, role)]);
            console.keys("d");
            if may {
                console.keys("enter").types("the fix for payments can't wait");
            }
            compare(&format!("{name}{suffix}"), &console);
        }
    }
}
