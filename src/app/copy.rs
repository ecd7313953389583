//! What goes to the clipboard: Markdown of sanitised text, within the bound of the terminal sequence.

use std::time::Duration;

use super::layout::layout;
use super::logs;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::procedures;
use crate::domain::Now;
use crate::port::Effect;
use crate::screens::{self, changes, deploy, history, hosts, overview, procedure, runbooks, running};
use crate::state::deploy::Page;
use crate::state::logs::{Filter, command_line};
use crate::text::{Budget, Row, SecretCover};

/// How long a command stays in sight.
const STAYS: Duration = Duration::from_secs(60);
/// Bytes that fit.
const MOST: usize = 64 << 10;

/// The row under the cursor.
pub fn row(model: &mut Model, now: Now) -> Vec<Effect> {
    let (clock, glyphs) = (model.told_by(now), model.styles.glyphs);
    if matches!(model.overlay, Some(Overlay::Running(_))) {
        let text = running::as_markdown(&model.under_way, clock, glyphs);
        return sent(model, text, "run", now);
    }
    if model.screen == Screen::Procedure || (model.screen == Screen::Deploy && model.deploy.page == Page::Run) {
        return command(model, now);
    }
    if model.screen == Screen::Deploy {
        return pane(model, now);
    }
    if let Some(told) = logs::field(model) {
        let value = told.value.clean(Budget::rows()).rows.iter().map(Row::text).collect::<Vec<_>>().join("\n");
        // The name of a field says whether its value is a secret.
        let said = format!("{}={value}", told.name);
        let (text, hidden) = covered(&said);
        let text = text.split_once('=').map_or(String::new(), |(_, value)| value.to_owned());
        model.say(format!("Copied the value of {}{}.", told.name, self::hidden(hidden)), now);
        return vec![Effect::Copy(bounded(text).0)];
    }
    let text = model.fleet.as_ref().and_then(|fleet| match model.screen {
        Screen::Logs => logs::sight(model, clock, &logs::older_key(model))
            .and_then(|sight| screens::logs::row_as_markdown(&model.logs, &sight)),
        Screen::Overview if model.overview.in_detail => {
            Some(overview::pane_as_markdown(&model.overview, fleet, clock, glyphs))
        }
        Screen::Overview => overview::row_as_markdown(&model.overview, fleet, clock, glyphs),
        Screen::Hosts if model.hosts.in_detail => Some(hosts::pane_as_markdown(&model.hosts, fleet, clock, glyphs)),
        Screen::Hosts => hosts::row_as_markdown(&model.hosts, fleet, clock, glyphs),
        Screen::Runbooks => {
            let shelf = procedures::shelf(model)?;
            if model.runbooks.in_detail {
                Some(runbooks::pane_as_markdown(&model.runbooks, shelf, clock, glyphs))
            } else {
                runbooks::row_as_markdown(&model.runbooks, shelf, clock, glyphs)
            }
        }
        Screen::Procedure | Screen::Deploy => None,
        Screen::Changes => changes::row_as_markdown(&model.changes, fleet, &model.runs, clock, glyphs),
        Screen::History if model.history.in_detail => {
            Some(history::pane_as_markdown(&model.history, &model.runs, clock, glyphs))
        }
        Screen::History => history::row_as_markdown(&model.history, &model.runs, clock, glyphs),
    });
    sent(model, text, "row", now)
}

/// The command of the step under the cursor, as a shell takes it.
fn command(model: &mut Model, now: Now) -> Vec<Effect> {
    let clock = model.told_by(now);
    let text = procedures::desk(model, clock).and_then(|desk| procedure::command(&model.procedure, &desk));
    let Some(text) = text else { return sent(model, None, "step", now) };
    let said = match procedures::has_command(model) {
        true => "Copied the command of the step.",
        false => "It has no command: its words are copied.",
    };
    model.say(said, now);
    vec![Effect::Copy(bounded(text).0)]
}

