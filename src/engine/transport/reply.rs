//! Answers to what a command asks on its standard error: our own random words come back, and only then is a secret
//! sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::port::Secret;

/// How long a command may take to read its answer.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// A secret on its way to whoever asked; `None` is none to be had.
pub type Reply = Option<Arc<Secret>>;

/// The answering of one command.
#[derive(Debug)]
pub struct Replies {
    prompt: String,
    asked: mpsc::Sender<oneshot::Sender<Reply>>,
}

/// The other end: each time the prompt is seen, a place for an answer comes out.
pub type Prompted = mpsc::Receiver<oneshot::Sender<Reply>>;

impl Replies {
    /// Answers `prompt`, which must be a word that nobody can guess. Bounded at one: a command waits for its answer
    /// before it asks again.
    pub fn new(prompt: String) -> (Self, Prompted) {
        let (asked, prompted) = mpsc::channel(1);
        (Self { prompt, asked }, prompted)
    }

    /// Takes the prompt out of what was said on standard error, when it is there.
    pub(super) fn take_prompt(&self, said: &mut Vec<u8>) -> bool {
        let prompt = self.prompt.as_bytes();
        let Some(at) = said.windows(prompt.len().max(1)).position(|window| window == prompt) else { return false };
        said.drain(at..at + prompt.len());
        true
    }

    /// Asks for the answer. `None` when there is none.
    pub async fn ask(&self) -> Reply {
        let (answer, answered) = oneshot::channel();
        self.asked.send(answer).await.ok()?;
        answered.await.ok()?
    }
}

/// Sends an answer, as a line. Dropping the pipe is the answer when there is none.
pub(super) async fn send(pipe: &mut (impl AsyncWrite + Unpin), secret: &Secret) -> bool {
    let writing = async {
        pipe.write_all(secret.expose()).await?;
        pipe.write_all(b"\n").await?;
        pipe.flush().await
    };
    matches!(timeout(READ_WITHIN, writing).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_words_are_a_question() {
        let (replies, _prompted) = Replies::new("5f3a".into());
        let mut said = b"lecture\n[sudo] password for x: 5f3".to_vec();
        assert!(!replies.take_prompt(&mut said));
        said.extend_from_slice(b"a");
        assert!(replies.take_prompt(&mut said));
        assert_eq!(said, b"lecture\n[sudo] password for x: ");
        assert!(!replies.take_prompt(&mut said));
    }
}
