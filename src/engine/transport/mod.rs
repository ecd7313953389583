//! What the engine needs of a way to reach a host. Nothing above this line knows which way it is.

pub mod guard;
pub mod local;
pub mod quote;
pub mod real;
pub mod reply;
pub mod runtime;
pub mod spawner;
pub mod ssh;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::domain::{Host, HostName, LinkFailure};
use crate::engine::jobs::Jobs;
use crate::engine::outside::Outside;
use crate::port::event::QuestionKind;
use crate::port::{End, Output, RemoteCommand, Secret};
use crate::text::Foreign;

pub use local::LocalTransport;
pub use real::RealTransport;
pub use reply::{Input, Prompted, Replies, Reply};
pub use runtime::RuntimeDir;
pub use spawner::Spawner;
pub use ssh::{SshOptions, SshTransport};
pub(crate) use ssh::{fresh_word, shell_trouble};

/// A way to reach hosts: ssh, this machine, or the drill.
pub trait Transport: Send + Sync + 'static {
    /// Makes a connection to one host. Questions go to `asker`. Dropping the future ends the attempt and
    /// everything it started.
    ///
    /// # Errors
    /// Why there is no connection.
    fn connect(&self, host: Host, asker: Asker) -> BoxFuture<'static, Result<Arc<dyn Connection>, LinkFailure>>;

    /// What runs jobs in a world of its own; `None` where they go over the connections as everything does.
    fn jobs(&self) -> Option<Arc<dyn Jobs>> {
        None
    }

    /// What answers in the place of git and GitHub; `None` where those are asked themselves.
    fn outside(&self) -> Option<Arc<dyn Outside>> {
        None
    }

    /// What the way to the host leads through, if anything: hosts with the same answer share a bottleneck.
    fn via(&self, host: &Host) -> BoxFuture<'static, Option<String>> {
        let _ = host;
        Box::pin(std::future::ready(None))
    }
}

/// A live connection to one host. Dropping the last handle ends it and everything it started for watching.
pub trait Connection: Send + Sync + 'static {
    /// Runs a command to its end. Queues for one of the command channels; the deadline counts from the call.
    /// Never fails as such: the end says what happened.
    fn run(&self, command: RemoteCommand) -> BoxFuture<'static, Output>;

    /// The same for a command that may ask for a secret: each time it says the prompt of `replies` on its standard
    /// error, one is asked for and sent on its standard input. The deadline stands still meanwhile. What `replies` gives
    /// is sent when the command says that it is ready for it. By default nothing asks.
    fn converse(&self, command: RemoteCommand, replies: Replies) -> BoxFuture<'static, Output> {
        drop(replies);
        self.run(command)
    }

    /// Starts a long-lived reader. Never queues; ends with the connection, and on the host too.
    ///
    /// # Errors
    /// How it failed to start.
    fn stream(&self, command: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>>;

    /// Opens a TCP connection to `host:port` as seen from the host.
    ///
    /// # Errors
    /// A sentence saying why not.
    fn dial(&self, host: String, port: u16) -> BoxFuture<'static, Result<Duplex, String>>;

    /// The program that opens a shell on the host in a terminal, and the file into which it writes what it has to say
    /// of the way there.
    ///
    /// # Errors
    /// A sentence saying why there is none.
    fn shell(&self) -> Result<(Vec<OsString>, Option<PathBuf>), String> {
        Err("There is no shell behind this connection.".to_owned())
    }

    /// Resolves when the connection is gone, with the reason. May be awaited by several.
    fn gone(&self) -> BoxFuture<'static, LinkFailure>;

    /// When the last byte came from the host.
    fn heard(&self) -> Instant;

    /// The last measured time to the host and back, if it is measured.
    fn round_trip(&self) -> Option<Duration> {
        None
    }
}

/// A byte stream in both directions.
pub trait ReadWrite: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> ReadWrite for T {}

/// An owned byte stream in both directions.
pub type Duplex = Box<dyn ReadWrite>;

/// A long-lived reader on a host.
pub struct Stream {
    /// Its standard input and output as one stream.
    pub io: Duplex,
    /// Resolves with how it ended and the first 8 KiB of its standard error.
    pub ended: BoxFuture<'static, (End, Vec<u8>)>,
}

/// The way by which a connection in the making asks a person. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Asker {
    host: HostName,
    questions: Option<mpsc::Sender<Asking>>,
}

/// A question on its way to a person, with the place for the answer.
#[derive(Debug)]
pub struct Asking {
    /// For which host.
    pub host: HostName,
    /// What kind of answer it wants.
    pub kind: QuestionKind,
    /// The words.
    pub prompt: Foreign,
    /// Where the answer goes; `None` when the person declined. The question is settled when the other end is dropped.
    pub answer: tokio::sync::oneshot::Sender<Option<Secret>>,
}

/// How long a person has to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(300);

impl Asker {
    /// Asks through this channel. Bounded at 16: an asker waits for its place.
    pub fn new(host: HostName, questions: mpsc::Sender<Asking>) -> Self {
        Self { host, questions: Some(questions) }
    }

    /// Nobody is there to be asked (headless runs).
    pub fn nobody(host: HostName) -> Self {
        Self { host, questions: None }
    }

    /// Whether anybody can be asked.
    pub fn is_attended(&self) -> bool {
        self.questions.is_some()
    }

    /// Asks and waits for the answer: `None` when declined, too late, or nobody is there.
    pub async fn ask(&self, kind: QuestionKind, prompt: Foreign) -> Option<Secret> {
        let questions = self.questions.as_ref()?;
        let (answer, answered) = tokio::sync::oneshot::channel();
        questions.send(Asking { host: self.host.clone(), kind, prompt, answer }).await.ok()?;
        tokio::time::timeout(ANSWER_WITHIN, answered).await.ok()?.ok()?
    }
}
