//! Windows and freezes of a run that goes on, and who is recorded to have said what of it.

use serde_json::Value;

use super::*;

const FREEZE: &str =
    "freezes = [{ from = \"2020-01-01\", to = \"2099-01-01\", zone = \"UTC\", reason = \"Christmas\" }]\n";

fn site(desk: &Desk) -> PathBuf {
    desk.path("config/quarterdeck/sites/shop/site.toml")
}

/// The site with more in its environment.
fn with(desk: &Desk, more: &str) -> String {
    let text = fs::read_to_string(site(desk)).unwrap();
    let lab = "[environments.lab]\n";
    assert!(text.contains(lab));
    text.replace(lab, &format!("{lab}{more}"))
}

/// What scripts are told of the newest run.
fn kept(desk: &Desk) -> Value {
    let output = desk.qd(&["runs", "--id", &desk.newest(), "--json"], None).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)));
    told["runs"][0].clone()
}

#[test]
fn e16_a_freeze_that_is_written_while_a_run_goes_on_holds_for_its_next_part() {
    let desk = Desk::new("");
    let (truth, before, after) = (desk.path("truth"), desk.path("before.toml"), desk.path("after.toml"));
    fs::copy(site(&desk), &before).unwrap();
    fs::write(&after, with(&desk, FREEZE)).unwrap();
    let (truth, site) = (truth.display(), site(&desk).display().to_string());
    desk.write(
        "run.md",
        &format!(
            "+++\nkind = \"deploy\"\n+++\n# Deploy\n\n## Phase 1\n\n\
             ```sh {{#first host=me danger=change}}\necho one >> {truth}; cp {} {site}\n```\n\n\
             ```sh {{#second host=me danger=change}}\necho two >> {truth}\n```\n",
            after.display()
        ),
    );
    let held = desk.run(&[], None);
    assert_eq!((held.status.code(), desk.times()), (Some(75), 1), "{}", told(&held));
    assert!(told(&held).contains("The windows of lab were changed meanwhile: frozen: Christmas"), "{}", told(&held));
    // Whoever goes on with it is held up as well, and nothing is done twice.
    let held = desk.resume(&["--yes"]);
    assert_eq!((held.status.code(), desk.times()), (Some(75), 1), "{}", told(&held));
    fs::copy(&before, site).unwrap();
    let gone = desk.resume(&["--yes"]);
    assert!(gone.status.success() && desk.times() == 2, "{}", told(&gone));
    crate::lab::report("E16", 1, 1, "a freeze that is written while a run goes on holds its next part up");
}

#[test]
fn a_site_that_can_not_be_read_any_more_holds_the_next_part_up() {
    let desk = Desk::new("");
    let truth = desk.path("truth");
    let (truth, site) = (truth.display(), site(&desk).display().to_string());
    desk.write(
        "run.md",
        &format!(
            "+++\nkind = \"deploy\"\n+++\n# Deploy\n\n## Phase 1\n\n\
             ```sh {{#first host=me danger=change}}\necho one >> {truth}; echo freezes = soon >> {site}\n```\n\n\
             ```sh {{#second host=me danger=change}}\necho two >> {truth}\n```\n"
        ),
    );
    let held = desk.run(&[], None);
    assert_eq!((held.status.code(), desk.times()), (Some(75), 1), "{}", told(&held));
    assert!(told(&held).contains("site.toml was changed and can't be read now"), "{}", told(&held));
}

#[test]
fn who_confirmed_a_run_behind_its_gate_and_who_overrode_the_windows_is_kept() {
    let desk = Desk::new("");
    desk.write("config/quarterdeck/config.toml", "name = \"ada\"\n");
    let rules = format!("{FREEZE}window_override = \"lead\"\n");
    let text = with(&desk, &rules).replace("[environments.lab]\n", "[roles]\nlead = [\"ada\"]\n[environments.lab]\n");
    fs::write(site(&desk), text).unwrap();
    let truth = desk.path("truth");
    desk.write(
        "run.md",
        &format!(
            "+++\nkind = \"deploy\"\n[release]\nversion = \"version\"\n[inputs.version]\n+++\n# Deploy\n\n## Gate\n\n\
             ```sh {{#look host=here danger=read}}\ntrue\n```\n\n## Phase 1\n\n\
             ```sh {{#put host=me danger=change}}\necho done >> {}\n```\n",
            truth.display()
        ),
    );
    let judged = desk.judge(&["--input", "version=v1"]);
    assert_eq!(judged.status.code(), Some(0), "{}", told(&judged));
    let run = kept(&desk);
    assert_eq!((run["confirmed"].as_str(), &run["confirmed_by"]), (Some("unasked"), &Value::Null), "{run}");
    let held = desk.resume(&["--yes"]);
    assert_eq!((held.status.code(), desk.times()), (Some(75), 0), "{}", told(&held));
    let gone = desk.resume(&["--yes", "--override-window", "the shop is down"]);
    assert!(gone.status.success() && desk.times() == 1, "{}", told(&gone));
    let run = kept(&desk);
    assert_eq!((run["confirmed"].as_str(), run["confirmed_by"].as_str()), (Some("flag-yes"), Some("ada")), "{run}");
    let overridden = &run["overridden"];
    assert_eq!(
        (overridden["by"].as_str(), overridden["why"].as_str()),
        (Some("ada"), Some("the shop is down")),
        "{run}"
    );
    // It stays with what it released, too.
    let output = desk.qd(&["release", "list", "shop", "-e", "lab", "--json"], None).output().unwrap();
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        listed["releases"][0]["window_overridden"]["reason"].as_str(),
        Some("the shop is down"),
        "{}",
        told(&output)
    );
    let shown = desk.qd(&["runs", "--id", &desk.newest()], None).output().unwrap();
    assert!(told(&shown).contains("overridden by ada: the shop is down"), "{}", told(&shown));
}
