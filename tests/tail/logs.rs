//! `qd logs` on one host of the lab, what it wrote, and units that write lines.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::Lab;

/// The host that is disturbed.
pub const HOST: &str = "app-1";

/// A site of one service, and the file that its lines are appended to.
pub struct Bench<'lab> {
    pub lab: &'lab Lab,
    pub unit: String,
    folder: tempfile::TempDir,
    /// Words beside the usual ones.
    pub more: Vec<&'static str>,
    alias: &'static str,
}

/// A running `qd logs -f --append`; killed when dropped.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Interrupts it as ctrl-c does, and gives its status.
    pub fn interrupt(mut self) -> Option<i32> {
        let status = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
        within(Duration::from_secs(10), "it ends", || self.0.try_wait().unwrap().is_some());
        self.0.wait().unwrap().code()
    }
}

/// Waits until something holds.
pub fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl<'lab> Bench<'lab> {
    /// One for the unit `NAME.service`.
    pub fn new(lab: &'lab Lab, name: &str) -> Self {
        Self::entered(lab, name, HOST)
    }

    /// The same by another way into the host.
    pub fn entered(lab: &'lab Lab, name: &str, alias: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = format!(
            "title = \"Tails\"\n[environments.lab]\ncolour = \"green\"\n[environments.lab.hosts]\n\
             {HOST} = {{ ssh = \"{alias}\", become = \"never\" }}\n\
             [services.{name}]\nunits = \"{name}.service\"\nhosts = [\"{HOST}\"]\n"
        );
        fs::create_dir(folder.path().join("tails")).unwrap();
        fs::write(folder.path().join("tails/site.toml"), site).unwrap();
        Self { lab, unit: format!("{name}.service"), folder, more: Vec::new(), alias }
    }

    /// Adds to its site, and trusts that.
    pub fn trusts(&self, text: &str) {
        let site = self.folder.path().join("tails/site.toml");
        let whole = fs::read_to_string(&site).unwrap() + text;
        fs::write(&site, whole).unwrap();
        let trust = Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(["trust", "--yes"])
            .arg(self.folder.path().join("tails"))
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("XDG_DATA_HOME", self.folder.path().join("data"))
            .output()
            .unwrap();
        assert!(trust.status.success(), "{}", String::from_utf8_lossy(&trust.stderr));
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("log.jsonl")
    }

    /// What it said on standard error.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        let said = File::options().create(true).append(true).open(self.folder.path().join("said")).unwrap();
        command
            .arg("logs")
            .arg(self.folder.path().join("tails"))
            .args(["-e", "lab", "--ssh-config"])
            .arg(self.lab.ssh_config())
            .args(&self.more)
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("XDG_DATA_HOME", self.folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said);
        command
    }

    /// Appends to the file and goes on until it is dropped.
    pub fn follow(&self) -> Running {
        Running(self.command().args(["-f", "--append"]).arg(self.file()).spawn().unwrap())
    }

    /// Follows, and comes back when it has said everything that was there: a line written now is there.
    pub fn follow_up(&self) -> Running {
        let running = self.follow();
        // Whether it follows is seen from outside by the reader on the host.
        let follows =
            || self.lab.processes(HOST).iter().any(|line| line.contains("--follow") && line.contains(&self.unit));
        within(Duration::from_secs(20), "it follows", follows);
        running
    }

    /// Reads to the end once.
    pub fn read_once(&self) -> bool {
        self.command().arg("--append").arg(self.file()).status().unwrap().success()
    }

    /// What was written, whole lines only.
    pub fn rows(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.file()).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn entries(&self) -> Vec<Value> {
        self.rows().into_iter().filter(|row| row.get("loss").is_none()).collect()
    }

    /// What is said to be missing, with how many.
    pub fn losses(&self) -> Vec<(String, Option<u64>)> {
        let losses = self.rows().into_iter().filter(|row| row.get("loss").is_some());
        losses.map(|row| (row["loss"].as_str().unwrap().to_owned(), row["lost"].as_u64())).collect()
    }

    pub fn messages(&self) -> Vec<String> {
        self.entries().iter().map(|row| row["message"].as_str().unwrap().to_owned()).collect()
    }

    pub fn cursors(&self) -> Vec<String> {
        self.entries().iter().map(|row| row["cursor"].as_str().unwrap().to_owned()).collect()
    }

    /// The numbers of the lines `line N`, in the order in which they came.
    pub fn numbers(&self) -> Vec<u64> {
        self.messages().iter().filter_map(|text| text.strip_prefix("line ")?.parse().ok()).collect()
    }

    /// Waits until this line was written.
    pub fn until(&self, number: u64, limit: Duration) {
        let word = format!("\"message\":\"line {number}\"");
        let start = Instant::now();
        let mut from = 0;
        while !self.contains(&word, &mut from) {
            let last = || (self.numbers().last().copied(), self.losses());
            assert!(start.elapsed() < limit, "not within {limit:?}: {word}, but {:?}; {}", last(), self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether these words stand in the file behind this place, which moves on: a long file is not read again and again.
    fn contains(&self, words: &str, from: &mut u64) -> bool {
        let Ok(mut file) = File::open(self.file()) else { return false };
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(*from)).unwrap();
        file.read_to_end(&mut text).unwrap();
        let found = String::from_utf8_lossy(&text).contains(words);
        *from += text.len().saturating_sub(words.len()) as u64;
        found
    }

    /// A unit that writes `line FIRST` to `line LAST`, so many a second; comes back at once.
    pub fn emit(&self, first: u64, last: u64, rate: u64) {
        const LINES: &str = "
import sys, time
first, last, rate = map(int, sys.argv[1:])
begin = time.monotonic()
for n in range(first, last + 1):
    sys.stdout.write('line %d\\n' % n)
    if rate and (n - first) % max(1, rate // 100) == 0:
        sys.stdout.flush()
        time.sleep(max(0, begin + (n - first) / rate - time.monotonic()))
";
        let arguments = [first, last, rate].map(|number| number.to_string());
        let mut argv = vec!["systemd-run", "-q", "--collect", "--no-block", "--unit", &self.unit];
        argv.extend(["-p", "LogRateLimitIntervalSec=1s", "-p", "LogRateLimitBurst=100000000"]);
        argv.extend(["/usr/bin/python3", "-ISc", LINES]);
        argv.extend(arguments.iter().map(String::as_str));
        self.lab.on(HOST, &argv);
    }

    /// Waits until the unit has ended.
    pub fn emitted(&self, limit: Duration) {
        within(limit, "the unit has written everything", || {
            let state = self.lab.property(HOST, &self.unit, "ActiveState");
            state == "inactive" || state == "failed"
        });
    }

    /// What the journal on the host says: the cursors of everything that belongs to the unit.
    pub fn truth(&self) -> Vec<String> {
        self.sync();
        let unit = format!("--unit={}", self.unit);
        let text =
            self.lab.on(HOST, &["journalctl", "-q", "--no-pager", "-o", "export", "--output-fields=_BOOT_ID", &unit]);
        text.lines().filter_map(|line| line.strip_prefix("__CURSOR=").map(str::to_owned)).collect()
    }

    pub fn sync(&self) {
        self.lab.on(HOST, &["journalctl", "--sync"]);
    }

    /// Begins the file with a place of its own.
    pub fn begin_at(&self, cursor: &str) {
        let line = serde_json::json!({ "host": HOST, "cursor": cursor, "message": "before" });
        fs::write(self.file(), format!("{line}\n")).unwrap();
    }
}

/// Every number from `first` to `last`, once and in order.
pub fn assert_whole(numbers: &[u64], first: u64, last: u64) {
    let wanted: Vec<u64> = (first..=last).collect();
    if numbers == wanted {
        return;
    }
    let lost = wanted.iter().filter(|number| numbers.binary_search(number).is_err()).count();
    let at = numbers.iter().zip(&wanted).position(|(told, wanted)| told != wanted);
    let here = at.map(|at| &numbers[at.saturating_sub(3)..(at + 5).min(numbers.len())]);
    panic!("{} lines of {}, about {lost} lost, first wrong at {at:?}: {here:?}", numbers.len(), wanted.len());
}
