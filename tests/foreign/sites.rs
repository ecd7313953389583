//! The table of places that draw foreign text, and the table of those that write it out.

use quarterdeck::text::{Budget, Foreign, Ink, Row, RunStyle, fit, sanitize, wrap};
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Paragraph, Table};

/// Drawn by every site beside or below the foreign text, in no style: it must stay as it is.
pub const NEIGHBOUR: &str = "neighbour";

/// A place that draws foreign text.
pub struct Site {
    pub name: &'static str,
    /// Shown by the rules for names: different names must look different.
    pub name_rules: bool,
    pub draw: fn(&mut Frame<'_>, &[u8]),
}

/// A place that writes foreign text out.
pub struct Export {
    pub name: &'static str,
    pub write: fn(&[u8]) -> Vec<u8>,
}

/// Every place that draws foreign text.
pub const SITES: &[Site] = &[
    Site { name: "plain line", name_rules: false, draw: plain_line },
    Site { name: "identifier", name_rules: true, draw: identifier },
    Site { name: "styled line", name_rules: false, draw: styled_line },
    Site { name: "continuation rows", name_rules: false, draw: continuation_rows },
    Site { name: "wrapped paragraph", name_rules: false, draw: wrapped },
    Site { name: "table cell", name_rules: false, draw: table },
    Site { name: "pane title", name_rules: false, draw: title },
];

/// Every place that writes foreign text out.
pub const EXPORTS: &[Export] = &[
    Export { name: "plain", write: |text| Foreign::from(text).plain().into_bytes() },
    Export { name: "name", write: |text| Foreign::from(text).ident().into_bytes() },
    Export { name: "rows", write: |text| sanitize(text, Budget::rows()).text().into_bytes() },
    Export { name: "log line without looks", write: |text| sanitize(text, Budget::log()).text().into_bytes() },
    Export { name: "debug", write: |text| format!("{:?}", Foreign::from(text)).into_bytes() },
];

/// Puts raw bytes into a cell, as no site may.
pub const CARELESS_SYMBOL: Site = Site {
    name: "careless symbol",
    name_rules: false,
    draw: |frame, text| {
        if text.contains(&0x1B) {
            frame.buffer_mut()[(0, 0)].set_symbol(&String::from_utf8_lossy(text));
        }
    },
};

/// Hands raw bytes to a widget, as no site may.
pub const CARELESS_WIDGET: Site = Site {
    name: "careless widget",
    name_rules: false,
    draw: |frame, text| {
        let text = String::from_utf8_lossy(text).into_owned();
        frame.render_widget(Paragraph::new(text), frame.area());
    },
};

/// A frame whose last inner row holds the neighbour; gives back the space above it.
fn framed(frame: &mut Frame<'_>, block: Block<'_>) -> Rect {
    let inner = block.inner(frame.area());
    frame.render_widget(block, frame.area());
    let above = Rect { height: inner.height.saturating_sub(1), ..inner };
    let below = Rect { y: inner.y + above.height, height: inner.height - above.height, ..inner };
    frame.render_widget(NEIGHBOUR, below);
    above
}

fn plain_line(frame: &mut Frame<'_>, text: &[u8]) {
    let area = framed(frame, Block::bordered());
    frame.render_widget(Paragraph::new(Foreign::from(text).plain()), area);
}

fn identifier(frame: &mut Frame<'_>, text: &[u8]) {
    let columns = usize::from(frame.area().width) * 3 / 4;
    let name = fit(&Foreign::from(text).ident(), columns);
    frame.render_widget(Line::from(vec![Span::raw(name), Span::raw("│"), Span::raw(NEIGHBOUR)]), frame.area());
}

fn styled_line(frame: &mut Frame<'_>, text: &[u8]) {
    let area = framed(frame, Block::bordered());
    let clean = sanitize(text, Budget { one_line: true, ..Budget::log() });
    frame.render_widget(Text::from_iter(clean.rows.iter().map(line)), area);
}

fn continuation_rows(frame: &mut Frame<'_>, text: &[u8]) {
    let area = framed(frame, Block::new());
    let rows = sanitize(text, Budget::log()).rows;
    let lines = rows.iter().enumerate().map(|(index, row)| {
        let mut line = line(row);
        line.spans.insert(0, Span::raw(if index == 0 { "  " } else { "┊ " }));
        line
    });
    frame.render_widget(Text::from_iter(lines), area);
}

fn wrapped(frame: &mut Frame<'_>, text: &[u8]) {
    let area = framed(frame, Block::bordered());
    let rows = wrap(&Foreign::from(text).plain(), usize::from(area.width));
    frame.render_widget(Text::from_iter(rows), area);
}

fn table(frame: &mut Frame<'_>, text: &[u8]) {
    let text = Foreign::from(text).plain();
    let row = ratatui::widgets::Row::new([String::from("left"), text, String::from(NEIGHBOUR)]);
    let widths = [Constraint::Length(5), Constraint::Percentage(70), Constraint::Fill(1)];
    frame.render_widget(Table::new([row], widths).block(Block::bordered()), frame.area());
}

fn title(frame: &mut Frame<'_>, text: &[u8]) {
    let title = Foreign::from(text).plain();
    framed(frame, Block::bordered().title(title));
}

/// A row of clean text as the library's own line.
fn line(row: &Row) -> Line<'static> {
    Line::from_iter(row.runs.iter().map(|run| Span::styled(run.text.clone(), style(run.style))))
}

fn style(looks: RunStyle) -> Style {
    let ink = |ink| match ink {
        Ink::Ansi16(number) | Ink::Indexed(number) => Color::Indexed(number),
        Ink::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    };
    let mut style = Style { fg: looks.fg.map(ink), bg: looks.bg.map(ink), ..Style::default() };
    for (wanted, modifier) in [
        (looks.bold, Modifier::BOLD),
        (looks.dim, Modifier::DIM),
        (looks.italic, Modifier::ITALIC),
        (looks.underline, Modifier::UNDERLINED),
        (looks.reverse, Modifier::REVERSED),
        (looks.strike, Modifier::CROSSED_OUT),
    ] {
        if wanted {
            style = style.add_modifier(modifier);
        }
    }
    style
}
