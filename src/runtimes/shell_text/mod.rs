//! Text in the language of the POSIX shell and of bash, looked at without running it: what is quoted where, what it
//! uses and sets, which commands it holds; and values put into it such that they stay data, whatever they hold.

mod evaluated;
mod gap;
mod insert;
mod place;
mod preamble;
mod programs;
mod reread;
mod scan;
mod uses;
mod words;

pub use evaluated::{evaluates, is_harmless};
pub use gap::{GapShape, GapSpan, gaps, gaps_where, key_of};
pub use insert::{Filler, insert};
pub use place::{Document, Place, Quote, Scan, Use};
pub use preamble::{LARGEST, Unquotable, assign, preamble, quotable};
pub use scan::scan;
pub use uses::{Sets, sets, unset, used};
pub use words::{Join, Redirect, RedirectKind, Simple, Word, simples, simples_deep};

#[cfg(test)]
mod insert_tests;
#[cfg(test)]
mod tests;
