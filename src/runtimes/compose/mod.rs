//! Docker and its projects: what is asked of a host's `docker`, what its answers mean, and the commands that change
//! containers. Every word of a person or a host stands as one argument, and none can be an option.

mod change;
mod command;
mod events;
mod facts;
mod inspect;
mod printed;
mod scale;
mod stats;

pub use change::{NoCommand, change};
pub use command::{
    AT_ONCE, Reach, Trouble, composer, diagnose, digests, events, files, inspect, list, list_named, logs, logs_of,
    stats,
};
pub use events::{Moved, moved};
pub use facts::facts;
pub use inspect::{Found, Listed, listed, listed_ids, parse, parse_digests};
pub use printed::{printed, split};
pub use scale::differs;
pub use stats::{Used, used};

/// The label that names the project.
pub const PROJECT: &str = "com.docker.compose.project";
/// The label that names the service.
pub const SERVICE: &str = "com.docker.compose.service";
/// The label that says whether it was made by `docker compose run`.
pub const ONE_OFF: &str = "com.docker.compose.oneoff";
/// The label that names the project's folder.
pub const FOLDER: &str = "com.docker.compose.project.working_dir";
/// The label that names the project's files.
pub const FILES: &str = "com.docker.compose.project.config_files";
/// The label that names the files of variables that were given.
pub const VARIABLES: &str = "com.docker.compose.project.environment_file";
/// The label with the digest of a container's configuration.
pub const CONFIGURATION: &str = "com.docker.compose.config-hash";
/// The label with the version of the Compose that made it.
pub const MADE_BY: &str = "com.docker.compose.version";

/// Whether a word is the whole id of a container or an image.
pub fn is_id(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests;
