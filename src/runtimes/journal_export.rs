//! Reads journald's export format as it streams in: framed, binary-safe, and never a torn entry.
//!
//! A field is `NAME=value` and a line feed; or `NAME`, a line feed, eight bytes of length (little endian), that
//! many bytes, and a line feed. An empty line ends an entry.

use std::borrow::Cow;

use jiff::Timestamp;

/// Bytes of one field's value that are kept; the rest is counted.
pub const FIELD_KEEPS: usize = 64 << 10;
/// Longest field name journald accepts, and then some.
const NAME_LONGEST: usize = 256;
/// Fields of one entry that are kept; journald itself allows 1024.
const FIELDS: usize = 1024;
/// Bytes of all values of one entry that are kept.
const ENTRY_KEEPS: usize = 1 << 20;
/// Bytes that are set aside for an entry before any of it has come, at most.
const LIKE: usize = 4 << 10;
/// Largest field journald stores; a greater length means that the stream is not what it should be.
const FIELD_LONGEST: u64 = 768 << 20;

/// One field of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name, such as `MESSAGE`.
    pub name: &'a [u8],
    /// Its value, at most [`FIELD_KEEPS`] bytes of it.
    pub value: &'a [u8],
    /// Bytes of the value that were not kept.
    pub cut: u64,
}

/// Where a field stands in the bytes of its entry: the name, and the value right behind it.
#[derive(Debug, Clone, Copy)]
struct Span {
    begin: usize,
    name: usize,
    value: usize,
    cut: u64,
}

/// One whole entry of a journal. All names and values lie in one piece of memory, since an entry has a dozen of them and
/// hundreds of thousands of entries come at once.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    bytes: Vec<u8>,
    spans: Vec<Span>,
    /// Whether there were more fields or bytes than are kept.
    pub trimmed: bool,
}

/// Two are the same where their fields are, wherever these lie.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.trimmed == other.trimmed && self.fields().eq(other.fields())
    }
}

impl Entry {
    /// Its fields in the order in which they came; a name may come more than once.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.spans.iter().map(|span| self.field(span))
    }

    fn field(&self, span: &Span) -> Field<'_> {
        let (name, value) = (span.begin + span.name, span.begin + span.name + span.value);
        Field {
            name: self.bytes.get(span.begin..name).unwrap_or_default(),
            value: self.bytes.get(name..value).unwrap_or_default(),
            cut: span.cut,
        }
    }

    fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The fields of this name. The length is looked at first: few names have the same.
    fn named(&self, name: &str) -> impl Iterator<Item = Field<'_>> {
        let long = self.spans.iter().filter(move |span| span.name == name.len());
        long.map(|span| self.field(span)).filter(move |field| field.name == name.as_bytes())
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.named(name).next().map(|field| field.value)
    }

    /// All values of this name, one below the other, at most [`FIELD_KEEPS`] bytes.
    pub fn get_all(&self, name: &str) -> Value<'_> {
        let mut fields = self.named(name);
        let Some(first) = fields.next() else { return Value::default() };
        let mut all = Value { value: Cow::Borrowed(first.value), cut: first.cut };
        for field in fields {
            let value = all.value.to_mut();
            value.push(b'\n');
            value.extend_from_slice(field.value);
            all.cut += field.cut + value.len().saturating_sub(FIELD_KEEPS) as u64;
            value.truncate(FIELD_KEEPS);
        }
        all
    }

    /// The fields before the second one of this name, and those from it on; `None` when there is no second one.
    pub fn split_behind(&self, name: &str) -> Option<(Entry, Entry)> {
        let mut places = self.fields().enumerate().filter(|(_, field)| field.name == name.as_bytes());
        let (second, _) = places.nth(1)?;
        let (first, rest) = self.spans.split_at_checked(second)?;
        let part = |spans: &[Span]| Entry { bytes: self.bytes.clone(), spans: spans.to_vec(), trimmed: self.trimmed };
        Some((part(first), part(rest)))
    }

    /// The first value of this name, as a number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        std::str::from_utf8(self.get(name)?).ok()?.parse().ok()
    }

    /// When the entry was written, by the host's clock.
    pub fn at(&self) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.number("__REALTIME_TIMESTAMP")?).ok()
    }
}

