//! The other end: `qd` run by ssh. It hands the question on, prints the answer and ends.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{LONGEST, SOCKET, TOKEN};
use crate::engine::transport::ANSWER_WITHIN;

/// When this program was run by ssh to ask something: asks, prints the answer, and returns whether there
/// was one. `None` when it was run by anybody else.
pub fn answer_if_asked() -> Option<bool> {
    let socket = std::env::var_os(SOCKET)?;
    let token = std::env::var(TOKEN).unwrap_or_default();
    let prompt = std::env::args().nth(1).unwrap_or_default();
    let hint = std::env::var("SSH_ASKPASS_PROMPT").unwrap_or_default();
    let asked = UnixStream::connect(socket).and_then(|door| ask(door, &token, &hint, &prompt));
    Some(matches!(asked, Ok(true)))
}

fn ask(mut door: UnixStream, token: &str, hint: &str, prompt: &str) -> io::Result<bool> {
    door.set_read_timeout(Some(ANSWER_WITHIN + Duration::from_secs(10)))?;
    let mut cut = prompt.len().min(LONGEST / 2);
    while !prompt.is_char_boundary(cut) {
        cut -= 1;
    }
    // The length first and no end of stream: that would look as if we had hung up.
    let said = format!("{token}\0{hint}\0{}", &prompt[..cut]);
    door.write_all(&u32::try_from(said.len()).unwrap_or(0).to_be_bytes())?;
    door.write_all(said.as_bytes())?;
    let mut answer = Zeroizing::new(Vec::with_capacity(LONGEST));
    door.take(LONGEST as u64).read_to_end(&mut answer)?;
    // The first byte says whether there is an answer: an empty one is an answer too.
    let Some((b'+', answer)) = answer.split_first() else { return Ok(false) };
    let mut out = io::stdout().lock();
    out.write_all(answer)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(true)
}
