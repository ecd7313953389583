//! The shell on a host: which one is meant, why there is none, and what is said when it or the pager has ended.

use std::time::Duration;

use super::model::{Model, Screen};
use crate::domain::time::short;
use crate::domain::unit::signal_name;
use crate::domain::{HostName, Now};
use crate::port::{Borrower, Paged, ShellEnd, ShellNews};
use crate::ui::figure;

/// Who comes back from a shell looks for the place again first: the word about it stays longer than others.
const SAID: Duration = Duration::from_secs(10);

/// The host of the row under the cursor.
pub fn host(model: &Model) -> Option<HostName> {
    let fleet = model.fleet.as_ref()?;
    match model.screen {
        Screen::Overview => model.overview.chosen(fleet)?.1?.host.clone(),
        Screen::Hosts => model.hosts.chosen(fleet).map(|row| row.host.name.clone()),
        Screen::Procedure | Screen::Deploy => super::procedures::host(model),
        Screen::Logs | Screen::Runbooks | Screen::Changes | Screen::History => None,
    }
}

/// Why no shell can be opened there.
pub fn none(model: &Model) -> Option<&'static str> {
    let Some(host) = host(model) else { return Some("it is on no host") };
    if model.setup.drill.is_some() {
        return Some("a drill has no hosts to log in to");
    }
    let up = model.fleet.as_ref().and_then(|fleet| fleet.host(&host)).is_some_and(|row| row.link.is_up());
    (!up).then_some("the host is not connected")
}

/// Whether a host is connected, so that a shell can be opened there.
pub fn up(model: &Model, host: &HostName) -> bool {
    let up = model.fleet.as_ref().and_then(|fleet| fleet.host(host)).is_some_and(|row| row.link.is_up());
    up && model.setup.drill.is_none()
}

/// What became of a shell.
pub fn news(model: &mut Model, news: ShellNews, now: Now) {
    let (whose, how, lasted) = match news {
        ShellNews::Ready(_) => return,
        ShellNews::Refused(sentence) => return model.say_for(sentence, SAID, now),
        ShellNews::Ended { whose, how, lasted } => (whose, how, lasted),
    };
    let lasted = short(lasted);
    let what = match (&whose, &how) {
        (Borrower::Pager(paged), ShellEnd::Left(0)) => return model.say_for(paged_words(paged), SAID, now),
        (Borrower::Pager(_), _) => "The pager".to_owned(),
        // A step of a procedure has it for nobody's shell, wherever it is done.
        (Borrower::Step, _) => "The step with the terminal".to_owned(),
        (Borrower::Shell(host), _) => format!("The shell on {host}"),
    };
    let text = match how {
        ShellEnd::Left(0) => format!("{what} ended after {lasted}."),
        ShellEnd::Left(status) => format!("{what} ended after {lasted}, exit {status}."),
        ShellEnd::Killed(0) => format!("{what} ended after {lasted}; how is not known."),
        ShellEnd::Killed(signal) => format!("{what} was ended by {} after {lasted}.", signal_name(signal)),
        ShellEnd::Cut(why) => format!("{what} ended after {lasted}: {why}."),
    };
    model.say_for(text, SAID, now);
}

/// What the pager showed.
fn paged_words(paged: &Paged) -> String {
    let lines = figure::count(usize::try_from(paged.lines).unwrap_or(usize::MAX), "line");
    let left_out = match paged.left_out {
        0 => String::new(),
        left => format!(", {} left out", figure::count(usize::try_from(left).unwrap_or(usize::MAX), "line")),
    };
    format!("The pager showed {lines}{left_out}{}.", super::copy::hidden(paged.hidden))
}
