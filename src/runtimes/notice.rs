//! Notices as channels take them: pure. What stands for a field can neither leave the JSON nor call everybody.

use serde_json::{Value, json};

use crate::domain::channel::{Channel, Notice, Template, Way};
use crate::text::Foreign;

/// Longest text in characters: Discord takes 2,000.
const LONGEST: usize = 1900;
/// Of what stands for one field, so many characters.
const FIELD: usize = 1000;
/// Of what stands for one variable in the words of a step, so many: it leaves room for the words.
const VALUE: usize = 200;
/// Put behind what would call somebody: it is not seen, and nobody is called.
const APART: char = '\u{200B}';

/// What a channel is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// JSON by POST.
    Json(String),
    /// A text on standard input.
    Text(String),
}

/// What this channel is sent of a notice.
pub fn body(channel: &Channel, notice: &Notice) -> Body {
    let template = channel.template(notice);
    match &channel.way {
        Way::Slack(_) => Body::Json(json!({ "text": cut(&template.filled(notice, slack)) }).to_string()),
        Way::Discord(_) => {
            let content = cut(&template.filled(notice, discord));
            Body::Json(json!({ "content": content, "allowed_mentions": mentions(&template) }).to_string())
        }
        Way::Webhook(_) => Body::Json(webhook(notice, &plain(&template, notice)).to_string()),
        Way::Command(_) => Body::Text(format!("{}\n", plain(&template, notice))),
    }
}

/// The text of a notice as a person reads it before it is sent.
pub fn preview(channel: &Channel, notice: &Notice) -> String {
    plain(&channel.template(notice), notice)
}

fn plain(template: &Template, notice: &Notice) -> String {
    cut(&template.filled(notice, clean))
}

/// The fields by themselves, for whoever makes something else of them.
fn webhook(notice: &Notice, text: &str) -> Value {
    json!({
        "event": notice.occasion.word(),
        "site": notice.site.as_str(),
        "environment": notice.environment.as_str(),
        "run": notice.run.as_str(),
        "kind": clean(&notice.kind),
        "title": clean(&notice.title),
        "person": clean(&notice.person),
        "state": clean(&notice.state),
        "reason": clean(&notice.reason),
        "elapsed_seconds": notice.elapsed.as_secs(),
        "text": text,
    })
}

/// What stands for a variable in the words of a step, before they go to a channel: on one line, and not too long.
pub fn value(text: &str) -> String {
    shortened(&Foreign::from(text.trim()).plain(), VALUE)
}

