//! The lines of a long-lived reader on a host.

use tokio::io::AsyncReadExt;

use crate::engine::transport::{Connection, Duplex};
use crate::port::{End, RemoteCommand};

/// Bytes that are taken at once.
const PIECE: usize = 16 << 10;
/// A longer line is thrown away: it is told as an empty one, so that whoever reads looks for himself.
const LONGEST: usize = 256 << 10;

/// A running reader.
pub struct Lines {
    io: Duplex,
    piece: Vec<u8>,
    line: Vec<u8>,
    ready: std::collections::VecDeque<Vec<u8>>,
}

impl Lines {
    /// Starts it.
    ///
    /// # Errors
    /// How it failed to start.
    pub async fn start(host: &dyn Connection, command: RemoteCommand) -> Result<Self, End> {
        let stream = host.stream(command).await?;
        Ok(Self { io: stream.io, piece: vec![0; PIECE], line: Vec::new(), ready: std::collections::VecDeque::new() })
    }

    /// The next line without its end; `None` when there will be no more. May be dropped and called again.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(line);
            }
            let length = self.io.read(&mut self.piece).await.ok().filter(|length| *length > 0)?;
            for byte in self.piece.get(..length).unwrap_or_default() {
                if *byte == b'\n' {
                    let line = std::mem::take(&mut self.line);
                    self.ready.push_back(if line.len() > LONGEST { Vec::new() } else { line });
                } else if self.line.len() <= LONGEST {
                    self.line.push(*byte);
                }
            }
        }
    }
}
