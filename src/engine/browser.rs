//! Opens a link in the person's browser, without a shell, where there is a display that they sit at.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::port::LinkNews;

/// A program that has not failed after this long has taken the link.
const TAKES: Duration = Duration::from_secs(3);

/// Opens it, or says why that can't be done here.
pub async fn open(url: String) -> LinkNews {
    match opener(|name| std::env::var_os(name).filter(|value| !value.is_empty()), cfg!(target_os = "macos")) {
        Ok(words) => run(words, url).await,
        Err(why) => LinkNews::NotOpened { url, why: why.to_owned() },
    }
}

/// The program that opens links and its first arguments, by what the environment variables say.
fn opener(variable: impl Fn(&str) -> Option<OsString>, mac: bool) -> Result<Vec<String>, &'static str> {
    if variable("SSH_CONNECTION").is_some() || variable("SSH_TTY").is_some() {
        return Err("you came here over ssh, and the browser is elsewhere");
    }
    if mac {
        return Ok(vec!["open".to_owned()]);
    }
    if variable("DISPLAY").is_none() && variable("WAYLAND_DISPLAY").is_none() {
        return Err("there is no display here");
    }
    // A list of browsers has colons between them; the first one counts.
    let browser = variable("BROWSER").and_then(|browser| browser.into_string().ok()).unwrap_or_default();
    let words: Vec<String> =
        browser.split(':').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    Ok(if words.is_empty() { vec!["xdg-open".to_owned()] } else { words })
}

async fn run(words: Vec<String>, url: String) -> LinkNews {
    let placed = words.iter().any(|word| word.contains("%s"));
    let mut words: Vec<String> = words.into_iter().map(|word| word.replace("%s", &url)).collect();
    if !placed {
        words.push(url.clone());
    }
    let program = words.remove(0);
    let started = Command::new(&program)
        .args(&words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What ends the console, or a key meant for it, does not end the browser.
        .process_group(0)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return LinkNews::NotOpened { url, why: format!("{program} can't be started ({error})") },
    };
    match tokio::time::timeout(TAKES, child.wait()).await {
        Ok(Ok(status)) if status.success() => LinkNews::Opened(url),
        Ok(Ok(_)) => LinkNews::NotOpened { url, why: format!("{program} failed") },
        Ok(Err(error)) => LinkNews::NotOpened { url, why: format!("{program} was lost ({error})") },
        Err(_) => {
            // It is the browser itself. Its end is waited for, so that nothing of it stays.
            tokio::spawn(async move { drop(child.wait().await) });
            LinkNews::Opened(url)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Vec<String>, &'static str> {
        opener(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)), false)
    }

    #[test]
    fn a_browser_is_started_only_where_there_is_a_display() {
        assert_eq!(with(&[("DISPLAY", ":0")]).unwrap(), ["xdg-open"]);
        assert_eq!(
            with(&[("WAYLAND_DISPLAY", "wayland-0"), ("BROWSER", "firefox --new-tab %s:w3m")]).unwrap().len(),
            3
        );
        assert!(with(&[]).unwrap_err().contains("no display"));
        assert!(with(&[("BROWSER", "firefox")]).unwrap_err().contains("no display"));
        assert!(with(&[("DISPLAY", "localhost:10.0"), ("SSH_CONNECTION", "a b c d")]).unwrap_err().contains("ssh"));
    }

    #[tokio::test]
    async fn the_address_is_one_argument_and_nothing_reads_it_as_a_command() {
        let folder = tempfile::tempdir().unwrap();
        let (told, program) = (folder.path().join("told"), folder.path().join("browser"));
        let script = format!("#!/bin/sh\nprintf '%s|' \"$@\" > {}\n", told.display());
        std::fs::write(&program, script).unwrap();
        std::process::Command::new("chmod").arg("700").arg(&program).status().unwrap();
        let url = "https://x.example/a?b=$(touch%20no)&c=';id".to_owned();
        let words = vec![program.display().to_string(), "--new".to_owned()];
        assert_eq!(run(words, url.clone()).await, LinkNews::Opened(url.clone()));
        assert_eq!(std::fs::read_to_string(&told).unwrap(), format!("--new|{url}|"));
        let placed = vec![program.display().to_string(), "--url=%s".to_owned()];
        run(placed, url.clone()).await;
        assert_eq!(std::fs::read_to_string(&told).unwrap(), format!("--url={url}|"));
        let missing = run(vec!["/nowhere/browser".to_owned()], url.clone()).await;
        assert!(matches!(missing, LinkNews::NotOpened { .. }), "{missing:?}");
        let failed = run(vec!["/bin/false".to_owned()], url.clone()).await;
        assert_eq!(failed, LinkNews::NotOpened { url, why: "/bin/false failed".to_owned() });
    }
}
