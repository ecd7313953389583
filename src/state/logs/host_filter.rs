//! What of a filter a host can choose by itself, so that of what is older than memory holds only that has to come.

use super::filter::Filter;
use crate::domain::HostName;
use crate::domain::UnitName;
use crate::domain::query::{LEVELS, Needle, Test, Tree, named};
use crate::port::log_page::HostFilter;

/// What a host with these units is asked for; `None` for everything. All that passes is among it, and perhaps more,
/// but for lines that call themselves more important than the journal has them: of these it knows nothing, and the words say so.
pub fn host_filter(filter: &Filter, host: &HostName, units: &[UnitName]) -> Option<HostFilter> {
    let search = Search { host, units };
    let sought = filter.query.as_ref().and_then(|query| search.tree(query.tree()));
    if sought.is_none() && filter.least >= 7 {
        return None;
    }
    let level = LEVELS.get(usize::from(filter.least)).filter(|_| filter.least < 7);
    let level = level.map(|level| format!("the journal's level>={level}"));
    let told: Vec<String> = sought.iter().map(|sought| sought.told.clone()).chain(level).collect();
    let grep = sought.map(|sought| (sought.expression, sought.case));
    Some(HostFilter { grep, least: filter.least, told: told.join(" and ") })
}

struct Search<'a> {
    host: &'a HostName,
    units: &'a [UnitName],
}

struct Sought {
    expression: String,
    case: bool,
    told: String,
}

impl Search<'_> {
    /// An expression that is found in the message of every line that passes.
    fn tree(&self, tree: &Tree) -> Option<Sought> {
        match tree {
            // The longest leaves the fewest.
            Tree::All(all) => all.iter().filter_map(|one| self.tree(one)).max_by_key(|one| one.expression.len()),
            Tree::Any(any) => {
                let each: Vec<Sought> = any.iter().map(|one| self.tree(one)).collect::<Option<_>>()?;
                let join = |of: fn(&Sought) -> &str, by: &str| each.iter().map(of).collect::<Vec<_>>().join(by);
                Some(Sought {
                    expression: join(|one| &one.expression, "|"),
                    // Too much is no harm.
                    case: each.iter().all(|one| one.case),
                    told: join(|one| &one.told, " or "),
                })
            }
            Tree::Not(_) => None,
            Tree::Test(test) => match &**test {
                Test::Text(needle) if !self.is_called(needle) => sought(needle),
                Test::Field(field) => sought(field.needle()),
                Test::Text(_)
                | Test::Level(..)
                | Test::Process(..)
                | Test::Host(_)
                | Test::Unit(_)
                | Test::Identifier(_) => None,
            },
        }
    }

    /// Whether it is found in what lines are called by, so that it need not stand in their messages.
    fn is_called(&self, needle: &Needle) -> bool {
        named(needle, self.host.as_str(), None, b"")
            || self.units.iter().any(|unit| named(needle, "", Some(unit.as_str()), b""))
    }
}

fn sought(needle: &Needle) -> Option<Sought> {
    let (expression, case) = needle.for_hosts()?;
    Some(Sought { expression, case, told: needle.told() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::Query;

    fn asked(typed: &str, least: u8) -> Option<(Option<(String, bool)>, String)> {
        let filter = Filter { query: Query::parse(typed).unwrap(), least, ..Filter::default() };
        let unit = UnitName::new("shop-gateway.service").unwrap();
        let asked = host_filter(&filter, &HostName::new("app-1").unwrap(), &[unit])?;
        Some((asked.grep, asked.told))
    }

    #[test]
    fn a_host_chooses_by_what_stands_in_all_that_passes() {
        let grep = |typed: &str| asked(typed, 7).map(|(grep, _)| grep.unwrap().0);
        for (typed, expression) in [
            ("rejected", Some("rejected")),
            ("a.b", Some(r"a\.b")),
            ("/time ?out/", Some("time ?out")),
            ("rejected order", Some("rejected")),
            ("rejected or refused", Some("rejected|refused")),
            ("Refused", Some("Refused")),
            ("rejected !order", Some("rejected")),
            ("!rejected", None),
            ("gateway", None),
            ("app-1 rejected", Some("rejected")),
            ("gateway or rejected", None),
            (r"/a.b/", Some(r"a(?:[\x00-\x09\x0b-\x7fks]|[\xc2-\xf4][\x80-\xbf]+)b")),
            ("unit:gateway", None),
        ] {
            assert_eq!(grep(typed).as_deref(), expression, "{typed}");
        }
        assert!(asked("Rejected", 7).unwrap().0.unwrap().1 && !asked("rejected", 7).unwrap().0.unwrap().1);
        assert_eq!(asked("/a+b/", 3).unwrap().1, "/a+b/ and the journal's level>=error");
        assert_eq!(asked("", 3).unwrap(), (None, "the journal's level>=error".to_owned()));
        assert_eq!(asked("", 7), None);
    }
}
