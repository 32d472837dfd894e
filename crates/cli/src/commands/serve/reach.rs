//! Who can reach the server, and how: TLS, the proxies before it, and the names that it is called by.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mwallet_api::{AppState, Certificate, Host, Hosts, Proxies, Proxy};
use mwallet_db::SystemSources;
use mwallet_db::schema::{Sources, Timestamp};
use tokio::net::TcpListener;

use super::place::{self, Place};
use crate::failure::{Failure, Result};
use crate::signals::Hangups;
use crate::small_file;

/// How often the files are looked at: a new certificate is there long before the old one ends.
const LOOK: Duration = Duration::from_secs(10);
/// How long before a certificate ends its operator is warned, in microseconds: it should have been renewed by then.
const SOON: i64 = 14 * 24 * 60 * 60 * 1_000_000;
/// How long browsers that came by TLS come by TLS only.
const STRICT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Who can reach the server, and how.
#[derive(Args, Clone)]
#[command(next_help_heading = "Network")]
pub(super) struct ReachOptions {
    /// Speak TLS: the file with the certificate and those of its issuers, in PEM
    ///
    /// Both files are read again when they change, and at once on SIGHUP. Browsers that came by TLS are told to use nothing else for a year.
    #[arg(long, env = "MWALLET_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The file with the key of the certificate, in PEM
    #[arg(long, env = "MWALLET_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy that is believed who its clients are (X-Forwarded-For, X-Forwarded-Proto), as an address or a network
    /// such as 10.0.0.0/8; can be repeated
    ///
    /// The list is read from the right, as far as these proxies wrote it.
    #[arg(long, env = "MWALLET_TRUSTED_PROXIES", value_name = "ADDRESS", value_delimiter = ',')]
    trusted_proxies: Vec<Proxy>,
    /// A name that the server can be called by, such as desk.example or *.desk.example; can be repeated; others are
    /// refused, but for those of its own machine
    #[arg(long, env = "MWALLET_TRUSTED_HOSTS", value_name = "NAME", value_delimiter = ',')]
    trusted_hosts: Vec<Host>,
    /// Serve metrics for Prometheus at /metrics of this address, such as 127.0.0.1:9090, to whoever can reach it
    ///
    /// They tell how often each table is asked for, and nothing of its rows.
    #[arg(long, env = "MWALLET_METRICS_LISTEN", value_name = "ADDRESS", value_parser = place::parse)]
    metrics_listen: Option<Place>,
    /// Serve other machines without TLS, though keys and tokens can be overheard
    #[arg(long, env = "MWALLET_PLAIN_HTTP", conflicts_with_all = ["open", "tls_cert"])]
    plain_http: bool,
}

impl ReachOptions {
    /// Refuses to serve other machines in a way that can be overheard.
    pub(super) fn check(&self, place: &Place, addresses: &[SocketAddr]) -> Result<()> {
        if self.tls_cert.is_some() || !self.trusted_proxies.is_empty() || self.plain_http {
            return Ok(());
        }
        let Some(reached) = place.reached_by_others(addresses) else { return Ok(()) };
        let message =
            format!("other machines can reach {reached}, and without TLS keys and tokens can be overheard on the way");
        Err(Failure::usage(message).hint(
            "name a certificate (--tls-cert, --tls-key), or the proxy that speaks TLS (--trusted-proxies); \
             --plain-http serves without",
        ))
    }

    /// Reads the certificate, and reads it again when its files change.
    pub(super) fn certificate(&self) -> Result<Option<Certificate>> {
        let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(None) };
        let files = Files { chain: chain.clone(), key: key.clone() };
        let content = files.read()?;
        let certificate = Certificate::from_pem(&content.0, &content.1)
            .map_err(|error| Failure::caused("", &error).within(&files.name()))?;
        let now = SystemSources.now();
        if certificate.expires() <= now {
            let message = format!("the certificate has ended to be valid at {}", certificate.expires());
            return Err(Failure::new(message).within(&files.name()).code("certificate_expired"));
        }
        warn_if_soon(&certificate, now);
        tokio::spawn(follow(certificate.clone(), files, content, Hangups::new()?));
        Ok(Some(certificate))
    }

    /// Listens for those who read the metrics, if any may.
    pub(super) async fn metrics_listeners(&self) -> Result<Vec<TcpListener>> {
        match &self.metrics_listen {
            None => Ok(Vec::new()),
            Some(place) => place.listen(&place.addresses().await?),
        }
    }

    /// Tells a state who can reach it. `is_open` tells whether everybody may do everything.
    pub(super) fn apply(&self, state: AppState, is_open: bool, is_local: bool) -> AppState {
        let has_proxies = !self.trusted_proxies.is_empty();
        let mut state = state.proxies(Proxies::new(self.trusted_proxies.iter().copied()));
        // Whoever has a token sends it knowingly, so other names of a closed server are no danger; but nobody expects
        // them where only this machine calls.
        if is_open || !self.trusted_hosts.is_empty() || is_local && !has_proxies {
            state = state.hosts(Hosts::new(self.trusted_hosts.iter().cloned()));
        }
        if self.tls_cert.is_some() || has_proxies { state.strict_transport(STRICT) } else { state }
    }
}

/// The files of a certificate.
struct Files {
    chain: PathBuf,
    key: PathBuf,
}

type Content = (Vec<u8>, Vec<u8>);

impl Files {
    fn read(&self) -> Result<Content> {
        Ok((small_file::read(&self.chain)?, small_file::read(&self.key)?))
    }

    fn name(&self) -> String {
        self.chain.display().to_string()
    }
}

/// Reads the files again when they change. A pair that does not fit stays unused: the second of two files may not be
/// written yet.
async fn follow(certificate: Certificate, files: Files, mut last: Content, mut hangups: Hangups) {
    let files = std::sync::Arc::new(files);
    let mut warned = SystemSources.now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = hangups.next() => {}
        }
        let reader = files.clone();
        let Ok(read) = tokio::task::spawn_blocking(move || reader.read()).await else { continue };
        let now = SystemSources.now();
        match read {
            Ok(content) if content == last => {
                const DAY: i64 = 24 * 60 * 60 * 1_000_000;
                if now.micros() - warned.micros() > DAY {
                    warn_if_soon(&certificate, now);
                    warned = now;
                }
            }
            Ok(content) => {
                match certificate.replace(&content.0, &content.1) {
                    Ok(()) => tracing::info!("the certificate is new, and valid until {}", certificate.expires()),
                    Err(error) => tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "{} has changed and cannot be used; the one before still is",
                        files.name()
                    ),
                }
                last = content;
            }
            Err(failure) => tracing::error!("{}; the certificate before still is used", failure.message()),
        }
    }
}

fn warn_if_soon(certificate: &Certificate, now: Timestamp) {
    if certificate.expires().micros() - now.micros() < SOON {
        tracing::warn!("the certificate is valid until {} only; renew it", certificate.expires());
    }
}
