//! Reads a query: `or` binds least, then `and` (also unsaid), then `!` and `not`.

use super::fields::Path;
use super::level;
use super::needle::Needle;
use super::test::{FieldTest, NameTest, Side, Test, ValueTest};
use super::value::Number;
use super::{Mistake, Tree};

/// Brackets within brackets, and tests in all.
const DEPTH: usize = 64;
const TESTS: usize = 64;

/// How a name and a value are compared, the longer signs first.
const OPERATORS: [(&str, Operator); 10] = [
    ("==", Operator::Side(Side::Equal)),
    ("!=", Operator::Side(Side::Unequal)),
    (">=", Operator::Side(Side::AtLeast)),
    ("<=", Operator::Side(Side::AtMost)),
    ("!~", Operator::Lacks),
    ("=", Operator::Side(Side::Equal)),
    (">", Operator::Side(Side::Greater)),
    ("<", Operator::Side(Side::Less)),
    ("~", Operator::Holds),
    (":", Operator::Called),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Side(Side),
    Holds,
    Lacks,
    /// `unit:backend`, which other words may contain as well.
    Called,
}

/// The names that are no fields of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Level,
    Host,
    Unit,
    Identifier,
    Process,
}

fn own(name: &str) -> Option<Own> {
    match name {
        "level" => Some(Own::Level),
        "host" => Some(Own::Host),
        "unit" => Some(Own::Unit),
        "id" => Some(Own::Identifier),
        "pid" => Some(Own::Process),
        _ => None,
    }
}

/// Reads all of it.
pub fn parse(text: &str) -> Result<Tree, Mistake> {
    let mut parser = Parser { text, at: 0, depth: 0, tests: 0 };
    let tree = parser.any()?;
    match parser.rest().is_empty() {
        true => Ok(tree),
        false => Err(mistake(parser.at, "no bracket is open that this one could close")),
    }
}

fn mistake(at: usize, what: impl Into<String>) -> Mistake {
    Mistake { at, what: what.into(), unfinished: false }
}

