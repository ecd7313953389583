//! One step that tells a channel something: once, whatever becomes of the console, and with what is known of its end.

use super::job::{Done, Orders};
use super::kit::Kit;
use super::ledger::Lost;
use super::task::Task;
use crate::domain::channel::{Delivery, Occasion, Silent, Told};
use crate::domain::phrase::Phrase;
use crate::domain::procedure::Job;
use crate::domain::run::{Check, Finding, Reason, RunStep, StepState, StepVerdict};
use crate::domain::{HostName, InputName, Moment};
use crate::engine::clock::Clock;
use crate::engine::store::Recorded;
use crate::port::procedure::Evidence;
use crate::runtimes::notice::value;
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

impl Task {
    /// Words with what their variables stand for now. What is not known is told as such, and no secret is told.
    pub(super) fn words(&self, words: &Phrase, job: &Job, host: &HostName) -> String {
        let masks = self.masks.borrow();
        let hidden = self.hidden().is_some();
        let open = |name: &InputName, told: &str| match masks.touches(told) {
            true => format!("({name} is a secret)"),
            false => value(told),
        };
        let text = words.told(|name| {
            let planned = job.script.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            if let Some(told) = planned.or_else(|| self.course.value(name.as_str(), host).filter(|_| !hidden)) {
                return open(name, told);
            }
            if self.secrets.contains_key(name) {
                return format!("({name} is a secret)");
            }
            let all = self.course.gave(name.as_str());
            match all.first() {
                None => format!("({name} is not known)"),
                Some(_) if hidden => format!("({name} is not told: it may hold a secret)"),
                Some((_, first)) if all.iter().all(|(_, told)| told == first) => open(name, first),
                Some(_) => {
                    let each = all.iter().map(|(host, told)| format!("{} on {host}", open(name, told)));
                    each.collect::<Vec<_>>().join(", ")
                }
            }
        });
        masks.text(&text)
    }
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
        if let Err(lost) =
            self.kit.ledger.intend(self.number, &mut self.record, self.kit.place.clock.now().wall, false).await
        {
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
        match self.kit.place.environment.silent(&self.channel) {
            Some(Silent::Drill) => return (Delivery::Rehearsed, String::new()),
            Some(silent) => return (Delivery::NotDelivered, format!("The reason: {}.", silent.why(&self.channel))),
            None => {}
        }
        let mut notice = self.kit.about.notice(Occasion::Said, "running", String::new());
        notice.text.clone_from(&self.text);
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
            | Recorded::LetGo(_)
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
            Delivery::Delivered | Delivery::Rehearsed => (StepState::Verified, None, Finding::Good),
            Delivery::NotDelivered => (StepState::Failed, Some(Reason::Unreachable), Finding::Bad),
            Delivery::Unknown => (StepState::Unknown, Some(Reason::Inconclusive), Finding::Unknown),
        };
        let (channel, text) = (&self.channel, &self.text);
        let note = match delivery {
            Delivery::Delivered => format!("{channel} was told: {text}"),
            Delivery::Rehearsed => format!("a drill tells nobody; {channel} would be told: {text}"),
            Delivery::NotDelivered => format!("{channel} was not told: {why} It says: {text}"),
            Delivery::Unknown => format!("whether {channel} was told is not known: {why} It says: {text}"),
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
        Done { record: self.record, lost, evidence, put_off: None }
    }
}
