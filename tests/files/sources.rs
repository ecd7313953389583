//! Logs that a site has names for, read from this machine: a host that is `local` needs no lab.

use std::time::Duration;

use super::Desk;

const SITE: &str = r#"
[environments.prod.hosts]
here = { local = true, become = "never" }

[services.api]
runtime = "http"
probes.live = { http = "https://shop.example/" }
logs = ["ticks"]

[logs.ticks]
title = "What ticks"
command = ["sh", "-c", "echo 2026-11-22T08:00:01Z one; echo two >&2; exit 3"]
hosts = "here"

[logs.gone]
command = ["qd-no-such-program"]
hosts = "here"

[logs.endless]
command = ["sh", "-c", "echo 2025-12-31T08:00:01Z of then; while sleep 0.1; do date -u +%FT%TZ; done"]
hosts = "here"

[logs.levels]
command = ["sh", "-c", "echo ERROR out of room; echo all is well; echo level=warn msg=slow; echo WARN again"]
hosts = "here"

[logs.lines]
file = "FILE"
hosts = "all"
"#;

/// A desk with the site as the person's own, and the lines of its file.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("lines.log", "2026-11-22T08:00:00Z from the file\n");
    let file = desk.0.path().join("lines.log");
    let site = SITE.replace("FILE", file.to_str().unwrap());
    desk.write("config/quarterdeck/sites/shop/site.toml", &site);
    desk.write("here/sites/strange/site.toml", &site);
    desk
}

#[test]
fn what_a_command_of_the_site_prints_is_a_log_and_its_end_is_a_row() {
    let desk = desk();
    let (code, text) = desk.qd(&["logs", "shop", "--source", "ticks"]);
    assert_eq!(code, 0, "{text}");
    for words in ["one", "two", "--- command ticks ended with 3", "each has that of its arrival", "2 lines, 0 lost"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("begun again") && !text.contains("from the file"), "{text}");
    // A service that names it has it, also where it is known by its probes only.
    let (code, text) = desk.qd(&["logs", "shop", "api"]);
    assert!(code == 0 && text.contains("two"), "{text}");
    // A moment that lies back may begin with a dash, as on the screen.
    let (code, text) = desk.qd(&["logs", "shop", "--source", "ticks", "--since", "-1m"]);
    assert!(code == 0 && text.contains("two"), "{text}");
    // Several are one stream.
    let (code, text) = desk.qd(&["logs", "shop", "--source", "ticks", "--source", "lines", "--json"]);
    assert_eq!(code, 0, "{text}");
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(place("from the file") < place("Z one") && place("Z one") < place("\"two\""), "{text}");
    assert!(text.contains("\"source\":\"command ticks\""), "{text}");
}

#[test]
fn a_log_that_can_not_be_read_says_why_and_ends_with_3() {
    let desk = desk();
    let (code, text) = desk.qd(&["logs", "shop", "--source", "gone"]);
    assert!(
        code == 3 && text.contains("command gone of the site: qd-no-such-program: there is no such program"),
        "{text}"
    );
    // With -f too, when nothing is left that could tell anything.
    for more in [&[][..], &["-f"][..]] {
        let (code, text) = desk.qd(&[&["logs", "strange", "--source", "ticks"], more].concat());
        assert!(
            code == 3 && text.contains("command ticks is not run: read the site, then `qd trust strange`"),
            "{text}"
        );
        assert!(!text.contains("one"), "{text}");
    }
    let (code, text) = desk.qd(&["logs", "shop", "--source", "tick"]);
    assert!(code == 64 && text.contains("prod has no log tick; did you mean `ticks`?"), "{text}");
}

#[test]
fn a_command_that_ends_is_begun_again_until_the_span_is_over() {
    let desk = desk();
    let until =
        jiff::Zoned::now().checked_add(Duration::from_secs(8)).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string();
    let (code, text) = desk.qd(&["logs", "shop", "-f", "--source", "ticks", "--until", &until]);
    assert_eq!(code, 0, "{text}");
    for seconds in [1, 2] {
        let words = format!("--- command ticks ended with 3, begun again in {seconds} s");
        assert!(text.contains(&words), "{words}: {text}");
    }
    assert_eq!(text.matches("each has that of its arrival").count(), 1, "{text}");
}

