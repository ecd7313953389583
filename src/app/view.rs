//! Draws the model. Changes nothing; says when it will next look different by itself.

use ratatui::Frame;
use ratatui::text::Line;

use super::model::Model;
use crate::domain::{Moment, Now};

/// Draws one frame and returns the moment at which the same model would first look different, if ever.
pub fn view(model: &Model, frame: &mut Frame<'_>, _now: Now) -> Option<Moment> {
    let site = model.environment.as_ref().map_or("quarterdeck", |environment| environment.site.as_str());
    frame.render_widget(Line::raw(format!("{site}   q quit")), frame.area());
    None
}
