//! From the start of the process to the state of all services of all hosts.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::figures::{Figures, row, title};
use crate::stage::{SERVICES, Stage};

const ROUNDS: usize = 9;
const WITHIN: Duration = Duration::from_secs(30);

/// Measures it, against plain ssh that asks each host for the same units.
pub fn measure(stage: &Stage) {
    title(&format!("all states of {SERVICES} services on {} hosts", stage.lab.hosts().len()));
    let plain = Figures::of(ROUNDS, || systemctl(stage));
    let status = Figures::of(ROUNDS, || status(stage));
    let quiet = Figures::of(ROUNDS, || console(stage, "quiet"));
    let whole = Figures::of(ROUNDS, || console(stage, "whole"));
    row("ssh HOST systemctl show, all hosts at once (baseline)", &plain, None);
    row("qd status --json, units only", &status, Some(&plain));
    row("qd SITE: every service up on screen, units only", &quiet, Some(&plain));
    row("qd SITE: the same with two probes for each service", &whole, Some(&plain));
}

fn console(stage: &Stage, variant: &str) -> Duration {
    let start = Instant::now();
    let mut pty = stage.console(variant, &[]).start();
    let all = format!("Services {SERVICES} up");
    pty.wait_until(WITHIN, &all, |pty| pty.screen().contains(&all));
    let took = start.elapsed();
    pty.send("q").wait_exit(WITHIN);
    took
}

fn status(stage: &Stage) -> Duration {
    let site = stage.site("quiet");
    let arguments = ["status", site.to_str().unwrap(), "-e", "lab", "--json"];
    let start = Instant::now();
    let output = stage.at_home(&arguments).command(false).output().expect("qd starts");
    let took = start.elapsed();
    assert!(output.status.success(), "the lab is not well: {}", String::from_utf8_lossy(&output.stdout));
    took
}

/// Asks each host by a plain ssh for the units that live on it, all hosts at once.
fn systemctl(stage: &Stage) -> Duration {
    let start = Instant::now();
    let asked: Vec<_> = stage
        .lab
        .hosts()
        .into_iter()
        .map(|host| {
            Command::new("ssh")
                .args(["-o", "BatchMode=yes", "-F"])
                .arg(stage.lab.ssh_config())
                .args([&host, "systemctl show 'pakashop-*' postgresql redis meilisearch nginx"])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .expect("ssh starts")
        })
        .collect();
    for child in asked {
        let output = child.wait_with_output().expect("ssh ends");
        assert!(output.status.success() && !output.stdout.is_empty(), "a host did not answer");
    }
    start.elapsed()
}
