//! What each action does: one table over all of them, so that the compiler names what was forgotten.

use std::time::Duration;

use super::accept::{accept, cancel};
use super::keys::{self, go};
use super::links;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::shell;
use super::themes;
use super::why_not::{lost_hosts, why_not};
use super::{
    ask, bookmarks, changing, columns, command, copy, deploy, filters, keepsakes, log_choice, novelty, palette,
    procedures, releases, troubles, writing,
};
use super::{log_lines, logs};
use crate::domain::{HostName, Now, ServiceName, Verb};
use crate::input::Action;
use crate::port::Effect;
use crate::port::export::ExportFormat;
use crate::port::log::Since;
use crate::screens::{help, leave, needs, overview, picker};
use crate::state::Fleet;
use crate::state::logs::NEWEST;
use crate::state::procedures::{Chosen, Shelf};
use crate::ui::list::Step;

/// Twice within this span leaves the console.
const TWICE: Duration = Duration::from_secs(2);
/// Runs that are read from the store.
pub(super) const READ: u32 = crate::state::runs::KEPT as u32;

/// Does what an action means now.
pub fn act(model: &mut Model, action: Action, now: Now) -> Vec<Effect> {
    model.notice = None;
    if let Some(why) = why_not(model, action) {
        model.say(format!("{}: {why}", action.row().hint), now);
        return Vec::new();
    }
    match action {
        Action::ShowOverview => show(model, Screen::Overview),
        Action::ShowLogs => {
            show(model, Screen::Logs);
            return logs::everything(model);
        }
        Action::ShowHosts => show(model, Screen::Hosts),
        Action::ShowRunbooks => procedures::list(model),
        Action::ShowDeploy => deploy::open(model),
        Action::GoBack => return deploy::go_back(model, now),
        Action::Proceed => return deploy::proceed(model, now),
        Action::NextPage => deploy::turn(model, 1),
        Action::PreviousPage => deploy::turn(model, -1),
        Action::Runbook => procedures::come_from(model),
        Action::Describe if model.screen == Screen::History => model.history.open(&model.runs),
        Action::Describe => model.runbooks.in_detail = true,
        Action::ResumeRun => procedures::past::resume(model, now),
        Action::RunStep => return procedures::run_step(model, now),
        Action::Tick if deploy::following::is_shown(model) => deploy::following::ask(model),
        Action::Tick => return procedures::decide::toggle(model, now),
        Action::EditStep => {
            if let Some(part) = model.procedure.cursor {
                procedures::begin::edit(model, part, None, Vec::new());
            }
        }
        Action::RunAll => return procedures::begin::all(model, now),
        Action::RollBack => return procedures::begin::other(model, Chosen::Rollback, now),
        Action::Waive => procedures::gate::waive(model),
        Action::WaitForLock => deploy::waiting::begin(model, now),
        Action::ExamineRelease => deploy::examining::ask(model),
        Action::CheckAgain if deploy::is_choosing(model) => {
            model.say("Releases and versions are read anew.", now);
            return releases::refresh(model, now);
        }
        Action::CheckAgain if deploy::following::is_shown(model) => return deploy::following::look(model, now),
        Action::CheckAgain => return procedures::gate::check_again(model, now),
        Action::AnswerRun => return procedures::decide::open(model, now),
        Action::ChooseHost => procedures::decide::place(model),
        Action::PauseRun => return procedures::pause(model, now),
        Action::CancelStep => procedures::cancel(model),
        Action::EndRun => procedures::end(model),
        Action::NextField | Action::PreviousField => {
            procedures::forms::left(model);
            if let Some(Overlay::Form(form, _)) = &mut model.overlay {
                form.next(action == Action::NextField);
            }
        }
        Action::Left => in_editor(model, |state| state.sideways(false)),
        Action::Right => in_editor(model, |state| state.sideways(true)),
        Action::LineBegin => in_editor(model, |state| state.to_end(false)),
        Action::LineEnd => in_editor(model, |state| state.to_end(true)),
        Action::BreakLine => in_editor(model, crate::screens::edit::State::break_line),
        Action::Erase if matches!(model.overlay, Some(Overlay::Edit(_))) => {
            in_editor(model, crate::screens::edit::State::erase);
        }
        Action::EraseWord if matches!(model.overlay, Some(Overlay::Edit(_))) => {
            in_editor(model, crate::screens::edit::State::erase_word);
        }
        Action::EraseLine if matches!(model.overlay, Some(Overlay::Edit(_))) => {
            in_editor(model, crate::screens::edit::State::erase_line);
        }
        Action::NextStep => procedures::next_step(model, true, now),
        Action::PreviousStep => procedures::next_step(model, false, now),
        Action::ToggleOutput => {
            procedures::with(model, |state, desk| state.toggle_output(desk));
        }
        Action::ShowChanges => show(model, Screen::Changes),
        Action::ShowHistory => {
            show(model, Screen::History);
            return vec![Effect::ReadHistory(READ)];
        }
        Action::LastScreen => show(model, model.last_screen.unwrap_or_default()),
        Action::Help => {
            let contexts = keys::screen_contexts(model);
            let state = help::State::new(&model.keymap, &contexts, |action| why_not(model, action));
            model.overlay = Some(Overlay::Help(state));
        }
        Action::Palette => {
            model.overlay = Some(Overlay::Palette(palette::open(model)));
        }
        Action::CommandLine => {
            model.overlay = Some(Overlay::Command(command::open(model)));
        }
        Action::Back if model.writing.stay() => model.say("qd stays.", now),
        Action::Back => back(model, now),
        Action::NextPane => match model.screen {
            Screen::Overview => model.overview.in_detail = !model.overview.in_detail,
            Screen::Hosts => model.hosts.in_detail = !model.hosts.in_detail,
            Screen::Runbooks => model.runbooks.in_detail = !model.runbooks.in_detail,
            Screen::Procedure => model.procedure.next_pane(),
            Screen::Deploy => model.deploy.in_detail = !model.deploy.in_detail,
            Screen::History if model.history.in_detail => model.history.in_detail = false,
            Screen::History => model.history.open(&model.runs),
            Screen::Logs => novelty::next_pane(model),
            Screen::Changes => {}
        },
        Action::Zoom => match model.screen {
            Screen::Overview => model.overview.zoom(),
            Screen::Hosts => model.hosts.zoom(),
            Screen::History => model.history.zoom(),
            Screen::Runbooks => model.runbooks.zoom(),
            Screen::Procedure => model.procedure.zoomed = !model.procedure.zoomed,
            Screen::Deploy => model.deploy.zoomed = !model.deploy.zoomed,
            Screen::Logs | Screen::Changes => {}
        },
        Action::Unzoom => return act(model, Action::Zoom, now),
        Action::Copy => return copy::row(model, now),
        Action::CopyPane => return copy::pane(model, now),
        Action::Refresh => {
            model.say("Everything is read anew.", now);
            let mut effects = vec![Effect::Refresh, Effect::ReadHistory(READ)];
            effects.extend(releases::refresh(model, now));
            return effects;
        }
        Action::RetryNow => return lost_hosts(model).into_iter().map(Effect::RetryNow).collect(),
        Action::SwitchEnvironment => {
            let open = model.environment().map(|environment| environment.as_ref());
            let picker = picker::State::new(&model.setup.sites, open);
            model.overlay = Some(Overlay::Picker(picker));
        }
        Action::ToggleClock => model.clock = !model.clock,
        Action::NextTheme => themes::next(model, now),
        Action::ToggleMouse => return toggle_mouse(model, now),
        Action::ShowRun => changing::show_run(model),
        Action::ActionMenu => changing::open_menu(model),
        Action::Restart => changing::begin(model, Verb::Restart, now),
        Action::CopyCommands => return changing::copy_commands(model),
        Action::LookAgain => changing::look_again(model, now),
        Action::StopRun => return changing::stop(model, now),
        Action::Mark => mark(model, overview::State::mark),
        Action::MarkRange => mark(model, overview::State::mark_range),
        Action::MarkTier => mark(model, overview::State::mark_tier),
        Action::MarkAll => mark(model, overview::State::mark_all),
        Action::Quit => return quit(model, now),
        Action::Interrupt => return interrupt(model, now),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Down => go(model, Step::By(1)),
        Action::Up => go(model, Step::By(-1)),
        Action::Top => go(model, Step::First),
        Action::Bottom => go(model, Step::Last),
        Action::HalfPageDown => go(model, Step::HalfPage(1)),
        Action::HalfPageUp => go(model, Step::HalfPage(-1)),
        Action::PageDown => go(model, Step::Page(1)),
        Action::PageUp => go(model, Step::Page(-1)),
        Action::Filter => match model.screen {
            Screen::Overview => model.overview.type_filter(),
            Screen::Logs => model.logs.type_filter(),
            Screen::Hosts => model.hosts.type_filter(),
            Screen::Runbooks => {
                (model.runbooks.typing, model.runbooks.in_detail, model.runbooks.zoomed) = (true, false, false);
            }
            Screen::Procedure | Screen::Deploy => {}
            Screen::Changes => model.changes.typing = true,
            Screen::History => model.history.type_filter(),
        },
        Action::Open => return open(model, now),
        Action::ToggleFold => model.overview.fold(None),
        Action::Unfold => model.overview.fold(Some(true)),
        Action::Fold => model.overview.fold(Some(false)),
        Action::UnfoldAll => model.fleet.iter().for_each(|fleet| model.overview.unfold_all(fleet)),
        Action::FoldAll => model.overview.fold_all(),
        Action::FailedOnly => match model.screen {
            Screen::Overview => model.overview.only_trouble = !model.overview.only_trouble,
            Screen::Hosts => model.hosts.only_trouble = !model.hosts.only_trouble,
            Screen::Runbooks
            | Screen::Procedure
            | Screen::Deploy
            | Screen::Logs
            | Screen::Changes
            | Screen::History => {}
        },
        Action::Sort => match model.screen {
            Screen::Overview => model.overview.worst_first = !model.overview.worst_first,
            Screen::Hosts => model.hosts.worst_first = !model.hosts.worst_first,
            Screen::Runbooks
            | Screen::Procedure
            | Screen::Deploy
            | Screen::Logs
            | Screen::Changes
            | Screen::History => {}
        },
        Action::Links => links::show(model),
        Action::Dependencies => model.overlay = needs(model).map(Overlay::Needs),
        Action::Shell => return shell::host(model).map(Effect::Shell).into_iter().collect(),
        Action::UnitFile => model.overview.toggle_unit_file(),
        Action::ReadLogs => {
            let effects = logs::open(model);
            show(model, Screen::Logs);
            return effects;
        }
        Action::Follow if model.screen == Screen::Procedure => procedures::follow(model),
        Action::Follow if model.screen == Screen::Deploy => deploy::follow(model),
        Action::Follow if logs::has_end(model) => return logs::since(model, Since::Newest(NEWEST)),
        Action::Follow => model.logs.follow_new(),
        Action::Pause => logs::pause(model),
        Action::MinLevel => model.logs.next_level(),
        Action::NextHit => hit(model, true, now),
        Action::PreviousHit => hit(model, false, now),
        Action::SavedFilters => filters::show(model),
        Action::SiteLogs => log_choice::show(model),
        Action::Around => model.logs.next_shows(),
        Action::NextError => logs::error(model, true, now),
        Action::PreviousError => logs::error(model, false, now),
        Action::UnfoldLine => return logs::toggle_fields(model),
        Action::Raw => model.logs.raw = !model.logs.raw,
        Action::FoldRepeats => model.logs.toggle_folds(),
        Action::OnlyValue => logs::only_value(model),
        Action::ToggleColumn => return logs::toggle_column(model),
        Action::Columns => columns::show(model),
        Action::Histogram => logs::histogram(model),
        Action::SelectSpan => logs::select_span(model),
        Action::SpanBack => logs::go(model, Step::By(-1)),
        Action::SpanForth => logs::go(model, Step::By(1)),
        Action::TakeSpan => logs::take_span(model),
        Action::NewPatterns => novelty::toggle(model),
        Action::OnlyPattern => novelty::only(model),
        Action::SinceHere => novelty::since_here(model),
        Action::NewSinceDeploy => novelty::since_deploy(model),
        Action::OnlyHost => logs::only(model, true),
        Action::OnlyUnit => logs::only(model, false),
        Action::Wrap => model.logs.wrap = !model.logs.wrap,
        Action::TimeFormat => model.logs.next_time(model.setup.zone.is_some()),
        Action::SinceTail => return logs::since(model, Since::Newest(NEWEST)),
        Action::SinceHead => return logs::since_head(model, now),
        Action::SinceMinute => return logs::minutes(model, 1),
        Action::SinceFive => return logs::minutes(model, 5),
        Action::SinceQuarter => return logs::minutes(model, 15),
        Action::SinceHalf => return logs::minutes(model, 30),
        Action::SinceHour => return logs::minutes(model, 60),
        Action::SinceBoot => return logs::since(model, Since::Boot),
        Action::SinceDeploy => return logs::since_deploy(model),
        Action::CopyView => return copy::view(model, now),
        Action::OlderLines => return logs::older(model, now),
        Action::Page => return log_lines::page(model),
        Action::Bookmark => return bookmarks::toggle(model),
        Action::BookmarkNote => bookmarks::note(model),
        Action::NextBookmark => bookmarks::next(model, true, now),
        Action::PreviousBookmark => bookmarks::next(model, false, now),
        Action::Bookmarks => bookmarks::show(model),
        Action::SinceSpan => ask::span(model),
        Action::KeepFilter => return filters::ask_name(model),
        Action::Remove => return keepsakes::remove(model),
        Action::Export => return log_lines::export(model, ExportFormat::Plain, now),
        Action::ExportJson => return log_lines::export(model, ExportFormat::JsonLines, now),
        Action::Accept => return accept(model, now),
        Action::Cancel => return cancel(model),
        Action::Erase => match model.questions.front_mut() {
            Some(question) => question.erase(),
            None => keys::field(model).into_iter().for_each(crate::ui::Field::erase),
        },
        Action::EraseWord => match model.questions.front_mut() {
            Some(question) => question.clear(),
            None => keys::field(model).into_iter().for_each(crate::ui::Field::erase_word),
        },
        Action::EraseLine => match model.questions.front_mut() {
            Some(question) => question.clear(),
            None => keys::field(model).into_iter().for_each(crate::ui::Field::clear),
        },
        Action::Complete => on_command_line(model, |state| state.complete(true)),
        Action::CompleteBack => on_command_line(model, |state| state.complete(false)),
        Action::Earlier => on_command_line(model, |state| state.recall(true)),
        Action::Later => on_command_line(model, |state| state.recall(false)),
    }
    Vec::new()
}

