//! The user file `config.toml`: what one person wants of the console, on any site.

use super::bytes::Bytes;
use super::mistake::{Mistake, Severity, Sink, quoted};
use super::places::Places;
use super::raw::RawHighlight;
use super::read::{Entries, Layer, Located, table, words};
use super::resolve::highlight;
use super::{folder, parse_file};
use crate::domain::highlight::{Highlight, SavedFilter};
use crate::domain::notices::{Bell, Desktop};
use crate::domain::{Notices, name};

table! {
    /// What one person wants of the console.
    RawUser as "the user file" {
        /// Your name, as others see it in records.
        name: Located<String>,
        /// The theme's name.
        theme: Located<String>,
        /// The keymap's name.
        keymap: Located<String>,
        /// In which order services and hosts stand at first.
        sort: RawSort,
        /// Refuse every change, on every site.
        read_only: Located<bool>,
        /// The site that opens when none is named: a name or a path.
        default_site: Located<String>,
        /// Whether the console hears the mouse. Without it the mouse selects text, as it does everywhere else.
        mouse: Located<bool>,
        /// Which characters draw icons.
        icons: RawIcons,
        /// How you are called when a run needs you, or ends, while you are not looking at it.
        notices: RawNotices,
        /// How logs are shown.
        logs: RawLogs,
        /// What is marked in logs, on every site.
        highlight: Vec<RawHighlight>,
        /// Filters for logs, on every site: names and queries.
        filters: Entries<Located<String>>,
    }
}

table! {
    /// How logs are shown.
    RawLogs as "the logs" {
        /// How much memory lines may take, 16 MiB to 64 GiB.
        memory: Located<Bytes>,
    }
}

impl Layer for RawLogs {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

table! {
    /// How you are called when a run needs you, or ends, while you are not looking at it.
    RawNotices as "the notices" {
        /// When the bell rings.
        bell: RawBell,
        /// Whether the window's title says what is open, and how many runs wait.
        title: Located<bool>,
        /// How the terminal is asked to show a notice of the desktop.
        desktop: RawDesktop,
        /// Whether such a notice goes through tmux to the terminal around it.
        tmux: Located<bool>,
    }
}

impl Layer for RawNotices {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

words! {
    /// When the bell rings.
    RawBell as "time for the bell" {
        /// Never.
        Never = "never",
        /// When a run needs somebody, or did not end well.
        Trouble = "trouble",
        /// When it ended well, too.
        Always = "always",
    }
}

words! {
    /// How the terminal is asked to show a notice of the desktop.
    RawDesktop as "way to the desktop" {
        /// Not at all.
        Off = "off",
        /// By OSC 9.
        Osc9 = "osc9",
        /// By OSC 777.
        Osc777 = "osc777",
    }
}

words! {
    /// Which characters draw icons.
    RawIcons as "kind of icons" {
        /// Those of Unicode.
        Unicode = "unicode",
        /// Only those of ASCII.
        Ascii = "ascii",
    }
}

words! {
    /// In which order services and hosts stand at first.
    RawSort as "order" {
        /// In the order of the site.
        Site = "site",
        /// The worst first.
        Worst = "worst",
    }
}

/// Bytes that lines of logs may be given.
const LOG_MEMORY: std::ops::RangeInclusive<u64> = 16 << 20..=64 << 30;

/// A name in the user file, with its place there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    place: Box<Mistake>,
}

impl Named {
    /// What is wrong with what it names, told at its place.
    pub fn wrong(&self, message: impl Into<String>) -> Mistake {
        Mistake { message: message.into(), ..(*self.place).clone() }
    }
}

/// Which characters draw icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Icons {
    /// Those of Unicode.
    #[default]
    Unicode,
    /// Only those of ASCII.
    Ascii,
}

/// The user file, checked; what it does not say is left to the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFile {
    /// The user's name for records.
    pub name: Option<String>,
    /// Name of the theme.
    pub theme: Option<Named>,
    /// Name of the keymap.
    pub keymap: Option<Named>,
    /// Whether the worst comes first at first.
    pub worst_first: bool,
    /// Whether every change is refused.
    pub read_only: bool,
    /// The site that opens when none is named.
    pub default_site: Option<String>,
    /// Whether the mouse is left to the terminal.
    pub no_mouse: bool,
    /// Which characters draw icons.
    pub icons: Icons,
    /// What calls the user.
    pub notices: Notices,
    /// Bytes that lines of logs may take.
    pub log_memory: Option<u64>,
    /// What is marked in logs.
    pub highlights: Vec<Highlight>,
    /// Filters for logs.
    pub filters: Vec<SavedFilter>,
}

