//! Which ports speak HTTP, and which of the usual paths of health answer there. A few small requests to each, one after
//! the other, and none to ports that are known to speak something else and would note an attack.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout, timeout_at};

use crate::domain::survey::{Listener, Speaks};
use crate::engine::probe::fetch;
use crate::engine::transport::{Connection, Duplex};

/// Ports of one host that are asked at most.
const MOST_PORTS: usize = 40;
/// Ports that are asked at once.
const AT_ONCE: usize = 2;
/// How long one request may take.
const WITHIN: Duration = Duration::from_secs(2);
/// A server that speaks first (mail, ssh, databases) does so within this time.
const GREETING: Duration = Duration::from_millis(120);

/// The paths that are asked for after `/`; each group until one of it answers.
const PATHS: [&[&str]; 2] =
    [&["/health", "/healthz", "/health/live", "/livez"], &["/health/ready", "/ready", "/readyz"]];

/// Ports whose servers speak something else and would note a request as an error or an attack.
const NOT_HTTP: [u16; 41] = [
    21, 22, 23, 25, 53, 88, 110, 111, 135, 139, 143, 389, 443, 445, 465, 587, 636, 853, 873, 990, 993, 995, 1433, 1521,
    1883, 2049, 3128, 3306, 3389, 5432, 5433, 5672, 5900, 6379, 6380, 6432, 8443, 9042, 11211, 26379, 27017,
];

/// The same by the name of the process.
const NOT_HTTP_PROCESSES: [&str; 18] = [
    "sshd",
    "postgres",
    "mysqld",
    "mariadbd",
    "redis-server",
    "valkey-server",
    "memcached",
    "mongod",
    "beam.smp",
    "master",
    "exim4",
    "dovecot",
    "pgbouncer",
    "rpcbind",
    "named",
    "docker-proxy",
    "rootlessport",
    "systemd",
];

/// Asks the ports of units until `end`; what was not asked by then stays unasked.
pub(super) async fn ask_all(connection: &Arc<dyn Connection>, listeners: &mut [Listener], end: Instant) {
    let wanted = listeners.iter_mut().filter(|one| one.unit.is_some());
    let asked = wanted.take(MOST_PORTS).map(|one| async move {
        if is_known_not_http(one) {
            one.speaks = Speaks::Other;
        } else if let Ok(speaks) = timeout_at(end, ask(connection, one)).await {
            one.speaks = speaks;
        }
    });
    futures_util::stream::iter(asked).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

fn is_known_not_http(one: &Listener) -> bool {
    let process = one.process.raw();
    // Whoever dials a socket starts its service.
    one.unit.as_ref().is_some_and(|unit| unit.suffix() == "socket")
        || NOT_HTTP.contains(&one.port)
        || NOT_HTTP_PROCESSES.iter().any(|known| known.as_bytes() == process)
}

async fn ask(connection: &Arc<dyn Connection>, one: &Listener) -> Speaks {
    let host = one.host();
    let Some(mut stream) = dial(connection, &host, one.port).await else { return Speaks::Other };
    // Something said, or the end: neither is how a server of HTTP begins.
    if timeout(GREETING, stream.read(&mut [0])).await.is_ok() {
        return Speaks::Other;
    }
    let Some(root) = fetch(stream, &host, one.port, "/", WITHIN).await else { return Speaks::Other };
    let mut answers = vec![("/", root.0)];
    for path in PATHS {
        for path in path {
            let Some(stream) = dial(connection, &host, one.port).await else { return Speaks::Http(answers) };
            let Some(answer) = fetch(stream, &host, one.port, path, WITHIN).await else { continue };
            // A page that answers to every path says nothing of health.
            if matches!(answer.0, 200..=299 | 503) && answer != root {
                answers.push((path, answer.0));
                break;
            }
        }
    }
    Speaks::Http(answers)
}

async fn dial(connection: &Arc<dyn Connection>, host: &str, port: u16) -> Option<Duplex> {
    let host = host.trim_matches(['[', ']']).to_owned();
    timeout(WITHIN, connection.dial(host, port)).await.ok()?.ok()
}
