//! The words that the core and the engine speak to each other: what happened, what shall be done.

pub mod act;
pub mod calling;
pub mod command;
pub mod effect;
pub mod event;
pub mod export;
pub mod input;
pub mod keepsake;
pub mod link;
pub mod log;
pub mod log_block;
pub mod log_page;
pub mod procedure;
pub mod release;
pub mod secret;
pub mod shell;

pub use calling::{Call, Title};
pub use command::{End, Output, RemoteCommand, Stdin};
pub use effect::Effect;
pub use event::Event;
pub use input::{Input, Key, KeyCode, Modifiers};
pub use link::LinkNews;
pub use procedure::{Decision, ProcedureNews};
pub use release::{ReleaseNews, ReleaseWish};
pub use secret::Secret;
pub use shell::{Borrower, Errand, Paged, ShellEnd, ShellNews};
