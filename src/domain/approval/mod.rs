//! Approvals: how many people with a role must have looked at the whole plan of a run before it may go ahead, and what
//! each of them said, bound to exactly that plan.

mod count;
#[cfg(test)]
mod count_tests;
mod statement;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::name::{EnvName, ProcedureName, RoleName, SiteName};
use super::run::RunId;
use crate::text::Foreign;

pub use count::{Asked, Counted};

/// How long an approval counts where nothing else is said.
pub const COUNTS: Duration = Duration::from_secs(24 * 3600);

/// Who must approve, and how many of them: `approve="2 of lead"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// So many different people.
    pub count: u32,
    /// Each with this role.
    pub role: RoleName,
    /// Whether nobody's own run counts as approved by them, as this item says; a site may say so of all.
    pub not_self: bool,
}

impl Quorum {
    /// In words: `2 of lead`.
    pub fn told(&self) -> String {
        let others = if self.not_self { ", not by oneself" } else { "" };
        format!("{} of {}{others}", self.count, self.role)
    }
}

/// What a site says of all approvals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Who may sign, in the form of `ssh-keygen`; nothing where the site names no such file.
    pub signers: Option<Signers>,
    /// Whether an approval counts that nobody has signed.
    pub claimed: bool,
    /// Whether nobody's own run counts as approved by them.
    pub not_self: bool,
    /// How long an approval counts where the item says nothing.
    pub expires: Option<Duration>,
}

/// The file of those whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signers {
    /// Its name, as the site says it.
    pub file: String,
    /// What is in it, as it was when the site was read; nothing when that could not be.
    pub text: Option<Arc<[u8]>>,
}

/// What an approval is bound to: digests of 64 hexadecimal digits. When one of them is another, it counts no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The document with those that it calls, the inputs, and every command on every host.
    pub plan: String,
    /// The hosts and services of the environment, and how they are reached.
    pub inventory: String,
    /// What is released: version, commit and images, as far as they are known.
    pub version: String,
}

impl Bound {
    /// What of it is another one now, in words.
    pub fn changed(&self, now: &Bound) -> Option<&'static str> {
        if self.version != now.version {
            return Some("what is released is another version, commit or image now");
        }
        if self.inventory != now.inventory {
            return Some("the hosts and services of the environment are others now");
        }
        (self.plan != now.plan)
            .then_some("the plan is another one now: its document, its inputs or its commands changed")
    }

    /// Enough of the plan's digest to tell plans apart.
    pub fn short(&self) -> &str {
        self.plan.get(..12).unwrap_or(&self.plan)
    }
}

/// What somebody said: that the plan of this run may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The run.
    pub run: RunId,
    /// Its site.
    pub site: SiteName,
    /// Its environment.
    pub environment: EnvName,
    /// Its procedure.
    pub procedure: ProcedureName,
    /// Exactly this plan of it.
    pub bound: Bound,
    /// Who says so: the name by which roles know them, and the one by which their key is known.
    pub person: String,
    /// From where.
    pub workstation: String,
    /// When, by the clock there.
    pub at: Timestamp,
}

/// What is known of who it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Signed with a key that the site knows as theirs.
    Proven,
    /// Nobody signed it, or the site knows nobody's key.
    Claimed,
    /// It is signed, and that does not hold or could not be judged: why.
    Broken(String),
}

/// An approval as it lies on the lock host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What was said.
    pub approval: Approval,
    /// The login on the lock host to which the file belongs.
    pub login: Foreign,
    /// What is known of who it was.
    pub proof: Proof,
    /// Of what is proven, the key: of several names that it stands for one counts.
    pub key: Option<String>,
}

impl Seen {
    /// `proven` or `claimed`.
    pub fn word(&self) -> &'static str {
        match self.proof {
            Proof::Proven => "proven",
            Proof::Claimed => "claimed",
            Proof::Broken(_) => "not proven",
        }
    }
}