/// One that more letters may mend.
fn unfinished(at: usize, what: impl Into<String>) -> Mistake {
    Mistake { unfinished: true, ..mistake(at, what) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    tests: usize,
}

/// A value, where it begins, and whether it stood in quotes.
struct Value {
    text: String,
    at: usize,
    quoted: bool,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// A word that joins, if it stands here.
    fn joins(&self, words: [&str; 2]) -> Option<usize> {
        let rest = self.rest();
        let word = words.into_iter().find(|word| rest.starts_with(word))?;
        let behind = rest.get(word.len()..)?;
        (behind.is_empty() || behind.starts_with(|c: char| c.is_whitespace() || "()!\"/".contains(c)))
            .then_some(word.len())
    }

    fn any(&mut self) -> Result<Tree, Mistake> {
        let mut any = vec![self.all()?];
        while let Some(length) = self.joins(["or", "OR"]) {
            self.at += length;
            any.push(self.all()?);
        }
        Ok(joined(any, Tree::Any))
    }

    fn all(&mut self) -> Result<Tree, Mistake> {
        let mut all = Vec::new();
        loop {
            self.space();
            let is_end = self.rest().is_empty() || self.rest().starts_with(')') || self.joins(["or", "OR"]).is_some();
            let and = self.joins(["and", "AND"]);
            if is_end || (and.is_some() && all.is_empty()) {
                if all.is_empty() {
                    return Err(self.missing());
                }
                return Ok(joined(all, Tree::All));
            }
            self.at += and.unwrap_or(0);
            all.push(self.one()?);
        }
    }

    /// Something must stand here.
    fn missing(&self) -> Mistake {
        let rest = self.rest();
        let what = match self.text.get(..self.at).unwrap_or_default().trim_end() {
            before if before.trim().is_empty() && rest.is_empty() => "something to look for is missing",
            _ if rest.is_empty() => "something must follow here",
            _ => "something to look for must stand here; quotes make a word of it",
        };
        Mistake { unfinished: rest.is_empty(), ..mistake(self.at, what) }
    }

    fn one(&mut self) -> Result<Tree, Mistake> {
        self.space();
        let begin = self.at;
        let rest = self.rest();
        let not = if rest.starts_with('!') { Some(1) } else { self.joins(["not", "NOT"]) };
        if let Some(length) = not {
            self.deeper(begin)?;
            self.at += length;
            let tree = self.one()?;
            self.depth -= 1;
            return Ok(Tree::Not(Box::new(tree)));
        }
        if rest.is_empty() || rest.starts_with(')') || self.joins(["or", "OR"]).or(self.joins(["and", "AND"])).is_some()
        {
            return Err(self.missing());
        }
        if rest.starts_with('(') {
            self.deeper(begin)?;
            self.at += 1;
            let tree = self.any()?;
            if !self.rest().starts_with(')') {
                return Err(unfinished(begin, "this bracket is never closed"));
            }
            self.at += 1;
            self.depth -= 1;
            return Ok(tree);
        }
        self.tests += 1;
        if self.tests > TESTS {
            return Err(mistake(begin, format!("a query has at most {TESTS} tests")));
        }
        self.test().map(|test| Tree::Test(Box::new(test)))
    }

    fn deeper(&mut self, at: usize) -> Result<(), Mistake> {
        self.depth += 1;
        if self.depth > DEPTH { Err(mistake(at, "this goes too deep to be followed")) } else { Ok(()) }
    }

    fn test(&mut self) -> Result<Test, Mistake> {
        if self.rest().starts_with('"') {
            let value = self.quoted()?;
            return text(&value);
        }
        if let Some(needle) = self.regex()? {
            return Ok(Test::Text(needle));
        }
        let begin = self.at;
        if let Some((name, operator)) = self.comparison() {
            return self.compared(name, begin, operator);
        }
        let value = self.bare();
        text(&value)
    }

    /// `/…/`, where its end is the first slash with nothing behind it. `None` for a path such as `/api/v1`.
    fn regex(&mut self) -> Result<Option<Needle>, Mistake> {
        let begin = self.at;
        let Some(inside) = self.rest().strip_prefix('/') else { return Ok(None) };
        let (mut escaped, mut end) = (false, None);
        for (at, c) in inside.char_indices() {
            let behind = inside.get(at + 1..).unwrap_or_default();
            if c == '/'
                && !escaped
                && (behind.is_empty() || behind.starts_with(|c: char| c.is_whitespace() || c == ')'))
            {
                end = Some(at);
                break;
            }
            escaped = c == '\\' && !escaped;
        }
        let Some(end) = end else {
            let word = inside.split(char::is_whitespace).next().unwrap_or_default();
            if word.contains('/') {
                return Ok(None);
            }
            let what = "this regular expression is not closed by a /; a word that begins with / stands in quotes";
            return Err(unfinished(begin, what));
        };
        let pattern = inside.get(..end).unwrap_or_default();
        if pattern.is_empty() {
            return Err(mistake(begin, "a regular expression must stand between the slashes"));
        }
        let needle = Needle::regex(pattern).map_err(|unread| mistake(begin + 1 + unread.at, unread.what))?;
        self.at = begin + end + 2;
        Ok(Some(needle))
    }

    /// A name with an operator behind it, directly or with spaces on both sides.
    fn comparison(&mut self) -> Option<(&'a str, Operator)> {
        let rest = self.rest();
        let named = |c: char| c.is_ascii_alphanumeric() || "_.-@".contains(c);
        let length = rest.find(|c: char| !named(c)).unwrap_or(rest.len());
        let name = rest.get(..length).filter(|name| !name.is_empty() && !name.starts_with(['-', '@']))?;
        let behind = rest.get(length..)?;
        let gap = behind.len() - behind.trim_start().len();
        let (sign, operator) = OPERATORS.into_iter().find(|(sign, _)| behind.trim_start().starts_with(sign))?;
        let after = behind.get(gap + sign.len()..)?;
        if gap > 0 && (operator == Operator::Called || !(after.is_empty() || after.starts_with(char::is_whitespace))) {
            return None;
        }
        if operator == Operator::Called && (own(name).is_none() || after.starts_with("//")) {
            return None;
        }
        self.at += length + gap + sign.len();
        if gap > 0 {
            self.space();
        }
        Some((name, operator))
    }

    fn compared(&mut self, name: &str, begin: usize, operator: Operator) -> Result<Test, Mistake> {
        let rest = self.rest();
        if rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c == ')') {
            let what = format!("a value must follow behind {name}");
            return Err(Mistake { unfinished: rest.trim().is_empty(), ..mistake(self.at, what) });
        }
        let at = self.at;
        let regex = if matches!(operator, Operator::Holds | Operator::Lacks) { self.regex()? } else { None };
        let value = match &regex {
            Some(_) => Value { text: String::new(), at, quoted: false },
            None if rest.starts_with('"') => self.quoted()?,
            None => self.bare(),
        };
        let test = match (name.strip_prefix('.'), own(name)) {
            (None, Some(own)) => owned(own, operator, &value, regex),
            (field, _) => field_test(field.unwrap_or(name), begin, operator, &value, regex),
        };
        // The value may have been typed in part only.
        test.map_err(|wrong| Mistake { unfinished: self.rest().is_empty(), ..wrong })
    }

    fn quoted(&mut self) -> Result<Value, Mistake> {
        let at = self.at;
        let (mut text, mut escaped) = (String::new(), false);
        for (place, c) in self.rest().char_indices().skip(1) {
            match c {
                '"' if !escaped => {
                    self.at += place + 1;
                    return Ok(Value { text, at, quoted: true });
                }
                '\\' if !escaped => escaped = true,
                _ => {
                    // Only what would mean something else needs a backslash.
                    if escaped && c != '"' && c != '\\' {
                        text.push('\\');
                    }
                    text.push(c);
                    escaped = false;
                }
            }
        }
        Err(unfinished(at, "this quotation mark is never closed"))
    }

    /// Up to a space, or to a bracket that was not opened in it.
    fn bare(&mut self) -> Value {
        let rest = self.rest();
        let mut open = 0_usize;
        let end = rest.find(|c: char| match c {
            '(' => {
                open += 1;
                false
            }
            ')' if open == 0 => true,
            ')' => {
                open -= 1;
                false
            }
            _ => c.is_whitespace(),
        });
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let at = self.at;
        self.at += text.len();
        Value { text: text.to_owned(), at, quoted: false }
    }
}

