//! What only hosts can tell of a site: whether the programs of steps, the units of services and the rights that both
//! need are there. Here is what is asked of whom, and what an answer means; nothing is sent from here.

use std::path::{Path, PathBuf};

use super::tools::tools;
use crate::domain::procedure::{Doing, Part, Procedure, here};
use crate::domain::service::{RuntimeKind, UnitPattern};
use crate::domain::{BecomeRoot, Environment, Host, HostName, Reach, Shell, Site};
use crate::runtimes::presence::{Ask, Said};
use crate::site::mistake::{Mistake, Severity};

/// Where something is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    file: String,
    /// The line's number and text; without them the file as a whole.
    line: Option<(usize, String)>,
    by: String,
}

/// Everything that one host is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The site's own file.
    pub file: PathBuf,
    /// The environments in which it is asked.
    pub environment: String,
    /// The host.
    pub host: Host,
    /// What.
    pub asks: Vec<Ask>,
    wanted: Vec<Vec<Wanted>>,
}

/// What all hosts of a site are to be asked, host by host; `file` is the site's own, and `text` what stands in it.
pub fn questions(site: &Site, file: &Path, text: &str) -> Vec<Question> {
    let mut all: Vec<Question> = Vec::new();
    for environment in &site.environments {
        let from = all.len();
        all.extend(environment.hosts.iter().map(|host| question(environment, file, host.clone())));
        if let Some(machine) = this_machine() {
            all.push(question(environment, file, machine));
        }
        let mine = all.get_mut(from..).unwrap_or_default();
        for procedure in &environment.procedures {
            for part in &procedure.parts {
                of_part(environment, procedure, part, mine);
            }
        }
        of_services(environment, file, text, mine);
        let lock = environment.lock_host.as_ref();
        if let Some(question) = lock.and_then(|lock| mine.iter_mut().find(|one| one.host.name == *lock)) {
            let by = format!("lock_host of {}", environment.name);
            let line = line_with(text, "lock_host");
            question.want(Ask::State(environment.state_directory.clone()), &shown(file), line, by);
        }
    }
    all.retain(|question| !question.asks.is_empty());
    all
}

fn question(environment: &Environment, file: &Path, host: Host) -> Question {
    let (file, environment) = (file.to_path_buf(), environment.name.to_string());
    Question { file, environment, host, asks: Vec::new(), wanted: Vec::new() }
}

/// This machine, for steps that run here.
fn this_machine() -> Option<Host> {
    let name = here();
    Some(Host { name, reach: Reach::Local, tags: Vec::new(), become_root: BecomeRoot::Never, shell: Shell::Plain })
}

fn shown(file: &Path) -> String {
    crate::site::mistake::path(file)
}

fn line_with(text: &str, words: &str) -> Option<(usize, String)> {
    let at = text.lines().position(|line| !line.trim_start().starts_with('#') && line.contains(words))?;
    Some((at + 1, text.lines().nth(at).unwrap_or_default().to_owned()))
}

impl Question {
    fn want(&mut self, ask: Ask, file: &str, line: Option<(usize, String)>, by: String) {
        let wanted = Wanted { file: file.to_owned(), line, by };
        match self.asks.iter().position(|known| *known == ask) {
            Some(at) => self.wanted.get_mut(at).into_iter().for_each(|all| all.push(wanted.clone())),
            None => {
                self.asks.push(ask);
                self.wanted.push(vec![wanted]);
            }
        }
    }

