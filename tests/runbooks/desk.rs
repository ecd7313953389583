//! What the console tells of deploys outside their pages, and what each page must not leave out.

use std::sync::Arc;

use quarterdeck::domain::procedure::Doing;
use quarterdeck::domain::release::{Migration, Reversible};
use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::domain::source::Facts;
use quarterdeck::domain::{Environment, InputName, Procedure};
use quarterdeck::port::procedure::{Need, ProcedureNews};
use quarterdeck::port::{Event, ReleaseNews};
use quarterdeck::text::Foreign;

use super::SIZES;
use super::console::Console;
use super::deploys::{self, Told, decided, ends, going_back, needs, passed, running};

const MIDDLE: (u16, u16) = (120, 40);

fn trouble(console: &mut Console, told: &Told, sentence: &str) {
    console.say(Event::Procedure(ProcedureNews::Trouble(told.run.id.clone(), sentence.to_owned())));
}

const BACK: &str = "it is rolled";
const LONG: &str = "it is rolled back by rule, as its document says: fetch-and-install on app-2 did not end well.";

#[test]
fn what_is_told_of_a_run_names_it_and_goes_when_its_end_was_seen() {
    for size in SIZES {
        let (mut console, mut told, back) = going_back(size);
        trouble(&mut console, &told, LONG);
        let strip = console.row_with(BACK);
        assert!(strip.contains("run 00000041"), "{strip}");
        if size.0 > 100 {
            assert!(strip.contains("Deploy v2.31.0"), "{strip}");
        }
        told.done(&mut console, back, 31_000).done(&mut console, back + 1, 30_000);
        ends(&mut console, &told, RunState::Failed);
        console.row_with("6 Verdict rolled back");
        // Whoever looks at its end has seen it when they go elsewhere.
        console.keys("1");
        assert!(!console.screen().contains(BACK), "{}", console.screen());
        console.keys("7");
        assert!(!console.screen().contains(BACK), "{}", console.screen());
    }
}

#[test]
fn what_was_told_of_a_run_is_not_told_over_the_next() {
    let (mut console, told, _) = going_back(MIDDLE);
    console.keys("1");
    trouble(&mut console, &told, LONG);
    console.row_with(BACK);
    ends(&mut console, &told, RunState::Failed);
    // Nobody has seen its end yet.
    console.row_with(BACK);
    console.keys("7");
    console.row_with(BACK);
    console.keys("enter");
    assert!(!console.screen().contains(BACK), "another one is begun here: {}", console.screen());
}

#[test]
fn esc_hides_what_says_so_before_it_turns_a_page() {
    for size in SIZES {
        let (mut console, told, _) = going_back(size);
        trouble(&mut console, &told, LONG);
        assert!(console.row_with(BACK).contains("esc hides"), "{}", console.screen());
        let page = console.row_with("1 What");
        console.keys("esc");
        assert!(!console.screen().contains(BACK), "{}", console.screen());
        assert_eq!(console.row_with("1 What"), page, "the page is the same");
        console.keys("4 enter");
        trouble(&mut console, &told, "otherwise");
        let before = console.screen();
        assert!(before.contains("otherwise"), "{before}");
        console.keys("esc");
        assert!(!console.screen().contains("otherwise"), "{}", console.screen());
    }
}

#[test]
fn the_strip_names_the_key_that_shows_a_deploy() {
    for size in SIZES {
        let (mut console, _) = running(size);
        console.keys("1");
        assert!(console.screen().contains("7 shows it"), "{}", console.screen());
        // There the digits up to 6 mean spans of time.
        console.keys("2");
        let has_room = size.1 > 24;
        assert!(!has_room || console.screen().contains("7 shows it"), "{}", console.screen());
        console.keys("alt-7");
        console.row_with("4 Run");
        let (mut console, _) = passed(size);
        console.keys("1");
        assert!(console.screen().contains("7 shows it"), "{}", console.screen());
    }
    let (mut console, _) = deploys::at_the_gate(MIDDLE);
    console.keys("1");
    assert!(!console.screen().contains("4 shows it"), "{}", console.screen());
}

/// Git says that the version is older than what runs, and does not know two of its migrations.
fn older() -> Facts {
    let mut facts = deploys::facts();
    let since = facts.since.as_mut().unwrap().as_mut().unwrap();
    let gone = [("orders/0031_tax_number.py", Reversible::Yes), ("orders/0032_drop_old_total.py", Reversible::No)];
    (since.ahead, since.behind) = (0, 14);
    since.migrations.clear();
    since.gone = gone.map(|(name, reversible)| Migration { name: Foreign::from(name), reversible }).to_vec();
    facts
}

const LOST: &str = "what can't be taken back: orders/0032_drop_old_total.py";

#[test]
fn a_version_that_is_older_warns_of_the_database_in_the_words_of_going_back() {
    for size in SIZES {
        let mut console = deploys::opened(size);
        console.keys("enter");
        console.say(Event::Release(ReleaseNews::Facts("v2.31.0".into(), Ok(Box::new(older())))));
        console.keys("tab +");
        assert!(console.screen().contains(LOST), "{}", console.screen());
        assert!(console.screen().contains("no backup from before is recorded"), "{}", console.screen());
        let (mut console, _told) = passed(size);
        console.say(Event::Release(ReleaseNews::Facts("v2.31.0".into(), Ok(Box::new(older())))));
        console.keys("tab +");
        console.row_with("3 Plan");
        assert!(console.screen().contains(LOST), "{}", console.screen());
        console.keys("esc enter");
        assert!(console.screen().contains("type production"), "{}", console.screen());
        assert!(console.screen().contains(LOST), "what is confirmed says it too: {}", console.screen());
    }
    // What brings nothing older says nothing of it.
    let (console, _told) = passed(MIDDLE);
    assert!(!console.screen().contains("what can't be taken back"), "{}", console.screen());
}

