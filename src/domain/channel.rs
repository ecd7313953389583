//! Channels: where a team hears what becomes of runs, in whose words, and which of them hears what.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::name::{ChannelName, EnvName, SiteName};
use super::procedure::Kind;
use super::run::RunId;
use super::time::short;

/// Something that a channel may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Occasion {
    /// A run has begun.
    Started,
    /// A run has waited for a person for a while.
    Waiting,
    /// A run has ended, and what it had done was undone.
    RolledBack,
    /// A run has ended otherwise than well.
    Failed,
    /// A run has ended well.
    Finished,
    /// A step of a procedure tells something.
    Said,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Started, Self::Waiting, Self::RolledBack, Self::Failed, Self::Finished, Self::Said];

    /// Its word, in site files and to webhooks.
    pub fn word(self) -> &'static str {
        match self {
            Occasion::Started => "started",
            Occasion::Waiting => "waiting",
            Occasion::RolledBack => "rolled_back",
            Occasion::Failed => "failed",
            Occasion::Finished => "finished",
            Occasion::Said => "said",
        }
    }

    /// The occasion of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The text where a site gives none.
    fn usual(self) -> &'static str {
        match self {
            Occasion::Started => "{site} {environment}: {title} begins, by {person} (run {run})",
            Occasion::Waiting => "{site} {environment}: {title} waits for somebody: {reason} (run {run})",
            Occasion::RolledBack => {
                "{site} {environment}: {title} was rolled back after {elapsed}, by {person} (run {run})"
            }
            Occasion::Failed => {
                "{site} {environment}: {title} {state} after {elapsed}: {reason} (run {run}, by {person})"
            }
            Occasion::Finished => "{site} {environment}: {title} is done after {elapsed}, by {person} (run {run})",
            Occasion::Said => "{site} {environment}: {text}",
        }
    }
}

/// Something that stands in a text for what is known of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The site.
    Site,
    /// The environment.
    Environment,
    /// The run's number.
    Run,
    /// Who runs it.
    Person,
    /// How it stands.
    State,
    /// Its headline.
    Title,
    /// Why it stands so.
    Reason,
    /// How long it has taken.
    Elapsed,
    /// What a step says.
    Text,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Site,
        Self::Environment,
        Self::Run,
        Self::Person,
        Self::State,
        Self::Title,
        Self::Reason,
        Self::Elapsed,
        Self::Text,
    ];

    /// Its word, in braces.
    pub fn word(self) -> &'static str {
        match self {
            Field::Site => "site",
            Field::Environment => "environment",
            Field::Run => "run",
            Field::Person => "person",
            Field::State => "state",
            Field::Title => "title",
            Field::Reason => "reason",
            Field::Elapsed => "elapsed",
            Field::Text => "text",
        }
    }
}

/// A text with fields in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

impl Template {
    /// Reads a text: `{title}` is a field, `{{` and `}}` are braces.
    ///
    /// # Errors
    /// The word in braces that is no field, or the brace that stands alone.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or(from.strip_prefix("}}")) {
                plain.push_str(from.get(..1).unwrap_or_default());
                rest = after;
                continue;
            }
            let word = from.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let (word, after) = word.ok_or("a brace stands alone: write it twice where it is meant as itself")?;
            let field = Field::ALL.into_iter().find(|field| field.word() == word);
            let field = field.ok_or_else(|| {
                let all: Vec<&str> = Field::ALL.iter().map(|field| field.word()).collect();
                format!("there is no field {word:?}; there is {}", all.join(", "))
            })?;
            pieces.extend([Piece::Text(std::mem::take(&mut plain)), Piece::Field(field)]);
            rest = after;
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(Self(pieces))
    }

    /// The text, where `safe` makes what stands for a field harmless: only the words of the site are as they are.
    pub fn filled(&self, notice: &Notice, safe: impl Fn(&str) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field(field) => safe(&notice.field(*field)),
        };
        self.0.iter().map(piece).collect()
    }

    /// The words of the site in it, without what stands for fields.
    pub fn own_words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Field(_) => None,
        })
    }
}

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub occasion: Occasion,
    /// The site.
    pub site: SiteName,
    /// The environment.
    pub environment: EnvName,
    /// The run.
    pub run: RunId,
    /// What kind of run.
    pub kind: String,
    /// Its headline.
    pub title: String,
    /// Who runs it.
    pub person: String,
    /// How it stands, in a word.
    pub state: String,
    /// Why it stands so; may be empty.
    pub reason: String,
    /// How long it has taken until now.
    pub elapsed: Duration,
    /// What a step says; empty where none does.
    pub text: String,
}

impl Notice {
    fn field(&self, field: Field) -> String {
        match field {
            Field::Site => self.site.to_string(),
            Field::Environment => self.environment.to_string(),
            Field::Run => self.run.short().to_owned(),
            Field::Person => self.person.clone(),
            Field::State => self.state.clone(),
            Field::Title => self.title.clone(),
            Field::Reason => self.reason.clone(),
            Field::Elapsed => short(self.elapsed),
            Field::Text => self.text.clone(),
        }
    }
}

/// A text that is a secret: what is made of it for a person or a log does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Where the address of a channel comes from: it is a secret, since whoever has it can write there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A variable of the environment.
    Variable(String),
    /// What a command prints.
    Command(Vec<String>),
    /// A file that nobody else may read.
    File(PathBuf),
    /// It stands in the site file.
    Written(Hidden),
}

/// How a channel is told something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// An incoming webhook of Slack.
    Slack(Address),
    /// A webhook of Discord.
    Discord(Address),
    /// Any address that takes a POST with JSON.
    Webhook(Address),
    /// A command here, with the text on its standard input.
    Command(Vec<String>),
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: ChannelName,
    /// How it is told something.
    pub way: Way,
    /// The site's own texts.
    pub texts: BTreeMap<Occasion, Template>,
}

