//! One environment: its hosts, its variables, and its services as they are there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::mistake::{Sink, did_you_mean, quoted};
use super::super::names;
use super::super::raw::{RawBecome, RawColour, RawEnvironment, RawHost, RawHostDefaults, RawShell, Variable};
use super::super::read::Located;
use super::super::variables;
use super::{Scope, channel, log, probe, service, window};
use crate::domain::host::SshAlias;
use crate::domain::site::STATE_DIRECTORY;
use crate::domain::{BecomeRoot, EnvColour, EnvName, Environment, Host, HostName, Queries, Reach, Shell};

const MOST_HOSTS: usize = 1000;

/// Resolves one environment.
pub fn resolve(scope: &Scope<'_>, name: &EnvName, raw: &RawEnvironment, sink: &mut Sink<'_>) -> Environment {
    variables::check(raw.variables.as_ref(), sink);
    let hosts = hosts(scope, name, raw, sink);
    let mut environment = Environment {
        protected: raw.protected.unwrap_or(false),
        colour: raw.colour.map(colour).unwrap_or_default(),
        variables: variables_of(scope, name, raw),
        lock_host: lock_host(name, raw, sink),
        release_logins: release_logins(raw, sink),
        state_directory: state_directory(raw, sink),
        roles: Arc::clone(&scope.roles),
        approvals: Arc::clone(&scope.approvals),
        queries: queries(scope, name, raw, sink),
        source: scope.source.clone(),
        channels: Arc::new(channel::heard(scope.raw, raw, &scope.channels, sink)),
        windows: window::resolve(raw, &scope.roles, sink),
        github: scope.github.clone(),
        highlights: Arc::clone(&scope.highlights),
        filters: Arc::clone(&scope.filters),
        hosts,
        ..Environment::new(scope.site.clone(), name.clone())
    };
    for (key, _) in raw.services.iter().flat_map(|entries| &entries.0) {
        if scope.raw.services.as_ref().is_some_and(|entries| entries.get(&key.value).is_none()) {
            let message = format!("there is no service {}", quoted(&key.value));
            let known = scope.raw.services.iter().flat_map(|entries| entries.names());
            sink.unknown(&key.span, message, &key.value, known);
        }
    }
    for (service_name, _, raw_service) in &scope.services {
        let place = service::Place { scope, environment: Some((&environment, raw)), name: service_name };
        if let Some(service) = service::resolve(&place, raw_service, sink) {
            environment.services.push(service);
        }
    }
    service::check_present(scope, &environment, sink);
    environment.logs = log::resolve_all(scope, &environment, raw, sink);
    environment
}

/// Those of the file, and the two that are always there.
fn variables_of(scope: &Scope<'_>, name: &EnvName, raw: &RawEnvironment) -> BTreeMap<String, String> {
    let entries = raw.variables.iter().flat_map(|entries| &entries.0);
    let said = entries.map(|(key, Variable(value))| (key.value.clone(), value.value.clone()));
    let always = [("site", scope.site.to_string()), ("environment", name.to_string())];
    said.chain(always.map(|(key, value)| (key.to_owned(), value))).collect()
}

fn hosts(scope: &Scope<'_>, environment: &EnvName, raw: &RawEnvironment, sink: &mut Sink<'_>) -> Vec<Host> {
    let Some(entries) = &raw.hosts else { return Vec::new() };
    let defaults = scope.raw.defaults.as_ref().and_then(|defaults| defaults.host.as_ref());
    let checked = names::checked(entries, "host", HostName::new, sink);
    if let Some((_, last, _)) = checked.last().filter(|_| checked.len() > MOST_HOSTS) {
        let message = format!("an environment has at most {MOST_HOSTS} hosts, {environment} has {}", checked.len());
        sink.add(&last.span, message);
    }
    for (key, _) in &entries.0 {
        if key.value == "all" {
            sink.add(&key.span, "`all` means every host, and can't be the name of one");
        }
    }
    let mut hosts = Vec::new();
    for (name, key, raw_host) in checked.into_iter().take(MOST_HOSTS) {
        let tags = tags(raw_host, raw, sink);
        hosts.extend(host(name, key, raw_host, defaults, tags, sink));
    }
    hosts
}

fn host(
    name: HostName,
    key: &Located<String>,
    raw: &RawHost,
    defaults: Option<&RawHostDefaults>,
    tags: Vec<String>,
    sink: &mut Sink<'_>,
) -> Option<Host> {
    let become_word = raw.r#become.or(defaults.and_then(|defaults| defaults.r#become));
    let shell_word = raw.shell.or(defaults.and_then(|defaults| defaults.shell));
    let local = raw.local.as_ref().is_some_and(|local| local.value);
    let reach = match &raw.ssh {
        Some(ssh) if local => {
            sink.add(&ssh.span, "a host is either `local` or reached by `ssh`, not both");
            return None;
        }
        Some(ssh) => Reach::Ssh(alias(ssh, sink)?),
        None if local => Reach::Local,
        None => Reach::Ssh(alias(key, sink)?),
    };
    let become_root = match become_word {
        None | Some(RawBecome::Sudo) => BecomeRoot::Sudo,
        Some(RawBecome::Root) => BecomeRoot::AlreadyRoot,
        Some(RawBecome::Polkit) => BecomeRoot::Polkit,
        Some(RawBecome::Never) => BecomeRoot::Never,
    };
    let shell = match shell_word {
        None | Some(RawShell::Plain) => Shell::Plain,
        Some(RawShell::Login) => Shell::Login,
    };
    Some(Host { name, reach, tags, become_root, shell })
}

