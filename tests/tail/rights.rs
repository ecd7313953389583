//! Journals that can't be read, or not whole. Fault B14.

use std::time::Duration;

use crate::lab::{Lab, report};
use crate::logs::{Bench, HOST};

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b14_an_empty_log_always_has_its_reason() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let plain = Bench::entered(&lab, "pakashop-backend", "app-1-plain");
    assert!(plain.read_once());
    assert!(plain.said().contains("systemd-journal"), "{}", plain.said());

    let bench = Bench::new(&lab, "lab-b14");
    let stored = |how: &str| {
        let line = format!(
            "mkdir -p /etc/systemd/journald.conf.d; printf '[Journal]\\nStorage={how}\\n' \
             >/etc/systemd/journald.conf.d/zz-lab.conf; systemctl restart systemd-journald"
        );
        lab.on(HOST, &["/bin/sh", "-c", &line]);
    };
    stored("none");
    assert!(bench.read_once());
    let none = bench.said();
    stored("volatile");
    lab.on(HOST, &["/bin/sh", "-c", "mv /var/log/journal /var/log/journal.lab; systemctl restart systemd-journald"]);
    bench.emit(1, 3, 0);
    bench.emitted(Duration::from_secs(10));
    let read = bench.read_once();
    let volatile = bench.said();
    lab.on(
        HOST,
        &[
            "/bin/sh",
            "-c",
            "rm -f /etc/systemd/journald.conf.d/zz-lab.conf; rm -rf /var/log/journal; \
             mv /var/log/journal.lab /var/log/journal; systemctl restart systemd-journald; journalctl --flush",
        ],
    );
    assert!(none.contains("Storage=none"), "{none}");
    assert!(read && volatile.contains("in memory only"), "{volatile}");
    assert_eq!(bench.numbers(), [1, 2, 3], "what is there is read");
    report("B14", 3, 3, "outside the group, Storage=none, in memory only: each with its sentence");
}
