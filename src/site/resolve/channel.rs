//! Channels and who hears what in them: where their addresses come from, their texts, and names that mean no channel.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::address;
use super::super::mistake::{Sink, quoted};
use super::super::names;
use super::super::raw::{RawChannel, RawChannelKind, RawEnvironment, RawNotify, RawOccasion, RawSite, RawTexts};
use super::super::read::{Located, Several};
use crate::domain::channel::{Address, Channel, Channels, Hidden, Occasion, Subscription, Template, Way};
use crate::domain::name::ChannelName;
use crate::domain::procedure::Kind;

/// What is said of an address that stands in the file: a mistake where others can read that.
pub const WRITTEN: &str =
    "the address of a channel is a secret, and this file holds it: whoever reads it can write there";
/// What to do about it.
const ELSEWHERE: &str = "use url_from_env, url_from or url_file, and give the channel another address";

const MOST_CHANNELS: usize = 50;
const MOST_SUBSCRIPTIONS: usize = 200;

/// All channels of a site.
pub fn resolve(raw: &RawSite, sink: &mut Sink<'_>) -> Vec<Channel> {
    let Some(entries) = &raw.channels else { return Vec::new() };
    let checked = names::checked(entries, "channel", ChannelName::new, sink);
    super::too_many(checked.len(), MOST_CHANNELS, "channels", checked.last().map(|(_, key, _)| *key), sink);
    let one = |(name, key, raw): (ChannelName, &Located<String>, &RawChannel)| {
        let texts = texts(raw.texts.as_ref(), sink);
        let way = way(key, raw, sink)?;
        Some(Channel { name, way, texts })
    };
    checked.into_iter().take(MOST_CHANNELS).filter_map(one).collect()
}

fn way(key: &Located<String>, raw: &RawChannel, sink: &mut Sink<'_>) -> Option<Way> {
    let Some(kind) = raw.kind else {
        if !raw.lost("kind") {
            let message = format!("the channel {} has no kind", quoted(&key.value));
            sink.add_hint(&key.span, message, "say kind = \"slack\", \"discord\", \"webhook\" or \"command\"");
        }
        return None;
    };
    if kind == RawChannelKind::Command {
        let spans = [
            raw.url.as_ref().map(|one| &one.span),
            raw.url_from_env.as_ref().map(|one| &one.span),
            raw.url_file.as_ref().map(|one| &one.span),
            raw.url_from.as_ref().map(|one| &one.span),
        ];
        for span in spans.into_iter().flatten() {
            sink.add(span, "a command has no address: it gets the text on its standard input");
        }
        let Some(command) = &raw.command else {
            if !raw.lost("command") {
                let message = format!("the channel {} has no command", quoted(&key.value));
                sink.add_hint(&key.span, message, "say command = [\"program\", \"argument\"]");
            }
            return None;
        };
        return argv(command, sink).map(Way::Command);
    }
    if let Some(command) = &raw.command {
        sink.add(&command.span, "only a channel of the kind \"command\" has one");
    }
    let address = address_of(key, raw, sink)?;
    Some(match kind {
        RawChannelKind::Slack => Way::Slack(address),
        RawChannelKind::Discord => Way::Discord(address),
        RawChannelKind::Webhook | RawChannelKind::Command => Way::Webhook(address),
    })
}

fn address_of(key: &Located<String>, raw: &RawChannel, sink: &mut Sink<'_>) -> Option<Address> {
    let variable = raw.url_from_env.as_ref().map(|one| (&one.span, variable(one, sink).map(Address::Variable)));
    let command = raw.url_from.as_ref().map(|one| (&one.span, argv(one, sink).map(Address::Command)));
    let file = raw.url_file.as_ref().map(|one| (&one.span, file(one, sink).map(Address::File)));
    let written = raw.url.as_ref().map(|one| (&one.span, written(one, sink).map(Address::Written)));
    let mut all = [variable, command, file, written].into_iter().flatten();
    let Some((_, address)) = all.next() else {
        let lost = ["url_from_env", "url_from", "url_file", "url"].iter().any(|word| raw.lost(word));
        if !lost {
            let message = format!("the channel {} has no address", quoted(&key.value));
            sink.add_hint(
                &key.span,
                message,
                "say where it comes from: url_from_env = \"VARIABLE\", url_from or url_file",
            );
        }
        return None;
    };
    for (span, _) in all {
        sink.add(span, "a channel has one address: say once where it comes from");
    }
    address
}

pub(super) fn variable(word: &Located<String>, sink: &mut Sink<'_>) -> Option<String> {
    let name = &word.value;
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let good = begins && name.len() <= 128 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !good {
        sink.add(&word.span, format!("{} is no variable of the environment", quoted(name)));
    }
    good.then(|| name.clone())
}

