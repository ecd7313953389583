//! F2, F7, F8: secrets that nobody sees, and values that are nothing but data.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use quarterdeck::domain::procedure::{Language, Script};
use quarterdeck::engine::jobs::{Began, JobKey, Jobs, Seen};
use quarterdeck::port::Secret;

use crate::bare::Bare;
use crate::kit::{Console, as_root, input, key, left_on, name, order, shown};
use crate::lab::{Lab, repetitions, report};

/// F2 and F7.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn f2_no_list_of_processes_and_no_unit_shows_a_secret() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1", "app-2"]);
    let bare = Bare::start(&lab, &["app-2"]);
    let canary = format!("CANARY{:016x}", fastrand::u64(..));
    let (stop, seen, looks) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    // The hosts of the lab are processes of this machine: one list shows both sides.
    let sampling = std::thread::spawn({
        let (stop, seen, looks, canary) = (stop.clone(), seen.clone(), looks.clone(), canary.clone());
        move || {
            while !stop.load(Ordering::Relaxed) {
                if shown(canary.as_bytes()) {
                    seen.store(true, Ordering::Relaxed);
                }
                looks.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    });
    let aliases =
        [("app-1", "app-1"), ("app-1-oper", "app-1"), ("app-1-plain", "app-1"), ("bare-app-2-plain", "app-2")];
    let console = Console::new(bare.config.clone(), &aliases.map(|(alias, _)| alias)).await;
    let times = repetitions(2, 13);
    for (alias, host) in aliases {
        for _ in 0..times {
            let key = key();
            let text = "printf %s \"$password\" | sha256sum; sleep 0.5";
            let mut make = if alias.ends_with("plain") { order(&key, text) } else { as_root(alias, &key, text) };
            make.secrets = vec![(input("password"), Secret::new(canary.clone().into_bytes()))];
            assert_eq!(console.jobs.begin(name(alias), make).await, Began::Started, "{alias}");
            let unit = lab.try_on(
                host,
                &["setpriv", "--reuid=nobody", "--clear-groups", "systemctl", "show", &format!("qd-{key}")],
            );
            assert!(!String::from_utf8_lossy(&unit.stdout).contains(&canary));
            // Whoever looks for it must not show it either.
            let (head, tail) = canary.split_at(6);
            let folders = "/var/lib/quarterdeck /home/*/.local /var/tmp /tmp /run /dev/shm /var/log";
            let kept = format!(
                "c() {{ printf %s%s {head} {tail}; }}; c | grep -rlsF -f - {folders}; c | grep -lsF -f - /proc/[0-9]*/environ"
            );
            let found = lab.try_on(host, &["sh", "-c", &kept]).stdout;
            assert_eq!(String::from_utf8_lossy(&found), "", "{alias}");
            let (out, _, ended) = console.follow(alias, &key).await;
            assert!(matches!(&ended, Seen::Ended(ended) if ended.exit == Some(0)), "{ended:?}");
            let digest = std::process::Command::new("sh")
                .args(["-c", "head -c 22 | sha256sum"])
                .stdin(feed(canary.as_bytes()))
                .output()
                .unwrap();
            assert_eq!(out, digest.stdout, "{alias}");
            console.jobs.clear(name(alias), key.run.clone()).await.unwrap();
            assert_eq!(left_on(&lab, host, &key), "");
        }
    }
    stop.store(true, Ordering::Relaxed);
    sampling.join().unwrap();
    assert!(!seen.load(Ordering::Relaxed), "a command line showed the secret");
    assert!(looks.load(Ordering::Relaxed) > 20);
    report("F2", times * 4, times * 4, "both sides' command lines sampled while steps with secrets ran");
}

/// A login's own place in memory goes with its last session, and any place may be full.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn a_place_for_secrets_that_takes_none_is_passed_over() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-1"]);
    let console = Console::new(lab.ssh_config(), &["app-1-plain"]).await;
    let user = lab.on("app-1", &["id", "-u", "plain"]).trim().to_owned();
    let place = format!("/run/user/{user}");
    let full = Full { lab: &lab, place: place.clone() };
    let mount = format!("mount -t tmpfs -o nr_inodes=1,mode=700,uid={user} none {place}");
    lab.on("app-1", &["sh", "-c", &format!("mkdir -p {place} && {mount}")]);
    let key = key();
    let mut make = order(&key, "printf %s \"$password\" | wc -c");
    make.secrets = vec![(input("password"), Secret::new(b"twelve chars".to_vec()))];
    assert_eq!(console.jobs.begin(name("app-1-plain"), make).await, Began::Started);
    let (out, _, ended) = console.follow("app-1-plain", &key).await;
    assert!(matches!(&ended, Seen::Ended(ended) if ended.exit == Some(0)), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&out).trim(), "12");
    drop(full);
    console.jobs.clear(name("app-1-plain"), key.run.clone()).await.unwrap();
    assert_eq!(left_on(&lab, "app-1", &key), "");
}