    /// What is wrong by what the host said, in the order of what was asked.
    fn judge(&self, said: &[Said]) -> Vec<(&Wanted, String, String)> {
        let root = self.asks.iter().zip(said).find(|(ask, _)| **ask == Ask::Root).map(|(_, said)| *said);
        let mut all = Vec::new();
        for ((ask, wanted), said) in self.asks.iter().zip(&self.wanted).zip(said) {
            let (message, hint) = match (ask, said) {
                (_, Said::Yes) | (Ask::Root, Said::Unknown) => continue,
                (Ask::Tool(name), _) => (
                    format!("{name} is not found on {HOST}"),
                    "install it there, or say with host= where the step runs",
                ),
                (Ask::RootTool(name), _) if root == Some(Said::No) => (
                    format!("{name} is not found on {HOST} where root usually looks"),
                    "install it there; as nobody becomes root there, root itself could not look",
                ),
                (Ask::RootTool(name), _) => (
                    format!("{name} is not found on {HOST} as root"),
                    "install it there, or say with host= where the step runs",
                ),
                (Ask::Unit(name) | Ask::UserUnit(name), Said::No) => {
                    (format!("{HOST} has no unit {name}"), "correct units= or hosts= of the service")
                }
                (Ask::Unit(name) | Ask::UserUnit(name), Said::Unknown) => (
                    format!("{HOST} could not tell whether it has the unit {name}"),
                    "look there with systemctl status",
                ),
                (Ask::State(folder), _) => (
                    format!("neither {folder} nor /var/tmp can be written on {HOST}, so others would not see a run"),
                    "let the login write one of them, or set state_directory",
                ),
                (Ask::Root, Said::No) => (
                    format!("nobody becomes root on {HOST} without being asked"),
                    match self.host.become_root {
                        BecomeRoot::Never => "the site says become = \"never\" for it: take `root` away, or say how",
                        BecomeRoot::AlreadyRoot => "the site says that the login is root there, and it is not",
                        BecomeRoot::Sudo | BecomeRoot::Polkit => {
                            "sudo wants a password there or refuses: a run without a terminal would fail"
                        }
                    },
                ),
            };
            all.extend(wanted.iter().map(|one| (one, message.clone(), hint.to_owned())));
        }
        all
    }
}

/// Stands for the host in a message, until it is known on which others the same is so.
const HOST: char = '\0';

/// What is wrong by what the hosts said: the same of several hosts is told once.
pub fn judge(all: &[(&Question, Vec<Said>)]) -> Vec<Mistake> {
    let mut found: Vec<(&Wanted, String, String, Vec<&str>)> = Vec::new();
    for (question, said) in all {
        let host = question.host.name.as_str();
        for (wanted, message, hint) in question.judge(said) {
            let same = found.iter_mut().find(|(other, known, ..)| **other == *wanted && *known == message);
            match same {
                Some((_, _, _, hosts)) if hosts.contains(&host) => {}
                Some((_, _, _, hosts)) => hosts.push(host),
                None => found.push((wanted, message, hint, vec![host])),
            }
        }
    }
    let mistakes = found
        .into_iter()
        .map(|(wanted, message, hint, hosts)| wanted.mistake(&message.replace(HOST, &hosts.join(", ")), &hint));
    let mut mistakes: Vec<Mistake> = mistakes.collect();
    mistakes.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
    mistakes
}

/// Hosts of one environment that are the same machine, as they say themselves: what is run "on both" is run there twice,
/// and each is in the way of what the other keeps there.
pub fn same_machine(all: &[(&Question, String)]) -> Vec<Mistake> {
    let mut found: Vec<(&Question, &str, Vec<&str>)> = Vec::new();
    for (question, machine) in all.iter().filter(|(question, _)| question.host.name != here()) {
        let host = question.host.name.as_str();
        let same = found.iter_mut().find(|(other, known, _)| {
            known == machine && other.file == question.file && other.environment == question.environment
        });
        match same {
            Some((_, _, hosts)) => hosts.push(host),
            None => found.push((question, machine, vec![host])),
        }
    }
    let several = found.into_iter().filter(|(_, _, hosts)| hosts.len() > 1);
    let told = several.map(|(question, _, hosts)| {
        let message = format!("{} of {} are one machine", hosts.join(", "), question.environment);
        let hint =
            "name it once: a step on each of them is done twice there, and a rolling change takes both away at once";
        Mistake { severity: Severity::Warning, ..Mistake::of_file(&question.file, message) }.with_hint(hint)
    });
    told.collect()
}

