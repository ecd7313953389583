//! The containers of a service as Docker describes them, without judgement.

use jiff::Timestamp;

use super::unit::signal_name;
use crate::text::Foreign;

/// `State.Status` of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ContainerState {
    /// Made and never started.
    Created,
    /// Its main process runs.
    Running,
    /// Its processes are frozen.
    Paused,
    /// It ended, and Docker will start it again.
    Restarting,
    /// It is being taken away.
    Removing,
    /// Its main process has ended.
    Exited,
    /// It could not be taken away.
    Dead,
    /// A word we do not know.
    #[default]
    Unknown,
}

impl ContainerState {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            ContainerState::Created => "created",
            ContainerState::Running => "running",
            ContainerState::Paused => "paused",
            ContainerState::Restarting => "restarting",
            ContainerState::Removing => "being removed",
            ContainerState::Exited => "exited",
            ContainerState::Dead => "dead",
            ContainerState::Unknown => "in a state that is not known",
        }
    }
}

/// What the health check of a container says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Health {
    /// It has none.
    #[default]
    None,
    /// It has not said anything yet.
    Starting,
    /// It passes.
    Healthy,
    /// It has failed as often in a row as it may.
    Unhealthy,
}

/// What Compose has written on a container that it made. All of it is other people's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Made {
    /// The project's folder.
    pub folder: Foreign,
    /// The project's files, with commas between them.
    pub files: Foreign,
    /// The files of variables that were named, with commas between them; empty where none was.
    pub variables: Foreign,
    /// A digest of its configuration, by the rules of the Compose that made it.
    pub configuration: Foreign,
    /// The version of that Compose.
    pub by: Foreign,
}

/// How Compose is called on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Composer {
    /// `docker compose`.
    Plugin,
    /// `docker-compose`.
    Alone,
}

/// One container.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Container {
    /// Its id, 64 hexadecimal digits.
    pub id: String,
    /// Its name, by Docker's own rule for names; empty when it broke the rule.
    pub name: String,
    /// Its state.
    pub state: ContainerState,
    /// What its health check says.
    pub health: Health,
    /// The last line that its health check has printed.
    pub health_said: Foreign,
    /// The status its main process left with last, as far as it is known; of one that a signal ended 128 and the signal.
    pub exit_code: i32,
    /// Whether it was ended for want of memory.
    pub out_of_memory: bool,
    /// Why Docker could not start it.
    pub error: Foreign,
    /// Automatic restarts since it was last started by hand.
    pub restarts: u32,
    /// The image as it was asked for, such as `shop/web:1.4.2`.
    pub image: Foreign,
    /// The image's own id, 64 hexadecimal digits.
    pub image_id: String,
    /// The digest by which a registry knows the image; empty for one that no registry has seen.
    pub digest: Foreign,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its main process last began.
    pub started: Option<Timestamp>,
    /// When its main process last ended.
    pub finished: Option<Timestamp>,
    /// Its published ports, such as `0.0.0.0:80 → 8000/tcp`, and those it only opens.
    pub ports: Vec<Foreign>,
    /// Its logging driver.
    pub log_driver: Foreign,
    /// Whether its output is one stream, as of a terminal.
    pub tty: bool,
    /// What Compose has written on it.
    pub made: Made,
}

impl Container {
    /// Whether its main process runs, frozen or not.
    pub fn runs(&self) -> bool {
        matches!(self.state, ContainerState::Running | ContainerState::Paused)
    }

    /// Why it ended, in the words a person would use; empty when it ended well.
    pub fn cause(&self) -> String {
        match self.exit_code {
            _ if self.out_of_memory => "out of memory".to_owned(),
            _ if self.error.plain().trim() != "" && !self.runs() => self.error.plain(),
            0 => String::new(),
            code @ 129..=159 => signal_name(code - 128),
            code => format!("exit {code}"),
        }
    }

    /// What tells this run of it from every other: nothing runs twice with the same.
    pub fn run(&self) -> (&str, Option<Timestamp>) {
        (&self.id, self.started)
    }

    /// The version that its image names: the tag, or the beginning of the digest.
    pub fn version(&self) -> String {
        let image = self.image.plain();
        let (name, digest) = image.split_once('@').unwrap_or((&image, ""));
        let tag = name.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag.to_owned());
        let id = if digest.is_empty() { self.image_id.as_str() } else { digest.trim_start_matches("sha256:") };
        match tag {
            Some(tag) if tag != "latest" => tag,
            // `latest` says nothing of which image it is.
            Some(_) | None => id.chars().take(12).collect(),
        }
    }
}

/// The containers of one service on one host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Containers {
    /// Those that are there, without those of `docker compose run`, in the order of their names.
    pub all: Vec<Container>,
    /// Why nothing is known of them, in a few words; then nothing else counts.
    pub unseen: Option<String>,
    /// The same as a whole sentence, with what to try.
    pub told: String,
    /// Whether Docker was asked through sudo.
    pub by_sudo: bool,
    /// How Compose is called on their host; `None` where there is none, or it was not asked for.
    pub composer: Option<Composer>,
}

impl Containers {
    /// Of which nothing is known, because of this.
    pub fn unseen(why: impl Into<String>) -> Self {
        Self { unseen: Some(why.into()), ..Self::default() }
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.all.iter().filter(|one| one.runs()).count()
    }

    /// Whether Docker waits to start one of them again.
    pub fn restarting(&self) -> bool {
        self.all.iter().any(|one| one.state == ContainerState::Restarting)
    }

    /// The versions that their images name, each once: that of the oldest container first.
    pub fn versions(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let mut by_age: Vec<&Container> = self.all.iter().collect();
        by_age.sort_by_key(|one| one.created);
        for version in by_age.into_iter().map(Container::version) {
            if !version.is_empty() && !all.contains(&version) {
                all.push(version);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_version_is_the_tag_or_the_image_itself() {
        let version = |image: &str| {
            let image_id = "5082a8d20c55dd7c".to_owned();
            Container { image: image.into(), image_id, ..Container::default() }.version()
        };
        assert_eq!(version("shop/web:1.4.2"), "1.4.2");
        assert_eq!(version("registry.example:5000/shop/web"), "5082a8d20c55");
        assert_eq!(version("web:latest"), "5082a8d20c55");
        assert_eq!(version("web@sha256:0123456789abcdef0"), "0123456789ab");
        assert_eq!(version("web:1.5@sha256:0123456789abcdef0"), "1.5");
    }

    #[test]
    fn a_cause_is_in_plain_words() {
        let with = |exit_code, out_of_memory| Container { exit_code, out_of_memory, ..Container::default() }.cause();
        assert_eq!(with(0, false), "");
        assert_eq!(with(3, false), "exit 3");
        assert_eq!(with(137, false), "SIGKILL");
        assert_eq!(with(137, true), "out of memory");
        assert_eq!(with(255, false), "exit 255");
    }
}
