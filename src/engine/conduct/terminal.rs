//! One step that needs a terminal: the console lends its own, and the status of the command comes back in a file.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt;

use super::job::{Came, Done, Orders};
use super::kit::Kit;
use super::ledger::Lost;
use crate::domain::procedure::{HERE, Job, Language};
use crate::domain::run::{Check, Finding, Reason, RunStep, StepState, StepVerdict};
use crate::domain::{InputName, LinkFailure};
use crate::engine::clock::Clock;
use crate::engine::transport::{RuntimeDir, quote};
use crate::port::procedure::Evidence;
use crate::port::{Borrower, Errand, Event, ShellNews};
use crate::text::Foreign;

/// How often it is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(100);
/// A host that is not connected is waited for so long.
const CONNECTS: Duration = Duration::from_secs(5);

/// A link that is lost is noticed within this after ssh has left.
const GONE: Duration = Duration::from_secs(3);

/// Comes back when the link is gone, with the reason.
type Gone = BoxFuture<'static, LinkFailure>;

/// A step with a terminal.
pub(super) struct Terminal {
    pub(super) kit: Kit,
    pub(super) number: usize,
    pub(super) job: Job,
    pub(super) record: RunStep,
    pub(super) orders: Orders,
    pub(super) captured: Vec<(InputName, String)>,
}

impl Terminal {
    /// Does it. What was begun at a terminal that is gone can't be gone on with.
    pub(super) async fn run(mut self, adopt: bool) -> Done {
        if adopt {
            let why = "It had the terminal of a console that is gone: how it ended is not known.";
            return self.end(StepState::Unknown, None, why.to_owned()).await;
        }
        let begun = self.kit.place.clock.now();
        match self.kit.have_lock(true, &self.orders).await {
            Ok(()) => {}
            Err(Came::Never(reason, why)) => return self.end(StepState::Failed, Some(reason), why).await,
            Err(Came::PutOff(put_off)) => return Done { put_off: Some(put_off), ..self.done(None) },
            Err(Came::Lost(lost)) => return self.done(Some(lost)),
            Err(Came::Well | Came::Unplayed(_) | Came::Badly(..) | Came::Unknown(_)) => return self.done(None),
        }
        let before = self.record.clone();
        self.record.attempt += 1;
        (self.record.exit, self.record.reason, self.record.by, self.record.note) =
            (None, None, None, Foreign::default());
        if let Err(lost) = self.kit.ledger.intend(self.number, &mut self.record, begun.wall, true).await {
            self.record = before;
            self.refuse("it could not be recorded").await;
            return self.done(Some(lost));
        }
        let place = match RuntimeDir::create() {
            Ok(place) => place,
            Err(error) => {
                let why = format!("there is no private folder for it: {error}; nothing was started");
                self.refuse(&why).await;
                return self.end(StepState::Failed, Some(Reason::Refused), why).await;
            }
        };
        let status = place.path().join("status");
        let (errand, gone) = match self.errand(&place.path(), &status).await {
            Ok(errand) => errand,
            Err((reason, why)) => {
                self.refuse(&why).await;
                return self.end(StepState::Failed, Some(reason), format!("{why}: nothing was started")).await;
            }
        };
        if let Err(lost @ Lost::Taken(_)) =
            self.kit.ledger.commit(self.number, &mut self.record, StepState::Started).await
        {
            return self.done(Some(lost));
        }
        self.kit.ledger.send(Event::Shell(ShellNews::Ready(errand))).await;
        let left = loop {
            if let Ok(text) = tokio::fs::read_to_string(&status).await
                && let Ok(left) = text.trim().parse::<i32>()
            {
                break left;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.orders.cancel.cancelled() => {
                    let why = "It was cancelled while it had the terminal: how it ended is not known.";
                    return self.end(StepState::Unknown, None, why.to_owned()).await;
                }
            }
        };
        let took = begun.mono.age(self.kit.place.clock.now().mono);
        // ssh leaves so when its link is gone, and so may the command: then the link is still there.
        let lost = match gone {
            Some(gone) if left == 255 => tokio::time::timeout(GONE, gone).await.ok(),
            Some(_) | None => None,
        };
        self.record.exit = Some(left).filter(|_| lost.is_none());
        let finding = if left == 0 { Finding::Good } else { Finding::Bad };
        let told = format!("exit {left} on the terminal").into();
        self.record.verdict = Some(StepVerdict { took, checks: vec![Check { name: "command".into(), finding, told }] });
        if let Some(lost) = lost {
            let why = format!("the link was lost under it ({}): how it ended is not known", lost.short());
            return self.end(StepState::Unknown, None, why).await;
        }
        match left {
            0 => self.end(StepState::Verified, None, String::new()).await,
            left => {
                let why = format!("its command left with status {left}");
                self.end(StepState::Failed, Some(Reason::NonZeroExit), why).await
            }
        }
    }

