//! What is recorded of releases: whether another environment runs the same code, whether this code failed before, and
//! whether there is something to go back to.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Came, Records, detail, hosts};
use crate::domain::fact::Question;
use crate::domain::probe::Found;
use crate::domain::procedure::{HERE, Kind};
use crate::domain::release::{Current, Database, History, Release, Verdict};
use crate::domain::time::short;
use crate::domain::{EnvName, HostName, RunId, ServiceName};
use crate::engine::act::Place;
use crate::engine::clock::Clock;
use crate::engine::releases::{Elsewhere, Releases, Shared, claimed_by, elsewhere};
use crate::state::releases::{became, examined};
use crate::text::Foreign;

/// Most releases to go back to that are named.
const NAMED: usize = 5;

/// Asks about releases; `at` is on which host that is asked about what must be on hosts, and how long one may take.
pub(super) async fn ask(place: &Place, question: &Question, at: (&HostName, Duration), records: &Records) -> Came {
    let (here, now) = (&place.environment, place.clock.now().wall);
    let of = |environment: &EnvName, shared: Option<Shared>| {
        let all = Releases::new(here.site.clone(), environment.clone(), Arc::clone(&records.store), shared);
        all.in_site(here.word.clone())
    };
    match question {
        Question::Same { commit, environment } if *environment == here.name => {
            let told = of(environment, records.shared.clone()).only(here.release_logins.clone()).read(now).await;
            unheard(doubted(same(&told.history, environment, commit, now), told.told), environment, &told.unheard)
        }
        Question::Same { commit, environment } => match beyond(place, environment).await {
            Ok(there) => {
                let named = here.others.iter().find(|other| other.name == *environment);
                let named = named.map(|other| other.release_logins.clone()).unwrap_or_default();
                let shared = there.as_ref().map(|there| there.shared.clone());
                let told = of(environment, shared).only(named).read(now).await;
                let mut came = same(&told.history, environment, commit, now);
                let known = match &there {
                    Some(there) => format!("as it is recorded on {}", there.shared.host()),
                    None => "as this machine has recorded it; what others did there may be missing".to_owned(),
                };
                came.details.push(detail("known", known, true));
                unheard(doubted(came, told.told), environment, &told.unheard)
            }
            Err(why) => Came::error(why),
        },
        Question::Release { commit, version, service } => {
            let told = of(&here.name, records.shared.clone()).read(now).await;
            let Some(code) = code(place, version.as_deref(), commit.as_deref(), now) else {
                return Came::nothing("nothing can be compared with what is recorded");
            };
            doubted(release(&told.history, &code, service.as_ref(), now), told.told)
        }
        Question::Rollback { service, present } => {
            let told = of(&here.name, records.shared.clone()).read(now).await;
            let mut came = rollback(&told.history, service.as_ref(), now);
            let good = told.history.current(service.as_ref(), None);
            if let (Some(command), Current::Runs(good)) = (present, good) {
                on_hosts(place, command, good, at, &mut came).await;
            }
            doubted(came, told.told)
        }
        Question::Ci { .. }
        | Question::Workflow(_)
        | Question::Reviews { .. }
        | Question::Protection { .. }
        | Question::Probes { .. }
        | Question::Backup(_)
        | Question::Certificate { .. }
        | Question::Disk { .. }
        | Question::Memory(_) => Came::nothing("no release says anything about this"),
    }
}

/// The records of another environment of the site on its lock host; `None` where it has none.
async fn beyond(place: &Place, name: &EnvName) -> Result<Option<Elsewhere>, String> {
    let here = &place.environment;
    let other = here.others.iter().find(|other| other.name == *name);
    let other = other.ok_or_else(|| format!("the site {} has no environment {name}", here.site))?;
    match &place.beyond {
        Some(transport) => elsewhere(transport, other).await,
        None => Ok(None),
    }
}

/// Whether the release is still on the host that is asked about, else on every host that it was brought to.
async fn on_hosts(place: &Place, command: &str, good: &Release, at: (&HostName, Duration), came: &mut Came) {
    let (host, within) = at;
    let hosts = if host.as_str() == HERE { good.hosts.clone() } else { vec![host.clone()] };
    let mut missing = Vec::new();
    let mut unknown = hosts.is_empty().then(|| "on which hosts it must be is not recorded".to_owned());
    for host in hosts {
        match hosts::present(place, &host, command, good, within).await {
            Ok(None) => came.details.push(detail(host.as_str(), format!("{} is there", name(good)), true)),
            Ok(Some(why)) => {
                came.details.push(detail(host.as_str(), why, false));
                missing.push(host.to_string());
            }
            Err(why) => {
                came.details.push(detail(host.as_str(), why.clone(), false));
                unknown.get_or_insert(why);
            }
        }
    }
    if !missing.is_empty() {
        came.found = Found::Fail;
        came.summary = format!("{} is no longer on {}: there is nothing to go back to", name(good), missing.join(", "));
    } else if let Some(why) = unknown {
        came.found = Found::Error;
        came.summary = format!("whether {} is still there is not known: {why}", name(good));
    }
}

