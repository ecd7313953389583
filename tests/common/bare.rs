//! Hosts of the lab behind which there is no systemd, as far as whoever logs in can see.

use std::fs;
use std::path::PathBuf;

use super::lab::Lab;

/// A second sshd on some hosts that shows neither systemd nor a bus; `bare-HOST` and `bare-HOST-USER` are the names of
/// its logins, in a configuration that holds the lab's besides.
pub struct Bare<'lab> {
    lab: &'lab Lab,
    hosts: Vec<String>,
    pub config: PathBuf,
    _folder: tempfile::TempDir,
}

impl<'lab> Bare<'lab> {
    pub fn start(lab: &'lab Lab, hosts: &[&str]) -> Self {
        let sshd = "mount -t tmpfs none /run/systemd && mount -t tmpfs none /run/dbus && \
                    exec /usr/sbin/sshd -D -p 2222 -o PidFile=none -o UsePAM=no";
        let folder = tempfile::Builder::new().prefix("qdbare").tempdir_in("/tmp").unwrap();
        let config = folder.path().join("config");
        let text = fs::read_to_string(lab.ssh_config()).unwrap();
        let known = text.lines().find(|line| line.contains("UserKnownHostsFile")).unwrap().trim();
        let known = fs::read_to_string(known.split_whitespace().nth(1).unwrap().trim_matches('"')).unwrap();
        let own_known = folder.path().join("known_hosts");
        let (mut own, mut own_keys) = (String::new(), String::new());
        for host in hosts {
            lab.try_on(host, &["systemctl", "stop", "lab-bare.service"]);
            lab.on(
                host,
                &["systemd-run", "--quiet", "--collect", "--unit=lab-bare", "unshare", "-m", "sh", "-c", sshd],
            );
            // The same address on another port, under names of its own; the rest of the lab's as it is.
            let address = text.lines().skip_while(|line| !line.starts_with(&format!("Host {host} "))).nth(1).unwrap();
            let address = address.split_whitespace().nth(1).unwrap();
            let line = known.lines().find(|line| line.contains(address) || line.starts_with(host)).unwrap();
            let (_, key) = line.split_once(' ').unwrap();
            own_keys += &format!("{host} {key}\n");
            own += &format!(
                "Host bare-{host} bare-{host}-*\n  HostName {address}\n  Port 2222\n  HostKeyAlias {host}\n  \
                 UserKnownHostsFile {}\n",
                own_known.display()
            );
        }
        fs::write(&own_known, own_keys).unwrap();
        fs::write(&config, own + &text).unwrap();
        Self { lab, hosts: hosts.iter().map(|&host| host.to_owned()).collect(), config, _folder: folder }
    }
}

impl Drop for Bare<'_> {
    fn drop(&mut self) {
        for host in &self.hosts {
            self.lab.try_on(host, &["systemctl", "stop", "lab-bare.service"]);
        }
    }
}
