//! A line of Markdown as pieces, each in one style.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::domain::procedure::{Inline, Style};
use crate::text::Foreign;

/// What stands in a line, with its places in the source.
pub type Pieces<'t> = Vec<(Event<'t>, Range<usize>)>;

/// Leaves out everything from `at` on.
pub fn cut(pieces: &mut Pieces<'_>, at: usize) {
    pieces.retain(|(_, range)| range.start < at);
    for (event, range) in pieces {
        if let Event::Text(text) = event
            && range.end > at
        {
            let kept = text.get(..at - range.start).unwrap_or_default().to_owned();
            *event = Event::Text(kept.into());
            range.end = at;
        }
    }
}

/// The pieces, neighbours of one style joined, without blanks at the end.
pub fn inlines(pieces: &Pieces<'_>) -> Vec<Inline> {
    let mut maker = Maker::default();
    for (event, _) in pieces {
        maker.take(event);
    }
    if let Some((text, ..)) = maker.done.last_mut() {
        text.truncate(text.trim_end().len());
    }
    let made = maker.done.into_iter().filter(|(text, ..)| !text.is_empty());
    made.map(|(text, style, link)| Inline { text: Foreign::from(text), style, link }).collect()
}

/// The same where a document has one line: a heading, an item, a cell of a table. What breaks it there is a blank.
pub fn one_line(pieces: &Pieces<'_>) -> Vec<Inline> {
    let mut all = inlines(pieces);
    for inline in all.iter_mut().filter(|inline| inline.text.raw().contains(&b'\n')) {
        let joined: Vec<u8> = inline.text.raw().iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
        inline.text = Foreign::from(joined);
    }
    all
}

/// The words of pieces in one line.
pub fn words(inlines: &[Inline]) -> String {
    let mut words = String::new();
    for inline in inlines {
        words.push_str(&String::from_utf8_lossy(inline.text.raw()));
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Maker {
    done: Vec<(String, Style, Option<String>)>,
    strong: usize,
    emphasis: usize,
    struck: usize,
    links: Vec<(String, usize)>,
}

impl Maker {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(text) => self.push(text, false),
            Event::Code(text) => self.push(text, true),
            Event::InlineHtml(html) | Event::Html(html) => self.html(html),
            Event::SoftBreak => self.push(" ", false),
            Event::HardBreak => self.push("\n", false),
            Event::FootnoteReference(label) => self.push(&format!("[^{label}]"), false),
            Event::InlineMath(text) => self.push(&format!("${text}$"), false),
            Event::DisplayMath(text) => self.push(&format!("$${text}$$"), false),
            Event::TaskListMarker(_) | Event::Rule => {}
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strikethrough => self.struck += 1,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((dest_url.to_string(), self.done.len()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: &TagEnd) {
        match tag {
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => {
                // A link without words, such as a picture without a description, shows where it leads.
                if let Some((to, began)) = self.links.last().cloned()
                    && self.done.len() == began
                {
                    self.push(&to, false);
                }
                self.links.pop();
            }
            _ => {}
        }
    }

    fn html(&mut self, html: &str) {
        let bare: String = html.chars().filter(|c| !c.is_whitespace()).collect();
        if html.starts_with("<!--") {
            return;
        }
        if ["<br>", "<br/>"].contains(&bare.to_ascii_lowercase().as_str()) {
            self.push("\n", false);
        } else {
            self.push(html, false);
        }
    }

    fn push(&mut self, text: &str, code: bool) {
        let style = Style { strong: self.strong > 0, emphasis: self.emphasis > 0, code, struck: self.struck > 0 };
        // A picture inside a link leads where the link leads.
        let link = self.links.first().map(|(to, _)| to.clone());
        let began = self.links.last().map_or(0, |(_, began)| *began);
        let joined = self.done.len() > began;
        match self.done.last_mut().filter(|(_, other, to)| joined && *other == style && *to == link) {
            Some((known, ..)) => known.push_str(text),
            None => self.done.push((text.to_owned(), style, link)),
        }
    }
}
