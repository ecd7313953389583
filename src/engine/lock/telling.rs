//! Tells how the lock of an environment stands, as long as it is polled: whoever wants to begin something sees who is at
//! it. Whether something may begin is asked of the lock host right then and not of this.

use std::time::Duration;

use tokio::sync::mpsc;

use super::EnvironmentLock;
use crate::domain::lock::Heard;
use crate::domain::{Environment, Lock};
use crate::engine::clock::{AnyClock, Clock};
use crate::port::Event;
use crate::port::procedure::ProcedureNews;

/// Between two looks: as often as whoever has it says that they are there.
const LOOKS: Duration = Duration::from_secs(15);
/// Whoever has it says so every 15 seconds: that they were heard later than this is no news.
const USUAL: Duration = Duration::from_secs(30);

/// Whether any procedure of an environment takes its lock.
pub fn is_wanted(environment: &Environment) -> bool {
    environment.lock_host.is_some() && environment.procedures.iter().any(|procedure| procedure.header.lock)
}

/// Looks at the lock, where a procedure of the environment takes it, and tells it whenever it stands otherwise.
pub async fn telling(
    lock: Option<EnvironmentLock>,
    environment: std::sync::Arc<Environment>,
    events: mpsc::Sender<Event>,
    clock: AnyClock,
) {
    let Some(lock) = lock.filter(|_| is_wanted(&environment)) else { return };
    let mut told = None;
    loop {
        match lock.look(clock.now().wall).await {
            Ok(mut seen) => {
                if let Some(seen) = &mut seen {
                    seen.heard = worth_telling(seen);
                }
                if told.as_ref() != Some(&seen) {
                    let news = ProcedureNews::Lock(seen.clone().map(Box::new));
                    if events.send(Event::Procedure(news)).await.is_err() {
                        return;
                    }
                    told = Some(seen);
                }
            }
            // The header says that the host is away; what was known stays.
            Err(why) => tracing::info!(%why, "the lock was not looked at"),
        }
        tokio::time::sleep(LOOKS).await;
    }
}

/// When the holder was heard, where that says something, and such that it does not change with every look.
fn worth_telling(seen: &Lock) -> Heard {
    let minute = Duration::from_secs(60);
    match seen.heard {
        Heard::Ago(_) if seen.by_hand => Heard::Unknown,
        Heard::Ago(silent) if silent < USUAL => Heard::Unknown,
        Heard::Ago(silent) if silent < minute => Heard::Ago(silent),
        Heard::Ago(silent) => Heard::Ago(minute * u32::try_from(silent.as_secs() / 60).unwrap_or(u32::MAX)),
        other @ (Heard::BeforeBoot | Heard::Unknown) => other,
    }
}
