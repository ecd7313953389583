//! Reading the log of a unit: all of it, against the raw pipe of the same journalctl, and one line at a time.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::figures::{Figures, now, row, title};
use crate::heard::Heard;
use crate::pty::Pty;
use crate::shell::Shell;
use crate::stage::{LOADED, Stage};

/// Lines that are loaded.
const LINES: usize = 300_000;
const ROUNDS: usize = 5;
/// Lines that are waited for one by one.
const TICKS: usize = 200;
const HOST: &str = "app-1";
const WITHIN: Duration = Duration::from_secs(120);
/// What the lines that come one by one are written into.
const PIPE: &str = "/run/qd-load.pipe";

/// Loads all lines of a unit: by the raw pipe, by `qd logs`, and on the screen while keys are typed.
pub fn load(stage: &Stage) {
    title(&format!("loading {LINES} lines of one unit over ssh, {ROUNDS} rounds"));
    let mut shell = Shell::on(&stage.lab, HOST);
    write_lines(&mut shell);
    let line = journalctl(stage);
    println!("  the line: {line}");
    let raw = Figures::of(ROUNDS, || pipe(stage, &line));
    // As the program runs it, so that reading never takes a processor from what the host is there for.
    let nice = Figures::of(ROUNDS, || pipe(stage, &format!("nice -n 19 {line}")));
    let printed = Figures::of(ROUNDS, || print(stage));
    let (mut at_rest, mut keys) = (Vec::new(), Vec::new());
    let screen = Figures::of(ROUNDS, || console(stage, &mut at_rest, &mut keys));
    let (at_rest, keys) = (Figures::from(at_rest), Figures::from(keys));
    row("the same journalctl over plain ssh, > /dev/null (baseline)", &raw, None);
    row("the same with nice -n 19, as qd logs runs it", &nice, Some(&raw));
    row("qd logs, > /dev/null", &printed, Some(&raw));
    row("qd: all lines counted on the screen", &screen, Some(&raw));
    println!(
        "  of the line with nice -n 19: {:.2} (qd logs), {:.2} (screen)",
        printed.median() / nice.median(),
        screen.median() / nice.median()
    );
    row("a key before they come: the help is there (baseline)", &at_rest, None);
    row("a key while they come: the help is there", &keys, Some(&at_rest));
    shell.send(&format!("systemctl reset-failed {LOADED} 2>/dev/null; echo gone"));
    assert_eq!(shell.line(), "gone");
}

/// Has the unit write the lines, unless it has: of 90 bytes or so, as a service writes them.
fn write_lines(shell: &mut Shell) {
    let count = format!("journalctl -q -u {LOADED} -o cat | grep -c '^GET '");
    shell.send(&format!("{count} || true"));
    if shell.line().parse::<usize>().is_ok_and(|lines| lines >= LINES) {
        return;
    }
    // An interval of nothing would be the host's own limit: systemd 252 does not tell journald of it.
    shell.send(&format!(
        "systemd-run -q --wait --unit={LOADED} -p LogRateLimitIntervalSec=1 -p LogRateLimitBurst={LINES} /bin/sh -c 'seq 1 {LINES} | awk \"{{ \
         print \\\"GET /api/v1/orders/\\\" \\$1 \\\" status=200 took=\\\" \\$1 % 997 \\\"ms customer=c-\\\" \\$1 % 7919 \
         \\\" order=\\\" \\$1 \\\" cart=open\\\" }}\"'; journalctl --flush --sync; {count}"
    ));
    let written = shell.line();
    assert_eq!(written.parse::<usize>().ok(), Some(LINES), "the journal holds {written} of the lines");
}

/// The journalctl that the program runs on the host, as the host's list of processes tells it, but from the first line to
/// the last: without its `--follow` and without the line behind which it reads on.
fn journalctl(stage: &Stage) -> String {
    let mut pty = stage.at_home(&logs(stage, &["-f", "-n", "5"])).start();
    let end = Instant::now() + WITHIN;
    loop {
        pty.read_during(Duration::from_millis(100));
        let all = stage.lab.processes(HOST);
        let found = all.iter().find_map(|process| process.find("journalctl ").map(|at| &process[at..]));
        if let Some(line) = found.filter(|line| line.contains("--follow") && line.contains(LOADED)) {
            let words = line.split_whitespace();
            let begins = ["--lines", "--cursor", "--after-cursor", "--since"];
            let words = words.filter(|word| !["--follow", "--no-tail"].contains(word));
            let words = words.filter(|word| !begins.iter().any(|begin| word.starts_with(begin)));
            let quoted: Vec<String> = words.map(|word| format!("'{word}'")).collect();
            pty.send("\x03").wait_exit(WITHIN);
            return quoted.join(" ");
        }
        assert!(Instant::now() < end, "no journalctl is seen on {HOST}: {all:#?}");
    }
}

