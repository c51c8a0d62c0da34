//! `SSL_CIPHER`: the cipher suites (`SSL_CIPHER_get_name(3)`). Real addresses: programs compare them.

/// What `const SSL_CIPHER *` points at.
#[derive(Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "C's own name")]
pub struct ssl_cipher_st {
    /// The two bytes on the wire.
    pub code: u16,
}

/// `SSL_CIPHER`
#[allow(non_camel_case_types, reason = "C's own name")]
pub type SSL_CIPHER = ssl_cipher_st;

/// The suites that may be negotiated.
#[derive(Debug, Clone, Default)]
pub struct Suites {}
