//! One step that tells a channel something: once, whatever becomes of the console, and with what is known of its end.

use super::job::{Done, Kit, Orders};
use super::ledger::Lost;
use crate::domain::Moment;
use crate::domain::channel::{Delivery, Occasion, Told};
use crate::domain::run::{Check, Finding, Reason, RunStep, StepState, StepVerdict};
use crate::engine::clock::Clock;
use crate::engine::store::Recorded;
use crate::port::procedure::Evidence;
use crate::text::Foreign;

/// A notice on its way.
pub(super) struct Telling {
    pub(super) kit: Kit,
    pub(super) number: usize,
    pub(super) channel: String,
    pub(super) text: String,
    pub(super) record: RunStep,
    pub(super) orders: Orders,
}

impl Telling {
    /// Tells it; `adopt` says that it was begun before: then it is only found out what became of it.
    pub(super) async fn run(mut self, adopt: bool) -> Done {
        let begun = self.now();
        if adopt {
            let came = self.found().await;
            return self.ended(begun, came).await;
        }
        let before = self.record.clone();
        self.record.attempt += 1;
        (self.record.reason, self.record.by, self.record.verdict) = (None, None, None);
        self.record.note = Foreign::default();
        if let Err(lost) = self.kit.ledger.intend(self.number, &mut self.record, false).await {
            self.record = before;
            return self.done(Some(lost));
        }
        if let Err(lost @ Lost::Taken(_)) =
            self.kit.ledger.commit(self.number, &mut self.record, StepState::Started).await
        {
            return self.done(Some(lost));
        }
        let came = self.told().await;
        self.ended(begun, came).await
    }

    async fn told(&self) -> (Delivery, String) {
        let Some(channel) = self.kit.post.channels().get(&self.channel) else {
            return (Delivery::NotDelivered, format!("The site has no channel {}.", self.channel));
        };
        // It was planned as something that the console does, and is not any more.
        if let Some(silent) = self.kit.place.environment.silent(&self.channel) {
            return (Delivery::NotDelivered, format!("It is done by hand, because {}.", silent.why(&self.channel)));
        }
        let mut notice = self.kit.about.notice(Occasion::Said, "running", String::new());
        // A secret may have been put into the words.
        notice.text = self.kit.ledger.masks.borrow().text(&self.text);
        let came = tokio::select! {
            came = self.kit.post.tell(channel, &notice) => came,
            () = self.orders.cancel.cancelled() => {
                (Delivery::Unknown, "It was cancelled before the channel had answered.".to_owned())
            }
        };
        self.kit.ledger.report().recorded(&channel.name, &notice, came.clone()).await;
        came
    }

    /// What is recorded of a notice that was begun before.
    async fn found(&self) -> (Delivery, String) {
        let ledger = &self.kit.ledger;
        let unknown = |why: &str| (Delivery::Unknown, why.to_owned());
        let Ok(records) = ledger.store.records(ledger.run.clone()).await else {
            return unknown("What was recorded of it can't be read.");
        };
        let ours = |told: &Told| {
            let since = self.record.at.is_none_or(|since| told.at >= since);
            told.occasion == Occasion::Said && told.channel.as_str() == self.channel && since
        };
        let mut told = records.into_iter().filter_map(|record| match record.what {
            Recorded::Notice(told) => Some(told).filter(ours),
            Recorded::Whole(_)
            | Recorded::Step(..)
            | Recorded::Taken(_)
            | Recorded::Given(_)
            | Recorded::Decided(_)
            | Recorded::Ended(_) => None,
        });
        match told.next() {
            Some(told) => (told.delivery, told.why),
            None => unknown("The console that sent it was gone before the channel had answered."),
        }
    }

    async fn ended(mut self, begun: Moment, (delivery, why): (Delivery, String)) -> Done {
        let (state, reason, finding) = match delivery {
            Delivery::Delivered => (StepState::Verified, None, Finding::Good),
            Delivery::Rehearsed => (StepState::Failed, Some(Reason::Refused), Finding::Bad),
            Delivery::NotDelivered => (StepState::Failed, Some(Reason::Unreachable), Finding::Bad),
            Delivery::Unknown => (StepState::Unknown, Some(Reason::Inconclusive), Finding::Unknown),
        };
        let note = match delivery {
            Delivery::Delivered => format!("{} was told", self.channel),
            Delivery::Rehearsed => format!("a drill tells nobody: tell {} by hand", self.channel),
            Delivery::NotDelivered => format!("{} was not told: {why}", self.channel),
            Delivery::Unknown => format!("whether {} was told is not known: {why}", self.channel),
        };
        self.record.note = note.into();
        self.record.reason = reason;
        let checks = vec![Check { name: "notify".into(), finding, told: self.record.note.clone() }];
        self.record.verdict = Some(StepVerdict { took: begun.age(self.now()), checks });
        let lost = self.kit.ledger.commit(self.number, &mut self.record, state).await.err();
        self.done(lost)
    }

    fn now(&self) -> Moment {
        self.kit.place.clock.now().mono
    }

    fn done(self, lost: Option<Lost>) -> Done {
        let evidence = Evidence { reason: self.record.reason, ..Evidence::default() };
        Done { record: self.record, lost, evidence }
    }
}
