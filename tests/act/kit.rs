//! What the tests of changes share: a service on all three hosts of the lab, a site of its own, and `qd` with a home of
//! its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::lab::Lab;

/// The hosts that have the service.
pub const HOSTS: [&str; 3] = ["app-1", "app-2", "db-1"];
/// The service's unit.
pub const UNIT: &str = "qdt-web.service";
/// Where it listens.
const PORT: u16 = 8100;

/// The service on the hosts, the site that describes it, and a home for `qd`. All of it goes when this is dropped.
pub struct Bench<'lab> {
    pub lab: &'lab Lab,
    home: tempfile::TempDir,
}

impl<'lab> Bench<'lab> {
    /// Puts the service on the hosts, which must be held.
    pub fn new(lab: &'lab Lab) -> Self {
        let unit = format!(
            "[Unit]\nDescription=Test service web\n[Service]\nType=notify\nExecStart=/usr/lib/lab/svc qdt-web --port {PORT}\n\
             ExecReload=/bin/kill -HUP $MAINPID\nRestart=on-failure\nRestartSec=500ms\n"
        );
        for host in HOSTS {
            let script = format!(
                "rm -rf /var/lib/lab/qdt-web; printf '%s' '{unit}' >/etc/systemd/system/{UNIT} && systemctl daemon-reload && \
                 systemctl reset-failed {UNIT} 2>/dev/null; systemctl restart {UNIT}"
            );
            lab.on(host, &["sh", "-c", &script]);
        }
        let bench = Self { lab, home: tempfile::Builder::new().prefix("qda").tempdir_in("/tmp").unwrap() };
        std::fs::create_dir_all(bench.site()).unwrap();
        std::fs::write(bench.site().join("site.toml"), site()).unwrap();
        bench
    }

    /// The folder of the site.
    pub fn site(&self) -> PathBuf {
        self.home.path().join("web")
    }

    /// Where everything of `qd` lives.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The variables by which `qd` lives there.
    pub fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        let at = |name: &str| self.home.path().join(name);
        vec![
            ("HOME", at("home")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_STATE_HOME", at("state")),
            ("QD_SSH_CONFIG", self.lab.ssh_config()),
        ]
    }

    /// `qd VERB …` on the service's site, without a terminal.
    pub fn command(&self, verb: &str, environment: &str, more: &[&str]) -> Command {
        // A session of its own has no terminal to ask at.
        let mut command = Command::new("setsid");
        command
            .args(["-w", env!("CARGO_BIN_EXE_qd"), verb, "-S"])
            .arg(self.site())
            .args(["-e", environment])
            .args(more);
        command.envs(self.variables()).stdin(Stdio::null());
        command
    }

    /// The same to its end.
    pub fn qd(&self, verb: &str, environment: &str, more: &[&str]) -> Ran {
        let output = self.command(verb, environment, more).output().unwrap();
        Ran::of(output)
    }

    /// The invocation of the service on each host.
    pub fn invocations(&self) -> Vec<String> {
        HOSTS.iter().map(|host| self.lab.property(host, UNIT, "InvocationID")).collect()
    }

    /// Where the service answers on a host.
    pub fn address(&self, host: &str) -> SocketAddr {
        let config = std::fs::read_to_string(self.lab.ssh_config()).unwrap();
        let line = config.lines().skip_while(|line| !line.starts_with(&format!("Host {host} "))).nth(1).unwrap();
        let address = line.trim().strip_prefix("HostName ").unwrap();
        format!("{address}:{PORT}").parse().unwrap()
    }

    /// Every byte of every file that `qd` has left.
    pub fn left_behind(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let (mut folders, mut files) = (vec![self.home.path().to_owned()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    files.push((path.clone(), std::fs::read(&path).unwrap()));
                }
            }
        }
        files
    }
}

impl Drop for Bench<'_> {
    fn drop(&mut self) {
        for host in HOSTS {
            let script = format!(
                "systemctl stop {UNIT}; systemctl reset-failed {UNIT}; rm -f /etc/systemd/system/{UNIT}; \
                 rm -rf /var/lib/lab/qdt-web; systemctl daemon-reload"
            );
            self.lab.try_on(host, &["sh", "-c", &script]);
        }
    }
}

/// How a call of `qd` ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn site() -> String {
    let mut text = String::from(
        "title = \"web\"\ntiers = [\"Web\"]\n[defaults.probe]\ninterval = \"2s\"\ntimeout = \"1s\"\nrise = 1\nfall = 2\n",
    );
    for (name, suffix, root, more) in [
        ("lab", "", "root", ""),
        ("prod", "", "root", "protected = true\n"),
        ("oper", "-oper", "sudo", ""),
        ("ops", "-ops", "sudo", ""),
    ] {
        text.push_str(&format!("[environments.{name}]\ncolour = \"green\"\n{more}[environments.{name}.hosts]\n"));
        for host in HOSTS {
            text.push_str(&format!("{host} = {{ ssh = \"{host}{suffix}\", become = \"{root}\" }}\n"));
        }
    }
    text.push_str(&format!(
        "[services.web]\nunits = \"{UNIT}\"\ntier = \"Web\"\nhosts = [\"app-1\", \"app-2\", \"db-1\"]\nsettle = \"1s\"\n\
         probes.ready = {{ http = \"http://localhost:{PORT}/health/ready\", status = 200, json = {{ status = \"ready\" }} }}\n"
    ));
    text
}

/// Whether the service at this address answers that it is ready.
pub fn serves(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(300))?;
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.0 200"))
    };
    ask().unwrap_or(false)
}
