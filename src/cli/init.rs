//! `qd init HOST…`: looks at hosts and writes a first site for them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::output::{complain, here, print};
use super::{Exit, Reaching, choose};
use crate::domain::host::SshAlias;
use crate::domain::{BecomeRoot, EnvName, Host, HostName, Reach, Shell, SiteName, Survey};
use crate::engine::{signals, survey};
use crate::site::draft::{Draft, Looked, NotPut, Wish, draft, put, site_name};
use crate::site::{Found, Origin, Places, SITE_FILE, Standing, look, render};
use crate::text::Foreign;

/// How long the ports of a host may take to tell of their health.
const PATIENCE: Duration = Duration::from_secs(15);
/// The word for this machine.
const LOCAL: &str = "local";

/// What may be said.
#[derive(Debug, Args)]
pub struct Init {
    /// Hosts: aliases of your ssh configuration, `user@host`, or `local` for this machine.
    #[arg(required = true, value_name = "HOST")]
    pub hosts: Vec<String>,
    /// Name of the site; made from the names of the hosts if left out.
    #[arg(long)]
    pub name: Option<String>,
    /// The folder for its site.toml; a new one among your own sites if left out.
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Name of its environment.
    #[arg(short, long, value_name = "ENV", default_value = "production")]
    pub environment: String,
}

/// Everything that is known before anybody is asked.
struct Prepared {
    places: Places,
    hosts: Vec<(Host, Option<SshAlias>)>,
    site: SiteName,
    environment: EnvName,
    folder: PathBuf,
}

