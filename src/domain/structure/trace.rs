//! Which messages go on with what the one before them said: the lines of a stack trace, and what is indented.

/// With these words a line begins that goes on with the one before it.
const BEGINS: [&[u8]; 7] =
    [b"at ", b"Caused by", b"goroutine ", b"... ", b"File \"", b"During handling of", b"The above exception"];
/// On these ends the name of an error.
const ERRORS: [&[u8]; 4] = [b"Error", b"Exception", b"Interrupt", b"Exit"];

/// With this a trace of Python begins that nobody caught: an error, whatever its program calls it.
const TRACEBACK: &[u8] = b"Traceback (most recent call last)";

/// Whether a message begins a trace, and so belongs to no line before it.
pub fn begins(message: &[u8]) -> bool {
    message.starts_with(TRACEBACK)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_begins_hides_below_no_line_before_it() {
        let trace = b"Traceback (most recent call last):";
        assert!(begins(trace) && !continues(trace));
        assert_eq!(super::super::level(trace), Some(3));
        assert!(continues(b"  File \"x.py\", line 3") && names_error(b"ValueError: boom"));
    }
}