#[test]
fn a_verdict_says_why_it_was_rolled_back_and_by_whom() {
    for size in SIZES {
        let (mut console, mut told, back) = going_back(size);
        told.done(&mut console, back, 31_000).done(&mut console, back + 1, 30_000);
        ends(&mut console, &told, RunState::Failed);
        let because = console.row_with("because");
        assert!(because.contains("Fetch and install") && because.contains("app-2"), "{because}");
        assert!(console.screen().contains("128"), "{}", console.screen());
        assert!(console.row_with("verdict ").contains("rolled back by "), "{}", console.screen());
        assert!(console.row_with("way back").contains("of 4m"), "{}", console.screen());
    }
}

#[test]
fn what_failed_and_was_not_taken_back_is_left_as_it_is() {
    let (mut console, mut told) = running(MIDDLE);
    told.failed(&mut console, 7, 128, "the command ended with 128");
    ends(&mut console, &told, RunState::Failed);
    assert!(console.row_with("verdict ").contains("failed, left as it is"), "{}", console.screen());
}

/// Production with another document for the deploy.
fn with(change: impl FnOnce(&mut Procedure)) -> Environment {
    let mut environment = deploys::production();
    let deploy = environment.procedures.iter_mut().find(|one| one.name.as_str() == "deploy-shop").unwrap();
    let mut document = (**deploy).clone();
    change(&mut document);
    *deploy = Arc::new(document);
    environment
}

#[test]
fn the_plan_shows_what_the_gate_has_found_out() {
    let captures = || {
        with(|document| {
            document.parts[0].options.capture = Some(InputName::new("commit").unwrap());
            let Doing::Run(_, text) = &mut document.parts[6].doing else { panic!("a command") };
            *text = "git checkout \"$commit\" && make install".to_owned();
        })
    };
    for size in SIZES {
        let (mut console, mut told) = deploys::at_the_gate_in(size, captures());
        told.step(&mut console, 0, |step| step.value = Some("4f0c2d11".to_owned()));
        told.step(&mut console, 2, |step| (step.state, step.by) = (StepState::Waived, Some("ada".to_owned())));
        told.ticked(&mut console, 3, "ada").ticked(&mut console, 4, "ada");
        needs(&mut console, &told, vec![Need::Go]);
        console.keys("tab + pgdn");
        assert!(console.screen().contains("commit='4f0c2d11'"), "{}", console.screen());
        assert!(!console.screen().contains("known when it runs"), "{}", console.screen());
    }
}

#[test]
fn a_waiver_is_in_sight_on_every_page_behind_the_gate() {
    for size in SIZES {
        let (mut console, mut told) = running(size);
        let waived = "waived by ada: Performance tests on staging (one slow query";
        console.row_with(waived);
        for key in ["right", "right", "f", "left"] {
            console.keys(key);
            console.row_with(waived);
        }
        told.done(&mut console, 7, 41_000);
        ends(&mut console, &told, RunState::Failed);
        console.keys("f");
        console.row_with(waived);
    }
}

#[test]
fn enter_opens_what_a_person_attests_and_space_attests_it() {
    for size in SIZES {
        let (mut console, mut told) = deploys::at_the_gate(size);
        told.ticked(&mut console, 3, "ada");
        needs(&mut console, &told, vec![Need::Tick(deploys::part(4))]);
        console.asked();
        console.keys("enter");
        assert!(decided(&mut console).is_empty(), "{}", console.screen());
        assert!(console.screen().contains("attests it"), "{}", console.screen());
        // Where it is read the same key asks what was seen, and attests nothing by itself.
        console.keys("enter");
        assert!(decided(&mut console).is_empty(), "{}", console.screen());
        assert!(console.screen().contains("what did you see?"), "{}", console.screen());
        console.keys("esc space").types("all four are off").keys("enter");
        assert!(decided(&mut console)[0].contains("all four are off"));
    }
}

#[test]
fn an_item_under_the_cursor_is_read_whole() {
    let long = "Feature flags are set for production as this release wants them, and the note says which of them were \
                changed by whom and when, to the last of all these words";
    let changed = || with(|document| document.parts[4].title = Foreign::from(long));
    let (mut console, mut told) = deploys::at_the_gate_in((80, 24), changed());
    assert!(!console.screen().contains("the last of all"), "{}", console.screen());
    told.ticked(&mut console, 3, "ada");
    needs(&mut console, &told, vec![Need::Tick(deploys::part(4))]);
    console.keys("G");
    let screen = console.screen();
    let list: String = screen.lines().take_while(|line| !line.starts_with("╰")).collect();
    assert!(list.contains("words"), "{screen}");
    console.row_with("changed by whom");
}

#[test]
fn going_back_says_why_it_can_not_where_nothing_good_was_before() {
    let mut console = deploys::opened(MIDDLE);
    let [.., newest] = deploys::before();
    deploys::reads(&mut console, [newest]);
    console.keys("1 B");
    assert!(console.screen().contains("no good release before this one is recorded"), "{}", console.screen());
    let (mut console, told) = deploys::good(MIDDLE);
    console.row_with("B goes back");
    deploys::recorded(&mut console, &told);
    console.row_with("B goes back");
    let only =
        deploys::release(4, "v2.31.0", "2026-03-14T02:15:03Z", quarterdeck::domain::release::Verdict::Good, "ada");
    deploys::reads(&mut console, [only]);
    console.row_with("B goes back: no good release before this one is recorded");
}
