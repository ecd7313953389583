//! Hosts by alias through an ssh configuration, as tests reach them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::path::PathBuf;
use std::sync::Arc;

use quarterdeck::domain::host::{BecomeRoot, Reach, Shell, SshAlias};
use quarterdeck::domain::{Host, HostName, LinkFailure};
use quarterdeck::engine::transport::{Asker, Connection, RuntimeDir, Spawner, SshOptions, SshTransport, Transport};
use quarterdeck::port::RemoteCommand;

/// A transport with a runtime directory of its own.
pub struct Ways {
    pub transport: SshTransport,
    pub runtime: Arc<RuntimeDir>,
    _home: Option<tempfile::TempDir>,
}

/// Must be called inside the runtime.
pub fn ways(config: PathBuf) -> Ways {
    let home = tempfile::Builder::new().prefix("q").tempdir_in("/tmp").unwrap();
    let path = home.path().to_owned();
    Ways { _home: Some(home), ..ways_in(config, path) }
}

/// The same with the place for the runtime directory given.
pub fn ways_in(config: PathBuf, home: PathBuf) -> Ways {
    let runtime = Arc::new(RuntimeDir::create_in(Some(home)).unwrap());
    let options = SshOptions { config: Some(config), askpass: env!("CARGO_BIN_EXE_qd").into() };
    let transport = SshTransport::new(options, Spawner::start().unwrap(), runtime.clone());
    Ways { transport, runtime, _home: None }
}

pub fn host(alias: &str) -> Host {
    Host {
        name: HostName::new(alias).unwrap(),
        reach: Reach::Ssh(SshAlias::new(alias).unwrap()),
        tags: Vec::new(),
        become_root: BecomeRoot::AlreadyRoot,
        shell: Shell::Plain,
    }
}

impl Ways {
    /// Connects without anybody to ask.
    pub async fn connect(&self, alias: &str) -> Result<Arc<dyn Connection>, LinkFailure> {
        self.connect_to(host(alias)).await
    }

    pub async fn connect_to(&self, host: Host) -> Result<Arc<dyn Connection>, LinkFailure> {
        let asker = Asker::nobody(host.name.clone());
        self.transport.connect(host, asker).await
    }

    /// Processes on this machine that name our sockets.
    pub fn masters(&self) -> Vec<i32> {
        processes(&self.runtime.path().display().to_string())
    }
}

/// A little script.
pub fn sh(script: &str) -> RemoteCommand {
    RemoteCommand::new(["sh", "-c", script])
}

/// Processes whose command line holds `words`.
pub fn processes(words: &str) -> Vec<i32> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let all = all.filter_map(|entry| entry.file_name().to_string_lossy().parse::<i32>().ok());
    all.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ").contains(words)
    })
    .collect()
}
