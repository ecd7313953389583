//! The drill: a fleet inside the program, reached by a transport that answers as hosts would.
//!
//! The simulation (`sim`, `machine`, `unit`, `journal`, `scenario`) is pure: it is told the time and says what
//! happened. Everything it is asked comes through the same commands and D-Bus calls that real hosts get.

pub mod bus;
pub mod embedded;
mod filters;
pub mod fleet;
pub mod front;
pub mod hearsay;
pub mod http;
mod interpreter;
mod jobs;
mod journal;
mod journalctl;
pub mod machine;
mod population;
pub mod properties;
pub mod scenario;
mod script;
mod shell;
pub mod sim;
mod systemctl;
mod tools;
mod transport;
pub mod unit;
mod units;

use std::sync::Arc;

pub use hearsay::Hearsay;
pub use scenario::Scenario;
pub use sim::{News, Sim};

use crate::domain::{Environment, Now};

/// A drill that has begun: what to watch, and how to reach it. It ends when this is dropped.
#[derive(Debug)]
pub struct Drill {
    /// The environment with the pages out on the internet replaced by loopback.
    pub environment: Environment,
    /// The way to its hosts.
    pub transport: transport::DrillTransport,
    /// The living fleet.
    pub fleet: fleet::Fleet,
    _pages: Vec<tokio_util::task::AbortOnDropHandle<()>>,
}

impl Drill {
    /// Begins a drill of this environment.
    ///
    /// # Errors
    /// When loopback can't be listened on.
    pub async fn begin(
        environment: &Environment,
        scenario: Scenario,
        hearsay: &Arc<Hearsay>,
        pace: fleet::Pace,
        start: Now,
    ) -> std::io::Result<Self> {
        let fleet = fleet::Fleet::start(Sim::new(environment, scenario, start), pace);
        let listeners = http::Listeners::open(environment, &fleet).await?;
        let (environment, pages) = front::on_loopback(environment, &fleet).await?;
        let commands = shell::Commands::of(&environment).knowing(hearsay::Heard::new(Arc::clone(hearsay)));
        let transport = transport::DrillTransport::new(fleet.clone(), listeners, commands).knowing(Arc::clone(hearsay));
        Ok(Self { environment, transport, fleet, _pages: pages })
    }
}
