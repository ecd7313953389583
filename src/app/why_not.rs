//! Why an action can't be done just now, in a few words: what a key says instead of doing nothing, and what the help
//! and the palette say beside it.

use super::changing;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::{bookmarks, deploy, filters, keys, links, log_choice, novelty, procedures, releases, shell};
use crate::domain::{HostName, Link, Verb};
use crate::input::Action;
use crate::input::action::Weight;
use crate::port::act::StoreState;
use crate::state::deploy::Page;
use crate::state::logs::HostLog;
use crate::style::Depth;

/// Why an action can't be done now; `None` when it can. In the small letters of half a sentence: `no link is lost`.
pub fn why_not(model: &Model, action: Action) -> Option<String> {
    not_here(model, action).or_else(|| refused(model, action)).or_else(|| nothing_to_do(model, action))
}

/// Why it means nothing where the keyboard is.
fn not_here(model: &Model, action: Action) -> Option<String> {
    let contexts = action.row().contexts;
    // A click on a tab and the like come through while something is typed.
    let here = [keys::contexts(model), keys::screen_contexts(model)].concat();
    if contexts.iter().any(|context| here.contains(context)) {
        return None;
    }
    let places: Vec<String> = contexts.iter().map(|context| context.heading().to_lowercase()).collect();
    // A list of them all would say less.
    if places.len() > 4 {
        return Some("only on a row of a list".to_owned());
    }
    Some(format!("only {}", places.join(" or ")))
}

/// Why no change is begun at all.
fn refused(model: &Model, action: Action) -> Option<String> {
    // What only reads changes nothing.
    if action.row().weight != Weight::Change || procedures::why::only_reads(model, action) {
        return None;
    }
    match &model.store {
        _ if model.setup.read_only => Some("the console is read-only".to_owned()),
        Some(StoreState::ReadOnly(_)) => Some("it could not be recorded".to_owned()),
        Some(StoreState::Writable) | None => None,
    }
}

