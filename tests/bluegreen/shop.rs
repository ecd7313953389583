//! A shop on the lab's first host: PostgreSQL, HAProxy with a weight for each colour, and one colour that serves; and
//! somebody who asks for a page all the time.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::Lab;

/// What serves before the first release of a test.
const BEFORE: &str = "20261101";

/// The shop; it goes when this is dropped.
pub struct Shop<'lab> {
    lab: &'lab Lab,
    /// The host's address, as this machine knows it.
    pub address: String,
}

const BALANCER: &str = r#"global
  stats socket /run/haproxy/admin.sock mode 600 level admin
  log stdout format raw local0 info
defaults
  mode http
  log global
  option httplog
  timeout connect 1s
  timeout client 10s
  timeout server 5s
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response 503
frontend shop
  bind :8080
  http-request deny deny_status 404 if { path_beg /.env /.git /docker-compose }
  http-request return status 200 content-type application/json string '{"errors":[{"extensions":{"exception":{"code":"PermissionDenied"}}}]}' if { path_beg /graphql/ } METH_POST
  http-response set-header Strict-Transport-Security max-age=31536000
  http-response set-header X-Content-Type-Options nosniff
  http-response set-header X-Frame-Options DENY
  http-response set-header Referrer-Policy same-origin
  default_backend saleor
frontend figures
  bind 127.0.0.1:8404
  no log
  http-request use-service prometheus-exporter if { path /metrics }
backend saleor
  server blue-1 127.0.0.1:8001 weight 100
  server green-1 127.0.0.1:8002 weight 0
"#;

