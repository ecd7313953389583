//! What a look at a unit says of a change that was sent: not yet, there, or wrong. Pure.

use super::judge_containers;
use crate::domain::unit::Active;
use crate::domain::verb::Verb;
use crate::runtimes::systemd_look::Look;

/// What a look says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// It is on its way.
    NotYet,
    /// It stands as it should; how, in few words.
    There(String),
    /// It will not come to stand as it should: why.
    Wrong(String),
}

/// What a change began with, and what was seen since.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) verb: Verb,
    pub(super) before: Look,
    /// Fewest automatic restarts that were seen: more than that happened since.
    floor: u32,
    /// Looks that showed no trace of a job.
    idle: u32,
    /// The first new run of the unit that was seen.
    first: Option<Look>,
}

/// So many looks may pass between the end of the command and the first sign of its job.
const SIGNLESS: u32 = 4;

impl Course {
    /// The course of a change that has just been sent.
    pub(super) fn new(verb: Verb, before: Look) -> Self {
        let floor = before.facts.restarts;
        Self { verb, before, floor, idle: 0, first: None }
    }

    /// Whether this is another run of the unit than before.
    pub(super) fn is_new(&self, look: &Look) -> bool {
        !look.facts.invocation.is_empty() && look.facts.invocation != self.before.facts.invocation
    }

    /// Takes the next look in.
    pub(super) fn judge(&mut self, look: &Look) -> Judged {
        if let Some(containers) = &look.facts.containers {
            return judge_containers::judge(self.verb, &self.before.facts, &look.facts, containers);
        }
        let crashed = look.facts.restarts > self.floor;
        self.floor = self.floor.min(look.facts.restarts);
        let again = self.first.as_ref().and_then(|first| by_others(first, look));
        if self.first.is_none() && self.is_new(look) {
            self.first = Some(look.clone());
        }
        let judged = match self.verb {
            Verb::Start | Verb::Restart => match again {
                Some(why) => Judged::Wrong(why),
                None => self.up(look, crashed),
            },
            Verb::Stop => self.down(look),
            Verb::Reload => self.reloaded(look),
            Verb::Enable => self.file(look, "enabled"),
            Verb::Disable => self.file(look, "disabled"),
            Verb::ResetFailed if look.facts.active == Active::Failed => {
                Judged::Wrong("it still counts as failed".into())
            }
            Verb::ResetFailed => Judged::There(words(look)),
            Verb::DaemonReload | Verb::Kill(_) => Judged::There(words(look)),
            Verb::Scale(_) => Judged::Wrong("it has no containers that can be counted".into()),
        };
        // What looks wrong may be the moment before its job is seen.
        match judged {
            Judged::Wrong(_) if !look.busy && !self.is_new(look) && self.idle < SIGNLESS && self.may_lag(look) => {
                self.idle += 1;
                Judged::NotYet
            }
            Judged::NotYet | Judged::There(_) | Judged::Wrong(_) => judged,
        }
    }

    fn may_lag(&self, look: &Look) -> bool {
        look.facts.active == self.before.facts.active && look.facts.invocation == self.before.facts.invocation
    }

    fn up(&self, look: &Look, crashed: bool) -> Judged {
        let facts = &look.facts;
        let new = self.is_new(look) || self.before.facts.invocation.is_empty();
        let again = facts.sub.raw().starts_with(b"auto-restart");
        if crashed || (new && again) {
            return Judged::Wrong(format!("it ended at once ({}) and systemd starts it again", ended(look)));
        }
        if look.busy {
            return Judged::NotYet;
        }
        match facts.active {
            Active::Active | Active::Reloading | Active::Refreshing => {
                let had = !self.before.facts.invocation.is_empty();
                if self.verb == Verb::Restart && had && !new {
                    return Judged::Wrong("it still is the same run as before".into());
                }
                Judged::There(words(look))
            }
            Active::Failed => Judged::Wrong(format!("it failed: {}", ended(look))),
            Active::Inactive if facts.oneshot && new && facts.result.raw() == b"success" => {
                Judged::There("ran to its end with success".into())
            }
            Active::Inactive if look.condition_failed => {
                Judged::Wrong("it did not start: a condition of its unit file does not hold".into())
            }
            Active::Inactive => Judged::Wrong(format!("it does not run: {}", ended(look))),
            Active::Activating | Active::Deactivating | Active::Maintenance | Active::Unknown => Judged::NotYet,
        }
    }

    fn down(&self, look: &Look) -> Judged {
        if look.busy {
            return Judged::NotYet;
        }
        match look.facts.active {
            Active::Inactive => Judged::There(words(look)),
            Active::Failed => Judged::There(format!("does not run; systemd counts it as failed: {}", ended(look))),
            Active::Active | Active::Reloading | Active::Refreshing => Judged::Wrong("it still runs".into()),
            Active::Activating | Active::Deactivating | Active::Maintenance | Active::Unknown => Judged::NotYet,
        }
    }

