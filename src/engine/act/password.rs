//! The password of sudo: asked once for an environment, kept in memory only, tried on the other hosts, asked again
//! where it is wrong. One task owns it; whoever needs it waits for its turn, so that a person is asked one thing at a
//! time.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use crate::domain::{HostName, RunId};
use crate::engine::transport::{Asker, Asking, Prompted, Reply};
use crate::port::Secret;
use crate::port::event::QuestionKind;
use crate::text::Foreign;

/// Wishes that may wait; whoever has one waits for its place.
const WISHES: usize = 16;
/// How often a person is asked for one host in one step.
const TRIES: u32 = 3;

/// What became of the questions of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Questions {
    /// sudo did not ask.
    None,
    /// It asked so often, and each time was answered.
    Answered(u32),
    /// A person was asked and gave none.
    Declined,
    /// Nobody is there to be asked.
    Nobody,
    /// None that a person typed was taken.
    Wrong,
}

/// A handle on what is known. The password is wiped when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Vault {
    wishes: mpsc::Sender<Wish>,
    _keeper: Arc<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
struct Wish {
    run: RunId,
    host: HostName,
    command: String,
    /// Passwords that this command was given already, by their numbers.
    tried: Vec<u64>,
    asked: u32,
    answer: oneshot::Sender<Result<Given, Questions>>,
}

/// A password: its number, itself, and whether it was typed just now.
type Given = (u64, Arc<Secret>, bool);

impl Vault {
    /// One that asks people through `ask`; without it nobody is there.
    pub fn new(ask: Option<mpsc::Sender<Asking>>) -> Self {
        let (wishes, wished) = mpsc::channel(WISHES);
        let keeper = tokio::spawn(keep(ask, wished));
        Self { wishes, _keeper: Arc::new(AbortOnDropHandle::new(keeper)) }
    }

    /// Answers the questions of one command until it asks no more.
    pub(in crate::engine) async fn answer(
        &self,
        run: &RunId,
        host: &HostName,
        command: &str,
        mut prompted: Prompted,
    ) -> Questions {
        let (mut tried, mut asked) = (Vec::new(), 0);
        let mut came = Questions::None;
        while let Some(mut place) = prompted.recv().await {
            let (answer, answered) = oneshot::channel();
            let wish = Wish {
                run: run.clone(),
                host: host.clone(),
                command: command.into(),
                tried: tried.clone(),
                asked,
                answer,
            };
            if self.wishes.send(wish).await.is_err() {
                return Questions::Nobody;
            }
            let given = tokio::select! {
                given = answered => given.unwrap_or(Err(Questions::Nobody)),
                // The command waits no longer.
                () = place.closed() => break,
            };
            match given {
                Ok((number, secret, typed)) => {
                    tried.push(number);
                    asked += u32::from(typed);
                    came = Questions::Answered(u32::try_from(tried.len()).unwrap_or(u32::MAX));
                    // Whoever asked may be gone.
                    let _: Result<(), Reply> = place.send(Some(secret));
                }
                Err(none) => {
                    let _: Result<(), Reply> = place.send(None);
                    came = none;
                }
            }
        }
        came
    }
}

/// What is known: the newest password with the host for which it was typed and, by host, the one that was given there
/// last.
#[derive(Default)]
struct Known {
    newest: Option<(HostName, u64, Arc<Secret>)>,
    own: BTreeMap<HostName, (u64, Arc<Secret>)>,
    count: u64,
    /// The run for which a person gave none: they are not asked again for it.
    declined: Option<RunId>,
}

impl Known {
    /// What is not taken by a host is not tried there again; what was typed for it, nowhere.
    fn forget(&mut self, wish: &Wish) {
        let refused = |number: &u64| wish.tried.contains(number);
        if self.newest.as_ref().is_some_and(|(typed_for, number, _)| *typed_for == wish.host && refused(number)) {
            self.newest = None;
        }
        if self.own.get(&wish.host).is_some_and(|(number, _)| refused(number)) {
            self.own.remove(&wish.host);
        }
    }

    /// What can be tried for this wish without asking anybody.
    fn untried(&self, wish: &Wish) -> Option<(u64, Arc<Secret>)> {
        let own = self.own.get(&wish.host).cloned();
        let newest = self.newest.as_ref().map(|(_, number, secret)| (*number, Arc::clone(secret)));
        [own, newest].into_iter().flatten().find(|(number, _)| !wish.tried.contains(number))
    }
}

