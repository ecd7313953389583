//! Finds a field in a message without building anything: in a JSON object, in logfmt, in `[PERF] name: 12ms`.

use std::borrow::Cow;
use std::ops::Range;

use super::needle::Needle;
use crate::domain::structure::scan::{is_gap, skip_space, string_end, unescaped, value_end, written};

/// Objects within objects that are gone into.
const DEPTH: usize = 32;
/// Values of one field in one message that are looked at.
const VALUES: usize = 64;

/// The name of a field.
#[derive(Debug, Clone)]
pub struct Path {
    name: String,
    /// Its last part, which must stand in every message that has the field.
    last: Needle,
}

impl Path {
    /// A field by its name; of one within another the names are joined by dots.
    pub fn new(name: &str) -> Option<Self> {
        let last = name.rsplit('.').next().filter(|last| !last.is_empty())?;
        // A name is compared as it stands, so a search that knows no capitals finds at least as much.
        Some(Self { name: name.to_owned(), last: Needle::word(last)? })
    }

    /// What stands in every message that has the field.
    pub fn needle(&self) -> &Needle {
        &self.last
    }

    /// Whether `passes` says yes to a value of the field; it hears the value and where it stands.
    pub fn any(&self, message: &[u8], mut passes: impl FnMut(&[u8], Range<usize>) -> bool) -> bool {
        let start = skip_space(message, 0);
        if message.get(start) == Some(&b'{') {
            if !self.last.is_in(message) {
                return false;
            }
            let mut search = Search { bytes: message, left: VALUES, passes: &mut passes };
            // None where it only begins like an object, or its end was cut off.
            if let Some(end) = search.object(start, self.name.as_bytes(), DEPTH) {
                return end.is_none();
            }
        }
        self.perf(message, &mut passes) || self.logfmt(message, &mut passes)
    }

    fn perf(&self, message: &[u8], passes: &mut impl FnMut(&[u8], Range<usize>) -> bool) -> bool {
        let inside = || message.strip_prefix(b"[PERF] ")?.strip_prefix(self.name.as_bytes())?.strip_prefix(b": ");
        let Some(value) = inside() else { return false };
        let value = value.trim_ascii();
        let from = value.as_ptr() as usize - message.as_ptr() as usize;
        passes(value, from..from + value.len())
    }

    fn logfmt(&self, message: &[u8], passes: &mut impl FnMut(&[u8], Range<usize>) -> bool) -> bool {
        let name = self.name.as_bytes();
        // The last part is what is searched for; the name ends with it.
        let before = name.len() - name.iter().rev().take_while(|byte| **byte != b'.').count();
        let (mut at, mut left) = (0, VALUES);
        while let Some(found) = self.last.find(message, at) {
            at = found.start + 1;
            let Some(begin) = found.start.checked_sub(before) else { continue };
            let end = begin + name.len();
            let alone = begin == 0 || message.get(begin - 1).is_some_and(|byte| is_gap(*byte));
            if !alone || message.get(begin..end) != Some(name) || message.get(end) != Some(&b'=') {
                continue;
            }
            let place = written(message, end + 1);
            let value = message.get(place.clone()).unwrap_or_default();
            if passes(&unescaped(value), place) {
                return true;
            }
            left -= 1;
            if left == 0 {
                break;
            }
        }
        false
    }
}

/// A search in a JSON object. `Some(None)` is the end of it because a value passed, `Some(Some(end))` goes on behind
/// what was read, `None` is the end because it is no JSON.
struct Search<'a, F> {
    bytes: &'a [u8],
    left: usize,
    passes: &'a mut F,
}

impl<F: FnMut(&[u8], Range<usize>) -> bool> Search<'_, F> {
    fn object(&mut self, at: usize, path: &[u8], depth: usize) -> Option<Option<usize>> {
        let mut at = skip_space(self.bytes, at + 1);
        if self.bytes.get(at) == Some(&b'}') {
            return Some(Some(at + 1));
        }
        loop {
            let end = string_end(self.bytes, at)?;
            let key = self.bytes.get(at + 1..end - 1)?;
            at = skip_space(self.bytes, end);
            if self.bytes.get(at) != Some(&b':') {
                return None;
            }
            at = skip_space(self.bytes, at + 1);
            let behind = value_end(self.bytes, at)?;
            if key == path {
                if self.tell(at..behind, depth)?.is_none() {
                    return Some(None);
                }
            } else if let Some(rest) = path.strip_prefix(key).and_then(|rest| rest.strip_prefix(b"."))
                && depth > 0
                && self.within(at, rest, depth)?.is_none()
            {
                return Some(None);
            }
            at = skip_space(self.bytes, behind);
            match self.bytes.get(at)? {
                b',' => at = skip_space(self.bytes, at + 1),
                b'}' => return Some(Some(at + 1)),
                _ => return None,
            }
        }
    }

    /// Goes into an object, or into those of an array.
    fn within(&mut self, at: usize, path: &[u8], depth: usize) -> Option<Option<usize>> {
        match self.bytes.get(at)? {
            b'{' => self.object(at, path, depth - 1),
            b'[' => self.each(at, |search, at, _| match search.bytes.get(at) {
                Some(b'{') => search.object(at, path, depth - 1),
                Some(_) | None => Some(Some(at)),
            }),
            _ => Some(Some(at)),
        }
    }

    /// Tells a value; of an array each of its elements.
    fn tell(&mut self, place: Range<usize>, depth: usize) -> Option<Option<usize>> {
        if self.left == 0 {
            return Some(Some(place.end));
        }
        if self.bytes.get(place.start) == Some(&b'[') && depth > 0 {
            return self.each(place.start, |search, at, end| search.tell(at..end, 0));
        }
        self.left -= 1;
        let quoted = self.bytes.get(place.start) == Some(&b'"');
        let place = if quoted { place.start + 1..(place.end - 1).max(place.start + 1) } else { place };
        let raw = self.bytes.get(place.clone())?;
        let value = if quoted { unescaped(raw) } else { Cow::Borrowed(raw) };
        let end = place.end;
        Some(if (self.passes)(&value, place) { None } else { Some(end) })
    }

    fn each(
        &mut self,
        at: usize,
        mut does: impl FnMut(&mut Self, usize, usize) -> Option<Option<usize>>,
    ) -> Option<Option<usize>> {
        let mut at = skip_space(self.bytes, at + 1);
        while self.bytes.get(at)? != &b']' {
            let end = value_end(self.bytes, at)?;
            if does(self, at, end)?.is_none() {
                return Some(None);
            }
            at = skip_space(self.bytes, end);
            if self.bytes.get(at) == Some(&b',') {
                at = skip_space(self.bytes, at + 1);
            }
        }
        Some(Some(at + 1))
    }
}
