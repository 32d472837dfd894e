//! Generates the certificates of the throwaway server, which is `localhost` to clients that trust its authority.
//!
//! The certificate contains no IP address, so a client that verifies names accepts `localhost` and rejects
//! `127.0.0.1`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

use crate::Result;

/// The paths of the certificates.
pub(crate) struct Certificates {
    /// The authority that signs the server's certificate.
    pub(crate) authority: PathBuf,
    /// An authority that signs no certificate in use.
    pub(crate) other_authority: PathBuf,
    pub(crate) server: PathBuf,
    pub(crate) server_key: PathBuf,
}

/// Generates the certificates and writes them to a directory. Only the owner may read the key, or the server rejects
/// it.
pub(crate) fn write(directory: &Path, owner: Option<(u32, u32)>) -> Result<Certificates> {
    let authority = authority("mwallet tests")?;
    let other_authority = self::authority("mwallet tests, somebody else")?;
    let key = KeyPair::generate()?;
    let mut server = parameters("mwallet test server", vec!["localhost".to_owned()])?;
    server.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    server.use_authority_key_identifier_extension = true;
    let server = server.signed_by(&key, &authority)?;

    let paths = Certificates {
        authority: directory.join("authority.pem"),
        other_authority: directory.join("other-authority.pem"),
        server: directory.join("server.pem"),
        server_key: directory.join("server.key"),
    };
    fs::write(&paths.authority, authority.pem())?;
    fs::write(&paths.other_authority, other_authority.pem())?;
    fs::write(&paths.server, server.pem())?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&paths.server_key)?;
    file.write_all(key.serialize_pem().as_bytes())?;
    if let Some((user, group)) = owner {
        chown(&paths.server, Some(user), Some(group))?;
        chown(&paths.server_key, Some(user), Some(group))?;
    }
    Ok(paths)
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>> {
    let mut authority = parameters(name, Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages.push(KeyUsagePurpose::KeyCertSign);
    Ok(CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?)
}

/// Returns the parameters of a certificate. It is valid until the year 4096; the cluster is gone in minutes.
fn parameters(name: &str, names: Vec<String>) -> Result<CertificateParams> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let certificates = write(directory.path(), None).unwrap();
        assert_eq!(fs::metadata(&certificates.server_key).unwrap().permissions().mode() & 0o777, 0o600);
        let read = |path| fs::read_to_string(path).unwrap();
        assert!(read(&certificates.server).starts_with("-----BEGIN CERTIFICATE-----"));
        assert_ne!(read(&certificates.authority), read(&certificates.other_authority));
    }
}
