//! A deploy that breaks: in every phase, on each host, for each reason. Each ends in one of two ways: everything went back and
//! was verified, or it stopped and every service is told as it truly is; what only the console lost may be gone on with to a
//! good end.

mod rows;
mod strike;

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use self::rows::{CommandFails, ConsoleKilled, DiskFull, GuardTrips, HostLost, LockStolen, NeverGreen, Row, pairwise};
use self::strike::{files, moment, prepare, recover, strike};
use crate::lab::{Held, Lab, repetitions, report};
use crate::shop::{APPS, HOSTS, Shop};

/// What is run is the same each time.
const SEED: u64 = 20_261_121;
/// How it ended where what was to break had ended before; then the break is made again, so often at most.
const TOO_LATE: &str = "the break came behind the step it was meant for";
const TRIES: usize = 5;
/// However it is broken, it ends within this.
const WITHIN: Duration = Duration::from_secs(180);
/// A host that was cut off is back after this, if the run still waits for it.
const AWAY: Duration = Duration::from_secs(15);
/// What an ordinary run makes: each reason once; what never gets green is a test of its own (E13).
const FEW: [Row; 6] = [
    ("build", "app-2", CommandFails),
    ("verify", "app-1", GuardTrips),
    ("put", "app-2", HostLost),
    ("services", "app-2", ConsoleKilled),
    ("migrate", "app-1", LockStolen),
    ("dump", "db-1", DiskFull),
];

/// One deploy that is broken, to its end.
struct Broken<'a> {
    shop: &'a Shop<'a>,
    held: &'a Held<'a>,
    row: Row,
    old: String,
    new: String,
    told: String,
    /// The last of what was told of every service.
    stands: Option<Value>,
    /// The run.
    run: Option<String>,
    /// Whether the host is cut off still.
    cut: bool,
    /// Whether the step that was to break had ended before the break was made.
    late: bool,
    /// Whether that step has ended well.
    ended: bool,
}

