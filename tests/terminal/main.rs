//! The faults of the terminal, D1 to D11, on the real program in a real pseudo-terminal.
//!
//! A few repetitions by default; `QD_LONG=1` makes the full number of them. Times that we promise are asserted
//! at three times their figure, because the machine of a test may be busy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calling;
mod ends;
mod input;
#[path = "../common/pty.rs"]
mod pty;
mod screen;
mod suspend;

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use pty::{Launch, Modes, Pty, SOON, new_pty, open_end, patient};
use rustix::process::{Pid, Signal};

/// Ctrl-alt-shift-F12, on which the fault of `QD_FAULT` strikes.
const STRIKE: &[u8] = b"\x1b[24;8~";
const LEAVE: &[u8] = b"\x1b[?1049l";
const CTRL_L: &[u8] = b"\x0c";
const CTRL_Z: &[u8] = b"\x1a";
const SECOND: Duration = Duration::from_secs(1);

fn long() -> bool {
    std::env::var_os("QD_LONG").is_some_and(|value| value == "1")
}

/// So many times, or in a long run ten times.
fn rounds(few: u32) -> u32 {
    if long() { 10 } else { few }
}

fn bare() -> Launch {
    Launch::qd(&["bare"])
}

fn drawn() -> Pty {
    let mut pty = bare().start();
    pty.wait_drawn();
    assert_eq!(
        pty.modes(),
        Modes {
            cooked: false,
            alternate: true,
            cursor_hidden: true,
            paste: true,
            focus: true,
            mouse: true,
            ..Modes::NORMAL
        }
    );
    pty
}

fn struck(fault: &str) -> Pty {
    let mut pty = bare().variable("QD_FAULT", fault).start();
    pty.wait_drawn().send(STRIKE);
    pty
}

/// The terminal is as it was found, and was given back once.
fn assert_restored(pty: &Pty) {
    assert_eq!(pty.modes(), Modes::NORMAL, "{pty:?}");
    assert_eq!(pty.count(LEAVE), 1, "{pty:?}");
}

/// What was written after the terminal was given back.
fn afterwards(pty: &Pty) -> String {
    let at = pty.written().windows(LEAVE.len()).position(|window| window == LEAVE).expect("it was given back");
    String::from_utf8_lossy(&pty.written()[at + LEAVE.len()..]).into_owned()
}

/// The end of a frame.
const FRAME: &[u8] = b"\x1b[?2026l";

/// Keys still reach the program: ctrl-l draws everything anew.
fn assert_alive(pty: &mut Pty) {
    pty.wait_quiet(Duration::from_millis(100));
    assert!(pty.state() != 'Z' && pty.mode(1049), "it has ended: {pty:?}");
    let before = pty.count(FRAME);
    pty.send(CTRL_L);
    pty.wait_until(SOON, "an answer to ctrl-l", |pty| pty.count(FRAME) > before);
    assert!(pty.mode(1049), "it has ended: {pty:?}");
}

/// A console that draws all the time on a terminal that takes nothing.
fn blocked() -> Pty {
    let mut pty = bare().variable("QD_FAULT", "flood").start();
    pty.wait_drawn().clog().send_blindly(STRIKE);
    std::thread::sleep(Duration::from_millis(500));
    pty
}

/// A small generator of numbers; the same seed gives the same ones.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
