//! The text of a first site. What came from a host goes through [`comment`], [`title`] or [`string`] and nothing else.

use std::fmt::Write as _;

use super::choose::{Chosen, Group, Picked};
use super::name::{Names, of_host};
use super::{Looked, Wish};
use crate::domain::Survey;
use crate::domain::survey::Rights;
use crate::text::Foreign;

/// Characters of a host's text that a comment or a title has at most.
const LONGEST: usize = 160;
/// Things of a kind that a comment names at most.
const NAMED: usize = 12;

/// Foreign text as one line of a comment: what could end the line is shown, not kept.
pub(super) fn comment(text: &Foreign) -> String {
    let clean = text.plain();
    // A second look at what TOML forbids in a comment, whatever the sanitizer may ever let through.
    let cut = clean.chars().map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c });
    cut.take(LONGEST).collect::<String>().trim().to_owned()
}

/// A word as a string of TOML.
pub(super) fn string(word: &str) -> String {
    let mut out = String::from("\"");
    for c in word.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // None comes here; one that did would still stay inside.
            c if c.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Foreign text as a string of TOML.
fn title(text: &Foreign) -> String {
    string(&comment(text))
}

/// The whole file.
pub(super) fn write(wish: &Wish, looked: &[Looked], chosen: &Chosen) -> String {
    let mut out = String::new();
    // Writing to a string can't fail.
    let _ = file(&mut out, wish, looked, chosen);
    out
}

fn file(out: &mut String, wish: &Wish, looked: &[Looked], chosen: &Chosen) -> std::fmt::Result {
    writeln!(out, "# {}", comment(&Foreign::from(&wish.origin)))?;
    writeln!(out, "# A first draft of what these hosts showed: change it as you like, and look for EDIT.")?;
    writeln!(out, "# `qd check` tells every mistake; `qd schema` is for editors; docs/site.md explains each key.\n")?;
    if let Some(name) = &wish.name {
        writeln!(out, "name = {}", string(name))?;
    }
    writeln!(out, "title = {}  # EDIT: one line about the system", title(&Foreign::from(&wish.title)))?;
    let used = Group::ALL.into_iter().filter(|group| chosen.services.iter().any(|service| service.group == *group));
    let tiers: Vec<String> = used.map(|group| format!("\"{}\"", group.heading())).collect();
    if !tiers.is_empty() {
        writeln!(out, "tiers = [{}]", tiers.join(", "))?;
    }
    writeln!(out, "\n[environments.{}]", key(&wish.environment))?;
    let what = if wish.protected { "a change asks for the name of what it changes" } else { "a change asks for `y`" };
    writeln!(out, "protected = {}  # EDIT: {what}", wish.protected)?;
    writeln!(out, "colour = \"{}\"", wish.colour)?;
    let names = hosts(out, wish, looked)?;
    for group in Group::ALL {
        let mut members = chosen.services.iter().filter(|service| service.group == group).peekable();
        if members.peek().is_some() {
            let what = match group {
                Group::Services => "units that somebody put on these hosts, and packages that listen on ports",
                Group::Packages => "packages that listen on no TCP port",
                Group::Jobs => "timers with what they start, and units that run to their end",
            };
            writeln!(out, "\n# {}: {what}.", group.heading())?;
        }
        for member in members {
            service(out, member, &names)?;
        }
    }
    if chosen.services.is_empty() {
        writeln!(out, "\n# No unit beyond the operating system's own was found. A service is written like this:")?;
        writeln!(out, "# [services.nginx]\n# hosts = \"all\"")?;
    }
    rest(out, looked, chosen, &names)
}

/// The hosts; returns their names.
fn hosts(out: &mut String, wish: &Wish, looked: &[Looked]) -> Result<Vec<String>, std::fmt::Error> {
    writeln!(out, "\n[environments.{}.hosts]", key(&wish.environment))?;
    let mut given = Names::default();
    let mut names = Vec::new();
    for one in looked {
        let name = given.give(of_host(one), "host");
        let mut keys = Vec::new();
        match &one.alias {
            Some(alias) if alias.as_str() != name => keys.push(format!("ssh = \"{}\"", alias.as_str())),
            Some(_) => {}
            None => keys.push("local = true".to_owned()),
        }
        match &one.survey {
            Ok(survey) => {
                writeln!(out, "# {}", about(survey, &name))?;
                keys.extend(becoming(survey.rights).map(|word| format!("become = \"{word}\"")));
                for gap in &survey.gaps {
                    writeln!(out, "# Not seen: {}", comment(&Foreign::from(gap)))?;
                }
            }
            Err(why) => writeln!(out, "# EDIT: it could not be looked at: {}", comment(&Foreign::from(why)))?,
        }
        let keys = if keys.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", keys.join(", ")) };
        writeln!(out, "{} = {keys}", key(&name))?;
        names.push(name);
    }
    Ok(names)
}

/// What kind of host it is and how one becomes root there.
fn about(survey: &Survey, name: &str) -> String {
    let login = comment(&survey.login);
    let login = if login.is_empty() { "this login".to_owned() } else { login };
    let how = match survey.rights {
        Rights::Root => format!("the login {login} is root already"),
        Rights::SudoGroup => format!("{login} is in a group that may use sudo"),
        Rights::Polkit => format!("polkit lets {login} manage units"),
        Rights::SudoUntried => {
            format!("there is a sudo; whether {login} may use it was not tried, as it would be reported")
        }
        Rights::Nothing => format!("neither sudo nor polkit lets {login} change anything: EDIT if there is a way"),
    };
    let system = comment(&survey.system);
    let hostname = comment(&survey.hostname);
    let hostname = if hostname == name { String::new() } else { format!("calls itself {hostname}") };
    let parts = [system, hostname].into_iter().filter(|part| !part.is_empty()).chain([how]);
    parts.collect::<Vec<_>>().join("; ")
}

fn becoming(rights: Rights) -> Option<&'static str> {
    match rights {
        Rights::Root => Some("root"),
        Rights::SudoGroup | Rights::SudoUntried => None,
        Rights::Polkit => Some("polkit"),
        Rights::Nothing => Some("never"),
    }
}

