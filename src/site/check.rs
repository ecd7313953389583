//! `qd check`: everything that is wrong in the files, told at once.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::find::{Found, find, list};
use super::lint::{lint, taken_at_their_word};
use super::load::{Commands, Look, Standing, look, word_of};
use super::mistake::{Mistake, Severity, path, render};
use super::places::Places;
use super::trust::Trust;
use super::user;

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The report for a person; ends with a line end.
    pub text: String,
    /// Everything that was found, file by file.
    pub mistakes: Vec<Mistake>,
    /// Words that mean no site.
    pub not_found: usize,
}

impl Checked {
    /// Whether some file can't be used.
    pub fn is_bad(&self) -> bool {
        self.mistakes.iter().any(|mistake| mistake.severity == Severity::Mistake)
    }

    fn take(&mut self, mistakes: Vec<Mistake>) {
        if !mistakes.is_empty() {
            self.line("");
            self.text.push_str(&render(&mistakes));
            self.line("");
        }
        self.mistakes.extend(mistakes);
    }

    fn line(&mut self, line: &str) {
        let again = line.is_empty() && (self.text.is_empty() || self.text.ends_with("\n\n"));
        if !again {
            self.text.push_str(line);
            self.text.push('\n');
        }
    }
}

/// A file of the person's that is checked elsewhere: what it is called, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The file.
    pub file: PathBuf,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
}

/// Checks the sites that `words` mean; without words all that can be found, the user file, the record of trust, and
/// what the `others` say of the person's further files. Procedures are judged as they are on the day `today`.
pub fn check(places: &Places, words: &[String], others: &[Other], today: Date) -> Checked {
    let mut checked = Checked::default();
    if words.is_empty() {
        check_user(places, &mut checked);
        for Other { file, mistakes } in others {
            checked.line(&format!("{}: {}", path(file), verdict(mistakes)));
            checked.take(mistakes.clone());
        }
        let all = list(places);
        if all.is_empty() {
            let (own, here) = (path(&places.own_sites()), path(&places.sites_here()));
            checked.line(&format!("no sites in {own} nor in {here}"));
        }
        all.iter().for_each(|found| check_site(places, found, today, &mut checked));
    }
    for word in words {
        match find(places, word) {
            Ok(found) => check_site(places, &found, today, &mut checked),
            Err(error) => {
                checked.not_found += 1;
                checked.line(&error.message);
                if let Some(hint) = error.hint {
                    checked.line(&format!("  = {hint}"));
                }
            }
        }
    }
    let (mistakes, warnings) = count(&checked.mistakes);
    if mistakes + warnings > 0 {
        let text = format!("{}, {}", several(mistakes, "mistake"), several(warnings, "warning"));
        checked.line("");
        checked.line(&text);
    }
    checked.text = checked.text.trim_end().to_owned() + "\n";
    checked
}

fn check_user(places: &Places, checked: &mut Checked) {
    let file = places.user_file();
    let (_, mistakes) = user::look(places);
    if file.symlink_metadata().is_ok() {
        checked.line(&format!("{}: {}", path(&places.shown(&file)), verdict(&mistakes)));
    }
    checked.take(mistakes);
    checked.take(Trust::read(places).mistakes);
}

