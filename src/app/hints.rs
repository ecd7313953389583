//! The bottom line: the keys that matter here, made from the live keymap.

use ratatui::layout::Rect;

use super::keys::{contexts, screen_contexts};
use super::model::{Model, Screen};
use super::overlay::Overlay;
use crate::domain::permit::Demand;
use crate::input::{Action, Context, Lookup, key_name};
use crate::port::{Key, KeyCode};
use crate::state::deploy::Page;
use crate::style::{Glyphs, Role};
use crate::text::{width, wrap};
use crate::ui::{Pen, Words};

/// The first key of an action for whoever has the keyboard, as text.
pub fn key_of(model: &Model, action: Action) -> String {
    let mut contexts = contexts(model);
    contexts.extend([Context::Global, Context::List]);
    let keys = model.keymap.keys_of(&contexts, action);
    keys.first().map_or_else(|| action.row().name.to_owned(), |keys| key_name::sequence_name(keys))
}

/// The same for the screen, whatever stands over it: what it says must not change behind a dialog.
pub fn key_on_screen(model: &Model, action: Action) -> String {
    let mut contexts = screen_contexts(model);
    contexts.extend([Context::Global, Context::List]);
    let keys = model.keymap.keys_of(&contexts, action);
    keys.first().map_or_else(|| action.row().name.to_owned(), |keys| key_name::sequence_name(keys))
}

/// Keys that are told together: the first, what stands between, the last.
const TOGETHER: [(Action, &str, Action); 2] =
    [(Action::NextError, " ", Action::PreviousError), (Action::NextHit, " ", Action::PreviousHit)];

/// Draws the line.
pub fn view(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let room = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let help = hint(model, Action::Help, pen.styles.glyphs);
    let help_width = u16::try_from(help.width(pen.clock)).unwrap_or(0);
    let typing = contexts(model).contains(&Context::Text);
    let left = if typing { room.width } else { room.width.saturating_sub(help_width + 3) };
    if !typing {
        pen.words_right(room.x, room.y, room.width, &help);
    }
    if !model.pending.is_empty() {
        return pending(model, pen, Rect { width: left, ..room });
    }
    if let Some(notice) = &model.notice {
        // On a deploy the row above says what is next: that stays, and what is longer than the line stands above it.
        let last = if model.screen == Screen::Deploy { room.y.saturating_sub(2) } else { room.y };
        return say(&notice.text, pen, room, left, last);
    }
    let (mut at, mut left) = (room.x, left);
    let actions = actions(model);
    // Where a run goes on, how one gets away from its screen stays in sight whatever else has no room.
    let keeps_quit = model.screen == Screen::Deploy && model.overlay.is_none() && actions.contains(&Action::Quit);
    if keeps_quit {
        let quit = hint(model, Action::Quit, pen.styles.glyphs);
        let takes = u16::try_from(quit.width(pen.clock)).unwrap_or(left);
        pen.words_right(room.x, room.y, left, &quit);
        left = left.saturating_sub(takes + 3);
    }
    for action in actions {
        if keeps_quit && action == Action::Quit {
            continue;
        }
        let words = hint_saying(model, action, word(model, action), pen.styles.glyphs);
        let takes = u16::try_from(words.width(pen.clock)).unwrap_or(u16::MAX);
        if words.is_empty() {
            continue;
        }
        // Whole hints or none: half a hint is a riddle.
        if at + takes > room.x + left {
            break;
        }
        at += pen.words(at, room.y, takes, &words) + 3;
    }
}

/// Rows of a sentence at most.
const SENTENCE: usize = 3;

/// Draws a sentence: one that is longer than the line grows upwards from the row `last` over what stands there, as far as it
/// may, so that all of it can be read.
fn say(text: &str, pen: &mut Pen<'_>, room: Rect, left: u16, last: u16) {
    if width(text) <= usize::from(left) {
        pen.text(room.x, room.y, left, Role::Info, text);
        return;
    }
    let lines = wrap(text, usize::from(left));
    let above = u16::try_from(lines.len().min(SENTENCE).saturating_sub(1)).unwrap_or(0).min(last);
    let top = last - above;
    pen.clear(
        Rect {
            x: room.x.saturating_sub(1),
            y: top,
            width: room.width + 2,
            height: last - top + u16::from(last != room.y),
        },
        Role::Text,
    );
    for (line, y) in lines.iter().zip(top..=last) {
        pen.text(room.x, y, left, Role::Info, line);
    }
}