    fn reloaded(&self, look: &Look) -> Judged {
        if self.is_new(look) {
            return Judged::Wrong("it was started anew instead".into());
        }
        if look.busy {
            return Judged::NotYet;
        }
        match look.facts.active {
            Active::Active if matches!(look.reload.as_str(), "" | "success") => Judged::There(words(look)),
            Active::Active => Judged::Wrong(format!("its reload failed: {}", look.reload.replace('-', " "))),
            Active::Failed | Active::Inactive => Judged::Wrong(format!("it ended: {}", ended(look))),
            Active::Reloading
            | Active::Refreshing
            | Active::Activating
            | Active::Deactivating
            | Active::Maintenance
            | Active::Unknown => Judged::NotYet,
        }
    }

    fn file(&self, look: &Look, wanted: &str) -> Judged {
        let state = look.facts.file_state.plain();
        if state.starts_with(wanted) {
            Judged::There(state)
        } else {
            Judged::Wrong(format!("its unit file is {state}"))
        }
    }

    /// Whether the change is proven by a look alone, without the end of the command: what a person would take as
    /// proof too. What can't be told from a coincidence is not.
    pub(super) fn is_proven(&self, look: &Look) -> bool {
        let (before, facts) = (&self.before.facts, &look.facts);
        if let Some(containers) = &facts.containers {
            return judge_containers::is_proven(self.verb, before, facts, containers);
        }
        match self.verb {
            Verb::Start | Verb::Restart => {
                // systemd counts what it starts again by itself.
                self.is_new(look) && facts.restarts <= before.restarts && !facts.sub.raw().starts_with(b"auto-restart")
            }
            Verb::Stop => before.active.runs() && facts.active == Active::Inactive,
            Verb::Enable => !before.file_state.raw().starts_with(b"enabled") && facts.file_state.raw() == b"enabled",
            Verb::Disable => before.file_state.raw().starts_with(b"enabled") && facts.file_state.raw() == b"disabled",
            Verb::ResetFailed => before.active == Active::Failed && facts.active == Active::Inactive,
            Verb::Reload | Verb::DaemonReload | Verb::Kill(_) | Verb::Scale(_) => false,
        }
    }
}

/// Whether a unit that stands as it should still does: same run, no restart of its own, still up.
pub(super) fn still(arrived: &Look, look: &Look) -> Result<(), String> {
    if let Some(containers) = &look.facts.containers {
        return judge_containers::still(&arrived.facts, &look.facts, containers);
    }
    if let Some(why) = by_others(arrived, look) {
        return Err(why);
    }
    if look.facts.invocation != arrived.facts.invocation || look.facts.restarts > arrived.facts.restarts {
        return Err(format!("it ended ({}) and was started again", ended(look)));
    }
    if look.facts.active.runs() || look.facts.active == arrived.facts.active {
        return Ok(());
    }
    Err(format!("it ended: {}", ended(look)))
}

/// Whether a unit was started anew between two looks although systemd did not do that by itself, which it counts: then
/// somebody else acts on it at the same time, perhaps with another qd that knows nothing of this one.
fn by_others(first: &Look, second: &Look) -> Option<String> {
    let (before, now) = (&first.facts, &second.facts);
    let itself = now.restarts > before.restarts || now.sub.raw().starts_with(b"auto-restart");
    if before.invocation.is_empty() || now.invocation.is_empty() || before.invocation == now.invocation || itself {
        return None;
    }
    let short = |id: &str| id.chars().take(8).collect::<String>();
    let (was, is) = (short(&before.invocation), short(&now.invocation));
    Some(format!(
        "it was started anew once more, and not by systemd itself: somebody else acts on it at the same time \
         (InvocationID {was} was begun here, {is} is another)"
    ))
}

/// State and sub state: `active (running)`.
pub(super) fn words(look: &Look) -> String {
    let sub = look.facts.sub.plain();
    let state = match look.facts.active {
        Active::Active => "active",
        Active::Reloading => "reloading",
        Active::Inactive => "inactive",
        Active::Failed => "failed",
        Active::Activating => "activating",
        Active::Deactivating => "deactivating",
        Active::Maintenance => "in maintenance",
        Active::Refreshing => "refreshing",
        Active::Unknown => "in a state that is not known",
    };
    if sub.is_empty() { state.to_owned() } else { format!("{state} ({sub})") }
}

