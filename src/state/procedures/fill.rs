//! A part's text made ready to run: placeholders filled in, and the variables that it finds.

use std::ops::Range;

use super::expand::Item;
use super::missing::{Asked, Gap};
use super::scope::{Found, Scope};
use crate::domain::InputName;
use crate::domain::phrase::{Phrase, Piece};
use crate::domain::procedure::{Language, Script};
use crate::runtimes::job::reads_again;
use crate::runtimes::query_text::{Query, insert_query, query_gaps};
use crate::runtimes::shell_text::{
    Filler, GapShape, GapSpan, Scan, Unquotable, Use, gaps, gaps_where, insert, is_harmless, scan, sets, unset, used,
};
use crate::text::Foreign;

/// What comes into one gap.
enum Filled {
    Value(String),
    Variable(InputName),
    /// It stays as it stands.
    Left,
    /// It was asked for, or is refused.
    Not,
}

/// Makes a script of a part's text; whatever is missing is noted in the scope.
pub(super) fn script(scope: &mut Scope<'_>, item: &Item<'_>, language: Language, text: &str) -> Script {
    let mut script = Script { language, text: text.to_owned(), ..Script::default() };
    match language {
        Language::Sh | Language::Bash => {
            script.text = shell(scope, item, text, &mut script.variables, &mut script.captured, &mut script.secrets);
        }
        Language::Sql => script.text = query(scope, item, text, Query::Sql),
        Language::PromQl => script.text = query(scope, item, text, Query::PromQl),
    }
    script.folder = item.options.folder.as_deref().map(|folder| self::folder(scope, item, folder));
    if let Some(with) = item.options.with.as_deref().filter(|_| !language.is_shell()) {
        let with = shell(scope, item, with, &mut script.variables, &mut script.captured, &mut script.secrets);
        script.with = Some(with);
    }
    for (name, value) in &script.variables {
        if !is_harmless(value.as_bytes()) && reads_again(&script, name) {
            scope.wrong(&item.id, item.part.line, format!("{name} can't be given to it: {}", Unquotable::Evaluated));
        }
    }
    script
}

/// The folder of a part, with what it is made of.
fn folder(scope: &mut Scope<'_>, item: &Item<'_>, folder: &str) -> String {
    let mut asked = false;
    for one in scan(folder).uses {
        if matches!(scope.value(item, &one.name), Found::Nothing | Found::Refused(_)) {
            asked |= scope.ask_input(item, &one.name);
        }
    }
    match scope.substituted(item, folder) {
        Ok(folder) => return folder,
        // It has been asked for.
        Err(_) if asked => {}
        Err(why) => scope.wrong(&item.id, item.part.line, format!("its folder: {why}")),
    }
    folder.to_owned()
}

fn shell(
    scope: &mut Scope<'_>,
    item: &Item<'_>,
    text: &str,
    variables: &mut Vec<(InputName, String)>,
    captured: &mut Vec<InputName>,
    secrets: &mut Vec<InputName>,
) -> String {
    let seen = scan(text);
    let mut filled: Vec<(Range<usize>, Filled)> = Vec::new();
    for gap in gaps(text, &seen) {
        let fill = self::gap(scope, item, text, &gap);
        if let Filled::Variable(name) = &fill {
            variable(scope, item, name, variables, captured, secrets);
        }
        filled.push((gap.at, fill));
    }
    // Whatever it uses, and whatever it may use in a way that can't be seen, such as `${!name}`.
    let mut names: Vec<String> = used(&seen).map(|one| one.name.clone()).collect();
    let words: Vec<&str> = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let hidden = |name: &String| words.contains(&name.as_str());
    let open = |name: &String| matches!(scope.value(item, name), Found::Open(_) | Found::Later);
    let more: Vec<String> = scope.names(item).into_iter().filter(|name| hidden(name) && open(name)).collect();
    names.extend(more);
    for name in names {
        if let Ok(name) = InputName::new(&name) {
            variable(scope, item, &name, variables, captured, secrets);
        }
    }
    for missing in unset(text, &seen) {
        let told = format!("${}", missing.name);
        if scope.value(item, &missing.name) != Found::Nothing {
            continue;
        }
        if scope.is_left(&missing.name, &told) {
            // Whoever goes on with the run leaves it too.
            scope.note(&missing.name, Some(&told));
        } else if !scope.ask_input(item, &missing.name) {
            let gap = Gap {
                key: missing.name.clone(),
                text: told,
                part: item.id.clone(),
                line: line(text, missing.at.start),
                suggestion: None,
                refused: None,
            };
            scope.ask_gap(gap, Asked::Variable);
        }
    }
    captures(scope, item, text, &seen);
    if filled.iter().any(|(_, fill)| matches!(fill, Filled::Not)) {
        return text.to_owned();
    }
    let fills: Vec<(Range<usize>, Filler<'_>)> = filled
        .iter()
        .filter_map(|(at, fill)| match fill {
            Filled::Value(value) => Some((at.clone(), Filler::Value(value))),
            Filled::Variable(name) => Some((at.clone(), Filler::Variable(name))),
            Filled::Left | Filled::Not => None,
        })
        .collect();
    if fills.is_empty() {
        return text.to_owned();
    }
    insert(text, &fills).unwrap_or_else(|why| {
        scope.wrong(&item.id, item.part.line, why);
        text.to_owned()
    })
}

/// Asks for whatever a part of the procedure would give that is not among those done: an empty value could make another
/// command of it, up to one for the folder above.
fn captures(scope: &mut Scope<'_>, item: &Item<'_>, text: &str, seen: &Scan) {
    let open = |scope: &Scope<'_>, one: &Use| {
        let missing = || match scope.value(item, &one.name) {
            Found::Nothing => true,
            Found::Open(value) => value.trim().is_empty(),
            Found::Secret | Found::Later | Found::Refused(_) => false,
        };
        !one.guarded && scope.is_captured(item, &one.name) && missing()
    };
    let wanted: Vec<&Use> = used(seen).filter(|one| open(scope, one)).collect();
    if wanted.is_empty() {
        return;
    }
    let own = sets(text);
    for one in wanted.into_iter().filter(|one| !own.iter().any(|sets| sets.name == one.name)) {
        let gap = Gap {
            key: one.name.clone(),
            text: format!("${}", one.name),
            part: item.id.clone(),
            line: line(text, one.at.start),
            suggestion: None,
            refused: None,
        };
        scope.ask_gap(gap, Asked::Capture);
    }
}