/// What may be missing in what is recorded lets nothing pass.
fn doubted(mut came: Came, missing: Vec<String>) -> Came {
    if missing.is_empty() {
        return came;
    }
    if came.found == Found::Pass {
        came.found = Found::Inconclusive;
        came.summary.push_str("; but what is recorded may not be all");
    }
    came.details.extend(missing.into_iter().map(|sentence| detail("missing", sentence, false)));
    came
}

/// Says what lets records of colleagues count that have a login of their own, where it does not pass without them.
fn unheard(mut came: Came, environment: &EnvName, logins: &[String]) -> Came {
    if came.found == Found::Pass || logins.is_empty() {
        return came;
    }
    let quoted: Vec<String> = logins.iter().map(|login| format!("\"{login}\"")).collect();
    let what = format!("release_logins = [{}]", quoted.join(", "));
    let (whose, who) = match logins {
        [login] => (format!("the login {login} has"), "it: if that is a colleague"),
        all => (format!("the logins {} have", all.join(", ")), "them: where those are colleagues"),
    };
    came.summary.push_str(&format!(
        "; what {whose} recorded there does not count, because the site does not name {who}, write {what} under \
         [environments.{environment}] in site.toml"
    ));
    came.details.push(detail("not counted", format!("{what} under [environments.{environment}]"), false));
    came
}

/// A release that never was, of this code: what others are compared with.
fn code(place: &Place, version: Option<&str>, commit: Option<&str>, now: Timestamp) -> Option<Release> {
    Some(Release {
        run: RunId::new("00000000-0000-7000-8000-000000000000")?,
        site: place.environment.site.clone(),
        environment: place.environment.name.clone(),
        kind: Kind::Deploy,
        service: None,
        version: version.unwrap_or_default().into(),
        commit: commit.map(Into::into),
        images: Vec::new(),
        migrations: Vec::new(),
        backup: None,
        hosts: Vec::new(),
        person: String::new(),
        workstation: String::new(),
        at: now,
        took: std::time::Duration::ZERO,
        verdict: Verdict::Unknown,
        waivers: Vec::new(),
        follow_ups: Vec::new(),
        overridden: None,
        examined: None,
        login: None,
    })
}

fn name(release: &Release) -> String {
    let version = release.version.plain();
    match &release.commit {
        Some(commit) if version.is_empty() => commit.plain(),
        Some(commit) => format!("{version} ({})", crate::text::truncate(&commit.plain(), 12)),
        None if version.is_empty() => "a release without a name".to_owned(),
        None => version,
    }
}

fn ago(release: &Release, now: Timestamp) -> String {
    let age = std::time::Duration::try_from(now.duration_since(release.at)).unwrap_or_default();
    format!("{} ago by {}", short(age), Foreign::from(release.person.as_str()).plain())
}

/// Whether what runs there, as far as it is recorded, is this commit.
pub(super) fn same(there: &History, environment: &EnvName, commit: &str, now: Timestamp) -> Came {
    if !is_digits(commit.as_bytes()) {
        let shown = crate::text::truncate(&Foreign::from(commit).plain(), 60);
        return Came::nothing(format!("{shown} is no number of a commit, so nothing can be compared with it"));
    }
    let runs = match there.current(None, None) {
        Current::Runs(release) => release,
        Current::Nothing => {
            return Came::nothing(format!("no release of {environment} is recorded, so what runs there is not known"));
        }
        Current::Unclear(release, _) => {
            let told = format!("what runs on {environment} is not known: {} did not end well there", name(release));
            let details =
                vec![detail(environment.as_str(), format!("{}: {}", name(release), ago(release, now)), false)];
            return Came::new(Found::Inconclusive, told, details);
        }
    };
    let line = |holds| {
        let told = format!("{}, {}, recorded by {}", name(runs), ago(runs, now), claimed_by(runs));
        vec![detail(environment.as_str(), told, holds)]
    };
    let mut came = if runs.commit.is_none() {
        let told = format!("{environment} runs {}, and of which commit that is was not recorded", name(runs));
        Came::new(Found::Inconclusive, told, line(false))
    } else if runs.commit.as_ref().is_some_and(|own| is_commit(own, commit)) {
        Came::new(
            Found::Pass,
            format!("{environment} runs the same commit: {}, as {} has recorded", name(runs), claimed_by(runs)),
            line(true),
        )
    } else {
        let asked = crate::text::truncate(&Foreign::from(commit).plain(), 12);
        Came::new(Found::Fail, format!("{environment} runs {}, not {asked}", name(runs)), line(false))
    };
    came.as_of = Some(runs.at);
    came
}

