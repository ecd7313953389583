//! One service of one environment.

use std::time::Duration;

use super::super::address;
use super::super::duration::{Lasting, show};
use super::super::mistake::{Sink, did_you_mean, quoted};
use super::super::raw::{RawEnvironment, RawExpected, RawRuntime, RawService};
use super::super::read::{Located, Several};
use super::super::units;
use super::super::variables::{self, Variables};
use super::{Scope, compose, log, metric, probe};
use crate::domain::service::{Link, Tier, UnitPattern};
use crate::domain::{Compose, Environment, Expected, HostName, RuntimeKind, Service, ServiceName, UnitName};
use crate::text::Foreign;

/// Which service, and where.
pub struct Place<'a> {
    /// The site.
    pub scope: &'a Scope<'a>,
    /// The environment; `None` when a service is only looked at for mistakes.
    pub environment: Option<(&'a Environment, &'a RawEnvironment)>,
    /// The service.
    pub name: &'a ServiceName,
}

impl Place<'_> {
    /// For whom a mistake counts: `search in staging`.
    pub fn concerned(&self) -> String {
        match self.environment {
            Some((environment, _)) => format!("{} in {}", self.name, environment.name),
            None => String::new(),
        }
    }
}

/// The service with what its templates say. Templates can be like others; a circle ends where it closes.
pub fn with_template(scope: &Scope<'_>, raw: &RawService) -> RawService {
    let mut merged = raw.clone();
    let mut used: Vec<&str> = Vec::new();
    let mut next = raw.template.as_ref().map(|template| template.value.as_str());
    while let Some(name) = next.filter(|name| !used.contains(name)) {
        let Some(template) = scope.raw.templates.as_ref().and_then(|templates| templates.get(name)) else { break };
        merged = RawService::layered(merged, template.clone());
        used.push(name);
        next = template.template.as_ref().map(|template| template.value.as_str());
    }
    merged
}

/// Resolves a service as it is in an environment, or `None` where it is not part of it.
pub fn resolve(place: &Place<'_>, raw: &RawService, sink: &mut Sink<'_>) -> Option<Service> {
    let over = place.environment.and_then(|(_, environment)| environment.services.as_ref()?.get(place.name.as_str()));
    let raw = match over {
        Some(over) => RawService::layered(over.clone(), raw.clone()),
        None => raw.clone(),
    };
    let known_whole = check_templates(place.scope, &raw, sink);
    let mut raw = with_template(place.scope, &raw);
    if !known_whole {
        // What an unknown template would have said is not missing as well.
        raw.lost.extend(["hosts", "variables"]);
    }
    variables::check(raw.variables.as_ref(), sink);
    if !is_part(place, &raw, sink) {
        return None;
    }
    let variables = variables_of(place, &raw);
    let runtime = match raw.runtime {
        None | Some(RawRuntime::Systemd) => RuntimeKind::Systemd,
        Some(RawRuntime::Http) => RuntimeKind::Http,
        Some(RawRuntime::Compose) => RuntimeKind::Compose,
    };
    if let Some(user) = raw.user.as_ref().filter(|_| runtime != RuntimeKind::Systemd) {
        sink.add(&user.span, "only a service of the runtime \"systemd\" has units that could be a user's");
    }
    let hosts = hosts(place, &raw, runtime, sink);
    let compose = compose::resolve(place, &raw, runtime, &variables, sink);
    let probes = probe::resolve_all(place, &raw, !hosts.is_empty(), &variables, sink);
    Some(Service {
        name: place.name.clone(),
        title: raw.title.as_ref().map(|title| Foreign::from(title.value.as_str())).unwrap_or_default(),
        runtime,
        units: units(place, &raw, compose.as_ref(), runtime, &variables, sink),
        compose,
        user: raw.user.as_ref().is_some_and(|user| user.value),
        tier: tier(place.scope, &raw, sink),
        depends_on: depends_on(place, &raw, sink),
        expected: match raw.expected {
            None | Some(RawExpected::Running) => Expected::Running,
            Some(RawExpected::Stopped) => Expected::Stopped,
            Some(RawExpected::Oneshot) => Expected::Oneshot,
        },
        version: version(&raw, &hosts, &variables, sink),
        max_unavailable: max_unavailable(&raw, sink),
        settle: settle(&raw, sink),
        ready_within: ready_within(&raw, sink),
        links: links(&raw, &variables, sink),
        logs: log::named(place, &raw, sink),
        metrics: metric::resolve_all(place, &raw, &probes, (!hosts.is_empty(), runtime), &variables, sink),
        probes,
        hosts,
    })
}

