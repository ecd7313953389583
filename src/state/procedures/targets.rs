//! On which hosts a part runs.

use super::answers::Choice;
use super::expand::Item;
use super::scope::{Found, Scope};
use super::sheet::only_host;
use crate::domain::procedure::{HERE, Target, here};
use crate::domain::{Environment, HostName};

/// Where a part runs.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
    /// On these, each once.
    On(Vec<HostName>),
    /// Nobody has said.
    Unsaid,
    /// What was said can't be; sentences without a full stop.
    Wrong(Vec<String>),
    /// Some input says, and it is missing: it has been asked for.
    Asked,
}

/// The hosts of a part, in the order of the environment, `here` last.
pub(super) fn hosts(item: &Item<'_>, environment: &Environment, choice: &Choice, scope: &mut Scope<'_>) -> Place {
    let mut named: Vec<HostName> = Vec::new();
    let mut wrong = Vec::new();
    let mut asked = false;
    if item.options.targets.is_empty() {
        for host in &choice.hosts {
            match environment.host(host).map(|host| host.name.clone()).or_else(|| is_here(host)) {
                Some(host) => named.push(host),
                None => wrong.push(format!("{} has no host {host}", environment.name)),
            }
        }
        if named.is_empty() && wrong.is_empty() {
            // Nobody is asked where there is one answer.
            match only_host(environment) {
                Some(only) => named.push(only.clone()),
                None => return Place::Unsaid,
            }
        }
    }
    for target in &item.options.targets {
        match target {
            Target::Input(name) => match scope.value(item, name.as_str()) {
                Found::Open(value) => named_by_value(environment, &value, &mut named, &mut wrong),
                Found::Secret => wrong.push(format!("{name} is a secret and can't say where it runs")),
                Found::Later | Found::Nothing => {
                    asked = true;
                    if !scope.ask_input(item, name.as_str()) {
                        wrong.push(format!("{target} is no input of this procedure that is known before it runs"));
                    }
                }
                Found::Refused(why) => wrong.push(why),
            },
            Target::Here | Target::All | Target::Host(_) | Target::Tag(_) | Target::Service(_) | Target::Lock => {
                match target.hosts(environment) {
                    Ok(hosts) => named.extend(hosts),
                    Err(why) => wrong.push(why),
                }
            }
        }
    }
    if !wrong.is_empty() {
        return Place::Wrong(wrong);
    }
    if asked {
        return Place::Asked;
    }
    let wanted = |host: &HostName| named.contains(host) && (choice.only.is_empty() || choice.only.contains(host));
    let mut hosts: Vec<HostName> =
        environment.hosts.iter().map(|host| host.name.clone()).filter(|host| wanted(host)).collect();
    if wanted(&here()) {
        hosts.push(here());
    }
    Place::On(hosts)
}

fn is_here(host: &HostName) -> Option<HostName> {
    (host.as_str() == HERE).then(here)
}

/// The host, or the hosts of the service, that an input's value names.
fn named_by_value(environment: &Environment, value: &str, named: &mut Vec<HostName>, wrong: &mut Vec<String>) {
    if value == HERE {
        return named.push(here());
    }
    for word in value.split_whitespace() {
        let host = environment.hosts.iter().find(|host| host.name.as_str() == word);
        let service = environment.services.iter().find(|service| service.name.as_str() == word);
        match (host, service) {
            (Some(host), _) => named.push(host.name.clone()),
            (None, Some(service)) => named.extend(service.hosts.iter().cloned()),
            (None, None) => {
                let word = crate::text::Foreign::from(word).plain();
                wrong.push(format!("{} has neither a host nor a service {word}", environment.name));
            }
        }
    }
}

/// The hosts that are likely meant where nobody said: those of the procedure's services, then all others, `here` last.
pub(super) fn likely(item: &Item<'_>, environment: &Environment) -> Vec<HostName> {
    let services = &item.frame.procedure.header.services;
    let near = services.iter().filter_map(|name| environment.service(name)).flat_map(|service| service.hosts.iter());
    let mut hosts: Vec<HostName> = Vec::new();
    for host in near.cloned().chain(environment.hosts.iter().map(|host| host.name.clone())).chain([here()]) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}
