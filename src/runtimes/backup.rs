//! What asks a host for its newest backup, and what the answer means. It only reads.

use crate::port::RemoteCommand;
use crate::text::Foreign;

/// The newest of the files that are backups, and the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What the host's clock says, in seconds.
    pub now: i64,
    /// How many files there are.
    pub count: u64,
    /// The newest.
    pub newest: File,
    /// Its path.
    pub name: Foreign,
    /// The one before it.
    pub before: Option<File>,
    /// The end of the newest, unpacked; where it was asked for.
    pub end: Option<End>,
}

/// A file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// When it was written last, in seconds.
    pub written: i64,
    /// Its size in bytes.
    pub size: u64,
}

/// The end of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// These bytes.
    Bytes(Vec<u8>),
    /// It can't be read by whom we are there.
    Closed,
    /// It is packed, and what unpacks it left with this status: 124 is its time.
    Broken(i32),
}

/// Why there is nothing to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nothing {
    /// There is no such folder, or no file in it that fits: a backup is not there.
    Missing(String),
    /// What came proves nothing.
    Odd(String),
}

/// Bytes of the end that are read.
const TAIL: usize = 1024;

/// For `/bin/sh` of any kind, busybox too. Which is newer is found out by the shell itself, so that thousands of files
/// cost no process each. What somebody else may have worded comes last.
const SCRIPT: &str = r#"LC_ALL=C; export LC_ALL; IFS=; n=0; a=; b=
echo "== now"; date +%s
if [ ! -d "$1" ]; then echo "== folder none"; echo "== done"; exit 0; fi
if [ ! -r "$1" ] || [ ! -x "$1" ]; then echo "== folder closed"; echo "== done"; exit 0; fi
echo "== folder open"
for f in "$1"/$2; do
  if [ -h "$f" ] || [ ! -f "$f" ]; then continue; fi
  n=$((n+1))
  if [ -z "$a" ] || [ "$f" -nt "$a" ]; then b=$a; a=$f
  elif [ -z "$b" ] || [ "$f" -nt "$b" ]; then b=$f; fi
done
echo "== count"; echo "$n"
if [ -z "$a" ]; then echo "== done"; exit 0; fi
echo "== newest"; stat -c '%Y %s' "$a"
if [ -n "$b" ]; then echo "== before"; stat -c '%Y %s' "$b"; fi
echo "== name"; printf '%s' "$a" | tr '\n' '?'; echo
if [ "$3" = end ]; then
  if [ ! -r "$a" ]; then echo "== end closed"; echo "== done"; exit 0; fi
  case $a in
  *.gz)
    t() { if command -v timeout >/dev/null 2>&1; then timeout 40 "$@"; else "$@"; fi; }
    echo "== end"; exec 3>&1
    s=$( { { t gzip -dc <"$a" 2>/dev/null; echo "$?" >&4; } | tail -c 1024 >&3; } 4>&1 )
    echo; echo "== status $s";;
  *) echo "== end"; tail -c 1024 <"$a"; echo; echo "== status $?";;
  esac
fi
echo "== done"
"#;

/// Asks for the newest file that fits `path`, whose last part may be a pattern; `end`: also for what it ends with.
pub fn look(path: &str, end: bool) -> RemoteCommand {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = if folder.is_empty() { "/" } else { folder };
    let wanted = if end { "end" } else { "size" };
    let mut command = RemoteCommand::new(["/bin/sh", "-c", SCRIPT, "qd-backup", folder, name, wanted]);
    command.most = 64 << 10;
    command
}

/// Reads the answer.
///
/// # Errors
/// Why there is nothing to judge.
pub fn read(bytes: &[u8]) -> Result<Seen, Nothing> {
    let odd = |why: &str| Nothing::Odd(why.to_owned());
    let Some(bytes) = bytes.strip_suffix(b"== done\n") else { return Err(odd("its answer was cut off")) };
    let mut rest = Rest(bytes);
    let now = rest.figure(b"== now\n").ok_or_else(|| odd("it does not tell its time"))?;
    match rest.line() {
        Some(b"== folder open") => {}
        Some(b"== folder none") => return Err(Nothing::Missing("there is no such folder".to_owned())),
        Some(b"== folder closed") => return Err(odd("its folder can't be read by the login")),
        _ => return Err(odd("its answer makes no sense")),
    }
    let count = rest.figure(b"== count\n").and_then(|count| u64::try_from(count).ok());
    let count = count.ok_or_else(|| odd("its answer makes no sense"))?;
    if count == 0 {
        return Err(Nothing::Missing("there is no such file".to_owned()));
    }
    let newest = rest.file(b"== newest\n").ok_or_else(|| odd("its size and time can't be read (stat)"))?;
    let before = if rest.0.starts_with(b"== before\n") {
        Some(rest.file(b"== before\n").ok_or_else(|| odd("what is known of the one before it makes no sense"))?)
    } else {
        None
    };
    if rest.line() != Some(b"== name") {
        return Err(odd("its answer makes no sense"));
    }
    let name = rest.line().ok_or_else(|| odd("its answer makes no sense"))?.to_vec();
    let end = match rest.line() {
        None => None,
        Some(b"== end closed") => Some(End::Closed),
        Some(b"== end") => Some(ended(rest.0).ok_or_else(|| odd("its end can't be read"))?),
        Some(_) => return Err(odd("its answer makes no sense")),
    };
    Ok(Seen { now, count, newest, name: name.into(), before, end })
}

