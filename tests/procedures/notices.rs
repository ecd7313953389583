//! Notices of runs, through the program itself: who hears them, what is told of those that fail, and a step that tells a
//! channel once, whatever becomes of the console.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use super::*;

const CANARY: &str = "kanarie7Hf9x";

/// Takes one request whole.
fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return head;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// A server that answers so, or not at all; and the address of a channel there.
fn server(answer: Option<&'static str>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/services/{CANARY}", listener.local_addr().unwrap());
    let (heard, requests) = mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            if heard.send(request(&stream)).is_err() {
                return;
            }
            match answer {
                Some(status) => {
                    let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok").as_bytes());
                }
                None => kept.push(stream),
            }
        }
    });
    (url, requests)
}

/// A desk whose site has these channels. Addresses come from the variable `OPS`.
fn told_desk(document: &str, channels: &str) -> Desk {
    let desk = Desk::new(document);
    let file = desk.path("config/quarterdeck/sites/shop/site.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (first, tables) = channels.split_at(channels.find("[channels").unwrap());
    fs::write(&file, format!("{first}\n{text}\n{tables}")).unwrap();
    desk
}

fn run(desk: &Desk, url: &str, more: &[&str]) -> Command {
    let arguments = [&["run", "./run.md", "shop", "-e", "lab", "--yes"], more].concat();
    let mut command = desk.qd(&arguments, None);
    command.env("OPS", url);
    command
}

fn nothing_holds_the_address(desk: &Desk, output: &Output) {
    assert!(!told(output).contains(CANARY), "{}", told(output));
    let found = Command::new("grep").args(["-rlF", "--", CANARY]).arg(desk.folder.path()).output().unwrap();
    assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
}

#[test]
fn begin_and_end_of_a_run_are_told_and_f3_a_channel_that_fails_is_shown_recorded_and_stops_nothing() {
    let (url, requests) = server(Some("200 OK"));
    let (broken, _kept) = server(Some("404 Not Found"));
    let desk = told_desk(
        ONE,
        "notify = [\n  { channel = 'ops', on = ['started', 'finished', 'failed'] },\n  { channel = 'page', on = 'finished' },\n  \
         { channel = 'gone', on = 'finished' },\n]\n[channels.ops]\nkind = 'slack'\nurl_from_env = 'OPS'\n[channels.gone]\n\
         kind = 'discord'\nurl_from_env = 'GONE'\n[channels.page]\nkind = 'command'\ncommand = ['sh', '-c', 'cat > page']\n\
         [channels.page.texts]\nfinished = '{title}: {state}'\n",
    );
    one(&desk);
    let output = run(&desk, &url, &[]).env("GONE", &broken).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let said: Vec<String> = requests.try_iter().collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("shop lab: One begins, by ") && said[1].contains("shop lab: One is done after "),
        "{said:?}"
    );
    assert_eq!(fs::read_to_string(desk.path("page")).unwrap(), "One: succeeded\n");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("The channel gone was not told of `finished`: 127.0.0.1 answered 404"), "{complaint}");
    let shown = desk.qd(&["runs", "--id", &desk.newest()], None).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(text.contains("notice    started to ops at ") && text.contains(", delivered\n"), "{text}");
    assert!(
        text.contains("notice    finished to gone at ") && text.contains("not delivered: 127.0.0.1 answered 404"),
        "{text}"
    );
    nothing_holds_the_address(&desk, &output);
}

const TELL: &str = "# Tell\n- The shop is back, <!channel>. {#tell notify=ops}\n\n```sh {#after host=here danger=change}\n\
                    echo done >> truth\n```\n";

#[test]
fn a_step_tells_its_channel_the_words_of_the_item() {
    let (url, requests) = server(Some("200 OK"));
    let desk = told_desk(TELL, "[channels.ops]\nkind = 'slack'\nurl_from_env = 'OPS'\n");
    let output = run(&desk, &url, &[]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("tells ops: The shop is back"), "{}", told(&output));
    let said: Vec<String> = requests.try_iter().collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].ends_with(r#"{"text":"shop lab: The shop is back, &lt;!channel&gt;."}"#), "{said:?}");
    nothing_holds_the_address(&desk, &output);
}

const FILLED: &str = r#"+++
[inputs.version]
about = "What goes out"

[inputs.token]
secret = true
+++

# Tell

```sh {#seen host=here danger=read capture=seen}
printf '%s\n' '"}<!channel> @everyone $(touch pwned) `touch pwned` $version'"'"'; touch pwned'
```

