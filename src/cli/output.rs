//! What the commands without a screen share: where files are, and printing that survives a closed pipe.

use std::io::Write;

use super::Exit;
use crate::site::Places;

/// Prints to standard output. A reader that has gone away is no fault of ours; an output that is full is told,
/// so that half a report is not taken for a whole one.
///
/// # Errors
/// How to end, after the reason was told.
pub fn print(text: &str) -> Result<(), Exit> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&format!("standard output can't be written: {error}"));
            Err(Exit::Output)
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints to standard error.
pub fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "qd: {text}");
}

/// Tells what is wrong with arguments, or what was asked about them.
pub fn tell(error: &clap::Error) {
    let _ = match mistake_of_value(error) {
        Some(text) => std::io::stderr().lock().write_all(text.as_bytes()),
        // Nothing can be done about a terminal that is gone.
        None => error.print(),
    };
}

/// A mistake in a value, whose sentence says what may stand there, without the advice to read the help: nothing comes behind
/// the mark below a query.
fn mistake_of_value(error: &clap::Error) -> Option<String> {
    let text = (error.kind() == clap::error::ErrorKind::ValueValidation).then(|| error.render().to_string())?;
    let told = text.split_once("\n\nFor more information").map_or(text.as_str(), |(told, _)| told);
    Some(format!("{}\n", told.trim_end()))
}

/// The folders in which files are found.
///
/// # Errors
/// How to end, after the reason was told.
pub fn here() -> Result<Places, Exit> {
    let here = std::env::current_dir().map_err(|error| {
        complain(&format!("the current directory can't be read: {error}"));
        Exit::Unavailable
    })?;
    Places::of_user(&here).map_err(|why| {
        complain(&why);
        Exit::Configuration
    })
}

/// Begins the program's own log; without it the program goes on.
pub fn begin_log() {
    let begun = here().map(|places| crate::engine::log_file::begin(&places.state));
    if let Ok(Err(error)) = begun {
        complain(&format!("no log of the program's own: {error}"));
    }
}

/// What becomes of a run that is left in the middle, where something of it `moves` at its hosts or nothing does.
pub fn left_behind(moves: bool) -> &'static str {
    if moves { "what was sent goes on at its hosts" } else { "nothing is under way at its hosts" }
}
