//! Who sits here, for the records.

use std::fs;

/// The login of whoever started the program.
pub fn login() -> String {
    let named =
        ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    let uid = rustix::process::getuid().as_raw();
    named.or_else(|| name_of(uid, &fs::read_to_string("/etc/passwd").ok()?)).unwrap_or_else(|| format!("uid {uid}"))
}

/// The name of a user in the words of passwd(5).
fn name_of(uid: u32, passwd: &str) -> Option<String> {
    let uid = uid.to_string();
    let of_it = |line: &&str| line.split(':').nth(2) == Some(uid.as_str());
    let name = passwd.lines().find(of_it)?.split(':').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// This machine and the login on it: `login@machine`.
pub fn workstation() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    let machine = named.or_else(|| std::env::var("HOSTNAME").ok()).filter(|name| !name.is_empty());
    format!("{}@{}", login(), machine.unwrap_or_else(|| "this machine".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_without_variables_is_found_in_the_file_of_users() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/sh\n:x:7:7::/:/bin/sh\n";
        assert_eq!(name_of(1000, passwd).as_deref(), Some("ada"));
        assert_eq!((name_of(7, passwd), name_of(100, passwd)), (None, None));
    }
}
