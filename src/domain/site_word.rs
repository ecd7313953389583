//! The word with which a command line means a site that is open here.

use std::sync::Arc;

use super::name::{EnvName, SiteName};

/// How a site is meant: by its name, or by the path of its folder where its name means another one or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteWord(Option<Arc<str>>);

impl SiteWord {
    /// By this path alone, as a shell takes it: in quotes where it needs some.
    pub fn path(quoted: &str) -> Self {
        Self(Some(quoted.into()))
    }

    /// The word, as a shell takes it.
    pub fn of(&self, site: &SiteName) -> String {
        self.only_path().map_or_else(|| site.to_string(), str::to_owned)
    }

    /// The path, where nothing else opens the site.
    pub fn only_path(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// What stands behind a command that knows the environment by itself, with a space before it: nothing, or the path.
    pub fn alone(&self) -> String {
        self.only_path().map(|path| format!(" {path}")).unwrap_or_default()
    }

    /// What stands behind a command that otherwise finds its site by itself, with a space before it: nothing, or the path
    /// and the environment.
    pub fn behind(&self, environment: &EnvName) -> String {
        self.only_path().map(|path| format!(" {path} -e {environment}")).unwrap_or_default()
    }

    /// What stands behind a command about something of an environment that the reader's machine may not know, with a space
    /// before it: the environment, behind the path where only that opens the site.
    pub fn with(&self, environment: &EnvName) -> String {
        format!("{} -e {environment}", self.alone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_site_that_only_its_path_opens_is_called_by_it() {
        let (site, lab) = (SiteName::new("box").unwrap(), EnvName::new("lab").unwrap());
        let path = SiteWord::path("'/srv/our sites/box'");
        assert_eq!(
            (path.of(&site).as_str(), path.behind(&lab).as_str()),
            ("'/srv/our sites/box'", " '/srv/our sites/box' -e lab")
        );
        assert_eq!((path.alone().as_str(), SiteWord::default().alone().as_str()), (" '/srv/our sites/box'", ""));
        let name = SiteWord::default();
        assert_eq!((path.with(&lab).as_str(), name.with(&lab).as_str()), (" '/srv/our sites/box' -e lab", " -e lab"));
        assert_eq!((name.of(&site).as_str(), name.behind(&lab).as_str(), name.only_path()), ("box", "", None));
    }
}
