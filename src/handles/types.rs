//! The opaque C types that our handles pretend to point at. Nothing of ours ever lies there.

/// What `SSL_CTX *` points at for C: nothing. See [`Context`](crate::objects::context::Context).
#[repr(C)]
#[allow(non_camel_case_types, reason = "C's own name")]
pub struct ssl_ctx_st {
    _opaque: [u8; 0],
}

/// What `SSL *` points at for C: nothing.
#[repr(C)]
#[allow(non_camel_case_types, reason = "C's own name")]
pub struct ssl_st {
    _opaque: [u8; 0],
}

/// What `SSL_SESSION *` points at for C: nothing. See [`SessionObject`](crate::objects::session::SessionObject).
#[repr(C)]
#[allow(non_camel_case_types, reason = "C's own name")]
pub struct ssl_session_st {
    _opaque: [u8; 0],
}

/// What `SSL_CONF_CTX *` points at for C: nothing.
#[repr(C)]
#[allow(non_camel_case_types, reason = "C's own name")]
pub struct ssl_conf_ctx_st {
    _opaque: [u8; 0],
}

/// A context: what connections have in common.
#[allow(non_camel_case_types, reason = "C's own name")]
pub type SSL_CTX = ssl_ctx_st;
/// A connection.
pub type SSL = ssl_st;
/// A session.
#[allow(non_camel_case_types, reason = "C's own name")]
pub type SSL_SESSION = ssl_session_st;
/// A configuration in the making.
#[allow(non_camel_case_types, reason = "C's own name")]
pub type SSL_CONF_CTX = ssl_conf_ctx_st;
