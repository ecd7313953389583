//! One sentence at the foot: what stands in the way, what is waited for, what is next.

use ratatui::layout::Rect;

use super::list::motion;
use super::sight::{Planned, Sight};
use super::state::State;
use crate::domain::Run;
use crate::domain::run::RunState;
use crate::domain::time::short;
use crate::input::Action;
use crate::port::procedure::Need;
use crate::state::deploy::what::Pick;
use crate::state::deploy::{Item, Judged, Page, Stands, Weight, Wizard, names_version};
use crate::style::Role;
use crate::ui::{Pen, Words};

/// Draws it.
pub fn view(state: &State, sight: &Sight<'_>, pen: &mut Pen<'_>, area: Rect) {
    let (mut left, right) = (words(state, sight), key_at_right(state, sight));
    if left.is_empty() && right.is_empty() {
        return;
    }
    pen.ground(area, if is_alarm(sight) { Role::Strip } else { Role::Dialog });
    let room = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    // The key has its place first: what it is about is cut where there is no room for all of it.
    let takes = u16::try_from(right.width(pen.clock)).unwrap_or(0).min(room.width);
    pen.words_right(room.x, room.y, room.width, &right);
    let gap = if takes > 0 { takes + 2 } else { 0 };
    // What blocks is read in full before anything else is said.
    let more = "  The plan can be read meanwhile.";
    let wide = left.width(pen.clock) + crate::text::width(more);
    if can_read_the_plan(state, sight) && wide <= usize::from(room.width.saturating_sub(gap)) {
        left = left.text(Role::Quiet, more);
    }
    pen.words(room.x, room.y, room.width.saturating_sub(gap), &left);
}

/// Whether a person is needed for something that is in the way, or it did not end well.
fn is_alarm(sight: &Sight<'_>) -> bool {
    let of = |wizard: Wizard<'_>| match wizard.run().map(|run| run.state) {
        Some(RunState::Running) => !wizard.needs().is_empty() && !wizard.waits_for_go(),
        Some(RunState::Failed | RunState::Stopped | RunState::Unknown) => true,
        Some(RunState::Succeeded) | None => false,
    };
    sight.conducted.locked().is_some() || sight.wizard.is_some_and(of)
}

/// The key that goes along again for whoever looks at another page, or that goes back when all is over.
fn key_at_right(state: &State, sight: &Sight<'_>) -> Words {
    let key = |action: Action| Words::of(Role::Key, (sight.key)(action));
    if state.waiting.is_some() {
        return key(Action::Back).text(Role::Quiet, " gives up");
    }
    if may_wait(state, sight) {
        return key(Action::WaitForLock).text(Role::Quiet, " waits for it");
    }
    let Some((wizard, run)) = sight.wizard.and_then(|wizard| Some((wizard, wizard.run()?))) else {
        return Words::new();
    };
    let current = wizard.current();
    if run.state != RunState::Running && state.page == current && !wizard.may_go_back() {
        return Words::new();
    }
    if run.state != RunState::Running && state.page == current {
        return match sight.no_way_back {
            None => key(Action::GoBack).text(Role::Quiet, " goes back"),
            Some(why) => Words::of(Role::Faint, format!("{} goes back: {why}", (sight.key)(Action::GoBack))),
        };
    }
    if state.page == current {
        return Words::new();
    }
    key(Action::Follow).text(Role::Quiet, format!(" goes along: {}", current.title()))
}

/// Whether the lock is what is in the way just here, and can be waited for.
fn may_wait(state: &State, sight: &Sight<'_>) -> bool {
    let in_the_way = |wizard: Wizard<'_>| match wizard.run() {
        None => true,
        Some(_) => wizard.waits_for_go() && state.page == wizard.current(),
    };
    let takes = sight.wizard.filter(|wizard| wizard.sheet.procedure.header.lock);
    // Nobody is at a run that was left: it is taken up, and waiting would have no end.
    let other = sight.conducted.locked().is_some() && !sight.conducted.is_locked_by_left();
    other && takes.is_some_and(in_the_way)
}

