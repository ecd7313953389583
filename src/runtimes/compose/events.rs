//! What `docker events` tells: of which service something happened.

use serde_json::Value;

use super::{PROJECT, SERVICE, is_id};

/// Something happened to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its project.
    pub project: String,
    /// Its service there.
    pub service: String,
    /// What happened, such as `die` or `health_status: unhealthy`.
    pub action: String,
    /// The container's id, where it is one.
    pub id: String,
    /// The status it left with, where it died.
    pub exit: Option<i32>,
}

/// Reads one line; `None` for what is no event of a container.
pub fn moved(line: &[u8]) -> Option<Moved> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let attributes = value.get("Actor")?.get("Attributes")?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    // Docker before 1.10 knew `status` only.
    let action = value.get("Action").or_else(|| value.get("status"));
    let id = text(value.get("Actor").and_then(|actor| actor.get("ID")));
    Some(Moved {
        exit: attributes.get("exitCode").and_then(Value::as_str).and_then(|code| code.parse().ok()),
        id: if is_id(&id) { id } else { String::new() },
        project: text(attributes.get(PROJECT)),
        service: text(attributes.get(SERVICE)),
        action: text(action),
    })
}
