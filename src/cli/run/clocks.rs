//! What `--plan` says of the clocks of this machine and of the lock host: a deploy would not begin by clocks that are apart.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::{Reaching, asked};
use crate::domain::Environment;
use crate::domain::procedure::{Kind, ProcedurePlan};
use crate::engine::clock::{AnyClock, RealClock};
use crate::engine::conduct::apart as apart_by;
use crate::engine::mirror::Mirror;

/// A plan does not wait longer for it.
const WITHIN: Duration = Duration::from_secs(10);

/// Why it would not begin, if so; where the lock host does not tell its time, that.
pub(super) async fn apart(plan: &ProcedurePlan, environment: &Arc<Environment>, reach: &Reaching) -> Option<String> {
    let host = environment.lock_host.as_ref().filter(|_| plan.kind == Kind::Deploy && plan.whole)?;
    let asking = async {
        let line = asked::connect(environment, reach).await?;
        let mirror = Mirror::of(environment, line.subscribe());
        Ok(apart_by(plan, mirror.as_ref(), &AnyClock::Real(RealClock)).await)
    };
    let why = match tokio::time::timeout(WITHIN, asking).await {
        Ok(Ok(apart)) => return apart,
        Ok(Err(why)) => why,
        Err(_) => format!("the lock host {host} gave no answer within {} s", WITHIN.as_secs()),
    };
    Some(format!("Whether the clocks of this machine and of the lock host agree is not known: {why}."))
}
