//! Whose word counts of what a run came to: any login on the lock host may put a record there.
//!
//! This machine's own records count, those of its login there, root's, and those of the login to which the run belongs.
//! What another login says is told with that login and is not the truth. Where nobody knows any more to whom a run
//! belongs, because its mirror was cleared, what lay there first counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::release::{Examined, Release, Verdict};
use crate::domain::{RunId, SiteWord};
use crate::runtimes::releases::{Maker, Owner};

/// What is known of logins and runs.
#[derive(Default)]
pub(super) struct Whose<'a> {
    owners: BTreeMap<&'a RunId, &'a Owner>,
    /// Since when there is a record of a run at all.
    first: BTreeMap<&'a RunId, Option<u64>>,
    own: Option<u32>,
    /// The logins whose records count alone, beside the own one and root; whoever a run belongs to where there are none.
    named: Option<&'a [String]>,
    /// The word that opens their site.
    word: SiteWord,
}

/// The records that count, and sentences about the others.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Settled {
    /// Those that count, this machine's first.
    pub(super) releases: Vec<Release>,
    /// Who has examined which, as far as that counts.
    pub(super) examined: Vec<(RunId, Examined)>,
    /// What is told and does not count.
    pub(super) told: Vec<String>,
    /// The logins whose records would count if the site named them.
    pub(super) unheard: BTreeSet<String>,
    /// Of runs that belong to nobody any more, the login whose record counts because it lay there first.
    pub(super) believed: BTreeMap<RunId, u32>,
}

impl<'a> Whose<'a> {
    pub(super) fn of(owners: &'a [Owner], own: Option<u32>, there: &'a [(Release, Maker)]) -> Self {
        let mut first: BTreeMap<&RunId, Option<u64>> = BTreeMap::new();
        for (release, maker) in there {
            let known = first.entry(&release.run).or_insert(maker.since);
            *known = (*known).min(maker.since);
        }
        let owners = owners.iter().map(|owner| (&owner.run, owner)).collect();
        Self { owners, first, own, named: None, word: SiteWord::default() }
    }

    /// The same, but that no record counts by whom its run belongs to: only those of these logins, the own one and root.
    pub(super) fn only(self, named: Option<&'a [String]>) -> Self {
        Self { named, ..self }
    }

    /// The same of a site that this word opens.
    pub(super) fn in_site(self, word: &SiteWord) -> Self {
        Self { word: word.clone(), ..self }
    }

    /// The login to which a run belongs. A mirror that was made after somebody had recorded an end is none of that run.
    pub(super) fn owner(&self, run: &RunId) -> Option<&Maker> {
        let maker = &self.owners.get(run)?.maker;
        let first = self.first.get(run).copied().flatten();
        maker.since.is_some_and(|since| first.is_none_or(|first| since <= first)).then_some(maker)
    }

    /// Whether the word of a login about this run counts whatever others say.
    pub(super) fn counts(&self, run: &RunId, maker: &Maker) -> bool {
        let owns = match self.named {
            Some(named) => named.contains(&maker.login.plain()),
            None => self.owner(run).is_some_and(|owner| owner.uid == maker.uid),
        };
        maker.uid == 0 || self.own == Some(maker.uid) || owns
    }

    /// What counts of all records: those of this machine's store, and those on the lock host.
    pub(super) fn settle(
        &self,
        here: Vec<Release>,
        there: &[(Release, Maker)],
        examined: &[(RunId, Examined, Maker)],
    ) -> Settled {
        let mut settled = Settled { releases: here, ..Settled::default() };
        let mut others: BTreeMap<&RunId, Vec<&(Release, Maker)>> = BTreeMap::new();
        for one in there {
            if self.counts(&one.0.run, &one.1) {
                settled.releases.push(one.0.clone());
            } else {
                others.entry(&one.0.run).or_default().push(one);
            }
        }
        for (run, mut records) in others {
            let known = settled.releases.iter().any(|release| release.run == *run);
            if !known && self.named.is_none() && self.owner(run).is_none() {
                records.sort_by_key(|(_, maker)| (maker.since.is_none(), maker.since));
                let (release, maker) = records.remove(0);
                settled.releases.push(release.clone());
                settled.believed.insert(run.clone(), maker.uid);
            }
            let same = |other: &Release| other.run == *run;
            for (release, maker) in records {
                if self.named.is_some() {
                    settled.unheard.insert(maker.login.plain());
                }
                let truth = settled.releases.iter().find(|known| same(known));
                settled.told.extend(self.contradiction(release, maker, truth));
            }
        }
        for (run, said, maker) in examined {
            if self.counts(run, maker) || settled.believed.get(run) == Some(&maker.uid) {
                settled.examined.push((run.clone(), said.clone()));
            }
        }
        let counts = |run: &RunId| settled.examined.iter().any(|(known, _)| known == run);
        let open = |release: &&Release| {
            release.verdict != Verdict::Good && release.examined.is_none() && !counts(&release.run)
        };
        let open: Vec<&Release> = settled.releases.iter().filter(open).collect();
        for (run, said, maker) in examined {
            let Some(release) = open.iter().find(|release| release.run == *run) else { continue };
            settled.told.push(format!(
                "The login {} says for {} that run {} was examined ({}). The run is not that login's, so it does not \
                 count: look yourself, then {}.",
                maker.login.plain(),
                said.by,
                run.short(),
                said.reason.plain(),
                release.examine_command(&self.word)
            ));
        }
        settled
    }

