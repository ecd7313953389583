//! Asks hosts, side by side, one read-only command each: `qd check --live`.

use std::path::PathBuf;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{Duration, timeout};

use super::transport::{Asker, RealTransport, Transport};
use super::tty_ask;
use crate::domain::Host;
use crate::port::{Output, RemoteCommand};

/// Hosts that are asked side by side.
const HOSTS_AT_ONCE: usize = 8;
/// How long a host may take besides the questions that ssh asks a person: a handshake, and the command with its own limit.
const WITHIN: Duration = Duration::from_secs(50);

/// Asks each host its command. What ssh wants to know is asked on the terminal, if there is one. Must be called inside
/// the runtime.
///
/// # Errors
/// When it could not even begin, as a sentence; of each host, why it gave no answer.
pub async fn ask_all(
    questions: Vec<(Host, RemoteCommand)>,
    ssh_config: Option<PathBuf>,
) -> Result<Vec<Result<Output, String>>, String> {
    let transport = RealTransport::start(ssh_config)
        .map_err(|error| format!("the thread that starts ssh could not start: {error}"))?;
    let (ask, asked) = mpsc::channel(tty_ask::QUESTIONS);
    let ask = tty_ask::is_there().then_some(ask);
    let transport = &transport;
    let all = questions.into_iter().map(|(host, command)| {
        let name = host.name.clone();
        let person = ask.is_some();
        let asker = ask.clone().map_or_else(|| Asker::nobody(name.clone()), |ask| Asker::new(name.clone(), ask));
        async move {
            let whole = async move {
                let connection = transport.connect(host, asker).await.map_err(|why| why.to_string())?;
                Ok(connection.run(command).await)
            };
            // A person may take their time.
            if person {
                return whole.await;
            }
            timeout(WITHIN, whole).await.unwrap_or_else(|_| Err(format!("no answer within {} s", WITHIN.as_secs())))
        }
    });
    let asking = futures_util::stream::iter(all.collect::<Vec<_>>()).buffered(HOSTS_AT_ONCE).collect::<Vec<_>>();
    drop(ask);
    let answering = async {
        tty_ask::answer_all(asked).await;
        std::future::pending().await
    };
    tokio::select! {
        said = asking => Ok(said),
        () = answering => Err("the terminal for questions is gone".to_owned()),
    }
}
