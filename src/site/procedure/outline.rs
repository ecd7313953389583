//! What was understood of a document, entry by entry: for scripts, and as text for a person.

use serde::Serialize;

use crate::domain::procedure::{Block, Doing, Marker, Part, Procedure};
use crate::site::mistake::{Mistake, Severity, render};
use crate::text::Foreign;

/// Lines of a command that the text shows.
const SHOWN: usize = 4;

/// One document.
#[derive(Debug, Clone, Serialize)]
pub struct Outline {
    /// The file as it was named.
    pub file: String,
    /// The procedure's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub kind: &'static str,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// How many there are of everything.
    pub counts: Counts,
    /// What it must be told.
    pub inputs: Vec<Input>,
    /// Sections, items, steps and blocks of code that are only shown, in their order.
    pub entries: Vec<Entry>,
    /// What is wrong.
    pub mistakes: Vec<Told>,
    #[serde(skip)]
    rendered: String,
}

/// How many there are of everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Headings.
    pub sections: usize,
    /// Items with a box.
    pub items: usize,
    /// What else can be done.
    pub steps: usize,
    /// Blocks of code between marks, whether they are steps or not.
    pub fences: usize,
}

/// Something that a procedure must be told.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// Its line.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Whether it is a secret.
    pub secret: bool,
    /// Whether it may be empty.
    pub optional: bool,
    /// What it is when nothing is said.
    pub default: Option<String>,
}

/// One entry; what does not apply is left out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Entry {
    /// Its line in the file, from 1.
    pub line: usize,
    /// `section`, `item`, `step` or `code`.
    pub entry: &'static str,
    /// Its words.
    pub title: String,
    /// Of a section: 1 to 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Of a section: `gate`, `phase`, `verify` or `rollback`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// Of a step or item: its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of a step or item: its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// In what it is written: of a command one of `sh`, `bash`, `sql`, `promql`, else as the document names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What is run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Where it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How dangerous the document says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub danger: Option<&'static str>,
    /// Why it is done by hand although the document wanted something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misread: Option<String>,
    #[serde(skip)]
    ticked: bool,
}

/// A mistake.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Its line; 0 for the file as a whole.
    pub line: usize,
    /// Its column.
    pub column: usize,
    /// `mistake` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Outline {
    /// What was understood of a document and what was not.
    pub fn of(procedure: &Procedure, mistakes: &[Mistake]) -> Self {
        let text = procedure.text.replace("\r\n", "\n").replace('\r', "\n");
        let lines: Vec<&str> = text.lines().collect();
        let (mut entries, mut counts) = (Vec::new(), Counts::default());
        let mut told = vec![false; procedure.parts.len()];
        for placed in &procedure.blocks {
            if let Block::Heading(_, _, section) = &placed.block {
                counts.sections += 1;
                entries.extend(procedure.sections.get(*section).map(section_entry));
            }
            let boxed = match &placed.block {
                Block::Item(Marker::Task(ticked), _) => Some(*ticked),
                _ => None,
            };
            let first =
                placed.part.filter(|part| told.get_mut(*part).is_some_and(|told| !std::mem::replace(told, true)));
            if let Some(part) = first.and_then(|part| procedure.parts.get(part)) {
                let entry = part_entry(part, boxed);
                if boxed.is_some() {
                    counts.items += 1
                } else {
                    counts.steps += 1
                }
                entries.push(entry);
            }
            if let Block::Code(language, code) = &placed.block {
                let line = lines.get(placed.line.saturating_sub(1)).copied().unwrap_or_default();
                let fence = line.contains("```") || line.contains("~~~");
                counts.fences += usize::from(fence);
                if placed.part.is_none() {
                    let first = String::from_utf8_lossy(code.raw()).lines().next().unwrap_or_default().to_owned();
                    let language = (!language.is_empty()).then(|| language.clone());
                    entries.push(Entry {
                        line: placed.line,
                        entry: "code",
                        title: first,
                        language,
                        ..Entry::default()
                    });
                }
            }
        }
        Self {
            file: procedure.file.clone(),
            name: procedure.name.to_string(),
            title: words(&procedure.header.title),
            kind: procedure.header.kind.word(),
            digest: procedure.digest.clone(),
            counts,
            inputs: procedure.header.inputs.iter().map(input).collect(),
            entries,
            mistakes: mistakes.iter().map(mistake).collect(),
            rendered: render(mistakes),
        }
    }

    /// For a person; ends with a line end.
    pub fn text(&self) -> String {
        let Counts { sections, items, steps, fences } = self.counts;
        let mut out = format!("{}\n", plain(&self.title));
        let counts = [
            several(sections, "section"),
            several(items, "item"),
            several(steps, "step"),
            several(fences, "block") + " of code",
        ];
        out.push_str(&format!("{} · {} · {}\n", plain(&self.file), self.kind, counts.join(", ")));
        for input in &self.inputs {
            let mut about = vec![plain(&input.about)];
            about.extend(input.default.as_ref().map(|default| format!("default {}", plain(default))));
            about.extend(input.secret.then(|| "secret".to_owned()));
            about.extend(input.optional.then(|| "optional".to_owned()));
            about.retain(|word| !word.is_empty());
            let line = format!("{:>6}  input {} {}", input.line, input.name, about.join(", "));
            out.push_str(line.trim_end());
            out.push('\n');
        }
        self.entries.iter().for_each(|entry| entry.tell(&mut out));
        if !self.rendered.is_empty() {
            out.push_str(&format!("\n{}", self.rendered));
        }
        out
    }
}

