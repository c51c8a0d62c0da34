//! Protocol numbers: versions, suites, groups, signature schemes, message types.
//!
//! Each is a newtype over the number on the wire, so that a value this crate has never heard of can still be carried,
//! shown and refused.

use std::fmt;

use aws_lc_rs::aead;

use crate::schedule::HashAlgorithm;

macro_rules! wire_number {
    ($(#[$doc:meta])* $name:ident($int:ty), $width:literal, { $($(#[$const_doc:meta])* $constant:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl $name {
            $($(#[$const_doc])* pub const $constant: Self = Self($value);)*

            /// Its name in the RFC, if this crate knows it.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($constant)),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, $width, self.0),
                }
            }
        }
    };
}

wire_number! {
    /// A protocol version (RFC 8446 section 4.2.1).
    ProtocolVersion(u16), "0x{:04x}", {
        /// TLS 1.0; never negotiated, seen in record headers and hellos.
        TLS1_0 = 0x0301,
        /// TLS 1.1; never negotiated.
        TLS1_1 = 0x0302,
        /// TLS 1.2 (RFC 5246).
        TLS1_2 = 0x0303,
        /// TLS 1.3 (RFC 8446).
        TLS1_3 = 0x0304,
    }
}

wire_number! {
    /// A cipher suite (RFC 8446 appendix B.4).
    CipherSuite(u16), "0x{:04x}", {
        /// AES-128-GCM with SHA-256.
        TLS_AES_128_GCM_SHA256 = 0x1301,
        /// AES-256-GCM with SHA-384.
        TLS_AES_256_GCM_SHA384 = 0x1302,
        /// ChaCha20-Poly1305 with SHA-256.
        TLS_CHACHA20_POLY1305_SHA256 = 0x1303,
        /// TLS 1.2: ECDHE, signed with ECDSA or EdDSA; AES-128-GCM with SHA-256 (RFC 5289).
        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b,
        /// TLS 1.2: ECDHE, signed with ECDSA or EdDSA; AES-256-GCM with SHA-384 (RFC 5289).
        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xc02c,
        /// TLS 1.2: ECDHE, signed with RSA; AES-128-GCM with SHA-256 (RFC 5289).
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xc02f,
        /// TLS 1.2: ECDHE, signed with RSA; AES-256-GCM with SHA-384 (RFC 5289).
        TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xc030,
        /// TLS 1.2: ECDHE, signed with RSA; ChaCha20-Poly1305 with SHA-256 (RFC 7905).
        TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca8,
        /// TLS 1.2: ECDHE, signed with ECDSA or EdDSA; ChaCha20-Poly1305 with SHA-256 (RFC 7905).
        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca9,
        /// No suite: the client knows of secure renegotiation (RFC 5746 section 3.3).
        TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff,
        /// No suite: the client tries again with a lower version (RFC 7507).
        TLS_FALLBACK_SCSV = 0x5600,
    }
}

wire_number! {
    /// A key exchange group (RFC 8446 section 4.2.7, draft-ietf-tls-ecdhe-mlkem).
    NamedGroup(u16), "0x{:04x}", {
        /// NIST P-256.
        SECP256R1 = 0x0017,
        /// NIST P-384.
        SECP384R1 = 0x0018,
        /// NIST P-521.
        SECP521R1 = 0x0019,
        /// Curve25519 (RFC 7748).
        X25519 = 0x001d,
        /// ML-KEM-768 beside X25519.
        X25519MLKEM768 = 0x11ec,
    }
}

