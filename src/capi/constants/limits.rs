//! Other limits and versions.

use std::ffi::c_int;

pub const SSL_SESSION_ASN1_VERSION: c_int = 1;
pub const SSL_MAX_SSL_SESSION_ID_LENGTH: c_int = 32;
pub const SSL_MAX_SID_CTX_LENGTH: c_int = 32;
pub const SSL_MIN_RSA_MODULUS_LENGTH_IN_BYTES: c_int = 64;
pub const SSL_MAX_KEY_ARG_LENGTH: c_int = 8;
pub const SSL_MAX_PIPELINES: c_int = 32;
pub const SSL_COOKIE_LENGTH: c_int = 4096;
pub const SSL_MAX_CERT_LIST_DEFAULT: c_int = 102400;
pub const SSL_SESSION_CACHE_MAX_SIZE_DEFAULT: c_int = 20480;
pub const PSK_MAX_IDENTITY_LEN: c_int = 256;
pub const PSK_MAX_PSK_LEN: c_int = 512;
pub const SSL_SERVERINFOV1: c_int = 1;
pub const SSL_SERVERINFOV2: c_int = 2;
pub const SSL2_VERSION: c_int = 2;
pub const SSL2_MT_CLIENT_HELLO: c_int = 1;
