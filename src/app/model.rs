//! Everything the program knows, in one place with one owner.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::calling;
use super::log_frame::{self, LogFrame};
use super::overlay::Overlay;
use super::recent::Recent;
use super::setup::Setup;
use super::troubles::Trouble;
use super::writing::Writing;
use crate::domain::{Environment, HostName, Moment, Now, RunId, UnitName};
use crate::input::Keymap;
use crate::port::act::StoreState;
use crate::port::keepsake::Bookmark;
use crate::port::{Effect, Event, Key};
use crate::screens::{changes, deploy, history, hosts, logs, overview, palette, picker, procedure, question, runbooks};
use crate::state::logs::{Keepsakes, Reading};
use crate::state::procedures::Conducted;
use crate::state::{Fleet, Runs, UnderWay, choices, releases};
use crate::style::{Depth, GlyphSet, Styles, Theme};
use crate::ui::Clock;

/// The screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screen {
    /// Services and their instances.
    #[default]
    Overview,
    /// Logs.
    Logs,
    /// Hosts.
    Hosts,
    /// The list of procedures.
    Runbooks,
    /// One procedure.
    Procedure,
    /// What changed.
    Changes,
    /// What was done.
    History,
    /// A deploy or a rollback, page by page.
    Deploy,
}

/// A word about the last key, for a short time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// When it goes.
    pub until: Moment,
}

/// The state of the whole program.
#[derive(Debug)]
pub struct Model {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether the end was asked for.
    pub ending: bool,
    /// What it was started with.
    pub setup: Setup,
    /// The looks of roles on this terminal.
    pub styles: Styles,
    /// The name of the theme they are from.
    pub theme: String,
    /// Which keys mean what.
    pub keymap: Keymap,
    /// What is known of the environment that is watched.
    pub fleet: Option<Fleet>,
    /// The screen that is open.
    pub screen: Screen,
    /// The one before.
    pub last_screen: Option<Screen>,
    /// The overview.
    pub overview: overview::State,
    /// The logs.
    pub logs: logs::State,
    /// The hosts.
    pub hosts: hosts::State,
    /// The list of procedures.
    pub runbooks: runbooks::State,
    /// The procedure that is open.
    pub procedure: procedure::State,
    /// What is known of runs of procedures.
    pub conducted: Conducted,
    /// The deploy.
    pub deploy: deploy::State,
    /// The changes.
    pub changes: changes::State,
    /// The history.
    pub history: history::State,
    /// The runs of the environment that is watched.
    pub runs: Runs,
    /// What is known of releases and versions of the environment that is watched.
    pub releases: releases::Known,
    /// What programs list as choices of inputs.
    pub choices: choices::Known,
    /// What of them is being read, and what waits for it.
    pub(super) reading_releases: super::releases::Reading,
    /// What the console looks at of what follows releases.
    pub(super) looking: super::deploy::following::Looking,
    /// The last key.
    pub stroke: super::stroke::Stroke,
    /// Whether what is done can be recorded; `None` until the store has said so.
    pub store: Option<StoreState>,
    /// What this console has begun to change.
    pub under_way: UnderWay,
    /// What of the logs is read, and what came.
    pub reading: Option<Reading>,
    /// What was done for their next frame.
    pub(super) log_frame: LogFrame,
    /// Files that are being written.
    pub writing: Writing,
    /// How many tails were wished for; each has a number of its own.
    pub tails: u64,
    /// The dialog the person opened.
    pub overlay: Option<Overlay>,
    /// Questions, the oldest first: it stands over everything.
    pub questions: VecDeque<question::State>,
    /// Keys of a sequence that is not complete.
    pub pending: Vec<Key>,
    /// A word about the last key.
    pub notice: Option<Notice>,
    /// Runs that nobody is at, of which somebody hid the word.
    pub left_hidden: Vec<RunId>,
    /// Sentences about trouble, the oldest first; `esc` lets the newest in sight go.
    pub troubles: Vec<Trouble>,
    /// Whether the clock runs; without it ages are shown as times.
    pub clock: bool,
    /// Whether the window has the focus, as far as the terminal says.
    pub focused: bool,
    /// Whom the person was called for.
    pub(super) calling: calling::State,
    /// Round trips as they are shown: they only move when they have moved much.
    pub round_trips: BTreeMap<HostName, Duration>,
    /// Whether the console hears the mouse, or leaves it to the terminal for selecting text.
    pub mouse: bool,
    /// How many dialogs were opened that confirm something; each has a number of its own.
    pub(super) dialogs: u64,
    pub(super) recent: Vec<palette::Does>,
    /// What was typed on the command line, for this session only.
    pub(super) commands: Recent,
    /// What was looked for in logs.
    pub(super) filters: Recent,
    /// What the person keeps of the site, as far as the store has it.
    pub keepsakes: Keepsakes,
    /// The bookmark that was taken away last.
    pub(super) removed_bookmark: Option<Bookmark>,
    pub(super) interrupted: Option<Moment>,
    /// Whether the tab of the procedures was left with a document open.
    pub(super) in_procedure: bool,
    /// The document that was open before a past run was looked at.
    pub(super) put_aside: Option<procedure::State>,
    /// The past run whose document is being read, to be opened.
    pub(super) past_wanted: Option<RunId>,
    /// The document that lies on the other desk: that of the deploy while another screen is open, else that of the
    /// procedures.
    pub(super) other_desk: procedure::State,
    /// The plan of what stands behind the gate of the deploy, as it was last made.
    pub(super) deploy_plan: Option<super::deploy::Seen>,
    pub(super) usage_asked: Vec<(HostName, UnitName)>,
}

