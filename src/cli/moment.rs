//! The time here, for moments as people type them ([`crate::domain::when`]).

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

pub use crate::domain::when::{FORMS, When};

/// The time here.
pub fn now() -> Zoned {
    Timestamp::now().to_zoned(TimeZone::system())
}
