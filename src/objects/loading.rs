//! Certificates and keys on their way into a configuration (`SSL_CTX_use_certificate(3)`).
//!
//! Files are read, and pass phrases asked for, with no lock held; only the result is put in place under one.

use std::ffi::CStr;

use super::config::Configurable;
use super::security;
use crate::error::{Common, Error, Reason, Result};
use crate::libcrypto::err;
use crate::libcrypto::pem::{self, File, Password};
use crate::libcrypto::pkey::Key;
use crate::libcrypto::stack::CertificateStack;
use crate::libcrypto::x509::Certificate;

/// SSL_FILETYPE_PEM or SSL_FILETYPE_ASN1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Base64 between lines of dashes.
    Pem,
    /// DER
    Asn1,
}

impl Format {
    /// From C's number.
    pub fn new(number: i32) -> Result<Self> {
        match number {
            1 => Ok(Self::Pem),
            2 => Ok(Self::Asn1),
            _ => Err(Reason::BAD_SSL_FILETYPE.into()),
        }
    }

    /// Which library failed to read it.
    fn library(self) -> Common {
        match self {
            Self::Pem => Common::PEM_LIB,
            Self::Asn1 => Common::ASN1_LIB,
        }
    }
}

/// `SSL_use_certificate(3)`
pub fn use_certificate(target: &impl Configurable, certificate: Certificate) -> Result<()> {
    security::policy(target).check(&certificate, true)?;
    target.update(|config| config.credentials.set_certificate(certificate))
}

/// `SSL_use_certificate_file(3)`
pub fn use_certificate_file(target: &impl Configurable, name: Option<&CStr>, format: i32) -> Result<()> {
    let file = open(name)?;
    let format = Format::new(format)?;
    let certificate = match format {
        Format::Pem => file.certificate(password(target)),
        Format::Asn1 => file.certificate_der(),
    };
    use_certificate(target, certificate.ok_or(format.library())?)
}

/// `SSL_use_PrivateKey(3)`
pub fn use_key(target: &impl Configurable, key: Key) -> Result<()> {
    target.update(|config| config.credentials.set_key(key))
}

/// `SSL_use_PrivateKey_file(3)`
pub fn use_key_file(target: &impl Configurable, name: Option<&CStr>, format: i32) -> Result<()> {
    let file = open(name)?;
    let format = Format::new(format)?;
    let key = match format {
        Format::Pem => file.private_key(password(target)),
        Format::Asn1 => file.private_key_der(),
    };
    use_key(target, key.ok_or(format.library())?)
}

/// `SSL_use_RSAPrivateKey_file(3)`
pub fn use_rsa_key_file(target: &impl Configurable, name: Option<&CStr>, format: i32) -> Result<()> {
    let file = open(name)?;
    let format = Format::new(format)?;
    let key = match format {
        Format::Pem => file.rsa_private_key(password(target)),
        Format::Asn1 => file.rsa_private_key_der(),
    };
    use_key(target, key.ok_or(format.library())?)
}

/// `SSL_use_certificate_chain_file(3)`: the certificate, perhaps a trusted one, and then its issuers.
pub fn use_chain_file(target: &impl Configurable, name: Option<&CStr>) -> Result<()> {
    err::clear();
    let file = open(name)?;
    let password = password(target);
    let leaf = file.trusted_certificate(password).ok_or(Common::PEM_LIB)?;
    use_certificate(target, leaf)?;
    if err::peek().is_some() {
        return Err(Error::Queued);
    }
    target.update(|config| config.credentials.set_chain(None));
    while let Some(issuer) = file.certificate(password) {
        security::policy(target).check(&issuer, false)?;
        target.update(|config| config.credentials.add_to_chain(issuer))?;
    }
    if !pem::at_end_of_pem() {
        return Err(Error::Queued);
    }
    err::clear();
    Ok(())
}

/// `SSL_use_cert_and_key(3)`
pub fn use_both(
    target: &impl Configurable,
    certificate: Certificate,
    key: Option<Key>,
    chain: Option<CertificateStack>,
    replace: bool,
) -> Result<()> {
    let policy = security::policy(target);
    policy.check(&certificate, true)?;
    chain.iter().try_for_each(|chain| policy.check_issuers(chain))?;
    target.update(|config| config.credentials.set_both(certificate, key, chain, replace))
}

fn open(name: Option<&CStr>) -> Result<File> {
    Ok(File::open(name.ok_or(Error::NULL)?).ok_or(Common::SYS_LIB)?)
}

fn password(target: &impl Configurable) -> Password {
    let hook = target.config().hooks.password;
    Password {
        callback: hook.function,
        argument: hook.argument.pointer(),
    }
}
