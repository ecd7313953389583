//! A stream to the bridge as a socket for the bus.

use std::fmt;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use zbus::conn::AuthMechanism;
use zbus::connection::socket::{self, Socket, Split};
use zbus::export::async_trait::async_trait;

use crate::engine::transport::Duplex;

/// How long the end of the stream is held back. The bridge's verdict comes on another way, a moment later, and
/// nobody waits for it once the stream was let go.
const LAST_WORDS: Duration = Duration::from_millis(400);

/// The stream.
pub struct Pipe(pub Duplex);

impl Socket for Pipe {
    type ReadHalf = Reader;
    type WriteHalf = Writer;

    fn split(self) -> Split<Reader, Writer> {
        let (read, write) = tokio::io::split(self.0);
        Split::new(Reader(Mutex::new(read)), Writer(Mutex::new(write)))
    }
}

/// The half that reads. Its lock is never taken: it only lets a stream that one task uses at a time be named
/// from several.
pub struct Reader(Mutex<ReadHalf<Duplex>>);

/// The half that writes; the lock as in [`Reader`].
pub struct Writer(Mutex<WriteHalf<Duplex>>);

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

#[async_trait]
impl socket::ReadHalf for Reader {
    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        let stream = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let length = stream.read(buffer).await?;
        if length == 0 {
            tokio::time::sleep(LAST_WORDS).await;
        }
        Ok((length, Vec::new()))
    }

    /// The bridge has let us in already: it is ours, behind our own login.
    fn auth_mechanism(&self) -> AuthMechanism {
        AuthMechanism::Anonymous
    }
}

#[async_trait]
impl socket::WriteHalf for Writer {
    async fn sendmsg(&mut self, buffer: &[u8], _fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).write(buffer).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).flush().await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).shutdown().await
    }
}
