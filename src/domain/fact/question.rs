//! What a fact asks, with every value read.

use std::time::Duration;

use super::Fact;
use super::kind::{COMMIT, Kind, PRESENT, SERVICE, VERSION};
use super::value::{self, Room};
use crate::domain::name::{EnvName, ServiceName};

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// The checks and statuses of a commit.
    Ci {
        /// Which.
        commit: String,
        /// Only the checks of this workflow.
        workflow: Option<String>,
    },
    /// The latest run of a workflow for a commit.
    Workflow(Rerun),
    /// Approvals of the pull requests that contain a commit.
    Reviews {
        /// Which.
        commit: String,
        /// How many there must be.
        count: u32,
        /// Of whom; of anybody where nothing is said.
        role: Option<String>,
    },
    /// Whether a deployment was let through.
    Protection {
        /// Of which commit.
        commit: String,
        /// To which environment, as GitHub calls it.
        environment: String,
    },
    /// Whether another environment runs the same commit.
    Same {
        /// Which commit.
        commit: String,
        /// Which environment.
        environment: EnvName,
    },
    /// Probes.
    Probes {
        /// Of the services of this tier.
        tier: Option<String>,
        /// Of these services; empty: of all.
        services: Vec<ServiceName>,
    },
    /// The newest backup.
    Backup(Backup),
    /// The certificate of a server.
    Certificate {
        /// Whom to connect to.
        host: String,
        /// At which port.
        port: u16,
        /// How many days it must still be good for.
        days: u32,
        /// Whose it must be; the host's where nothing is said.
        name: String,
    },
    /// Room on a disk.
    Disk {
        /// Where it is mounted, or anything on it.
        path: String,
        /// How much must be free.
        free: Room,
    },
    /// Memory that is left, in bytes.
    Memory(u64),
    /// What is recorded of the release that is to come.
    Release {
        /// Its commit, if it has one.
        commit: Option<String>,
        /// What people call it.
        version: Option<String>,
        /// The one service that it is about.
        service: Option<ServiceName>,
    },
    /// Whether there is a release to go back to.
    Rollback {
        /// Of this service only.
        service: Option<ServiceName>,
        /// The command that finds an earlier release on a host, by `$version` and `$commit`.
        present: Option<String>,
    },
}

/// A workflow's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerun {
    /// Of which commit.
    pub commit: String,
    /// The file of the workflow.
    pub file: String,
    /// Only on this branch.
    pub branch: Option<String>,
    /// How old it may be.
    pub age: Option<Duration>,
}

/// What a backup must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Which files are backups.
    pub path: String,
    /// How old the newest may be.
    pub age: Duration,
    /// How large it must be.
    pub size: u64,
    /// How large it must be beside the one before it, in thousandths.
    pub ratio: u32,
    /// Whether that counts also where there is none before it.
    pub compared: bool,
    /// What its last line must hold.
    pub ends: Option<String>,
}

/// How old a backup may be where nothing is said.
const BACKUP_AGE: Duration = Duration::from_secs(24 * 3600);
/// How large a backup must be beside the one before it where nothing is said, in thousandths.
const BACKUP_RATIO: u32 = 800;

/// What is said, read key by key.
struct Said<'a>(&'a Fact);

impl Said<'_> {
    fn value(&self, key: &'static str) -> Result<Option<String>, String> {
        let Some((_, text)) = self.0.said.iter().find(|(known, _)| *known == key) else { return Ok(None) };
        let Some(plain) = text.plain() else {
            let unknown = text.names().first().map_or_else(|| "a value".to_owned(), ToString::to_string);
            return Err(format!("{unknown} is not known, so {key} of {} is not", self.0.kind.word()));
        };
        // What a command printed may end with the end of its line.
        let plain = plain.trim().to_owned();
        if let Some(known) = self.0.kind.keys().iter().find(|known| known.name == key) {
            known.shape.read(&plain).map_err(|why| format!("{key} of {}: {why}", self.0.kind.word()))?;
        }
        Ok(Some(plain))
    }

    fn read<T>(&self, key: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
        self.value(key)?.map(|value| read(&value)).transpose()
    }

    fn must<T>(&self, key: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
        self.read(key, read)?.ok_or_else(|| format!("{} wants to know {key}=…", self.0.kind.word()))
    }

    fn text(&self, key: &'static str) -> Result<String, String> {
        self.must(key, |value| Ok(value.to_owned()))
    }

    fn service(&self) -> Result<Option<ServiceName>, String> {
        self.read(SERVICE, |name| ServiceName::new(name).map_err(|why| why.to_string()))
    }

    fn commit(&self) -> Result<String, String> {
        self.value(COMMIT)?.ok_or_else(|| {
            format!(
                "nothing says of which commit {} is: say commit=$…, or name it in [release] of the front matter",
                self.0.kind.word()
            )
        })
    }
}

pub(super) fn of(fact: &Fact) -> Result<Question, String> {
    let said = Said(fact);
    Ok(match fact.kind {
        Kind::Ci => Question::Ci { commit: said.commit()?, workflow: said.value("workflow")? },
        Kind::Workflow => Question::Workflow(Rerun {
            commit: said.commit()?,
            file: said.text("file")?,
            branch: said.value("branch")?,
            age: said.read("age", value::age)?,
        }),
        Kind::Reviews => Question::Reviews {
            commit: said.commit()?,
            count: said.must("count", value::count)?,
            role: said.value("role")?,
        },
        Kind::Protection => Question::Protection { commit: said.commit()?, environment: said.text("environment")? },
        Kind::Same => Question::Same {
            commit: said.commit()?,
            environment: said.must("environment", |name| EnvName::new(name).map_err(|why| why.to_string()))?,
        },
        Kind::Probes => {
            let names = said.read("service", value::names)?.unwrap_or_default();
            let service = |name: &String| ServiceName::new(name).map_err(|why| why.to_string());
            let services = names.iter().map(service).collect::<Result<_, _>>()?;
            Question::Probes { tier: said.value("tier")?, services }
        }
        Kind::Backup => {
            let ratio = said.read("ratio", value::ratio)?;
            Question::Backup(Backup {
                path: said.text("path")?,
                age: said.read("age", value::age)?.unwrap_or(BACKUP_AGE),
                size: said.read("size", value::size)?.unwrap_or(1),
                ratio: ratio.unwrap_or(BACKUP_RATIO),
                compared: ratio.is_some(),
                ends: said.value("ends")?,
            })
        }
        Kind::Certificate => {
            let (host, port) = said.must("address", value::address)?;
            let name = said.value("name")?.unwrap_or_else(|| host.clone());
            Question::Certificate { host, port, days: said.must("days", value::count)?, name }
        }
        Kind::Disk => Question::Disk { path: said.text("path")?, free: said.must("free", value::room)? },
        Kind::Memory => Question::Memory(said.must("free", value::size)?),
        Kind::Release => {
            let (commit, version) = (said.value(COMMIT)?, said.value(VERSION)?);
            if commit.is_none() && version.is_none() {
                let why =
                    "nothing says which release this is: name its version or commit in [release] of the front matter";
                return Err(why.to_owned());
            }
            Question::Release { commit, version, service: said.service()? }
        }
        Kind::Rollback => Question::Rollback { service: said.service()?, present: said.value(PRESENT)? },
    })
}