impl Broken<'_> {
    /// Takes in what is told: whether it is broken now.
    fn hear(&mut self, line: &str) -> bool {
        self.told.push_str(line);
        self.told.push('\n');
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        match event["event"].as_str() {
            Some("begun") => self.run = event["run"].as_str().map(str::to_owned),
            Some("stands") => self.stands = Some(event["services"].clone()),
            _ => {}
        }
        let Some((part, host)) = moment(self.row) else { return false };
        let step = &event["step"];
        if step["part"] != part || host.is_some_and(|host| step["host"] != host) {
            return false;
        }
        let state = step["state"].as_str();
        self.ended |= matches!(state, Some("done" | "verified"));
        matches!(state, Some("intent" | "started"))
    }

    /// Runs it to its end, and breaks it on the way if it is not broken yet.
    fn conduct(&mut self, command: &mut Command, mut struck: bool) -> Option<i32> {
        let mut child: Child = command.spawn().unwrap();
        let begun = Instant::now();
        let (lines, heard) = std::sync::mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let reading = std::thread::spawn(move || out.map_while(Result::ok).all(|line| lines.send(line).is_ok()));
        let mut errors = child.stderr.take().unwrap();
        let complaining = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).map(|_| text).unwrap_or_default()
        });
        let mut back = None;
        loop {
            match heard.recv_timeout(Duration::from_millis(200)) {
                Ok(line) => {
                    if self.hear(&line) && !struck {
                        struck = true;
                        strike(self.shop, self.row, &mut child);
                        // What was told meanwhile happened before.
                        while let Ok(line) = heard.try_recv() {
                            self.hear(&line);
                        }
                        self.late = self.ended;
                        self.cut = self.row.2 == HostLost;
                        back = self.cut.then(|| Instant::now() + AWAY);
                    }
                }
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            }
            if back.is_some_and(|back| Instant::now() >= back) {
                back = None;
                self.held.mend();
                self.cut = false;
            }
            if begun.elapsed() > WITHIN {
                child.kill().unwrap();
                self.told.push_str("it does not end\n");
            }
        }
        let status = child.wait().unwrap();
        reading.join().unwrap();
        self.told.push_str(&complaining.join().unwrap());
        if !struck && moment(self.row).is_some() {
            self.told.push_str("it was never broken\n");
        }
        status.code()
    }

    /// What it came to, in a few words.
    fn end(&self, code: Option<i32>) -> Result<String, String> {
        if self.told.contains("it does not end\n") || self.told.contains("it was never broken\n") {
            return Err("it was never broken, or does not end".into());
        }
        if code == Some(0) {
            let others = self.shop.others_than(&self.new);
            return if !others.is_empty() {
                Err(format!("good, but {others:?}"))
            } else if matches!(self.row.2, HostLost | ConsoleKilled) {
                Ok("gone on with to a good end".into())
            } else if self.late {
                Err(TOO_LATE.into())
            } else {
                Err("it broke, and is good".into())
            };
        }
        let newest = self.shop.releases().into_iter().find(|release| release["commit"] == self.new.as_str());
        let verdict = newest.as_ref().and_then(|release| release["verdict"].as_str()).unwrap_or("none").to_owned();
        let not_old = self.shop.others_than(&self.old);
        match verdict.as_str() {
            // Who breaks the way back for good must find it broken.
            "rolled-back" if matches!(self.row, ("put-back" | "services-back", _, CommandFails | NeverGreen)) => {
                Err("its way back broke, and it is rolled back".into())
            }
            "rolled-back" if not_old.is_empty() => self.as_told().map(|_| "rolled back and verified".into()),
            "rolled-back" => Err(format!("rolled back, but {not_old:?}")),
            "good" => Err("recorded as good".into()),
            _ if self.stands.is_none() && not_old.iter().all(|one| one.contains(&self.old)) => {
                Ok("stopped before anything was changed".into())
            }
            _ => self.as_told().map(|told| format!("stopped: {told}")),
        }
    }

    /// Whether every service was told as it is: what runs, and whether it is well.
    fn as_told(&self) -> Result<String, String> {
        let Some(stands) = self.stands.as_ref().and_then(Value::as_array) else {
            return Err("nothing was told of the services".into());
        };
        let truth = self.shop.truth();
        let active = active(self.shop);
        let mut told: BTreeMap<String, (&str, &str)> = BTreeMap::new();
        for one in stands {
            let name = format!("{} on {}", one["service"].as_str().unwrap(), one["host"].as_str().unwrap());
            told.insert(name, (one["code"].as_str().unwrap_or("none"), one["state"].as_str().unwrap()));
        }
        let mut wrong: Vec<String> = Vec::new();
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, stand) in &truth {
            let Some((code, state)) = told.get(name) else {
                wrong.push(format!("nothing is told of {name}"));
                continue;
            };
            let commit = stand.commit.as_deref();
            let runs = match *code {
                "new" => commit == Some(self.new.as_str()),
                "old" => commit == Some(self.old.as_str()),
                _ => true,
            };
            let well = stand.ready && active[name] == "active";
            let known = match *state {
                "up" => well,
                // Of a host that can't be reached nothing is known.
                "unknown" => self.row.2 == HostLost && name.ends_with(self.row.1),
                _ => !well,
            };
            if !runs || !known {
                wrong.push(format!("{name} is told as {code}, {state}; it is {}, {stand:?}", active[name]));
            }
            *count.entry(if *state == "up" { code } else { state }).or_default() += 1;
        }
        let words: Vec<String> = count.iter().map(|(word, count)| format!("{count} {word}")).collect();
        if wrong.is_empty() { Ok(words.join(", ")) } else { Err(wrong.join("; ")) }
    }
}