/// What an action is called where it means something nearer than its row of the table says.
fn word(model: &Model, action: Action) -> &'static str {
    match (&model.overlay, action) {
        (_, Action::Accept) if !model.questions.is_empty() => "answer",
        (_, Action::Cancel) if !model.questions.is_empty() => "decline",
        (Some(Overlay::Help(_) | Overlay::Palette(_) | Overlay::Command(_)), Action::Accept) => "do it",
        (Some(Overlay::Picker(_) | Overlay::Links(_)), Action::Accept) => "open",
        (Some(Overlay::Filters(_)), Action::Accept) => "look for it",
        (Some(Overlay::Logs(_)), Action::Accept) => "read it",
        (Some(Overlay::Columns(_)), Action::Accept) => "show or leave out",
        (Some(Overlay::Needs(_) | Overlay::Bookmarks(_)), Action::Accept) => "go there",
        (Some(Overlay::Menu(_)), Action::Accept) => "see what would happen",
        (Some(Overlay::Confirm(_) | Overlay::Plan(_)), Action::Accept) => "do it",
        (Some(Overlay::Plan(_)), Action::Cancel) => "do nothing",
        (Some(Overlay::Plan(_)), Action::Down) => "scroll",
        (Some(Overlay::Choose(_)), Action::Accept) => "take it",
        (Some(Overlay::Choose(_)), Action::PageDown) => "read on",
        (Some(Overlay::Choose(state)), Action::Cancel) if state.goes_back() => "to the choice",
        (Some(Overlay::Form(..)), Action::Accept) => "go on",
        (Some(Overlay::Form(..)), Action::Down) => "values",
        (Some(Overlay::Edit(_)), Action::Accept) => "see what would happen",
        (Some(Overlay::Confirm(_)), Action::Cancel) => "do nothing",
        (Some(Overlay::Confirm(_) | Overlay::Running(_)), Action::Down) => "scroll",
        (Some(Overlay::Leave(_)), Action::Cancel) => "stay",
        (Some(_), Action::Cancel) => "close",
        (None, Action::Accept) => "keep the filter",
        (None, Action::Cancel) => "drop it",
        (_, Action::Open) if model.screen == Screen::Runbooks => "open",
        (_, Action::Open) if model.screen == Screen::History && super::procedures::past::chosen(model).is_some() => {
            "open as it was"
        }
        (_, Action::Back) if model.screen == Screen::Procedure && super::procedures::past::is_open(model) => "history",
        (_, Action::Back) if model.screen == Screen::Procedure => "list",
        (_, Action::NextPane) if model.screen == Screen::Logs && model.logs.field.is_some() => "lines",
        (_, Action::NextPane) if model.logs.patterns.is_some() && model.screen == Screen::Logs => "pane",
        (_, Action::NewPatterns) if model.logs.patterns.is_some() => "close",
        (_, Action::NextPane) if model.screen == Screen::Logs => "to a field",
        (_, Action::Copy) if model.screen == Screen::Logs && model.logs.field.is_some() => "copy value",
        (_, Action::Zoom) if model.screen == Screen::Deploy && model.deploy.zoomed => "both panes again",
        (_, Action::PauseRun) if super::procedures::is_paused(model) => "go on",
        (_, Action::Proceed) => proceed(model),
        (_, Action::Follow) if model.screen == Screen::Deploy => "go along",
        (_, Action::Tick) if model.screen == Screen::Deploy => "attest",
        // It ends the command of one step; what ends the run has a key of its own.
        (_, Action::CancelStep) if model.screen == Screen::Deploy => "end a command",
        (_, action) => action.row().hint,
    }
}

fn hint(model: &Model, action: Action, glyphs: &Glyphs) -> Words {
    hint_saying(model, action, action.row().hint, glyphs)
}

