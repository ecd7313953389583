//! What the user's ssh configuration says of a destination, as `ssh -G` prints it.

use std::path::PathBuf;
use std::time::Duration;

use super::options::SshOptions;
use crate::domain::host::SshAlias;
use crate::engine::transport::spawner::Spawner;

/// `Match exec` of a configuration may run anything; it gets this long.
const WITHIN: Duration = Duration::from_secs(5);

/// The parts of it that concern us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The jump hosts, as written, or the command that stands in for them.
    pub(super) via: Option<String>,
    /// The jump hosts one by one, where they are destinations and not a command.
    pub(super) jumps: Vec<String>,
    /// Files of known hosts.
    pub(super) known_hosts: Vec<PathBuf>,
    /// Files that may hold a certificate: those that are named, and the one beside each key.
    pub(super) certificates: Vec<PathBuf>,
    /// What it says of the socket of the agent: a path, the name of a variable behind `$`, `SSH_AUTH_SOCK` or `none`.
    pub(super) agent: Option<String>,
}

/// Asks ssh. What it does not say is left empty: the connection itself will tell.
pub(super) async fn resolve(options: &SshOptions, spawner: &Spawner, alias: &SshAlias) -> Resolved {
    let asked = async {
        let child = spawner.spawn(options.resolve(alias)).await.ok()?;
        child.wait_with_output().await.ok()
    };
    match tokio::time::timeout(WITHIN, asked).await {
        Ok(Some(output)) => parse(&String::from_utf8_lossy(&output.stdout)),
        Ok(None) | Err(_) => Resolved::default(),
    }
}

fn parse(text: &str) -> Resolved {
    let mut resolved = Resolved::default();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(' ') else { continue };
        match key {
            "proxyjump" | "proxycommand" if value != "none" => {
                resolved.via = Some(value.to_owned());
                if key == "proxyjump" {
                    resolved.jumps.extend(value.split(',').map(without_port));
                }
            }
            "certificatefile" => resolved.certificates.push(expand(value)),
            "identityfile" => resolved.certificates.push(expand(&format!("{value}-cert.pub"))),
            "identityagent" => resolved.agent = Some(value.to_owned()),
            "userknownhostsfile" | "globalknownhostsfile" => {
                resolved.known_hosts.extend(value.split_whitespace().map(expand));
            }
            _ => {}
        }
    }
    resolved
}

/// A jump host as a destination of its own: `ssh -G` takes no port in it.
fn without_port(jump: &str) -> String {
    let jump = jump.strip_prefix("ssh://").unwrap_or(jump);
    match jump.rsplit_once(':') {
        Some((before, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => before.replace(['[', ']'], ""),
        Some(_) | None => jump.to_owned(),
    }
}

/// A path of the configuration, which may begin at home.
pub(super) fn expand(path: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// What is wrong with the files of known hosts: one that is there and can't be read, or a line that ssh
/// passes over in silence. ssh then calls a key unknown that a person believes to have confirmed.
pub(super) fn trouble(files: &[PathBuf]) -> Option<String> {
    files.iter().filter(|file| file.as_os_str() != "none" && file.as_os_str() != "/dev/null").find_map(|file| {
        let text = match std::fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => return Some(format!("{} can't be read: {error}", file.display())),
        };
        let broken = text.split(|byte| *byte == b'\n').position(|line| !is_sound(&String::from_utf8_lossy(line)))?;
        Some(format!("{}:{}: this line is broken; mend or remove it", file.display(), broken + 1))
    })
}

/// Whether ssh would make sense of this line: `[@marker] names type key [comment]`.
fn is_sound(line: &str) -> bool {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return true;
    }
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    if first.starts_with('@') && (!["@revoked", "@cert-authority"].contains(&first) || words.next().is_none()) {
        return false;
    }
    let (Some(kind), Some(key)) = (words.next(), words.next()) else { return false };
    // The key begins with its own type, after a length of four bytes.
    let decoded = decode(key);
    let inner = decoded.as_deref().and_then(|bytes| bytes.get(4..4 + kind.len()));
    decoded.as_ref().is_some_and(|bytes| bytes.len() > kind.len() + 8) && inner == Some(kind.as_bytes())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0u32, 0u32, Vec::new());
    for byte in text.trim_end_matches('=').bytes() {
        let digit = DIGITS.iter().position(|known| *known == byte)?;
        bits = (bits << 6) | u32::try_from(digit).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFBRtTRcKKS7w7tJXAJOsOYqU0nkCqjnrMCHF+JzQAcV";

    #[test]
    fn the_way_and_the_known_hosts_are_read() {
        let text = "host a\nproxyjump ops@bastion,b2\nuserknownhostsfile /h/k1 /h/k2\nglobalknownhostsfile /etc/k\n";
        let resolved = parse(text);
        assert_eq!(resolved.via.as_deref(), Some("ops@bastion,b2"));
        assert_eq!(resolved.known_hosts, ["/h/k1", "/h/k2", "/etc/k"].map(PathBuf::from));
        assert_eq!(resolved.jumps, ["ops@bastion", "b2"]);
        assert_eq!(parse("proxyjump none\n").via, None);
        assert_eq!(parse("proxyjump ssh://a:22,[::1]:2222,b\n").jumps, ["a", "::1", "b"]);
    }

    #[test]
    fn what_may_hold_a_certificate_and_the_agent_are_read() {
        let text = "identityfile /h/id_ed25519\nidentityfile /h/id_rsa\ncertificatefile /h/c.pub\nidentityagent none\n";
        let resolved = parse(text);
        let files = ["/h/id_ed25519-cert.pub", "/h/id_rsa-cert.pub", "/h/c.pub"].map(PathBuf::from);
        assert_eq!((resolved.certificates, resolved.agent.as_deref()), (files.to_vec(), Some("none")));
    }

    #[test]
    fn broken_lines_are_told_from_sound_ones() {
        for sound in ["", "# x", &format!("a,b {KEY}"), &format!("@revoked * {KEY} c"), &format!("|1|x=|y= {KEY}")] {
            assert!(is_sound(sound), "{sound}");
        }
        for broken in ["garbage", "a ssh-ed25519", "a ssh-ed25519 AAAAbroken", &format!("@odd a {KEY}"), "a b c"] {
            assert!(!is_sound(broken), "{broken}");
        }
    }

    #[test]
    fn trouble_names_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("known_hosts");
        std::fs::write(&file, format!("a {KEY}\nbroken\n")).unwrap();
        let text = trouble(&[dir.path().join("missing"), file.clone()]).unwrap();
        assert!(text.starts_with(&format!("{}:2: ", file.display())), "{text}");
        let text = trouble(&[dir.path().to_owned()]).unwrap();
        assert!(text.contains("can't be read"), "{text}");
        assert_eq!(trouble(&[dir.path().join("missing")]), None);
    }
}
