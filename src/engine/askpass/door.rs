//! The console's end: a socket for one connection in the making, at which only its own ssh may knock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::LONGEST;
use crate::engine::transport::{Asker, RuntimeDir, fresh_word};
use crate::port::Secret;
use crate::port::event::QuestionKind;
use crate::text::Foreign;

/// How long somebody at the door may take to say what they want.
const SPEAK_WITHIN: Duration = Duration::from_secs(5);

/// The door. Closing it (dropping [`Door::answer`]'s future and the door) withdraws all its questions.
#[derive(Debug)]
pub struct Door {
    path: PathBuf,
    token: String,
    listener: UnixListener,
}

/// What the door saw so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether a person is being asked just now.
    pub asking: bool,
    /// The question that nobody answered, or that was answered with no.
    pub declined: Option<(QuestionKind, Foreign)>,
    /// The files of known hosts were found broken before a person was asked about a key.
    pub known_hosts: Option<String>,
}

impl Door {
    /// Opens a door.
    ///
    /// # Errors
    /// When the socket can't be made.
    pub fn open(runtime: &RuntimeDir) -> std::io::Result<Self> {
        let path = runtime.socket('a');
        let listener = UnixListener::bind(&path)?;
        Ok(Self { path, token: fresh_word() + &fresh_word(), listener })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What one must say there.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Answers, one after the other, whoever knocks; never returns. `check` is called before a person is
    /// asked about a host key: a sentence from it is an answer of no.
    pub async fn answer(&self, asker: &Asker, seen: &watch::Sender<Seen>, check: impl Fn() -> Option<String>) {
        loop {
            let Ok((visitor, _)) = self.listener.accept().await else {
                // Out of descriptors, at worst; ssh waits meanwhile.
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            self.serve(visitor, asker, seen, &check).await;
        }
    }

    async fn serve(
        &self,
        mut visitor: UnixStream,
        asker: &Asker,
        seen: &watch::Sender<Seen>,
        check: &impl Fn() -> Option<String>,
    ) {
        let ours = visitor.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::getuid().as_raw());
        if !ours {
            return;
        }
        let Ok(Ok(said)) = tokio::time::timeout(SPEAK_WITHIN, listen(&mut visitor)).await else { return };
        let mut parts = said.splitn(3, |byte| *byte == 0);
        let (Some(token), Some(hint), Some(prompt)) = (parts.next(), parts.next(), parts.next()) else { return };
        if token != self.token.as_bytes() {
            return;
        }
        let kind = kind_of(hint, prompt);
        let prompt = Foreign::from(prompt);
        if kind == QuestionKind::HostKey
            && let Some(trouble) = check()
        {
            seen.send_modify(|seen| seen.known_hosts = Some(trouble));
            let _ = visitor.write_all(b"-").await;
            return;
        }
        seen.send_modify(|seen| seen.asking = true);
        let answer = tokio::select! {
            answer = asker.ask(kind, prompt.clone()) => answer,
            // Whoever asked is gone: the question is withdrawn.
            _ = visitor.read_u8() => None,
        };
        let declined = answer.as_ref().is_none_or(|answer| kind != QuestionKind::Secret && answer.expose() != b"yes");
        seen.send_modify(|seen| {
            seen.asking = false;
            if declined {
                seen.declined = Some((kind, prompt));
            }
        });
        // A visitor that hung up has no use for the answer.
        let _ = reply(&mut visitor, answer.as_ref()).await;
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What the visitor says: its length, then the words.
async fn listen(visitor: &mut UnixStream) -> std::io::Result<Vec<u8>> {
    let length = visitor.read_u32().await? as usize;
    let mut said = vec![0; length.min(LONGEST)];
    visitor.read_exact(&mut said).await?;
    Ok(said)
}

async fn reply(visitor: &mut UnixStream, answer: Option<&Secret>) -> std::io::Result<()> {
    match answer {
        Some(answer) => {
            visitor.write_all(b"+").await?;
            visitor.write_all(answer.expose()).await
        }
        None => visitor.write_all(b"-").await,
    }
}

/// What kind of answer ssh wants. It gives a hint for a yes or no, but none for a host key: that is known by
/// its words, which a server can't forge into a harm, as it would only be told yes or no.
fn kind_of(hint: &[u8], prompt: &[u8]) -> QuestionKind {
    let text = String::from_utf8_lossy(prompt);
    if text.starts_with("The authenticity of host ") || text.starts_with("Please type 'yes', 'no' or the fingerprint") {
        QuestionKind::HostKey
    } else if hint == b"confirm" || hint == b"none" {
        QuestionKind::Confirm
    } else {
        QuestionKind::Secret
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use tokio::sync::mpsc;

    use super::*;
    use crate::domain::HostName;

    async fn knock(path: &Path, words: &str) -> Vec<u8> {
        let mut visitor = UnixStream::connect(path).await.unwrap();
        visitor.write_u32(words.len() as u32).await.unwrap();
        visitor.write_all(words.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        visitor.read_to_end(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_who_knows_the_word_gets_an_answer_and_questions_queue() {
        let home = tempfile::Builder::new().prefix("q").tempdir_in("/tmp").unwrap();
        let runtime = RuntimeDir::create_in(Some(home.path().to_owned())).unwrap();
        let door = Door::open(&runtime).unwrap();
        let (path, token) = (door.path().to_owned(), door.token().to_owned());
        let (questions, mut asked) = mpsc::channel(1);
        let asker = Asker::new(HostName::new("h").unwrap(), questions);
        let (seen, watching) = watch::channel(Seen::default());
        let serving = tokio::spawn(async move { door.answer(&asker, &seen, || None).await });

        assert_eq!(knock(&path, "wrong\0\0give me").await, b"");
        assert!(asked.try_recv().is_err(), "a stranger's question reaches nobody");

        let knocks = ["one", "two"].map(|prompt| {
            let (path, words) = (path.clone(), format!("{token}\0\0{prompt}"));
            tokio::spawn(async move { knock(&path, &words).await })
        });
        for _ in 0..2 {
            let asking = asked.recv().await.unwrap();
            assert!(watching.borrow().asking);
            assert_eq!(asking.kind, QuestionKind::Secret);
            let answer = [b"to ", asking.prompt.raw()].concat();
            asking.answer.send(Some(Secret::new(answer))).unwrap();
        }
        let [one, two] = knocks;
        assert_eq!((one.await.unwrap(), two.await.unwrap()), (b"+to one".to_vec(), b"+to two".to_vec()));

        let knocking =
            tokio::spawn(async move { knock(&path, &format!("{token}\0\0The authenticity of host 'x'")).await });
        let asking = asked.recv().await.unwrap();
        assert_eq!(asking.kind, QuestionKind::HostKey);
        asking.answer.send(None).unwrap();
        assert_eq!(knocking.await.unwrap(), b"-");
        serving.abort();
    }
}
