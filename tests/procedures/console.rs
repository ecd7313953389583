//! A `qd run` that goes on, and what it tells, one event on each line.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long to wait for what must come, but of which nothing is promised.
const SOON: Duration = Duration::from_secs(90);

/// The program on its way. It ends with this.
pub struct Console {
    child: Child,
    told: File,
    complained: PathBuf,
    rest: Vec<u8>,
    /// What it has told so far, in whole lines.
    pub lines: Vec<String>,
}

impl Console {
    pub fn new(child: Child, told: File, complained: PathBuf) -> Self {
        Self { child, told, complained, rest: Vec::new(), lines: Vec::new() }
    }

    pub fn signal(&self, signal: Signal) {
        // A child that leads no group becomes the program itself, so its number is the program's.
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// What has come since the last call; a killed one may have left half a line, which is no line.
    pub fn more(&mut self) -> &[String] {
        let before = self.lines.len();
        self.told.read_to_end(&mut self.rest).unwrap();
        if let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') {
            let whole: Vec<u8> = self.rest.drain(..=end).collect();
            self.lines.extend(String::from_utf8_lossy(&whole).lines().map(str::to_owned));
        }
        &self.lines[before..]
    }

    /// Waits until it has told a line that holds these words.
    pub fn wait_told(&mut self, words: &[&str]) {
        let begun = Instant::now();
        let has = |line: &String| words.iter().all(|word| line.contains(word));
        while !{ self.more().iter().any(has) } && !self.lines.iter().any(has) {
            assert!(begun.elapsed() < SOON, "{words:?} was never told: {}", self.complaint());
            sleep(Duration::from_millis(30));
        }
    }

    pub fn wait_ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                self.more();
                return status;
            }
            assert!(begun.elapsed() < SOON, "it does not end: {}", self.complaint());
            sleep(Duration::from_millis(30));
        }
    }

    /// Its last words, for whoever looks at a failed test.
    pub fn complaint(&self) -> String {
        let steps: Vec<&String> = self.lines.iter().filter(|line| !line.contains("\"event\":\"output\"")).collect();
        let last: Vec<&str> = steps.iter().rev().take(12).rev().map(|line| line.as_str()).collect();
        format!("{}\n{}", std::fs::read_to_string(&self.complained).unwrap_or_default(), last.join("\n"))
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.kill();
        }
    }
}

/// The number and the state of a step, if that is what a line tells.
pub fn step_of(line: &str) -> Option<(u64, String)> {
    if !line.contains("\"event\":\"step\"") {
        return None;
    }
    let event: Value = serde_json::from_str(line).ok()?;
    let step = &event["step"];
    Some((step["number"].as_u64()?, step["state"].as_str()?.to_owned()))
}

/// The run that begins or goes on, if that is what a line tells.
pub fn run_of(line: &str) -> Option<String> {
    if !line.contains("\"event\":\"begun\"") {
        return None;
    }
    let event: Value = serde_json::from_str(line).ok()?;
    Some(event["run"].as_str()?.to_owned())
}
