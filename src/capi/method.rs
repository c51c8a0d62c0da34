//! Methods: `TLS_method(3)`.

use super::types::SSL_METHOD;
use crate::objects::method;

/// The method for any version, either side's.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_method() -> *const SSL_METHOD {
    &raw const method::TLS
}

/// The method for any version, a server's.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_server_method() -> *const SSL_METHOD {
    &raw const method::TLS_SERVER
}

/// The method for any version, a client's.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_client_method() -> *const SSL_METHOD {
    &raw const method::TLS_CLIENT
}

/// The method for TLS 1.2 only, either side's.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_2_method() -> *const SSL_METHOD {
    &raw const method::TLS1_2
}

/// The method for TLS 1.2 only, a server's.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_2_server_method() -> *const SSL_METHOD {
    &raw const method::TLS1_2_SERVER
}

/// The method for TLS 1.2 only, a client's.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_2_client_method() -> *const SSL_METHOD {
    &raw const method::TLS1_2_CLIENT
}

/// The method for TLS 1.1 only, either side's. Connections fail: this library does not speak it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_1_method() -> *const SSL_METHOD {
    &raw const method::TLS1_1
}

/// The method for TLS 1.1 only, a server's. Connections fail: this library does not speak it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_1_server_method() -> *const SSL_METHOD {
    &raw const method::TLS1_1_SERVER
}

/// The method for TLS 1.1 only, a client's. Connections fail: this library does not speak it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_1_client_method() -> *const SSL_METHOD {
    &raw const method::TLS1_1_CLIENT
}

/// The method for TLS 1.0 only, either side's. Connections fail: this library does not speak it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_method() -> *const SSL_METHOD {
    &raw const method::TLS1_0
}

/// The method for TLS 1.0 only, a server's. Connections fail: this library does not speak it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_server_method() -> *const SSL_METHOD {
    &raw const method::TLS1_0_SERVER
}

/// The method for TLS 1.0 only, a client's. Connections fail: this library does not speak it.
#[unsafe(no_mangle)]
pub extern "C" fn TLSv1_client_method() -> *const SSL_METHOD {
    &raw const method::TLS1_0_CLIENT
}
