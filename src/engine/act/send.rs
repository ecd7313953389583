//! One command on its way to a host, as root where it must be: what came back, told apart by what is certain.

use std::time::Duration;

use super::password::Questions;
use super::place::{Place, last_line};
use crate::domain::host::BecomeRoot;
use crate::domain::plan::PlannedStep;
use crate::domain::{Compose, HostName, RunId};
use crate::engine::transport::{Connection, Replies, fresh_word};
use crate::port::{End, Output, RemoteCommand};
use crate::runtimes::shell::shown;
use crate::runtimes::systemd_change::sent_as_root;

/// How long the command itself may take, without the time in which a person is asked. systemd takes a job at once;
/// what it does with it is looked at afterwards.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Changes of files, and of the manager's memory, come back only when they are done.
const DONE_WITHIN: Duration = Duration::from_secs(90);

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// The host has taken it.
    Taken,
    /// It did not happen: why, as a sentence.
    Refused(String),
    /// It may or may not have happened: why, as the beginning of a sentence.
    Unheard(String),
}

/// Sends the command of a step.
pub(super) async fn send(place: &Place, run: &RunId, step: &PlannedStep, connection: &dyn Connection) -> Sent {
    let deadline = if step.command.iter().any(|word| word == "--no-block") { TAKEN_WITHIN } else { DONE_WITHIN };
    let (output, questions) = match step.become_root {
        BecomeRoot::Never => {
            return Sent::Refused(format!("{} is only looked at: its site says become = \"never\"", step.host));
        }
        BecomeRoot::AlreadyRoot | BecomeRoot::Polkit => {
            let command = RemoteCommand::new(step.command.clone()).within(deadline);
            (connection.run(command).await, Questions::None)
        }
        BecomeRoot::Sudo => {
            let prompt = fresh_word();
            let argv = sent_as_root(BecomeRoot::Sudo, &step.command, &prompt);
            let (replies, prompted) = Replies::new(prompt);
            let command = RemoteCommand::new(argv).within(deadline);
            let told = shown(&step.command);
            tokio::join!(connection.converse(command, replies), place.vault.answer(run, &step.host, &told, prompted))
        }
    };
    let program = if step.unit.as_ref().is_some_and(Compose::is_unit) { "docker" } else { "systemctl" };
    judge(&step.host, program, step.become_root, &output, questions)
}

fn judge(host: &HostName, program: &str, become_root: BecomeRoot, output: &Output, questions: Questions) -> Sent {
    let said = last_line(&output.stderr);
    let behind = if said.is_empty() { String::new() } else { format!(": {said}") };
    match (&output.end, questions) {
        (End::Exited(0), _) => Sent::Taken,
        (End::NotStarted(why), _) => Sent::Refused(format!("nothing could be started on {host}: {why}")),
        (End::NotFound, _) if become_root == BecomeRoot::Sudo => Sent::Refused(format!(
            "{host} has no sudo; say how to become root there with become in the site (root, polkit)"
        )),
        (End::NotFound, _) => Sent::Refused(format!("{host} has no {program}")),
        (End::Exited(_), Questions::Declined) => {
            Sent::Refused(format!("sudo on {host} wanted a password and was given none: nothing was done"))
        }
        (End::Exited(_), Questions::Nobody) => Sent::Refused(format!(
            "sudo on {host} wants a password and nobody is there to be asked: run it at a terminal, or let sudo run \
             this command there without one (NOPASSWD)"
        )),
        (End::Exited(_), Questions::Wrong) => {
            Sent::Refused(format!("sudo on {host} took none of the passwords: nothing was done{behind}"))
        }
        // sudo gives up by itself after some tries; its own words are behind.
        (End::Exited(status), Questions::Answered(_) | Questions::None) => {
            Sent::Refused(format!("the command failed on {host} with status {status}{behind}"))
        }
        (End::TimedOut(span), _) => Sent::Unheard(format!(
            "{host} gave no result within {} s{}{behind}",
            span.as_secs(),
            if become_root == BecomeRoot::Sudo && questions == Questions::None {
                "; sudo there may ask for something else than a password"
            } else {
                ""
            }
        )),
        (End::LinkLost(why), _) => Sent::Unheard(format!("the link to {host} was lost before the result came: {why}")),
        (End::Killed(signal), _) => Sent::Unheard(format!(
            "the command was ended on {host} by {}{behind}",
            crate::domain::unit::signal_name(*signal)
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::LinkFailure;

    #[test]
    fn only_what_is_certain_is_called_refused() {
        let host = HostName::new("app-1").unwrap();
        let judged = |end, questions| {
            let stderr = b"lecture\nFailed to restart x.service: Unit x.service not found.\n\n".to_vec();
            let output = Output { stdout: Vec::new(), stderr, cut: 0, end, left_behind: false };
            judge(&host, "systemctl", BecomeRoot::Sudo, &output, questions)
        };
        assert_eq!(judged(End::Exited(0), Questions::Answered(1)), Sent::Taken);
        for end in [End::LinkLost(LinkFailure::Silent), End::TimedOut(Duration::from_secs(30)), End::Killed(15)] {
            assert!(matches!(judged(end, Questions::None), Sent::Unheard(_)));
        }
        let refused = judged(End::Exited(5), Questions::None);
        let Sent::Refused(why) = refused else { unreachable!("{refused:?}") };
        assert!(why.ends_with("status 5: Failed to restart x.service: Unit x.service not found."), "{why}");
        assert!(matches!(judged(End::Exited(1), Questions::Declined), Sent::Refused(_)));
        assert!(matches!(judged(End::NotFound, Questions::None), Sent::Refused(_)));
    }
}
