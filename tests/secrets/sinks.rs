//! F1: thirty secrets, printed by hosts in every form that is claimed, and then searched for everywhere.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::canaries::{Canaries, Watcher};
use crate::desk::{Desk, told};
use crate::hosts::{Lab, report};

const COUNT: usize = 30;
/// Where the hosts keep what this makes.
const STATE: &str = "/var/lib/qdt-secrets";
const HOSTS: [&str; 2] = ["app-1", "app-2"];

/// Prints each of its inputs in every form.
const FORMS: &str = r#"
import sys, base64, html, json, shlex, time, urllib.parse
out = sys.stdout
for one in sys.stdin.buffer.read().split(b'\0')[:-1]:
    text = one.decode()
    out.write('raw ' + text[:9]); out.flush(); time.sleep(0.02)
    out.write(text[9:] + '\n'); out.flush()
    out.write(''.join('\x1b[1;3%dm%s\x1b[0m' % (i % 8, c) for i, c in enumerate(text)) + '\n')
    for made in (one, b'u:' + one, b'usr:' + one + b'@'):
        out.write(base64.b64encode(made).decode() + '\n' + base64.urlsafe_b64encode(made).decode() + '\n')
        out.write(base64.encodebytes(made * 2).decode())
    out.write(one.hex() + ' ' + one.hex().upper() + ' ' + one.hex(':') + ' ' + one.hex(' ') + '\n')
    for safe in ('', '/', "!'()*~"):
        out.write(urllib.parse.quote(text, safe=safe) + ' ')
    out.write(urllib.parse.quote_plus(text) + ' ' + urllib.parse.quote(text).replace('%2F', '%2f') + '\n')
    out.write(json.dumps(text) + json.dumps(text, ensure_ascii=False) + json.dumps(text).replace('/', '\\/') + '\n')
    out.write(json.dumps(text).replace(chr(60), '\\u003c').replace('&', '\\u0026') + '\n')
    out.write(repr(text) + shlex.quote(text) + html.escape(text) + ''.join('\\x%02x' % b for b in one) + '\n')
"#;

fn names() -> impl Iterator<Item = String> {
    (0..COUNT).map(|number| format!("s{number:02}"))
}

/// A document whose secrets come in three ways: from the environment, from a program, and from whoever is asked.
fn document(vault: &Path) -> String {
    let mut text = String::from("+++\ntitle = \"Canaries\"\n");
    for (number, name) in names().enumerate() {
        let from = match number % 3 {
            0 => format!("from_env = \"QDT_{name}\"\n"),
            1 => format!("from = [\"cat\", \"{}\"]\n", vault.join(&name).display()),
            _ => String::new(),
        };
        text.push_str(&format!("[[inputs]]\nname = \"{name}\"\nsecret = true\n{from}"));
    }
    for (name, host, count) in [("show", "app-2", COUNT), ("plain", "plain", 4), ("local", "here", 4)] {
        let all = names().take(count).map(|name| format!("\"${name}\"")).collect::<Vec<_>>().join(" ");
        let show = format!("forms=$(cat <<'PY'{FORMS}PY\n)\nprintf '%s\\0' {all} | python3 -ISc \"$forms\"");
        text.push_str(&format!("+++\n# {name}\n```sh {{#{name} host={host} danger=change}}\n{show}\n```\n").replacen(
            "+++\n",
            if name == "show" { "+++\n" } else { "" },
            1,
        ));
    }
    text.push_str(
        "\n```bash {#trace host=app-2 danger=change}\nset -x\n: \"$s04\" \"$s05\" \"$s06\" \"$s02\"\nprintf '%q\\n' \"$s05\" \"$s02\"\n```\n\
         ```sh {#catch host=app-2 capture=token danger=change}\nprintf 'token=%s\\n' \"$s11\"\n```\n\
         ```sh {#use host=app-2 danger=change}\ntest \"$token\" = \"token=$s11\"\necho \"$token\" >&2\n```\n\
         ```sh {#bad host=app-2 danger=change}\necho \"refused: $s07\" >&2\nexit 3\n```\n\
         ```sh {#last host=app-2 danger=change}\necho \"the end, $s08\"\n```\n",
    );
    text
}

