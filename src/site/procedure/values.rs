//! The values of attributes, read one by one; what can't be read is a sentence.

use std::time::Duration;

use super::attributes::way;
use crate::domain::approval::Quorum;
use crate::domain::procedure::{Danger, OnError, Target, Term, Terms, Way};
use crate::domain::{HostName, InputName, PartId, ProbeName, ProcedureName, RoleName, ServiceName, name};
use crate::site::duration;
use crate::site::mistake::quoted;

/// What comes of reading a value.
pub type Read<T> = Result<T, String>;

/// Most tries, hosts at once and the like.
const MOST: usize = 10_000;

/// `2 of lead`
pub fn quorum(value: &str) -> Read<Quorum> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let [count, "of", role] = words.as_slice() else {
        return Err(format!("{} does not say who approves: write it as `2 of ROLE`", quoted(value)));
    };
    let count = u32::try_from(self::count(count, 1)?).unwrap_or(u32::MAX);
    Ok(Quorum { count, role: self::role(role)?, not_self: false })
}

/// `30s`, `10m`.
pub fn lasting(word: &str) -> Read<Duration> {
    match duration::parse(word).filter(|time| !time.is_zero()) {
        Some(time) => Ok(time),
        None => Err(format!("{} is no length of time such as `30s`, `10m` or `1h30m`", quoted(word))),
    }
}

/// A whole number.
pub fn count(word: &str, least: usize) -> Read<usize> {
    let number = word.parse::<usize>().ok().filter(|number| (least..=MOST).contains(number));
    number.ok_or_else(|| format!("{} is no whole number from {least} to {MOST}", quoted(word)))
}

/// Any text in one line.
pub fn text(word: &str) -> Read<String> {
    if word.trim().is_empty() {
        return Err("this is empty".to_owned());
    }
    if word.contains(['\0', '\n']) {
        return Err("this must stand in one line".to_owned());
    }
    Ok(word.to_owned())
}

/// `yes`, `no`, `true`, `false`.
pub fn switch(word: &str) -> Read<bool> {
    match word {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(format!("{} is neither `yes` nor `no`", quoted(word))),
    }
}

/// Words with blanks between them, one at least.
pub fn several<T>(value: &str, one: impl Fn(&str) -> Read<T>) -> Read<Vec<T>> {
    let all: Vec<T> = value.split_whitespace().map(one).collect::<Read<_>>()?;
    if all.is_empty() { Err("this is empty".to_owned()) } else { Ok(all) }
}

/// The words of `host=`.
pub fn targets(value: &str) -> Read<Vec<Target>> {
    several(value, |word| {
        let named = |why: name::NameError| format!("{} can't be a target: {why}", quoted(word));
        Ok(match word {
            "here" => Target::Here,
            "all" => Target::All,
            "lock" => Target::Lock,
            _ => {
                if let Some(tag) = word.strip_prefix("tag:") {
                    name::check(tag).map_err(named)?;
                    Target::Tag(tag.to_owned())
                } else if let Some(service) = word.strip_prefix("service:") {
                    Target::Service(ServiceName::new(service).map_err(named)?)
                } else if let Some(input) = word.strip_prefix('$') {
                    let input = input.strip_prefix('{').and_then(|input| input.strip_suffix('}')).unwrap_or(input);
                    Target::Input(InputName::new(input).map_err(named)?)
                } else {
                    Target::Host(HostName::new(word).map_err(named)?)
                }
            }
        })
    })
}

/// `a !b c=x d!=y`
pub fn terms(value: &str) -> Read<Terms> {
    let named = |word: &str| {
        let good = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@".contains(c));
        if good { Ok(word.to_owned()) } else { Err(format!("{} is no name of an input or a decision", quoted(word))) }
    };
    several(value, |word| {
        if let Some((name, value)) = word.split_once("!=") {
            return Ok(Term::Differs(named(name)?, value.to_owned()));
        }
        if let Some((name, value)) = word.split_once('=') {
            return Ok(Term::Equals(named(name)?, value.to_owned()));
        }
        match word.strip_prefix('!') {
            Some(name) => named(name).map(Term::Not),
            None => named(word).map(Term::Is),
        }
    })
    .map(Terms)
}

