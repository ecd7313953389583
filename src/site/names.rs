//! Names in a file: each follows the rule of names, and no two of a kind look alike.

use std::collections::HashMap;

use super::mistake::{Sink, quoted};
use super::read::{Entries, Located};
use crate::domain::name::NameError;

/// Checks every name of a kind, and that no two differ only by case or by characters that look alike.
/// Returns those that are good, in the order of the file.
pub fn checked<'a, N, T>(
    entries: &'a Entries<T>,
    kind: &str,
    new: impl Fn(&str) -> Result<N, NameError>,
    sink: &mut Sink<'_>,
) -> Vec<(N, &'a Located<String>, &'a T)> {
    let mut good = Vec::new();
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (key, value) in &entries.0 {
        match new(&key.value) {
            Ok(name) => {
                look_alike(&mut seen, key, kind, sink);
                good.push((name, key, value));
            }
            Err(error) => bad_name(key, kind, &error, sink),
        }
    }
    good
}

/// Notes that a word breaks the rule of names.
pub fn bad_name(word: &Located<String>, kind: &str, error: &NameError, sink: &mut Sink<'_>) {
    sink.add(&word.span, format!("{} can't be the name of a {kind}: {error}", quoted(&word.value)));
}

/// Notes a name that looks like one seen before.
fn look_alike<'a>(seen: &mut HashMap<String, &'a str>, key: &'a Located<String>, kind: &str, sink: &mut Sink<'_>) {
    let word = key.value.as_str();
    let forms = forms(word);
    if let Some(other) = forms.iter().find_map(|form| seen.get(form)) {
        let how = if other.eq_ignore_ascii_case(word) { "differ only by case" } else { "look alike" };
        let message = format!("the {kind}s {} and {} {how}", quoted(other), quoted(word));
        sink.add_hint(&key.span, message, "give one of them a name that can't be taken for the other");
    }
    for form in forms {
        seen.entry(form).or_insert(word);
    }
}

/// What two names of a kind may not have in common.
pub fn forms(word: &str) -> [String; 2] {
    [word.to_ascii_lowercase(), skeleton(word)]
}

/// The shape of a name as an eye takes it in a hurry.
fn skeleton(word: &str) -> String {
    let shape = |c: char| match c {
        '0' | 'O' => 'o',
        '1' | 'I' => 'l',
        '_' | '.' => '-',
        other => other.to_ascii_lowercase(),
    };
    word.chars().map(shape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_share_a_skeleton() {
        for (a, b) in [("db1", "dbl"), ("app_1", "app-1"), ("dbO", "db0"), ("Web", "web"), ("a.b", "a-b")] {
            assert_eq!(skeleton(a), skeleton(b), "{a} {b}");
        }
        for (a, b) in [("app-1", "app-2"), ("api", "apl"), ("web", "wep")] {
            assert_ne!(skeleton(a), skeleton(b), "{a} {b}");
        }
    }
}
