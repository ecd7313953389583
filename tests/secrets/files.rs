//! F10 and F5: whatever is written is for nobody else, also under a careless umask, and what was opened to others is closed
//! again; secrets come from no file that others can read or change.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use crate::desk::{Desk, HERE, told};

const DOCUMENT: &str = "+++\ntitle = \"Kept\"\n[[inputs]]\nname = \"word\"\nsecret = true\n+++\n# Kept\n\
    ```sh {#one host=here danger=change}\ntest -n \"$word\" && echo done\n```\n";

/// Everything below the folders that the program writes, with its permissions.
fn written(desk: &Desk) -> Vec<(PathBuf, u32)> {
    fn walk(folder: &Path, all: &mut Vec<(PathBuf, u32)>) {
        for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let found = entry.path().symlink_metadata().unwrap();
            all.push((entry.path(), found.mode() & 0o777));
            if found.is_dir() {
                walk(&entry.path(), all);
            }
        }
    }
    let mut all = Vec::new();
    for folder in ["data", "state", "runtime", "home"] {
        walk(&desk.path(folder), &mut all);
    }
    all
}

/// The same program where nothing is kept from anybody by default.
fn careless(desk: &Desk, arguments: &[&str]) -> Output {
    let plain = desk.qd(arguments);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(plain.get_program()).args(plain.get_args());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(plain.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
    command.output().unwrap()
}

fn wide(desk: &Desk) -> Vec<(PathBuf, u32)> {
    written(desk).into_iter().filter(|(_, mode)| mode & 0o077 != 0).collect()
}

#[test]
fn f10_everything_that_is_written_is_for_nobody_else_also_what_others_could_read_before() {
    let desk = Desk::new(HERE);
    desk.procedure("kept", DOCUMENT);
    let word = desk.write_private("vault/word", "hush-hush");
    let flag = format!("word={}", word.display());
    let run = ["run", "kept", "shop", "-e", "lab", "--yes", "--input-file", &flag];
    let done = careless(&desk, &run);
    assert!(done.status.success(), "{}", told(&done));
    let names: Vec<String> = written(&desk).into_iter().map(|(path, _)| path.display().to_string()).collect();
    for wanted in ["store.sqlite", "qd.log"] {
        assert!(names.iter().any(|name| name.ends_with(wanted)), "{wanted} in {names:?}");
    }
    assert_eq!(wide(&desk), []);

    // A damaged store is put aside and what can be read is copied: that is nobody else's either.
    let store = desk.path("data/quarterdeck/store.sqlite");
    let mut bytes = fs::read(&store).unwrap();
    let place = bytes.len() / 2;
    bytes[place..].fill(0xA5);
    fs::write(&store, bytes).unwrap();
    let mended = careless(&desk, &["runs"]);
    assert!(told(&mended).contains("was damaged"), "{}", told(&mended));
    let now: Vec<String> = written(&desk).into_iter().map(|(path, _)| path.display().to_string()).collect();
    assert!(now.iter().any(|name| name.contains("store.sqlite.damaged-")), "a copy was put aside: {now:?}");
    assert_eq!(wide(&desk), []);

    // Opened to everybody by somebody, it is closed again, and that is said.
    for (path, _) in written(&desk) {
        let open = if path.is_dir() { 0o777 } else { 0o666 };
        fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
    }
    let again = careless(&desk, &run);
    assert!(again.status.success() && told(&again).contains("Others could read"), "{}", told(&again));
    let kept =
        ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "store.sqlite.lock", "store.sqlite.seen", "qd.log"];
    let of_ours = |path: &Path| path.is_dir() || kept.iter().any(|name| path.ends_with(name));
    let left: Vec<_> =
        wide(&desk).into_iter().filter(|(path, _)| of_ours(path) && !path.starts_with(desk.path("home"))).collect();
    let outermost = [desk.path("data/quarterdeck"), desk.path("state/quarterdeck")];
    for (path, _) in &left {
        assert!(outermost.iter().all(|folder| path != folder), "{left:?}");
        assert!(!path.is_file(), "{left:?}");
    }
}

#[test]
fn f10_the_console_and_its_sockets_are_for_nobody_else() {
    let desk = Desk::new(HERE);
    desk.procedure("kept", DOCUMENT);
    let careless = format!("umask 000; exec {} shop -e lab", env!("CARGO_BIN_EXE_qd"));
    let mut pty = desk.program("/bin/sh", &["-c", &careless]).start();
    pty.wait_for("Overview");
    pty.wait_quiet(Duration::from_millis(300));
    assert_eq!(wide(&desk), []);
    pty.signal(rustix::process::Signal::TERM);
    pty.wait_exit(Duration::from_secs(20));
    assert_eq!(wide(&desk), []);
}

#[test]
fn f5_no_secret_is_taken_from_a_file_that_others_can_read_change_or_swap() {
    let desk = Desk::new(HERE);
    desk.procedure("kept", DOCUMENT);
    let word = desk.write_private("vault/word", "hush-hush");
    let link = desk.path("vault/link");
    std::os::unix::fs::symlink(&word, &link).unwrap();
    let tries: [(&Path, u32, u32, &str); 4] = [
        (&word, 0o644, 0o755, "chmod 600 "),
        (&word, 0o620, 0o755, "chmod 600 "),
        (&link, 0o600, 0o755, "symbolic link"),
        (&word, 0o600, 0o777, "chmod o-w "),
    ];
    for (file, mode, above, says) in tries {
        fs::set_permissions(&word, Permissions::from_mode(mode)).unwrap();
        fs::set_permissions(desk.path("vault"), Permissions::from_mode(above)).unwrap();
        let flag = format!("word={}", file.display());
        let refused = desk.run(&["run", "kept", "shop", "-e", "lab", "--yes", "--input-file", &flag]);
        let said = told(&refused);
        assert!(!refused.status.success() && said.contains(says) && said.contains("/vault"), "{mode:o}: {said}");
        assert!(!said.contains("hush"), "{said}");
    }
    fs::set_permissions(desk.path("vault"), Permissions::from_mode(0o755)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&word, Some(65534), None).unwrap();
        let flag = format!("word={}", word.display());
        let said = told(&desk.run(&["run", "kept", "shop", "-e", "lab", "--yes", "--input-file", &flag]));
        assert!(said.contains("chown 0 "), "{said}");
    }
}
