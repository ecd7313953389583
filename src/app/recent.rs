//! Lines that a person typed lately, each once.

/// The newest lines, as many as are remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// The newest first.
    lines: Vec<String>,
    most: usize,
}

impl Recent {
    /// Remembers so many.
    pub fn of(most: usize) -> Self {
        Self { lines: Vec::new(), most }
    }

    /// This one was typed just now.
    pub fn put(&mut self, line: String) {
        self.lines.retain(|one| *one != line);
        self.lines.insert(0, line);
        self.lines.truncate(self.most);
    }

    /// These, the newest first, were typed before all that are here.
    pub fn put_before(&mut self, older: &[String]) {
        let new: Vec<String> = older.iter().filter(|line| !self.lines.contains(line)).cloned().collect();
        self.lines.extend(new);
        self.lines.truncate(self.most);
    }

    /// The newest first.
    pub fn newest_first(&self) -> &[String] {
        &self.lines
    }

    /// The oldest first.
    pub fn oldest_first(&self) -> Vec<String> {
        self.lines.iter().rev().cloned().collect()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.lines.clear();
    }
}
