//! What stands behind the options of `qd logs`, as words of the command line.

use regex::bytes::Regex;

use crate::domain::log_source::{Boot, ContainerLog, ContainerName, FieldMatch, LogPath};
use crate::domain::service::UnitPattern;
use crate::domain::{LogSource, Query, UnitName};
use crate::engine::logs::written::LEVELS;

/// A level by name or number.
///
/// # Errors
/// What may stand there.
pub fn level(word: &str) -> Result<u8, String> {
    let names = |name: &str| LEVELS.iter().position(|level| *level == name);
    let found = match word {
        "warning" => names("warn"),
        "err" => names("error"),
        "panic" => names("emerg"),
        _ => names(word).or_else(|| word.parse().ok().filter(|number| *number < LEVELS.len())),
    };
    found
        .and_then(|number| u8::try_from(number).ok())
        .ok_or_else(|| format!("a level is one of {}, or 0 to 7", LEVELS.join(", ")))
}

/// A unit, or a pattern of units.
///
/// # Errors
/// What may stand there.
pub fn unit(word: &str) -> Result<UnitPattern, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@*?[]!^".contains(c);
    let is_glob = word.contains(['*', '?', '[']);
    if is_glob && word.chars().all(allowed) && !word.starts_with('-') && word.len() <= UnitName::LONGEST {
        return match word.chars().all(|c| c == '*') {
            true => Err("everything is read with --whole".to_owned()),
            false => Ok(UnitPattern::Glob(word.to_owned())),
        };
    }
    let exact = UnitName::new(word).filter(|unit| !unit.suffix().is_empty());
    let named = exact.or_else(|| UnitName::new(&format!("{word}.service")));
    named.map(UnitPattern::Exact).ok_or_else(|| "a unit is called as in nginx.service or pakashop-*".to_owned())
}

/// A boot of a host.
///
/// # Errors
/// What may stand there.
pub fn boot(word: &str) -> Result<Boot, String> {
    Boot::read(word).ok_or_else(|| format!("a boot is {}", Boot::FORMS))
}

/// The name that a program gives itself.
///
/// # Errors
/// What may stand there.
pub fn identifier(word: &str) -> Result<String, String> {
    let good = !word.is_empty() && word.len() <= 255 && !word.contains(char::is_control);
    good.then(|| word.to_owned()).ok_or_else(|| "a program's name has no control characters".to_owned())
}

/// A field of the journal and its value.
///
/// # Errors
/// What may stand there.
pub fn matching(word: &str) -> Result<FieldMatch, String> {
    FieldMatch::read(word).ok_or_else(|| format!("a match is {}", FieldMatch::FORM))
}

/// A container by its name.
///
/// # Errors
/// What may stand there.
pub fn container(word: &str) -> Result<LogSource, String> {
    let name = ContainerName::new(word).ok_or("a container has a name of letters, digits, _ . and -")?;
    Ok(LogSource::Container(ContainerLog::Named(name)))
}

/// A file by its path.
///
/// # Errors
/// What may stand there.
pub fn file(word: &str) -> Result<LogSource, String> {
    LogPath::new(word)
        .map(LogSource::File)
        .ok_or_else(|| "a file has a path from the root, as /var/log/nginx/error.log".to_owned())
}

/// A regular expression.
///
/// # Errors
/// What may stand there.
pub fn regex(word: &str) -> Result<Regex, String> {
    Regex::new(word).map_err(|error| error.to_string())
}

/// A query as the screen takes it.
///
/// # Errors
/// What may stand there.
pub fn query(typed: &str) -> Result<Query, String> {
    match Query::parse(typed) {
        Ok(Some(query)) => Ok(query),
        Ok(None) => Err("something to look for must stand in it".to_owned()),
        Err(mistake) => Err(mistake.told(typed)),
    }
}