/// The command line that prints what the logs show; it stays on the screen long enough to be read.
pub fn view(model: &mut Model, now: Now) -> Vec<Effect> {
    let (Some(reading), Some(fleet)) = (&model.reading, &model.fleet) else { return Vec::new() };
    let filter = Filter { query: model.logs.query.clone(), ..model.logs.base.clone() };
    let (line, differs) =
        command_line(fleet, &reading.scope, (reading.since, reading.until), &filter, model.logs.follows());
    let (line, hidden) = covered(&line);
    let elsewhere = "it prints none of these lines: the hosts of a drill are inside this program";
    let differs = model.setup.drill.as_ref().map(|_| elsewhere).or(differs);
    let differs = differs.map(|differs| format!("; {differs}")).unwrap_or_default();
    model.say_for(format!("Copied{}{differs}: {line}", self::hidden(hidden)), STAYS, now);
    vec![Effect::Copy(bounded(line).0)]
}

/// The whole pane that has the keyboard.
pub fn pane(model: &mut Model, now: Now) -> Vec<Effect> {
    let (clock, glyphs) = (model.told_by(now), model.styles.glyphs);
    let text = model.fleet.as_ref().and_then(|fleet| match model.screen {
        Screen::Overview => Some(overview::pane_as_markdown(&model.overview, fleet, clock, glyphs)),
        Screen::Logs => logs::sight(model, clock, &logs::older_key(model)).map(|sight| {
            let list = layout(model.size).map(|layout| screens::logs::areas(layout.content, &model.logs, &sight).list);
            screens::logs::pane_as_markdown(&model.logs, &sight, list.map_or(0, |list| usize::from(list.height)))
        }),
        Screen::Hosts => Some(hosts::pane_as_markdown(&model.hosts, fleet, clock, glyphs)),
        Screen::Runbooks => {
            procedures::shelf(model).map(|shelf| runbooks::pane_as_markdown(&model.runbooks, shelf, clock, glyphs))
        }
        Screen::Procedure => {
            procedures::desk(model, clock).and_then(|desk| procedure::pane_as_markdown(&model.procedure, &desk))
        }
        Screen::Deploy => super::deploy::with_sight(model, clock, |sight, _| deploy::markdown(&model.deploy, sight)),
        Screen::Changes => Some(changes::pane_as_markdown(&model.changes, fleet, &model.runs, clock, glyphs)),
        Screen::History => Some(history::pane_as_markdown(&model.history, &model.runs, clock, glyphs)),
    });
    sent(model, text, "pane", now)
}

fn sent(model: &mut Model, text: Option<String>, what: &str, now: Now) -> Vec<Effect> {
    let Some(text) = text else {
        model.say("There is nothing to copy here.", now);
        return Vec::new();
    };
    // Lines of logs may hold what should not go round; the rest is ours, or was covered where it came from.
    let has_lines = matches!(model.screen, Screen::Logs | Screen::Overview);
    let (text, hidden) = if has_lines { covered(&text) } else { (text, 0) };
    let (text, cut) = bounded(text);
    let cut = if cut { ", cut at 64 KiB" } else { "" };
    model.say(format!("Copied the {what} as Markdown{cut}{}.", self::hidden(hidden)), now);
    vec![Effect::Copy(text)]
}

/// The text with what looks like secrets covered, and how many there were.
fn covered(text: &str) -> (String, u64) {
    let mut cover = SecretCover::default();
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| String::from_utf8_lossy(&cover.covered((), line.as_bytes())).into_owned())
        .collect();
    (lines.join("\n"), cover.count())
}

/// What is told of what was covered, behind a comma; nothing where nothing was.
pub fn hidden(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => ", 1 secret hidden".to_owned(),
        more => format!(", {more} secrets hidden"),
    }
}

/// As many whole lines as fit, and whether some did not.
pub fn bounded(mut text: String) -> (String, bool) {
    let cut = text.len() > MOST;
    if cut {
        let end = (0..=MOST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(text[..end].rfind('\n').map_or(end, |at| at + 1));
    }
    (text, cut)
}