fn hint_saying(model: &Model, action: Action, word: &str, glyphs: &Glyphs) -> Words {
    let contexts = contexts(model);
    if action == Action::Down {
        let arrows = |action: Action, code: KeyCode| {
            let keys = model.keymap.keys_of(&contexts, action);
            keys.iter().any(|keys| **keys == [Key::plain(code)])
        };
        let keys = if arrows(Action::Down, KeyCode::Down) && arrows(Action::Up, KeyCode::Up) {
            glyphs.up_down.to_owned()
        } else {
            format!("{} {}", key_of(model, Action::Down), key_of(model, Action::Up))
        };
        let word = if word == action.row().hint { "move" } else { word };
        return Words::of(Role::Key, keys).text(Role::Quiet, format!(" {word}"));
    }
    // A key that means something else here is none of the action's.
    let means = |keys: &[Key], action: Action| match keys {
        [one] => model.keymap.lookup(&contexts, &[], *one) == Lookup::Action(action),
        _ => true,
    };
    let name = |action: Action| {
        let keys = model.keymap.keys_of(&contexts, action);
        keys.into_iter().find(|keys| means(keys, action)).map(key_name::sequence_name)
    };
    let both = TOGETHER.iter().find(|(first, ..)| *first == action).and_then(|(_, between, last)| {
        let (first, last) = (name(action)?, name(*last)?);
        Some(format!("{first}{between}{last}"))
    });
    match both.or_else(|| name(action)) {
        // Its first key shows all that may follow.
        Some(keys) if action == Action::SinceTail => {
            let first = keys.split(' ').next().unwrap_or_default().to_owned();
            Words::of(Role::Key, first).text(Role::Quiet, format!(" {word}"))
        }
        Some(keys) => Words::of(Role::Key, keys).text(Role::Quiet, format!(" {word}")),
        None => Words::new(),
    }
}

/// While a sequence is not complete its box says what may follow; here stands what was pressed.
fn pending(model: &Model, pen: &mut Pen<'_>, room: Rect) {
    let pressed = key_name::sequence_name(&model.pending);
    let words = Words::of(Role::Key, pressed).text(Role::Quiet, " and then one of these; any other key drops it");
    pen.words(room.x, room.y, room.width, &words);
}

