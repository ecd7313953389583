//! The sanitizer: one pure pass from raw bytes to clean rows, in linear time.

use unicode_segmentation::UnicodeSegmentation;

use super::budget::Budget;
use super::class::{Before, Class, ZWNJ, class, in_company};
use super::cluster::{Shown, judge, on_circle};
use super::decode::{Decoded, head};
use super::escape::{self, Kind};
use super::run::Clean;
use super::sgr;
use super::sink::{Piece, Sink};
use super::style::RunStyle;
use super::token;

/// Columns between tab stops.
const TAB: usize = 8;

/// Makes foreign bytes safe to show: nothing that comes out can move the cursor, hide, forge a
/// row or stand in a neighbour's place. Sanitising the result again changes nothing.
pub fn sanitize(bytes: &[u8], budget: Budget) -> Clean {
    let mut record = head(bytes, budget.input_limit());
    let beyond = bytes.len() - record.len();
    if beyond == 0 && !budget.strict {
        // Line ends at the end of the record mean nothing; elsewhere they are shown.
        while let [rest @ .., b'\r' | b'\n'] = record {
            record = rest;
        }
    }
    let source = Decoded::new(record);
    let walk = Walk {
        text: &source.text,
        at: 0,
        budget,
        style: RunStyle::default(),
        seam: false,
        sink: Sink::new(&source, beyond, budget),
    };
    walk.run()
}

/// One sanitised row of a text without colours: what widgets print.
pub fn plain(text: &str) -> String {
    sanitize(text.as_bytes(), Budget::line()).text()
}

/// The state of one pass over one record.
struct Walk<'s> {
    text: &'s str,
    at: usize,
    budget: Budget,
    style: RunStyle,
    /// A colour sequence stood directly before this place and left no trace in the text.
    seam: bool,
    sink: Sink<'s>,
}

impl Walk<'_> {
    fn run(mut self) -> Clean {
        while let Some(&byte) = self.text.as_bytes().get(self.at) {
            if self.sink.done() {
                break;
            }
            match byte {
                b' '..=b'~' => self.ascii(),
                b'\n' if !self.budget.one_line => {
                    self.sink.line_feed(self.at);
                    self.at += 1;
                    self.seam = false;
                }
                b'\t' if !self.budget.strict => self.tab(),
                0x1B => self.escape(),
                0x00..=0x1F | 0x7F => self.token(&token::picture(byte, self.budget.ascii), 1),
                0xC2 if self.escape_here() => self.escape(),
                _ => self.stretch(),
            }
        }
        self.sink.finish()
    }

    /// Shows a token in place of the next `bytes` bytes.
    fn token(&mut self, text: &str, bytes: usize) {
        self.at += bytes;
        self.seam = false;
        self.sink.token(text, self.at);
    }

    /// Whether a C1 introducer stands here.
    fn escape_here(&self) -> bool {
        escape::read(self.text, self.at).is_some()
    }

    fn escape(&mut self) {
        let ascii = self.budget.ascii;
        let Some(escape) = escape::read(self.text, self.at) else {
            return;
        };
        let name = match escape.kind {
            Kind::Looks(body) if self.budget.colours => match sgr::apply(&mut self.style, body) {
                Some(code) => format!("sgr {code}"),
                None => {
                    self.at = escape.end;
                    self.seam = true;
                    return;
                }
            },
            Kind::Looks(_) => String::from("sgr"),
            Kind::Other(name) => name,
        };
        self.token(&token::named(&name, ascii), escape.end - self.at);
    }

    fn tab(&mut self) {
        const SPACES: &str = "        ";
        let width = TAB - self.sink.column() % TAB;
        self.at += 1;
        self.seam = false;
        let text = SPACES.get(..width).unwrap_or(SPACES);
        let style = self.style.readable();
        self.sink.push(Piece { text, width, style, token: false, end: self.at, sealed: true });
    }

    /// Plain ASCII at full speed, except a last character that something may combine with.
    fn ascii(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| !matches!(byte, b' '..=b'~')).unwrap_or(rest.len());
        let length = if rest.get(length).is_some_and(|byte| *byte >= 0x80) { length - 1 } else { length };
        if length == 0 {
            self.stretch();
            return;
        }
        let text = &self.text[self.at..self.at + length];
        self.at += length;
        self.seam = false;
        self.sink.ascii(text, self.style.readable(), self.at);
    }

    /// Text that needs a closer look, up to the next code point that must go.
    fn stretch(&mut self) {
        if self.seam && self.joins_over_seam() {
            // The sequence stood inside a cluster. Without a trace its halves would join.
            self.token(&token::named("sgr", self.budget.ascii), 0);
        }
        let end = self.stretch_end();
        if end == self.at {
            let length = self.text[self.at..].chars().next().map_or(1, char::len_utf8);
            let name = token::code_points(&self.text[self.at..self.at + length], self.budget.ascii);
            self.token(&name, length);
            return;
        }
        let mut clusters = self.text[self.at..end].graphemes(true).peekable();
        while let Some(cluster) = clusters.next() {
            // A non-joiner stays only if the letter behind it stays too.
            let orphan = cluster.ends_with(ZWNJ)
                && clusters.peek().is_none_or(|next| self.budget.ascii || judge(next).is_none());
            match cluster.strip_suffix(ZWNJ).filter(|_| orphan) {
                Some(letter) => {
                    self.cluster(letter);
                    self.token(&token::code_points("\u{200C}", self.budget.ascii), ZWNJ.len_utf8());
                }
                None => self.cluster(cluster),
            }
        }
    }

    /// Whether the next character would join the text shown before it.
    fn joins_over_seam(&self) -> bool {
        let tail = self.sink.tail();
        let Some(next) = self.text[self.at..].chars().next().filter(|c| !c.is_ascii() && !tail.is_empty()) else {
            return false;
        };
        let mut both = String::from(tail);
        both.push(next);
        both.graphemes(true).next_back().is_some_and(|last| last.len() > next.len_utf8())
    }

    /// The end of the code points from here on that may stay.
    fn stretch_end(&self) -> usize {
        let mut before = Before::default();
        let mut chars = self.text[self.at..].char_indices().peekable();
        while let Some((offset, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let kept = !c.is_control()
                && match class(c, self.budget.strict) {
                    Class::Keep => true,
                    // Behind a non-joiner there must be a letter; one at the end is in no company.
                    Class::Company => (c != ZWNJ || next.is_some()) && in_company(c, &before, next),
                    Class::Token => false,
                };
            if !kept {
                return self.at + offset;
            }
            before.push(c);
            if c.is_ascii() && next.is_none_or(|next| next.is_ascii()) {
                return self.at + offset + 1;
            }
        }
        self.text.len()
    }

    /// Shows one cluster of kept code points, or the token of it.
    fn cluster(&mut self, cluster: &str) {
        let ascii = self.budget.ascii;
        let shown = judge(cluster).filter(|_| !ascii || cluster.is_ascii());
        let Some(Shown { based, keep, extra, width }) = shown else {
            self.token(&token::code_points(cluster, ascii), cluster.len());
            return;
        };
        let head = &cluster[..keep];
        let circled = based.then(|| on_circle(head));
        self.at += keep;
        self.seam = false;
        self.sink.push(Piece {
            text: circled.as_deref().unwrap_or(head),
            width,
            style: self.style.readable(),
            token: false,
            end: self.at,
            sealed: !head.ends_with(ZWNJ),
        });
        if extra > 0 {
            let name = format!("+{extra} marks");
            self.token(&token::named(&name, ascii), cluster.len() - keep);
        }
    }
}
