//! One reader on a host: its bytes as entries, and how it ended.

use std::time::Duration;

use tokio::io::AsyncReadExt;

use crate::engine::transport::{Connection, Duplex};
use crate::port::{End, RemoteCommand};
use crate::runtimes::journal_export::{Entry, Parser};
use crate::text::Foreign;

/// Bytes that are taken at once.
const PIECE: usize = 64 << 10;
/// How long the verdict may take after the last byte.
const VERDICT_WITHIN: Duration = Duration::from_secs(3);

/// What a reader said next.
#[derive(Debug)]
pub enum Said {
    /// Whole entries, perhaps none yet.
    Entries(Vec<Entry>),
    /// It is over; whatever was not a whole entry is thrown away.
    Over(Over),
}

/// How a reader ended.
#[derive(Debug)]
pub enum Over {
    /// As it should.
    Well,
    /// The link was lost.
    LinkLost,
    /// It failed, with the reason.
    Failed(String),
}

/// A running reader.
pub struct Reader {
    io: Duplex,
    ended: futures_util::future::BoxFuture<'static, (End, Vec<u8>)>,
    parser: Parser,
    piece: Vec<u8>,
}

impl Reader {
    /// Starts it.
    ///
    /// # Errors
    /// How it failed to start.
    pub async fn start(connection: &dyn Connection, command: RemoteCommand) -> Result<Self, Over> {
        match connection.stream(command).await {
            Ok(stream) => {
                Ok(Self { io: stream.io, ended: stream.ended, parser: Parser::default(), piece: vec![0; PIECE] })
            }
            Err(End::LinkLost(_)) => Err(Over::LinkLost),
            Err(end) => Err(Over::Failed(end.to_string())),
        }
    }

    /// Waits for what comes next. May be dropped and called again.
    pub async fn next(&mut self) -> Said {
        let length = match self.io.read(&mut self.piece).await {
            Ok(length) if length > 0 => length,
            Ok(_) | Err(_) => return Said::Over(self.over().await),
        };
        let mut entries = Vec::new();
        match self.parser.push(self.piece.get(..length).unwrap_or_default(), &mut entries) {
            Ok(()) => Said::Entries(entries),
            // The entries before the break come again with the next reader.
            Err(broken) => Said::Over(Over::Failed(broken.to_string())),
        }
    }

    async fn over(&mut self) -> Over {
        let Ok((end, said)) = tokio::time::timeout(VERDICT_WITHIN, &mut self.ended).await else {
            return Over::Failed("closed its output and did not end".to_owned());
        };
        let first = said.split(|byte| *byte == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
        match end {
            End::LinkLost(_) => Over::LinkLost,
            End::Exited(0) => Over::Well,
            // Status 1 with nothing to say is how some versions answer when nothing matched.
            End::Exited(1) if first.is_empty() => Over::Well,
            end if first.is_empty() => Over::Failed(end.to_string()),
            end => Over::Failed(format!("{end}: {}", Foreign::from(first).plain())),
        }
    }
}
