//! The grade of SQL: statement by statement, by its words and the functions it calls.

use crate::domain::procedure::Danger;

/// One piece of a statement: a word in capitals, or any other character that matters.
#[derive(Debug, PartialEq)]
enum Piece {
    Word(String),
    Mark(char),
    /// A text or a name in quotes.
    Quoted,
}

/// The grade of a text of SQL.
pub(super) fn sql(text: &str) -> Danger {
    // Elsewhere than at the beginning of a line, and with a second one or with backticks, they run what they are told.
    // `\\G` only says how MySQL prints; psql has none.
    let shown = text.replace("\\G;", ";").replace("\\G\n", ";\n");
    let shown = shown.strip_suffix("\\G").map_or(shown.clone(), str::to_owned);
    let text = shown.as_str();
    let Some(pieces) = pieces(text) else { return Danger::Change };
    let hides = text.lines().map(str::trim).any(|line| match line.strip_prefix('\\') {
        Some(rest) => rest.contains(['\\', '`']),
        None => line.contains('\\'),
    });
    if hides {
        return Danger::Change.max(statements(&pieces));
    }
    let meta = text.lines().map(str::trim).filter(|line| line.starts_with('\\'));
    let meta = meta.map(slashed).max().unwrap_or(Danger::Read);
    statements(&pieces).max(meta)
}

fn statements(pieces: &[Piece]) -> Danger {
    let statements = pieces.split(|piece| *piece == Piece::Mark(';'));
    statements.filter(|statement| !statement.is_empty()).map(statement).max().unwrap_or(Danger::Read)
}

/// Commands of psql's own.
fn slashed(line: &str) -> Danger {
    let name: String = line.chars().skip(1).take_while(|c| c.is_ascii_alphabetic()).collect();
    let describes = name.starts_with('d') && !name.starts_with("do");
    let known =
        ["l", "z", "conninfo", "encoding", "timing", "x", "pset", "q", "echo", "sf", "sv"].contains(&name.as_str());
    if describes || known { Danger::Read } else { Danger::Change }
}

/// The pieces of a text without comments; none when it holds what servers read in different ways.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            // MySQL takes `--1` for a calculation.
            '-' if behind.starts_with('-') && behind.get(1..2).is_some_and(|next| !" \t\r\n-".contains(next)) => {
                return None;
            }
            '-' if behind.starts_with('-') => rest.split_once('\n').map_or("", |(_, next)| next),
            '/' if behind.starts_with('*') => {
                // Some servers run what stands in `/*! … */`.
                let inside = behind.strip_prefix('*')?;
                if inside.starts_with('!') || inside.starts_with('+') && inside.contains('!') {
                    return None;
                }
                inside.split_once("*/").map(|(_, next)| next)?
            }
            '\'' | '"' | '`' => {
                let (inside, next) = behind.split_once(c)?;
                if inside.contains('\\') {
                    return None;
                }
                out.push(Piece::Quoted);
                next
            }
            '$' if behind.starts_with('$') => return None,
            '\\' if out.is_empty() || rest.len() == text.len() => rest.split_once('\n').map_or("", |(_, next)| next),
            '\\' => {
                // A command of psql's own on a line of its own; it has been looked at.
                out.push(Piece::Mark(';'));
                rest.split_once('\n').map_or("", |(_, next)| next)
            }
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                let (word, next) = rest.split_at(end);
                if word.contains("$$") || (word.contains('$') && next.contains(word)) {
                    return None;
                }
                out.push(Piece::Word(word.to_uppercase()));
                next
            }
            c if c.is_whitespace() => behind,
            c => {
                out.push(Piece::Mark(c));
                behind
            }
        };
    }
    Some(out)
}

