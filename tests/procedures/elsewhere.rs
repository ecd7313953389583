//! A run that was begun on one workstation and is brought to its end from another, over the lock host.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::lab::{Lab, report};
use super::{Desk, kill, told};

/// Where the lock host and the hosts keep what these tests make.
const STATE: &str = "/var/lib/qdt-procedures";
/// The hosts that are used; the first one is the lock host.
pub(super) const HOSTS: [&str; 3] = ["app-1", "app-2", "db-1"];

/// The hosts, clean before and after.
pub(super) struct Hosts<'lab>(&'lab Lab);

impl<'lab> Hosts<'lab> {
    pub(super) fn new(lab: &'lab Lab) -> Self {
        let hosts = Self(lab);
        hosts.each(&format!("umount {STATE} 2>/dev/null; rm -rf {STATE}; mkdir -p {STATE}"));
        hosts
    }

    fn each(&self, script: &str) {
        HOSTS.iter().for_each(|host| drop(self.sh(host, script)));
    }

    pub(super) fn sh(&self, host: &str, script: &str) -> String {
        self.0.on(host, &["sh", "-c", script])
    }

    /// Makes what the lock host keeps read-only, or writable again.
    pub(super) fn read_only(&self, is: bool) {
        let script = match is {
            true => format!("mount --bind {STATE} {STATE} && mount -o remount,ro,bind {STATE}"),
            false => format!("umount {STATE}"),
        };
        self.sh("app-1", &script);
    }

    /// Lets so much time go by on the lock host that nobody counts as being at any run, and no lease as one.
    pub(super) fn age(&self) {
        self.sh(
            "app-1",
            &format!(
                "read -r up _ </proc/uptime; boot=$(cat /proc/sys/kernel/random/boot_id); \
                 find {STATE}/mirror -name alive -o -name beat | while read -r at; do \
                 echo \"$((${{up%%.*}} - 61)) $boot\" >\"$at\"; done"
            ),
        );
    }

    pub(super) fn wait_for(&self, host: &str, file: &str) {
        let begun = Instant::now();
        while self.sh(host, &format!("ls {STATE}")).lines().all(|name| name != file) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{file} never came");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// How often each step was really done.
    pub(super) fn times(&self) -> [String; 3] {
        [("app-2", "one"), ("app-2", "two"), ("db-1", "three")]
            .map(|(host, step)| self.sh(host, &format!("cat {STATE}/{step} 2>/dev/null; true")))
    }
}

impl Drop for Hosts<'_> {
    fn drop(&mut self) {
        let script = format!("umount {STATE} /var/tmp 2>/dev/null; rm -rf {STATE} /var/tmp/quarterdeck-shop-*; true");
        HOSTS.iter().for_each(|host| drop(self.0.try_on(host, &["sh", "-c", &script])));
    }
}

/// A person's own folders, with the same site and the same document as everybody's.
pub(super) fn workstation(lab: &Lab, person: &str) -> Desk {
    let mut desk = Desk::new(&format!(
        "# Three\n```sh {{#one host=app-2 danger=change}}\necho one >>{STATE}/one\n```\n\
         ```sh {{#two host=app-2 danger=change}}\necho two >>{STATE}/two; touch {STATE}/there; sleep 6\n```\n\
         ```sh {{#three host=db-1 danger=change}}\necho three >>{STATE}/three\n```\n"
    ));
    let hosts = HOSTS.map(|host| format!("{host} = {{ ssh = \"{host}\", become = \"root\" }}\n")).concat();
    let site = format!(
        "title = \"shop\"\n[environments.lab]\nlock_host = \"app-1\"\nstate_directory = \"{STATE}\"\n\
         [environments.lab.hosts]\n{hosts}"
    );
    fs::write(desk.path("config/quarterdeck/sites/shop/site.toml"), site).unwrap();
    desk.write("config/quarterdeck/config.toml", &format!("name = \"{person}\"\n"));
    desk.ssh_config = Some(lab.ssh_config());
    desk
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e6_a_run_is_brought_to_its_end_from_another_workstation_and_the_first_is_told_by_whom() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let (ada, bea) = (workstation(&lab, "ada"), workstation(&lab, "bea"));
    let child = ada.begin(&[]);
    hosts.wait_for("app-2", "there");
    kill(&child, Signal::KILL);
    let first = child.wait_with_output().unwrap();
    let run = ada.newest();

    // As long as it may be that somebody is at it, it is nobody else's.
    let early = bea.resume_this(&run, &[]);
    assert_eq!(early.status.code(), Some(77), "{}{}", told(&first), told(&early));
    assert!(told(&early).contains("ada from "), "{}", told(&early));
    hosts.age();

    let second = bea.resume_this(&run, &[]);
    assert!(second.status.success(), "{}{}", told(&first), told(&second));
    assert_eq!(hosts.times(), ["one\n", "two\n", "three\n"], "{}", told(&second));
    let back = ada.resume_this(&run, &[]);
    assert_eq!(back.status.code(), Some(77), "{}", told(&back));
    assert!(told(&back).contains("bea from ") && told(&back).contains("taken this run over"), "{}", told(&back));
    assert_eq!(hosts.times(), ["one\n", "two\n", "three\n"], "{}", told(&back));
    report("E6", 1, 1, "a run is killed on one workstation and brought to its end from another, each step done once");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn e9_with_a_lock_host_that_can_not_be_written_no_change_begins() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts::new(&lab);
    let ada = workstation(&lab, "ada");
    hosts.sh("app-1", &format!("mount -t tmpfs -o ro tmpfs {STATE} && mount -t tmpfs -o ro tmpfs /var/tmp"));
    let refused = ada.run(&[], None);
    hosts.sh("app-1", &format!("umount /var/tmp; umount {STATE}"));
    assert_eq!(refused.status.code(), Some(75), "{}", told(&refused));
    assert!(told(&refused).contains("lock host app-1 can't be written"), "{}", told(&refused));
    assert_eq!(hosts.times(), ["", "", ""], "{}", told(&refused));
    let resumed = ada.resume_this(&ada.newest(), &[]);
    assert!(resumed.status.success(), "{}", told(&resumed));
    assert_eq!(hosts.times(), ["one\n", "two\n", "three\n"], "{}", told(&resumed));
}
