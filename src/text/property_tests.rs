//! Properties of the sanitizer.
