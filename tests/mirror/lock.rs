//! The lock of an environment: one has it, it lapses, it stays reserved, it is broken with a reason.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::lock::{Heard, Holder, Stands};
use quarterdeck::domain::procedure::Header;
use quarterdeck::domain::run::RunState;
use quarterdeck::domain::{Lock, Procedure, ProcedureName, Run, RunId};
use quarterdeck::engine::clock::{AnyClock, Clock, HeldClock, RealClock};
use quarterdeck::engine::lock::{EnvironmentLock, Guard, Held, LockError, telling};
use quarterdeck::engine::store::{Recorded, Who};
use quarterdeck::port::Event;
use quarterdeck::port::procedure::ProcedureNews;

use super::kit::{Link, Place, machine, who};

const CLOCK: AnyClock = AnyClock::Real(RealClock);

pub(super) async fn lock(place: &Place) -> (EnvironmentLock, Link) {
    let link: Link = Link::new(Some(machine().await));
    (EnvironmentLock::of(&place.environment(), link.subscribe()).unwrap(), link)
}

pub(super) fn holder(person: &str, run: Option<&Run>) -> Holder {
    let Who { person, workstation } = who(person);
    let (run, since) = (run.map(|run| run.id.clone()), Some(Timestamp::now()));
    Holder { person, workstation, run, message: "Deploy".into(), since }
}

async fn take(lock: &EnvironmentLock, person: &str, run: &Run) -> Result<Held, LockError> {
    lock.take(holder(person, Some(run)), 0, CLOCK).await
}

pub(super) async fn seen(lock: &EnvironmentLock) -> Lock {
    lock.look(Timestamp::now()).await.unwrap().unwrap()
}

/// The folder of a token, where its holder was heard last at the host's first second.
fn folder(place: &Place, token: u64) -> PathBuf {
    let name = format!("{}.lock/token-{token}", place.of_lock());
    [place.path().join("state/mirror"), PathBuf::from("/var/tmp")]
        .map(|place| place.join(&name))
        .into_iter()
        .find(|path| path.is_dir())
        .unwrap()
}

fn unheard(place: &Place, token: u64) {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    fs::write(folder(place, token).join("beat"), format!("1 {boot}")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_has_it_and_each_taking_has_a_higher_token() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    assert_eq!(lock.look(Timestamp::now()).await.unwrap(), None);
    let mut last = 0;
    for _ in 0..3 {
        let racers = (0..12).map(|number| {
            let (lock, run) = (lock.clone(), place.run(1));
            async move { take(&lock, &format!("p{number}"), &run).await }
        });
        let taken = futures_util::future::join_all(racers).await;
        let (mut won, lost): (Vec<_>, Vec<_>) = taken.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 11));
        for refused in lost {
            let Err(LockError::Held { lock, .. }) = refused else { panic!("{refused:?}") };
            assert_eq!(lock.stands, Stands::Held);
        }
        let held = won.remove(0).unwrap();
        assert!(held.token() > last);
        assert_eq!(held.may_begin(), Ok(()));
        last = held.token();
        held.release().await.unwrap();
        assert_eq!(seen(&lock).await.stands, Stands::Free);
    }
}

#[tokio::test]
async fn it_lapses_until_a_change_was_begun_and_then_stays_its_runs() {
    let place = Place::new();
    let ((here, _here), (there, _there)) = (lock(&place).await, lock(&place).await);
    let (one, two) = (place.run(1), place.run(1));
    let held = take(&here, "ada", &one).await.unwrap();
    let Err(why @ LockError::Held { .. }) = take(&there, "bob", &two).await else { panic!() };
    let said = why.to_string();
    assert!(said.contains("ada (ada@desk) holds it for \"Deploy\"") && said.contains("qd lock break"), "{said}");

    unheard(&place, held.token());
    assert_eq!(seen(&there).await.stands, Stands::Lapsed);
    let second = take(&there, "bob", &two).await.unwrap();
    assert!(second.token() > held.token());
    // Whoever comes back is told, and changes nothing any more.
    let Err(LockError::Lost { lock, .. }) = held.reserve().await else { panic!() };
    assert_eq!(lock.holder.person, "bob");
    assert_eq!(second.reserve().await, Ok(()));

    unheard(&place, second.token());
    assert_eq!(seen(&here).await.stands, Stands::Reserved);
    let Err(why @ LockError::Held { .. }) = take(&here, "ada", &one).await else { panic!() };
    assert!(why.to_string().contains(&format!("qd run --resume {}", two.id)), "{why}");
    // The same run may have it, from wherever it is gone on with.
    let third = take(&here, "ada", &two).await.unwrap();
    assert!(third.token() > second.token());
    third.release().await.unwrap();
    take(&there, "bob", &one).await.unwrap();
}

