//! What the drill puts in the place of pages out on the internet: loopback listeners that answer for them.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::fleet::Fleet;
use super::http::{fields_json, response};
use crate::domain::Environment;
use crate::domain::probe::{Ask, FieldRule, Vantage};

/// The environment with every probe that is asked from here pointed at loopback, and the listeners that answer.
/// An answer is good while a unit of every service runs that the probe's own service stands on.
///
/// # Errors
/// When loopback can't be listened on.
pub async fn on_loopback(
    environment: &Environment,
    fleet: &Fleet,
) -> std::io::Result<(Environment, Vec<AbortOnDropHandle<()>>)> {
    let mut environment = environment.clone();
    let needed: Vec<Vec<String>> = environment.services.iter().map(|service| behind(&environment, service)).collect();
    let mut tasks = Vec::new();
    for (service, units) in environment.services.iter_mut().zip(needed) {
        let units: Arc<[String]> = units.into();
        for probe in service.probes.iter_mut().filter(|probe| probe.from == Vantage::Here) {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let port = listener.local_addr()?.port();
            let fields = match &mut probe.ask {
                Ask::Http(http) => {
                    let path = url::Url::parse(&http.url).map(|url| url.path().to_owned()).unwrap_or_default();
                    http.url = format!("http://127.0.0.1:{port}{path}");
                    http.certificate_days = None;
                    http.fields.clone()
                }
                Ask::Tcp { host, port: asked } => {
                    (*host, *asked) = ("127.0.0.1".to_owned(), port);
                    Vec::new()
                }
                Ask::Command { .. } => continue,
            };
            let task = tokio::spawn(listen(listener, fleet.clone(), Arc::clone(&units), fields.into()));
            tasks.push(AbortOnDropHandle::new(task));
        }
    }
    Ok((environment, tasks))
}

/// The units on which a service stands, directly or through others.
fn behind(environment: &Environment, service: &crate::domain::Service) -> Vec<String> {
    let mut names = vec![service.name.clone()];
    let mut place = 0;
    while let Some(name) = names.get(place).cloned() {
        for needed in environment.service(&name).into_iter().flat_map(|service| &service.depends_on) {
            if !names.contains(needed) {
                names.push(needed.clone());
            }
        }
        place += 1;
    }
    let services = names.iter().filter_map(|name| environment.service(name));
    services.flat_map(|service| &service.units).map(super::population::unit_of_pattern).collect()
}

async fn listen(listener: TcpListener, fleet: Fleet, units: Arc<[String]>, fields: Arc<[FieldRule]>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (fleet, units, fields) = (fleet.clone(), Arc::clone(&units), Arc::clone(&fields));
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |_: Request<Incoming>| {
                let answer = answer(&fleet, &units, &fields);
                async move { Ok::<_, Infallible>(answer) }
            });
            // A caller that goes away is no news.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer(fleet: &Fleet, units: &[String], fields: &[FieldRule]) -> Response<Full<Bytes>> {
    let machines = fleet.now().machines;
    let runs = |name: &String| {
        let mut hosts = machines.values().filter(|machine| machine.linked);
        hosts.any(|machine| machine.units.get(name).is_some_and(|unit| unit.runs()))
    };
    match units.iter().find(|name| !runs(name)) {
        None => response(StatusCode::OK, &fields_json(fields)),
        Some(_) => response(StatusCode::BAD_GATEWAY, &serde_json::json!({"status": "bad gateway"})),
    }
}