impl Entry {
    fn tell(&self, out: &mut String) {
        let title = plain(&self.title);
        let line = self.line;
        match (self.entry, self.level) {
            ("section", level) => {
                let marks = "#".repeat(usize::from(level.unwrap_or(1)));
                let role = self.role.map(|role| format!("  ({role})")).unwrap_or_default();
                out.push_str(&format!("\n{line:>6}  {marks} {title}{role}\n"));
            }
            ("code", _) => {
                let language = self.language.as_deref().map(plain).unwrap_or_default();
                out.push_str(&format!("{line:>6}    {:<8} {title}{}\n", "shown", tail(&[language])));
            }
            (entry, _) => {
                let kind = match (entry, self.kind) {
                    ("item", Some("ask")) if self.ticked => "[x]",
                    ("item", Some("ask")) => "[ ]",
                    (_, kind) => kind.unwrap_or_default(),
                };
                let facts = [
                    self.language.clone().unwrap_or_default(),
                    self.target.as_ref().map(|target| format!("on {target}")).unwrap_or_default(),
                    self.danger.unwrap_or_default().to_owned(),
                    self.id
                        .as_ref()
                        .filter(|_| self.kind != Some("ask"))
                        .map(|id| format!("#{id}"))
                        .unwrap_or_default(),
                ];
                out.push_str(&format!("{line:>6}    {kind:<8} {title}{}\n", tail(&facts)));
                if let Some(why) = &self.misread {
                    out.push_str(&format!("{:>6}             by hand: {}\n", "", plain(why)));
                }
                let lines: Vec<&str> = self.command.iter().flat_map(|command| command.lines()).collect();
                let most = if lines.len() == SHOWN + 1 { SHOWN + 1 } else { SHOWN };
                for line in lines.iter().take(most) {
                    let line = format!("{:>6}             │ {}", "", plain(line));
                    out.push_str(line.trim_end());
                    out.push('\n');
                }
                if lines.len() > most {
                    out.push_str(&format!("{:>6}             │ … {}\n", "", several(lines.len() - most, "more line")));
                }
            }
        }
    }
}

fn tail(facts: &[String]) -> String {
    let facts: Vec<&str> = facts.iter().map(String::as_str).filter(|fact| !fact.is_empty()).collect();
    if facts.is_empty() { String::new() } else { format!("  · {}", facts.join(" · ")) }
}

fn section_entry(section: &crate::domain::procedure::Section) -> Entry {
    let role = section.role.word();
    let title = words(&section.title);
    Entry { line: section.line, entry: "section", title, level: Some(section.level), role, ..Entry::default() }
}

fn part_entry(part: &Part, boxed: Option<bool>) -> Entry {
    let (language, command) = match &part.doing {
        Doing::Run(language, script) => (Some(language.word().to_owned()), Some(script.clone())),
        Doing::Request(method, address, body) => {
            (None, Some(format!("{method} {address}\n{body}").trim_end().to_owned()))
        }
        Doing::Shift(set, ..) => (None, Some(set.clone())),
        Doing::Check(service, probe) => (None, Some(format!("{service}/{probe}"))),
        Doing::Fact(fact) => (None, Some(fact.told())),
        Doing::Approve(quorum) => (None, Some(quorum.told())),
        Doing::Notify(channel, _) => (None, Some(channel.clone())),
        Doing::Call(procedure, _) => (None, Some(procedure.to_string())),
        Doing::Ask | Doing::Prompt(_) | Doing::Hold(..) | Doing::Decide(_) | Doing::Restart(_) => (None, None),
    };
    let targets: Vec<String> = part.options.targets.iter().map(ToString::to_string).collect();
    Entry {
        line: part.line,
        entry: if boxed.is_some() { "item" } else { "step" },
        title: words(&part.title),
        id: Some(part.id.to_string()),
        kind: Some(part.doing.word()),
        language,
        command,
        target: (!targets.is_empty()).then(|| targets.join(" ")),
        danger: part.options.danger.map(crate::domain::procedure::Danger::word),
        misread: part.misread.clone(),
        ticked: boxed == Some(true),
        ..Entry::default()
    }
}

fn input(input: &crate::domain::procedure::Input) -> Input {
    Input {
        line: input.line,
        name: input.name.to_string(),
        about: words(&input.about),
        secret: input.secret,
        optional: input.optional,
        default: input.default.clone(),
    }
}

fn mistake(mistake: &Mistake) -> Told {
    Told {
        line: mistake.line,
        column: mistake.column,
        severity: match mistake.severity {
            Severity::Mistake => "mistake",
            Severity::Warning => "warning",
        },
        message: mistake.message.clone(),
        hint: mistake.hint.clone(),
    }
}

fn words(text: &Foreign) -> String {
    String::from_utf8_lossy(text.raw()).into_owned()
}

fn plain(text: &str) -> String {
    Foreign::from(text).plain()
}

fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Several documents as JSON. What could act on a terminal, or can't be seen, is written as an escape.
pub fn json(outlines: &[Outline]) -> String {
    #[derive(Serialize)]
    struct All<'o> {
        version: u32,
        files: &'o [Outline],
    }
    let text = serde_json::to_string_pretty(&All { version: 1, files: outlines }).unwrap_or_default();
    let mut safe = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        let shown =
            c == '\n' || (c.is_ascii() && !c.is_control()) || crate::text::cell_allowed(c.encode_utf8(&mut [0; 4]));
        if !shown {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe.push('\n');
    safe
}