/// That a run that was left here has the lock, and what takes it up.
fn left(state: &State, sight: &Sight<'_>) -> Option<Words> {
    let left = sight.conducted.locking_left()?;
    let words = Words::of(Role::Warn, "Left open: ").text(Role::Text, "a run that you left has the lock; ");
    let on_it = state.page == Page::What && matches!(&state.pick, Some(Pick::Unfinished(id)) if id == left);
    let rest = if on_it { " takes it up." } else { " on its row takes it up." };
    Some(words.text(Role::Key, (sight.key)(Action::Proceed)).text(Role::Text, rest))
}

/// Who has the lock, and for how long it is waited for.
fn waiting(state: &State, sight: &Sight<'_>) -> Option<Words> {
    let (waiting, lock) = (state.waiting.as_ref()?, sight.conducted.locked()?);
    let words = Words::of(Role::Warn, "Waits for the lock, ").since(Role::Warn, Some(waiting.since), "");
    Some(words.text(Role::Warn, ": ").text(Role::Text, format!("{}.", lock.told(sight.clock.now.wall))))
}

fn said(role: Role, lead: &str, rest: &str) -> Words {
    Words::of(role, format!("{lead}: ")).text(Role::Text, rest)
}

fn words(state: &State, sight: &Sight<'_>) -> Words {
    let Some(wizard) = sight.wizard else {
        let nothing = crate::state::deploy::what::procedures(sight.environment).is_empty();
        return if nothing {
            Words::of(Role::Quiet, "No deploy or rollback here; one added since the start is read at the next.")
        } else {
            said(Role::Info, "Next", "choose what is deployed, or what is gone back to.")
        };
    };
    if let Some(words) = waiting(state, sight) {
        return words;
    }
    if let Some(sent) = &sight.conducted.sent {
        return said(Role::RunGoing, "Begins", &format!("{} is being recorded.", sent.title));
    }
    let Some(run) = wizard.run() else {
        return before(state, sight, wizard);
    };
    if run.state != RunState::Running {
        let told = wizard.verdict_in_full().unwrap_or_default();
        let role = if run.is_rolled_back() { Role::Warn } else { Role::run(run.state) };
        let words = Words::of(role, format!("{}: ", capital(&told)));
        let rest = match run.state {
            RunState::Succeeded if is_recorded(sight, run) => "it is recorded as a release.".to_owned(),
            RunState::Succeeded => "everything was done and verified.".to_owned(),
            RunState::Failed | RunState::Stopped => ended(sight, wizard, run),
            RunState::Unknown => "not everything is known: look before anything is done again.".to_owned(),
            RunState::Running => String::new(),
        };
        return words.text(Role::Text, rest);
    }
    if wizard.is_paused() {
        let asks = wizard.needs().iter().any(|need| !matches!(need, Need::Paused));
        return if asks {
            Words::of(Role::Warn, "Paused. ").then(at_page(state, sight, wizard))
        } else {
            paused(sight, wizard)
        };
    }
    at_page(state, sight, wizard)
}

/// That a person paused it, and the key that goes on.
fn paused(sight: &Sight<'_>, wizard: Wizard<'_>) -> Words {
    let lead = if wizard.rolls_back() { "Paused half-way back" } else { "Paused" };
    let key = Words::new().gap(2).text(Role::Key, (sight.key)(Action::PauseRun)).text(Role::Quiet, " goes on");
    said(Role::Warn, lead, "no further step begins.").then(key)
}

