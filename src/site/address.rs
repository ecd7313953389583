//! Addresses of probes and links: what of them is refused, and why.

/// The parts of an address that the checks need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// Whether it is `https`.
    pub secure: bool,
    /// The name or address of the machine, without brackets.
    pub host: &'a str,
}

/// What is wrong with an address, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub hint: Option<&'static str>,
}

fn refused<T>(why: impl Into<String>, hint: Option<&'static str>) -> Result<T, Refused> {
    Err(Refused { why: why.into(), hint })
}

/// Longest address in bytes.
const LONGEST: usize = 2048;

/// Takes an absolute `http` or `https` URL in plain ASCII without credentials.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(url: &str) -> Result<Address<'_>, Refused> {
    if url.len() > LONGEST {
        return refused(format!("an address has at most {LONGEST} characters"), None);
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return refused("an address begins with http:// or https://", Some("write the whole address, scheme and all"));
    };
    let secure = match scheme {
        "http" => false,
        "https" => true,
        _ => return refused("an address begins with http:// or https://", None),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.contains('@') {
        return refused(
            "an address can't contain a user name or password",
            Some("credentials in an address end up in logs and on screens: leave them out"),
        );
    }
    if let Some(bad) = path.chars().find(|c| !c.is_ascii_graphic()) {
        return refused(
            format!("an address can't contain U+{:04X}", bad as u32),
            Some("write it percent-encoded, such as %20 for a space"),
        );
    }
    let (host, port) = split_port(authority)?;
    check_host(host)?;
    if let Some(port) = port {
        check_port(port)?;
    }
    Ok(Address { secure, host: host.trim_matches(['[', ']']) })
}

/// Takes `host:port`.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse_tcp(word: &str) -> Result<(&str, u16), Refused> {
    if word.contains("://") || word.contains('/') {
        return refused("a tcp probe takes host:port, not an address", Some("write it like \"localhost:5432\""));
    }
    let (host, port) = split_port(word)?;
    check_host(host)?;
    let Some(port) = port else {
        return refused("a tcp probe needs a port", Some("write it like \"localhost:5432\""));
    };
    Ok((host.trim_matches(['[', ']']), check_port(port)?))
}

/// Whether it means the machine itself.
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), Refused> {
    if authority.starts_with('[') {
        let Some((inside, after)) = authority.split_once(']') else {
            return refused("the bracket of this IPv6 address is not closed", None);
        };
        let host = authority.get(..inside.len() + 1).unwrap_or_default();
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => refused("after the bracket of an IPv6 address only :port can follow", None),
        };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            refused("an IPv6 address stands in brackets", Some("write it like http://[::1]:8080/"))
        }
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

fn check_host(host: &str) -> Result<(), Refused> {
    if host.is_empty() {
        return refused("an address needs the name of a machine", None);
    }
    if let Some(inside) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let good = inside.parse::<std::net::Ipv6Addr>().is_ok();
        return if good { Ok(()) } else { refused("this is no IPv6 address", None) };
    }
    if !host.is_ascii() {
        return refused(
            "the name of a machine has only ASCII letters, digits, '-' and '.'",
            Some("write an international name in its xn-- form, so that it can't look like another"),
        );
    }
    let good = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.len() > 253 || !name.split('.').all(good) {
        return refused("the name of a machine has only ASCII letters, digits, '-' and '.'", None);
    }
    Ok(())
}

fn check_port(port: &str) -> Result<u16, Refused> {
    let digits = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(number) if number > 0 && digits => Ok(number),
        _ => refused("a port is a number from 1 to 65535", None),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ordinary_addresses_pass() {
        for (url, secure, host) in [
            ("http://localhost:8000/health/ready", false, "localhost"),
            ("https://pakashop.store/api/v1/health?x=1", true, "pakashop.store"),
            ("http://[::1]:80", false, "::1"),
            ("http://10.0.0.7", false, "10.0.0.7"),
            ("https://my_app.internal./", true, "my_app.internal."),
        ] {
            assert_eq!(parse(url).unwrap(), Address { secure, host }, "{url}");
        }
        assert_eq!(parse_tcp("localhost:5432").unwrap(), ("localhost", 5432));
        assert_eq!(parse_tcp("[::1]:80").unwrap(), ("::1", 80));
    }

    #[test]
    fn others_are_refused() {
        for url in [
            "",
            "localhost:80",
            "ftp://a/",
            "HTTP://a/",
            "http://",
            "http:///x",
            "http://user:pw@host/",
            "http://host@evil/",
            "http://a b/",
            "http://a/b c",
            "http://a/é",
            "http://аpp/",
            "http://a:0/",
            "http://a:65536/",
            "http://a:+80/",
            "http://a:/",
            "http://a:1:2/",
            "http://[::1/",
            "http://[x]/",
            "http://-a/",
            "http://a..b/",
            "http://a/\u{1b}[2J",
            "http://a\n/",
        ] {
            assert!(parse(url).is_err(), "{url:?}");
        }
        for word in ["", "a", "a:", "a:0", "a:99999", "http://a:1", "a:1/x", ":80", "::1:80"] {
            assert!(parse_tcp(word).is_err(), "{word:?}");
        }
        assert!(parse("http://user:pw@host/").unwrap_err().why.contains("password"));
    }

    #[test]
    fn only_the_machine_itself_is_loopback() {
        assert!(["localhost", "127.0.0.1", "127.9.9.9", "::1", "LocalHost"].into_iter().all(is_loopback));
        assert!(!["localhost.evil", "128.0.0.1", "app-1", "::2"].into_iter().any(is_loopback));
    }
}