/// The actions whose keys are shown, the most useful first.
fn actions(model: &Model) -> Vec<Action> {
    if !model.questions.is_empty() {
        return vec![Action::Accept, Action::Cancel, Action::EraseLine];
    }
    match &model.overlay {
        Some(Overlay::Help(_)) => return vec![Action::Down, Action::Accept, Action::Cancel, Action::EraseLine],
        Some(Overlay::Palette(_)) => return vec![Action::Down, Action::Accept, Action::Cancel, Action::EraseLine],
        Some(Overlay::Command(_)) => {
            return vec![Action::Accept, Action::Complete, Action::Earlier, Action::Cancel, Action::EraseLine];
        }
        Some(Overlay::Filters(_) | Overlay::Bookmarks(_)) => {
            let remove = super::keepsakes::not_listed(model).is_none().then_some(Action::Remove);
            let keys = [Action::Down, Action::Accept].into_iter().chain(remove);
            return keys.chain([Action::Cancel, Action::EraseLine]).collect();
        }
        Some(Overlay::Ask(_)) => return vec![Action::Accept, Action::Cancel, Action::EraseLine],
        Some(Overlay::Picker(_) | Overlay::Links(_) | Overlay::Logs(_) | Overlay::Needs(_) | Overlay::Columns(_)) => {
            return vec![Action::Down, Action::Accept, Action::Cancel, Action::EraseLine];
        }
        // Where nothing is possible no row has the cursor, and there is nothing to take.
        Some(Overlay::Menu(menu)) if menu.cursor.is_none() => return vec![Action::Cancel, Action::EraseLine],
        Some(Overlay::Menu(_)) => return vec![Action::Down, Action::Accept, Action::Cancel, Action::EraseLine],
        Some(Overlay::Confirm(state)) => {
            let named = matches!(state.demand(), Demand::Name(_)) && state.changed.is_none();
            let mut actions = if named { vec![Action::Accept] } else { Vec::new() };
            actions.extend(state.changed.is_some().then_some(Action::LookAgain));
            actions.extend([Action::Cancel, Action::CopyCommands, Action::Down]);
            return actions;
        }
        Some(Overlay::Running(_)) => {
            let mut actions = vec![Action::Cancel, Action::Down, Action::Copy];
            actions.extend(model.under_way.stoppable().is_some().then_some(Action::StopRun));
            return actions;
        }
        Some(Overlay::Plan(state)) => {
            let yes = super::procedures::begin::wants_y(state);
            let mut actions = if yes { Vec::new() } else { vec![Action::Accept] };
            actions.extend([Action::Cancel, Action::CopyCommands, Action::Down]);
            return actions;
        }
        Some(Overlay::Choose(state)) if state.choices.is_empty() => return vec![Action::Cancel],
        Some(Overlay::Choose(_)) => return vec![Action::Accept, Action::Cancel, Action::Down, Action::PageDown],
        Some(Overlay::Form(..)) => {
            return vec![Action::Accept, Action::NextField, Action::Down, Action::Cancel, Action::EraseLine];
        }
        Some(Overlay::Edit(_)) => return vec![Action::Accept, Action::BreakLine, Action::Cancel, Action::EraseLine],
        Some(Overlay::Leave(_)) => return vec![Action::Cancel],
        None => {}
    }
    if super::keys::is_typing(model) {
        return vec![Action::Accept, Action::Cancel, Action::EraseWord, Action::EraseLine, Action::Down];
    }
    if model.fleet.is_none() {
        return vec![Action::SwitchEnvironment, Action::Quit];
    }
    let lost = !super::why_not::lost_hosts(model).is_empty();
    let mut actions = match model.screen {
        Screen::Overview if model.overview.in_detail => {
            vec![
                Action::Down,
                Action::Back,
                Action::ActionMenu,
                Action::Restart,
                Action::UnitFile,
                Action::Zoom,
                Action::Copy,
            ]
        }
        Screen::Overview => vec![
            Action::Down,
            Action::Open,
            Action::ActionMenu,
            Action::Restart,
            Action::Mark,
            Action::Unfold,
            Action::Fold,
            Action::Filter,
            Action::FailedOnly,
            Action::Sort,
            Action::Shell,
            Action::UnitFile,
            Action::Copy,
        ],
        Screen::Logs if model.logs.span.is_some() => {
            return vec![Action::SpanBack, Action::SpanForth, Action::TakeSpan, Action::Back];
        }
        Screen::Logs if screen_contexts(model).first() == Some(&Context::Patterns) => {
            let keys = [Action::Down, Action::OnlyPattern, Action::SinceHere, Action::NewSinceDeploy, Action::NextPane];
            let keys = keys.into_iter().filter(|action| super::why_not::why_not(model, *action).is_none());
            return keys.chain([Action::NewPatterns, Action::Back]).collect();
        }
        Screen::Logs => {
            let follows = model.logs.follows();
            let first = if follows { Action::Pause } else { Action::Follow };
            let keys = [
                Action::Filter,
                Action::NextHit,
                Action::MinLevel,
                Action::SinceTail,
                Action::NextError,
                Action::UnfoldLine,
                Action::NextPane,
                Action::OnlyValue,
                Action::ToggleColumn,
                Action::Around,
                Action::NewPatterns,
                Action::SelectSpan,
                Action::Histogram,
                Action::FoldRepeats,
                Action::Raw,
                Action::Wrap,
                Action::TimeFormat,
                Action::Bookmark,
                Action::Export,
                Action::Page,
            ];
            let keys = keys.into_iter().filter(|action| super::why_not::why_not(model, *action).is_none());
            // What stands for another environment elsewhere is a key of the log here. A link that is lost comes before what
            // can be done with lines.
            return [first]
                .into_iter()
                .chain(lost.then_some(Action::RetryNow))
                .chain(keys)
                .chain([Action::Back])
                .collect();
        }
        Screen::Hosts if model.hosts.in_detail => vec![Action::Down, Action::Back, Action::Zoom, Action::Copy],
        Screen::Hosts => {
            vec![Action::Down, Action::Open, Action::Filter, Action::FailedOnly, Action::Sort, Action::Copy]
        }
        Screen::Runbooks if model.runbooks.in_detail => vec![Action::Down, Action::Back, Action::Open, Action::Zoom],
        Screen::Runbooks => {
            vec![Action::Down, Action::Open, Action::Filter, Action::Describe, Action::Copy, Action::Back]
        }
        Screen::Procedure if super::procedures::past::is_open(model) => vec![
            Action::ResumeRun,
            Action::Down,
            Action::ToggleOutput,
            Action::Copy,
            Action::NextPane,
            Action::Zoom,
            Action::Links,
            Action::Back,
        ],
        Screen::Procedure => vec![
            Action::AnswerRun,
            Action::CancelStep,
            Action::RunStep,
            Action::Tick,
            Action::NextStep,
            Action::EditStep,
            Action::ToggleOutput,
            Action::Copy,
            Action::NextPane,
            Action::RunAll,
            Action::PauseRun,
            Action::EndRun,
            Action::ChooseHost,
            Action::Links,
            Action::Shell,
            Action::Back,
        ],
        Screen::Deploy => deploy(model),
        Screen::Changes => vec![Action::Down, Action::Open, Action::Filter, Action::Copy, Action::LastScreen],
        Screen::History if model.history.in_detail => vec![Action::Down, Action::Back, Action::Zoom, Action::Copy],
        Screen::History => vec![
            Action::Down,
            Action::Open,
            Action::Describe,
            Action::ResumeRun,
            Action::Filter,
            Action::Copy,
            Action::Refresh,
        ],
    };
    actions.retain(|action| super::why_not::why_not(model, *action).is_none());
    if lost {
        actions.insert(2.min(actions.len()), Action::RetryNow);
    }
    actions.extend([Action::SwitchEnvironment, Action::Quit]);
    actions
}

