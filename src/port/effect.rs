//! Everything the core can ask of the engine, as closed data. The engine never decides; it only does.

use std::sync::Arc;

use super::secret::Secret;
use crate::domain::{Environment, HostName, UnitName};

/// One thing to do.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Watch this environment; whatever was watched before is let go.
    Watch(Arc<Environment>),
    /// Try this host's link now.
    RetryNow(HostName),
    /// Read everything of every host anew.
    Refresh,
    /// These units are on screen: read what they use. Replaces the list before; empty ends it.
    ReadUsage(Vec<(HostName, UnitName)>),
    /// Read the unit file and the newest log lines of one unit.
    ReadDetail(HostName, UnitName),
    /// The answer to a question; `None` when the person declined.
    Answer(u64, Option<Secret>),
    /// Put this text on the person's clipboard, by OSC 52. Sanitised already, at most 64 KiB.
    Copy(String),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back and stop, as ctrl-z does.
    Suspend,
    /// End the program.
    Quit,
}