/// Words that change something wherever they stand in a statement.
const ACTS: &[&str] = &[
    "INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "DROP", "TRUNCATE", "ALTER", "CREATE", "GRANT", "REVOKE", "COPY",
    "CALL", "DO", "LOCK", "VACUUM", "REINDEX", "CLUSTER", "REFRESH", "NOTIFY", "EXECUTE", "PREPARE", "SET", "RESET",
    "LOAD", "REPLACE", "HANDLER", "OUTFILE", "DUMPFILE", "IMPORT", "ATTACH", "DETACH", "SHARE",
];
/// Words with which a statement that reads begins.
const READS: &[&str] = &["SELECT", "EXPLAIN", "SHOW", "DESCRIBE", "DESC", "WITH", "VALUES", "TABLE"];

fn statement(pieces: &[Piece]) -> Danger {
    let word = |at: usize| match pieces.get(at) {
        Some(Piece::Word(word)) => word.as_str(),
        Some(Piece::Mark(_) | Piece::Quoted) | None => "",
    };
    let begins = (0..pieces.len()).map(word).find(|word| !word.is_empty()).unwrap_or_default();
    let mut danger = if READS.contains(&begins) { Danger::Read } else { Danger::Change };
    for (at, piece) in pieces.iter().enumerate() {
        // A function whose name is quoted.
        if *piece == Piece::Quoted && pieces.get(at + 1) == Some(&Piece::Mark('(')) {
            danger = danger.max(Danger::Change);
        }
        let Piece::Word(here) = piece else { continue };
        let before = at.checked_sub(1).map(word).unwrap_or_default();
        // A column or a table may have such a name behind a dot.
        if at > 0 && pieces.get(at - 1) == Some(&Piece::Mark('.')) && pieces.get(at + 1) != Some(&Piece::Mark('(')) {
            continue;
        }
        let shows = begins == "SHOW" && here == "CREATE" && before == "SHOW";
        if ACTS.contains(&here.as_str()) && !shows {
            danger = danger.max(Danger::Change);
        }
        let row_lock = matches!(before, "FOR" | "ON" | "DO" | "KEY");
        let gone = match here.as_str() {
            "DROP" | "TRUNCATE" => true,
            "DELETE" => !row_lock && !has_where(pieces, at),
            "UPDATE" => !row_lock && !has_where(pieces, at),
            _ => false,
        };
        if gone {
            return Danger::Destructive;
        }
        let called = pieces.get(at + 1) == Some(&Piece::Mark('('));
        if called && !is_harmless_before_parenthesis(here) {
            danger = danger.max(Danger::Change);
        }
    }
    danger
}

/// Whether a WHERE follows in the same parentheses.
fn has_where(pieces: &[Piece], at: usize) -> bool {
    let mut depth = 0i32;
    for piece in pieces.iter().skip(at) {
        match piece {
            Piece::Mark('(') => depth += 1,
            Piece::Mark(')') if depth == 0 => return false,
            Piece::Mark(')') => depth -= 1,
            Piece::Word(word) if word == "WHERE" && depth == 0 => return true,
            Piece::Word(_) | Piece::Mark(_) | Piece::Quoted => {}
        }
    }
    false
}

