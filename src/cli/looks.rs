//! How the console looks on this terminal, as the environment variables and the person's own file say.

use std::path::Path;

use super::{Exit, output};
use crate::app::Setup;
use crate::domain::mistake::Mistake;
use crate::input::Keymap;
use crate::site::UserFile;
use crate::style::{Depth, GlyphSet, Theme};

/// The theme that is part of the program.
const OWN_THEME: &str = "default-dark";
/// The keymap that is part of the program.
const OWN_KEYMAP: &str = "default";
/// Larger files are no themes and no keymaps.
const LARGEST: u64 = 1 << 20;

/// The same session with the theme and the keymap of the person's file: `themes/NAME.toml` and
/// `keymaps/NAME.toml` beside it. A keymap only names what it changes.
///
/// # Errors
/// The exit code, after every mistake was printed.
pub fn as_preferred(setup: Setup, user: &UserFile, config: &Path) -> Result<Setup, Exit> {
    let theme = match user.theme.as_deref() {
        None | Some(OWN_THEME) => None,
        Some(name) => {
            let (file, text) = read(config, "themes", name)?;
            Some(Theme::parse(&file, &text).map_err(|mistakes| tell(&mistakes))?)
        }
    };
    let keymap = match user.keymap.as_deref() {
        None | Some(OWN_KEYMAP) => None,
        Some(name) => {
            let (file, text) = read(config, "keymaps", name)?;
            Some(Keymap::builtin().with(&file, &text).map_err(|mistakes| tell(&mistakes))?)
        }
    };
    Ok(Setup { theme, keymap, ..setup })
}

/// Reads a file of the person's; the name was checked to be a name when their file was read.
fn read(config: &Path, folder: &str, name: &str) -> Result<(String, String), Exit> {
    let path = config.join(folder).join(format!("{name}.toml"));
    let shown = crate::text::Foreign::from(path.to_string_lossy().as_ref()).plain();
    let size = std::fs::metadata(&path).map(|file| file.len());
    let text = match size {
        Ok(size) if size > LARGEST => Err("it is larger than 1 MiB".to_owned()),
        Ok(_) => std::fs::read_to_string(&path).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    text.map(|text| (shown.clone(), text)).map_err(|why| {
        output::complain(&format!("{shown}, named in your configuration, can't be read: {why}"));
        Exit::Configuration
    })
}

fn tell(mistakes: &[Mistake]) -> Exit {
    for mistake in mistakes {
        output::complain(&mistake.to_string());
    }
    Exit::Configuration
}

/// The same session with colours, glyphs and time zone of this terminal.
pub fn on_this_terminal(setup: Setup) -> Setup {
    let variable = |name: &str| std::env::var(name).ok();
    let depth = Depth::detect(variable);
    Setup {
        no_colour: depth == Depth::Mono,
        depth,
        ascii: setup.ascii || GlyphSet::detect(variable) == GlyphSet::Ascii,
        zone: Some(jiff::tz::TimeZone::system()),
        ..setup
    }
}
