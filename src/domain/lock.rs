//! The lock of an environment: who may change it now. It is kept on the environment's lock host, so that every
//! workstation sees the same one.
//!
//! A run's lock is a lease: whoever has it says so every 15 seconds, and 60 seconds of silence let it lapse. From a run's
//! first effect until its verdict the environment stays reserved for it, also when the lease has lapsed. A lock taken by
//! hand stays until it is released. Each taking has a token that is higher than any before.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use super::name::{EnvName, HostName};
use super::run::RunId;
use super::site::Environment;
use super::site_word::SiteWord;
use super::time::short;
use crate::text::Foreign;

/// So long after the last sign of life a lease lapses.
pub const LEASE: Duration = Duration::from_secs(60);
/// The reason with which somebody gives back what they took by hand.
pub const RELEASED: &str = "released";

/// How the lock was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The token that has it, or had it last.
    pub token: u64,
    /// Who took it, in their own words.
    pub holder: Holder,
    /// The login on the lock host that took it: what is known for certain.
    pub login: Foreign,
    /// Whether it was taken by hand, so that it does not lapse.
    pub by_hand: bool,
    /// Whether a change was begun under it that has no verdict.
    pub reserved: bool,
    /// How it stands.
    pub stands: Stands,
    /// When the holder was heard.
    pub heard: Heard,
    /// Who broke it, and why.
    pub broken: Option<Broken>,
    /// What others have put over it, which counts once it is over.
    pub beside: Vec<Beside>,
}

/// A token that was put over one that is in force, by a login that may not end that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The token: by it, it can be broken.
    pub token: u64,
    /// The login on the lock host.
    pub login: Foreign,
}

/// Who takes a lock, in their own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub person: String,
    /// From where: `login@machine`.
    pub workstation: String,
    /// For which run; none for one that is taken by hand.
    pub run: Option<RunId>,
    /// What for.
    pub message: String,
    /// When, by the holder's clock.
    pub since: Option<Timestamp>,
}

/// When the holder of a lock was heard, by what the lock host is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Heard {
    /// So long ago.
    Ago(Duration),
    /// Before the lock host was booted.
    BeforeBoot,
    /// Not known, or not worth a word.
    #[default]
    Unknown,
}

/// How a lock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Whoever wants it may have it.
    Free,
    /// Somebody has it.
    Held,
    /// Nobody was heard for the length of the lease, and nothing was begun: whoever wants it may have it.
    Lapsed,
    /// Nobody was heard for the length of the lease, but a change was begun that has no verdict: only the same run may
    /// have it, until somebody breaks it with a reason.
    Reserved,
}

/// A lock that somebody broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Who, in their own words.
    pub person: String,
    /// From where.
    pub workstation: String,
    /// The login on the lock host.
    pub login: Foreign,
    /// Why.
    pub reason: String,
}

impl Lock {
    /// Whether this run, or somebody with none, may take it now.
    pub fn may_be_taken(&self, run: Option<&RunId>) -> bool {
        match self.stands {
            Stands::Free | Stands::Lapsed => true,
            // Who has a run is settled with the run; its lock goes with it.
            Stands::Held | Stands::Reserved => run.is_some() && run == self.holder.run.as_ref(),
        }
    }