/// A value, cut where it was too long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Value<'a> {
    /// What is kept.
    pub value: Cow<'a, [u8]>,
    /// Bytes that were not kept.
    pub cut: u64,
}

/// The stream is not in the export format; nothing after this point can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A field name longer than any can be.
    #[error("the journal's answer has a field name of more than {NAME_LONGEST} bytes")]
    Name,
    /// A binary field longer than any can be.
    #[error("the journal's answer has a field of {0} bytes, more than journald can store")]
    Length(u64),
    /// A binary field that does not end where it said.
    #[error("a field in the journal's answer does not end where it should")]
    Frame,
}

#[derive(Debug)]
enum Stage {
    Name,
    Text,
    Length([u8; 8], usize),
    Binary(u64),
    End,
}

/// A parser that takes bytes in pieces of any size.
#[derive(Debug)]
pub struct Parser {
    stage: Stage,
    /// What has come of the entry, with the unfinished field's bytes at its end.
    entry: Entry,
    /// Where the unfinished field begins, the length of its name, and how much of its value was not kept.
    begin: usize,
    name: usize,
    cut: u64,
    /// Bytes of all values that are kept.
    kept: usize,
    /// The bytes and fields of the entry before: the next one is about as large.
    like: (usize, usize),
    broken: Option<Malformed>,
}

impl Default for Parser {
    fn default() -> Self {
        Self {
            stage: Stage::Name,
            entry: Entry::default(),
            begin: 0,
            name: 0,
            cut: 0,
            kept: 0,
            like: (0, 0),
            broken: None,
        }
    }
}

