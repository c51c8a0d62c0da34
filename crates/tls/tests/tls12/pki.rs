//! Keys and certificates for tests, made once.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use carnet_tls::{AlertDescription, Credential, CredentialRequest, SignatureScheme};
use rustls::SignatureScheme as TheirScheme;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;

/// A self-signed certificate and its key.
pub struct Identity {
    pub certificate: Bytes,
    key: Vec<u8>,
    signer: Arc<dyn SigningKey>,
}

fn make(algorithm: &'static rcgen::SignatureAlgorithm) -> Arc<Identity> {
    let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".into()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let certificate = Bytes::copy_from_slice(certificate.der());
    let key = key.serialize_der();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.clone()));
    let signer = rustls::crypto::aws_lc_rs::sign::any_supported_type(&private).unwrap();
    Arc::new(Identity {
        certificate,
        key,
        signer,
    })
}

pub static P256: LazyLock<Arc<Identity>> = LazyLock::new(|| make(&rcgen::PKCS_ECDSA_P256_SHA256));
pub static P384: LazyLock<Arc<Identity>> = LazyLock::new(|| make(&rcgen::PKCS_ECDSA_P384_SHA384));
pub static ED25519: LazyLock<Arc<Identity>> = LazyLock::new(|| make(&rcgen::PKCS_ED25519));
pub static RSA: LazyLock<Arc<Identity>> = LazyLock::new(|| make(&rcgen::PKCS_RSA_SHA256));

impl Identity {
    pub fn their_chain(&self) -> Vec<CertificateDer<'static>> {
        vec![CertificateDer::from(self.certificate.to_vec())]
    }

    pub fn their_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()))
    }

    /// What to present to a peer that takes these schemes.
    pub fn credential(&self, request: &CredentialRequest) -> Option<Credential> {
        let scheme = request
            .schemes
            .iter()
            .find(|s| self.signer.choose_scheme(&[TheirScheme::from(s.0)]).is_some())?;
        Some(Credential {
            chain: Arc::from([self.certificate.clone()]),
            scheme: *scheme,
            ocsp_response: None,
        })
    }

    pub fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Vec<u8> {
        let signer = self.signer.choose_scheme(&[TheirScheme::from(scheme.0)]).unwrap();
        signer.sign(message).unwrap()
    }
}

/// Checks a signature with the leaf's key.
pub fn verify(scheme: SignatureScheme, leaf: &[u8], message: &[u8], signature: &[u8]) -> Result<(), AlertDescription> {
    let der = CertificateDer::from(leaf);
    let certificate = webpki::EndEntityCert::try_from(&der).map_err(|_| AlertDescription::BadCertificate)?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let known = provider.signature_verification_algorithms.mapping;
    let (_, algorithms) = known
        .iter()
        .find(|(known, _)| *known == TheirScheme::from(scheme.0))
        .ok_or(AlertDescription::IllegalParameter)?;
    // In TLS 1.3 the scheme says it all, so that the first algorithm is the one.
    let checked = certificate.verify_signature(algorithms[0], message, signature);
    checked.map_err(|_| AlertDescription::DecryptError)
}
