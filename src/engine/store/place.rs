//! Where the store lies: ours alone, on a disk of this machine, with room to write.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatVfsMountFlags, StatxAttributes, StatxFlags, statfs, statvfs, statx};

use super::error::Why;

/// Below this no run is begun, so that one that was begun can be recorded to its end.
pub(super) const LEAST_ROOM: u64 = 1 << 20;

/// Numbers of file systems whose locks or shared memory can't be trusted, as statfs(2) tells them.
const NETWORK: [(u64, &str); 14] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0x0102_1997, "9p"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x786f_4256, "a shared folder of VirtualBox"),
    (0xbacb_acbc, "a shared folder of VMware"),
];
/// The number of all file systems that are programs; the table of mounts tells which one.
const FUSE: u64 = 0x6573_5546;
/// Those of them that lie on a disk of this machine.
const LOCAL_FUSE: [&str; 9] = [
    "fuseblk",
    "fuse.gocryptfs",
    "fuse.encfs",
    "fuse.cryfs",
    "fuse.securefs",
    "fuse.mergerfs",
    "fuse.ext2fs",
    "fuse.bindfs",
    "fuse.fuse-overlayfs",
];

/// Makes the folder where it is missing, and sees to it that only its owner can look into it.
pub(super) fn folder(path: &Path) -> Result<Option<String>, Why> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| Why::of_system(&error))?;
    let found = fs::metadata(path).map_err(|error| Why::of_system(&error))?;
    private(path, &found, 0o700)
}

/// Sees to it that a file of the store is a file, ours, and for nobody else's eyes.
pub(super) fn file(path: &Path) -> Result<Option<String>, Why> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            let shown = path.display();
            Err(Why::NotOurs(format!(
                "{shown} is a symbolic link, which qd does not follow; put the file itself there"
            )))
        }
        Ok(found) if !found.is_file() => Err(Why::NotOurs(format!("{} is not a file; move it away", path.display()))),
        Ok(found) => private(path, &found, 0o600),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Why::of_system(&error)),
    }
}

/// The owner must be who runs us; others lose what they may do with it, and that is told.
fn private(path: &Path, found: &fs::Metadata, mode: u32) -> Result<Option<String>, Why> {
    let (own, shown) = (rustix::process::getuid().as_raw(), path.display());
    if found.uid() != own {
        let owner = found.uid();
        return Err(Why::NotOurs(format!(
            "{shown} belongs to user {owner} and you are user {own}; make it yours with chown, or set XDG_DATA_HOME"
        )));
    }
    if found.mode() & 0o077 == 0 {
        return Ok(None);
    }
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(|error| Why::of_system(&error))?;
    Ok(Some(format!("Others could read {shown}: its permissions are {mode:03o} now.")))
}

/// The name of the network file system on which a folder lies, if it does.
pub(super) fn network(folder: &Path) -> Option<String> {
    let kind = u64::try_from(statfs(folder).ok()?.f_type).ok()? & 0xffff_ffff;
    network_of(kind, || mounted_at(folder).map(|mounted| mounted.kind))
}

fn network_of(kind: u64, mounted: impl FnOnce() -> Option<String>) -> Option<String> {
    if kind != FUSE {
        return NETWORK.iter().find(|(number, _)| *number == kind).map(|(_, name)| (*name).to_owned());
    }
    match mounted() {
        Some(name) if LOCAL_FUSE.contains(&name.as_str()) => None,
        Some(name) => Some(name),
        None => Some("FUSE".to_owned()),
    }
}

/// A file system that is mounted.
#[derive(Debug, PartialEq, Eq)]
struct Mounted {
    kind: String,
    options: String,
}

fn mounted_at(folder: &Path) -> Option<Mounted> {
    mounted_as(&fs::read_to_string("/proc/self/mountinfo").ok()?, &folder.canonicalize().ok()?)
}

/// The file system that is mounted nearest above a path, by the table in proc(5).
fn mounted_as(table: &str, path: &Path) -> Option<Mounted> {
    let mounts = table.lines().filter_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let point = PathBuf::from(mount.split(' ').nth(4)?.replace("\\040", " "));
        let mut system = system.split(' ');
        let kind = system.next()?.to_owned();
        Some((point, Mounted { kind, options: system.nth(1).unwrap_or_default().to_owned() }))
    });
    let above = mounts.filter(|(point, _)| path.starts_with(point));
    // Of two mounts on one place the later one is seen.
    above.max_by_key(|(point, _)| point.components().count()).map(|(_, mounted)| mounted)
}

