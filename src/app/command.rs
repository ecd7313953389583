//! What the command line knows, and what a command does: first it goes to what stands behind it, then it acts there.

use std::sync::Arc;

use super::act::{act, go_to_host, go_to_service};
use super::model::Model;
use super::overlay::Overlay;
use super::procedures;
use super::why_not::why_not;
use crate::domain::mistake::nearest;
use crate::domain::{Environment, HostName, Now, ProcedureName, ServiceName};
use crate::input::Action;
use crate::input::command::{self, Command, Takes};
use crate::port::Effect;
use crate::screens::command::{Known, State};
use crate::state::procedures::shelf::searched;
use crate::ui::fuzzy;

/// Commands that are kept, for this session only.
pub(super) const KEPT: usize = 100;

/// What is there to act on, after its name was found.
enum Target {
    Service(ServiceName, Option<HostName>),
    Host(HostName),
    Environment(Box<Environment>),
    Procedure(ProcedureName),
    Words(String),
}

/// An empty command line.
pub fn open(model: &Model) -> State {
    State::new(known(model), model.commands.oldest_first(), |action| why_not(model, action))
}

fn known(model: &Model) -> Known {
    let Some(fleet) = &model.fleet else { return Known { environments: environments(model), ..Known::default() } };
    let hosts_of = |service: &ServiceName| {
        let row = fleet.service(service);
        let mut hosts: Vec<String> = Vec::new();
        for host in row.iter().flat_map(|row| &row.instances).filter_map(|instance| instance.host.as_ref()) {
            if !hosts.iter().any(|known| known == host.as_str()) {
                hosts.push(host.to_string());
            }
        }
        hosts
    };
    let services = fleet.services.iter().map(|row| (row.service.name.to_string(), hosts_of(&row.service.name)));
    let hosts = fleet.hosts.iter().map(|row| row.host.name.to_string());
    let procedures = fleet.environment.procedures.iter();
    let procedures = procedures.map(|one| (one.name.to_string(), one.header.title.plain())).collect();
    Known { services: services.collect(), hosts: hosts.collect(), environments: environments(model), procedures }
}

/// The environments as they may be typed: those of the open site by their names, others with their site before.
fn environments(model: &Model) -> Vec<(String, String)> {
    let open = model.environment().map(|environment| environment.site.clone());
    let alone = model.setup.sites.len() == 1;
    let mut all: Vec<(bool, (String, String))> = Vec::new();
    for site in &model.setup.sites {
        let here = alone || open.as_ref() == Some(&site.name);
        for environment in &site.environments {
            let name = if here { environment.name.to_string() } else { format!("{} {}", site.name, environment.name) };
            all.push((!here, (name, format!("environment of {}", site.name))));
        }
    }
    all.sort_by_key(|(elsewhere, _)| *elsewhere);
    all.into_iter().map(|(_, environment)| environment).collect()
}

/// Does what was typed; what can't be read stays in the line with the reason.
pub fn accept(model: &mut Model, mut state: State, now: Now) -> Vec<Effect> {
    let line = state.line.text().trim().to_owned();
    let read = command::parse(&line).map_err(|why| why.unwrap_or_default());
    match read.and_then(|command| Ok((command.action, target(model, &command)?))) {
        Ok((action, target)) => {
            model.commands.put(line);
            perform(model, action, target, now)
        }
        Err(why) if why.is_empty() => Vec::new(),
        Err(why) => {
            state.complain(format!("{why}."));
            model.overlay = Some(Overlay::Command(state));
            Vec::new()
        }
    }
}

fn perform(model: &mut Model, action: Action, target: Option<Target>, now: Now) -> Vec<Effect> {
    // A shell is left to where it was opened from, not to the row that stands behind its name.
    let before = (action == Action::Shell && target.is_some())
        .then(|| (model.screen, model.last_screen, model.overview.cursor.clone(), model.hosts.cursor.clone()));
    let effects = go_and_act(model, action, target, now);
    if let Some((screen, last, row, host)) = before {
        super::act::show(model, screen);
        model.last_screen = last;
        (model.overview.cursor, model.hosts.cursor) = (row, host);
    }
    effects
}

