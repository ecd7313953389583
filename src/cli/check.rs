//! `qd check [SITE…]`: tells everything that is wrong in site files and your own files: configuration, themes. With
//! `--live` it also asks the hosts whether what procedures and services need is there.

use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;

use super::output::{complain, here, print};
use super::{Exit, Reaching, choose, looks};
use crate::engine::{presence, signals};
use crate::port::{End, Output};
use crate::runtimes::presence::{answers, look as look_for, machine};
use crate::site::live::{self, Question};
use crate::site::{self, Mistake, Places, SITE_FILE, Severity, find, list, render};

/// What to check.
#[derive(Debug, Clone, Default, Args)]
pub struct Check {
    /// Sites: names or paths; without any, all that can be found and your own configuration.
    pub sites: Vec<String>,
    /// Also ask the hosts: programs of steps, units, rights. It only looks.
    #[arg(long)]
    pub live: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
}

/// What the hosts told.
#[derive(Debug, Default)]
struct Live {
    mistakes: Vec<Mistake>,
    asked: Vec<String>,
    /// Hosts that gave no answer, and why.
    silent: Vec<(String, String, String)>,
}

/// Checks; without `--live` nothing is run and no host is asked.
pub fn run(arguments: &Check, reach: &Reaching) -> Exit {
    match check(arguments, reach) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn check(arguments: &Check, reach: &Reaching) -> Result<Exit, Exit> {
    let places = here()?;
    let checked = site::check(&places, &arguments.sites, &looks::check(&places), jiff::Zoned::now().date());
    let live = if arguments.live { Some(ask(arguments, reach, &places)?) } else { None };
    let none = Live::default();
    let told = live.as_ref().unwrap_or(&none);
    if arguments.json {
        print(&json(&checked.mistakes, live.as_ref()))?;
    } else {
        print(&checked.text)?;
        if live.is_some() {
            print(&words(told))?;
        }
    }
    let bad = checked.is_bad() || told.mistakes.iter().any(|mistake| mistake.severity == Severity::Mistake);
    Ok(match (bad, checked.not_found, told.silent.is_empty()) {
        (true, ..) => Exit::Configuration,
        (false, 0, true) => Exit::Ok,
        (false, 0, false) => Exit::Unavailable,
        (false, _, _) => Exit::Usage,
    })
}

/// Asks every host of the sites.
fn ask(arguments: &Check, reach: &Reaching, places: &Places) -> Result<Live, Exit> {
    let found = match arguments.sites.as_slice() {
        [] => list(places),
        words => words.iter().filter_map(|word| find(places, word).ok()).collect(),
    };
    let mut questions: Vec<Question> = Vec::new();
    for one in &found {
        let Some(site) = site::look(places, one).site else { continue };
        let file = one.folder.join(SITE_FILE);
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        questions.extend(live::questions(&site, &places.shown(&file), &text));
    }
    if questions.is_empty() {
        return Ok(Live::default());
    }
    super::output::begin_log();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| choose::complain(Exit::Software, &format!("could not start: {error}")))?;
    complain(&format!("asking {} hosts …", questions.len()));
    let commands = questions.iter().map(|one| (one.host.clone(), look_for(&one.asks, one.host.become_root)));
    let asking = presence::ask_all(commands.collect(), reach.ssh_config.clone());
    let said = runtime.block_on(async {
        tokio::select! {
            said = asking => Ok(said),
            signal = signals::stopped() => Err(Exit::Signal(signal)),
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(600));
    let said = said?.map_err(|why| choose::complain(Exit::Software, &why))?;
    let mut told = Live::default();
    let (mut heard, mut machines) = (Vec::new(), Vec::new());
    for (question, said) in questions.iter().zip(said) {
        let (environment, host) = (question.environment.clone(), question.host.name.to_string());
        if let Some(machine) = said.as_ref().ok().and_then(|output| machine(&output.stdout)) {
            machines.push((question, machine));
        }
        let said = said.and_then(|output| answers(&question.asks, &output.stdout).ok_or_else(|| why_not(&output)));
        match said {
            Ok(said) => {
                told.asked.push(format!("{host} of {environment}"));
                heard.push((question, said));
            }
            Err(why) => told.silent.push((environment, host, why)),
        }
    }
    told.mistakes = live::same_machine(&machines);
    told.mistakes.extend(live::judge(&heard));
    Ok(told)
}

fn why_not(output: &Output) -> String {
    match &output.end {
        End::Exited(0) => "its answer could not be read".to_owned(),
        end => format!("its command {end}"),
    }
}

fn words(live: &Live) -> String {
    let mut text = String::from("\n");
    if !live.mistakes.is_empty() {
        text.push_str(&render(&live.mistakes));
        text.push('\n');
    }
    // Writing to a string can't fail.
    for (environment, host, why) in &live.silent {
        let _ = writeln!(text, "{host} of {environment} was not asked, so nothing is known of it: {why}");
    }
    let _ = match (live.asked.len(), live.mistakes.len()) {
        (0, _) => writeln!(text, "live: no host answered"),
        (hosts, 0) => writeln!(text, "live: {} answered, and everything that was asked for is there", several(hosts)),
        (hosts, 1) => writeln!(text, "live: {} answered; 1 thing is not as it should be", several(hosts)),
        (hosts, wrong) => writeln!(text, "live: {} answered; {wrong} things are not as they should be", several(hosts)),
    };
    text
}

fn several(hosts: usize) -> String {
    if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") }
}

fn json(mistakes: &[Mistake], live: Option<&Live>) -> String {
    let one = |mistake: &Mistake| {
        serde_json::json!({
            "file": site::mistake::path(&mistake.file),
            "line": mistake.line,
            "column": mistake.column,
            "severity": match mistake.severity { Severity::Mistake => "mistake", Severity::Warning => "warning" },
            "message": mistake.message,
            "hint": mistake.hint,
        })
    };
    let live = live.map(|live| {
        let silent = |(environment, host, why): &(String, String, String)| {
            serde_json::json!({ "environment": environment, "host": host, "why": why })
        };
        serde_json::json!({
            "asked": live.asked,
            "silent": live.silent.iter().map(silent).collect::<Vec<_>>(),
            "mistakes": live.mistakes.iter().map(one).collect::<Vec<_>>(),
        })
    });
    let all = serde_json::json!({
        "version": 1,
        "mistakes": mistakes.iter().map(one).collect::<Vec<_>>(),
        "live": live,
    });
    format!("{all:#}\n")
}
