//! Site files: found, read, resolved and validated, every mistake told with its place and what to do about it.
//!
//! [`find`] and [`list`] say which folders there are, [`load`] makes a [`Site`](crate::domain::Site) of one, [`look`] also keeps
//! warnings, and [`check()`] tells all that is wrong anywhere. Nothing here runs a command or opens a connection.

mod address;
mod approval;
mod approval_document;
mod brackets;
mod bytes;
pub mod check;
pub mod draft;
mod duration;
mod find;
mod folder;
mod json_rule;
mod lint;
mod load;
pub mod mistake;
mod names;
mod places;
pub mod procedure;
mod raw;
mod read;
mod resolve;
pub mod schema;
mod source;
mod status;
mod syntax;
mod trust;
pub mod unchanged;
mod units;
pub mod user;
mod variables;

#[cfg(test)]
mod docs_tests;
#[cfg(test)]
mod mistake_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod schema_tests;

pub use approval::{Examined, Outcome, Told, examine, list_trusted, trust, trust_examined, untrust};
pub use approval_document::approve_document;
pub use check::{Checked, check};
pub use duration::parse as parse_duration;
pub use find::{Found, NotFound, Origin, find, list};
pub use folder::reason as why;
pub use lint::{lint, live};
pub use load::{Commands, Look, Runs, Standing, load, load_built_in, load_embedded, look, parse};
pub use mistake::{Mistake, Severity, render};
pub use places::{Places, SITE_FILE};
pub use resolve::Resolved;
pub use trust::{Approval, Trust, approve, revoke};
pub use user::{Icons, UserFile, load as load_user, parse as parse_user};

pub(crate) use load::parse_file;
