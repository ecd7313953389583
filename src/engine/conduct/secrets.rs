//! Secrets of a run: fetched when a step first needs them, kept in memory only, and asked for again after a resumption.

use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::mpsc;

use crate::domain::procedure::{Input, InputKind, Origin, here};
use crate::domain::{Environment, InputName};
use crate::engine::transport::{Asker, Asking};
use crate::port::Secret;
use crate::port::event::QuestionKind;
use crate::port::procedure::secret_question;

/// How long a program that prints a secret may take.
const COMMAND: Duration = Duration::from_secs(60);
/// No secret is shorter: hiding one or two letters wherever they stand would hide ordinary words, and what was hidden would
/// be easily guessed.
pub(super) const SHORTEST: usize = 4;
/// No secret is longer.
const LONGEST: usize = 128 << 10;

/// Fetches one secret.
///
/// # Errors
/// Why it can't be had, as a sentence. Nothing that a program printed is in it.
pub(super) async fn fetch(input: &Input, ask: Option<mpsc::Sender<Asking>>) -> Result<Arc<Secret>, String> {
    let name = &input.name;
    let bytes = match &input.origin {
        Origin::Variable(variable) => {
            use std::os::unix::ffi::OsStringExt;
            let value = std::env::var_os(variable).filter(|value| !value.is_empty());
            let value = value.ok_or_else(|| {
                format!("The secret {name} comes from the environment variable {variable}, which is not set here.")
            })?;
            value.into_vec()
        }
        Origin::Command(argv) => printed(name, argv).await?,
        Origin::Asked => {
            let asker = ask.map(|ask| Asker::new(here(), ask)).ok_or_else(|| unattended(name))?;
            let typed = asker.ask(QuestionKind::Input, secret_question(name, &input.about)).await;
            typed.ok_or_else(|| format!("The secret {name} was asked for, and none was given."))?.expose().to_vec()
        }
    };
    if bytes.len() > LONGEST || bytes.contains(&0) {
        return Err(format!("The secret {name} is longer than 128 KiB or holds a NUL: no command can be given it."));
    }
    if bytes.is_empty() && !input.optional {
        return Err(format!("The secret {name} is empty."));
    }
    long_enough(name, &bytes)?;
    Ok(Arc::new(Secret::new(bytes)))
}

/// Whether a secret can be told from ordinary words, so that it alone is hidden in what is shown and kept.
///
/// # Errors
/// A sentence, when it can't.
pub(super) fn long_enough(name: &InputName, secret: &[u8]) -> Result<(), String> {
    if secret.is_empty() || secret.len() >= SHORTEST {
        return Ok(());
    }
    Err(format!(
        "The secret {name} has fewer than {SHORTEST} characters: to hide it would hide parts of ordinary words, so it is not \
         taken."
    ))
}

/// Whether a secret is what its input wants; a text of it may have lines, as keys have.
///
/// # Errors
/// Why it is not, as a sentence that never repeats it.
pub(super) fn fits(input: &Input, secret: &Secret, environment: &Environment) -> Result<(), String> {
    let bytes = secret.expose();
    if bytes.is_empty() || matches!(input.kind, InputKind::Text) {
        return Ok(());
    }
    let why = match std::str::from_utf8(bytes) {
        Ok(value) => crate::state::procedures::valid(input, value, environment, None).err(),
        Err(_) => Some("it is no text".to_owned()),
    };
    why.map_or(Ok(()), |why| Err(format!("The secret {} can't be that: {why}.", input.name)))
}

/// The sentence for a secret that nobody can be asked for.
fn unattended(name: &InputName) -> String {
    format!(
        "The secret {name} must be typed, and nobody is there: give it with --input-file {name}=FILE, or let the \
         document fetch it (from_env, from)."
    )
}

async fn printed(name: &InputName, argv: &[String]) -> Result<Vec<u8>, String> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(format!("The secret {name} comes from a command, and there is none."));
    };
    let running = Command::new(program).args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true).output();
    let output = match tokio::time::timeout(COMMAND, running).await {
        Err(_) => return Err(format!("The command for the secret {name} ({program}) took longer than a minute.")),
        Ok(Err(error)) => return Err(format!("The command for the secret {name} ({program}) can't start: {error}.")),
        Ok(Ok(output)) => output,
    };
    let mut secret = zeroize::Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(format!("The command for the secret {name} ({program}) ended with {}.", output.status));
    }
    if secret.last() == Some(&b'\n') {
        secret.pop();
    }
    if secret.last() == Some(&b'\r') {
        secret.pop();
    }
    Ok(secret.to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::domain::procedure::Choices;

    #[test]
    fn a_secret_that_could_be_a_part_of_any_word_is_not_taken() {
        let name = InputName::new("token").unwrap();
        let why = long_enough(&name, b"d").unwrap_err();
        assert!(why.contains("token") && why.contains("fewer than 4"), "{why}");
        assert!(long_enough(&name, b"").is_ok() && long_enough(&name, b"d3ad").is_ok());
    }

    #[test]
    fn a_secret_is_judged_by_its_pattern_and_its_choices_and_never_repeated() {
        let site = crate::site::load_built_in("s", "title = \"S\"\n[environments.e.hosts]\n\"h\" = {}\n").unwrap();
        let environment = site.environments.into_iter().next().unwrap();
        let input = |kind| Input {
            name: InputName::new("token").unwrap(),
            about: crate::text::Foreign::default(),
            kind,
            default: None,
            origin: Origin::Asked,
            secret: true,
            optional: false,
            backups: None,
            line: 1,
        };
        let fits = |kind, value: &str| fits(&input(kind), &Secret::new(value.as_bytes().to_vec()), &environment);
        let pattern = || InputKind::Pattern("[a-z]+".into());
        let choices = || InputKind::Choice(Choices::Fixed(vec!["a".into(), "b".into()]));
        assert_eq!(fits(pattern(), "lower"), Ok(()));
        assert_eq!(fits(choices(), "b"), Ok(()));
        assert_eq!(fits(InputKind::Text, "-----BEGIN\nkey\n"), Ok(()));
        for kind in [pattern(), choices(), InputKind::Number] {
            let why = fits(kind, "NOT-LOWER; 123").unwrap_err();
            assert!(why.contains("token can't be that") && !why.contains("123"), "{why}");
        }
    }
}
