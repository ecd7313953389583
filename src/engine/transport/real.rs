//! Every real way to reach a host, chosen by what the site says.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::local::LocalTransport;
use super::{Asker, Connection, RuntimeDir, Spawner, SshOptions, SshTransport, Transport};
use crate::domain::host::Reach;
use crate::domain::{Host, LinkFailure};

/// ssh, or none for this machine.
#[derive(Debug, Clone)]
pub struct RealTransport {
    // Where ssh can't work the reason is kept, for every host that needs it.
    ssh: Result<SshTransport, String>,
    local: LocalTransport,
}

impl RealTransport {
    /// Starts what all connections share. Must be called inside the runtime. `ssh_config` replaces the
    /// user's own ssh configuration.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(ssh_config: Option<PathBuf>) -> std::io::Result<Self> {
        let spawner = Spawner::start()?;
        let ssh = RuntimeDir::create()
            .map(|runtime| SshTransport::new(SshOptions::new(ssh_config), spawner.clone(), Arc::new(runtime)));
        Ok(Self { ssh, local: LocalTransport::new(spawner) })
    }
}

impl Transport for RealTransport {
    fn connect(&self, host: Host, asker: Asker) -> BoxFuture<'static, Result<Arc<dyn Connection>, LinkFailure>> {
        match (&host.reach, &self.ssh) {
            (Reach::Local, _) => self.local.connect(host, asker),
            (Reach::Ssh(_), Ok(ssh)) => ssh.connect(host, asker),
            (Reach::Ssh(_), Err(why)) => {
                let why = LinkFailure::Here(why.as_str().into());
                Box::pin(async move { Err(why) })
            }
        }
    }

    fn via(&self, host: &Host) -> BoxFuture<'static, Option<String>> {
        match (&host.reach, &self.ssh) {
            (Reach::Ssh(_), Ok(ssh)) => ssh.via(host),
            (Reach::Local, _) | (Reach::Ssh(_), Err(_)) => Box::pin(async { None }),
        }
    }
}
