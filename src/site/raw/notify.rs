//! Which channel hears what, as it is written.

use super::RawOccasion;
use crate::site::read::{Layer, Located, Several, table};

table! {
    /// Which channel hears what.
    RawNotify as "who hears what" {
        /// The channel.
        channel: Located<String>,
        /// What it hears.
        on: Several<RawOccasion>,
        /// Only of procedures of these kinds, such as `"deploy"`.
        kinds: Several<String>,
    }
}

impl Layer for RawNotify {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}