#[tokio::test]
async fn a_host_that_was_booted_forgets_a_lease_and_keeps_a_reservation() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let (one, two) = (place.run(1), place.run(1));
    for (reserves, stands) in [(false, Stands::Lapsed), (true, Stands::Reserved)] {
        let held = take(&lock, "ada", &one).await.unwrap();
        if reserves {
            held.reserve().await.unwrap();
        }
        fs::write(folder(&place, held.token()).join("beat"), "99999999 0-another-boot\n").unwrap();
        let now = seen(&lock).await;
        assert_eq!((now.stands, now.heard), (stands, Heard::BeforeBoot));
        assert_eq!(take(&lock, "bob", &two).await.is_ok(), !reserves);
        unheard(&place, seen(&lock).await.token);
    }
}

#[tokio::test]
async fn it_is_broken_by_its_token_only_and_for_a_reason_that_is_kept() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let run = place.run(1);
    let held = take(&lock, "ada", &run).await.unwrap();
    held.reserve().await.unwrap();
    let now = Timestamp::now();
    let wrong = lock.give_up(held.token() - 1, &who("eve"), "in a hurry", now).await;
    let Err(LockError::Other { lock: Some(_), .. }) = wrong else { panic!("{wrong:?}") };
    assert_eq!(held.may_begin(), Ok(()));
    let broken = lock.give_up(held.token(), &who("eve"), "their laptop\u{1b}[2J\nis gone", now).await.unwrap().unwrap();
    assert_eq!(broken.stands, Stands::Free);
    let told = broken.told(now);
    assert!(told.contains("broken by eve (eve@desk): their laptop") && !told.contains(['\u{1b}', '\n']), "{told}");
    assert!(matches!(held.reserve().await, Err(LockError::Lost { .. })));
    assert!(matches!(held.release().await, Err(LockError::Lost { .. })));
    let twice = lock.give_up(broken.token, &who("eve"), "again", now).await;
    assert!(matches!(twice, Err(LockError::Other { .. })), "{twice:?}");
}

#[tokio::test]
async fn e8_whoever_it_was_taken_from_is_told_so_before_the_next_change() {
    let place = Place::new();
    let (lock, link) = lock(&place).await;
    let clock = HeldClock::at(RealClock.now());
    let run = place.run(1);
    let held = lock.take(holder("ada", Some(&run)), 0, AnyClock::Held(clock.clone())).await.unwrap();
    held.reserve().await.unwrap();
    assert_eq!(held.confirm().await, Ok(()));
    lock.give_up(held.token(), &who("eve"), "their laptop is gone", Timestamp::now()).await.unwrap();
    lock.take_by_hand(holder("eve", None), &CLOCK).await.unwrap();
    // Its last answer is good for two seconds, and for no longer.
    clock.advance(Duration::from_secs(3));
    let why = held.confirm().await.unwrap_err();
    assert!(why.contains("not ours any more") && why.contains("eve"), "{why}");
    assert!(held.is_lost() && held.may_begin().is_err());

    // E9: with no answer no further change begins, and what is under way is not lost for it.
    let other = Place::new();
    let (lock, link_of_other) = self::lock(&other).await;
    let held = lock.take(holder("ada", Some(&other.run(1))), 0, AnyClock::Held(clock.clone())).await.unwrap();
    link_of_other.send_replace(None);
    clock.advance(Duration::from_secs(3));
    let why = held.confirm().await.unwrap_err();
    assert!(why.contains("no change begins"), "{why}");
    assert_eq!((held.may_begin(), held.is_lost()), (Ok(()), false));
    drop(link);
}

