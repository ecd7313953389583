//! Secrets that are known again wherever they come out: each begins and ends with letters that nothing else has.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::desk::files;

/// What stands between the known letters: whatever a password may hold.
const ODD: [&str; 10] = ["", "/+=", "\"'", "$(id)`", "\\n\\", " ", "<&>;", "äß€", "%2F%", "two\nlines"];

/// Secrets with common letters.
#[derive(Clone)]
pub struct Canaries {
    head: String,
    tail: String,
    needles: regex::bytes::Regex,
}

impl Canaries {
    pub fn new() -> Self {
        let word = || (0..14).map(|_| fastrand::alphanumeric()).collect::<String>();
        let (head, tail) = (word(), word());
        let mut needles: Vec<String> = Vec::new();
        for letters in [&head, &tail] {
            needles.push(letters[2..12].to_owned());
            for before in 0..3 {
                let shifted = STANDARD_NO_PAD.encode([&[b'x'; 2][..before.min(2)], letters.as_bytes()].concat());
                needles.push(regex::escape(&shifted[4..16]));
            }
            let hex: String = letters.bytes().map(|byte| format!("{byte:02x}")).collect();
            needles.push(format!("(?i:{})", &hex[4..24]));
        }
        let needles = regex::bytes::Regex::new(&needles.join("|")).unwrap();
        Self { head, tail, needles }
    }

    /// The one of this number.
    pub fn get(&self, number: usize) -> String {
        format!("{}{}{number}{}", self.head, ODD[number % ODD.len()], self.tail)
    }

    /// The first letters, in two halves: for whoever looks for them and must not show them.
    pub fn halves(&self) -> (&str, &str) {
        self.head.split_at(7)
    }

    /// What of them stands in there, also with colours and line ends in between.
    pub fn seen_in(&self, bytes: &[u8]) -> Option<String> {
        let mut plain = Vec::with_capacity(bytes.len());
        let mut inside = false;
        for byte in bytes {
            inside |= *byte == 0x1b;
            if !inside && !byte.is_ascii_whitespace() && *byte != b':' {
                plain.push(*byte);
            }
            inside &= !matches!(byte, b'@'..=b'Z' | b'a'..=b'~');
        }
        let found = self.needles.find(bytes).or_else(|| self.needles.find(&plain))?;
        Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
    }

    /// The same for all files below a folder, with the file.
    pub fn seen_below(&self, folder: &Path) -> Option<String> {
        files(folder).into_iter().find_map(|file| {
            let seen = self.seen_in(&fs::read(&file).ok()?)?;
            Some(format!("{seen} in {}", file.display()))
        })
    }
}

/// Looks at all processes of this machine, of which those of the lab's hosts are a part, and at what lies in a folder
/// while things happen.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    looks: Arc<AtomicU32>,
    thread: JoinHandle<Vec<String>>,
}

impl Watcher {
    /// `inherited` are those that the program itself was given in its environment.
    pub fn start(canaries: &Canaries, inherited: &Canaries, folder: &Path) -> Self {
        let (stop, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let thread = std::thread::spawn({
            let (stop, looks, folder) = (stop.clone(), looks.clone(), folder.to_owned());
            let (canaries, inherited) = (canaries.clone(), inherited.clone());
            move || {
                let mut seen = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    processes(&canaries, &inherited, &mut seen);
                    // Files are many more bytes, and stay longer.
                    if looks.load(Ordering::Relaxed).is_multiple_of(40) {
                        seen.extend([&canaries, &inherited].into_iter().filter_map(|all| all.seen_below(&folder)));
                    }
                    looks.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(30));
                }
                seen
            }
        });
        Self { stop, looks, thread }
    }

    /// What was seen, and how often it was looked.
    pub fn end(self) -> (Vec<String>, u32) {
        self.stop.store(true, Ordering::Relaxed);
        (self.thread.join().unwrap(), self.looks.load(Ordering::Relaxed))
    }
}

fn processes(canaries: &Canaries, inherited: &Canaries, seen: &mut Vec<String>) {
    let own = fs::read_link("/proc/self/ns/pid").ok();
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let path = entry.path();
        let read = |file: &str| fs::read(path.join(file)).unwrap_or_default();
        let (line, environment) = (read("cmdline"), read("environ"));
        let far = fs::read_link(path.join("ns/pid")).is_ok_and(|space| Some(space) != own);
        let mut add = |found: Option<String>, what: &str| {
            seen.extend(found.map(|found| format!("{found} in the {what} of {}", String::from_utf8_lossy(&line))));
        };
        add(canaries.seen_in(&line).or_else(|| inherited.seen_in(&line)), "arguments");
        add(canaries.seen_in(&environment), "environment");
        if far {
            add(inherited.seen_in(&environment), "environment far away");
        }
    }
}
