//! What looks like a secret is covered in lines of logs that leave the console: files, clipboard, notices (fault F11).
//!
//! Nobody declared these, so they are known by their looks alone: by the name of a field before them, by a prefix that
//! their issuer gives them, or by the armour of a private key. What looks like none is not found.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::Hash;

use regex::bytes::Regex;

use super::credentials::credentials_as;

/// What stands for one that was covered.
pub const COVER: &str = "[hidden]";

/// The name of a field whose value is one, a quotation mark behind it, and its sign.
const NAMED: &str = r#"(?ix-u)
    (?P<word> (?: password | passwd | passphrase ) [0-9]? | secret | token
      | (?: \b | _ | [a-z0-9]- ) (?: pass | pwd | jwt | t?otp | credentials? )
      | (?: api | access | private | secret | signing | encryption ) [-_.]? key (?: [-_.]? id )?
      | authorization | set-cookie | cookie | session [-_.]? id )
    (?P<quote> \\* ["'] )? \s* (?P<sign> => | = | : ) \s*"#;
/// The same as an option of a command.
const OPTION: &str = r"(?ix-u) -- (?: [a-z0-9]+ - )* (?: pass (?:word|wd|phrase)? | secret | token | api-?key ) \s+ (?P<value> [^\s-]\S* )";
/// What programs take behind an option of one letter, in their own command lines alone: that of another program means another
/// thing by it. A quotation mark may be one of JSON around it.
const COMMANDS: [&str; 3] = [
    r#"(?x-u) \b curl \b [^|;&\n]*? \s (?: -[A-Za-z]*u | --user | --proxy-user ) [\s=]* [^\s:"'-] [^\s:"']* : (?P<value> [^\s"'\\]+ )"#,
    r#"(?x-u) \b curl \b [^|;&\n]*? \s (?: -[A-Za-z]*u | --user | --proxy-user ) [\s=]* ["'] [^"':]+ : (?P<value> [^"'\\]+ )"#,
    r#"(?x-u) (?:
          \b (?: mysql (?: dump | admin | check | import | show )? | mariadb (?: -[a-z]+ )? ) \b [^|;&\n]*? \s -p
        | \b sshpass \s+ -p \s*
        | \b redis-cli \b [^|;&\n]*? \s -a \s+
      ) (?P<value> "[^\s"\\,:}\]][^"\\]*" | '[^'"\\]*' | [^\s"'\\]+ )"#,
];
/// What follows the name of a way to prove who one is: its parts by name, or a word.
const PROOF: &str = r#"(?ix-u) ^ (?: bearer | basic | digest | token | negotiate | ntlm | apikey ) \s+
    (?: (?: [a-z_-]+ \s* = \s* "[^"]*" (?: , \s* )? )+ | "[^"]*" | [^\s"',;\\]+ )"#;

/// What its issuer has marked: JSON web tokens, Amazon, GitHub, GitLab, Slack, Stripe, Google, npm.
const MARKED: &str = r"(?x)
    \b (?P<value>
        eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,3}
      | (?: AKIA | ASIA | ABIA | ACCA ) [A-Z0-9]{16}
      | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | glpat-[A-Za-z0-9_-]{16,}
      | xox[abeprs]-[A-Za-z0-9-]{8,} | (?: sk | rk | whsec ) _ (?: (?:live|test)_ )? [A-Za-z0-9]{16,}
      | AIza[A-Za-z0-9_-]{30,} | npm_[A-Za-z0-9]{30,} | sk- (?: proj | ant | svcacct ) -[A-Za-z0-9_-]{20,}
    )";

const KEY_BEGINS: &str = r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----";
const KEY_ENDS: &str = r"-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----";
/// A line in the armour of a key: base64, or a header of it.
const KEY_LINE: &str = r"^\s*(?:[A-Za-z0-9+/=\\]+|[A-Za-z-]+: .*)?\s*$";

/// Covers secrets line by line. `Speaker` is whoever wrote a line: a private key may be written in many.
#[derive(Debug)]
pub struct SecretCover<Speaker> {
    named: Option<Regex>,
    option: Option<Regex>,
    commands: Vec<Regex>,
    proof: Option<Regex>,
    marked: Option<Regex>,
    begins: Option<Regex>,
    ends: Option<Regex>,
    line: Option<Regex>,
    in_key: HashSet<Speaker>,
    count: u64,
}

impl<Speaker: Eq + Hash> Default for SecretCover<Speaker> {
    fn default() -> Self {
        let regex = |pattern| Regex::new(pattern).ok();
        Self {
            named: regex(NAMED),
            option: regex(OPTION),
            commands: COMMANDS.into_iter().filter_map(regex).collect(),
            proof: regex(PROOF),
            marked: regex(MARKED),
            begins: regex(KEY_BEGINS),
            ends: regex(KEY_ENDS),
            line: regex(KEY_LINE),
            in_key: HashSet::new(),
            count: 0,
        }
    }
}

impl<Speaker: Eq + Hash> SecretCover<Speaker> {
    /// How many were covered so far; a key that goes over many lines is one.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The line with what looks like a secret covered.
    pub fn covered<'a>(&mut self, speaker: Speaker, line: &'a [u8]) -> Cow<'a, [u8]> {
        let keyed = self.without_keys(speaker, line);
        let named = self.values(keyed);
        let options = replaced(self.option.as_ref(), named, &mut self.count);
        let mut commands = options;
        for command in &self.commands {
            commands = replaced(Some(command), commands, &mut self.count);
        }
        let marked = replaced(self.marked.as_ref(), commands, &mut self.count);
        let text = String::from_utf8_lossy(&marked);
        if !text.contains("://") {
            return marked;
        }
        let covered = credentials_as(&text, |_, out| out.push_str(COVER));
        if covered == text {
            return marked;
        }
        self.count += 1;
        Cow::Owned(covered.into_bytes())
    }

    /// Covers the value of each field whose name says that it is one.
    fn values<'a>(&mut self, text: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        let Self { named: Some(named), proof: Some(proof), count, .. } = self else { return text };
        let (mut out, mut from, mut at) = (Vec::new(), 0, 0);
        while let Some(found) = named.captures_at(&text, at) {
            let Some(all) = found.get(0) else { break };
            at = all.end();
            let part = |name: &str| found.name(name).map(|part| part.as_bytes()).unwrap_or_default();
            let rest = text.get(at..).unwrap_or_default();
            let Some(value) = Value::of(rest, part("word"), part("sign"), part("quote"), proof) else { continue };
            if value.inside(rest).is_empty() || value.inside(rest) == COVER.as_bytes() {
                at += value.length;
                continue;
            }
            out.extend_from_slice(text.get(from..at).unwrap_or_default());
            out.extend_from_slice(&value.mark);
            out.extend_from_slice(COVER.as_bytes());
            out.extend_from_slice(&value.mark);
            at += value.length;
            from = at;
            *count += 1;
        }
        if from == 0 {
            return text;
        }
        out.extend_from_slice(text.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Private keys, whole in one line or over many of one speaker.
    fn without_keys<'a>(&mut self, speaker: Speaker, text: &'a [u8]) -> Cow<'a, [u8]> {
        let (Some(begins), Some(ends), Some(line)) = (&self.begins, &self.ends, &self.line) else {
            return Cow::Borrowed(text);
        };
        let mut inside = self.in_key.contains(&speaker);
        if !inside && !begins.is_match(text) {
            return Cow::Borrowed(text);
        }
        let (mut out, mut rest) = (Vec::new(), text);
        loop {
            if !inside {
                let Some(begin) = begins.find(rest) else {
                    out.extend_from_slice(rest);
                    break;
                };
                out.extend_from_slice(rest.get(..begin.start()).unwrap_or_default());
                out.extend_from_slice(COVER.as_bytes());
                self.count += 1;
                rest = rest.get(begin.end()..).unwrap_or_default();
                inside = true;
            }
            match ends.find(rest) {
                Some(end) => {
                    // The line that ends it is one of its own.
                    if out.is_empty() {
                        out.extend_from_slice(COVER.as_bytes());
                    }
                    rest = rest.get(end.end()..).unwrap_or_default();
                    inside = false;
                }
                // A line that is none of a key ends it, so that a torn one hides nothing else.
                None if out.is_empty() && !line.is_match(rest) => {
                    out.extend_from_slice(rest);
                    inside = false;
                    break;
                }
                None => {
                    if out.is_empty() {
                        out.extend_from_slice(COVER.as_bytes());
                    }
                    break;
                }
            }
        }
        match inside {
            true => self.in_key.insert(speaker),
            false => self.in_key.remove(&speaker),
        };
        Cow::Owned(out)
    }
}

