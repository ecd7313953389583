//! Plans of procedures, as a person would ask for them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Answers, Asked, Choice, Chosen, Edited, Missing, find_part, inner_id, offered_back, offered_told, plan, plan_json,
    plan_told,
};
use crate::domain::procedure::{Danger, Procedure};
use crate::domain::{Environment, HostName, InputName, PartId, ProcedureName, ProcedurePlan};
use crate::site::load_embedded;

const SITE: &str = r#"
[environments.prod]
protected = true
lock_host = "app-1"
variables = { REGION = "eu" }
[environments.prod.hosts]
app-1 = { tags = ["web"] }
app-2 = { tags = ["web"] }
db-1 = { become = "never" }
[services.config]
hosts = ["app-1", "app-2"]
units = ["shop-config.service"]
[services.gateway]
hosts = ["app-1"]
units = ["shop-gateway.service"]
depends_on = ["config"]
"#;

struct Desk(Environment);

impl Desk {
    fn new(files: &[(&str, &str)]) -> Self {
        let (site, mistakes) = load_embedded("site", SITE, files).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        assert!(mistakes.is_empty(), "{mistakes:?}");
        Self(site.environments.into_iter().next().unwrap())
    }

    fn procedure(&self, name: &str) -> &Arc<Procedure> {
        self.0.procedure(&ProcedureName::new(name).unwrap()).unwrap()
    }

    fn plan(&self, answers: &Answers, choice: &Choice) -> Result<ProcedurePlan, Missing> {
        plan(self.procedure("one"), &self.0, answers, choice)
    }
}

fn one(text: &str) -> Desk {
    Desk::new(&[("procedures/one.md", text)])
}

fn answers(values: &[(&str, &str)]) -> Answers {
    let values = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Answers { values, ..Answers::default() }
}

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn part(name: &str) -> PartId {
    PartId::new(name).unwrap()
}

fn chosen(names: &[&str]) -> Choice {
    let parts = names.iter().map(|name| Edited::from(part(name))).collect();
    Choice { what: Chosen::Parts(parts), ..Choice::default() }
}

#[test]
fn a_whole_procedure_is_planned_with_values_hosts_and_grades() {
    let desk = one(concat!(
        "+++\n[inputs.version]\npattern = 'v[0-9.]+'\n[inputs.token]\nsecret = true\n+++\n# Deploy\n\n",
        "```sh {#look host=tag:web}\njournalctl -n 5\n```\n\n",
        "```sh {#pull host=\"tag:web\" root undo=#back}\npull \"$version\" <version> $REGION \"$token\"\n```\n\n",
        "```sh {#wipe host=app-1 folder=/srv/$version}\nrm -rf old\n```\n\n",
        "## Rollback\n\n```sh {#back host=app-1}\nback\n```\n",
    ));
    let missing = desk.plan(&Answers::default(), &Choice::default()).unwrap_err();
    assert!(matches!(missing.asked.as_slice(), [Asked::Input(wanted)] if wanted.input.name.as_str() == "version"));
    assert!(missing.sentences()[0].contains("--input version="), "{:?}", missing.sentences());
    let refused = desk.plan(&answers(&[("version", "$(id)")]), &Choice::default()).unwrap_err();
    assert!(refused.sentences()[0].contains("does not match"), "{:?}", refused.sentences());

    let made = desk.plan(&answers(&[("version", "v1.2")]), &Choice::default()).unwrap();
    let ids: Vec<&str> = made.parts.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(ids, ["look", "pull", "wipe"], "the rollback is not part of it");
    let grades: Vec<Danger> = made.parts.iter().map(|part| part.danger).collect();
    assert_eq!(grades, [Danger::Read, Danger::Change, Danger::Destructive]);
    let at_once: Vec<usize> = made.parts.iter().map(|part| part.at_once).collect();
    assert_eq!(at_once, [2, 1, 1], "reads on all at once, changes one by one");
    let pull = &made.parts[1].jobs[0];
    assert_eq!(pull.script.text.trim(), "pull \"$version\" v1.2 $REGION \"$token\"");
    let variables: Vec<(&str, &str)> =
        pull.script.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(variables, [("version", "v1.2"), ("REGION", "eu")]);
    assert_eq!(pull.script.secrets, [InputName::new("token").unwrap()]);
    assert!(pull.become_root.is_some());
    assert_eq!(made.parts[2].jobs[0].script.folder.as_deref(), Some("/srv/v1.2"));
    assert!(made.later.iter().any(|input| input.name.as_str() == "token"));
    assert!(made.given.iter().any(|given| given.name.as_str() == "token" && given.value.is_none()));

    let told = plan_told(&made, None, |_| Some(std::time::Duration::from_secs(90))).join("\n");
    for words in
        ["token=•••", "version=v1.2", "destroys", "on app-1, app-2, as root by sudo", "undone by back", "took 90 s"]
    {
        assert!(told.contains(words) || told.contains(&words.replace("v1.2", "'v1.2'")), "{words}\n{told}");
    }
    assert_eq!(plan_json(&made, |_| None)["parts"][2]["danger"], "destructive");
    // What was given makes the same plan again.
    let values = made.given.iter().filter_map(|given| Some((given.name.to_string(), given.value.clone()?))).collect();
    assert_eq!(desk.plan(&Answers { values, ..Answers::default() }, &Choice::default()), Ok(made));
}

