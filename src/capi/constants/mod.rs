//! OpenSSL's constants, from which the headers take theirs.
//!
//! Names and values are part of the interface; a test compiles each against the system's headers. Most of a name's meaning is in
//! the manual page that it belongs to, and the rest in the name.

#![allow(missing_docs, reason = "the names are OpenSSL's; those that need a word have one")]
#![allow(non_upper_case_globals, reason = "the names are OpenSSL's")]

pub mod alerts;
pub mod cipher_names;
pub mod cipher_numbers;
pub mod cipher_rfc_names;
pub mod cipher_words;
pub mod controls;
pub mod datagrams;
pub mod limits;
pub mod old_ciphers;
pub mod options;
pub mod reasons;
pub mod records;
pub mod results;
pub mod states;
pub mod tls1_alerts;
pub mod tls_extensions;

pub use alerts::*;
pub use cipher_names::*;
pub use cipher_numbers::*;
pub use cipher_rfc_names::*;
pub use cipher_words::*;
pub use controls::*;
pub use datagrams::*;
pub use limits::*;
pub use old_ciphers::*;
pub use options::*;
pub use reasons::*;
pub use records::*;
pub use results::*;
pub use states::*;
pub use tls_extensions::*;
pub use tls1_alerts::*;
