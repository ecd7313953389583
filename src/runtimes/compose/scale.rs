//! The command that lets so many containers of a service run: where Compose finds its project on the host, and what it
//! may do there and what not.

use super::NoCommand;
use crate::domain::Compose;
use crate::domain::container::{Composer, Containers, Made};
use crate::domain::count::Count;
use crate::text::Foreign;

/// Longest path that is taken, as Linux takes it.
const LONGEST: usize = 4096;

/// Where Compose finds a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Project {
    folder: Option<String>,
    files: Vec<String>,
    variables: Vec<String>,
}

/// The command, without what makes it root. Compose makes and removes containers by it and leaves those that stay as they
/// are, whatever became of its files since (`--no-recreate`); it builds no image and touches no other service.
pub(super) fn scale(count: Count, of: &Compose, known: &Containers) -> Result<Vec<String>, NoCommand> {
    let composer: &[&str] = match known.composer {
        Some(Composer::Plugin) => &["docker", "compose"],
        Some(Composer::Alone) => &["docker-compose"],
        None => return Err(NoCommand::NoCompose),
    };
    let project = project(of, known)?;
    let mut argv: Vec<String> =
        ["env", "-u", "QD_LINK"].iter().chain(composer).map(|word| (*word).to_owned()).collect();
    let mut option = |name: &str, value: String| argv.extend([name.to_owned(), value]);
    option("-p", of.project.clone());
    project.folder.into_iter().for_each(|folder| option("--project-directory", folder));
    project.files.into_iter().for_each(|file| option("-f", file));
    project.variables.into_iter().for_each(|file| option("--env-file", file));
    argv.extend(["up", "-d", "--no-deps", "--no-recreate", "--no-build", "--scale"].map(str::to_owned));
    argv.extend([format!("{}={count}", of.service), of.service.clone()]);
    Ok(argv)
}

/// What the site says counts; what it does not say is taken from what Compose wrote on the containers.
fn project(of: &Compose, known: &Containers) -> Result<Project, NoCommand> {
    let said = said(of);
    let written = match written(known) {
        Ok(written) => written,
        // What they disagree about is not needed.
        Err(NoCommand::Several(_)) if said.folder.is_some() && !said.files.is_empty() => Project::default(),
        Err(why) => return Err(why),
    };
    let project = Project {
        folder: said.folder.or(written.folder),
        files: if said.files.is_empty() { written.files } else { said.files },
        variables: written.variables,
    };
    if project.folder.is_none() && project.files.is_empty() {
        return Err(NoCommand::NoFiles);
    }
    let all = project.folder.iter().chain(&project.files).chain(&project.variables);
    match all.into_iter().find(|path| !is_plain(path)) {
        Some(_) => Err(NoCommand::OddPath),
        None => Ok(project),
    }
}

fn said(of: &Compose) -> Project {
    let folder = of.folder.clone();
    let files = of.files.iter().map(|file| inside(folder.as_deref(), file)).collect();
    Project { folder, files, variables: Vec::new() }
}

/// What is written on the containers, where they agree.
fn written(known: &Containers) -> Result<Project, NoCommand> {
    let mut all: Vec<Project> = Vec::new();
    for project in known.all.iter().filter_map(|one| read(&one.made)) {
        if !all.contains(&project) {
            all.push(project);
        }
    }
    if all.len() > 1 {
        return Err(NoCommand::Several(all.len()));
    }
    Ok(all.pop().unwrap_or_default())
}

/// `None` for a container on which nothing is written.
fn read(made: &Made) -> Option<Project> {
    let text = |label: &Foreign| String::from_utf8_lossy(label.raw()).into_owned();
    let folder = Some(text(&made.folder)).filter(|folder| !folder.is_empty());
    let paths = |label: &Foreign| -> Vec<String> {
        let label = text(label);
        label.split(',').filter(|path| !path.is_empty()).map(|path| inside(folder.as_deref(), path)).collect()
    };
    let (files, variables) = (paths(&made.files), paths(&made.variables));
    let project = Project { folder, files, variables };
    (project != Project::default()).then_some(project)
}

/// The whole path of a file: the older Compose writes it as it was typed in the folder, and the newer one would look for it
/// where it is called.
fn inside(folder: Option<&str>, file: &str) -> String {
    match folder {
        Some(folder) if !file.starts_with('/') => format!("{}/{file}", folder.trim_end_matches('/')),
        Some(_) | None => file.to_owned(),
    }
}

/// Whether a path is a whole one that looks like what it is.
fn is_plain(path: &str) -> bool {
    path.starts_with('/') && path.len() <= LONGEST && Foreign::from(path).plain() == path
}

/// Where the site names other files than those of which the containers were made: those, as one text.
pub fn differs(of: &Compose, known: &Containers) -> Option<Foreign> {
    let said = said(of);
    if said.files.is_empty() {
        return None;
    }
    let written = known.all.iter().filter_map(|one| read(&one.made)).filter(|written| !written.files.is_empty());
    let other = written.into_iter().find(|written| written.files != said.files)?;
    Some(other.files.join(", ").into())
}

#[cfg(test)]
#[path = "scale_tests.rs"]
mod tests;
