//! A mistake in a file: where, what is wrong, what to do about it; and how a person reads it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::source::{Place, Source, Span};
use crate::text::{self, Foreign};

/// Columns of a source line that are shown around the caret.
const SHOWN: usize = 110;
/// Characters of a foreign word that a message repeats.
const QUOTED: usize = 60;
/// Mistakes that one file may have before the rest is only counted.
const MOST: usize = 500;

/// Whether a file can be used in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file can't be used.
    Mistake,
    /// It can be used, and somebody should look.
    Warning,
}

/// One mistake. `message` and `hint` are safe to print; the source line is foreign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// How bad it is.
    pub severity: Severity,
    /// The file, as it was named by who asked.
    pub file: PathBuf,
    /// Line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    /// How many characters are wrong, 1 at least.
    pub length: usize,
    /// The line itself.
    pub source_line: Foreign,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Mistake {
    /// A mistake of a file or folder as a whole.
    pub fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Mistake,
            file: file.to_path_buf(),
            line: 0,
            column: 0,
            length: 1,
            source_line: Foreign::default(),
            message: message.into(),
            hint: None,
        }
    }

    /// A mistake at a line and a column of `text`, which is the file's.
    pub fn of_line(file: &Path, text: &str, line: usize, column: usize, message: impl Into<String>) -> Self {
        let source_line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let source_line = Foreign::from(text::without_credentials(source_line));
        Self { line, column, source_line, ..Self::of_file(file, message) }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same as a warning.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The first line: place and message.
    pub fn headline(&self) -> String {
        let file = path(&self.file);
        let warning = if self.severity == Severity::Warning { "warning: " } else { "" };
        if self.line == 0 {
            format!("{file}: {warning}{}", self.message)
        } else {
            format!("{file}:{}:{}: {warning}{}", self.line, self.column, self.message)
        }
    }

    /// The whole of it for a person: the headline, the line with a caret, the hint. Ends with a line end.
    pub fn render(&self) -> String {
        let mut out = self.headline();
        out.push('\n');
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        if self.line > 0 {
            let (line, before, length) = self.window();
            let carets = "^".repeat(length.max(1));
            // Writing to a string can't fail.
            let _ = writeln!(out, "  {number} | {line}");
            let _ = writeln!(out, "  {margin} | {}{carets}", " ".repeat(before));
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "  {margin} = {hint}");
        }
        out
    }

    /// The part of the line that is shown, the columns before the caret, and the caret's length.
    fn window(&self) -> (String, usize, usize) {
        let line = self.source_line.raw();
        let line = String::from_utf8_lossy(line);
        let at = self.column.saturating_sub(1);
        let total = line.chars().count();
        let start = if total > SHOWN && at > SHOWN / 2 { at - SHOWN / 2 } else { 0 };
        let safe = |from: usize, count: usize| -> String {
            let part: String = line.chars().skip(from).take(count).collect();
            Foreign::from(part.replace('\t', " ")).plain()
        };
        let before = safe(start, at.saturating_sub(start));
        let marked = safe(at, self.length.min(SHOWN / 2));
        let shown = before.chars().count() + marked.chars().count();
        let after = safe(at + self.length.min(SHOWN / 2), SHOWN.saturating_sub(shown));
        let cut_left = if start > 0 { "…" } else { "" };
        let cut_right = if start + SHOWN < total { "…" } else { "" };
        let indent = text::width(cut_left) + text::width(&before);
        let length = text::width(&marked);
        (format!("{cut_left}{before}{marked}{after}{cut_right}"), indent, length)
    }
}

/// All of them for a person, an empty line between each two.
pub fn render(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::render).collect::<Vec<_>>().join("\n")
}

/// A foreign word between backticks, made safe and not too long.
pub fn quoted(word: &str) -> String {
    let mut safe = Foreign::from(text::without_credentials(word)).plain();
    if safe.chars().count() > QUOTED {
        safe = safe.chars().take(QUOTED).chain(['…']).collect();
    }
    format!("`{safe}`")
}

/// A path made safe to print.
pub fn path(path: &Path) -> String {
    Foreign::from(path.as_os_str().as_encoded_bytes()).plain()
}

/// The nearest of `known` to `word`, if it is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 80;
    const MOST: usize = 1000;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let allowed = word.chars().count().div_ceil(3).max(1);
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .take(MOST)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Collects the mistakes of one file. The same mistake at the same place is kept once, with all whom it concerns.
#[derive(Debug)]
pub struct Sink<'s> {
    source: &'s Source,
    entries: Vec<Entry>,
    unlisted: usize,
}