fn nothing_to_do(model: &Model, action: Action) -> Option<String> {
    let why = match action {
        Action::ShowOverview => on(model, Screen::Overview),
        Action::ShowLogs => on(model, Screen::Logs).filter(|_| super::logs::reads_everything(model)),
        Action::ShowHosts => on(model, Screen::Hosts),
        Action::ShowRunbooks => on(model, Screen::Runbooks).or_else(|| nothing_open(model)),
        Action::ShowDeploy => on(model, Screen::Deploy).or_else(|| nothing_open(model)),
        Action::GoBack => deploy::no_way_back(model),
        Action::Proceed => return deploy::not_next(model),
        Action::WaitForLock => return deploy::waiting::not(model),
        Action::ExamineRelease => return deploy::examining::not(model),
        Action::NextPage => (model.deploy.page == Page::Verdict).then_some("it is the last"),
        Action::PreviousPage => (model.deploy.page == Page::What).then_some("it is the first"),
        Action::Runbook => no_row(model),
        Action::Describe => no_row(model).or_else(|| in_detail(model).then_some("they are open")),
        Action::NextStep | Action::PreviousStep => procedures::no_parts(model),
        Action::ToggleOutput => procedures::no_part(model),
        Action::CheckAgain if deploy::is_choosing(model) => releases::not_anew(model),
        Action::Tick | Action::CheckAgain if deploy::following::is_shown(model) => {
            return deploy::following::not(model, action);
        }
        Action::RunStep
        | Action::Tick
        | Action::EditStep
        | Action::RunAll
        | Action::RollBack
        | Action::AnswerRun
        | Action::Waive
        | Action::CheckAgain
        | Action::ChooseHost
        | Action::PauseRun
        | Action::CancelStep
        | Action::EndRun => return procedures::why::not(model, action),
        Action::ResumeRun => procedures::past::not_resumed(model),
        Action::Follow if model.screen == Screen::Deploy => {
            (model.deploy.along && !model.deploy.held && model.procedure.output.is_none())
                .then_some("it goes along already")
        }
        Action::Filter if model.screen == Screen::Deploy => Some("a deploy is not filtered"),
        Action::Copy if model.screen == Screen::Deploy => nothing_open(model),
        Action::Shell if model.screen == Screen::Deploy => procedures::no_part(model).or_else(|| shell::none(model)),
        Action::Links if model.screen == Screen::Procedure => links::none(model),
        Action::Filter if model.screen == Screen::Procedure => Some("a document is not filtered"),
        Action::Copy if model.screen == Screen::Procedure => procedures::no_part(model),
        Action::Shell if model.screen == Screen::Procedure => shell::none(model),
        Action::Follow if model.screen == Screen::Procedure => {
            (model.procedure.along && model.procedure.output.is_none()).then_some("it follows already")
        }
        Action::ShowChanges => on(model, Screen::Changes),
        Action::ShowHistory => on(model, Screen::History),
        Action::LastScreen => model.last_screen.is_none().then_some("there was none before"),
        Action::NextPane if model.screen == Screen::Logs => novelty::no_pane(model),
        Action::Histogram | Action::SelectSpan | Action::NewPatterns => no_line_held(model),
        Action::SpanBack | Action::SpanForth | Action::TakeSpan => {
            model.logs.span.is_none().then_some("no span is being chosen")
        }
        Action::OnlyPattern => return novelty::no_pattern(model),
        Action::SinceHere => no_row(model),
        Action::NewSinceDeploy => novelty::deploy(model).is_none().then_some("no deploy is recorded"),
        Action::OnlyValue => return super::logs::no_value(model),
        Action::ToggleColumn => return super::logs::no_column(model),
        Action::NextPane | Action::Zoom => one_pane(model),
        Action::CopyPane => nothing_open(model).or_else(|| no_pane(model)),
        Action::Filter if matches!(model.overlay, Some(Overlay::Running(_))) => Some("there is nothing to filter"),
        Action::Restart => return nothing_meant(model).or_else(|| changing::why_not(model, Verb::Restart)),
        Action::ActionMenu => changing::meant(model).is_none().then_some("there is no row").or_else(|| no_row(model)),
        Action::Mark | Action::MarkRange | Action::MarkTier | Action::MarkAll => no_row(model),
        Action::ShowRun => model.under_way.is_empty().then_some("nothing was changed yet"),
        Action::StopRun => model.under_way.stoppable().is_none().then_some("no step is left to stop"),
        Action::LookAgain | Action::CopyCommands => None,
        Action::SwitchEnvironment if model.conducted.is_busy() => Some("a run goes on"),
        Action::SwitchEnvironment if model.under_way.is_busy() => Some("a change is under way"),
        Action::Refresh | Action::Filter | Action::FailedOnly | Action::Sort => nothing_open(model),
        Action::Copy if matches!(model.overlay, Some(Overlay::Running(_))) => None,
        Action::Copy => no_row(model),
        Action::Open if model.screen == Screen::History && procedures::past::chosen(model).is_some() => None,
        Action::Open => no_row(model).or_else(|| in_detail(model).then_some("they are open")),
        Action::RetryNow => lost_hosts(model).is_empty().then_some("no link is lost"),
        Action::SwitchEnvironment => model.setup.sites.is_empty().then_some("no site was found"),
        Action::ToggleFold => one_instance(model),
        Action::Unfold => one_instance(model).or_else(|| unfolded(model).then_some("they are shown already")),
        Action::Fold => one_instance(model).or_else(|| (!unfolded(model)).then_some("they are hidden already")),
        Action::UnfoldAll => nothing_open(model).or_else(|| {
            let all = model.fleet.as_ref().map_or(0, |fleet| fleet.services.len());
            (model.overview.unfolded() == all).then_some("they are shown already")
        }),
        Action::FoldAll => {
            nothing_open(model).or_else(|| (model.overview.unfolded() == 0).then_some("they are hidden already"))
        }
        Action::UnitFile => no_row(model).or_else(|| no_unit(model)),
        Action::Dependencies => no_row(model)
            .or_else(|| super::act::needs(model).is_none().then_some("it needs nothing, and nothing needs it")),
        Action::Links => no_row(model).or_else(|| links::none(model)),
        Action::Shell => no_row(model).or_else(|| shell::none(model)),
        Action::NextTheme => (model.styles.depth == Depth::Mono).then_some("this terminal shows no colours"),
        Action::Unzoom => (!zoomed(model)).then_some("nothing is zoomed"),
        Action::ReadLogs => no_row(model),
        Action::Follow => (model.logs.follows() && !super::logs::has_end(model)).then_some("it follows already"),
        Action::Bookmark | Action::BookmarkNote => no_row(model).or_else(|| bookmarks::none_here(model)),
        Action::NextBookmark | Action::PreviousBookmark | Action::Bookmarks => bookmarks::none(model),
        Action::KeepFilter => filters::not_kept(model),
        Action::Remove => super::keepsakes::not_listed(model),
        Action::NextHit | Action::PreviousHit if matches!(model.overlay, Some(Overlay::Running(_))) => {
            Some("there is nothing to look for")
        }
        Action::NextHit | Action::PreviousHit if in_detail(model) => Some("the details have the keyboard"),
        Action::NextHit | Action::PreviousHit | Action::Around => nothing_looked_for(model),
        Action::SavedFilters => nothing_open(model).or_else(|| filters::none(model)),
        Action::SiteLogs => nothing_open(model).or_else(|| log_choice::none(model)),
        Action::UnfoldLine | Action::OnlyHost | Action::OnlyUnit => no_row(model),
        Action::Pause | Action::NextError | Action::PreviousError => no_line(model),
        Action::Export | Action::ExportJson | Action::Page => no_line(model),
        Action::MinLevel
        | Action::Raw
        | Action::FoldRepeats
        | Action::Wrap
        | Action::TimeFormat
        | Action::SinceTail
        | Action::SinceHead
        | Action::SinceMinute
        | Action::SinceFive
        | Action::SinceQuarter
        | Action::SinceHalf
        | Action::SinceHour
        | Action::SinceSpan
        | Action::Columns
        | Action::CopyView
        | Action::SinceBoot => nothing_open(model),
        Action::OlderLines => nothing_open(model).or_else(|| {
            let is_early = |host: &HostLog| host.state.is_none();
            let early = model.reading.as_ref().is_none_or(|reading| reading.store.hosts().iter().all(is_early));
            early.then_some("which lines there are is still being read")
        }),
        Action::SinceDeploy if nothing_open(model).is_none() && novelty::deploy(model).is_none() => {
            let key = super::hints::key_on_screen(model, Action::ShowDeploy);
            return Some(format!("no release is known; {key} shows deploys and reads them"));
        }
        Action::SinceDeploy => nothing_open(model),
        Action::Help
        | Action::Palette
        | Action::CommandLine
        | Action::Back
        | Action::ToggleClock
        | Action::ToggleMouse
        | Action::Quit
        | Action::Interrupt
        | Action::Suspend
        | Action::Redraw
        | Action::Down
        | Action::Up
        | Action::Top
        | Action::Bottom
        | Action::HalfPageDown
        | Action::HalfPageUp
        | Action::PageDown
        | Action::PageUp
        | Action::Accept
        | Action::Cancel
        | Action::Erase
        | Action::EraseWord
        | Action::EraseLine
        | Action::NextField
        | Action::PreviousField
        | Action::Left
        | Action::Right
        | Action::LineBegin
        | Action::LineEnd
        | Action::BreakLine
        | Action::Complete
        | Action::CompleteBack
        | Action::Earlier
        | Action::Later => None,
    };
    why.map(str::to_owned)
}

