//! The text of a job as its shell reads it: values first, as data, then what was written.

use zeroize::Zeroizing;

use crate::domain::InputName;
use crate::domain::procedure::{Language, Script};
use crate::runtimes::shell::word;
use crate::runtimes::shell_text::{Unquotable, assign, evaluates, is_harmless, preamble, quotable};

/// Why a job can't be handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// A value that no variable can take.
    #[error("{0} can't be given to a command: {1}")]
    Value(InputName, Unquotable),
    /// The text itself.
    #[error("the command holds a NUL byte")]
    NulText,
    /// Nothing to hand the text to.
    #[error("no program is named that takes {0} (with=)")]
    NoProgram(&'static str),
}

/// What goes to the host.
pub(super) struct Parts {
    pub(super) script: Vec<u8>,
    pub(super) input: Option<Vec<u8>>,
    pub(super) secrets: Option<Zeroizing<Vec<u8>>>,
}

impl Parts {
    pub(super) fn len(&self) -> usize {
        let input = self.input.as_ref().map_or(0, Vec::len);
        self.script.len() + input + self.secrets.as_ref().map_or(0, |secrets| secrets.len())
    }
}

pub(super) fn parts(
    script: &Script,
    captured: &[(InputName, String)],
    secrets: &[(&InputName, &[u8])],
) -> Result<Parts, Wrong> {
    if script.text.contains('\0') || script.get.as_ref().is_some_and(|get| get.contains('\0')) {
        return Err(Wrong::NulText);
    }
    let values = script.variables.iter().chain(captured).map(|(name, value)| (name, value.as_bytes()));
    let all = script.variables.iter().chain(captured).map(|(name, value)| (name, value.as_bytes()));
    let mut all = all.chain(secrets.iter().copied());
    if let Some((name, _)) = all.find(|(name, value)| !is_harmless(value) && reads_again(script, name)) {
        return Err(Wrong::Value(name.clone(), Unquotable::Evaluated));
    }
    let mut text = preamble(values).map_err(|(name, why)| Wrong::Value(name, why))?;
    let hidden = if secrets.is_empty() { None } else { Some(hidden(secrets)?) };
    if hidden.is_some() {
        // Once they are read nothing holds them but the shell itself.
        text.extend_from_slice(b"eval \"$(cat <&8)\"\ntrue 2>/dev/null >/proc/self/fd/8 || true\nexec 8<&-\n");
    }
    if let Some(folder) = &script.folder {
        text.extend_from_slice(entering(folder).as_bytes());
    }
    let written = script.text.trim_end_matches('\n').as_bytes();
    let program = match (&script.with, script.language) {
        (Some(program), _) => Some(program),
        (None, Language::Sh | Language::Bash) => None,
        (None, language @ (Language::Sql | Language::PromQl)) => return Err(Wrong::NoProgram(language.word())),
    };
    let input = match program {
        Some(program) => {
            text.extend_from_slice(program.as_bytes());
            Some(written.to_vec())
        }
        None => {
            match &script.get {
                // What the change says goes beside, so that what is read afterwards stands alone.
                Some(get) => {
                    text.extend_from_slice(b"exec 3>&1 1>&2\n");
                    text.extend_from_slice(written);
                    text.extend_from_slice(b"\nexec 1>&3 3>&-\n");
                    text.extend_from_slice(get.trim_end_matches('\n').as_bytes());
                }
                None => text.extend_from_slice(written),
            }
            None
        }
    };
    Ok(Parts { script: text, input, secrets: hidden })
}

/// Whether a shell would read once more what this variable holds, in any of the texts of a script.
pub fn reads_again(script: &Script, name: &InputName) -> bool {
    let text = script.language.is_shell().then_some(&script.text);
    let texts = text.into_iter().chain(&script.get).chain(&script.with);
    texts.into_iter().any(|text| evaluates(text, name.as_str()))
}

fn hidden(secrets: &[(&InputName, &[u8])]) -> Result<Zeroizing<Vec<u8>>, Wrong> {
    // At its full size from the beginning: what grows leaves copies behind.
    let room = secrets.iter().map(|(name, value)| name.as_str().len() + value.len() * 4 + 8).sum();
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    for (name, value) in secrets {
        quotable(value).map_err(|why| Wrong::Value((*name).clone(), why))?;
        assign(&mut text, name.as_str(), value);
    }
    Ok(text)
}

/// The line that enters a folder; `~/` stands for the home of whoever runs it.
fn entering(folder: &str) -> String {
    match folder.strip_prefix("~/") {
        Some(rest) => format!("cd -- \"$HOME\"/{}\n", word(rest)),
        None if folder == "~" => "cd -- \"$HOME\"\n".to_owned(),
        None => format!("cd -- {}\n", word(folder)),
    }
}
