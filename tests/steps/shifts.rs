//! Traffic that is moved is read back; queries go to the program that the site names.

use quarterdeck::domain::run::{Reason, StepState};

use super::{Desk, told};

const SHIFT: &str = "# P\n- Move it. <!-- {#move host=me shift=\"10 50 100\" set=\"echo setting $weight; echo $weight >ROOM/weight\" \
     get=\"cat ROOM/weight\"} -->\n- [ ] seen {#seen}\n";

#[test]
fn a_shift_reads_back_each_weight_and_a_wrong_one_ends_it_with_both_figures() {
    let desk = Desk::here("");
    desk.document(SHIFT);
    let well = desk.qd(&["--yes", "--tick", "seen="], None);
    assert!(well.status.success(), "{}", told(&well));
    let (run, _) = desk.recorded();
    let values: Vec<_> = run.steps[..3].iter().map(|step| step.value.clone().unwrap()).collect();
    assert_eq!(
        (values.as_slice(), desk.text("weight").as_str()),
        (["10", "50", "100"].map(String::from).as_slice(), "100\n")
    );

    let desk = Desk::here("");
    desk.document(&SHIFT.replace("cat ROOM/weight", "cat ROOM/weight >/dev/null; echo 40%"));
    let wrong = desk.qd(&["--yes"], None);
    assert_eq!(wrong.status.code(), Some(2), "{}", told(&wrong));
    let (run, _) = desk.recorded();
    let step = &run.steps[0];
    assert_eq!((step.state, step.reason), (StepState::Failed, Some(Reason::GuardFailed)), "{step:?}");
    assert!(step.note.plain().contains("set to 10, and 40% was read"), "{:?}", step.note);
    assert_eq!(run.steps[1].state, StepState::Planned, "the next weight was not set");

    let desk = Desk::here("");
    desk.document(&SHIFT.replace("cat ROOM/weight", "true"));
    let nothing = desk.qd(&["--yes"], None);
    assert_eq!(nothing.status.code(), Some(2), "no figure is no pass: {}", told(&nothing));
    assert_eq!(desk.recorded().0.steps[0].reason, Some(Reason::Inconclusive));
}

/// Prints what it is given, with its own name and arguments.
const CLIENT: &str = "#!/bin/sh\necho \"$0 $*\" >>ROOM/truth\ncat >>ROOM/truth\n";

#[test]
fn queries_go_to_the_programs_that_the_site_names_and_a_step_s_own_wins() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::here("");
    let room = desk.folder.path().display().to_string();
    for name in ["sql", "own", "prom"] {
        desk.write(name, &CLIENT.replace("ROOM", &room));
        std::fs::set_permissions(desk.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let site = format!(
        "[procedures]\nsql = [\"{room}/sql\", \"-d\", \"${{database}}\"]\npromql = [\"{room}/prom\"]\n{}",
        desk.site_here()
            .replace("[environments.lab.hosts]", "variables = { database = \"the shop\" }\n[environments.lab.hosts]")
    );
    desk.write("config/quarterdeck/sites/shop/site.toml", &site.replace("title = \"shop\"\n", ""));
    desk.document(
        "# P\n```sql {#a host=me danger=read}\nSELECT 'it''s';\n```\n```sql {#b host=me danger=read with=\"ROOM/own -X\"}\nSELECT 2;\n```\n\
         ```promql {#c host=me danger=read}\nup == 0\n```\n",
    );
    let planned = desk.qd(&["--plan"], None);
    let plan = told(&planned);
    assert!(plan.contains("SELECT 'it''s';") && !plan.contains("by hand"), "{plan}");
    let ran = desk.qd(&["--yes"], None);
    assert!(ran.status.success(), "{}", told(&ran));
    let wanted = format!("{room}/sql -d the shop\nSELECT 'it''s';\n{room}/own -X\nSELECT 2;\n{room}/prom \nup == 0\n");
    assert_eq!(desk.text("truth"), wanted, "{}", told(&ran));
}