/// Covers each `value` that the expression finds, but what was covered already.
fn replaced<'a>(regex: Option<&Regex>, text: Cow<'a, [u8]>, count: &mut u64) -> Cow<'a, [u8]> {
    let Some(regex) = regex else { return text };
    let (mut out, mut from) = (Vec::new(), 0);
    for found in regex.captures_iter(&text).filter_map(|captures| captures.name("value")) {
        let (bytes, cover) = (found.as_bytes(), COVER.as_bytes());
        if bytes == cover || bytes.starts_with(cover.split_last().map_or(cover, |(_, cover)| cover)) {
            continue;
        }
        // Quotation marks stay, so that JSON stays JSON.
        let quoted = |mark: &[u8]| bytes.len() >= 2 * mark.len() && bytes.starts_with(mark) && bytes.ends_with(mark);
        let mark: &[u8] = [b"\\\"".as_slice(), b"\"", b"'"].into_iter().find(|mark| quoted(mark)).unwrap_or_default();
        if bytes.len() == 2 * mark.len() {
            continue;
        }
        out.extend_from_slice(text.get(from..found.start()).unwrap_or_default());
        out.extend_from_slice(mark);
        out.extend_from_slice(cover);
        out.extend_from_slice(mark);
        from = found.end();
        *count += 1;
    }
    if from == 0 {
        return text;
    }
    out.extend_from_slice(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// A value behind the name of a field.
struct Value {
    /// How long it is, with its quotation marks.
    length: usize,
    /// The quotation mark that stays at both ends, so that JSON stays JSON.
    mark: Vec<u8>,
    /// Bytes of quotation marks at each end.
    quoted: usize,
}

impl Value {
    /// The value at the beginning of `rest`.
    fn of(rest: &[u8], word: &[u8], sign: &[u8], quote: &[u8], proof: &Regex) -> Option<Self> {
        let slashes = rest.iter().take_while(|byte| **byte == b'\\').count();
        let open = *rest.get(slashes)?;
        if open == b'"' || (open == b'\'' && slashes == 0) {
            let mark = rest.get(..=slashes)?;
            return Some(Self::quoted(rest, mark));
        }
        if (open == b'{' || open == b'[') && !rest.starts_with(COVER.as_bytes()) {
            let length = balanced(rest).unwrap_or(rest.len());
            return Some(Self { length, mark: quote.to_vec(), quoted: 0 });
        }
        if let Some(found) = proof.find(rest) {
            return Some(Self { length: found.end(), mark: Vec::new(), quoted: 0 });
        }
        let is_cookie = word.to_ascii_lowercase().ends_with(b"cookie") && sign == b":";
        let ends = |byte: &u8| match *byte {
            b'"' | b'\\' => true,
            b' ' | b'\t' | b'\n' | b'\'' | b'&' => !is_cookie,
            // Behind a colon such a sign parts members; behind an equals sign it may be a part of the value.
            b',' | b';' | b')' | b'}' | b']' => !is_cookie && sign == b":" && !rest.starts_with(COVER.as_bytes()),
            _ => false,
        };
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        let tail = rest.get(..length)?.iter().rev().take_while(|byte| b",;)".contains(byte)).count();
        let length = if tail < length { length - tail } else { length };
        // A number or word of JSON becomes a text of it.
        let mark = if sign == b":" && quote.last() == Some(&b'"') { quote.to_vec() } else { Vec::new() };
        (length > 0).then_some(Self { length, mark, quoted: 0 })
    }

    /// In quotation marks; one that never ends goes to the end of the line.
    fn quoted(rest: &[u8], mark: &[u8]) -> Self {
        let mut at = mark.len();
        while at < rest.len() {
            let here = rest.get(at..).unwrap_or_default();
            if here.starts_with(mark) {
                return Self { length: at + mark.len(), mark: mark.to_vec(), quoted: mark.len() };
            }
            // In JSON a mark of its own stands behind one more backslash than this one.
            let slashes = here.iter().take_while(|byte| **byte == b'\\').count();
            at += if slashes > 0 && mark.last() == Some(&b'"') { slashes + 1 } else { 1 };
        }
        Self { length: rest.len(), mark: mark.to_vec(), quoted: mark.len() }
    }

    /// What is to be covered.
    fn inside<'a>(&self, rest: &'a [u8]) -> &'a [u8] {
        rest.get(self.quoted..self.length.saturating_sub(self.quoted)).unwrap_or_default()
    }
}