/// What the key that goes on does on the page that is shown.
fn proceed(model: &Model) -> &'static str {
    match model.deploy.page {
        Page::What => "choose",
        Page::Gate | Page::Run | Page::Verify if super::procedures::decide::waits_for_go(model) => "plan",
        Page::Gate | Page::Run | Page::Verify if super::deploy::opens(model) => "open",
        Page::Gate | Page::Run | Page::Verify => "answer",
        Page::Plan => "confirm",
        Page::Verdict => "another",
    }
}

/// The keys of a page of the deploy.
fn deploy(model: &Model) -> Vec<Action> {
    let mut actions = match model.deploy.page {
        Page::What => vec![Action::Proceed, Action::ExamineRelease, Action::Down],
        Page::Gate => vec![Action::Proceed, Action::Tick, Action::CheckAgain, Action::Waive, Action::Down],
        Page::Verify => vec![
            Action::Proceed,
            Action::Tick,
            Action::RollBack,
            Action::PauseRun,
            Action::CheckAgain,
            Action::Waive,
            Action::Down,
        ],
        Page::Plan => vec![Action::Proceed, Action::Down],
        Page::Run => vec![Action::Proceed, Action::PauseRun, Action::RollBack, Action::CancelStep, Action::Down],
        Page::Verdict => {
            let follows = if model.deploy.follows > 0 { vec![Action::Tick, Action::CheckAgain] } else { Vec::new() };
            let can = super::deploy::may_go_back(model) && super::deploy::no_way_back(model).is_none();
            let back = can.then_some(Action::GoBack);
            follows.into_iter().chain(back).chain([Action::ExamineRelease, Action::Proceed, Action::Down]).collect()
        }
    };
    actions.insert(1, Action::WaitForLock);
    // Half of the page is away: that, and how it comes back, must not be a riddle.
    if model.deploy.zoomed {
        actions.insert(0, Action::Zoom);
    }
    // Before its go there is nothing to pause and nothing to take back.
    if super::procedures::decide::waits_for_go(model) {
        let nothing = [Action::PauseRun, Action::RollBack, Action::CancelStep];
        actions.retain(|action| !nothing.contains(action));
    }
    // What goes on with a paused run comes first, on each of its pages.
    if super::procedures::is_paused(model) {
        actions.retain(|action| *action != Action::PauseRun);
        actions.insert(0, Action::PauseRun);
    }
    actions.extend([
        Action::Follow,
        Action::NextPage,
        Action::PreviousPage,
        Action::NextPane,
        Action::EndRun,
        Action::Shell,
        Action::Back,
    ]);
    actions
}
