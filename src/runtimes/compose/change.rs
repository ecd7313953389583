//! The commands that change the containers of a service: built here and nowhere else, so that what a person was shown is
//! what is sent.

use super::scale::scale;
use crate::domain::Compose;
use crate::domain::container::{Container, Containers};
use crate::domain::verb::Verb;

/// Why there is no command for a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCommand {
    /// It is nothing that a container knows.
    #[error("a container can't be told to {0}")]
    NotOfContainers(Verb),
    /// There is no container.
    #[error("it has no container: `docker compose up` makes one")]
    NoContainer,
    /// None of them is of a service of a Compose project that is known.
    #[error("only services of a Compose project are scaled")]
    NotOfCompose,
    /// The host has no Compose.
    #[error("its host has neither `docker compose` nor `docker-compose`")]
    NoCompose,
    /// Nobody says where the project's files are.
    #[error("it is not known of which files it was made: write its `folder` and `files` into the site")]
    NoFiles,
    /// The containers were made of different files.
    #[error(
        "its containers were made of {0} different sets of files: say in the site which count, with `folder` and `files`"
    )]
    Several(usize),
    /// A path is no whole one, or has characters that nobody sees.
    #[error(
        "the path of its project is not a whole one, or not what it looks like: write `folder` and `files` into the site"
    )]
    OddPath,
    /// A container has no name by Docker's rule.
    #[error("a container of it has a name that is none")]
    NoName,
    /// Nothing is known of them.
    #[error("{0}")]
    Unseen(String),
}

/// The command for one change of all containers of a service, without what makes it root. `of` is the service where the site
/// names it as one of a Compose project: only such a one is scaled.
///
/// It lives on when the link is lost (`env -u QD_LINK`), so that a change is never cut in half; what became of it is seen
/// at the containers.
///
/// # Errors
/// When the verb makes no sense, or there is nothing to change.
pub fn change(verb: Verb, of: Option<&Compose>, containers: &Containers) -> Result<Vec<String>, NoCommand> {
    if let Some(why) = &containers.unseen {
        return Err(NoCommand::Unseen(why.clone()));
    }
    let words: Vec<&str> = match verb {
        Verb::Start => vec!["start"],
        Verb::Stop => vec!["stop"],
        Verb::Restart => vec!["restart"],
        Verb::Kill(signal) => vec!["kill", "--signal", signal.name()],
        Verb::Reload | Verb::Enable | Verb::Disable | Verb::ResetFailed | Verb::DaemonReload => {
            return Err(NoCommand::NotOfContainers(verb));
        }
        Verb::Scale(_) if containers.all.is_empty() => return Err(NoCommand::NoContainer),
        Verb::Scale(count) => return scale(count, of.ok_or(NoCommand::NotOfCompose)?, containers),
    };
    let chosen: Vec<&Container> = containers.all.iter().filter(|one| meant(verb, one)).collect();
    if chosen.is_empty() {
        return Err(NoCommand::NoContainer);
    }
    if chosen.iter().any(|one| one.name.is_empty()) {
        return Err(NoCommand::NoName);
    }
    let before = ["env", "-u", "QD_LINK", "docker"];
    let names = chosen.iter().map(|one| one.name.as_str());
    Ok(before.into_iter().chain(words).chain(["--"]).chain(names).map(str::to_owned).collect())
}

/// Whether a change is meant for this one of them: nothing that rests is killed, and nothing that runs is started.
fn meant(verb: Verb, one: &Container) -> bool {
    match verb {
        Verb::Kill(_) => one.runs(),
        Verb::Start => !one.runs(),
        Verb::Stop
        | Verb::Restart
        | Verb::Reload
        | Verb::Enable
        | Verb::Disable
        | Verb::ResetFailed
        | Verb::DaemonReload
        | Verb::Scale(_) => true,
    }
}
