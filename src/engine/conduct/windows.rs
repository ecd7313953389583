//! Windows and freezes of a run: those that the site says now, also when its file was changed since the run began.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::task::Task;
use crate::domain::Environment;
use crate::domain::procedure::Kind;
use crate::domain::window::{Freeze, Opening, Windows};
use crate::engine::clock::Clock;

/// What holds now.
pub(super) struct InForce {
    windows: Windows,
    /// Why that is not known. Then nothing more is changed.
    unknown: Option<String>,
    /// Whether the site's files gave no answer when they were looked at last: then what was known holds on.
    silent: bool,
}

impl InForce {
    pub(super) fn of(environment: &Environment) -> Self {
        Self { windows: environment.windows.clone(), unknown: None, silent: false }
    }

    /// Who may change the environment all the same.
    pub(super) fn role(&self) -> Option<crate::domain::RoleName> {
        self.windows.role.clone()
    }

    /// Whether the environment may be changed now.
    pub(super) fn at(&self, now: Timestamp) -> Opening {
        let Some(why) = &self.unknown else { return self.windows.at(now) };
        let freeze = Freeze {
            from: DateTime::MIN,
            to: DateTime::MAX,
            zone: TimeZone::UTC,
            reason: format!("{why}, so nobody knows which windows and freezes it has").as_str().into(),
        };
        Opening::Closed { freeze: Some(freeze), next: None }
    }

    /// When that changes next.
    pub(super) fn turns_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.at(now) {
            Opening::Open { until } => until.map(|(until, _)| until),
            Opening::Closed { next, .. } => next.map(|(next, _)| next),
        }
    }

    fn is_closed(&self, kind: Kind, now: Timestamp) -> bool {
        // What is not known holds a deploy up, and nothing that goes back.
        let unknown = self.unknown.is_some() && kind == Kind::Deploy;
        unknown || self.windows.hold_for(kind) && !self.windows.at(now).is_open()
    }
}

impl Task {
    /// Whether the environment may be changed now. The site's file is looked at each time: a freeze that somebody writes
    /// holds for what goes on, before its next part.
    pub(super) async fn look_at_windows(&mut self) {
        let environment = &self.kit.place.environment;
        let looked = match self.kit.place.files.windows(environment).await {
            Ok(looked) => looked,
            Err(silent) => {
                // Told once, until they answer again.
                if !std::mem::replace(&mut self.windows.silent, true) {
                    let sentence = format!("{}. The windows and freezes that are known hold on.", silent.told());
                    self.kit.ledger.trouble(sentence).await;
                }
                let (now, kind) = (self.kit.place.clock.now().wall, Kind::of_word(&self.kit.about.run.kind));
                let closed = kind.is_some_and(|kind| self.windows.is_closed(kind, now));
                return self.course.close(closed);
            }
        };
        let (windows, unknown) = match looked {
            None => (environment.windows.clone(), None),
            Some(Ok(windows)) => (windows, None),
            Some(Err(why)) => (self.windows.windows.clone(), Some(why)),
        };
        let (now, kind) = (self.kit.place.clock.now().wall, Kind::of_word(&self.kit.about.run.kind));
        let were_others = self.windows.windows != windows;
        self.windows = InForce { windows, unknown, silent: false };
        let closed = kind.is_some_and(|kind| self.windows.is_closed(kind, now));
        if were_others {
            let told = self.windows.at(now).told(now);
            let sentence = format!("The windows of {} were changed meanwhile: {told}.", environment.name);
            self.kit.ledger.trouble(sentence).await;
        }
        self.course.close(closed);
    }
}
