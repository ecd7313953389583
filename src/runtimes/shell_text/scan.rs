//! How a shell reads each byte of a script: bare, in quotes, in a comment, in a here-document, in a substitution.

use std::ops::Range;

use super::place::{ARITHMETIC, BACKTICK, DOUBTFUL, Document, HERE, PARAMETER, Place, Quote, Scan, Use};

/// How many substitutions may stand in each other; what is deeper is not looked at, and doubtful.
const DEEPEST: u8 = 40;

/// Looks at a script.
pub fn scan(text: &str) -> Scan {
    let bytes = text.as_bytes();
    let blank = Place { quote: Quote::Plain, escaped: false, depth: 0, within: 0 };
    let mut scanner = Scanner {
        text: bytes,
        at: 0,
        limit: bytes.len(),
        pending: Vec::new(),
        doubt: None,
        out: Scan {
            places: vec![blank; bytes.len()],
            substitutions: Vec::new(),
            documents: Vec::new(),
            uses: Vec::new(),
            complete: true,
        },
    };
    scanner.command(End::Text, Around { depth: 0, within: 0 });
    if !scanner.pending.is_empty() {
        scanner.out.complete = false;
    }
    let from = if scanner.out.complete { scanner.doubt } else { Some(0) };
    let mut out = scanner.out;
    for place in out.places.iter_mut().skip(from.unwrap_or(usize::MAX)) {
        place.within |= DOUBTFUL;
    }
    out.uses.sort_by_key(|one| one.at.start);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Paren,
    Backtick,
}

#[derive(Clone, Copy)]
struct Around {
    depth: u8,
    within: u8,
}

impl Around {
    fn deeper(self, within: u8) -> Self {
        Self { depth: self.depth.saturating_add(1), within: self.within | within }
    }
}

