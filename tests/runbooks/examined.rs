//! A version that did not go well is held back until somebody has looked at it: what they found is said at the console.

use quarterdeck::domain::release::{Examined, Verdict};
use quarterdeck::domain::{Release, RunId};
use quarterdeck::port::release::{FollowWish, ReleaseWish};
use quarterdeck::port::{Effect, Event, ReleaseNews};

use super::console::Console;
use super::deploys::{self, opened};
use super::{SIZES, says};

fn kept(console: &mut Console) -> Vec<(RunId, String)> {
    let of = |effect| match effect {
        Effect::Follow(FollowWish::Examine { run, reason }) => Some((run, reason)),
        _ => None,
    };
    console.asked().into_iter().filter_map(of).collect()
}

#[test]
fn what_was_found_of_a_release_that_failed_is_asked_for_and_kept() {
    for size in SIZES {
        let mut console = opened(size);
        // The list of what was released before: the newest runs, the one below it was rolled back.
        console.keys("G k");
        says(&console, &["e examine"]);
        assert!(size.0 < 200 || console.screen().contains("e says here what was found"), "{}", console.screen());
        console.keys("e");
        says(&console, &["Examined: v2.30.3", "not yet", "it was examined"]);
        console.asked();
        // A key too many keeps nothing.
        console.keys("enter");
        assert_eq!(kept(&mut console), []);
        console.keys("e down enter enter");
        says(&console, &["A reason is needed"]);
        console.types("the disk was full");
        assert!(!console.screen().contains("A reason is needed"), "{}", console.screen());
        console.keys("enter");
        let failed = deploys::before()[1].clone();
        assert_eq!(kept(&mut console), [(failed.run.clone(), "the disk was full".to_owned())]);
        console.say(Event::Release(ReleaseNews::Examined(failed.run.clone(), Ok(()))));
        says(&console, &["v2.30.3 may be deployed again"]);
        let asked = console.asked();
        assert!(asked.contains(&Effect::ReadReleases(ReleaseWish::Releases)), "what counts now is read: {asked:?}");
        let examined = Examined {
            by: "ada".to_owned(),
            workstation: "ada@desk".to_owned(),
            at: super::scene::at("02:14:20"),
            reason: "the disk was full".into(),
        };
        let mut all = deploys::before();
        all[1].examined = Some(examined);
        deploys::reads(&mut console, all);
        console.keys("e");
        says(&console, &["examine: that was done already"]);
    }
}

#[test]
fn what_was_good_is_not_examined_and_a_version_that_failed_is_by_its_own_row() {
    for size in SIZES {
        let mut console = opened(size);
        console.keys("G k k e");
        says(&console, &["examine: it was good"]);
        let failed = Release {
            commit: Some(format!("{:040x}", 0x4f0c_2d11).as_str().into()),
            ..deploys::release(7, "v2.31.0", "2026-01-01T00:00:00Z", Verdict::RolledBack, "bo")
        };
        let at = super::scene::at("02:10:00");
        deploys::reads(&mut console, deploys::before().into_iter().chain([Release { at, ..failed.clone() }]));
        // What is held back is not the first choice; it stands above that.
        console.keys("g enter k e");
        says(&console, &["Examined: v2.31.0"]);
        // Why it is not kept is told.
        let why = "That it was examined could not be recorded: the disk is full.";
        console.keys("esc");
        console.say(Event::Release(ReleaseNews::Examined(failed.run, Err(why.to_owned()))));
        says(&console, &["could not be recorded"]);
    }
}

#[test]
fn the_last_page_of_a_deploy_that_failed_offers_it() {
    for size in SIZES {
        let (mut console, mut told) = deploys::running(size);
        told.failed(&mut console, 7, 128, "the command ended with 128");
        deploys::ends(&mut console, &told, quarterdeck::domain::run::RunState::Failed);
        let made = Release {
            run: told.run.id.clone(),
            ..deploys::release(4, "v2.31.0", &super::scene::at("02:15:03").to_string(), Verdict::Failed, "ada")
        };
        deploys::reads(&mut console, deploys::before().into_iter().chain([made]));
        says(&console, &["e examine"]);
        console.keys("e");
        says(&console, &["Examined: v2.31.0", "it may be deployed again"]);
    }
}

#[test]
fn a_version_tells_what_became_of_it_here_and_who_examined_that() {
    for size in SIZES {
        let mut console = opened(size);
        let bad = |examined| Release {
            commit: Some(format!("{:040x}", 0x4f0c_2d11).as_str().into()),
            at: super::scene::at("02:10:00"),
            examined,
            ..deploys::release(7, "v2.31.0", "2026-01-01T00:00:00Z", Verdict::RolledBack, "bo")
        };
        deploys::reads(&mut console, deploys::before().into_iter().chain([bad(None)]));
        assert!(console.row_with("v2.31.0").contains("rolled back"), "{}", console.screen());
        let found = Examined {
            by: "ada".to_owned(),
            workstation: "ada@desk".to_owned(),
            at: super::scene::at("02:12:20"),
            reason: "the disk was full".into(),
        };
        deploys::reads(&mut console, deploys::before().into_iter().chain([bad(Some(found))]));
        assert!(console.row_with("v2.31.0").contains("rolled back, examined"), "{}", console.screen());
        console.keys("g enter");
        console.say(Event::Release(ReleaseNews::Facts("v2.31.0".into(), Ok(Box::new(deploys::facts())))));
        console.keys("tab +");
        says(&console, &["It was here before: rolled back, ", " ago by bo", "examined by ada, ", "the disk was full"]);
    }
}
