//! What one shows to be let in, looked at when a host did not let us in: certificates that are over, an agent that is gone.
//! ssh passes over both in silence and says "permission denied".

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tokio::io::AsyncWriteExt;

use super::config::{self, Resolved};
use super::options::SshOptions;
use crate::domain::host::SshAlias;
use crate::domain::time::short;
use crate::engine::transport::spawner::{self, Spawner};

/// For all of it: a person waits for the reason.
const WITHIN: Duration = Duration::from_secs(5);
/// Files and hosts on the way that are looked at.
const MOST: usize = 16;

/// What is wrong with what is shown to a host, or to one on the way to it; `None` where nothing is found.
pub(super) async fn trouble(options: &SshOptions, spawner: &Spawner, alias: &SshAlias) -> Option<String> {
    tokio::time::timeout(WITHIN, look(options, spawner, alias)).await.ok().flatten()
}

async fn look(options: &SshOptions, spawner: &Spawner, alias: &SshAlias) -> Option<String> {
    let target = config::resolve(options, spawner, alias).await;
    let mut found = certificates(spawner, &target, "").await;
    for jump in target.jumps.iter().take(MOST).filter_map(|jump| SshAlias::new(jump).ok()) {
        let hop = config::resolve(options, spawner, &jump).await;
        found.extend(certificates(spawner, &hop, &format!(" for {}", jump.as_str())).await);
    }
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(socket) = socket(target.agent.as_deref(), variable) {
        found.extend(agent(spawner, &socket).await);
    }
    found.dedup();
    (!found.is_empty()).then(|| found.join("; "))
}

/// The certificates of this configuration that are not good now.
async fn certificates(spawner: &Spawner, resolved: &Resolved, whose: &str) -> Vec<String> {
    let (mut found, mut files) = (Vec::new(), resolved.certificates.clone());
    files.sort();
    files.dedup();
    for file in files.iter().filter(|file| file.is_file()).take(MOST) {
        let listed = run(spawner, "ssh-keygen", [OsString::from("-L"), "-f".into(), file.into()], None, None).await;
        let Some((_, text)) = listed else { continue };
        let name = format!("the certificate {}{whose}", file.display());
        found.extend(text.lines().find_map(|line| not_good(line, &name, Timestamp::now())));
    }
    found
}

/// What is wrong with the agent behind this socket.
async fn agent(spawner: &Spawner, socket: &Path) -> Vec<String> {
    let at = socket.display();
    match run(spawner, "ssh-add", ["-L".into()], Some(socket), None).await {
        Some((Some(0), keys)) => {
            // Each line of it is a file for ssh-keygen.
            let certificates: Vec<&str> = keys.lines().filter(|key| key.contains("-cert-v01@")).take(MOST).collect();
            let text = format!("{}\n", certificates.join("\n"));
            let name = format!("a certificate in the agent at {at}");
            let arguments = ["-L".into(), "-f".into(), "-".into()];
            match certificates.is_empty() {
                true => Vec::new(),
                false => {
                    let listed = run(spawner, "ssh-keygen", arguments, None, Some(text)).await;
                    let lines = listed.map(|(_, text)| text).unwrap_or_default();
                    lines.lines().filter_map(|line| not_good(line, &name, Timestamp::now())).collect()
                }
            }
        }
        Some((Some(1), _)) => vec![format!("the agent at {at} offers no key: it is empty, or locked (ssh-add -X)")],
        Some((Some(2), _)) => vec![format!("the agent at {at} does not answer: is it gone?")],
        Some(_) | None => Vec::new(),
    }
}

/// The socket of the agent that ssh would ask.
fn socket(configured: Option<&str>, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    match configured {
        Some("none") => None,
        None | Some("SSH_AUTH_SOCK") => variable("SSH_AUTH_SOCK").map(PathBuf::from),
        Some(named) => match named.strip_prefix('$') {
            Some(name) => variable(name.trim_matches(['{', '}'])).map(PathBuf::from),
            None => Some(config::expand(named)),
        },
    }
}

/// Reads `Valid: from 2026-01-01T00:00:00 to 2026-01-02T00:00:00`, as ssh-keygen prints it where the zone is UTC.
fn not_good(line: &str, name: &str, now: Timestamp) -> Option<String> {
    let words: Vec<&str> = line.trim().strip_prefix("Valid: ")?.split_whitespace().collect();
    let behind = |word: &[&str]| {
        let at = words.iter().position(|one| word.contains(one))?;
        let civil: DateTime = words.get(at + 1)?.parse().ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    let span = |from: Timestamp, to: Timestamp| short(Duration::try_from(to.duration_since(from)).unwrap_or_default());
    let (from, to) = (behind(&["from", "after"]), behind(&["to", "before"]));
    if let Some(to) = to.filter(|to| *to <= now) {
        return Some(format!("{name} expired {} ago, at {to}", span(to, now)));
    }
    let from = from.filter(|from| *from > now)?;
    Some(format!("{name} is not good before {from}, in {}", span(now, from)))
}

/// The exit status of a command and what it printed.
async fn run(
    spawner: &Spawner,
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    agent: Option<&Path>,
    input: Option<String>,
) -> Option<(Option<i32>, String)> {
    let mut command = spawner::tied(program, arguments);
    command.env("LC_ALL", "C").env("TZ", "UTC").stdout(Stdio::piped());
    if let Some(socket) = agent {
        command.env("SSH_AUTH_SOCK", socket);
    }
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = spawner.spawn(command).await.ok()?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(input.as_bytes()).await.ok()?;
    }
    let output = child.wait_with_output().await.ok()?;
    Some((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn told(line: &str) -> Option<String> {
        not_good(line, "it", "2026-03-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_certificate_that_is_over_or_not_yet_good_is_told_with_its_moment() {
        let over = told("        Valid: from 2026-03-01T10:00:00 to 2026-03-01T11:30:00");
        assert_eq!(over.as_deref(), Some("it expired 30m ago, at 2026-03-01T11:30:00Z"));
        let ahead = told("Valid: from 2026-03-01T13:00:00 to 2026-03-01T14:00:00");
        assert_eq!(ahead.as_deref(), Some("it is not good before 2026-03-01T13:00:00Z, in 1h"));
        assert_eq!(
            told("Valid: before 2026-03-01T11:00:00").as_deref(),
            Some("it expired 1h ago, at 2026-03-01T11:00:00Z")
        );
        for good in ["Valid: forever", "Valid: after 2026-01-01T00:00:00", "Valid: from x to y", "Serial: 0", ""] {
            assert_eq!(told(good), None, "{good}");
        }
    }

    #[test]
    fn the_socket_is_the_one_that_ssh_would_ask() {
        let variable =
            |name: &str| (name == "SSH_AUTH_SOCK" || name == "OTHER").then(|| OsString::from(format!("/{name}")));
        for (configured, at) in [
            (None, Some("/SSH_AUTH_SOCK")),
            (Some("SSH_AUTH_SOCK"), Some("/SSH_AUTH_SOCK")),
            (Some("$OTHER"), Some("/OTHER")),
            (Some("${OTHER}"), Some("/OTHER")),
            (Some("$NONE"), None),
            (Some("/run/agent"), Some("/run/agent")),
            (Some("none"), None),
        ] {
            assert_eq!(socket(configured, variable), at.map(PathBuf::from), "{configured:?}");
        }
    }
}
