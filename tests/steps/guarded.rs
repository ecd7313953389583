//! A shift of traffic that a guard judges: what does not pass is sent back by itself, whoever is there.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quarterdeck::domain::run::{Reason, StepState};
use rustix::process::{Pid, Signal, kill_process};

use super::{Desk, kill, told};

/// A page of figures that a test sets: how many of a hundred requests failed.
fn page() -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let errors = Arc::new(AtomicU64::new(0));
    let shown = Arc::clone(&errors);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0_u8; 1024];
            let _ = stream.read(&mut request);
            let body = format!("# TYPE errors gauge\nerrors{{code=\"500\"}} {}\n", shown.load(Ordering::SeqCst));
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    (port, errors)
}

/// A desk whose service has that page, and a balancer that is a file.
fn desk(port: u16, shift: &str) -> Desk {
    let desk = Desk::here("");
    let site = format!(
        "{}[services.web]\nhosts = [\"me\"]\nunits = [\"qd-no-such.service\"]\n\
         [services.web.metrics.errors]\nprometheus = \"http://127.0.0.1:{port}/metrics\"\n\
         series = \"errors\"\nfrom = \"here\"\npass = \"< 5\"\n",
        desk.site_here()
    );
    desk.write("config/quarterdeck/sites/shop/site.toml", &site);
    let document = format!(
        "# P\n- Move it. <!-- {{#move host=me shift=\"10 50\" hold=3s guard=\"web/errors\" interval=300ms {shift} \
         set=\"echo $weight >>ROOM/weights\" get=\"tail -n 1 ROOM/weights\"}} -->\n- [ ] seen {{#seen}}\n"
    );
    desk.document(&document);
    desk
}

#[test]
fn a_shift_that_passes_is_held_at_each_weight_and_not_sent_back() {
    let (port, _) = page();
    let desk = desk(port, "back=0");
    let plan = told(&desk.qd(&["--plan"], None));
    for words in
        ["each weight is held 3 s", "nobody judges", "sent back to 0 by itself", "only when a weight did not pass"]
    {
        assert!(plan.contains(words), "{words}: {plan}");
    }
    let well = desk.qd(&["--yes", "--tick", "seen="], None);
    assert!(well.status.success(), "{}", told(&well));
    assert_eq!(desk.text("weights"), "10\n50\n");
    let (run, _) = desk.recorded();
    let states: Vec<StepState> = run.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Verified, StepState::Verified, StepState::Skipped, StepState::Verified]);
    let verdict = run.steps[0].verdict.clone().unwrap();
    assert!(verdict.took >= Duration::from_secs(3), "{verdict:?}");
    assert!(verdict.checks[0].told.plain().contains("last: 0 0"), "the figures are kept: {verdict:?}");
}

/// E15: green for two seconds, then red: to be green once is not enough, the whole hold is judged.
#[test]
fn e15_what_is_green_for_two_seconds_and_then_red_is_caught_and_sent_back() {
    let (port, errors) = page();
    let desk = desk(port, "back=0");
    let late = Arc::clone(&errors);
    let weights = desk.path("weights");
    std::thread::spawn(move || {
        while !weights.exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_secs(2));
        late.store(40, Ordering::SeqCst);
    });
    let tripped = desk.qd(&["--yes"], None);
    let said = told(&tripped);
    assert_eq!(tripped.status.code(), Some(2), "{said}");
    assert!(said.contains("guard failed: web/errors"), "{said}");
    assert_eq!(desk.text("weights"), "10\n0\n", "no further weight, and back: {said}");
    let (run, records) = desk.recorded();
    let step = &run.steps[0];
    assert_eq!((step.state, step.reason), (StepState::Failed, Some(Reason::GuardFailed)), "{step:?}");
    let verdict = step.verdict.clone().unwrap();
    assert!(verdict.checks[0].told.plain().contains("40!"), "the figure that tripped it: {verdict:?}");
    assert_eq!(run.steps[1].state, StepState::Planned);
    // To send it back is a change of its own: it was intended, and read back.
    let back: Vec<StepState> = records.iter().filter(|(at, _)| *at == 2).map(|(_, step)| step.state).collect();
    assert!(back.contains(&StepState::Intent) && back.contains(&StepState::Verified), "{back:?}");
    assert_eq!(run.steps[2].value.as_deref(), Some("0"));
    crate::hosts::report("E15", 1, 1, "green for two seconds and then red: caught and sent back");
}

/// E15: what comes and goes fails too often, although the newest answer is good.
#[test]
fn e15_what_flaps_counts_as_failure() {
    let (port, errors) = page();
    let desk = desk(port, "failures=1");
    let flaps = Arc::clone(&errors);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(400));
            flaps.store(40 - flaps.load(Ordering::SeqCst), Ordering::SeqCst);
        }
    });
    let tripped = desk.qd(&["--yes"], None);
    assert_eq!(tripped.status.code(), Some(2), "{}", told(&tripped));
    assert_eq!(desk.text("weights"), "10\n0\n", "{}", told(&tripped));
    let step = desk.recorded().0.steps.remove(0);
    assert!(step.note.plain().contains("2 answers failed, more than the 1 that may"), "{:?}", step.note);
    crate::hosts::report("E15", 1, 1, "what flaps counts as failure");
}

