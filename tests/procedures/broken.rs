//! Procedures on real hosts, broken at random moments: every step happens once, every line is kept once, every run ends,
//! also on another workstation than the one that began it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::bare::Bare;
use crate::console::{Console, step_of};
use crate::judge::judge;
use crate::lab::{Lab, repetitions, report};
use crate::team::{HOSTS, LOGINS, Login, Team};

pub const STEPS: usize = 20;
pub const LINES: usize = 1000;
/// Of the steps on the hosts, the last moment at which something is broken: the rest is for its end.
const LAST_BREAK: usize = 50;
/// However often a run is broken, it ends within this.
const WITHIN: Duration = Duration::from_secs(300);
/// What an ordinary run breaks is the same each time.
const SEED: u64 = 20_260_401;

/// What is done to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    /// `kill -9` of the console; the run is gone on with, from there or from the other workstation.
    Console,
    /// `kill -9` of the ssh masters of the console.
    Master,
    /// `kill -9` of every sshd that serves a connection of one host.
    Sshd,
    /// One host's link drops everything for a while, half-open.
    Cut,
}

const BREAKS: [Break; 4] = [Break::Console, Break::Master, Break::Sshd, Break::Cut];

/// What one run came to.
#[derive(Debug, Default)]
struct Broken {
    made: Vec<Break>,
    unknown: usize,
    /// How often the other workstation took it over.
    taken: usize,
    took: Duration,
}

pub fn name(step: usize) -> String {
    format!("step-{step:02}")
}

/// Twenty steps on every host, each with a line in the truth and a thousand on its output.
fn twenty(team: &Team) -> String {
    let (truth, flag) = (&team.truth, team.login.flag);
    let mut text = String::from("# Twenty\n");
    for step in 1..=STEPS {
        // A host that is away when a step is to begin is tried again: nothing was sent to it.
        text.push_str(&format!(
            "\n### Step {step}\n\n```sh {{#{name} host=all danger=change at_once=3 retries=20 every=2s{flag}}}\n\
             echo {name} >> {truth}\nn=0\nwhile [ $n -lt {LINES} ]; do n=$((n+1)); echo \"{name} line $n\"\n\
             [ $((n % 250)) != 0 ] || sleep 0.05; done\n```\n",
            name = name(step),
        ));
    }
    text
}

/// A run on its way.
struct Going<'lab> {
    team: Team<'lab>,
    seed: u64,
    begun: Instant,
    console: Console,
    verified: BTreeSet<u64>,
    unknown: BTreeSet<u64>,
    /// How often the other workstation took it over.
    taken: usize,
}

impl Going<'_> {
    fn said(&self) -> String {
        format!("{:?}, seed {}, {} is at it\n{}", self.team.login, self.seed, self.team.at, self.console.complaint())
    }

    fn listen(&mut self) {
        for line in self.team.listen(&mut self.console) {
            match step_of(&line) {
                Some((number, state)) if state == "verified" => drop(self.verified.insert(number)),
                Some((number, state)) if state == "unknown" => drop(self.unknown.insert(number)),
                Some(_) | None => {}
            }
        }
    }

    /// Whether it has ended; a console that can't go on is followed by another.
    fn has_ended(&mut self) -> bool {
        assert!(self.begun.elapsed() < WITHIN, "it does not end: {}", self.said());
        let ended = self.console.ended();
        self.listen();
        let Some(status) = ended else { return false };
        match status.code() {
            Some(0) => return true,
            // Whether a step happened is not known: that is shown, and a person decides.
            Some(3) => self.console = self.team.resume(&["--on-failure", "skip"]),
            // The lock host is away: nothing more is begun, and whoever wants to take the run over must wait.
            Some(75 | 77) => {
                sleep(Duration::from_millis(500));
                // What was killed in its first moments is known for certain only where it was begun: whoever is refused
                // leaves it to the other workstation.
                let said = self.console.complaint();
                if ["none on the lock host", "said nothing of it", "has this run", "is at this run"]
                    .iter()
                    .any(|words| said.contains(words))
                {
                    self.team.at = 1 - self.team.at;
                }
                self.team.age();
                self.console = self.team.resume(&[]);
            }
            _ => panic!("it ended with {status}: {}", self.said()),
        }
        false
    }

    fn kill(&mut self, elsewhere: bool) {
        self.console.kill();
        self.listen();
        if elsewhere {
            self.team.at = 1 - self.team.at;
            self.taken += 1;
            self.team.age();
        }
        self.console = self.team.resume(&[]);
    }
}