#[test]
fn mistakes_in_logs_are_told_with_what_was_meant() {
    let desk = Desk::new();
    let check = |text: &str| {
        let site = format!("[environments.prod.hosts]\nweb-1 = {{}}\n[services.a]\nhosts = \"all\"\n{text}");
        desk.write("here/sites/bad/site.toml", &site);
        let (code, text) = desk.qd(&["check", "bad"]);
        assert_eq!(code, 78, "{text}");
        text
    };
    let log = "[logs.access]\nfile = \"/var/log/x\"\nhosts = \"all\"\n";
    for (text, told) in [
        (format!("logs = [\"acess\"]\n{log}"), "there is no log `acess`"),
        (format!("logs = [\"acess\"]\n{log}"), "did you mean `access`?"),
        ("[logs.access]\nhosts = \"all\"\n".to_owned(), "the log `access` does not say what is read"),
        (format!("{log}command = [\"x\"]\n"), "this one has `command` and `file`"),
        ("[logs.access]\nfile = \"x\"\nhosts = \"all\"\n".to_owned(), "`x` is no path of a file from the root"),
        ("[logs.access]\nfile = \"/x\"\n".to_owned(), "does not say on which hosts it is read"),
        ("[logs.access]\nfile = \"/x\"\nhosts = \"web-2\"\n".to_owned(), "there is no host and no tag `web-2`"),
        ("[logs.access]\ncommand = [\"tail -f x\"]\nhosts = \"all\"\n".to_owned(), "no shell reads it"),
        ("[logs.access]\ncommnd = [\"x\"]\n".to_owned(), "did you mean `command`?"),
    ] {
        let said = check(&text);
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn the_newest_lines_of_a_span_are_those_in_front_of_its_end() {
    let desk = desk();
    let line = |minute: u32| format!("2026-11-22T08:{minute:02}:00Z line {minute}\n");
    desk.write("lines.log", &(0..40).map(line).collect::<String>());
    let span = ["--since", "2026-11-22T08:10:00Z", "--until", "2026-11-22T08:20:30Z"];
    let read = |more: &[&str]| desk.qd(&[&["logs", "shop", "--source", "lines"], more].concat());
    let (code, text) = read(&[&span[..], &["-n", "2"]].concat());
    assert!(code == 0 && text.contains("2 lines, 0 lost"), "{text}");
    assert!(text.contains("line 19\n") && text.contains("line 20\n") && !text.contains("line 18\n"), "{text}");
    let (code, text) = read(&[&span[2..], &["-n", "1"]].concat());
    assert!(code == 0 && text.contains("line 20\n") && text.contains("1 line, 0 lost"), "{text}");
    let (code, text) = read(&span);
    assert!(code == 0 && text.contains("11 lines, 0 lost"), "{text}");
}

#[test]
fn a_span_that_has_ended_ends_over_a_command_that_never_does() {
    let desk = desk();
    for more in [&[][..], &["-n", "5"][..], &["--since", "2025-12-30"][..]] {
        let span = ["logs", "shop", "--source", "endless", "--until", "2026-01-01T00:00:00Z"];
        let (code, text) = desk.qd(&[&span[..], more].concat());
        assert!(code == 0 && text.contains("of then") && text.contains("1 line, 0 lost"), "{more:?}: {text}");
        assert!(!text.contains("waited for no more") && !text.contains("was silent"), "{text}");
    }
}

#[test]
fn a_level_chooses_lines_of_every_log_by_what_they_say() {
    let desk = desk();
    let (code, text) = desk.qd(&["logs", "shop", "--source", "levels", "--level", "warn"]);
    assert!(code == 0 && text.contains("out of room") && text.contains("3 lines, 0 lost"), "{text}");
    assert!(!text.contains("all is well"), "{text}");
}