impl Default for Model {
    fn default() -> Self {
        Self::with(Setup::default())
    }
}

impl Model {
    /// The state at the beginning, and what is to be done first: watch the environment that was named, or
    /// nothing while a picker asks. What the site names is on the first frame, before the world was entered.
    pub fn begin(setup: Setup, now: Now) -> (Self, Vec<Effect>) {
        let mut model = Self::with(setup.silenced());
        let setup = &model.setup;
        let named = setup.begin.as_ref().map(|(site, environment)| (site.clone(), environment.clone()));
        let of_site: Vec<_> = match &named {
            Some((name, _)) => setup.sites.iter().filter(|site| site.name == *name).cloned().collect(),
            None => setup.sites.clone(),
        };
        let all: Vec<&Environment> = of_site.iter().flat_map(|site| &site.environments).collect();
        let chosen = match &named {
            Some((_, Some(wanted))) => all.iter().find(|environment| environment.name == *wanted),
            // With no choice there is nothing to ask, unless it is one that must not be entered silently.
            Some((_, None)) | None if all.len() == 1 => all.first().filter(|environment| !environment.protected),
            Some((_, None)) | None => None,
        };
        if let Some(environment) = chosen {
            let environment = Arc::new((*environment).clone());
            model.fleet = Some(Fleet::new(Arc::clone(&environment), now));
            return (model, vec![Effect::Watch(environment)]);
        }
        let picker = picker::State::new(&of_site, None);
        model.overlay = Some(Overlay::Picker(picker));
        (model, Vec::new())
    }

