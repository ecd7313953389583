//! What the console costs while nothing happens: here, on the terminal, and on each host.

use std::time::{Duration, Instant};

use crate::cost;
use crate::pty::Pty;
use crate::shell::Shell;
use crate::stage::{SERVICES, Stage};

/// How long is looked at each.
const SPAN: Duration = Duration::from_secs(60);
/// What comes after the start is let come first.
const SETTLE: Duration = Duration::from_secs(20);
const WITHIN: Duration = Duration::from_secs(30);

/// One host over the span.
struct Load {
    cpu: f64,
    starts: f64,
}

/// Measures an idle minute without the console, with it, and with clock and probes.
pub fn measure(stage: &Stage) {
    let hosts = stage.lab.hosts();
    let mut shells: Vec<Shell> = hosts.iter().map(|host| Shell::on(&stage.lab, host)).collect();
    println!("\nan idle minute, {SERVICES} services on {} hosts", hosts.len());
    let without = watch(stage, &mut shells, std::thread::sleep);
    let quiet = console(stage, &mut shells, "clock and probes off", "quiet", &["--no-clock"]);
    let whole = console(stage, &mut shells, "clock and probes on", "whole", &[]);
    println!(
        "  {:<8} {:>24} {:>30} {:>30}",
        "on host", "without qd (baseline)", "clock and probes off", "clock and probes on"
    );
    for (number, host) in hosts.iter().enumerate() {
        let told = |load: &Load| format!("{:.2} % {:.2} starts/s", load.cpu * 100.0, load.starts);
        let more = |load: &Load| {
            let base = &without[number];
            format!("+{:.2} % +{:.2} starts/s", (load.cpu - base.cpu) * 100.0, load.starts - base.starts)
        };
        println!(
            "  {host:<8} {:>24} {:>30} {:>30}",
            told(&without[number]),
            more(&quiet[number]),
            more(&whole[number])
        );
    }
}

fn console(stage: &Stage, shells: &mut [Shell], what: &str, variant: &str, more: &[&str]) -> Vec<Load> {
    let mut pty = stage.console(variant, more).start();
    let all = format!("Services {SERVICES} up");
    pty.wait_until(WITHIN, &all, |pty| pty.screen().contains(&all));
    pty.read_during(SETTLE);
    let (from, before, frames) = (pty.written().len(), cost::family(pty.pid()), frames(&pty));
    let own = cost::threads(pty.pid());
    let mut busiest = 0;
    let loads = watch(stage, shells, |span| {
        let end = Instant::now() + span;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let first = frames_of(pty.written());
            pty.read_during(left.min(Duration::from_secs(1)));
            busiest = busiest.max(frames_of(pty.written()) - first);
        }
    });
    let bytes = pty.written().len() - from;
    let cpu = (cost::family(pty.pid()) - before).as_secs_f64() / SPAN.as_secs_f64() * 100.0;
    let own = (cost::threads(pty.pid()) - own).as_secs_f64() / SPAN.as_secs_f64() * 100.0;
    println!(
        "  {what}: {bytes} bytes in {} frames, at most {busiest} in a second; {cpu:.2} % of a core in {} processes, \
         qd itself {own:.2} %",
        frames_of(pty.written()) - frames,
        cost::members(pty.pid()),
    );
    if let Some(place) = pty.written().get(from..).filter(|_| bytes > 0 && variant == "quiet") {
        println!("    what was written: {:?}", String::from_utf8_lossy(&place[..place.len().min(1500)]));
    }
    pty.send("q").wait_exit(WITHIN);
    loads
}

fn frames(pty: &Pty) -> usize {
    frames_of(pty.written())
}

fn frames_of(written: &[u8]) -> usize {
    const BEGIN: &[u8] = b"\x1b[?2026h";
    written.windows(BEGIN.len()).filter(|window| *window == BEGIN).count()
}

fn watch(stage: &Stage, shells: &mut [Shell], wait: impl FnOnce(Duration)) -> Vec<Load> {
    let hosts = stage.lab.hosts();
    let began = Instant::now();
    let mut look = || -> Vec<(Duration, u64)> {
        let each = hosts.iter().zip(shells.iter_mut());
        each.map(|(host, shell)| (cost::host(&stage.lab, host), shell.last_process())).collect()
    };
    let before = look();
    wait(SPAN);
    let after = look();
    let span = began.elapsed().as_secs_f64();
    let each = before.iter().zip(&after);
    each.map(|((cpu, last), (cpu_now, last_now))| Load {
        cpu: (*cpu_now - *cpu).as_secs_f64() / span,
        starts: (last_now - last) as f64 / span,
    })
    .collect()
}
