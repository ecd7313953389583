//! What the palette offers here, made from the table of actions and the fleet, and what choosing it does.

use std::sync::Arc;

use super::act::{act, go_to_host, go_to_service};
use super::keys;
use super::model::Model;
use super::overlay::Overlay;
use super::why_not::why_not;
use crate::domain::Now;
use crate::input::action::TABLE;
use crate::input::{Action, Context, key_name};
use crate::port::Effect;
use crate::screens::palette::{Does, Entry, State};

/// Choices that are remembered, to come first again.
const REMEMBERED: usize = 20;

/// The palette of the place where the person is.
pub fn open(model: &Model) -> State {
    let mut all = actions(model);
    if let Some(fleet) = &model.fleet {
        all.extend(fleet.services.iter().map(|row| {
            let service = &row.service;
            let hosts: Vec<&str> = service.hosts.iter().map(|host| host.as_str()).collect();
            let title = service.title.plain();
            let about = if title.is_empty() { hosts.join(", ") } else { title };
            entry(Does::Service(service.name.clone()), service.name.as_str(), format!("service: {about}"))
        }));
        all.extend(fleet.hosts.iter().map(|row| {
            let name = &row.host.name;
            let about = if row.host.tags.is_empty() {
                "host".to_owned()
            } else {
                format!("host: {}", row.host.tags.join(", "))
            };
            entry(Does::Host(name.clone()), name.as_str(), about)
        }));
        all.extend(fleet.environment.procedures.iter().map(|procedure| {
            let header = &procedure.header;
            let doc = format!("{}: {}", header.kind.word(), header.title.plain());
            entry(Does::Procedure(procedure.name.clone()), procedure.name.as_str(), doc)
        }));
    }
    all.extend(environments(model));
    State::new(all, &model.recent)
}

fn entry(does: Does, name: &str, doc: String) -> Entry {
    Entry { does, name: name.to_owned(), doc, key: String::new(), why: None, colour: None }
}

/// Every action that means something here: those of the place itself first, what moves the cursor last.
fn actions(model: &Model) -> Vec<Entry> {
    let mut contexts = keys::screen_contexts(model);
    contexts.sort_by_key(|context| *context == Context::List);
    let mut found: Vec<Entry> = Vec::new();
    for context in contexts {
        for row in TABLE.iter().filter(|row| row.contexts.contains(&context) && row.action != Action::Palette) {
            let does = Does::Action(row.action);
            if found.iter().any(|entry| entry.does == does) {
                continue;
            }
            let keys = model.keymap.keys_in(context, row.action);
            let key = keys.first().map(|keys| key_name::sequence_name(keys)).unwrap_or_default();
            let entry = entry(does, row.name, row.doc.to_owned());
            found.push(Entry { key, why: why_not(model, row.action), ..entry });
        }
    }
    found
}

fn environments(model: &Model) -> Vec<Entry> {
    let open = model.environment();
    // What keeps a person here keeps them from the palette as well.
    let closed = why_not(model, Action::SwitchEnvironment);
    let of_site = |site: &Arc<crate::domain::Site>| {
        let alone = model.setup.sites.len() == 1;
        let closed = closed.clone();
        let site = site.clone();
        let environments = site.environments.clone();
        environments.into_iter().map(move |environment| {
            let is_open = open.is_some_and(|open| open.site == environment.site && open.name == environment.name);
            let does = Does::Environment(environment.site.clone(), environment.name.clone());
            let name = if alone { environment.name.to_string() } else { format!("{} {}", site.name, environment.name) };
            let protected = if environment.protected { ", protected" } else { "" };
            let doc = format!("environment of {}{protected}", site.name);
            let why = if is_open { Some("it is open".to_owned()) } else { closed.clone() };
            Entry { why, colour: Some(environment.colour), ..entry(does, &name, doc) }
        })
    };
    model.setup.sites.iter().flat_map(of_site).collect()
}

/// Does what is under the cursor; what can't be done says why and leaves the palette open.
pub fn accept(model: &mut Model, state: State, now: Now) -> Vec<Effect> {
    let Some(chosen) = state.chosen().cloned() else {
        model.overlay = Some(Overlay::Palette(state));
        return Vec::new();
    };
    if let Some(why) = &chosen.why {
        model.say(format!("{}: {why}", chosen.name), now);
        model.overlay = Some(Overlay::Palette(state));
        return Vec::new();
    }
    model.recent.retain(|does| *does != chosen.does);
    model.recent.push(chosen.does.clone());
    if model.recent.len() > REMEMBERED {
        model.recent.remove(0);
    }
    match chosen.does {
        Does::Action(action) => return act(model, action, now),
        Does::Service(service) => go_to_service(model, service),
        Does::Host(host) => go_to_host(model, host),
        Does::Procedure(name) => return super::procedures::open(model, &name),
        Does::Environment(site, name) => {
            let site = model.setup.sites.iter().find(|known| known.name == site);
            let environment = site.and_then(|site| site.environments.iter().find(|known| known.name == name));
            return environment.cloned().map(|environment| Effect::Watch(Arc::new(environment))).into_iter().collect();
        }
    }
    Vec::new()
}
