//! One folder of pure knowledge for each kind of runtime: which commands and calls to send, and what their bytes mean.
//!
//! Nothing here does input or output. What is sent to a host is built here as an argv, and what comes back
//! is read here from bytes, so that every parser can be fed with recorded answers.

pub mod backup;
pub mod clock;
pub mod compose;
pub mod danger;
pub mod host_facts;
mod host_facts_parse;
pub mod job;
pub mod journal;
pub mod journal_export;
pub mod lock;
mod lock_host;
pub mod metric_log;
pub mod metric_text;
pub mod mirror;
pub mod notice;
pub mod presence;
pub mod prometheus;
pub mod query_text;
pub mod releases;
pub mod room;
pub mod shell;
pub mod shell_text;
pub mod survey;
mod survey_parse;
pub mod systemd;
pub mod systemd_change;
pub mod systemd_list;
pub mod systemd_look;
pub mod systemd_props;
pub mod systemd_show;
pub mod systemd_time;
pub mod tail;