/// How many instances may be away at once when the site does not say.
const MAX_UNAVAILABLE: u32 = 1;
/// More instances than this are away only by mistake.
const MOST_UNAVAILABLE: i64 = 1000;
/// How long an instance must stand when the site does not say.
const SETTLE: Duration = Duration::from_secs(5);
/// Longer than this nobody waits for one instance.
const LONGEST_SETTLE: Duration = Duration::from_secs(600);

fn max_unavailable(raw: &RawService, sink: &mut Sink<'_>) -> u32 {
    let Some(count) = &raw.max_unavailable else { return MAX_UNAVAILABLE };
    if !(1..=MOST_UNAVAILABLE).contains(&count.value) {
        sink.add(&count.span, format!("`max_unavailable` is 1 to {MOST_UNAVAILABLE}, this is {}", count.value));
    }
    u32::try_from(count.value).unwrap_or(MAX_UNAVAILABLE)
}

fn settle(raw: &RawService, sink: &mut Sink<'_>) -> Duration {
    let Some(settle) = &raw.settle else { return SETTLE };
    let Lasting(length) = settle.value;
    if length > LONGEST_SETTLE {
        sink.add(&settle.span, format!("`settle` is 10m at most, this is {}", show(length)));
    }
    length
}

fn ready_within(raw: &RawService, sink: &mut Sink<'_>) -> Option<Duration> {
    let within = raw.ready_within.as_ref()?;
    let Lasting(length) = within.value;
    if !(Duration::from_secs(1)..=LONGEST_SETTLE).contains(&length) {
        sink.add(&within.span, format!("`ready_within` is 1s to 10m, this is {}", show(length)));
    }
    Some(length)
}

/// Looks at a service that no environment has, for its mistakes only.
pub fn check_alone(scope: &Scope<'_>, name: &ServiceName, raw: &RawService, sink: &mut Sink<'_>) {
    let mut raw = raw.clone();
    if let Some(list) = raw.environments.take() {
        check_environments(scope, &list, sink);
    }
    resolve(&Place { scope, environment: None, name }, &raw, sink);
}

/// Notes dependencies on services that this environment does not have.
pub fn check_present(scope: &Scope<'_>, environment: &Environment, sink: &mut Sink<'_>) {
    for (name, _, raw) in &scope.services {
        if environment.service(name).is_none() {
            continue;
        }
        let raw = with_template(scope, raw);
        for need in raw.depends_on.iter().flat_map(|needs| &needs.0) {
            let exists = scope.services.iter().any(|(_, key, _)| key.value == need.value);
            let present = environment.services.iter().any(|service| service.name.as_str() == need.value);
            if exists && !present {
                let message = format!("{} is not part of {}", quoted(&need.value), environment.name);
                sink.add_for(&need.span, message, None, format!("needed by {name}"));
            }
        }
    }
}

fn variables_of(place: &Place<'_>, raw: &RawService) -> Variables {
    let mut variables = Variables::new(place.concerned());
    match place.environment {
        Some((environment, raw_environment)) => {
            // A value that could not be read has been told: whoever uses it is not to blame.
            variables.lenient = raw_environment.lost("variables");
            variables.set_all(raw_environment.variables.as_ref());
            variables.set("environment", environment.name.as_str());
        }
        None => variables.lenient = true,
    }
    variables.lenient |= raw.lost("variables");
    variables.set_all(raw.variables.as_ref());
    variables.set("site", place.scope.site.as_str());
    variables.set("service", place.name.as_str());
    variables
}

/// Notes a template that is not there, or that leads back to itself; whether neither is so.
fn check_templates(scope: &Scope<'_>, raw: &RawService, sink: &mut Sink<'_>) -> bool {
    let mut used: Vec<&str> = Vec::new();
    let mut next = raw.template.as_ref();
    while let Some(word) = next {
        if used.contains(&word.value.as_str()) {
            used.push(&word.value);
            sink.add(&word.span, format!("templates go in a circle: {}", used.join(" → ")));
            return false;
        }
        used.push(&word.value);
        let Some(template) = scope.raw.templates.as_ref().and_then(|templates| templates.get(&word.value)) else {
            if !scope.raw.lost("templates") {
                let known = scope.raw.templates.iter().flat_map(|templates| templates.names());
                sink.unknown(&word.span, format!("there is no template {}", quoted(&word.value)), &word.value, known);
            }
            return false;
        };
        next = template.template.as_ref();
    }
    !raw.lost("template")
}