#[test]
fn where_a_part_runs_is_asked_when_nobody_says() {
    let desk = one("# Look\n\n```sh {#a}\nuptime\n```\n");
    let missing = desk.plan(&Answers::default(), &Choice::default()).unwrap_err();
    assert!(matches!(missing.asked.as_slice(), [Asked::Host { among, .. }] if among.len() == 4), "{missing:?}");
    assert!(missing.sentences()[0].contains("--host"));
    let choice = Choice { hosts: vec![host("db-1"), host("here")], ..Choice::default() };
    let made = desk.plan(&Answers::default(), &choice).unwrap();
    assert_eq!(made.hosts(), [&host("db-1"), &host("here")]);
    let choice = Choice { hosts: vec![host("db-9")], ..Choice::default() };
    assert!(desk.plan(&Answers::default(), &choice).unwrap_err().sentences()[0].contains("no host db-9"));
}

#[test]
fn unknown_places_and_forbidden_root_are_sentences() {
    let desk = one("# x\n\n```sh {#a host=nowhere}\nx\n```\n\n```sh {#b host=db-1 root}\nx\n```\n");
    let told = desk.plan(&Answers::default(), &Choice::default()).unwrap_err().sentences().join("\n");
    assert!(told.contains("prod has no host nowhere") && told.contains("nobody becomes root"), "{told}");
}

#[test]
fn placeholders_and_variables_that_nothing_fills_are_asked_for_and_may_be_left() {
    let desk = one("# x\n\n```sh {#a host=db-1}\nmigrate <app-name> > dump-YYYYMMDD.sql\npsql $DATABASE_URL\n```\n");
    let now = jiff::civil::date(2026, 11, 21).at(3, 4, 5, 0);
    let missing = desk.plan(&Answers { now: Some(now), ..Answers::default() }, &Choice::default()).unwrap_err();
    let keys: Vec<&str> = missing.asked.iter().map(Asked::key).collect();
    assert_eq!(keys, ["app_name", "YYYYMMDD", "DATABASE_URL"]);
    assert!(matches!(&missing.asked[1], Asked::Placeholder(gap) if gap.suggestion.as_deref() == Some("20261121")));
    assert!(missing.sentences()[2].contains("--leave DATABASE_URL"), "{:?}", missing.sentences());
    let mut given = answers(&[("app_name", "it's $(id)"), ("YYYYMMDD", "20261121")]);
    given.left.insert("DATABASE_URL".to_owned());
    let made = desk.plan(&given, &Choice::default()).unwrap();
    let text = &made.parts[0].jobs[0].script.text;
    assert_eq!(text.trim(), "migrate 'it'\\''s $(id)' > dump-20261121.sql\npsql $DATABASE_URL");
}