/// Whether two writings of a commit mean one; a name such as a branch's is no commit.
fn is_commit(own: &Foreign, asked: &str) -> bool {
    let (own, asked) = (own.raw(), asked.as_bytes());
    let (short, long) = if own.len() <= asked.len() { (own, asked) } else { (asked, own) };
    is_digits(short)
        && is_digits(long)
        && long.get(..short.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(short))
}

fn is_digits(word: &[u8]) -> bool {
    word.len() >= 7 && word.iter().all(u8::is_ascii_hexdigit)
}

/// Whether this code did not fail here before, or was looked at since. `code` is a release that never was, of this code.
pub(super) fn release(history: &History, code: &Release, service: Option<&ServiceName>, now: Timestamp) -> Came {
    if code.commit.is_none() && code.version.is_empty() {
        return Came::nothing("nothing says which version this is");
    }
    let Some(trouble) = history.trouble(code, service) else {
        let known = history.releases().iter().rev().find(|release| release.is_same(code));
        let told = match known {
            Some(known) => {
                let how = became(history, known);
                let told = format!("{} {how} here, {}", name(code), ago(known, now));
                examined(history, known, now).map_or_else(|| told.clone(), |examined| format!("{told}; {examined}"))
            }
            None => format!("{} was never tried here", name(code)),
        };
        return Came::new(Found::Pass, told.clone(), vec![detail("release", told, true)]);
    };
    let (how, ago) = (became(history, trouble), ago(trouble, now));
    let told = format!("{} {how} here, {ago}: nobody has examined it since", name(code));
    let hint =
        format!("{}: {} keeps what was found", trouble.run.short(), trouble.examine_command(history.site_word()));
    let details = vec![detail("release", told.clone(), false), detail("run", hint, false)];
    let mut came = Came::new(Found::Fail, told, details);
    came.as_of = Some(trouble.at);
    came
}

