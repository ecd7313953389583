//! Who sits here, for the records.

use std::fs;

/// The login of whoever started the program.
pub fn login() -> String {
    let named =
        ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    named.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

/// This machine and the login on it: `login@machine`.
pub fn workstation() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    let machine = named.or_else(|| std::env::var("HOSTNAME").ok()).filter(|name| !name.is_empty());
    format!("{}@{}", login(), machine.unwrap_or_else(|| "this machine".to_owned()))
}
