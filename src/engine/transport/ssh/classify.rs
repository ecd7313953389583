//! What ssh said on its way out, turned into the kind of failure it was. The only place that reads ssh's words.
//!
//! ssh leaves with 255 for everything, so its messages are all there is. They are not translated; the run is
//! in the C locale all the same, for the parts that come from the C library.
//!
//! What ssh says itself comes on a stream of its own (`-E`). Its standard error has what servers say before the login
//! (a banner may say anything, also that a host key has changed) and what the ssh of a jump host says, which has no such
//! stream: it is looked at only when ssh's own words say that the way ended before the host was reached, or when ssh
//! came to no word of its own. Behind a jump host a banner could then still be taken for words of ssh; it can only make the
//! console more careful than it need be.

use crate::domain::LinkFailure;
use crate::text::Foreign;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Authentication,
    Unknown,
    Changed,
    Resolve,
    Refused,
    TimedOut,
    Silent,
    Closed,
    Here,
    Unusable,
}

/// Words of ssh and what they mean; the first row that is found anywhere wins, so causes come before their
/// consequences.
const MEANINGS: &[(&str, Kind)] = &[
    ("marked as revoked", Kind::Changed),
    ("was revoked and you have requested strict checking", Kind::Changed),
    ("has changed and you have requested strict checking", Kind::Changed),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", Kind::Changed),
    ("host key is known for", Kind::Unknown),
    ("Host key verification failed", Kind::Unknown),
    ("Too many authentication failures", Kind::Authentication),
    ("Permission denied (", Kind::Authentication),
    ("Authentication failed", Kind::Authentication),
    ("Bad configuration option", Kind::Here),
    ("Bad owner or permissions on", Kind::Here),
    ("Can't open user config file", Kind::Here),
    ("terminating, ", Kind::Here),
    ("jumphost loop", Kind::Here),
    ("too long for Unix domain socket", Kind::Here),
    ("cannot bind to path", Kind::Here),
    ("Unable to negotiate with", Kind::Unusable),
    ("Could not resolve hostname", Kind::Resolve),
    ("Connection refused", Kind::Refused),
    ("No route to host", Kind::Refused),
    ("Network is unreachable", Kind::Refused),
    ("not responding", Kind::Silent),
    ("Connection timed out", Kind::TimedOut),
    ("Operation timed out", Kind::TimedOut),
    ("timed out", Kind::TimedOut),
    ("Connection closed", Kind::Closed),
    ("Connection reset", Kind::Closed),
    ("closed by remote host", Kind::Closed),
    ("Broken pipe", Kind::Closed),
    ("kex_exchange_identification", Kind::Closed),
    ("Connection corrupted", Kind::Closed),
    ("Bad packet length", Kind::Closed),
];

/// Why a shell through a master did not come to be, or ended; `None` when ssh had nothing to say, so that the status was
/// the shell's own.
pub(crate) fn shell_trouble(said: &[u8]) -> Option<&'static str> {
    const REFUSED: &str = "the host refused one more session; its sshd may allow too few (MaxSessions), or none at all";
    const LOST: &str = "the connection was lost";
    const MEANINGS: &[(&str, &str)] = &[
        ("Session open refused", REFUSED),
        ("session request failed", REFUSED),
        ("administratively prohibited", REFUSED),
        ("PTY allocation request failed", "the host gives no terminal"),
        ("Connection closed", LOST),
        ("Connection reset", LOST),
        ("kex_exchange_identification", LOST),
        ("Broken pipe", LOST),
        ("master", LOST),
    ];
    let said = String::from_utf8_lossy(said);
    MEANINGS.iter().find(|(words, _)| said.contains(words)).map(|(_, why)| *why)
}

/// The mark of a connection that went through a proxy: ssh knows no address of its other end.
const BEHIND_PROXY: &str = "UNKNOWN port 65535";

/// How the process of ssh ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct How {
    /// In words.
    pub(super) words: String,
    /// By its own decision, and not by a signal.
    pub(super) by_itself: bool,
}