/// What is said of a run that goes on, at the page where it stands.
fn at_page(state: &State, sight: &Sight<'_>, wizard: Wizard<'_>) -> Words {
    let key = |action: Action| (sight.key)(action);
    let current = wizard.current();
    match current {
        Page::Gate => match wizard.blocks(Page::Gate) {
            Some(why) => {
                let (stands, _) = wizard.stands(Page::Gate);
                let (role, lead) = match stands {
                    Stands::Trouble | Stands::Unclear => (Role::Bad, "Blocked"),
                    Stands::Waits => (Role::Warn, "Blocked"),
                    _ if wizard.is_let_go() => (Role::Info, "Before it begins"),
                    Stands::Ahead | Stands::Going | Stands::Over | Stands::Back | Stands::Never => {
                        (Role::Info, "Judging")
                    }
                };
                said(role, lead, &format!("{why}."))
            }
            None => said(Role::Info, "Judging", "the gate is being judged."),
        },
        Page::Plan if wizard.sheet.procedure.header.lock && sight.conducted.locked().is_some() => {
            if let Some(words) = left(state, sight) {
                return words;
            }
            let told = sight.conducted.locked().map(|lock| lock.told(sight.clock.now.wall)).unwrap_or_default();
            said(Role::Warn, "Locked", &format!("{told}. The gate is passed; the go waits for that."))
        }
        Page::Plan if sight.begins => {
            said(Role::Info, "Confirmed", "what was released meanwhile is read; then it begins.")
        }
        Page::Plan if state.page == Page::Plan && closed(sight, wizard).is_some() => {
            said(Role::Warn, "Window", &format!("{}.", closed(sight, wizard).unwrap_or_default()))
        }
        Page::Plan if state.page != Page::Plan => said(Role::Good, "The gate is passed", "")
            .then(Words::of(Role::Key, key(Action::Proceed)).text(Role::Text, " shows the plan and its go.")),
        Page::Plan => said(Role::Good, "The gate is passed", "").then(
            Words::of(Role::Key, key(Action::Proceed)).text(Role::Text, " shows every command and asks for the go."),
        ),
        Page::What | Page::Run | Page::Verify | Page::Verdict => running(sight, wizard, current),
    }
}

/// That windows or a freeze will hold up what is confirmed here; nothing where somebody overrode them.
fn closed(sight: &Sight<'_>, wizard: Wizard<'_>) -> Option<String> {
    let document = wizard.run().and_then(|run| run.document.as_ref());
    let overridden = document.is_some_and(|document| document.decided.overridden.is_some());
    let (windows, now) = (&sight.environment.windows, sight.clock.now.wall);
    let holds = !overridden && windows.hold_for(wizard.sheet.procedure.header.kind);
    let opening = holds.then(|| windows.at(now)).filter(|opening| !opening.is_open())?;
    Some(format!("{}; it stops before a change", opening.told(now)))
}

/// Whether a person waits at the gate, and may read on.
fn can_read_the_plan(state: &State, sight: &Sight<'_>) -> bool {
    let waits = |wizard: Wizard<'_>| wizard.goes_on() && wizard.current() == Page::Gate && !wizard.is_let_go();
    state.page == Page::Gate && sight.wizard.is_some_and(waits)
}

/// What is said of a run that was ended, or failed.
fn ended(sight: &Sight<'_>, wizard: Wizard<'_>, run: &Run) -> String {
    if run.is_rolled_back() {
        let nothing = if run.had_nothing_to_take_back() { "there was nothing to take back; " } else { "" };
        return match wizard.runs_now(sight.known) {
            Some((told, Weight::Good)) => format!("{nothing}what runs now is {told}."),
            Some((told, _)) => format!("{nothing}what runs now is {told}: look."),
            None if run.had_nothing_to_take_back() => "there was nothing to take back.".to_owned(),
            None => "all of the way back was done.".to_owned(),
        };
    }
    if !wizard.has_begun() {
        return "nothing was changed.".to_owned();
    }
    let told = if motion(wizard).is_empty() { "what was done" } else { "which code runs where" };
    format!("{told} stands on page 4.")
}

