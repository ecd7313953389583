//! What a taker says of themselves, as it lies on the lock host. That of others may hold anything.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::lock::{Beside, Broken, Holder};
use crate::domain::{Lock, RunId};
use crate::runtimes::lock::{LARGEST, Seen};
use crate::text::Foreign;

/// Longer is no name of a person or a workstation, no message and no reason, in bytes.
const WORDS: usize = 500;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Form {
    person: String,
    workstation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    at: String,
}

impl Form {
    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes.get(..LARGEST.min(bytes.len())).unwrap_or_default()).unwrap_or_default()
    }
}

pub(super) fn taken(holder: &Holder) -> Vec<u8> {
    let form = Form {
        person: cut(&holder.person),
        workstation: cut(&holder.workstation),
        run: holder.run.as_ref().map(ToString::to_string),
        message: cut(&holder.message),
        reason: String::new(),
        at: holder.since.map(|at| at.to_string()).unwrap_or_default(),
    };
    form.bytes()
}

pub(super) fn given_up(person: &str, workstation: &str, reason: &str, at: Timestamp) -> Vec<u8> {
    let form = Form {
        person: cut(person),
        workstation: cut(workstation),
        reason: cut(reason),
        at: at.to_string(),
        ..Form::default()
    };
    form.bytes()
}

/// The lock as it was seen. Who says nothing that can be read is known by their login.
pub(super) fn lock(seen: Seen) -> Lock {
    let login = seen.login.plain();
    let said = |word: &str, else_: &str| {
        let word = clean(word);
        if word.is_empty() { else_.to_owned() } else { word }
    };
    let form = Form::read(&seen.who);
    let holder = Holder {
        person: said(&form.person, &login),
        workstation: said(&form.workstation, "from somewhere"),
        run: form.run.as_deref().and_then(RunId::new),
        message: clean(&form.message),
        since: form.at.parse().ok(),
    };
    let broken = seen.broken.map(|(login, who)| {
        let form = Form::read(&who);
        Broken {
            person: said(&form.person, &login.plain()),
            workstation: said(&form.workstation, "from somewhere"),
            reason: said(&form.reason, "no reason given"),
            login,
        }
    });
    Lock {
        token: seen.token,
        holder,
        login: seen.login,
        by_hand: seen.by_hand,
        reserved: seen.reserved,
        stands: seen.stands,
        heard: seen.heard,
        broken,
        beside: seen.beside.into_iter().map(|(token, login)| Beside { token, login }).collect(),
    }
}

/// Words of others in one line, without anything that acts.
fn clean(word: &str) -> String {
    Foreign::from(cut(word).as_str()).plain().replace('\n', " ").trim().to_owned()
}

fn cut(word: &str) -> String {
    let mut end = WORDS.min(word.len());
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    word.get(..end).unwrap_or_default().to_owned()
}