/// What the service under the cursor needs and what needs it; `None` where it stands alone.
pub(super) fn needs(model: &Model) -> Option<needs::State> {
    let fleet = model.fleet.as_ref().filter(|_| model.screen == Screen::Overview)?;
    let (row, _) = model.overview.chosen(fleet)?;
    needs::State::new(&row.service.name, &fleet.environment)
}

/// To the next row or line in which it was found, or the one before.
fn hit(model: &mut Model, down: bool, now: Now) {
    if model.screen == Screen::Logs {
        return logs::hit(model, down, now);
    }
    let Some(fleet) = &model.fleet else { return };
    let step = Step::By(if down { 1 } else { -1 });
    let moved = match model.screen {
        Screen::Runbooks => {
            let shelf = Shelf { environment: &fleet.environment, runs: &model.runs, conducted: &model.conducted };
            moves(&mut model.runbooks, |runbooks| runbooks.cursor.clone(), |runbooks| runbooks.go(step, shelf))
        }
        Screen::Procedure | Screen::Deploy => false,
        Screen::Overview => model.overview.hit(down, fleet),
        Screen::Hosts => moves(&mut model.hosts, |hosts| hosts.cursor.clone(), |hosts| hosts.go(step, fleet)),
        Screen::Changes => moves(&mut model.changes, |changes| changes.cursor, |changes| changes.go(step, fleet)),
        Screen::History => {
            moves(&mut model.history, |history| history.cursor.clone(), |history| history.go(step, &model.runs))
        }
        Screen::Logs => true,
    };
    if !moved {
        model.say(if down { "It is not found below." } else { "It is not found above." }, now);
    }
}