/// Reads the user file; one that is not there says nothing.
///
/// # Errors
/// Every mistake in it.
pub fn load(places: &Places) -> Result<UserFile, Vec<Mistake>> {
    let (user, mistakes) = look(places);
    user.ok_or(mistakes)
}

/// Reads the user file and keeps the warnings as well.
pub fn look(places: &Places) -> (Option<UserFile>, Vec<Mistake>) {
    let file = places.user_file();
    let shown = places.shown(&file);
    let bytes = match folder::read_file(&file, &shown) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return (Some(UserFile::default()), Vec::new()),
        Err(mistake) => return (None, vec![mistake]),
    };
    let (user, mut mistakes) = parse(&shown, &bytes);
    mistakes.extend(std::fs::metadata(&file).ok().and_then(|metadata| folder::doubt(&shown, &metadata)));
    (user, mistakes)
}

/// Reads the text of a user file.
pub fn parse(file: &std::path::Path, bytes: &[u8]) -> (Option<UserFile>, Vec<Mistake>) {
    let parsed = parse_file(file, bytes, resolve);
    debug_assert!(parsed.value.is_some() || parsed.mistakes.iter().any(|one| one.severity == Severity::Mistake));
    (parsed.value, parsed.mistakes)
}

fn resolve(raw: &RawUser, sink: &mut Sink<'_>) -> UserFile {
    if let Some(person) = &raw.name {
        let word = &person.value;
        if word.trim().is_empty() || word.chars().count() > 64 || word.chars().any(char::is_control) {
            sink.add(
                &person.span,
                format!("{} can't be a person's name: it has 1 to 64 printable characters", quoted(word)),
            );
        }
    }
    for (what, word) in [("theme", &raw.theme), ("keymap", &raw.keymap)] {
        if let Some(word) = word
            && let Err(error) = name::check(&word.value)
        {
            sink.add(&word.span, format!("{} can't be the name of a {what}: {error}", quoted(&word.value)));
        }
    }
    if let Some(site) = &raw.default_site
        && !site.value.contains('/')
        && let Err(error) = name::check(&site.value)
    {
        let message = format!("{} can't be the name of a site: {error}", quoted(&site.value));
        sink.add_hint(&site.span, message, "a path has a slash in it");
    }
    let memory = raw.logs.as_ref().and_then(|logs| logs.memory.as_ref());
    if let Some(memory) = memory
        && !LOG_MEMORY.contains(&memory.value.0)
    {
        sink.add(&memory.span, "lines of logs can have 16MiB to 64GiB of memory");
    }
    let named = |word: &Option<Located<String>>, sink: &Sink<'_>| {
        let word = word.as_ref()?;
        Some(Named { name: word.value.clone(), place: Box::new(sink.at(&word.span)) })
    };
    let value = |word: &Option<Located<String>>| word.as_ref().map(|word| word.value.clone());
    UserFile {
        name: value(&raw.name),
        theme: named(&raw.theme, sink),
        keymap: named(&raw.keymap, sink),
        worst_first: match raw.sort {
            None | Some(RawSort::Site) => false,
            Some(RawSort::Worst) => true,
        },
        read_only: raw.read_only.as_ref().is_some_and(|read_only| read_only.value),
        default_site: value(&raw.default_site),
        no_mouse: raw.mouse.as_ref().is_some_and(|mouse| !mouse.value),
        icons: match raw.icons {
            None | Some(RawIcons::Unicode) => Icons::Unicode,
            Some(RawIcons::Ascii) => Icons::Ascii,
        },
        notices: raw.notices.as_ref().map(notices).unwrap_or_default(),
        log_memory: memory.map(|memory| memory.value.0),
        highlights: highlight::highlights(raw.highlight.as_ref(), sink),
        filters: highlight::filters(raw.filters.as_ref(), sink),
    }
}

fn notices(raw: &RawNotices) -> Notices {
    let usual = Notices::default();
    let flag = |said: &Option<Located<bool>>, usual: bool| said.as_ref().map_or(usual, |said| said.value);
    Notices {
        bell: match raw.bell {
            None => usual.bell,
            Some(RawBell::Never) => Bell::Never,
            Some(RawBell::Trouble) => Bell::Trouble,
            Some(RawBell::Always) => Bell::Always,
        },
        title: flag(&raw.title, usual.title),
        desktop: match raw.desktop {
            None => usual.desktop,
            Some(RawDesktop::Off) => Desktop::Off,
            Some(RawDesktop::Osc9) => Desktop::Osc9,
            Some(RawDesktop::Osc777) => Desktop::Osc777,
        },
        tmux: flag(&raw.tmux, usual.tmux),
    }
}
