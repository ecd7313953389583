//! A22: what one shows to be let in is over while a link stands: a certificate expires, an agent is locked or gone.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::*;

/// Runs a tool of OpenSSH that must succeed.
fn tool(program: &str, arguments: &[&str], environment: &[(&str, &Path)]) {
    let mut command = Command::new(program);
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The lab's configuration with app-1 let in by other means than its key.
fn config(lab: &Lab, at: &Path, means: &str) -> std::path::PathBuf {
    let text = std::fs::read_to_string(lab.ssh_config()).unwrap();
    let with = format!("Host app-1\n{means}Host !app-1 !*-locked *\n");
    let changed = text.replace("Host !*-locked *\n", &with);
    assert_ne!(text, changed);
    let file = at.join("ssh_config");
    std::fs::write(&file, changed).unwrap();
    file
}

/// The words with which a host, or one on the way to it, did not let us in.
async fn denied(watched: &mut Watched, what: &str) -> String {
    let is = |link: &Link| matches!(link, Link::Stopped { why: LinkFailure::Authentication(_), .. });
    let (link, _) = watched.until(what, Duration::from_secs(60), is).await;
    let Link::Stopped { why, .. } = link else { unreachable!() };
    why.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a22_a_certificate_that_expires_is_named_also_that_of_a_host_on_the_way() {
    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1", "app-2"]));
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    for name in ["ca", "own"] {
        tool("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &path(name)], &[]);
    }
    let authority = std::fs::read_to_string(path("ca.pub")).unwrap();
    block_in_place(|| {
        lab.on("app-1", &["sh", "-c", "printf '%s' \"$1\" >/etc/ssh/lab-ca.pub", "sh", &authority]);
        lab.fault("app-1", "sshd TrustedUserCAKeys /etc/ssh/lab-ca.pub");
    });
    let means = format!("  IdentityFile {}\n  CertificateFile {}\n", path("own"), path("own-cert.pub"));
    let ways = reach::ways(config(&lab, dir.path(), &means));
    let sign = |validity: &str| {
        let words = ["-q", "-s", &path("ca"), "-I", "ops", "-n", "root", "-V", validity, &path("own.pub")];
        tool("ssh-keygen", &words, &[]);
    };
    sign("-1m:+1h");
    let (mut near, mut far) = (watch(&ways, "app-1", 0), watch(&ways, "via-app-2", 0));
    near.up(30).await;
    far.up(30).await;
    // It expires while both links stand, however long they took to come up: the next login is with one that is over.
    sign("-2h:-1m");
    fault(&lab, "app-1", "kill-sshd-children");
    let (near, far) = (denied(&mut near, "app-1").await, denied(&mut far, "app-2").await);
    fault(&lab, "app-1", "sshd-default");
    block_in_place(|| lab.on("app-1", &["rm", "-f", "/etc/ssh/lab-ca.pub"]));
    let named = format!("the certificate {} expired ", path("own-cert.pub"));
    assert!(near.starts_with("authentication failed: ") && near.contains(&named), "{near}");
    let named = format!("the certificate {} for app-1 expired ", path("own-cert.pub"));
    assert!(far.contains(&named), "{far}");
    report("A22", 1, 1, "a certificate expires: named with its file and moment, also that of a jump host");
}

/// An agent with the lab's key.
struct Agent(Child);

impl Agent {
    fn start(lab: &Lab, socket: &Path) -> Self {
        let _ = std::fs::remove_file(socket);
        let child = Command::new("ssh-agent").args(["-D", "-a"]).arg(socket).stdout(Stdio::null()).spawn().unwrap();
        let agent = Self(child);
        let begin = Instant::now();
        while !socket.exists() {
            assert!(begin.elapsed() < Duration::from_secs(10), "no agent");
            std::thread::sleep(Duration::from_millis(20));
        }
        let key = lab.dir().join("key").display().to_string();
        tool("ssh-add", &["-q", &key], &[("SSH_AUTH_SOCK", socket)]);
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the lab: run tests/run"]
async fn a22_an_agent_that_is_locked_or_gone_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let lab = Lab::get();
    let _held = block_in_place(|| lab.hold(&["app-1"]));
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent");
    let asks = dir.path().join("asks");
    std::fs::write(&asks, "#!/bin/sh\necho lab\n").unwrap();
    std::fs::set_permissions(&asks, std::fs::Permissions::from_mode(0o700)).unwrap();
    let means = format!("  IdentityFile none\n  IdentitiesOnly no\n  IdentityAgent {}\n", socket.display());
    let ways = reach::ways(config(&lab, dir.path(), &means));

    let agent = block_in_place(|| Agent::start(&lab, &socket));
    let mut watched = watch(&ways, "app-1", 0);
    watched.up(30).await;
    let lock = [("SSH_AUTH_SOCK", &*socket), ("SSH_ASKPASS", &*asks), ("SSH_ASKPASS_REQUIRE", Path::new("force"))];
    tool("ssh-add", &["-x"], &lock);
    fault(&lab, "app-1", "kill-sshd-children");
    let why = denied(&mut watched, "its agent is locked").await;
    let offers = format!("the agent at {} offers no key: it is empty, or locked", socket.display());
    assert!(why.contains(&offers), "{why}");

    drop(agent);
    watched.control.send(Control::RetryNow).await.unwrap();
    let why = denied(&mut watched, "its agent is gone").await;
    assert!(why.contains(&format!("the agent at {} does not answer", socket.display())), "{why}");

    let _agent = block_in_place(|| Agent::start(&lab, &socket));
    watched.control.send(Control::RetryNow).await.unwrap();
    watched.up(30).await;
    report("A22", 1, 1, "an agent is locked, then gone: named with its socket; back when it is there again");
}
