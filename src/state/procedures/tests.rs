//! Plans of procedures, as a person would ask for them.
