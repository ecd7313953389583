//! The first look at a host: who we are there, its units, its ports and what answers on them. It only reads.

mod health;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::transport::{Asker, Connection, LocalTransport, RealTransport, Spawner, Transport};
use super::tty_ask;
use crate::domain::survey::{Engine, SeenUnit, Speaks};
use crate::domain::{BecomeRoot, Host, HostName, Reach, Shell, Survey, UnitName};
use crate::port::{End, Output};
use crate::runtimes::survey as ask;
use crate::text::Foreign;

/// Units in one command: the kernel takes no longer one.
const AT_ONCE: usize = 200;

/// Hosts that are looked at side by side.
const HOSTS_AT_ONCE: usize = 8;

/// Whether systemd runs this machine.
pub fn systemd_runs_here() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// This machine as a host, without ssh.
///
/// # Errors
/// Never, as the name is a good one.
pub fn this_machine() -> Result<Host, crate::domain::name::NameError> {
    Ok(Host {
        name: HostName::new("local")?,
        reach: Reach::Local,
        tags: Vec::new(),
        become_root: BecomeRoot::default(),
        shell: Shell::Plain,
    })
}

/// Looks at hosts over ssh, or at this machine, and tells of each as it is done. What ssh wants to know is asked on the
/// terminal, if there is one. Must be called inside the runtime.
///
/// # Errors
/// When it could not even begin, as a sentence.
pub async fn survey_all(
    hosts: Vec<Host>,
    ssh_config: Option<PathBuf>,
    patience: Duration,
    told: impl Fn(&Host, &Result<Survey, String>),
) -> Result<Vec<Result<Survey, String>>, String> {
    let transport = RealTransport::start(ssh_config)
        .map_err(|error| format!("the thread that starts ssh could not start: {error}"))?;
    let (ask, questions) = mpsc::channel(tty_ask::QUESTIONS);
    let ask = tty_ask::is_there().then_some(ask);
    let (transport, told) = (&transport, &told);
    let looks = hosts.into_iter().map(|host| {
        let name = host.name.clone();
        let asker = ask.clone().map_or_else(|| Asker::nobody(name.clone()), |ask| Asker::new(name.clone(), ask));
        async move {
            let looked = match transport.connect(host.clone(), asker).await {
                Ok(connection) => survey(connection, patience).await,
                Err(why) => Err(why.to_string()),
            };
            told(&host, &looked);
            looked
        }
    });
    let looking = futures_util::stream::iter(looks.collect::<Vec<_>>()).buffered(HOSTS_AT_ONCE).collect::<Vec<_>>();
    drop(ask);
    let answering = async {
        tty_ask::answer_all(questions).await;
        std::future::pending().await
    };
    tokio::select! {
        looked = looking => Ok(looked),
        () = answering => Err("the terminal for questions is gone".to_owned()),
    }
}

/// Looks at this machine. Must be called inside the runtime.
///
/// # Errors
/// Why it could not be looked at, as a sentence.
pub async fn survey_this_machine(patience: Duration) -> Result<Survey, String> {
    let spawner =
        Spawner::start().map_err(|error| format!("the thread that starts commands could not start: {error}"))?;
    let host = this_machine().map_err(|error| error.to_string())?;
    let asker = Asker::nobody(host.name.clone());
    let connection = LocalTransport::new(spawner).connect(host, asker).await.map_err(|why| why.to_string())?;
    survey(connection, patience).await
}

/// Looks at the host at the other end of a connection. Ports are asked for their health until `patience` is over.
///
/// # Errors
/// Why it could not be looked at, as a sentence.
pub async fn survey(connection: Arc<dyn Connection>, patience: Duration) -> Result<Survey, String> {
    let output = connection.run(ask::ask_who()).await;
    let who = ask::who(&output.stdout).ok_or_else(|| match output.end {
        End::Exited(0) => {
            "its login shell prints something before our command, so that its answer can't be read".into()
        }
        _ => failed("/bin/sh", &output),
    })?;
    if !who.systemd {
        return Err("systemd does not run it, and units of systemd are all that can be operated so far".into());
    }
    let mut gaps = Vec::new();
    let (units, ports, engines) = tokio::join!(units(&connection), ports(&connection), engines(&connection));
    let (units, mut listeners) = (
        units?,
        ports.unwrap_or_else(|gap| {
            gaps.push(gap);
            Vec::new()
        }),
    );
    for one in listeners.iter_mut().filter(|one| one.unit.is_none()) {
        // systemd itself listens for a socket.
        let socket = units.iter().find(|unit| unit.active.runs() && unit.holds.contains(&one.port));
        one.unit = socket.map(|socket| socket.name.clone());
    }
    health::ask_all(&connection, &mut listeners, Instant::now() + patience).await;
    if listeners.iter().any(|one| one.unit.is_none() && one.process.is_empty()) {
        gaps.push("of some ports this login may not know whose they are".to_owned());
    }
    if listeners.iter().any(|one| one.unit.is_some() && one.speaks == Speaks::NotAsked) {
        gaps.push("some ports were not asked for their health".to_owned());
    }
    let ask::Who { rights, login, hostname, system, .. } = who;
    Ok(Survey { hostname, system, login, rights, units, listeners, engines, gaps })
}