fn is_part(place: &Place<'_>, raw: &RawService, sink: &mut Sink<'_>) -> bool {
    let (Some(list), Some((environment, _))) = (&raw.environments, place.environment) else { return true };
    check_environments(place.scope, list, sink);
    list.0.iter().any(|word| word.value == environment.name.as_str())
}

pub(super) fn check_environments(scope: &Scope<'_>, list: &Several<String>, sink: &mut Sink<'_>) {
    let Some(environments) = &scope.raw.environments else { return };
    for word in list.0.iter().filter(|word| environments.get(&word.value).is_none()) {
        let message = format!("there is no environment {}", quoted(&word.value));
        sink.unknown(&word.span, message, &word.value, environments.names());
    }
}

/// Looks names, tags and `all` up among the hosts of the environment.
fn hosts(place: &Place<'_>, raw: &RawService, runtime: RuntimeKind, sink: &mut Sink<'_>) -> Vec<HostName> {
    let Some((environment, raw_environment)) = place.environment else { return Vec::new() };
    let Some(words) = &raw.hosts else {
        if runtime != RuntimeKind::Http && !raw.lost("hosts") && !raw.lost("runtime") {
            let message = "this service does not say on which hosts it runs";
            let hint = "add `hosts`, here or in its template: names, tags, or \"all\"";
            sink.add_for(&key_span(place), message, Some(hint.to_owned()), String::new());
        }
        return Vec::new();
    };
    let chosen = pick(words, environment, raw_environment, sink);
    if words.0.is_empty() && runtime != RuntimeKind::Http {
        let hint = "to leave it out of an environment, use `environments`";
        sink.add_for(&key_span(place), "this service runs on no host", Some(hint.to_owned()), place.concerned());
    }
    chosen
}

/// The hosts that are meant by names, tags and `all`, in the order of the environment.
pub(super) fn pick(
    words: &Several<String>,
    environment: &Environment,
    raw_environment: &RawEnvironment,
    sink: &mut Sink<'_>,
) -> Vec<HostName> {
    let mut chosen: Vec<HostName> = Vec::new();
    for word in &words.0 {
        let all = word.value == "all";
        let picks = environment
            .hosts
            .iter()
            .filter(|host| all || host.name.as_str() == word.value || host.tags.contains(&word.value));
        let before = chosen.len();
        let mut any = false;
        for host in picks {
            any = true;
            if !chosen.contains(&host.name) {
                chosen.push(host.name.clone());
            }
        }
        if !any {
            unknown_host(word, environment, raw_environment, sink);
        } else if chosen.len() == before {
            sink.warn(&word.span, format!("{} adds no host to those before it", quoted(&word.value)), None);
        }
    }
    let order = |name: &HostName| environment.hosts.iter().position(|host| host.name == *name);
    chosen.sort_by_key(order);
    chosen
}

fn unknown_host(word: &Located<String>, environment: &Environment, raw: &RawEnvironment, sink: &mut Sink<'_>) {
    // A host or tag that is there but could not be read has been told already.
    let raw_hosts = raw.hosts.iter().flat_map(|hosts| &hosts.0);
    let written = raw_hosts.clone().any(|(key, host)| {
        key.value == word.value
            || host.lost("tags")
            || host.tags.iter().flat_map(|tags| &tags.0).any(|t| t.value == word.value)
    });
    if written || raw.lost("hosts") {
        return;
    }
    let name = &environment.name;
    if word.value == "all" || environment.hosts.is_empty() {
        sink.add_for(&word.span, format!("{name} has no hosts"), None, String::new());
        return;
    }
    let known = environment.hosts.iter().map(|host| host.name.as_str());
    let tags = environment.hosts.iter().flat_map(|host| host.tags.iter().map(String::as_str));
    let mut known: Vec<&str> = known.chain(tags).collect();
    known.dedup();
    let message = format!("there is no host and no tag {}", quoted(&word.value));
    sink.add_for(&word.span, message, did_you_mean(&word.value, known), format!("in {name}"));
}

/// Where the service's own name stands.
pub(super) fn key_span(place: &Place<'_>) -> std::ops::Range<usize> {
    let key = place.scope.services.iter().find(|(name, _, _)| name == place.name);
    key.map_or(0..0, |(_, key, _)| key.span.clone())
}

