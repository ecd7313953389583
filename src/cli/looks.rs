//! How the console looks on this terminal, as the environment variables and the person's own files say.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Exit, output};
use crate::app::Setup;
use crate::domain::name;
use crate::input::{Keymap, presets};
use crate::site::check::Other;
use crate::site::mistake::Mistake;
use crate::site::user::Named;
use crate::site::{Places, UserFile, render};
use crate::style::contrast::{Least, poor};
use crate::style::theme::Unfit;
use crate::style::{Depth, GlyphSet, Theme};

/// Larger files are no themes and no keymaps.
const LARGEST: u64 = 1 << 20;
/// Themes of one's own beyond this are not offered for switching and not checked.
const MOST: usize = 100;

/// The same session with the theme, the keymap, the order and the notices of the person's files: `themes/NAME.toml` and
/// `keymaps/NAME.toml` beside `config.toml`. Both only name what they change.
///
/// # Errors
/// The exit code, after every mistake was printed.
pub fn as_preferred(setup: Setup, user: &UserFile, places: &Places) -> Result<Setup, Exit> {
    let shelf = Shelf::new(places);
    let theme = match &user.theme {
        None => None,
        Some(named) => Some(shelf.theme(&named.name).map_err(|unfit| {
            let mistakes = match unfit {
                Unfit::NotFound(why) => vec![shelf.unknown("themes", named, why)],
                Unfit::Mistaken(mistakes) => shelf.placed(&mistakes),
            };
            output::complain(render(&mistakes).trim_end());
            Exit::Configuration
        })?),
    };
    let keymap = match &user.keymap {
        None => None,
        Some(named) => Some(shelf.keymap(&named.name).map_err(|unfit| {
            let mistakes = match unfit {
                presets::Unfit::NotFound(why) => vec![shelf.unknown("keymaps", named, why)],
                presets::Unfit::Mistaken(mistakes) => shelf.placed(&mistakes),
            };
            output::complain(render(&mistakes).trim_end());
            Exit::Configuration
        })?),
    };
    // What can't be used is only not offered; `qd check` says why.
    let themes = shelf.names("themes").iter().filter_map(|name| shelf.theme(name).ok()).collect();
    let log_memory = user.log_memory.and_then(|bytes| usize::try_from(bytes).ok());
    let (highlights, filters) = (user.highlights.clone(), user.filters.clone());
    let (worst_first, calls) = (user.worst_first, user.notices);
    Ok(Setup { theme, themes, keymap, worst_first, calls, log_memory, highlights, filters, ..setup })
}

/// What is wrong with the person's themes and keymaps, and which themes are hard to read.
pub fn check(places: &Places) -> Vec<Other> {
    let shelf = Shelf::new(places);
    let mut others: Vec<Other> = Vec::new();
    if let Ok(user) = crate::site::load_user(places)
        && let Some(named) = &user.theme
        && let Err(Unfit::NotFound(why)) = shelf.theme(&named.name)
    {
        let mistake = shelf.unknown("themes", named, why);
        others.push(Other { file: mistake.file.clone(), mistakes: vec![mistake] });
    }
    for name in shelf.names("themes") {
        let file = shelf.file("themes", &name);
        let mistakes = match shelf.theme(&name) {
            Ok(theme) => {
                let found = poor(&theme, Depth::True, Least::READABLE);
                found.iter().map(|one| Mistake::of_file(&file, one.to_string()).as_warning()).collect()
            }
            Err(Unfit::NotFound(why)) => vec![Mistake::of_file(&file, why)],
            Err(Unfit::Mistaken(mistakes)) => shelf.placed(&mistakes),
        };
        others.push(Other { file, mistakes });
    }
    others.extend(check_keymaps(&shelf, places));
    others
}

