//! A gate whose items the console finds out by itself, through the program: on this machine as a host, and at a server
//! that answers as GitHub does.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use super::*;

const TOKEN: &str = "ghp_kanarie7Hf9x";

/// The gate of a release, with every fact that can be had here.
const GATE: &str = r#"+++
title = "Ship"
services = ["shop"]

[inputs.version]
default = "v1"
+++

# Ship

## Gate

- CI of this very commit. {#ci fact="ci commit=$version"}
- The run of ci.yml. {#ran fact="workflow file=ci.yml commit=$version"}
- Two have read it. {#read fact="reviews count=2 commit=$version"}
- It may go out. {#may fact="protection environment=production commit=$version"}
- Everything answers. {#probes fact="probes service=shop"}
- There is a backup. {#backup fact="backup path=BACKUPS/shop-*.sql age=1h size=10B ends='dump complete'" host=me}
- There is room. {#disk fact="disk path=BACKUPS free=1KiB" host=me}
- There is memory. {#memory fact="memory free=1MiB" host=me}

## Phase 1: Do

```sh {#do host=here danger=change}
echo done >> TRUTH
```
"#;

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/github/{name}.json", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap()
}

/// Answers by the ends of paths; anything else is not there. `checks` is what it says of checks.
fn github(checks: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let mut head = String::new();
            for line in lines.by_ref() {
                let Ok(line) = line else { break };
                if line.is_empty() {
                    break;
                }
                head.push_str(&line);
                head.push('\n');
            }
            let path = head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
            let name = match path.as_str() {
                path if path.ends_with("/commits/v1") => "commit",
                path if path.ends_with("/check-runs") => checks,
                path if path.ends_with("/status") => "status",
                path if path.ends_with("/ci.yml/runs") || path.ends_with("/actions/runs") => "workflow-runs",
                path if path.ends_with("/pulls") => "pulls",
                path if path.ends_with("/reviews") => "reviews",
                path if path.ends_with("/approvals") => "approvals",
                _ => "error-404",
            };
            let known = head.to_lowercase().contains(&format!("authorization: bearer {}", TOKEN.to_lowercase()));
            let (status, name) = match (known, name) {
                (false, _) => ("401 Unauthorized", "error-401"),
                (true, "error-404") => ("404 Not Found", name),
                (true, _) => ("200 OK", name),
            };
            let body = fixture(name);
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    address
}

/// A desk with this gate, whose site has a service that listens and a repository at `api`.
fn desk(gate: &str, api: &str, port: u16) -> Desk {
    let desk = Desk::new("");
    let backups = desk.path("backups").display().to_string();
    fs::create_dir(desk.path("backups")).unwrap();
    fs::write(desk.path("backups/shop-1.sql"), "CREATE TABLE x;\n-- dump complete\n").unwrap();
    desk.write(
        "run.md",
        &gate.replace("BACKUPS", &backups).replace("TRUTH", &desk.path("truth").display().to_string()),
    );
    let file = desk.path("config/quarterdeck/sites/shop/site.toml");
    let text = fs::read_to_string(&file).unwrap();
    let more = format!(
        "[github]\nrepository = 'shop/backend'\napi = '{api}'\ntoken_from_env = 'GH'\n[services.shop]\nhosts = 'me'\n\
         runtime = 'http'\n[services.shop.probes.port]\ntcp = '127.0.0.1:{port}'\n"
    );
    fs::write(&file, format!("{text}{more}")).unwrap();
    desk
}

fn run(desk: &Desk, token: &str) -> Output {
    let mut command = desk.qd(&["run", "./run.md", "shop", "-e", "lab", "--yes"], None);
    command.env("GH", token).output().unwrap()
}

fn kept(desk: &Desk) -> String {
    let shown = desk.qd(&["runs", "--id", &desk.newest()], None).output().unwrap();
    String::from_utf8(shown.stdout).unwrap()
}

#[test]
fn a_gate_that_is_found_out_lets_the_run_pass_and_keeps_what_was_found() {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let desk = desk(GATE, &github("check-runs"), open.local_addr().unwrap().port());
    let output = run(&desk, TOKEN);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(desk.times(), 1);
    let text = kept(&desk);
    for words in [
        "CI of 3f9a1c2: 3 succeeded, 1 were skipped",
        "ci.yml for 3f9a1c2: success",
        "#42 approved by bo, cy",
        "was approved at GitHub by bo",
        "the one probe passes",
        "newest backup on me: shop-1.sql",
        "memory of me",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let found = Command::new("grep").args(["-rlF", "--", TOKEN]).arg(desk.folder.path()).output().unwrap();
    assert!(found.stdout.is_empty() && !told(&output).contains(TOKEN), "{}", String::from_utf8_lossy(&found.stdout));
}

/// The gate with only this item in it.
fn only(id: &str) -> String {
    let item = |line: &&str| !line.starts_with("- ") || line.contains(&format!("{{#{id} "));
    GATE.lines().filter(item).map(|line| format!("{line}\n")).collect()
}

#[test]
fn an_item_that_is_not_so_blocks_what_is_behind_the_gate_and_says_why() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (id, token, words) in [
        ("ci", TOKEN, "1 of 4 failed: test (3.12)"),
        ("ci", "wrong", "does not take the token (401)"),
        ("ci", "", "its token comes from the environment variable GH, which is not set here"),
        ("probes", TOKEN, "1 of 1 probes do not pass: shop/port"),
        ("backup", TOKEN, "not as it must be"),
    ] {
        let desk = desk(&only(id), &github("check-runs-failing"), closed);
        fs::write(desk.path("backups/shop-1.sql"), "CREATE TABLE x;\nINSERT INTO x VALU").unwrap();
        let output = run(&desk, token);
        assert!(!output.status.success(), "{id}: {}", told(&output));
        assert_eq!(desk.times(), 0, "{id}: something behind the gate began");
        let text = kept(&desk);
        assert!(text.contains(words), "{id}: {words}: {text}");
    }
}

#[test]
fn a_commit_that_an_earlier_part_gives_is_known_only_then() {
    let gate = "# Ship\n\n```sh {#which host=here danger=read capture=commit}\necho v1\n```\n\n- CI. {#ci fact=\"ci commit=$commit\"}\n";
    let desk = desk(gate, &github("check-runs"), 1);
    let output = run(&desk, TOKEN);
    assert!(output.status.success(), "{}", told(&output));
    assert!(kept(&desk).contains("v1 is 3f9a1c2b4d5e6f708192a3b4c5d6e7f8091a2b3c"), "{}", kept(&desk));
}

#[test]
fn what_is_not_understood_of_a_fact_is_told_with_its_place() {
    let desk = desk(
        "# X\n\n- Room. {#room fact=\"disk path=/ fre=20%\" host=me}\n- Y. {#y fact=\"ci\"}\n",
        "http://127.0.0.1:1",
        1,
    );
    let output = desk.qd(&["outline", "run.md"], None).output().unwrap();
    let text = told(&output);
    assert!(text.contains("run.md:3:34") && text.contains("did you mean `free`?"), "{text}");
    let planned = desk.qd(&["run", "./run.md", "shop", "-e", "lab", "--plan"], None).output().unwrap();
    assert!(told(&planned).contains("nothing says of which commit ci is"), "{}", told(&planned));
}

/// Staging is this machine too, with a lock host; its release has the commit that is put in for COMMIT.
const STAGED: &str = "+++\ntitle = \"Ship\"\nkind = \"deploy\"\n[release]\nversion = \"version\"\ncommit = \"commit\"\n\
     [inputs.version]\ndefault = \"v1\"\n[inputs.commit]\ndefault = \"COMMIT\"\n+++\n\n# Ship\n\n## Phase 1: Do\n\n\
     ```sh {#do host=here danger=change}\necho done >> TRUTH\n```\n";

#[test]
fn what_runs_elsewhere_is_known_from_there_also_when_another_store_has_recorded_it() {
    const COMMIT: &str = "3f9a1c2b4d5e6f708192a3b4c5d6e7f8091a2b3c";
    let gate = "# Ship\n\n## Gate\n\n- Staging has it. {#same fact=\"same environment=staging commit=COMMIT\"}\n\n\
                ## Phase 1: Do\n\n```sh {#do host=here danger=change}\necho done >> TRUTH\n```\n";
    let desk = Desk::new("");
    let truth = desk.path("truth").display().to_string();
    desk.write("run.md", &gate.replace("COMMIT", COMMIT).replace("TRUTH", &truth));
    desk.write(
        "staged.md",
        &STAGED.replace("COMMIT", COMMIT).replace("TRUTH", &desk.path("staged").display().to_string()),
    );
    let file = desk.path("config/quarterdeck/sites/shop/site.toml");
    let text = fs::read_to_string(&file).unwrap();
    let state = desk.path("state-of-staging");
    fs::create_dir(&state).unwrap();
    let staging = format!(
        "[environments.staging]\nlock_host = 'here-too'\nstate_directory = '{}'\n\
         [environments.staging.hosts]\nhere-too = {{ local = true }}\n",
        state.display()
    );
    fs::write(&file, format!("{text}{staging}")).unwrap();
    let nothing = desk.run(&[], None);
    assert!(!nothing.status.success() && desk.times() == 0, "{}", told(&nothing));
    assert!(told(&nothing).contains("no release of staging is recorded"), "{}", told(&nothing));

    // Somebody else, with a store of their own, deploys there.
    let mut other = desk.qd(&["run", "./staged.md", "shop", "-e", "staging", "--yes"], None);
    other.arg("--trust").arg(digest(&desk.path("staged.md"))).env("XDG_DATA_HOME", desk.path("data-of-another"));
    let deployed = other.output().unwrap();
    assert!(deployed.status.success(), "{}", told(&deployed));

    let output = desk.run(&[], None);
    assert!(output.status.success() && desk.times() == 1, "{}", told(&output));
    assert!(kept(&desk).contains("as it is recorded on here-too"), "{}", kept(&desk));

    // A lock host that can't be asked lets nothing pass.
    let text = fs::read_to_string(&file)
        .unwrap()
        .replace("here-too = { local = true }", "here-too = { ssh = 'nobody.invalid' }");
    fs::write(&file, text).unwrap();
    let silent = desk.run(&[], None);
    assert!(!silent.status.success() && desk.times() == 1, "{}", told(&silent));
    assert!(told(&silent).contains("the lock host here-too of staging can't be reached"), "{}", told(&silent));
}