#[test]
fn captures_come_later_and_literals_of_earlier_parts_are_known() {
    let desk = one(concat!(
        "# x\n\n```sh {#stamp host=db-1 capture=stamp}\ndate +%s\n```\n\n```sh {#tag host=db-1}\nTAG=v1\n```\n\n",
        "```sh {#use host=db-1 when=\"stamp\"}\ncp <stamp> \"$stamp\" $TAG\n```\n",
    ));
    let made = desk.plan(&Answers::default(), &Choice::default()).unwrap();
    let script = &made.parts[2].jobs[0].script;
    assert_eq!(script.text.trim(), "cp \"${stamp}\" \"$stamp\" $TAG");
    assert_eq!(script.captured, [InputName::new("stamp").unwrap()]);
    assert_eq!(script.variables, [(InputName::new("TAG").unwrap(), "v1".to_owned())]);
}

#[test]
fn the_way_back_that_is_planned_ahead_knows_what_will_have_been_captured() {
    let desk = one(concat!(
        "+++\nback = \"auto\"\n+++\n# x\n\n```sh {#before host=db-1 capture=before danger=read}\nid\n```\n\n",
        "```sh {#do host=db-1}\nput\n```\n\n## Rollback\n\n```sh {#back host=db-1}\nput \"$before\"\n```\n\n",
        "```sh {#if host=db-1 when=before}\nput\n```\n",
    ));
    let back = desk.plan(&Answers::default(), &Choice::default()).unwrap().back.unwrap();
    assert_eq!(back.parts[0].jobs[0].script.captured, [InputName::new("before").unwrap()]);
    assert_eq!(back.parts.len(), 2);
}

#[test]
fn a_way_back_that_is_offered_is_told_beforehand_and_is_none_of_the_plan() {
    let rollback = "## Rollback\n\n```sh {#back host=db-1}\nput \"$before\"\n```\n";
    let forward = "# x\n\n```sh {#before host=db-1 capture=before danger=read}\nid\n```\n\n";
    let desk = one(&format!("{forward}{rollback}"));
    let (answers, choice) = (Answers::default(), Choice::default());
    let offered = |desk: &Desk| offered_back(desk.procedure("one"), &desk.0, None, &answers, &choice);
    let made = desk.plan(&answers, &choice).unwrap();
    assert_eq!(made.back, None);
    let told = offered_told(&made, &offered(&desk).unwrap(), None, |_| None).join("\n");
    assert!(told.contains("  2  ") && told.contains("put \"$before\"") && told.contains("offered"), "{told}");
    assert!(offered(&one(forward)).is_none(), "none is written down");
    let by_rule = format!("+++\nback = \"auto\"\n+++\n{forward}{rollback}");
    assert!(offered(&one(&by_rule)).is_none(), "it is in the plan");
    let wants = format!("{forward}## Rollback\n\n```sh {{#back host=db-1}}\nput <which-one>\n```\n");
    let told = offered_told(&made, &offered(&one(&wants)).unwrap(), None, |_| None).join("\n");
    assert!(told.contains("when it is chosen") && told.contains("which_one"), "{told}");
}

#[test]
fn the_way_back_of_a_whole_run_begins_before_what_its_conditions_speak_of_was_found_out() {
    let desk = one(concat!(
        "# x\n\n```sh {#do host=db-1}\nput\n```\n\n```sh {#found host=db-1 capture=found danger=read}\nid\n```\n\n",
        "## Rollback\n\n```sh {#if host=db-1 when=found}\nput \"$found\"\n```\n\n```sh {#back host=db-1}\nput\n```\n",
    ));
    let choice = Choice { what: Chosen::Rollback, ..Choice::default() };
    let whole = Answers { of_whole: true, ..Answers::default() };
    let back = desk.plan(&whole, &choice).unwrap();
    assert_eq!(back.parts.iter().map(|part| part.part.as_str()).collect::<Vec<_>>(), ["if", "back"]);
    // A later run of it knows nothing of what an earlier one found.
    assert!(desk.plan(&Answers::default(), &choice).is_err(), "gone alone it must be known");
    assert!(desk.plan(&whole, &chosen(&["if"])).is_err(), "chosen alone it must be known");
}

