//! Opening a channel through the master. The one place that hands a line of shell to ssh.

use std::sync::Arc;
use std::time::Duration;

use openssh::{Child, Session, Stdio};
use openssh_mux_client_error::Error as MuxError;

/// Another try at a refused channel comes this much later: the host may not have closed the one before yet.
const AGAIN: Duration = Duration::from_millis(100);
/// Tries until a refusal is believed.
const TRIES: u32 = 4;

/// An open channel with its three pipes.
pub(super) type Channel = Child<Arc<Session>>;

/// Why a channel did not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The host said no: it allows no more sessions.
    Host,
    /// The master is gone or did not understand.
    Master(String),
}

/// Opens a channel that runs `line`. Not to be dropped halfway: the answer would be lost, so the caller runs
/// in a task of its own.
pub(super) async fn open(session: &Arc<Session>, line: &str) -> Result<Channel, Refusal> {
    let mut tries = 0;
    loop {
        tries += 1;
        let opened = session
            .clone()
            .arc_raw_command(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .await;
        match opened {
            Ok(channel) => return Ok(channel),
            Err(openssh::Error::SshMux(MuxError::RequestFailure(_) | MuxError::PermissionDenied(_)))
                if tries < TRIES =>
            {
                tokio::time::sleep(AGAIN).await;
            }
            Err(openssh::Error::SshMux(MuxError::RequestFailure(_) | MuxError::PermissionDenied(_))) => {
                return Err(Refusal::Host);
            }
            Err(error) => return Err(Refusal::Master(error.to_string())),
        }
    }
}