    /// Who has it and what for, as one clause: `ada (ada@desk) holds it for "Deploy" (run 89abcdef) since 12m, heard
    /// 3s ago`.
    pub fn told(&self, now: Timestamp) -> String {
        let Holder { person, workstation, run, message, since } = &self.holder;
        let login = by_login(&self.login, workstation);
        let mut told = format!("{person} ({workstation}{login}) ");
        told.push_str(match (self.stands, self.by_hand) {
            (Stands::Free, _) => "had it",
            (Stands::Held, true) => "holds it by hand",
            (Stands::Held, false) => "holds it",
            (Stands::Lapsed, _) => "had it and is gone",
            (Stands::Reserved, _) => "began a change under it, which has no verdict, and is gone",
        });
        if !message.is_empty() {
            let _ = write!(told, " for \"{message}\"");
        }
        if let Some(run) = run {
            let _ = write!(told, " (run {})", run.short());
        }
        // For how long one had it that nobody has any more nobody knows.
        let is_over = self.stands == Stands::Free;
        if let Some(since) = since.filter(|since| *since <= now && !is_over) {
            let _ = write!(told, " since {}", short(now.duration_since(since).unsigned_abs()));
        }
        match self.heard {
            Heard::Ago(silent) if !self.by_hand => {
                let _ = write!(told, ", heard {} ago", short(silent));
            }
            Heard::BeforeBoot if !self.by_hand => told.push_str(", not heard since the lock host was booted"),
            Heard::Ago(_) | Heard::BeforeBoot | Heard::Unknown => {}
        }
        if self.is_given_back() {
            told.push_str(", and gave it back");
        } else if let Some(broken) = &self.broken {
            let by = by_login(&broken.login, &broken.workstation);
            let _ = write!(told, "; broken by {} ({}{by}): {}", broken.person, broken.workstation, broken.reason);
        }
        told.push_str(&self.beside_told().map(|beside| format!("; {beside}")).unwrap_or_default());
        told
    }

    /// Whether who had taken it by hand gave it back, which is no breaking.
    fn is_given_back(&self) -> bool {
        let own = |broken: &Broken| {
            (&broken.person, &broken.workstation) == (&self.holder.person, &self.holder.workstation)
                && broken.reason == RELEASED
        };
        self.by_hand && self.broken.as_ref().is_some_and(own)
    }

    /// What others have put over it, as one clause.
    fn beside_told(&self) -> Option<String> {
        let mut logins: Vec<String> = self.beside.iter().map(|beside| beside.login.plain()).collect();
        logins.dedup();
        let tokens =
            |beside: &[Beside]| beside.iter().map(|beside| beside.token.to_string()).collect::<Vec<_>>().join(", ");
        match (&self.beside[..], &logins[..]) {
            ([], _) => None,
            ([one], _) => Some(format!(
                "the login {} has put token {} over it, which counts only once this is over",
                one.login.plain(),
                one.token
            )),
            (all, [login]) => Some(format!(
                "the login {login} has put tokens {} over it, which count only once this is over",
                tokens(all)
            )),
            (all, _) => Some(format!(
                "the logins {} have put tokens {} over it, which count only once this is over",
                logins.join(", "),
                tokens(all)
            )),
        }
    }

    /// That a run has it that was left here, and what may be done about that: to wait is none of it.
    pub fn left_told(&self, host: &HostName, environment: &Environment) -> String {
        let Holder { message, run, .. } = &self.holder;
        let run = run.as_ref().map(|run| format!(" (run {})", run.short())).unwrap_or_default();
        let of = if message.is_empty() { run } else { format!(" for \"{message}\"{run}") };
        let gone = Self { stands: Stands::Reserved, ..self.clone() };
        format!(
            "A run that you left has the lock{of}, and nobody is at it, so nothing was begun. {}",
            gone.way_out(host, &environment.word, &environment.name)
        )
    }

