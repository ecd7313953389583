//! H8: certificates that are wrong in one way each.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::domain::ProbeReport;
use quarterdeck::domain::probe::{Ask, Found, HttpAsk};
use quarterdeck::engine::probe::certificate::Trust;
use quarterdeck::engine::probe::{Origin, Prober, Server};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use super::servers::{self, Wire, answer, request};
use super::{ask_from, assert_answer, clock_at, get, lines, summary, today};

const TIMEOUT: Duration = Duration::from_secs(2);

type Day = (i32, u8, u8);

fn params(name: &str, from: Day, until: Day) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(from.0, from.1, from.2);
    params.not_after = date_time_ymd(until.0, until.1, until.2);
    params
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = params(name, (2020, 1, 1), (2040, 1, 1));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn signed(params: &CertificateParams, by: &CertifiedIssuer<'_, KeyPair>) -> (CertificateDer<'static>, KeyPair) {
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, by).unwrap().der().clone(), key)
}

/// Serves HTTPS on loopback with one certificate.
async fn serve(certificate: CertificateDer<'static>, key: KeyPair) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let address = servers::serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            request(&mut stream).await;
            let _ = stream.write_all(answer("200 OK", "{}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    address.port()
}

fn trusting(authority: &CertifiedIssuer<'_, KeyPair>, now: jiff::Timestamp) -> Prober {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    Prober::trusting(clock_at(now), Trust::only(roots))
}

async fn ask(prober: &Prober, ask: HttpAsk) -> ProbeReport {
    ask_from(prober, Ask::Http(ask), TIMEOUT, Origin::Here).await
}

fn days(least: u32, url: String) -> HttpAsk {
    HttpAsk { certificate_days: Some(least), ..get(url) }
}

#[tokio::test]
async fn h08_a_good_certificate_passes_from_here_and_from_the_host_and_its_days_are_told() {
    let ours = authority("Test Authority");
    let (certificate, key) = signed(&params("localhost", (2026, 1, 1), (2026, 11, 28)), &ours);
    let port = serve(certificate, key).await;
    let prober = trusting(&ours, today());
    for from in [Origin::Here, Origin::Host(Wire::new())] {
        let url = format!("https://localhost:{port}/");
        let report = ask_from(&prober, Ask::Http(get(url.clone())), TIMEOUT, from.clone()).await;
        assert_answer(&report, Found::Pass, "→ 200");
        assert_eq!(report.certificate_days, Some(6));
        assert_eq!(lines(&report)[1], "certificate: 6 days left, until 2026-11-28");
        let report = ask_from(&prober, Ask::Http(days(6, url.clone())), TIMEOUT, from.clone()).await;
        assert_eq!(report.found, Found::Pass);
        let report = ask_from(&prober, Ask::Http(days(14, url)), TIMEOUT, from).await;
        assert_answer(&report, Found::Fail, "→ 200, certificate: 6 days left, until 2026-11-28, expected at least 14");
    }
}

#[tokio::test]
async fn h08_each_wrong_certificate_has_its_own_words_and_insecure_is_always_visible() {
    let (ours, strangers) = (authority("Test Authority"), authority("Strange Authority"));
    let itself = {
        let key = KeyPair::generate().unwrap();
        let itself = params("localhost", (2026, 1, 1), (2027, 1, 1)).self_signed(&key).unwrap();
        (itself.der().clone(), key)
    };
    let good = ((2026, 1, 1), (2027, 1, 1));
    let table = [
        (
            signed(&params("localhost", (2026, 1, 1), (2026, 11, 18)), &ours),
            "certificate expired on 2026-11-18",
            Some(-4),
        ),
        (
            signed(&params("localhost", (2026, 12, 1), (2027, 12, 1)), &ours),
            "certificate is not valid before 2026-12-01, and the clock here says 2026-11-21",
            Some(374),
        ),
        (
            signed(&params("shop.example", good.0, good.1), &ours),
            "certificate is for shop.example, not for localhost",
            Some(40),
        ),
        (itself, "certificate is signed by itself: nobody vouches for it", Some(40)),
        (
            signed(&params("localhost", good.0, good.1), &strangers),
            "certificate is signed by CN=Strange Authority, whom this machine does not trust",
            Some(40),
        ),
    ];
    let prober = trusting(&ours, today());
    for ((certificate, key), words, days_left) in table {
        let url = format!("https://localhost:{}/", serve(certificate, key).await);
        let report = ask(&prober, get(url.clone())).await;
        assert_answer(&report, Found::Fail, &format!("→ {words}"));
        assert_eq!(lines(&report), [format!("!certificate: {words}")]);
        assert_eq!(report.certificate_days, days_left, "{words}");

        let report = ask(&prober, HttpAsk { insecure: true, ..get(url) }).await;
        assert_answer(&report, Found::Pass, "→ 200");
        let last = format!("insecure: any certificate is taken; this one would be refused: {words}");
        assert_eq!(lines(&report).last(), Some(&last));
        assert_eq!(report.certificate_days, days_left);
    }
    let (certificate, key) = signed(&params("localhost", good.0, good.1), &ours);
    let report = ask(
        &prober,
        HttpAsk { insecure: true, ..get(format!("https://localhost:{}/", serve(certificate, key).await)) },
    )
    .await;
    assert_eq!(lines(&report).last().unwrap(), "insecure: any certificate is taken");
}

#[tokio::test]
async fn h08_a_wrong_clock_here_is_named_as_such() {
    let ours = authority("Test Authority");
    let (certificate, key) = signed(&params("localhost", (2026, 1, 1), (2027, 1, 1)), &ours);
    let url = format!("https://localhost:{}/", serve(certificate, key).await);
    let long_ago = trusting(&ours, "2021-01-01T00:00:00Z".parse().unwrap());
    let report = ask(&long_ago, get(url)).await;
    assert_answer(&report, Found::Fail, "is not valid before 2026-01-01, and the clock here says 2021-01-01");
}

#[tokio::test]
async fn h08_what_this_machine_trusts_is_read_from_it() {
    let strangers = authority("Strange Authority");
    let (certificate, key) = signed(&params("localhost", (2026, 1, 1), (2027, 1, 1)), &strangers);
    let url = format!("https://localhost:{}/", serve(certificate, key).await);
    let report = ask(&super::prober(), get(url)).await;
    if rustls_native_certs::load_native_certs().certs.is_empty() {
        assert_answer(&report, Found::Error, "install ca-certificates");
    } else {
        assert_answer(&report, Found::Fail, "by CN=Strange Authority, whom this machine does not trust");
    }
    let nobody = Prober::trusting(clock_at(today()), Trust::only(rustls::RootCertStore::empty()));
    let silent = servers::silent().await;
    let report = ask(&nobody, get(format!("https://{silent}/"))).await;
    assert_answer(&report, Found::Error, "install ca-certificates");
}

#[tokio::test]
async fn h08_a_port_without_tls_says_so() {
    let plain = servers::says("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let ours = authority("Test Authority");
    let report = ask(&trusting(&ours, today()), get(format!("https://{plain}/"))).await;
    assert_eq!(report.found, Found::Fail);
    assert!(!summary(&report).is_empty());

    let mute = servers::serve(|mut stream| async move {
        let _ = stream.write_all(b"220 mail.example ESMTP\r\n").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await;
    let report = ask(&trusting(&ours, today()), get(format!("https://{mute}/"))).await;
    assert_answer(&report, Found::Fail, "→ did not answer in TLS");

    let silent = servers::silent().await;
    let report = ask(&trusting(&ours, today()), get(format!("https://{silent}/"))).await;
    assert_answer(&report, Found::Fail, "→ TLS handshake not finished within 2 s");
}

#[tokio::test]
async fn h08_a_certificate_is_looked_at_whatever_is_served_behind_it() {
    let ours = authority("Test Authority");
    let (certificate, key) = signed(&params("localhost", (2026, 1, 1), (2026, 11, 28)), &ours);
    let port = serve(certificate, key).await;
    let prober = trusting(&ours, today());
    let server = |name: &'static str, days: u32| Server { host: "localhost", port, name, days };
    for from in [Origin::Here, Origin::Host(Wire::new())] {
        let good = prober.certificate(server("localhost", 6), TIMEOUT, from.clone()).await;
        assert_answer(&good, Found::Pass, "→ 6 days left");
        assert_eq!(lines(&good), ["days: 6 days left, until 2026-11-28; at least 6 days", "name: localhost"]);
        let short = prober.certificate(server("localhost", 7), TIMEOUT, from.clone()).await;
        assert_answer(&short, Found::Fail, "→ 6 days left");
        let other = prober.certificate(server("shop.example", 1), TIMEOUT, from).await;
        assert_answer(&other, Found::Fail, "certificate is for localhost, not for shop.example");
    }
    let strangers = trusting(&authority("Strange Authority"), today());
    let stranger = strangers.certificate(server("localhost", 1), TIMEOUT, Origin::Here).await;
    assert_answer(&stranger, Found::Fail, "whom this machine does not trust");
    let plain = servers::says("220 mail.example ESMTP\r\n").await.port();
    let plain = Server { host: "localhost", port: plain, name: "localhost", days: 1 };
    assert_ne!(prober.certificate(plain, TIMEOUT, Origin::Here).await.found, Found::Pass);
    let closed = Server { host: "localhost", port: servers::refused().await.port(), name: "localhost", days: 1 };
    assert_eq!(prober.certificate(closed, TIMEOUT, Origin::Here).await.found, Found::Fail);
    let mute = Server { host: "localhost", port: servers::silent().await.port(), name: "localhost", days: 1 };
    let waits = prober.certificate(mute, Duration::from_millis(300), Origin::Here).await;
    assert_ne!(waits.found, Found::Pass);
}