/// What anybody may have written, on one line and without anything that acts.
fn clean(text: &str) -> String {
    shortened(&Foreign::from(text).plain(), FIELD)
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// In Slack everything that means something stands in `<…>`, and three characters are written otherwise.
fn slack(text: &str) -> String {
    let clean = clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    clean.replace('@', &format!("@{APART}"))
}

/// In Discord what means something has a backslash before it.
fn discord(text: &str) -> String {
    let mut safe = String::new();
    for c in clean(text).chars() {
        if "\\*_~`|<>[]()#-:".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
        if c == '@' {
            safe.push(APART);
        }
    }
    safe
}

/// Whom a message in Discord may call: those whom the site's own words name.
fn mentions(template: &Template) -> Value {
    let own: Vec<&str> = template.own_words().collect();
    let everybody = own.iter().any(|words| words.contains("@everyone") || words.contains("@here"));
    let named = |open: &str| -> Vec<String> {
        let of = |words: &str| -> Vec<String> {
            let behind = words.split(open).skip(1).filter_map(|rest| rest.split_once('>')).map(|(id, _)| id.to_owned());
            behind.filter(|id| !id.is_empty() && id.len() <= 32 && id.bytes().all(|b| b.is_ascii_digit())).collect()
        };
        own.iter().flat_map(|words| of(words)).collect()
    };
    let parse: &[&str] = if everybody { &["everyone"] } else { &[] };
    json!({ "parse": parse, "roles": named("<@&"), "users": named("<@") })
}

fn cut(text: &str) -> String {
    shortened(text, LONGEST)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::channel::{Address, Hidden, Occasion};
    use crate::domain::name::ChannelName;
    use crate::domain::{EnvName, RunId, SiteName};

    fn notice(title: &str) -> Notice {
        Notice {
            occasion: Occasion::Failed,
            site: SiteName::new("shop").unwrap(),
            environment: EnvName::new("production").unwrap(),
            run: RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap(),
            kind: "deploy".into(),
            title: title.into(),
            person: title.into(),
            state: "failed".into(),
            reason: title.into(),
            elapsed: Duration::from_secs(60),
            text: title.into(),
        }
    }

    fn address() -> Address {
        Address::Written(Hidden("https://hooks.example.com/x".into()))
    }

    fn channel(way: Way, text: &str) -> Channel {
        let texts = BTreeMap::from([(Occasion::Failed, Template::new(text).unwrap())]);
        Channel { name: ChannelName::new("ops").unwrap(), way, texts }
    }

    fn value(way: Way, text: &str, title: &str) -> Value {
        match body(&channel(way, text), &notice(title)) {
            Body::Json(json) => serde_json::from_str(&json).unwrap(),
            Body::Text(text) => Value::String(text),
        }
    }

    #[test]
    fn the_shapes_that_services_take() {
        assert_eq!(value(Way::Slack(address()), "{title} {state}", "Deploy"), json!({ "text": "Deploy failed" }));
        assert_eq!(
            value(Way::Discord(address()), "{title}", "Deploy"),
            json!({ "content": "Deploy", "allowed_mentions": { "parse": [], "roles": [], "users": [] } })
        );
        assert_eq!(value(Way::Command(vec!["x".into()]), "{title}", "Deploy"), json!("Deploy\n"));
        let generic = value(Way::Webhook(address()), "{site}/{environment} {run}", "Deploy");
        assert_eq!(
            generic,
            json!({
                "event": "failed", "site": "shop", "environment": "production",
                "run": "01939a2e-77aa-7c11-8f3e-0123456789ab", "kind": "deploy", "title": "Deploy",
                "person": "Deploy", "state": "failed", "reason": "Deploy", "elapsed_seconds": 60,
                "text": "shop/production 456789ab"
            })
        );
    }

    #[test]
    fn only_the_words_of_the_site_call_people() {
        let slack = value(Way::Slack(address()), "<!channel> {title}", "<!channel> @here <@U1> a&b");
        assert_eq!(slack["text"], "<!channel> &lt;!channel&gt; @\u{200B}here &lt;@\u{200B}U1&gt; a&amp;b");
        let calls =
            value(Way::Discord(address()), "@here <@&77> <@88> {title}", "@everyone <@&99> [a](https://x.example)");
        assert_eq!(calls["allowed_mentions"], json!({ "parse": ["everyone"], "roles": ["77"], "users": ["88"] }));
        let content = calls["content"].as_str().unwrap();
        assert!(content.starts_with("@here <@&77> <@88> @\u{200B}everyone \\<@\u{200B}&99\\>"), "{content}");
        assert!(!content.contains("](https"), "{content}");
        let quiet = value(Way::Discord(address()), "{title}", "@everyone <@&99> <@5>");
        assert_eq!(quiet["allowed_mentions"], json!({ "parse": [], "roles": [], "users": [] }));
    }

    #[test]
    fn a_hostile_value_among_the_words_of_a_step_is_only_words() {
        let hostile = "\"}],\"text\":\"x\n<!channel> <@U1> <https://evil.example|here> @everyone <@&99> `$(id)` [a](https://e.example)\u{202E}";
        let mut notice = notice("Deploy");
        notice.occasion = Occasion::Said;
        notice.text = format!("Release {} goes", super::value(hostile));
        let told = |way: Way, notice: &Notice| match body(&channel(way, "unused"), notice) {
            Body::Json(json) => serde_json::from_str::<Value>(&json).unwrap(),
            Body::Text(text) => Value::String(text),
        };
        let said = |way: Way| told(way, &notice);
        let slack = said(Way::Slack(address()));
        let text = slack["text"].as_str().unwrap();
        assert_eq!(slack.as_object().unwrap().len(), 1);
        assert!(text.starts_with("shop production: Release \"}],\"text\":\"x") && text.ends_with(" goes"), "{text}");
        assert!(!text.contains(['<', '>', '\n', '\u{202E}']) && !text.contains("@everyone"), "{text}");
        let discord = said(Way::Discord(address()));
        let text = discord["content"].as_str().unwrap();
        assert_eq!(discord["allowed_mentions"], json!({ "parse": [], "roles": [], "users": [] }));
        assert!(
            text.contains("@\u{200B}everyone") && !text.contains("](") && !text.contains(['\n', '\u{202E}']),
            "{text}"
        );
        let webhook = said(Way::Webhook(address()));
        assert_eq!(webhook.as_object().unwrap().len(), 11);
        assert!(webhook["text"].as_str().unwrap().contains("<!channel>") && webhook["title"] == "Deploy", "{webhook}");
        let command = said(Way::Command(vec!["x".into()]));
        let text = command.as_str().unwrap();
        assert!(text.ends_with(" goes\n") && text.matches('\n').count() == 1, "one line, whatever it holds: {text:?}");
        // A long one leaves room for the words behind it.
        let long = Notice { text: format!("Release {} goes", super::value(&"x".repeat(9000))), ..notice.clone() };
        assert!(told(Way::Slack(address()), &long)["text"].as_str().unwrap().ends_with("xx… goes"));
    }

    #[test]
    fn long_texts_are_cut() {
        let long = value(Way::Discord(address()), "{title}{title}{title}{title}{title}", &"a".repeat(100_000));
        assert_eq!(long["content"].as_str().unwrap().chars().count(), LONGEST + 1);
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_the_json_or_calls_anybody(title in any::<String>()) {
            for way in [Way::Slack(address()), Way::Discord(address()), Way::Webhook(address())] {
                let is_slack = matches!(way, Way::Slack(_));
                let Body::Json(text) = body(&channel(way, "a {title} b"), &notice(&title)) else { panic!() };
                let parsed: Value = serde_json::from_str(&text).unwrap();
                let known = ["text", "content", "allowed_mentions", "event", "site", "environment", "run", "kind", "title",
                    "person", "state", "reason", "elapsed_seconds"];
                prop_assert!(parsed.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())));
                let said = parsed.get("text").or(parsed.get("content")).and_then(Value::as_str).unwrap();
                prop_assert!(said.starts_with("a ") && said.ends_with(" b"), "{}", said);
                prop_assert!(!said.contains('\n') && !said.contains('\x1b'));
                if is_slack {
                    prop_assert!(!said.contains(['<', '>']));
                }
                if let Some(allowed) = parsed.get("allowed_mentions") {
                    prop_assert_eq!(allowed, &json!({ "parse": [], "roles": [], "users": [] }));
                }
            }
        }
    }
}
