//! Where clean text is collected: rows within their bounds, and what did not fit as a number.

use super::budget::Budget;
use super::decode::Decoded;
use super::run::{Clean, Row, Run};
use super::style::RunStyle;
use super::token;

/// Bytes kept free for the mark of a cut, so that a shown text never has to be cut again.
const RESERVE: usize = 32;

/// A place to which the collected text can be cut back.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    /// Full rows before it.
    rows: usize,
    /// Runs of its row.
    runs: usize,
    /// Bytes of the last of them.
    tail: usize,
    /// Columns of its row.
    width: usize,
    /// Bytes of its row.
    length: usize,
    /// Bytes of everything.
    total: usize,
    /// Its place in the decoded source.
    at: usize,
    /// Bytes said to be cut before it.
    cut: usize,
}

/// One thing to show.
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
    pub(super) width: usize,
    pub(super) style: RunStyle,
    pub(super) token: bool,
    /// The place in the decoded source behind it.
    pub(super) end: usize,
    /// The text may be cut behind it.
    pub(super) sealed: bool,
}

/// The collected rows.
pub(super) struct Sink<'s> {
    source: &'s Decoded<'s>,
    /// Bytes of the record that were not even decoded.
    beyond: usize,
    budget: Budget,
    rows: Vec<Row>,
    row: Row,
    length: usize,
    total: usize,
    tokens: usize,
    cut: usize,
    /// The last place in this row that leaves room for a mark.
    row_mark: Mark,
    /// The last place at all that leaves room for a mark.
    mark: Mark,
    /// This row is full; what follows up to the next one is only counted.
    muted: bool,
    done: bool,
}

impl<'s> Sink<'s> {
    pub(super) fn new(source: &'s Decoded<'s>, beyond: usize, budget: Budget) -> Self {
        Self {
            source,
            beyond,
            budget,
            rows: Vec::new(),
            row: Row::default(),
            length: 0,
            total: 0,
            tokens: 0,
            cut: 0,
            row_mark: Mark::default(),
            mark: Mark::default(),
            muted: false,
            done: false,
        }
    }

    /// Nothing more can be shown at all.
    pub(super) fn done(&self) -> bool {
        self.done
    }

    /// The column at which the next piece begins.
    pub(super) fn column(&self) -> usize {
        self.budget.start_column + self.row.width
    }

