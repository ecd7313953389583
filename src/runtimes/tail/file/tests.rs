//! Files as the script reads them, by the shell of this machine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::*;

struct Bench {
    folder: tempfile::TempDir,
    wish: TailWish,
    file: Appended,
    rows: Vec<LogRow>,
    running: Option<(Child, Receiver<Vec<u8>>)>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Bench {
    fn new(since: Since, follow: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let wish = TailWish { follow, whole_lines: true, ..TailWish::of(since) };
        let path = LogPath::new(folder.path().join("log").to_str().unwrap()).unwrap();
        let file = Appended::new(&wish, path, None, Timestamp::now());
        Self { folder, wish, file, rows: Vec::new(), running: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        append(&self.path(name), text);
    }

    fn kill(&mut self) {
        if let Some((mut child, _)) = self.running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn start(&mut self) {
        self.kill();
        let command = self.file.begin(&self.wish, self.wish.follow);
        let mut words = command.argv.iter();
        let mut running = Command::new(words.next().unwrap());
        let mut child = running.args(words).stdout(Stdio::piped()).spawn().unwrap();
        let (mut out, (say, said)) = (child.stdout.take().unwrap(), channel());
        std::thread::spawn(move || {
            let mut piece = vec![0; 1 << 16];
            while let Ok(length @ 1..) = out.read(&mut piece) {
                if say.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        self.running = Some((child, said));
    }

    /// Reads until this is true, or the reader has ended and is not begun again.
    fn until(&mut self, what: &str, done: impl Fn(&[String]) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !done(&self.told()) {
            assert!(Instant::now() < deadline, "{what}: {:?}", self.told());
            if self.running.is_none() {
                self.start();
            }
            let Some((child, said)) = &mut self.running else { continue };
            match said.recv_timeout(Duration::from_millis(50)) {
                Ok(bytes) => match self.file.take(&bytes, Timestamp::now(), &mut self.rows) {
                    Some(Stop::Broken) => panic!("{}", String::from_utf8_lossy(&bytes)),
                    Some(Stop::Again | Stop::Done) => self.kill(),
                    None => {}
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let code = child.wait().unwrap().code().unwrap();
                    self.running = None;
                    if self.file.ended(&End::Exited(code), b"") == Ended::Done {
                        self.file.end(Timestamp::now(), &mut self.rows);
                        assert!(done(&self.told()), "{what}: {:?}", self.told());
                        return;
                    }
                }
            }
        }
    }

    /// Reads to the end, and the next run goes on behind what this one told.
    fn once(&mut self) -> Vec<String> {
        let mut deadline = 20;
        loop {
            deadline -= 1;
            let command = self.file.begin(&self.wish, false);
            let output = Command::new(&command.argv[0]).args(&command.argv[1..]).output().unwrap();
            match self.file.take(&output.stdout, Timestamp::now(), &mut self.rows) {
                Some(Stop::Again) if deadline > 0 => {}
                Some(Stop::Done) | None => break,
                other => panic!("{other:?}: {}", String::from_utf8_lossy(&output.stdout)),
            }
        }
        self.file.end(Timestamp::now(), &mut self.rows);
        let told = self.told();
        let cursor = self.rows.iter().rev().find_map(|row| match row {
            LogRow::Entry(entry) => Some(entry.cursor.clone()),
            LogRow::Loss(_) => None,
        });
        let cursor = cursor.or_else(|| Cursor::new(&self.file.now.as_ref()?.place().word()));
        self.file = Appended::new(&self.wish, self.file.path.clone(), cursor.as_ref(), Timestamp::now());
        self.rows.clear();
        told
    }

    fn told(&self) -> Vec<String> {
        let word = |row: &LogRow| match row {
            LogRow::Entry(entry) => entry.message.plain(),
            LogRow::Loss(loss) => format!("<{}>", loss.words()),
        };
        self.rows.iter().map(word).collect()
    }
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

const ROTATED: &str = "<the file was rotated, its successor goes on, 0 lost>";
const ROTATED_ON: &str = "<the file was rotated, its successor goes on, how many lines are lost is not known>";
const CUT: &str = "<the file was truncated, it goes on from its beginning, how many lines are lost is not known>";
const GONE: &str =
    "<older lines were removed on the host before they could be read, how many lines are lost is not known>";

/// Fault B16: whoever still has the old file open writes on into it, also long after the new one is there.
#[test]
fn what_is_written_into_a_rotated_file_later_is_read() {
    let mut bench = Bench::new(Since::Head, true);
    bench.append("log", "one\ntwo\nhalf");
    bench.until("the first lines", |told| told.len() == 2);
    std::fs::rename(bench.path("log"), bench.path("log.1")).unwrap();
    bench.append("log", "new\n");
    bench.until("the successor", |told| told.ends_with(&["new".to_owned()]));
    std::thread::sleep(Duration::from_millis(2500));
    bench.append("log.1", " whole\nlate\n");
    bench.until("the late line", |told| told.iter().any(|line| line == "late"));
    assert_eq!(bench.told(), ["one", "two", ROTATED, "new", "half whole", "late"]);
    // The link is cut, and both are written to meanwhile.
    bench.kill();
    bench.append("log.1", "later\n");
    bench.append("log", "newer\n");
    bench.until("both", |told| told.len() == 8);
    let told = bench.told();
    assert!(told[6..].contains(&"later".to_owned()) && told[6..].contains(&"newer".to_owned()), "{told:?}");
    // A cursor of the old file's line goes on in the new one.
    let late = bench.rows.iter().find_map(|row| match row {
        LogRow::Entry(entry) if entry.message.plain() == "late" => Some(entry.cursor.clone()),
        _ => None,
    });
    let (place, before) = read(&late.unwrap()).unwrap();
    assert_eq!((place.at, before.map(|place| place.at)), (4, Some(24)));
    // The next rotation comes before the minute is over.
    bench.append("log.1", "last");
    std::fs::rename(bench.path("log"), bench.path("log.2")).unwrap();
    bench.append("log", "third\n");
    bench.until("the third", |told| told.iter().any(|line| line == "third"));
    assert_eq!(bench.told()[8..], ["last", ROTATED, "third"]);
}

#[test]
fn one_that_was_rotated_while_nobody_read_comes_before_its_successor() {
    let mut bench = Bench::new(Since::Head, false);
    bench.append("log", "one\n");
    assert_eq!(bench.once(), ["one"]);
    bench.append("log", "two\n");
    std::fs::rename(bench.path("log"), bench.path("log.1")).unwrap();
    bench.append("log", "three\n");
    assert_eq!(bench.once(), ["two", ROTATED, "three"]);
    std::fs::remove_file(bench.path("log")).unwrap();
    bench.append("log", "four\n");
    let told = bench.once();
    assert_eq!(told, [if told[0] == CUT { CUT } else { GONE }, "four"]);
}

/// Fault B16: several rotations between two looks, or while there is no link.
#[test]
fn those_that_were_rotated_while_nobody_read_come_one_after_the_other() {
    let mut bench = Bench::new(Since::Head, false);
    // Births are told in steps of some milliseconds.
    let step = || std::thread::sleep(Duration::from_millis(30));
    let rotate = |bench: &Bench, text: &str| {
        step();
        for number in (1..=3).rev() {
            let _ = std::fs::rename(bench.path(&format!("log.{number}")), bench.path(&format!("log.{}", number + 1)));
        }
        std::fs::rename(bench.path("log"), bench.path("log.1")).unwrap();
        bench.append("log", text);
    };
    bench.append("log.1", "before it\n");
    step();
    bench.append("log", "one\n");
    assert_eq!(bench.once(), ["one"]);
    // A copy that somebody made of it, and then went on.
    std::fs::copy(bench.path("log"), bench.path("log.bak")).unwrap();
    std::thread::sleep(Duration::from_millis(1300));
    bench.append("log", "two\n");
    rotate(&bench, "three\n");
    rotate(&bench, "four\n");
    rotate(&bench, "five\n");
    let told = bench.once();
    // What the copy is nobody knows, so that it can't be said that nothing is lost.
    assert_eq!(told, ["two", ROTATED_ON, "three", ROTATED, "four", ROTATED, "five"]);
    // Live, faster than anybody looks.
    bench.wish.follow = true;
    bench.append("log", "six\n");
    bench.until("it reads", |told| told.len() == 1);
    for number in 7..=9 {
        rotate(&bench, &format!("{number}\n"));
    }
    bench.until("the last", |told| told.iter().any(|line| line == "9"));
    assert_eq!(bench.told(), ["six", ROTATED, "7", ROTATED, "8", ROTATED, "9"]);
    // One between them is packed before anybody has read it.
    rotate(&bench, "lost\n");
    rotate(&bench, "ten\n");
    std::fs::rename(bench.path("log.1"), bench.path("log.1.gz")).unwrap();
    bench.until("what is left", |told| told.iter().any(|line| line == "ten"));
    let told = bench.told();
    assert_eq!(told.last().map(String::as_str), Some("ten"), "{told:?}");
    assert!(told.contains(&"lost".to_owned()) || told[told.len() - 2] == ROTATED_ON, "{told:?}");
}

/// What stands before the place is compared: a file that was rewritten, and another one with the inode of the first.
#[test]
fn a_file_that_was_rewritten_and_grew_past_the_place_begins_anew() {
    let mut bench = Bench::new(Since::Head, false);
    bench.append("log", "1\n2\n3\n");
    assert_eq!(bench.once(), ["1", "2", "3"]);
    assert_eq!(bench.once(), [] as [&str; 0]);
    std::fs::write(bench.path("log"), "101\n102\n103\n").unwrap();
    assert_eq!(bench.once(), [CUT, "101", "102", "103"]);
    bench.append("log", "104\n");
    assert_eq!(bench.once(), ["104"]);
    // Live, between two looks.
    bench.wish.follow = true;
    bench.append("log", "105\n");
    bench.until("it reads", |told| told.len() == 1);
    std::fs::write(bench.path("log"), "x".repeat(40) + "\nnew\n").unwrap();
    bench.until("it begins anew", |told| told.iter().any(|line| line == "new"));
    assert_eq!(bench.told()[1], CUT);
    assert_eq!(bench.rows.len(), 4);
}

/// What has the same length may be something else: it is looked at when the file was written to.
#[test]
fn a_file_that_was_rewritten_to_the_same_length_begins_anew() {
    let mut bench = Bench::new(Since::Head, true);
    bench.append("log", "f-1\nf-2\n");
    bench.until("the first", |told| told.len() == 2);
    std::thread::sleep(Duration::from_millis(600));
    std::fs::write(bench.path("log"), "h-1\nh-2\n").unwrap();
    bench.until("the second", |told| told.len() == 5);
    assert_eq!(bench.told(), ["f-1", "f-2", CUT, "h-1", "h-2"]);
    // While nobody reads.
    bench.kill();
    std::fs::write(bench.path("log"), "i-1\ni-2\n").unwrap();
    bench.until("the third", |told| told.len() == 8);
    assert_eq!(bench.told()[5..], [CUT, "i-1", "i-2"]);
    // Touched, and still the same; then longer.
    std::fs::File::options()
        .append(true)
        .open(bench.path("log"))
        .unwrap()
        .set_modified(std::time::SystemTime::now())
        .unwrap();
    std::thread::sleep(Duration::from_millis(600));
    bench.append("log", "i-3\n");
    bench.until("one more", |told| told.len() == 9);
    assert_eq!(bench.told()[8], "i-3");
}

/// Copied and truncated, then renamed: what the copy holds was read already.
#[test]
fn a_copy_that_was_made_while_the_file_had_its_name_is_not_read() {
    let mut bench = Bench::new(Since::Head, true);
    bench.append("log", "one\ntwo\nthree\n");
    bench.until("the first", |told| told.len() == 3);
    std::thread::sleep(Duration::from_millis(600));
    std::fs::copy(bench.path("log"), bench.path("log.1")).unwrap();
    std::fs::write(bench.path("log"), "four\n").unwrap();
    bench.until("what is new", |told| told.iter().any(|line| line == "four"));
    std::thread::sleep(Duration::from_millis(600));
    std::fs::rename(bench.path("log"), bench.path("log.2")).unwrap();
    bench.append("log", "five\n");
    bench.until("the successor", |told| told.iter().any(|line| line == "five"));
    assert_eq!(bench.told(), ["one", "two", "three", CUT, "four", ROTATED, "five"]);
}

/// Copies that are made of the rotated file and of its successor before anybody has looked: all that stands in them is read once.
#[test]
fn a_copy_that_was_made_after_the_rotation_is_not_read() {
    let step = || std::thread::sleep(Duration::from_millis(30));
    let mut bench = Bench::new(Since::Head, true);
    bench.append("log", "one\ntwo\nthree\n");
    bench.until("the first", |told| told.len() == 3);
    bench.kill();
    std::fs::rename(bench.path("log"), bench.path("log.1")).unwrap();
    bench.append("log", "four\n");
    step();
    std::fs::copy(bench.path("log.1"), bench.path("log.bak")).unwrap();
    std::fs::copy(bench.path("log"), bench.path("log.copy")).unwrap();
    bench.until("the successor", |told| told.iter().any(|line| line == "four"));
    assert_eq!(bench.told(), ["one", "two", "three", ROTATED, "four"]);
    // One that says the same and is older than the successor may be a file of its own: nobody knows.
    bench.kill();
    ["log.bak", "log.copy"].iter().for_each(|copy| std::fs::remove_file(bench.path(copy)).unwrap());
    step();
    std::fs::rename(bench.path("log"), bench.path("log.2")).unwrap();
    step();
    std::fs::copy(bench.path("log.2"), bench.path("log.between")).unwrap();
    step();
    bench.append("log", "five\n");
    bench.until("the next", |told| told.iter().any(|line| line == "five"));
    assert_eq!(bench.told()[5..], [ROTATED_ON, "five"]);
}

#[test]
fn a_line_without_its_line_feed_is_told_once_and_whole() {
    let mut bench = Bench::new(Since::Head, false);
    bench.append("log", "whole\nhalf");
    assert_eq!(bench.once(), ["whole"]);
    bench.append("log", " rest\n");
    assert_eq!(bench.once(), ["half rest"]);
    // Where nothing is kept, it is told as far as it is there.
    let mut bench = Bench::new(Since::Newest(2), false);
    bench.file.open = true;
    bench.append("log", "one\ntwo\nhalf");
    assert_eq!(bench.once(), ["two", "half"]);
}

#[test]
fn a_line_without_an_end_is_passed_over_on_the_host() {
    for newest in [false, true] {
        let mut bench = Bench::new(if newest { Since::Newest(5) } else { Since::Head }, false);
        bench.append("log", "first\n");
        let file = std::fs::OpenOptions::new().write(true).open(bench.path("log")).unwrap();
        file.set_len(100 << 20).unwrap();
        bench.append("log", "\nlast\n");
        let told = bench.once();
        let left = told.iter().find(|line| line.contains("left out")).cloned();
        assert_eq!(told.last().map(String::as_str), Some("last"), "{} rows", told.len());
        match newest {
            true => assert!(told[0].contains("older lines are there"), "{left:?}"),
            false => {
                assert_eq!((told.len(), told[0].as_str()), (4, "first"));
                assert!(left.is_some_and(|left| left.contains("were left out")));
            }
        }
    }
}

#[test]
fn a_time_that_has_not_come_yet_is_no_time() {
    let mut bench = Bench::new(Since::Head, false);
    let now = Timestamp::now();
    let at = |minutes| now.checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap();
    bench.append("log", &format!("{} a\n{} b\n  goes on\n{} c\n", at(-9), at(90), at(-8)));
    let command = bench.file.begin(&bench.wish, false);
    let output = Command::new(&command.argv[0]).args(&command.argv[1..]).output().unwrap();
    bench.file.take(&output.stdout, now, &mut bench.rows);
    let times: Vec<Timestamp> = bench
        .rows
        .iter()
        .map(|row| match row {
            LogRow::Entry(entry) => entry.at,
            LogRow::Loss(loss) => loss.at,
        })
        .collect();
    assert_eq!(times, [at(-9), at(-9), at(-9), at(-9), at(-8)]);
    assert!(bench.told()[1].contains("has not come yet"), "{:?}", bench.told());
}
