//! An HTTP call as a command: so it runs once, on a host or here, and is seen as it is sent.

use super::expand::Item;
use super::fill;
use super::scope::{Found, Scope};
use crate::domain::procedure::{Language, Script};
use crate::runtimes::shell_text::scan;

/// The command that makes a call. `$name` in address, headers and body are inputs; headers are the lines at the top of
/// the body that look like some, with an empty line behind them. They and the body travel over descriptors: a secret in
/// them is in no argument.
pub(super) fn script(scope: &mut Scope<'_>, item: &Item<'_>, method: &str, address: &str, body: &str) -> Script {
    let (headers, body) = split(body);
    let mut all: Vec<String> = headers.lines().map(str::to_owned).collect();
    let named = |name: &str| headers.lines().any(|line| line.to_ascii_lowercase().starts_with(name));
    if body.trim_start().starts_with(['{', '[']) && !named("content-type:") {
        all.push("Content-Type: application/json".to_owned());
    }
    for one in scan(address).uses {
        if scope.value(item, &one.name) == Found::Secret {
            let why =
                format!("{} is a secret and can't stand in an address, which everybody on the host sees", one.name);
            scope.wrong(&item.id, item.part.line, why);
        }
    }
    let seconds = item.options.timeout.as_secs().max(1);
    let method: String = method.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase();
    let (address, head) = (tamed(address, "\"\\`"), tamed(&all.join("\n"), "\\`"));
    let data = tamed(body, "\\`");
    let text = format!(
        "curl -sS -X {method} --max-time {seconds} -H @/dev/fd/3 --data-binary @- -w '\\n%{{http_code}}\\n' \"{address}\" \
         3<<QD_HEADERS <<QD_BODY |\n{head}\nQD_HEADERS\n{data}\nQD_BODY\n\
         awk '{{ print; last = $0 }} END {{ exit last !~ /^2[0-9][0-9]$/ }}'\n"
    );
    fill::script(scope, item, Language::Sh, &text)
}

/// Headers and body.
fn split(body: &str) -> (&str, &str) {
    let Some((head, rest)) = body.split_once("\n\n") else { return ("", body) };
    let is_header = |line: &str| {
        let name = line.split_once(": ").map(|(name, _)| name).unwrap_or_default();
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if head.lines().all(is_header) { (head, rest) } else { ("", body) }
}

/// Text in which the shell expands nothing but `$name` and `${name}`.
fn tamed(text: &str, escaped: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = rest.as_str();
        let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
        let braced = after.strip_prefix('{').and_then(|inside| inside.split_once('}')).is_some_and(|(name, _)| {
            name.starts_with(starts) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        let plain = c == '$' && !after.starts_with(starts) && !braced;
        if escaped.contains(c) || plain {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
