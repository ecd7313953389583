//! Variables: `${name}` in probes, commands, units and links, put in as data and never read again.

use super::mistake::{Sink, did_you_mean, quoted};
use super::raw::Variable;
use super::read::{Entries, Located};

/// Names that are always there.
const BUILT_IN: [&str; 3] = ["site", "environment", "service"];

/// What `${name}` stands for in one service of one environment.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    values: Vec<(String, String)>,
    /// Names whose values could not be read.
    lost: Vec<String>,
    /// Whether what is not known may be known elsewhere, so that it is no mistake here.
    pub lenient: bool,
    /// For whom: told with the mistake.
    pub concerned: String,
}

impl Variables {
    /// None yet, for somebody.
    pub fn new(concerned: String) -> Self {
        Self { values: Vec::new(), lost: Vec::new(), lenient: false, concerned }
    }

    /// Sets one, covering what was set before.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.retain(|(known, _)| known != name);
        self.values.push((name.to_owned(), value.to_owned()));
    }

    /// Sets all of a table.
    pub fn set_all(&mut self, entries: Option<&Entries<Variable>>) {
        for (key, Variable(value)) in entries.iter().flat_map(|entries| &entries.0) {
            self.set(&key.value, &value.value);
        }
        self.lost.extend(entries.iter().flat_map(|entries| entries.1.iter().cloned()));
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Puts values in. `$${` stays `${`. What is put in is not looked at again.
    pub fn fill(&self, text: &Located<String>, sink: &mut Sink<'_>) -> Option<String> {
        let mut out = String::new();
        let mut rest = text.value.as_str();
        let mut good = true;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('$') {
                out.push_str(before);
                out.push_str("${");
                rest = from.get(2..).unwrap_or_default();
                continue;
            }
            out.push_str(before);
            let inside = from.get(2..).unwrap_or_default();
            let Some((name, after)) = inside.split_once('}') else {
                sink.add_hint(&text.span, "a `${` is not closed", "write `$${` if the characters themselves are meant");
                return None;
            };
            match self.get(name) {
                Some(value) => out.push_str(value),
                None => {
                    good = false;
                    self.unknown(name, text, sink);
                }
            }
            rest = after;
        }
        out.push_str(rest);
        good.then_some(out)
    }

    fn unknown(&self, name: &str, text: &Located<String>, sink: &mut Sink<'_>) {
        if self.lenient || self.lost.iter().any(|lost| lost == name) {
            return;
        }
        let written = format!("${{{name}}}");
        let at = sink.source().slice(&text.span).find(&written);
        let span =
            at.map_or_else(|| text.span.clone(), |at| text.span.start + at..text.span.start + at + written.len());
        let message = format!("there is no variable {}", quoted(&written));
        let known: Vec<&str> = self.values.iter().map(|(known, _)| known.as_str()).collect();
        let hint = match name {
            "host" => Some("a probe is the same on every host: use `localhost` with from = \"host\"".to_owned()),
            _ => did_you_mean(name, known),
        };
        sink.add_for(&span, message, hint, self.concerned.clone());
    }
}

/// Checks the names of variables, their values, and that none covers a built-in one.
pub fn check(entries: Option<&Entries<Variable>>, sink: &mut Sink<'_>) {
    for (key, Variable(value)) in entries.iter().flat_map(|entries| &entries.0) {
        let name = &key.value;
        let good = name.len() <= 64
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !good {
            let message = format!("{} can't be the name of a variable", quoted(name));
            sink.add_hint(&key.span, message, "use letters, digits, `_` and `-`, beginning with a letter");
        } else if BUILT_IN.contains(&name.as_str()) || name == "host" {
            sink.add(&key.span, format!("the variable {} is set by the console itself", quoted(name)));
        }
        if value.value.contains("${") {
            let message = "the value of a variable is data: it can't use another variable";
            sink.add(&value.span, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::source::Source;

    fn fill(text: &str) -> (Option<String>, Vec<String>) {
        let mut variables = Variables::default();
        variables.set("port", "80");
        variables.set("evil", "$(id);'!*\n-x ${port}");
        let source = Source::new("f", text);
        let mut sink = Sink::new(&source);
        let filled = variables.fill(&Located { value: text.to_owned(), span: 0..text.len() }, &mut sink);
        (filled, sink.finish().iter().map(|mistake| format!("{} {}", mistake.column, mistake.message)).collect())
    }

    #[test]
    fn values_are_data() {
        assert_eq!(fill("http://x:${port}/").0.as_deref(), Some("http://x:80/"));
        assert_eq!(fill("${evil}").0.as_deref(), Some("$(id);'!*\n-x ${port}"), "never read again");
        assert_eq!(fill("$${port} $HOME $").0.as_deref(), Some("${port} $HOME $"));
    }

    #[test]
    fn unknown_ones_are_told_where_they_stand() {
        assert_eq!(fill("a ${prot} ${x}").1, ["3 there is no variable `${prot}`", "11 there is no variable `${x}`"]);
        assert_eq!(fill("a ${port").1.len(), 1);
    }
}
