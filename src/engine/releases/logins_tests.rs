//! Whose words count on the lock host, which is this machine: to whom a run belongs, and what other logins say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};

use super::tests::{Place, checklist, conclude, word};
use super::*;
use crate::domain::Run;
use crate::domain::release::{Said, Verdict};
use crate::domain::run::RunState;
use crate::engine::store::Who;
use crate::engine::store::release_form::ReleaseForm;

const ADA: u32 = 31_001;
const BO: u32 = 31_002;
const NOBODY: u32 = 65_534;

/// A run that the login ada has begun, and what it came to as ada and as somebody else say.
struct Begun {
    place: Place,
    release: Release,
    mirror: Mirror,
    _link: super::tests::Link,
}

impl Begun {
    async fn new() -> Self {
        let place = Place::new();
        let release = place.release("v1", Verdict::Good, 300);
        let (mirror, link) = place.mirror().await;
        let begun = Self { place, release, mirror, _link: link };
        begun.tell(1).await;
        give(&begun.owner(1), ADA);
        begun
    }

    fn run(&self) -> Run {
        Run {
            id: self.release.run.clone(),
            site: self.release.site.clone(),
            environment: self.release.environment.clone(),
            person: "ada".into(),
            workstation: "ada@desk".into(),
            kind: "deploy".into(),
            title: "Deploy".into(),
            confirmed: "yes".into(),
            begun: self.release.at,
            ended: None,
            state: RunState::Running,
            document: None,
            steps: Vec::new(),
        }
    }

    /// What the program itself puts there under a token.
    async fn tell(&self, token: u64) {
        let who = Who { person: "ada".into(), workstation: "ada@desk".into() };
        let (trail, sent) = self.mirror.begin(&self.run(), token, who, Timestamp::now());
        sent.await.unwrap();
        drop(trail);
    }

    fn owner(&self, token: u64) -> PathBuf {
        let name = format!("quarterdeck-{}-lab.{}", self.place.environment.site, self.release.run);
        let all = [PathBuf::from(&self.place.environment.state_directory).join("mirror"), PathBuf::from("/var/tmp")];
        let all = all.map(|place| place.join(&name));
        all.into_iter().find(|path| path.exists()).unwrap().join(format!("owner-{token}"))
    }

    /// The word of a login about what the run came to.
    fn says(&self, login: u32, verdict: Verdict) {
        let form = ReleaseForm::from(&Release { verdict, ..self.release.clone() });
        let file = self.place.there().join(format!("{}.release.{login}", self.release.run));
        std::fs::write(&file, serde_json::to_vec(&form).unwrap()).unwrap();
        chown(&file, Some(login), Some(login)).unwrap();
    }

    /// What counts, and the login whose word it is.
    async fn counts(&self) -> Option<(Verdict, String)> {
        let known = Releases::of(&self.place.environment, None, Some(&self.mirror)).read(Timestamp::now()).await;
        let release = known.history.of_run(&self.release.run)?;
        Some((release.verdict, release.login.as_ref().unwrap().plain()))
    }

    async fn owner_told(&self) -> Option<u32> {
        let (site, environment) = (&self.place.environment.site, &self.place.environment.name);
        let found = self.mirror.releases().list(site, environment).await.unwrap();
        found.owners.first().map(|owner| owner.maker.uid)
    }
}

/// Gives a folder with all that is in it to a login.
fn give(folder: &Path, login: u32) {
    for entry in std::fs::read_dir(folder).unwrap() {
        std::os::unix::fs::lchown(entry.unwrap().path(), Some(login), Some(login)).unwrap();
    }
    chown(folder, Some(login), Some(login)).unwrap();
}

fn is_root() -> bool {
    // Nobody else's file can be made here otherwise.
    rustix::process::getuid().is_root()
}

