//! Whether a value is one that an input can have.

use regex::Regex;

use crate::domain::Environment;
use crate::domain::procedure::{Choices, Input, InputKind};
use crate::domain::release::same_commit;
use crate::domain::source::version;
use crate::runtimes::shell_text::{LARGEST, quotable};
use crate::text::Foreign;

/// Whether `value` may be the input's, where the environment's hosts and services are known and `listed` is what the
/// program prints that lists its choices (`None`: it was not asked, so any will do).
///
/// # Errors
/// Why it may not, as a clause without a full stop. It never repeats the value, which may be a secret.
pub fn valid(input: &Input, value: &str, environment: &Environment, listed: Option<&[String]>) -> Result<(), String> {
    quotable(value.as_bytes()).map_err(|why| why.to_string())?;
    if value.is_empty() {
        return if input.optional { Ok(()) } else { Err("it can't be empty".to_owned()) };
    }
    debug_assert!(value.len() <= LARGEST, "checked before");
    let no = |why: &str| Err(why.to_owned());
    match &input.kind {
        InputKind::Text if value.contains(['\n', '\r']) => {
            no("it can't hold a line break, unless a pattern of the input allows one")
        }
        InputKind::Text => Ok(()),
        InputKind::Number => {
            let digits = value.strip_prefix('-').unwrap_or(value);
            let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if whole { Ok(()) } else { no("it is no whole number") }
        }
        InputKind::Switch if matches!(value, "yes" | "no") => Ok(()),
        InputKind::Switch => no("it is neither yes nor no"),
        InputKind::Host => {
            let known = environment.hosts.iter().any(|host| host.name.as_str() == value);
            if known { Ok(()) } else { Err(format!("{} has no such host", environment.name)) }
        }
        InputKind::Service => {
            let known = environment.services.iter().any(|service| service.name.as_str() == value);
            if known { Ok(()) } else { Err(format!("{} has no such service", environment.name)) }
        }
        InputKind::Pattern(pattern) => match Regex::new(&format!(r"\A(?:{pattern})\z")) {
            Ok(regex) if regex.is_match(value) => Ok(()),
            Ok(_) => Err(format!("it does not match the input's pattern {}", Foreign::from(pattern.as_str()).plain())),
            Err(_) => no("the input's pattern is no regular expression"),
        },
        // Where git or the record was not asked yet, what no version may be called is refused all the same.
        InputKind::Version | InputKind::Release => {
            version(value).map_err(str::to_owned)?;
            let known = |one: &String| one == value || same_commit(one.as_bytes(), value.as_bytes());
            match (&input.kind, listed.map(|listed| listed.iter().any(known))) {
                (_, None | Some(true)) => Ok(()),
                (InputKind::Release, Some(false)) => no("no good release of it is recorded that can be gone back to"),
                (_, Some(false)) => no("git knows no tag, branch or commit of this name"),
            }
        }
        InputKind::Choice(Choices::Fixed(values)) => among(value, values),
        InputKind::Choice(Choices::Listed(_)) => listed.map_or(Ok(()), |values| among(value, values)),
    }
}

fn among(value: &str, values: &[String]) -> Result<(), String> {
    if values.iter().any(|one| one == value) { Ok(()) } else { Err("it is none of the choices".to_owned()) }
}
