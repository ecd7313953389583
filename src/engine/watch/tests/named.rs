//! Which units a journal names, and how a host that can't say is told.

use super::*;
use crate::engine::watch::named::{is_asked, named};

fn host(answers: impl Fn(&str) -> Output + Send + Sync + 'static) -> FakeHost {
    FakeHost { answers: Box::new(answers), manager: None, bridges: AtomicUsize::new(0) }
}

fn wanted(user: bool) -> Wanted {
    let (pattern, none) = ([UnitPattern::Glob("gen*".into())], Selection::new([]));
    let of = |here: bool| if here { Selection::new(&pattern) } else { none.clone() };
    Wanted {
        host: HostName::new("app-1").unwrap(),
        system: of(!user),
        user: of(user),
        versions: Vec::new(),
        containers: Vec::new(),
        become_root: crate::domain::BecomeRoot::Never,
        in_journal: Some(Vec::new()),
    }
}

#[tokio::test]
async fn both_fields_of_a_manager_are_asked_and_only_what_matches_is_taken() {
    let fields = |words: &str| match words.rsplit_once("--field=") {
        Some((_, "_SYSTEMD_UNIT")) => said(0, "gen2.service\nweb.service\nno unit\n", ""),
        Some((_, "UNIT")) => said(0, "gen2.service\ngen1.service\n", ""),
        Some((_, "_SYSTEMD_USER_UNIT")) => said(0, "gen9.service\n", ""),
        // As some versions say that there is nothing.
        Some((_, "USER_UNIT")) => said(1, "", ""),
        _ => said(127, "", ""),
    };
    assert_eq!(named(&host(fields), &wanted(false)).await, Some(Ok(vec![unit("gen1.service"), unit("gen2.service")])));
    assert_eq!(named(&host(fields), &wanted(true)).await, Some(Ok(vec![unit("gen9.service")])));
}

#[tokio::test]
async fn a_host_that_can_not_name_them_says_why() {
    let fails = |words: &str| match words.contains("--field=") {
        true => said(1, "", "Failed to open\u{1b} files\n"),
        false => said(0, "", ""),
    };
    let refused = named(&host(fails), &wanted(false)).await.unwrap().unwrap_err();
    assert!(refused.starts_with("journalctl: left with status 1: Failed to open"), "{refused}");
    assert!(!refused.contains('\u{1b}'));
    let cut = |_: &str| Output { cut: 7, ..said(0, "gen1.service\n", "") };
    assert!(named(&host(cut), &wanted(false)).await.unwrap().unwrap_err().contains("more units than are taken"));
    let lost = |_: &str| Output { end: End::LinkLost(LinkFailure::Silent), ..said(0, "", "") };
    assert_eq!(named(&host(lost), &wanted(false)).await, None, "the next link asks anew");
}

/// One that is named exactly is looked for as well, where somebody asked for it by name; those of services are not.
#[tokio::test]
async fn of_units_that_are_named_those_are_told_that_somebody_asked_for() {
    let fields = |words: &str| match words.contains("--field=") {
        true => said(0, "gen2.service\nweb.service\nother.service\n", ""),
        false => said(0, "", ""),
    };
    let exact = ["gen2.service", "web.service"].map(|name| UnitPattern::Exact(unit(name)));
    let of =
        |names: Option<Vec<UnitName>>| Wanted { system: Selection::new(&exact), in_journal: names, ..wanted(true) };
    let asked = Wanted { user: Selection::new([]), ..of(Some(vec![unit("gen2.service"), unit("nobody.service")])) };
    assert!(is_asked(&asked));
    assert_eq!(named(&host(fields), &asked).await, Some(Ok(vec![unit("gen2.service")])));
    let of_services = Wanted { user: Selection::new([]), ..of(Some(Vec::new())) };
    assert!(!is_asked(&of_services) && !is_asked(&of(None)));
}

/// To a login without rights `journalctl --field` names what is its own, with status 0, as if there were nothing else.
#[tokio::test]
async fn a_login_that_may_not_read_the_journal_does_not_know_what_it_names() {
    let own = |words: &str| if words.contains("qd-keeps") { said(1, "", "") } else { said(0, "", "") };
    let why = named(&host(own), &wanted(false)).await.unwrap().unwrap_err();
    assert_eq!(why, "this login may read only its own lines of the journal");
}

#[tokio::test]
async fn a_watcher_tells_them_once_and_only_where_it_is_to() {
    let (sender, mut events) = mpsc::channel(16);
    let (_control, told) = mpsc::channel(4);
    let host: Arc<dyn Connection> = Arc::new(host(|words| match words.contains("--field=") {
        true => said(0, "gen2.service\n", ""),
        false => said(127, "", ""),
    }));
    let running = tokio::spawn(watch_host(host, wanted(false), sender, told, watch::Sender::default()));
    let search = async {
        loop {
            if let Some(Event::Host(_, HostEvent::InJournal(units))) = events.recv().await {
                return units;
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(15), search).await.unwrap();
    assert_eq!(found, Ok(vec![unit("gen2.service")]));
    running.abort();
}
