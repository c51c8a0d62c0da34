//! Alerts (RFC 8446 section 6).

use std::fmt;

macro_rules! alerts {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// An alert's description (RFC 8446 section 6; the numbers of older versions are kept so that they can be shown).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AlertDescription {
            $($(#[$doc])* $name,)*
            /// A number that no RFC we know assigns.
            Unknown(u8),
        }

        impl AlertDescription {
            /// The number on the wire.
            pub fn code(self) -> u8 {
                match self {
                    $(Self::$name => $code,)*
                    Self::Unknown(code) => code,
                }
            }
        }

        impl From<u8> for AlertDescription {
            fn from(code: u8) -> Self {
                match code {
                    $($code => Self::$name,)*
                    other => Self::Unknown(other),
                }
            }
        }
    };
}

alerts! {
    /// The sender will not send any more.
    CloseNotify = 0,
    /// An inappropriate message was received.
    UnexpectedMessage = 10,
    /// A record can't be deprotected.
    BadRecordMac = 20,
    /// TLS 1.0 and older.
    DecryptionFailed = 21,
    /// A record is too long.
    RecordOverflow = 22,
    /// TLS 1.2 and older.
    DecompressionFailure = 30,
    /// No acceptable set of parameters.
    HandshakeFailure = 40,
    /// SSL 3.0.
    NoCertificate = 41,
    /// A certificate is corrupt or does not verify.
    BadCertificate = 42,
    /// A certificate of an unsupported type.
    UnsupportedCertificate = 43,
    /// A certificate was revoked by its signer.
    CertificateRevoked = 44,
    /// A certificate has expired or is not yet valid.
    CertificateExpired = 45,
    /// Something else is wrong with a certificate.
    CertificateUnknown = 46,
    /// A field is incorrect or inconsistent with others.
    IllegalParameter = 47,
    /// No known certificate authority.
    UnknownCa = 48,
    /// Access was denied.
    AccessDenied = 49,
    /// A message can't be decoded.
    DecodeError = 50,
    /// A cryptographic operation of the handshake failed: signature, Finished, binder.
    DecryptError = 51,
    /// TLS 1.0 and older.
    ExportRestriction = 60,
    /// The version is recognized but not supported.
    ProtocolVersion = 70,
    /// The server wants more security than the client offers.
    InsufficientSecurity = 71,
    /// An error of our own.
    InternalError = 80,
    /// A server's answer to an inappropriate retry (RFC 7507).
    InappropriateFallback = 86,
    /// The handshake is cancelled for a reason that is not the protocol's.
    UserCanceled = 90,
    /// TLS 1.2 and older.
    NoRenegotiation = 100,
    /// A mandatory extension is missing.
    MissingExtension = 109,
    /// An extension that was not offered, or that does not belong in this message.
    UnsupportedExtension = 110,
    /// RFC 6066; TLS 1.2 and older.
    CertificateUnobtainable = 111,
    /// There is no server of the name the client gave.
    UnrecognizedName = 112,
    /// An OCSP response is invalid or unacceptable.
    BadCertificateStatusResponse = 113,
    /// RFC 6066; TLS 1.2 and older.
    BadCertificateHashValue = 114,
    /// A PSK was wanted and none is acceptable.
    UnknownPskIdentity = 115,
    /// A client certificate is wanted and none was given.
    CertificateRequired = 116,
    /// None of the client's application protocols is acceptable.
    NoApplicationProtocol = 120,
}

impl fmt::Display for AlertDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?} ({})", self.code())
    }
}

/// An alert's legacy level. In TLS 1.3 it "can safely be ignored" (RFC 8446 section 6); traces still show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertLevel {
    /// 1
    Warning,
    /// 2
    Fatal,
    /// Anything else.
    Unknown(u8),
}

impl AlertLevel {
    /// The number on the wire.
    pub fn code(self) -> u8 {
        match self {
            Self::Warning => 1,
            Self::Fatal => 2,
            Self::Unknown(code) => code,
        }
    }
}

impl From<u8> for AlertLevel {
    fn from(code: u8) -> Self {
        match code {
            1 => Self::Warning,
            2 => Self::Fatal,
            other => Self::Unknown(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_survives() {
        for code in 0..=u8::MAX {
            assert_eq!(AlertDescription::from(code).code(), code);
            assert_eq!(AlertLevel::from(code).code(), code);
        }
    }
}
