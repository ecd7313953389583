//! What is asked for, and what was typed.

use crate::domain::query::Mistake;
use crate::port::keepsake::Bookmark;
use crate::text::Foreign;
use crate::ui::Field;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// From when to when logs are read; `UTC` or the name of the zone in which times of day are meant.
    Span(String),
    /// What a person says of this line.
    Note(Box<Bookmark>),
    /// The name under which this query is kept.
    FilterName(String),
}

/// The state of the dialog.
#[derive(Debug)]
pub struct State {
    /// What is asked for.
    pub what: What,
    /// What was typed.
    pub field: Field,
    /// Why it was not taken; it goes with the next letter.
    mistake: Option<(String, Mistake)>,
}

impl State {
    /// Nothing was typed yet but this.
    pub fn new(what: What, typed: &str) -> Self {
        let mut field = Field::default();
        field.paste(typed);
        Self { what, field, mistake: None }
    }

    /// It can't be taken as it is.
    pub fn refuse(&mut self, mistake: Mistake) {
        self.mistake = Some((self.field.text().to_owned(), mistake));
    }

    /// What is wrong with what stands there.
    pub fn mistake(&self) -> Option<&Mistake> {
        self.mistake.as_ref().filter(|(typed, _)| typed == self.field.text()).map(|(_, mistake)| mistake)
    }

    /// What it is called.
    pub fn title(&self) -> &'static str {
        match self.what {
            What::Span(_) => "Read a span of time",
            What::Note(_) => "Bookmark with a note",
            What::FilterName(_) => "Keep the filter",
        }
    }

    /// What stands before the field.
    pub fn label(&self) -> &'static str {
        match self.what {
            What::Span(_) => "span",
            What::Note(_) => "note",
            What::FilterName(_) => "name",
        }
    }

    /// What may be typed.
    pub fn help(&self) -> String {
        match &self.what {
            What::Span(zone) => format!(
                "10:30 · yesterday 22:00..23:15 · -2h..-1h · 2026-11-21 03:00..04:00 · without an end it goes on with \
                 what comes · times of day are {zone}, as the lines show them"
            ),
            What::Note(bookmark) => {
                let (host, plain) = (&bookmark.place.origin.host, |text: &str| Foreign::from(text).plain());
                let time = bookmark.moment.strftime("%m-%d %H:%M:%S UTC");
                format!("{time}  {host}  {}  {}", plain(&bookmark.speaker), plain(&bookmark.text))
            }
            What::FilterName(query) => Foreign::from(query.as_str()).plain(),
        }
    }
}