/// The kind of failure that ssh tells of: `own` is what it said itself, `others` what servers and the ssh of a jump
/// host said.
pub(super) fn classify(own: &[u8], others: &[u8], how: &How) -> LinkFailure {
    let on_the_way = String::from_utf8_lossy(own).contains(BEHIND_PROXY);
    match own.trim_ascii().is_empty() {
        true if how.by_itself => read(others, &how.words),
        true => LinkFailure::MasterDied(how.words.as_str().into()),
        false if on_the_way => read(&[others, b"\n", own].concat(), &how.words),
        false => read(own, &how.words),
    }
}

fn read(words: &[u8], how: &str) -> LinkFailure {
    let text = String::from_utf8_lossy(words);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let found = MEANINGS.iter().find_map(|(words, kind)| {
        // Of a jump the first line is the cause, of all else the last one is the verdict.
        let line = lines.iter().rev().find(|line| line.contains(words))?;
        Some((*line, *kind))
    });
    let behind = text.contains(BEHIND_PROXY);
    let Some((line, kind)) = found else {
        let last = lines.last().copied().unwrap_or(how);
        return LinkFailure::MasterDied(strip(last).into());
    };
    let said = strip(line);
    match kind {
        Kind::Authentication => LinkFailure::Authentication(said.into()),
        Kind::Unknown => LinkFailure::HostKeyUnknown(said.into()),
        Kind::Changed => LinkFailure::HostKeyChanged(changed(&lines, said)),
        Kind::Here => LinkFailure::Here(said.into()),
        Kind::Unusable => LinkFailure::Unusable(said.into()),
        Kind::Silent => LinkFailure::Silent,
        Kind::Resolve | Kind::Refused | Kind::TimedOut if behind => LinkFailure::Jump(jump(&lines, said)),
        Kind::Closed if behind && lines.first().is_some_and(|first| !first.contains(BEHIND_PROXY)) => {
            LinkFailure::Jump(jump(&lines, said))
        }
        Kind::Resolve => LinkFailure::Resolve(said.into()),
        Kind::Refused => LinkFailure::Refused(said.into()),
        Kind::TimedOut => LinkFailure::TimedOut(super::options::CONNECT_WITHIN),
        Kind::Closed => LinkFailure::Closed(said.into()),
    }
}

/// The first thing that went wrong on the way.
fn jump(lines: &[&str], otherwise: &str) -> crate::domain::link::Text {
    strip(lines.first().copied().unwrap_or(otherwise)).into()
}

/// A changed or revoked key with its fingerprint and the line of the file that disagrees, where ssh tells.
fn changed(lines: &[&str], said: &str) -> crate::domain::link::Text {
    let mut parts = vec![said.to_owned()];
    parts.extend(lines.iter().find(|line| line.starts_with("SHA256:")).map(|print| format!("sent {print}")));
    parts.extend(lines.iter().find(|line| line.starts_with("Offending")).map(|line| (*line).to_owned()));
    Foreign::from(parts.join("; ")).into()
}

