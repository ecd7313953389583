//! An sshd of our own on a loopback port, with keys and a client configuration that know of nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The server; ends with its connections when dropped.
pub struct Sshd {
    pub dir: tempfile::TempDir,
    pub port: u16,
    server: Option<Child>,
}

pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn keygen(file: &Path, passphrase: &str) {
    run("ssh-keygen", &["-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", &file.display().to_string()]);
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

impl Sshd {
    /// Starts one; `lines` go into its configuration before the usual ones and win over them.
    pub fn start(lines: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("qd-sshd").tempdir_in("/tmp").unwrap();
        keygen(&dir.path().join("host"), "");
        keygen(&dir.path().join("id"), "");
        keygen(&dir.path().join("locked"), "open sesame");
        keygen(&dir.path().join("stranger"), "");
        let authorised = ["id.pub", "locked.pub"].map(|name| fs::read_to_string(dir.path().join(name)).unwrap());
        fs::write(dir.path().join("authorised"), authorised.concat()).unwrap();
        let mut sshd = Self { port: free_port(), dir, server: None };
        sshd.know(&sshd.host_key());
        sshd.write_client_configuration();
        sshd.serve(lines);
        sshd
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The host's public key without its comment.
    pub fn host_key(&self) -> String {
        let text = fs::read_to_string(self.path("host.pub")).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// Makes `key` the only known one.
    pub fn know(&self, key: &str) {
        fs::write(self.path("known_hosts"), format!("[127.0.0.1]:{} {key}\n", self.port)).unwrap();
    }

    fn write_client_configuration(&self) {
        let dir = self.dir.path().display();
        let common = format!(
            "Host *\n HostName 127.0.0.1\n User root\n Port {}\n IdentitiesOnly yes\n IdentityAgent none\n UserKnownHostsFile {dir}/known_hosts\n GlobalKnownHostsFile /dev/null\n PreferredAuthentications publickey\n",
            self.port
        );
        let hosts = format!(
            "Host locked\n IdentityFile {dir}/locked\nHost stranger\n IdentityFile {dir}/stranger\nHost nowhere\n HostName nosuch.invalid\nHost behind\n HostName 127.0.0.1\n ProxyJump bastion\n IdentityFile {dir}/id\nHost behind-nothing\n ProxyJump nowhere\nHost * !locked !stranger\n IdentityFile {dir}/id\n"
        );
        fs::write(self.path("config"), hosts + &common).unwrap();
    }

    /// Starts the server (again) on the same port.
    pub fn serve(&mut self, lines: &str) {
        self.stop();
        let dir = self.dir.path().display();
        let text = format!(
            "{lines}\nPort {}\nListenAddress 127.0.0.1\nHostKey {dir}/host\nAuthorizedKeysFile {dir}/authorised\nStrictModes no\nPidFile none\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 100\n",
            self.port
        );
        fs::write(self.path("sshd_config"), text).unwrap();
        let _ = fs::create_dir_all("/run/sshd");
        let server = Command::new("/usr/sbin/sshd")
            .args(["-D", "-f", &self.path("sshd_config").display().to_string()])
            .args(["-E", &self.path("log").display().to_string()])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(10), "sshd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The processes that serve connections: children of the listening one, and theirs.
    pub fn connections(&self) -> Vec<i32> {
        let listener = self.server.as_ref().unwrap().id() as i32;
        let mut found: Vec<i32> = children(listener);
        let mut at = 0;
        while at < found.len() {
            found.extend(children(found[at]));
            at += 1;
        }
        found.retain(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("sshd")));
        found
    }

    /// Ends the listening process; connections stay.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        if self.server.is_some() {
            for pid in self.connections() {
                let _ = Command::new("kill").arg("-9").arg(pid.to_string()).status();
            }
        }
        self.stop();
    }
}

pub fn children(parent: i32) -> Vec<i32> {
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let all = all.filter_map(|entry| entry.file_name().to_string_lossy().parse::<i32>().ok());
    all.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after = stat.rsplit(") ").next().unwrap_or_default();
        after.split(' ').nth(1) == Some(&parent.to_string())
    })
    .collect()
}

/// Waits until `true`; the time it took, or a panic with `what` after `limit`.
pub fn until(what: &str, limit: Duration, mut is: impl FnMut() -> bool) -> Duration {
    let begin = Instant::now();
    while !is() {
        assert!(begin.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
    begin.elapsed()
}