impl Parser {
    /// Reads on and appends every entry that is now complete to `entries`.
    ///
    /// # Errors
    /// The stream is broken; entries before that point are in `entries`, and every later call fails the same.
    pub fn push(&mut self, mut bytes: &[u8], entries: &mut Vec<Entry>) -> Result<(), Malformed> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        while !bytes.is_empty() {
            match self.step(bytes, entries) {
                Ok(used) => bytes = bytes.get(used..).unwrap_or_default(),
                Err(broken) => {
                    self.broken = Some(broken);
                    return Err(broken);
                }
            }
        }
        Ok(())
    }

    /// Whether nothing of an unfinished entry is held.
    pub fn is_between_entries(&self) -> bool {
        matches!(self.stage, Stage::Name) && self.entry.bytes.is_empty() && self.entry.is_empty()
    }

    /// What has come so far of an entry that is not complete, for an answer that was cut off by its length.
    pub fn unfinished(mut self) -> Option<Entry> {
        if !matches!(self.stage, Stage::Name) && self.entry.bytes.len() > self.begin + self.name {
            self.field_done();
        }
        self.entry.trimmed = true;
        (!self.entry.is_empty()).then_some(self.entry)
    }

    /// Takes some bytes and says how many; at least one.
    fn step(&mut self, bytes: &[u8], entries: &mut Vec<Entry>) -> Result<usize, Malformed> {
        match &mut self.stage {
            Stage::Name => self.name_step(bytes, entries),
            Stage::Text => {
                let end = memchr::memchr(b'\n', bytes);
                self.keep(bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default());
                if end.is_some() {
                    self.field_done();
                }
                Ok(end.map_or(bytes.len(), |end| end + 1))
            }
            Stage::Length(length, filled) => {
                for (place, byte) in length.iter_mut().skip(*filled).zip(bytes) {
                    *place = *byte;
                }
                let used = bytes.len().min(8 - *filled);
                *filled += used;
                if *filled == 8 && *length == *b"__CURSOR" {
                    // journalctl gave an entry up in the middle of a field and went on with the next one. No field is
                    // as long as these bytes would say.
                    self.field_done();
                    self.entry.bytes.extend_from_slice(b"__CURSOR");
                } else if *filled == 8 {
                    let length = u64::from_le_bytes(*length);
                    if length > FIELD_LONGEST {
                        return Err(Malformed::Length(length));
                    }
                    self.stage = if length == 0 { Stage::End } else { Stage::Binary(length) };
                }
                Ok(used)
            }
            Stage::Binary(left) => {
                let used = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= used as u64;
                if *left == 0 {
                    self.stage = Stage::End;
                }
                self.keep(bytes.get(..used).unwrap_or_default());
                Ok(used)
            }
            Stage::End => {
                if bytes.first() != Some(&b'\n') {
                    return Err(Malformed::Frame);
                }
                self.field_done();
                Ok(1)
            }
        }
    }

    fn name_step(&mut self, bytes: &[u8], entries: &mut Vec<Entry>) -> Result<usize, Malformed> {
        let end = bytes.iter().position(|byte| *byte == b'\n' || *byte == b'=');
        self.entry.bytes.extend_from_slice(bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default());
        self.name = self.entry.bytes.len() - self.begin;
        if self.name > NAME_LONGEST {
            return Err(Malformed::Name);
        }
        let Some(end) = end else { return Ok(bytes.len()) };
        if bytes.get(end) == Some(&b'=') {
            self.stage = Stage::Text;
        } else if self.name == 0 {
            self.entry_done(entries);
        } else {
            self.stage = Stage::Length([0; 8], 0);
        }
        Ok(end + 1)
    }

    fn entry_done(&mut self, entries: &mut Vec<Entry>) {
        (self.kept, self.begin) = (0, 0);
        if self.entry.is_empty() {
            return;
        }
        self.like = (self.entry.bytes.len().min(LIKE), self.entry.spans.len());
        let next =
            Entry { bytes: Vec::with_capacity(self.like.0), spans: Vec::with_capacity(self.like.1), trimmed: false };
        entries.push(std::mem::replace(&mut self.entry, next));
    }

    fn keep(&mut self, bytes: &[u8]) {
        let held = self.entry.bytes.len().saturating_sub(self.begin + self.name);
        let room = FIELD_KEEPS.saturating_sub(held).min(ENTRY_KEEPS.saturating_sub(self.kept));
        let kept = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.entry.bytes.extend_from_slice(kept);
        self.kept += kept.len();
        self.cut += (bytes.len() - kept.len()) as u64;
    }

    fn field_done(&mut self) {
        self.stage = Stage::Name;
        let (begin, name, cut) = (self.begin, std::mem::take(&mut self.name), std::mem::take(&mut self.cut));
        let value = self.entry.bytes.len().saturating_sub(begin + name);
        self.entry.trimmed |= self.kept >= ENTRY_KEEPS;
        if self.entry.spans.len() < FIELDS {
            self.entry.spans.push(Span { begin, name, value, cut });
        } else {
            self.entry.trimmed = true;
            self.entry.bytes.truncate(begin);
        }
        self.begin = self.entry.bytes.len();
    }
}