#[test]
fn parts_can_be_chosen_edited_undone_and_rolled_back() {
    let desk = one(concat!(
        "# x\n\n```sh {#a host=tag:web undo=#c danger=read}\none\n```\n\n```sh {#b host=db-1}\ntwo\n```\n\n",
        "## Rollback\n\n```sh {#c host=db-1}\nthree\n```\n",
    ));
    let edited = Edited { part: part("a"), command: Some("rm -rf /srv/x".to_owned()) };
    let choice = Choice { what: Chosen::Parts(vec![edited]), only: vec![host("app-2")], ..Choice::default() };
    let made = desk.plan(&Answers::default(), &choice).unwrap();
    assert_eq!(made.hosts(), [&host("app-2")]);
    assert_eq!(made.danger(), Danger::Destructive, "what a person wrote is judged anew");
    for what in [Chosen::Undo(part("a")), Chosen::Rollback] {
        let made = desk.plan(&Answers::default(), &Choice { what, ..Choice::default() }).unwrap();
        assert_eq!(made.parts.iter().map(|part| part.part.as_str()).collect::<Vec<_>>(), ["c"]);
    }
    let why = |choice: &Choice| desk.plan(&Answers::default(), choice).unwrap_err().sentences().join("\n");
    assert!(why(&chosen(&["z"])).contains("no such part"));
    assert!(
        why(&Choice { what: Chosen::Undo(part("b")), ..Choice::default() }).contains("names no part that undoes it")
    );
}

/// `rm -rf "$root/releases/$commit"` without a commit would take all releases away.
#[test]
fn what_no_chosen_part_gives_is_asked_for_and_never_empty() {
    let text = "# P\n```sh {#which host=app-1 capture=commit danger=read}\ngit rev-parse v1\n```\n\
                ```sh {#place host=app-1 undo=#unplace}\nmkdir \"/srv/$commit\"\n```\n\
                ## Rollback\n```sh {#unplace host=app-1}\nrm -rf -- \"/srv/$commit\"\n```\n\
                ```sh {#kept host=app-1}\necho \"${commit:-none}\"; old=x; echo \"$old\"\n```\n";
    let desk = one(text);
    for given in [&[][..], &[("commit", "")], &[("commit", " ")], &[("commit", "$commit")]] {
        let missing = desk.plan(&answers(given), &chosen(&["unplace"])).unwrap_err();
        assert!(matches!(missing.asked.as_slice(), [one] if one.key() == "commit"), "{given:?}: {missing:?}");
        assert!(!missing.sentences().concat().contains("--leave"), "it can't be left: {:?}", missing.sentences());
    }
    assert!(desk.plan(&answers(&[("commit", "4ecd060")]), &chosen(&["unplace"])).is_ok());
    assert!(desk.plan(&answers(&[]), &chosen(&["kept"])).is_ok(), "it says what holds without one");
    assert!(desk.plan(&answers(&[]), &chosen(&["which", "place"])).is_ok(), "it is given by then");
    assert!(desk.plan(&answers(&[]), &Choice::default()).is_ok());
}

#[test]
fn what_is_called_stands_in_the_place_of_the_call() {
    let inner = "+++\n[inputs.tag]\n[inputs.more]\ndefault = \"x\"\n+++\n# Inner\n\n- [ ] Which {#way decide=\"a: one; b: two\"}\n\n```sh {#run host=db-1 when=\"way=a\"}\nrun \"$tag\" \"$more\"\n```\n\n## Rollback\n\n```sh {#no host=db-1}\nno\n```\n";
    let outer = "+++\n[inputs.version]\n+++\n# Outer\n\n- [ ] Do it {#go call=inner with_tag=\"v$version\"}\n";
    let desk = Desk::new(&[("procedures/one.md", outer), ("procedures/inner.md", inner)]);
    let made = desk.plan(&answers(&[("version", "7")]), &Choice::default()).unwrap();
    assert_eq!(made.parts.iter().map(|part| part.part.as_str()).collect::<Vec<_>>(), ["go.way", "go.run"]);
    let script = &made.parts[1].jobs[0].script;
    assert!(script.variables.contains(&(InputName::new("tag").unwrap(), "v7".to_owned())), "{script:?}");
    assert!(made.parts[1].options.when.hold(|name| (name == "go.way").then_some("a")));
    assert!(!made.parts[1].options.when.hold(|name| (name == "way").then_some("a")));
    let (procedure, found) = find_part(desk.procedure("one"), &desk.0, &part("go.run")).unwrap();
    assert_eq!((procedure.name.as_str(), found.id.as_str()), ("inner", "run"));
    let long = PartId::new(&"a".repeat(64)).unwrap();
    assert_ne!(inner_id(&long, &part("a")), inner_id(&long, &part("b")));
}

