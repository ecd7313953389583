//! From the start of the process to the first frame that a person can use.

use std::time::{Duration, Instant};

use crate::figures::{Figures, row, title};
use crate::pty::Launch;
use crate::stage::Stage;

const ROUNDS: usize = 20;
const WITHIN: Duration = Duration::from_secs(20);

/// Measures the start, against a start that only prints a line.
pub fn measure(stage: &Stage) {
    title("first usable frame (all services and hosts listed, hosts still connecting)");
    let version = Figures::of(ROUNDS, || until(stage.at_home(&["--version"]), "qd "));
    // The last service of the site and a host: the list is there, and keys move in it.
    let frame = Figures::of(ROUNDS, || until(stage.console("whole", &[]), "nginx"));
    row("qd --version prints its line (baseline)", &version, None);
    row("qd SITE shows its first usable frame", &frame, Some(&version));
}

fn until(launch: Launch, text: &str) -> Duration {
    let start = Instant::now();
    let mut pty = launch.start();
    pty.wait_until(WITHIN, text, |pty| pty.screen().contains(text));
    let took = start.elapsed();
    if pty.mode(1049) {
        pty.send("q").wait_exit(WITHIN);
    }
    took
}
