//! The address of a channel: fetched when something is to be told, kept nowhere, and in no sentence but by its host.

use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use crate::domain::channel::{Address, Hidden};
use crate::engine::own_file;
use crate::engine::probe::program;

/// How long a program that prints an address may take.
const WITHIN: Duration = Duration::from_secs(10);
/// No address is longer.
const LONGEST: usize = 8192;

/// Fetches the address.
///
/// # Errors
/// Why it can't be had, as a part of a sentence without anything of it.
pub(super) async fn fetch(address: &Address) -> Result<Url, String> {
    parse(&secret_text(address, "address").await?)
}

/// Fetches a secret from where an address may come from; `what` is its noun.
///
/// # Errors
/// Why it can't be had, as a part of a sentence without anything of it.
pub(in crate::engine) async fn secret_text(from: &Address, what: &str) -> Result<Zeroizing<String>, String> {
    let text = match from {
        Address::Variable(name) => {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty());
            value.ok_or_else(|| {
                format!("its {what} comes from the environment variable {name}, which is not set here")
            })?
        }
        Address::Command(argv) => printed(argv, what).await?,
        Address::File(path) => {
            let path = at_home(path);
            let reading = tokio::task::spawn_blocking(move || own_file::secret(&path).map(|bytes| bytes.to_vec()));
            let bytes = tokio::time::timeout(WITHIN, reading)
                .await
                .map_err(|_| format!("the file with its {what} does not answer"))?
                .map_err(|_| format!("the file with its {what} could not be read"))?
                .map_err(|why| format!("the file with its {what}: {why}"))?;
            String::from_utf8(bytes).map_err(|_| format!("the file with its {what} holds no text"))?
        }
        Address::Written(Hidden(text)) => text.clone(),
    };
    Ok(Zeroizing::new(text))
}

fn parse(text: &str) -> Result<Url, String> {
    let text = text.trim();
    if text.len() > LONGEST {
        return Err("its address is longer than any".to_owned());
    }
    let url = Url::parse(text).map_err(|_| "what should be its address is none".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err("its address must begin with https:// or http:// and name a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("its address must not hold a user name or a password".to_owned());
    }
    Ok(url)
}

async fn printed(argv: &[String], what: &str) -> Result<String, String> {
    let output = program(argv, Vec::new(), WITHIN).await.map_err(|why| format!("the command for its {what}: {why}"))?;
    String::from_utf8(output).map_err(|_| format!("the command for its {what} printed no text"))
}

/// `~/` is the person's own folder.
fn at_home(path: &Path) -> PathBuf {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        (Ok(_), None) | (Err(_), _) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn an_address_comes_from_a_command_or_a_file_of_ones_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("address");
        std::fs::write(&file, "https://hooks.example.com/canary\n").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        let refused = fetch(&Address::File(file.clone())).await.unwrap_err();
        assert!(refused.contains("chmod") && !refused.contains("canary"), "{refused}");
        std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let url = fetch(&Address::File(file.clone())).await.unwrap();
        assert_eq!((url.host_str(), url.path()), (Some("hooks.example.com"), "/canary"));
        let argv = ["cat".to_owned(), file.display().to_string()];
        assert_eq!(fetch(&Address::Command(argv.to_vec())).await.unwrap(), url);
        let fails = fetch(&Address::Command(vec!["sh".into(), "-c".into(), "echo canary; exit 3".into()])).await;
        assert!(fails.as_ref().is_err_and(|why| why.contains("status 3") && !why.contains("canary")), "{fails:?}");
        let unset = fetch(&Address::Variable("QD_NO_SUCH_VARIABLE".into())).await.unwrap_err();
        assert!(unset.contains("QD_NO_SUCH_VARIABLE"), "{unset}");
    }

    #[tokio::test]
    async fn f4_what_is_wrong_with_an_address_is_told_without_it() {
        for text in ["canary", "ftp://canary.example.com/", "https://ada:canary@hooks.example.com/", "https://", ""] {
            let told = fetch(&Address::Written(Hidden(text.to_owned()))).await.unwrap_err();
            assert!(!told.contains("canary"), "{told}");
        }
    }
}