fn go_and_act(model: &mut Model, action: Action, target: Option<Target>, now: Now) -> Vec<Effect> {
    match target {
        None => return act(model, action, now),
        Some(Target::Service(service, host)) => {
            go_to_service(model, service.clone());
            if let (Some(host), Some(fleet)) = (host, &model.fleet) {
                model.overview.reveal_instance(&service, &host, fleet);
            }
            // Who names a service means it, whatever is marked.
            if matches!(action, Action::Restart | Action::ActionMenu | Action::ReadLogs) {
                model.overview.clear_marks();
            }
        }
        Some(Target::Host(host)) => go_to_host(model, host),
        Some(Target::Procedure(name)) => return procedures::open(model, &name),
        Some(Target::Environment(_)) if why_not(model, action).is_some() => return act(model, action, now),
        Some(Target::Environment(environment)) => return vec![Effect::Watch(Arc::new(*environment))],
        Some(Target::Words(words)) => {
            if why_not(model, action).is_none() {
                let (field, _) = super::keys::filter(model);
                field.clear();
                field.paste(&words);
                return Vec::new();
            }
        }
    }
    // Going there was all that the commands that show a screen are for.
    match action {
        Action::ShowOverview | Action::ShowHosts => Vec::new(),
        action => act(model, action, now),
    }
}

fn target(model: &Model, command: &Command) -> Result<Option<Target>, String> {
    let Some(argument) = &command.argument else { return Ok(None) };
    let takes = command::takes(command.action);
    let mut words = argument.split_whitespace();
    let (first, second, third) = (words.next().unwrap_or_default(), words.next(), words.next());
    let service = || service(model, first, second);
    let target = match takes {
        Takes::Nothing => return Ok(None),
        Takes::Words => return Ok(Some(Target::Words(argument.clone()))),
        Takes::Procedure => return procedure(model, argument).map(Some),
        Takes::Environment => environment(model, first, second)?,
        Takes::Service => service()?,
        Takes::Host => host(model, first)?,
        Takes::Row => match host(model, first) {
            Ok(host) if second.is_none() => host,
            Ok(_) | Err(_) => service()?,
        },
    };
    let most = match takes {
        Takes::Host => second,
        Takes::Nothing | Takes::Words | Takes::Environment | Takes::Procedure | Takes::Service | Takes::Row => third,
    };
    match most {
        Some(word) => Err(format!("`{word}` is one word too many")),
        None => Ok(Some(target)),
    }
}

fn service(model: &Model, name: &str, host: Option<&str>) -> Result<Target, String> {
    let fleet = model.fleet.as_ref().ok_or("nothing is open")?;
    let row = fleet.services.iter().find(|row| row.service.name.as_str() == name);
    let Some(row) = row else {
        let hint = nearest(name, fleet.services.iter().map(|row| row.service.name.as_str()));
        return Err(format!("there is no service `{name}` here{hint}"));
    };
    let hosts = || row.instances.iter().filter_map(|instance| instance.host.as_ref());
    let host = match host {
        None => None,
        Some(host) => Some(hosts().find(|known| known.as_str() == host).cloned().ok_or_else(|| {
            let hint = nearest(host, hosts().map(HostName::as_str));
            format!("`{name}` has no instance on `{host}`{hint}")
        })?),
    };
    Ok(Target::Service(row.service.name.clone(), host))
}

fn host(model: &Model, name: &str) -> Result<Target, String> {
    let fleet = model.fleet.as_ref().ok_or("nothing is open")?;
    let row = fleet.hosts.iter().find(|row| row.host.name.as_str() == name);
    row.map(|row| Target::Host(row.host.name.clone())).ok_or_else(|| {
        let hint = nearest(name, fleet.hosts.iter().map(|row| row.host.name.as_str()));
        format!("there is no host `{name}` here{hint}")
    })
}

/// The procedure of this name, else the one whose title these letters fit best.
fn procedure(model: &Model, words: &str) -> Result<Target, String> {
    let fleet = model.fleet.as_ref().ok_or("nothing is open")?;
    let all = &fleet.environment.procedures;
    let named = all.iter().find(|one| one.name.as_str() == words);
    let texts: Vec<String> = all.iter().map(|one| searched(one)).collect();
    let found = || fuzzy::find(words, &texts).first().and_then(|hit| all.get(hit.place));
    named.or_else(found).map(|one| Target::Procedure(one.name.clone())).ok_or_else(|| {
        let hint = nearest(words, all.iter().map(|one| one.name.as_str()));
        format!("there is no procedure `{words}` here{hint}")
    })
}

fn environment(model: &Model, first: &str, second: Option<&str>) -> Result<Target, String> {
    let open = model.environment().map(|environment| environment.site.to_string());
    let (site, name) = match second {
        Some(name) => (Some(first.to_owned()), name),
        None if model.setup.sites.len() == 1 => (None, first),
        None => (open, first),
    };
    let all = || model.setup.sites.iter().flat_map(|site| &site.environments);
    let of_site = |environment: &&Environment| site.as_deref().is_none_or(|site| environment.site.as_str() == site);
    let found = all().filter(of_site).find(|environment| environment.name.as_str() == name);
    found.map(|environment| Target::Environment(Box::new(environment.clone()))).ok_or_else(|| {
        let hint = nearest(name, all().filter(of_site).map(|environment| environment.name.as_str()));
        format!("there is no environment `{name}`{hint}")
    })
}