fn site() -> String {
    format!(
        "[environments.lab]\nlock_host = \"app-1\"\nstate_directory = \"{STATE}\"\n[environments.lab.hosts]\n\
         app-1 = {{ ssh = \"app-1\", become = \"root\" }}\napp-2 = {{ ssh = \"app-2\", become = \"root\" }}\n\
         plain = {{ ssh = \"app-1-plain\", become = \"never\" }}\n"
    )
}

/// What is left of the secrets on the hosts. Whoever looks for them must not show them either.
fn on_hosts(lab: &Lab, canaries: &[&Canaries]) -> String {
    let mut found = String::new();
    for all in canaries {
        let (head, tail) = all.halves();
        let folders = format!("{STATE} /home /root /var/tmp /tmp /run /dev/shm /var/log");
        let look = format!("c() {{ printf %s%s {head} {tail}; }}; c | grep -rlasF -f - {folders}; true");
        for host in HOSTS {
            found += &lab.on(host, &["sh", "-c", &look]);
        }
    }
    found
}

struct Hosts<'lab>(&'lab Lab);

impl Hosts<'_> {
    fn clean(&self) {
        for host in HOSTS {
            self.0.try_on(host, &["sh", "-c", &format!("rm -rf {STATE} /var/tmp/quarterdeck-shop-*")]);
        }
    }
}