fn ended(look: &Look) -> String {
    let cause = look.facts.cause();
    if cause.is_empty() { words(look) } else { cause }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use crate::domain::unit::{Exit, UnitFacts};

    fn look(active: Active, sub: &str, invocation: &str, restarts: u32, busy: bool) -> Look {
        let facts = UnitFacts {
            active,
            sub: sub.into(),
            invocation: invocation.into(),
            restarts,
            result: "success".into(),
            ..UnitFacts::default()
        };
        Look { facts, busy, ..Look::default() }
    }

    fn runs(invocation: &str, restarts: u32) -> Look {
        look(Active::Active, "running", invocation, restarts, false)
    }

    #[test]
    fn a_restart_is_there_only_with_another_invocation() {
        let mut course = Course::new(Verb::Restart, runs("a", 0));
        assert_eq!(course.judge(&look(Active::Active, "running", "a", 0, true)), Judged::NotYet, "its job waits");
        assert_eq!(course.judge(&look(Active::Deactivating, "stop-sigterm", "a", 0, true)), Judged::NotYet);
        assert_eq!(course.judge(&look(Active::Activating, "start", "b", 0, true)), Judged::NotYet);
        assert_eq!(course.judge(&runs("b", 0)), Judged::There("active (running)".into()));
        let mut course = Course::new(Verb::Restart, runs("a", 0));
        let judged: Vec<Judged> = (0..6).map(|_| course.judge(&runs("a", 0))).collect();
        assert_eq!(judged[0], Judged::NotYet, "its job may not be seen yet");
        assert!(matches!(judged[5], Judged::Wrong(_)));
    }

    #[test]
    fn somebody_else_who_restarts_it_meanwhile_is_told() {
        let mut course = Course::new(Verb::Restart, runs("a", 3));
        assert_eq!(course.judge(&look(Active::Activating, "start", "b", 0, true)), Judged::NotYet);
        let Judged::Wrong(why) = course.judge(&runs("c", 0)) else { panic!("another run than the one that was begun") };
        assert!(
            why.contains("somebody else") && why.contains("InvocationID b") && why.contains("c is another"),
            "{why}"
        );
        assert!(still(&runs("b", 0), &runs("c", 0)).is_err_and(|why| why.contains("somebody else")));
        assert!(still(&runs("b", 0), &runs("c", 1)).is_err_and(|why| why.contains("was started again")));
        let mut gone = look(Active::Activating, "auto-restart", "b", 0, true);
        gone.facts.result = "exit-code".into();
        assert!(still(&runs("b", 0), &gone).is_err_and(|why| !why.contains("somebody")));
    }

    #[test]
    fn a_crash_loop_is_seen_at_the_first_crash() {
        let mut course = Course::new(Verb::Restart, runs("a", 57));
        assert_eq!(course.judge(&runs("b", 0)), Judged::There("active (running)".into()), "the count begins anew");
        assert!(matches!(course.judge(&runs("c", 1)), Judged::Wrong(_)));
        let mut course = Course::new(Verb::Start, look(Active::Inactive, "dead", "a", 0, false));
        let mut crashed = look(Active::Activating, "auto-restart", "b", 0, true);
        crashed.facts.result = "exit-code".into();
        crashed.facts.exit = Exit::Exited(3);
        assert_eq!(
            course.judge(&crashed),
            Judged::Wrong("it ended at once (exit 3) and systemd starts it again".into())
        );
        let mut limit = look(Active::Failed, "failed", "b", 0, false);
        limit.facts.result = "start-limit-hit".into();
        assert_eq!(course.judge(&limit), Judged::Wrong("it failed: start limit hit".into()));
    }

    #[test]
    fn what_runs_to_its_end_succeeds_by_its_result() {
        let mut course = Course::new(Verb::Start, look(Active::Inactive, "dead", "a", 0, false));
        let mut done = look(Active::Inactive, "dead", "b", 0, false);
        done.facts.oneshot = true;
        assert_eq!(course.judge(&done), Judged::There("ran to its end with success".into()));
        done.facts.oneshot = false;
        assert!(matches!(course.judge(&done), Judged::Wrong(_)), "a service that should stay");
    }

    #[test]
    fn down_is_down_whatever_systemd_calls_it() {
        let mut course = Course::new(Verb::Stop, runs("a", 0));
        assert_eq!(course.judge(&look(Active::Deactivating, "stop-sigterm", "a", 0, true)), Judged::NotYet);
        assert!(matches!(course.judge(&look(Active::Failed, "failed", "a", 0, false)), Judged::There(_)));
        assert!(matches!(course.judge(&look(Active::Inactive, "dead", "a", 0, false)), Judged::There(_)));
    }

    #[test]
    fn a_reload_keeps_the_run_and_tells_its_own_failure() {
        let mut course = Course::new(Verb::Reload, runs("a", 0));
        assert_eq!(course.judge(&look(Active::Reloading, "reload", "a", 0, true)), Judged::NotYet);
        let failed = Look { reload: "exit-code".into(), ..runs("a", 0) };
        for _ in 0..SIGNLESS {
            course.judge(&failed);
        }
        assert_eq!(course.judge(&failed), Judged::Wrong("its reload failed: exit code".into()));
        assert_eq!(course.judge(&Look { reload: "success".into(), ..runs("a", 0) }), Judged::There(words(&failed)));
    }

    #[test]
    fn only_proof_proves() {
        let restarted = Course::new(Verb::Restart, runs("a", 2));
        assert!(restarted.is_proven(&runs("b", 0)));
        assert!(!restarted.is_proven(&runs("a", 2)), "the same run");
        assert!(!restarted.is_proven(&runs("b", 3)), "systemd may have started it again by itself");
        assert!(!Course::new(Verb::Reload, runs("a", 0)).is_proven(&runs("a", 0)));
        assert!(Course::new(Verb::Stop, runs("a", 0)).is_proven(&look(Active::Inactive, "dead", "a", 0, false)));
    }
}