/// Whether the system has stopped writing to it because of an error, which statvfs(3) does not tell.
fn has_stopped(mounted: &Mounted) -> bool {
    mounted.options.split(',').any(|option| ["ro", "emergency_ro", "shutdown"].contains(&option))
}

/// Whether there is room to begin something that must be recorded.
pub(super) fn room(folder: &Path) -> Result<(), Why> {
    let system = statvfs(folder).map_err(|error| Why::of_system(&error.into()))?;
    if system.f_flag.contains(StatVfsMountFlags::RDONLY) || mounted_at(folder).is_some_and(|at| has_stopped(&at)) {
        return Err(Why::ReadOnly);
    }
    // A file system that counts no blocks has no end.
    if system.f_blocks > 0 && system.f_bavail.saturating_mul(system.f_frsize) < LEAST_ROOM {
        return Err(Why::Full);
    }
    Ok(())
}

/// How a file of the store, or its folder, is marked so that even its owner can't write it.
pub(super) fn mark(file: &Path) -> Option<&'static str> {
    let paths = ["", "-wal", "-shm", ".lock"].map(|end| beside(file, end));
    let folder = file.parent().map(Path::to_owned);
    paths.iter().chain(&folder).find_map(|path| {
        let found = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty()).ok()?;
        let has = |mark| found.stx_attributes.contains(mark);
        if has(StatxAttributes::IMMUTABLE) {
            Some("immutable")
        } else if has(StatxAttributes::APPEND) {
            Some("append-only")
        } else {
            None
        }
    })
}

/// Which file this is, whatever it is called.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// A path with something behind its name.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn g9_network_file_systems_are_known_by_their_numbers_and_names() {
        assert_eq!(network_of(0x6969, || None).as_deref(), Some("NFS"));
        assert_eq!(network_of(0xef53, || None), None, "ext4");
        assert_eq!(network_of(0x0102_1994, || None), None, "tmpfs");
        assert_eq!(network_of(0x794c_7630, || None), None, "overlay");
        assert_eq!(network_of(FUSE, || Some("fuse.sshfs".into())).as_deref(), Some("fuse.sshfs"));
        assert_eq!(network_of(FUSE, || Some("fuse.gocryptfs".into())), None);
        assert_eq!(network_of(FUSE, || None).as_deref(), Some("FUSE"));
        let table = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                     40 22 0:35 / /home/ada rw - fuse.sshfs host:/ rw\n\
                     41 40 0:36 / /home/ada/my\\040vault rw - fuse.gocryptfs /x rw";
        let kind = |path: &str| mounted_as(table, Path::new(path)).unwrap().kind;
        assert_eq!(kind("/home/ada/.local/share"), "fuse.sshfs");
        assert_eq!(kind("/home/ada/my vault/x"), "fuse.gocryptfs");
        assert_eq!(kind("/home/adam"), "ext4");
        assert!(network(&std::env::temp_dir()).is_none());
        let stopped = "22 1 8:1 / / rw - ext4 /dev/sda1 rw,errors=remount-ro,emergency_ro";
        assert!(has_stopped(&mounted_as(stopped, Path::new("/home")).unwrap()));
        assert!(!has_stopped(&mounted_as(table, Path::new("/home/adam")).unwrap()));
    }

    #[test]
    fn f10_what_others_could_read_they_can_not_any_more_and_links_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let inside = place.path().join("quarterdeck");
        assert_eq!(folder(&inside).unwrap(), None);
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&inside), 0o700);
        fs::set_permissions(&inside, Permissions::from_mode(0o755)).unwrap();
        assert!(folder(&inside).unwrap().is_some());
        assert_eq!(mode(&inside), 0o700);

        let plain = inside.join("store.sqlite");
        assert_eq!(file(&plain).unwrap(), None, "one that is not there yet");
        fs::write(&plain, b"").unwrap();
        fs::set_permissions(&plain, Permissions::from_mode(0o644)).unwrap();
        assert!(file(&plain).unwrap().is_some_and(|told| told.contains("600")));
        assert_eq!(mode(&plain), 0o600);
        let link = inside.join("link");
        std::os::unix::fs::symlink(&plain, &link).unwrap();
        assert!(matches!(file(&link), Err(Why::NotOurs(_))));
        assert!(matches!(file(&inside), Err(Why::NotOurs(_))));
    }
}
