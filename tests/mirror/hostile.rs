//! What other users of the lock host may put there: it changes nothing of what is true, and reaches nobody's terminal.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quarterdeck::domain::run::StepState;
use quarterdeck::engine::mirror::MirrorError;
use quarterdeck::engine::store::Recorded;

use super::kit::{Place, stands, who};

#[tokio::test]
async fn a_run_of_which_not_a_word_is_there_is_told_as_that_and_can_be_told_anew() {
    let place = Place::new();
    let ((here, _here), (there, _there)) = (place.mirror().await, place.mirror().await);
    let run = place.run(1);
    let (trail, sent) = here.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    drop(trail);
    // As if its console had been killed right behind making the folder.
    let own = place.of(&run).join("owner-1");
    for file in fs::read_dir(&own).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    for mirror in [&here, &there] {
        let untold = mirror.read(&run.id).await.unwrap_err();
        assert!(matches!(untold, MirrorError::Untold { .. }), "{untold}");
    }
    // A word that makes no sense is not silence.
    fs::write(own.join("000001"), "{}\n").unwrap();
    let unreadable = there.read(&run.id).await.unwrap_err();
    assert!(matches!(unreadable, MirrorError::Unreadable { .. }), "{unreadable}");
    fs::remove_file(own.join("000001")).unwrap();

    let (_trail, sent) = here.begin(&run, 2, who("ada"), Timestamp::now());
    sent.await.unwrap();
    let found = there.read(&run.id).await.unwrap();
    assert_eq!((&found.run, found.token), (&run, 2));
}

#[tokio::test]
async fn what_lies_beside_the_events_is_not_read_and_forged_events_are_not_believed() {
    let place = Place::new();
    let ((here, _here), (there, _there)) = (place.mirror().await, place.mirror().await);
    let mut run = place.run(2);
    let (trail, sent) = here.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    run.steps[0] = stands(&run.steps[0], StepState::Verified, b"");
    let event = Recorded::Step(0, Box::new(run.steps[0].clone()));
    trail.append(event, Timestamp::now()).await.unwrap();
    let folder = place.of(&run);

    // Things with names of events that are none, and things with names of owners that are none.
    let own = folder.join("owner-1");
    symlink("/etc/passwd", own.join("000003")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(own.join("000004")).status().unwrap();
    assert!(made.success());
    symlink("/dev/zero", own.join("000005")).unwrap();
    fs::create_dir(own.join("000006")).unwrap();
    fs::write(own.join("notes"), "x").unwrap();
    for name in ["owner-", "owner-x", "owner-01", "owner-999999999999", "owner--1", "owner-1;id", "owner-$(id)", "-rf"]
    {
        fs::create_dir(folder.join(name)).unwrap();
    }
    let begun = Instant::now();
    let found = there.read(&run.id).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(9));
    assert_eq!((&found.run, found.token, found.owners.len()), (&run, 1, 1));

    // An event that says it is of another run, of another token, of no place, or is torn, ends what is believed.
    let good = fs::read_to_string(own.join("000002")).unwrap();
    fs::remove_file(own.join("000003")).unwrap();
    for bad in [
        good.replace(run.id.as_str(), "01939a2e-77aa-7c11-8f3e-0123456789ab"),
        good.replace("\"token\":1", "\"token\":2"),
        good.replace("\"n\":2", "\"n\":9"),
        good.replace("\"step\":[0", "\"step\":[77").replace("\"n\":2", "\"n\":3"),
        good.replace("app-1", "-oProxyCommand=x").replace("\"n\":2", "\"n\":3"),
        good[..good.len() / 2].to_owned(),
        "\u{0}\u{1b}]52;c;eHg=\u{7}".to_owned(),
        "[".repeat(200_000),
    ] {
        fs::write(own.join("000003"), &bad).unwrap();
        let found = there.read(&run.id).await.unwrap();
        assert_eq!((&found.run, found.doubtful), (&run, true), "{}", &bad[..bad.len().min(200)]);
    }
    // One that is larger than any event is not read at all.
    fs::write(own.join("000003"), vec![b'x'; 9 << 20]).unwrap();
    assert_eq!(there.read(&run.id).await.unwrap().run, run);
}

