//! A panic anywhere ends the program: terminal back first, then the report, once.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// The exit code of a program that panicked (`EX_SOFTWARE`).
pub const EXIT: u8 = 70;

/// How long an orderly end may take after a panic. A panic can leave anything locked, so this is a thread's
/// business and not a task's.
const GRACE: Duration = Duration::from_millis(900);

/// Longest message of a panic that is reported, in characters.
const LONGEST: usize = 2000;

/// The first panic, if there was one.
#[derive(Debug, Default)]
pub struct Crash {
    struck: AtomicBool,
    report: OnceLock<String>,
    told: Notify,
    printed: AtomicBool,
}

impl Crash {
    /// From now on each panic, in whatever thread or task, runs `restore` at once, wakes [`Self::happened`], and
    /// ends the program within a second.
    pub fn watch(restore: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        let crash = Arc::new(Self::default());
        let hooked = Arc::clone(&crash);
        std::panic::set_hook(Box::new(move |info| hooked.take(info, &restore)));
        crash
    }

    fn take(self: &Arc<Self>, info: &PanicHookInfo<'_>, restore: &dyn Fn()) {
        // Before the terminal goes back: its end must not look like one that came from outside.
        let first = !self.struck.swap(true, Ordering::SeqCst);
        restore();
        // Only the first is reported: those that follow are its consequences.
        if !first || self.report.set(report(info)).is_err() {
            return;
        }
        let crash = Arc::clone(self);
        let watchdog = std::thread::Builder::new().name("end after panic".into()).spawn(move || {
            std::thread::sleep(GRACE);
            crash.print();
            std::process::exit(i32::from(EXIT));
        });
        if watchdog.is_err() {
            self.print();
            std::process::exit(i32::from(EXIT));
        }
        self.told.notify_one();
    }

    /// Ends when some part of the program has panicked.
    pub async fn happened(&self) {
        while self.report.get().is_none() {
            self.told.notified().await;
        }
    }

    /// Whether some part of the program has panicked.
    pub fn has_happened(&self) -> bool {
        self.struck.load(Ordering::SeqCst)
    }

    /// Prints the report to standard error, the first time it is called, and waits for it if it is being
    /// written. A dead standard error is no reason for another panic.
    pub fn print(&self) {
        for _ in 0..100 {
            if !self.has_happened() || self.report.get().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(report) = self.report.get()
            && !self.printed.swap(true, Ordering::SeqCst)
        {
            let _ = std::io::stderr().write_all(report.as_bytes());
        }
    }
}

/// What is said about a panic. No environment, no arguments, no local values: nothing that may hold a secret.
fn report(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "(no message)",
    };
    let place = info.location().map_or_else(String::new, |at| format!("\n  at {}:{}", at.file(), at.line()));
    let thread = std::thread::current();
    let mut report = format!(
        "qd ended because of a mistake of its own; the terminal has been restored.\n  {}{place}\n  in {}, qd {}\n",
        harmless(message),
        thread.name().unwrap_or("a thread without a name"),
        env!("CARGO_PKG_VERSION"),
    );
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        report.push_str(&format!("{trace}\n"));
    } else {
        report.push_str("  With RUST_BACKTRACE=1 in the environment the report also says how it came there.\n");
    }
    report
}

/// The message may quote text of a host: nothing in it may act on the terminal.
fn harmless(message: &str) -> String {
    let mut kept: String = message
        .chars()
        .take(LONGEST)
        .flat_map(|c| if c == ' ' || c.is_ascii_graphic() { vec![c] } else { c.escape_unicode().collect() })
        .collect();
    if message.chars().count() > LONGEST {
        kept.push_str("...");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_can_do_nothing_to_the_terminal() {
        assert_eq!(harmless("plain text: 1 != 2"), "plain text: 1 != 2");
        assert_eq!(harmless("a\x1b[2J\nb\u{202E}"), r"a\u{1b}[2J\u{a}b\u{202e}");
        assert_eq!(harmless(&"x".repeat(5000)).len(), LONGEST + 3);
    }
}
