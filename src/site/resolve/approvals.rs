//! What counts as an approval.

use super::super::mistake::{Sink, quoted};
use super::super::raw::RawSite;
use crate::domain::approval::{Rules, Signers};

/// What a site says of approvals. Who may sign is read with the site's folder.
pub fn resolve(raw: &RawSite, sink: &mut Sink<'_>) -> Rules {
    let Some(raw) = &raw.approvals else { return Rules::default() };
    let signers = raw.allowed_signers.as_ref().and_then(|file| {
        let name = &file.value;
        let odd = |part: &str| part.is_empty() || part == "." || part == "..";
        if name.split('/').any(odd) || name.contains(|c: char| c.is_control()) || name.len() > 255 {
            let hint = "name a file of the site's own folder: \"allowed_signers\"";
            sink.add_hint(&file.span, format!("{} can't be the file of allowed signers", quoted(name)), hint);
            return None;
        }
        Some(Signers { file: name.clone(), text: None })
    });
    let expires = raw.expires.as_ref().and_then(|time| {
        if time.value.0.is_zero() {
            sink.add(&time.span, "an approval that counts for no time never counts");
            return None;
        }
        Some(time.value.0)
    });
    Rules { signers, claimed: raw.claimed.unwrap_or_default(), not_self: raw.not_self.unwrap_or_default(), expires }
}
