//! Where the code of a site is kept, as it is written.

use crate::site::read::{Layer, Located, Several, table};

table! {
    /// Where the code of a site is kept, in git.
    RawSource as "where its code is" {
        /// Your own clone on this machine: a folder, such as `"~/src/shop"`.
        clone: Located<String>,
        /// An address that git can fetch from, where there is no clone.
        repository: Located<String>,
        /// Which files are migrations of the database: patterns such as `"services/*/prisma/migrations/*"`.
        migrations: Several<String>,
        /// Regular expressions of statements in them that can't be taken back, in the place of the usual ones.
        destructive: Several<String>,
    }
}

impl Layer for RawSource {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}
