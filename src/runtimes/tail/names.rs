//! The names of the line before, which most lines bear as well: they are made once and shared.

use crate::domain::UnitName;
use crate::text::Foreign;

/// The names that came last.
#[derive(Debug, Clone, Default)]
pub struct Names {
    unit: Option<UnitName>,
    identifier: Foreign,
}

impl Names {
    /// The unit of this name; `None` where no unit can be called so.
    pub fn unit(&mut self, word: &str) -> Option<UnitName> {
        if self.unit.as_ref().is_none_or(|unit| unit.as_str() != word) {
            self.unit = Some(UnitName::new(word)?);
        }
        self.unit.clone()
    }

    /// What a program calls itself.
    pub fn identifier(&mut self, bytes: &[u8]) -> Foreign {
        if self.identifier.raw() != bytes {
            self.identifier = Foreign::from(bytes);
        }
        self.identifier.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_were_asked_for_whatever_came_before() {
        let mut names = Names::default();
        for word in ["a.service", "a.service", "b.service", "none", "a.service"] {
            assert_eq!(names.unit(word), UnitName::new(word));
            assert_eq!(names.identifier(word.as_bytes()), Foreign::from(word));
        }
        assert!(names.identifier(b"").is_empty());
    }
}
