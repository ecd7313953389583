//! What containers print, as `qd logs` reads it: each line once, through restarts, rotation and a successor.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::kit::Project;
use crate::lab::Lab;
use crate::pty::patient;

/// Prints twenty lines, waits a moment, and goes on. Whoever begins calls himself anew, so that every line is another.
const PRINT: &str = "trap 'exit 0' TERM; read me </proc/sys/kernel/random/uuid; n=0
while :; do
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do n=$((n+1)); echo \"$me $n\"; done
  sleep 0.1
done";

/// A container by the name of it, which goes when this is dropped.
struct Named<'lab>(&'lab Project<'lab>, &'static str);

impl Named<'_> {
    fn run(&self, options: &[&str]) {
        let before = ["run", "-d", "--name", self.1, "--network", "none"];
        self.0.docker(&[&before[..], options, &["lab/web:1.4.2", "sh", "-c", PRINT]].concat());
    }

    /// Everything that Docker has kept of it.
    fn truth(&self) -> Vec<String> {
        self.0.docker(&["logs", self.1]).lines().map(str::to_owned).collect()
    }
}

impl Drop for Named<'_> {
    fn drop(&mut self) {
        self.0.docker(&["rm", "-f", self.1]);
    }
}

/// A running `qd logs -f --append`; killed when dropped.
struct Reading(Child);

impl Drop for Reading {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn logs(project: &Project, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
    command.arg("logs").arg("-S").arg(project.at("shop")).args(["-e", "lab", "-n", "100000"]).args(more);
    command.envs(project.variables()).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(File::options().create(true).append(true).open(project.at("said")).unwrap());
    command
}

/// What was appended: messages, and what is said to be missing.
fn told(project: &Project) -> (Vec<String>, Vec<(String, Option<u64>)>) {
    let text = fs::read_to_string(project.at("log.jsonl")).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let (mut messages, mut losses) = (Vec::new(), Vec::new());
    for row in whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        match row.get("loss") {
            Some(loss) => losses.push((loss.as_str().unwrap().to_owned(), row["lost"].as_u64())),
            None => messages.push(row["message"].as_str().unwrap().to_owned()),
        }
    }
    (messages, losses)
}

/// Waits until more lines than this were told.
fn until(project: &Project, lines: usize) {
    let (start, limit) = (Instant::now(), patient(Duration::from_secs(20)));
    while told(project).0.len() <= lines {
        let said = fs::read_to_string(project.at("said")).unwrap_or_default();
        assert!(start.elapsed() < limit, "{} lines of {lines}; {said}", told(project).0.len());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Fault B16.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn b16_each_line_of_a_container_comes_once_through_restarts_rotation_and_a_successor() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let project = Project::new(&lab, "qdt-b16");
    let one = Named(&project, "qdt-b16-one");
    // Its log is rotated every second or so, and kept.
    let kept = ["--log-driver", "json-file", "--log-opt", "max-size=16k", "--log-opt", "max-file=200"];
    one.run(&kept);
    let file = project.at("log.jsonl");
    let reading = Reading(logs(&project, &["--container", one.1, "-f", "--append"]).arg(&file).spawn().unwrap());
    until(&project, 100);
    for _ in 0..3 {
        project.docker(&["restart", "-t", "1", one.1]);
        until(&project, told(&project).0.len() + 100);
    }
    project.docker(&["stop", "-t", "1", one.1]);
    let mut truth = one.truth();
    project.docker(&["rm", one.1]);
    one.run(&kept);
    until(&project, truth.len() + 100);
    project.docker(&["stop", "-t", "1", one.1]);
    truth.extend(one.truth());
    until(&project, truth.len() - 1);
    let (messages, losses) = told(&project);
    assert_eq!(messages.len(), truth.len(), "{losses:?}");
    assert!(messages == truth, "each line once, in the order in which it was printed");
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].0.starts_with("container qdt-b16-one was replaced (") && losses[0].1 == Some(0), "{losses:?}");

    // A reader that was killed goes on behind what the file holds.
    drop(reading);
    project.docker(&["start", one.1]);
    let again = || logs(&project, &["--container", one.1, "--append"]).arg(&file).status().unwrap();
    assert!(again().success());
    project.docker(&["stop", "-t", "1", one.1]);
    assert!(again().success());
    let after = one.truth();
    let (messages, losses) = told(&project);
    assert!(messages[messages.len() - after.len()..] == after[..], "{losses:?}");
    assert_eq!(losses.len(), 1, "{losses:?}");
}

/// Fault B16: a container of which Docker keeps nothing.
#[test]
#[ignore = "needs the lab: run tests/run"]
fn b16_a_container_without_a_log_says_so() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let project = Project::new(&lab, "qdt-mute");
    let one = Named(&project, "qdt-mute-one");
    one.run(&["--log-driver", "none"]);
    let ended = logs(&project, &["--container", one.1]).status().unwrap();
    let said = fs::read_to_string(project.at("said")).unwrap();
    assert!(said.contains("no logs: driver none") && !ended.success(), "{ended:?}: {said}");
    // A service of the site is read by its containers, whatever they are called.
    let ended = logs(&project, &["web"]).status().unwrap();
    assert!(ended.success(), "{}", fs::read_to_string(project.at("said")).unwrap());
}
