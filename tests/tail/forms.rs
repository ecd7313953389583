//! Every form a message can have, sent over journald's native protocol. Faults B9 and B10.

use std::time::Duration;

use base64::Engine as _;

use crate::lab::{Lab, report};
use crate::logs::{Bench, HOST, within};

/// Sends entries by the native protocol: each a list of fields, the value in base64. It stays until journald has
/// read them all: who sent a datagram is looked up then, and what is gone belongs to no unit.
const SEND: &str = "
import sys, json, base64, socket, struct, os, array, subprocess
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for entry in json.loads(sys.argv[1]):
    out = b''
    for name, value in entry:
        if value.startswith('*'):
            count, unit = value[1:].split(':')
            value = base64.b64decode(unit) * int(count)
        else:
            value = base64.b64decode(value)
        out += name.encode() + b'\\n' + struct.pack('<Q', len(value)) + value + b'\\n'
    if len(out) < 100000:
        s.sendto(out, '/run/systemd/journal/socket')
    else:
        fd = os.memfd_create('entry', os.MFD_ALLOW_SEALING)
        os.write(fd, out) if len(out) < 1 << 20 else [os.write(fd, out[i:i + (1 << 20)]) for i in range(0, len(out), 1 << 20)]
        import fcntl
        fcntl.fcntl(fd, 1033, 1 | 2 | 4 | 8)
        s.connect('/run/systemd/journal/socket')
        s.sendmsg([b''], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))])
subprocess.run(['journalctl', '--sync'], check=True)
";

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The sixteen forms of fault B9: name, the values of MESSAGE.
fn forms() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let one = |bytes: &[u8]| vec![bytes.to_vec()];
    vec![
        ("ansi", one(b"\x1b[31mred\x1b[0m")),
        ("tab", one(b"a\tb")),
        ("newline", one(b"a\nb\n\nMESSAGE=forged\n")),
        ("cr", one(b"a\rb")),
        ("nul", one(b"a\0b")),
        ("invalid", one(b"a\xff\xfeb")),
        ("c1", one("a\u{9b}31mb".as_bytes())),
        ("bidi", one("a\u{202e}b".as_bytes())),
        ("zwj", one("a\u{200d}b".as_bytes())),
        ("empty", one(b"")),
        ("absent", vec![]),
        ("two", vec![b"first".to_vec(), b"second".to_vec()]),
        ("4087", one(&[b'x'; 4087])),
        ("4097", one(&[b'y'; 4097])),
        ("70k", one(&[b'z'; 70 << 10])),
        ("esc", one(&[&b"\x1b"[..], &[b'e'; 5 << 10]].concat())),
    ]
}

fn send(bench: &Bench<'_>, entries: &serde_json::Value) {
    let argv = ["systemd-run", "-q", "--collect", "--wait", "--unit", &bench.unit];
    // The words of a process are limited: long values are told by a count.
    bench.lab.on(HOST, &[&argv[..], &["/usr/bin/python3", "-ISc", SEND, &entries.to_string()]].concat());
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b9_every_form_of_a_message_arrives_as_it_was_sent() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-b9");
    let _running = bench.follow_up();
    let forms = forms();
    let entries: Vec<serde_json::Value> = forms
        .iter()
        .map(|(name, values)| {
            let mut fields = vec![serde_json::json!(["SYSLOG_IDENTIFIER", base64(name.as_bytes())])];
            for value in values {
                let same = value.len() > 4000 && value.iter().skip(1).all(|byte| *byte == value[1]);
                let value = if same && value[0] == value[1] {
                    format!("*{}:{}", value.len(), base64(&value[..1]))
                } else {
                    base64(value)
                };
                fields.push(serde_json::json!(["MESSAGE", value]));
            }
            serde_json::json!(fields)
        })
        .collect();
    send(&bench, &serde_json::json!(entries));
    let of = |name: &str| bench.entries().into_iter().find(|row| row["identifier"] == name);
    within(Duration::from_secs(10), "the last form is there", || of("esc").is_some());
    for (name, values) in &forms {
        let row = of(name).unwrap_or_else(|| panic!("{name} is not there"));
        let whole = values.join(&b'\n');
        let kept = &whole[..whole.len().min(64 << 10)];
        match row.get("message_base64") {
            Some(bytes) => assert_eq!(bytes, &base64(kept), "{name}"),
            None => assert_eq!(row["message"].as_str().unwrap().as_bytes(), kept, "{name}"),
        }
        assert_eq!(row.get("message_base64").is_some(), std::str::from_utf8(kept).is_err(), "{name}");
        assert_eq!(row["cut"].as_u64().unwrap_or(0), (whole.len() - kept.len()) as u64, "{name}");
    }
    assert_eq!(bench.cursors(), bench.truth(), "no form made or hid an entry");
    // The same as lines: a pipe gets no byte that acts on a terminal.
    let text = bench.command().args(["-n", "100"]).stdout(std::process::Stdio::piped()).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(!text.chars().any(|c| c != '\n' && c.is_control()), "{text:?}");
    assert!(text.contains("‹U+202E›"), "{text}");
    report("B9", 16, 16, "as sent, over the native protocol; lines without a byte that acts");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn b10_entries_of_any_size_are_read_in_little_memory() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let bench = Bench::new(&lab, "lab-b10");
    let long = crate::lab::repetitions(50, 1000);
    let x = base64(b"x");
    let mut entries =
        vec![serde_json::json!([["SYSLOG_IDENTIFIER", base64(b"giant")], ["MESSAGE", format!("*{}:{x}", 16 << 20)]])];
    entries.extend((0..long).map(|_| serde_json::json!([["MESSAGE", format!("*{}:{x}", 70 << 10)]])));
    send(&bench, &serde_json::json!(entries));
    bench.sync();
    let mut command = bench.command();
    command.args(["-n", "2000", "--append"]).arg(bench.file());
    let timed = std::process::Command::new("sh")
        .args(["-c", "\"$@\" & p=$!; m=0; while kill -0 $p 2>/dev/null; do \
               r=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$p/status 2>/dev/null); m=${r:-$m}; sleep 0.02; done; \
               wait $p || exit 1; echo $m", "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .output()
        .unwrap();
    assert!(timed.status.success(), "{}", String::from_utf8_lossy(&timed.stderr));
    let peak: u64 = String::from_utf8_lossy(&timed.stdout).trim().parse().unwrap();
    let entries = bench.entries();
    let giant = entries.iter().find(|row| row["identifier"] == "giant").expect("the giant is there");
    assert_eq!(giant["message"].as_str().unwrap().len(), 64 << 10);
    assert_eq!(giant["cut"], (16 << 20) - (64 << 10));
    assert_eq!(entries.iter().filter(|row| row["cut"] == (70 << 10) - (64 << 10)).count(), long);
    assert!(peak < 200 << 10, "{peak} KiB");
    report("B10", 1, 1, &format!("one message of 16 MiB and {long} of 70 KiB: {} MiB at most", peak >> 10));
}
