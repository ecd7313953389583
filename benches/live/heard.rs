//! What a command on a host prints, over an ssh of its own, and when each word of it came: what we are measured against.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::figures::now;
use crate::stage::Stage;

/// A command that prints without end. Its drop ends it.
pub struct Heard {
    child: Child,
    words: Receiver<(String, Duration)>,
}

impl Heard {
    /// Starts it; `read` takes what is wanted out of each line.
    pub fn start(
        stage: &Stage,
        host: &str,
        command: &str,
        mut read: impl FnMut(String) -> Option<String> + Send + 'static,
    ) -> Self {
        let mut child = Command::new("ssh")
            .args(["-o", "BatchMode=yes", "-F"])
            .arg(stage.lab.ssh_config())
            .args([host, command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ssh starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (say, words) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let at = now();
                if let Some(word) = read(line) {
                    let _ = say.send((word, at));
                }
            }
        });
        Self { child, words }
    }

    /// The next word and when it came; `None` when none comes within this time.
    pub fn next(&self, within: Duration) -> Option<(String, Duration)> {
        self.words.recv_timeout(within).ok()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