/// Every whole entry of a finished answer; what is torn off or broken at its end is left out.
pub fn parse(bytes: &[u8]) -> Vec<Entry> {
    let (mut parser, mut entries) = (Parser::default(), Vec::new());
    // A broken stream yields what came before the break, which is all that can be known.
    parser.push(bytes, &mut entries).unwrap_or_default();
    entries
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const WEIRD: &[u8] = include_bytes!("../../tests/fixtures/journal-weird.export");
    const CRASHER: &[u8] = include_bytes!("../../tests/fixtures/journal-crasher.export");

    #[test]
    fn recorded_entries_with_binary_fields() {
        let entries = parse(WEIRD);
        let messages: Vec<_> = entries.iter().map(|entry| entry.get("MESSAGE").unwrap()).collect();
        assert_eq!(messages[0], b"a\x1b[31mred\x01");
        assert_eq!(messages[1], b"cut\xff");
        assert_eq!(messages.last().unwrap(), b"plain");
        assert_eq!(entries[0].number::<u8>("PRIORITY"), Some(3));
        assert_eq!(entries[0].at().unwrap().as_microsecond(), 1_795_239_185_078_643);
    }

    #[test]
    fn a_long_field_is_cut_and_counted() {
        let mut bytes = b"MESSAGE=".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', 70_000));
        bytes.extend(b"\nBIG\n");
        bytes.extend(65_537u64.to_le_bytes());
        bytes.extend(std::iter::repeat_n(b'\n', 65_537));
        bytes.extend(b"\n\n");
        let entries = parse(&bytes);
        let fields: Vec<Field> = entries[0].fields().collect();
        assert_eq!((fields[0].value.len(), fields[0].cut), (FIELD_KEEPS, 70_000 - 65_536));
        assert_eq!((fields[1].value.len(), fields[1].cut), (FIELD_KEEPS, 1));
    }

    #[test]
    fn a_message_can_not_forge_an_entry() {
        let forged = b"\n\nMESSAGE=forged\n\n";
        let mut bytes = b"MESSAGE\n".to_vec();
        bytes.extend((forged.len() as u64).to_le_bytes());
        bytes.extend(forged);
        bytes.extend(b"\n\n");
        let entries = parse(&bytes);
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].get("MESSAGE"), Some(&forged[..]));
    }

    #[test]
    fn an_entry_that_was_given_up_in_the_middle_of_a_field_does_not_break_the_next() {
        let entries = parse(b"__CURSOR=a\nMESSAGE\n__CURSOR=b\nMESSAGE=whole\n\n");
        let (damaged, rest) = entries[0].split_behind("__CURSOR").unwrap();
        assert_eq!(damaged.get("__CURSOR"), Some(&b"a"[..]));
        assert_eq!((rest.get("__CURSOR"), rest.get("MESSAGE")), (Some(&b"b"[..]), Some(&b"whole"[..])));
        assert!(rest.split_behind("__CURSOR").is_none());
    }

    #[test]
    fn a_broken_stream_stays_broken() {
        let (mut parser, mut entries) = (Parser::default(), Vec::new());
        let mut bytes = b"A=1\n\nMESSAGE\n".to_vec();
        bytes.extend(u64::MAX.to_le_bytes());
        assert_eq!(parser.push(&bytes, &mut entries), Err(Malformed::Length(u64::MAX)));
        assert_eq!(entries.len(), 1);
        assert!(parser.push(b"\nA=1\n\n", &mut entries).is_err());
        assert_eq!(entries.len(), 1);
    }

    /// Cut at every byte: no panic, no torn entry, and the rest completes it.
    fn cut_everywhere(bytes: &[u8], step: usize) {
        let whole = parse(bytes);
        for at in (0..bytes.len()).step_by(step) {
            let (mut parser, mut entries) = (Parser::default(), Vec::new());
            parser.push(&bytes[..at], &mut entries).unwrap();
            assert_eq!(entries[..], whole[..entries.len()], "torn at {at}");
            assert!(entries.len() == whole.len() || at < bytes.len());
            parser.push(&bytes[at..], &mut entries).unwrap();
            assert_eq!(entries, whole, "not completed from {at}");
        }
    }

    #[test]
    fn b11_cut_at_every_byte_no_entry_is_torn() {
        cut_everywhere(CRASHER, 1);
        cut_everywhere(&WEIRD[..1700], 1);
        cut_everywhere(WEIRD, 997);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, cut in 0usize..64) {
            let (mut parser, mut entries) = (Parser::default(), Vec::new());
            let cut = cut.min(bytes.len());
            let first = parser.push(&bytes[..cut], &mut entries);
            let second = parser.push(&bytes[cut..], &mut entries);
            proptest::prop_assert!(first.is_ok() || second.is_err());
            proptest::prop_assert_eq!(entries, parse(&bytes));
        }

        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 0..50), 1..6), cut in 0usize..400) {
            let mut bytes = Vec::new();
            for value in &values {
                bytes.extend(b"MESSAGE\n");
                bytes.extend((value.len() as u64).to_le_bytes());
                bytes.extend(value);
                bytes.extend(b"\n\n");
            }
            let (mut parser, mut entries) = (Parser::default(), Vec::new());
            let cut = cut.min(bytes.len());
            parser.push(&bytes[..cut], &mut entries).unwrap();
            parser.push(&bytes[cut..], &mut entries).unwrap();
            proptest::prop_assert!(parser.is_between_entries());
            let read: Vec<_> = entries.iter().map(|entry| entry.get("MESSAGE").unwrap().to_vec()).collect();
            proptest::prop_assert_eq!(read, values);
        }
    }
}
