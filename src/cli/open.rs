//! `qd [SITE] [-e ENV]`: the console.

use super::{Exit, Reaching, Where, bare, choose, looks};
use crate::app::{Model, Setup};
use crate::engine::approach::Direct;
use crate::engine::clock::{AnyClock, Clock, RealClock};
use crate::engine::console;
use crate::engine::world::World;
use crate::site::Icons;

/// Opens the console on the site that was named, or on a picker.
pub fn run(place: &Where, reach: &Reaching) -> Exit {
    super::output::begin_log();
    let setup = match setup(place, reach) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    let (model, first) = Model::begin(setup, RealClock.now());
    let world = World::new(Direct::new(reach.ssh_config.clone()), true, AnyClock::Real(RealClock));
    bare::ended(console::open(true, model, |ports| world.run(ports.events, ports.effects, first)))
}

fn setup(place: &Where, reach: &Reaching) -> Result<Setup, Exit> {
    let found = choose::look(place)?;
    let begin = match &found.site {
        Some(site) => Some((site.name.clone(), choose::environment(site, place.environment.as_deref())?)),
        None => None,
    };
    let config = super::output::here()?.config;
    let preferred = Setup {
        sites: found.sites,
        begin,
        drill: None,
        read_only: reach.read_only || found.user.read_only,
        person: found.user.name.clone().unwrap_or_default(),
        ascii: found.user.icons == Icons::Ascii,
        notices: found.notices,
        ..Setup::default()
    };
    Ok(looks::on_this_terminal(looks::as_preferred(preferred, &found.user, &config)?))
}