#[tokio::test]
async fn nothing_that_another_login_puts_there_pretends_that_it_was_taken() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let first = take(&lock, "ada", &place.run(1)).await.unwrap();
    let all = folder(&place, first.token()).parent().unwrap().to_owned();
    first.release().await.unwrap();
    let now = u64::try_from(Timestamp::now().as_second()).unwrap();
    // A token of years ahead counts for nothing.
    let far = all.join("token-999999999999999");
    fs::create_dir(&far).unwrap();
    fs::write(far.join("kind"), "hand").unwrap();
    // A token that is broken before it was taken is none that is given.
    for ahead in 0..60 {
        fs::create_dir(all.join(format!("broken-{}", now + ahead))).unwrap();
    }
    let taken = lock.take_by_hand(holder("ada", None), &CLOCK).await.unwrap();
    assert_eq!(taken.stands, Stands::Held);
    assert!(taken.token >= now + 50 && taken.token < now + 100, "{}", taken.token);
    assert_eq!(seen(&lock).await.token, taken.token);
    lock.give_up(taken.token, &who("ada"), "done", Timestamp::now()).await.unwrap();
    // One of months ahead was made now, as the system says: it counts for nothing either.
    fs::create_dir(all.join(format!("token-{}", now + 20_000_000))).unwrap();
    fs::write(all.join(format!("token-{}/released", now + 20_000_000)), "").unwrap();
    let again = lock.take_by_hand(holder("ada", None), &CLOCK).await.unwrap();
    assert!(again.token > taken.token && again.token < now + 100, "{}", again.token);
    lock.give_up(again.token, &who("ada"), "done", Timestamp::now()).await.unwrap();
    // As far ahead as may be: it is waited until the next one counts.
    let far = now + 86_400;
    fs::create_dir(all.join(format!("token-{far}"))).unwrap();
    fs::write(all.join(format!("token-{far}/released")), "").unwrap();
    let last = lock.take_by_hand(holder("ada", None), &CLOCK).await.unwrap();
    assert!(last.token > far && last.token < far + 100, "{}", last.token);
    assert_eq!(seen(&lock).await.token, last.token);
}

#[tokio::test]
async fn who_keeps_the_lock_to_itself_is_named() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let held = take(&lock, "ada", &place.run(1)).await.unwrap();
    let all = folder(&place, held.token()).parent().unwrap().to_owned();
    let mut keeps =
        std::process::Command::new("flock").arg("--no-fork").arg(&all).args(["sleep", "30"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let refused = lock.look(Timestamp::now()).await.unwrap_err().to_string();
    keeps.kill().unwrap();
    keeps.wait().unwrap();
    assert!(refused.contains("keeps it to itself with its process"), "{refused}");
}

#[tokio::test]
async fn by_hand_it_does_not_lapse() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let taken = lock.take_by_hand(holder("ada", Some(&place.run(1))), &CLOCK).await.unwrap();
    assert_eq!((taken.by_hand, taken.holder.run, taken.stands), (true, None, Stands::Held));
    unheard(&place, taken.token);
    assert_eq!(seen(&lock).await.stands, Stands::Held);
    assert!(matches!(take(&lock, "bob", &place.run(1)).await, Err(LockError::Held { .. })));
}

#[tokio::test]
async fn nothing_begins_once_the_lock_host_was_not_heard_for_long() {
    let place = Place::new();
    let (lock, link) = lock(&place).await;
    let clock = HeldClock::at(RealClock.now());
    let held = lock.take(holder("ada", Some(&place.run(1))), 0, AnyClock::Held(clock.clone())).await.unwrap();
    link.send_replace(None);
    clock.advance(Duration::from_secs(40));
    assert_eq!(held.may_begin(), Ok(()));
    clock.advance(Duration::from_secs(1));
    let why = held.may_begin().unwrap_err();
    assert!(why.contains("not heard for 41s"), "{why}");
    assert!(matches!(held.reserve().await, Err(LockError::Unreachable { .. })));
}