/// The units that it is made of; for containers the one that stands for them.
fn units(
    place: &Place<'_>,
    raw: &RawService,
    compose: Option<&Compose>,
    runtime: RuntimeKind,
    variables: &Variables,
    sink: &mut Sink<'_>,
) -> Vec<UnitPattern> {
    let named = unit_patterns(place, raw, runtime, variables, sink);
    compose.and_then(Compose::unit).map_or(named, |unit| vec![UnitPattern::Exact(unit)])
}

fn unit_patterns(
    place: &Place<'_>,
    raw: &RawService,
    runtime: RuntimeKind,
    variables: &Variables,
    sink: &mut Sink<'_>,
) -> Vec<UnitPattern> {
    let Some(words) = &raw.units else {
        if runtime == RuntimeKind::Systemd {
            let own = UnitName::new(&format!("{}.service", place.name));
            return own.map(UnitPattern::Exact).into_iter().collect();
        }
        return Vec::new();
    };
    if runtime != RuntimeKind::Systemd {
        for word in &words.0 {
            sink.add(&word.span, "only a service of the runtime \"systemd\" has units");
        }
        return Vec::new();
    }
    let mut patterns = Vec::new();
    for word in &words.0 {
        let Some(value) = variables.fill(word, sink) else { continue };
        let filled = Located { value, span: word.span.clone() };
        let pattern = units::read(&filled, &word.span, sink);
        if let Some(pattern) = pattern.filter(|pattern| !patterns.contains(pattern)) {
            patterns.push(pattern);
        }
    }
    patterns
}

/// Headings keep the order of `tiers`; what names none stands below all.
fn tier(scope: &Scope<'_>, raw: &RawService, sink: &mut Sink<'_>) -> Tier {
    let last = u32::try_from(scope.tiers.len()).unwrap_or(u32::MAX);
    let Some(word) = &raw.tier else { return Tier { rank: last, name: "Services".to_owned() } };
    if let Some(at) = scope.tiers.iter().position(|tier| *tier == word.value) {
        return Tier { rank: u32::try_from(at).unwrap_or(last), name: word.value.clone() };
    }
    if !scope.raw.lost("tiers") {
        let message = format!("there is no tier {}", quoted(&word.value));
        match did_you_mean(&word.value, scope.tiers.iter().map(String::as_str)) {
            Some(hint) => sink.add_hint(&word.span, message, hint),
            None => sink.add_hint(&word.span, message, "list the headings in `tiers`, in their order"),
        }
    }
    Tier { rank: last, name: word.value.clone() }
}

fn depends_on(place: &Place<'_>, raw: &RawService, sink: &mut Sink<'_>) -> Vec<ServiceName> {
    let mut needs: Vec<ServiceName> = Vec::new();
    for word in raw.depends_on.iter().flat_map(|words| &words.0) {
        let known = place.scope.raw.services.iter().flat_map(|services| services.names());
        if !known.clone().any(|name| name == word.value) {
            let message = format!("there is no service {}", quoted(&word.value));
            sink.unknown(&word.span, message, &word.value, known);
            continue;
        }
        let Ok(name) = ServiceName::new(&word.value) else { continue };
        if needs.contains(&name) {
            sink.warn(&word.span, format!("{} is there twice", quoted(&word.value)), None);
        } else {
            needs.push(name);
        }
    }
    needs
}

fn version(raw: &RawService, hosts: &[HostName], variables: &Variables, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let words = raw.version.as_ref()?;
    let argv = probe::argv(words, variables, sink)?;
    if hosts.is_empty() && !variables.lenient {
        sink.add(&words.span, "a version command needs a host to run on");
        return None;
    }
    Some(argv)
}

fn links(raw: &RawService, variables: &Variables, sink: &mut Sink<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for (title, url) in raw.links.iter().flat_map(|links| &links.0) {
        if title.value.trim().is_empty() {
            sink.add(&title.span, "a link needs a title");
        }
        let Some(filled) = variables.fill(url, sink) else { continue };
        match address::parse(&filled) {
            Ok(_) => links.push(Link { title: Foreign::from(title.value.as_str()), url: Foreign::from(filled) }),
            Err(refused) => {
                let hint = refused.hint.map(str::to_owned);
                sink.add_for(&url.span, refused.why, hint, String::new());
            }
        }
    }
    links
}