#[tokio::test]
async fn words_of_others_are_sanitised_and_whole_runs_are_checked() {
    let place = Place::new();
    let ((here, _here), (there, _there)) = (place.mirror().await, place.mirror().await);
    let mut run = place.run(1);
    run.title = "Backup\u{1b}]0;gone\u{7}\u{202e}".into();
    run.steps[0].command = "rm -rf x\u{1b}[2A\necho two".into();
    let (_trail, sent) = here.begin(&run, 1, who("ada\u{1b}[31m"), Timestamp::now());
    sent.await.unwrap();
    let found = there.list().await.unwrap().runs.remove(0);
    let texts = [&found.run.title, &found.run.steps[0].command, &found.who.as_ref().unwrap().person];
    for text in texts {
        assert!(!text.chars().any(|c| c != '\n' && c.is_control()) && !text.contains('\u{202e}'), "{text:?}");
    }
    assert_eq!(found.run.steps[0].command.lines().count(), 2);

    let file = place.of(&run).join("owner-1/000001");
    let good = fs::read_to_string(&file).unwrap();
    let id = run.id.as_str();
    for (what, bad) in [
        ("another site", good.replace("\"site\":\"mirror-", "\"site\":\"other-")),
        ("another environment", good.replace("\"environment\":\"lab\"", "\"environment\":\"production\"")),
        ("another run", good.replace(&format!("\"id\":\"{id}\""), "\"id\":\"01939a2e-77aa-7c11-8f3e-0123456789ab\"")),
        ("no digest", good.replace(&"c3".repeat(32), "../../etc/passwd")),
        ("a host that is an option", good.replace("\"host\":\"app-1\"", "\"host\":\"-oProxyCommand=id\"")),
        ("a part that is a path", good.replace("part-0", "../x")),
        ("an input that steers the shell", good.replace("\"password\"", "\"LD_PRELOAD\"")),
        ("no state", good.replace("\"state\":\"running\"", "\"state\":\"root\"")),
    ] {
        assert_ne!(bad, good, "{what}");
        fs::write(&file, bad).unwrap();
        let listing = there.list().await.unwrap();
        assert!(listing.runs.is_empty(), "{what}");
        let why = listing.unreadable[0].to_string();
        assert!(why.contains(id) && why.contains("belongs to "), "{what}: {why}");
    }
}

#[tokio::test]
async fn folders_and_places_of_others_are_never_written_through() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    let place = Place::new();
    let ((here, _here), (there, _there)) = (place.mirror().await, place.mirror().await);
    let run = place.run(1);
    let (trail, sent) = here.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    let folder = place.of(&run);
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o7777, 0o1777, "anybody may take it over");
    assert_eq!(folder.join("owner-1").metadata().unwrap().permissions().mode() & 0o7777, 0o755);
    assert_eq!(folder.join("owner-1/000001").metadata().unwrap().permissions().mode() & 0o7777, 0o644);

    // Somebody put a link in the place of what is taken over next: it counts as taken, and nothing goes through it.
    let aim = place.path().join("aim");
    fs::create_dir(&aim).unwrap();
    symlink(&aim, folder.join("owner-2")).unwrap();
    let refused = there.adopt(&run.id, 1, 1).await.unwrap_err();
    assert!(matches!(refused, MirrorError::Taken { token: 2, .. }), "{refused}");
    assert_eq!(there.adopt(&run.id, 2, 1).await.unwrap().token, 3, "it blocks nobody");
    assert_eq!(fs::read_dir(&aim).unwrap().count(), 0);
    let late = trail.append(Recorded::Taken(1), Timestamp::now()).await.unwrap_err();
    assert!(matches!(late, MirrorError::Taken { token: 3, .. }), "{late}");

    // A place that somebody else owns, or into which not everybody may write, or that is a link, is passed over.
    for spoil in ["chown 12345", "chmod 0777", "link"] {
        let place = Place::new();
        let at = place.path().join("state/mirror");
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        match spoil {
            "link" => symlink(&aim, &at).unwrap(),
            "chmod 0777" => {
                fs::create_dir(&at).unwrap();
                fs::set_permissions(&at, fs::Permissions::from_mode(0o777)).unwrap();
            }
            _ => {
                fs::create_dir(&at).unwrap();
                fs::set_permissions(&at, fs::Permissions::from_mode(0o1777)).unwrap();
                std::os::unix::fs::chown(&at, Some(12_345), None).unwrap();
            }
        }
        let (mirror, _link) = place.mirror().await;
        let run = place.run(1);
        let (_trail, sent) = mirror.begin(&run, 1, who("ada"), Timestamp::now());
        sent.await.unwrap();
        assert!(place.of(&run).starts_with("/var/tmp"), "{spoil}");
        assert_eq!(mirror.list().await.unwrap().runs.len(), 1, "{spoil}: it is found there");
    }
    assert_eq!(fs::read_dir(&aim).unwrap().count(), 0);

    // Our own place in a run that turns out to be somebody else's is not written.
    let place = Place::new();
    let (mirror, _link) = place.mirror().await;
    let run = place.run(1);
    let (trail, sent) = mirror.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    let own = place.of(&run).join("owner-1");
    std::os::unix::fs::chown(&own, Some(12_345), None).unwrap();
    let refused = trail.append(Recorded::Taken(1), Timestamp::now()).await.unwrap_err();
    assert!(matches!(refused, MirrorError::Gone { .. }), "{refused}");
    fs::remove_dir_all(&own).unwrap();
    let refused = trail.append(Recorded::Taken(1), Timestamp::now()).await.unwrap_err();
    assert!(matches!(refused, MirrorError::Gone { .. }), "{refused}");
}
