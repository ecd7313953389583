//! Trust in TLS: which certificates are taken, what a server showed, and the words for what is wrong with it.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::sync::OnceCell;

use super::{Deadline, Miss, tcp};
use crate::engine::transport::Duplex;

/// Which issuers are trusted.
#[derive(Debug)]
pub struct Trust {
    provider: Arc<CryptoProvider>,
    /// `None` inside where there is no issuer to trust.
    verifier: OnceCell<Option<Arc<WebPkiServerVerifier>>>,
}

impl Trust {
    /// Those this machine trusts, read from its files at the first use.
    pub fn of_this_machine() -> Self {
        Self { provider: Arc::new(ring::default_provider()), verifier: OnceCell::new() }
    }

    /// Only these.
    pub fn only(roots: RootCertStore) -> Self {
        let provider = Arc::new(ring::default_provider());
        let verifier = build(roots, &provider);
        Self { provider, verifier: OnceCell::new_with(Some(verifier)) }
    }

    /// How a client speaks TLS that trusts these and nobody else; `None` where there is no issuer to trust.
    pub async fn config(&self) -> Option<ClientConfig> {
        let verifier = self.verifier().await?;
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        Some(config.with_safe_default_protocol_versions().ok()?.with_webpki_verifier(verifier).with_no_client_auth())
    }

    async fn verifier(&self) -> Option<Arc<WebPkiServerVerifier>> {
        let read = || async {
            let provider = Arc::clone(&self.provider);
            let read = tokio::task::spawn_blocking(move || {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                build(roots, &provider)
            });
            read.await.ok().flatten()
        };
        self.verifier.get_or_init(read).await.clone()
    }
}

fn build(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().ok()
}

/// Whom to expect behind a stream, and how strictly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) host: &'a str,
    pub(super) insecure: bool,
    pub(super) now: Timestamp,
}

/// What the server showed of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// Days it is still good for; negative once expired.
    pub(super) days: i64,
    /// The last day it is good for.
    pub(super) until: String,
    /// What would have been wrong with it, where everything is taken.
    pub(super) fault: Option<String>,
}

/// Speaks TLS on `stream`. What the server showed comes back beside a failure too.
pub(super) async fn secure(
    stream: Duplex,
    expected: Expected<'_>,
    trust: &Trust,
    deadline: &Deadline,
) -> (Result<Duplex, Miss>, Option<Shown>) {
    let verifier = match deadline.bound(trust.verifier()).await.flatten() {
        None if !expected.insecure => {
            let why = "this machine trusts no certificate issuer at all; install ca-certificates";
            return (Err(Miss::error("certificate", why)), None);
        }
        verifier => verifier,
    };
    let Ok(name) = ServerName::try_from(expected.host.to_owned()) else {
        return (Err(Miss::error("certificate", format!("{} can't stand in a certificate", expected.host))), None);
    };
    let seconds = u64::try_from(expected.now.as_second()).unwrap_or(0);
    let witness = Arc::new(Witness {
        inner: verifier,
        provider: Arc::clone(&trust.provider),
        insecure: expected.insecure,
        now: UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
        seen: OnceLock::new(),
    });
    let config = ClientConfig::builder_with_provider(Arc::clone(&trust.provider)).with_safe_default_protocol_versions();
    let mut config = match config {
        Ok(builder) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth(),
        Err(error) => return (Err(Miss::error("TLS", error.to_string())), None),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let handshake = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream);
    let result = match deadline.bound(handshake).await {
        Some(Ok(stream)) => Ok(Box::new(stream) as Duplex),
        Some(Err(error)) => Err(miss(&error, &witness, expected)),
        None => Err(deadline.missed("TLS", "TLS handshake not finished")),
    };
    let shown = witness.facts().map(|facts| Shown {
        days: facts.days_left(expected.now),
        until: day(facts.not_after),
        fault: witness.fault().map(|error| words(error, Some(&facts), expected)),
    });
    (result, shown)
}

