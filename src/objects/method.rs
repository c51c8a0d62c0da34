//! `SSL_METHOD`: which versions, and which side (`TLS_method(3)`). Real addresses: programs compare them.

/// What `const SSL_METHOD *` points at.
#[derive(Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "C's own name")]
pub struct ssl_method_st {
    /// The only version, or 0 for any (`TLS_method`).
    pub version: u16,
    /// May accept.
    pub server: bool,
    /// May connect.
    pub client: bool,
}

/// `SSL_METHOD`
#[allow(non_camel_case_types, reason = "C's own name")]
pub type SSL_METHOD = ssl_method_st;

const fn method(version: u16, server: bool, client: bool) -> ssl_method_st {
    ssl_method_st {
        version,
        server,
        client,
    }
}

/// `TLS_method(3)`
pub static TLS: SSL_METHOD = method(0, true, true);
/// `TLS_server_method(3)`
pub static TLS_SERVER: SSL_METHOD = method(0, true, false);
/// `TLS_client_method(3)`
pub static TLS_CLIENT: SSL_METHOD = method(0, false, true);
/// `TLSv1_2_method(3)`
pub static TLS1_2: SSL_METHOD = method(0x0303, true, true);
/// `TLSv1_2_server_method(3)`
pub static TLS1_2_SERVER: SSL_METHOD = method(0x0303, true, false);
/// `TLSv1_2_client_method(3)`
pub static TLS1_2_CLIENT: SSL_METHOD = method(0x0303, false, true);
/// `TLSv1_1_method(3)`
pub static TLS1_1: SSL_METHOD = method(0x0302, true, true);
/// `TLSv1_1_server_method(3)`
pub static TLS1_1_SERVER: SSL_METHOD = method(0x0302, true, false);
/// `TLSv1_1_client_method(3)`
pub static TLS1_1_CLIENT: SSL_METHOD = method(0x0302, false, true);
/// `TLSv1_method(3)`
pub static TLS1_0: SSL_METHOD = method(0x0301, true, true);
/// `TLSv1_server_method(3)`
pub static TLS1_0_SERVER: SSL_METHOD = method(0x0301, true, false);
/// `TLSv1_client_method(3)`
pub static TLS1_0_CLIENT: SSL_METHOD = method(0x0301, false, true);

/// The method at this address, if it is one of ours: nothing else is looked into.
pub fn known(pointer: *const SSL_METHOD) -> Option<&'static SSL_METHOD> {
    ALL.into_iter().find(|method| std::ptr::eq(*method, pointer))
}

static ALL: [&SSL_METHOD; 12] = [
    &TLS,
    &TLS_SERVER,
    &TLS_CLIENT,
    &TLS1_2,
    &TLS1_2_SERVER,
    &TLS1_2_CLIENT,
    &TLS1_1,
    &TLS1_1_SERVER,
    &TLS1_1_CLIENT,
    &TLS1_0,
    &TLS1_0_SERVER,
    &TLS1_0_CLIENT,
];