/// Whether there is a good release to go back to when this one fails.
pub(super) fn rollback(history: &History, service: Option<&ServiceName>, now: Timestamp) -> Came {
    // What runs now is where a failed deploy goes back to.
    let good = match history.current(service, None) {
        Current::Runs(release) => release,
        Current::Nothing => {
            return Came::new(Found::Fail, "no good release is recorded: there is nothing to go back to", Vec::new());
        }
        Current::Unclear(release, _) => {
            let told = format!("what runs now is not known: {} did not end well", name(release));
            return Came::new(Found::Inconclusive, told, Vec::new());
        }
    };
    let mut details = vec![detail("runs now", format!("{}, {}", name(good), ago(good, now)), true)];
    for target in history.targets(service).into_iter().take(NAMED) {
        let database = match history.way_back(target, service) {
            Database::Stays => "the database stays".to_owned(),
            Database::MigrateBack(all) => format!("{} migrations are taken back", all.len()),
            Database::Restore { backup: Some(backup), .. } => {
                format!("the database comes from {}", backup.name.plain())
            }
            Database::Restore { backup: None, .. } => {
                "the database can't be taken back, and no backup is recorded".to_owned()
            }
        };
        details.push(detail("before it", format!("{}, {}: {database}", name(target), ago(target, now)), true));
    }
    let mut came = Came::new(Found::Pass, format!("a good release is recorded to go back to: {}", name(good)), details);
    came.as_of = Some(good.at);
    came
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::SiteName;
    use crate::domain::release::Examined;

    const ONE: &str = "3f9a1c2b4d5e6f708192a3b4c5d6e7f8091a2b3c";
    const TWO: &str = "77aa88bb99cc00dd11ee22ff33445566778899aa";

    fn now() -> Timestamp {
        Timestamp::from_second(1_770_000_000).unwrap()
    }

    fn deploy(number: u32, version: &str, commit: Option<&str>, verdict: Verdict) -> Release {
        Release {
            run: RunId::new(&format!("01939a2e-77aa-7c11-8f3e-{number:012x}")).unwrap(),
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("staging").unwrap(),
            kind: Kind::Deploy,
            service: None,
            version: version.into(),
            commit: commit.map(Into::into),
            images: Vec::new(),
            migrations: Vec::new(),
            backup: None,
            hosts: Vec::new(),
            person: "ada".into(),
            workstation: "ada@desk".into(),
            at: Timestamp::from_second(1_769_000_000 + i64::from(number) * 3600).unwrap(),
            took: Duration::from_secs(60),
            verdict,
            waivers: Vec::new(),
            follow_ups: Vec::new(),
            overridden: None,
            examined: None,
            login: None,
        }
    }

    #[test]
    fn another_environment_runs_the_same_only_when_it_is_recorded_so() {
        let staging = EnvName::new("staging").unwrap();
        let same = |all: Vec<Release>, commit: &str| super::same(&History::of(all), &staging, commit, now()).found;
        let good = |number, commit| deploy(number, "v1", commit, Verdict::Good);
        assert_eq!(same(vec![good(1, Some(ONE))], ONE), Found::Pass);
        let told = |login: Option<&str>| {
            let release = Release { login: login.map(Into::into), ..good(1, Some(ONE)) };
            let came = super::same(&History::of(vec![release]), &staging, ONE, now());
            format!("{}; {}", came.summary, came.details[0].found.plain())
        };
        let by = told(Some("deploy\u{1b}[31m"));
        assert_eq!(by.matches("the login deploy").count(), 2, "whose record it is: {by}");
        assert!(!by.contains('\u{1b}') && told(None).contains("as this machine has recorded"), "{by}");
        assert_eq!(same(vec![good(1, Some(&ONE[..9]))], ONE), Found::Pass);
        assert_eq!(same(vec![good(1, Some(ONE))], TWO), Found::Fail);
        assert_eq!(same(vec![good(1, Some(ONE)), good(2, Some(TWO))], ONE), Found::Fail, "it has moved on");
        assert_eq!(same(vec![good(1, Some("main"))], "main"), Found::Inconclusive, "a branch is many commits");
        assert_eq!(doubted(Came::new(Found::Pass, "", Vec::new()), vec!["x".into()]).found, Found::Inconclusive);
        assert_eq!(same(vec![good(1, None)], ONE), Found::Inconclusive);
        assert_eq!(same(vec![], ONE), Found::Inconclusive);
        let failed = deploy(2, "v2", Some(ONE), Verdict::Failed);
        assert_eq!(same(vec![good(1, Some(TWO)), failed], ONE), Found::Inconclusive);
    }

    #[test]
    fn records_of_colleagues_that_do_not_count_are_told_with_what_to_set() {
        let staging = EnvName::new("staging").unwrap();
        let came = || super::same(&History::of([]), &staging, ONE, now());
        let told = unheard(came(), &staging, &["ada".to_owned(), "bo".to_owned()]).summary;
        assert!(told.contains("what the logins ada, bo have recorded there does not count"), "{told}");
        let set = "write release_logins = [\"ada\", \"bo\"] under [environments.staging] in site.toml";
        assert!(told.contains(set), "{told}");
        assert_eq!(unheard(came(), &staging, &[]).summary, came().summary);
        let passed = Came::new(Found::Pass, "it runs the same", Vec::new());
        assert_eq!(unheard(passed, &staging, &["ada".to_owned()]).summary, "it runs the same");
    }

    #[test]
    fn what_failed_here_is_not_tried_again_before_somebody_has_looked() {
        let failed = deploy(1, "v2", Some(ONE), Verdict::Failed);
        let history = History::of([failed.clone()]);
        let asked = |history: &History, commit| release(history, &deploy(9, "v2", commit, Verdict::Good), None, now());
        assert_eq!(asked(&history, Some(ONE)).found, Found::Fail);
        assert_eq!(asked(&history, Some(TWO)).found, Found::Pass);
        assert_eq!(asked(&history, None).found, Found::Fail, "the same version");
        let (by, workstation) = ("bo".to_owned(), "bo@desk".to_owned());
        let examined = Some(Examined { by, workstation, at: now(), reason: "disk was full".into() });
        let looked = History::of([Release { examined, ..failed }]);
        let told = asked(&looked, Some(ONE));
        assert_eq!(told.found, Found::Pass);
        assert!(
            told.summary.contains(" failed here, ") && told.summary.contains("; examined by bo, "),
            "{}",
            told.summary
        );
        assert_eq!(release(&history, &deploy(9, "", None, Verdict::Good), None, now()).found, Found::Inconclusive);
    }

    #[test]
    fn there_is_a_way_back_only_to_what_is_known_to_be_good() {
        let back = |all: Vec<Release>| rollback(&History::of(all), None, now()).found;
        assert_eq!(back(vec![]), Found::Fail);
        assert_eq!(back(vec![deploy(1, "v1", None, Verdict::Good)]), Found::Pass);
        assert_eq!(back(vec![deploy(1, "v1", None, Verdict::RolledBack)]), Found::Fail);
        let all = vec![deploy(1, "v1", None, Verdict::Good), deploy(2, "v2", None, Verdict::Unknown)];
        assert_eq!(back(all), Found::Inconclusive);
    }
}
