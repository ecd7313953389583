//! A person's folders with a site of their own, and the program in them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::pty::Launch;

/// Where everything of a person lies, by the variable that says so.
const FOLDERS: [(&str, &str); 5] = [
    ("HOME", "home"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

/// A site of this machine alone.
pub const HERE: &str =
    "[environments.lab]\nstate_directory = \"STATE\"\n[environments.lab.hosts]\nme = { local = true }\n";

pub struct Desk {
    pub folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Desk {
    /// With a site of this text.
    pub fn new(site: &str) -> Self {
        let desk =
            Self { folder: tempfile::Builder::new().prefix("qds").tempdir_in("/tmp").unwrap(), variables: Vec::new() };
        fs::create_dir_all(desk.path("runtime")).unwrap();
        fs::set_permissions(desk.path("runtime"), Permissions::from_mode(0o700)).unwrap();
        fs::create_dir_all(desk.path("home")).unwrap();
        let site = site.replace("STATE", &desk.path("state-of-jobs").display().to_string());
        desk.write("config/quarterdeck/sites/shop/site.toml", &format!("title = \"shop\"\n{site}"));
        desk
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A file that only its owner can read.
    pub fn write_private(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub fn procedure(&self, name: &str, text: &str) {
        self.write(&format!("config/quarterdeck/sites/shop/procedures/{name}.md"), text);
    }

    fn environment(&self) -> impl Iterator<Item = (String, String)> {
        let folders = FOLDERS.map(|(name, folder)| (name.to_owned(), self.path(folder).display().to_string()));
        folders.into_iter().chain(self.variables.iter().cloned())
    }

    /// `qd` in a session of its own, so that nobody is at a terminal.
    pub fn qd(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_qd")).args(arguments).current_dir(self.path("home"));
        command.envs(self.environment()).env_remove("QD_FAULT_JOBS");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.qd(arguments).output().unwrap()
    }

    /// The console on a terminal.
    pub fn console(&self, arguments: &[&str]) -> Launch {
        self.program(env!("CARGO_BIN_EXE_qd"), arguments)
    }

    /// Any program on a terminal, as this person.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Launch {
        let launch = Launch::program(program, arguments).folder(self.path("home"));
        self.environment().fold(launch, |launch, (name, value)| launch.variable(&name, value))
    }

    /// The name of the newest run.
    pub fn newest(&self) -> String {
        let text = String::from_utf8(self.run(&["runs", "--json"]).stdout).unwrap();
        let at = text.find("\"id\"").unwrap_or_else(|| panic!("no run in {text}"));
        text[at..].split('"').nth(3).unwrap().to_owned()
    }
}

pub fn told(output: &Output) -> String {
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}\n{out}\n{error}", output.status)
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => all.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => all.push(entry.path()),
            Ok(_) | Err(_) => {}
        }
    }
    all
}
