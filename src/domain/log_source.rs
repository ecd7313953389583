//! Where lines of logs come from: the journal of a host, containers, files, and commands.
//!
//! A source belongs to one host. What comes from it in one order is a lane: the journal is one, each container, file and
//! command is one. Reading goes on by lane, whatever else is wished for of its source.

use std::fmt;
use std::sync::Arc;

use super::compose::Compose;
use super::unit::UnitName;

/// One thing on a host that has a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSource {
    /// The journal, or what matches of it.
    Journal(JournalMatch),
    /// What containers print.
    Container(ContainerLog),
    /// Lines that programs append to a file.
    File(LogPath),
    /// Lines that a command prints for as long as it is read.
    Command(LogCommand),
}

impl LogSource {
    /// The whole journal of a host.
    pub fn whole() -> Self {
        LogSource::Journal(JournalMatch::default())
    }

    /// The lane in which its lines come, and what stands for it while there are none.
    pub fn lane(&self) -> Lane {
        match self {
            LogSource::Journal(_) => Lane::Journal,
            LogSource::Container(container) => container.lane(),
            LogSource::File(path) => Lane::File(Arc::clone(&path.0)),
            LogSource::Command(command) => Lane::Command(Arc::from(command.name.as_str())),
        }
    }

    /// The units that are read of the journal.
    pub fn units(&self) -> &[UnitName] {
        match self {
            LogSource::Journal(wanted) => &wanted.units,
            LogSource::Container(_) | LogSource::File(_) | LogSource::Command(_) => &[],
        }
    }
}

/// What comes from a host in one order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Lane {
    /// Its journal.
    #[default]
    Journal,
    /// The containers that have had this name, one after the other; with a `:` in it the service of a project.
    Container(Arc<str>),
    /// The file of this path, and those into which it was rotated away.
    File(Arc<str>),
    /// The command of this name.
    Command(Arc<str>),
}

impl Lane {
    /// Reads what [`Display`](fmt::Display) writes.
    pub fn read(word: &str) -> Option<Self> {
        let (kind, name) = word.split_once(' ').unwrap_or((word, ""));
        let name = || (!name.is_empty()).then(|| Arc::from(name));
        match kind {
            "journal" => Some(Lane::Journal),
            "container" => Some(Lane::Container(name()?)),
            "file" => Some(Lane::File(name()?)),
            "command" => Some(Lane::Command(name()?)),
            _ => None,
        }
    }

    /// The name of it among its kind; empty for the journal.
    pub fn name(&self) -> &str {
        match self {
            Lane::Journal => "",
            Lane::Container(name) | Lane::File(name) | Lane::Command(name) => name,
        }
    }

    /// What stands in the place of a program's name on a line that names none: the container, the file without its
    /// folder, the command.
    pub fn speaker(&self) -> &str {
        match self {
            Lane::Journal | Lane::Container(_) | Lane::Command(_) => self.name(),
            Lane::File(path) => path.rsplit('/').next().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lane::Journal => f.write_str("journal"),
            Lane::Container(name) => write!(f, "container {name}"),
            Lane::File(path) => write!(f, "file {path}"),
            Lane::Command(name) => write!(f, "command {name}"),
        }
    }
}

/// Which entries of a journal; without anything all of them. All that is said must hold, and one of each list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalMatch {
    /// What these units say, and what is said about them.
    pub units: Vec<UnitName>,
    /// Only this boot of the host.
    pub boot: Option<Boot>,
    /// Programs by the names that they give themselves, which anybody may give himself.
    pub identifiers: Vec<String>,
    /// Fields with these values; of one field any of its values.
    pub fields: Vec<FieldMatch>,
}

impl JournalMatch {
    /// Only of these units; of none everything.
    pub fn units(units: impl IntoIterator<Item = UnitName>) -> Self {
        Self { units: units.into_iter().collect(), ..Self::default() }
    }

    /// Whether only a part of the entries is asked for by something else than units.
    pub fn is_narrowed(&self) -> bool {
        self.boot.is_some() || !self.identifiers.is_empty() || !self.fields.is_empty()
    }
}

/// Which boot of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boot {
    /// So many boots before the one that runs.
    Back(u32),
    /// The one of this number, 32 hexadecimal digits.
    Id(u128),
}

impl Boot {
    /// Most boots that one can go back.
    pub const MOST: u32 = 10_000;
    /// What [`read`](Self::read) takes.
    pub const FORMS: &str = "0 for the boot that runs, -1 for the one before it, or 32 hexadecimal digits";

    /// Reads `0`, `-1`, `-2` … or the number of a boot.
    pub fn read(word: &str) -> Option<Self> {
        if word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return u128::from_str_radix(word, 16).ok().map(Boot::Id);
        }
        if word == "0" || word == "-0" {
            return Some(Boot::Back(0));
        }
        let back: u32 = word.strip_prefix('-')?.parse().ok()?;
        (back <= Self::MOST).then_some(Boot::Back(back))
    }
}

