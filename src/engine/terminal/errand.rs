//! A program that has the terminal for a while: started, continued should it stop, and waited for in a thread of its
//! own, which lives as long as the program, so that the kernel can end the one with the other.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tokio::sync::mpsc;

use super::foreground;
use crate::engine::pager;
use crate::engine::transport::shell_trouble;
use crate::port::{Borrower, Errand, ShellEnd};

/// Of what ssh says of itself this much is read.
const SAID: u64 = 8 << 10;
/// What stops itself is continued after this long: nobody else could.
const PAUSE: Duration = Duration::from_millis(100);
/// At our own end it gets this long before it is killed, and then this long until the terminal is ours again.
const GRACE: [(Signal, Duration); 2] =
    [(Signal::HUP, Duration::from_millis(250)), (Signal::KILL, Duration::from_millis(450))];

/// The program while it runs.
#[derive(Debug)]
pub(super) struct Running {
    pid: Pid,
    // One end is all there ever is.
    ended: mpsc::Receiver<ShellEnd>,
    how: Option<ShellEnd>,
}

impl Running {
    /// Starts it on the controlling terminal.
    pub(super) fn start(errand: &Errand) -> io::Result<Self> {
        let (say, ended) = mpsc::channel(1);
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let errand = errand.clone();
        std::thread::Builder::new().name("shell".into()).spawn(move || {
            let pid = match begin(&errand) {
                Ok(pid) => pid,
                Err(error) => {
                    let _ = tell.send(Err(error));
                    return;
                }
            };
            let _ = tell.send(Ok(pid));
            let how = wait(pid);
            let said = errand.said.as_deref().map(said).unwrap_or_default();
            if let Borrower::Pager(paged) = &errand.whose {
                pager::remove(&paged.file);
            }
            // Nobody may be left to be told.
            let _ = say.blocking_send(explained(how, &said));
        })?;
        let pid = told.recv().map_err(|_| io::Error::other("the thread for it ended"))??;
        Ok(Self { pid, ended, how: None })
    }

    /// Ends when the program has ended. May be dropped at any point.
    pub(super) async fn ended(&mut self) -> ShellEnd {
        if self.how.is_none() {
            self.how = self.ended.recv().await;
        }
        self.how.clone().unwrap_or(ShellEnd::Killed(0))
    }

    /// Ends it, because we end ourselves: as when its window is closed, then by force.
    pub(super) fn end(&mut self) {
        for (signal, grace) in GRACE {
            if self.how.is_some() {
                return;
            }
            let _ = kill_process(self.pid, signal);
            let begin = Instant::now();
            while self.how.is_none() && begin.elapsed() < grace {
                self.how = self.ended.try_recv().ok();
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

fn begin(errand: &Errand) -> io::Result<Pid> {
    let (first, rest) = errand.program.split_first().ok_or_else(|| io::Error::other("there is nothing to start"))?;
    let mut command = if foreground::is_there("setpriv") {
        // Should we die, it ends as if its window were closed.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "HUP", "--"]).arg(first);
        command
    } else {
        Command::new(first)
    };
    command.args(rest);
    // Our standard error may lead elsewhere.
    let tty = open("/dev/tty", OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty());
    if let Ok(tty) = tty {
        command.stdin(Stdio::from(tty.try_clone()?)).stdout(Stdio::from(tty.try_clone()?)).stderr(Stdio::from(tty));
    }
    let child = command.spawn()?;
    Ok(Pid::from_child(&child))
}

fn wait(pid: Pid) -> ShellEnd {
    loop {
        match waitpid(Some(pid), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => {
                std::thread::sleep(PAUSE);
                let _ = kill_process(pid, Signal::CONT);
            }
            Ok(Some((_, status))) => {
                let signal = status.terminating_signal().map(ShellEnd::Killed);
                return signal.unwrap_or_else(|| ShellEnd::Left(status.exit_status().unwrap_or(0)));
            }
            Ok(None) | Err(Errno::INTR) => {}
            Err(_) => return ShellEnd::Killed(0),
        }
    }
}

/// What ssh wrote, and the file goes.
fn said(file: &Path) -> Vec<u8> {
    let mut said = Vec::new();
    if let Ok(opened) = fs::File::open(file) {
        let _ = opened.take(SAID).read_to_end(&mut said);
    }
    let _ = fs::remove_file(file);
    said
}

/// ssh's own failures have the status 255, which a shell may have as well.
fn explained(how: ShellEnd, said: &[u8]) -> ShellEnd {
    match how {
        ShellEnd::Left(255) => shell_trouble(said).map_or(how, |why| ShellEnd::Cut(why.to_owned())),
        ShellEnd::Left(_) | ShellEnd::Killed(_) | ShellEnd::Cut(_) => how,
    }
}
