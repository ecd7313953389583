//! `qd trust SITE`: lets a site from outside your configuration run its commands, until anything in it changes.

use clap::Args;

use super::output::{here, print};
use super::{Exit, change, choose};
use crate::site::{Examined, Outcome, Places, Told, examine, list_trusted, trust_examined, untrust};

/// Digits of a digest that are enough to mean it.
const DIGITS: usize = 12;

/// What to trust.
#[derive(Debug, Clone, Args)]
pub struct Trust {
    /// The site, by its name or path; or any Markdown file. What it would run is shown, and asked about.
    #[arg(required_unless_present = "list")]
    pub site: Option<String>,
    /// List what is trusted, and whether it has changed since.
    #[arg(long, conflicts_with_all = ["site", "revoke"])]
    pub list: bool,
    /// Take it back.
    #[arg(long)]
    pub revoke: bool,
    /// Show what it would run, and trust nothing.
    #[arg(long, conflicts_with_all = ["list", "revoke", "yes", "digest"])]
    pub show: bool,
    /// Trust it without asking, whatever is in it.
    #[arg(short, long, conflicts_with_all = ["list", "revoke", "digest"])]
    pub yes: bool,
    /// Trust it without asking if its SHA-256 begins so: 12 digits at least.
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["list", "revoke"])]
    pub digest: Option<String>,
}

/// Shows, records, lists or revokes.
pub fn run(arguments: &Trust) -> Exit {
    let places = match here() {
        Ok(places) => places,
        Err(exit) => return exit,
    };
    let told = match &arguments.site {
        Some(site) if arguments.revoke => Ok(untrust(&places, site)),
        Some(site) => trusted(arguments, &places, site),
        None => Ok(list_trusted(&places)),
    };
    let Told { outcome, text } = match told {
        Ok(told) => told,
        Err(exit) => return exit,
    };
    if let Err(exit) = print(&text) {
        return exit;
    }
    match outcome {
        Outcome::Done => Exit::Ok,
        Outcome::NoSite => Exit::Usage,
        Outcome::BadFiles => Exit::Configuration,
    }
}

/// What it would run is shown first; then a person says so, or a flag.
fn trusted(arguments: &Trust, places: &Places, site: &str) -> Result<Told, Exit> {
    let seen = match examine(places, site) {
        Ok(seen) => seen,
        Err(told) => return Ok(told),
    };
    let Examined { text, digest, shown, .. } = &seen;
    print(text)?;
    if arguments.show {
        print(&format!("sha256 {digest}\n"))?;
        return Ok(Told { outcome: Outcome::Done, text: format!("{shown} is not trusted\n") });
    }
    let short = digest.get(..DIGITS).unwrap_or(digest);
    let refused = |why: String| Err(choose::complain(Exit::Refused, &why));
    match &arguments.digest {
        Some(said) if said.len() >= DIGITS && digest.starts_with(&said.to_ascii_lowercase()) => {}
        Some(_) => {
            return refused(format!("{shown} is not what --digest says: its SHA-256 is {digest}. Nothing is trusted."));
        }
        None if arguments.yes => {}
        None => {
            let question = format!("Type yes to let {shown} run this, until anything in it changes: ");
            let Some(typed) = change::read_line(&question) else {
                return refused(format!(
                    "{shown} is not trusted, as nobody is there to say so: read what it would run, then say --digest {short}, \
                     or --yes for whatever is in it"
                ));
            };
            if typed.expose() != b"yes" {
                return refused(format!("{shown} is not trusted: nothing was recorded"));
            }
        }
    }
    Ok(trust_examined(places, site, &seen))
}