fn joined(mut trees: Vec<Tree>, how: fn(Vec<Tree>) -> Tree) -> Tree {
    match (trees.len(), trees.pop()) {
        (1, Some(one)) => one,
        (_, last) => {
            trees.extend(last);
            how(trees)
        }
    }
}

fn text(value: &Value) -> Result<Test, Mistake> {
    if value.text.is_empty() {
        return Err(mistake(value.at, "something must stand between the quotation marks"));
    }
    word(value).map(Test::Text)
}

fn word(value: &Value) -> Result<Needle, Mistake> {
    Needle::word(&value.text).ok_or_else(|| mistake(value.at, "this is too long to be looked for"))
}

fn whole(value: &Value) -> Result<Needle, Mistake> {
    Needle::whole(&value.text, !value.quoted).ok_or_else(|| mistake(value.at, "this is too long to be looked for"))
}

fn owned(own: Own, operator: Operator, value: &Value, regex: Option<Needle>) -> Result<Test, Mistake> {
    match (own, operator) {
        (Own::Level, Operator::Side(_) | Operator::Called) => {
            let side = if let Operator::Side(side) = operator { side } else { Side::Equal };
            let level = level::number(&value.text);
            let names = level::LEVELS.join(", ");
            let level = level.ok_or_else(|| mistake(value.at, format!("a level is one of {names}")))?;
            Ok(Test::Level(side, level))
        }
        (Own::Process, Operator::Side(_) | Operator::Called) => {
            let side = if let Operator::Side(side) = operator { side } else { Side::Equal };
            let number =
                value.text.parse().map_err(|_| mistake(value.at, "the number of a process must stand here"))?;
            Ok(Test::Process(side, number))
        }
        (Own::Level | Own::Process, Operator::Holds | Operator::Lacks) => {
            Err(mistake(value.at.saturating_sub(1), "this is compared by = != > >= < <="))
        }
        (Own::Host | Own::Unit | Own::Identifier, _) => {
            let inverted = matches!(operator, Operator::Lacks | Operator::Side(Side::Unequal));
            let needle = match (operator, regex) {
                (_, Some(regex)) => regex,
                (Operator::Side(Side::Equal | Side::Unequal), None) => whole(value)?,
                (Operator::Called, None) if value.text.contains('*') && !value.quoted => whole(value)?,
                (Operator::Called | Operator::Holds | Operator::Lacks, None) => word(value)?,
                (Operator::Side(Side::Greater | Side::AtLeast | Side::Less | Side::AtMost), None) => {
                    return Err(mistake(value.at.saturating_sub(1), "a name is compared by : = != ~ !~"));
                }
            };
            let name = NameTest { needle, inverted };
            Ok(match own {
                Own::Host => Test::Host(name),
                Own::Unit => Test::Unit(name),
                Own::Identifier | Own::Level | Own::Process => Test::Identifier(name),
            })
        }
    }
}

fn field_test(
    name: &str,
    at: usize,
    operator: Operator,
    value: &Value,
    regex: Option<Needle>,
) -> Result<Test, Mistake> {
    let path = Path::new(name).ok_or_else(|| mistake(at, "this is no name of a field"))?;
    let number = Number::read(value.text.as_bytes());
    let value = match operator {
        Operator::Side(Side::Equal) if value.text == "*" && !value.quoted => ValueTest::There,
        Operator::Side(side @ (Side::Equal | Side::Unequal)) => {
            ValueTest::Whole { needle: whole(value)?, number, inverted: side == Side::Unequal }
        }
        Operator::Holds | Operator::Lacks | Operator::Called => {
            let needle = match regex {
                Some(regex) => regex,
                None => word(value)?,
            };
            ValueTest::Part { needle, inverted: operator == Operator::Lacks }
        }
        Operator::Side(side) => {
            let what = "a number must stand here, as 500, 1.5s or 2MiB; in quotes all of it is one word";
            ValueTest::Number(side, number.ok_or_else(|| mistake(value.at, what))?)
        }
    };
    Ok(Test::Field(FieldTest { path, value }))
}