#[tokio::test]
async fn what_others_say_of_themselves_is_only_shown() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let held = take(&lock, "ada", &place.run(1)).await.unwrap();
    let token = held.token();
    for who in [
        "",
        "{}",
        "[[[[",
        "{\"person\":\"\u{202e}eve\\n\",\"run\":\"$(id)\",\"at\":\"never\"}",
        "\u{0}\u{1b}]52;c;x\u{7}",
    ] {
        fs::write(folder(&place, token).join("who"), who).unwrap();
        let now = seen(&lock).await;
        assert_eq!((now.token, now.stands, now.holder.run.clone()), (token, Stands::Held, None::<RunId>));
        let told = now.told(Timestamp::now());
        assert!(!told.contains(|c: char| c.is_control() || c == '\u{202e}'), "{told:?}");
    }
    fs::write(folder(&place, token).join("who"), vec![b'x'; 9 << 20]).unwrap();
    assert_eq!(seen(&lock).await.token, token);
    // Names that only look like tokens count for nothing.
    let all = folder(&place, token).parent().unwrap().to_owned();
    for name in ["token-", "token-x", "token-09", "token-9999999999999999999", "token-$(id)"] {
        fs::create_dir(all.join(name)).unwrap();
    }
    assert_eq!(seen(&lock).await.token, token);
    held.release().await.unwrap();
}

/// What a run asks before each change, by this clock.
fn guard(lock: &EnvironmentLock, run: &Run, clock: &HeldClock) -> Guard {
    Guard::begin(lock.clone(), holder("ada", Some(run)), AnyClock::Held(clock.clone()), false)
}

/// The verdict came where nothing was changed any more: the reservation of the run goes with it, and of no other run.
#[tokio::test]
async fn a_run_that_is_brought_to_its_end_elsewhere_leaves_no_lock_behind() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let clock = HeldClock::at(RealClock.now());
    let (run, other) = (place.run(1), place.run(2));
    let begun = guard(&lock, &run, &clock);
    begun.may_change().await.unwrap();
    drop(begun);
    assert!(seen(&lock).await.reserved);
    let later = |person: &str, run: &Run, was_before: bool| {
        Guard::begin(lock.clone(), holder(person, Some(run)), AnyClock::Held(clock.clone()), was_before)
    };
    for (guard, why) in [
        (later("eve", &other, true), "another run has it"),
        (later("bo", &run, false), "a run that begins has left nothing"),
    ] {
        assert_eq!(guard.release().await, None);
        assert!(seen(&lock).await.reserved, "{why}");
    }
    // Whoever is at it now is who has the lock, before anything more is changed.
    let bo = later("bo", &run, true);
    assert_eq!(bo.taken_away().await, None);
    let now = seen(&lock).await;
    assert!(now.holder.person == "bo" && now.stands == Stands::Held && now.reserved, "{now:?}");
    assert_eq!(bo.release().await, None);
    assert_eq!(seen(&lock).await.stands, Stands::Free);
}

/// Killed between the verdict and the giving back: the lock is free again, by the word of the login that took it.
#[tokio::test]
async fn a_run_that_has_its_verdict_holds_no_lock() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let (mirror, _here) = place.mirror().await;
    let run = place.run(1);
    let (trail, sent) = mirror.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    let held = take(&lock, "ada", &run).await.unwrap();
    held.reserve().await.unwrap();
    let other = place.run(2);
    assert!(matches!(take(&lock, "bo", &other).await, Err(LockError::Held { .. })));
    trail.append(Recorded::Ended(RunState::Succeeded), Timestamp::now()).await.unwrap();
    if std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        let nobody = |login: u32| std::os::unix::fs::chown(place.of(&run).join("owner-1"), Some(login), None).unwrap();
        nobody(65534);
        assert_eq!(seen(&lock).await.stands, Stands::Held, "what another login says ends nothing");
        nobody(0);
    }
    assert_eq!(seen(&lock).await.stands, Stands::Free);
    let next = take(&lock, "bo", &other).await.unwrap();
    assert!(next.token() > held.token());
    // Whoever lives still gives back what others have by now, and takes nothing from them.
    assert!(matches!(held.release().await, Err(LockError::Lost { .. })));
    assert_eq!((seen(&lock).await.token, seen(&lock).await.stands), (next.token(), Stands::Held));
}

