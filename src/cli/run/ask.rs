//! Questions to whoever sits at the terminal while a run goes on: ctrl-d declines, ctrl-c leaves.

use super::follow::Session;
use crate::cli::{Exit, change};
use crate::port::Secret;

/// Whether there is somebody to ask.
pub(super) fn is_there() -> bool {
    change::terminal().is_some()
}

impl Session<'_> {
    /// A line; nothing where nobody is asked, or who is asked declines.
    ///
    /// # Errors
    /// How the call ends, when it is left instead.
    pub(super) async fn ask(&mut self, question: String) -> Result<Option<String>, Exit> {
        if !self.attended || self.args.json {
            return Ok(None);
        }
        let typed = self.typed(question, false).await?;
        Ok(typed.map(|typed| String::from_utf8_lossy(typed.expose()).into_owned()))
    }

    /// A line, or a secret that is not shown.
    pub(super) async fn typed(&mut self, question: String, secret: bool) -> Result<Option<Secret>, Exit> {
        let looks = change::looks();
        let reading = tokio::task::spawn_blocking(move || {
            if secret { change::read_secret(&question) } else { change::read_line(&question) }
        });
        let [(interrupt, _), (terminate, _), (hangup, _)] = &mut self.signals;
        let number = tokio::select! {
            typed = reading => return Ok(typed.ok().flatten()),
            _ = interrupt.recv() => 2,
            _ = terminate.recv() => 15,
            _ = hangup.recv() => 1,
        };
        change::give_back(looks);
        Err(self.left(Exit::Signal(number)))
    }
}