/// Whether something is another after it was done.
fn moves<S, T: PartialEq>(state: &mut S, place: impl Fn(&S) -> T, does: impl FnOnce(&mut S)) -> bool {
    let before = place(state);
    does(state);
    place(state) != before
}

/// Something that only the editor of a command does.
fn in_editor(model: &mut Model, does: impl FnOnce(&mut crate::screens::edit::State)) {
    if let Some(Overlay::Edit(state)) = &mut model.overlay {
        does(state);
    }
}

/// Something that only the command line does.
fn on_command_line(model: &mut Model, does: impl FnOnce(&mut crate::screens::command::State)) {
    if let Some(Overlay::Command(state)) = &mut model.overlay {
        does(state);
    }
}

fn toggle_mouse(model: &mut Model, now: Now) -> Vec<Effect> {
    model.mouse = !model.mouse;
    let key = super::hints::key_of(model, Action::ToggleMouse);
    let said = if model.mouse {
        "The mouse points and scrolls in the console.".to_owned()
    } else {
        format!("The mouse selects text now; {key} gives it back to the console.")
    };
    model.say(said, now);
    vec![Effect::Mouse(model.mouse)]
}

pub(super) fn show(model: &mut Model, screen: Screen) {
    if screen != model.screen {
        // The deploy has a desk of its own.
        if (model.screen == Screen::Deploy) != (screen == Screen::Deploy) {
            std::mem::swap(&mut model.procedure, &mut model.other_desk);
        }
        model.last_screen = Some(model.screen);
        model.screen = screen;
    }
}

