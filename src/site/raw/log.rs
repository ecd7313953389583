//! Logs that a site has names for, as they are written.

use crate::site::read::{Layer, Located, Several, table};

table! {
    /// One log: exactly one of `command`, `file`, `container` and `unit`.
    RawLog as "a log" {
        /// One line about it.
        title: Located<String>,
        /// A command on the host that prints lines and changes nothing: program and arguments. It runs as the login.
        command: Located<Vec<Located<String>>>,
        /// A file on the host, from the root.
        file: Located<String>,
        /// A container on the host, by its name.
        container: Located<String>,
        /// A unit of systemd that is no service of the site.
        unit: Located<String>,
        /// Where it is read: names of hosts, tags, or `"all"`; the hosts of the services that name it if nothing is said.
        hosts: Several<String>,
        /// The environments it is part of; all of them if nothing is said.
        environments: Several<String>,
    }
}

impl Layer for RawLog {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}