wire_number! {
    /// A signature scheme (RFC 8446 section 4.2.3).
    SignatureScheme(u16), "0x{:04x}", {
        /// RSASSA-PKCS1-v1_5 with SHA-1: in certificates, and in TLS 1.2.
        RSA_PKCS1_SHA1 = 0x0201,
        /// ECDSA with SHA-1: in certificates, and in TLS 1.2.
        ECDSA_SHA1 = 0x0203,
        /// RSASSA-PKCS1-v1_5 with SHA-256: in certificates, and in TLS 1.2.
        RSA_PKCS1_SHA256 = 0x0401,
        /// ECDSA on P-256 with SHA-256.
        ECDSA_SECP256R1_SHA256 = 0x0403,
        /// RSASSA-PKCS1-v1_5 with SHA-384: in certificates, and in TLS 1.2.
        RSA_PKCS1_SHA384 = 0x0501,
        /// ECDSA on P-384 with SHA-384.
        ECDSA_SECP384R1_SHA384 = 0x0503,
        /// RSASSA-PKCS1-v1_5 with SHA-512: in certificates, and in TLS 1.2.
        RSA_PKCS1_SHA512 = 0x0601,
        /// ECDSA on P-521 with SHA-512.
        ECDSA_SECP521R1_SHA512 = 0x0603,
        /// RSASSA-PSS, key in an rsaEncryption certificate, SHA-256.
        RSA_PSS_RSAE_SHA256 = 0x0804,
        /// RSASSA-PSS, key in an rsaEncryption certificate, SHA-384.
        RSA_PSS_RSAE_SHA384 = 0x0805,
        /// RSASSA-PSS, key in an rsaEncryption certificate, SHA-512.
        RSA_PSS_RSAE_SHA512 = 0x0806,
        /// Ed25519 (RFC 8032).
        ED25519 = 0x0807,
        /// Ed448 (RFC 8032).
        ED448 = 0x0808,
        /// RSASSA-PSS, key in an RSASSA-PSS certificate, SHA-256.
        RSA_PSS_PSS_SHA256 = 0x0809,
        /// RSASSA-PSS, key in an RSASSA-PSS certificate, SHA-384.
        RSA_PSS_PSS_SHA384 = 0x080a,
        /// RSASSA-PSS, key in an RSASSA-PSS certificate, SHA-512.
        RSA_PSS_PSS_SHA512 = 0x080b,
    }
}

wire_number! {
    /// A handshake message's type (RFC 8446 section 4).
    HandshakeType(u8), "{}", {
        /// hello_request, TLS 1.2
        HELLO_REQUEST = 0,
        /// client_hello
        CLIENT_HELLO = 1,
        /// server_hello, also as HelloRetryRequest.
        SERVER_HELLO = 2,
        /// new_session_ticket
        NEW_SESSION_TICKET = 4,
        /// end_of_early_data
        END_OF_EARLY_DATA = 5,
        /// encrypted_extensions
        ENCRYPTED_EXTENSIONS = 8,
        /// certificate
        CERTIFICATE = 11,
        /// server_key_exchange, TLS 1.2
        SERVER_KEY_EXCHANGE = 12,
        /// certificate_request
        CERTIFICATE_REQUEST = 13,
        /// server_hello_done, TLS 1.2
        SERVER_HELLO_DONE = 14,
        /// certificate_verify
        CERTIFICATE_VERIFY = 15,
        /// client_key_exchange, TLS 1.2
        CLIENT_KEY_EXCHANGE = 16,
        /// finished
        FINISHED = 20,
        /// certificate_status, TLS 1.2 (RFC 6066 section 8)
        CERTIFICATE_STATUS = 22,
        /// key_update
        KEY_UPDATE = 24,
        /// message_hash: never on the wire, stands for the first ClientHello after a HelloRetryRequest.
        MESSAGE_HASH = 254,
    }
}

wire_number! {
    /// A record's content type (RFC 8446 section 5.1).
    ContentType(u8), "{}", {
        /// change_cipher_spec
        CHANGE_CIPHER_SPEC = 20,
        /// alert
        ALERT = 21,
        /// handshake
        HANDSHAKE = 22,
        /// application_data, also the outer type of every protected record.
        APPLICATION_DATA = 23,
    }
}

