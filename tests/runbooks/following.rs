//! What follows a release, by keys on the last page of its deploy: seen to by a person, looked at by the console.

use std::time::Duration;

use quarterdeck::domain::PartId;
use quarterdeck::domain::lock::{Heard, Holder, Lock, Stands};
use quarterdeck::domain::release::{Followed, Said};
use quarterdeck::port::act::StoreState;
use quarterdeck::port::procedure::ProcedureNews;
use quarterdeck::port::release::{FollowWish, Looked};
use quarterdeck::port::{Effect, Event, ReleaseNews};
use quarterdeck::text::Foreign;

use super::SIZES;
use super::console::Console;
use super::deploys::{self, followed, good, kept, seen};

fn says(console: &Console, all: &[&str]) {
    let screen = console.screen();
    for text in all {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
}

/// What is to be kept.
fn wished(console: &mut Console) -> Vec<FollowWish> {
    let all = console.asked().into_iter();
    all.filter_map(|effect| if let Effect::Follow(wish) = effect { Some(wish) } else { None }).collect()
}

#[test]
fn items_are_seen_to_by_keys_and_stand_as_they_are_only_when_that_is_kept() {
    for size in SIZES {
        let (mut console, told) = good(size);
        followed(&mut console, &told);
        says(&console, &["Follow-up", "0 of 6 well", "The first hour", "due in", "All checks pass", "Succeeded"]);
        console.asked();
        // The cursor stands on the first that is open; that one the console looks at.
        console.keys("r");
        let [FollowWish::Look { run, parts, by_itself: false }] = &wished(&mut console)[..] else {
            panic!("{}", console.screen())
        };
        assert_eq!((run, parts.len(), parts[0].as_str()), (&told.run.id, 1, "hour-checks"));
        says(&console, &["0 of 6 well", "looking"]);
        // A look at a time: a held key asks no more.
        console.keys("r r");
        assert!(wished(&mut console).is_empty());
        looked(&mut console, &told, vec![("hour-checks", Said::Well, "all 12 pass")], Vec::new());
        says(&console, &["1 of 6 well", "hour-checks is well"]);
        // Now on the next one: it wants to know what was seen, and says so with an empty note.
        console.keys("space");
        says(&console, &["Times, errors, CPU", "it is well, with a note", "it is not well"]);
        console.keys("enter enter");
        assert!(wished(&mut console).is_empty(), "{}", console.screen());
        console.types("p95 is 281 ms").keys("enter");
        let [FollowWish::Say { part, said, note, .. }] = &wished(&mut console)[..] else {
            panic!("{}", console.screen())
        };
        assert_eq!((part.as_str(), *said, note.as_str()), ("hour-figures", Said::Well, "p95 is 281 ms"));
        says(&console, &["1 of 6 well"]);
        // It could not be kept: that is said, and nothing looks as if it were.
        let why = "What was seen could not be recorded: the disk is full.".to_owned();
        console.say(Event::Release(ReleaseNews::Followed(told.run.id.clone(), Err(why))));
        says(&console, &["could not be recorded", "1 of 6 well"]);
        // One key says that it is well; another way says that it is not.
        console.keys("j space");
        says(&console, &["Nobody complains", "it is kept with your name"]);
        console.keys("enter");
        assert!(
            matches!(&wished(&mut console)[..], [FollowWish::Say { said: Said::Well, note, .. }] if note.is_empty())
        );
        console.keys("space down down enter").types("two calls").keys("enter");
        assert!(
            matches!(&wished(&mut console)[..], [FollowWish::Say { said: Said::Bad, note, .. }] if note == "two calls")
        );
        kept(&mut console, &told, vec![seen(&told, "hour-users", Said::Bad, "02:16:10", "two calls")]);
        says(&console, &["1 not well", "two calls"]);
        // An hour later what nobody has seen to is overdue, and the rest is not.
        console.pass(Duration::from_secs(3700));
        says(&console, &["1 overdue", "was due"]);
        console.keys("esc");
    }
}

/// What the console has found is told: what of it is kept, and what is not.
fn looked(console: &mut Console, told: &deploys::Told, kept: Vec<(&str, Said, &str)>, seen: Vec<(&str, Said, &str)>) {
    let at = console.now().wall;
    let one = |(name, said, note): (&str, Said, &str)| Followed {
        at,
        note: Foreign::from(note),
        looked: true,
        ..deploys::seen(told, name, said, "02:15:00", "")
    };
    let looked = Looked { kept: kept.into_iter().map(one).collect(), seen: seen.into_iter().map(one).collect() };
    console.say(Event::Release(ReleaseNews::Looked(told.run.id.clone(), Ok(looked))));
}

/// The items that are to be looked at without anybody having asked for it.
fn by_itself(console: &mut Console) -> Vec<String> {
    let all = wished(console).into_iter();
    let parts = all.flat_map(|wish| match wish {
        FollowWish::Look { parts, by_itself: true, .. } => parts,
        FollowWish::Look { by_itself: false, .. } | FollowWish::Say { .. } | FollowWish::Examine { .. } => {
            panic!("nobody has asked for anything")
        }
    });
    parts.map(|part: PartId| part.to_string()).collect()
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

#[test]
fn until_it_is_due_the_console_looks_by_itself_and_says_what_became_worse() {
    for size in SIZES {
        let (mut console, told) = good(size);
        console.say(Event::Store(StoreState::Writable));
        console.until("02:15:04");
        followed(&mut console, &told);
        assert_eq!(by_itself(&mut console), ["hour-checks", "day-errors"]);
        // One asking at a time.
        console.pass(minutes(7));
        assert!(by_itself(&mut console).is_empty());
        let well = [("hour-checks", Said::Well, "all 12 pass"), ("day-errors", Said::Well, "none")];
        looked(&mut console, &told, well.to_vec(), Vec::new());
        says(&console, &["2 of 6 well"]);
        assert!(by_itself(&mut console).is_empty());
        // What is due in an hour is looked at every five minutes, what is due in a day every two hours.
        console.pass(minutes(4));
        assert!(by_itself(&mut console).is_empty());
        console.pass(minutes(2));
        assert_eq!(by_itself(&mut console), ["hour-checks"]);
        // As it was: that is not kept, and still it is seen how old it is.
        looked(&mut console, &told, Vec::new(), vec![("hour-checks", Said::Well, "all 12: fine")]);
        console.keys("g");
        console.pass(minutes(2));
        says(&console, &["2 of 6 well", "2m", "all 12: fine", "every 5m"]);
        // The record is read anew, and what only this console has seen is not lost by that.
        followed(&mut console, &told);
        says(&console, &["1 of 6 well", "all 12: fine"]);
        assert_eq!(by_itself(&mut console), ["day-errors"], "nothing of it is known by that record");
        looked(&mut console, &told, vec![("day-errors", Said::Well, "none")], Vec::new());
        console.pass(minutes(4));
        assert!(by_itself(&mut console).contains(&"hour-checks".to_owned()));
        looked(&mut console, &told, vec![("hour-checks", Said::Bad, "search answers 503")], Vec::new());
        says(&console, &["hour-checks is not well: search", "1 not well"]);
        // Nobody changes anything meanwhile: while somebody does, it would be no wonder if it were not well.
        console.say(Event::Procedure(ProcedureNews::Lock(Some(Box::new(held(Stands::Held))))));
        console.pass(minutes(9));
        assert!(by_itself(&mut console).is_empty());
        console.say(Event::Procedure(ProcedureNews::Lock(Some(Box::new(held(Stands::Free))))));
        assert!(by_itself(&mut console).contains(&"hour-checks".to_owned()));
        looked(&mut console, &told, Vec::new(), vec![("hour-checks", Said::Unknown, "app-1 can't be reached")]);
        says(&console, &["1 unknown"]);
        // When it is due it is not looked at any more, and the rest still is.
        console.pass(minutes(60));
        let last = by_itself(&mut console);
        let unknown = last.iter().map(|name| (name.as_str(), Said::Unknown, "app-1 can't be reached"));
        looked(&mut console, &told, Vec::new(), unknown.collect());
        for _ in 0..40 {
            let asked = by_itself(&mut console);
            assert!(!asked.contains(&"hour-checks".to_owned()), "{asked:?}");
            let well = asked.iter().map(|name| (name.as_str(), Said::Well, "none"));
            looked(&mut console, &told, Vec::new(), well.collect());
            console.pass(minutes(60));
        }
        assert!(by_itself(&mut console).is_empty(), "a day is over");
        says(&console, &["overdue", "was due"]);
    }
}

pub(super) fn held(stands: Stands) -> Lock {
    let holder = Holder {
        person: "bo".into(),
        workstation: "bo@desk".into(),
        run: None,
        message: "Restart search".into(),
        since: None,
    };
    let heard = Heard::Unknown;
    Lock {
        token: 7,
        holder,
        login: "bo".into(),
        by_hand: false,
        reserved: false,
        stands,
        heard,
        broken: None,
        beside: Vec::new(),
    }
}

#[test]
fn nothing_is_looked_at_by_itself_where_nothing_can_be_kept_or_a_person_has_seen_to_it() {
    for state in [None, Some(StoreState::ReadOnly("there is no space left".into()))] {
        let (mut console, told) = good((120, 40));
        state.into_iter().for_each(|state| console.say(Event::Store(state)));
        console.until("02:15:04");
        followed(&mut console, &told);
        console.pass(minutes(30));
        assert!(by_itself(&mut console).is_empty());
    }
    let (mut console, told) = good((120, 40));
    console.say(Event::Store(StoreState::Writable));
    console.until("02:15:04");
    followed(&mut console, &told);
    assert_eq!(by_itself(&mut console), ["hour-checks", "day-errors"]);
    looked(&mut console, &told, vec![("hour-checks", Said::Bad, "search answers 503")], Vec::new());
    let at = console.now().wall;
    let one = seen(&told, "hour-checks", Said::Well, "02:15:00", "that is known and harmless");
    kept(&mut console, &told, vec![Followed { at, ..one }]);
    for _ in 0..12 {
        console.pass(minutes(6));
        let asked = by_itself(&mut console);
        assert!(!asked.contains(&"hour-checks".to_owned()), "{asked:?}");
        looked(&mut console, &told, Vec::new(), asked.iter().map(|name| (name.as_str(), Said::Well, "")).collect());
    }
    console.keys("g");
    says(&console, &["that is known and harmless"]);
}

#[test]
fn everything_that_was_said_of_an_item_stands_beside_it() {
    let (mut console, told) = good((120, 40));
    followed(&mut console, &told);
    let first = seen(&told, "hour-checks", Said::Bad, "02:15:20", "search answers 503");
    let second = seen(&told, "hour-checks", Said::Well, "02:16:00", "all 12 pass");
    kept(&mut console, &told, vec![first, second]);
    console.keys("g");
    says(
        &console,
        &["search answers 503", "all 12 pass", "by ada", "1 of 6 well", "says how it is", "has the console look"],
    );
}

#[test]
fn days_later_another_console_says_what_is_overdue_and_shows_it() {
    for size in SIZES {
        let mut console = Console::well_in(size, deploys::production());
        deploys::followed_before(&mut console);
        says(&console, &["5 items are overdue"]);
        console.pass(Duration::from_secs(10));
        console.keys("7 right right right right right");
        says(&console, &["Follow-up", "5 overdue", "was due", "All checks pass"]);
        console.asked();
        console.keys("space enter").types("all pass").keys("enter");
        assert!(
            matches!(&wished(&mut console)[..], [FollowWish::Say { said: Said::Well, .. }]),
            "{}",
            console.screen()
        );
    }
}
