//! The commands that change the containers of a service: built here and nowhere else, so that what a person was shown is
//! what is sent.

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
    /// A container has no name by Docker's rule.
    #[error("a container of it has a name that is none")]
    NoName,
    /// Nothing is known of them.
    #[error("{0}")]
    Unseen(String),
}

/// The command for one change of all containers of a service, without what makes it root.
///
/// It lives on when the link is lost (`env -u QD_LINK`), so that a change is never cut in half; what became of it is seen
/// at the containers.
///
/// # Errors
/// When the verb makes no sense, or there is nothing to change.
pub fn change(verb: Verb, containers: &Containers) -> Result<Vec<String>, NoCommand> {
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
        | Verb::DaemonReload => true,
    }
}
