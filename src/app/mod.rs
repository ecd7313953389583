//! The core: one model, one function that changes it, one that draws it.

mod act;
mod band;
mod blocked;
mod copy;
mod hints;
mod keys;
pub mod layout;
pub mod model;
pub mod overlay;
mod settle;
pub mod setup;
mod strip;
pub mod update;
pub mod view;

pub use model::{Model, Screen};
pub use overlay::Overlay;
pub use setup::Setup;
pub use update::update;
pub use view::view;