fn on(model: &Model, screen: Screen) -> Option<&'static str> {
    (model.screen == screen).then_some("this is it")
}

fn nothing_open(model: &Model) -> Option<&'static str> {
    model.fleet.is_none().then_some("nothing is open")
}

fn one_pane(model: &Model) -> Option<&'static str> {
    nothing_open(model)
        .or_else(|| matches!(model.screen, Screen::Logs | Screen::Changes).then_some("there is one pane"))
}

fn no_pane(model: &Model) -> Option<&'static str> {
    (model.screen == Screen::Logs).then(|| no_line(model)).flatten()
}

/// Why the row under the cursor can't be meant: there is none, or a filter hides it, and nobody means what they don't
/// see.
fn no_row(model: &Model) -> Option<&'static str> {
    let Some(fleet) = &model.fleet else { return Some("nothing is open") };
    let seen = match model.screen {
        Screen::Overview => {
            let shown = || model.overview.place(&model.overview.rows(fleet), fleet).is_some();
            model.overview.chosen(fleet).is_some() && (model.overview.in_detail || shown())
        }
        Screen::Hosts => {
            let shown = || model.hosts.place(&model.hosts.rows(fleet)).is_some();
            model.hosts.chosen(fleet).is_some() && (model.hosts.in_detail || shown())
        }
        Screen::Logs => model.reading.as_ref().is_some_and(|reading| model.logs.chosen(reading).is_some()),
        Screen::Runbooks => procedures::shelf(model).and_then(|shelf| model.runbooks.chosen(shelf)).is_some(),
        Screen::Procedure => model.procedure.cursor.is_some(),
        Screen::Deploy => model.deploy.pick.is_some() || model.procedure.cursor.is_some(),
        Screen::Changes => model.changes.subject(fleet).is_some(),
        Screen::History => model.history.chosen(&model.runs).is_some(),
    };
    (!seen).then_some("there is no row")
}

