//! Where a part is done, before it is known which environment it is done in.

use std::fmt;

use super::plan::here;
use crate::domain::name::{HostName, InputName, ServiceName};
use crate::domain::site::Environment;

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

impl Target {
    /// The hosts that it means there.
    ///
    /// # Errors
    /// A sentence without a full stop when there is no such thing, or when an input says it.
    pub fn hosts(&self, environment: &Environment) -> Result<Vec<HostName>, String> {
        let all = || environment.hosts.iter().map(|host| host.name.clone());
        let named = &environment.name;
        match self {
            Target::Here => Ok(vec![here()]),
            Target::All if environment.hosts.is_empty() => Err(format!("{named} has no hosts")),
            Target::All => Ok(all().collect()),
            Target::Host(name) => match environment.host(name) {
                Some(host) => Ok(vec![host.name.clone()]),
                None => Err(format!("{named} has no host {name}")),
            },
            Target::Tag(tag) => {
                let tagged = environment.hosts.iter().filter(|host| host.tags.contains(tag));
                let tagged: Vec<HostName> = tagged.map(|host| host.name.clone()).collect();
                let tag = crate::text::Foreign::from(tag.as_str()).plain();
                if tagged.is_empty() { Err(format!("no host of {named} has the tag {tag}")) } else { Ok(tagged) }
            }
            Target::Service(name) => match environment.service(name) {
                Some(service) if service.hosts.is_empty() => Err(format!("{name} has no hosts in {named}")),
                Some(service) => Ok(service.hosts.clone()),
                None => Err(format!("{named} has no service {name}")),
            },
            Target::Lock => match &environment.lock_host {
                Some(host) => Ok(vec![host.clone()]),
                None => Err(format!("{named} has no lock_host")),
            },
            Target::Input(name) => Err(format!("${name} is not known yet")),
        }
    }
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