/// The two files of Compose; `@PORT@` is put in.
const COMPOSE: &str = r#"version: "2.4"
services:
  web:
    image: ${DOCKERHUB_USERNAME}/saleor:staging-${VERSION}
    network_mode: host
    restart: always
    stop_grace_period: 5s
    environment: { APP_PORT: "@PORT@", APP_VERSION: '{"data":"${VERSION}"}' }
    healthcheck: { test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:@PORT@/health/"], interval: 1s, timeout: 2s, retries: 2 }
"#;

/// What `aws secretsmanager get-secret-value` would say: the one thing here that nobody can have in a lab.
const SECRETS: &str = r#"#!/bin/sh
cat <<'END'
DATABASE_URL=postgresql://saleor@127.0.0.1:5432/saleor_lab
POSTGRES_DB=saleor_lab
REDIS_URL=redis://127.0.0.1:6379/0
SECRET_KEY=0123456789abcdef0123456789abcdef
ALLOWED_HOSTS=shop.example
DEBUG=False
EMAIL_HOST=smtp.shop.example
EMAIL_PORT=587
EMAIL_USE_TLS=True
PAYMENT_GATEWAY_API_KEY=none
PAYMENT_GATEWAY_MODE=sandbox
SENTRY_DSN=none
DATADOG_API_KEY=none
STATIC_URL=none
MEDIA_URL=none
END
"#;

const OPEN: &str = r#"set -eu
install -d -o postgres -g postgres /var/lib/lab-postgres /run/postgresql
runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb -A trust --no-sync --locale C -E UTF8 -D /var/lib/lab-postgres > /dev/null
systemd-run -q --unit=lab-postgres --uid=postgres /usr/lib/postgresql/15/bin/postgres -D /var/lib/lab-postgres \
  -c fsync=off -c jit=off -c unix_socket_directories=/run/postgresql
install -d -m 700 /run/haproxy /etc/haproxy
printf '%s' "$balancer" > /etc/haproxy/haproxy.cfg
systemd-run -q --unit=haproxy /usr/sbin/haproxy -db -f /etc/haproxy/haproxy.cfg
mkdir -p /opt/saleor /srv/backups/saleor
printf '%s' "$compose" | sed 's|@PORT@|8001|' > /opt/saleor/docker-compose.prod.yml
printf '%s' "$compose" | sed 's|@PORT@|8002|' > /opt/saleor/docker-compose.prod-green.yml
printf '%s' "$secrets" > /usr/local/bin/aws
chmod 755 /usr/local/bin/aws
aws > /opt/saleor/.env.production
round=0
until runuser -u postgres -- psql -X -qAt -c 'select 1' > /dev/null 2>&1; do round=$((round + 1)); [ $round -lt 100 ]; sleep 0.1; done
runuser -u postgres -- psql -X -q -c 'create role saleor login' -c 'create database saleor_lab owner saleor'
docker run --rm --env-file /opt/saleor/.env.production --network host "lab/saleor:staging-$before" python manage.py migrate > /dev/null
for number in 1 2; do runuser -u postgres -- pg_dump -d saleor_lab > "/srv/backups/saleor/backup_before_$number.sql"; done
cd /opt/saleor
VERSION=$before DOCKERHUB_USERNAME=lab docker compose -p saleor-blue -f docker-compose.prod.yml up -d 2> /dev/null
round=0
until curl -fs http://127.0.0.1:8080/health/ > /dev/null; do round=$((round + 1)); [ $round -lt 100 ]; sleep 0.1; done
"#;

const CLOSE: &str = r#"touch /run/lab-stop
for colour in blue green; do
  containers=$(docker ps -aq --filter "label=com.docker.compose.project=saleor-$colour")
  [ -z "$containers" ] || docker rm -f $containers > /dev/null
done
for unit in lab-load lab-weights haproxy lab-postgres; do
  systemctl stop $unit > /dev/null 2>&1
  systemctl reset-failed $unit > /dev/null 2>&1
done
rm -rf /var/lib/lab-postgres /opt/saleor /srv/backups/saleor /usr/local/bin/aws /etc/haproxy/haproxy.cfg /var/lib/quarterdeck-bluegreen \
  /run/lab-*
true
"#;

impl<'lab> Shop<'lab> {
    /// Opens it with blue serving.
    pub fn open(lab: &'lab Lab) -> Self {
        lab.containers(&["deploys"]);
        lab.containers(&["app", &format!("lab/saleor:staging-{BEFORE}"), "APP_MIGRATIONS=0015"]);
        let address = lab.on("app-1", &["hostname", "-I"]).split_whitespace().next().unwrap().to_owned();
        let shop = Self { lab, address };
        shop.sh(CLOSE);
        let given = [("balancer", BALANCER), ("compose", COMPOSE), ("secrets", SECRETS), ("before", BEFORE)];
        let given: Vec<String> = given.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut words = vec!["env"];
        words.extend(given.iter().map(String::as_str));
        words.extend(["sh", "-c", OPEN]);
        lab.on("app-1", &words);
        shop
    }

    fn sh(&self, script: &str) -> String {
        self.lab.on("app-1", &["sh", "-c", script])
    }

    /// Each server of the balancer and its weight, as the balancer says it.
    pub fn weights(&self) -> Vec<(String, u32)> {
        let told = self.sh("echo 'show stat saleor 4 -1' | socat -t 5 stdio /run/haproxy/admin.sock");
        let mut all: Vec<(String, u32)> = told.lines().filter_map(weight).collect();
        all.sort();
        all
    }

    /// Waits until a server has this weight.
    pub fn wait_for_weight(&self, server: &str, weight: u32) {
        let begun = Instant::now();
        while !self.weights().contains(&(server.to_owned(), weight)) {
            assert!(begun.elapsed() < Duration::from_secs(90), "{server} never had {weight}: {:?}", self.weights());
            sleep(Duration::from_millis(100));
        }
    }

    /// The largest share that the colour got which did not serve when somebody began to ask.
    pub fn reached(&self) -> u32 {
        let told = self.sh("cat /run/lab-weights-seen");
        let first: Vec<(String, u32)> = told.lines().filter_map(weight).take(2).collect();
        let idle = &first.iter().find(|(_, weight)| *weight == 0).expect("one had nothing").0;
        told.lines().filter_map(weight).filter(|(server, _)| server == idle).map(|(_, weight)| weight).max().unwrap()
    }

    /// The newest migration that the database has.
    pub fn migrated(&self) -> String {
        let told = self.sh(
            "runuser -u postgres -- psql -X -At -d saleor_lab -c 'select name from django_migrations order by 1 desc limit 1'",
        );
        told.trim().to_owned()
    }

    /// Whether a container of a colour is there.
    pub fn is_up(&self, colour: &str) -> bool {
        let filter = format!("label=com.docker.compose.project=saleor-{colour}");
        !self.lab.on("app-1", &["docker", "ps", "-q", "--filter", &filter]).trim().is_empty()
    }

    /// Whether a container of a colour is there, also one that was stopped.
    pub fn has(&self, colour: &str) -> bool {
        let filter = format!("label=com.docker.compose.project=saleor-{colour}");
        !self.lab.on("app-1", &["docker", "ps", "-aq", "--filter", &filter]).trim().is_empty()
    }

    /// Takes the containers of a colour away.
    pub fn remove(&self, colour: &str) {
        let all = format!("docker rm -f $(docker ps -aq --filter label=com.docker.compose.project=saleor-{colour})");
        self.sh(&all);
    }

    /// What the database says.
    pub fn sql(&self, query: &str) -> String {
        let words = ["runuser", "-u", "postgres", "--", "psql", "-X", "-qAt", "-d", "saleor_lab", "-c", query];
        self.lab.on("app-1", &words).trim().to_owned()
    }

    /// Changes how a colour behaves while it runs.
    pub fn turns(&self, colour: &str, mode: &str) {
        let port = if colour == "blue" { 8001 } else { 8002 };
        self.lab.on("app-1", &["curl", "-fsS", &format!("http://127.0.0.1:{port}/mode?{mode}")]);
    }

    /// The time there, in seconds since 1970.
    pub fn now(&self) -> f64 {
        self.sh("date +%s.%N").trim().parse().unwrap()
    }

    /// Begins to ask for the page of the shop, fifty times a second, and to note the weights.
    pub fn ask(&self) -> Asking<'_> {
        self.sh(
            "rm -f /run/lab-*; systemd-run -q --unit=lab-load sh -c '/opt/docker/load http://127.0.0.1:8080/ --rate 50 \
             --seconds 600 --until /run/lab-stop > /run/lab-load.json'
             systemd-run -q --unit=lab-weights sh -c 'while [ ! -e /run/lab-stop ]; do echo \"show stat saleor 4 -1\" | \
             socat -t 5 stdio /run/haproxy/admin.sock >> /run/lab-weights-seen; sleep 0.1; done'",
        );
        Asking { shop: self }
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        self.lab.try_on("app-1", &["sh", "-c", CLOSE]);
        // What was ended by force is no failure of the host for whoever comes next.
        self.lab.try_on("app-1", &["systemctl", "reset-failed"]);
    }
}

