//! A shell inside a host, past network and sshd, that is there all the time: asking it starts nothing.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::lab::Lab;

/// The shell.
pub struct Shell {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Shell {
    /// Starts it on a host.
    pub fn on(lab: &Lab, host: &str) -> Self {
        let name = std::fs::read_to_string(lab.dir().join("name")).expect("the lab has a name");
        let mut child = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/on"))
            .args(["--name", name.trim(), host, "/bin/sh"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/lab/on starts");
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    /// Sends a command without waiting for it.
    pub fn send(&mut self, command: &str) {
        let stdin = self.stdin.as_mut().expect("the shell is there");
        writeln!(stdin, "{command}").and_then(|()| stdin.flush()).expect("the shell reads");
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the shell answers");
        line.trim().to_owned()
    }

    /// The number of the last process that was started on the host; the shell itself starts none for it.
    pub fn last_process(&mut self) -> u64 {
        self.send("read -r line </proc/loadavg; echo \"${line##* }\"");
        self.line().parse().expect("a number of a process")
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}
