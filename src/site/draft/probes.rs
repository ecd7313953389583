//! Checks of health for a service, from the ports it was seen to listen on.

use super::Looked;
use super::choose::survey;
use crate::domain::survey::{Listener, SeenUnit, Speaks};

/// Ports of one service that are probed at most.
const MOST: usize = 3;
/// Programs that listen for others, whose ports are not theirs.
const FOR_OTHERS: [&str; 4] = ["docker", "containerd", "podman", "crio"];

/// One check of health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DraftProbe {
    /// Its name: a good one.
    pub(super) name: String,
    /// Its key: `http` or `tcp`.
    pub(super) key: &'static str,
    /// What is asked.
    pub(super) address: String,
    /// Whether it has to be said that the host asks.
    pub(super) from_host: bool,
    /// Which statuses pass, where those are not the usual ones.
    pub(super) status: Option<&'static str>,
    /// What was seen.
    pub(super) note: String,
}

/// One port of a service, with the hosts it was seen on.
struct Port<'a> {
    number: u16,
    /// The name by which the host itself reaches it.
    host: String,
    seen: Vec<(usize, &'a Listener)>,
}

/// The checks of a service with these units. What can't be made a check is told in `notes`.
pub(super) fn of(units: &[(usize, &SeenUnit)], looked: &[Looked], notes: &mut Vec<String>) -> Vec<DraftProbe> {
    if units.iter().any(|(_, unit)| FOR_OTHERS.contains(&unit.name.stem())) {
        return Vec::new();
    }
    let mut running: Vec<usize> = units.iter().filter(|(_, unit)| unit.active.runs()).map(|(host, _)| *host).collect();
    running.dedup();
    let mut ports: Vec<Port<'_>> = Vec::new();
    for host in &running {
        let listeners = survey(looked, *host).map(|survey| survey.listeners.as_slice()).unwrap_or_default();
        // A socket is not dialled: that would start its service again and again.
        let is_ours = |one: &&Listener| {
            let mut here = units.iter().filter(|(on, unit)| on == host && unit.name.suffix() != "socket");
            here.any(|(_, unit)| one.unit.as_ref() == Some(&unit.name))
        };
        for one in listeners.iter().filter(is_ours) {
            match ports.iter_mut().find(|port| port.number == one.port && port.host == one.host()) {
                Some(port) => port.seen.push((*host, one)),
                None => ports.push(Port { number: one.port, host: one.host(), seen: vec![(*host, one)] }),
            }
        }
    }
    let mut shared = Vec::new();
    for Port { number: port, host, seen } in ports {
        if running.iter().all(|host| seen.iter().any(|(on, _)| on == host)) {
            shared.push((port, host, seen.into_iter().map(|(_, one)| one).collect::<Vec<_>>()));
        } else {
            let on = seen.iter().filter_map(|(on, _)| looked.get(*on)).map(super::name::of_host).collect::<Vec<_>>();
            notes.push(format!("{host}:{port} listens only on {}: it is not probed", on.join(", ")));
        }
    }
    // Those that tell of their health first.
    shared.sort_by_key(|(port, host, seen)| (health(seen).is_empty(), *port, host != "localhost"));
    // One address of a port is enough.
    let mut named = Vec::new();
    shared.retain(|(port, _, _)| {
        let is_new = !named.contains(port);
        named.push(*port);
        is_new
    });
    if shared.len() > MOST {
        let rest: Vec<String> = shared.drain(MOST..).map(|(port, host, _)| format!("{host}:{port}")).collect();
        notes.push(format!("it also listens on {}", rest.join(", ")));
    }
    let several = shared.len() > 1;
    shared.iter().flat_map(|(port, host, seen)| of_port(*port, host, seen, several)).collect()
}

/// The paths of health that answered on every host.
fn health(seen: &[&Listener]) -> Vec<&'static str> {
    let answers = |one: &Listener| match &one.speaks {
        Speaks::Http(answers) => answers.iter().map(|(path, _)| *path).filter(|path| *path != "/").collect(),
        Speaks::NotAsked | Speaks::Other => Vec::new(),
    };
    let Some((first, rest)) = seen.split_first() else { return Vec::new() };
    let everywhere = |path: &&str| rest.iter().all(|one| answers(one).contains(path));
    let mut paths: Vec<&str> = answers(first).into_iter().filter(everywhere).collect();
    paths.sort_by_key(|path| path.contains("ready"));
    paths
}

/// The statuses that a path answered with, each once.
fn statuses(seen: &[&Listener], path: &str) -> Vec<u16> {
    let mut all: Vec<u16> = seen
        .iter()
        .flat_map(|one| match &one.speaks {
            Speaks::Http(answers) => {
                answers.iter().filter(|(known, _)| *known == path).map(|(_, status)| *status).collect()
            }
            Speaks::NotAsked | Speaks::Other => Vec::new(),
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn of_port(port: u16, host: &str, seen: &[&Listener], several: bool) -> Vec<DraftProbe> {
    let from_host = host != "localhost";
    let named = |word: &str| if several { format!("{word}-{port}") } else { word.to_owned() };
    let paths = health(seen);
    if !paths.is_empty() {
        let probes = paths.into_iter().map(|path| DraftProbe {
            name: named(if path.contains("ready") { "ready" } else { "health" }),
            key: "http",
            address: format!("http://{host}:{port}{path}"),
            from_host,
            status: None,
            note: format!("answered {}", listed(&statuses(seen, path))),
        });
        let mut all: Vec<DraftProbe> = probes.collect();
        // One of a kind is enough.
        all.dedup_by(|a, b| a.name == b.name);
        return all;
    }
    let root = statuses(seen, "/");
    let all =
        |range: std::ops::RangeInclusive<u16>| !root.is_empty() && root.iter().all(|status| range.contains(status));
    let everywhere = seen.iter().all(|one| matches!(one.speaks, Speaks::Http(_)));
    if everywhere && all(200..=399) {
        let status = if all(200..=299) { None } else { Some("200-399") };
        let (address, note) = (format!("http://{host}:{port}/"), format!("answered {}", listed(&root)));
        return vec![DraftProbe { name: named("http"), key: "http", address, from_host, status, note }];
    }
    let note = match (everywhere, root.as_slice()) {
        (true, [_, ..]) => format!("speaks HTTP and answered {} to /: EDIT if it has a path of health", listed(&root)),
        (true | false, _) => "was open".to_owned(),
    };
    vec![DraftProbe {
        name: named("port"),
        key: "tcp",
        address: format!("{host}:{port}"),
        from_host,
        status: None,
        note,
    }]
}

fn listed(statuses: &[u16]) -> String {
    statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" and ")
}