    fn with(setup: Setup) -> Self {
        let depth = if setup.no_colour { Depth::Mono } else { setup.depth };
        let set = if setup.ascii { GlyphSet::Ascii } else { GlyphSet::Unicode };
        let theme = setup.theme.clone().unwrap_or_else(Theme::builtin);
        let styles = Styles::new(&theme, depth, set);
        Self {
            size: (0, 0),
            ending: false,
            styles,
            theme: theme.name,
            keymap: setup.keymap.clone().unwrap_or_else(Keymap::builtin),
            fleet: None,
            screen: Screen::default(),
            last_screen: None,
            overview: overview::State::sorted(setup.worst_first),
            logs: logs::State::default(),
            hosts: hosts::State::sorted(setup.worst_first),
            runbooks: runbooks::State::default(),
            procedure: procedure::State::default(),
            conducted: Conducted::default(),
            deploy: deploy::State::default(),
            changes: changes::State::default(),
            history: history::State::default(),
            runs: Runs::default(),
            releases: releases::Known::default(),
            choices: choices::Known::default(),
            reading_releases: super::releases::Reading::default(),
            looking: super::deploy::following::Looking::default(),
            stroke: super::stroke::Stroke::default(),
            store: None,
            under_way: UnderWay::default(),
            reading: None,
            log_frame: LogFrame::default(),
            writing: Writing::default(),
            tails: 0,
            overlay: None,
            questions: VecDeque::new(),
            pending: Vec::new(),
            notice: None,
            left_hidden: Vec::new(),
            troubles: setup.notices.iter().cloned().map(Trouble::own).collect(),
            clock: !setup.no_clock,
            focused: true,
            calling: calling::State::default(),
            round_trips: BTreeMap::new(),
            mouse: !setup.no_mouse,
            dialogs: 0,
            recent: Vec::new(),
            commands: Recent::of(super::command::KEPT),
            filters: Recent::of(super::filters::USED),
            keepsakes: Keepsakes::default(),
            removed_bookmark: None,
            interrupted: None,
            in_procedure: false,
            put_aside: None,
            past_wanted: None,
            other_desk: procedure::State::default(),
            deploy_plan: None,
            usage_asked: Vec::new(),
            setup,
        }
    }

    /// The environment that is watched.
    pub fn environment(&self) -> Option<&Arc<Environment>> {
        self.fleet.as_ref().map(|fleet| &fleet.environment)
    }

    /// Whether a procedure lies open before the person, be it as a document or as a deploy.
    pub fn at_procedure(&self) -> bool {
        matches!(self.screen, Screen::Procedure | Screen::Deploy)
    }

    /// The number of the dialog that confirms something, while no frame has shown it.
    pub fn unseen_dialog(&mut self) -> Option<u64> {
        super::overlay::seen(self).and_then(|seen| seen.waits())
    }

    /// How time is told.
    pub fn told_by(&self, now: Now) -> Clock {
        Clock { now, running: self.clock }
    }

    /// Says something about the last key for three seconds.
    pub fn say(&mut self, text: impl Into<String>, now: Now) {
        self.say_for(text, Duration::from_secs(3), now);
    }

    /// Says something for longer.
    pub fn say_for(&mut self, text: impl Into<String>, span: Duration, now: Now) {
        self.notice = Some(Notice { text: text.into(), until: now.mono.after(span) });
    }

    /// Whether nobody waits for what this event brings, unless it changes a word: figures, and details that are
    /// on screen already and were read anew.
    pub fn can_wait(&self, event: &Event) -> bool {
        match event {
            Event::Detail(host, unit, _) => {
                self.overview.detail.as_ref().is_some_and(|shown| shown.host == *host && shown.unit == *unit)
            }
            // A person who does not look at the end needs no more than the count of what is new.
            Event::Log(_) => self.screen != Screen::Logs || self.logs.place != logs::Place::Following,
            other => other.is_figures(),
        }
    }

    /// Whether lines are being searched for what a person looks at: the loop goes on with it between keys and frames.
    pub fn is_searching(&self) -> bool {
        self.screen == Screen::Logs && self.reading.as_ref().is_some_and(|one| one.store.is_working())
    }

    /// Whether rows came that are not laid out, so that a frame must begin with [`Event::Frame`].
    pub fn is_unsettled(&self) -> bool {
        log_frame::is_due(self)
    }

    /// When the model wants to be woken, whatever is on screen.
    pub fn wakes_at(&self, now: Moment) -> Option<Moment> {
        let judged = self.fleet.as_ref().and_then(|fleet| fleet.next_change(now));
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let detail =
            self.fleet.as_ref().filter(|_| self.shows_detail()).and_then(|fleet| self.overview.next_detail(fleet));
        let looking = self.is_searching();
        let painting = self.screen == Screen::Procedure && self.procedure.unpainted;
        let releases = self.reading_releases.wakes_at(super::releases::wanted(self));
        let follows = self.looking.wakes_at();
        let writing = self.writing.wakes_at();
        [judged, notice, detail, releases, follows, writing, (looking || painting).then_some(now)]
            .into_iter()
            .flatten()
            .min()
    }
}
