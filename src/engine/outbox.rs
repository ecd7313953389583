//! Effects on their way to the world, held back here while its channel is full, so that the loop never waits.

use std::collections::VecDeque;

use crate::port::Effect;

/// Effects that may wait. Overflow: an effect that says the same as one that waits, or replaces it, takes its
/// place; when that is not enough, the oldest request for news gives way. Answers of a person never do.
const MOST: usize = 256;

/// The queue.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Effect>,
    given_up: u64,
}

impl Outbox {
    /// Takes an effect in.
    pub fn push(&mut self, effect: Effect) {
        self.waiting.retain(|old| !replaces(&effect, old));
        if self.waiting.len() >= MOST
            && let Some(oldest) = self.waiting.iter().position(may_give_way)
        {
            self.waiting.remove(oldest);
            self.given_up += 1;
        }
        self.waiting.push_back(effect);
    }

    /// Takes the oldest out.
    pub fn pop(&mut self) -> Option<Effect> {
        self.waiting.pop_front()
    }

    /// Puts the one that was taken out last back at its place.
    pub fn put_back(&mut self, effect: Effect) {
        self.waiting.push_front(effect);
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many requests gave way since the last call.
    pub fn given_up(&mut self) -> u64 {
        std::mem::take(&mut self.given_up)
    }
}

/// Whether `new` makes `old` pointless.
fn replaces(new: &Effect, old: &Effect) -> bool {
    match new {
        // Another environment: what was asked about the one before is of no interest any more.
        Effect::Watch(_) => !matches!(
            old,
            Effect::Answer(..)
                | Effect::Execute(_)
                | Effect::StopRun(_)
                | Effect::Conduct(_)
                | Effect::Decide(..)
                | Effect::Follow(_)
                | Effect::Keepsake(..)
        ),
        Effect::Refresh => matches!(old, Effect::Refresh),
        Effect::ReadUsage(_) => matches!(old, Effect::ReadUsage(_)),
        Effect::RetryNow(_) | Effect::ReadDetail(..) | Effect::ReadFields(..) => new == old,
        Effect::ReadHistory(_) => matches!(old, Effect::ReadHistory(_)),
        Effect::Preview(_) | Effect::ReadRun(_) | Effect::ReadReleases(_) | Effect::ListChoices(_) => new == old,
        Effect::Conduct(_) | Effect::Decide(..) | Effect::Resume(_) | Effect::Follow(_) => false,
        Effect::Tail(_) | Effect::EndTail => matches!(old, Effect::Tail(_) | Effect::EndTail | Effect::ReadPage(_)),
        Effect::ReadPage(new) => matches!(old, Effect::ReadPage(old) if old.host == new.host),
        Effect::Execute(_) | Effect::StopRun(_) | Effect::OpenLink(_) => false,
        Effect::Export(_) | Effect::Page(..) | Effect::Keepsake(..) | Effect::Shell(_) => false,
        Effect::Answer(..)
        | Effect::Copy(_)
        | Effect::Mouse(_)
        | Effect::Title(_)
        | Effect::Call(_)
        | Effect::Redraw
        | Effect::Suspend
        | Effect::Quit => false,
    }
}

fn may_give_way(effect: &Effect) -> bool {
    match effect {
        Effect::RetryNow(_)
        | Effect::Refresh
        | Effect::ReadUsage(_)
        | Effect::ReadDetail(..)
        | Effect::ReadHistory(_)
        | Effect::ReadReleases(_)
        | Effect::ReadRun(_)
        | Effect::Preview(_)
        | Effect::ReadFields(..) => true,
        // A form waits for its answer, and so does the line that says that older lines are fetched.
        Effect::ReadPage(_)
        | Effect::ListChoices(_)
        | Effect::Execute(_)
        | Effect::StopRun(_)
        | Effect::Conduct(_)
        | Effect::Decide(..)
        | Effect::Resume(_)
        | Effect::Follow(_)
        | Effect::Tail(_)
        | Effect::EndTail
        | Effect::Export(_)
        | Effect::Page(..)
        | Effect::Keepsake(..)
        | Effect::OpenLink(_)
        | Effect::Shell(_) => false,
        Effect::Watch(_)
        | Effect::Answer(..)
        | Effect::Copy(_)
        | Effect::Mouse(_)
        | Effect::Title(_)
        | Effect::Call(_)
        | Effect::Redraw
        | Effect::Suspend
        | Effect::Quit => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::HostName;

    fn host(name: &str) -> HostName {
        HostName::new(name).unwrap()
    }

    #[test]
    fn the_same_wish_waits_once() {
        let mut outbox = Outbox::default();
        for _ in 0..3 {
            outbox.push(Effect::RetryNow(host("a")));
            outbox.push(Effect::Refresh);
            outbox.push(Effect::ReadUsage(Vec::new()));
        }
        outbox.push(Effect::RetryNow(host("b")));
        let mut order = Vec::new();
        while let Some(effect) = outbox.pop() {
            order.push(effect);
        }
        assert_eq!(
            order,
            [Effect::RetryNow(host("a")), Effect::Refresh, Effect::ReadUsage(Vec::new()), Effect::RetryNow(host("b"))]
        );
    }

    #[test]
    fn it_is_bounded_and_answers_stay() {
        let mut outbox = Outbox::default();
        outbox.push(Effect::Answer(7, None));
        for number in 0..10_000 {
            outbox.push(Effect::RetryNow(host(&format!("h{number}"))));
        }
        assert_eq!(outbox.waiting.len(), MOST);
        assert_eq!(outbox.given_up(), 10_001 - MOST as u64);
        assert_eq!(outbox.pop(), Some(Effect::Answer(7, None)));
    }
}
