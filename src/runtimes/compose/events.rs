//! What `docker events` tells: of which service something happened.

use serde_json::Value;

use super::{PROJECT, SERVICE};

/// Something happened to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its project.
    pub project: String,
    /// Its service there.
    pub service: String,
    /// What happened, such as `die` or `health_status: unhealthy`.
    pub action: String,
}

/// Reads one line; `None` for what is no event of a container.
pub fn moved(line: &[u8]) -> Option<Moved> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let attributes = value.get("Actor")?.get("Attributes")?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    // Docker before 1.10 knew `status` only.
    let action = value.get("Action").or_else(|| value.get("status"));
    Some(Moved { project: text(attributes.get(PROJECT)), service: text(attributes.get(SERVICE)), action: text(action) })
}
