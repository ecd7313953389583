//! How many containers of a service shall run on one host.

use std::fmt;

use super::compose::Compose;
use super::verb::Verb;

/// A number of containers that a service can be scaled to: one at least, because none is no scale but a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count(u32);

/// Why a number is none that a service can be scaled to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCount {
    /// None at all.
    #[error("to have none run is to stop it: use {}", Verb::Stop)]
    None,
    /// More than a host is for.
    #[error("it is scaled to {} containers at most", Count::MOST)]
    TooMany,
    /// It is no number.
    #[error("write how many containers shall run, as a number from 1 to {}", Count::MOST)]
    NoNumber,
}

impl Count {
    /// As many as a site can expect of a service on one host.
    pub const MOST: u32 = Compose::MOST;

    /// Takes a number.
    ///
    /// # Errors
    /// When it is none, or more than [`Self::MOST`].
    pub fn new(number: u32) -> Result<Self, NoCount> {
        match number {
            0 => Err(NoCount::None),
            1..=Self::MOST => Ok(Self(number)),
            _ => Err(NoCount::TooMany),
        }
    }

    /// Reads what a person has typed or a store has kept: decimal digits, and nothing else.
    ///
    /// # Errors
    /// When it is no number, or none of [`Self::new`].
    pub fn read(word: &str) -> Result<Self, NoCount> {
        let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || (word.len() > 1 && word.starts_with('0')) {
            return Err(NoCount::NoNumber);
        }
        // What has more digits than a number has room for is too many in any case.
        Self::new(word.parse().unwrap_or(u32::MAX))
    }

    /// The number.
    pub fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_count_is_a_plain_number_of_some() {
        assert_eq!(Count::read("3").map(Count::get), Ok(3));
        assert_eq!(Count::read("100").map(Count::get), Ok(100));
        assert_eq!(Count::read("0"), Err(NoCount::None));
        assert!(Count::read("0").unwrap_err().to_string().contains("use stop"));
        for many in ["101", "4294967296", "99999999999999999999999"] {
            assert_eq!(Count::read(many), Err(NoCount::TooMany), "{many}");
        }
        for odd in ["", " ", "+3", "-1", "03", "00", "3 ", "3.0", "٣", "two", "1e1"] {
            assert_eq!(Count::read(odd), Err(NoCount::NoNumber), "{odd:?}");
        }
    }
}