fn strip(line: &str) -> &str {
    line.strip_prefix("ssh: ").unwrap_or(line).trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn how() -> How {
        How { words: "left with status 255".into(), by_itself: true }
    }

    fn short(words: &str) -> &'static str {
        classify(words.as_bytes(), b"", &how()).short()
    }

    #[test]
    fn what_a_server_says_is_not_taken_for_words_of_ssh() {
        let banner = b"@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.\r\n";
        let kind = |own: &str| classify(own.as_bytes(), banner, &how()).short();
        assert_eq!(kind("root@10.0.0.1: Permission denied (publickey).\r\n"), "not let in");
        assert_eq!(kind("Timeout, server 10.0.0.9 not responding.\r\n"), "silent");
        let killed = How { words: "ended by SIGKILL".into(), by_itself: false };
        assert_eq!(classify(b"", banner, &killed).short(), "ssh ended");
    }

    /// As OpenSSH 9.2 prints them.
    #[test]
    fn recorded_messages_have_their_kinds() {
        for (words, want) in [
            ("root@10.0.0.1: Permission denied (publickey,password).\r\n", "not let in"),
            (
                "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\r\nDisconnected from 10.0.0.1 port 22\r\n",
                "not let in",
            ),
            (
                "No ED25519 host key is known for [127.0.0.1]:22555 and you have requested strict checking.\r\nHost key verification failed.\r\n",
                "unknown key",
            ),
            ("Host key verification failed.\r\n", "unknown key"),
            ("ssh: Could not resolve hostname nosuch.invalid: Name or service not known\r\n", "no such name"),
            ("ssh: connect to host 127.0.0.1 port 22556: Connection refused\r\n", "refused"),
            ("ssh: connect to host 10.0.0.9 port 22: No route to host\r\n", "refused"),
            ("ssh: connect to host 10.0.0.9 port 22: Connection timed out\r\n", "no answer"),
            (
                "Connection timed out during banner exchange\r\nConnection to 127.0.0.1 port 22 timed out\r\n",
                "no answer",
            ),
            ("Connection to 10.213.4.12 port 22 timed out\r\n", "no answer"),
            ("Timeout, server 10.0.0.9 not responding.\r\n", "silent"),
            ("Connection to 10.0.0.9 closed by remote host.\r\n", "closed"),
            (
                "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 127.0.0.1 port 22\r\n",
                "closed",
            ),
            (
                "kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.9 port 22\r\n",
                "closed",
            ),
            ("client_loop: send disconnect: Broken pipe\r\n", "closed"),
            ("command-line: line 0: Bad configuration option: badoption\r\n", "trouble here"),
            ("Can't open user config file /nowhere: No such file or directory\r\n", "trouble here"),
            ("jumphost loop via 127.0.0.1\r\n", "trouble here"),
            (
                "Unable to negotiate with 127.0.0.1 port 22: no matching cipher found. Their offer: aes128-ctr\r\n",
                "no session",
            ),
            ("", "ssh ended"),
            ("something never seen\r\n", "ssh ended"),
        ] {
            assert_eq!(short(words), want, "{words}");
        }
    }

    /// As the client of OpenSSH 9.2 writes them into its log.
    #[test]
    fn what_ssh_says_of_a_shell_is_understood() {
        let refused = "mux_client_request_session: session request failed: Session open refused by peer\r\nConnection closed by UNKNOWN port 65535\r\n";
        assert!(shell_trouble(refused.as_bytes()).unwrap().contains("MaxSessions"));
        let gone = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
        assert_eq!(shell_trouble(gone.as_bytes()), Some("the connection was lost"));
        assert_eq!(shell_trouble(b"Shared connection to 127.0.0.1 closed.\r\n"), None);
        assert_eq!(shell_trouble(b""), None);
    }

    #[test]
    fn a_jump_host_is_named_but_never_hides_a_refusal() {
        let proxied = "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n";
        for (first, want) in [
            ("ssh: connect to host bastion port 22: Connection refused\r\n", "jump host"),
            ("ssh: Could not resolve hostname bastion: Name or service not known\r\n", "jump host"),
            ("channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n", "jump host"),
            ("root@bastion: Permission denied (publickey).\r\n", "not let in"),
            (
                "No ED25519 host key is known for bastion and you have requested strict checking.\r\nHost key verification failed.\r\n",
                "unknown key",
            ),
        ] {
            assert_eq!(classify(proxied.as_bytes(), first.as_bytes(), &how()).short(), want, "{first}");
        }
        assert_eq!(short(proxied), "jump host");
        let text =
            classify(proxied.as_bytes(), b"ssh: connect to host bastion port 22: Connection refused\r\n", &how());
        assert_eq!(text.to_string(), "jump host: connect to host bastion port 22: Connection refused");
    }

    #[test]
    fn a_changed_key_tells_its_fingerprint_and_the_line_that_disagrees() {
        let words = "@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n@@@@\r\nThe fingerprint for the ED25519 key sent by the remote host is\nSHA256:d/goKoRBM3mUMHXAeo.\r\nAdd correct host key in kh2 to get rid of this message.\r\nOffending ED25519 key in kh2:1\r\nHost key for [127.0.0.1]:22555 has changed and you have requested strict checking.\r\nHost key verification failed.\r\n";
        let LinkFailure::HostKeyChanged(text) = classify(words.as_bytes(), b"", &how()) else { panic!("not changed") };
        let text = text.to_string();
        assert!(text.contains("SHA256:d/goKoRBM3mUMHXAeo") && text.contains("kh2:1"), "{text}");
        let revoked = "The ED25519 host key for [127.0.0.1]:22555 is marked as revoked.\r\nED25519 host key for [127.0.0.1]:22555 was revoked and you have requested strict checking.\r\nHost key verification failed.\r\n";
        assert_eq!(short(revoked), "KEY CHANGED");
    }
}
