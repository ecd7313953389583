//! Answers to what a command asks on its standard error: our own random words come back, and only then is a secret
//! sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
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
    input: Option<Input>,
}

const KEPT: u8 = 0;
const SENT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// What a command is given on its standard input once it says that it is ready: behind sudo, which reads there too.
/// It is sent once or withdrawn, and which of the two is certain.
#[derive(Debug, Clone)]
pub struct Input {
    ready: String,
    bytes: Arc<Secret>,
    state: Arc<AtomicU8>,
}

impl Input {
    /// `ready` must be a word that nobody can guess.
    pub fn new(ready: String, bytes: Secret) -> Self {
        Self { ready, bytes: Arc::new(bytes), state: Arc::default() }
    }

    /// Takes it back: true if nothing of it was sent, and then nothing ever is.
    pub fn withdraw(&self) -> bool {
        self.state.compare_exchange(KEPT, WITHDRAWN, Ordering::SeqCst, Ordering::SeqCst) != Err(SENT)
    }

    /// Whether some of it may have been sent.
    pub fn is_sent(&self) -> bool {
        self.state.load(Ordering::SeqCst) == SENT
    }
}

/// The other end: each time the prompt is seen, a place for an answer comes out.
pub type Prompted = mpsc::Receiver<oneshot::Sender<Reply>>;

impl Replies {
    /// Answers `prompt`, which must be a word that nobody can guess. Bounded at one: a command waits for its answer
    /// before it asks again.
    pub fn new(prompt: String) -> (Self, Prompted) {
        let (asked, prompted) = mpsc::channel(1);
        (Self { prompt, asked, input: None }, prompted)
    }

    /// The same with something to read for the command itself.
    #[must_use]
    pub fn giving(mut self, input: Input) -> Self {
        self.input = Some(input);
        self
    }

    /// What the command is to read, when it has just said on standard error that it is ready for it.
    pub(super) fn take_input(&self, said: &mut Vec<u8>) -> Option<Arc<Secret>> {
        let input = self.input.as_ref()?;
        if !take(said, input.ready.as_bytes()) {
            return None;
        }
        let sent = input.state.compare_exchange(KEPT, SENT, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        sent.then(|| Arc::clone(&input.bytes))
    }

    /// Takes the prompt out of what was said on standard error, when it is there.
    pub(super) fn take_prompt(&self, said: &mut Vec<u8>) -> bool {
        take(said, self.prompt.as_bytes())
    }

    /// Asks for the answer. `None` when there is none.
    pub async fn ask(&self) -> Reply {
        let (answer, answered) = oneshot::channel();
        self.asked.send(answer).await.ok()?;
        answered.await.ok()?
    }
}

fn take(said: &mut Vec<u8>, word: &[u8]) -> bool {
    let Some(at) = said.windows(word.len().max(1)).position(|window| window == word) else { return false };
    said.drain(at..at + word.len());
    true
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
    fn what_is_given_is_given_once_or_never() {
        let input = |bytes: &[u8]| Input::new("go".into(), Secret::new(bytes.to_vec()));
        let (one, two) = (input(b"1"), input(b"2"));
        let (first, _prompted) = Replies::new("p".into());
        let first = first.giving(one.clone());
        assert!(first.take_input(&mut b"not yet".to_vec()).is_none() && !one.is_sent());
        assert!(first.take_input(&mut b"go".to_vec()).is_some() && one.is_sent() && !one.withdraw());
        assert!(first.take_input(&mut b"go".to_vec()).is_none());
        let (second, _prompted) = Replies::new("p".into());
        let second = second.giving(two.clone());
        assert!(two.withdraw() && two.withdraw());
        assert!(second.take_input(&mut b"go".to_vec()).is_none() && !two.is_sent());
    }

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
