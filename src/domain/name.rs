//! Names that site files give to things: checked once at the door, then safe to print and to compare.
//!
//! A name is 1 to 64 ASCII letters, digits, `.`, `_`, `-` or `@`, beginning with a letter or digit, so it
//! can be neither an option, nor a path, nor a shell word, nor an escape sequence.

use std::fmt;
use std::sync::Arc;

/// Longest name in bytes.
pub const LONGEST: usize = 64;

/// Why a word is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("a name can't be empty")]
    Empty,
    /// More than [`LONGEST`] bytes.
    #[error("a name has at most {LONGEST} characters, this one has {0}")]
    TooLong(usize),
    /// The first character is no ASCII letter or digit.
    #[error("a name begins with a letter or a digit")]
    BadStart,
    /// A character outside the allowed set, given as its code point.
    #[error("a name has only ASCII letters, digits, '.', '_', '-' and '@'; U+{0:04X} is none of them")]
    BadCharacter(u32),
    /// A character that no variable has, given as its code point.
    #[error("the name of an input has only ASCII letters, digits and '_'; U+{0:04X} is none of them")]
    BadVariable(u32),
    /// A variable that begins with a digit.
    #[error("the name of an input begins with a letter or '_'")]
    DigitFirst,
    /// A variable by which a shell or a loader is steered.
    #[error("this variable changes how commands run, so no input may have its name")]
    ActedUpon,
}

/// Checks the rule above.
///
/// # Errors
/// The first way in which `word` breaks the rule.
pub fn check(word: &str) -> Result<(), NameError> {
    let first = word.chars().next().ok_or(NameError::Empty)?;
    if let Some(bad) = word.chars().find(|c| !(c.is_ascii_alphanumeric() || "._-@".contains(*c))) {
        return Err(NameError::BadCharacter(bad as u32));
    }
    if !first.is_ascii_alphanumeric() {
        return Err(NameError::BadStart);
    }
    if word.len() > LONGEST {
        return Err(NameError::TooLong(word.len()));
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a word that follows the rule of names.
            ///
            /// # Errors
            /// The first way in which `word` breaks the rule.
            pub fn new(word: &str) -> Result<Self, NameError> {
                check(word)?;
                Ok(Self(Arc::from(word)))
            }

            /// The word itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}

name!(
    /// A site: one system under operation.
    SiteName
);
name!(
    /// An environment of a site, such as `production`.
    EnvName
);
name!(
    /// A channel of a site: where its team hears of runs.
    ChannelName
);
name!(
    /// A role of a site, such as `lead`.
    RoleName
);
name!(
    /// A host of an environment.
    HostName
);
name!(
    /// A service of a site.
    ServiceName
);
name!(
    /// A log that a site has a name for.
    LogName
);
name!(
    /// A probe of a service.
    ProbeName
);
name!(
    /// A procedure of a site.
    ProcedureName
);
name!(
    /// A part of a procedure, unique within it.
    PartId
);

/// The name of an input or of captured output, which is also the shell variable in which commands find it: 1 to 64
/// ASCII letters, digits and `_`, not beginning with a digit, and none that a shell or a loader acts upon.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct InputName(Arc<str>);

/// Variables that would change how a command runs, and not only what it is told.
const ACTED_UPON: &[&str] = &[
    "PATH",
    "IFS",
    "ENV",
    "BASH_ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "HOME",
    "PWD",
    "OLDPWD",
    "PS1",
    "PS2",
    "PS4",
    "SHELL",
    "USER",
    "LOGNAME",
    "TERM",
    "OPTIND",
    "PPID",
    "UID",
    "EUID",
    "CDPATH",
    "GLOBIGNORE",
    "PROMPT_COMMAND",
];

impl InputName {
    /// Takes a word that follows the rule.
    ///
    /// # Errors
    /// The first way in which `word` breaks the rule.
    pub fn new(word: &str) -> Result<Self, NameError> {
        let first = word.chars().next().ok_or(NameError::Empty)?;
        if let Some(bad) = word.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '_')) {
            return Err(NameError::BadVariable(bad as u32));
        }
        if first.is_ascii_digit() {
            return Err(NameError::DigitFirst);
        }
        if word.len() > LONGEST {
            return Err(NameError::TooLong(word.len()));
        }
        if ACTED_UPON.contains(&word) || ["LD_", "BASH_", "QD_"].iter().any(|start| word.starts_with(start)) {
            return Err(NameError::ActedUpon);
        }
        Ok(Self(Arc::from(word)))
    }

    /// The word itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for InputName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for word in ["pakashop", "app-1", "db_1.internal", "worker@2", "9lives"] {
            assert_eq!(HostName::new(word).unwrap().as_str(), word);
        }
    }

    #[test]
    fn an_input_is_a_variable_that_steers_nothing() {
        for word in ["version", "APP_NAME", "_x", "sha256"] {
            assert_eq!(InputName::new(word).unwrap().as_str(), word);
        }
        for word in ["", "1st", "a-b", "a b", "a=b", "PATH", "LD_PRELOAD", "BASH_ENV", "IFS", "ä"] {
            assert!(InputName::new(word).is_err(), "{word:?} passed");
        }
    }

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(65);
        for word in [
            "",
            "-V",
            "-oProxyCommand=x",
            "a b",
            "a;id",
            "$(id)",
            "%h",
            "a\nb",
            "\u{1b}[2J",
            "a\0",
            &long,
            "аpp-1",
            "../x",
            ".hidden",
        ] {
            assert!(HostName::new(word).is_err(), "{word:?} passed");
        }
    }
}
