//! A log that the site has a name for, in words.

use crate::domain::LogSource;
use crate::domain::log_source::ContainerLog;
use crate::domain::site_log::SiteLog;
use crate::runtimes::shell::shown;

/// What is read, and where.
pub fn what_is_read(log: &SiteLog) -> String {
    let what = match &log.source {
        LogSource::Journal(wanted) => wanted.units.iter().map(ToString::to_string).collect(),
        LogSource::Container(ContainerLog::Named(name)) => format!("container {}", name.as_str()),
        LogSource::Container(ContainerLog::Of(compose)) => format!("container {}", compose.service),
        LogSource::File(path) => path.as_str().to_owned(),
        LogSource::Command(command) => shown(&command.argv),
    };
    match log.hosts.as_slice() {
        [one] => format!("{what} on {one}"),
        more => format!("{what} on {} hosts", more.len()),
    }
}
