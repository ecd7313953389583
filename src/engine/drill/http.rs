//! Health answers of the simulated services, served for real on loopback.
//!
//! What a healthy answer looks like is taken from the site's own probes: a JSON body in which every field that
//! a probe looks at is as it must be. An unready dependency turns its field bad and the answer into a 503.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::fleet::Fleet;
use super::unit::SimUnit;
use crate::domain::Environment;
use crate::domain::probe::{Ask, FieldRule, Must, Scalar, Vantage};

/// Longest time a hanging service keeps a caller.
const HANG: Duration = Duration::from_secs(3600);

/// What one port answers: fields by path, as the site's probes want them.
#[derive(Debug, Clone, Default)]
struct Answers {
    fields: BTreeMap<String, Vec<FieldRule>>,
}

/// The listeners of a drill: where each port of each host really is. They close when this is dropped.
#[derive(Debug, Default)]
pub struct Listeners {
    places: BTreeMap<(String, u16), SocketAddr>,
    answers: BTreeMap<(String, u16), Answers>,
    tasks: Vec<AbortOnDropHandle<()>>,
}

impl Listeners {
    /// Opens a loopback port for every local port that the environment's probes ask on its hosts.
    ///
    /// # Errors
    /// When loopback can't be listened on.
    pub async fn open(environment: &Environment, fleet: &Fleet) -> std::io::Result<Self> {
        let mut answers: BTreeMap<(String, u16), Answers> = BTreeMap::new();
        for service in &environment.services {
            for probe in service.probes.iter().filter(|probe| probe.from == Vantage::Host) {
                for host in &service.hosts {
                    let (port, path, fields) = match &probe.ask {
                        Ask::Tcp { port, .. } => (*port, String::new(), Vec::new()),
                        Ask::Http(http) => {
                            let Ok(url) = url::Url::parse(&http.url) else { continue };
                            let Some(port) = url.port_or_known_default() else { continue };
                            (port, url.path().to_owned(), http.fields.clone())
                        }
                        Ask::Command { .. } => continue,
                    };
                    answers.entry((host.to_string(), port)).or_default().fields.insert(path, fields);
                }
            }
        }
        let mut listeners = Self { answers: answers.clone(), ..Self::default() };
        for ((host, port), answers) in answers {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            listeners.places.insert((host.clone(), port), listener.local_addr()?);
            let task = tokio::spawn(listen(listener, fleet.clone(), host, port, answers));
            listeners.tasks.push(AbortOnDropHandle::new(task));
        }
        Ok(listeners)
    }

    /// What a path of a port of a host answers, with its status; nothing where nobody listens.
    pub async fn answer(&self, fleet: &Fleet, host: &str, port: u16, path: &str) -> Option<(u16, Vec<u8>)> {
        let answers = self.answers.get(&(host.to_owned(), port))?;
        let listens = fleet.machine(host).is_some_and(|machine| {
            machine.units.values().any(|unit| unit.runs() && unit.behaviour.ports.contains(&port))
        });
        if !listens {
            return None;
        }
        let (head, body) = answer(fleet, host, port, answers, path).await.into_parts();
        let body =
            http_body_util::BodyExt::collect(body).await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Some((head.status.as_u16(), body))
    }

    /// Where a port of a host really is.
    pub fn place(&self, host: &str, port: u16) -> Option<SocketAddr> {
        self.places.get(&(host.to_owned(), port)).copied()
    }
}

async fn listen(listener: TcpListener, fleet: Fleet, host: String, port: u16, answers: Answers) {
    while let Ok((stream, _)) = listener.accept().await {
        let (fleet, host, answers) = (fleet.clone(), host.clone(), answers.clone());
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let (fleet, host, answers) = (fleet.clone(), host.clone(), answers.clone());
                async move { Ok::<_, Infallible>(answer(&fleet, &host, port, &answers, request.uri().path()).await) }
            });
            // A caller that goes away is no news.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(fleet: &Fleet, host: &str, port: u16, answers: &Answers, path: &str) -> Response<Full<Bytes>> {
    let machine = fleet.machine(host);
    let unit = machine
        .as_ref()
        .and_then(|machine| machine.units.values().find(|unit| unit.runs() && unit.behaviour.ports.contains(&port)));
    let Some(unit) = unit else { return response(StatusCode::BAD_GATEWAY, &json!({"status": "down"})) };
    tokio::time::sleep(if unit.behaviour.hangs { HANG } else { unit.behaviour.answers_in }).await;
    let rules = answers.fields.get(path).map(Vec::as_slice).unwrap_or_default();
    let ready = unit.behaviour.unready.is_empty() || !path.contains("ready");
    let body = if ready { named(unit, fields_json(rules)) } else { unready(unit, rules) };
    response(if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

/// A JSON body in which every field is as its rule wants it.
pub(super) fn fields_json(rules: &[FieldRule]) -> Value {
    let mut root = Value::Object(Map::new());
    for rule in rules {
        let value = match &rule.must {
            Must::Equal(scalar) => as_json(scalar),
            Must::OneOf(scalars) => scalars.first().map_or(Value::Null, as_json),
            Must::AtMost(figure) | Must::AtLeast(figure) => json!(figure),
            Must::Exist => json!(true),
        };
        put(&mut root, &rule.path, value);
    }
    root
}

fn named(unit: &SimUnit, mut root: Value) -> Value {
    if root.get("service").is_none() {
        put(&mut root, "service", json!(unit.name.trim_end_matches(".service")));
    }
    root
}

fn unready(unit: &SimUnit, rules: &[FieldRule]) -> Value {
    let mut root = named(unit, fields_json(rules));
    for (dependency, says) in &unit.behaviour.unready {
        let known = rules.iter().find(|rule| rule.path.rsplit('.').next() == Some(dependency.as_str()));
        let path = known.map_or_else(|| format!("dependencies.{dependency}"), |rule| rule.path.clone());
        put(&mut root, &path, json!(says));
    }
    put(&mut root, "status", json!("not ready"));
    root
}

fn put(root: &mut Value, path: &str, value: Value) {
    let mut place = root;
    for key in path.split('.') {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[key];
    }
    *place = value;
}

fn as_json(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Text(text) => json!(text),
        Scalar::Number(number) => json!(number),
        Scalar::Bool(flag) => json!(flag),
    }
}

pub(super) fn response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response
}