fn service(out: &mut String, service: &Picked, names: &[String]) -> std::fmt::Result {
    writeln!(out)?;
    for note in &service.notes {
        writeln!(out, "# {}", comment(&Foreign::from(note)))?;
    }
    writeln!(out, "[services.{}]", key(&service.name))?;
    if !service.title.raw().trim_ascii().is_empty() {
        writeln!(out, "title = {}", title(&service.title))?;
    }
    writeln!(out, "tier = \"{}\"", service.group.heading())?;
    if service.units != [format!("{}.service", service.name)] {
        writeln!(out, "units = {}", list(&service.units))?;
    }
    let hosts: Vec<String> = service.hosts.iter().filter_map(|host| names.get(*host)).cloned().collect();
    writeln!(out, "hosts = {}", list(&hosts))?;
    if service.group == Group::Jobs {
        writeln!(out, "expected = \"oneshot\"")?;
    }
    if !service.needs.is_empty() {
        let all: Vec<String> = service.needs.iter().map(|(name, _)| name.clone()).collect();
        let after: Vec<&str> =
            service.needs.iter().filter(|(_, required)| !required).map(|(name, _)| name.as_str()).collect();
        let why = match after.as_slice() {
            [] => "as its units say".to_owned(),
            after if after.len() == all.len() => "EDIT: its units only start after these".to_owned(),
            after => format!("EDIT: its units only start after {}", after.join(", ")),
        };
        writeln!(out, "depends_on = {}  # {why}", list(&all))?;
    }
    for circle in &service.circles {
        writeln!(out, "# It also names {circle}, which would close a circle.")?;
    }
    for probe in &service.probes {
        let mut keys = vec![format!("{} = {}", probe.key, string(&probe.address))];
        keys.extend(probe.status.map(|status| format!("status = \"{status}\"")));
        keys.extend(probe.from_host.then(|| "from = \"host\"".to_owned()));
        writeln!(
            out,
            "probes.{} = {{ {} }}  # {}",
            key(&probe.name),
            keys.join(", "),
            comment(&Foreign::from(&probe.note))
        )?;
    }
    Ok(())
}

/// What was seen and is not in the site.
fn rest(out: &mut String, looked: &[Looked], chosen: &Chosen, names: &[String]) -> std::fmt::Result {
    let engines = looked.iter().enumerate().flat_map(|(host, one)| {
        let engines = one.survey.as_ref().map(|survey| survey.engines.as_slice()).unwrap_or_default();
        engines.iter().map(move |engine| (host, engine))
    });
    let engines: Vec<_> =
        engines.filter(|(_, engine)| !matches!(&engine.containers, Ok(all) if all.is_empty())).collect();
    if !engines.is_empty() {
        writeln!(out, "\n# Containers can't be operated from here yet: there is no runtime for them. A service of")?;
        writeln!(out, "# `runtime = \"http\"` with a probe `from = \"host\"` watches their ports.")?;
    }
    for (host, engine) in engines {
        let host = names.get(host).map_or("", String::as_str);
        match &engine.containers {
            Err(why) => writeln!(out, "#   {host}: {} could not be asked: {}", engine.program, comment(why))?,
            Ok(all) => {
                for one in all.iter().take(NAMED) {
                    let (name, image, status) = (comment(&one.name), comment(&one.image), comment(&one.status));
                    writeln!(out, "#   {host}: {} {name} ({image}), {status}", engine.program)?;
                }
                more(out, all.len())?;
            }
        }
    }
    if !chosen.strays.is_empty() {
        writeln!(out, "\n# Ports that belong to none of the services above:")?;
        for (host, one) in chosen.strays.iter().take(NAMED) {
            let host = names.get(*host).map_or("", String::as_str);
            let unit = one.unit.as_ref().map_or_else(String::new, |unit| format!(", {unit}"));
            let process = if one.process.is_empty() { "not known whose".to_owned() } else { comment(&one.process) };
            writeln!(out, "#   {host}: {}:{} ({process}{unit})", one.host(), one.port)?;
        }
        more(out, chosen.strays.len())?;
    }
    if !chosen.beyond.is_empty() {
        writeln!(out, "\n# More units than a first draft takes; these are not in it:")?;
        let words: Vec<String> = chosen.beyond.iter().take(NAMED).map(|key| comment(&Foreign::from(key))).collect();
        writeln!(out, "#   {}", words.join(", "))?;
        more(out, chosen.beyond.len())?;
    }
    let mut left_out: Vec<&str> = chosen.left_out.iter().map(crate::domain::UnitName::as_str).collect();
    left_out.sort_unstable();
    left_out.dedup();
    if !left_out.is_empty() {
        let some = left_out.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        writeln!(out, "\n# Left out, as part of the operating system: {some}")?;
        more(out, left_out.len())?;
    }
    Ok(())
}

/// A line that says how many are not named.
fn more(out: &mut String, count: usize) -> std::fmt::Result {
    match count.checked_sub(NAMED) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "#   and {more} more"),
    }
}

/// One word, or a list of them.
fn list(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| string(word)).collect();
    match quoted.as_slice() {
        [one] => one.clone(),
        all => format!("[{}]", all.join(", ")),
    }
}

/// A name as a key: bare where TOML allows it.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_owned() } else { string(name) }
}