fn back(model: &mut Model, now: Now) {
    if model.screen == Screen::Deploy && deploy::waiting::give_up(model, now) {
        return;
    }
    let went = match model.screen {
        Screen::Overview => model.overview.back(),
        Screen::Logs => model.logs.back(),
        Screen::Hosts => model.hosts.back(),
        Screen::Runbooks => model.runbooks.back(),
        Screen::Procedure => model.procedure.back(),
        Screen::Deploy => model.deploy.back(),
        Screen::Changes => model.changes.back(),
        Screen::History => model.history.back(),
    };
    // What says that this key hides it is hidden before anything is left.
    if went || troubles::hide(model) || procedures::hide_left(model) {
        return;
    }
    if model.screen == Screen::Procedure && procedures::past::put_back(model) {
        return show(model, Screen::History);
    }
    if model.screen == Screen::Deploy {
        if deploy::back(model) {
            return;
        }
        return show(model, model.last_screen.unwrap_or_default());
    }
    if model.screen == Screen::Procedure {
        model.in_procedure = false;
        return show(model, Screen::Runbooks);
    }
    if model.screen == Screen::Runbooks && model.runbooks.subject.take().is_some() {
        // Back to the row for which it was opened.
        let from = model.last_screen.filter(|screen| *screen != Screen::Procedure);
        return show(model, from.unwrap_or_default());
    }
    if !model.under_way.dismiss() && model.screen == Screen::Logs {
        // Back to where the log was opened from.
        show(model, model.last_screen.unwrap_or_default());
    }
}

