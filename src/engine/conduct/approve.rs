//! One step that counts the approvals of its run: judged against the plan as it is now, each time it is asked.

use std::sync::Arc;

use super::check::{Came, Watch};
use crate::domain::approval::{Asked, Counted, Quorum, Seen};
use crate::domain::probe::{Detail, Found};
use crate::domain::procedure::{Job, PlannedPart, ProcedurePlan};
use crate::domain::run::Reason;
use crate::domain::time::short;
use crate::domain::{ProbeReport, Run};
use crate::engine::clock::Clock;
use crate::engine::facts::{Learnt, detail};
use crate::state::approvals::{Bind, bind};

/// What the run is when approvals of it are counted.
pub(super) struct Approving {
    /// The run as it stands.
    pub(super) run: Run,
    /// What its steps do, as they are planned.
    pub(super) planned: Vec<(Arc<PlannedPart>, Job)>,
    /// The way back that was permitted with it.
    pub(super) back: Option<ProcedurePlan>,
    /// Whoever is at it, and from where.
    pub(super) own: (String, String),
}

impl Watch {
    /// Asks until enough people have approved, as often as the document says.
    pub(super) async fn approve(&self, quorum: &Quorum, learnt: &mut Option<Learnt>) -> Came {
        let mut tried = 0;
        loop {
            // That only approvals are missing is told from what no approval mends.
            let mut mends = false;
            let (found, summary, details) = match self.count(quorum).await {
                Ok((bind, counted, left_out)) => {
                    mends = true;
                    let (found, summary, mut details) = self.told(quorum, &bind, &counted);
                    details.extend(left_out.into_iter().map(|line| detail("left out", line, false)));
                    (found, summary, details)
                }
                Err((found, why)) => (found, why, Vec::new()),
            };
            let now = self.kit.place.clock.now();
            let report = ProbeReport {
                found,
                summary: summary.as_str().into(),
                details,
                latency: None,
                certificate_days: None,
                at: now.wall,
                asked: now.mono,
            };
            *learnt = Some(Learnt { report, link: None, as_of: None });
            if found == Found::Pass {
                return Ok(summary);
            }
            tried += 1;
            if tried > self.rule.retries || self.orders.enough.is_cancelled() {
                let reason = match found {
                    Found::Fail if mends => Reason::NonZeroExit,
                    Found::Fail => Reason::Refused,
                    Found::Pass | Found::Error | Found::Inconclusive => Reason::Inconclusive,
                };
                return Err((reason, summary));
            }
            self.tell(format!("try {tried} of {}: {summary}", self.rule.retries + 1)).await;
            tokio::select! {
                () = self.kit.place.pause(self.part.options.every) => {}
                () = self.orders.enough.cancelled() => {}
            }
        }
    }

    async fn count(&self, quorum: &Quorum) -> Result<(Bind, Counted, Vec<String>), (Found, String)> {
        let environment = &self.kit.place.environment;
        let error = |why: String| (Found::Error, why);
        if let Some(why) = self.kit.place.files.changed(environment).await {
            return Err(error(format!("no approval is counted: {why}")));
        }
        let asked = self.approving.as_ref().ok_or_else(|| error("what is planned is not known".to_owned()))?;
        let document = asked.run.document.as_ref().and_then(|document| environment.procedure(&document.name));
        let document = document.ok_or_else(|| error("its document is no procedure of this environment".to_owned()))?;
        let bind = bind(&asked.run, document, environment).map_err(error)?;
        super::anew::still_means(&asked.run, environment).await?;
        let left_out = asked.run.document.iter().flat_map(|document| &document.decided.left_out).next();
        if let Some(host) = left_out {
            return Err((
                Found::Fail,
                format!("{host} was left out of this run, and nobody approves it so: begin a new run"),
            ));
        }
        let steps = asked.planned.iter().map(|(part, job)| (&**part, job));
        if let Some(what) = bind.differs(steps, asked.back.as_ref()) {
            let why =
                format!("what is planned is not what can be approved: {what} than its document and its inputs say");
            return Err((Found::Fail, why));
        }
        let approvals = self.kit.ledger.mirror.as_ref().map(super::mirroring::Mirroring::approvals);
        let approvals = approvals.ok_or_else(|| {
            error(format!(
                "approvals lie on the lock host, and {} has none: say lock_host in the site file",
                environment.name
            ))
        })?;
        let found = approvals.of(&asked.run.id, &environment.approvals).await.map_err(error)?;
        let own = [(asked.run.person.clone(), asked.run.workstation.clone()), asked.own.clone()];
        let wanted = Asked {
            quorum,
            rules: &environment.approvals,
            roles: &environment.roles,
            bound: &bind.bound,
            own: &own,
            expires: self.part.options.expires,
            now: self.kit.place.clock.now().wall,
        };
        let left_out = found.left_out(approvals.host());
        let counted = wanted.count(found.seen);
        Ok((bind, counted, left_out))
    }

    /// The count in words, with each approval as a line of evidence.
    fn told(&self, quorum: &Quorum, bind: &Bind, counted: &Counted) -> (Found, String, Vec<Detail>) {
        let now = self.kit.place.clock.now().wall;
        let told = |seen: &Seen| {
            let age = std::time::Duration::try_from(now.duration_since(seen.approval.at)).unwrap_or_default();
            format!("{}, {} ago from {}", seen.word(), short(age), seen.approval.workstation)
        };
        let mut details: Vec<Detail> = Vec::new();
        for seen in &counted.counts {
            details.push(detail(format!("approved by {}", seen.approval.person), told(seen), true));
        }
        for (seen, why) in &counted.others {
            let line = format!("{}; does not count: {why}", told(seen));
            details.push(detail(format!("approved by {}", seen.approval.person), line, false));
        }
        details.push(detail("plan", bind.bound.short(), true));
        let names: Vec<&str> = counted.counts.iter().map(|seen| seen.approval.person.as_str()).collect();
        if counted.missing == 0 {
            let claimed = counted.counts.iter().filter(|seen| seen.word() == "claimed").count();
            let claimed = if claimed > 0 { format!(" ({claimed} only claimed)") } else { String::new() };
            return (Found::Pass, format!("approved by {}{claimed}", names.join(" and ")), details);
        }
        let run = self.approving.as_ref().map(|asked| asked.run.id.short().to_owned()).unwrap_or_default();
        let environment = &self.kit.place.environment;
        let there = environment.word.behind(&environment.name);
        let how = format!("whoever has the role {} looks at it and approves it: qd approve {run}{there}", quorum.role);
        details.push(detail("missing", how, false));
        let there = if names.is_empty() { String::new() } else { format!(", approved by {}", names.join(" and ")) };
        let summary = format!("{} of {} approvals by {} missing{there}", counted.missing, quorum.count, quorum.role);
        (Found::Fail, summary, details)
    }
}
