//! How the services of a run stand while it goes on, and, when it has not ended well, each of them as it is in truth: what
//! systemd and its probes say now, beside the code that the run says it has.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::follow::Session;
use crate::cli::status::is_settled;
use crate::cli::{Exit, output};
use crate::domain::motion::Code;
use crate::domain::procedure::Doing;
use crate::domain::run::{Reason, RunStep, StepState};
use crate::domain::{Environment, HostName, Moment, Motion, PartId, Run, RunId, ServiceName};
use crate::engine::clock::{Clock, RealClock};
use crate::port::procedure::ProcedureNews;
use crate::port::{Effect, Event};
use crate::state::Fleet;
use crate::state::procedures::{goes_back, motion, takes_back};

/// Probes that were asked before the end are waited for so long to be asked once more.
const ASKED_WITHIN: Duration = Duration::from_secs(12);

/// What is known of the environment's services.
pub(super) struct Standing {
    fleet: Fleet,
    /// What was told last of the code that services run.
    told: Motion,
}

/// One instance of a service.
struct Row {
    service: ServiceName,
    host: Option<HostName>,
    code: Option<Code>,
    state: &'static str,
    why: String,
}

impl Standing {
    pub(super) fn new(environment: Arc<Environment>) -> Self {
        Self { fleet: Fleet::new(environment, RealClock.now()), told: Motion::default() }
    }

    /// Takes in what is heard of hosts and services; everything else says nothing of them.
    pub(super) fn observe(&mut self, event: Event) {
        let now = RealClock.now();
        match event {
            Event::Host(host, news) => self.fleet.observe_host(&host, news, now),
            Event::Probe { service, host, probe, report } => {
                self.fleet.observe_probe(&service, host.as_ref(), &probe, report, now);
            }
            _ => {}
        }
    }

    /// Whether everything was heard of these services, and each of their probes was asked after this moment wherever it can be.
    fn is_known(&self, services: &[ServiceName], since: Moment) -> bool {
        let newer = |last: &Option<crate::domain::ProbeReport>| last.as_ref().is_some_and(|last| last.asked >= since);
        let asked = |row: &crate::state::ServiceRow| {
            let here = row.probes.values().all(|state| newer(&state.last));
            let up = |host: &HostName| self.fleet.host(host).is_some_and(|row| row.link.is_up());
            here && row.host_probes.iter().all(|((host, _), state)| newer(&state.last) || !up(host))
        };
        is_settled(&self.fleet)
            && self.fleet.services.iter().filter(|row| services.contains(&row.service.name)).all(asked)
    }

    fn rows(&mut self, services: &[ServiceName], motion: &Motion) -> Vec<Row> {
        self.fleet.wake(RealClock.now());
        let named = self.fleet.services.iter().filter(|row| services.contains(&row.service.name));
        let rows = named.flat_map(|row| {
            row.instances.iter().map(|instance| Row {
                service: row.service.name.clone(),
                host: instance.host.clone(),
                code: instance.host.as_ref().and_then(|host| motion.code(&row.service.name, host)),
                state: instance.verdict.state.word(),
                why: instance.verdict.why.clone(),
            })
        });
        rows.collect()
    }
}