/// What happens by itself.
pub fn on_error(word: &str) -> Read<OnError> {
    match word {
        "ask" => Ok(OnError::Ask),
        "skip" => Ok(OnError::Skip),
        "abort" => Ok(OnError::Abort),
        "rollback" => Ok(OnError::Rollback),
        _ => Err(format!("{} is none of `ask`, `skip`, `abort` and `rollback`", quoted(word))),
    }
}

/// A grade of danger.
pub fn danger(word: &str) -> Read<Danger> {
    let grade = Danger::of_word(word);
    grade.ok_or_else(|| format!("{} is none of `read`, `change` and `destructive`", quoted(word)))
}

/// `#part`, or the name alone.
pub fn part(word: &str) -> Read<PartId> {
    let name = word.strip_prefix('#').unwrap_or(word);
    PartId::new(name).map_err(|why| format!("{} can't be the id of a part: {why}", quoted(word)))
}

/// A role of the site.
pub fn role(word: &str) -> Read<RoleName> {
    RoleName::new(word).map_err(|why| format!("{} can't be a role: {why}", quoted(word)))
}

/// The name of an input or of what is captured.
pub fn input(word: &str) -> Read<InputName> {
    InputName::new(word).map_err(|why| format!("{} can't be a variable: {why}", quoted(word)))
}

/// A service.
pub fn service(word: &str) -> Read<ServiceName> {
    ServiceName::new(word).map_err(|why| format!("{} can't be a service: {why}", quoted(word)))
}

/// A procedure.
pub fn procedure(word: &str) -> Read<ProcedureName> {
    ProcedureName::new(word).map_err(|why| format!("{} can't be a procedure: {why}", quoted(word)))
}

/// `service/probe`
pub fn probe(word: &str) -> Read<(ServiceName, ProbeName)> {
    let Some((of, probe)) = word.split_once('/') else {
        return Err(format!("{} is no probe: write it as `service/probe`", quoted(word)));
    };
    let probe = ProbeName::new(probe).map_err(|why| format!("{} can't be a probe: {why}", quoted(probe)))?;
    Ok((service(of)?, probe))
}

/// `POST https://…`
pub fn request(value: &str) -> Read<(String, String)> {
    const METHODS: [&str; 6] = ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"];
    let wanted = "write it as request=\"POST https://…\"";
    let (method, address) =
        value.split_once(' ').ok_or_else(|| format!("{} is no request: {wanted}", quoted(value)))?;
    if !METHODS.contains(&method) {
        return Err(format!("{} is none of {}", quoted(method), METHODS.join(", ")));
    }
    let address = address.trim();
    let whole = address.starts_with("http://") || address.starts_with("https://") || address.starts_with("${");
    if !whole || address.contains(char::is_whitespace) {
        return Err(format!("{} is no address: {wanted}", quoted(address)));
    }
    if crate::text::without_credentials(address) != address {
        return Err("a request's address can't contain a user name or password: put them into a secret input, and that into a header".to_owned());
    }
    Ok((method.to_owned(), address.to_owned()))
}

/// `word: meaning; word: meaning`
pub fn ways(value: &str) -> Read<Vec<Way>> {
    let mut ways: Vec<Way> = Vec::new();
    for one in value.split(';').map(str::trim).filter(|one| !one.is_empty()) {
        let (word, about) = one.split_once(':').unwrap_or((one, ""));
        let (word, about) = (word.trim(), about.trim());
        if word.is_empty() || word.contains(char::is_whitespace) || word.contains(['=', '!']) {
            return Err(format!("{} is not one word: write the ways as `word: meaning; word: meaning`", quoted(word)));
        }
        if ways.iter().any(|way| way.word == word) {
            return Err(format!("the way {} is there twice", quoted(word)));
        }
        ways.push(way(word, about));
    }
    if ways.len() < 2 { Err("a decision has two ways at least".to_owned()) } else { Ok(ways) }
}

/// `10 50 100`
pub fn weights(value: &str) -> Read<Vec<u32>> {
    several(value, |word| {
        let number = word.trim_end_matches('%').parse::<u32>().ok().filter(|number| *number <= 100);
        number.ok_or_else(|| format!("{} is no share from 0 to 100", quoted(word)))
    })
}
