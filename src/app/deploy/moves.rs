//! Cursor and clicks.

use super::{STILL, with_sight, wizard};
use crate::app::model::Model;
use crate::screens::deploy::part_at;
use crate::state::deploy::Page;
use crate::state::deploy::what::{Pick, Row};
use crate::ui::list::{Step, step};

/// Moves the cursor, or the text that has the keyboard.
pub fn go(model: &mut Model, to: Step) {
    let page = model.deploy.page;
    if page == Page::Run && model.deploy.in_detail {
        let sizes = with_sight(model, STILL, |sight, areas| {
            (sight.output.as_ref().map_or(0, |output| output.count), areas.map_or(0, |areas| areas.detail_size().1))
        });
        let Some((lines, height)) = sizes else { return };
        let most = lines.saturating_sub(height);
        let top = to.scrolled(model.procedure.output.unwrap_or(most), height);
        model.procedure.output = (top < most).then_some(top);
        return;
    }
    let follows = page == Page::Verdict && model.deploy.follows > 0;
    if model.deploy.in_detail || matches!(page, Page::Plan | Page::Verdict) && !follows {
        return model.deploy.scroll(to);
    }
    let height = model.deploy.window.height;
    if page == Page::What {
        let picks = with_sight(model, STILL, |sight, _| sight.choices().iter().map(Row::pick).collect::<Vec<_>>());
        let picks = picks.unwrap_or_default();
        let rows: Vec<usize> = (0..picks.len()).filter(|row| picks.get(*row).is_some_and(Option::is_some)).collect();
        let here = model.deploy.pick.as_ref().and_then(|pick| picks.iter().position(|one| one.as_ref() == Some(pick)));
        if let Some(pick) = step(here, &rows, to, height).and_then(|row| picks.get(row).cloned().flatten()) {
            model.deploy.pick = Some(pick);
            model.deploy.detail_top = 0;
        }
        return;
    }
    let parts = match follows {
        true => (0..model.deploy.follows).collect(),
        false => wizard(model).map(|wizard| wizard.parts(page)).unwrap_or_default(),
    };
    if let Some(part) = step(model.deploy.cursor(), &parts, to, height) {
        model.deploy.stand_on(part);
    }
}

/// Puts the cursor on what was clicked.
pub fn point(model: &mut Model, x: u16, y: u16) {
    enum Hit {
        Pick(Pick),
        Part(usize),
        Detail,
    }
    let hit = with_sight(model, STILL, |sight, areas| {
        let areas = areas?;
        let inside = |area: ratatui::layout::Rect| area.contains((x, y).into()) && y > area.y && y + 1 < area.bottom();
        if areas.detail.is_some_and(inside) {
            return Some(Hit::Detail);
        }
        let list = areas.list.filter(|list| inside(*list))?;
        let row = model.deploy.window.top + usize::from(y - list.y - 1);
        if model.deploy.page == Page::What {
            return sight.choices().get(row).and_then(Row::pick).map(Hit::Pick);
        }
        part_at(&model.deploy, sight, areas.list_columns(), row).map(Hit::Part)
    });
    match hit.flatten() {
        Some(Hit::Pick(pick)) => (model.deploy.pick, model.deploy.in_detail) = (Some(pick), false),
        Some(Hit::Part(part)) => {
            model.deploy.in_detail = false;
            model.deploy.stand_on(part);
        }
        Some(Hit::Detail) => model.deploy.in_detail = true,
        None => {}
    }
}
