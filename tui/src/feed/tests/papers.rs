//! Certificates of authorities that only the test knows.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::feed::{Authority, http};

/// An authority, and what it signed for 127.0.0.1: all in PEM.
pub(in crate::feed) struct Papers {
    dir: tempfile::TempDir,
    pub(in crate::feed) certificate: String,
    pub(in crate::feed) key: String,
}

impl Papers {
    pub(in crate::feed) fn new() -> Papers {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = KeyPair::generate().unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ca.pem"), params.self_signed(&own).unwrap().pem()).unwrap();
        let (issuer, key) = (Issuer::new(params, own), KeyPair::generate().unwrap());
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap().pem();
        Papers { dir, certificate, key: key.serialize_pem() }
    }

    pub(in crate::feed) fn file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    pub(in crate::feed) fn authority(&self) -> Authority {
        Authority::read(&self.file()).unwrap()
    }

    pub(in crate::feed) fn config(&self) -> Arc<ServerConfig> {
        assert!(http::cryptography());
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        Arc::new(config.with_single_cert(vec![certificate], key).unwrap())
    }
}
