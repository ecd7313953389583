//! Names and passwords in addresses are covered before anything of them is shown (fault F4).

/// The text with `user:password` in addresses covered, one dot for each character.
pub fn without_credentials(line: &str) -> String {
    credentials_as(line, |user, out| out.extend(user.chars().map(|_| '•')))
}

/// The text with what `covers` writes in the place of `user:password` in addresses.
pub(super) fn credentials_as(line: &str, covers: impl Fn(&str, &mut String)) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(|c: char| c.is_whitespace() || "/?#\"'`,".contains(c)).unwrap_or(after.len());
        let (authority, next) = after.split_at(end);
        out.push_str(before);
        out.push_str("://");
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                covers(user, &mut out);
                out.push('@');
                out.push_str(host);
            }
            None => out.push_str(authority),
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn f4_what_stands_before_the_host_is_covered() {
        for (text, shown) in [
            ("at https://ada:hush@host/x", "at https://••••••••@host/x"),
            ("http://hush@host, ftp://a:b@c", "http://••••@host, ftp://•••@c"),
            ("postgres://a:p@ss@db:5432/shop", "postgres://••••••@db:5432/shop"),
            ("https://host/a@b ada:hush@host", "https://host/a@b ada:hush@host"),
            ("https://ada:hush@[bad", "https://••••••••@[bad"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
