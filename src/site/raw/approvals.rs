//! What a site says of approvals, as it is written.

use crate::site::duration::Lasting;
use crate::site::read::{Layer, Located, table};

table! {
    /// What counts as an approval.
    RawApprovals as "what counts as an approval" {
        /// The file of those whose signatures count, in this folder, in the form of `ssh-keygen`'s allowed signers: the
        /// `name` in a person's own configuration, else their login, and their key.
        allowed_signers: Located<String>,
        /// Whether an approval counts that nobody has signed; `false` if nothing is said.
        claimed: bool,
        /// Whether nobody's own run counts as approved by them, whatever an item says.
        not_self: bool,
        /// How long an approval counts where an item says nothing; `"24h"` if nothing is said.
        expires: Located<Lasting>,
    }
}

impl Layer for RawApprovals {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}