#[tokio::test]
async fn a_place_in_which_nobody_has_told_a_whole_word_takes_no_run_over() {
    if !is_root() {
        return;
    }
    let begun = Begun::new().await;
    begun.mirror.releases().release(&begun.place.release("v0", Verdict::Good, 900)).await.unwrap();
    begun.says(ADA, Verdict::Good);
    begun.says(NOBODY, Verdict::Failed);
    assert_eq!(begun.counts().await, Some((Verdict::Good, ADA.to_string())));
    let whole = std::fs::read_to_string(begun.owner(1).join("000001")).unwrap();
    let forged = begun.owner(2);
    let second = whole.replace("\"token\":1,", "\"token\":2,");
    assert_ne!(second, whole, "{whole}");
    for (what, word) in [
        ("a folder alone", None),
        ("nothing", Some(String::new())),
        ("nothing of ours", Some("{}\n".to_owned())),
        ("the word of another token", Some(whole.clone())),
        ("half a word", Some(second[..second.len() - 40].to_owned())),
        ("a word without its end", Some(second.trim_end().to_owned())),
        ("no beginning", Some(second.replace("\"whole\":", "\"given\":"))),
        ("another run", Some(second.replacen(begun.release.run.as_str(), "01939a2e-77aa-7c11-8f3e-0123456789ab", 1))),
    ] {
        std::fs::create_dir(&forged).unwrap();
        word.iter().for_each(|word| std::fs::write(forged.join("000001"), word).unwrap());
        std::fs::write(forged.join("ended"), "").unwrap();
        give(&forged, NOBODY);
        assert_eq!(begun.counts().await, Some((Verdict::Good, ADA.to_string())), "{what}");
        std::fs::remove_dir_all(&forged).unwrap();
    }
    // The word of another login, as itself and by a link, in a folder of one's own.
    for link in [false, true] {
        std::fs::create_dir(&forged).unwrap();
        let theirs = begun.owner(1).join("000002");
        std::fs::write(&theirs, &second).unwrap();
        chown(&theirs, Some(ADA), Some(ADA)).unwrap();
        match link {
            true => symlink(&theirs, forged.join("000001")).unwrap(),
            false => std::fs::hard_link(&theirs, forged.join("000001")).unwrap(),
        }
        chown(&forged, Some(NOBODY), Some(NOBODY)).unwrap();
        assert_eq!(begun.counts().await, Some((Verdict::Good, ADA.to_string())), "link: {link}");
        std::fs::remove_dir_all(&forged).unwrap();
        std::fs::remove_file(&theirs).unwrap();
    }
    // However many folders somebody makes, they hide nobody who has truly taken it over.
    for token in 10..400 {
        std::fs::create_dir(begun.owner(token)).unwrap();
        give(&begun.owner(token), NOBODY);
    }
    std::fs::create_dir(&forged).unwrap();
    std::fs::write(forged.join("000001"), &second).unwrap();
    give(&forged, BO);
    begun.says(BO, Verdict::RolledBack);
    assert_eq!(begun.counts().await, Some((Verdict::RolledBack, BO.to_string())));
}

#[tokio::test]
async fn whoever_has_truly_taken_a_run_over_says_what_it_came_to_and_nobody_behind_its_end() {
    if !is_root() {
        return;
    }
    let begun = Begun::new().await;
    begun.mirror.releases().release(&begun.place.release("v0", Verdict::Good, 900)).await.unwrap();
    begun.says(ADA, Verdict::Failed);
    begun.says(BO, Verdict::Good);
    begun.says(NOBODY, Verdict::RolledBack);
    assert_eq!(begun.owner_told().await, Some(ADA), "what the program puts there is whole");
    // The lock host itself takes it over, as another login does.
    let taken = begun.mirror.adopt(&begun.release.run, 1, 5).await;
    assert!(taken.is_err() || taken.is_ok_and(|taken| taken.token == 5));
    assert_eq!(begun.owner_told().await, Some(ADA), "not before it has told of it");
    begun.tell(5).await;
    give(&begun.owner(5), BO);
    assert_eq!(begun.counts().await, Some((Verdict::Good, BO.to_string())));
    // A number that was left out, made behind the others.
    std::thread::sleep(Duration::from_millis(1100));
    let word = std::fs::read_to_string(begun.owner(5).join("000001")).unwrap();
    let forge = |token: u64| {
        std::fs::create_dir(begun.owner(token)).unwrap();
        let text = word.replace("\"token\":5,", &format!("\"token\":{token},"));
        std::fs::write(begun.owner(token).join("000001"), text).unwrap();
        std::fs::write(begun.owner(token).join("ended"), "").unwrap();
        give(&begun.owner(token), NOBODY);
    };
    forge(3);
    assert_eq!(begun.owner_told().await, Some(BO));
    // It has ended: a whole word behind that takes nothing over.
    std::fs::write(begun.owner(5).join("ended"), "").unwrap();
    forge(6);
    assert_eq!(begun.counts().await, Some((Verdict::Good, BO.to_string())));
}

