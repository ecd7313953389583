//! Whether the clocks of this machine and of the lock host agree well enough for a deploy to begin.

use crate::domain::procedure::{Kind, ProcedurePlan, Purpose};
use crate::engine::clock::AnyClock;
use crate::engine::mirror::Mirror;

/// What else hangs by it, and what to do.
const WHY: &str = "More than 60 s apart, windows, freezes and what others see of this run are judged by two times: set the \
                   clock that is wrong (timedatectl says which), then begin again";

/// Why a deploy of this plan is not begun by these clocks: a sentence. Where the lock host does not tell its time, the lock
/// and the record of the run say why.
pub async fn apart(plan: &ProcedurePlan, mirror: Option<&Mirror>, clock: &AnyClock) -> Option<String> {
    let ahead = matches!(plan.purpose, Purpose::Forward | Purpose::Judge);
    let mirror = mirror.filter(|_| plan.kind == Kind::Deploy && plan.whole && ahead)?;
    match mirror.offset(clock).await {
        Ok(offset) => offset.is_apart().then(|| format!("Nothing was begun: {}. {WHY}.", offset.told(mirror.host()))),
        Err(why) => {
            tracing::info!(%why, "the clock of the lock host was not asked");
            None
        }
    }
}
