//! What the detail pane of a unit shows beyond its facts: its file with drop-ins, and its newest lines.

use super::journal;
use super::sweep::sentence;
use crate::domain::container::Containers;
use crate::domain::{Compose, UnitName};
use crate::engine::transport::Connection;
use crate::port::event::UnitDetail;
use crate::runtimes::compose::{self, Reach};
use crate::runtimes::systemd::{Scope, cat};
use crate::text::Foreign;

/// Containers whose lines are read.
const CONTAINERS: usize = 4;
/// Lines that are read of each, and shown of all.
const LINES: u32 = 50;

/// Reads both at the same time. Where one can't be had, its place holds the reason.
pub async fn detail(host: &dyn Connection, scope: Scope, unit: &UnitName) -> UnitDetail {
    let (file, log) = futures_util::future::join(host.run(cat(scope, unit)), journal::newest(host, scope, unit)).await;
    let file = if file.succeeded() {
        Ok(Foreign::from(&file.stdout))
    } else {
        Err(format!("systemctl cat {unit} {}", sentence(&file)))
    };
    UnitDetail { file, log: log.map_err(|error| error.to_string()) }
}

/// Reads the project's files, where the site says where they lie, and the newest lines of the containers.
pub async fn containers(host: &dyn Connection, compose: &Compose, known: &Containers) -> UnitDetail {
    let reach = if known.by_sudo { Reach::Sudo } else { Reach::Direct };
    let newest = async {
        if known.unseen.is_some() {
            return Err(known.told.clone());
        }
        let mut all = Vec::new();
        for one in known.all.iter().take(CONTAINERS) {
            if one.log_driver.raw() == b"none" {
                return Err(format!("There are no lines: the logging driver of {} is none.", one.name));
            }
            let output = host.run(compose::logs(reach, &one.id, LINES)).await;
            if !output.succeeded() {
                return Err(format!("The log of {} can't be read: docker {}.", one.name, sentence(&output)));
            }
            all.extend(compose::printed(&output.stdout, 6));
            all.extend(compose::printed(&output.stderr, 4));
        }
        all.sort_by_key(|line| line.at);
        let more = all.len().saturating_sub(LINES as usize);
        Ok(all.split_off(more))
    };
    let file = async {
        let Some(command) = compose::files(compose) else {
            return Err("The site does not say where the project's files lie (`folder`, `files`).".to_owned());
        };
        let output = host.run(command).await;
        if output.succeeded() {
            Ok(Foreign::from(&output.stdout))
        } else {
            Err(format!("The files of {} can't be read: {}.", compose.project, sentence(&output)))
        }
    };
    let (file, log) = futures_util::future::join(file, newest).await;
    UnitDetail { file, log }
}
