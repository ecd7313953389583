//! From the moment at which systemd says that a unit changed to the byte on the terminal.
//!
//! Hosts and terminal share one kernel, and so one monotonic clock: both moments can be compared.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::figures::{Figures, now, row, title};
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
    let monitor = Monitor::start(stage);
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
        if let Some(heard) = monitor.heard(state) {
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

/// `busctl monitor` on the host, over an ssh of its own.
struct Monitor {
    child: Child,
    heard: Receiver<(String, Duration)>,
}

impl Monitor {
    fn start(stage: &Stage) -> Self {
        let rule = format!("type='signal',path='{PATH}'");
        let mut child = Command::new("ssh")
            .args(["-o", "BatchMode=yes", "-F"])
            .arg(stage.lab.ssh_config())
            .args([HOST, &format!("busctl monitor --match \"{rule}\"")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ssh starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (say, heard) = channel();
        std::thread::spawn(move || {
            let mut of_state = 0;
            for line in lines.map_while(Result::ok) {
                let word = line.trim().strip_prefix("STRING \"").and_then(|rest| rest.strip_suffix("\";"));
                match word {
                    Some("ActiveState") => of_state = 2,
                    Some(word) if of_state > 0 => {
                        let _ = say.send((word.to_owned(), now()));
                        of_state = 0;
                    }
                    Some(_) | None => of_state -= i32::from(of_state > 0 && word.is_some()),
                }
            }
        });
        Self { child, heard }
    }

    /// When the newest line with this state came; what came before is forgotten.
    fn heard(&self, state: &str) -> Option<Duration> {
        let mut last = None;
        while let Ok((word, at)) = self.heard.recv_timeout(Duration::from_millis(if last.is_some() { 0 } else { 500 }))
        {
            if word == state {
                last = last.or(Some(at));
            }
        }
        last
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