    /// What whoever is refused may do about it, as a sentence.
    ///
    /// The run is named in full: at another workstation its end alone says nothing.
    /// `word` opens the site, in whose environment it is.
    pub fn way_out(&self, host: &HostName, word: &SiteWord, environment: &EnvName) -> String {
        // Where the run is not known nothing else says in which environment it is.
        let of_site = word.with(environment);
        let (token, there) = (self.token, word.behind(environment));
        let breaking = format!("`qd lock break {token}{there} --reason \"…\"`");
        match (self.stands, &self.holder.run) {
            (Stands::Reserved, Some(run)) => format!(
                "Take run {} over (`qd run --resume {run}{of_site}`), or give it up with {breaking}.",
                run.short()
            ),
            (Stands::Held, _) if self.by_hand => {
                format!("Ask them to release it; if they can't, {breaking} takes it from them.")
            }
            (Stands::Held, Some(run)) if self.reserved => format!(
                "Wait for it, or ask them. A change was begun under it, so it stays with run {0} also when nobody is there \
                 any more: then take that over (`qd run --resume {run}{of_site}`), or give it up with {breaking}.",
                run.short()
            ),
            (Stands::Held, _) => format!(
                "Wait for it, or ask them; if nobody is there any more it lapses {} after they were last heard on {host}. \
                 {breaking} takes it from them at once.",
                short(LEASE)
            ),
            (Stands::Free | Stands::Lapsed | Stands::Reserved, _) => format!("{breaking} gives it up."),
        }
    }
}

/// The login is what the host knows: of another than the one they are called by, or root, it is told.
fn by_login(login: &Foreign, workstation: &str) -> String {
    let login = login.plain();
    let is_theirs = login.is_empty() || login == "root" || workstation.split('@').next() == Some(login.as_str());
    if is_theirs { String::new() } else { format!(", by the login {login}") }
}