#[derive(Debug)]
struct Entry {
    span: Span,
    severity: Severity,
    message: String,
    hint: Option<String>,
    concerned: Vec<String>,
}

impl<'s> Sink<'s> {
    /// An empty collection for this file.
    pub fn new(source: &'s Source) -> Self {
        Self { source, entries: Vec::new(), unlisted: 0 }
    }

    /// The file.
    pub fn source(&self) -> &'s Source {
        self.source
    }

    /// A mistake at this place that is not noted: it has no words yet.
    pub fn at(&self, span: &Span) -> Mistake {
        let entry = Entry {
            span: span.clone(),
            severity: Severity::Mistake,
            message: String::new(),
            hint: None,
            concerned: Vec::new(),
        };
        entry.into_mistake(self.source)
    }

    /// Whether more mistakes are only counted, so that nothing need be thought out for them.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= MOST
    }

    /// Notes a mistake.
    pub fn add(&mut self, span: &Span, message: impl Into<String>) {
        self.note(span, message.into(), None, None, Severity::Mistake);
    }

    /// Notes a mistake and what to do about it.
    pub fn add_hint(&mut self, span: &Span, message: impl Into<String>, hint: impl Into<String>) {
        self.note(span, message.into(), Some(hint.into()), None, Severity::Mistake);
    }

    /// Notes a mistake that shows only for some service or environment.
    pub fn add_for(&mut self, span: &Span, message: impl Into<String>, hint: Option<String>, concerned: String) {
        let concerned = (!concerned.is_empty()).then_some(concerned);
        self.note(span, message.into(), hint, concerned, Severity::Mistake);
    }

    /// Notes something that does not stop the file from being used.
    pub fn warn(&mut self, span: &Span, message: impl Into<String>, hint: Option<String>) {
        self.note(span, message.into(), hint, None, Severity::Warning);
    }

    /// Notes a word that is none of `known`, with the nearest of them.
    pub fn unknown<'a>(
        &mut self,
        span: &Span,
        message: String,
        word: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        let hint = did_you_mean(word, known);
        self.note(span, message, hint, None, Severity::Mistake);
    }

    fn note(
        &mut self,
        span: &Span,
        message: String,
        hint: Option<String>,
        concerned: Option<String>,
        severity: Severity,
    ) {
        let known =
            self.entries.iter_mut().rev().find(|entry| entry.span.start == span.start && entry.message == message);
        if let Some(entry) = known {
            entry.concerned.extend(concerned.filter(|new| !entry.concerned.contains(new)));
            return;
        }
        if self.entries.len() == MOST {
            self.unlisted += 1;
            return;
        }
        let concerned = concerned.into_iter().collect();
        self.entries.push(Entry { span: span.clone(), severity, message, hint, concerned });
    }

    /// All mistakes in the order of the file.
    pub fn finish(mut self) -> Vec<Mistake> {
        self.entries.sort_by_key(|entry| entry.span.start);
        let source = self.source;
        let mut all: Vec<Mistake> = self.entries.into_iter().map(|entry| entry.into_mistake(source)).collect();
        if self.unlisted > 0 {
            all.push(Mistake::of_file(source.file(), format!("{} more mistakes are not listed", self.unlisted)));
        }
        all
    }
}

impl Entry {
    fn into_mistake(self, source: &Source) -> Mistake {
        let Place { line, column, text } = source.place(self.span.start);
        let marked = source.slice(&self.span);
        let length = marked.lines().next().unwrap_or_default().chars().count().max(1);
        let message = match self.concerned.as_slice() {
            [] => self.message,
            [one] => format!("{} ({one})", self.message),
            [one, two] => format!("{} ({one}, {two})", self.message),
            [one, two, rest @ ..] => format!("{} ({one}, {two} and {} more)", self.message, rest.len()),
        };
        Mistake {
            severity: self.severity,
            file: source.file().to_path_buf(),
            line,
            column,
            length,
            source_line: Foreign::from(text::without_credentials(text)),
            message,
            hint: self.hint,
        }
    }
}

/// The hint for a word that is none of `known`: the nearest of them, or all of them when they are few.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(near) = nearest(word, known.clone()) {
        return Some(format!("did you mean {}?", quoted(near)));
    }
    let all: Vec<String> = known.into_iter().take(13).map(quoted).collect();
    (!all.is_empty() && all.len() <= 12).then(|| format!("known here: {}", all.join(", ")))
}