#[test]
fn calls_that_never_end_are_refused() {
    let desk = Desk::new(&[
        ("procedures/one.md", "# a\n\n- [ ] x {#a call=two}\n"),
        ("procedures/two.md", "# b\n\n- [ ] y {#b call=one}\n"),
    ]);
    let told = desk.plan(&Answers::default(), &Choice::default()).unwrap_err().sentences().join("\n");
    assert!(told.contains("would never end"), "{told}");
}

#[test]
fn restarts_are_real_commands_in_the_order_of_what_is_needed() {
    let desk = one("# x\n\n- [ ] Restart {#r restart=\"gateway config\"}\n");
    let made = desk.plan(&Answers::default(), &Choice::default()).unwrap();
    let jobs: Vec<(String, &str)> =
        made.parts[0].jobs.iter().map(|job| (job.host.to_string(), job.script.text.as_str())).collect();
    let units: Vec<&str> = jobs.iter().map(|(_, text)| text.rsplit(' ').next().unwrap()).collect();
    assert_eq!(units, ["shop-config.service", "shop-config.service", "shop-gateway.service"], "{jobs:?}");
    assert_eq!((made.parts[0].danger, made.parts[0].at_once), (Danger::Change, 16));
    let after: Vec<&[usize]> =
        made.parts[0].jobs.iter().map(|job| job.change.as_ref().unwrap().after.as_slice()).collect();
    assert_eq!(after, [&[][..], &[0], &[1]], "one instance of a service after the other, and then what needs it");
    let less = one("# x\n\n- [ ] Restart {#r restart=\"gateway config\" parallel=2}\n");
    let made = less.plan(&Answers::default(), &Choice::default()).unwrap();
    assert_eq!(made.parts[0].at_once, 2);
}

#[test]
fn what_the_gate_has_found_is_shown_with_its_value() {
    use super::plan_told_with;
    let desk = one("# x\n\n```sh {#a host=db-1 capture=commit}\ngit rev-parse HEAD\n```\n\n\
                    ```sh {#b host=db-1}\nprintf '%s' \"$commit\"\n```\n");
    let made = desk.plan(&answers(&[]), &Choice::default()).unwrap();
    let told = |found: &[(&str, &str)]| {
        let found = found.iter().map(|(name, value)| (InputName::new(name).unwrap(), (*value).to_owned())).collect();
        plan_told_with(&made, None, |_| None, &[], &BTreeMap::new(), &found).join("\n")
    };
    assert!(told(&[]).contains("commit=(known when it runs)"), "{}", told(&[]));
    let known = told(&[("commit", "1f2e \u{202e}")]);
    assert!(known.contains("commit='1f2e ") && !known.contains('\u{202e}'), "{known}");
}

#[test]
fn hostile_inputs_are_variables_and_nothing_of_them_is_in_the_text() {
    let desk =
        one("+++\n[inputs.what]\npattern = '(?s).*'\n+++\n# x\n\n```sh {#a host=db-1}\nprintf '%s' \"$what\"\n```\n");
    for value in ["'; id; '", "$(id)", "`id`", "-rf", "a\nb", "\u{202e}x", "\\"] {
        let made = desk.plan(&answers(&[("what", value)]), &Choice::default()).unwrap();
        let script = &made.parts[0].jobs[0].script;
        assert_eq!(script.text.trim(), "printf '%s' \"$what\"");
        assert_eq!(script.variables[0].1, value);
        let told = plan_told(&made, None, |_| None).join("\n");
        assert!(!told.contains('\u{202e}'), "what is shown is made safe");
    }
    for value in ["a\0b".to_owned(), "x".repeat(128 * 1024 + 1)] {
        assert!(desk.plan(&answers(&[("what", &value)]), &Choice::default()).is_err());
    }
}