    /// The program that gets the terminal.
    async fn errand(&self, folder: &Path, status: &Path) -> Result<(Errand, Option<Gone>), (Reason, String)> {
        let masks = std::sync::Arc::clone(&self.kit.ledger.masks.borrow());
        if !self.job.script.secrets.is_empty() || self.captured.iter().any(|(_, value)| masks.touches(value)) {
            let why = "a secret can't be handed to a command that has the terminal: let it ask for it there";
            return Err((Reason::Refused, why.to_owned()));
        }
        let script = self.script();
        let unwritten = |error: std::io::Error| (Reason::Refused, format!("its script can't be written here: {error}"));
        let file = folder.join("script");
        let mut options = tokio::fs::OpenOptions::new();
        let mut written = options.write(true).create_new(true).mode(0o600).open(&file).await.map_err(unwritten)?;
        written.write_all(script.as_bytes()).await.map_err(unwritten)?;
        written.flush().await.map_err(unwritten)?;
        let shell: &[&str] = match self.job.script.language {
            Language::Bash => &["bash", "-e", "-o", "pipefail"],
            Language::Sh | Language::Sql | Language::PromQl => &["/bin/sh", "-e"],
        };
        let mut gone = None;
        let (program, said) = if self.job.host.as_str() == HERE {
            let mut program: Vec<OsString> = shell.iter().map(OsString::from).collect();
            program.push(file.into_os_string());
            (program, None)
        } else {
            let place = &self.kit.place;
            let until = place.clock.now().mono.after(CONNECTS);
            let connection = place.connected(&self.job.host, until).await;
            let connection = connection.ok_or_else(|| (Reason::Unreachable, place.not_answering(&self.job.host)))?;
            gone = Some(connection.gone());
            let (mut program, said) = connection.shell().map_err(|why| (Reason::Refused, why))?;
            let root: &[&str] = match self.job.become_root {
                Some(crate::domain::BecomeRoot::Sudo) => &["sudo", "--"],
                Some(_) | None => &[],
            };
            let mut argv: Vec<String> = root.iter().chain(shell).map(|word| (*word).to_owned()).collect();
            argv.extend(["-c".to_owned(), script]);
            let line = quote::words(&argv).map_err(|error| (Reason::Refused, error.to_string()))?;
            program.push(line.into());
            (program, said)
        };
        // The status is written by a shell beside us: whatever becomes of the console, it is there.
        let watched =
            "\"$@\"; s=$?; printf %s \"$s\" >\"$QD_STATUS.new\" && mv \"$QD_STATUS.new\" \"$QD_STATUS\"; exit $s";
        let mut all: Vec<OsString> = vec!["env".into()];
        let mut variable = OsString::from("QD_STATUS=");
        variable.push(status);
        all.extend([variable, "/bin/sh".into(), "-c".into(), watched.into(), "qd-terminal".into()]);
        all.extend(program);
        Ok((Errand { whose: self.borrower(), program: all, said }, gone))
    }

    /// On this machine it is nobody's shell.
    fn borrower(&self) -> Borrower {
        let host = &self.job.host;
        if host.as_str() == HERE { Borrower::Step } else { Borrower::Shell(host.clone()) }
    }

    /// The script with its variables as quoted assignments at the top: data, whatever they hold.
    fn script(&self) -> String {
        let own = self.job.script.variables.iter().chain(&self.captured);
        let mut text: String =
            own.map(|(name, value)| format!("{name}='{}'\n", value.replace('\'', "'\\''"))).collect();
        if let Some(folder) = &self.job.script.folder {
            text.push_str(&format!("cd '{}' || exit\n", folder.replace('\'', "'\\''")));
        }
        text.push_str(&self.job.script.text);
        text.push('\n');
        text
    }

    /// The screen was given away for it: it is taken back.
    async fn refuse(&self, why: &str) {
        self.kit.ledger.send(Event::Shell(ShellNews::Refused(why.to_owned()))).await;
    }

    async fn end(mut self, state: StepState, reason: Option<Reason>, why: String) -> Done {
        (self.record.reason, self.record.note) = (reason, why.into());
        let lost = self.kit.ledger.commit(self.number, &mut self.record, state).await.err();
        self.done(lost)
    }

    fn done(self, lost: Option<Lost>) -> Done {
        let evidence = Evidence { reason: self.record.reason, ..Evidence::default() };
        Done { record: self.record, lost, evidence, put_off: None }
    }
}