struct Pending {
    delimiter: String,
    quoted: bool,
    strips: bool,
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    limit: usize,
    pending: Vec<Pending>,
    doubt: Option<usize>,
    out: Scan,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if at < self.limit { self.text.get(at).copied() } else { None }
    }

    /// Marks the next bytes and goes past them.
    fn take(&mut self, count: usize, quote: Quote, escaped: bool, around: Around) {
        let end = (self.at + count).min(self.limit);
        for place in &mut self.out.places[self.at..end] {
            *place = Place { quote, escaped, depth: around.depth, within: around.within };
        }
        self.at = end;
    }

    fn doubt(&mut self) {
        self.doubt = Some(self.doubt.map_or(self.at, |at| at.min(self.at)));
    }

    /// Whether a substitution may begin here; otherwise all the rest is given up.
    fn may_go_deeper(&mut self, around: Around) -> bool {
        let may = around.depth < DEEPEST;
        if !may {
            self.out.complete = false;
            self.at = self.limit;
        }
        may
    }

    /// Reads commands up to what ends them, which is not taken.
    fn command(&mut self, end: End, around: Around) {
        let mut word_begins = true;
        let mut parens = 0usize;
        // How many `case` are open: in them a `)` ends a pattern.
        let mut cases = 0usize;
        let mut word_from = self.at;
        loop {
            let Some(byte) = self.peek(0) else {
                self.out.complete &= end == End::Text;
                return;
            };
            if matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>') {
                match self.text.get(word_from..self.at) {
                    Some(b"case") => cases += 1,
                    Some(b"esac") => cases = cases.saturating_sub(1),
                    Some(_) | None => {}
                }
            }
            let mut begins = false;
            match byte {
                b'\\' => {
                    // A line that goes on is as if it had not ended.
                    begins = word_begins && self.peek(1) == Some(b'\n');
                    self.take(2, Quote::Plain, true, around);
                }
                b'\'' => self.single(around),
                b'"' => self.double(around),
                b'`' if end == End::Backtick => return,
                b'`' => self.backticks(around, 0),
                b'$' => self.dollar(Quote::Plain, around),
                b'#' if word_begins && around.within & ARITHMETIC == 0 => {
                    let stops = |byte: u8| byte == b'\n' || (byte == b'`' && end == End::Backtick);
                    while self.peek(0).is_some_and(|byte| !stops(byte)) {
                        self.take(1, Quote::Comment, false, around);
                    }
                    begins = true;
                }
                b'<' | b'>' if self.peek(1) == Some(b'(') => {
                    self.take(2, Quote::Mark, false, around);
                    self.substitution(around.deeper(0), true);
                }
                b'<' if self.peek(1) == Some(b'<') && around.within & ARITHMETIC == 0 => {
                    if self.peek(2) == Some(b'<') {
                        self.take(3, Quote::Plain, false, around);
                    } else {
                        self.here(around);
                    }
                    begins = true;
                }
                b')' if parens == 0 && end == End::Paren && cases == 0 => return,
                b'(' | b')' => {
                    parens = if byte == b'(' { parens + 1 } else { parens.saturating_sub(1) };
                    self.take(1, Quote::Plain, false, around);
                    begins = true;
                }
                b'\n' => {
                    self.take(1, Quote::Plain, false, around);
                    self.bodies(around);
                    begins = true;
                }
                b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' => {
                    self.take(1, Quote::Plain, false, around);
                    begins = true;
                }
                _ => self.take(1, Quote::Plain, false, around),
            }
            word_begins = begins;
            if begins {
                word_from = self.at;
            }
        }
    }

    fn single(&mut self, around: Around) {
        self.take(1, Quote::Mark, false, around);
        while let Some(byte) = self.peek(0) {
            if byte == b'\'' {
                self.take(1, Quote::Mark, false, around);
                return;
            }
            self.take(1, Quote::Single, false, around);
        }
        self.out.complete = false;
    }

    fn double(&mut self, around: Around) {
        self.take(1, Quote::Mark, false, around);
        loop {
            match self.peek(0) {
                None => {
                    self.out.complete = false;
                    return;
                }
                Some(b'"') => {
                    self.take(1, Quote::Mark, false, around);
                    return;
                }
                Some(_) => self.expanding(Quote::Double, around),
            }
        }
    }

    /// One piece of text in which only `$`, backticks and the backslash act.
    fn expanding(&mut self, quote: Quote, around: Around) {
        match (self.peek(0), self.peek(1)) {
            (Some(b'\\'), Some(b'$' | b'`' | b'\\' | b'\n')) => self.take(2, quote, true, around),
            (Some(b'\\'), Some(b'"')) if quote == Quote::Double => self.take(2, quote, true, around),
            (Some(b'$'), _) => self.dollar(quote, around),
            (Some(b'`'), _) => self.backticks(around, 0),
            _ => self.take(1, quote, false, around),
        }
    }

    fn backticks(&mut self, around: Around, within: u8) {
        if !self.may_go_deeper(around) {
            return;
        }
        self.take(1, Quote::Mark, false, around);
        let from = self.at;
        self.command(End::Backtick, around.deeper(BACKTICK | within));
        self.out.substitutions.push(from..self.at);
        self.take(1, Quote::Mark, false, around);
    }

    /// What stands behind `$(`, `<(` or `>(`, and the closing parenthesis.
    fn substitution(&mut self, inside: Around, is_command: bool) {
        if !self.may_go_deeper(inside) {
            return;
        }
        let from = self.at;
        self.command(End::Paren, inside);
        if is_command {
            self.out.substitutions.push(from..self.at);
        }
        let outside = Around { depth: inside.depth.saturating_sub(1), within: inside.within };
        self.take(1, Quote::Mark, false, outside);
    }

    /// Everything that can begin with `$`.
    fn dollar(&mut self, quote: Quote, around: Around) {
        match self.peek(1) {
            Some(b'(') => {
                let arithmetic = self.peek(2) == Some(b'(');
                self.take(2, Quote::Mark, false, around);
                let here = if quote == Quote::Here { HERE } else { 0 };
                let within = if arithmetic { ARITHMETIC } else { 0 } | here;
                self.substitution(around.deeper(within), true);
            }
            Some(b'{') => self.parameter(quote, around),
            Some(b'\'') if quote == Quote::Plain => self.escapes(around),
            Some(byte) if is_name_start(byte) => {
                let from = self.at;
                let length = 1 + (1..).take_while(|ahead| self.peek(*ahead).is_some_and(is_name)).count();
                self.note_use(from..from + length, 1, false, false);
                self.take(length, quote, false, around);
            }
            Some(_) | None => self.take(1, quote, false, around),
        }
    }

    fn note_use(&mut self, at: Range<usize>, skip: usize, guarded: bool, sets: bool) {
        let name = self.text.get(at.start + skip..at.end).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        self.out.uses.push(Use { name, at, guarded, sets });
    }

    /// `${…}`: how quotes act in it depends on the shell and on what is around, so nothing else is told of it than
    /// where it ends.
    fn parameter(&mut self, quote: Quote, around: Around) {
        if !self.may_go_deeper(around) {
            return;
        }
        let inside = around.deeper(PARAMETER | if quote == Quote::Here { HERE } else { 0 });
        let from = self.at;
        self.take(2, Quote::Mark, false, around);
        let sign = usize::from(matches!(self.peek(0), Some(b'#' | b'!')) && self.peek(1).is_some_and(is_name_start));
        self.take(sign, quote, false, inside);
        if self.peek(0).is_some_and(is_name_start) {
            let length = (0..).take_while(|ahead| self.peek(*ahead).is_some_and(is_name)).count();
            let colon = usize::from(self.peek(length) == Some(b':'));
            let operator = self.peek(length + colon);
            let guarded = matches!(operator, Some(b'-' | b'=' | b'+'));
            self.note_use(from..self.at + length, 2 + sign, guarded, operator == Some(b'='));
            self.take(length, quote, false, inside);
        }
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => {
                    self.out.complete = false;
                    return;
                }
                (Some(b'}'), _) => {
                    self.take(1, Quote::Mark, false, around);
                    return;
                }
                (Some(b'\\'), Some(_)) => self.take(2, quote, true, inside),
                (Some(b'\''), _) if quote == Quote::Plain => self.single(inside),
                (Some(b'\''), _) => {
                    self.doubt();
                    self.take(1, quote, false, inside);
                }
                (Some(b'"'), _) if quote == Quote::Here => {
                    self.doubt();
                    self.take(1, quote, false, inside);
                }
                (Some(b'"'), _) => self.double(inside),
                (Some(b'$'), _) => self.dollar(quote, inside),
                (Some(b'`'), _) => self.backticks(inside, 0),
                (Some(_), _) => self.take(1, quote, false, inside),
            }
        }
    }

    /// `$'…'`: of bash. Another shell takes the `$` as it is, and then no backslash keeps the quote from ending.
    fn escapes(&mut self, around: Around) {
        self.take(2, Quote::Mark, false, around);
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => {
                    self.out.complete = false;
                    return;
                }
                (Some(b'\''), _) => {
                    self.take(1, Quote::Mark, false, around);
                    return;
                }
                (Some(b'\\'), Some(next)) => {
                    if next == b'\'' {
                        self.doubt();
                    }
                    self.take(2, Quote::Escapes, true, around);
                }
                (Some(_), _) => self.take(1, Quote::Escapes, false, around),
            }
        }
    }

    /// `<<` and the delimiter behind it.
    fn here(&mut self, around: Around) {
        self.take(2, Quote::Plain, false, around);
        let strips = self.peek(0) == Some(b'-');
        self.take(usize::from(strips), Quote::Plain, false, around);
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.take(1, Quote::Plain, false, around);
        }
        let (mut delimiter, mut quoted, mut open) = (Vec::new(), false, None);
        while let Some(byte) = self.peek(0) {
            match (byte, open) {
                (b'\n', _) => break,
                (b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')', None) => break,
                (b'\'' | b'"', None) => (open, quoted) = (Some(byte), true),
                (mark, Some(opened)) if mark == opened => open = None,
                (b'\\', None) => {
                    quoted = true;
                    self.take(1, Quote::Mark, false, around);
                    delimiter.extend(self.peek(0));
                }
                // An expansion in a delimiter is none, but what stands in it is read in different ways.
                (b'$' | b'`', _) => {
                    self.doubt();
                    delimiter.push(byte);
                }
                (other, _) => delimiter.push(other),
            }
            self.take(1, Quote::Mark, false, around);
        }
        self.out.complete &= open.is_none() && !delimiter.is_empty();
        let delimiter = String::from_utf8_lossy(&delimiter).into_owned();
        self.pending.push(Pending { delimiter, quoted, strips });
    }

    /// The bodies of the here-documents that were announced on the line that has just ended.
    fn bodies(&mut self, around: Around) {
        for Pending { delimiter, quoted, strips } in std::mem::take(&mut self.pending) {
            let from = self.at;
            let mut end = None;
            let mut line_from = from;
            while line_from < self.limit {
                let rest = &self.text[line_from..self.limit];
                let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                let line = &rest[..length];
                let tabs = if strips { line.iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
                if line[tabs..] == *delimiter.as_bytes() {
                    end = Some((line_from, length));
                    break;
                }
                line_from += length + 1;
            }
            self.out.complete &= end.is_some();
            let (body_end, last) = end.unwrap_or((self.limit, 0));
            self.body(body_end, quoted, around);
            self.out.documents.push(Document { body: from..body_end, delimiter, quoted, strips });
            self.take(last, Quote::HereEnd, false, around);
            if self.peek(0) == Some(b'\n') {
                self.take(1, Quote::Plain, false, around);
            }
        }
    }

    fn body(&mut self, end: usize, quoted: bool, around: Around) {
        let outer = std::mem::replace(&mut self.limit, end);
        while self.at < self.limit {
            if quoted {
                self.take(self.limit - self.at, Quote::HereQuoted, false, around);
            } else {
                self.expanding(Quote::Here, Around { within: around.within | HERE, ..around });
            }
        }
        self.limit = outer;
        self.at = end;
    }
}

/// Whether a variable's name may begin with it.
pub(super) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// Whether a variable's name may hold it.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
