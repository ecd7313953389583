//! Which site and environment is meant: from the command line, the user's file, or the only one there is.

use std::sync::Arc;

use super::{Exit, Where, local};
use crate::domain::{EnvName, Environment, Site};
use crate::site::{Places, UserFile, find, list, load, render};

/// Everything that was found before anything is opened.
#[derive(Debug)]
pub struct Found {
    /// What the person prefers.
    pub user: UserFile,
    /// The sites that can be opened.
    pub sites: Vec<Arc<Site>>,
    /// The one that was meant, if one was.
    pub site: Option<Arc<Site>>,
    /// Sentences about what was left out.
    pub notices: Vec<String>,
}

impl Found {
    /// The site that was meant.
    ///
    /// # Errors
    /// The exit code, after it was asked which of several is meant.
    pub fn one(&self) -> Result<&Arc<Site>, Exit> {
        self.site.as_ref().ok_or_else(|| {
            let names: Vec<&str> = self.sites.iter().map(|site| site.name.as_str()).collect();
            complain(Exit::Usage, &format!("which site? Name one: {}.", names.join(", ")))
        })
    }
}

/// Looks for the site that was named, or for all there are. What is wrong goes to standard error.
///
/// # Errors
/// The exit code, after the reason was printed.
pub fn look(wanted: &Where) -> Result<Found, Exit> {
    let places = super::output::here()?;
    let user = crate::site::load_user(&places).map_err(|mistakes| complain(Exit::Configuration, &render(&mistakes)))?;
    let named = wanted.site.as_ref().or(user.default_site.as_ref());
    if let Some(word) = named {
        let site = Arc::new(load_one(&places, word)?);
        return Ok(Found { user, sites: vec![Arc::clone(&site)], site: Some(site), notices: Vec::new() });
    }
    let (mut sites, mut notices) = (Vec::new(), Vec::new());
    for found in list(&places).into_iter().filter(|found| !found.shadowed) {
        match load(&places, &found) {
            Ok(site) => sites.push(Arc::new(site)),
            Err(mistakes) => notices.push(format!(
                "{} has {} and was left out: qd check {0}",
                found.name,
                if mistakes.len() == 1 { "a mistake".to_owned() } else { format!("{} mistakes", mistakes.len()) }
            )),
        }
    }
    if sites.is_empty() && notices.is_empty() && local::is_possible() {
        let site = Arc::new(local::this_machine()?);
        notices.push("no site yet, so this is the machine itself; qd init HOST… makes a site of others".to_owned());
        return Ok(Found { user, sites: vec![Arc::clone(&site)], site: Some(site), notices });
    }
    if sites.is_empty() {
        let folder = places.shown(&places.own_sites());
        let mut text = format!(
            "there is no site to open: none in {} and none in ./sites{}.\n\
             qd init HOST… looks at hosts over your ssh and writes one; qd drill shows the console on a fleet of its own.",
            crate::text::Foreign::from(folder.as_os_str().as_encoded_bytes()).plain(),
            if local::is_possible() { "" } else { ", and systemd does not run this machine" }
        );
        for notice in notices {
            text.push('\n');
            text.push_str(&notice);
        }
        return Err(complain(Exit::Configuration, &text));
    }
    let site = if sites.len() == 1 { sites.first().cloned() } else { None };
    Ok(Found { user, sites, site, notices })
}

fn load_one(places: &Places, word: &str) -> Result<Site, Exit> {
    let found = find(places, word).map_err(|error| {
        let hint = error.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
        complain(Exit::Usage, &format!("{error}{hint}"))
    })?;
    load(places, &found).map_err(|mistakes| complain(Exit::Configuration, &render(&mistakes)))
}

/// The site and the other words of a command that takes both: the first word is the site when one of that name or path
/// can be found and no option names it.
///
/// # Errors
/// The exit code, after the reason was printed.
pub fn site_and_words(option: Option<&str>, words: &[String]) -> Result<(Arc<Site>, Vec<String>), Exit> {
    let places = super::output::here()?;
    let (site, rest) = match (option, words.split_first()) {
        (Some(site), _) => (Some(site.to_owned()), words),
        (None, Some((first, rest))) if find(&places, first).is_ok() || is_folder(&places, first) => {
            (Some(first.clone()), rest)
        }
        (None, _) => (None, words),
    };
    let found = look(&Where { site, environment: None })?;
    Ok((Arc::clone(found.one()?), rest.to_vec()))
}

/// Whether a word is the folder of a site where there is no other: a path that lacks its slash, which is told.
fn is_folder(places: &Places, word: &str) -> bool {
    let has_default = || crate::site::load_user(places).map_or(true, |user| user.default_site.is_some());
    places.here.join(word).join(crate::site::SITE_FILE).is_file() && list(places).is_empty() && !has_default()
}

/// The environment that was named, or the only one there is. Production is never chosen silently: `None` when a
/// person has to choose.
///
/// # Errors
/// The exit code, after the reason was printed: the site has no environment of that name.
pub fn environment(site: &Site, wanted: Option<&str>) -> Result<Option<EnvName>, Exit> {
    match (wanted, site.environments.as_slice()) {
        (Some(word), all) => match all.iter().find(|known| known.name.as_str() == word) {
            Some(known) => Ok(Some(known.name.clone())),
            None => {
                let text = format!(
                    "{} has no environment of this name; it has {}.",
                    site.name,
                    names(all.iter().map(|known| known.name.as_str()))
                );
                Err(complain(Exit::Usage, &text))
            }
        },
        (None, [only]) if !only.protected => Ok(Some(only.name.clone())),
        (None, _) => Ok(None),
    }
}

/// The same for a command that can't ask.
///
/// # Errors
/// The exit code, after the reason was printed.
pub fn one_environment(site: &Site, wanted: Option<&str>) -> Result<Arc<Environment>, Exit> {
    let chosen = environment(site, wanted)?;
    let found = site.environments.iter().find(|known| Some(&known.name) == chosen.as_ref());
    found.map(|found| Arc::new(found.clone())).ok_or_else(|| {
        let all = names(site.environments.iter().map(|known| known.name.as_str()));
        complain(Exit::Usage, &format!("which environment of {}? Name one with -e: {all}.", site.name))
    })
}

/// Prints a sentence on standard error and hands the exit code on.
pub fn complain(exit: Exit, text: &str) -> Exit {
    super::output::complain(text);
    exit
}

/// Words with commas and a last "and".
fn names<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    match words.as_slice() {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
