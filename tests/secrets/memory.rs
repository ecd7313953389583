//! F6: what the program knows leaves with it: no core file, no report of a panic, no log holds a secret.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::canaries::Canaries;
use crate::desk::{Desk, HERE, files};

/// A step that holds the secret until it may end.
fn document(desk: &Desk) -> String {
    format!(
        "+++\ntitle = \"Held\"\n[[inputs]]\nname = \"word\"\nsecret = true\n+++\n# Held\n\
         ```sh {{#one host=here danger=change}}\ntouch {there}\nwhile [ -e {there} ] && ! [ -e {go} ]; do sleep 0.05; done\necho \"$word\"\n```\n",
        there = desk.path("home/there").display(),
        go = desk.path("home/go").display()
    )
}

fn wait_for(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} never came", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Lets the step come to its end, which outlives the program, and waits until nothing of it runs.
fn let_go(desk: &Desk) {
    fs::write(desk.path("home/go"), "").unwrap();
    let folder = desk.folder.path().to_string_lossy().into_owned();
    let runs = || {
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let words = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).unwrap_or_default();
        processes.map(words).any(|words| String::from_utf8_lossy(&words).contains(&folder))
    };
    let begun = Instant::now();
    while runs() {
        assert!(begun.elapsed() < Duration::from_secs(30), "a step of {folder} goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A shell that is killed like this leaves its memory in the folder: then a file that is not there means something.
fn leaves_cores(folder: &Path) -> bool {
    let script = "ulimit -c unlimited; kill -ABRT $$";
    let _ = Command::new("sh").args(["-c", script]).current_dir(folder).stderr(Stdio::null()).status().unwrap();
    let cores: Vec<_> = files(folder).into_iter().filter(|file| is_core(file)).collect();
    cores.iter().for_each(|core| fs::remove_file(core).unwrap());
    !cores.is_empty()
}

fn is_core(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("core"))
}

#[test]
fn f6_a_program_that_is_killed_hard_leaves_none_of_its_memory_and_nobody_else_reads_it() {
    let canaries = Canaries::new();
    let desk = Desk::new(HERE);
    desk.procedure("held", &document(&desk));
    let word = desk.write_private("vault/word", &canaries.get(1));
    let flag = format!("word={}", word.display());
    let plain = desk.qd(&["run", "held", "shop", "-e", "lab", "--yes", "--input-file", &flag]);
    // As another person than root, where that is possible: root reads everything.
    let nobody = rustix::process::geteuid().is_root() && {
        let all = [&["-R", "65534:65534"][..], &[desk.folder.path().to_str().unwrap()]].concat();
        assert!(Command::new("chown").args(all).status().unwrap().success());
        let reach = ["--reuid=65534", "--regid=65534", "--clear-groups", "test", "-x", env!("CARGO_BIN_EXE_qd")];
        Command::new("setpriv").args(reach).status().is_ok_and(|status| status.success())
    };
    let left = leaves_cores(&desk.path("home"));
    let mut command = Command::new("setsid");
    command.arg("--wait");
    if nobody {
        command.args(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    command.args(["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"]).args(plain.get_args().skip(1));
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(desk.path("home")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    wait_for(&desk.path("home/there"));
    let place = format!("/proc/{}", child.id());
    assert!(fs::read_to_string(format!("{place}/comm")).unwrap().starts_with("qd"), "it is the program itself");
    if nobody {
        for file in ["environ", "mem", "maps"] {
            assert_eq!(fs::metadata(format!("{place}/{file}")).unwrap().uid(), 0, "{file} is root's alone");
            let reading = format!("head -c 1 {place}/{file} >/dev/null");
            let reading = ["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", &reading];
            let read = Command::new("setpriv").args(reading).stderr(Stdio::null()).status().unwrap();
            assert!(!read.success(), "another program of the same person reads {file}");
        }
    }
    // Rust has a handler of its own for the signal of a bad address, which only counts from the second time on.
    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
    let ended = child.wait().unwrap();
    let_go(&desk);
    let cores: Vec<_> = files(desk.folder.path()).into_iter().filter(|file| is_core(file)).collect();
    assert!(cores.is_empty(), "{cores:?}");
    assert!(!ended.success(), "it was killed: {ended}");
    if !left {
        eprintln!("this machine keeps core files elsewhere: only the rights were looked at");
    }
    fs::remove_file(&word).unwrap();
    // What the step prints at last lies with its job, for nobody else's eyes.
    let jobs = [desk.path("state-of-jobs"), desk.path("home/.local"), desk.path("state/quarterdeck/runs")];
    for file in files(desk.folder.path()) {
        let seen = fs::read(&file).ok().and_then(|bytes| canaries.seen_in(&bytes));
        let of_job = jobs.iter().any(|folder| file.starts_with(folder));
        assert!(seen.is_none() || of_job, "{seen:?} in {}", file.display());
        // The job ends meanwhile, and takes files away.
        assert!(
            !of_job || fs::metadata(&file).map_or(true, |found| found.permissions().mode() & 0o077 == 0),
            "{}",
            file.display()
        );
    }
}

#[test]
fn f6_the_report_of_a_panic_and_the_log_hold_no_secret() {
    let canaries = Canaries::new();
    let word = canaries.get(1);
    for fault in ["panic-ui", "panic-task"] {
        let desk = Desk::new(HERE).variable("QD_LOG", "trace").variable("QD_FAULT", fault);
        desk.procedure("held", &document(&desk));
        let launch = desk.console(&["shop", "-e", "lab"]).variable("RUST_BACKTRACE", "full");
        let mut pty = launch.size(120, 40).start();
        pty.wait_for("Overview");
        pty.keys("4");
        pty.wait_for("Held");
        pty.keys("enter");
        pty.wait_for("touch");
        pty.wait_quiet(Duration::from_millis(300));
        pty.keys("R");
        pty.wait_for("Press y");
        pty.keys("y");
        pty.wait_until(Duration::from_secs(30), "the question", |pty| pty.screen().contains("word:"));
        pty.send(&word);
        pty.wait_quiet(Duration::from_millis(100));
        pty.keys("enter");
        wait_for(&desk.path("home/there"));
        pty.send("\x1b[24;8~");
        pty.wait_exit(Duration::from_secs(20));
        let_go(&desk);
        assert!(String::from_utf8_lossy(pty.written()).contains("mistake of its own"), "{fault}: {pty:?}");
        assert_eq!(canaries.seen_in(pty.written()), None, "{fault}");
        for folder in ["data", "state/quarterdeck/qd.log", "runtime", "config"] {
            assert_eq!(canaries.seen_below(&desk.path(folder)), None, "{fault}");
        }
        let log = fs::read(desk.path("state/quarterdeck/qd.log")).unwrap();
        assert_eq!(canaries.seen_in(&log), None, "{fault}");
    }
}
