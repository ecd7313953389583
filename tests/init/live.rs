//! `qd check --live` on real hosts: what is missing on one of three is told with its line, and a host that can't be
//! reached is told and not passed.

use std::fs;

use super::Home;
use super::lab::Lab;

const SITE: &str = r#"
[environments.ops]
lock_host = "app-1"
[environments.ops.hosts]
app-1 = { ssh = "app-1-ops", become = "sudo", tags = ["app"] }
app-2 = { ssh = "app-2-ops", become = "sudo", tags = ["app"] }
db-1 = { ssh = "db-1-ops", become = "sudo" }
[environments.plain.hosts]
app-1 = { ssh = "app-1-plain", become = "sudo", tags = ["app"] }
app-2 = { ssh = "app-2-plain", become = "sudo", tags = ["app"] }
[services.nginx]
hosts = ["app-1"]
units = ["nginx.service", "qd-ghost.service"]
"#;

const DUMP: &str = r#"# Dump

```sh {#dump host=all}
LC_ALL=C sort /etc/hosts | gzip > /tmp/x
env A=b qd-check-live-tool x
```

```sh {#as-root host=tag:app root}
systemctl status nginx
```

```sh {#quiet host=all}
if command -v not-here; then not-here .; fi
greet() { echo hi; }
greet; ./deploy.sh; export A=b; $NOT_HERE
apt-get install -y brought-along
brought-along
```
"#;

fn site(home: &Home) {
    let folder = home.path().join("live");
    fs::create_dir_all(folder.join("procedures")).unwrap();
    fs::write(folder.join("site.toml"), SITE).unwrap();
    fs::write(folder.join("procedures/dump.md"), DUMP).unwrap();
}

fn all_on(lab: &Lab, command: &str) -> Vec<String> {
    ["app-1", "app-2", "db-1"].map(|host| lab.on(host, &["sh", "-c", command])).to_vec()
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn what_hosts_have_not_is_told_with_its_line() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1", "app-2", "db-1"]);
    let home = Home::new();
    site(&home);
    let tool = "/usr/local/bin/qd-check-live-tool";
    // If it were started, that would be seen.
    let made = format!("printf '#!/bin/sh\\ntouch /tmp/qd-was-run\\n' > {tool}; chmod 755 {tool}");
    for host in ["app-1", "app-2"] {
        lab.on(host, &["sh", "-c", &made]);
    }
    let there = "ls -A /tmp /var/tmp /var/lib/quarterdeck 2>&1 | grep -v '^systemd' ; ls /home/ops /home/plain";
    let before = all_on(&lab, there);
    let ssh = lab.ssh_config().display().to_string();
    let (code, text) = home.qd(&["check", "./live", "--live", "--ssh-config", &ssh]);
    assert_eq!(code, 78, "{text}");
    for wanted in [
        "procedures/dump.md:5:1: qd-check-live-tool is not found on db-1 (dump)",
        "has no unit qd-ghost.service (nginx)",
        "procedures/dump.md:8:1: nobody becomes root on app-1, app-2 without being asked (as-root)",
        "5 hosts answered; 3 things",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert_eq!(all_on(&lab, there), before, "nothing was changed and nothing was run");

    let (_, json) = home.qd(&["check", "./live", "--live", "--json", "--ssh-config", &ssh]);
    let json: serde_json::Value = serde_json::from_str(
        json.split_once('{').map(|(_, rest)| format!("{{{rest}")).unwrap().trim_end_matches("qd: asking 5 hosts …\n"),
    )
    .unwrap();
    assert_eq!(json["live"]["mistakes"].as_array().unwrap().len(), 3, "{json:#}");
    assert_eq!(json["live"]["asked"].as_array().unwrap().len(), 5, "{json:#}");

    lab.fault("db-1", "stop-sshd");
    let (code, text) = home.qd(&["check", "./live", "--live", "--ssh-config", &ssh]);
    lab.fault("db-1", "start-sshd");
    assert!(text.contains("db-1 of ops was not asked, so nothing is known of it: "), "{text}");
    assert!(!text.contains("not found on db-1") && text.contains("4 hosts answered"), "{text}");
    assert_eq!(code, 78, "{text}");
    for host in ["app-1", "app-2"] {
        lab.on(host, &["rm", tool]);
    }
}
