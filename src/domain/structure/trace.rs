//! Which messages go on with what the one before them said: the lines of a stack trace, and what is indented.

/// With these words a line begins that goes on with the one before it.
const BEGINS: [&[u8]; 8] = [
    b"at ",
    b"Caused by",
    b"Traceback",
    b"goroutine ",
    b"... ",
    b"File \"",
    b"During handling of",
    b"The above exception",
];
/// On these ends the name of an error.
const ERRORS: [&[u8]; 4] = [b"Error", b"Exception", b"Interrupt", b"Exit"];

/// Whether a message goes on with the one before it.
pub fn continues(message: &[u8]) -> bool {
    match message.first() {
        Some(b' ' | b'\t') => message.iter().any(|byte| !byte.is_ascii_whitespace()),
        Some(_) => BEGINS.iter().any(|word| message.starts_with(word)),
        None => false,
    }
}

/// Whether it begins with the name of an error, as the last line of a trace of Python: `ValueError: …`.
pub fn names_error(message: &[u8]) -> bool {
    let length = message.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte)).count();
    let (name, rest) = message.split_at(length);
    matches!(rest.first(), Some(b':') | None) && ERRORS.iter().any(|end| name.ends_with(end))
}