async fn keep(ask: Option<mpsc::Sender<Asking>>, mut wished: mpsc::Receiver<Wish>) {
    let mut known = Known::default();
    while let Some(mut wish) = wished.recv().await {
        known.forget(&wish);
        let given = match (known.untried(&wish), &ask) {
            (Some((number, secret)), _) => Ok((number, secret, false)),
            (None, None) => Err(Questions::Nobody),
            (None, Some(_)) if known.declined.as_ref() == Some(&wish.run) => Err(Questions::Declined),
            (None, Some(_)) if wish.asked >= TRIES => Err(Questions::Wrong),
            (None, Some(ask)) => {
                let asker = Asker::new(wish.host.clone(), ask.clone());
                let question = asker.ask(QuestionKind::Sudo, question(&wish));
                let typed = tokio::select! {
                    typed = question => typed,
                    () = wish.answer.closed() => continue,
                };
                match typed {
                    Some(secret) => {
                        known.count += 1;
                        let secret = Arc::new(secret);
                        known.newest = Some((wish.host.clone(), known.count, Arc::clone(&secret)));
                        Ok((known.count, secret, true))
                    }
                    None => {
                        known.declined = Some(wish.run.clone());
                        Err(Questions::Declined)
                    }
                }
            }
        };
        if let Ok((number, secret, _)) = &given {
            known.own.insert(wish.host.clone(), (*number, Arc::clone(secret)));
        }
        // Whoever wished may be gone.
        let _ = wish.answer.send(given);
    }
}

fn question(wish: &Wish) -> Foreign {
    let before = if wish.tried.is_empty() { "" } else { "That was not the password there. " };
    format!("{before}Password for sudo on {}, to run: {}", wish.host, wish.command).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::engine::transport::Replies;

    fn host(name: &str) -> HostName {
        HostName::new(name).unwrap()
    }

    fn run(digit: char) -> RunId {
        RunId::new(&format!("01939a2e-77aa-7c11-8f3e-01234567890{digit}")).unwrap()
    }

    /// A host whose sudo takes `right`, and says how often it asked.
    async fn sudo(vault: &Vault, run: &RunId, name: &str, right: &str) -> (Questions, Vec<String>) {
        let (replies, prompted) = Replies::new("word".into());
        let mut given = Vec::new();
        let command = async {
            for _ in 0..5 {
                let Some(secret) = replies.ask().await else { break };
                given.push(String::from_utf8_lossy(secret.expose()).into_owned());
                if secret.expose() == right.as_bytes() {
                    break;
                }
            }
            drop(replies);
        };
        let name = host(name);
        let (came, ()) = tokio::join!(vault.answer(run, &name, "systemctl …", prompted), command);
        (came, given)
    }

    /// Answers questions with these words, then with none; gives back what was asked.
    fn person(answers: &[&'static str]) -> (mpsc::Sender<Asking>, tokio::task::JoinHandle<Vec<String>>) {
        let (ask, mut asked) = mpsc::channel::<Asking>(4);
        let mut answers: Vec<&str> = answers.iter().rev().copied().collect();
        let answering = tokio::spawn(async move {
            let mut prompts = Vec::new();
            while let Some(asking) = asked.recv().await {
                prompts.push(asking.prompt.plain());
                let answer = answers.pop().map(|word| Secret::new(word.as_bytes().to_vec()));
                let _ = asking.answer.send(answer);
            }
            prompts
        });
        (ask, answering)
    }

    #[tokio::test]
    async fn it_is_asked_once_and_tried_on_the_other_hosts() {
        let (ask, asked) = person(&["right", "other"]);
        let (vault, one) = (Vault::new(Some(ask)), run('a'));
        let (first, second) = tokio::join!(sudo(&vault, &one, "app-1", "right"), sudo(&vault, &one, "app-2", "right"));
        assert_eq!((first.0, second.0), (Questions::Answered(1), Questions::Answered(1)));
        // A host with a password of its own: the known one is tried, then a person is asked, and both are kept.
        assert_eq!(sudo(&vault, &run('a'), "db-1", "other").await.1, ["right", "other"]);
        assert_eq!(sudo(&vault, &run('b'), "db-1", "other").await.1, ["other"]);
        assert_eq!(sudo(&vault, &run('b'), "app-1", "right").await.1, ["right"]);
        drop(vault);
        let prompts = asked.await.unwrap();
        assert_eq!(prompts.len(), 2);
        assert!(prompts[1].starts_with("That was not the password there. Password for sudo on db-1"));
    }

    #[tokio::test]
    async fn a_wrong_one_is_asked_again_and_declining_ends_the_asking() {
        let (ask, asked) = person(&["wrong", "wronger", "wrongest", "never"]);
        let vault = Vault::new(Some(ask));
        let (came, given) = sudo(&vault, &run('a'), "app-1", "right").await;
        assert_eq!((came, given.len()), (Questions::Wrong, 3));
        drop(vault);
        assert_eq!(asked.await.unwrap().len(), 3);

        let (ask, asked) = person(&[]);
        let vault = Vault::new(Some(ask));
        assert_eq!(sudo(&vault, &run('a'), "app-1", "right").await.0, Questions::Declined);
        assert_eq!(sudo(&vault, &run('a'), "app-2", "right").await.0, Questions::Declined);
        assert_eq!(sudo(&vault, &run('b'), "app-2", "right").await.0, Questions::Declined, "a new run may ask again");
        drop(vault);
        assert_eq!(asked.await.unwrap().len(), 2);
        assert_eq!(sudo(&Vault::new(None), &run('a'), "app-1", "right").await.0, Questions::Nobody);
    }
}
