//! A person at a terminal: runs a program in a pseudo-terminal, types, looks at the screen, pulls the plug.
//!
//! Everything happens in the calling thread: whoever waits for something also reads what the program writes.
//! Who does not wait does not read, and that is how a blocked terminal is made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

#[path = "pty_keys.rs"]
pub mod keys;
#[path = "pty_launch.rs"]
mod launch;
#[path = "pty_process.rs"]
mod process;
#[path = "pty_sequences.rs"]
pub mod sequences;

use std::fmt;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use rustix::pty::ptsname;
use rustix::termios::{LocalModes, Termios, tcgetattr};

pub use launch::{Launch, new_pty, open_end};
use launch::{at_least_one, set_size};
pub use process::{children, state};
use process::{idle, stat};

/// A machine under load may take three times as long as we promise.
pub fn patient(promised: Duration) -> Duration {
    promised * 3
}

/// How long to wait for something that must come, but of which nothing is promised.
pub const SOON: Duration = Duration::from_secs(20);

/// How a program ended.
#[derive(Debug, Clone, Copy)]
pub struct Exit {
    /// Its status.
    pub status: ExitStatus,
    /// From the call to the end.
    pub took: Duration,
    /// Processor time over its whole life.
    pub cpu: Duration,
}

impl Exit {
    /// The exit code; a signal that killed it as a negative number.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| -self.status.signal().unwrap_or(0))
    }
}

/// The state of a terminal that a program must leave as it found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes {
    /// Lines are edited, echoed, and ctrl-c is a signal.
    pub cooked: bool,
    /// The alternate screen is shown.
    pub alternate: bool,
    /// The cursor is hidden.
    pub cursor_hidden: bool,
    /// Pastes are bracketed.
    pub paste: bool,
    /// Focus is reported.
    pub focus: bool,
    /// The mouse is reported.
    pub mouse: bool,
    /// An update of the screen is being held back.
    pub held: bool,
    /// The cursor keys are in application mode, or the keypad is.
    pub application: bool,
}

impl Modes {
    /// As a shell wants it.
    pub const NORMAL: Self = Self {
        cooked: true,
        alternate: false,
        cursor_hidden: false,
        paste: false,
        focus: false,
        mouse: false,
        held: false,
        application: false,
    };
}

/// A program in a terminal.
pub struct Pty {
    master: Option<OwnedFd>,
    child: Child,
    adopted: Vec<(Pid, String)>,
    ended: Option<Exit>,
    screen: vt100::Parser,
    written: Vec<u8>,
}

impl fmt::Debug for Pty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.written.len().saturating_sub(400);
        write!(
            f,
            "process {} ({}), {} bytes written, the last: {:?}, screen:\n{}",
            self.child.id(),
            self.state(),
            self.written.len(),
            String::from_utf8_lossy(&self.written[last..]),
            self.screen()
        )
    }
}

