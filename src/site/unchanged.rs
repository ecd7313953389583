//! Whether the files of a site are still those that were read: who may approve and what is allowed when is told by them,
//! and a console stays open for days.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::folder::{LARGEST_FILE, read_regular, too_large};
use super::load::parse;
use super::mistake::Severity;
use super::places::SITE_FILE;
use crate::domain::Environment;
use crate::domain::site::FileRead;
use crate::domain::window::Windows;

/// What a file was when it was read.
pub(super) fn read(path: &Path, bytes: &[u8]) -> FileRead {
    FileRead { path: path.to_path_buf(), digest: digest(bytes) }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What of the files that an environment was read from is another one now: a clause, with what to do.
pub fn changed(environment: &Environment) -> Option<String> {
    let other = environment.read.iter().find_map(|known| {
        let name = known.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read_regular(&known.path, LARGEST_FILE) {
            Err(_) => Some(format!("{name} can't be read any more")),
            Ok(Some(bytes)) if digest(&bytes) == known.digest => None,
            Ok(_) => Some(format!("{name} was changed")),
        }
    })?;
    Some(format!(
        "{other} since it was read here, so roles, keys, windows and freezes may be others now: open the console anew, \
         or run the command again"
    ))
}

/// The windows and freezes of an environment as its site says them now, where its file is another one than was read:
/// whoever writes a freeze means what goes on already, too.
///
/// # Errors
/// Why that is not known, as a clause.
pub fn windows(environment: &Environment) -> Option<Result<Windows, String>> {
    let known = environment.read.iter().find(|known| known.path.file_name().is_some_and(|name| name == SITE_FILE))?;
    // A pipe or a device in its place is not opened, and of what is too large no part is believed.
    let bytes = match read_regular(&known.path, LARGEST_FILE) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Some(Err(format!("{SITE_FILE} can't be read any more ({})", too_large(LARGEST_FILE + 1)))),
        Err(why) => return Some(Err(format!("{SITE_FILE} can't be read any more ({why})"))),
    };
    if digest(&bytes) == known.digest {
        return None;
    }
    let parsed = parse(&known.path, environment.site.as_str(), &bytes);
    let Some(site) = parsed.value else {
        let first = parsed.mistakes.iter().find(|mistake| mistake.severity == Severity::Mistake);
        let first = first.map(|mistake| format!(" (line {}: {})", mistake.line, mistake.message)).unwrap_or_default();
        return Some(Err(format!("{SITE_FILE} was changed and can't be read now{first}")));
    };
    let now = site.environments.into_iter().find(|other| other.name == environment.name);
    Some(now.map(|now| now.windows).ok_or_else(|| format!("{SITE_FILE} has no environment {} now", environment.name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::site::find::{Found, Origin};
    use crate::site::places::Places;

    #[test]
    fn what_is_written_into_a_site_after_it_was_read_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("shop");
        std::fs::create_dir(&at).unwrap();
        let text = "title = \"shop\"\n[approvals]\nallowed_signers = \"allowed_signers\"\n[environments.lab]\n\
                    lock_host = \"me\"\n[environments.lab.hosts]\nme = { local = true, become = \"never\" }\n";
        std::fs::write(at.join("site.toml"), text).unwrap();
        std::fs::write(at.join("allowed_signers"), "bo ssh-ed25519 AAAA\n").unwrap();
        let place = |name: &str| folder.path().join(name);
        let (config, state, data) = (place("config"), place("state"), place("data"));
        let places = Places { config, state, data, here: folder.path().to_path_buf() };
        let found = Found { name: "shop".into(), folder: at.clone(), origin: Origin::Path, shadowed: false };
        let read = || {
            let look = crate::site::load::look(&places, &found);
            look.site.unwrap_or_else(|| panic!("{:?}", look.mistakes)).environments.remove(0)
        };
        let environment = read();
        assert_eq!(environment.read.len(), 2);
        assert_eq!(changed(&environment), None);
        // What a deploy of today reads beside is no reason to stop it.
        std::fs::write(at.join("notes.txt"), "nothing").unwrap();
        assert_eq!(changed(&environment), None);
        std::fs::write(at.join("allowed_signers"), "").unwrap();
        assert!(changed(&environment).unwrap().starts_with("allowed_signers was changed"));
        let environment = read();
        assert_eq!(windows(&environment), None);
        std::fs::write(at.join("site.toml"), format!("{text}# a freeze\n")).unwrap();
        assert!(changed(&environment).unwrap().starts_with("site.toml was changed"));
        assert_eq!(windows(&environment), Some(Ok(environment.windows.clone())), "it says the same");
        let freeze = "from = \"2026-01-01\", to = \"2027-01-01\", zone = \"UTC\", reason = \"Christmas\"";
        let lab = "[environments.lab]\n";
        let frozen = text.replace(lab, &format!("{lab}freezes = [{{ {freeze} }}]\n"));
        std::fs::write(at.join("site.toml"), &frozen).unwrap();
        assert_eq!(windows(&environment).unwrap().unwrap().freezes[0].reason, "Christmas".into());
        std::fs::write(at.join("site.toml"), frozen.replace("2027", "soon")).unwrap();
        assert!(windows(&environment).unwrap().unwrap_err().contains("was changed and can't be read now (line"));
        std::fs::write(at.join("site.toml"), text.replace("environments.lab", "environments.other")).unwrap();
        assert!(windows(&environment).unwrap().unwrap_err().contains("has no environment lab"));
        let long = format!("{}\n{frozen}", "# much\n".repeat(200_000));
        std::fs::write(at.join("site.toml"), long).unwrap();
        assert!(windows(&environment).unwrap().unwrap_err().contains("1048576 are allowed"));
        std::fs::remove_file(at.join("site.toml")).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(at.join("site.toml")).status().unwrap();
        assert!(fifo.success() && windows(&environment).unwrap().unwrap_err().contains("neither a file nor a folder"));
        std::fs::remove_file(at.join("site.toml")).unwrap();
        assert!(changed(&environment).unwrap().contains("can't be read any more"));
    }
}
