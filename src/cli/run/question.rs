//! What ssh, sudo or a secret asks for, and programs that get the terminal for a while.

use futures_util::FutureExt;

use super::follow::Session;
use crate::cli::{Exit, change, output};
use crate::domain::InputName;
use crate::port::event::{Question, QuestionKind};
use crate::port::procedure::secret_question;
use crate::port::{Effect, Secret};
use crate::text::Foreign;

impl Session<'_> {
    /// Answers what ssh, sudo or a secret asks for.
    pub(super) async fn question(&mut self, question: Question) -> Result<(), Exit> {
        let prompt = question.prompt.plain();
        let is_of = |name: &InputName| {
            let bare = secret_question(name, &Foreign::default()).plain();
            prompt == bare || prompt.starts_with(&format!("{} (", bare.trim_end_matches(':')))
        };
        let known = self.prepared.secrets.iter().find(|(name, _)| InputName::new(name).is_ok_and(|name| is_of(&name)));
        let known = known.map(|(_, secret)| Secret::new(secret.expose().to_vec()));
        let wanted = self.procedure().and_then(|one| one.header.inputs.iter().map(|one| one.name.clone()).find(is_of));
        let answer = match (known, question.kind) {
            (Some(secret), _) => Some(secret),
            (None, _) if !self.attended => {
                output::complain(&match wanted {
                    Some(name) => format!("the secret {name} is needed: --input-file {name}=FILE"),
                    None => format!("{} asks, and nobody is there: {prompt}", question.host),
                });
                None
            }
            (None, QuestionKind::Secret | QuestionKind::Input | QuestionKind::Sudo) => {
                self.typed(format!("{}: {prompt} ", question.host), true).await?
            }
            (None, QuestionKind::HostKey | QuestionKind::Confirm) => {
                let typed = self.typed(format!("{}: {prompt}\nType yes to go on: ", question.host), false).await?;
                typed.filter(|typed| typed.expose() == b"yes")
            }
        };
        self.send(Effect::Answer(question.id, answer)).await;
        Ok(())
    }

    /// Lends the terminal to a program, and waits for its end. What is typed there to end something is not for us.
    pub(super) async fn lend(&mut self, program: Vec<std::ffi::OsString>) {
        let Some((first, rest)) = program.split_first() else { return };
        let looks = change::looks();
        let mut command = tokio::process::Command::new(first);
        command.args(rest);
        // The terminal itself, wherever our own input and output go.
        if let Some(terminal) = change::terminal()
            && let (Ok(input), Ok(output)) = (terminal.try_clone(), terminal.try_clone())
        {
            command.stdin(input).stdout(output).stderr(terminal);
        }
        let running = command.status().await;
        change::give_back(looks);
        let [(interrupt, _), ..] = &mut self.signals;
        while interrupt.recv().now_or_never().is_some() {}
        if let Err(error) = running {
            output::complain(&format!("what was to have the terminal could not be started: {error}"));
        }
    }
}