impl Wanted {
    fn mistake(&self, message: &str, hint: &str) -> Mistake {
        let message = format!("{message} ({})", self.by);
        let file = Path::new(&self.file);
        let mut mistake = match &self.line {
            Some((line, text)) => {
                let mut mistake = Mistake::of_file(file, message);
                (mistake.line, mistake.column) = (*line, 1);
                mistake.source_line = crate::text::Foreign::from(text.as_str());
                mistake.length = text.len().clamp(1, 60);
                mistake
            }
            None => Mistake::of_file(file, message),
        };
        mistake.hint = Some(hint.to_owned());
        mistake
    }
}

fn of_part(environment: &Environment, procedure: &Procedure, part: &Part, questions: &mut [Question]) {
    if part.options.todo || part.misread.is_some() {
        return;
    }
    let wanted = tools(procedure, part);
    let runs = matches!(part.doing, Doing::Run(..) | Doing::Shift(..) | Doing::Request(..));
    if !runs {
        return;
    }
    let mut hosts: Vec<HostName> = Vec::new();
    for target in &part.options.targets {
        // Another rule tells of those that are not there; those that an input names are not known yet.
        hosts.extend(target.hosts(environment).unwrap_or_default());
    }
    for question in questions.iter_mut().filter(|one| hosts.contains(&one.host.name)) {
        let line = |line: usize| {
            let text = procedure.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
            Some((line, text.to_owned()))
        };
        let root = part.options.root;
        if root {
            question.want(Ask::Root, &procedure.file, line(part.line), part.id.to_string());
        }
        for tool in &wanted {
            let by = part.id.to_string();
            let ask =
                if root || tool.as_root { Ask::RootTool(tool.name.clone()) } else { Ask::Tool(tool.name.clone()) };
            question.want(ask, &procedure.file, line(tool.line), by);
        }
    }
}

fn of_services(environment: &Environment, file: &Path, text: &str, questions: &mut [Question]) {
    for service in &environment.services {
        if service.runtime == RuntimeKind::Compose {
            let line = line_with(text, &format!("[services.{}]", service.name));
            for question in questions.iter_mut().filter(|one| service.hosts.contains(&one.host.name)) {
                question.want(Ask::Tool("docker".to_owned()), &shown(file), line.clone(), service.name.to_string());
            }
            continue;
        }
        let units = service.units.iter().filter_map(|pattern| match pattern {
            UnitPattern::Exact(name) => Some(name.to_string()),
            UnitPattern::Glob(_) => None,
        });
        for name in units.filter(|name| !name.contains("@.")) {
            let stem = name.strip_suffix(".service").unwrap_or(&name);
            let line = line_with(text, &format!("\"{name}\"")).or_else(|| line_with(text, &format!("\"{stem}\"")));
            let ask = if service.user { Ask::UserUnit(name.clone()) } else { Ask::Unit(name.clone()) };
            for question in questions.iter_mut().filter(|one| service.hosts.contains(&one.host.name)) {
                question.want(ask.clone(), &shown(file), line.clone(), service.name.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn two_hosts_of_an_environment_that_are_one_machine_are_told() {
        let question = |environment: &str, name: &str| {
            let host = Host { name: HostName::new(name).unwrap(), ..this_machine().unwrap() };
            let (file, environment) = (PathBuf::from("site.toml"), environment.to_owned());
            Question { file, environment, host, asks: Vec::new(), wanted: Vec::new() }
        };
        let [one, two, three] = ["app-1", "app-2", "app-3"].map(|name| question("production", name));
        let (other, here) = (question("staging", "app-1"), question("production", here().as_str()));
        let on = |question, machine: &str| (question, machine.to_owned());
        let told =
            same_machine(&[on(&one, "a.1"), on(&two, "b.1"), on(&three, "a.1"), on(&other, "a.1"), on(&here, "a.1")]);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].message, "app-1, app-3 of production are one machine");
        assert_eq!(told[0].severity, Severity::Warning);
    }
}
