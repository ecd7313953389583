//! A screen as a picture: with colours as SVG, for people, and as escape sequences, to look at in a terminal.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fmt::Write as _;

use quarterdeck::text::width;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

const CELL: (f64, f64) = (8.4, 18.0);
/// What stands for the terminal's own colours.
const GROUND: &str = "#10131a";
const INK: &str = "#dce0e7";

fn hex(colour: Color, plain: &str) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => plain.to_owned(),
    }
}

/// Ink and ground of a cell, the other way round where it says so.
fn colours(cell: &Cell) -> (String, String) {
    let (ink, ground) = (hex(cell.fg, INK), hex(cell.bg, GROUND));
    if cell.modifier.contains(Modifier::REVERSED) { (ground, ink) } else { (ink, ground) }
}

/// The ground that most of the screen has: that of the corner below.
fn ground(buffer: &Buffer) -> String {
    let area = buffer.area;
    buffer
        .cell((area.right().saturating_sub(1), area.bottom().saturating_sub(1)))
        .map_or(GROUND.to_owned(), |cell| hex(cell.bg, GROUND))
}

struct Run {
    x: u16,
    columns: u16,
    text: String,
    ink: String,
    ground: String,
    bold: bool,
    underlined: bool,
}

fn runs(buffer: &Buffer, y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut covered = 0;
    for x in 0..buffer.area.width {
        if covered > 0 {
            covered -= 1;
            continue;
        }
        let cell: &Cell = &buffer[(x, y)];
        let columns = width(cell.symbol()).max(1);
        covered = columns - 1;
        let columns = u16::try_from(columns).unwrap();
        let (ink, ground) = colours(cell);
        let bold = cell.modifier.contains(Modifier::BOLD);
        let underlined = cell.modifier.contains(Modifier::UNDERLINED);
        match runs.last_mut() {
            Some(run) if run.ink == ink && run.ground == ground && run.bold == bold && run.underlined == underlined => {
                run.text.push_str(cell.symbol());
                run.columns += columns;
            }
            _ => runs.push(Run { x, columns, text: cell.symbol().to_owned(), ink, ground, bold, underlined }),
        }
    }
    runs
}

/// The screen as SVG.
pub fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (wide, high) = (columns * CELL.0 + 16.0, rows * CELL.1 + 16.0);
    let paper = ground(buffer);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.1} {high:.1}\" font-family=\"'JetBrains Mono', \
         'DejaVu Sans Mono', monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{paper}\"/>\n"
    );
    for y in 0..buffer.area.height {
        let top = 8.0 + f64::from(y) * CELL.1;
        for run in runs(buffer, y) {
            let (x, long) = (8.0 + f64::from(run.x) * CELL.0, f64::from(run.columns) * CELL.0);
            if run.ground != paper {
                let ground = &run.ground;
                writeln!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{long:.1}\" height=\"18\" fill=\"{ground}\"/>"
                )
                .unwrap();
            }
            if run.text.trim().is_empty() {
                continue;
            }
            let mut looks = String::new();
            if run.bold {
                looks.push_str(" font-weight=\"bold\"");
            }
            if run.underlined {
                looks.push_str(" text-decoration=\"underline\"");
            }
            let text = run.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let (base, ink) = (top + 13.5, &run.ink);
            writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{base:.1}\" textLength=\"{long:.1}\" fill=\"{ink}\" xml:space=\"preserve\"{looks}>{text}</text>"
            )
            .unwrap();
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The screen as escape sequences.
pub fn ansi(buffer: &Buffer) -> String {
    let colour = |colour: Color, layer: u8| match colour {
        Color::Rgb(r, g, b) => format!("\u{1b}[{layer}8;2;{r};{g};{b}m"),
        _ => format!("\u{1b}[{layer}9m"),
    };
    let mut text = String::from("\u{1b}[2J\u{1b}[H\u{1b}[?25l");
    for y in 0..buffer.area.height {
        write!(text, "\u{1b}[{};1H", y + 1).unwrap();
        let mut covered = 0;
        for x in 0..buffer.area.width {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            let cell = &buffer[(x, y)];
            covered = width(cell.symbol()).saturating_sub(1);
            text.push_str("\u{1b}[0m");
            text.push_str(&colour(cell.fg, 3));
            text.push_str(&colour(cell.bg, 4));
            if cell.modifier.contains(Modifier::BOLD) {
                text.push_str("\u{1b}[1m");
            }
            if cell.modifier.contains(Modifier::UNDERLINED) {
                text.push_str("\u{1b}[4m");
            }
            if cell.modifier.contains(Modifier::REVERSED) {
                text.push_str("\u{1b}[7m");
            }
            text.push_str(cell.symbol());
        }
    }
    text
}