fn logs<'a>(stage: &'a Stage, more: &[&'a str]) -> Vec<&'a str> {
    let site = stage.site("load");
    let site: &'a str = Box::leak(site.display().to_string().into_boxed_str());
    let mut arguments = vec!["logs", "-S", site, "-e", "lab", "load"];
    arguments.extend(more);
    arguments
}

fn pipe(stage: &Stage, line: &str) -> Duration {
    let begin = Instant::now();
    let status = Command::new("ssh")
        .args(["-o", "BatchMode=yes", "-F"])
        .arg(stage.lab.ssh_config())
        .args([HOST, line])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("ssh starts");
    assert!(status.success(), "{line}: {status}");
    begin.elapsed()
}

fn print(stage: &Stage) -> Duration {
    let begin = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_qd"))
        .args(logs(stage, &["--since", "-1d"]))
        .env("QD_SSH_CONFIG", stage.lab.ssh_config())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .expect("qd starts");
    let took = begin.elapsed();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("0 lost"), "{told}");
    took
}

/// Opens the help and closes it; tells how long its opening took. An escape is none before nothing follows it, so closing
/// would measure that patience.
fn help(pty: &mut Pty) -> Duration {
    let mut press = |key: &str, there: bool| {
        let typed = Instant::now();
        pty.send(key);
        while pty.screen().contains("what the keys do") != there {
            assert!(typed.elapsed() < WITHIN, "no answer to a key: {pty:?}");
            pty.read_during(Duration::from_millis(1));
        }
        typed.elapsed()
    };
    let took = press("?", true);
    press("\x1b", false);
    took
}

/// Opens the lines of the service, asks for all, and types until all are there.
fn console(stage: &Stage, at_rest: &mut Vec<Duration>, keys: &mut Vec<Duration>) -> Duration {
    let mut pty = open(stage);
    for _ in 0..20 {
        at_rest.push(help(&mut pty));
        pty.read_during(Duration::from_millis(20));
    }
    pty.send("ta").read_during(Duration::from_millis(300));
    let begin = Instant::now();
    pty.send("ta");
    loop {
        keys.push(help(&mut pty));
        if counted(&pty).is_some_and(|lines| lines >= LINES) {
            break;
        }
        assert!(begin.elapsed() < WITHIN, "not all lines: {pty:?}");
    }
    let took = begin.elapsed();
    pty.send("q").wait_exit(WITHIN);
    took
}

/// The console with the lines of the service.
fn open(stage: &Stage) -> Pty {
    let mut pty = stage.console("load", &[]).start();
    pty.wait_until(WITHIN, "the service", |pty| pty.screen().contains(" load "));
    pty.read_during(Duration::from_secs(2));
    pty.send("/load\r").read_during(Duration::from_millis(300));
    pty.send("l");
    pty.wait_until(WITHIN, "its lines", |pty| counted(pty).is_some());
    pty
}

/// The number of lines that the header of the logs counts.
fn counted(pty: &Pty) -> Option<usize> {
    pty.screen().lines().find_map(|line| {
        let before = line.split(" lines").next().filter(|before| before.len() < line.len())?;
        before.rsplit(' ').next()?.replace(',', "").parse().ok()
    })
}

/// From a line's writing on the host to the byte on the terminal, against `journalctl --follow` over a plain ssh.
pub fn tick(stage: &Stage) {
    title(&format!("from a line that is written on a host to the byte on the terminal, {TICKS} lines"));
    let mut shell = Shell::on(&stage.lab, HOST);
    shell.send(&format!(
        "systemctl stop {LOADED} 2>/dev/null; rm -f {PIPE}; mkfifo {PIPE}; \
         systemd-run -q --unit={LOADED} -p LogRateLimitIntervalSec=1 -p LogRateLimitBurst={LINES} /bin/sh -c 'exec cat <>{PIPE}'; \
         exec 3>{PIPE}; echo ready"
    ));
    assert_eq!(shell.line(), "ready");
    let raw = Heard::start(stage, HOST, &format!("journalctl -q -f -n 0 -o cat -u {LOADED}"), Some);
    let mut pty = open(stage);
    pty.read_during(Duration::from_secs(2));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut dice = fastrand::Rng::with_seed(7);
    for number in 0..TICKS {
        pty.read_during(Duration::from_millis(dice.u64(100..300)));
        // In letters: lines that differ by a number alone would be folded.
        let letters = number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'g')).collect::<String>();
        let word = format!("tick-{letters}-");
        let begin = now();
        shell.send(&format!("echo {word} >&3"));
        pty.wait_until(WITHIN, &word, |pty| pty.screen().contains(&word));
        ours.push(now().saturating_sub(begin));
        theirs.extend(heard(&raw, &word).map(|at| at.saturating_sub(begin)));
    }
    pty.send("q").wait_exit(WITHIN);
    shell.send(&format!("exec 3>&-; systemctl stop {LOADED}; rm -f {PIPE}; echo gone"));
    assert_eq!(shell.line(), "gone");
    let (ours, theirs) = (Figures::from(ours), Figures::from(theirs));
    row("journalctl --follow over plain ssh, its line (baseline)", &theirs, None);
    row("qd: the byte on the terminal", &ours, Some(&theirs));
    println!(
        "  more than the baseline: {:.1} ms (median), {:.1} ms (p95)",
        ours.median() - theirs.median(),
        ours.quantile(0.95) - theirs.quantile(0.95)
    );
}

/// When this line came.
fn heard(raw: &Heard, word: &str) -> Option<Duration> {
    while let Some((line, at)) = raw.next(Duration::from_secs(2)) {
        if line.contains(word) {
            return Some(at);
        }
    }
    None
}
