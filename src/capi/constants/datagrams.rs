//! DTLS and SRTP.

use std::ffi::c_int;

pub const SRTP_AES128_CM_SHA1_80: c_int = 1;
pub const SRTP_AES128_CM_SHA1_32: c_int = 2;
pub const SRTP_AES128_F8_SHA1_80: c_int = 3;
pub const SRTP_AES128_F8_SHA1_32: c_int = 4;
pub const SRTP_NULL_SHA1_80: c_int = 5;
pub const SRTP_NULL_SHA1_32: c_int = 6;
pub const SRTP_AEAD_AES_128_GCM: c_int = 7;
pub const SRTP_AEAD_AES_256_GCM: c_int = 8;
pub const DTLS_MIN_VERSION: c_int = 65279;
pub const DTLS_MAX_VERSION: c_int = 65277;
pub const DTLS1_VERSION_MAJOR: c_int = 254;
pub const DTLS_ANY_VERSION: c_int = 131071;
pub const DTLS1_COOKIE_LENGTH: c_int = 255;
pub const DTLS1_RT_HEADER_LENGTH: c_int = 13;
pub const DTLS1_HM_HEADER_LENGTH: c_int = 12;
pub const DTLS1_HM_BAD_FRAGMENT: c_int = -2;
pub const DTLS1_HM_FRAGMENT_RETRY: c_int = -3;
pub const DTLS1_CCS_HEADER_LENGTH: c_int = 1;
pub const DTLS1_AL_HEADER_LENGTH: c_int = 2;
pub const DTLS1_TMO_ALERT_COUNT: c_int = 12;