/// Looks, writes and says what comes next.
pub fn run(init: &Init, reach: &Reaching) -> Exit {
    super::output::begin_log();
    match prepare(init).and_then(|prepared| make(init, reach, &prepared)) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn prepare(init: &Init) -> Result<Prepared, Exit> {
    let refuse = |text: &str| choose::complain(Exit::Usage, text);
    let places = here()?;
    let mut hosts: Vec<(Host, Option<SshAlias>)> = Vec::new();
    for word in &init.hosts {
        let alias = match word.as_str() {
            LOCAL => None,
            word => Some(SshAlias::new(word).map_err(|error| {
                let shown = Foreign::from(word).plain();
                refuse(&format!(
                    "`{shown}` can't be a host: {error}. A port, a key or a jump host gets a Host entry in ~/.ssh/config."
                ))
            })?),
        };
        if hosts.iter().any(|(_, known)| *known == alias) {
            return Err(refuse(&format!("{word} is there twice.")));
        }
        let reach = alias.clone().map_or(Reach::Local, Reach::Ssh);
        let name = HostName::new(word).map_err(|error| refuse(&error.to_string()))?;
        let host = Host { name, reach, tags: Vec::new(), become_root: BecomeRoot::default(), shell: Shell::Plain };
        hosts.push((host, alias));
    }
    let unseen: Vec<Looked> =
        hosts.iter().map(|(_, alias)| Looked { alias: alias.clone(), survey: Err(String::new()) }).collect();
    let of_folder = init.to.as_ref().filter(|_| init.name.is_none()).and_then(|folder| name_of(&places, folder));
    let word = init.name.clone().or(of_folder).unwrap_or_else(|| site_name(&unseen));
    let shown = |word: &str| Foreign::from(word).plain();
    let site = SiteName::new(&word)
        .map_err(|error| refuse(&format!("`{}` can't be the name of a site: {error}.", shown(&word))))?;
    let environment = EnvName::new(&init.environment).map_err(|error| {
        refuse(&format!("`{}` can't be the name of an environment: {error}.", shown(&init.environment)))
    })?;
    let folder = match &init.to {
        Some(folder) => places.here.join(folder),
        None => places.own_sites().join(site.as_str()),
    };
    // Known now is better than known after a minute of questions; `put` looks again.
    let file = folder.join(SITE_FILE);
    if file.symlink_metadata().is_ok() {
        return Err(there(&file));
    }
    Ok(Prepared { places, hosts, site, environment, folder })
}

/// The name of a folder, if it could be that of a site.
fn name_of(places: &Places, folder: &Path) -> Option<String> {
    let folder = places.here.join(folder);
    let name = folder.file_name()?.to_str()?.to_owned();
    SiteName::new(&name).is_ok().then_some(name)
}

fn there(file: &Path) -> Exit {
    let shown = Foreign::from(file.as_os_str().as_encoded_bytes()).plain();
    let text = format!("{shown} is there already, and is never written over: choose another --name or --to.");
    choose::complain(Exit::Usage, &text)
}

fn make(init: &Init, reach: &Reaching, prepared: &Prepared) -> Result<Exit, Exit> {
    let looked = see(reach, prepared)?;
    if looked.iter().all(|one| one.survey.is_err()) {
        return Err(choose::complain(Exit::Unavailable, "no host could be looked at, so nothing was written."));
    }
    let command: Vec<&str> = init.hosts.iter().map(String::as_str).collect();
    let named = prepared.folder.file_name().is_some_and(|name| name == prepared.site.as_str());
    let environment = prepared.environment.as_str();
    let (protected, colour) = match environment {
        word if word.starts_with("stag") || word.starts_with("test") => (false, "yellow"),
        word if word.starts_with("dev") || word.starts_with("lab") => (false, "green"),
        _ => (true, "red"),
    };
    let wish = Wish {
        name: (!named).then(|| prepared.site.to_string()),
        title: command.join(", "),
        environment: environment.to_owned(),
        protected,
        colour,
        origin: format!(
            "Written by `qd init {}` on {}.",
            command.join(" "),
            jiff::Timestamp::now().strftime("%Y-%m-%d")
        ),
    };
    let made = draft(&wish, &looked);
    let file = put(&prepared.places, &prepared.folder, &made.text).map_err(|error| match error {
        NotPut::There(file) => there(&file),
        NotPut::Bad(_) => choose::complain(Exit::Software, &error.to_string()),
        NotPut::Refused(..) => choose::complain(Exit::Output, &format!("{error}.")),
    })?;
    print(&told(reach, prepared, &looked, &made, &file))?;
    checked(prepared, &file)?;
    let all_seen = looked.iter().all(|one| one.survey.is_ok());
    Ok(if all_seen { Exit::Ok } else { Exit::Degraded })
}

/// Looks at all hosts; a signal ends it.
fn see(reach: &Reaching, prepared: &Prepared) -> Result<Vec<Looked>, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| choose::complain(Exit::Software, &format!("could not start: {error}")))?;
    let hosts: Vec<Host> = prepared.hosts.iter().map(|(host, _)| host.clone()).collect();
    complain(&format!("looking at {} …", hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(", ")));
    let tell = |host: &Host, looked: &Result<Survey, String>| {
        if let Err(why) = looked {
            complain(&format!("{}: {why}", host.name));
        }
    };
    let looking = survey::survey_all(hosts, reach.ssh_config.clone(), PATIENCE, tell);
    let seen = runtime.block_on(async {
        tokio::select! {
            seen = looking => Ok(seen),
            signal = signals::stopped() => Err(Exit::Signal(signal)),
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(600));
    let seen = seen?.map_err(|why| choose::complain(Exit::Software, &why))?;
    let aliases = prepared.hosts.iter().map(|(_, alias)| alias.clone());
    Ok(aliases.zip(seen).map(|(alias, survey)| Looked { alias, survey }).collect())
}

/// What was found, where it is, and what to type next.
fn told(reach: &Reaching, prepared: &Prepared, looked: &[Looked], made: &Draft, file: &Path) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    for (one, services) in looked.iter().zip(&made.on_host) {
        let Ok(survey) = &one.survey else {
            let _ = writeln!(text, "{}: not looked at; it is in the site, without services", one.word());
            continue;
        };
        let containers: usize =
            survey.engines.iter().map(|engine| engine.containers.as_ref().map_or(0, Vec::len)).sum();
        let ports = survey.listeners.len();
        let _ = write!(
            text,
            "{}: {}; {}, {}",
            one.word(),
            survey.system.plain(),
            several(*services, "service"),
            several(ports, "port")
        );
        let _ = match containers {
            0 => writeln!(text),
            some => writeln!(text, ", {} (only as a comment: they can't be operated yet)", several(some, "container")),
        };
        for gap in &survey.gaps {
            let _ = writeln!(text, "  not seen: {}", Foreign::from(gap).plain());
        }
    }
    let shown = Foreign::from(prepared.places.shown(file).as_os_str().as_encoded_bytes()).plain();
    let _ = writeln!(
        text,
        "\nwrote {shown}, and checked it: {} with {}",
        several(made.services, "service"),
        several(made.probes, "probe"),
    );
    let _ = writeln!(text, "what a host can't know is marked EDIT there\n\nnext:");
    let given = reach.ssh_config.as_ref().filter(|_| std::env::var_os("QD_SSH_CONFIG").is_none());
    let ssh = given.map_or_else(String::new, |file| {
        format!("--ssh-config {} ", Foreign::from(file.to_string_lossy().as_ref()).plain())
    });
    let word = if prepared.folder.parent() == Some(&prepared.places.own_sites()) {
        prepared.site.to_string()
    } else {
        let shown = prepared.places.shown(&prepared.folder);
        let shown = Foreign::from(shown.as_os_str().as_encoded_bytes()).plain();
        if shown.contains('/') { shown } else { format!("./{shown}") }
    };
    let _ = writeln!(text, "  qd {ssh}{word} -e {}", prepared.environment);
    let _ = writeln!(text, "  qd check {word}      # after each change of the file");
    text
}

/// Whether the loader takes it where it lies, as `qd` will.
fn checked(prepared: &Prepared, file: &Path) -> Result<(), Exit> {
    let found = Found {
        name: prepared.site.to_string(),
        folder: prepared.folder.clone(),
        origin: Origin::Path,
        shadowed: false,
    };
    let seen = look(&prepared.places, &found);
    if !seen.mistakes.is_empty() {
        complain(render(&seen.mistakes).trim_end());
    }
    if seen.site.is_none() {
        return Err(choose::complain(Exit::Configuration, &format!("{} can't be opened.", file.display())));
    }
    let inside = prepared.folder.starts_with(prepared.places.own_sites());
    if inside && seen.standing != Standing::Own {
        complain("others may change this folder, so commands that you add to the site need `qd trust`.");
    }
    Ok(())
}

fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