wire_number! {
    /// An extension's type (RFC 8446 section 4.2).
    ExtensionType(u16), "{}", {
        /// server_name (RFC 6066 section 3)
        SERVER_NAME = 0,
        /// status_request (RFC 6066 section 8)
        STATUS_REQUEST = 5,
        /// supported_groups
        SUPPORTED_GROUPS = 10,
        /// ec_point_formats, TLS 1.2 (RFC 8422)
        EC_POINT_FORMATS = 11,
        /// signature_algorithms
        SIGNATURE_ALGORITHMS = 13,
        /// application_layer_protocol_negotiation (RFC 7301)
        ALPN = 16,
        /// extended_master_secret, TLS 1.2 (RFC 7627)
        EXTENDED_MASTER_SECRET = 23,
        /// session_ticket, TLS 1.2 (RFC 5077)
        SESSION_TICKET = 35,
        /// pre_shared_key
        PRE_SHARED_KEY = 41,
        /// early_data
        EARLY_DATA = 42,
        /// supported_versions
        SUPPORTED_VERSIONS = 43,
        /// cookie
        COOKIE = 44,
        /// psk_key_exchange_modes
        PSK_KEY_EXCHANGE_MODES = 45,
        /// certificate_authorities
        CERTIFICATE_AUTHORITIES = 47,
        /// post_handshake_auth
        POST_HANDSHAKE_AUTH = 49,
        /// signature_algorithms_cert
        SIGNATURE_ALGORITHMS_CERT = 50,
        /// key_share
        KEY_SHARE = 51,
        /// ticket_request (RFC 9149)
        TICKET_REQUEST = 58,
        /// renegotiation_info, TLS 1.2 (RFC 5746)
        RENEGOTIATION_INFO = 0xff01,
    }
}

/// What a TLS 1.3 cipher suite consists of (RFC 8446 appendix B.4).
pub(crate) struct Suite13 {
    pub(crate) suite: CipherSuite,
    pub(crate) hash: HashAlgorithm,
    pub(crate) aead: &'static aead::Algorithm,
    /// After so many records under one key a KeyUpdate is due, well before RFC 8446 section 5.5's limit.
    pub(crate) record_limit: u64,
}

// "For AES-GCM, up to 2^24.5 full-size records (about 24 million) may be encrypted on a given connection" (RFC 8446
// section 5.5).
const AES_GCM_RECORDS: u64 = 1 << 23;
// "For ChaCha20/Poly1305, the record sequence number would wrap before the safety limit is reached."
const CHACHA_RECORDS: u64 = 1 << 48;

static SUITES_13: [Suite13; 3] = [
    Suite13 {
        suite: CipherSuite::TLS_AES_128_GCM_SHA256,
        hash: HashAlgorithm::Sha256,
        aead: &aead::AES_128_GCM,
        record_limit: AES_GCM_RECORDS,
    },
    Suite13 {
        suite: CipherSuite::TLS_AES_256_GCM_SHA384,
        hash: HashAlgorithm::Sha384,
        aead: &aead::AES_256_GCM,
        record_limit: AES_GCM_RECORDS,
    },
    Suite13 {
        suite: CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        hash: HashAlgorithm::Sha256,
        aead: &aead::CHACHA20_POLY1305,
        record_limit: CHACHA_RECORDS,
    },
];

impl CipherSuite {
    pub(crate) fn tls13(self) -> Option<&'static Suite13> {
        SUITES_13.iter().find(|known| known.suite == self)
    }

    /// Is this a suite of TLS 1.3 that this crate can do?
    pub fn is_tls13(self) -> bool {
        self.tls13().is_some()
    }
}

impl SignatureScheme {
    /// May it sign a TLS 1.3 CertificateVerify?
    ///
    /// "RSA signatures MUST use an RSASSA-PSS algorithm" (RFC 8446 section 4.4.3), and the SHA-1 schemes "SHALL NOT be
    /// used in any signature of a CertificateVerify message".
    pub fn is_tls13(self) -> bool {
        matches!(
            self,
            Self::ECDSA_SECP256R1_SHA256
                | Self::ECDSA_SECP384R1_SHA384
                | Self::ECDSA_SECP521R1_SHA512
                | Self::RSA_PSS_RSAE_SHA256
                | Self::RSA_PSS_RSAE_SHA384
                | Self::RSA_PSS_RSAE_SHA512
                | Self::ED25519
                | Self::ED448
                | Self::RSA_PSS_PSS_SHA256
                | Self::RSA_PSS_PSS_SHA384
                | Self::RSA_PSS_PSS_SHA512
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_names_known_numbers_and_shows_others_in_hex() {
        assert_eq!(format!("{:?}", CipherSuite(0x1302)), "TLS_AES_256_GCM_SHA384");
        assert_eq!(format!("{:?}", NamedGroup(0x2a2a)), "0x2a2a");
    }

    #[test]
    fn pkcs1_never_signs_in_tls13() {
        assert!(!SignatureScheme::RSA_PKCS1_SHA256.is_tls13());
        assert!(SignatureScheme::ED25519.is_tls13());
    }
}
