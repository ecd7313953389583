//! From the raw shape to the nouns: defaults, templates and overrides laid over each other, references
//! looked up, variables put in, and whatever can't be so told as a mistake.

mod approvals;
pub mod channel;
mod compose;
mod cycle;
mod environment;
mod github;
pub mod highlight;
mod log;
mod metric;
mod probe;
mod roles;
mod service;
mod source;
mod window;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::mistake::{Sink, quoted};
use super::names;
use super::raw::{RawEnvironment, RawService, RawSite};
use super::read::Located;
use super::variables;
use crate::domain::approval::Rules;
use crate::domain::channel::Channel;
use crate::domain::github::GitHub;
use crate::domain::highlight::{Highlight, SavedFilter};
use crate::domain::{EnvName, Environment, Roles, ServiceName, SiteName, Source};
use crate::text::Foreign;

/// What a file resolves to: nothing of it is to be used when there were mistakes.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// Its name.
    pub name: Option<SiteName>,
    /// One line about it.
    pub title: Foreign,
    /// Its environments, in the order of the file.
    pub environments: Vec<Environment>,
}

/// Figures past which a file is refused: they stand between a slip and a machine that hangs.
const MOST_ENVIRONMENTS: usize = 50;
const MOST_SERVICES: usize = 1000;

/// What all environments share.
struct Scope<'a> {
    site: SiteName,
    raw: &'a RawSite,
    tiers: Vec<String>,
    services: Vec<(ServiceName, &'a Located<String>, &'a RawService)>,
    channels: Vec<Channel>,
    source: Option<Arc<Source>>,
    roles: Arc<Roles>,
    approvals: Arc<Rules>,
    github: Option<Arc<GitHub>>,
    highlights: Arc<[Highlight]>,
    filters: Arc<[SavedFilter]>,
}

/// Resolves a file. `folder` is its name if it does not give one itself.
pub fn resolve(raw: &RawSite, folder: &str, sink: &mut Sink<'_>) -> Resolved {
    let name = site_name(raw, folder, sink);
    let tiers = tiers(raw, sink);
    let mut services = Vec::new();
    if let Some(entries) = &raw.services {
        services = names::checked(entries, "service", ServiceName::new, sink);
    }
    too_many(services.len(), MOST_SERVICES, "services", services.last().map(|(_, key, _)| *key), sink);
    services.truncate(MOST_SERVICES);
    let Ok(fallback) = SiteName::new("site") else {
        return Resolved { name, title: Foreign::default(), environments: Vec::new() };
    };
    let channels = channel::resolve(raw, sink);
    let source = source::resolve(raw, sink).map(Arc::new);
    let roles = Arc::new(roles::resolve(raw, sink));
    let approvals = Arc::new(approvals::resolve(raw, sink));
    let github = github::resolve(raw, sink);
    let highlights = highlight::highlights(raw.highlight.as_ref(), sink).into();
    let filters = highlight::filters(raw.filters.as_ref(), sink).into();
    let site = name.clone().unwrap_or(fallback);
    let scope = Scope { site, raw, tiers, services, channels, source, roles, approvals, github, highlights, filters };
    let told = environments_told(raw);
    if let Some(notify) = raw.notify.as_ref().filter(|_| told) {
        // Every environment says otherwise: what is wrong with it is told all the same.
        channel::subscriptions(raw, notify, sink);
    }
    cycle::check(&scope, sink);
    let mut resolved = Vec::new();
    let mut environments = Vec::new();
    match &raw.environments {
        Some(entries) => environments = names::checked(entries, "environment", EnvName::new, sink),
        None if !raw.lost("environments") => {
            sink.add_hint(&(0..0), "a site needs an environment", "add [environments.production] and its hosts");
        }
        None => {}
    }
    too_many(environments.len(), MOST_ENVIRONMENTS, "environments", environments.last().map(|(_, key, _)| *key), sink);
    environments.truncate(MOST_ENVIRONMENTS);
    for (env, _, raw_environment) in &environments {
        resolved.push(environment::resolve(&scope, env, raw_environment, sink));
    }
    check_unused(&scope, &environments, &resolved, sink);
    let afar: Vec<Environment> = resolved.iter().map(Environment::from_afar).collect();
    for environment in &mut resolved {
        environment.others = afar.iter().filter(|other| other.name != environment.name).cloned().collect();
    }
    let title = raw.title.as_ref().map(|title| Foreign::from(title.value.as_str())).unwrap_or_default();
    Resolved { name, title, environments: resolved }
}

