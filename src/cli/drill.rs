//! `qd drill`: the console on a fleet inside the program.

use std::sync::Arc;

use clap::Args;

use super::{Exit, Reaching, bare, choose, looks};
use crate::app::{Model, Setup};
use crate::domain::{EnvName, Site};
use crate::engine::approach::Rehearsal;
use crate::engine::clock::{AnyClock, Clock, RealClock};
use crate::engine::console;
use crate::engine::drill::Scenario;
use crate::engine::drill::embedded::{Embedded, SITES};
use crate::engine::drill::fleet::Pace;
use crate::engine::store::Sqlite;
use crate::engine::transport::RuntimeDir;
use crate::engine::world::World;
use crate::site::Icons;

/// What to do where there is no terminal.
const SCREEN: &str = "A drill is only a screen: start it on a terminal, or over `ssh -t`.";

/// What may be said.
#[derive(Debug, Args)]
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
    let (site, environment, scenario) = match choose(drill) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    let places = match super::output::here() {
        Ok(places) => places,
        Err(exit) => return exit,
    };
    let user = match crate::site::load_user(&places) {
        Ok(user) => user,
        Err(mistakes) => return choose::complain(Exit::Configuration, &crate::site::render(&mistakes)),
    };
    let setup = Setup {
        begin: Some((site.name.clone(), Some(environment))),
        sites: vec![Arc::new(site)],
        drill: Some(scenario.title.clone()),
        read_only: reach.read_only,
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
    let rehearsal = Rehearsal::new(scenario, Pace::Real, clock.clone());
    // What is done in a drill is recorded like everything else, but in a place that goes with it.
    let place = match RuntimeDir::create() {
        Ok(place) => place,
        Err(why) => return choose::complain(Exit::Unavailable, &why),
    };
    let store = Arc::new(Sqlite::open(&place.path().join("store")));
    let world = World::new(rehearsal, true, clock).keeping(store);
    bare::ended(console::open(model, |ports| world.run(ports.events, ports.effects, first)), SCREEN)
}

fn choose(drill: &Drill) -> Result<(Site, EnvName, Scenario), Exit> {
    let embedded = SITES.iter().find(|known| known.name == drill.site).ok_or_else(|| {
        let names: Vec<&str> = SITES.iter().map(|known| known.name).collect();
        choose::complain(Exit::Usage, &format!("no drill of that name; there is {}.", names.join(", ")))
    })?;
    let (site, _) =
        embedded.load().map_err(|mistakes| choose::complain(Exit::Software, &crate::site::render(&mistakes)))?;
    let wanted = drill.environment.as_deref().unwrap_or(embedded.environment);
    let Some(environment) = choose::environment(&site, Some(wanted))? else { return Err(Exit::Usage) };
    let mut scenario = scenario(embedded, drill.scenario.as_deref())?;
    scenario.seed = drill.seed.unwrap_or(scenario.seed);
    Ok((site, environment, scenario))
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
