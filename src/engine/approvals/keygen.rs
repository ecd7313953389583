//! `ssh-keygen`, which signs approvals and judges signatures. What it reads lies in a private folder of ours for as long as
//! it takes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::engine::probe::program;
use crate::engine::transport::fresh_word;

/// What our signatures are for: one that was made for anything else is none of ours.
const NAMESPACE: &str = "quarterdeck";
/// Judging one takes no longer.
const WITHIN: Duration = Duration::from_secs(10);
/// A signature is not longer.
const LONGEST: usize = 64 << 10;

/// A folder that nobody else can look into, and that goes with this.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("qd-approval-{}", fresh_word()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => Ok(Self(path)),
            Err(error) => Err(format!("a folder for the signature can't be made in {}: {error}", path.display())),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
        let path = self.0.join(name);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.and_then(|mut file| file.write_all(bytes))
            .map_err(|error| format!("{} can't be written: {error}", path.display()))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether a text was signed by a person, as the list of allowed signers knows them.
///
/// # Errors
/// Why not, or why that could not be judged, as a clause.
pub(super) async fn verify(text: &str, signature: &str, person: &str, signers: &[u8]) -> Result<(), String> {
    if signature.len() > LONGEST {
        return Err("it is too long to be one".to_owned());
    }
    let scratch = Scratch::new()?;
    let signers = scratch.write("allowed_signers", signers)?;
    let signature = scratch.write("signature", signature.as_bytes())?;
    let words = [
        "ssh-keygen".into(),
        "-Y".into(),
        "verify".into(),
        "-f".into(),
        signers.to_string_lossy().into_owned(),
        "-I".into(),
        person.to_owned(),
        "-n".into(),
        NAMESPACE.to_owned(),
        "-s".into(),
        signature.to_string_lossy().into_owned(),
    ];
    program(&words, text.as_bytes().to_vec(), WITHIN).await.map(drop)
}

/// The key with which something was signed, as it stands in a signature that holds: `SSHSIG`, its version, and the public
/// key with its length before it, in base64.
pub(super) fn key_of(signature: &str) -> Option<String> {
    use base64::Engine as _;
    let body: String = signature.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(body).ok()?;
    let rest = bytes.strip_prefix(b"SSHSIG")?.get(4..)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let key = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some(base64::engine::general_purpose::STANDARD.encode(key))
}

/// Signs a text with a key: the file of a private one, or of a public one whose private one is in the person's agent. What
/// ssh-keygen wants to know it asks on the terminal itself. Blocks until it is done.
///
/// # Errors
/// Why there is no signature, as a clause.
pub fn sign(text: &str, key: &Path) -> Result<String, String> {
    let scratch = Scratch::new()?;
    File::open(key).map_err(|error| format!("the key {} can't be read: {error}", key.display()))?;
    let statement = scratch.write("approval", text.as_bytes())?;
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key).arg(&statement);
    // What it says of its own is of no use; what it asks it asks on the terminal.
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let ended = ended.map_err(|error| format!("ssh-keygen can't be started: {error}"))?;
    if !ended.status.success() {
        let said = crate::text::Foreign::from(ended.stderr).plain();
        return Err(format!("ssh-keygen did not sign it: {}", said.trim()));
    }
    let signed = fs::read_to_string(scratch.0.join("approval.sig"));
    signed.map_err(|error| format!("the signature can't be read: {error}"))
}