fn open(model: &mut Model, now: Now) -> Vec<Effect> {
    match model.screen {
        Screen::Runbooks => return procedures::open_chosen(model, now),
        Screen::Overview => model.overview.open(),
        Screen::Logs | Screen::Procedure | Screen::Deploy => {}
        Screen::Hosts => model.hosts.open(),
        Screen::History => return procedures::past::open_chosen(model, now),
        Screen::Changes => {
            let Some(subject) = model.fleet.as_ref().and_then(|fleet| model.changes.subject(fleet)) else {
                return Vec::new();
            };
            match subject {
                (Some(service), _) => go_to_service(model, service),
                (None, Some(host)) => go_to_host(model, host),
                (None, None) => {}
            }
        }
    }
    Vec::new()
}

/// Puts the cursor of the overview on a service.
pub(super) fn go_to_service(model: &mut Model, service: ServiceName) {
    model.overview.reveal(service);
    show(model, Screen::Overview);
}

/// Puts the cursor of the hosts on a host.
pub(super) fn go_to_host(model: &mut Model, host: HostName) {
    model.hosts.reveal(host);
    show(model, Screen::Hosts);
}

fn mark(model: &mut Model, how: fn(&mut overview::State, &Fleet)) {
    if let Some(fleet) = &model.fleet {
        how(&mut model.overview, fleet);
    }
}

/// Leaves; while a change goes on only after a person has said so.
fn quit(model: &mut Model, now: Now) -> Vec<Effect> {
    let goes_on = !model.writing.is_awaited() && (model.under_way.is_busy() || procedures::goes_on(model).is_some());
    if goes_on && !matches!(model.overlay, Some(Overlay::Leave(_))) {
        model.overlay = Some(Overlay::Leave(leave::State::default()));
        return Vec::new();
    }
    if writing::holds(model, now) {
        return Vec::new();
    }
    model.ending = true;
    vec![Effect::Quit]
}

/// Cancels the nearest thing that is under way; a second time soon after leaves.
fn interrupt(model: &mut Model, now: Now) -> Vec<Effect> {
    if model.interrupted.is_some_and(|before| before.age(now.mono) < TWICE) {
        return quit(model, now);
    }
    model.interrupted = Some(now.mono);
    if matches!(model.overlay, Some(Overlay::Running(_))) && model.under_way.stoppable().is_some() {
        return changing::stop(model, now);
    }
    let key = super::hints::key_of(model, Action::Interrupt);
    let effects = if !model.questions.is_empty() || model.overlay.is_some() || keys::is_typing(model) {
        cancel(model)
    } else {
        Vec::new()
    };
    model.say(format!("{key} again leaves the console."), now);
    effects
}
