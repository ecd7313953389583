//! What the detail pane of a unit shows beyond its facts: its file with drop-ins, and its newest lines.

use super::journal;
use super::sweep::sentence;
use crate::domain::UnitName;
use crate::engine::transport::Connection;
use crate::port::event::UnitDetail;
use crate::runtimes::systemd::{Scope, cat};
use crate::text::Foreign;

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
