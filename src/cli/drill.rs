//! `qd drill`: the console on a fleet inside the program.

use std::sync::Arc;

use clap::Args;

use super::{Exit, Reaching, bare, choose, looks};
use crate::app::{Model, Setup};
use crate::domain::name::RoleName;
use crate::domain::{EnvName, Site};
use crate::engine::act::who::login;
use crate::engine::approach::Rehearsal;
use crate::engine::clock::{AnyClock, Clock, RealClock};
use crate::engine::console;
use crate::engine::drill::embedded::{Embedded, SITES};
use crate::engine::drill::fleet::Pace;
use crate::engine::drill::{Hearsay, Scenario};
use crate::engine::store::{Sqlite, Store};
use crate::engine::transport::RuntimeDir;
use crate::engine::world::World;
use crate::site::Icons;

/// What to do where there is no terminal.
const SCREEN: &str = "A drill is only a screen: start it on a terminal, or over `ssh -t`.";

/// How a deploy is played, in its help.
const PLAY: &str = "To play a deploy: `qd drill --scenario calm`, then 7, enter and a version: v2.31.0 goes well; v2.30.6 \
                    and v2.30.5 want a waiver (W), then the one does not build and the other trips its guard, and both are \
                    rolled back by rule; B goes back to an earlier release.";

/// What may be said.
#[derive(Debug, Args)]
#[command(after_help = PLAY)]
pub struct Drill {
    /// Site: one that is part of the program.
    #[arg(default_value = SITES[0].name)]
    pub site: String,
    /// Environment of the site.
    #[arg(short, long, value_name = "ENV")]
    pub environment: Option<String>,
    /// What goes wrong: a scenario of the site, or a file.
    #[arg(short, long, value_name = "NAME|FILE")]
    pub scenario: Option<String>,
    /// Seed of everything random; the scenario's own if left out.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Show no clock, so that a quiet screen writes nothing.
    #[arg(long)]
    pub no_clock: bool,
}

/// Opens the console on the drill.
pub fn run(drill: &Drill, reach: &Reaching) -> Exit {
    super::output::begin_log();
    let places = match super::output::here() {
        Ok(places) => places,
        Err(exit) => return exit,
    };
    let user = match crate::site::load_user(&places) {
        Ok(user) => user,
        Err(mistakes) => return choose::complain(Exit::Configuration, &crate::site::render(&mistakes)),
    };
    let person = user.name.clone().unwrap_or_else(login);
    let Chosen { mut site, environment, scenario, hearsay } = match choose(drill) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    // Whoever plays may do what the data of the drill lets them.
    let roles: Vec<RoleName> = hearsay.roles.iter().filter_map(|role| RoleName::new(role).ok()).collect();
    for environment in &mut site.environments {
        roles.iter().for_each(|role| Arc::make_mut(&mut environment.roles).give(&person, role));
    }
    let setup = Setup {
        begin: Some((site.name.clone(), Some(environment))),
        sites: vec![Arc::new(site)],
        drill: Some(scenario.title.clone()),
        read_only: reach.read_only,
        person: person.clone(),
        no_clock: drill.no_clock,
        ascii: user.icons == Icons::Ascii,
        ..Setup::default()
    };
    let setup = match looks::as_preferred(setup, &user, &places) {
        Ok(setup) => looks::on_this_terminal(setup),
        Err(exit) => return exit,
    };
    let (model, first) = Model::begin(setup, RealClock.now());
    let clock = AnyClock::Real(RealClock);
    // What is done in a drill is recorded like everything else, but in a place that goes with it.
    let place = match RuntimeDir::create() {
        Ok(place) => place,
        Err(why) => return choose::complain(Exit::Unavailable, &why),
    };
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&place.path().join("store")));
    let rehearsal = Rehearsal::new(scenario, Pace::Real, clock.clone()).knowing(Arc::new(hearsay), Arc::clone(&store));
    let world = World::new(rehearsal, true, clock).keeping(store).signed(Some(person));
    bare::ended(
        console::open(model, |ports| world.telling_lines(ports.lines).run(ports.events, ports.effects, first)),
        SCREEN,
    )
}

/// What is to be played.
struct Chosen {
    site: Site,
    environment: EnvName,
    scenario: Scenario,
    hearsay: Hearsay,
}

fn choose(drill: &Drill) -> Result<Chosen, Exit> {
    let embedded = SITES.iter().find(|known| known.name == drill.site).ok_or_else(|| {
        let names: Vec<&str> = SITES.iter().map(|known| known.name).collect();
        choose::complain(Exit::Usage, &format!("there is no drill {:?}; there is {}.", drill.site, names.join(" and ")))
    })?;
    let (site, _) =
        embedded.load().map_err(|mistakes| choose::complain(Exit::Software, &crate::site::render(&mistakes)))?;
    let wanted = drill.environment.as_deref().unwrap_or(embedded.environment);
    let Some(environment) = choose::environment(&site, Some(wanted))? else { return Err(Exit::Usage) };
    let mut scenario = scenario(embedded, drill.scenario.as_deref())?;
    scenario.seed = drill.seed.unwrap_or(scenario.seed);
    let hearsay = Hearsay::parse(embedded.hearsay)
        .map_err(|error| choose::complain(Exit::Software, &format!("the drill of {}: {error}", embedded.name)))?;
    Ok(Chosen { site, environment, scenario, hearsay })
}

fn scenario(embedded: &Embedded, word: Option<&str>) -> Result<Scenario, Exit> {
    let known = |word: &str| embedded.scenarios.iter().find(|(name, _)| *name == word).map(|(_, text)| *text);
    let first = || embedded.scenarios.first().map(|(_, text)| *text);
    let (name, text) = match word {
        None => ("", first().unwrap_or_default().to_owned()),
        Some(word) => match known(word) {
            Some(text) => (word, text.to_owned()),
            None => match std::fs::read_to_string(word) {
                Ok(text) => (word, text),
                Err(error) => {
                    let names: Vec<&str> = embedded.scenarios.iter().map(|(name, _)| *name).collect();
                    let text = format!(
                        "there is no scenario `{}`, and it can't be read as a file: {error}. {} has {}.",
                        crate::text::Foreign::from(word).plain(),
                        embedded.name,
                        names.join(", ")
                    );
                    return Err(choose::complain(Exit::Usage, &text));
                }
            },
        },
    };
    Scenario::parse(&text).map_err(|error| {
        let error = crate::text::Foreign::from(error).plain();
        choose::complain(Exit::Configuration, &format!("scenario {name}: {error}"))
    })
}
