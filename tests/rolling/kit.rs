//! The webshop of FreezeDesign on a host of the lab: its images in a real registry, its project behind a real balancer, the
//! site as it is in `sites/freezedesign` with another address, and somebody who looks at its pages all the time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;

use crate::lab::Lab;

/// The host on which it runs; the lab's Docker is in this one's network.
pub const HOST: &str = "app-1";
const REGISTRY: &str = "localhost:5000/freezedesign/webshop";
/// What stands for any commit in the recorded answers of GitHub.
const RECORDED: &str = "3f9a1c2b4d5e6f708192a3b4c5d6e7f8091a2b3c";

/// `aws s3 ls` of a bucket that is a folder.
const AWS: &str = r#"#!/bin/sh
[ "$1 $2" = "s3 ls" ] || exit 2
cd /srv/s3 && for f in *; do echo "$(date -d "@$(stat -c %Y "$f")" '+%Y-%m-%d %H:%M:%S') $(stat -c %s "$f") $f"; done
"#;

/// The shop; it goes when this is dropped.
pub struct Shop<'lab> {
    lab: &'lab Lab,
    home: tempfile::TempDir,
}

/// How a call of `qd` ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub took: Duration,
}

/// Somebody who asks for a page again and again, or looks how many instances are healthy.
pub struct Looking<'lab> {
    lab: &'lab Lab,
    child: Option<Child>,
    until: String,
}

impl<'lab> Shop<'lab> {
    /// Makes these versions, with what they are told, and starts the first of them.
    pub fn new(lab: &'lab Lab, versions: &[(&str, &[&str])]) -> Self {
        lab.containers(&["start"]);
        lab.containers(&["deploys"]);
        let home = tempfile::Builder::new().prefix("qdr").tempdir_in("/tmp").unwrap();
        let shop = Self { lab, home };
        shop.take_away();
        let first = versions[0].0;
        for (version, told) in versions {
            for (service, port) in [("backend", "8000"), ("frontend", "3000")] {
                let image = format!("{REGISTRY}/{service}:{version}");
                let port = format!("APP_PORT={port}");
                lab.containers(&[&["app", &image, &port][..], told].concat());
                lab.containers(&["docker", "push", "-q", &image]);
                // What is deployed later is fetched then.
                if *version != first {
                    lab.containers(&["docker", "rmi", &image]);
                }
            }
        }
        shop.repository(versions);
        shop.write_site();
        shop.put("/usr/local/bin/aws", AWS);
        shop.put("/opt/webshop/docker-compose.prod.yml", include_str!("compose.yml"));
        shop.put("/opt/webshop/.env", &format!("IMAGE_TAG={first}\n"));
        let begin = "chmod +x /usr/local/bin/aws; mkdir -p /srv/s3; head -c 5000 /dev/zero >/srv/s3/webshop-1.dump
            cd /opt/webshop && docker compose -f docker-compose.prod.yml up -d 2>&1 || exit 1
            for n in $(seq 100); do
              if curl -fs localhost:8200/ && curl -fs localhost:3200/ && docker exec webshop_backend_1 python manage.py migrate --noinput; then exit 0; fi
              sleep 0.3
            done
            exit 1";
        lab.on(HOST, &["sh", "-c", begin]);
        shop
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn put(&self, path: &str, text: &str) {
        let folder = Path::new(path).parent().unwrap().to_str().unwrap().to_owned();
        self.lab.on(HOST, &["sh", "-c", "mkdir -p \"$1\" && printf '%s' \"$3\" >\"$2\"", "sh", &folder, path, text]);
    }

    /// A repository with a tag for each version.
    fn repository(&self, versions: &[(&str, &[&str])]) {
        let folder = self.at("code");
        fs::create_dir_all(folder.join("products/migrations")).unwrap();
        let git = |words: &[&str]| {
            let mut command = Command::new("git");
            command.current_dir(&folder).args(words).env("HOME", self.at("nowhere"));
            for who in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.com");
            }
            assert!(command.output().unwrap().status.success(), "git {words:?}");
        };
        git(&["init", "--quiet", "--initial-branch=main", "."]);
        for (version, _) in versions {
            fs::write(folder.join("VERSION"), version).unwrap();
            git(&["add", "--all"]);
            git(&["commit", "--quiet", "--message", version]);
            git(&["tag", version]);
        }
    }

    /// The commit of a version.
    pub fn commit(&self, version: &str) -> String {
        let mut command = Command::new("git");
        command.current_dir(self.at("code")).args(["rev-parse", &format!("{version}^{{commit}}")]);
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
    }

