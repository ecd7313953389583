//! What git's answers mean: pure, and of anything that a repository may hold.

use jiff::Timestamp;

use crate::domain::source::{Commit, Named, Version};
use crate::text::Foreign;

/// The format in which a commit is asked for: fields end in NUL, and no field can hold one.
pub(super) const COMMIT: &str = "--format=%H%x00%ct%x00%an%x00%s%x00";
/// The same for names; an annotated tag tells its commit behind its own.
pub(super) const NAMES: &str = "--format=%(refname)%00%(objectname)%00%(*objectname)%00%(objecttype)%00%(*objecttype)%00%(creatordate:unix)%00%(authorname)%00%(*authorname)%00%(subject)%00%(*subject)%00";

/// Whether this is the whole name of an object.
pub(super) fn is_id(word: &str) -> bool {
    matches!(word.len(), 40 | 64) && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Groups of so many fields.
fn fields(bytes: &[u8], count: usize) -> Vec<Vec<&[u8]>> {
    let all = bytes.split(|byte| *byte == 0).map(|field| field.strip_prefix(b"\n").unwrap_or(field));
    let mut all: Vec<&[u8]> = all.collect();
    // Behind the last NUL there is the end of the line only.
    all.pop();
    all.chunks_exact(count).map(<[&[u8]]>::to_vec).collect()
}

fn text(field: Option<&&[u8]>) -> String {
    String::from_utf8_lossy(field.copied().unwrap_or_default()).into_owned()
}

fn time(field: Option<&&[u8]>) -> Option<Timestamp> {
    Timestamp::from_second(text(field).trim().parse().ok()?).ok()
}

fn foreign(field: Option<&&[u8]>) -> Foreign {
    Foreign::from(field.copied().unwrap_or_default())
}

/// Commits in the format of [`COMMIT`].
pub(super) fn commits(bytes: &[u8]) -> Vec<Commit> {
    let commit = |fields: Vec<&[u8]>| {
        let id = text(fields.first());
        is_id(&id).then(|| Commit {
            id,
            at: time(fields.get(1)),
            author: foreign(fields.get(2)),
            subject: foreign(fields.get(3)),
        })
    };
    fields(bytes, 4).into_iter().filter_map(commit).collect()
}

/// Names in the format of [`NAMES`]; what names no commit is none of a version.
pub(super) fn names(bytes: &[u8]) -> Vec<Version> {
    let mut all = Vec::new();
    for fields in fields(bytes, 10) {
        let name = fields.first().copied().unwrap_or_default();
        let tagged = fields.get(4).is_some_and(|kind| *kind == b"commit");
        let of = |own: usize, tag: usize| fields.get(if tagged { tag } else { own });
        let direct = fields.get(3).is_some_and(|kind| *kind == b"commit");
        let id = text(of(1, 2));
        let Some((named, name)) = short(name).filter(|_| (tagged || direct) && is_id(&id)) else { continue };
        let commit = Commit { id, at: time(fields.get(5)), author: foreign(of(6, 7)), subject: foreign(of(8, 9)) };
        all.push(Version { name: Foreign::from(name), named, commit });
    }
    all
}

/// The names that a server tells, `ID<tab>NAME` in each line; of an annotated tag its commit comes behind it.
pub(super) fn remote_names(bytes: &[u8]) -> Vec<Version> {
    let mut all: Vec<Version> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some(tab) = line.iter().position(|byte| *byte == b'\t') else { continue };
        let (id, name) = line.split_at(tab);
        let (id, name) = (String::from_utf8_lossy(id).into_owned(), name.get(1..).unwrap_or_default());
        if !is_id(&id) {
            continue;
        }
        let commit = Commit { id, at: None, author: Foreign::default(), subject: Foreign::default() };
        if let Some(name) = name.strip_suffix(b"^{}") {
            let tag = short(name).map(|(_, name)| Foreign::from(name));
            if let Some(known) =
                all.iter_mut().find(|known| known.named == Named::Tag && Some(&known.name) == tag.as_ref())
            {
                known.commit = commit;
            }
        } else if let Some((named, name)) = short(name) {
            all.push(Version { name: Foreign::from(name), named, commit });
        }
    }
    all
}

/// A name as a person says it.
fn short(name: &[u8]) -> Option<(Named, &[u8])> {
    if let Some(tag) = name.strip_prefix(b"refs/tags/") {
        return Some((Named::Tag, tag));
    }
    if let Some(branch) = name.strip_prefix(b"refs/heads/") {
        return Some((Named::Branch, branch));
    }
    let branch = name.strip_prefix(b"refs/remotes/")?;
    (!branch.ends_with(b"/HEAD")).then_some((Named::Branch, branch))
}

/// Who wrote how many, as `shortlog -s -n` counts.
pub(super) fn authors(bytes: &[u8]) -> Vec<(Foreign, usize)> {
    let lines = bytes.split(|byte| *byte == b'\n');
    let one = |line: &[u8]| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let (count, name) = line.split_at(tab);
        let count = String::from_utf8_lossy(count).trim().parse().ok()?;
        Some((Foreign::from(name.get(1..).unwrap_or_default()), count))
    };
    lines.filter_map(one).collect()
}

/// How many are only on the left and only on the right.
pub(super) fn both(bytes: &[u8]) -> Option<(usize, usize)> {
    let text = String::from_utf8_lossy(bytes);
    let (left, right) = text.trim().split_once('\t')?;
    Some((left.parse().ok()?, right.parse().ok()?))
}

/// A file that differs between two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    /// Whether it is there in the newer one only.
    pub(super) is_new: bool,
    /// Whether it is there in the older one only.
    pub(super) is_gone: bool,
    /// Whether it is a file, and no link or other repository.
    pub(super) is_file: bool,
    /// What is in it in the newer one; of one that is gone, in the older.
    pub(super) blob: String,
    pub(super) path: Foreign,
}

/// The answer of `diff-tree --raw -z --no-abbrev --no-renames`.
pub(super) fn changed(bytes: &[u8]) -> Vec<Changed> {
    let mut all = Vec::new();
    let mut rest = bytes.split(|byte| *byte == 0);
    while let (Some(head), Some(path)) = (rest.next(), rest.next()) {
        let head = String::from_utf8_lossy(head).into_owned();
        let words: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let [mode_before, mode, blob_before, blob, status] = words.as_slice() else { break };
        let is_gone = status.starts_with('D');
        let (mode, blob) = if is_gone { (mode_before, blob_before) } else { (mode, blob) };
        all.push(Changed {
            is_new: status.starts_with('A'),
            is_gone,
            is_file: mode.starts_with("100"),
            blob: (*blob).to_owned(),
            path: Foreign::from(path),
        });
    }
    all
}

/// The answer of `cat-file --batch` for these objects: of each what is in it, and nothing for one that is not there.
pub(super) fn blobs(mut bytes: &[u8], count: usize) -> Vec<Option<Vec<u8>>> {
    let mut all = Vec::new();
    while all.len() < count {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { break };
        let (head, rest) = bytes.split_at(end);
        let rest = rest.get(1..).unwrap_or_default();
        let head = String::from_utf8_lossy(head).into_owned();
        let size = head.strip_suffix(" missing").is_none().then(|| head.rsplit(' ').next()?.parse::<usize>().ok());
        match size.flatten() {
            Some(size) => {
                all.push(rest.get(..size).map(<[u8]>::to_vec));
                bytes = rest.get(size + 1..).unwrap_or_default();
            }
            None => {
                all.push(None);
                bytes = rest;
            }
        }
    }
    all.resize(count, None);
    all
}
