//! The themes to switch to while the console is open: the built-in ones and the person's own.

use super::model::Model;
use crate::domain::Now;
use crate::style::{Styles, Theme};

/// All of them, one's own in the place of a built-in one of the same name.
fn all(model: &Model) -> Vec<Theme> {
    let own = model.setup.themes.iter().chain(&model.setup.theme);
    let mut all = Theme::all_builtin();
    for theme in own {
        match all.iter_mut().find(|known| known.name == theme.name) {
            Some(known) => known.clone_from(theme),
            None => all.push(theme.clone()),
        }
    }
    all
}

/// Puts the next one on, the first after the last.
pub(super) fn next(model: &mut Model, now: Now) {
    let all = all(model);
    let here = all.iter().position(|theme| theme.name == model.theme);
    let place = here.map_or(0, |here| (here + 1) % all.len().max(1));
    let Some(theme) = all.get(place) else { return };
    model.styles = Styles::new(theme, model.styles.depth, model.styles.set);
    model.theme.clone_from(&theme.name);
    model.say(format!("Theme {}, {} of {}.", theme.name, place + 1, all.len()), now);
}
