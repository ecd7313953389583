//! Questions of the command line, at a terminal: only what somebody types to them answers them.

use std::fs;
use std::time::Duration;

use crate::pty::{Launch, Pty};

const WITHIN: Duration = Duration::from_secs(60);

fn waits(pty: &mut Pty, text: &str) {
    pty.wait_until(WITHIN, text, |pty| pty.screen().contains(text));
    // Nobody reads a question sooner.
    std::thread::sleep(Duration::from_millis(400));
}

#[test]
fn what_was_typed_before_or_pasted_answers_no_question() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let mark = at("mark");
    let text = format!("# Ask\n```sh {{#touch host=here danger=change}}\ntouch {}\n```\n", mark.display());
    fs::write(at("ask.md"), text).unwrap();
    let mut launch = Launch::qd(&["run", "./ask.md"]).size(120, 40).folder(home.path());
    for (name, folder) in [("HOME", ""), ("XDG_CONFIG_HOME", "c"), ("XDG_DATA_HOME", "d"), ("XDG_STATE_HOME", "s")] {
        launch = launch.variable(name, at(folder));
    }
    let mut pty = launch.start();
    // Before anything is there to be answered.
    pty.send("yes\ny\n");
    waits(&mut pty, "Type yes");
    pty.read_during(Duration::from_millis(600));
    assert!(!mark.exists() && !pty.screen().contains("Type y to do it"), "{pty:?}");
    // Several lines at once were pasted, whatever the terminal says of them; and so was what it marks.
    pty.send("yes\ny\n");
    waits(&mut pty, "several lines came at once");
    pty.paste("yes").send("\n");
    waits(&mut pty, "that was pasted");
    assert!(!pty.screen().contains("Type y to do it"), "{pty:?}");
    pty.send("yes\n");
    pty.wait_until(WITHIN, "the next question", |pty| pty.screen().contains("Type y to do it"));
    // At once: nobody has read it.
    pty.send("y\n");
    waits(&mut pty, "before the question could be read");
    assert!(!mark.exists(), "{pty:?}");
    pty.send("y\n");
    assert_eq!(pty.wait_exit(WITHIN).code(), 0);
    assert!(mark.exists());
}