    /// A sentence about a record that does not count and says something else than what does.
    fn contradiction(&self, release: &Release, maker: &Maker, truth: Option<&Release>) -> Option<String> {
        let (run, login, verdict) = (release.run.short(), maker.login.plain(), release.verdict.word());
        if truth.is_none() && self.named.is_some() {
            return Some(format!(
                "The login {login} says that run {run} is {verdict}. That does not count: the site names that login in no \
                 release_logins of {}.",
                release.environment
            ));
        }
        let Some(truth) = truth else {
            let owner = self.owner(&release.run).map(|owner| owner.login.plain()).unwrap_or_default();
            return Some(format!(
                "The login {login} says that run {run} is {verdict}. The run belongs to the login {owner}, which has \
                 recorded nothing of it, so that does not count."
            ));
        };
        let same = truth.verdict == release.verdict && truth.version == release.version && truth.is_same(release);
        let by = super::claimed_by(truth);
        let known = truth.verdict.word();
        (!same)
            .then(|| format!("The login {login} says that run {run} is {verdict}; {by} says {known}, and that counts."))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::domain::procedure::Kind;
    use crate::domain::{EnvName, SiteName};

    const RUN: &str = "01939a2e-77aa-7c11-8f3e-0123456789ab";
    const OURS: u32 = 1000;

    fn run() -> RunId {
        RunId::new(RUN).unwrap()
    }

    fn maker(login: &str, uid: u32, since: u64) -> Maker {
        Maker { login: login.into(), uid, since: Some(since) }
    }

    fn says(login: &str, uid: u32, since: u64, verdict: Verdict) -> (Release, Maker) {
        let release = Release {
            run: run(),
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("lab").unwrap(),
            kind: Kind::Deploy,
            service: None,
            version: "v1".into(),
            commit: None,
            images: Vec::new(),
            migrations: Vec::new(),
            backup: None,
            hosts: Vec::new(),
            person: "ada".into(),
            workstation: "ada@desk".into(),
            at: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            verdict,
            waivers: Vec::new(),
            follow_ups: Vec::new(),
            overridden: None,
            examined: None,
            login: Some(login.into()),
        };
        (release, maker(login, uid, since))
    }

    fn owner(login: &str, uid: u32, since: u64) -> [Owner; 1] {
        [Owner { run: run(), maker: maker(login, uid, since) }]
    }

    /// The verdicts that count, and all that is told.
    fn settled(owners: &[Owner], here: Vec<Release>, there: &[(Release, Maker)]) -> (Vec<Verdict>, String) {
        let settled = Whose::of(owners, Some(OURS), there).settle(here, there, &[]);
        (settled.releases.iter().map(|release| release.verdict).collect(), settled.told.join("\n"))
    }

    #[test]
    fn no_other_login_makes_failed_or_good_what_its_owner_saw() {
        for (truth, lie) in [(Verdict::Good, Verdict::Failed), (Verdict::Failed, Verdict::Good)] {
            // The forged one lay there first: before the run had ended.
            let there = [says("nobody", 65534, 5, lie), says("ada", 1001, 9, truth)];
            let (verdicts, told) = settled(&owner("ada", 1001, 2), Vec::new(), &there);
            assert_eq!(verdicts, [truth]);
            assert!(told.contains("The login nobody says") && told.contains("the login ada says"), "{told}");
        }
    }

    #[test]
    fn what_this_machine_its_login_and_root_recorded_counts_without_a_mirror() {
        let forged = says("nobody", 65534, 1, Verdict::Failed);
        let here = says("", 0, 0, Verdict::Good).0;
        let here = Release { login: None, ..here };
        let (verdicts, told) = settled(&[], vec![here], std::slice::from_ref(&forged));
        assert_eq!(verdicts, [Verdict::Good]);
        assert!(told.contains("this machine says good, and that counts"), "{told}");
        for (login, uid) in [("ours", OURS), ("root", 0)] {
            let there = [forged.clone(), says(login, uid, 9, Verdict::Good)];
            assert_eq!(settled(&[], Vec::new(), &there).0, [Verdict::Good], "{login}");
        }
    }

    #[test]
    fn what_counts_and_differs_is_left_to_who_judges_it() {
        let there = [says("root", 0, 5, Verdict::Good), says("ada", 1001, 9, Verdict::Failed)];
        let (verdicts, told) = settled(&owner("ada", 1001, 2), Vec::new(), &there);
        assert_eq!((verdicts.len(), told.as_str()), (2, ""), "the worse of them counts");
    }

    #[test]
    fn of_a_run_whose_mirror_was_cleared_what_lay_there_first_counts() {
        let there = [says("nobody", 65534, 900, Verdict::Failed), says("ada", 1001, 9, Verdict::Good)];
        // The mirror that lies there now was made after the fact.
        for owners in [Vec::new(), owner("nobody", 65534, 800).to_vec()] {
            let (verdicts, told) = settled(&owners, Vec::new(), &there);
            assert_eq!(verdicts, [Verdict::Good]);
            assert!(told.contains("The login nobody says"), "{told}");
        }
    }

    #[test]
    fn of_a_run_whose_owner_says_nothing_nobody_else_says_anything() {
        let there = [says("nobody", 65534, 5, Verdict::Good)];
        let (verdicts, told) = settled(&owner("ada", 1001, 2), Vec::new(), &there);
        assert_eq!(verdicts, []);
        assert!(told.contains("belongs to the login ada"), "{told}");
    }

    #[test]
    fn whose_word_does_not_count_for_others_is_known_by_the_login_that_has_the_run() {
        let found = |own: u32, owners: Vec<Owner>, since: u64| super::super::Found {
            releases: vec![says("ada", 1001, since, Verdict::Failed)],
            owners,
            own: Some(own),
            ..Default::default()
        };
        let of_others = |own, owners| found(own, owners, 9).believes(&run());
        assert_eq!(of_others(OURS, owner("ada", 1001, 2).to_vec()).as_deref(), Some("ada"));
        assert_eq!(of_others(1001, owner("ada", 1001, 2).to_vec()), None);
        assert_eq!(of_others(0, owner("ada", 1001, 2).to_vec()), None, "everybody believes root");
        assert_eq!(of_others(OURS, Vec::new()).as_deref(), Some("ada"), "it lay there first");
    }

    #[test]
    fn whoever_examined_a_run_of_another_login_is_told_and_not_believed() {
        let there = [says("ada", 1001, 9, Verdict::Failed)];
        let owners = owner("ada", 1001, 2);
        let said = Examined {
            by: "bo".into(),
            workstation: "bo@desk".into(),
            at: Timestamp::UNIX_EPOCH,
            reason: "fine".into(),
        };
        let of = |uid, login: &str| {
            let examined = [(run(), said.clone(), maker(login, uid, 20))];
            let whose = Whose::of(&owners, Some(OURS), &there).in_site(&SiteWord::path("/srv/shop"));
            let settled = whose.settle(Vec::new(), &there, &examined);
            (settled.examined.len(), settled.told.join("\n"))
        };
        let (count, told) = of(65534, "nobody");
        assert_eq!(count, 0);
        assert!(told.contains("The login nobody says for bo") && told.contains(" /srv/shop -e "), "{told}");
        for (uid, login) in [(1001, "ada"), (OURS, "ours"), (0, "root")] {
            assert_eq!(of(uid, login), (1, String::new()));
        }
        // Where nobody knows whose the run is, whoever recorded its end may say so.
        let examined = [(run(), said, maker("ada", 1001, 20))];
        assert_eq!(Whose::of(&[], Some(OURS), &there).settle(Vec::new(), &there, &examined).examined.len(), 1);
    }
}
