//! Questions on the terminal itself, for commands that have no screen: one after the other, secrets unseen.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};
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

/// Nobody answers a question so soon after it appears: what comes in that time was typed before.
const TOO_SOON: Duration = Duration::from_millis(300);
/// Whoever types a line has not typed the next one so soon: several at once were pasted.
const BURST: Timespec = Timespec { tv_sec: 0, tv_nsec: 60_000_000 };
/// Asks the terminal to mark what is pasted, and not to mark it any more.
const MARKED: &str = "\u{1b}[?2004h";
/// See [`MARKED`].
const UNMARKED: &str = "\u{1b}[?2004l";
/// What the terminal puts around it.
const PASTED: [&str; 2] = ["\u{1b}[200~", "\u{1b}[201~"];

/// What a line that was pasted is to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paste {
    /// It is an answer as any other, if it is one line.
    Fits,
    /// It is none: what confirms or decides is typed.
    Refused,
}

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
        QuestionKind::Secret | QuestionKind::Input | QuestionKind::Sudo => {
            read_unseen(&tty, "answer (unseen; empty declines): ", gone)?
        }
        QuestionKind::HostKey | QuestionKind::Confirm => {
            read_careful(&tty, "type yes to go on: ", Paste::Refused, gone)?
        }
    };
    let answer = line.filter(|line| match kind {
        QuestionKind::Secret | QuestionKind::Input | QuestionKind::Sudo => !line.is_empty(),
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

/// A line that is shown while it is typed; `None` when the terminal ended, or with ctrl-d. What was typed before the
/// question was there, what comes right with it and what is pasted in several lines answers nothing: it is asked again.
///
/// # Errors
/// There is no terminal, or it can't be read.
pub fn line(prompt: &str, paste: Paste) -> io::Result<Option<Secret>> {
    let line = read_careful(&open()?, prompt, paste, &AtomicBool::new(false))?;
    Ok(line.map(|line| Secret::new(line.to_vec())))
}

/// The terminal marks what is pasted; no longer when this is dropped.
struct Marking<'a>(Option<&'a File>);

impl<'a> Marking<'a> {
    fn begin(mut tty: &'a File) -> io::Result<Self> {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if dumb {
            return Ok(Self(None));
        }
        write!(tty, "{MARKED}")?;
        Ok(Self(Some(tty)))
    }
}

impl Drop for Marking<'_> {
    fn drop(&mut self) {
        unmark(self.0);
    }
}

/// Has a terminal mark nothing any more: for whoever leaves a question unanswered.
pub fn unmark(tty: Option<&File>) {
    if let Some(mut tty) = tty {
        // A terminal that is gone needs no mending.
        let _ = write!(tty, "{UNMARKED}");
    }
}

fn read_careful(
    mut tty: &File,
    prompt: &str,
    paste: Paste,
    gone: &AtomicBool,
) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let _marking = Marking::begin(tty)?;
    loop {
        // What was typed before the question is no answer to it.
        tcflush(tty, QueueSelector::IFlush)?;
        write!(tty, "{prompt}")?;
        tty.flush()?;
        let shown = Instant::now();
        let answer = read_line(tty, gone)?;
        let Some(answer) = answer else { return Ok(None) };
        let why = if shown.elapsed() < TOO_SOON {
            "that came before the question could be read"
        } else if poll(&mut [PollFd::new(tty, PollFlags::IN)], Some(&BURST))? > 0 {
            "several lines came at once"
        } else {
            match unpasted(&answer) {
                None => return Ok(Some(answer)),
                Some(own) if paste == Paste::Fits => return Ok(Some(own)),
                Some(_) => "that was pasted",
            }
        };
        writeln!(tty, "{why}, so it is no answer: type it.")?;
    }
}

/// A line without the marks of what is pasted, if it has any.
fn unpasted(line: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(line.len()));
    let (mut at, mut any) = (0, false);
    while let Some(byte) = line.get(at) {
        let rest = line.get(at..).unwrap_or_default();
        match PASTED.iter().find(|mark| rest.starts_with(mark.as_bytes())) {
            Some(mark) => (at, any) = (at + mark.len(), true),
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    any.then_some(out)
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
