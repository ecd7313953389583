//! Real keys, real signatures, and a folder of this machine that plays the lock host.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{Approvals, Form, holds, sign};
use crate::domain::approval::{Approval, Bound, Proof, Rules, Signers};
use crate::domain::host::{BecomeRoot, Reach, Shell};
use crate::domain::{EnvName, Host, HostName, ProcedureName, SiteName};
use crate::engine::lock_host::LockHost;
use crate::engine::store::fresh_run_id;
use crate::engine::transport::{Asker, Connection, LocalTransport, Spawner, Transport};
use crate::runtimes::mirror::Name;

/// A place that plays the lock host, and goes with this.
struct Place {
    folder: tempfile::TempDir,
    site: SiteName,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Place {
    fn new() -> Self {
        let site = format!("approvals-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        Self { folder: tempfile::tempdir().unwrap(), site: SiteName::new(&site).unwrap() }
    }

    /// A key of this person: the file of the private one, and a line of allowed signers.
    fn key(&self, person: &str) -> (PathBuf, String) {
        let file = self.folder.path().join(format!("key-{person}"));
        let words = ["-q", "-t", "ed25519", "-N", "", "-C", person, "-f"];
        let made = Command::new("ssh-keygen").args(words).arg(&file).status();
        assert!(made.unwrap().success());
        let public = std::fs::read_to_string(file.with_extension("pub")).unwrap();
        (file, format!("{person} {public}"))
    }

    async fn approvals(&self) -> (Approvals, watch::Sender<Option<Arc<dyn Connection>>>) {
        let name = HostName::new("here").unwrap();
        let (reach, become_root, shell) = (Reach::Local, BecomeRoot::Never, Shell::Plain);
        let host = Host { name: name.clone(), reach, tags: Vec::new(), become_root, shell };
        let transport = LocalTransport::new(Spawner::start().unwrap());
        let connected = transport.connect(host, Asker::nobody(name.clone())).await.ok().unwrap();
        let line = watch::Sender::new(Some(connected));
        let state_directory = self.folder.path().join("state").display().to_string();
        let environment = EnvName::new("lab").unwrap();
        let at = Name { state_directory, site: self.site.clone(), environment };
        (Approvals::new(at, LockHost::new(name, line.subscribe())), line)
    }

    fn approval(&self, person: &str) -> Approval {
        let digest = "ab".repeat(32);
        Approval {
            run: fresh_run_id(Timestamp::now()),
            site: self.site.clone(),
            environment: EnvName::new("lab").unwrap(),
            procedure: ProcedureName::new("deploy").unwrap(),
            bound: Bound { plan: digest.clone(), inventory: digest.clone(), version: digest },
            person: person.to_owned(),
            workstation: format!("{person}@desk"),
            at: Timestamp::now(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Where nobody is root it lies there.
        let start = format!("quarterdeck-{}-", self.site);
        for entry in std::fs::read_dir("/var/tmp").unwrap().filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(&start) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

fn rules(lines: &[&str]) -> Rules {
    let text = Some(Arc::from(lines.concat().into_bytes()));
    Rules { signers: Some(Signers { file: "allowed_signers".into(), text }), ..Rules::default() }
}

fn signed(approval: &Approval, key: &Path) -> String {
    sign(&approval.statement().unwrap(), key).unwrap()
}

#[tokio::test]
async fn what_is_signed_with_a_known_key_is_proven_and_nothing_else() {
    let place = Place::new();
    let ((ada, ada_line), (bo, bo_line)) = (place.key("ada"), place.key("bo"));
    let rules = rules(&[&ada_line, &bo_line]);
    let one = place.approval("ada");
    let good = signed(&one, &ada);
    assert_eq!(holds(&one, &good, &rules).await, Ok(()));
    let other = signed(&one, &bo);
    assert!(holds(&one, &other, &rules).await.is_err(), "the key of somebody else");
    let later = Approval { bound: Bound { plan: "cd".repeat(32), ..one.bound.clone() }, ..one.clone() };
    assert!(holds(&later, &good, &rules).await.is_err(), "another plan");
    let mask = Approval { person: "bo".into(), ..one.clone() };
    assert!(holds(&mask, &signed(&mask, &ada), &rules).await.is_err(), "who only says to be another");
    assert!(holds(&one, "-----BEGIN SSH SIGNATURE-----", &rules).await.is_err());
    let nobody = Rules { signers: Some(Signers { file: "gone".into(), text: None }), ..Rules::default() };
    assert!(holds(&one, &good, &nobody).await.is_err(), "a list that could not be read knows nobody");
    // The same key, for something else than approvals.
    let text = place.folder.path().join("text");
    std::fs::write(&text, one.statement().unwrap()).unwrap();
    let made = Command::new("ssh-keygen").args(["-q", "-Y", "sign", "-n", "file", "-f"]).arg(&ada).arg(&text).status();
    assert!(made.unwrap().success());
    let file = std::fs::read_to_string(text.with_extension("sig")).unwrap();
    assert!(holds(&one, &file, &rules).await.is_err(), "signed for something else");
}

#[tokio::test]
async fn approvals_lie_on_the_lock_host_for_everybody_and_each_is_judged() {
    let place = Place::new();
    let (approvals, _line) = place.approvals().await;
    let (key, line) = place.key("ada");
    let rules = rules(&[&line]);
    let one = place.approval("ada");
    assert_eq!(approvals.of(&one.run, &rules).await.unwrap().seen, []);
    approvals.put(&one, Some(signed(&one, &key))).await.unwrap();
    let claim = Approval { person: "bo".into(), workstation: "bo@desk".into(), ..one.clone() };
    approvals.put(&claim, None).await.unwrap();
    let forged = Approval { person: "cy".into(), ..one.clone() };
    approvals.put(&forged, Some(signed(&forged, &key))).await.unwrap();
    // Another run's is none of it.
    approvals.put(&place.approval("dee"), None).await.unwrap();
    let mut found = approvals.of(&one.run, &rules).await.unwrap();
    found.seen.sort_by(|a, b| a.approval.person.cmp(&b.approval.person));
    let told: Vec<_> = found.seen.iter().map(|seen| (seen.approval.person.as_str(), seen.word())).collect();
    assert_eq!(told, [("ada", "proven"), ("bo", "claimed"), ("cy", "not proven")]);
    assert_eq!(found.seen[0].approval, one);
    assert!(matches!(&found.seen[2].proof, Proof::Broken(why) if why.contains("allowed_signers")));
    // The key is the one of the person's line.
    assert!(
        found.seen[0].key.as_ref().is_some_and(|key| line.contains(key.as_str())),
        "{:?} {line}",
        found.seen[0].key
    );
    assert_eq!((&found.seen[1].key, &found.seen[2].key), (&None, &None));
    // Without such a list a signature says nothing.
    let found = approvals.of(&one.run, &Rules::default()).await.unwrap();
    assert!(found.seen.iter().all(|seen| seen.proof == Proof::Claimed));
}

#[tokio::test]
async fn what_makes_no_sense_there_is_counted_and_left_out() {
    let place = Place::new();
    let (approvals, _line) = place.approvals().await;
    let one = place.approval("ada");
    approvals.put(&one, None).await.unwrap();
    let state = [place.folder.path().join("state/mirror"), PathBuf::from("/var/tmp")];
    let name = format!("quarterdeck-{}-lab.approvals", place.site);
    let folder = state.into_iter().map(|at| at.join(&name)).find(|at| at.exists()).unwrap();
    let uid = rustix::process::getuid().as_raw();
    let put = |word: &str, text: &str| {
        std::fs::write(folder.join(format!("{}.{word}.approval.{uid}", one.run)), text).unwrap();
    };
    put("00000001", "{");
    let other = Approval { site: SiteName::new("other").unwrap(), ..one.clone() };
    let text = serde_json::to_string(&Form { approval: other.statement().unwrap(), signature: None }).unwrap();
    put("00000002", &text);
    let found = approvals.of(&one.run, &Rules::default()).await.unwrap();
    assert_eq!((found.seen.len(), found.unreadable), (1, 2));
}

/// A login that floods the folder hides nobody else's (fault A4), and that more lies there is told with whose it is.
#[tokio::test]
async fn a_flood_of_one_login_hides_nothing_of_another_and_is_told() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    let place = Place::new();
    let (approvals, _line) = place.approvals().await;
    let one = place.approval("ada");
    approvals.put(&one, None).await.unwrap();
    let state = [place.folder.path().join("state/mirror"), PathBuf::from("/var/tmp")];
    let name = format!("quarterdeck-{}-lab.approvals", place.site);
    let folder = state.into_iter().map(|at| at.join(&name)).find(|at| at.exists()).unwrap();
    let copy = Approval { person: "bo".into(), ..one.clone() };
    let text = serde_json::to_string(&Form { approval: copy.statement().unwrap(), signature: None }).unwrap();
    for number in 0..400 {
        // Some pretend to be root's.
        let pretended = if number % 4 == 0 { 0 } else { 65534 };
        let file = folder.join(format!("{}.ffffffff{number:08x}.approval.{pretended}", one.run));
        std::fs::write(&file, &text).unwrap();
        std::os::unix::fs::chown(&file, Some(65534), Some(65534)).unwrap();
    }
    let found = approvals.of(&one.run, &Rules::default()).await.unwrap();
    assert!(found.seen.iter().any(|seen| seen.approval == one), "{} of others", found.seen.len());
    assert_eq!((found.seen.len(), found.more), (21, true));
    let told = found.left_out(approvals.host()).join("; ");
    assert!(told.contains("more lies on here") && told.contains("the login nobody"), "{told}");
}
