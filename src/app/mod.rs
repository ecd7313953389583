//! The core: one model, one function that changes it, one that draws it.

pub mod model;
pub mod setup;
pub mod update;
pub mod view;

pub use model::Model;
pub use setup::Setup;
pub use update::update;
pub use view::view;
