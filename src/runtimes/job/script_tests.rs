//! The scripts against the real shells of this machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;
use crate::domain::procedure::{Language, Script};
use crate::runtimes::shell_text::{LARGEST, Unquotable};

/// A run on this machine with a folder of its own.
struct Bench {
    folder: tempfile::TempDir,
    named: Named,
    lock: Option<(&'static str, u64)>,
    shell: &'static str,
}

impl Bench {
    fn new(shell: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("qdjob").tempdir().unwrap();
        let digits = format!("{:012x}", fastrand::u64(..1 << 48));
        let named = Named {
            run: RunId::new(&format!("01939a2e-77aa-7c11-8f3e-{digits}")).unwrap(),
            step: 3,
            attempt: 1,
            state_directory: folder.path().join("state").display().to_string(),
        };
        Self { folder, named, lock: None, shell }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a script of ours as a host would.
    fn sh(&self, script: &[u8]) -> String {
        // Whoever runs the tests in the background of a script has signals ignored, which is inherited.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,QUIT", self.shell]);
        command.args(["-c", r#"eval "$(head -c "$1")""#, "qd-job", &script.len().to_string()]);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.folder.path());
        fed(command, script)
    }

    /// What is said to begin a script, to be changed where a test wants something else.
    fn order<'a>(&'a self, script: &'a Script, nonce: &'a str) -> Begin<'a> {
        Begin {
            named: &self.named,
            token: 1,
            lock: self.lock,
            script,
            captured: &[],
            secrets: &[],
            root: Root::No,
            split: false,
            timeout: Duration::from_secs(20),
            nonce,
            fault: None,
        }
    }

    fn begin_as(&self, script: &Script, token: u64, secrets: &[(&InputName, &[u8])], timeout: u64) -> Option<Begun> {
        let nonce = format!("{:016x}", fastrand::u64(..));
        let (split, timeout) = (script.folder.is_none(), Duration::from_secs(timeout));
        let begin = Begin { token, secrets, split, timeout, ..self.order(script, &nonce) };
        began(self.sh(&begin.script().unwrap()).as_bytes())
    }

    fn begin(&self, text: &str) -> Option<Begun> {
        self.begin_as(&sh(text), 1, &[], 30)
    }

    /// Begins it with a place of the runner's script changed.
    fn begin_changed(&self, text: &str, place: &str, to: &str) -> Option<Begun> {
        let script = sh(text);
        let whole = String::from_utf8(self.order(&script, "n").script().unwrap().to_vec()).unwrap();
        assert!(whole.contains(place), "{place}");
        began(self.sh(whole.replace(place, to).as_bytes()).as_bytes())
    }

    fn look(&self) -> (u64, Told) {
        let answer = self.sh(&look(&self.named));
        told(answer.as_bytes()).unwrap_or_else(|| panic!("{answer:?}"))
    }

    fn ended(&self) -> Ended {
        let begun = Instant::now();
        loop {
            match self.look().1 {
                Told::Ended(ended) => return ended,
                Told::Running if begun.elapsed() < Duration::from_secs(40) => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                other => panic!("{other:?} after {:?}", begun.elapsed()),
            }
        }
    }

    /// All that it printed, through the reader.
    fn output(&self) -> (Vec<u8>, Vec<u8>) {
        let mut command = Command::new(self.shell);
        let script = read(&self.named, 0, 0, None);
        command.args(["-c", r#"eval "$(head -c "$1")""#, "qd-job", &script.len().to_string()]);
        let bytes = fed_bytes(command, &script);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        for frame in Frames::default().feed(&bytes) {
            match frame {
                Frame::Output(false, at, piece) => {
                    assert_eq!(at, out.len() as u64);
                    out.extend(piece);
                }
                Frame::Output(true, at, piece) => {
                    assert_eq!(at, err.len() as u64);
                    err.extend(piece);
                }
                Frame::Seen(_, Told::Ended(_)) => return (out, err),
                other => panic!("{other:?}"),
            }
        }
        panic!("no end: {}", String::from_utf8_lossy(&bytes));
    }

    fn clear(&self) -> Option<Cleared> {
        cleared(self.sh(&clear(&self.named.run, &self.named.state_directory)).as_bytes())
    }
}

fn sh(text: &str) -> Script {
    Script { text: text.into(), ..Script::default() }
}

fn fed(command: Command, input: &[u8]) -> String {
    String::from_utf8(fed_bytes(command, input)).unwrap()
}

fn fed_bytes(mut command: Command, input: &[u8]) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || drop(pipe.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output.stdout
}

fn shells() -> Vec<&'static str> {
    ["/bin/sh", "dash", "bash", "busybox-sh"].into_iter().filter(|shell| which(shell)).collect()
}

fn which(program: &str) -> bool {
    program.starts_with('/') || ["/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(program).exists())
}

#[test]
fn a_job_runs_once_and_leaves_nothing_when_it_is_cleared() {
    for shell in shells() {
        let bench = Bench::new(shell);
        assert_eq!(bench.look(), (0, Told::Never), "{shell}");
        let mark = bench.path("mark");
        let text = format!("echo out; echo err >&2; echo once >>{}; exit 3", mark.display());
        assert_eq!(bench.begin(&text), Some(Begun::Started), "{shell}");
        assert_eq!(bench.begin(&text), Some(Begun::Before), "{shell}");
        let ended = bench.ended();
        assert_eq!(
            (ended.exit, ended.signal, ended.timed_out, ended.left_behind, ended.output, ended.error),
            (Some(3), None, false, false, 4, 4),
            "{shell}"
        );
        assert_eq!(bench.output(), (b"out\n".to_vec(), b"err\n".to_vec()));
        assert_eq!(bench.begin(&text), Some(Begun::Before));
        assert_eq!(std::fs::read_to_string(mark).unwrap(), "once\n");
        assert_eq!(bench.clear(), Some(Cleared::Done(0)));
        assert!(!bench.path("state").exists(), "{shell}");
    }
}

#[test]
fn every_end_is_told_apart() {
    for shell in shells() {
        for (text, exit, signal) in [
            ("true", Some(0), None),
            ("exit 143", Some(143), None),
            ("exit 255", Some(255), None),
            ("kill -9 $$", None, Some(9)),
            ("kill -15 $$", None, Some(15)),
            ("kill -2 $$; sleep 1", None, Some(2)),
            ("no-such-program", Some(127), None),
            ("false; echo not reached", Some(1), None),
        ] {
            let bench = Bench::new(shell);
            assert_eq!(bench.begin(text), Some(Begun::Started));
            let ended = bench.ended();
            assert_eq!((ended.exit, ended.signal), (exit, signal), "{shell} {text}");
        }
    }
}

/// A shell that was forked just now may lose a signal: what looks after the size of the output then has to see by
/// itself that the command has ended. It once kept a quick command on a busy host from ever ending.
#[test]
fn a_command_that_ends_before_its_watcher_listens_ends() {
    for shell in shells() {
        let bench = Bench::new(shell);
        let begun = bench.begin_changed("echo quick", "# FAULT watching", "trap \"\" TERM; sleep 0.5");
        assert_eq!(begun, Some(Begun::Started));
        let ended = bench.ended();
        assert_eq!((ended.exit, ended.timed_out), (Some(0), false), "{shell} {ended:?}");
    }
}

/// systemd asks whatever is in a unit to end, and looks again until nothing new is there: it also meets the programs by
/// which the runner finds out how the command ended, and writes it down.
#[test]
fn a_signal_to_all_of_a_job_takes_nothing_from_what_is_known_of_its_end() {
    let bench = Bench::new("/bin/sh");
    let struck = bench.path("struck");
    std::fs::create_dir(&struck).unwrap();
    for program in ["cat", "rm", "mv", "wc", "tr", "sync", "grep"] {
        let path = struck.join(program);
        let text = format!("#!/bin/sh\nkill -TERM $$\nPATH=/usr/bin:/bin exec {program} \"$@\"\n");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let to = format!("PATH={}:$PATH", struck.display());
    assert_eq!(bench.begin_changed("echo out; kill -15 $$", "# FAULT over", &to), Some(Begun::Started));
    let ended = bench.ended();
    assert_eq!((ended.exit, ended.signal, ended.cancelled, ended.output), (None, Some(15), false, 4));
}

#[test]
fn what_is_to_end_before_it_began_never_begins_and_says_which_signal() {
    for place in ["# FAULT late", "# FAULT early"] {
        let bench = Bench::new("/bin/sh");
        let mark = bench.path("mark");
        let text = format!("touch {}", mark.display());
        assert_eq!(bench.begin_changed(&text, place, "kill -TERM $$"), Some(Begun::Started), "{place}");
        let ended = bench.ended();
        assert_eq!((ended.exit, ended.signal, ended.cancelled), (None, Some(15), false), "{place}");
        assert!(!mark.exists(), "{place}");
    }
}

#[test]
fn what_another_login_keeps_of_the_run_is_no_hindrance() {
    for shell in shells() {
        let bench = Bench::new(shell);
        let public = bench.path("public");
        // A folder in the place of the file: nobody can write it, root neither.
        std::fs::create_dir_all(public.join(format!("token-{}-1", bench.named.run))).unwrap();
        let here = format!("qd_public={}\n", public.display());
        let begun = bench.begin_changed("echo done", "qd_public=/var/tmp/quarterdeck-jobs\n", &here);
        assert_eq!(begun, Some(Begun::Started), "{shell}");
        assert_eq!(bench.ended().exit, Some(0), "{shell}");
    }
}

#[test]
fn time_is_up_on_the_host_and_everything_of_the_job_ends() {
    let bench = Bench::new("/bin/sh");
    let marked = format!("sleep 77{}", fastrand::u32(1000..9999));
    let text = format!("trap '' TERM; {marked} & setsid {marked} & {marked}");
    assert_eq!(bench.begin_as(&sh(&text), 1, &[], 1), Some(Begun::Started));
    let begun = Instant::now();
    let ended = bench.ended();
    assert!(ended.timed_out && ended.remains.is_empty(), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    let left = Command::new("pgrep").args(["-f", &marked]).output().unwrap();
    assert!(left.stdout.is_empty(), "{}", String::from_utf8_lossy(&left.stdout));
}

#[test]
fn a_cancelled_job_says_so_and_its_keeper_needs_no_signal() {
    for shell in shells() {
        let bench = Bench::new(shell);
        assert_eq!(bench.begin("sleep 60; echo no"), Some(Begun::Started));
        let begun = Instant::now();
        let answer = bench.sh(&cancel(&bench.named, 1, false));
        assert!(matches!(told(answer.as_bytes()), Some((1, Told::Running))), "{shell} {answer}");
        let ended = bench.ended();
        assert!(ended.cancelled && !ended.timed_out && begun.elapsed() < Duration::from_secs(8), "{ended:?}");
        assert_eq!(bench.output().0, b"");
    }
}

/// Whoever ends it ends its pause too, perhaps first: that is no end of a command of its own.
#[test]
fn a_dead_man_timer_that_is_ended_has_not_acted_whatever_of_it_ends_first() {
    let bench = Bench::new("/bin/sh");
    let timer = deadman(&sh("echo acted"), Duration::from_secs(60), (9, 1));
    assert_eq!(bench.begin_as(&timer, 1, &[], 60), Some(Begun::Started));
    let of_it = format!("QD_JOB={}-{}-{}", bench.named.run, bench.named.step, bench.named.attempt);
    let pause = || {
        let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
        let has = |path: &Path, file: &str, word: &str| {
            std::fs::read(path.join(file)).is_ok_and(|text| String::from_utf8_lossy(&text).contains(word))
        };
        let mut pauses = all.filter(|path| has(path, "environ", &of_it) && has(path, "cmdline", "sleep\u{0}1\u{0}"));
        pauses.next().map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
    };
    for _ in 0..3 {
        let first = (0..400).find_map(|_| {
            std::thread::sleep(Duration::from_millis(25));
            pause()
        });
        Command::new("kill").args(["-s", "TERM", &first.expect("no pause")]).status().unwrap();
        assert_eq!(bench.look().1, Told::Running);
    }
    bench.sh(&cancel(&bench.named, 1, false));
    let ended = bench.ended();
    assert!(ended.cancelled && ended.exit.is_none(), "{ended:?}");
    assert_eq!(bench.output().0, b"");
}

#[test]
fn what_is_left_behind_does_not_delay_the_end() {
    for shell in shells() {
        let bench = Bench::new(shell);
        let begun = Instant::now();
        assert_eq!(bench.begin("sleep 30 & echo done"), Some(Begun::Started));
        let ended = bench.ended();
        assert!(ended.left_behind && ended.exit == Some(0), "{shell} {ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        let _ = Command::new("pkill").args(["-f", "-x", "sleep 30"]).status();
    }
}

#[test]
fn an_overtaken_owner_begins_nothing() {
    let mut bench = Bench::new("/bin/sh");
    assert_eq!(bench.begin_as(&sh("true"), 2, &[], 9), Some(Begun::Started));
    bench.ended();
    bench.named.step = 4;
    assert_eq!(bench.begin_as(&sh("true"), 1, &[], 9), Some(Begun::Not(Refusal::Token(2))));
    assert_eq!(bench.look(), (2, Told::Never));
    bench.clear();
    // Also when everything was cleared.
    assert_eq!(bench.begin_as(&sh("true"), 1, &[], 9), Some(Begun::Not(Refusal::Token(2))));
}

#[test]
fn who_has_lost_the_lock_of_the_environment_begins_nothing_of_any_run() {
    let mut bench = Bench::new("/bin/sh");
    let under = |bench: &mut Bench, lock: Option<(&'static str, u64)>| {
        // A run of its own each time: the fence of runs has nothing to say.
        bench.named.run = RunId::new(&format!("01939a2e-77aa-7c11-8f3e-{:012x}", fastrand::u32(..))).unwrap();
        bench.lock = lock;
        bench.begin_as(&sh("true"), 1, &[], 9)
    };
    let refused = Some(Begun::Not(Refusal::Lock(1_900_000_007)));
    assert_eq!(under(&mut bench, Some(("qd-test+lab", 1_900_000_006))), Some(Begun::Started));
    assert_eq!(under(&mut bench, Some(("qd-test+lab", 1_900_000_007))), Some(Begun::Started));
    assert_eq!(under(&mut bench, Some(("qd-test+lab", 1_900_000_006))), refused);
    assert_eq!(under(&mut bench, Some(("qd-test+lab", 1_900_000_007))), Some(Begun::Started));
    assert_eq!(under(&mut bench, Some(("qd-test+live", 3))), Some(Begun::Started), "another environment");
    assert_eq!(under(&mut bench, None), Some(Begun::Started), "what wants no lock");
    bench.clear();
    assert_eq!(under(&mut bench, Some(("qd-test+lab", 1_900_000_006))), refused, "also when the run was cleared");
}

#[test]
fn of_forty_who_begin_one_does() {
    for shell in shells() {
        let bench = Bench::new(shell);
        let mark = bench.path("mark");
        let text = format!("echo once >>{}", mark.display());
        let all: Vec<Option<Begun>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..40).map(|_| scope.spawn(|| bench.begin(&text))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let started = all.iter().filter(|begun| **begun == Some(Begun::Started)).count();
        let before = all.iter().filter(|begun| **begun == Some(Begun::Before)).count();
        assert_eq!((started, before), (1, 39), "{shell} {all:?}");
        bench.ended();
        assert_eq!(std::fs::read_to_string(mark).unwrap(), "once\n");
        bench.clear();
    }
}

#[test]
fn who_dies_before_the_start_leaves_it_startable() {
    for fault in [Fault::Claimed, Fault::Ready, Fault::Started] {
        let bench = Bench::new("/bin/sh");
        let mark = bench.path("mark");
        let script = sh(&format!("echo once >>{}", mark.display()));
        let begin = Begin { fault: Some(fault), ..bench.order(&script, "n") };
        assert_eq!(began(bench.sh(&begin.script().unwrap()).as_bytes()), None);
        match fault {
            Fault::Started => assert!(matches!(bench.look().1, Told::Running | Told::Ended(_))),
            Fault::Claimed | Fault::Ready => assert_eq!(bench.look().1, Told::Never),
        }
        let again = bench.begin(&script.text);
        assert_eq!(again, Some(if fault == Fault::Started { Begun::Before } else { Begun::Started }));
        bench.ended();
        assert_eq!(std::fs::read_to_string(mark).unwrap(), "once\n");
    }
}

#[test]
fn whatever_a_value_holds_it_arrives_as_data() {
    let name = |word: &str| InputName::new(word).unwrap();
    let all: Vec<u8> = (1..=255).collect();
    let broken = [b"\xff\xfe\xc3(\xe2\x82'\"$(id)\\`\n\n".to_vec(), all, vec![b'x'; 100 << 10]].concat();
    let open: Vec<String> = ["$(id)", "'; id; '", "a\nb\n\n", "-n", "`id`", "\\", "!!", "*", "\u{202e}\u{1b}[31m", ""]
        .map(String::from)
        .into();
    for shell in shells() {
        for language in [Language::Sh, Language::Bash] {
            let bench = Bench::new(shell);
            let mut script = Script { language, folder: Some("~".into()), ..Script::default() };
            script.variables =
                open.iter().enumerate().map(|(at, value)| (name(&format!("v{at}")), value.clone())).collect();
            script.text = (0..open.len()).map(|at| format!("printf %s \"$v{at}\" >v{at}\n")).collect::<String>()
                + "printf %s \"$hidden\" >hidden\npwd\n";
            let secret = name("hidden");
            assert_eq!(bench.begin_as(&script, 1, &[(&secret, &broken)], 20), Some(Begun::Started), "{shell}");
            let ended = bench.ended();
            assert_eq!(ended.exit, Some(0), "{shell} {:?}", String::from_utf8_lossy(&bench.output().0));
            for (at, value) in open.iter().enumerate() {
                assert_eq!(std::fs::read(bench.path(&format!("v{at}"))).unwrap(), value.as_bytes(), "{shell} {at}");
            }
            assert!(std::fs::read(bench.path("hidden")).unwrap() == broken, "{shell} {language:?}");
            let kept = Command::new("grep").args(["-rlF", "xxxxxxxxxx"]).arg(bench.path("state")).output().unwrap();
            assert!(kept.stdout.is_empty(), "on the disk: {}", String::from_utf8_lossy(&kept.stdout));
        }
    }
}

#[test]
fn what_no_variable_holds_is_refused() {
    let name = InputName::new("v").unwrap();
    let refused = |value: &str| {
        let script = Script { variables: vec![(name.clone(), value.into())], ..sh("true") };
        text::parts(&script, &[], &[]).err()
    };
    assert_eq!(refused("a\0b"), Some(Wrong::Value(name.clone(), Unquotable::Nul)));
    assert_eq!(refused(&"x".repeat(LARGEST + 1)), Some(Wrong::Value(name.clone(), Unquotable::TooLong)));
    assert_eq!(refused(&"x".repeat(LARGEST)), None);
    let sql = Script { language: Language::Sql, ..sh("select 1") };
    assert_eq!(text::parts(&sql, &[], &[]).err(), Some(Wrong::NoProgram("sql")));
}

#[test]
fn sql_goes_to_the_program_that_is_named() {
    let bench = Bench::new("/bin/sh");
    let script = Script { language: Language::Sql, with: Some("tr a-z A-Z".into()), ..sh("select '$(id)';\n") };
    assert_eq!(bench.begin_as(&script, 1, &[], 9), Some(Begun::Started));
    bench.ended();
    assert_eq!(bench.output().0, b"SELECT '$(ID)';\n");
}

#[test]
fn a_full_disk_is_refused_before_the_claim() {
    let bench = Bench::new("/bin/sh");
    let at = bench.path("state");
    std::fs::create_dir(&at).unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k,mode=755", "qd"]).arg(&at).status();
    if !mount.is_ok_and(|status| status.success()) {
        eprintln!("no file system can be mounted here");
        return;
    }
    struct Mounted<'a>(&'a Path);
    impl Drop for Mounted<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(self.0).status();
        }
    }
    let _mounted = Mounted(&at);
    std::fs::write(at.join("fill"), vec![0; 56 << 10]).unwrap();
    assert!(matches!(bench.begin("true"), Some(Begun::Not(Refusal::Lacks(why))) if why.contains("full")));
    assert_eq!(bench.look().1, Told::Never);
    std::fs::remove_file(at.join("fill")).unwrap();
    // A job that fills the disk has an end all the same.
    let text = format!("head -c 1000000 /dev/zero >{}/fill || exit 7", at.display());
    assert_eq!(bench.begin(&text), Some(Begun::Started));
    assert_eq!(bench.ended().exit, Some(7));
}