impl Drop for Hosts<'_> {
    fn drop(&mut self) {
        self.clean();
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn f1_thirty_secrets_are_printed_in_every_form_and_are_in_no_sink() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let hosts = Hosts(&lab);
    hosts.clean();
    let (canaries, inherited) = (Canaries::new(), Canaries::new());
    let vault = tempfile::tempdir().unwrap();
    let config = lab.ssh_config();
    let mut desk =
        Desk::new(&site()).variable("QD_LOG", "trace").variable("QD_SSH_CONFIG", &config.display().to_string());
    desk.procedure("canaries", &document(vault.path()));
    let mut flags = Vec::new();
    for (number, name) in names().enumerate() {
        let file = vault.path().join(&name);
        match number % 3 {
            0 => desk = desk.variable(&format!("QDT_{name}"), &inherited.get(number)),
            _ => std::fs::write(&file, canaries.get(number)).unwrap(),
        }
        if number % 3 == 2 {
            std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            flags.extend(["--input-file".to_owned(), format!("{name}={}", file.display())]);
        }
    }
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let watcher = Watcher::start(&canaries, &inherited, desk.folder.path());

    // At the command line, for people and for programs.
    let mut printed = Vec::new();
    let some = ["--step", "trace", "--step", "bad", "--step", "last"];
    for more in [&["--json"][..], &some] {
        let run = ["run", "canaries", "shop", "-e", "lab", "--yes", "--on-failure", "skip"];
        let output = desk.run(&[&run[..], more, &flags].concat());
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("the end, "), "{}", told(&output));
        assert!(said.matches("****").count() >= COUNT || more == some, "what was printed is told, masked: {said}");
        let id = desk.newest();
        printed.push(output);
        printed.push(desk.run(&["runs", "--id", &id, "--json", "--output"]));
        printed.push(desk.run(&["runs", "--id", &id, "--output"]));
        printed.push(desk.run(&["run", "canaries", "shop", "-e", "lab", "--plan"]));
    }

    // At the console: everything that it writes to the terminal, and what it puts on the clipboard.
    let mut pty = desk.console(&["shop", "-e", "lab"]).size(120, 40).start();
    pty.wait_for("Overview");
    pty.keys("4");
    pty.wait_for("Canaries");
    pty.keys("enter");
    pty.wait_for("s00");
    pty.wait_quiet(Duration::from_millis(500));
    pty.keys("R");
    pty.wait_for("Press y");
    pty.keys("y");
    for number in (2..COUNT).step_by(3) {
        let asked = format!("s{number:02}:");
        pty.wait_until(Duration::from_secs(60), &asked, |pty| pty.screen().contains(&asked));
        for line in canaries.get(number).split_inclusive('\n') {
            // A line end can't be typed; it would be the answer.
            pty.send(line.trim_end_matches('\n'));
        }
        pty.wait_quiet(Duration::from_millis(80));
        pty.keys("enter");
    }
    let ended = |pty: &mut crate::pty::Pty| {
        let screen = pty.screen();
        screen.contains("unknown")
            || screen.lines().any(|line| line.contains("refused: $s07") && line.contains("failed"))
    };
    pty.wait_until(Duration::from_secs(60), "the failure", ended);
    if pty.screen().contains("unknown") {
        panic!("{pty:?}{}", told(&desk.run(&["runs", "--id", &desk.newest(), "--output"])));
    }
    let mut screens = vec![pty.screen()];
    pty.keys("o");
    for keys in ["y", "Y", "tab", "Y", "j", "y", "Y", "G", "Y"] {
        pty.keys(keys);
        pty.wait_quiet(Duration::from_millis(100));
        screens.push(pty.screen());
    }
    pty.signal(rustix::process::Signal::TERM);
    pty.wait_exit(Duration::from_secs(20));
    let written = pty.written().to_vec();

    let (seen, looks) = watcher.end();
    assert_eq!(seen, Vec::<String>::new(), "while it went on");
    assert!(looks > 20, "{looks}");
    let copied: Vec<Vec<u8>> = clipboard(&written);
    assert!(copied.len() >= 3, "{} texts were copied: {}", copied.len(), screens.join("\n"));
    assert!(screens.iter().any(|screen| screen.contains("***")), "{}", screens.join("\n"));
    for all in [&canaries, &inherited] {
        for output in &printed {
            assert_eq!(all.seen_in(&output.stdout), None, "{}", told(output));
            assert_eq!(all.seen_in(&output.stderr), None, "{}", told(output));
        }
        assert_eq!(all.seen_in(&written), None, "the terminal");
        for text in copied.iter().map(Vec::as_slice).chain(screens.iter().map(String::as_bytes)) {
            assert_eq!(all.seen_in(text), None, "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(all.seen_below(desk.folder.path()), None);
    }
    let log = |name: &str| std::fs::read_to_string(desk.path("state/quarterdeck").join(name)).unwrap_or_default();
    let log = log("qd.log.old") + &log("qd.log");
    assert!(log.contains("a run begins"), "there is a log: {log}");
    let mirrored = lab.on("app-1", &["sh", "-c", &format!("cat {STATE}/mirror/*/owner-*/0*")]);
    assert!(mirrored.contains("\"catch\""), "the lock host knows the run: {mirrored}");
    // The run of the console is open still; its jobs lie on the host until it is ended.
    let end = desk.run(&["run", "canaries", "shop", "-e", "lab", "--resume", &desk.newest(), "--on-failure", "abort"]);
    assert!(!told(&end).contains("taken over"), "{}", told(&end));
    assert_eq!(on_hosts(&lab, &[&canaries, &inherited]), "", "left on the hosts: {}", told(&end));
    let checked = "printed by hosts as they are, split, coloured, in base64, hex, URLs, JSON, shells and HTML; screen, \
                   clipboard, output, store, mirror, hosts, log at trace and all processes searched";
    report("F1", 3 * COUNT, 3 * COUNT, checked);
}

/// The texts that were put on the clipboard.
fn clipboard(written: &[u8]) -> Vec<Vec<u8>> {
    let pattern = regex::bytes::Regex::new("\x1b\\]52;c;([A-Za-z0-9+/=]*)\x07").unwrap();
    pattern.captures_iter(written).map(|found| STANDARD.decode(&found[1]).unwrap()).collect()
}
