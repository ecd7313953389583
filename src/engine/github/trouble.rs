//! Why GitHub did not answer: each way told apart, each a sentence with what to do. None of them is a pass.

use std::fmt;

use jiff::Timestamp;

use crate::text::Foreign;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The token can't be had, or no request can be made with what is said; why.
    Unready(String),
    /// 401: the token is not taken; whether there was one.
    Unauthorized(bool),
    /// 403: what it said.
    Forbidden(Foreign),
    /// 403 or 429 because of too many requests; until when, where that was said.
    Limited(Option<Timestamp>),
    /// 404 or 410 or 422: what is not there, or not for us.
    Missing(String),
    /// It sent us elsewhere, with this status.
    Elsewhere(u16),
    /// 5xx.
    Broken(u16),
    /// Any other status.
    Odd(u16),
    /// No answer in time.
    Silent,
    /// No way there; why.
    Unreached(String),
    /// The answer ended in the middle.
    Cut,
    /// The answer is longer than is read.
    TooLong,
    /// There are more pages than are read.
    Endless,
    /// A further page lies with somebody else.
    Strayed,
    /// What came is no JSON.
    NotJson,
    /// It is JSON, and not of the form that is documented; what is wrong with it.
    Shape(String),
}

impl Trouble {
    /// Whether nothing was learnt although everything answered as it should.
    pub fn proves_nothing(&self) -> bool {
        match self {
            Trouble::TooLong | Trouble::Endless | Trouble::Strayed | Trouble::NotJson | Trouble::Shape(_) => true,
            Trouble::Unready(_)
            | Trouble::Unauthorized(_)
            | Trouble::Forbidden(_)
            | Trouble::Limited(_)
            | Trouble::Missing(_)
            | Trouble::Elsewhere(_)
            | Trouble::Broken(_)
            | Trouble::Odd(_)
            | Trouble::Silent
            | Trouble::Unreached(_)
            | Trouble::Cut => false,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Unready(why) => write!(f, "GitHub was not asked: {why}"),
            Trouble::Unauthorized(true) => f.write_str(
                "GitHub does not take the token (401): it is wrong, expired or revoked; make a new one and put it where \
                 [github] of site.toml has it from",
            ),
            Trouble::Unauthorized(false) => {
                f.write_str("GitHub wants a token (401): say in [github] of site.toml where it comes from")
            }
            Trouble::Forbidden(said) => write!(
                f,
                "GitHub refuses this to the token (403: {}): give it read access to the repository's actions, checks, \
                 commit statuses, contents and pull requests",
                crate::text::truncate(&said.plain(), 200)
            ),
            Trouble::Limited(Some(until)) => write!(
                f,
                "GitHub's limit of requests is reached until {}: ask again then, or use a token of its own",
                until.strftime("%H:%M:%S UTC")
            ),
            Trouble::Limited(None) => {
                f.write_str("GitHub's limit of requests is reached: ask again in a few minutes, or use a token of its own")
            }
            Trouble::Missing(what) => write!(
                f,
                "GitHub has no {what}, or does not show it to this token (404): look at the name, and at what the token \
                 may read"
            ),
            Trouble::Elsewhere(status) => write!(
                f,
                "GitHub sends us elsewhere ({status}), and the token goes nowhere else: the repository may have been \
                 renamed; correct [github] of site.toml"
            ),
            Trouble::Broken(status) => {
                write!(f, "GitHub has trouble of its own ({status}): look at githubstatus.com, and ask again")
            }
            Trouble::Odd(status) => write!(f, "GitHub answered {status}, which says nothing here: is api in [github] right?"),
            Trouble::Silent => f.write_str("GitHub did not answer in time: look at the network here, and ask again"),
            Trouble::Unreached(why) => write!(f, "GitHub can't be reached: {why}"),
            Trouble::Cut => f.write_str("GitHub's answer ended in the middle: ask again"),
            Trouble::TooLong => f.write_str("GitHub's answer is longer than anything it should say, and was not read"),
            Trouble::Endless => f.write_str("GitHub has more pages of this than are read, so it is not known whole"),
            Trouble::Strayed => f.write_str("GitHub's next page lies with somebody else, and the token goes nowhere else"),
            Trouble::NotJson => f.write_str("what answers is not GitHub's API (no JSON): is api in [github] right?"),
            Trouble::Shape(what) => write!(f, "GitHub's answer is not of the form that it documents: {what}"),
        }
    }
}
