//! A person at the console, in a terminal, with the document open.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::pty::{Launch, Pty};

/// Steps and links on a busy machine.
const WITHIN: Duration = Duration::from_secs(60);

/// Opens the console in a folder and waits for the first screen.
pub fn opened(arguments: &[&str], folder: &Path, variables: &[(&'static str, PathBuf)]) -> Pty {
    let mut launch = Launch::qd(arguments).size(120, 40).folder(folder).without("QD_FAULT_JOBS");
    for (name, value) in variables {
        launch = launch.variable(name, value);
    }
    let mut pty = launch.start();
    wait(&mut pty, &["1 Overview"]);
    pty
}

/// Waits until the screen has all of this.
pub fn wait(pty: &mut Pty, texts: &[&str]) {
    pty.wait_until(WITHIN, &texts.join(", "), |pty| texts.iter().all(|text| pty.screen().contains(text)));
}

/// Opens the document of this title in the list and waits until it says how many of its parts are done.
pub fn opens(pty: &mut Pty, title: &str) {
    pty.keys("4");
    wait(pty, &["1 procedure", title]);
    pty.keys("enter");
    wait(pty, &["R run all", " of "]);
}

/// Runs all of it: the plan is read and confirmed.
pub fn runs_all(pty: &mut Pty) {
    pty.keys("R");
    wait(pty, &["Press y to do it"]);
    pty.keys("y");
}

/// Takes up the run that was left.
pub fn takes_up(pty: &mut Pty) {
    pty.keys("4");
    wait(pty, &["Unfinished"]);
    pty.keys("enter");
    wait(pty, &["take it up"]);
    pty.keys("enter");
    // It is in front, where it can be answered.
    wait(pty, &["Steps "]);
}

/// Ends the command that goes on.
pub fn cancels(pty: &mut Pty) {
    pty.keys("X");
    wait(pty, &["End the command on", "end it"]);
    pty.keys("down enter");
}

/// Ends the run, with a reason.
pub fn ends(pty: &mut Pty, why: &str) {
    pty.keys("Q");
    wait(pty, &["end the run  what goes on is ended"]);
    pty.keys("enter");
    wait(pty, &["end the run, because"]);
    pty.send(why).keys("enter");
}

/// Marks a step that did not end well as done, with a reason.
pub fn marks_done(pty: &mut Pty, why: &str) {
    pty.keys("d");
    wait(pty, &["mark done", "end the run"]);
    pty.keys("down down down enter");
    wait(pty, &["because"]);
    pty.send(why).keys("enter");
}