/// Whether a release of this run is known here.
fn is_recorded(sight: &Sight<'_>, run: &Run) -> bool {
    sight.known.releases.as_ref().is_some_and(|known| known.history.of_run(&run.id).is_some())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn before(state: &State, sight: &Sight<'_>, wizard: Wizard<'_>) -> Words {
    let proceed = (sight.key)(Action::Proceed);
    if let Some(words) = left(state, sight) {
        return words;
    }
    if let Some(lock) = sight.conducted.locked() {
        return said(Role::Warn, "Locked", &format!("{}.", lock.told(sight.clock.now.wall)));
    }
    if wizard.version().is_none() && names_version(wizard.sheet.procedure).is_some() {
        let back = crate::state::deploy::what::goes_back(wizard.sheet.procedure);
        let gate = !wizard.parts(Page::Gate).is_empty();
        let what = if back { "choose the release to go back to" } else { "choose the version" };
        let then = if gate { "its gate is judged, which only looks" } else { "every command is shown first" };
        return said(Role::Info, "Next", &format!("{what}; then {then}."));
    }
    if let Some(Planned::Missing(missing)) = &sight.plan
        && !missing.is_empty()
    {
        return said(Role::Info, "Next", &format!("it still wants to know {}.", missing.join(", ")));
    }
    let next = if wizard.parts(Page::Gate).is_empty() {
        " shows every command; nothing begins before you say so."
    } else {
        " has the gate judged, which only looks."
    };
    Words::of(Role::Info, "Next: ").text(Role::Key, proceed).text(Role::Text, next)
}

/// What a run behind its gate waits for, or what it does.
fn running(sight: &Sight<'_>, wizard: Wizard<'_>, page: Page) -> Words {
    let now = sight.clock.now.wall;
    let answer = || Words::new().gap(2).text(Role::Key, (sight.key)(Action::AnswerRun)).text(Role::Quiet, " answers");
    let title = |number: usize| {
        let step = wizard.run().and_then(|run| run.steps.get(number));
        let id = step.and_then(|step| step.part.as_ref());
        let title = id.map(|id| wizard.title_of(id)).unwrap_or_default();
        format!("\u{201c}{title}\u{201d} on {}", step.map(|step| step.host.to_string()).unwrap_or_default())
    };
    let words = match wizard.needs().iter().find(|need| !matches!(need, Need::Paused)) {
        Some(Need::Failure(number, _)) => {
            let words = said(Role::Bad, "Failed", &format!("{}.", title(*number))).then(answer());
            return if wizard.has_way_back() && !wizard.rolls_back() {
                words.gap(2).then(way_back(sight, wizard))
            } else {
                words
            };
        }
        Some(Need::Unknown(number, _)) => {
            said(Role::Unknown, "Unknown", &format!("whether {} happened.", title(*number))).then(answer())
        }
        Some(Need::Paused) => paused(sight, wizard),
        Some(Need::Window(opening, _)) => said(Role::Warn, "Window", &format!("{}.", opening.told(now))).then(answer()),
        Some(_) => match wizard.blocks(page) {
            Some(why) => said(Role::Warn, "Waits", &format!("{why}.")).then(answer()),
            None => said(Role::Warn, "Waits", "it needs you.").then(answer()),
        },
        None => Words::new(),
    };
    if !words.is_empty() {
        return words;
    }
    if wizard.rolls_back() {
        let took = wizard.way_back_took(now).unwrap_or_default();
        let budget = wizard.way_back_budget();
        let late = budget.is_some_and(|budget| took > budget);
        let of = budget.map(|budget| format!(" of {}", short(budget))).unwrap_or_default();
        let role = if late { Role::Bad } else { Role::Warn };
        let by = wizard.rolled_back_by().map(|by| format!(" {by}")).unwrap_or_default();
        return said(role, &format!("Rolling back{by}"), &format!("{}{of}", short(took)));
    }
    let open = wizard.parts(page).len();
    let done = |item: &&Item<'_>| matches!(item.judged, Judged::Passed | Judged::Waived);
    let done = wizard.items(page).iter().filter(done).count();
    let step = wizard.at(page).and_then(|place| wizard.sheet.procedure.parts.get(place));
    let title = step.map(|part| wizard.title(part)).unwrap_or_default();
    let title = title.trim_end_matches('.');
    let lead = if page == Page::Verify { "Verifying" } else { "Running" };
    let words = said(Role::RunGoing, lead, &format!("{title} ({done} of {open} done)."));
    match wizard.spent(now).and_then(|spent| spent.over) {
        Some(over) => words.gap(2).text(Role::Warn, format!("Over its budget by {}.", short(over))),
        None => words,
    }
}

/// The way back as it is offered: by which key, and in how much time.
fn way_back(sight: &Sight<'_>, wizard: Wizard<'_>) -> Words {
    let words = Words::of(Role::Key, (sight.key)(Action::RollBack)).text(Role::Quiet, " rolls back");
    match wizard.way_back_budget() {
        Some(budget) => words.text(Role::Quiet, format!(" in {}", short(budget))),
        None => words,
    }
}
