//! A site: one system under operation, resolved and validated, ready to be watched.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::approval::Rules;
use super::channel::{Channels, Silent};
use super::github::GitHub;
use super::highlight::{Highlight, SavedFilter};
use super::host::Host;
use super::name::{EnvName, HostName, ProcedureName, ServiceName, SiteName};
use super::procedure::{Language, Procedure};
use super::roles::Roles;
use super::service::Service;
use super::site_log::SiteLog;
use super::site_word::SiteWord;
use super::source::Source;
use super::window::Windows;
use crate::text::Foreign;

/// Where records are kept on hosts when nothing is said.
pub const STATE_DIRECTORY: &str = "/var/lib/quarterdeck";

/// One system under operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its name.
    pub name: SiteName,
    /// One line about it.
    pub title: Foreign,
    /// Its folder; `None` for one that is built in.
    pub folder: Option<PathBuf>,
    /// SHA-256 over all its files, 64 hexadecimal digits: what `qd trust` approves.
    pub digest: String,
    /// Whether commands from its files may run.
    pub trusted: bool,
    /// Its environments, in the order of the file.
    pub environments: Vec<Environment>,
}

/// A file of a site as it was when the site was read: its digest tells whether it is still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRead {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of what was in it, 64 hexadecimal digits.
    pub digest: String,
}

/// One environment with everything that runs in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// The site it belongs to.
    pub site: SiteName,
    /// The word that opens its site.
    pub word: SiteWord,
    /// Its name.
    pub name: EnvName,
    /// Whether destructive actions ask for the target's name.
    pub protected: bool,
    /// The colour of its band.
    pub colour: EnvColour,
    /// Variables for probes, commands and procedures, `site` and `environment` among them.
    pub variables: BTreeMap<String, String>,
    /// Where its lock is kept.
    pub lock_host: Option<HostName>,
    /// The logins on its lock host whose records of releases count for gates.
    pub release_logins: Vec<String>,
    /// Directory for our records on its hosts.
    pub state_directory: String,
    /// The programs that are given queries where a step names none.
    pub queries: Queries,
    /// Where its code is kept.
    pub source: Option<Arc<Source>>,
    /// The roles of its site: who may waive, approve and allow what others may not.
    pub roles: Arc<Roles>,
    /// What its site says of approvals.
    pub approvals: Arc<Rules>,
    /// When it may be changed.
    pub windows: Windows,
    /// The other environments of its site, of each only its name, its lock host, and where and whose records are kept there.
    pub others: Arc<[Environment]>,
    /// Its hosts, in the order of the file.
    pub hosts: Vec<Host>,
    /// Its services, in the order of the file.
    pub services: Vec<Service>,
    /// Logs beside those of units and containers, in the order of the file.
    pub logs: Vec<SiteLog>,
    /// The channels of its site, and who hears what of the runs here.
    pub channels: Arc<Channels>,
    /// What its site marks in logs.
    pub highlights: Arc<[Highlight]>,
    /// The filters for logs that its site has names for.
    pub filters: Arc<[SavedFilter]>,
    /// Where its code lies at GitHub, if the site says so.
    pub github: Option<Arc<GitHub>>,
    /// The procedures that may be used in it, by their names in the order of the alphabet.
    pub procedures: Vec<Arc<Procedure>>,
    /// Whether commands from the site's files may run.
    pub trusted: bool,
    /// The files that say who may approve, what is allowed when and what its services are; none of what is built in.
    pub read: Arc<[FileRead]>,
}

/// Programs with their arguments that are given queries on their standard input; empty: there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queries {
    /// For SQL.
    pub sql: Vec<String>,
    /// For PromQL.
    pub promql: Vec<String>,
}

impl Queries {
    /// The program that takes this language; `None` for a shell's, and where there is none.
    pub fn of(&self, language: Language) -> Option<&[String]> {
        let program = match language {
            Language::Sh | Language::Bash => return None,
            Language::Sql => &self.sql,
            Language::PromQl => &self.promql,
        };
        (!program.is_empty()).then_some(program.as_slice())
    }
}

impl Environment {
    /// One in which nothing runs yet, that is not trusted, and of which nothing else is said.
    pub fn new(site: SiteName, name: EnvName) -> Self {
        Self {
            site,
            word: SiteWord::default(),
            name,
            protected: false,
            colour: EnvColour::default(),
            variables: BTreeMap::new(),
            lock_host: None,
            release_logins: Vec::new(),
            state_directory: STATE_DIRECTORY.to_owned(),
            queries: Queries::default(),
            roles: Arc::default(),
            approvals: Arc::default(),
            source: None,
            channels: Arc::default(),
            highlights: Arc::default(),
            filters: Arc::default(),
            windows: Windows::default(),
            github: None,
            procedures: Vec::new(),
            others: Arc::default(),
            hosts: Vec::new(),
            services: Vec::new(),
            logs: Vec::new(),
            trusted: false,
            read: Arc::default(),
        }
    }

    /// Why nothing is told to the channel of this name, if so.
    pub fn silent(&self, channel: &str) -> Option<Silent> {
        if self.channels.get(channel).is_none() {
            return Some(Silent::Missing);
        }
        if !self.trusted {
            return Some(Silent::Untrusted);
        }
        self.channels.drill.then_some(Silent::Drill)
    }

    /// The procedure of this name.
    pub fn procedure(&self, name: &ProcedureName) -> Option<&Arc<Procedure>> {
        self.procedures.iter().find(|procedure| procedure.name == *name)
    }

    /// The service of this name.
    pub fn service(&self, name: &ServiceName) -> Option<&Service> {
        self.services.iter().find(|service| service.name == *name)
    }

    /// The host of this name.
    pub fn host(&self, name: &HostName) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == *name)
    }

    /// This one as the others of its site know it: see `others`.
    pub fn from_afar(&self) -> Self {
        let is_lock_host = |host: &&Host| self.lock_host.as_ref() == Some(&host.name);
        Self {
            lock_host: self.lock_host.clone(),
            release_logins: self.release_logins.clone(),
            state_directory: self.state_directory.clone(),
            hosts: self.hosts.iter().filter(is_lock_host).cloned().collect(),
            ..Self::new(self.site.clone(), self.name.clone())
        }
    }

    /// The services that name `of` in their `depends_on`.
    pub fn needed_by<'a>(&'a self, of: &'a ServiceName) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(move |service| service.depends_on.contains(of))
    }
}

/// The colour of an environment's band: a role of the theme, never a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EnvColour {
    /// For what must not be touched by mistake.
    Red,
    /// For what comes before it.
    Yellow,
    /// For what may break.
    Green,
    /// For anything.
    #[default]
    Blue,
    /// For anything.
    Purple,
    /// For anything.
    Grey,
}
