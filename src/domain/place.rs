//! Where something is done, in words: an environment of a site, or no site at all.

use super::name::{EnvName, SiteName};

/// What stands for the site of a run that has none; its environment is the hosts as ssh knows them.
pub const NO_SITE: &str = "no-site";

/// `production of shop`, or that there is no site.
pub fn of_site(site: &SiteName, environment: &EnvName) -> String {
    if site.as_str() == NO_SITE { "without a site".to_owned() } else { format!("{environment} of {site}") }
}

/// The same where there is little room: `shop/production`.
pub fn short(site: &SiteName, environment: &EnvName) -> String {
    if site.as_str() == NO_SITE { "no site".to_owned() } else { format!("{site}/{environment}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_stands_for_no_site_is_shown_to_nobody() {
        let told = |site: &str, environment: &str| {
            let (site, environment) = (SiteName::new(site).unwrap(), EnvName::new(environment).unwrap());
            (of_site(&site, &environment), short(&site, &environment))
        };
        assert_eq!(told("shop", "lab"), ("lab of shop".to_owned(), "shop/lab".to_owned()));
        assert_eq!(told(NO_SITE, "ssh"), ("without a site".to_owned(), "no site".to_owned()));
    }
}
