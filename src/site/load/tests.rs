//! Folders as they are found on a real machine: whole, changed, foreign, circular, huge.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::several;
use crate::site::{Look, Places, Severity, Standing, approve, check, find, load, look, revoke};

const GOOD: &str = "[environments.prod.hosts]\nweb-1 = {}\n[services.a]\nhosts = \"all\"\n\
                    probes.up = { command = [\"true\"] }\n";

const TODAY: jiff::civil::Date = jiff::civil::Date::constant(2026, 11, 21);

struct Desk {
    root: tempfile::TempDir,
    places: Places,
}

impl Desk {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().canonicalize().unwrap();
        let places =
            Places { config: at.join("config"), state: at.join("state"), data: at.join("data"), here: at.join("here") };
        fs::create_dir_all(places.own_sites()).unwrap();
        fs::create_dir_all(places.sites_here()).unwrap();
        Self { root, places }
    }

    fn site(&self, root: &Path, name: &str) -> PathBuf {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("site.toml"), GOOD).unwrap();
        folder
    }

    fn here(&self, name: &str) -> PathBuf {
        self.site(&self.places.sites_here(), name)
    }

    fn own(&self, name: &str) -> PathBuf {
        self.site(&self.places.own_sites(), name)
    }

    fn look(&self, word: &str) -> Look {
        look(&self.places, &find(&self.places, word).unwrap())
    }
}

#[test]
fn a_site_is_called_by_the_word_that_opens_it() {
    let desk = Desk::new();
    desk.own("mine");
    let folder = desk.site(&desk.places.here.join("our sites"), "box");
    let shop = crate::domain::SiteName::new("shop").unwrap();
    let word = |word: &str| desk.look(word).site.unwrap().environments[0].word.of(&shop);
    assert_eq!(word("mine"), "shop");
    for typed in ["./our sites/box", "our sites/box/", "./our sites/box/site.toml"] {
        let path = word(typed);
        assert_eq!(path, format!("'{}'", folder.display()), "{typed}");
        assert!(find(&desk.places, path.trim_matches('\'')).is_ok(), "and it opens it");
    }
}

#[test]
fn a_site_of_the_users_own_is_trusted_and_another_is_not() {
    let desk = Desk::new();
    desk.own("mine");
    desk.here("theirs");
    assert_eq!(desk.look("mine").standing, Standing::Own);
    let theirs = desk.look("theirs");
    assert_eq!(theirs.standing, Standing::Untrusted);
    let site = theirs.site.unwrap();
    assert!(!site.trusted && site.environments.iter().all(|environment| !environment.trusted));
    assert_eq!(site.digest.len(), 64);
    let mine = load(&desk.places, &find(&desk.places, "mine").unwrap()).unwrap();
    assert!(mine.trusted && mine.environments.iter().all(|environment| environment.trusted));
}

/// Fault F12: commands from a folder of somebody else run only once its exact content was approved.
#[test]
fn f12_any_change_voids_an_approval() {
    let desk = Desk::new();
    let folder = desk.here("theirs");
    fs::create_dir_all(folder.join("procedures/deep")).unwrap();
    fs::write(folder.join("procedures/deep/a.md"), "one").unwrap();
    let approved = || desk.look("theirs").standing == Standing::Approved;
    let trust = || approve(&desk.places, &folder, &desk.look("theirs").digest.unwrap()).unwrap();
    assert!(!approved());
    trust();
    assert!(approved());
    let changes: [(&str, &dyn Fn()); 6] = [
        ("a byte of the site file", &|| fs::write(folder.join("site.toml"), format!("{GOOD}#")).unwrap()),
        ("a byte of another file", &|| fs::write(folder.join("procedures/deep/a.md"), "two").unwrap()),
        ("a hidden file", &|| fs::write(folder.join(".hidden"), "").unwrap()),
        ("a name", &|| fs::rename(folder.join(".hidden"), folder.join(".hidden2")).unwrap()),
        ("an empty folder", &|| fs::create_dir(folder.join("empty")).unwrap()),
        ("a file that is gone", &|| fs::remove_file(folder.join("procedures/deep/a.md")).unwrap()),
    ];
    for (what, change) in changes {
        change();
        assert!(!approved(), "{what}");
        trust();
        assert!(approved(), "{what}");
    }
    assert!(revoke(&desk.places, &folder).unwrap());
    assert!(!approved());
}

