//! Probes by command: from here as a child that can't outlive us, from a host through its connection.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::{Answer, Deadline, Miss, Origin, detail};
use crate::domain::probe::{Detail, Found};
use crate::engine::transport::Connection;
use crate::port::{End, Output, RemoteCommand, Stdin};

/// Bytes of each output that are kept where nothing else is said; the rest is read and thrown away.
const KEPT: usize = 16 * 1024;
/// Most bytes of output that are shown as evidence.
const QUOTED: usize = 240;
/// How long output may go on coming from what a command left behind.
const LEFT_BEHIND: Duration = Duration::from_millis(100);

pub(super) fn subject(argv: &[String]) -> String {
    let program = argv.first().map_or("", String::as_str);
    Path::new(program).file_name().map_or_else(|| program.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Asks by a command. Whoever calls has made sure that the site is trusted.
pub(super) async fn ask(argv: &[String], exits: &[i32], from: &Origin, deadline: &Deadline) -> Answer {
    let output = match from {
        Origin::Here => run_here(argv, Vec::new(), KEPT, deadline).await,
        Origin::Host(connection) => run_there(argv, connection.as_ref(), deadline).await,
    };
    match output {
        Ok(output) => judge(&subject(argv), exits, &output, deadline),
        Err(miss) => Answer::missed(&subject(argv), miss),
    }
}

async fn run_there(argv: &[String], connection: &dyn Connection, deadline: &Deadline) -> Result<Output, Miss> {
    let command = RemoteCommand { argv: argv.to_vec(), stdin: Stdin::Null, deadline: deadline.span, most: KEPT };
    deadline.bound(connection.run(command)).await.ok_or_else(|| deadline.missed("command", "no result"))
}

/// Runs a program here, with `input` on its standard input, and hands over what it printed. Nothing of it is left when this
/// has come back.
///
/// # Errors
/// Why it did not end with status 0 in time, or that it printed more than is read, as a part of a sentence with nothing of what it printed.
pub(crate) async fn program(argv: &[String], input: Vec<u8>, within: Duration) -> Result<Vec<u8>, String> {
    printed(argv, input, within, KEPT).await
}

/// The same, of whose output `most` bytes are kept and the rest is thrown away.
///
/// # Errors
/// As [`program`].
pub(crate) async fn printed(argv: &[String], input: Vec<u8>, within: Duration, most: usize) -> Result<Vec<u8>, String> {
    let deadline = Deadline::new(within);
    let output =
        run_here(argv, input, most, &deadline).await.map_err(|miss| format!("{}: {}", subject(argv), miss.why))?;
    match output.end {
        End::Exited(0) if output.cut == 0 => Ok(output.stdout),
        // What is cut may be cut inside of what matters.
        End::Exited(0) => Err(format!("{} printed more than the {most} bytes that are read", subject(argv))),
        End::Exited(status) => Err(format!("{} left with status {status}", subject(argv))),
        End::Killed(_) | End::TimedOut(_) | End::NotFound | End::LinkLost(_) | End::NotStarted(_) => {
            Err(format!("{}: {}", subject(argv), output.end))
        }
    }
}

async fn run_here(argv: &[String], input: Vec<u8>, most: usize, deadline: &Deadline) -> Result<Output, Miss> {
    let (program, rest) = argv.split_first().ok_or_else(|| Miss::error("command", "no program is named"))?;
    if find(program).is_none() {
        return Err(Miss::error("command", "no such program on this machine"));
    }
    let mut command = guarded(program, rest);
    command
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let child = command.spawn().map_err(|error| Miss::error("command", format!("can't be started here: {error}")))?;
    let mut group = Group::of(child);
    let (stdin, stdout, stderr) = (group.child.stdin.take(), group.child.stdout.take(), group.child.stderr.take());
    // One that does not read is not waited for: a pipe that breaks is its own affair.
    let feeding = async move {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(&input).await;
        }
        std::future::pending::<()>().await
    };
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let (mut left_behind, mut cut) = (false, 0);
    let running = async {
        let reading = async {
            let (more, _) = tokio::join!(keep(stdout, &mut said, most), keep(stderr, &mut complained, KEPT));
            cut = more;
        };
        let mut reading = std::pin::pin!(reading);
        tokio::select! {
            _ = &mut reading => group.child.wait().await,
            status = group.child.wait() => {
                left_behind = tokio::time::timeout(LEFT_BEHIND, &mut reading).await.is_err();
                status
            }
        }
    };
    let running = async {
        tokio::select! {
            ended = running => ended,
            () = feeding => std::future::pending().await,
        }
    };
    let ended = deadline.bound(running).await;
    let status = ended.ok_or_else(|| deadline.missed("command", "no result"))?;
    let status = status.map_err(|error| Miss::error("command", format!("its end can't be read: {error}")))?;
    Ok(Output { stdout: said, stderr: complained, cut, end: end(status), left_behind })
}

/// Ends its whole group when it is told to, and it is told when we die. The trap stands before the command
/// starts, and had we died before the signal was set, our number would be wrong. What a shell puts beside itself has no
/// input unless it is handed on.
const GUARD: &str =
    r#"[ "$PPID" = "$0" ] || exit 125; trap 'kill -KILL 0' TERM; exec 3<&0; exec "$@" <&3 3<&- & wait $!"#;

/// The command under its guard, where the machine has what that takes.
pub(in crate::engine) fn guarded(program: &str, rest: &[String]) -> Command {
    let mut command = match find("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "TERM", "/bin/sh", "-c", GUARD, &std::process::id().to_string(), program]);
            command
        }
        None => Command::new(program),
    };
    command.args(rest);
    command
}

