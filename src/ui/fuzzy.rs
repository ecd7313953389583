//! Finding names by a few of their letters, the best first.

use frizbee::{CaseMatching, Config, Matcher};

/// A name that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its place among the names.
    pub place: usize,
    /// How well it fits; higher is better.
    pub score: u16,
    /// The places of the bytes that were found in it, for a mark; only in names of ASCII.
    pub marks: Vec<usize>,
}

/// Longest text that is looked for; the rest of a longer one is not.
const LONGEST: usize = 64;

/// The names that have the letters of `typed` in their order, the best first; of equals the earlier. When none has, a
/// slip of the finger is overlooked, one for every four letters. Spaces and capitals don't count.
pub fn find<S: AsRef<str>>(typed: &str, names: &[S]) -> Vec<Hit> {
    let letters: String = typed.chars().filter(|c| !c.is_whitespace()).take(LONGEST).collect();
    if letters.is_empty() {
        return Vec::new();
    }
    let slips = u16::try_from(letters.len() / 4).unwrap_or(0).min(2);
    let found = look(&letters, names, 0);
    if found.is_empty() && slips > 0 { look(&letters, names, slips) } else { found }
}

fn look<S: AsRef<str>>(letters: &str, names: &[S], slips: u16) -> Vec<Hit> {
    let config = Config::default().casing(CaseMatching::Ignore).max_typos(Some(slips));
    let found = Matcher::new(letters, &config).match_list_indices(names);
    let mut hits: Vec<Hit> = found
        .into_iter()
        .filter_map(|found| {
            let place = usize::try_from(found.index).ok()?;
            let name = names.get(place)?.as_ref();
            let mut marks: Vec<usize> = found.indices.iter().filter_map(|at| usize::try_from(*at).ok()).collect();
            marks.sort_unstable();
            if !name.is_ascii() {
                marks.clear();
            }
            Some(Hit { place, score: found.score, marks })
        })
        .collect();
    hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), hit.place));
    // Letters strewn over a long name are found as well, but nobody means them beside a name that fits.
    let least = hits.first().map_or(0, |best| best.score / 5 * 3);
    hits.retain(|hit| hit.score > least);
    hits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn found<'a>(typed: &str, names: &[&'a str]) -> Vec<&'a str> {
        find(typed, names).into_iter().map(|hit| names[hit.place]).collect()
    }

    #[test]
    fn letters_in_order_find_a_name_and_the_best_comes_first() {
        let names = ["toggle-fold", "unfold-all", "fold", "refresh", "retry-now"];
        assert_eq!(found("fold", &names)[0], "fold");
        assert_eq!(found("unf", &names), ["unfold-all"]);
        assert_eq!(found("unfold all", &names), ["unfold-all"]);
        assert_eq!(found("RN", &names), ["retry-now"]);
        assert_eq!(found("", &names), Vec::<&str>::new());
        assert_eq!(find("ref", &names)[0].marks, [0, 1, 2]);
    }

    #[test]
    fn a_slip_is_overlooked_only_when_nothing_fits_without() {
        let names = ["refresh", "restart"];
        assert_eq!(found("refersh", &names)[0], "refresh");
        assert_eq!(found("res", &names), ["restart", "refresh"]);
        assert_eq!(found("xqz", &names), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn whatever_is_typed_it_ends_well(typed in "\\PC{0,300}", names in proptest::collection::vec("\\PC{0,90}", 0..12)) {
            for hit in find(&typed, &names) {
                let name = &names[hit.place];
                prop_assert!(hit.marks.iter().all(|at| *at < name.len()));
            }
        }
    }
}