/// Whether every environment says itself who hears what.
fn environments_told(raw: &RawSite) -> bool {
    raw.environments.iter().flat_map(|all| &all.0).all(|(_, environment)| environment.notify.is_some())
}

fn site_name(raw: &RawSite, folder: &str, sink: &mut Sink<'_>) -> Option<SiteName> {
    if let Some(name) = &raw.name {
        let checked = SiteName::new(&name.value);
        if let Err(error) = &checked {
            names::bad_name(name, "site", error, sink);
        }
        return checked.ok();
    }
    let checked = SiteName::new(folder);
    if let Err(error) = &checked
        && !raw.lost("name")
    {
        let message = format!("the folder {} can't be the name of the site: {error}", quoted(folder));
        sink.add_hint(&(0..0), message, "rename the folder, or give the site a `name`");
    }
    checked.ok()
}

/// The headings, checked; the words of all of them even where one is bad.
fn tiers(raw: &RawSite, sink: &mut Sink<'_>) -> Vec<String> {
    let mut tiers: Vec<String> = Vec::new();
    for tier in raw.tiers.iter().flatten() {
        let word = &tier.value;
        if word.trim().is_empty() || word.chars().count() > 64 || word.chars().any(char::is_control) {
            sink.add(&tier.span, format!("{} can't be a heading: it has 1 to 64 printable characters", quoted(word)));
        } else if let Some(other) = tiers.iter().find(|other| other.to_lowercase() == word.to_lowercase()) {
            let how = if other == word {
                "is there twice".to_owned()
            } else {
                format!("differs only by case from {}", quoted(other))
            };
            sink.add(&tier.span, format!("the tier {} {how}", quoted(word)));
        }
        tiers.push(word.clone());
    }
    tiers
}

fn too_many(count: usize, most: usize, what: &str, last: Option<&Located<String>>, sink: &mut Sink<'_>) {
    if let Some(last) = last
        && count > most
    {
        sink.add(&last.span, format!("a site has at most {most} {what}, this one has {count}"));
    }
}

/// Looks at services and templates that no environment has used, so that their mistakes are told too.
fn check_unused(
    scope: &Scope<'_>,
    environments: &[(EnvName, &Located<String>, &RawEnvironment)],
    resolved: &[Environment],
    sink: &mut Sink<'_>,
) {
    for (name, _, raw) in &scope.services {
        if !resolved.iter().any(|environment| environment.service(name).is_some()) {
            service::check_alone(scope, name, raw, sink);
        }
    }
    if let Some(entries) = &scope.raw.templates {
        names::checked(entries, "template", ServiceName::new, sink);
    }
    for (key, raw) in scope.raw.templates.iter().flat_map(|entries| &entries.0) {
        let overrides = environments.iter().flat_map(|(_, _, environment)| environment.services.iter());
        let users = scope.services.iter().map(|(_, _, raw)| *raw);
        let users = users.chain(overrides.flat_map(|entries| entries.0.iter().map(|(_, raw)| raw)));
        let templates = scope.raw.templates.iter().flat_map(|entries| entries.0.iter().map(|(_, raw)| raw));
        let named = |raw: &RawService| raw.template.as_ref().is_some_and(|template| template.value == key.value);
        variables::check(raw.variables.as_ref(), sink);
        if !users.chain(templates).any(named) {
            sink.warn(&key.span, format!("no service uses the template {}", quoted(&key.value)), None);
            if let Ok(name) = ServiceName::new("service") {
                service::check_alone(scope, &name, raw, sink);
            }
        }
    }
}