/// Notes how a variable gets its value, once; nothing for one that nobody knows.
fn variable(
    scope: &mut Scope<'_>,
    item: &Item<'_>,
    name: &InputName,
    variables: &mut Vec<(InputName, String)>,
    captured: &mut Vec<InputName>,
    secrets: &mut Vec<InputName>,
) {
    match scope.value(item, name.as_str()) {
        Found::Open(value) => {
            scope.note_if_answered(name, &value);
            if !variables.iter().any(|(known, _)| known == name) {
                variables.push((name.clone(), value));
            }
        }
        Found::Later if !captured.contains(name) => captured.push(name.clone()),
        Found::Secret => {
            scope.note_later(item, name.as_str());
            if !secrets.contains(name) {
                secrets.push(name.clone());
            }
        }
        Found::Later => {}
        Found::Nothing => {
            let declared = item.frame.procedure.header.inputs.iter().any(|input| input.name == *name);
            if declared {
                scope.ask_input(item, name.as_str());
            }
        }
        Found::Refused(why) => {
            if !scope.ask_input(item, name.as_str()) {
                scope.wrong(&item.id, item.part.line, format!("{name}: {why}"));
            }
        }
    }
}

/// What fills a placeholder.
fn gap(scope: &mut Scope<'_>, item: &Item<'_>, text: &str, gap: &GapSpan) -> Filled {
    let told = text.get(gap.at.clone()).unwrap_or_default();
    if scope.is_left(&gap.key, told) {
        scope.note(&gap.key, Some(told));
        return Filled::Left;
    }
    if let Some(name) = scope.by_key(item, &gap.key) {
        match (scope.value(item, &name), InputName::new(&name)) {
            (Found::Open(value), _) => {
                scope.note(&name, Some(&value));
                return Filled::Value(value);
            }
            (Found::Secret | Found::Later, Ok(name)) => return Filled::Variable(name),
            (Found::Refused(_) | Found::Nothing, _) if scope.ask_input(item, &name) => return Filled::Not,
            (Found::Refused(why), _) => {
                scope.wrong(&item.id, item.part.line, format!("{name}: {why}"));
                return Filled::Not;
            }
            (Found::Secret | Found::Later | Found::Nothing, _) => {}
        }
    }
    let answer = scope.answer(&gap.key);
    let refused = answer.and_then(|value| crate::runtimes::shell_text::quotable(value.as_bytes()).err());
    match (answer, refused) {
        (Some(value), None) => {
            scope.note(&gap.key, Some(value));
            Filled::Value(value.to_owned())
        }
        (_, refused) => {
            let suggestion = match gap.shape {
                GapShape::Stamp => scope.now().map(|now| stamp(told, now)),
                GapShape::Angle | GapShape::Braces => {
                    let inside = told.trim_matches(['<', '>']);
                    scope.now().filter(|_| inside.starts_with("YYYY")).map(|now| stamp(inside, now))
                }
            };
            let asked = Gap {
                key: gap.key.clone(),
                text: told.to_owned(),
                part: item.id.clone(),
                line: line(text, gap.at.start),
                suggestion,
                refused: refused.map(|why| why.to_string()),
            };
            scope.ask_gap(asked, Asked::Placeholder);
            Filled::Not
        }
    }
}