fn check_site(places: &Places, found: &Found, today: Date, checked: &mut Checked) {
    let Look { site, mut mistakes, standing, .. } = look(places, found);
    let folder = places.shown(&found.folder);
    // Rules know a file as it is called in its site.
    let judged = site.iter().flat_map(|site| lint(site, today));
    mistakes.extend(judged.map(|mistake| Mistake { file: folder.join(&mistake.file), ..mistake }));
    mistakes
        .sort_by(|one, other| one.file.cmp(&other.file).then((one.line, one.column).cmp(&(other.line, other.column))));
    let folder = path(&folder);
    let mut line = format!("{} ({folder}): {}", found.name, verdict(&mistakes));
    if let Some(site) = &site {
        let names: Vec<String> = site.environments.iter().map(|environment| environment.name.to_string()).collect();
        let services = site.environments.iter().map(|environment| environment.services.len()).max().unwrap_or(0);
        let hosts: usize = site.environments.iter().map(|environment| environment.hosts.len()).sum();
        let parts = [several(services, "service"), several(hosts, "host"), listed(&names)];
        // Writing to a string can't fail.
        let _ = write!(line, "; {}", parts.join(", "));
        let commands = Commands::of(site).len();
        let word = word_of(found).only_path().map_or_else(|| found.name.clone(), str::to_owned);
        if standing == Standing::Untrusted && commands > 0 {
            let what = several(commands, "command");
            let _ = write!(line, "; not trusted: {what} will not run until `qd trust {}`", word);
        }
    }
    if found.shadowed {
        let _ = write!(line, "; one of the same name comes first, use its path to open it");
    }
    checked.line(&line);
    let locks = site.iter().flat_map(|site| &site.environments).filter(|environment| environment.lock_host.is_some());
    let locks: Vec<String> = locks.map(|environment| environment.name.to_string()).collect();
    if !locks.is_empty() {
        checked.line(&format!(
            "  lock_host of {}: procedures with lock = true keep each other away; a restart by hand takes no lock, and asks for \
             the environment's name while somebody has it",
            listed(&locks)
        ));
    }
    let declared = site.iter().flat_map(taken_at_their_word).collect::<Vec<_>>();
    if !declared.is_empty() {
        let (parts, say) = if declared.len() == 1 { ("part", "says") } else { ("parts", "say") };
        checked.line(&format!(
            "  {} {parts} {say} danger=read where nobody can see that it only reads; the plan says \"declared\":",
            declared.len()
        ));
        let mut files: Vec<(&str, Vec<String>)> = Vec::new();
        for (file, line, part) in &declared {
            let place = format!("{line} {part}");
            match files.last_mut().filter(|(last, _)| last == file) {
                Some((_, places)) => places.push(place),
                None => files.push((file, vec![place])),
            }
        }
        for (file, places) in files {
            checked.line(&format!("    {}: {}", path(Path::new(file)), places.join(", ")));
        }
    }
    checked.take(mistakes);
}

/// Words with commas and a last "and".
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn verdict(mistakes: &[Mistake]) -> String {
    match count(mistakes) {
        (0, 0) => "good".to_owned(),
        (0, warnings) => format!("good, with {}", several(warnings, "warning")),
        (mistakes, 0) => several(mistakes, "mistake"),
        (mistakes, warnings) => format!("{} and {}", several(mistakes, "mistake"), several(warnings, "warning")),
    }
}

fn count(mistakes: &[Mistake]) -> (usize, usize) {
    let bad = mistakes.iter().filter(|mistake| mistake.severity == Severity::Mistake).count();
    (bad, mistakes.len() - bad)
}

fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_called_the_same_by_whoever_finds_something_in_it() {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().canonicalize().unwrap();
        let places =
            Places { config: at.join("config"), state: at.join("state"), data: at.join("data"), here: at.clone() };
        let folder = at.join("sites/shop/procedures");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(at.join("sites/shop/site.toml"), "[environments.prod.hosts]\nweb-1 = {}\n").unwrap();
        let text = "# X\n\n```sh {#a host=web-9}\nid\n```\n\n```sh {#b tiemout=3m}\nid\n```\n\n```json\n{}\n";
        std::fs::write(folder.join("x.md"), text).unwrap();
        let checked = check(&places, &["shop".to_owned()], &[], Date::constant(2026, 11, 21));
        // From the attributes, from a rule, and from what nothing closes; in the order of the file.
        let places: Vec<&str> =
            checked.text.lines().filter(|line| line.starts_with("sites/shop/procedures/x.md:")).collect();
        assert_eq!(places.len(), 3, "{}", checked.text);
        for (line, place) in [3, 7, 11].into_iter().zip(places) {
            assert!(place.starts_with(&format!("sites/shop/procedures/x.md:{line}:")), "{place}");
        }
    }
}