/// One run that is broken once in each of these ways, at moments and in an order that the seed gives. One that ends while
/// a link is cut is spared what was to come.
fn broken_run(lab: &Lab, login: Login, config: &Path, seed: u64, kinds: &[Break], hosts: &Mutex<()>) -> Broken {
    let begun = Instant::now();
    let mut rng = Rng::with_seed(seed);
    // Without a lock host nobody else knows of it.
    let lock_host = rng.u8(0..4) > 0;
    let team = Team::new(lab, login, config, &format!("{seed:016x}"), lock_host);
    team.write(&twenty(&team));
    let mut breaks = kinds.to_vec();
    rng.shuffle(&mut breaks);
    let mut moments: Vec<usize> = breaks.iter().map(|_| rng.usize(0..LAST_BREAK)).collect();
    moments.sort_unstable();
    let mut waiting = moments.into_iter().zip(breaks).peekable();
    let mut made = Vec::new();
    let console = team.console(&["--yes"]);
    let (verified, unknown) = Default::default();
    let mut going = Going { team, seed, begun, console, verified, unknown, taken: 0 };
    while !going.has_ended() {
        sleep(Duration::from_millis(30));
        let now = waiting.next_if(|(at, _)| going.team.run.is_some() && going.verified.len() >= *at);
        let Some((_, kind)) = now else { continue };
        sleep(Duration::from_millis(rng.u64(0..400)));
        made.push(kind);
        let host = HOSTS[rng.usize(0..HOSTS.len())];
        let elsewhere = lock_host && rng.bool();
        println!("{}: {kind:?} of {host} after {:.1} s", login.environment, begun.elapsed().as_secs_f64());
        match kind {
            Break::Console => going.kill(elsewhere),
            Break::Master => going.team.kill_masters(),
            Break::Sshd => {
                let _one = hosts.lock().unwrap();
                lab.fault(host, "kill-sshd-children");
            }
            Break::Cut => {
                let _one = hosts.lock().unwrap();
                // Where there is no systemd, sshd has another port.
                lab.fault(host, if login.prefix.is_empty() { "cut" } else { "cut all" });
                sleep(Duration::from_millis(rng.u64(500..12_000)));
                lab.fault(host, "heal");
            }
        }
    }
    println!("{}: ended after {:.1} s", login.environment, begun.elapsed().as_secs_f64());
    let said = going.said();
    judge(&going.team, &going.unknown, &said);
    Broken { made, unknown: going.unknown.len(), taken: going.taken, took: begun.elapsed() }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_run_of_twenty_steps_on_three_hosts_is_broken_in_every_way() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let bare = Bare::start(&lab, &HOSTS);
    let is_long = repetitions(0, 1) == 1;
    let given = std::env::var("QD_SEED").ok().map(|seed| seed.parse().unwrap());
    let first = given.unwrap_or_else(|| if is_long { fastrand::u64(..) } else { SEED });
    println!("QD_SEED={first}");
    let mut seeds = Rng::with_seed(first);
    let (mut results, hosts): (Vec<Broken>, _) = (Vec::new(), Mutex::new(()));
    // Four runs at once: in an ordinary run each is spared another of the four breaks, which makes twelve.
    let (wanted, mut round) = (repetitions(3, 50), 0);
    let times = |results: &[Broken], kind: Break| {
        results.iter().flat_map(|result| &result.made).filter(|made| **made == kind).count()
    };
    while BREAKS.iter().any(|kind| times(&results, *kind) < wanted) {
        assert!(round < wanted, "the runs end before they are broken");
        let last = LOGINS[3 + round % 2];
        let runs = [LOGINS[0], LOGINS[1], LOGINS[2], last].map(|login| (login, seeds.u64(..)));
        println!("round {round}: {:?}", runs.map(|(login, seed)| (login.environment, seed)));
        std::thread::scope(|scope| {
            let runs = runs.into_iter().zip(BREAKS).map(|((login, seed), spared)| {
                let kinds: Vec<Break> = BREAKS.into_iter().filter(|kind| is_long || *kind != spared).collect();
                let (lab, config, hosts) = (&lab, &bare.config, &hosts);
                scope.spawn(move || broken_run(lab, login, config, seed, &kinds, hosts))
            });
            let runs: Vec<_> = runs.collect();
            for run in runs {
                results.push(run.join().unwrap_or_else(|why| std::panic::resume_unwind(why)));
            }
        });
        round += 1;
    }
    let unknown: usize = results.iter().map(|result| result.unknown).sum();
    let taken: usize = results.iter().map(|result| result.taken).sum();
    let slowest = results.iter().map(|result| result.took).max().unwrap_or_default();
    for kind in BREAKS {
        let times = times(&results, kind);
        let note = format!(
            "{kind:?}, in runs of {STEPS} steps on {} hosts with {LINES} lines each, as root, with sudo, without, and without \
             systemd: each once, {unknown} of {} steps unknown, {taken} runs taken over elsewhere, slowest run {:.0} s, \
             QD_SEED={first}",
            HOSTS.len(),
            results.len() * STEPS * HOSTS.len(),
            slowest.as_secs_f64()
        );
        println!("{times} {note}");
        report("procedure broken", times, times, &note);
    }
}
