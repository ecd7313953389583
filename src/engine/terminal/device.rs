//! The terminal as the system sees it: taken and given back exactly once, whoever asks and in whatever state.

use std::io::{self, IsTerminal};
use std::os::fd::OwnedFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::calling::{self, GIVE_TITLE_BACK, KEEP_TITLE};
use super::foreground;
use crate::engine::signals::KEYS_COME_LATE;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
};

/// Alternate screen, no cursor, bracketed paste, focus reports.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h";
/// Clicks and the wheel, in the form that has no limit on columns.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// The mouse left to the terminal again.
const NO_MOUSE: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// Everything off that is ever on, in the opposite order.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// Ends whatever sequence was cut in the middle: CAN, then a string terminator.
const CUT: &[u8] = b"\x18\x1b\\";

/// Undoes what a program may have left behind it: the alternate screen, colours, other characters, a scrolling region,
/// keys and the mouse in other modes, an invisible cursor. The cursor goes to the last line, because some of that moves
/// it to the first.
const MEND: &[u8] = b"\x1b[?47l\x1b[0m\x1b(B\x0f\x1b[?6l\x1b[r\x1b[?7h\x1b[?5l\x1b[?1l\x1b>\x1b[4l\x1b[20l\
\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l\x1b[?1004l\x1b[?2004l\
\x1b[?2026l\x1b[<9u\x1b[>4;0m\x1b[?25h\x1b[9999;1H";

/// How long the end waits for a frame that is on its way, and then for each of its own writes.
const PATIENCE: Duration = Duration::from_millis(150);