```sh {#never host=here danger=read capture=never when=!version}
echo never
```

```sh {#key host=here danger=change}
printf '%s\n' "$token" > key; echo '{}'
```

- Release $version: ${seen}. Not $never, not $token, and $nobody costs $5. {#slack notify=ops}
- Release $version: ${seen}. {#page notify=page}
"#;

#[test]
fn words_of_a_step_hold_what_their_variables_stand_for_and_no_secret() {
    let (url, requests) = server(Some("200 OK"));
    let desk = told_desk(
        FILLED,
        "[channels.ops]\nkind = 'slack'\nurl_from_env = 'OPS'\n[channels.page]\nkind = 'command'\n\
         command = ['sh', '-c', 'cat > page']\n",
    );
    let secret = desk.path("token");
    fs::write(&secret, "geheim7Hf9xQ").unwrap();
    fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let token = format!("token={}", secret.display());
    // Somebody gives as a version what is the secret.
    let flags = ["--input", "version=1.4 <@U1> geheim7Hf9xQ", "--input-file", &token];
    let output = run(&desk, &url, &[&flags[..], &["--plan"]].concat()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "tells ops: Release 1.4 <@U1> geheim7Hf9xQ: $seen. Not $never, not (token is a secret), and $nobody costs $5.",
        "($seen, $never are known when it runs; $nobody is nothing that is known, and stays as written)",
        "tells page: Release 1.4 <@U1> geheim7Hf9xQ: $seen. ($seen is known when it runs)",
    ] {
        assert!(text.contains(said), "{said}\n{}", told(&output));
    }
    let output = run(&desk, &url, &flags).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let said: Vec<String> = requests.try_iter().collect();
    let body: serde_json::Value = serde_json::from_str(said[0].split_once("\r\n\r\n").unwrap().1).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(
        text.starts_with(
            "shop lab: Release (version is a secret): \"}&lt;!channel&gt; @\u{200B}everyone $(touch pwned)"
        ),
        "{text}"
    );
    let end = "$version'; touch pwned. Not (never is not known), not (token is a secret), and $nobody costs $5.";
    assert!(text.ends_with(end), "{text}");
    let page = fs::read_to_string(desk.path("page")).unwrap();
    assert!(page.contains("\"}<!channel> @everyone $(touch pwned) `touch pwned` $version'; touch pwned."), "{page}");
    assert!(!said[0].contains("geheim") && !page.contains("geheim"));
    let pwned = Command::new("find").arg(desk.folder.path()).args(["-name", "pwned"]).output().unwrap();
    assert!(pwned.stdout.is_empty(), "a value was run");
    let shown = desk.qd(&["runs", "--id", &desk.newest()], None).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(text.contains("page was told: Release (version is a secret): "), "{text}");
}

#[test]
fn without_its_channel_a_step_is_told_by_hand_and_says_why() {
    let desk = Desk::new(TELL);
    let output = run(&desk, "", &["--plan"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("by hand, because the site has no channel ops. Tell them: The shop is back"), "{text}");
    let output = run(&desk, "", &["--tick", "tell=said it myself"]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let site = desk.path("config/quarterdeck/sites/shop/procedures");
    fs::create_dir_all(&site).unwrap();
    fs::write(site.join("tell.md"), TELL).unwrap();
    let output = desk.qd(&["check", "shop"], None).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("procedures/tell.md:2") && text.contains("shop has no channel `ops`"), "{}", told(&output));
}

#[test]
fn a_notice_whose_console_was_killed_is_unknown_and_is_not_sent_again() {
    let (url, requests) = server(None);
    let desk = told_desk(TELL, "[channels.ops]\nkind = 'slack'\nurl_from_env = 'OPS'\n");
    let mut child = run(&desk, &url, &[]).spawn().unwrap();
    requests.recv_timeout(Duration::from_secs(60)).expect("it is sent");
    kill(&child, Signal::KILL);
    child.wait().unwrap();
    let run = desk.newest();
    let arguments = ["run", "./run.md", "shop", "-e", "lab", "--resume", &run];
    let output = desk.qd(&arguments, None).env("OPS", &url).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(told(&output).contains("whether ops was told is not known"), "{}", told(&output));
    let output =
        desk.qd(&[&arguments[..], &["--on-failure", "skip"]].concat(), None).env("OPS", &url).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(requests.try_recv().is_err(), "it was sent twice");
}
