//! Where a part is done, before it is known which environment it is done in.

use std::fmt;

use crate::domain::name::{HostName, InputName, ServiceName};

/// One word of `host=`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// `here`: this machine.
    Here,
    /// `all`: every host of the environment.
    All,
    /// The host of this name.
    Host(HostName),
    /// `tag:web`: the hosts with this tag.
    Tag(String),
    /// `service:backend`: the hosts of this service.
    Service(ServiceName),
    /// `lock`: the environment's lock host.
    Lock,
    /// `$name`: the host, or the hosts of the service, that this input names.
    Input(InputName),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Here => f.write_str("here"),
            Target::All => f.write_str("all"),
            Target::Lock => f.write_str("lock"),
            Target::Host(name) => write!(f, "{name}"),
            Target::Tag(tag) => write!(f, "tag:{tag}"),
            Target::Service(name) => write!(f, "service:{name}"),
            Target::Input(name) => write!(f, "${name}"),
        }
    }
}