/// Why a change would be to what nobody sees: nothing is marked, and the row under the cursor is not in sight.
fn nothing_meant(model: &Model) -> Option<String> {
    let fleet = model.fleet.as_ref()?;
    let marked = model.screen == Screen::Overview && !model.overview.marked(fleet).is_empty();
    let hidden = no_row(model).filter(|_| !marked || in_detail(model));
    hidden.map(|_| "no row is in sight, so nothing is restarted again".to_owned())
}

/// Why there is no line of a log that could be meant.
fn no_line(model: &Model) -> Option<&'static str> {
    let shown = model.reading.as_ref().map_or(0, |reading| model.logs.shown(reading).len());
    (shown == 0).then_some("there is no line")
}

/// Why there is nothing to be told of all lines.
fn no_line_held(model: &Model) -> Option<&'static str> {
    model.reading.as_ref().is_none_or(|reading| reading.store.all().is_empty()).then_some("there is no line")
}

fn nothing_looked_for(model: &Model) -> Option<&'static str> {
    let nothing = match model.screen {
        Screen::Overview => model.overview.filter.text().is_empty(),
        Screen::Hosts => model.hosts.filter.text().is_empty(),
        Screen::Changes => model.changes.filter.text().is_empty(),
        Screen::History => model.history.filter.text().is_empty(),
        Screen::Runbooks => model.runbooks.filter.text().is_empty(),
        Screen::Procedure | Screen::Deploy => true,
        Screen::Logs => model.reading.as_ref().is_none_or(|reading| reading.store.query().is_none()),
    };
    nothing.then_some("nothing is looked for")
}

fn in_detail(model: &Model) -> bool {
    match model.screen {
        Screen::Overview => model.overview.in_detail,
        Screen::Hosts => model.hosts.in_detail,
        Screen::History => model.history.in_detail,
        Screen::Runbooks => model.runbooks.in_detail,
        Screen::Procedure => false,
        Screen::Deploy => model.deploy.in_detail,
        Screen::Logs | Screen::Changes => false,
    }
}

fn zoomed(model: &Model) -> bool {
    match model.screen {
        Screen::Overview => model.overview.zoomed,
        Screen::Hosts => model.hosts.zoomed,
        Screen::History => model.history.zoomed,
        Screen::Runbooks => model.runbooks.zoomed,
        Screen::Procedure => model.procedure.zoomed,
        Screen::Deploy => model.deploy.zoomed,
        Screen::Logs | Screen::Changes => false,
    }
}

fn no_unit(model: &Model) -> Option<&'static str> {
    let unit = model.fleet.as_ref().and_then(|fleet| model.overview.unit(fleet));
    unit.is_none().then_some("there is no unit here")
}

fn one_instance(model: &Model) -> Option<&'static str> {
    no_row(model).or_else(|| {
        let chosen = model.fleet.as_ref().and_then(|fleet| model.overview.chosen(fleet));
        (chosen.map_or(0, |(row, _)| row.instances.len()) < 2).then_some("it has one instance")
    })
}

fn unfolded(model: &Model) -> bool {
    model.overview.cursor.as_ref().is_some_and(|cursor| model.overview.is_unfolded(&cursor.service))
}

/// The hosts that `retry now` means: the one under the cursor if it is lost, else all that are.
pub fn lost_hosts(model: &Model) -> Vec<HostName> {
    let Some(fleet) = &model.fleet else { return Vec::new() };
    let lost = |link: &Link| matches!(link, Link::Waiting { .. } | Link::Stopped { .. });
    let here = fleet.hosts.iter().find(|row| {
        model.screen == Screen::Hosts && Some(&row.host.name) == model.hosts.cursor.as_ref() && lost(&row.link)
    });
    match here {
        Some(row) => vec![row.host.name.clone()],
        None => fleet.hosts.iter().filter(|row| lost(&row.link)).map(|row| row.host.name.clone()).collect(),
    }
}
