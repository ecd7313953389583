//! What the values of a fact look like, and how they are read.

use std::time::Duration;

use super::read::shown;
use crate::domain::time;

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A name, as of an environment or a role.
    Name,
    /// Names with commas or blanks between them.
    Names,
    /// Words of `host=`; they are read with the part's.
    Targets,
    /// Any text in one line.
    Line,
    /// The name of a workflow's file.
    File,
    /// An absolute path; `*`, `?` and `[…]` in its last part mean any file that fits.
    Path,
    /// `24h`
    Age,
    /// `1MiB`
    Size,
    /// `20%` or `10GiB`
    Room,
    /// `0.8`
    Ratio,
    /// A whole number from 1.
    Count,
    /// `HOST:PORT`
    Address,
    /// The name of a server.
    Server,
    /// A commit, a tag or a branch.
    Commit,
}

/// Room that must be free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// So many hundredths of the whole.
    Percent(u8),
    /// So many bytes.
    Bytes(u64),
}

impl std::fmt::Display for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Room::Percent(percent) => write!(f, "{percent}%"),
            Room::Bytes(bytes) => f.write_str(&size_told(*bytes)),
        }
    }
}

/// The most that a count may be.
const MOST: u32 = 10_000;
/// Longest value in bytes.
const LONGEST: usize = 1024;

impl Shape {
    /// Whether a value looks like this.
    pub(super) fn read(self, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Err("this is empty".to_owned());
        }
        if value.len() > LONGEST || value.contains(char::is_control) {
            return Err("this must be one line of at most 1024 bytes".to_owned());
        }
        match self {
            Shape::Name => name(value),
            Shape::Names => names(value).map(drop),
            Shape::Targets | Shape::Line => Ok(()),
            Shape::File => file(value),
            Shape::Path => path(value),
            Shape::Age => age(value).map(drop),
            Shape::Size => size(value).map(drop),
            Shape::Room => room(value).map(drop),
            Shape::Ratio => ratio(value).map(drop),
            Shape::Count => count(value).map(drop),
            Shape::Address => address(value).map(drop),
            Shape::Server => server(value),
            Shape::Commit => commit(value),
        }
    }
}

fn name(value: &str) -> Result<(), String> {
    crate::domain::name::check(value).map_err(|why| format!("`{}` is no name: {why}", shown(value)))
}

pub(super) fn names(value: &str) -> Result<Vec<String>, String> {
    let all = value.split([',', ' ']).filter(|name| !name.is_empty());
    let all: Vec<String> = all.map(|one| name(one).map(|()| one.to_owned())).collect::<Result<_, _>>()?;
    if all.is_empty() { Err("this is empty".to_owned()) } else { Ok(all) }
}

fn file(value: &str) -> Result<(), String> {
    let good = value.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && !value.starts_with('.');
    let ends = value.ends_with(".yml") || value.ends_with(".yaml");
    if good && ends { Ok(()) } else { Err(format!("`{}` is no workflow's file such as `ci.yml`", shown(value))) }
}

fn path(value: &str) -> Result<(), String> {
    if !value.starts_with('/') {
        return Err(format!("`{}` is no whole path: it begins with /", shown(value)));
    }
    if value.split('/').any(|part| part == "..") {
        return Err(format!("`{}` goes back by `..`", shown(value)));
    }
    let (folder, _) = value.rsplit_once('/').unwrap_or_default();
    if folder.contains(['*', '?', '[']) {
        return Err(format!("only the last part of `{}` may have *, ? and [ in it", shown(value)));
    }
    Ok(())
}

pub(super) fn age(value: &str) -> Result<Duration, String> {
    let age = time::parse(value).filter(|age| !age.is_zero());
    age.ok_or_else(|| format!("`{}` is no length of time such as `30m`, `24h` or `7d`", shown(value)))
}

/// The units of sizes; those of a thousand and those of 1024.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Reads a size.
///
/// # Errors
/// A sentence, when it is none or nothing.
pub fn size(value: &str) -> Result<u64, String> {
    let wrong = || format!("`{}` is no size such as `500MB`, `1MiB` or `10GiB`", shown(value));
    let (number, unit) =
        UNITS.iter().find_map(|(unit, size)| Some((value.strip_suffix(unit)?, size))).ok_or_else(wrong)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return Err(wrong());
    }
    let bytes = whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(*unit)).ok_or_else(wrong)?;
    let scale = 10_u128.pow(u32::try_from(part.len()).unwrap_or(0));
    let rest = part.parse::<u128>().unwrap_or(0) * u128::from(*unit) / scale;
    let bytes = bytes.checked_add(u64::try_from(rest).unwrap_or(0)).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(wrong)
}

/// A size as a person reads it: never more than there is.
pub fn size_told(bytes: u64) -> String {
    let unit = UNITS.iter().take(4).find(|(_, size)| bytes >= *size);
    let Some((unit, size)) = unit else { return format!("{bytes} B") };
    let tenths = u128::from(bytes) * 10 / u128::from(*size);
    if tenths % 10 == 0 || tenths >= 1000 {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

pub(super) fn room(value: &str) -> Result<Room, String> {
    match value.strip_suffix('%') {
        Some(percent) => {
            let percent = percent.parse::<u8>().ok().filter(|percent| (1..=99).contains(percent));
            percent.map(Room::Percent).ok_or_else(|| format!("`{}` is no share from 1% to 99%", shown(value)))
        }
        None => size(value)
            .map(Room::Bytes)
            .map_err(|_| format!("`{}` is neither a share such as `20%` nor a size such as `10GiB`", shown(value))),
    }
}

/// In thousandths.
pub(super) fn ratio(value: &str) -> Result<u32, String> {
    let number = value.parse::<f64>().ok().filter(|number| *number > 0.0 && *number <= 10.0);
    let number = number.filter(|_| value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    let number = number.ok_or_else(|| format!("`{}` is no share such as `0.8`", shown(value)))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10 000")]
    let thousandths = (number * 1000.0).round() as u32;
    Ok(thousandths.max(1))
}

pub(super) fn count(value: &str) -> Result<u32, String> {
    let count = value.parse::<u32>().ok().filter(|count| (1..=MOST).contains(count));
    count.ok_or_else(|| format!("`{}` is no whole number from 1 to {MOST}", shown(value)))
}

pub(super) fn address(value: &str) -> Result<(String, u16), String> {
    let wrong = || format!("`{}` is no address: write it as HOST:PORT", shown(value));
    let (host, port) = value.rsplit_once(':').ok_or_else(wrong)?;
    let port = port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(inside) = inside {
        return inside.parse::<std::net::Ipv6Addr>().map(|_| (inside.to_owned(), port)).map_err(|_| wrong());
    }
    server(host).map_err(|_| wrong())?;
    Ok((host.to_owned(), port))
}

fn server(value: &str) -> Result<(), String> {
    let good = value.len() <= 253
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
        && !value.starts_with(['-', '.'])
        && !value.contains("..");
    if good { Ok(()) } else { Err(format!("`{}` is no name of a server", shown(value))) }
}

/// What git takes for a commit, without anything that means more to a web address.
fn commit(value: &str) -> Result<(), String> {
    let good = value.len() <= 255
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/+@".contains(c))
        && !value.starts_with(['-', '/', '.'])
        && !value.ends_with(['/', '.'])
        && !value.contains("..")
        && !value.contains("//")
        && !value.contains("@{")
        && value != "@";
    if good { Ok(()) } else { Err(format!("`{}` is no commit, tag or branch", shown(value))) }
}
