//! Values as variables of a shell: assignments at the top of a script, data whatever they hold.

use crate::domain::InputName;

/// The longest value in bytes.
pub const LARGEST: usize = 128 * 1024;

/// Why a value can't reach a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unquotable {
    /// It holds a NUL byte, which no variable can.
    #[error("it holds a NUL byte")]
    Nul,
    /// It is longer than [`LARGEST`].
    #[error("it is longer than {} KiB", LARGEST / 1024)]
    TooLong,
    /// The text would have the shell read it once more.
    #[error(
        "the command reads it once more there, as a script, a name or a number, and only letters, digits and \
         . _ : @ % + - / are safe"
    )]
    Evaluated,
}

/// Whether a value can reach a shell as it is.
///
/// # Errors
/// Why it can't.
pub fn quotable(value: &[u8]) -> Result<(), Unquotable> {
    if value.contains(&0) {
        return Err(Unquotable::Nul);
    }
    if value.len() > LARGEST {
        return Err(Unquotable::TooLong);
    }
    Ok(())
}

/// The lines that set these variables, one after the other, for any POSIX shell: `name='value'`. Nothing in a value is
/// read by the shell; it need not be UTF-8.
///
/// # Errors
/// The first variable whose value can't be set, and why.
pub fn preamble<'a>(
    variables: impl IntoIterator<Item = (&'a InputName, &'a [u8])>,
) -> Result<Vec<u8>, (InputName, Unquotable)> {
    let mut out = Vec::new();
    for (name, value) in variables {
        quotable(value).map_err(|why| (name.clone(), why))?;
        assign(&mut out, name.as_str(), value);
    }
    Ok(out)
}

/// Adds the line that sets one variable to this value, which must be quotable.
pub fn assign(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"='");
    for byte in value {
        match byte {
            b'\'' => out.extend_from_slice(br"'\''"),
            other => out.push(*other),
        }
    }
    out.extend_from_slice(b"'\n");
}
