//! Why an action does nothing just now, in a few words.

use super::model::{Model, Screen};
use crate::domain::{HostName, Link};
use crate::input::Action;

/// Why an action does nothing now; `None` when it does something.
pub fn blocked(model: &Model, action: Action) -> Option<String> {
    let why = match action {
        Action::RetryNow if lost_hosts(model).is_empty() => "no link is lost",
        Action::LastScreen if model.last_screen.is_none() => "there was none",
        Action::UnitFile if model.screen != Screen::Overview || unit(model).is_none() => "there is no unit here",
        Action::ToggleFold | Action::Unfold | Action::Fold if instances(model) < 2 => "it has one instance",
        Action::Zoom | Action::NextPane if matches!(model.screen, Screen::Logs | Screen::Changes) => {
            "there is one pane"
        }
        Action::SwitchEnvironment if model.setup.sites.is_empty() => "no site was found",
        Action::Copy | Action::CopyPane | Action::Refresh | Action::Open | Action::Filter if model.fleet.is_none() => {
            "nothing is open"
        }
        Action::ShowOverview
        | Action::ShowLogs
        | Action::ShowHosts
        | Action::ShowChanges
        | Action::LastScreen
        | Action::Help
        | Action::Back
        | Action::NextPane
        | Action::Zoom
        | Action::Copy
        | Action::CopyPane
        | Action::Refresh
        | Action::RetryNow
        | Action::SwitchEnvironment
        | Action::ToggleClock
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
        | Action::Filter
        | Action::Open
        | Action::ToggleFold
        | Action::Unfold
        | Action::Fold
        | Action::UnfoldAll
        | Action::FoldAll
        | Action::FailedOnly
        | Action::Sort
        | Action::UnitFile
        | Action::Accept
        | Action::Cancel
        | Action::Erase
        | Action::EraseWord
        | Action::EraseLine => return None,
    };
    Some(why.to_owned())
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

fn unit(model: &Model) -> Option<(HostName, crate::domain::UnitName)> {
    model.overview.unit(model.fleet.as_ref()?)
}

fn instances(model: &Model) -> usize {
    let chosen = model.fleet.as_ref().and_then(|fleet| model.overview.chosen(fleet));
    chosen.map_or(0, |(row, _)| row.instances.len())
}
