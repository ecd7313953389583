//! The choices of an input that a program lists: it runs here, each line that it prints is one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::probe::printed;
use crate::domain::Environment;
use crate::domain::procedure::{Choices, InputKind, LISTED_WITHIN};
use crate::port::Event;
use crate::text::Foreign;

/// Choices that are taken: of more nobody chooses, and a list that is cut would refuse what is a choice.
const MOST: usize = 1000;
/// Bytes that the program may print.
const BYTES: usize = 128 << 10;
/// A longer line is no choice.
const LONGEST: usize = 1000;

/// Runs the program; its lines are foreign text.
///
/// # Errors
/// Why there are no choices, as a clause without a full stop.
pub async fn choices(argv: &[String]) -> Result<Vec<String>, String> {
    listed(argv, LISTED_WITHIN).await
}

/// Answers a form, beside the loop; the core may be gone by then.
pub fn answer(argv: Vec<String>, environment: Arc<Environment>, events: mpsc::Sender<Event>) {
    drop(tokio::spawn(async move {
        let listed = match refusal(&argv, &environment) {
            Some(why) => Err(why),
            None => choices(&argv).await,
        };
        let _ = events.send(Event::Choices(argv, listed)).await;
    }));
}

/// Why a program is not run. What is recorded of a run names programs as well, and may come from a host: only those of the
/// site's own documents are run here.
fn refusal(argv: &[String], environment: &Environment) -> Option<String> {
    let is_it = |kind: &InputKind| matches!(kind, InputKind::Choice(Choices::Listed(known)) if known == argv);
    let mut inputs = environment.procedures.iter().flat_map(|procedure| &procedure.header.inputs);
    if !environment.trusted {
        return Some("the program that lists them is not run before the site is trusted".to_owned());
    }
    if environment.channels.drill {
        return Some("in a drill the program that lists them is not run".to_owned());
    }
    (!inputs.any(|input| is_it(&input.kind)))
        .then(|| "no document of the site names the program that lists them".to_owned())
}

async fn listed(argv: &[String], within: Duration) -> Result<Vec<String>, String> {
    let program = Foreign::from(argv.first().map_or("", String::as_str)).plain();
    let output = printed(argv, Vec::new(), within, BYTES)
        .await
        .map_err(|why| format!("the program that lists its choices: {}", Foreign::from(why).plain()))?;
    let text = String::from_utf8_lossy(&output);
    let mut all: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && line.len() <= LONGEST) {
        if !all.iter().any(|known| known == line) {
            all.push(line.to_owned());
        }
        if all.len() > MOST {
            break;
        }
    }
    if all.len() > MOST {
        return Err(format!("{program}, which lists its choices, printed more than {MOST} choices"));
    }
    if all.is_empty() { Err(format!("{program}, which lists its choices, printed none")) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn argv(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[tokio::test]
    async fn each_line_is_a_choice_and_what_goes_wrong_is_no_list() {
        assert_eq!(choices(&argv(&["printf", "main\n\n next \nmain\n"])).await.unwrap(), ["main", "next"]);
        for (words, why) in [
            (&["false"][..], "left with status 1"),
            (&["true"], "printed none"),
            (&["/no/such/program"], "no such program"),
            (&["seq", "1001"], "more than 1000 choices"),
            (&["sh", "-c", "yes '' | head -c 200000"], "more than the 131072 bytes"),
            (&[], "no program"),
        ] {
            let told = choices(&argv(words)).await.unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[tokio::test]
    async fn a_program_that_never_ends_is_ended_with_everything_it_started() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script = format!("sleep 300 & echo $! > {}; wait", file.path().display());
        let told = listed(&argv(&["sh", "-c", &script]), Duration::from_millis(500)).await.unwrap_err();
        assert!(told.contains("no result"), "{told}");
        let child = std::fs::read_to_string(file.path()).unwrap();
        // One that nobody has waited for yet runs no more either.
        let runs = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
            !stat.is_empty() && !stat.contains(") Z ")
        };
        for _ in 0..100 {
            if !runs() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{child} is still there");
    }

    #[test]
    fn only_what_a_trusted_sites_own_documents_name_is_run() {
        let document = "+++\n[inputs.a]\nchoices_from = [\"printf\", \"a\"]\n+++\n# Doc\n\n- [ ] One\n";
        let site = "title = \"shop\"\n[environments.lab.hosts]\nme = { local = true }\n";
        let (site, _) = crate::site::load_embedded("shop", site, &[("procedures/doc.md", document)]).unwrap();
        let own = argv(&["printf", "a"]);
        let mut environment = site.environments[0].clone();
        for (trusted, drill, named, wanted) in [
            (true, false, &own, None),
            (false, false, &own, Some("trusted")),
            (true, true, &own, Some("drill")),
            (true, false, &argv(&["printf", "b"]), Some("no document")),
        ] {
            environment.trusted = trusted;
            Arc::make_mut(&mut environment.channels).drill = drill;
            let told = refusal(named, &environment);
            assert_eq!(told.is_some(), wanted.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().contains(wanted.unwrap_or_default()));
        }
    }

    #[tokio::test]
    async fn what_a_program_is_called_reaches_no_terminal_as_it_is() {
        let told = choices(&argv(&["/no/\u{1b}]0;x\u{7}program"])).await.unwrap_err();
        assert!(!told.contains(|c: char| c.is_control()), "{told:?}");
    }
}