/// A file system without room over a place, until it is dropped.
struct Full<'lab> {
    lab: &'lab Lab,
    place: String,
}

impl Drop for Full<'_> {
    fn drop(&mut self) {
        self.lab.try_on("app-1", &["umount", &self.place]);
    }
}

fn feed(bytes: &[u8]) -> std::process::Stdio {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file.into()
}

/// F8.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the lab: run tests/run"]
async fn f8_hostile_values_are_data() {
    let lab = Lab::get();
    let _held = lab.hold(&["app-2"]);
    let mut values: Vec<String> = [
        "",
        " ",
        "a b",
        "a'b",
        "'",
        "''",
        "\"",
        "$(touch /tmp/qdt-pwned)",
        "`touch /tmp/qdt-pwned`",
        "$HOME",
        "${IFS}",
        "a;touch /tmp/qdt-pwned",
        "a\nb\n",
        "\n\n",
        "\\",
        "\\'",
        "a\\",
        "!!",
        "!id",
        "*",
        "~",
        "~root",
        "#x",
        "-n",
        "--",
        "-e",
        "%s%n",
        "a\tb",
        "é\u{202e}",
        "\u{1b}[31m",
        "a|b>c<d&",
        "{a,b}",
        "\\0101",
        "\\c",
        "x=1",
        "a\rb",
        "EOF\n",
        "]]>",
        "\u{7f}\u{1}\u{81}\u{88}",
        "$'\\x41'",
    ]
    .map(String::from)
    .into();
    values.push("long ".repeat(20 << 10));
    assert!(values.len() > 40);
    let broken: Vec<u8> = (1..=255u8).chain(*b"\xff\xc3(\xe2\x82'").collect();
    let want: Vec<u8> = values.iter().flat_map(|value| value.bytes().chain(*b"\n|\n")).chain(broken.clone()).collect();
    for (alias, language) in [
        ("app-2", Language::Sh),
        ("app-2", Language::Bash),
        ("app-2-oper", Language::Sh),
        ("app-2-plain", Language::Bash),
        ("app-2-u-fish", Language::Sh),
        ("app-2-u-csh", Language::Sh),
    ] {
        let console = Console::new(lab.ssh_config(), &[alias]).await;
        let key = key();
        let named = |at: usize| input(&format!("v{at}"));
        let text: String = (0..values.len()).map(|at| format!("printf '%s\\n|\\n' \"$v{at}\"\n")).collect();
        let mut make = if alias.ends_with("oper") { as_root(alias, &key, "") } else { order(&key, "") };
        let half = values.len() / 2;
        let pairs: Vec<_> = values.iter().enumerate().map(|(at, value)| (named(at), value.clone())).collect();
        make.script = Script {
            language,
            text: text + "printf %s \"$broken\"",
            variables: pairs[..half].to_vec(),
            folder: Some("/tmp".into()),
            ..Script::default()
        };
        make.captured = pairs[half..].to_vec();
        make.secrets = vec![(input("broken"), Secret::new(broken.clone()))];
        assert_eq!(console.jobs.begin(name(alias), make).await, Began::Started, "{alias}");
        let (out, _, seen) = console.follow(alias, &key).await;
        assert!(matches!(&seen, Seen::Ended(ended) if ended.exit == Some(0)), "{alias} {seen:?}");
        assert!(out == want, "{alias} {language:?}");
        console.jobs.clear(name(alias), key.run.clone()).await.unwrap();
    }
    assert!(!lab.try_on("app-2", &["test", "-e", "/tmp/qdt-pwned"]).status.success());
    report(
        "F8",
        6,
        6,
        "over 40 hostile values as inputs, captures and secrets: sh, bash, sudo, and logins with fish and csh",
    );
    // What no variable can hold is refused before anything is sent.
    let console = Console::new(lab.ssh_config(), &["app-2"]).await;
    for bad in ["a\0b".to_owned(), "x".repeat(200 << 10)] {
        let key: JobKey = key();
        let mut make = order(&key, "true");
        make.captured = vec![(input("v"), bad)];
        assert!(matches!(console.jobs.begin(name("app-2"), make).await, Began::Not(..)));
        assert_eq!(console.look("app-2", &key).await, Seen::Never);
    }
}
