//! Where things stand on the terminal: the band, the strip, the tabs, the screen, the hints.

use ratatui::layout::Rect;

/// Narrower than this nothing sensible can be shown.
pub const LEAST_COLUMNS: u16 = 60;
/// Lower than this nothing sensible can be shown.
pub const LEAST_ROWS: u16 = 16;
/// From this height on the strip has a row of its own, which is kept also when it is empty: nothing jumps.
const ROOMY: u16 = 30;

/// The parts of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Where we are, how the hosts are, what time it is.
    pub band: Rect,
    /// What a person must know now.
    pub strip: Rect,
    /// The names of the screens.
    pub tabs: Rect,
    /// The screen.
    pub content: Rect,
    /// The keys that matter here.
    pub hints: Rect,
}

/// Divides a terminal; `None` when it is too small.
pub fn layout((columns, rows): (u16, u16)) -> Option<Layout> {
    if columns < LEAST_COLUMNS || rows < LEAST_ROWS {
        return None;
    }
    let row = |y: u16| Rect::new(0, y, columns, 1);
    let hints = row(rows - 1);
    if rows < ROOMY {
        // The strip stands behind the tabs, which make room for it when it has something to say.
        let strip = Rect { x: columns, width: 0, ..row(1) };
        return Some(Layout { band: row(0), strip, tabs: row(1), content: Rect::new(0, 2, columns, rows - 3), hints });
    }
    let content = Rect::new(0, 3, columns, rows - 5);
    Some(Layout { band: row(0), strip: row(1), tabs: row(2), content, hints })
}

impl Layout {
    /// Whether the strip stands in the row of the tabs.
    pub fn is_low(&self) -> bool {
        self.strip.y == self.tabs.y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_and_nothing_is_outside() {
        for columns in 60..220 {
            for rows in 16..80 {
                let parts = layout((columns, rows)).map(|l| [l.band, l.strip, l.tabs, l.content, l.hints]);
                let Some(parts) = parts else { continue };
                let screen = Rect::new(0, 0, columns, rows);
                for (n, part) in parts.iter().enumerate() {
                    assert_eq!(screen.intersection(*part), *part, "{columns}x{rows}");
                    assert!(parts[..n].iter().all(|other| !other.intersects(*part)), "{columns}x{rows}");
                }
            }
        }
        assert_eq!((layout((59, 40)), layout((200, 15))), (None, None));
    }
}