pub(super) fn file(word: &Located<String>, sink: &mut Sink<'_>) -> Option<PathBuf> {
    let path = &word.value;
    let good = path.starts_with('/') || path.starts_with("~/");
    if !good {
        let message = format!("{} is no absolute path", quoted(path));
        sink.add_hint(&word.span, message, "begin it with / or ~/");
    }
    good.then(|| PathBuf::from(path))
}

/// An address in the file. What is wrong with it is told without it.
fn written(word: &Located<String>, sink: &mut Sink<'_>) -> Option<Hidden> {
    if let Err(refused) = address::parse(&word.value) {
        match refused.hint {
            Some(hint) => sink.add_hint(&word.span, refused.why, hint),
            None => sink.add(&word.span, refused.why),
        }
        return None;
    }
    sink.warn(&word.span, WRITTEN, Some(ELSEWHERE.to_owned()));
    Some(Hidden(word.value.clone()))
}

pub(super) fn argv(words: &Located<Vec<Located<String>>>, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let argv: Vec<String> = words.value.iter().map(|word| word.value.clone()).collect();
    if argv.first().is_none_or(String::is_empty) {
        sink.add(&words.span, "a command begins with its program");
        return None;
    }
    Some(argv)
}

fn texts(raw: Option<&RawTexts>, sink: &mut Sink<'_>) -> BTreeMap<Occasion, Template> {
    let Some(raw) = raw else { return BTreeMap::new() };
    let all = [
        (Occasion::Started, &raw.started),
        (Occasion::Waiting, &raw.waiting),
        (Occasion::RolledBack, &raw.rolled_back),
        (Occasion::Failed, &raw.failed),
        (Occasion::Finished, &raw.finished),
        (Occasion::Said, &raw.said),
    ];
    let mut texts = BTreeMap::new();
    for (occasion, word) in all {
        let Some(word) = word else { continue };
        match Template::new(&word.value) {
            Ok(template) => drop(texts.insert(occasion, template)),
            Err(why) => sink.add(&word.span, why),
        }
    }
    texts
}

/// Who hears what in an environment: what it says itself, else what the site says.
pub fn heard(site: &RawSite, own: &RawEnvironment, channels: &[Channel], sink: &mut Sink<'_>) -> Channels {
    let raw = own.notify.as_ref().or(site.notify.as_ref());
    let notify = raw.map(|all| subscriptions(site, all, sink)).unwrap_or_default();
    Channels { all: channels.to_vec(), notify, drill: false }
}

/// Those of one list, with what is wrong in them.
pub fn subscriptions(site: &RawSite, raw: &[RawNotify], sink: &mut Sink<'_>) -> Vec<Subscription> {
    let mut all = Vec::new();
    for one in raw.iter().take(MOST_SUBSCRIPTIONS) {
        let kinds = kinds(one.kinds.as_ref(), sink);
        let on: Vec<Occasion> = one.on.iter().flat_map(|all| &all.0).map(|word| occasion(word.value)).collect();
        if on.is_empty() && !one.lost("on") {
            let hint =
                "say on = [\"started\", \"waiting\", \"rolled_back\", \"failed\", \"finished\"], or some of them";
            sink.add_hint(&one.span, "this says not what is to be told", hint);
        }
        let Some(word) = &one.channel else {
            if !one.lost("channel") {
                sink.add(&one.span, "this names no channel");
            }
            continue;
        };
        let known = site.channels.iter().flat_map(|channels| channels.names());
        if !known.clone().any(|name| name == word.value) {
            if !site.lost("channels") && !site.channels.iter().any(|channels| channels.1.contains(&word.value)) {
                let message = format!("there is no channel {}", quoted(&word.value));
                sink.unknown(&word.span, message, &word.value, known);
            }
            continue;
        }
        if let Ok(channel) = ChannelName::new(&word.value) {
            all.push(Subscription { channel, on, kinds });
        }
    }
    all
}

/// Kinds of procedure, by their words.
pub fn kinds(raw: Option<&Several<String>>, sink: &mut Sink<'_>) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for word in raw.iter().flat_map(|all| &all.0) {
        match Kind::of_word(&word.value) {
            Some(kind) => kinds.push(kind),
            None => {
                let message = format!("{} is no kind of procedure", quoted(&word.value));
                sink.unknown(&word.span, message, &word.value, Kind::ALL.iter().map(|kind| kind.word()));
            }
        }
    }
    kinds
}

