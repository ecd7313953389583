//! Questions that wait for a person: numbered, shown, and settled when answered or when whoever asked is gone.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use super::transport::Asking;
use crate::port::event::Question;
use crate::port::{Event, Secret};

/// The open questions.
#[derive(Debug)]
pub struct Questions {
    events: mpsc::Sender<Event>,
    open: BTreeMap<u64, Open>,
    last: u64,
}

#[derive(Debug)]
struct Open {
    answer: mpsc::Sender<Option<Secret>>,
    _carrier: AbortOnDropHandle<()>,
}

impl Questions {
    /// None yet; they will be told as events.
    pub fn new(events: mpsc::Sender<Event>) -> Self {
        Self { events, open: BTreeMap::new(), last: 0 }
    }

    /// Shows a question to the person.
    pub async fn take(&mut self, asking: Asking) {
        self.open.retain(|_, open| !open.answer.is_closed());
        self.last += 1;
        let Asking { host, kind, prompt, answer } = asking;
        let (give, given) = mpsc::channel(1);
        let carrier = tokio::spawn(carry(self.last, answer, given, self.events.clone()));
        self.open.insert(self.last, Open { answer: give, _carrier: AbortOnDropHandle::new(carrier) });
        // The core may be gone; then nobody is left to be asked.
        let _ = self.events.send(Event::Asked(Question { id: self.last, host, kind, prompt })).await;
    }

    /// Hands the person's answer to whoever asked; `None` when they declined.
    pub fn answer(&mut self, id: u64, answer: Option<Secret>) {
        if let Some(open) = self.open.get(&id) {
            // Whoever asked may have gone; the carrier has said so, or will.
            let _ = open.answer.try_send(answer);
        }
    }
}

/// Brings one answer back, or notices that nobody waits for it any more.
async fn carry(
    id: u64,
    mut answer: oneshot::Sender<Option<Secret>>,
    mut given: mpsc::Receiver<Option<Secret>>,
    events: mpsc::Sender<Event>,
) {
    tokio::select! {
        () = answer.closed() => {}
        Some(secret) = given.recv() => drop(answer.send(secret)),
        else => {}
    }
    drop(given);
    let _ = events.send(Event::Settled(id)).await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::domain::HostName;
    use crate::port::event::QuestionKind;

    fn ask() -> (Asking, oneshot::Receiver<Option<Secret>>) {
        let (answer, answered) = oneshot::channel();
        let host = HostName::new("app-1").unwrap();
        (Asking { host, kind: QuestionKind::Secret, prompt: "Password:".into(), answer }, answered)
    }

    #[tokio::test]
    async fn an_answer_reaches_whoever_asked() {
        let (events, mut told) = mpsc::channel(8);
        let mut questions = Questions::new(events);
        let (asking, answered) = ask();
        questions.take(asking).await;
        let Some(Event::Asked(question)) = told.recv().await else { panic!("not asked") };
        questions.answer(question.id, Some(Secret::new(b"hunter2".to_vec())));
        assert_eq!(answered.await.unwrap().unwrap().expose(), b"hunter2");
        assert_eq!(told.recv().await, Some(Event::Settled(question.id)));
    }

    #[tokio::test]
    async fn a_question_is_settled_when_nobody_waits_any_more() {
        let (events, mut told) = mpsc::channel(8);
        let mut questions = Questions::new(events);
        let (asking, answered) = ask();
        questions.take(asking).await;
        told.recv().await.unwrap();
        drop(answered);
        assert_eq!(told.recv().await, Some(Event::Settled(1)));
        questions.answer(1, None);
    }
}