/// Words of the language, and functions that only compute or look.
fn is_harmless_before_parenthesis(word: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "IN",
        "AND",
        "OR",
        "NOT",
        "FROM",
        "JOIN",
        "AS",
        "ON",
        "USING",
        "WHERE",
        "SELECT",
        "VALUES",
        "EXISTS",
        "ANY",
        "ALL",
        "SOME",
        "OVER",
        "FILTER",
        "BY",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "LATERAL",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "EXPLAIN",
        "MATERIALIZED",
        "WITHIN",
        "GROUP",
        "DISTINCT",
        "ARRAY",
        "ROW",
        "SETS",
        "ROLLUP",
        "CUBE",
        "BETWEEN",
        "INTERVAL",
        "WITH",
        "IS",
        "LIKE",
        "VARCHAR",
        "CHAR",
        "NUMERIC",
        "DECIMAL",
        "TIMESTAMP",
        "TIME",
    ];
    const FUNCTIONS: &[&str] = &[
        "COUNT",
        "SUM",
        "MIN",
        "MAX",
        "AVG",
        "COALESCE",
        "NULLIF",
        "NOW",
        "DATE_TRUNC",
        "EXTRACT",
        "AGE",
        "TO_CHAR",
        "TO_TIMESTAMP",
        "TO_DATE",
        "DATE_PART",
        "DATE",
        "LOWER",
        "UPPER",
        "INITCAP",
        "SUBSTRING",
        "SUBSTR",
        "LENGTH",
        "CHAR_LENGTH",
        "ROUND",
        "TRUNC",
        "CEIL",
        "CEILING",
        "FLOOR",
        "ABS",
        "CAST",
        "CONVERT",
        "CONCAT",
        "CONCAT_WS",
        "TRIM",
        "LTRIM",
        "RTRIM",
        "LEFT",
        "RIGHT",
        "POSITION",
        "SPLIT_PART",
        "FORMAT",
        "GREATEST",
        "LEAST",
        "UNNEST",
        "GENERATE_SERIES",
        "STRING_AGG",
        "ARRAY_AGG",
        "ARRAY_LENGTH",
        "CARDINALITY",
        "BOOL_AND",
        "BOOL_OR",
        "ROW_NUMBER",
        "RANK",
        "DENSE_RANK",
        "LAG",
        "LEAD",
        "FIRST_VALUE",
        "LAST_VALUE",
        "NTILE",
        "PERCENTILE_CONT",
        "PERCENTILE_DISC",
        "STDDEV",
        "VARIANCE",
        "MODE",
        "VERSION",
        "CURRENT_SETTING",
        "CURRENT_DATABASE",
        "CURRENT_USER",
        "CURRENT_SCHEMA",
        "MD5",
        "ENCODE",
        "DECODE",
        "TO_JSON",
        "TO_JSONB",
        "ROW_TO_JSON",
        "JSON_AGG",
        "JSONB_AGG",
        "JSON_BUILD_OBJECT",
        "JSONB_BUILD_OBJECT",
        "JSON_EXTRACT",
        "JSONB_PRETTY",
        "INET_SERVER_ADDR",
        "INET_CLIENT_ADDR",
        "CLOCK_TIMESTAMP",
        "STATEMENT_TIMESTAMP",
        "CURRENT_TIMESTAMP",
        "PG_SIZE_PRETTY",
        "PG_DATABASE_SIZE",
        "PG_RELATION_SIZE",
        "PG_TOTAL_RELATION_SIZE",
        "PG_TABLE_SIZE",
        "PG_INDEXES_SIZE",
        "PG_IS_IN_RECOVERY",
        "PG_CURRENT_WAL_LSN",
        "PG_WAL_LSN_DIFF",
        "PG_LAST_WAL_RECEIVE_LSN",
        "PG_LAST_WAL_REPLAY_LSN",
        "PG_LAST_XACT_REPLAY_TIMESTAMP",
        "PG_BLOCKING_PIDS",
        "PG_BACKEND_PID",
        "PG_POSTMASTER_START_TIME",
        "PG_CONF_LOAD_TIME",
        "PG_ENCODING_TO_CHAR",
        "PG_TABLE_IS_VISIBLE",
        "PG_TYPEOF",
        "IFNULL",
        "IF",
        "TIMESTAMPDIFF",
        "DATEDIFF",
        "DATE_SUB",
        "DATE_ADD",
        "UNIX_TIMESTAMP",
        "FROM_UNIXTIME",
        "DATABASE",
        "SCHEMA",
        "USER",
    ];
    const BEGINNINGS: &[&str] =
        &["PG_GET_", "PG_STAT_GET_", "HAS_", "REGEXP_", "TXID_CURRENT_IF", "OBJ_DESCRIPTION", "COL_DESCRIPTION"];
    KEYWORDS.contains(&word) || FUNCTIONS.contains(&word) || BEGINNINGS.iter().any(|start| word.starts_with(start))
}