fn occasion(word: RawOccasion) -> Occasion {
    match word {
        RawOccasion::Started => Occasion::Started,
        RawOccasion::Waiting => Occasion::Waiting,
        RawOccasion::RolledBack => Occasion::RolledBack,
        RawOccasion::Failed => Occasion::Failed,
        RawOccasion::Finished => Occasion::Finished,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::super::super::load::parse;
    use super::super::super::{Severity, render};
    use super::*;

    const HOSTS: &str = "[environments.production.hosts]\na = {}\n[services.web]\nhosts = 'a'\n";

    fn told(channels: &str) -> Vec<String> {
        let parsed = parse(Path::new("site.toml"), "shop", format!("{channels}\n{HOSTS}").as_bytes());
        parsed.mistakes.iter().map(|one| format!("{}: {}", one.line, one.message)).collect()
    }

    #[test]
    fn an_environment_says_otherwise_than_the_site() {
        let text = format!(
            "notify = [{{ channel = 'ops', on = ['failed'] }}]\n[channels.ops]\nkind = 'slack'\nurl_from_env = 'OPS'\n\
             [channels.page]\nkind = 'command'\ncommand = ['pager', '-q']\n[channels.page.texts]\n\
             failed = '{{title}} {{state}}'\n{HOSTS}[environments.staging]\n\
             notify = [{{ channel = 'page', on = 'started', kinds = 'deploy' }}]\n[environments.staging.hosts]\na = {{}}\n"
        );
        let parsed = parse(Path::new("site.toml"), "shop", text.as_bytes());
        assert!(parsed.mistakes.is_empty(), "{}", render(&parsed.mistakes));
        let site = parsed.value.unwrap();
        let hearing = |at: usize, occasion, kind: &str| -> Vec<String> {
            let channels = &site.environments[at].channels;
            channels.hearing(occasion, kind).iter().map(|channel| channel.name.to_string()).collect()
        };
        assert_eq!(hearing(0, Occasion::Failed, "runbook"), ["ops"]);
        assert!(hearing(0, Occasion::Started, "deploy").is_empty());
        assert_eq!(hearing(1, Occasion::Started, "deploy"), ["page"]);
        assert!(
            hearing(1, Occasion::Started, "runbook").is_empty() && hearing(1, Occasion::Failed, "deploy").is_empty()
        );
        assert_eq!(site.environments[0].channels.all[1].way, Way::Command(vec!["pager".into(), "-q".into()]));
    }

    #[test]
    fn what_is_wrong_is_told_at_its_line() {
        let cases = [
            ("[channels.a]", "1: the channel `a` has no kind"),
            ("[channels.a]\nkind = 'slack'", "1: the channel `a` has no address"),
            ("[channels.a]\nkind = 'command'", "1: the channel `a` has no command"),
            ("[channels.a]\nkind = 'command'\ncommand = ['x']\nurl_from_env = 'X'", "4: a command has no address"),
            ("[channels.a]\nkind = 'slack'\nurl_from_env = 'A-B'", "3: `A-B` is no variable"),
            ("[channels.a]\nkind = 'slack'\nurl_file = 'secret'", "3: `secret` is no absolute path"),
            ("[channels.a]\nkind = 'slack'\nurl_from_env = 'A'\nurl_file = '/a'", "4: a channel has one address"),
            ("[channels.a]\nkind = 'slack'\nurl_from_env = 'A'\ntexts.failed = '{titel}'", "4: there is no field"),
            (
                "notify = [{ channel = 'opps', on = ['failed'] }]\n[channels.ops]\nkind = 'slack'\nurl_from_env = 'A'",
                "1: there is no channel `opps`",
            ),
            (
                "notify = [{ channel = 'ops' }]\n[channels.ops]\nkind = 'slack'\nurl_from_env = 'A'",
                "1: this says not what",
            ),
            (
                "notify = [{ channel = 'ops', on = 'failed', kinds = ['deplyo'] }]\n[channels.ops]\nkind = 'slack'\nurl_from_env = 'A'",
                "1: `deplyo` is no kind",
            ),
        ];
        for (text, message) in cases {
            let told = told(text);
            assert!(told.iter().any(|one| one.starts_with(message)), "{text}\n{told:?}");
        }
    }

    #[test]
    fn f4_an_address_in_the_file_is_warned_of_and_never_shown() {
        let text = "[channels.a]\nkind = 'slack'\nurl = 'https://hooks.example.com/T0/canary'";
        let parsed = parse(Path::new("site.toml"), "shop", format!("{text}\n{HOSTS}").as_bytes());
        assert_eq!(parsed.mistakes.len(), 1);
        assert!(parsed.mistakes[0].severity == Severity::Warning && parsed.mistakes[0].message == WRITTEN);
        assert!(!format!("{:?}", parsed.value).contains("canary"));
        let named = told("[channels.a]\nkind = 'slack'\nurl = 'https://ada:canary@hooks.example.com/'");
        assert!(
            named.iter().all(|one| !one.contains("canary")) && named[0].contains("user name or password"),
            "{named:?}"
        );
    }
}
