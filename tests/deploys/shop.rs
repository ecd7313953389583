//! PakaShop on the hosts of the lab: its site and its procedures as they are, a repository that is cloned on the hosts, a
//! PostgreSQL with migrations, nineteen services that run from the checkout. The services and what builds them are
//! stand-ins; git, systemd, the database and every command of the procedures are real.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::github::{GitHub, TOKEN};
use crate::lab::Lab;

/// The hosts; the first is the lock host.
pub const HOSTS: [&str; 3] = ["app-1", "app-2", "db-1"];
/// Those that have services.
pub const APPS: [&str; 2] = ["app-1", "app-2"];
/// Which services are where, at which port, and what they need.
const SERVICES: &str = include_str!("../lab/sites/pakashop.tsv");

/// What stands on the hosts goes when this is dropped.
pub struct Shop<'lab> {
    pub lab: &'lab Lab,
    pub github: GitHub,
    home: TempDir,
}

/// How a call of `qd` ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub told: String,
}

/// What a host says of one of its services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    /// The commit from which it runs; `None` when it does not answer.
    pub commit: Option<String>,
    /// Whether it is ready.
    pub ready: bool,
}

/// A service of the table: name, hosts, port, what it needs.
fn services() -> Vec<(&'static str, Vec<&'static str>, &'static str, &'static str)> {
    let rows = SERVICES.lines().filter_map(|line| line.strip_prefix("pakashop-"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        (cells[0], cells[1].split(',').collect(), cells[2], cells[4])
    })
    .collect()
}

