//! The screens and dialogs: each a folder with a state that knows no drawing and a view that changes nothing.
//! They never import each other.

pub mod ask;
pub mod bookmarks;
pub mod changes;
pub mod choose;
pub mod columns;
pub mod command;
pub mod confirm;
pub mod deploy;
pub mod edit;
pub mod filters;
pub mod form;
pub mod help;
pub mod history;
pub mod hosts;
pub mod leave;
pub mod links;
pub mod log_choice;
pub mod logs;
pub mod menu;
pub mod needs;
pub mod overview;
pub mod palette;
pub mod picker;
pub mod plan;
pub mod procedure;
pub mod question;
pub mod runbooks;
pub mod running;