/// The server and the weight of a line of the balancer's figures.
fn weight(line: &str) -> Option<(String, u32)> {
    let cells: Vec<&str> = line.split(',').collect();
    (cells.first() == Some(&"saleor"))
        .then(|| Some((cells.get(1)?.to_string(), cells.get(18)?.parse().ok()?)))
        .flatten()
}

/// Somebody who asks.
pub struct Asking<'shop> {
    shop: &'shop Shop<'shop>,
}

impl Asking<'_> {
    /// Goes on for a while, to see what comes behind.
    pub fn linger(&self) {
        sleep(Duration::from_secs(2));
    }

    /// Ends it, with what was counted.
    pub fn end(self) -> Asked {
        let told = self.shop.sh(
            "touch /run/lab-stop; round=0
             while systemctl -q is-active lab-load; do round=$((round + 1)); [ $round -lt 300 ] || exit 1; sleep 0.1; done
             cat /run/lab-load.json",
        );
        Asked(serde_json::from_str(told.trim()).unwrap_or_else(|error| panic!("{error}: {told}")))
    }
}

/// What somebody counted.
#[derive(Debug)]
pub struct Asked(Value);

impl Asked {
    fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }

    pub fn sent(&self) -> u64 {
        self.number("sent")
    }

    pub fn failed(&self) -> u64 {
        self.number("failed")
    }

    /// How many different versions have answered.
    pub fn versions(&self) -> usize {
        self.0["versions"].as_object().unwrap().len()
    }

    /// How many failed after this moment; all of them where only the first are kept.
    pub fn failed_since(&self, moment: f64) -> usize {
        let kept = self.0["failures"].as_array().unwrap();
        assert!(kept.len() as u64 == self.failed() || kept.len() >= 200, "{self:?}");
        let later = kept.iter().filter(|failure| failure["clock"].as_f64().unwrap() > moment).count();
        later + (self.failed() as usize - kept.len())
    }
}
