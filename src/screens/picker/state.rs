//! The choices of the picker and where its cursor is.

use std::sync::Arc;

use crate::domain::{Environment, Site};
use crate::ui::list::{Step, step};
use crate::ui::{Field, Filter, Window};

/// One environment that can be opened.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The site, with all its environments.
    pub site: Arc<Site>,
    /// Place of the environment in the site.
    pub place: usize,
    /// Whether it is open now.
    pub open: bool,
}

impl Choice {
    /// The environment.
    pub fn environment(&self) -> Option<&Environment> {
        self.site.environments.get(self.place)
    }
}

/// The state of the picker.
#[derive(Debug, Default)]
pub struct State {
    /// What was typed to find one.
    pub filter: Field,
    /// Place of the choice under the cursor, among all.
    pub cursor: Option<usize>,
    /// The rows on screen.
    pub window: Window,
    choices: Vec<Choice>,
}

impl State {
    /// All environments of all sites. The cursor begins on the open one, else on the first that is not protected,
    /// else nowhere: production is never the silent default.
    pub fn new(sites: &[Arc<Site>], open: Option<&Environment>) -> Self {
        let is_open = |environment: &Environment| {
            open.is_some_and(|open| open.site == environment.site && open.name == environment.name)
        };
        let of_site = |site: &Arc<Site>| {
            let site = site.clone();
            let count = site.environments.len();
            (0..count).map(move |place| {
                let open = site.environments.get(place).is_some_and(is_open);
                Choice { site: site.clone(), place, open }
            })
        };
        let choices: Vec<Choice> = sites.iter().flat_map(of_site).collect();
        let free = |choice: &Choice| choice.environment().is_some_and(|environment| !environment.protected);
        let cursor = choices.iter().position(|choice| choice.open).or_else(|| choices.iter().position(free));
        Self { cursor, choices, ..Self::default() }
    }

    /// The choices that pass what was typed, each with its place among all.
    pub fn rows(&self) -> Vec<(usize, &Choice)> {
        let filter = Filter::parse(self.filter.text());
        let passes = |(_, choice): &(usize, &Choice)| {
            let environment = choice.environment().map(|environment| environment.name.to_string()).unwrap_or_default();
            filter.passes(&format!("{} {environment} {}", choice.site.name, choice.site.title.plain()))
        };
        self.choices.iter().enumerate().filter(passes).collect()
    }

    /// The place of the cursor among the rows.
    pub fn place(&self, rows: &[(usize, &Choice)]) -> Option<usize> {
        rows.iter().position(|(place, _)| Some(*place) == self.cursor)
    }

    /// Moves the cursor.
    pub fn go(&mut self, to: Step) {
        let rows = self.rows();
        let all: Vec<usize> = (0..rows.len()).collect();
        let next = step(self.place(&rows), &all, to, self.window.height);
        if let Some((place, _)) = next.and_then(|n| rows.get(n)) {
            self.cursor = Some(*place);
        }
    }

    /// Puts the cursor on the row at a line on screen; says whether it was there already.
    pub fn point(&mut self, line: usize) -> bool {
        let chosen = self.rows().get(self.window.top + line).map(|(place, _)| *place);
        chosen.is_some() && std::mem::replace(&mut self.cursor, chosen) == chosen
    }

    /// After every event: the cursor stands on a row that passes. A filter that leaves only one row puts it there,
    /// because typing a name is choosing it.
    pub fn settle(&mut self, height: usize) {
        let rows = self.rows();
        let mut place = self.place(&rows);
        if place.is_none() && !self.filter.text().is_empty() {
            let free = |(_, choice): &(usize, &Choice)| choice.environment().is_some_and(|it| !it.protected);
            place = if rows.len() == 1 { Some(0) } else { rows.iter().position(free) };
        }
        let count = rows.len();
        self.cursor = place.and_then(|place| rows.get(place)).map(|(place, _)| *place);
        self.window.keep(place, count, height);
    }

    /// The choice under the cursor.
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.get(self.cursor?)
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.choices.len()
    }
}