fn check_keymaps(shelf: &Shelf<'_>, places: &Places) -> Vec<Other> {
    let mut others = Vec::new();
    if let Ok(user) = crate::site::load_user(places)
        && let Some(named) = &user.keymap
        && let Err(presets::Unfit::NotFound(why)) = shelf.keymap(&named.name)
    {
        let mistake = shelf.unknown("keymaps", named, why);
        others.push(Other { file: mistake.file.clone(), mistakes: vec![mistake] });
    }
    for name in shelf.names("keymaps") {
        let file = shelf.file("keymaps", &name);
        let mistakes = match shelf.keymap(&name) {
            Ok(_) => Vec::new(),
            Err(presets::Unfit::NotFound(why)) => vec![Mistake::of_file(&file, why)],
            Err(presets::Unfit::Mistaken(mistakes)) => shelf.placed(&mistakes),
        };
        others.push(Other { file, mistakes });
    }
    others
}

/// The person's files beside their configuration, each read once.
struct Shelf<'a> {
    places: &'a Places,
    texts: RefCell<BTreeMap<String, String>>,
}

impl<'a> Shelf<'a> {
    fn new(places: &'a Places) -> Self {
        Self { places, texts: RefCell::default() }
    }

    /// A file as the person would write it.
    fn file(&self, folder: &str, name: &str) -> PathBuf {
        self.places.shown(&self.places.config.join(folder).join(format!("{name}.toml")))
    }

    /// What a file is called and its text; nothing where there is none.
    fn read(&self, folder: &str, name: &str) -> Result<Option<(String, String)>, String> {
        // A name that was checked leads to no other folder.
        if name::check(name).is_err() {
            return Ok(None);
        }
        let shown = crate::site::mistake::path(&self.file(folder, name));
        if let Some(text) = self.texts.borrow().get(&shown) {
            return Ok(Some((shown, text.clone())));
        }
        let path = self.places.config.join(folder).join(format!("{name}.toml"));
        let text = match std::fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => Err(error.to_string()),
            Ok(file) if !file.is_file() => Err("it is no file".to_owned()),
            Ok(file) if file.len() > LARGEST => Err("it is larger than 1 MiB".to_owned()),
            Ok(_) => std::fs::read_to_string(&path).map_err(|error| error.to_string()),
        };
        let text = text.map_err(|why| format!("{shown} can't be read: {why}"))?;
        self.texts.borrow_mut().insert(shown.clone(), text.clone());
        Ok(Some((shown, text)))
    }

    fn theme(&self, name: &str) -> Result<Theme, Unfit> {
        Theme::named(name, &|name| self.read("themes", name))
    }

    fn keymap(&self, name: &str) -> Result<Keymap, presets::Unfit> {
        Keymap::named(name, &|name| self.read("keymaps", name))
    }

    /// The name of a theme or a keymap that nobody knows, with where it would be.
    fn unknown(&self, folder: &str, named: &Named, why: String) -> Mistake {
        let file = crate::site::mistake::path(&self.file(folder, &named.name));
        named.wrong(why).with_hint(format!("one of your own would be {file}"))
    }

    /// The names of the files in a folder.
    fn names(&self, folder: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.places.config.join(folder)).into_iter().flatten().filter_map(Result::ok);
        let name = |file: std::fs::DirEntry| Some(file.file_name().to_str()?.strip_suffix(".toml")?.to_owned());
        let mut names: Vec<String> = files.filter_map(name).filter(|name| name::check(name).is_ok()).collect();
        names.sort();
        names.truncate(MOST);
        names
    }

    /// The mistakes with the lines they are in.
    fn placed(&self, mistakes: &[crate::domain::Mistake]) -> Vec<Mistake> {
        let texts = self.texts.borrow();
        let placed = |mistake: &crate::domain::Mistake| {
            let text = texts.get(&mistake.file).map_or("", String::as_str);
            Mistake::of_line(Path::new(&mistake.file), text, mistake.line, mistake.column, mistake.message.as_str())
        };
        mistakes.iter().map(placed).collect()
    }
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