impl Channel {
    /// The text for a notice. What was waived is told where nothing went wrong, too.
    pub fn template(&self, notice: &Notice) -> Template {
        let occasion = notice.occasion;
        let well = matches!(occasion, Occasion::Started | Occasion::Finished) && !notice.reason.is_empty();
        let usual = if well { format!("{}; {{reason}}", occasion.usual()) } else { occasion.usual().to_owned() };
        let usual = || Template::new(&usual).unwrap_or(Template(Vec::new()));
        self.texts.get(&occasion).cloned().unwrap_or_else(usual)
    }
}

/// Who hears what of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The channel.
    pub channel: ChannelName,
    /// What it hears.
    pub on: Vec<Occasion>,
    /// Of which kinds of procedures; of all when none is named.
    pub kinds: Vec<Kind>,
}

/// The channels of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Channels {
    /// All of the site.
    pub all: Vec<Channel>,
    /// Who hears what of the runs here.
    pub notify: Vec<Subscription>,
    /// Whether nothing is sent, because it is a drill.
    pub drill: bool,
}

/// Why a step that would tell a channel is done by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Silent {
    /// There is no channel of that name.
    Missing,
    /// Nothing of its site's files is run or sent.
    Untrusted,
    /// Nothing is sent.
    Drill,
}

impl Silent {
    /// Why, in words; the channel is shown as it is given here.
    pub fn why(self, channel: &str) -> String {
        match self {
            Silent::Missing => format!("the site has no channel {channel}"),
            Silent::Untrusted => format!("the site is not trusted to tell {channel} anything"),
            Silent::Drill => format!("a drill does not tell {channel} anything"),
        }
    }
}

impl Channels {
    /// The channel of this name.
    pub fn get(&self, name: &str) -> Option<&Channel> {
        self.all.iter().find(|channel| channel.name.as_str() == name)
    }

    /// The channels that hear of this occasion in a run of this kind, each once.
    pub fn hearing(&self, occasion: Occasion, kind: &str) -> Vec<&Channel> {
        let hears = |one: &&Subscription| {
            one.on.contains(&occasion) && (one.kinds.is_empty() || one.kinds.iter().any(|known| known.word() == kind))
        };
        let mut found: Vec<&Channel> = Vec::new();
        for channel in self.notify.iter().filter(hears).filter_map(|one| self.get(one.channel.as_str())) {
            if !found.iter().any(|known| known.name == channel.name) {
                found.push(channel);
            }
        }
        found
    }
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// The channel has taken it.
    Delivered,
    /// It was not delivered.
    NotDelivered,
    /// Nobody knows whether it was.
    Unknown,
    /// It was not sent, because this is a drill.
    Rehearsed,
}

impl Delivery {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Delivered, Self::NotDelivered, Self::Unknown, Self::Rehearsed];

    /// Its word, in the store and to a person.
    pub fn word(self) -> &'static str {
        match self {
            Delivery::Delivered => "delivered",
            Delivery::NotDelivered => "not delivered",
            Delivery::Unknown => "unknown",
            Delivery::Rehearsed => "not sent",
        }
    }
}

/// A notice as it is recorded with its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The channel.
    pub channel: ChannelName,
    /// What it was told of.
    pub occasion: Occasion,
    /// When that was settled, by this machine's clock.
    pub at: Timestamp,
    /// What became of it.
    pub delivery: Delivery,
    /// Why, as a sentence that holds no secret; empty when it was delivered.
    pub why: String,
}

impl Told {
    /// What a person is told of it.
    pub fn sentence(&self) -> String {
        let (channel, occasion) = (&self.channel, self.occasion.word());
        match self.delivery {
            Delivery::Delivered => format!("The channel {channel} was told of `{occasion}`."),
            Delivery::NotDelivered => format!("The channel {channel} was not told of `{occasion}`: {}", self.why),
            Delivery::Unknown => {
                format!("Whether the channel {channel} was told of `{occasion}` is not known: {}", self.why)
            }
            Delivery::Rehearsed => format!("A drill tells nobody: {channel} would hear of `{occasion}`."),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn notice(title: &str) -> Notice {
        Notice {
            occasion: Occasion::Failed,
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("production").unwrap(),
            run: RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap(),
            kind: "deploy".into(),
            title: title.into(),
            person: "ada".into(),
            state: "failed".into(),
            reason: "migrate on app-1: non-zero-exit".into(),
            elapsed: Duration::from_secs(192),
            text: String::new(),
        }
    }

    #[test]
    fn fields_are_filled_once_and_braces_can_be_meant() {
        let template = Template::new("{{{site}}} {title} after {elapsed}").unwrap();
        assert_eq!(template.filled(&notice("{person}"), str::to_owned), "{shop} {person} after 3m");
        let loud = Template::new("@here {title}").unwrap();
        assert_eq!(loud.filled(&notice("@here"), |text| text.replace('@', "(at)")), "@here (at)here");
        assert_eq!(loud.own_words().collect::<Vec<_>>(), ["@here "]);
    }

    #[test]
    fn a_field_that_is_none_and_a_brace_alone_are_told() {
        assert!(Template::new("{titel}").unwrap_err().contains("\"titel\""));
        for text in ["{", "}", "{title", "a } b", "{{}"] {
            assert!(Template::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_usual_texts_can_be_read() {
        for occasion in Occasion::ALL {
            Template::new(occasion.usual()).unwrap();
            assert_eq!(Occasion::of_word(occasion.word()), Some(occasion));
        }
    }
}