#[tokio::test]
async fn what_another_login_says_of_a_checklist_is_told_with_that_login_and_ends_no_looking() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let (mirror, _link) = place.mirror().await;
    let store = place.store("here");
    let release = Release { follow_ups: vec![checklist()], ..place.release("v1", Verdict::Good, 300) };
    conclude(&store, &release).await;
    let ours = Releases::of(&place.environment, Some(store), Some(&mirror));
    ours.read(Timestamp::now()).await;
    let claim = word(&release, "green", Said::Well, 30);
    mirror.releases().follow(&claim).await.unwrap();
    let folder = PathBuf::from(place.there().to_string_lossy().replace(".releases", ".followed"));
    let put = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let forged = PathBuf::from(put.to_string_lossy().replace(".followed.0", &format!(".followed.{NOBODY}")));
    std::fs::rename(&put, &forged).unwrap();
    chown(&forged, Some(NOBODY), Some(NOBODY)).unwrap();

    let known = ours.read(Timestamp::now()).await;
    assert_eq!(known.followed, [], "nobody whose word counts has said anything");
    let login = known.claimed[0].login.as_ref().unwrap().plain();
    assert_eq!((known.claimed.len(), known.claimed[0].said), (1, Said::Well));
    assert_eq!(login, "nobody");
    let known_release = known.history.of_run(&release.run).unwrap();
    let looks: Vec<&str> = crate::state::releases::looks(&known).map(|(_, item, _)| item.part.as_str()).collect();
    assert_eq!(looks, ["green"], "the console goes on looking at it");
    let told = crate::state::releases::follow(&known, &[known_release], Timestamp::now());
    assert!(told.contains("open      green"), "{told}");
    assert!(told.contains("bo (login nobody) said well at") && told.contains("does not count"), "{told}");

    // What is said here lies there too, also when somebody had put the very same there, and counts.
    assert_eq!(ours.follow(claim.clone()).await.unwrap(), None);
    let known = ours.read(Timestamp::now()).await;
    assert_eq!(known.followed, [claim]);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    // The login to which the run belongs says so from elsewhere: it counts, with its login.
    let theirs = word(&release, "quiet", Said::Bad, 20);
    mirror.releases().follow(&theirs).await.unwrap();
    let known = ours.read(Timestamp::now()).await;
    let said = known.followed.iter().find(|one| one.part == theirs.part).unwrap();
    assert_eq!((said.said, said.login.as_ref().unwrap().plain().as_str()), (Said::Bad, "root"));
}

#[tokio::test]
async fn a_gate_believes_records_of_its_own_login_of_root_and_of_logins_that_the_site_names() {
    if !is_root() {
        return;
    }
    // A whole run of another login, mirror and all, as anybody can make one up.
    let begun = Begun::new().await;
    begun.mirror.releases().release(&begun.place.release("v0", Verdict::Good, 900)).await.unwrap();
    begun.says(ADA, Verdict::Good);
    let runs = async |named: Option<&[&str]>| {
        let releases = Releases::of(&begun.place.environment, None, Some(&begun.mirror));
        let releases = match named {
            Some(named) => releases.only(named.iter().map(ToString::to_string).collect()),
            None => releases,
        };
        let known = releases.read(Timestamp::now()).await;
        let newest = known.history.releases().last().unwrap();
        (newest.version.plain(), newest.login.as_ref().unwrap().plain(), known.told.join(" "))
    };
    let ada = ADA.to_string();
    assert_eq!(runs(None).await, ("v1".to_owned(), ada.clone(), String::new()), "a list tells it with its login");
    let (version, login, told) = runs(Some(&[])).await;
    assert_eq!((version.as_str(), login.as_str()), ("v0", "root"));
    assert!(told.contains(&format!("The login {ada} says that run")), "{told}");
    assert!(told.contains("names that login in no release_logins of lab"), "{told}");
    let unheard = Releases::of(&begun.place.environment, None, Some(&begun.mirror)).only(Vec::new());
    assert_eq!(
        unheard.read(Timestamp::now()).await.unheard,
        std::slice::from_ref(&ada),
        "whom the site would have to name"
    );
    assert_eq!(runs(Some(&["deploy", &ada])).await, ("v1".to_owned(), ada, String::new()));
    // Where nobody knows any more whose the run was, it is no more believed.
    let folder = begun.owner(1);
    std::fs::remove_dir_all(folder.parent().unwrap()).unwrap();
    assert_eq!(runs(Some(&[])).await.0, "v0");
}
