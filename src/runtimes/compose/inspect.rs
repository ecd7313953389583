//! Reads what Docker says of containers. Anything may be in it: names, labels and outputs are other people's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::is_id;
use crate::domain::compose::is_service;
use crate::domain::container::{Container, ContainerState, Health, Made};
use crate::text::Foreign;

/// One container in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its project.
    pub project: String,
    /// Its service there.
    pub service: String,
}

/// Containers that are taken from one list; a host with more has others to worry about.
const MOST: usize = 2000;
/// Ports that are told of one container.
const MOST_PORTS: usize = 32;

/// Reads a list. A label with line breaks can forge a line of it: what a container is says [`parse`].
pub fn listed(output: &[u8]) -> Vec<Listed> {
    let text = String::from_utf8_lossy(output);
    let line = |line: &str| {
        let mut words = line.split(' ');
        let (id, project, service) = (words.next()?, words.next()?, words.next()?);
        let whole = is_id(id) && words.next().is_none();
        whole.then(|| Listed { id: id.to_owned(), project: project.to_owned(), service: service.to_owned() })
    };
    text.lines().filter_map(line).take(MOST).collect()
}

/// One container that was read, and what it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its project.
    pub project: String,
    /// Its service there.
    pub service: String,
    /// Whether it was made by `docker compose run` and is none of the service's own.
    pub one_off: bool,
    /// What it is.
    pub container: Container,
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    name: Option<String>,
    created: Option<String>,
    #[serde(default)]
    state: RawState,
    restarts: Option<i64>,
    image: Option<String>,
    image_id: Option<String>,
    project: Option<String>,
    service: Option<String>,
    oneoff: Option<String>,
    #[serde(default)]
    ports: Value,
    log_driver: Option<String>,
    tty: Option<bool>,
    folder: Option<String>,
    files: Option<String>,
    variables: Option<String>,
    configuration: Option<String>,
    by: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct RawState {
    status: String,
    #[serde(rename = "OOMKilled")]
    out_of_memory: bool,
    exit_code: i64,
    error: String,
    started_at: String,
    finished_at: String,
    health: Option<RawHealth>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct RawHealth {
    status: String,
    log: Option<Vec<RawCheck>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct RawCheck {
    output: String,
}

/// The ids of a list of nothing else.
pub fn listed_ids(output: &[u8]) -> Vec<String> {
    let words = output.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    words.map(str::trim).filter(|word| is_id(word)).map(str::to_owned).collect()
}

/// Reads the answer to an inspection: those lines that are whole.
pub fn parse(output: &[u8]) -> Vec<Found> {
    let lines = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.filter_map(|line| serde_json::from_slice::<Raw>(line).ok()).filter_map(found).collect()
}

fn found(raw: Raw) -> Option<Found> {
    if !is_id(&raw.id) {
        return None;
    }
    let name = raw.name.unwrap_or_default();
    let name = name.strip_prefix('/').unwrap_or(&name);
    let image_id = raw.image_id.unwrap_or_default();
    let image_id = image_id.strip_prefix("sha256:").unwrap_or_default();
    let health = raw.state.health.as_ref();
    let said = health.and_then(|health| health.log.as_ref()?.last()).map(|check| last_line(&check.output));
    let container = Container {
        state: state(&raw.state.status),
        health: health.map_or(Health::None, |health| match health.status.as_str() {
            "starting" => Health::Starting,
            "healthy" => Health::Healthy,
            "unhealthy" => Health::Unhealthy,
            _ => Health::None,
        }),
        health_said: said.unwrap_or_default(),
        exit_code: i32::try_from(raw.state.exit_code).unwrap_or(i32::MAX),
        out_of_memory: raw.state.out_of_memory,
        error: first_line(&raw.state.error),
        restarts: u32::try_from(raw.restarts.unwrap_or(0)).unwrap_or(0),
        image: raw.image.unwrap_or_default().into(),
        image_id: if is_id(image_id) { image_id.to_owned() } else { String::new() },
        digest: Foreign::default(),
        created: raw.created.as_deref().and_then(time),
        started: time(&raw.state.started_at),
        finished: time(&raw.state.finished_at),
        ports: ports(&raw.ports),
        log_driver: raw.log_driver.unwrap_or_default().into(),
        tty: raw.tty.unwrap_or(false),
        name: if is_service(name) { name.to_owned() } else { String::new() },
        id: raw.id,
        made: Made {
            folder: raw.folder.unwrap_or_default().into(),
            files: raw.files.unwrap_or_default().into(),
            variables: raw.variables.unwrap_or_default().into(),
            configuration: raw.configuration.unwrap_or_default().into(),
            by: raw.by.unwrap_or_default().into(),
        },
    };
    Some(Found {
        project: raw.project.unwrap_or_default(),
        service: raw.service.unwrap_or_default(),
        one_off: raw.oneoff.is_some_and(|word| word.eq_ignore_ascii_case("true")),
        container,
    })
}

fn state(word: &str) -> ContainerState {
    match word {
        "created" => ContainerState::Created,
        "running" => ContainerState::Running,
        "paused" => ContainerState::Paused,
        "restarting" => ContainerState::Restarting,
        "removing" => ContainerState::Removing,
        "exited" => ContainerState::Exited,
        "dead" => ContainerState::Dead,
        _ => ContainerState::Unknown,
    }
}

/// Docker writes the first moment of the first year for a time that never was.
fn time(word: &str) -> Option<Timestamp> {
    word.parse::<Timestamp>().ok().filter(|at| at.as_second() > 0)
}

fn last_line(text: &str) -> Foreign {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().into()
}

fn first_line(text: &str) -> Foreign {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().into()
}

/// `{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}],"81/tcp":null}`.
fn ports(value: &Value) -> Vec<Foreign> {
    let mut all: Vec<String> = Vec::new();
    for (inside, outside) in value.as_object().into_iter().flatten() {
        let published = outside.as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |one: &Value, key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        for one in published {
            let (ip, port) = (text(one, "HostIp"), text(one, "HostPort"));
            let ip = if ip.contains(':') { format!("[{ip}]") } else { ip };
            all.push(format!("{ip}:{port} → {inside}"));
        }
        if published.is_empty() {
            all.push(inside.clone());
        }
    }
    all.truncate(MOST_PORTS);
    all.into_iter().map(Foreign::from).collect()
}

#[derive(Deserialize)]
struct RawImage {
    id: String,
    digests: Option<Vec<String>>,
}

/// Reads the digests of images: by the image's own id, the first that a registry gave it.
pub fn parse_digests(output: &[u8]) -> BTreeMap<String, Foreign> {
    let lines = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let images = lines.filter_map(|line| serde_json::from_slice::<RawImage>(line).ok());
    images
        .filter_map(|image| {
            let id = image.id.strip_prefix("sha256:").filter(|id| is_id(id))?.to_owned();
            Some((id, image.digests.and_then(|all| all.into_iter().next()).unwrap_or_default().into()))
        })
        .collect()
}
