//! What the program is started with: which sites there are, where to begin, and what the person prefers.

use std::sync::Arc;

use crate::domain::highlight::{Highlight, SavedFilter};
use crate::domain::{EnvName, Lane, Notices, Site, SiteName};
use crate::input::Keymap;
use crate::style::{Depth, Theme};

/// Where a session begins and what holds all through it.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The sites to choose from, in the order of the picker. Only valid ones.
    pub sites: Vec<Arc<Site>>,
    /// The site and environment that the person named; without an environment a picker asks, and production is
    /// never entered silently.
    pub begin: Option<(SiteName, Option<EnvName>)>,
    /// The title of the scenario when this is a drill: the word DRILL then stands on every screen.
    pub drill: Option<String>,
    /// Whether every change is refused.
    pub read_only: bool,
    /// Name of the person, as they gave it; empty when they gave none.
    pub person: String,
    /// Whether glyphs are limited to ASCII.
    pub ascii: bool,
    /// Whether colours are left out (`NO_COLOR`).
    pub no_colour: bool,
    /// How many colours the terminal has, unless `no_colour` says none.
    pub depth: Depth,
    /// Another theme than the built-in one.
    pub theme: Option<Theme>,
    /// The person's own themes, to switch to.
    pub themes: Vec<Theme>,
    /// Whether services and hosts stand with the worst first at first.
    pub worst_first: bool,
    /// Another keymap than the built-in one.
    pub keymap: Option<Keymap>,
    /// The time zone of the person; `None` shows Coordinated Universal Time only.
    pub zone: Option<jiff::tz::TimeZone>,
    /// Whether the header shows no clock, so that an idle screen writes nothing.
    pub no_clock: bool,
    /// Whether the mouse is left to the terminal.
    pub no_mouse: bool,
    /// Bytes that lines of logs may take, when the person said so.
    pub log_memory: Option<usize>,
    /// What the person marks in logs, on every site.
    pub highlights: Vec<Highlight>,
    /// The filters for logs that the person has names for.
    pub filters: Vec<SavedFilter>,
    /// How the person wants to be called when they are not looking.
    pub calls: Notices,
    /// Sentences that the person should see at once: a site that was left out, a file that could not be read.
    pub notices: Vec<String>,
}

impl Setup {
    /// In a drill no channel is told anything: what would tell one is done by hand.
    #[must_use]
    pub(super) fn silenced(mut self) -> Self {
        if self.drill.is_some() {
            for site in &mut self.sites {
                for environment in &mut Arc::make_mut(site).environments {
                    Arc::make_mut(&mut environment.channels).drill = true;
                    // Hosts that are simulated have journals, and neither files nor programs that print lines.
                    environment.logs.retain(|log| log.source.lane() == Lane::Journal);
                }
            }
        }
        self
    }
}
