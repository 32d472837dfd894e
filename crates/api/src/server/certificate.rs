//! What a server proves with who it is: a chain of certificates and the key of the first, which can be replaced while it
//! serves.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use mwallet_db::schema::{Timestamp, TimestampError};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, InconsistentKeys, ServerConfig};
use x509_cert::der::Decode;

/// The protocols that a server speaks over TLS, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];

/// The name of HTTP/2 in a handshake.
pub(super) const HTTP_2: &[u8] = b"h2";

/// The certificate of a server, with its key. Cheap to clone; all clones are replaced at once.
///
/// ```no_run
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use mwallet_api::Certificate;
///
/// let certificate = Certificate::from_pem(&std::fs::read("fullchain.pem")?, &std::fs::read("privkey.pem")?)?;
/// println!("valid until {}", certificate.expires());
/// // Later, when the files have changed; connections that are open stay.
/// certificate.replace(&std::fs::read("fullchain.pem")?, &std::fs::read("privkey.pem")?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Certificate {
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// There is no certificate in the text.
    #[error("there is no certificate (BEGIN CERTIFICATE) in PEM")]
    NoCertificate,
    /// There is no key in the text.
    #[error("there is no private key (BEGIN PRIVATE KEY) in PEM")]
    NoKey,
    /// The text is not PEM.
    #[error("the {0} is not valid PEM")]
    Pem(&'static str, #[source] pem::Error),
    /// The certificate cannot be read.
    #[error("the first certificate cannot be read")]
    Invalid(#[source] x509_cert::der::Error),
    /// It is valid for longer than there are dates.
    #[error("the end of the first certificate is no date")]
    Expires(#[source] TimestampError),
    /// The key is of no kind that TLS uses, or is not that of the certificate.
    #[error("the private key cannot be used with the first certificate")]
    Key(#[source] Error),
    /// The versions of TLS are not available.
    #[error("TLS cannot be used")]
    Tls(#[source] Error),
}

impl Certificate {
    /// Reads a chain of certificates, that of the server first, and the key of the first, in PEM.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, or if they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let current = Arc::new(Current(RwLock::new(read(chain, key)?)));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(CertificateError::Tls)?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        // Whoever comes again brings what is needed, so nothing is stored for them, and each thread knows them.
        config.ticketer = ring::Ticketer::new().map_err(CertificateError::Tls)?;
        Ok(Self { current, config: Arc::new(config) })
    }

    /// Replaces the certificate and its key for all connections that are made from now on.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem). Then the one before stays.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), CertificateError> {
        let new = read(chain, key)?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Returns when the certificate ends to be valid.
    pub fn expires(&self) -> Timestamp {
        self.current.get().expires
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.clone())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("expires", &self.expires()).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Pair {
    key: Arc<CertifiedKey>,
    expires: Timestamp,
}

struct Current(RwLock<Pair>);

impl Current {
    fn get(&self) -> Pair {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get().key)
    }
}

fn read(chain: &[u8], key: &[u8]) -> Result<Pair, CertificateError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| CertificateError::Pem("certificate", error))?;
    let first = chain.first().ok_or(CertificateError::NoCertificate)?;
    let of_first = x509_cert::Certificate::from_der(first).map_err(CertificateError::Invalid)?;
    let expires = of_first.tbs_certificate.validity.not_after.to_unix_duration();
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
        pem::Error::NoItemsFound => CertificateError::NoKey,
        error => CertificateError::Pem("private key", error),
    })?;
    let key = ring::sign::any_supported_type(&key).map_err(CertificateError::Key)?;
    let key = CertifiedKey::new(chain, key);
    match key.keys_match() {
        // A key that does not tell what its public half is shows in the first handshake.
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(error) => return Err(CertificateError::Key(error)),
    }
    let expires = i64::try_from(expires.as_micros()).unwrap_or(i64::MAX);
    let expires = Timestamp::from_micros(expires).map_err(CertificateError::Expires)?;
    Ok(Pair { key: Arc::new(key), expires })
}
