//! The nouns of operation and their rules: plain data, no I/O, no clock, no screen.
//!
//! This room may use `text` and, from outside, only std, serde, jiff, strsim and, for queries, regex and
//! regex-syntax.

pub mod approval;
pub mod change;
pub mod channel;
pub mod clocks;
pub mod compose;
pub mod container;
pub mod count;
pub mod course;
mod decided;
pub mod fact;
pub mod github;
pub mod highlight;
pub mod host;
pub mod judge;
pub mod link;
pub mod lock;
pub mod log_source;
pub mod metric;
pub mod mistake;
pub mod motion;
pub mod name;
pub mod notices;
pub mod permit;
pub mod phrase;
pub mod place;
pub mod plan;
pub mod probe;
pub mod procedure;
pub mod query;
pub mod release;
pub mod roles;
pub mod run;
pub mod service;
pub mod site;
pub mod site_log;
pub mod site_word;
pub mod source;
pub mod standing;
mod standing_step;
pub mod state;
pub mod structure;
pub mod survey;
pub mod time;
pub mod unit;
pub mod verb;
pub mod when;
pub mod window;

pub use approval::{Approval, Quorum};
pub use change::Change;
pub use compose::Compose;
pub use count::Count;
pub use host::{BecomeRoot, Host, HostFacts, Reach, Shell};
pub use judge::{Evidence, judge};
pub use link::{Link, LinkFailure};
pub use lock::Lock;
pub use log_source::{Lane, LogSource};
pub use metric::Metric;
pub use mistake::Mistake;
pub use motion::Motion;
pub use name::{
    ChannelName, EnvName, HostName, InputName, LogName, PartId, ProbeName, ProcedureName, RoleName, ServiceName,
    SiteName,
};
pub use notices::Notices;
pub use permit::{Confirm, Permit};
pub use plan::Plan;
pub use probe::{Probe, ProbeReport, ProbeVerdict};
pub use procedure::{Procedure, ProcedurePlan};
pub use query::Query;
pub use release::Release;
pub use roles::Roles;
pub use run::{Run, RunId};
pub use service::{Expected, RuntimeKind, Service};
pub use site::{EnvColour, Environment, Queries, Site};
pub use site_word::SiteWord;
pub use source::Source;
pub use standing::Standing;
pub use state::{State, Verdict};
pub use survey::Survey;
pub use time::{Moment, Now};
pub use unit::{UnitFacts, UnitName};
pub use verb::Verb;