/// Where the brackets that open here are all closed; brackets in quotation marks do not count.
fn balanced(rest: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut at) = (0_usize, false, 0);
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => in_string = !in_string,
            // Where the quotation marks themselves stand behind a backslash they part strings too.
            b'\\' if rest.get(at + 1) == Some(&b'\\') => at += 1,
            b'\\' if in_string && rest.get(at + 1) == Some(&b'"') && depth > 0 && !is_escaped(rest) => at += 1,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Whether the quotation marks within these brackets stand behind backslashes, as in JSON within JSON.
fn is_escaped(rest: &[u8]) -> bool {
    let first = rest.iter().position(|byte| *byte == b'"');
    first.and_then(|at| rest.get(at.checked_sub(1)?)) == Some(&b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covered(lines: &[&str]) -> (Vec<String>, u64) {
        let mut cover = SecretCover::default();
        let shown = lines.iter().map(|line| String::from_utf8_lossy(&cover.covered(1, line.as_bytes())).into_owned());
        (shown.collect(), cover.count())
    }

    #[test]
    fn f11_what_looks_like_a_secret_is_covered() {
        for (text, shown) in [
            ("login failed password=hunter2 user=ada", "login failed password=[hidden] user=ada"),
            (r#"{"user":"ada","password":"hun ter2","n":1}"#, r#"{"user":"ada","password":"[hidden]","n":1}"#),
            (r#"body={\"apiKey\":\"k-1 2\",\"n\":1}"#, r#"body={\"apiKey\":\"[hidden]\",\"n\":1}"#),
            ("Authorization: Bearer abc.def-123, retried", "Authorization: [hidden], retried"),
            ("authorization=Basic YWRhOmh1c2g=", "authorization=[hidden]"),
            ("DB_PASSWORD='a b' started", "DB_PASSWORD='[hidden]' started"),
            ("POST /x?token=abc123&page=2", "POST /x?token=[hidden]&page=2"),
            ("client_secret: s3cr3t; next", "client_secret: [hidden]; next"),
            ("Cookie: sid=1a; theme=dark", "Cookie: [hidden]"),
            ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [hidden]"),
            ("with AKIAIOSFODNN7EXAMPLE in eu", "with [hidden] in eu"),
            ("got eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2 back", "got [hidden] back"),
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[hidden]"),
            ("charged with sk_live_0123456789abcdefghij", "charged with [hidden]"),
            ("at postgres://ada:hush@db:5432/shop", "at postgres://[hidden]@db:5432/shop"),
            (r#"{"password"=>"hunter2", "n"=>1}"#, r#"{"password"=>"[hidden]", "n"=>1}"#),
            (r#"{"password":"hun\"ter2","n":1}"#, r#"{"password":"[hidden]","n":1}"#),
            (r#"{"Authorization":["Bearer s3"],"n":1}"#, r#"{"Authorization":"[hidden]","n":1}"#),
            (r#"{"password":{"raw":"x}","a":{}},"n":1}"#, r#"{"password":"[hidden]","n":1}"#),
            (r#"{"b":"{\"password\":{\"raw\":\"x\"},\"n\":1}"}"#, r#"{"b":"{\"password\":\"[hidden]\",\"n\":1}"}"#),
            (r#"Authorization: Token token="s3", then"#, "Authorization: [hidden]then"),
            ("Authorization: Negotiate YIIabc= and", "Authorization: [hidden] and"),
            (r#"Authorization: Digest username="a", response="b""#, "Authorization: [hidden]"),
            (r#"{"accessToken":"x","n":1}"#, r#"{"accessToken":"[hidden]","n":1}"#),
            ("dbPassword=ab,cd)x next", "dbPassword=[hidden] next"),
            ("PGPASSWORD=x psql", "PGPASSWORD=[hidden] psql"),
            ("mysql --password hunter2 -u x", "mysql --password [hidden] -u x"),
            ("login of ada with otp=123456 ok", "login of ada with otp=[hidden] ok"),
            (r#"{"password2":"hunter2","n":1}"#, r#"{"password2":"[hidden]","n":1}"#),
            ("COMMAND=/usr/bin/curl -sSu bo:pw3 https://h/x", "COMMAND=/usr/bin/curl -sSu bo:[hidden] https://h/x"),
            ("curl --user 'bo:p w' -o x h", "curl --user 'bo:[hidden]' -o x h"),
            ("mysqldump -u bo -phunter6 shop", "mysqldump -u bo -p[hidden] shop"),
            ("sshpass -p 'hun ter' ssh h", "sshpass -p '[hidden]' ssh h"),
            ("sk-proj-0123456789abcdefghijABCD", "[hidden]"),
            (r#"{"password":1234,"n":1}"#, r#"{"password":"[hidden]","n":1}"#),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nbehind", "[hidden]\nbehind"),
        ] {
            assert_eq!(covered(&[text]), (vec![shown.to_owned()], 1), "{text}");
        }
    }

    #[test]
    fn f11_broken_bytes_uncover_nothing() {
        let mut cover = SecretCover::default();
        let shown = cover.covered(1, b"\xff password=\"h\xe9\" at postgres://ada:hush@db").into_owned();
        let shown = String::from_utf8_lossy(&shown).into_owned();
        assert!(!shown.contains("hush") && shown.contains("password=\"[hidden]\""), "{shown}");
    }

    #[test]
    fn f11_a_key_over_many_lines_of_one_speaker_is_one() {
        let lines = [
            "key is -----BEGIN PRIVATE KEY-----",
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
            "-----END PRIVATE KEY----- and on",
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        ];
        assert_eq!(
            covered(&lines),
            (vec!["key is [hidden]".into(), "[hidden]".into(), "[hidden] and on".into(), lines[3].into()], 1)
        );
        // Of one that is torn nothing but its own lines is hidden.
        let torn = ["-----BEGIN PRIVATE KEY-----", "MIIE", "listening on port 3005", "MIIE"];
        assert_eq!(covered(&torn).0, ["[hidden]", "[hidden]", "listening on port 3005", "MIIE"]);
        // What another says meanwhile stays.
        let mut cover = SecretCover::default();
        cover.covered("one", b"-----BEGIN PRIVATE KEY-----");
        assert_eq!(&*cover.covered("two", b"abc"), b"abc");
    }

    #[test]
    fn f11_what_is_none_stays() {
        for text in [
            "password is wrong for ada",
            "tokens=12 used",
            "compass=north token_count=3",
            r#"{"password":"","n":1}"#,
            "secretary: Ms Smith was told",
            "GET /password/reset 200",
            "eyJhbGciOiJIUzI1 alone",
            "-----BEGIN CERTIFICATE-----",
            "mysql -u bo -p shop",
            r#"{"c":"sshpass -p ","d":"x","e":"curl -u ","f":"a:b"}"#,
            "curl -u bo https://h/x",
            "docker run -p8080:80 web",
            "find / -perm 700 -user bo:x",
            "otpauth is on, totp was asked for",
            "https://host/a@b",
        ] {
            assert_eq!(covered(&[text]), (vec![text.to_owned()], 0), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Whatever comes, it does not fail, what was covered is not covered again, and no JSON is broken by it.
        #[test]
        fn f11_covering_twice_is_covering_once(text in ".{0,80}", value in "[a-z0-9 ]{1,20}") {
            let once = covered(&[&text]).0.remove(0);
            prop_assert_eq!(&covered(&[&once]).0.remove(0), &once);
            let json = serde_json::json!({ "text": text, "password": value }).to_string();
            let shown = covered(&[&json]).0.remove(0);
            let read: serde_json::Value = serde_json::from_str(&shown).unwrap_or_default();
            prop_assert_eq!(read["password"].as_str(), Some(COVER), "{}", shown);
        }
    }
}