/// What is known of the units that run, failed, or are to start by themselves.
async fn units(connection: &Arc<dyn Connection>) -> Result<Vec<SeenUnit>, String> {
    let (loaded, files) = tokio::join!(connection.run(ask::list_loaded()), connection.run(ask::list_files()));
    if !loaded.succeeded() {
        return Err(failed("systemctl", &loaded));
    }
    let mut names = ask::loaded(&loaded.stdout);
    names.extend(ask::startable(&files.stdout));
    names.sort();
    names.dedup();
    let mut seen: Vec<SeenUnit> = Vec::new();
    for some in names.chunks(AT_ONCE) {
        let output = connection.run(ask::show(some)).await;
        if !output.succeeded() {
            return Err(failed("systemctl", &output));
        }
        let read = ask::units(&output.stdout, some.len())
            .ok_or("the answer of its systemctl holds more than was asked for, and is not used")?;
        seen.extend(
            read.into_iter().filter(|unit| unit.active != crate::domain::unit::Active::Inactive || unit.enabled),
        );
    }
    seen.sort_by(|a, b| a.name.cmp(&b.name));
    seen.dedup_by(|a, b| a.name == b.name);
    let names: Vec<UnitName> = seen.iter().map(|unit| unit.name.clone()).collect();
    let mut titles = BTreeMap::new();
    for some in names.chunks(AT_ONCE) {
        // A unit without a title is only less pretty.
        titles.extend(ask::titles(&connection.run(ask::describe(some)).await.stdout, some.len()));
    }
    for unit in &mut seen {
        unit.title = titles.remove(&unit.name).unwrap_or_default();
    }
    Ok(seen)
}

/// The ports, each with its unit where that can be known.
async fn ports(connection: &Arc<dyn Connection>) -> Result<Vec<crate::domain::survey::Listener>, String> {
    let output = connection.run(ask::list_ports()).await;
    if !output.succeeded() {
        return Err(format!("its ports are not known: {}", failed("ss", &output)));
    }
    let found = ask::listeners(&output.stdout);
    let unknown: Vec<u32> = found.iter().filter(|(one, _)| one.unit.is_none()).filter_map(|(_, pid)| *pid).collect();
    let groups = match unknown.as_slice() {
        [] => BTreeMap::new(),
        some => ask::unit_of_groups(&connection.run(ask::read_groups(some)).await.stdout),
    };
    let known = found.into_iter().map(|(mut one, pid)| {
        one.unit = one.unit.or_else(|| groups.get(&pid?).cloned());
        one
    });
    Ok(known.collect())
}

/// What each container engine that is there has to say.
async fn engines(connection: &Arc<dyn Connection>) -> Vec<Engine> {
    let mut engines = Vec::new();
    for program in ask::ENGINES {
        let output = connection.run(ask::list_containers(program)).await;
        let containers = match output.end {
            End::Exited(0) => Ok(ask::containers(&output.stdout)),
            // The shell's way to say that there is no such program.
            End::Exited(127) | End::NotFound => continue,
            End::Exited(_) | End::Killed(_) | End::TimedOut(_) | End::LinkLost(_) | End::NotStarted(_) => {
                Err(Foreign::from(failed(program, &output)))
            }
        };
        engines.push(Engine { program, containers });
    }
    engines
}

/// Why a command gave nothing, in one line.
fn failed(program: &str, output: &Output) -> String {
    let said = Foreign::from(output.stderr.trim_ascii()).clean(crate::text::Budget::rows());
    let first = said.rows.first().map(crate::text::Row::text).unwrap_or_default();
    match (&output.end, first.as_str()) {
        (End::Exited(127), _) => format!("there is no {program}"),
        (end, "") => format!("{program} {end}"),
        (_, said) => format!("{program}: {said}"),
    }
}
