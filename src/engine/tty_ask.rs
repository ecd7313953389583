//! Questions on the terminal itself, for commands that have no screen: one after the other, secrets unseen.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::transport::Asking;
use crate::port::Secret;
use crate::port::event::QuestionKind;
use crate::text::{Budget, Row};

/// Questions that may wait; whoever asks beyond that waits for a place.
pub const QUESTIONS: usize = 16;
/// Longest answer in bytes: a line of a terminal is never longer.
const LONGEST: usize = 4096;
/// How soon it is noticed that nobody waits for the answer any more.
const GLANCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Whether there is a terminal to ask on, even if standard input and output are something else.
pub fn is_there() -> bool {
    open().is_ok()
}

fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// Asks each question on the terminal, until nobody is left who could ask one. When it is dropped the terminal is as it
/// was at most a tenth of a second later.
pub async fn answer_all(mut questions: mpsc::Receiver<Asking>) {
    while let Some(mut asking) = questions.recv().await {
        let gone = Arc::new(AtomicBool::new(false));
        let _leave = Leave(Arc::clone(&gone));
        let (host, kind, prompt) = (asking.host.clone(), asking.kind, asking.prompt.clone());
        let words: Vec<String> = prompt.clean(Budget::rows()).rows.iter().map(Row::text).collect();
        let asked = tokio::task::spawn_blocking(move || ask(host.as_str(), kind, &words, &gone));
        let answer = tokio::select! {
            answer = asked => answer,
            () = asking.answer.closed() => continue,
        };
        // Whoever asked may be gone by now. A terminal that fails declines.
        let _ = asking.answer.send(answer.ok().and_then(Result::ok).flatten());
    }
}

/// Tells the thread at the terminal to leave it.
struct Leave(Arc<AtomicBool>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The terminal without echo; as it was when this is dropped.
struct Quiet<'a> {
    tty: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn begin(tty: &'a File) -> io::Result<Self> {
        let before = tcgetattr(tty)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHOE | LocalModes::ECHOK);
        // What was typed before the question is no answer to it.
        tcsetattr(tty, OptionalActions::Flush, &quiet)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs no mending.
        let _ = tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}

fn ask(host: &str, kind: QuestionKind, words: &[String], gone: &AtomicBool) -> io::Result<Option<Secret>> {
    let mut tty = open()?;
    // Every line says who asks: what a host says can't look like words of ours.
    for line in words.iter().filter(|line| !line.trim().is_empty()) {
        writeln!(tty, "{host} | {line}")?;
    }
    let line = match kind {
        QuestionKind::Secret | QuestionKind::Sudo => read_unseen(&tty, "answer (unseen; empty declines): ", gone)?,
        QuestionKind::HostKey | QuestionKind::Confirm => {
            write!(tty, "type yes to go on: ")?;
            tty.flush()?;
            read_line(&tty, gone)?
        }
    };
    let answer = line.filter(|line| match kind {
        QuestionKind::Secret | QuestionKind::Sudo => !line.is_empty(),
        QuestionKind::HostKey | QuestionKind::Confirm => line.as_slice() == b"yes",
    });
    Ok(answer.map(|line| Secret::new(line.to_vec())))
}

/// A line that is not shown while it is typed; `None` when the terminal ended.
///
/// # Errors
/// There is no terminal, or it can't be read.
pub fn unseen(prompt: &str) -> io::Result<Option<Secret>> {
    let line = read_unseen(&open()?, prompt, &AtomicBool::new(false))?;
    Ok(line.map(|line| Secret::new(line.to_vec())))
}

fn read_unseen(mut tty: &File, prompt: &str, gone: &AtomicBool) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // Before it is asked: whoever answers at once is neither echoed nor thrown away.
    let quiet = Quiet::begin(tty)?;
    write!(tty, "{prompt}")?;
    tty.flush()?;
    let line = read_line(tty, gone);
    drop(quiet);
    writeln!(tty)?;
    line
}

/// One line without its end; `None` when the terminal ended or nobody waits for it.
fn read_line(tty: &File, gone: &AtomicBool) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    loop {
        if gone.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let mut waiting = [PollFd::new(tty, PollFlags::IN)];
        if poll(&mut waiting, Some(&GLANCE))? == 0 {
            continue;
        }
        let mut byte = Zeroizing::new([0u8]);
        let mut reader = tty;
        match reader.read(byte.as_mut_slice())? {
            0 => return Ok(None),
            _ if byte[0] == b'\n' => return Ok(Some(line)),
            _ if line.len() < LONGEST => line.push(byte[0]),
            _ => return Ok(None),
        }
    }
}
