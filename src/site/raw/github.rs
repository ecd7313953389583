//! Where the code of a site lies at GitHub, as it is written.

use crate::site::read::{Layer, Located, table};

table! {
    /// Where the code lies at GitHub.
    RawGitHub as "where the code lies at GitHub" {
        /// The repository: `"owner/name"`.
        repository: Located<String>,
        /// The address of the API, `https://api.github.com` if nothing is said.
        api: Located<String>,
        /// The variable of the environment with the token.
        token_from_env: Located<String>,
        /// The program and arguments that print the token.
        token_from: Located<Vec<Located<String>>>,
        /// The file with the token, which nobody else may read.
        token_file: Located<String>,
    }
}

impl Layer for RawGitHub {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}
