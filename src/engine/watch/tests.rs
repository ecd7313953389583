//! Tests of the watcher against a small manager of its own.