impl<'lab> Shop<'lab> {
    /// Puts everything in place, on hosts that must be held.
    pub fn new(lab: &'lab Lab) -> Self {
        let home = tempfile::Builder::new().prefix("qdd").tempdir_in("/tmp").unwrap();
        let shop = Self { lab, github: GitHub::new(), home };
        shop.tool("db-1", "aws");
        shop.script("db-1", "database.sh");
        shop.repository();
        std::thread::scope(|scope| {
            for host in APPS {
                let shop = &shop;
                scope.spawn(move || {
                    ["npm", "npx", "go", "pip", "nginx"].into_iter().for_each(|tool| shop.tool(host, tool));
                    shop.script(host, "app.sh");
                });
            }
        });
        shop.site();
        let trusted = shop.qd(&["trust", "--yes", &shop.at("site").display().to_string()]);
        assert_eq!(trusted.code, Some(0), "{}", trusted.told);
        shop
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn file(name: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploys/host").join(name)).unwrap()
    }

    fn tool(&self, host: &str, name: &str) {
        let script = r#"printf '%s' "$1" >"/usr/local/bin/$2" && chmod 755 "/usr/local/bin/$2""#;
        self.lab.on(host, &["sh", "-c", script, "sh", &Self::file(name), name]);
    }

    fn script(&self, host: &str, name: &str) {
        self.lab.on(host, &["sh", "-c", &Self::file(name)]);
    }

    fn git(&self, folder: &str, words: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]);
        git.arg("-C").arg(self.at(folder)).args(words).env("HOME", self.at("home")).env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The repository with its first state, pushed to where the hosts get it, and the person's clone.
    fn repository(&self) {
        let config = fs::read_to_string(self.lab.ssh_config()).unwrap();
        let line = config.lines().skip_while(|line| !line.starts_with("Host db-1 ")).nth(1).unwrap();
        let address = format!("git://{}/pakashop.git", line.trim().strip_prefix("HostName ").unwrap());
        let work = self.at("work");
        fs::create_dir_all(self.at("home/src")).unwrap();
        fs::create_dir_all(&work).unwrap();
        self.git("work", &["init", "-q"]);
        let write = |path: &str, text: &str| {
            let path = work.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("serve", &Self::file("serve"));
        fs::set_permissions(work.join("serve"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        write(".gitignore", "node_modules/\nbin/\nvenv/\n");
        for (name, _, port, needs) in services() {
            let deps = needs.replace("pakashop-", "").replace("postgresql", "postgres");
            write(&format!("services/{name}/settings"), &format!("port={port}\ndeps={deps}\n"));
            match name {
                "search" | "analytics" => write(&format!("services/{name}/src/main.go"), "package main\n"),
                "moderation" | "recommendations" => write(&format!("services/{name}/requirements.txt"), "flask\n"),
                _ => write(&format!("services/{name}/package-lock.json"), "{}\n"),
            }
        }
        for (name, table) in [("backend", "orders"), ("pricing", "prices")] {
            write(&format!("services/{name}/prisma/schema.prisma"), "// the tables\n");
            let sql = format!("CREATE TABLE {table} (id int PRIMARY KEY);\n");
            write(&format!("services/{name}/prisma/migrations/0001_{table}/migration.sql"), &sql);
        }
        self.git("work", &["add", "-A"]);
        self.git("work", &["commit", "-qm", "The shop as it is"]);
        self.git("work", &["branch", "production"]);
        self.git("work", &["remote", "add", "origin", &address]);
        self.git("work", &["push", "-q", "origin", "main", "production"]);
        self.git("home/src", &["clone", "-q", "-b", "production", &address, "pakashop"]);
    }

    /// The site of the team, on these hosts: what is replaced is only where things are and how long is waited.
    fn site(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sites/pakashop");
        let mut text = fs::read_to_string(root.join("site.toml")).unwrap();
        let address = self.github.address();
        let state = self.at("staging").display().to_string();
        let replaced = [
            (r#"lock_host = "staging""#, String::new()),
            (r#"staging = { tags"#, "staging = { local = true, tags".to_owned()),
            (r#"app-1 = { tags"#, r#"app-1 = { become = "root", tags"#.to_owned()),
            (r#"app-2 = { tags"#, r#"app-2 = { become = "root", tags"#.to_owned()),
            (r#"db-1 = { tags"#, r#"db-1 = { become = "root", tags"#.to_owned()),
            (r#"token_from_env"#, format!("api = \"{address}\"\ntoken_from_env")),
            ("http = \"https://${domain}/api", format!("from = \"here\"\nhttp = \"{address}/api")),
            ("certificate_days = 14\n", String::new()),
            (
                "interval = \"10s\"\ntimeout = \"4s\"\nrise = 2\nfall = 3",
                "interval = \"5s\"\ntimeout = \"4s\"\nrise = 1\nfall = 2".to_owned(),
            ),
            ("interval = \"30s\"", "interval = \"5s\"".to_owned()),
            ("interval = \"60s\"", "interval = \"15s\"".to_owned()),
            (
                "tier = \"Supporting\"\n# GAP: no command",
                "tier = \"Supporting\"\nsettle = \"0s\"\nready_within = \"6s\"\n# GAP: no command".to_owned(),
            ),
            (
                "[channels.incidents]\nkind = \"slack\"\nurl_from_env = \"PAKASHOP_INCIDENTS_URL\"",
                format!(
                    "[channels.incidents]\nkind = \"command\"\ncommand = [\"tee\", \"-a\", \"{}\"]",
                    self.at("incidents").display()
                ),
            ),
        ];
        for (before, after) in replaced {
            assert!(text.contains(before), "the site has no {before:?}");
            text = text.replace(before, &after);
        }
        let (first, second) = text.split_once("[environments.production]").unwrap();
        let first = first.replace("/var/lib/quarterdeck", &state);
        let second = second.replace("/var/lib/quarterdeck", "/var/lib/qdt-deploys");
        let folder = self.at("site/procedures");
        fs::create_dir_all(&folder).unwrap();
        fs::write(self.at("site/site.toml"), format!("{first}[environments.production]{second}")).unwrap();
        for entry in fs::read_dir(root.join("procedures")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path)
                .unwrap()
                .replace("retries=24 every=5s", "retries=2 every=1s")
                .replace("retries=2 every=5s", "retries=2 every=1s")
                .replace("hold=60s", "hold=5s")
                .replace("interval=5s failures=1", "interval=1s failures=1");
            fs::write(folder.join(path.file_name().unwrap()), text).unwrap();
        }
        // Staging is another machine: here only what it records.
        let staged = "+++\ntitle = \"Staging\"\nkind = \"deploy\"\nenvironments = [\"staging\"]\n[release]\nversion = \"commit\"\n\
                      commit = \"commit\"\n[inputs.commit]\n+++\n# Staging\n\n```sh {#put host=here danger=change}\necho \"$commit\"\n```\n";
        fs::write(folder.join("staged.md"), staged).unwrap();
        fs::create_dir_all(self.at("config/quarterdeck")).unwrap();
        fs::write(self.at("config/quarterdeck/config.toml"), "name = \"lead\"\n").unwrap();
    }

    /// The site with staging on the hosts of production: its folder.
    pub fn staging(&self) -> String {
        let folder = self.at("wide");
        fs::create_dir_all(folder.join("procedures")).unwrap();
        for entry in fs::read_dir(self.at("site/procedures")).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name != "staged.md") {
                fs::copy(&path, folder.join("procedures").join(path.file_name().unwrap())).unwrap();
            }
        }
        let text = fs::read_to_string(self.at("site/site.toml")).unwrap();
        let own = text.lines().find(|line| line.starts_with("staging = {")).unwrap();
        let three = [
            "app-1 = { become = \"root\", tags = [\"web\", \"app\"] }",
            "app-2 = { become = \"root\", tags = [\"app\", \"batch\"] }",
            "db-1 = { become = \"root\", tags = [\"data\"] }",
        ];
        let state = self.at("staging").display().to_string();
        let text = text.replace(own, &three.join("\n")).replace(&state, "/var/lib/qdt-deploys");
        fs::write(
            folder.join("site.toml"),
            text.replacen("[environments.staging]", "[environments.staging]\nlock_host = \"app-1\"", 1),
        )
        .unwrap();
        let trusted = self.qd(&["trust", "--yes", &folder.display().to_string()]);
        assert_eq!(trusted.code, Some(0), "{}", trusted.told);
        folder.display().to_string()
    }

    /// The newest commit of `main`.
    pub fn tested(&self) -> String {
        self.git("work", &["rev-parse", "main"])
    }

    /// Commits a change to `main`, merges that into `production` as a pull request does, and tells staging and the clone.
    pub fn change(&self, message: &str, files: &[(&str, Option<&str>)]) -> String {
        for (path, text) in files {
            let path = self.at("work").join(path);
            match text {
                Some(text) => {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, text).unwrap();
                }
                None => fs::remove_file(path).unwrap(),
            }
        }
        self.git("work", &["add", "-A"]);
        self.git("work", &["commit", "-q", "--allow-empty", "-m", message]);
        let tested = self.git("work", &["rev-parse", "HEAD"]);
        self.git("work", &["checkout", "-q", "production"]);
        self.git("work", &["merge", "-q", "--no-ff", "-m", "Merge pull request #42", "main"]);
        let commit = self.git("work", &["rev-parse", "HEAD"]);
        self.git("work", &["checkout", "-q", "main"]);
        self.git("work", &["push", "-q", "origin", "main", "production"]);
        self.git("home/src/pakashop", &["fetch", "-q", "origin"]);
        let site = self.at("site").display().to_string();
        let staged =
            self.qd(&["run", "staged", &site, "-e", "staging", "--yes", "--input", &format!("commit={tested}")]);
        assert_eq!(staged.code, Some(0), "{}", staged.told);
        commit
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_qd")).args(words).current_dir(self.home.path());
        for (name, folder) in
            [("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CONFIG_HOME", "config")]
        {
            command.env(name, self.at(folder));
        }
        command.env("QD_SSH_CONFIG", self.lab.ssh_config()).env("PAKASHOP_GITHUB_TOKEN", TOKEN);
        command.env_remove("QD_FAULT_JOBS").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The same from the workstation of somebody else.
    pub fn of_bo(&self, words: &[&str]) -> Ran {
        let mut command = self.command(words);
        for (name, folder) in
            [("XDG_DATA_HOME", "bo/data"), ("XDG_STATE_HOME", "bo/state"), ("XDG_CONFIG_HOME", "bo/config")]
        {
            command.env(name, self.at(folder));
        }
        fs::create_dir_all(self.at("bo/config/quarterdeck")).unwrap();
        fs::write(self.at("bo/config/quarterdeck/config.toml"), "name = \"bo\"\n").unwrap();
        Ran::of(command.output().unwrap())
    }

    pub fn qd(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).output().unwrap())
    }

    /// What is said to a deploy of production's branch, with nobody at it.
    pub fn deploying(&self, more: &[&str]) -> Command {
        let site = self.at("site").display().to_string();
        let said = ["run", "deploy-production", &site, "-e", "production", "--confirm", "production"];
        let answers =
            ["--input", "version=origin/production", "--tick", "flags=none", "--tick", "migrations-read=read"];
        self.command(&[&said[..], &answers[..], more].concat())
    }

    /// What is said to go on with a run of it.
    pub fn resuming(&self, run: &str, more: &[&str]) -> Command {
        let site = self.at("site").display().to_string();
        let said = ["run", "deploy-production", &site, "-e", "production", "--confirm", "production", "--resume", run];
        let answers = ["--tick", "flags=none", "--tick", "migrations-read=read"];
        self.command(&[&said[..], &answers[..], more].concat())
    }

    /// What is kept of a run, with all that was printed.
    pub fn kept(&self, run: &str) -> String {
        self.qd(&["runs", "--id", run, "--output"]).told
    }

    /// The commit that was first on the hosts.
    pub fn commit(&self) -> String {
        self.git("work", &["rev-parse", "production"])
    }

    pub fn deploy(&self, more: &[&str]) -> Ran {
        Ran::of(self.deploying(more).output().unwrap())
    }

    /// The first release: there is none to go back to.
    pub fn first(&self) -> String {
        let commit = self.change("The first release", &[]);
        let ran = self.deploy(&["--waive", "way-back=the first release", "--on-failure", "abort"]);
        assert_eq!(ran.code, Some(0), "{}", ran.told);
        commit
    }

    /// What runs, as each service says itself.
    pub fn truth(&self) -> BTreeMap<String, Stand> {
        let mut all = BTreeMap::new();
        for host in APPS {
            let ports: Vec<String> = services()
                .into_iter()
                .filter(|(_, hosts, ..)| hosts.contains(&host))
                .map(|(name, _, port, _)| format!("{name} {port}"))
                .collect();
            let script = "printf '%s\\n' \"$1\" | while read -r name port; do printf '%s ' \"$name\"; \
                          curl -s -m 3 \"http://localhost:$port/health/ready\" || true; echo; done";
            for line in self.lab.on(host, &["sh", "-c", script, "sh", &ports.join("\n")]).lines() {
                let (name, json) = line.split_once(' ').unwrap();
                let json: Value = serde_json::from_str(json).unwrap_or_default();
                let stand =
                    Stand { commit: json["version"].as_str().map(str::to_owned), ready: json["status"] == "ready" };
                all.insert(format!("{name} on {host}"), stand);
            }
        }
        all
    }

    /// Which services do not run this commit and are ready.
    pub fn others_than(&self, commit: &str) -> Vec<String> {
        let wanted = Stand { commit: Some(commit.to_owned()), ready: true };
        self.truth()
            .into_iter()
            .filter(|(_, stand)| *stand != wanted)
            .map(|(name, stand)| format!("{name}: {stand:?}"))
            .collect()
    }

    /// Production's releases, the newest first.
    pub fn releases(&self) -> Vec<Value> {
        let site = self.at("site").display().to_string();
        let output = self.command(&["release", "list", "--json", &site, "-e", "production"]).output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", Ran::of(output).told));
        json["releases"].as_array().unwrap().clone()
    }
}

impl Ran {
    pub fn of(output: std::process::Output) -> Self {
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Self { code: output.status.code(), told }
    }

    pub fn says(&self, words: &str) {
        assert!(self.told.contains(words), "{words:?} is not said: {:?} {}", self.code, self.told);
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        for (host, name) in APPS.into_iter().map(|host| (host, "app-away.sh")).chain([("db-1", "database-away.sh")]) {
            self.lab.try_on(host, &["sh", "-c", &Self::file(name)]);
        }
    }
}
