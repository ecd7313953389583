//! How our own ssh is started: the options of the master, and the environment by which it asks.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use crate::domain::host::SshAlias;
use crate::engine::askpass;
use crate::engine::transport::spawner;

/// ssh's own limit for the address and the exchange of keys.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(8);

/// ssh's own keep-alives are the second net, behind the warden. ssh also gives up a login during which the
/// server says nothing for interval times count: that must leave time for a slow login.
const ALIVE: &str = "ServerAliveInterval=5";
const ALIVE_COUNT: &str = "ServerAliveCountMax=4";

/// Where ssh writes its own words, so that a server's banner can't be taken for them: a session that runs no command has
/// no other use for its standard output.
const OWN_WORDS: &str = "/dev/stdout";

/// How ssh is run for every host.
#[derive(Debug, Clone)]
pub struct SshOptions {
    /// Another configuration file than the user's own.
    pub config: Option<PathBuf>,
    /// The program that ssh runs to ask: our own binary.
    pub askpass: PathBuf,
}

impl SshOptions {
    /// The user's configuration, or the one given, and this very program for questions.
    pub fn new(config: Option<PathBuf>) -> Self {
        // Where the program can't find itself ssh gets no answer to any question, and says so.
        let askpass = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("qd"));
        Self { config, askpass }
    }

    /// The master for one host. What ssh says itself comes on its standard output, what servers and helpers say on its
    /// standard error: both are piped.
    pub(super) fn master(&self, alias: &SshAlias, socket: &Path, asking: Option<&askpass::Door>) -> Command {
        let connect = format!("ConnectTimeout={}", CONNECT_WITHIN.as_secs());
        let (checking, batch) = match asking {
            // ssh then asks about an unknown key, with its fingerprint, and still refuses a changed one.
            Some(_) => ("StrictHostKeyChecking=ask", "BatchMode=no"),
            None => ("StrictHostKeyChecking=yes", "BatchMode=yes"),
        };
        let mut arguments: Vec<OsString> = ["-M", "-N", "-T", "-E", OWN_WORDS, "-S"].map(OsString::from).to_vec();
        arguments.push(socket.into());
        arguments.extend(self.config_arguments());
        for option in [
            "ControlMaster=yes",
            "ControlPersist=no",
            ALIVE,
            ALIVE_COUNT,
            "TCPKeepAlive=yes",
            &connect,
            "ConnectionAttempts=1",
            "ForkAfterAuthentication=no",
            "ForwardAgent=no",
            "ForwardX11=no",
            "ClearAllForwardings=yes",
            "ExitOnForwardFailure=no",
            "StreamLocalBindMask=0177",
            "PermitLocalCommand=no",
            "RemoteCommand=none",
            "RequestTTY=no",
            "UpdateHostKeys=no",
            "VisualHostKey=no",
            "FingerprintHash=sha256",
            "LogLevel=INFO",
            checking,
            batch,
        ] {
            arguments.push("-o".into());
            arguments.push(option.into());
        }
        arguments.push("--".into());
        arguments.push(alias.as_str().into());
        let mut command = spawner::tied("ssh", arguments);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.env("LC_ALL", "C").env("SSH_ASKPASS_REQUIRE", "force");
        // Without a person every question is answered by a program that only fails: a jump host's ssh does
        // not inherit BatchMode.
        match asking {
            Some(door) => {
                command.env("SSH_ASKPASS", &self.askpass);
                command.env(askpass::SOCKET, door.path()).env(askpass::TOKEN, door.token());
            }
            None => {
                command.env("SSH_ASKPASS", "/bin/false");
                command.env_remove(askpass::SOCKET).env_remove(askpass::TOKEN);
            }
        }
        command
    }

    /// A shell in a terminal, through the socket of a master that is up. Should that be gone, this must not become a
    /// login of its own: the way there leads nowhere then. What ssh says itself goes into a file.
    pub(super) fn shell(&self, alias: &SshAlias, socket: &Path, said: &Path) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["ssh".into(), "-S".into(), socket.into(), "-E".into(), said.into()];
        arguments.extend(self.config_arguments());
        for option in [
            "ControlMaster=no",
            "ProxyCommand=/bin/false",
            "BatchMode=yes",
            "ForwardAgent=no",
            "ForwardX11=no",
            "ClearAllForwardings=yes",
            "PermitLocalCommand=no",
            "RemoteCommand=none",
            "RequestTTY=force",
            "LogLevel=INFO",
        ] {
            arguments.push("-o".into());
            arguments.push(option.into());
        }
        arguments.push("--".into());
        arguments.push(alias.as_str().into());
        arguments
    }

    /// `ssh -G`: the configuration as ssh itself understands it, for one destination.
    pub(super) fn resolve(&self, alias: &SshAlias) -> Command {
        let mut arguments: Vec<OsString> = vec!["-G".into()];
        arguments.extend(self.config_arguments());
        arguments.push("--".into());
        arguments.push(alias.as_str().into());
        let mut command = spawner::tied("ssh", arguments);
        command.env("LC_ALL", "C").stdout(std::process::Stdio::piped());
        command
    }

    fn config_arguments(&self) -> Vec<OsString> {
        self.config.as_ref().map_or_else(Vec::new, |file| vec!["-F".into(), file.into()])
    }
}