#[test]
fn a_channel_is_told_by_hand_unless_it_is_there_trusted_and_no_drill() {
    use crate::domain::ChannelName;
    use crate::domain::channel::{Channel, Channels, Silent, Way};
    let text = "# Tell\n\n- The shop is back. {#tell notify=ops}\n";
    let mut desk = one(text);
    let told = |desk: &Desk| {
        let plan = desk.plan(&answers(&[]), &Choice::default()).unwrap();
        let lines = plan_told(&plan, None, |_| None).join("\n");
        (plan.parts[0].kind, plan.parts[0].silent, lines)
    };
    let (kind, silent, lines) = told(&desk);
    assert_eq!((kind, silent), ("ask", Some(Silent::Missing)));
    assert!(lines.contains("by hand, because the site has no channel ops. Tell them: The shop is back"), "{lines}");
    let way = Way::Command(vec!["true".to_owned()]);
    let channel = Channel { name: ChannelName::new("ops").unwrap(), way, texts: Default::default() };
    let channels = Channels { all: vec![channel], notify: Vec::new(), drill: false };
    (desk.0.channels, desk.0.trusted) = (Arc::new(channels), false);
    assert_eq!(told(&desk).1, Some(Silent::Untrusted));
    desk.0.trusted = true;
    let (kind, silent, lines) = told(&desk);
    assert_eq!((kind, silent), ("notify", None));
    assert!(lines.contains("tells ops: The shop is back"), "{lines}");
    Arc::make_mut(&mut desk.0.channels).drill = true;
    let (kind, silent, lines) = told(&desk);
    assert_eq!((kind, silent), ("notify", Some(Silent::Drill)));
    assert!(lines.contains("tells nobody, because a drill does not tell ops anything"), "{lines}");
}

#[test]
fn what_is_not_decided_yet_is_no_condition_that_does_not_hold() {
    let text = "# x\n\n- [ ] Which way? {#which decide=\"back: go back; on: go on\"}\n- [ ] Go back {#back when=\"which=back\"}\n\n\
                ```sh {#look host=db-1 capture=seen}\nuptime\n```\n\n```sh {#use host=db-1 when=\"seen\"}\nid\n```\n";
    let desk = one(text);
    let parts = |names: &[&str]| Choice {
        what: Chosen::Parts(names.iter().map(|name| Edited::from(part(name))).collect()),
        ..Choice::default()
    };
    for (name, told) in [("back", "\"Which way?\" is decided"), ("use", "is done")] {
        let why = desk.plan(&Answers::default(), &parts(&[name])).unwrap_err().sentences().join("\n");
        assert!(why.contains("not known before") && why.contains(told), "{why}");
    }
    let mut answers = Answers::default();
    answers.decided.insert(part("which"), "back".into());
    answers.captured.insert(InputName::new("seen").unwrap(), "x".into());
    for known in [parts(&["which", "back"]), parts(&["which"]), Choice::default()] {
        assert!(desk.plan(&Answers::default(), &known).is_ok(), "{known:?}");
    }
    for name in ["back", "use"] {
        assert!(desk.plan(&answers, &parts(&[name])).is_ok(), "{name}");
    }
}

#[test]
fn the_way_back_by_itself_hands_on_what_is_captured_before_it() {
    let one = "+++\nback = \"auto\"\n+++\n# x\n\n```sh {#look host=app-1 danger=read capture=tag}\ncat TAG\n```\n\n## Phase 1\n\n\
               - Forward {#roll call=two with_tag=v2}\n\n## Rollback\n\n- Back {#back call=two with_tag=$tag when=\"tag\"}\n";
    let two =
        "+++\n[inputs.tag]\npattern = 'v\\d+'\n+++\n# y\n\n```sh {#put host=app-1 danger=change}\nput \"$tag\"\n```\n";
    let desk = Desk::new(&[("procedures/one.md", one), ("procedures/two.md", two)]);
    let plan =
        desk.plan(&Answers::default(), &Choice::default()).unwrap_or_else(|wrong| panic!("{:?}", wrong.sentences()));
    let back = plan.back.unwrap();
    let (forward, back) = (&plan.parts[1].jobs[0].script, &back.parts[0].jobs[0].script);
    let tag = InputName::new("tag").unwrap();
    assert_eq!((&forward.variables, &forward.captured), (&vec![(tag.clone(), "v2".to_owned())], &Vec::new()));
    assert_eq!((&back.variables, &back.captured), (&Vec::new(), &vec![tag]));
    // Begun by a person before it was captured, nobody knows it.
    let choice = Choice { what: Chosen::Rollback, ..Choice::default() };
    assert!(desk.plan(&Answers::default(), &choice).is_err());
}
