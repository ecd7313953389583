//! What the world told us, kept as plain data and judged: the fleet of one environment.

pub mod approvals;
pub mod choices;
pub mod deploy;
pub mod fleet;
pub mod host_row;
pub mod logs;
pub mod plan_told;
pub mod planner;
pub mod procedures;
pub mod releases;
pub mod report;
pub mod run_report;
pub mod runs;
pub mod service_row;
pub mod typed;
pub mod under_way;

pub use fleet::Fleet;
pub use host_row::{HostRow, UnitRow};
pub use runs::Runs;
pub use service_row::{Instance, ServiceRow};
pub use under_way::UnderWay;
