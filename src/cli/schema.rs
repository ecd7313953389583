//! `qd schema [KIND]`: prints the JSON schema of a file, for editors.

use clap::{Args, ValueEnum};

use super::Exit;
use super::output::print;
use crate::site::schema::{Kind, text};

/// Which schema.
#[derive(Debug, Clone, Args)]
pub struct Schema {
    /// Of which file.
    #[arg(value_enum, default_value = "site")]
    pub file: File,
}

/// The files that have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum File {
    /// site.toml
    Site,
    /// config.toml, the user file
    Config,
    /// the front matter of a procedure
    Procedure,
}

/// Prints it.
pub fn run(arguments: &Schema) -> Exit {
    let kind = match arguments.file {
        File::Site => Kind::Site,
        File::Config => Kind::User,
        File::Procedure => Kind::Procedure,
    };
    print(&text(kind)).err().unwrap_or(Exit::Ok)
}
