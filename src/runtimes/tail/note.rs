//! What journald says about itself in the journal.

/// Lines of a unit were thrown away, because they came too fast.
pub const DROPPED: &str = "a596d6fe7bfa4994828e72309e95d61e";
/// Messages of the kernel were missed.
pub const MISSED: &str = "e9bf28e6e834481bb6f48f548ad13606";
/// journald ended in good order, which loses nothing.
pub const STOPPED: &str = "d93fb3c9c24d451a97cea615ce59c00b";
/// journald began.
pub const STARTED: &str = "f77379a8490b408bbe5f6940505a777b";
/// A process left a core dump.
pub const COREDUMP: &str = "fc2e22bc6ee647b6b90729ab34a250b1";