/// A destination that can be handed to ssh: it can't be an option, a shell word or a token that ssh expands.
fn alias(word: &Located<String>, sink: &mut Sink<'_>) -> Option<SshAlias> {
    let alias = SshAlias::new(&word.value);
    if let Err(error) = &alias {
        let several = word.value.matches('@').count() > 1;
        let why = if several { "it has more than one '@'".to_owned() } else { error.to_string() };
        let message = format!("{} can't be an ssh destination: {why}", quoted(&word.value));
        sink.add_hint(&word.span, message, "put what is special into a Host entry of ~/.ssh/config and name that");
    }
    alias.ok()
}

fn tags(raw: &RawHost, environment: &RawEnvironment, sink: &mut Sink<'_>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in raw.tags.iter().flat_map(|tags| &tags.0) {
        let is_host = environment.hosts.as_ref().is_some_and(|hosts| hosts.get(&tag.value).is_some());
        if let Err(error) = crate::domain::name::check(&tag.value) {
            names::bad_name(tag, "tag", &error, sink);
        } else if tag.value == "all" || is_host {
            let what = if is_host { "a host of this environment" } else { "every host" };
            sink.add(&tag.span, format!("the tag {} already means {what}", quoted(&tag.value)));
        } else if tags.contains(&tag.value) {
            sink.add(&tag.span, format!("the tag {} is there twice", quoted(&tag.value)));
        } else {
            tags.push(tag.value.clone());
        }
    }
    tags
}

fn release_logins(raw: &RawEnvironment, sink: &mut Sink<'_>) -> Vec<String> {
    let mut logins: Vec<String> = Vec::new();
    for login in raw.release_logins.iter().flat_map(|logins| &logins.0) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '$' | '\\' | '+');
        if login.value.is_empty() || login.value.starts_with('-') || !login.value.chars().all(is_name) {
            sink.add(&login.span, format!("{} is no name of a login", quoted(&login.value)));
        } else if logins.contains(&login.value) {
            sink.add(&login.span, format!("the login {} is there twice", quoted(&login.value)));
        } else {
            logins.push(login.value.clone());
        }
    }
    logins
}

fn lock_host(environment: &EnvName, raw: &RawEnvironment, sink: &mut Sink<'_>) -> Option<HostName> {
    let word = raw.lock_host.as_ref()?;
    let known = raw.hosts.iter().flat_map(|hosts| hosts.names());
    if known.clone().any(|host| host == word.value) {
        return HostName::new(&word.value).ok();
    }
    if !raw.lost("hosts") {
        let message = format!("there is no host {} in {environment}", quoted(&word.value));
        match did_you_mean(&word.value, known) {
            Some(hint) => sink.add_hint(&word.span, message, hint),
            None => sink.add(&word.span, message),
        }
    }
    None
}

/// The programs of the site that take queries, with this environment's variables.
fn queries(scope: &Scope<'_>, name: &EnvName, raw: &RawEnvironment, sink: &mut Sink<'_>) -> Queries {
    let Some(programs) = &scope.raw.procedures else { return Queries::default() };
    let mut known = variables::Variables::new(name.to_string());
    known.lenient = raw.lost("variables");
    known.set_all(raw.variables.as_ref());
    known.set("site", scope.site.as_str());
    known.set("environment", name.as_str());
    let mut program = |words: Option<&Located<Vec<Located<String>>>>| {
        words.and_then(|words| probe::argv(words, &known, sink)).unwrap_or_default()
    };
    Queries { sql: program(programs.sql.as_ref()), promql: program(programs.promql.as_ref()) }
}

fn state_directory(raw: &RawEnvironment, sink: &mut Sink<'_>) -> String {
    let Some(word) = &raw.state_directory else { return STATE_DIRECTORY.to_owned() };
    let path = &word.value;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/._-@+".contains(c);
    let plain = path.starts_with('/') && path.len() > 1 && path.len() <= 255 && path.chars().all(allowed);
    if !plain || path.split('/').any(|part| part == "..") {
        let message = format!("{} can't be the directory of records", quoted(path));
        let hint = "use an absolute path of letters, digits and `/._-@+`, without `..`";
        sink.add_hint(&word.span, message, hint);
    }
    path.clone()
}

fn colour(word: RawColour) -> EnvColour {
    match word {
        RawColour::Red => EnvColour::Red,
        RawColour::Yellow => EnvColour::Yellow,
        RawColour::Green => EnvColour::Green,
        RawColour::Blue => EnvColour::Blue,
        RawColour::Purple => EnvColour::Purple,
        RawColour::Grey => EnvColour::Grey,
    }
}
