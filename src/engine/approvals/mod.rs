//! Approvals of runs: files on the environment's lock host, each made once by whoever approves, and judged here by their
//! signatures.

mod keygen;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::approval::{Approval, Proof, Rules, Seen};
use crate::domain::{HostName, RunId};
use crate::engine::lock_host::{LockHost, Unanswered};
use crate::engine::transport::fresh_word;
use crate::runtimes::mirror::Name;
use crate::runtimes::releases::{self as protocol, Answer, File, Kind, LARGEST, OF_ONE_LOGIN, Shelf};

use crate::text::Foreign;

pub use keygen::sign;

/// An approval as a file.
#[derive(Debug, Serialize, Deserialize)]
struct Form {
    /// What was said, byte by byte as it was signed.
    approval: String,
    /// The signature, as ssh-keygen writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// The approvals on one lock host. Cheap to clone.
#[derive(Clone)]
pub struct Approvals {
    name: Name,
    host: LockHost,
}

/// What lies there for a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Those that make sense.
    pub seen: Vec<Seen>,
    /// How many files make none.
    pub unreadable: usize,
    /// Whether there are more than were read.
    pub more: bool,
}

impl Found {
    /// What of it was left out, as sentences without a full stop: so that nobody takes what is told for all there is.
    pub fn left_out(&self, host: &HostName) -> Vec<String> {
        let mut told = Vec::new();
        if self.more {
            let many = |login: &Foreign| self.seen.iter().filter(|seen| seen.login == *login).count() >= OF_ONE_LOGIN;
            let mut logins: Vec<String> =
                self.seen.iter().map(|seen| &seen.login).filter(|login| many(login)).map(Foreign::plain).collect();
            logins.sort();
            logins.dedup();
            let whose = match logins.as_slice() {
                [] => String::new(),
                some => format!(", most of them of the login {}", some.join(" and ")),
            };
            told.push(format!("more lies on {host} for this run than is read{whose}: have it removed there"));
        }
        if self.unreadable > 0 {
            told.push(format!("{} files for this run on {host} make no sense and are left out", self.unreadable));
        }
        told
    }
}

impl Approvals {
    /// Those at the end of this line.
    pub fn new(name: Name, host: LockHost) -> Self {
        Self { name, host }
    }

    /// The lock host.
    pub fn host(&self) -> &HostName {
        self.host.name()
    }

    /// Puts an approval there.
    ///
    /// # Errors
    /// Why it is not there, as a clause.
    pub async fn put(&self, approval: &Approval, signature: Option<String>) -> Result<(), String> {
        let form = Form { approval: approval.statement()?, signature };
        let mut bytes = serde_json::to_vec(&form).map_err(|error| error.to_string())?;
        bytes.push(b'\n');
        if bytes.len() > LARGEST {
            return Err("the signature is too large for the lock host".to_owned());
        }
        let (word, nonce, own) = (fresh_word(), fresh_word(), fresh_word());
        let file = File::Approval(&approval.run, &own);
        let answered = self.host.ask(protocol::put(&self.name, &word, file, &nonce, bytes)).await;
        match protocol::read(&answered.map_err(|why| why.told(self.host()))?, &word) {
            Answer::Done(..) => Ok(()),
            Answer::Refused(why) => Err(format!("the lock host {} can't be written ({})", self.host(), why.plain())),
            Answer::Odd => Err(Unanswered::Odd.told(self.host())),
        }
    }

    /// The approvals of a run, each judged by its signature.
    ///
    /// # Errors
    /// Why nothing is known, as a clause.
    pub async fn of(&self, run: &RunId, rules: &Rules) -> Result<Found, String> {
        let word = fresh_word();
        let answered = self.host.ask(protocol::list(&self.name, &word, Shelf::Approvals(run))).await;
        match protocol::read(&answered.map_err(|why| why.told(self.host()))?, &word) {
            Answer::Done(listed) => {
                let mut found = Found { more: listed.more, ..Found::default() };
                for entry in
                    listed.entries.into_iter().filter(|entry| entry.kind == Kind::Approval && entry.run == *run)
                {
                    let form = serde_json::from_slice::<Form>(&entry.wrote).ok();
                    let read = form.and_then(|form| Some((Approval::read(&form.approval)?, form)));
                    let Some((approval, form)) = read.filter(|(approval, _)| self.is_here(approval, run)) else {
                        found.unreadable += 1;
                        continue;
                    };
                    let proof = proof(&approval, &form, rules).await;
                    let signed = form.signature.filter(|_| proof == Proof::Proven);
                    let key = signed.and_then(|signature| keygen::key_of(&signature));
                    found.seen.push(Seen { approval, login: entry.maker.login, proof, key });
                }
                Ok(found)
            }
            Answer::Refused(why) => Err(format!("the lock host {} refuses ({})", self.host(), why.plain())),
            Answer::Odd => Err(Unanswered::Odd.told(self.host())),
        }
    }

    fn is_here(&self, approval: &Approval, run: &RunId) -> bool {
        approval.run == *run && approval.site == self.name.site && approval.environment == self.name.environment
    }
}

/// What is known of who said it.
async fn proof(approval: &Approval, form: &Form, rules: &Rules) -> Proof {
    match (&form.signature, &rules.signers) {
        (None, _) | (_, None) => Proof::Claimed,
        (Some(signature), Some(signers)) => judged(approval, &form.approval, signature, signers).await,
    }
}

/// Whether a signature is one of whoever it says, as the site knows them.
async fn judged(approval: &Approval, text: &str, signature: &str, signers: &crate::domain::approval::Signers) -> Proof {
    let Some(known) = &signers.text else {
        return Proof::Broken(format!("it is signed, and {} could not be read", signers.file));
    };
    match keygen::verify(text, signature, &approval.person, known).await {
        Ok(()) => Proof::Proven,
        Err(why) => Proof::Broken(format!(
            "its signature is not of a key that {} has for {} ({why})",
            signers.file, approval.person
        )),
    }
}

/// Whether what was just signed will be taken as proven.
///
/// # Errors
/// Why not, as a clause.
pub async fn holds(approval: &Approval, signature: &str, rules: &Rules) -> Result<(), String> {
    let Some(signers) = &rules.signers else { return Ok(()) };
    match judged(approval, &approval.statement()?, signature, signers).await {
        Proof::Proven => Ok(()),
        Proof::Claimed => Err("nobody's signature is known".to_owned()),
        Proof::Broken(why) => Err(why),
    }
}