impl Pty {
    fn new(master: OwnedFd, child: Child, (columns, rows): (u16, u16)) -> Self {
        let screen = vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0);
        Self { master: Some(master), child, adopted: Vec::new(), ended: None, screen, written: Vec::new() }
    }

    // --- what the person does ---

    /// Types bytes. Reads meanwhile, so that neither side waits for the other.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let end = Instant::now() + SOON;
        let mut rest = bytes.as_ref();
        while !rest.is_empty() {
            assert!(Instant::now() < end, "the program does not read: {self:?}");
            let master = self.master.as_ref().expect("the terminal is there");
            match rustix::io::write(master, rest) {
                Ok(count) => rest = &rest[count..],
                Err(rustix::io::Errno::AGAIN) => {
                    self.read_for(Duration::from_millis(5));
                }
                Err(error) => panic!("typing failed: {error}; {self:?}"),
            }
        }
        self
    }

    /// Presses keys by their names, spaces between them: `"j j enter ctrl-p"`. Each comes by itself, as from a
    /// person, so that an escape key is one, and who looks at the screen that is there.
    pub fn keys(&mut self, names: &str) -> &mut Self {
        self.settle();
        for key in quarterdeck::input::key_name::parse_sequence(names).expect("these are keys") {
            self.send(keys::bytes(key));
            if key.code == quarterdeck::port::KeyCode::Esc {
                self.read_during(Duration::from_millis(60));
            }
        }
        self
    }

    /// Types bytes if there is room for them, and never reads.
    pub fn send_blindly(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = rustix::io::write(self.master.as_ref().expect("the terminal is there"), bytes.as_ref());
        self
    }

    /// Pastes, as a terminal with bracketed paste does.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.send(format!("\x1b[200~{text}\x1b[201~"))
    }

    /// Lets another program write to the terminal until it takes nothing more, reading nothing: from now on the
    /// terminal is blocked, until somebody reads.
    pub fn clog(&mut self) -> &mut Self {
        let name = ptsname(self.master.as_ref().expect("the terminal is there"), Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let end = open(name, flags, Mode::empty()).expect("the pty opens");
        for size in [4096, 1] {
            // What is taken in the end depends on when the kernel moves its buffers: try until it stays full.
            let mut refused = 0;
            while refused < 20 {
                match rustix::io::write(&end, &vec![b' '; size]) {
                    Ok(_) => refused = 0,
                    Err(rustix::io::Errno::AGAIN) => {
                        refused += 1;
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    Err(error) => panic!("{error}: {self:?}"),
                }
            }
        }
        self
    }

    /// Gives the window another size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        // What was written for the old size is read first.
        self.read_for(Duration::ZERO);
        set_size(self.master.as_ref().expect("the terminal is there"), (columns, rows));
        self.screen.set_size(at_least_one(rows), at_least_one(columns));
        self
    }

    /// Closes the window.
    pub fn hang_up(&mut self) -> &mut Self {
        self.master = None;
        self
    }

    /// Sends a signal to the program.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        self.signal_to(self.pid(), signal)
    }

    /// Sends a signal to any process.
    pub fn signal_to(&mut self, pid: Pid, signal: Signal) -> &mut Self {
        kill_process(pid, signal).unwrap_or_else(|error| panic!("no signal to {pid:?}: {error}; {self:?}"));
        self
    }

    // --- what the person sees ---

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.screen.screen().contents()
    }

    /// The emulator, for colours and the cursor.
    pub fn emulator(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// All bytes the program has written and we have read.
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// How often these bytes were written.
    pub fn count(&self, bytes: &[u8]) -> usize {
        self.written.windows(bytes.len()).filter(|window| *window == bytes).count()
    }

    /// Whether a private mode of the terminal was switched on last, by the bytes themselves.
    pub fn mode(&self, number: u16) -> bool {
        self.last(&format!("\x1b[?{number}h")) > self.last(&format!("\x1b[?{number}l"))
    }

    /// Where these bytes were last written.
    fn last(&self, bytes: &str) -> Option<usize> {
        self.written.windows(bytes.len()).rposition(|window| window == bytes.as_bytes())
    }

    /// The state of the terminal.
    pub fn modes(&self) -> Modes {
        let screen = self.screen.screen();
        let local = self.termios().local_modes;
        Modes {
            cooked: local.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG),
            alternate: screen.alternate_screen() || self.mode(1049),
            cursor_hidden: screen.hide_cursor(),
            paste: screen.bracketed_paste() || self.mode(2004),
            focus: self.mode(1004),
            mouse: screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None
                || [1000, 1002, 1003, 1006].iter().any(|number| self.mode(*number)),
            held: self.mode(2026),
            application: screen.application_cursor() || screen.application_keypad(),
        }
    }

    /// The settings of the terminal.
    pub fn termios(&self) -> Termios {
        tcgetattr(self.master.as_ref().expect("the terminal is there")).expect("it has settings")
    }

    // --- waiting ---

    /// Reads until `what` holds; panics with the screen when it takes longer than `within`.
    pub fn wait_until(&mut self, within: Duration, what: &str, mut holds: impl FnMut(&mut Self) -> bool) -> Duration {
        let start = Instant::now();
        loop {
            self.read_for(Duration::ZERO);
            if holds(self) {
                return start.elapsed();
            }
            assert!(start.elapsed() < within, "not within {within:?}: {what}; {self:?}");
            self.read_for(Duration::from_millis(5));
        }
    }

    /// Waits until the screen has this text.
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        self.wait_until(SOON, text, |pty| pty.screen().contains(text));
        self
    }

    /// Waits until a full-screen program has drawn its first frame and then says nothing for a moment.
    pub fn wait_drawn(&mut self) -> &mut Self {
        self.wait_until(SOON, "a frame on the alternate screen", |pty| {
            pty.mode(1049) && pty.last("\x1b[?2026l") > pty.last("\x1b[?1049h")
        });
        self.wait_quiet(Duration::from_millis(60))
    }

    /// Waits until nothing was written for `span`.
    pub fn wait_quiet(&mut self, span: Duration) -> &mut Self {
        let start = Instant::now();
        let (mut last, mut size) = (Instant::now(), self.written.len());
        while last.elapsed() < span {
            assert!(start.elapsed() < SOON, "it does not get quiet: {self:?}");
            self.read_for(Duration::from_millis(5));
            if self.written.len() != size {
                (last, size) = (Instant::now(), self.written.len());
            }
        }
        self
    }

    /// Reads until the program has nothing to do: it also knows by then that what we see was written. A person takes
    /// longer to press a key than a busy machine takes for that; a test does not. What is never idle is not waited for.
    fn settle(&mut self) {
        let (begun, mut quiet) = (Instant::now(), 0);
        while quiet < 2 && begun.elapsed() < Duration::from_secs(1) {
            let (asleep, before) = (idle(self.pid()), self.written.len());
            self.read_for(Duration::from_millis(1));
            quiet = if asleep && self.written.len() == before { quiet + 1 } else { 0 };
        }
    }

    /// Reads what is written during `span`; returns how many bytes.
    pub fn read_during(&mut self, span: Duration) -> usize {
        let (end, before) = (Instant::now() + span, self.written.len());
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.read_for(left.min(Duration::from_millis(50)));
        }
        self.written.len() - before
    }

    /// Waits until the program has ended, reading on.
    pub fn wait_exit(&mut self, within: Duration) -> Exit {
        self.exit(within, true)
    }

    /// Waits until the program has ended, without reading a byte.
    pub fn wait_exit_unread(&mut self, within: Duration) -> Exit {
        self.exit(within, false)
    }

    fn exit(&mut self, within: Duration, read: bool) -> Exit {
        let start = Instant::now();
        while self.state() != 'Z' {
            assert!(start.elapsed() < within, "it has not ended within {within:?}: {self:?}");
            if read && self.master.is_some() {
                self.read_for(Duration::from_millis(2));
            } else {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let (took, cpu) = (start.elapsed(), self.cpu());
        let exit = Exit { status: self.child.wait().unwrap(), took, cpu };
        self.ended = Some(exit);
        if read && self.master.is_some() {
            // What it wrote last is handed on by a worker of the kernel, which may come late.
            let end = Instant::now() + Duration::from_millis(300);
            while self.read_for(Duration::from_millis(20)) && Instant::now() < end {}
        }
        exit
    }

    /// Reads what is there, waiting at most `patience` for the first byte; whether anybody may still write.
    fn read_for(&mut self, patience: Duration) -> bool {
        let Some(master) = &self.master else { return false };
        let mut open = true;
        let mut fds = [PollFd::new(master, PollFlags::IN)];
        let limit = Timespec::try_from(patience).unwrap();
        if poll(&mut fds, Some(&limit)).unwrap_or(0) == 0 {
            return true;
        }
        let mut room = [0; 65536];
        let from = self.written.len();
        // Bounded, so that a program that floods us can't hold us here.
        for _ in 0..64 {
            match rustix::io::read(master, &mut room) {
                Ok(0) => break,
                Ok(count) => self.written.extend_from_slice(&room[..count]),
                Err(rustix::io::Errno::IO) => {
                    // Nobody has the other end open: don't spin.
                    std::thread::sleep(patience.min(Duration::from_millis(2)));
                    open = false;
                    break;
                }
                Err(_) => break,
            }
        }
        self.screen.process(&self.written[from..]);
        open
    }

    // --- the process ---

    /// Its id.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Its state as the system sees it: `S` sleeps, `T` is stopped, `Z` has ended.
    pub fn state(&self) -> char {
        if self.ended.is_some() {
            return 'Z';
        }
        state(self.pid())
    }

    /// Processor time so far, of all its threads.
    pub fn cpu(&self) -> Duration {
        process::cpu(self.pid())
    }

    /// Resident memory in KiB.
    pub fn memory(&self) -> u64 {
        process::memory(self.pid())
    }

    /// Ends this process too when the test is over: one that has left our session.
    pub fn adopt(&mut self, pid: Pid) -> &mut Self {
        self.adopted.push((pid, stat(pid).get(19).cloned().unwrap_or_default()));
        self
    }

    /// The processes that this one has started and that are still there.
    pub fn children(&self) -> Vec<Pid> {
        children(self.pid())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        for pid in &self.adopted {
            // Its start time tells it from another that was given the same number since.
            if stat(pid.0).get(19) == Some(&pid.1) {
                let _ = kill_process(pid.0, Signal::KILL);
            }
        }
        if self.ended.is_none() {
            // The session is ours alone.
            let _ = kill_process_group(self.pid(), Signal::KILL);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
