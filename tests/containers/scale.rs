//! `qd scale` on real Docker and the Compose that the host has: so many run, and what would run something else is never
//! taken for good. The files of the project lie on the host itself.

use crate::kit::{Project, Ran};
use crate::lab::Lab;

const HOST: &str = "app-1";

const FILE: &str = r#"version: "2.4"
services:
  pool:
    image: "lab/web:${TAG}"
    network_mode: none
    restart: always
    stop_grace_period: 1s
    environment: { WORD: "${WORD}" }
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
"#;

/// A project whose files lie in a folder of the host; it goes when this is dropped.
struct Pool<'lab> {
    lab: &'lab Lab,
    project: Project<'lab>,
    name: &'static str,
}

impl<'lab> Pool<'lab> {
    fn new(lab: &'lab Lab, name: &'static str) -> Self {
        let project = Project::bare(lab, name, &[("pool", "scale = 1\nsettle = \"1s\"\n")]);
        let pool = Self { lab, project, name };
        pool.put("docker-compose.yml", FILE);
        pool.variables("1.4.2", "one");
        pool.on("docker compose up -d 2>&1");
        pool
    }

    fn folder(&self) -> String {
        format!("/opt/{}", self.name)
    }

    fn put(&self, file: &str, text: &str) {
        let script = "mkdir -p \"$1\" && printf '%s' \"$3\" >\"$1/$2\"";
        self.lab.on(HOST, &["sh", "-c", script, "sh", &self.folder(), file, text]);
    }

    fn variables(&self, tag: &str, word: &str) {
        self.put(".env", &format!("TAG={tag}\nWORD={word}\n"));
    }

    fn on(&self, command: &str) -> String {
        self.lab.on(HOST, &["sh", "-c", &format!("cd {} && {command}", self.folder())])
    }

    fn scale(&self, to: &str) -> Ran {
        self.project.qd("scale", "lab", &["pool", "--to", to, "--yes"])
    }

    fn runs(&self) -> Vec<String> {
        self.project.runs("pool")
    }
}

impl Drop for Pool<'_> {
    fn drop(&mut self) {
        let command = format!("cd {0} && docker compose down -t 1; rm -rf {0}", self.folder());
        let _ = self.lab.try_on(HOST, &["sh", "-c", &command]);
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_service_is_scaled_up_and_down_and_what_stays_is_left_alone() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let pool = Pool::new(&lab, "qdt-scale");
    let first = pool.runs();
    assert_eq!(first.len(), 1);
    let more = pool.scale("2");
    assert_eq!(more.code, 0, "{more:?}");
    let two = pool.runs();
    assert!(two.len() == 2 && first.iter().all(|run| two.contains(run)), "{first:?} {two:?}");
    let again = pool.scale("2");
    assert!(again.code != 0 && (again.out + &again.err).contains("2 run already"));
    let none = pool.scale("0");
    assert!(none.code != 0 && none.err.contains("use stop"), "{none:?}");
    let fewer = pool.scale("1");
    assert_eq!(fewer.code, 0, "{fewer:?}");
    assert!(fewer.out.contains("1 of 2 containers of pool on app-1 goes away"), "{fewer:?}");
    let one = pool.runs();
    assert!(one.len() == 1 && two.contains(&one[0]), "{two:?} {one:?}");
    // What was done is found again under its own word.
    let told = pool.project.qd_alone(&["runs", "--json"]);
    assert!(told.out.contains("scale-2") && told.out.contains("scale pool on app-1 to 1"), "{told:?}");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn files_that_changed_meanwhile_are_found_out_and_bring_nothing_into_what_runs() {
    let lab = Lab::get();
    let _held = lab.hold(&[HOST]);
    let pool = Pool::new(&lab, "qdt-changed");
    let first = pool.runs();
    // The configuration is another one.
    pool.variables("1.4.2", "two");
    let changed = pool.scale("2");
    assert!(changed.code != 0 && changed.out.contains("another configuration"), "{changed:?}");
    let two = pool.runs();
    assert!(first.iter().all(|run| two.contains(run)), "what ran was left alone: {first:?} {two:?}");
    pool.variables("1.4.2", "one");
    pool.on("docker compose up -d --scale pool=1 2>&1");
    // The image is another one.
    pool.project.docker(&["tag", "lab/web:1.4.2", "lab/web:old"]);
    pool.on("docker run --name qdt-other --network none lab/web:1.4.2 true; docker commit qdt-other lab/web:9; docker rm qdt-other");
    let before = pool.runs();
    pool.variables("9", "one");
    let other = pool.scale("2");
    assert!(other.code != 0 && other.out.contains("another image"), "{other:?}");
    assert!(before.iter().all(|run| pool.runs().contains(run)));
    // An image that is nowhere is an error of the command, in Compose's own words.
    pool.variables("1.4.2", "one");
    pool.on("docker compose up -d --scale pool=1 2>&1");
    pool.variables("nowhere", "one");
    let nowhere = pool.scale("3");
    assert!(nowhere.code != 0, "{nowhere:?}");
    assert_eq!(pool.runs().len(), 1);
}