/// Why there is no terminal to draw on.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    /// Not connected to one.
    #[error("qd needs a terminal, but {0} is not one.")]
    NotATerminal(&'static str),
    /// One that can't place text.
    #[error("qd needs a terminal that can place text, but TERM is {0}.")]
    Dumb(&'static str),
    /// It can't be opened or set up.
    #[error("qd can't use this terminal: {0}.")]
    Refused(#[from] io::Error),
}

/// The terminal. All of its descriptors are this one, opened anew, so that what is set on it (it never blocks)
/// does not outlive us on the descriptors we share with the shell.
#[derive(Debug)]
pub struct Device {
    tty: OwnedFd,
    /// Whether the terminal can be told a title or a notice.
    takes_texts: bool,
    hold: Mutex<Hold>,
    changed: Condvar,
}

#[derive(Debug)]
struct Hold {
    phase: Phase,
    /// Whether clicks and the wheel are ours.
    mouse: bool,
    /// The sequence for the title that we give the window; empty until there is one.
    title: Vec<u8>,
    /// Whether the title that the window had was put aside.
    title_kept: bool,
    /// A frame is partly written.
    writing: bool,
    /// What the terminal did not take when it was taken; it goes before the next frame.
    owed: Vec<u8>,
    /// How often the terminal was taken or given; a frame of an earlier time is not written on.
    turn: u64,
    /// When a program of ours had it last.
    returned: Option<Instant>,
}

#[derive(Debug)]
enum Phase {
    /// Not ours now.
    Given,
    /// Ours; this is how we found it.
    Taken(Box<Termios>),
    /// A program of ours has it for a while, in whatever state; this is how we found it.
    Lent(Box<Termios>),
    /// Given back for good.
    Closed,
}

/// What becomes of the terminal when it is given away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Given,
    Lent,
    Closed,
}

impl Device {
    /// Opens the terminal the program was started on; changes nothing yet.
    ///
    /// # Errors
    /// When there is none to draw on.
    pub fn open(mouse: bool) -> Result<Self, NoTerminal> {
        if !io::stdin().is_terminal() {
            return Err(NoTerminal::NotATerminal("its standard input"));
        }
        if !io::stdout().is_terminal() {
            return Err(NoTerminal::NotATerminal("its standard output"));
        }
        let takes_texts = match std::env::var_os("TERM") {
            None => return Err(NoTerminal::Dumb("not set")),
            Some(term) if term.is_empty() => return Err(NoTerminal::Dumb("empty")),
            Some(term) if term == "dumb" => return Err(NoTerminal::Dumb("`dumb`")),
            Some(term) => term.to_str().is_some_and(calling::takes_texts),
        };
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let tty = open("/dev/tty", flags, Mode::empty())
            .or_else(|_| open(rustix::termios::ttyname(io::stdin(), Vec::new())?, flags, Mode::empty()))
            .map_err(io::Error::from)?;
        let hold = Mutex::new(Hold {
            phase: Phase::Given,
            mouse,
            title: Vec::new(),
            title_kept: false,
            writing: false,
            owed: Vec::new(),
            turn: 0,
            returned: None,
        });
        Ok(Self { tty, takes_texts, hold, changed: Condvar::new() })
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        tcgetwinsize(&self.tty).map_or((0, 0), |size| (size.ws_col, size.ws_row))
    }

    /// Whether the shell lets us have the terminal now.
    pub fn is_ours(&self) -> bool {
        tcgetpgrp(&self.tty).map_or(true, |group| group == rustix::process::getpgrp())
    }

    /// Takes the terminal, or, when it is taken, sets everything once more.
    ///
    /// # Errors
    /// When the terminal is gone or has been given back for good.
    pub fn take(&self) -> io::Result<()> {
        let hold = self.hold();
        let waited = self.changed.wait_timeout_while(hold, PATIENCE, |hold| hold.writing);
        let (mut hold, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let cooked = match &hold.phase {
            Phase::Closed => return Err(io::ErrorKind::NotConnected.into()),
            Phase::Given => Box::new(tcgetattr(&self.tty)?),
            Phase::Taken(cooked) | Phase::Lent(cooked) => cooked.clone(),
        };
        let mends = matches!(hold.phase, Phase::Lent(_));
        if mends {
            // What was typed at the program and not read, and what the terminal answered it, are not for us.
            let _ = tcflush(&self.tty, QueueSelector::IFlush);
            hold.returned = Some(Instant::now());
        }
        let mut raw = (*cooked).clone();
        raw.make_raw();
        tcsetattr(&self.tty, OptionalActions::Now, &raw)?;
        hold.phase = Phase::Taken(cooked);
        hold.turn += 1;
        self.changed.notify_all();
        let cut = if std::mem::take(&mut hold.writing) || mends { CUT } else { &[] };
        let mend = if mends { MEND } else { &[] };
        let mouse = if hold.mouse { MOUSE } else { &[] };
        let keep = if hold.title.is_empty() || hold.title_kept { &[] } else { KEEP_TITLE };
        hold.title_kept |= !keep.is_empty();
        let all = [cut, mend, ENTER, mouse, keep, &hold.title].concat();
        hold.owed = self.put(&all)?.to_vec();
        Ok(())
    }

    /// Clicks and the wheel are ours from now on, or the terminal's own: what to write for it with the next frame.
    pub fn hear_mouse(&self, mouse: bool) -> &'static [u8] {
        self.hold().mouse = mouse;
        if mouse { MOUSE } else { NO_MOUSE }
    }

    /// Whether the terminal can be told a title or a notice.
    pub fn takes_texts(&self) -> bool {
        self.takes_texts
    }

    /// The window has this title from now on, until the terminal is given away: what to write for it with the next frame.
    pub fn give_title(&self, title: Vec<u8>) -> Vec<u8> {
        let mut hold = self.hold();
        if !self.takes_texts || !matches!(hold.phase, Phase::Taken(_)) {
            return Vec::new();
        }
        let keep = if hold.title_kept { &[] } else { KEEP_TITLE };
        hold.title_kept = true;
        hold.title.clone_from(&title);
        [keep, &title].concat()
    }

    /// Gives the terminal back, to take it again later. Does nothing when it is not taken.
    pub fn give(&self) {
        self.leave(self.hold(), Next::Given);
    }

    /// Lends the terminal to a program of ours, with a line of words for whoever looks at it.
    ///
    /// # Errors
    /// When it is not ours to lend.
    pub fn lend(&self, words: &str) -> io::Result<()> {
        let hold = self.hold();
        if !matches!(hold.phase, Phase::Taken(_)) || !self.is_ours() {
            return Err(io::Error::other("the terminal belongs to somebody else"));
        }
        self.leave(hold, Next::Lent);
        self.put(format!("{words}\n").as_bytes())?;
        Ok(())
    }

    /// Whether a signal that a key makes is for a program of ours: that has the terminal, or had it a moment ago. While the
    /// terminal is ours no key makes any.
    pub fn keys_are_lent(&self) -> bool {
        let hold = self.hold();
        matches!(hold.phase, Phase::Lent(_)) || hold.returned.is_some_and(|at| at.elapsed() < KEYS_COME_LATE)
    }

    /// Gives the terminal back for good. Safe to call from anywhere, any number of times, also from a panic and
    /// with a terminal that is blocked or gone; takes half a second at most.
    pub fn close(&self) {
        if let Some(hold) = self.hold_at_the_end() {
            self.leave(hold, Next::Closed);
        }
    }

    fn leave(&self, hold: MutexGuard<'_, Hold>, next: Next) {
        let waited = self.changed.wait_timeout_while(hold, PATIENCE, |hold| hold.writing);
        let (mut hold, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let owed = !std::mem::take(&mut hold.owed).is_empty();
        let cut = std::mem::take(&mut hold.writing) || owed;
        hold.turn += 1;
        let last = if next == Next::Closed { Phase::Closed } else { Phase::Given };
        let phase = std::mem::replace(&mut hold.phase, last);
        self.changed.notify_all();
        let title: &[u8] = if std::mem::take(&mut hold.title_kept) { GIVE_TITLE_BACK } else { &[] };
        let leave = [title, LEAVE].concat();
        let (cooked, way_out) = match phase {
            Phase::Taken(cooked) => (cooked, leave.as_slice()),
            // What the program left of it is mended.
            Phase::Lent(cooked) => (cooked, MEND),
            Phase::Closed => {
                hold.phase = Phase::Closed;
                return;
            }
            Phase::Given => return,
        };
        if way_out == MEND {
            // What the program left running may have taken it since we looked last.
            foreground::claim();
        }
        // From the background the terminal's settings are the shell's business, and touching them would stop us.
        if !self.is_ours() {
            return;
        }
        if cut {
            // Nobody reads. What waits unread in the system is thrown away, so that the way out fits in and
            // takes effect should somebody read again.
            let _ = tcflush(&self.tty, QueueSelector::OFlush);
            let _ = self.put(CUT);
        }
        if self.put(way_out).is_ok_and(|rest| !rest.is_empty()) {
            let _ = tcflush(&self.tty, QueueSelector::OFlush);
            let _ = self.put(CUT).and_then(|_| self.put(way_out));
        }
        // What was typed at the console and not read is not meant for the shell.
        let _ = tcflush(&self.tty, QueueSelector::IFlush);
        let _ = tcsetattr(&self.tty, OptionalActions::Now, &cooked);
        if next == Next::Lent {
            hold.phase = Phase::Lent(cooked);
        }
    }

    /// Writes a frame, waiting as long as the terminal takes nothing. Ends early, without an error, when the
    /// terminal is given back meanwhile: the next frame after that is sent whole anyway.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn write(&self, frame: &[u8]) -> io::Result<()> {
        let (turn, mut all) = {
            let mut hold = self.hold();
            (hold.turn, std::mem::take(&mut hold.owed))
        };
        all.extend_from_slice(frame);
        let mut rest = all.as_slice();
        while !rest.is_empty() {
            let mut hold = self.hold();
            if hold.turn != turn || !matches!(hold.phase, Phase::Taken(_)) {
                return Ok(());
            }
            hold.writing = true;
            match rustix::io::write(&self.tty, rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(Errno::AGAIN) => {
                    drop(hold);
                    wait(&self.tty, PollFlags::OUT, Some(Duration::from_millis(100)))?;
                }
                Err(Errno::INTR) => {}
                Err(error) => {
                    self.settle(hold);
                    return Err(error.into());
                }
            }
        }
        let hold = self.hold();
        if hold.turn == turn {
            self.settle(hold);
        }
        Ok(())
    }

    fn settle(&self, mut hold: MutexGuard<'_, Hold>) {
        hold.writing = false;
        self.changed.notify_all();
    }

    /// Reads what the person typed, waiting `patience` at most. Empty when the wait was in vain; `None` when the
    /// terminal is gone or was given back for good. Waits without end while it is only given back for a while.
    pub fn read<'a>(&self, room: &'a mut [u8], patience: Option<Duration>) -> Option<&'a [u8]> {
        let mut hold = self.hold();
        while !matches!(hold.phase, Phase::Taken(_)) {
            if matches!(hold.phase, Phase::Closed) {
                return None;
            }
            hold = self.changed.wait(hold).unwrap_or_else(PoisonError::into_inner);
        }
        drop(hold);
        let ready = wait(&self.tty, PollFlags::IN, patience).ok()?;
        if ready.is_empty() {
            return Some(&[]);
        }
        let hold = self.hold();
        if !matches!(hold.phase, Phase::Taken(_)) {
            return Some(&[]);
        }
        match rustix::io::read(&self.tty, &mut *room) {
            // In raw mode there is no end of input but the end of the terminal.
            Ok(0) => None,
            Ok(count) => room.get(..count),
            Err(Errno::AGAIN | Errno::INTR) if !ready.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => {
                Some(&[])
            }
            Err(_) => None,
        }
    }

    /// Writes `bytes`, and returns what the terminal has not taken within a while.
    fn put<'a>(&self, bytes: &'a [u8]) -> io::Result<&'a [u8]> {
        let end = Instant::now() + PATIENCE;
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::io::write(&self.tty, rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(Errno::AGAIN) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    wait(&self.tty, PollFlags::OUT, Some(left))?;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(rest)
    }

    /// The hold, however long it takes: that it is hard to get on a busy machine does not mean that the terminal is gone.
    /// Nobody has it for longer than a part of a second.
    fn hold(&self) -> MutexGuard<'_, Hold> {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hold, within a time: whoever closes may have panicked while it had it.
    fn hold_at_the_end(&self) -> Option<MutexGuard<'_, Hold>> {
        let end = Instant::now() + Duration::from_secs(1);
        loop {
            match self.hold.try_lock() {
                Ok(hold) => return Some(hold),
                Err(TryLockError::Poisoned(hold)) => return Some(hold.into_inner()),
                Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(Duration::from_millis(1)),
                Err(TryLockError::WouldBlock) => return None,
            }
        }
    }
}

/// Waits until the terminal can be written or read. Empty when the time was over.
fn wait(tty: &OwnedFd, what: PollFlags, patience: Option<Duration>) -> io::Result<PollFlags> {
    let limit = patience.and_then(|patience| Timespec::try_from(patience).ok());
    let mut fds = [PollFd::new(tty, what)];
    match poll(&mut fds, limit.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(fds.first().map_or(PollFlags::empty(), PollFd::revents)),
        Err(error) => Err(error.into()),
    }
}
