//! The core: one model, one function that changes it, one that draws it.

mod accept;
mod act;
mod band;
mod calling;
mod changing;
mod chord;
mod command;
mod copy;
mod deploy;
mod hints;
mod keys;
pub mod layout;
mod links;
mod logs;
pub mod model;
mod mouse;
pub mod overlay;
mod palette;
mod procedures;
mod releases;
mod settle;
pub mod setup;
mod shell;
mod strip;
pub mod stroke;
mod themes;
pub mod update;
pub mod view;
mod why_not;

pub use keys::contexts;
pub use model::{Model, Screen};
pub use overlay::Overlay;
pub use setup::Setup;
pub use update::update;
pub use view::view;
pub use why_not::why_not;