fn ended(bytes: &[u8]) -> Option<End> {
    let line = bytes.strip_suffix(b"\n")?;
    let at = line.iter().rposition(|byte| *byte == b'\n')?;
    let (bytes, status) = line.split_at(at);
    let status = std::str::from_utf8(status).ok()?.strip_prefix("\n== status ")?.parse().ok()?;
    match status {
        0 if bytes.len() <= TAIL => Some(End::Bytes(bytes.to_vec())),
        0 => None,
        status => Some(End::Broken(status)),
    }
}

struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn line(&mut self) -> Option<&'b [u8]> {
        let at = self.0.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = self.0.split_at(at);
        self.0 = rest.get(1..).unwrap_or_default();
        Some(line)
    }

    fn below(&mut self, head: &[u8]) -> Option<&'b str> {
        self.0 = self.0.strip_prefix(head)?;
        self.line().and_then(|line| std::str::from_utf8(line).ok())
    }

    fn figure(&mut self, head: &[u8]) -> Option<i64> {
        self.below(head)?.parse().ok()
    }

    fn file(&mut self, head: &[u8]) -> Option<File> {
        let (written, size) = self.below(head)?.split_once(' ')?;
        Some(File { written: written.parse().ok()?, size: size.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::io::Write;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    fn asked(path: &str, end: bool) -> Result<Seen, Nothing> {
        let command = look(path, end);
        let output = Command::new(&command.argv[0]).args(&command.argv[1..]).output().unwrap();
        read(&output.stdout)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut child = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(text).unwrap();
        drop(input);
        child.wait_with_output().unwrap().stdout
    }

    fn put(folder: &std::path::Path, name: &str, bytes: &[u8], ago: u64) {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(ago)).unwrap();
    }

    #[test]
    fn the_newest_is_found_by_a_real_shell_whatever_files_are_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = format!("{}/shop-*.sql.gz", folder.path().display());
        assert_eq!(asked(&path, true), Err(Nothing::Missing("there is no such file".into())));
        let whole = gzip(b"CREATE TABLE x;\n-- PostgreSQL database dump complete\n");
        put(folder.path(), "shop-1.sql.gz", &whole, 7200);
        put(folder.path(), "shop-2 a\n== done\n.sql.gz", &whole, 3600);
        put(folder.path(), "shop-0.sql.gz", b"old", 90_000);
        put(folder.path(), "other.sql.gz", b"x", 1);
        std::os::unix::fs::symlink("other.sql.gz", folder.path().join("shop-latest.sql.gz")).unwrap();
        let seen = asked(&path, true).unwrap();
        assert_eq!((seen.count, seen.newest.size), (3, whole.len() as u64));
        assert!((3600..3700).contains(&(seen.now - seen.newest.written)), "{seen:?}");
        assert_eq!(seen.before.map(|file| file.size), Some(whole.len() as u64));
        let Some(End::Bytes(end)) = &seen.end else { panic!("{seen:?}") };
        assert!(String::from_utf8_lossy(end).contains("dump complete"));
        assert!(asked(&path, false).unwrap().end.is_none());
        put(folder.path(), "shop-3.sql.gz", &whole[..whole.len() / 2], 60);
        assert_eq!(asked(&path, true).unwrap().end, Some(End::Broken(1)), "a dump that was cut off");
        put(folder.path(), "shop-4.sql", b"plain\n-- end", 5);
        let plain = asked(&format!("{}/*.sql", folder.path().display()), true).unwrap();
        assert_eq!(plain.end, Some(End::Bytes(b"plain\n-- end".to_vec())));
        assert_eq!(asked("/no/such/folder/x", false), Err(Nothing::Missing("there is no such folder".into())));
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            head in "(== now\n[0-9]{0,20}\n)?(== folder (open|none)\n)?(== count\n-?[0-9]{0,20}\n)?(== newest\n[0-9 -]{0,30}\n)?(== name\n)?",
        ) {
            let text = [head.as_bytes(), &bytes, b"== done\n"].concat();
            let _ = read(&text);
            let _ = read(&bytes);
        }
    }
}