    /// The text before the next piece, as far back as a cluster can reach.
    pub(super) fn tail(&self) -> &str {
        let text = self.row.runs.last().map_or("", |run| run.text.as_str());
        let mut from = text.len().saturating_sub(super::cluster::BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        text.get(from..).unwrap_or_default()
    }

    /// Shows plain ASCII, each byte a cluster, ending at `end` in the source.
    pub(super) fn ascii(&mut self, text: &str, style: RunStyle, end: usize) {
        let room = self.row_soft().saturating_sub(self.length).min(self.total_soft().saturating_sub(self.total));
        let start = end.saturating_sub(text.len());
        let (fits, rest) = text.split_at(room.min(text.len()));
        for (text, end) in [(fits, start + fits.len()), (rest, end)] {
            if !text.is_empty() {
                self.push(Piece { text, width: text.len(), style, token: false, end, sealed: true });
            }
        }
    }

    /// Shows a token.
    pub(super) fn token(&mut self, text: &str, end: usize) {
        self.tokens += 1;
        self.push(Piece {
            text,
            width: super::width::width(text),
            style: RunStyle::TOKEN,
            token: true,
            end,
            sealed: true,
        });
    }

    /// Shows a piece, or finds that it does not fit.
    pub(super) fn push(&mut self, piece: Piece<'_>) {
        if self.done || self.muted {
            return;
        }
        let bytes = piece.text.len();
        if self.length + bytes > self.budget.shown_limit() {
            self.mute();
            return;
        }
        if self.total + bytes > self.budget.input_limit() {
            self.stop();
            return;
        }
        self.append(&piece);
        if piece.sealed {
            self.note(piece.end);
        }
    }

    /// Ends the row at a line feed.
    pub(super) fn line_feed(&mut self, at: usize) {
        if self.muted {
            self.close_muted(at);
        }
        if !self.done && self.total + 1 > self.budget.input_limit() {
            self.stop();
        }
        if self.done {
            return;
        }
        self.total += 1;
        self.rows.push(std::mem::take(&mut self.row));
        self.length = 0;
        self.row_mark = self.here(at + 1);
        self.note(at + 1);
    }

    /// Ends the text.
    pub(super) fn finish(mut self) -> Clean {
        let end = self.source.text.len();
        if self.muted {
            self.close_muted(end);
        } else if self.beyond > 0 && !self.done {
            if self.length > self.row_soft() {
                self.back_to(self.row_mark);
                self.close_muted(end);
            } else if self.total > self.total_soft() {
                self.stop();
            } else {
                self.say_cut(self.beyond);
            }
        }
        self.rows.push(self.row);
        while self.rows.len() > 1 && self.rows.last().is_some_and(|row| row.runs.is_empty()) {
            self.rows.pop();
        }
        Clean { rows: self.rows, tokens: self.tokens, cut: self.cut }
    }

    fn row_soft(&self) -> usize {
        self.budget.shown_limit() - RESERVE
    }

    fn total_soft(&self) -> usize {
        self.budget.input_limit() - RESERVE
    }

    fn append(&mut self, piece: &Piece<'_>) {
        self.length += piece.text.len();
        self.total += piece.text.len();
        self.row.width += piece.width;
        match self.row.runs.last_mut() {
            Some(run) if !run.token && !piece.token && run.style == piece.style => run.text.push_str(piece.text),
            _ => self.row.runs.push(Run { text: piece.text.to_owned(), style: piece.style, token: piece.token }),
        }
    }

    /// The present place, for cutting back to it.
    fn here(&self, at: usize) -> Mark {
        Mark {
            rows: self.rows.len(),
            runs: self.row.runs.len(),
            tail: self.row.runs.last().map_or(0, |run| run.text.len()),
            width: self.row.width,
            length: self.length,
            total: self.total,
            at,
            cut: self.cut,
        }
    }

    /// Remembers the present place where it leaves room for a mark.
    fn note(&mut self, at: usize) {
        if self.length <= self.row_soft() {
            self.row_mark = self.here(at);
            if self.total <= self.total_soft() {
                self.mark = self.row_mark;
            }
        }
    }

    /// This row is full: cuts it back to where a mark fits, and counts from there.
    fn mute(&mut self) {
        self.back_to(self.row_mark);
        self.muted = true;
    }

    /// Puts the mark behind a full row that ends at this place of the source.
    fn close_muted(&mut self, end: usize) {
        self.muted = false;
        if self.total > self.total_soft() {
            self.stop();
            return;
        }
        let last = end == self.source.text.len();
        let missing = self.source.source(end) - self.source.source(self.row_mark.at);
        self.say_cut(missing + if last { self.beyond } else { 0 });
    }

    /// Everything is full: cuts back to where a mark fits, and ends.
    fn stop(&mut self) {
        self.back_to(self.mark);
        self.done = true;
        let end = self.source.source(self.source.text.len()) + self.beyond;
        self.say_cut(end - self.source.source(self.mark.at));
    }

    fn say_cut(&mut self, bytes: usize) {
        self.cut += bytes;
        let text = token::cut(bytes, self.budget.ascii);
        let width = super::width::width(&text);
        self.append(&Piece { text: &text, width, style: RunStyle::TOKEN, token: true, end: 0, sealed: false });
    }

    fn back_to(&mut self, mark: Mark) {
        if mark.rows < self.rows.len() {
            self.rows.truncate(mark.rows + 1);
            self.row = self.rows.pop().unwrap_or_default();
        }
        self.row.runs.truncate(mark.runs);
        if let Some(run) = self.row.runs.last_mut() {
            run.text.truncate(mark.tail);
        }
        self.row.width = mark.width;
        self.length = mark.length;
        self.total = mark.total;
        self.cut = mark.cut;
    }
}
