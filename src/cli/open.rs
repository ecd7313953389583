//! `qd [SITE] [-e ENV]`: the console.

use std::sync::Arc;

use clap::Args;

use super::{Exit, Reaching, Where, bare, choose, looks};
use crate::app::{Model, Setup};
use crate::engine::act::who::login;
use crate::engine::approach::Direct;
use crate::engine::clock::{AnyClock, Clock, RealClock};
use crate::engine::console;
use crate::engine::store::Sqlite;
use crate::engine::world::World;
use crate::site::Icons;

/// What to do where there is no terminal.
const STATUS: &str = "`qd status` prints the same as plain text.";

/// What may be said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Open {
    /// Which site and environment.
    #[command(flatten)]
    pub place: Where,
    /// Show no clock, so that a quiet screen writes nothing.
    #[arg(long)]
    pub no_clock: bool,
}

/// Opens the console on the site that was named, or on a picker.
pub fn run(open: &Open, reach: &Reaching) -> Exit {
    super::output::begin_log();
    let setup = match setup(open, reach) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    let person = Some(setup.person.clone()).filter(|person| !person.is_empty());
    let (model, first) = Model::begin(setup, RealClock.now());
    let store = match super::output::here() {
        Ok(places) => Arc::new(Sqlite::open(&places.data)),
        Err(exit) => return exit,
    };
    let approach = Direct::new(reach.ssh_config.clone());
    let world = World::new(approach, true, AnyClock::Real(RealClock)).keeping(store).signed(person);
    bare::ended(
        console::open(model, |ports| world.telling_lines(ports.lines).run(ports.events, ports.effects, first)),
        STATUS,
    )
}

fn setup(open: &Open, reach: &Reaching) -> Result<Setup, Exit> {
    let found = choose::look(&open.place)?;
    let begin = match &found.site {
        Some(site) => Some((site.name.clone(), choose::environment(site, open.place.environment.as_deref())?)),
        None => None,
    };
    let places = super::output::here()?;
    let preferred = Setup {
        sites: found.sites,
        begin,
        drill: None,
        read_only: reach.read_only || found.user.read_only,
        person: found.user.name.clone().unwrap_or_else(login),
        ascii: found.user.icons == Icons::Ascii,
        no_mouse: found.user.no_mouse,
        no_clock: open.no_clock,
        notices: found.notices,
        ..Setup::default()
    };
    Ok(looks::on_this_terminal(looks::as_preferred(preferred, &found.user, &places)?))
}