/// A lock that somebody holds for a run.
#[cfg(test)]
pub(crate) fn example() -> Lock {
    Lock {
        token: 7,
        holder: Holder {
            person: "ada".into(),
            workstation: "ada@desk".into(),
            run: RunId::new("01939a2e-77aa-7c11-8f3e-012389abcdef"),
            message: "Deploy".into(),
            since: "2027-03-01T10:00:00Z".parse().ok(),
        },
        login: "root".into(),
        by_hand: false,
        reserved: true,
        stands: Stands::Held,
        heard: Heard::Unknown,
        broken: None,
        beside: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::SiteName;

    fn lock(stands: Stands, by_hand: bool) -> Lock {
        let run = RunId::new("01939a2e-77aa-7c11-8f3e-012389abcdef");
        Lock {
            token: 7,
            holder: Holder {
                person: "ada".into(),
                workstation: "ada@desk".into(),
                run: run.filter(|_| !by_hand),
                message: "Deploy".into(),
                since: Some("2027-03-01T10:00:00Z".parse().unwrap()),
            },
            login: "root".into(),
            by_hand,
            reserved: stands == Stands::Reserved,
            stands,
            heard: Heard::Ago(Duration::from_secs(3)),
            broken: None,
            beside: Vec::new(),
        }
    }

    #[test]
    fn a_reserved_environment_is_its_runs_only() {
        let (own, other) = (
            RunId::new("01939a2e-77aa-7c11-8f3e-012389abcdef").unwrap(),
            RunId::new("01939a2e-77aa-7c11-8f3e-000000000000").unwrap(),
        );
        let may = |stands| {
            let lock = lock(stands, false);
            [None, Some(&own), Some(&other)].map(|run| lock.may_be_taken(run))
        };
        assert_eq!(may(Stands::Reserved), [false, true, false]);
        assert_eq!(may(Stands::Held), [false, true, false]);
        assert_eq!((may(Stands::Free), may(Stands::Lapsed)), ([true; 3], [true; 3]));
    }

    #[test]
    fn a_login_that_is_called_otherwise_is_told() {
        let told = |login: &str| Lock { login: login.into(), ..lock(Stands::Held, false) }.told(Timestamp::UNIX_EPOCH);
        assert!(told("nobody").starts_with("ada (ada@desk, by the login nobody) holds it"), "{}", told("nobody"));
        for own in ["ada", "root", ""] {
            assert!(told(own).starts_with("ada (ada@desk) holds it"), "{}", told(own));
        }
    }

    #[test]
    fn what_others_have_put_over_it_is_told_with_their_logins() {
        let told = |beside: &[(u64, &str)]| {
            let beside = beside.iter().map(|(token, login)| Beside { token: *token, login: (*login).into() }).collect();
            Lock { beside, ..lock(Stands::Reserved, false) }.told(Timestamp::UNIX_EPOCH)
        };
        assert!(!told(&[]).contains("over it"));
        let one = told(&[(9, "nobody")]);
        assert!(
            one.ends_with("; the login nobody has put token 9 over it, which counts only once this is over"),
            "{one}"
        );
        let two = told(&[(9, "nobody"), (11, "nobody")]);
        assert!(two.contains("the login nobody has put tokens 9, 11 over it"), "{two}");
        let more = told(&[(9, "nobody"), (11, "eve")]);
        assert!(more.contains("the logins nobody, eve have put tokens 9, 11 over it"), "{more}");
    }

    fn lab() -> Environment {
        Environment::new(SiteName::new("box").unwrap(), EnvName::new("lab").unwrap())
    }

    #[test]
    fn of_a_run_that_was_left_here_it_is_said_how_to_take_it_up() {
        let told = lock(Stands::Held, false).left_told(&HostName::new("app-1").unwrap(), &lab());
        assert!(told.starts_with("A run that you left has the lock for \"Deploy\" (run 89abcdef)"), "{told}");
        assert!(told.contains("qd run --resume 01939a2e-77aa") && !told.contains("Wait"), "{told}");
    }

    #[test]
    fn who_has_it_is_one_clause() {
        let now = "2027-03-01T10:12:00Z".parse().unwrap();
        assert_eq!(
            lock(Stands::Held, false).told(now),
            "ada (ada@desk) holds it for \"Deploy\" (run 89abcdef) since 12m, heard 3s ago"
        );
        assert_eq!(lock(Stands::Held, true).told(now), "ada (ada@desk) holds it by hand for \"Deploy\" since 12m");
        let silent = |heard| Lock { heard, ..lock(Stands::Reserved, false) }.told(now);
        assert!(silent(Heard::BeforeBoot).ends_with("since 12m, not heard since the lock host was booted"));
        assert!(silent(Heard::Unknown).ends_with("since 12m"));
        // What is free says nothing of a time that goes on, and what was given back was not broken.
        let over = |reason: &str| {
            let broken = Broken {
                person: "ada".into(),
                workstation: "ada@desk".into(),
                login: "root".into(),
                reason: reason.into(),
            };
            Lock { broken: Some(broken), heard: Heard::Unknown, ..lock(Stands::Free, true) }.told(now)
        };
        assert_eq!(over(RELEASED), "ada (ada@desk) had it for \"Deploy\", and gave it back");
        assert!(over("wrong host").ends_with("; broken by ada (ada@desk): wrong host"), "{}", over("wrong host"));
        let host = HostName::new("app-1").unwrap();
        let named = |lock: Lock| lock.way_out(&host, &SiteWord::default(), &lab().name);
        assert!(named(lock(Stands::Reserved, false)).contains("012389abcdef -e lab`"));
        assert!(named(lock(Stands::Held, true)).contains("`qd lock break 7 --reason"));
    }

    #[test]
    fn what_may_be_done_names_the_path_of_a_site_that_has_no_other_word() {
        let host = HostName::new("app-1").unwrap();
        let word = SiteWord::path("'/srv/our sites/box'");
        let begun = Lock { reserved: true, ..lock(Stands::Held, false) }.way_out(&host, &word, &lab().name);
        assert!(
            begun.contains("`qd run --resume 01939a2e-77aa-7c11-8f3e-012389abcdef '/srv/our sites/box' -e lab`")
                && begun.contains("`qd lock break 7 '/srv/our sites/box' -e lab --reason \"…\"`")
                && !begun.contains("lapses"),
            "{begun}"
        );
        let left = lock(Stands::Held, false).left_told(&host, &Environment { word, ..lab() });
        assert!(left.contains("012389abcdef '/srv/our sites/box' -e lab`"), "{left}");
    }
}
