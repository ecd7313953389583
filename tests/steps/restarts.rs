//! A restart in a procedure is verified like one by hand: it stops at the first host on which the unit does not stand.

use quarterdeck::domain::run::{Finding, Reason, RunState, StepState};

use super::hosts::{Lab, repetitions};
use super::{Desk, told};

const HOSTS: [&str; 2] = ["app-1", "app-2"];
const UNIT: &str = "qdt-steps.service";

/// A unit of our own on both hosts, which notes each start and does not stand while a file is there.
struct Units<'lab>(&'lab Lab);

impl<'lab> Units<'lab> {
    fn new(lab: &'lab Lab) -> Self {
        let units = Self(lab);
        units.clean();
        let text = "[Service]\\nExecStartPre=/bin/sh -c \"echo start >>/run/qdt-starts\"\\nExecStart=/bin/sh -c \"if [ -e /run/qdt-bad ]; \
             then echo it can not go on >&2; sleep 1; exit 3; fi; exec sleep 1000\"\\n";
        for host in HOSTS {
            let script = format!(
                "printf '{text}' >/run/systemd/system/{UNIT}; systemctl daemon-reload; systemctl start {UNIT}; : >/run/qdt-starts"
            );
            lab.on(host, &["sh", "-c", &script]);
        }
        units
    }

    fn clean(&self) {
        let script = format!(
            "systemctl stop {UNIT} 2>/dev/null; systemctl reset-failed {UNIT} 2>/dev/null; \
             rm -f /run/systemd/system/{UNIT} /run/qdt-starts /run/qdt-bad; systemctl daemon-reload"
        );
        HOSTS.iter().for_each(|host| drop(self.0.try_on(host, &["sh", "-c", &script])));
    }

    fn starts(&self, host: &str) -> usize {
        self.0.on(host, &["cat", "/run/qdt-starts"]).lines().count()
    }
}

impl Drop for Units<'_> {
    fn drop(&mut self) {
        self.clean();
    }
}

fn desk(lab: &Lab) -> Desk {
    let hosts = HOSTS.map(|host| format!("{host} = {{ ssh = \"{host}\", become = \"root\" }}\n")).concat();
    let site = format!(
        "title = \"shop\"\n[environments.lab]\nstate_directory = \"/var/lib/qdt-steps\"\n[environments.lab.hosts]\n{hosts}\
         [services.web]\nhosts = \"all\"\nunits = \"{UNIT}\"\nsettle = \"2s\"\n\
         [services.web.probes.alive]\ncommand = [\"test\", \"!\", \"-e\", \"/run/qdt-bad\"]\ninterval = \"2s\"\ntimeout = \"1s\"\n"
    );
    let mut desk = Desk::new(&site, "# P\n- It starts anew. <!-- {#web restart=web} -->\n");
    desk.ssh_config = Some(lab.ssh_config());
    desk
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_restart_is_verified_on_each_host_and_stops_at_the_first_that_fails() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let units = Units::new(&lab);
    let ours = desk(&lab);
    let well = ours.qd(&["--yes"], None);
    assert!(well.status.success(), "{}", told(&well));
    let (run, _) = ours.recorded();
    for step in &run.steps {
        let names: Vec<&str> = step.verdict.as_ref().unwrap().checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names, ["active", "same run for 2 s", "probe alive", "errors in its log"], "{step:?}");
        assert_ne!(step.invocation, step.invocation_before, "{step:?}");
        assert!(!step.invocation.is_empty() && step.unit.is_some(), "{step:?}");
    }
    assert_eq!(HOSTS.map(|host| units.starts(host)), [1, 1]);

    lab.on("app-1", &["touch", "/run/qdt-bad"]);
    let ours = desk(&lab);
    let badly = ours.qd(&["--yes"], None);
    assert_eq!(badly.status.code(), Some(2), "{}", told(&badly));
    let (run, _) = ours.recorded();
    let step = &run.steps[0];
    assert_eq!((step.state, step.reason, run.state), (StepState::Failed, Some(Reason::GuardFailed), RunState::Running));
    assert!(step.verdict.as_ref().unwrap().checks.iter().any(|check| check.finding == Finding::Bad), "{step:?}");
    assert_eq!(run.steps[1].state, StepState::Planned);
    assert_eq!(units.starts("app-2"), 1, "the other host runs as before");
    let text = told(&badly);
    for words in ["systemctl status", "Active: failed", "last lines of", "it can not go on"] {
        assert!(text.contains(words), "{words} in the evidence: {text}");
    }
    ours.end();
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_restart_whose_console_died_is_done_once_and_verified_by_the_next() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let units = Units::new(&lab);
    let faults = ["abort-sent", "abort-before", "abort-result"].into_iter().take(repetitions(1, 3));
    for (at, fault) in faults.enumerate() {
        let desk = desk(&lab);
        let broken = desk.qd(&["--yes"], Some(fault));
        assert!(!broken.status.success(), "{fault} did not strike: {}", told(&broken));
        let resumed = desk.resume(&[]);
        assert!(resumed.status.success(), "{fault}: {}", told(&resumed));
        assert_eq!(HOSTS.map(|host| units.starts(host)), [at + 1, at + 1], "{fault}: {}", told(&resumed));
        let (run, _) = desk.recorded();
        assert!(
            run.steps.iter().all(|step| step.state == StepState::Verified && step.invocation != step.invocation_before)
        );
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_failed_command_or_check_comes_with_its_unit_its_log_and_its_probe() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let _units = Units::new(&lab);
    lab.on("app-1", &["touch", "/run/qdt-bad"]);
    let ours = desk(&lab);
    ours.document(&format!("# P\n```sh {{#cmd host=app-1 danger=change}}\necho so far >&2; systemctl restart {UNIT}; sleep 2; systemctl is-active {UNIT}\n```\n"));
    let badly = ours.qd(&["--yes"], None);
    let text = told(&badly);
    assert_eq!(badly.status.code(), Some(2), "{text}");
    for words in [
        "so far",
        "systemctl status",
        "Active: failed",
        "last lines of",
        "it can not go on",
        "web/alive on app-1",
        "exit",
    ] {
        assert!(text.contains(words), "{words} in the evidence of a command: {text}");
    }
    ours.end();
    let ours = desk(&lab);
    ours.document("# P\n- It answers. <!-- {#ok host=app-1 check=web/alive} -->\n");
    let badly = ours.qd(&["--yes"], None);
    let text = told(&badly);
    assert_eq!(badly.status.code(), Some(2), "{text}");
    for words in ["web/alive on app-1", "systemctl status", "Active: failed", "it can not go on"] {
        assert!(text.contains(words), "{words} in the evidence of a check: {text}");
    }
    ours.end();
}
