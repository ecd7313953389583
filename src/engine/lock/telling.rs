//! Tells how the lock of an environment stands, as long as it is polled: whoever wants to begin something sees who is at
//! it. Whether something may begin is asked of the lock host right then and not of this.

use std::time::Duration;

use tokio::sync::mpsc;

use super::EnvironmentLock;
use crate::domain::Environment;
use crate::engine::clock::{AnyClock, Clock};
use crate::port::Event;
use crate::port::procedure::ProcedureNews;

/// Between two looks: as often as whoever has it says that they are there.
const LOOKS: Duration = Duration::from_secs(15);

/// Looks at the lock, where a procedure of the environment takes it, and tells it whenever it stands otherwise.
pub async fn telling(
    lock: Option<EnvironmentLock>,
    environment: std::sync::Arc<Environment>,
    events: mpsc::Sender<Event>,
    clock: AnyClock,
) {
    let wanted = environment.procedures.iter().any(|procedure| procedure.header.lock);
    let Some(lock) = lock.filter(|_| wanted) else { return };
    let mut told = None;
    loop {
        match lock.look(clock.now().wall).await {
            Ok(mut seen) => {
                // That its holder was heard again is no news.
                if let Some(seen) = &mut seen {
                    seen.silent = None;
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
