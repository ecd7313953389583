//! Which units a pattern means.

use crate::domain::UnitName;
use crate::domain::service::UnitPattern;

/// Whether `unit` is meant by `pattern`. Globs know `*`, `?` and `[…]` as fnmatch(3) does, over the whole name.
pub fn matches(pattern: &UnitPattern, unit: &UnitName) -> bool {
    match pattern {
        UnitPattern::Exact(name) => name == unit,
        UnitPattern::Glob(glob) => glob_matches(glob.as_bytes(), unit.as_str().as_bytes()),
    }
}

/// Iterative matching with one place to go back to: linear in practice, never exponential.
fn glob_matches(glob: &[u8], text: &[u8]) -> bool {
    let (mut g, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match glob.get(g) {
            Some(b'*') => {
                back = Some((g, t));
                g += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => class(&glob[g..], text[t]),
            Some(byte) if *byte == text[t] => Some(1),
            Some(_) | None => None,
        };
        match (step, back) {
            (Some(length), _) => {
                g += length;
                t += 1;
            }
            (None, Some((star, from))) => {
                (g, t) = (star + 1, from + 1);
                back = Some((star, from + 1));
            }
            (None, None) => return false,
        }
    }
    glob[g..].iter().all(|byte| *byte == b'*')
}

/// The length of the class at the start of `glob` if `byte` is in it.
fn class(glob: &[u8], byte: u8) -> Option<usize> {
    let negated = matches!(glob.get(1), Some(b'!' | b'^'));
    let first = if negated { 2 } else { 1 };
    let end = glob.iter().skip(first + 1).position(|b| *b == b']')? + first + 1;
    let set = glob.get(first..end)?;
    let mut found = false;
    let mut place = 0;
    while let Some(low) = set.get(place) {
        if set.get(place + 1) == Some(&b'-') && set.len() > place + 2 {
            found |= (*low..=set[place + 2]).contains(&byte);
            place += 3;
        } else {
            found |= *low == byte;
            place += 1;
        }
    }
    (found != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_mean_what_systemd_means() {
        let cases = [
            ("pakashop-*", "pakashop-config.service", true),
            ("pakashop-*.service", "pakashop-config.timer", false),
            ("*", "x.service", true),
            ("web@?.service", "web@1.service", true),
            ("web@?.service", "web@12.service", false),
            ("web@[0-9].service", "web@7.service", true),
            ("web@[!0-9].service", "web@7.service", false),
            ("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.service", false),
            ("[", "x.service", false),
        ];
        for (glob, unit, expected) in cases {
            assert_eq!(glob_matches(glob.as_bytes(), unit.as_bytes()), expected, "{glob} {unit}");
        }
    }
}
