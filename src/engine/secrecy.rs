//! Keeps the memory of this program to itself: it holds passwords for as long as they are needed.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// From now on this process leaves no core file behind, and only root can look into its memory and its environment.
/// What it starts is not concerned.
pub fn keep() {
    if set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        // Less: a core that goes to a program instead of a file is not held up by this.
        let limit = getrlimit(Resource::Core);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: limit.maximum });
    }
}