    /// The site of FreezeDesign, with what is different here, and shorter waits.
    fn write_site(&self) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("sites/freezedesign");
        let to = self.at("freezedesign");
        fs::create_dir_all(to.join("procedures")).unwrap();
        for entry in fs::read_dir(from.join("procedures")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join("procedures").join(entry.file_name())).unwrap();
        }
        let mut text = fs::read_to_string(from.join("site.toml")).unwrap();
        let address = self.lab.on(HOST, &["hostname", "-I"]).split_whitespace().next().unwrap().to_owned();
        let api = self.github();
        let code = format!("file://{}", self.at("code").display());
        let notices = format!("kind = \"command\"\ncommand = [\"tee\", \"-a\", \"{}\"]", self.at("notices").display());
        let github = format!("repository = \"freezedesign/webshop\"\napi = \"{api}\"\ntoken_from_env");
        for (here, there) in [
            ("production-vps = {", "app-1 = { become = \"root\","),
            ("lock_host = \"production-vps\"", "lock_host = \"app-1\""),
            ("registry = \"ghcr.io\"", "registry = \"localhost:5000\""),
            ("https://github.com/freezedesign/webshop.git", &code),
            ("repository = \"freezedesign/webshop\"\ntoken_from_env", &github),
            ("kind = \"discord\"\nurl_from_env = \"FREEZEDESIGN_DISCORD_URL\"", &notices),
            ("localhost:8000", "localhost:8200"),
            ("localhost:3000", "localhost:3200"),
            ("https://${domain}/api/health/", "http://${domain}:8200/api/health/"),
            ("https://${domain}/", "http://${domain}:3200/"),
            (", certificate_days = 14", ""),
            ("\"freezedesign.example\"", &format!("\"{address}\"")),
            ("lead = [\"lead\"]", "lead = [\"lab\"]"),
            ("attempts = 30", "attempts = 6"),
            ("pause = 5", "pause = 1"),
            ("settle = 5", "settle = 2"),
        ] {
            assert!(text.contains(here), "the site does not say {here}");
            text = text.replace(here, there);
        }
        fs::write(to.join("site.toml"), text).unwrap();
        fs::create_dir_all(self.at("config/quarterdeck")).unwrap();
        fs::write(self.at("config/quarterdeck/config.toml"), "name = \"lab\"\n").unwrap();
        let trusted = self.qd(&["trust", "--yes"], &[]);
        assert_eq!(trusted.code, 0, "{}", trusted.out);
    }

    /// A server that answers as GitHub was recorded to, for whichever commit is asked.
    fn github(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let code = self.at("code");
        let commit = move |named: &str| {
            let mut command = Command::new("git");
            command.current_dir(&code).args(["rev-parse", &format!("{named}^{{commit}}")]);
            String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
        };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let Some(target) = head.first().and_then(|line| line.split(' ').nth(1)) else { continue };
                let path = target.split('?').next().unwrap_or_default();
                let named = path.split("/commits/").nth(1).and_then(|rest| rest.split('/').next());
                let asked = target.split("head_sha=").nth(1).and_then(|rest| rest.split('&').next());
                let sha = named.or(asked).map_or_else(|| RECORDED.to_owned(), &commit);
                let name = match path {
                    path if path.ends_with("/check-runs") => "check-runs",
                    path if path.ends_with("/status") => "status",
                    path if path.ends_with("/approvals") => "approvals",
                    path if path.ends_with("/runs") => "workflow-runs",
                    _ if named.is_some() => "commit",
                    _ => "error-404",
                };
                let status = if name == "error-404" { "404 Not Found" } else { "200 OK" };
                let file = format!("{}/tests/fixtures/github/{name}.json", env!("CARGO_MANIFEST_DIR"));
                let body = fs::read_to_string(file).unwrap().replace(RECORDED, &sha);
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes());
            }
        });
        address
    }

    /// `qd WORDS SITE MORE`, without a terminal.
    pub fn qd(&self, words: &[&str], more: &[&str]) -> Ran {
        let begin = Instant::now();
        let mut command = Command::new("setsid");
        command.args(["-w", env!("CARGO_BIN_EXE_qd")]).args(words).arg(self.at("freezedesign")).args(more);
        for (name, folder) in
            [("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state")]
        {
            fs::create_dir_all(self.at(folder)).unwrap();
            command.env(name, self.at(folder));
        }
        command.env("QD_SSH_CONFIG", self.lab.ssh_config()).env("GITHUB_TOKEN", "ghp_of-the-lab");
        let output = command.stdin(Stdio::null()).output().unwrap();
        let out = [output.stdout, output.stderr].concat();
        let out = String::from_utf8_lossy(&out).into_owned();
        Ran { code: output.status.code().unwrap_or(-1), out, took: begin.elapsed() }
    }

    /// Deploys a version as somebody does who has looked at what is to be looked at.
    pub fn deploy(&self, version: &str, more: &[&str]) -> Ran {
        let version = format!("version={version}");
        let words = [
            &["-e", "production", "--confirm", "production", "--input", &version][..],
            &["--tick", "breaking=none, see CHANGES", "--tick", "plan-read=read", "--tick", "pages=they load"],
            &["--tick", "flows=all three", "--tick", "sentry=nothing new", "--answer", "who=console"],
            &["--waive", "staging=the lab has no staging", "--waive", "way-back=nothing was recorded before"],
            more,
        ];
        self.qd(&["run", "deploy"], &words.concat())
    }

    /// The releases of production, the newest first.
    pub fn releases(&self) -> Vec<Value> {
        let listed = self.qd(&["release", "list"], &["-e", "production", "--json"]);
        let from = listed.out.find('{').unwrap_or_else(|| panic!("{}", listed.out));
        let mut read = serde_json::Deserializer::from_str(&listed.out[from..]).into_iter::<Value>();
        read.next().unwrap().unwrap()["releases"].as_array().unwrap().clone()
    }

    /// The images of everything that runs, by service.
    pub fn runs(&self) -> BTreeMap<String, Vec<String>> {
        let format = "{{.Label \"com.docker.compose.service\"}} {{.Image}}";
        let filter = "label=com.docker.compose.project=webshop";
        let told = self.lab.containers(&["docker", "ps", "--format", format, "--filter", filter]);
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (service, image) in told.lines().filter_map(|line| line.split_once(' ')) {
            all.entry(service.to_owned()).or_default().push(image.rsplit(':').next().unwrap().to_owned());
        }
        all
    }

    /// What the database says.
    pub fn sql(&self, query: &str) -> String {
        self.lab.on(HOST, &["docker", "exec", "webshop_db_1", "psql", "-U", "webshop", "-Atc", query])
    }

    pub fn told(&self) -> String {
        fs::read_to_string(self.at("notices")).unwrap_or_default()
    }

    /// Somebody asks for the page of a service, so many times a second.
    pub fn asked(&self, port: u16, rate: u32) -> Looking<'lab> {
        let address = format!("http://localhost:{port}/");
        let rate = rate.to_string();
        self.look(&["/opt/docker/load", &address, "--rate", &rate, "--seconds", "110", "--until"])
    }

    /// Somebody looks how many instances of backend and frontend answer, several times a second, and says it.
    pub fn watched(&self) -> Looking<'lab> {
        let script = r#"until [ -e "$1" ]; do
            for one in backend:8000/api/health/ frontend:3000/; do
              well=0
              for id in $(docker ps -q --filter label=com.docker.compose.project=webshop --filter "label=com.docker.compose.service=${one%%:*}"); do
                at=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$id" 2>/dev/null)
                if [ -n "$at" ] && curl -fs -o /dev/null -m 2 "http://$at:${one#*:}"; then well=$((well + 1)); fi
              done
              echo "${one%%:*} $well"
            done
            sleep 0.2
          done"#;
        self.look(&["sh", "-c", script, "watched"])
    }

    fn look(&self, words: &[&str]) -> Looking<'lab> {
        let until = format!("/tmp/qd-rolling-{}", fastrand::u64(..));
        let mut command = self.lab.command_on(HOST, &[words, &[until.as_str()]].concat());
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        Looking { lab: self.lab, child: Some(child), until }
    }

    fn take_away(&self) {
        let down =
            "cd /opt/webshop 2>/dev/null && docker compose -f docker-compose.prod.yml down -t 1 -v >/dev/null 2>&1
            rm -rf /opt/webshop /var/backups/webshop /srv/s3 /usr/local/bin/aws; true";
        self.lab.try_on(HOST, &["sh", "-c", down]);
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        self.take_away();
        // What was ended by force is no failure of the host for whoever comes next.
        self.lab.try_on(HOST, &["systemctl", "reset-failed"]);
    }
}

impl Looking<'_> {
    /// Ends it, and gives what it says.
    pub fn ends(mut self) -> String {
        self.stop()
    }

    /// The same of somebody who asks for a page.
    pub fn count(self) -> Value {
        let told = self.ends();
        serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"))
    }

    fn stop(&mut self) -> String {
        let Some(child) = self.child.take() else { return String::new() };
        self.lab.try_on(HOST, &["touch", &self.until]);
        let output = child.wait_with_output().unwrap();
        self.lab.try_on(HOST, &["rm", "-f", &self.until]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}
