//! One CA, one server and one client certificate (ECDSA P-256), made afresh for each run.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};

/// A certificate and its key, DER.
pub struct Identity {
    /// The certificate.
    pub certificate: Vec<u8>,
    /// PKCS#8.
    pub key: Vec<u8>,
}

/// What a run needs.
pub struct Pki {
    /// The CA's certificate, DER.
    pub ca: Vec<u8>,
    /// The server's.
    pub server: Identity,
    /// The client's.
    pub client: Identity,
}

/// Makes all three.
pub fn make() -> Result<Pki, rcgen::Error> {
    let mut params = CertificateParams::new(vec![])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "bench CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let issue = |usage| -> Result<Identity, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "bench end entity");
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &ca)?;
        Ok(Identity {
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
        })
    };
    let server = issue(ExtendedKeyUsagePurpose::ServerAuth)?;
    let client = issue(ExtendedKeyUsagePurpose::ClientAuth)?;
    Ok(Pki {
        ca: ca.der().to_vec(),
        server,
        client,
    })
}