impl Session<'_> {
    /// What of the services runs new and what old code.
    pub(super) fn motion(&self, run: &Run) -> Motion {
        match self.procedure() {
            Some(procedure) => motion(&procedure, &self.prepared.environment, &run.steps),
            None => Motion::of(&run.steps),
        }
    }

    /// Tells it where it is not what was told last.
    pub(super) fn tell_moved(&mut self) -> Result<(), Exit> {
        let Some(run) = &self.run else { return Ok(()) };
        let motion = self.motion(run);
        if motion.is_empty() || motion == self.standing.told {
            return Ok(());
        }
        output::print(&self.teller.moved(&run.id, &motion))?;
        self.standing.told = motion;
        Ok(())
    }

    /// Whether the way back of the run was begun, by a flag, a person or by itself.
    pub(super) fn goes_back(&self, run: &Run) -> bool {
        self.procedure().is_some_and(|procedure| goes_back(&procedure, &self.prepared.environment, run))
    }

    /// Whether a step of the way back failed with nothing of it begun: its host was away, or refused it.
    pub(super) fn is_not_taken_back(&self, run: &Run, number: usize) -> bool {
        let unbegun = |step: &&RunStep| step.was_not_begun();
        let part = run.steps.get(number).filter(unbegun).and_then(|step| step.part.as_ref());
        let (document, environment) = (self.procedure(), &self.prepared.environment);
        part.zip(document).is_some_and(|(part, document)| takes_back(&document, environment, part))
    }

    /// Whether all that an item of a gate lacks is approvals.
    pub(super) fn wants_approvals(&self, run: &Run, number: usize) -> bool {
        let Some(step) = run.steps.get(number) else { return false };
        let approves = |part: &PartId| self.is(part, |part| matches!(part.doing, Doing::Approve(_)));
        step.reason == Some(Reason::NonZeroExit) && step.part.as_ref().is_some_and(approves)
    }

    /// Whether nothing of a step was begun, because the lock host can't be asked: a later try is all that it wants.
    pub(super) fn is_unasked(&self, run: &Run, number: usize) -> bool {
        let refused = |step: &&RunStep| {
            step.state == StepState::Failed && step.reason == Some(Reason::Refused) && step.attempt == 0
        };
        let is_away = |host: &HostName| self.standing.fleet.host(host).is_none_or(|row| !row.link.is_up());
        let is_cut_off = self.prepared.environment.lock_host.as_ref().is_some_and(is_away);
        is_cut_off && run.steps.get(number).filter(refused).is_some()
    }

    /// The services that a run is about, if something behind its gate was begun.
    fn concerned(&self, run: &Run) -> Vec<ServiceName> {
        let begun = run.steps.iter().any(|step| {
            let gate = step.part.as_ref().and_then(|part| self.is_gate(part)).is_some();
            !gate && !matches!(step.state, StepState::Planned | StepState::Waived) && step.was_tried()
        });
        if !begun {
            return Vec::new();
        }
        let mut all = self.procedure().map(|procedure| procedure.header.services.clone()).unwrap_or_default();
        for service in run.steps.iter().filter_map(|step| step.service.clone()) {
            if !all.contains(&service) {
                all.push(service);
            }
        }
        all
    }

    /// Tells each service of a run that has not ended well as it stands now.
    pub(super) async fn tell_standing(&mut self) -> Result<(), Exit> {
        let Some(run) = self.run.clone() else { return Ok(()) };
        let services = self.concerned(&run);
        if services.is_empty() {
            return Ok(());
        }
        self.send(Effect::Refresh).await;
        let since = RealClock.now().mono;
        let until = tokio::time::Instant::now() + ASKED_WITHIN;
        while !self.standing.is_known(&services, since) {
            let [(interrupt, _), (terminate, _), (hangup, _)] = &mut self.signals;
            let event = tokio::select! {
                biased;
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                _ = hangup.recv() => break,
                event = tokio::time::timeout_at(until, self.events.recv()) => event,
            };
            match event {
                Ok(Some(
                    Event::Trouble(sentence)
                    | Event::Procedure(ProcedureNews::Trouble(_, sentence) | ProcedureNews::Denied(_, sentence)),
                )) => {
                    output::complain(&sentence);
                }
                Ok(Some(event)) => self.standing.observe(event),
                Ok(None) | Err(_) => break,
            }
        }
        let motion = self.motion(&run);
        let rows = self.standing.rows(&services, &motion);
        output::print(&if self.args.json { for_programs(&run.id, &rows) } else { for_people(&rows) })
    }
}

fn for_programs(run: &RunId, rows: &[Row]) -> String {
    let row = |row: &Row| -> Value {
        json!({
            "service": row.service, "host": row.host, "code": row.code.map(Code::word), "state": row.state,
            "why": row.why,
        })
    };
    let services: Vec<Value> = rows.iter().map(row).collect();
    format!("{}\n", json!({ "event": "stands", "run": run, "services": services }))
}

fn for_people(rows: &[Row]) -> String {
    let place = |row: &Row| row.host.as_ref().map_or("here", HostName::as_str).to_owned();
    let wide = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let name = wide(&mut rows.iter().map(|row| row.service.as_str().len()));
    let host = wide(&mut rows.iter().map(|row| place(row).len()));
    let code = wide(&mut rows.iter().map(|row| row.code.map_or(0, |code| code.word().len())));
    let state = wide(&mut rows.iter().map(|row| row.state.len()));
    let mut text = "  as it stands now, by systemd and the probes:\n".to_owned();
    for row in rows {
        let of = row.code.map_or("", Code::word);
        let line =
            format!("    {:name$}  {:host$}  {of:code$}  {:state$}  {}", row.service, place(row), row.state, row.why);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_instance_has_a_line_with_its_code_its_state_and_why() {
        let row = |service: &str, host: &str, code, state, why: &str| Row {
            service: ServiceName::new(service).unwrap(),
            host: HostName::new(host).ok(),
            code,
            state,
            why: why.to_owned(),
        };
        let rows = [
            row("config", "app-1", Some(Code::New), "up", ""),
            row("reports", "app-2", Some(Code::Between), "degraded", "ready: 503"),
            row("nginx", "app-1", None, "up", ""),
        ];
        let told = for_people(&rows);
        let wanted = [
            "  as it stands now, by systemd and the probes:",
            "    config   app-1  new      up",
            "    reports  app-2  between  degraded  ready: 503",
            "    nginx    app-1           up",
        ];
        assert_eq!(told.lines().collect::<Vec<_>>(), wanted);
        let id = RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap();
        let json: Value = serde_json::from_str(&for_programs(&id, &rows)).unwrap();
        assert_eq!(
            (json["services"][1]["code"].as_str(), json["services"][2]["code"].as_str()),
            (Some("between"), None)
        );
    }
}
