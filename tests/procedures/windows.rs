//! Windows and freezes of a run that goes on, and who is recorded to have said what of it.

use jiff::Timestamp;
use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use quarterdeck::domain::window::{Days, Opening, Window, Windows};
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

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn daily(from: &str, to: &str, place: &str) -> Windows {
    let (days, zone) = (Days::parse("daily").unwrap(), TimeZone::get(place).unwrap());
    let window = Window { days, from: from.parse().unwrap(), to: to.parse().unwrap(), zone };
    Windows { open: vec![window], ..Windows::default() }
}

/// How the window of a night is bounded, as UTC.
fn night(from: &str, to: &str, place: &str, noon_before: &str) -> (String, String) {
    let windows = daily(from, to, place);
    let noon = at(noon_before);
    let Opening::Closed { next: Some((begins, zone)), .. } = windows.at(noon) else { panic!("it is open") };
    // Whoever looks before is told the moment that was decided on, by the clocks of the place.
    let (told, opens) = (windows.at(noon).told(noon), zone.to_datetime(begins).strftime("%H:%M").to_string());
    assert!(told.starts_with("closed, opens ") && told.contains(&format!("{opens} {place}, in ")), "{told}");
    let Opening::Open { until: Some((ends, _)) } = windows.at(begins) else { panic!("it is closed at its begin") };
    assert!(
        !windows.at(begins - Duration::from_secs(1)).is_open() && windows.at(ends - Duration::from_secs(1)).is_open()
    );
    assert!(!windows.at(ends).is_open());
    (begins.to_string(), ends.to_string())
}

#[test]
fn e17_a_window_in_the_hour_that_is_left_out_or_comes_twice_is_decided_and_told_before() {
    // Berlin leaves out 02:00 to 03:00 on 2027-03-28, and has it twice on 2027-10-31.
    // New York: 2027-03-14 and 01:00 to 02:00 on 2027-11-07. Lord Howe goes by half an hour: 02:00 to 02:30 on
    // 2027-10-03, 01:30 to 02:00 on 2027-04-04.
    let cases = [
        // The begin is left out: the first moment behind it.
        ("Europe/Berlin", "2027-03-27T12:00:00Z", "02:30", "05:00", "2027-03-28T01:00:00Z", "2027-03-28T03:00:00Z"),
        // The end is left out.
        ("Europe/Berlin", "2027-03-27T12:00:00Z", "01:00", "02:30", "2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z"),
        // It lies around the change: an hour shorter.
        ("Europe/Berlin", "2027-03-27T12:00:00Z", "01:00", "04:00", "2027-03-28T00:00:00Z", "2027-03-28T02:00:00Z"),
        // The begin comes twice: the first.
        ("Europe/Berlin", "2027-10-30T12:00:00Z", "02:30", "04:00", "2027-10-31T00:30:00Z", "2027-10-31T03:00:00Z"),
        // The end comes twice: the first.
        ("Europe/Berlin", "2027-10-30T12:00:00Z", "01:00", "02:30", "2027-10-30T23:00:00Z", "2027-10-31T00:30:00Z"),
        ("America/New_York", "2027-03-13T17:00:00Z", "02:15", "04:00", "2027-03-14T07:00:00Z", "2027-03-14T08:00:00Z"),
        ("America/New_York", "2027-11-06T17:00:00Z", "00:30", "01:30", "2027-11-07T04:30:00Z", "2027-11-07T05:30:00Z"),
        ("America/New_York", "2027-11-06T17:00:00Z", "23:00", "03:00", "2027-11-07T03:00:00Z", "2027-11-07T08:00:00Z"),
        (
            "Australia/Lord_Howe",
            "2027-10-02T03:00:00Z",
            "02:10",
            "04:00",
            "2027-10-02T15:30:00Z",
            "2027-10-02T17:00:00Z",
        ),
        (
            "Australia/Lord_Howe",
            "2027-04-03T03:00:00Z",
            "01:00",
            "01:45",
            "2027-04-03T14:00:00Z",
            "2027-04-03T14:45:00Z",
        ),
    ];
    for (place, noon, from, to, begins, ends) in cases {
        assert_eq!(night(from, to, place, noon), (begins.to_owned(), ends.to_owned()), "{place} {from} to {to}");
    }
    let decided = cases.len();
    crate::lab::report("E17", decided, decided, "windows in gaps and folds of three zones: decided, told before");
    // A leap second is the one before once more, as the clocks of the hosts have it.
    assert_eq!("23:59:60".parse::<Time>().unwrap(), time(23, 59, 59, 0));
    let windows = daily("23:00", "00:00", "UTC");
    assert!(windows.at(at("2016-12-31T23:59:60Z")).is_open() && !windows.at(at("2017-01-01T00:00:00Z")).is_open());
    crate::lab::report("E17", 1, 1, "a leap second is the second before once more");
}

#[test]
fn e17_a_zone_that_nobody_knows_is_a_mistake_of_the_site_and_no_window() {
    let desk = Desk::new("");
    one(&desk);
    let unknown = "windows = [{ days = \"daily\", from = \"02:00\", to = \"04:00\", zone = \"Mars/Olympus\" }]\n";
    fs::write(site(&desk), with(&desk, unknown)).unwrap();
    let checked = desk.qd(&["check", "shop"], None).output().unwrap();
    assert!(!checked.status.success() && told(&checked).contains("Mars/Olympus"), "{}", told(&checked));
    let refused = desk.run(&[], None);
    assert!(!refused.status.success() && told(&refused).contains("Mars/Olympus"), "{}", told(&refused));
    assert_eq!(desk.times(), 0, "nothing was begun");
    crate::lab::report("E17", 1, 1, "a zone that nobody knows: told with its place in the file, nothing begins");
}
