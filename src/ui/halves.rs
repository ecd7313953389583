//! A list with the details of its row beside it, or the one before the other where the screen is narrow.

use ratatui::layout::Rect;

/// The two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Halves {
    /// The list, with its frame.
    pub list: Option<Rect>,
    /// The details, with their frame.
    pub detail: Option<Rect>,
}

impl Halves {
    /// Rows of the list between its frame and its headings.
    pub fn list_rows(&self) -> usize {
        self.list.map_or(0, |area| usize::from(area.height.saturating_sub(3)))
    }

    /// Lines of the details inside their frame.
    pub fn detail_rows(&self) -> usize {
        self.detail.map_or(0, |area| usize::from(area.height.saturating_sub(2)))
    }

    /// Columns of the details inside their frame and margin.
    pub fn detail_columns(&self) -> usize {
        self.detail.map_or(0, |area| usize::from(area.width.saturating_sub(4)))
    }
}

/// How a screen is divided: all in columns.
#[derive(Debug, Clone, Copy)]
pub struct Split {
    /// Below this width the details have no pane of their own beside the list.
    pub beside: u16,
    /// Of each hundred columns the details get this many.
    pub share: u16,
    /// What they get at least.
    pub least: u16,
    /// What they get at most.
    pub most: u16,
}

impl Split {
    /// Divides an area: `zoomed` gives all of it to the details, and so does `in_detail` where it is narrow.
    pub fn of(&self, area: Rect, zoomed: bool, in_detail: bool) -> Halves {
        if zoomed || (area.width < self.beside && in_detail) {
            return Halves { list: None, detail: Some(area) };
        }
        if area.width < self.beside {
            return Halves { list: Some(area), detail: None };
        }
        let side = (area.width * self.share / 100).clamp(self.least, self.most);
        let list = Rect { width: area.width - side, ..area };
        Halves { list: Some(list), detail: Some(Rect { x: list.right(), width: side, ..area }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPLIT: Split = Split { beside: 100, share: 40, least: 42, most: 80 };

    #[test]
    fn both_stand_beside_each_other_where_there_is_room_and_fill_it() {
        for (width, list, detail) in [(100, 58, 42), (120, 72, 48), (240, 160, 80)] {
            let halves = SPLIT.of(Rect::new(3, 2, width, 20), false, true);
            assert_eq!(halves.list, Some(Rect::new(3, 2, list, 20)));
            assert_eq!(halves.detail, Some(Rect::new(3 + list, 2, detail, 20)));
        }
    }

    #[test]
    fn where_it_is_narrow_or_zoomed_one_has_it_all() {
        let narrow = Rect::new(0, 0, 80, 20);
        assert_eq!(SPLIT.of(narrow, false, false), Halves { list: Some(narrow), detail: None });
        assert_eq!(SPLIT.of(narrow, false, true), Halves { list: None, detail: Some(narrow) });
        let wide = Rect::new(0, 0, 200, 20);
        assert_eq!(SPLIT.of(wide, true, false), Halves { list: None, detail: Some(wide) });
    }
}