/// Words that people read: their placeholders filled in, and a script that holds what their variables stand for as far as
/// that is known. What nobody knows stays as it stands, and no secret is among them.
pub(super) fn words(scope: &mut Scope<'_>, item: &Item<'_>, phrase: &Phrase) -> (Phrase, Script) {
    let mut script = Script::default();
    let mut pieces = Vec::new();
    for piece in phrase.pieces() {
        match piece {
            Piece::Variable(name) => pieces.push(said(scope, item, name, &mut script)),
            Piece::Plain(text) => {
                let mut from = 0;
                for one in gaps_where(text, |_| true, |_| false) {
                    pieces.push(Piece::Plain(text.get(from..one.at.start).unwrap_or_default().to_owned()));
                    pieces.push(match gap(scope, item, text, &one) {
                        Filled::Value(value) => Piece::Plain(value),
                        Filled::Variable(name) => said(scope, item, &name, &mut script),
                        Filled::Left | Filled::Not => {
                            Piece::Plain(text.get(one.at.clone()).unwrap_or_default().to_owned())
                        }
                    });
                    from = one.at.end;
                }
                pieces.push(Piece::Plain(text.get(from..).unwrap_or_default().to_owned()));
            }
        }
    }
    (Phrase::of(pieces), script)
}

/// A variable of words: as what it stands in them.
fn said(scope: &mut Scope<'_>, item: &Item<'_>, name: &InputName, script: &mut Script) -> Piece {
    match scope.value(item, name.as_str()) {
        Found::Open(value) => {
            scope.note_if_answered(name, &value);
            if !script.variables.iter().any(|(known, _)| known == name) {
                script.variables.push((name.clone(), value));
            }
        }
        Found::Later if !script.captured.contains(name) => script.captured.push(name.clone()),
        Found::Later => {}
        Found::Secret => return Piece::Plain(format!("({name} is a secret)")),
        Found::Nothing if scope.ask_input(item, name.as_str()) => {}
        Found::Nothing => return Piece::Plain(format!("${name}")),
        Found::Refused(why) => {
            if !scope.ask_input(item, name.as_str()) {
                scope.wrong(&item.id, item.part.line, format!("{name}: {why}"));
            }
        }
    }
    Piece::Variable(name.clone())
}

fn query(scope: &mut Scope<'_>, item: &Item<'_>, text: &str, query: Query) -> String {
    let mut fills: Vec<(Range<usize>, String)> = Vec::new();
    let mut missing = false;
    for one in query_gaps(text, query) {
        match gap(scope, item, text, &one) {
            Filled::Value(value) => fills.push((one.at, value)),
            Filled::Left => {}
            Filled::Not => missing = true,
            Filled::Variable(name) => {
                let why = format!("{name} is known only when it runs, and a query has no variables of the shell");
                scope.wrong(&item.id, item.part.line, why);
                missing = true;
            }
        }
    }
    if missing || fills.is_empty() {
        return text.to_owned();
    }
    let fills: Vec<(Range<usize>, &str)> = fills.iter().map(|(at, value)| (at.clone(), value.as_str())).collect();
    insert_query(text, query, &fills).unwrap_or_else(|why| {
        scope.wrong(&item.id, item.part.line, why);
        text.to_owned()
    })
}

/// A stamp's pattern with a time in it.
fn stamp(pattern: &str, now: jiff::civil::DateTime) -> String {
    let (date, time) = pattern.split_at(pattern.find('H').unwrap_or(pattern.len()));
    let date = date
        .replace("YYYY", &format!("{:04}", now.year()))
        .replace("MM", &format!("{:02}", now.month()))
        .replace("DD", &format!("{:02}", now.day()));
    let time = time
        .replace("HH", &format!("{:02}", now.hour()))
        .replace("MM", &format!("{:02}", now.minute()))
        .replace("SS", &format!("{:02}", now.second()));
    date + &time
}

/// The line of a text in which a byte stands.
fn line(text: &str, at: usize) -> Foreign {
    let from = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let line = text.get(from..).unwrap_or_default().lines().next().unwrap_or_default();
    Foreign::from(line.trim())
}