/// Where the search path has a program.
pub(in crate::engine) fn find(program: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let runs =
        |path: &Path| path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| runs(path));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| runs(path))
}

fn end(status: std::process::ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Killed(signal.unwrap_or_default()),
    }
}

/// Reads all of it, and keeps the beginning. How many bytes were thrown away.
async fn keep(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>, most: usize) -> u64 {
    let Some(mut from) = from else { return 0 };
    let (mut chunk, mut cut) = ([0; 4096], 0_u64);
    while let Ok(size @ 1..) = from.read(&mut chunk).await {
        let room = most.saturating_sub(into.len()).min(size);
        into.extend(chunk.iter().take(room));
        cut = cut.saturating_add(u64::try_from(size - room).unwrap_or(u64::MAX));
    }
    cut
}

/// A child with everything it started. None of it is left once this is dropped.
pub(in crate::engine) struct Group {
    leader: Option<u32>,
    pub(in crate::engine) child: Child,
}

impl Group {
    /// The group that this child leads.
    pub(in crate::engine) fn of(child: Child) -> Self {
        Self { leader: child.id(), child }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let leader = self.leader.and_then(|leader| rustix::process::Pid::from_raw(i32::try_from(leader).ok()?));
        if let Some(leader) = leader {
            // No such group: all of it has ended, which is what is wanted.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

fn judge(subject: &str, exits: &[i32], output: &Output, deadline: &Deadline) -> Answer {
    let welcome: Vec<_> = exits.iter().map(i32::to_string).collect();
    let (found, text) = match &output.end {
        End::Exited(status) if exits.contains(status) => (Found::Pass, format!("status {status}")),
        End::Exited(126) => (Found::Error, "not allowed to run (status 126)".to_owned()),
        End::Exited(status) => (Found::Fail, format!("status {status}, expected {}", welcome.join(" or "))),
        End::NotFound if exits.contains(&127) => (Found::Pass, "status 127".to_owned()),
        End::Killed(_) => (Found::Fail, output.end.to_string()),
        End::TimedOut(_) => (Found::Fail, deadline.missed("command", "no result").why),
        End::NotFound | End::LinkLost(_) | End::NotStarted(_) => (Found::Error, output.end.to_string()),
    };
    let mut details = vec![detail("status", &text, found == Found::Pass)];
    let says = [&output.stderr, &output.stdout].into_iter().find(|bytes| !bytes.is_empty());
    if let (Some(says), true) = (says, found != Found::Pass) {
        let shown = says.get(..says.len().min(QUOTED)).unwrap_or_default().trim_ascii_end();
        details.push(Detail { what: "says".into(), found: shown.into(), holds: false });
    }
    if output.left_behind {
        details.push(detail("output", "something it left behind kept its output open", true));
    }
    Answer { found, summary: format!("{subject} → {text}"), details, certificate_days: None, timed: true }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// A figure that was cut in two would be another figure.
    #[tokio::test]
    async fn a_program_that_prints_more_than_is_read_gives_nothing() {
        let print = |bytes: usize| ["sh", "-c", &format!("head -c {bytes} /dev/zero")].map(str::to_owned);
        let within = Duration::from_secs(20);
        assert_eq!(program(&print(KEPT), Vec::new(), within).await.unwrap().len(), KEPT);
        let why = program(&print(KEPT + 1), Vec::new(), within).await.unwrap_err();
        assert!(why.contains("more than"), "{why}");
    }
}
