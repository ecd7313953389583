//! The beginning of a job: handed over once, and what is certain of it afterwards.

use std::time::Duration;

use super::asking::{Hosts, Rights, unsent};
use super::fault;
use super::{Began, Order};
use crate::domain::HostName;
use crate::domain::host::BecomeRoot;
use crate::domain::run::Reason;
use crate::engine::transport::fresh_word;
use crate::port::{End, Secret};
use crate::runtimes::job::{self, Begin, Begun, Refusal, Root};
use crate::text::Foreign;

/// How long a host may take to start a job, without the time in which a person is asked.
const BEGUN_WITHIN: Duration = Duration::from_secs(45);
/// Of a command this many characters are told to whoever is asked for the password.
const TOLD: usize = 60;

pub(super) async fn begin(hosts: &Hosts, host: &HostName, order: &Order) -> Began {
    let refused = |why: String| Began::Not(Reason::Refused, format!("{why}: nothing was done."));
    let (root, rights) = match order.become_root {
        None => (Root::No, Rights::Login),
        Some(BecomeRoot::AlreadyRoot) => (Root::Already, Rights::Login),
        Some(BecomeRoot::Sudo) => (Root::Already, Rights::Sudo),
        Some(BecomeRoot::Polkit) => (Root::Polkit, Rights::Login),
        Some(BecomeRoot::Never) => {
            return refused(format!("{host} is only looked at (become = \"never\" in its site)"));
        }
    };
    let (named, nonce) = (hosts.named(&order.key), fresh_word());
    let begin = Begin {
        named: &named,
        token: order.token,
        lock: order.lock.as_ref().map(|lock| (lock.name.as_str(), lock.token)),
        script: &order.script,
        captured: &order.captured,
        secrets: &order.secrets.iter().map(|(name, secret)| (name, secret.expose())).collect::<Vec<_>>(),
        root,
        split: order.split,
        timeout: order.timeout,
        nonce: &nonce,
        fault: fault::on_host(),
    };
    let script = match begin.script() {
        Ok(mut script) => Secret::new(std::mem::take(&mut *script)),
        Err(wrong) => return refused(wrong.to_string()),
    };
    hosts.tokens.send_modify(|tokens| {
        let token = tokens.entry(order.key.run.clone()).or_default();
        *token = order.token.max(*token);
    });
    fault::strike("abort-before");
    let unreachable = |why: String| Began::Not(Reason::Unreachable, format!("{why}: nothing was sent."));
    let connection = match hosts.connected(host).await {
        Ok(connection) => connection,
        Err(why) => return unreachable(why),
    };
    let told = told(&order.script.text);
    let handed = hosts.hand(&*connection, (host, &order.key.run), script, rights, BEGUN_WITHIN, &told).await;
    let handed = match handed {
        Ok(handed) => handed,
        Err(why) => return unreachable(why),
    };
    fault::strike("abort-sent");
    if !handed.sent {
        let why = unsent(host, rights, &handed.output, handed.questions);
        return match handed.output.end {
            End::LinkLost(_) | End::TimedOut(_) | End::NotStarted(_) => unreachable(why),
            End::Exited(_) | End::NotFound | End::Killed(_) => refused(why),
        };
    }
    match job::began(&handed.output.stdout) {
        Some(Begun::Started) => Began::Started,
        Some(Begun::Before) => Began::Before,
        Some(Begun::Not(refusal)) => refused(reason(host, refusal)),
        Some(Begun::Unknown) => Began::Unknown(format!("{host} took it, but it was not seen to begin within 10 s.")),
        None => Began::Unknown(format!("{}.", unsent(host, rights, &handed.output, handed.questions))),
    }
}

fn reason(host: &HostName, refusal: Refusal) -> String {
    match refusal {
        Refusal::NotRoot(login) => {
            format!("the site says that the login of {host} is root already (become = \"root\"), but it is {login}")
        }
        Refusal::Token(token) => {
            format!("{host} has seen a later owner of this run (token {token}): somebody took it over")
        }
        Refusal::Lock(token) => {
            format!("{host} has seen a later owner of the environment's lock (token {token}): it is not ours any more")
        }
        Refusal::Lacks(what) => format!("{host} can't take it: {what}"),
    }
}

/// The first line of a command, for whoever is asked for a password.
fn told(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let plain = Foreign::from(line).plain();
    match plain.char_indices().nth(TOLD) {
        Some((at, _)) => format!("{}…", &plain[..at]),
        None => plain,
    }
}
