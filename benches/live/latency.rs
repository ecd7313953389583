//! From the moment at which systemd says that a unit changed to the byte on the terminal.
//!
//! Hosts and terminal share one kernel, and so one monotonic clock: both moments can be compared.

use std::time::Duration;

use crate::figures::{Figures, now, row, title};
use crate::heard::Heard;
use crate::pty::Pty;
use crate::shell::Shell;
use crate::stage::{FLIP, Stage};

const CHANGES: usize = 200;
const HOST: &str = "app-1";
const WITHIN: Duration = Duration::from_secs(20);
const HOLDER: &str = "qd-flip-holder.service";
/// The path of the unit on the bus.
const PATH: &str = "/org/freedesktop/systemd1/unit/qd_2dflip_2eservice";

/// Measures it, against the line that a raw `busctl monitor` prints over a plain ssh for the same change.
pub fn measure(stage: &Stage) {
    title(&format!("from a unit's StateChangeTimestamp to the byte on the terminal, {CHANGES} changes"));
    let mut shell = Shell::on(&stage.lab, HOST);
    // The second unit keeps systemd from forgetting the first, and with it the moment, when it stops.
    shell.send(&format!(
        "cd /run/systemd/system; \
         printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nExecStart=/bin/sleep infinity\\n' >{FLIP}; \
         printf '[Unit]\\nAfter={FLIP}\\n[Service]\\nExecStart=/bin/sleep infinity\\n' >{HOLDER}; \
         systemctl daemon-reload; systemctl start {FLIP} {HOLDER}; echo ready"
    ));
    assert_eq!(shell.line(), "ready");
    let monitor = monitor(stage);
    // Narrow enough that the list stands alone on its lines.
    let mut pty = stage.console("flip", &[]).size(90, 50).start();
    pty.wait_until(WITHIN, "the unit is up", |pty| shows(pty, "up"));
    pty.read_during(Duration::from_secs(4));

    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    let mut dice = fastrand::Rng::with_seed(7);
    for change in 0..CHANGES {
        let (verb, word, state) =
            if change % 2 == 0 { ("stop", "down", "inactive") } else { ("start", "up", "active") };
        // Changes come at any distance from the last frame and the last read.
        pty.read_during(Duration::from_millis(dice.u64(150..400)));
        shell.send(&format!("systemctl {verb} {FLIP}; systemctl show --value -p StateChangeTimestampMonotonic {FLIP}"));
        pty.wait_until(WITHIN, word, |pty| shows(pty, word));
        let seen = now();
        let changed = Duration::from_micros(shell.line().parse().expect("a moment in microseconds"));
        assert!(!changed.is_zero(), "systemd has forgotten when the unit changed");
        ours.push(seen.saturating_sub(changed));
        if let Some(heard) = heard(&monitor, state) {
            raw.push(heard.saturating_sub(changed));
        }
    }
    pty.send("q").wait_exit(WITHIN);
    shell.send(&format!("systemctl stop {FLIP} {HOLDER}; rm -f {FLIP} {HOLDER}; systemctl daemon-reload; echo gone"));
    assert_eq!(shell.line(), "gone");
    let raw = Figures::from(raw);
    row("busctl monitor over plain ssh, its line (baseline)", &raw, None);
    row("qd: the byte on the terminal", &Figures::from(ours), Some(&raw));
}

fn shows(pty: &Pty, word: &str) -> bool {
    let wanted = format!(" {word} ");
    pty.screen().lines().any(|line| line.contains(" flip ") && line.contains(&wanted))
}

/// The states that `busctl monitor` tells of the unit on the host.
fn monitor(stage: &Stage) -> Heard {
    let command = format!("busctl monitor --match \"type='signal',path='{PATH}'\"");
    let mut is_state = false;
    Heard::start(stage, HOST, &command, move |line| {
        let word = line.trim().strip_prefix("STRING \"").and_then(|rest| rest.strip_suffix("\";"))?;
        if word == "ActiveState" {
            is_state = true;
        } else if is_state {
            is_state = false;
            return Some(word.to_owned());
        }
        None
    })
}

/// When the newest word with this state came; what came before is forgotten.
fn heard(monitor: &Heard, state: &str) -> Option<Duration> {
    let mut last = None;
    while let Some((word, at)) = monitor.next(Duration::from_millis(if last.is_some() { 0 } else { 500 })) {
        if word == state {
            last = last.or(Some(at));
        }
    }
    last
}