/// What systemd says of each service.
fn active(shop: &Shop<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for host in APPS {
        let script = "systemctl list-units --all --plain --no-legend 'pakashop-*.service' | awk '{ print $1, $3 }'";
        for line in shop.lab.on(host, &["sh", "-c", script]).lines() {
            let (unit, state) = line.split_once(' ').unwrap();
            let name = unit.trim_start_matches("pakashop-").trim_end_matches(".service");
            all.insert(format!("{name} on {host}"), state.to_owned());
        }
    }
    all
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn breaks_pairwise_over_phase_host_and_reason() {
    let lab = Lab::get();
    let held = lab.hold(&HOSTS);
    let shop = Shop::new(&lab);
    let (rows, needed) = pairwise(SEED);
    let all = repetitions(FEW.len(), needed) == needed;
    let run: Vec<Row> = if all { rows[..needed].to_vec() } else { FEW.to_vec() };
    // A part of them by hand, while one is mended: QD_ROWS=dump,services.
    let only = std::env::var("QD_ROWS").unwrap_or_default();
    let is_meant = |row: &&Row| {
        let word = format!("{}/{}/{:?}", row.0, row.1, row.2);
        only.is_empty() || only.split(',').any(|one| word.contains(one))
    };
    let run: Vec<Row> = run.iter().filter(is_meant).copied().collect();
    let mut old = shop.commit();
    let (mut wrong, mut mending) = (Vec::new(), Vec::new());
    let mut left: VecDeque<(Row, usize)> = run.iter().map(|row| (*row, 1)).collect();
    let mut number = 0;
    while let Some((row, tries)) = left.pop_front() {
        number += 1;
        let (phase, host, why) = row;
        let begun = Instant::now();
        let (ill, well) = files(row, number);
        let note = vec![("services/config/note".to_owned(), Some(format!("{number}\n")))];
        let changed: Vec<_> = mending.into_iter().chain(note).chain(ill).collect();
        let changed: Vec<(&str, Option<&str>)> =
            changed.iter().map(|(path, text): &(String, Option<String>)| (path.as_str(), text.as_deref())).collect();
        let new = shop.change(&format!("Row {number}"), &changed);
        mending = well;
        let (old_now, new_now) = (old.clone(), new.clone());
        let mut broken = Broken {
            shop: &shop,
            held: &held,
            row,
            old: old_now,
            new: new_now,
            told: String::new(),
            stands: None,
            run: None,
            cut: false,
            late: false,
            ended: false,
        };
        prepare(&shop, row);
        let failure = ["--on-failure", "rollback", "--json", "--waive", "way-back=after a break"];
        let mut code = broken.conduct(&mut shop.deploying(&failure), false);
        if let (ConsoleKilled, Some(id)) = (why, broken.run.clone()) {
            // Somebody comes back to it.
            code = broken.conduct(&mut shop.resuming(&id, &failure), true);
        }
        let end = broken.end(code);
        let what = format!("break in {phase} on {host}: {}", why.words());
        println!("{what}: {} s, {end:?}", begun.elapsed().as_secs());
        match &end {
            Ok(end) => report(&what, 1, 1, end),
            Err(why) if why == TOO_LATE && tries < TRIES => left.push_front((row, tries + 1)),
            Err(why) => {
                report(&what, 1, 0, why);
                wrong.push(format!("{what}: {why}\n{}", broken.told));
            }
        }
        let is_new = |end: &String| end.starts_with("gone on") || end == TOO_LATE;
        if is_new(end.as_ref().unwrap_or_else(|why| why)) {
            old = new;
        }
        recover(&shop, &held, &old);
    }
    let others = rows.iter().filter(|row| !run.contains(row));
    let names: Vec<String> = others.map(|(phase, host, why)| format!("{} in {phase} on {host}", why.words())).collect();
    let covered =
        if run.len() == needed { ", whose pairs of phase, host and reason are all in other rows" } else { "" };
    let told = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    report("breaks not run", 0, 0, &format!("{} of {}{covered}: {told}", names.len(), rows.len()));
    report("breaks that can't be", 0, 0, &rows::never());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
