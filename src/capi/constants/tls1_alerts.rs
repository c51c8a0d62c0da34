//! Alerts that came with TLS 1.0 and later.

use std::ffi::c_int;

pub const TLS1_AD_DECRYPTION_FAILED: c_int = 21;
pub const TLS1_AD_RECORD_OVERFLOW: c_int = 22;
pub const TLS1_AD_UNKNOWN_CA: c_int = 48;
pub const TLS1_AD_ACCESS_DENIED: c_int = 49;
pub const TLS1_AD_DECODE_ERROR: c_int = 50;
pub const TLS1_AD_DECRYPT_ERROR: c_int = 51;
pub const TLS1_AD_EXPORT_RESTRICTION: c_int = 60;
pub const TLS1_AD_PROTOCOL_VERSION: c_int = 70;
pub const TLS1_AD_INSUFFICIENT_SECURITY: c_int = 71;
pub const TLS1_AD_INTERNAL_ERROR: c_int = 80;
pub const TLS1_AD_INAPPROPRIATE_FALLBACK: c_int = 86;
pub const TLS1_AD_USER_CANCELLED: c_int = 90;
pub const TLS1_AD_NO_RENEGOTIATION: c_int = 100;
pub const TLS13_AD_MISSING_EXTENSION: c_int = 109;
pub const TLS13_AD_CERTIFICATE_REQUIRED: c_int = 116;
pub const TLS1_AD_UNSUPPORTED_EXTENSION: c_int = 110;
pub const TLS1_AD_CERTIFICATE_UNOBTAINABLE: c_int = 111;
pub const TLS1_AD_UNRECOGNIZED_NAME: c_int = 112;
pub const TLS1_AD_BAD_CERTIFICATE_STATUS_RESPONSE: c_int = 113;
pub const TLS1_AD_BAD_CERTIFICATE_HASH_VALUE: c_int = 114;
pub const TLS1_AD_UNKNOWN_PSK_IDENTITY: c_int = 115;
pub const TLS1_AD_NO_APPLICATION_PROTOCOL: c_int = 120;
