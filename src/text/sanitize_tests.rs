//! Each point of the rules.