impl fmt::Display for Boot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Boot::Back(0) => f.write_str("0"),
            Boot::Back(back) => write!(f, "-{back}"),
            Boot::Id(id) => write!(f, "{id:032x}"),
        }
    }
}

/// A field of the journal and the value that it must have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldMatch {
    name: String,
    value: String,
}

impl FieldMatch {
    /// Longest value that is taken, in bytes.
    const LONGEST: usize = 1024;
    /// What [`read`](Self::read) takes.
    pub const FORM: &str = "FIELD=VALUE, the field in capitals as journalctl shows it, such as _TRANSPORT=kernel";

    /// Reads `FIELD=VALUE`: capitals, digits and `_`, not beginning with a digit, as journald has them.
    pub fn read(word: &str) -> Option<Self> {
        let (name, value) = word.split_once('=')?;
        let good = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let begins = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        let fits = name.len() <= 64 && value.len() <= Self::LONGEST && !value.contains(char::is_control);
        (begins && name.chars().all(good) && fits).then(|| Self { name: name.to_owned(), value: value.to_owned() })
    }

    /// The field.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for FieldMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

/// Which containers of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerLog {
    /// The one of this name, and whichever has the name after it.
    Named(ContainerName),
    /// All of a service of a project.
    Of(Compose),
}

impl ContainerLog {
    fn lane(&self) -> Lane {
        match self {
            ContainerLog::Named(name) => Lane::Container(Arc::clone(&name.0)),
            ContainerLog::Of(compose) => Lane::Container(format!("{}:{}", compose.project, compose.service).into()),
        }
    }

    /// The unit that stands for its containers.
    pub fn unit(&self) -> Option<UnitName> {
        match self {
            ContainerLog::Named(_) => None,
            ContainerLog::Of(compose) => compose.unit(),
        }
    }
}

/// The name of a container, by Docker's own rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerName(Arc<str>);

impl ContainerName {
    /// Takes letters, digits, `_`, `.` and `-`, beginning with a letter or a digit.
    pub fn new(word: &str) -> Option<Self> {
        let good = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let begins = word.starts_with(|c: char| c.is_ascii_alphanumeric());
        (begins && word.chars().all(good) && word.len() <= 255).then(|| Self(Arc::from(word)))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The path of a file on a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPath(Arc<str>);

impl LogPath {
    /// Takes a path from the root without control characters, which names no folder; `//` and `/./` are left out of it, so
    /// that a file has one name as far as that can be known here.
    pub fn new(word: &str) -> Option<Self> {
        let good = word.starts_with('/') && !word.ends_with('/') && !word.contains(char::is_control);
        let parts: Vec<&str> = word.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        (good && word.len() <= 4096 && !parts.is_empty()).then(|| Self(Arc::from(format!("/{}", parts.join("/")))))
    }

    /// The whole path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A command whose output is a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCommand {
    /// How it is called.
    pub name: String,
    /// The program and its arguments. Never empty.
    pub argv: Vec<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_lane_is_read_as_it_is_written() {
        let lanes = [
            Lane::Journal,
            Lane::Container("shop-web-1".into()),
            Lane::File("/var/log/nginx/access log".into()),
            Lane::Command("slow queries".into()),
        ];
        for lane in lanes {
            assert_eq!(Lane::read(&lane.to_string()), Some(lane));
        }
        assert_eq!((Lane::read("container"), Lane::read("socket x")), (None, None));
        assert_eq!(Lane::File("/var/log/nginx/access.log".into()).speaker(), "access.log");
    }

    #[test]
    fn boots_and_fields_are_checked_before_a_host_sees_them() {
        assert_eq!((Boot::read("0"), Boot::read("-1")), (Some(Boot::Back(0)), Some(Boot::Back(1))));
        let id = Boot::read("b1000000000000000000000000000007").unwrap();
        assert_eq!(id.to_string(), "b1000000000000000000000000000007");
        for bad in ["", "1", "--all", "-", "-x", "b1", "-99999999"] {
            assert_eq!(Boot::read(bad), None, "{bad}");
        }
        assert_eq!(FieldMatch::read("_TRANSPORT=kernel").unwrap().to_string(), "_TRANSPORT=kernel");
        assert_eq!(FieldMatch::read("MESSAGE=a = b").unwrap().value(), "a = b");
        for bad in ["", "FIELD", "=x", "field=x", "9A=x", "--since=1", "A B=x", "A=\n"] {
            assert_eq!(FieldMatch::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_of_containers_and_files_can_be_no_options() {
        assert!(ContainerName::new("shop-web-1").is_some() && LogPath::new("/var/log/a b.log").is_some());
        assert_eq!(LogPath::new("//var/./log//x").unwrap().as_str(), "/var/log/x");
        for bad in ["", "-f", "a b", "web;id", "../x"] {
            assert!(ContainerName::new(bad).is_none(), "{bad}");
        }
        for bad in ["", "var/log/x", "/var/log/", "/a\nb", "-n"] {
            assert!(LogPath::new(bad).is_none(), "{bad}");
        }
    }
}