fn miss(error: &std::io::Error, witness: &Witness, expected: Expected<'_>) -> Miss {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(fault @ rustls::Error::InvalidCertificate(_)) => {
            Miss::fail("certificate", words(fault, witness.facts().as_ref(), expected))
        }
        Some(rustls::Error::InvalidMessage(_)) => Miss::fail("TLS", "did not answer in TLS"),
        Some(other) => Miss::fail("TLS", format!("no TLS: {other}")),
        None => Miss { what: "TLS", ..tcp::miss(error) },
    }
}

/// One sentence for each way in which a certificate is wrong.
fn words(error: &rustls::Error, facts: Option<&Facts>, expected: Expected<'_>) -> String {
    use CertificateError as Wrong;
    let rustls::Error::InvalidCertificate(wrong) = error else { return format!("not accepted: {error}") };
    let until = facts.map_or_else(|| "an unknown day".to_owned(), |facts| day(facts.not_after));
    let from = facts.map_or_else(|| "an unknown day".to_owned(), |facts| day(facts.not_before));
    match wrong {
        Wrong::Expired | Wrong::ExpiredContext { .. } => format!("certificate expired on {until}"),
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => {
            format!("certificate is not valid before {from}, and the clock here says {}", day(expected.now))
        }
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
            let names = facts.map(|facts| facts.names.join(", ")).filter(|names| !names.is_empty());
            let names = names.unwrap_or_else(|| "another name".to_owned());
            format!("certificate is for {names}, not for {}", expected.host)
        }
        Wrong::Revoked => "certificate was revoked by its issuer".to_owned(),
        _ if facts.is_some_and(|facts| facts.issuer == facts.subject) => {
            "certificate is signed by itself: nobody vouches for it".to_owned()
        }
        Wrong::UnknownIssuer => {
            let issuer = facts.map_or("an unknown issuer", |facts| &facts.issuer);
            format!("certificate is signed by {issuer}, whom this machine does not trust")
        }
        _ => format!("certificate is not accepted: {error}"),
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// What is read from a certificate.
#[derive(Debug)]
struct Facts {
    not_before: Timestamp,
    not_after: Timestamp,
    subject: String,
    issuer: String,
    names: Vec<String>,
}

impl Facts {
    fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let names =
            certificate.subject_alternative_name().ok().flatten().map_or_else(Vec::new, |extension| {
                extension.value.general_names.iter().filter_map(name).take(4).collect()
            });
        Some(Self {
            not_before: Timestamp::from_second(certificate.validity().not_before.timestamp()).ok()?,
            not_after: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?,
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            names,
        })
    }

    fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.as_second() - now.as_second()).div_euclid(86_400)
    }
}

fn name(name: &x509_parser::extensions::GeneralName<'_>) -> Option<String> {
    use x509_parser::extensions::GeneralName;
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(|four| std::net::IpAddr::from(four).to_string());
            four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(|six| std::net::IpAddr::from(six).to_string())).ok()
        }
        _ => None,
    }
}

/// Judges as the machine would, and keeps what it saw: a refused certificate is the one people ask about.
#[derive(Debug)]
struct Witness {
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    insecure: bool,
    now: UnixTime,
    seen: OnceLock<(CertificateDer<'static>, Option<rustls::Error>)>,
}

impl Witness {
    fn facts(&self) -> Option<Facts> {
        self.seen.get().and_then(|(certificate, _)| Facts::read(certificate))
    }

    fn fault(&self) -> Option<&rustls::Error> {
        self.seen.get().and_then(|(_, fault)| fault.as_ref())
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = match &self.inner {
            Some(inner) => {
                inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, self.now).map(|_| ())
            }
            None => Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        let fault = judged.err();
        // Asked twice only if the handshake were, which TLS does not do; the first answer stands.
        let _ = self.seen.set((end_entity.clone().into_owned(), fault.clone()));
        match fault {
            Some(fault) if !self.insecure => Err(fault),
            Some(_) | None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