/// Fault F12: what a site's procedures would run is told before anybody trusts it, and reading them runs nothing.
#[test]
fn f12_procedures_are_listed_and_never_run_while_they_are_read() {
    let desk = Desk::new();
    let folder = desk.here("theirs");
    let marker = desk.places.here.join("marker");
    let touch = format!("touch {}", marker.display());
    let argv = format!("[\"touch\", \"{}\"]", marker.display());
    let text = format!(
        "+++\n[inputs.a]\nfrom = {argv}\n[inputs.b]\nchoices_from = {argv}\n+++\n# $({touch})\n\n\
         ```sh {{#go host=here preview=\"{touch} # before\"}}\n{touch} # it\n```\n\n- Ask {{request=\"POST https://x.example/\"}}\n"
    );
    fs::create_dir_all(folder.join("procedures/deep")).unwrap();
    fs::write(folder.join("procedures/deep/go.md"), text).unwrap();
    let looked = desk.look("theirs");
    let site = looked.site.unwrap();
    assert!(!site.trusted && site.environments.iter().all(|environment| !environment.trusted));
    let procedure = &site.environments[0].procedures[0];
    assert_eq!((procedure.file.as_str(), procedure.parts.len()), ("procedures/deep/go.md", 2));
    let told = check(&desk.places, &["theirs".to_owned()], &[], TODAY);
    assert!(told.text.contains("not trusted: 6 commands will not run"), "{}", told.text);
    let told = crate::site::trust(&desk.places, "theirs").text;
    for part in [
        "value of the input a, here",
        "choices of the input b",
        "# before",
        "# it",
        "POST https",
        "go.md:9, go, on here",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(desk.look("theirs").site.unwrap().trusted);
    assert!(!marker.exists());
}

#[test]
fn procedures_are_found_where_they_lie_and_what_is_wrong_with_them_is_told() {
    let desk = Desk::new();
    let folder = desk.own("mine").join("procedures");
    fs::create_dir_all(folder.join("deep/folder.md")).unwrap();
    fs::create_dir_all(folder.join(".hidden")).unwrap();
    for (file, text) in [
        ("b.md", "# B"),
        ("a.md", "+++\nenvironments = [\"prod\"]\n+++\n# A"),
        ("other.md", "+++\nenvironments = [\"prd\"]\nservices = [\"a\"]\n+++\n"),
        ("deep/b.md", "# B again"),
        ("deep/Two words.MD", "# Words"),
        ("picture.png", "no"),
        (".hidden/x.md", "# hidden"),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    fs::write(folder.join("large.md"), "x".repeat((1 << 20) + 1)).unwrap();
    let looked = desk.look("mine");
    let site = looked.site.unwrap();
    let names: Vec<&str> = site.environments[0].procedures.iter().map(|procedure| procedure.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "two-words"]);
    assert_eq!(site.environments[0].procedures[1].file, "procedures/b.md", "the first of two of one name counts");
    let told: Vec<String> = looked.mistakes.iter().map(|mistake| mistake.message.clone()).collect();
    for wanted in [
        "this is a folder, and a procedure is a file",
        "there is no environment `prd`",
        "there is a procedure `b` already, in procedures/b.md",
        "`Two words` can't be the name of a procedure",
        "and 1048576 are allowed",
    ] {
        assert!(told.iter().any(|message| message.contains(wanted)), "{wanted}: {told:?}");
    }
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(looked.standing, Standing::Own, "none of it is a reason to doubt the folder");
}

#[test]
fn what_is_linked_into_the_configuration_from_elsewhere_needs_approval() {
    let desk = Desk::new();
    let folder = desk.here("theirs");
    symlink(&folder, desk.places.own_sites().join("linked")).unwrap();
    assert_eq!(desk.look("linked").standing, Standing::Untrusted);
    let own = desk.own("mine");
    fs::remove_file(own.join("site.toml")).unwrap();
    symlink(folder.join("site.toml"), own.join("site.toml")).unwrap();
    let linked = desk.look("mine");
    assert!(linked.site.is_some());
    assert_eq!(linked.standing, Standing::Untrusted);
}

/// Fault F5: what everybody may change is nobody's own.
#[test]
fn f5_what_others_may_change_is_told_with_the_remedy() {
    let desk = Desk::new();
    let folder = desk.own("mine");
    for (path, mode, back) in [("site.toml", 0o666, 0o644), ("", 0o777, 0o755)] {
        let path = folder.join(path);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let look = desk.look("mine");
        assert_eq!(look.standing, Standing::Untrusted);
        assert!(look.site.is_some(), "a warning does not stop it");
        let [warning] = look.mistakes.as_slice() else { panic!("{:?}", look.mistakes) };
        assert_eq!(warning.severity, Severity::Warning);
        assert!(warning.hint.as_deref().unwrap().starts_with("chmod o-w "), "{warning:?}");
        fs::set_permissions(&path, fs::Permissions::from_mode(back)).unwrap();
    }
    assert_eq!(desk.look("mine").standing, Standing::Own);
}

#[test]
fn what_can_not_be_read_is_told_and_hides_nothing() {
    let desk = Desk::new();
    let folder = desk.here("odd");
    symlink(&folder, folder.join("circle")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    symlink("loop-b", folder.join("loop-a")).unwrap();
    symlink("loop-a", folder.join("loop-b")).unwrap();
    std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
    fs::write(folder.join("site.toml"), format!("{GOOD}zzz = 1\n")).unwrap();
    let look = desk.look("odd");
    let told: Vec<String> = look.mistakes.iter().map(crate::site::Mistake::headline).collect();
    assert_eq!(
        told,
        [
            "sites/odd/circle: warning: this can't be read: its links go in a circle",
            "sites/odd/dangling: warning: this can't be read: it is a link that leads nowhere",
            "sites/odd/loop-a: warning: this can't be read: its links go in a circle",
            "sites/odd/loop-b: warning: this can't be read: its links go in a circle",
            "sites/odd/socket: warning: this can't be read: it is neither a file nor a folder",
            "sites/odd/site.toml:6:1: there is no key `zzz` in a service",
        ]
    );
    assert_eq!((look.digest, look.standing), (None, Standing::Untrusted));
}

#[test]
fn a_site_file_that_can_not_be_read_is_one_mistake() {
    let desk = Desk::new();
    let file = desk.here("odd").join("site.toml");
    let told = || {
        let look = desk.look("odd");
        assert!(look.site.is_none());
        let [one] = look.mistakes.as_slice() else { panic!("{:?}", look.mistakes) };
        one.headline()
    };
    fs::write(&file, "#".repeat((1 << 20) + 1)).unwrap();
    assert_eq!(told(), "sites/odd/site.toml: this can't be read: it has 1048577 bytes, and 1048576 are allowed");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(told(), "sites/odd/site.toml: this can't be read: it is a folder");
    fs::remove_dir(&file).unwrap();
    symlink("site.toml", &file).unwrap();
    assert_eq!(told(), "sites/odd/site.toml: this can't be read: its links go in a circle");
    fs::remove_file(&file).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &file, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    assert_eq!(told(), "sites/odd/site.toml: this can't be read: it is neither a file nor a folder");
    fs::remove_file(&file).unwrap();
    fs::write(&file, GOOD).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_err() {
        assert_eq!(told(), "sites/odd/site.toml: this can't be read: you have no permission");
    }
}

#[test]
fn the_digest_depends_on_content_and_place_alone() {
    let desk = Desk::new();
    let (a, b) = (desk.here("a"), desk.here("b"));
    fs::write(a.join("x"), "12").unwrap();
    fs::write(b.join("x"), "12").unwrap();
    assert_eq!(desk.look("a").digest, desk.look("b").digest);
    // The same bytes cut otherwise are another folder.
    fs::write(b.join("x"), "1").unwrap();
    fs::write(b.join("y"), "2").unwrap();
    assert_ne!(desk.look("a").digest, desk.look("b").digest);
}

#[test]
fn a_check_without_words_looks_at_everything() {
    let desk = Desk::new();
    desk.own("mine");
    let odd = desk.here("odd");
    fs::write(odd.join("site.toml"), "[environments.prod.hosts]\n\"a b\" = {}\n").unwrap();
    desk.here("theirs");
    fs::write(desk.places.user_file(), "them = \"dark\"\n").unwrap();
    let checked = check(&desk.places, &[], &[], TODAY);
    assert!(checked.is_bad());
    let text = checked.text.replace(&desk.root.path().canonicalize().unwrap().display().to_string(), "ROOT");
    insta::assert_snapshot!(text);
    let one = check(&desk.places, &["theirs".to_owned()], &[], TODAY);
    assert!(!one.is_bad());
    let none = check(&desk.places, &["thiers".to_owned()], &[], TODAY);
    assert_eq!(none.not_found, 1);
    assert!(none.text.contains("did you mean `theirs`?"), "{}", none.text);
}

#[test]
fn a_key_of_more_than_one_name_is_doubted() {
    let text = b"# who may sign\nbo ssh-ed25519 AAAA\nada,cy ssh-ed25519 BBBB\n\n* ssh-ed25519 CCCC\n";
    let told = several(text, Path::new("allowed_signers"));
    let told: Vec<&str> = told.iter().map(|mistake| mistake.message.as_str()).collect();
    let line = |line: u32, names: &str| format!("the key in line {line} stands for more than one name: {names}");
    assert_eq!(told, [line(3, "ada,cy"), line(5, "*")]);
}