#[test]
fn without_a_console_nobody_judges_and_whoever_goes_on_judges_first() {
    let (port, errors) = page();
    let desk = desk(port, "back=0");
    let digest = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &digest, "--yes"];
    let child = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).spawn().unwrap();
    desk.wait_for("weights");
    std::thread::sleep(Duration::from_millis(700));
    kill(child);
    errors.store(40, Ordering::SeqCst);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(desk.text("weights"), "10\n", "nobody judges, and nothing moves");
    let resumed = desk.resume(&["--yes"]);
    assert_eq!(desk.text("weights"), "10\n0\n", "judged first, and sent back: {}", told(&resumed));
    let step = desk.recorded().0.steps.remove(0);
    assert_eq!((step.state, step.reason), (StepState::Failed, Some(Reason::GuardFailed)));
}

/// The weight goes back by itself when the console is killed, once, and whoever goes on is told of it.
#[test]
fn a_dead_man_timer_sends_the_weight_back_when_the_console_is_gone() {
    let (port, _) = page();
    let desk = desk(port, "back=0 deadman=3s");
    let digest = super::digest(&desk.path("run.md"));
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &digest, "--yes"];
    let child = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).spawn().unwrap();
    desk.wait_for("weights");
    std::thread::sleep(Duration::from_millis(500));
    kill(child);
    let begun = std::time::Instant::now();
    while desk.text("weights") != "10\n0\n" {
        assert!(begun.elapsed() < Duration::from_secs(10), "it was not sent back: {:?}", desk.text("weights"));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(begun.elapsed() > Duration::from_secs(1), "not before its time: {:?}", begun.elapsed());
    let resumed = desk.resume(&["--yes"]);
    let said = told(&resumed);
    assert!(said.contains("dead-man timer on me heard nothing of a console for 3s"), "{said}");
    assert!(said.contains("sent the traffic back to 0"), "{said}");
    assert_eq!(desk.text("weights"), "10\n0\n", "never twice: {said}");
    let (run, _) = desk.recorded();
    assert_eq!((run.steps[0].state, run.steps[0].reason), (StepState::Failed, Some(Reason::GuardFailed)));
    assert_eq!(run.steps[2].state, StepState::Skipped, "{:?}", run.steps[2]);
}

/// A console that sleeps while a weight is being set, or right before: what was on its way comes first, then the way back.
#[test]
fn a_dead_man_timer_has_the_last_word_however_slow_the_weight_is_set() {
    let (port, _) = page();
    for (marker, slow) in [("begun", "[ $weight = 0 ] || sleep 6;"), ("state-of-jobs", "")] {
        let desk = desk(port, "back=0 deadman=3s");
        let text = desk.text("run.md").replace("set=\"echo", &format!("set=\"touch ROOM/begun; {slow} echo"));
        desk.document(&text.replace("ROOM", &desk.folder.path().display().to_string()));
        let digest = super::digest(&desk.path("run.md"));
        let arguments = ["run", "./run.md", "shop", "-e", "lab", "--trust", &digest, "--yes", "--on-failure", "abort"];
        let child = desk.command(env!("CARGO_BIN_EXE_qd"), &arguments).stdout(Stdio::piped()).spawn().unwrap();
        let console = Pid::from_child(&child);
        // The weight is being set, or its timer has just begun and the weight is not on its way yet.
        let is_so = || match marker {
            "begun" => desk.path(marker).exists(),
            room => has_timer(&desk.path(room)),
        };
        let begun = std::time::Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{marker}");
            std::thread::sleep(Duration::from_millis(1));
        }
        kill_process(console, Signal::STOP).unwrap();
        while std::fs::read_to_string(desk.path("weights")).unwrap_or_default().lines().last() != Some("0") {
            assert!(begun.elapsed() < Duration::from_secs(60), "{marker}: it was not sent back");
            std::thread::sleep(Duration::from_millis(50));
        }
        kill_process(console, Signal::CONT).unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = told(&ended);
        assert_eq!(ended.status.code(), Some(2), "{marker}: {said}");
        assert!(said.contains("sent the traffic back to 0"), "{marker}: {said}");
        let weights = desk.text("weights");
        assert!(
            weights == "0\n" || weights == "10\n0\n",
            "{marker}: the way back is the last word: {weights:?}\n{said}"
        );
        let (run, _) = desk.recorded();
        assert_eq!((run.steps[0].state, run.steps[0].reason), (StepState::Failed, Some(Reason::GuardFailed)));
    }
}

/// Whether the job of a timer has begun.
fn has_timer(room: &std::path::Path) -> bool {
    let Ok(runs) = std::fs::read_dir(room.join("runs")) else { return false };
    let jobs = runs.flatten().filter_map(|run| std::fs::read_dir(run.path()).ok()).flatten().flatten();
    jobs.map(|job| job.path()).any(|job| {
        let number = job.file_name().and_then(|name| name.to_str()?.split_once('-')?.1.parse::<u32>().ok());
        number.is_some_and(|number| number > 1 << 20) && job.join("began").exists()
    })
}

#[test]
fn a_dead_man_timer_that_is_renewed_does_nothing_and_is_gone_at_the_end() {
    let (port, _) = page();
    let desk = desk(port, "back=0 deadman=8s hold=9s");
    let text = desk.text("run.md").replace("hold=3s guard", "guard");
    desk.write("run.md", &text);
    let well = desk.qd(&["--yes", "--tick", "seen="], None);
    assert!(well.status.success(), "{}", told(&well));
    assert_eq!(desk.text("weights"), "10\n50\n");
    let room = desk.folder.path().display().to_string();
    let left = || std::process::Command::new("pgrep").args(["-af", &room]).output().unwrap().stdout;
    let begun = std::time::Instant::now();
    while !left().is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "a timer stayed behind: {}",
            String::from_utf8_lossy(&left())
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}