#[tokio::test]
async fn what_was_broken_changes_nothing_more_however_lately_it_was_heard() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let clock = HeldClock::at(RealClock.now());
    let run = place.run(1);
    let guard = guard(&lock, &run, &clock);
    let fence = guard.may_change().await.unwrap();
    clock.advance(Duration::from_secs(6));
    assert_eq!(guard.may_change().await.unwrap().token, fence.token);
    lock.give_up(fence.token, &who("eve"), "their laptop sleeps", Timestamp::now()).await.unwrap();
    let mine = lock.take_by_hand(holder("eve", None), &CLOCK).await.unwrap();
    clock.advance(Duration::from_secs(6));
    let why = guard.may_change().await.unwrap_err().to_string();
    assert!(why.contains("eve"), "{why}");
    // What is begun again after that does not get it either.
    let why = guard.may_change().await.unwrap_err().to_string();
    assert!(why.contains("eve"), "{why}");
    assert_eq!(seen(&lock).await.token, mine.token);
}

#[tokio::test]
async fn a_lock_that_can_not_be_reserved_is_given_back_at_once() {
    // What is to hold the mark of the reservation is a folder by then: mostly, since it has to be made in between.
    for _ in 0..20 {
        let place = Place::new();
        let (lock, _link) = lock(&place).await;
        lock.take_by_hand(holder("ada", None), &CLOCK).await.unwrap();
        let token = seen(&lock).await.token;
        let all = folder(&place, token).parent().unwrap().to_owned();
        lock.give_up(token, &who("ada"), "released", Timestamp::now()).await.unwrap();
        let spoils = std::thread::spawn(move || {
            let begun = std::time::Instant::now();
            while begun.elapsed() < Duration::from_secs(10) {
                let newer = |path: &PathBuf| {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    name.strip_prefix("token-").and_then(|word| word.parse().ok()).is_some_and(|one: u64| one > token)
                };
                let found = fs::read_dir(&all).unwrap().filter_map(Result::ok).map(|entry| entry.path()).find(newer);
                if let Some(found) = found.filter(|found| found.join("beat").exists()) {
                    return fs::create_dir(found.join("reserved")).is_ok();
                }
            }
            false
        });
        let run = place.run(1);
        let guard = guard(&lock, &run, &HeldClock::at(RealClock.now()));
        let may = guard.may_change().await;
        if !spoils.join().unwrap() || may.is_ok() {
            continue;
        }
        assert!(may.unwrap_err().to_string().contains("could not be reserved"));
        for _ in 0..100 {
            if seen(&lock).await.stands == Stands::Free {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it is kept: {:?}", seen(&lock).await);
    }
    panic!("it was always quicker");
}

#[tokio::test]
async fn how_it_stands_is_told_where_a_procedure_takes_it() {
    let place = Place::new();
    let (lock, _link) = lock(&place).await;
    let mut environment = place.environment();
    let (say, mut told) = tokio::sync::mpsc::channel(8);
    let begin = |environment: &quarterdeck::domain::Environment| {
        tokio::spawn(telling(Some(lock.clone()), environment.clone().into(), say.clone(), CLOCK))
    };
    // Nobody wants it: nothing is asked.
    begin(&environment).await.unwrap();
    let header = Header { lock: true, ..Header::default() };
    let procedure = Procedure {
        name: ProcedureName::new("move").unwrap(),
        file: "move.md".into(),
        digest: "0".repeat(64),
        text: "".into(),
        header,
        sections: Vec::new(),
        blocks: Vec::new(),
        parts: Vec::new(),
    };
    environment.procedures = vec![procedure.into()];
    let held = take(&lock, "ada", &place.run(1)).await.unwrap();
    let task = begin(&environment);
    let said = tokio::time::timeout(Duration::from_secs(30), told.recv()).await.unwrap();
    let Some(Event::Procedure(ProcedureNews::Lock(Some(seen)))) = said else { panic!("{said:?}") };
    assert_eq!((seen.token, seen.stands, seen.holder.person.as_str()), (held.token(), Stands::Held, "ada"));
    task.abort();
}
