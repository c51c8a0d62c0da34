//! What the handles name, and the tables that C can point into.
#![forbid(unsafe_code)]

pub mod authorities;
pub mod callbacks;
pub mod chain_build;
pub mod choose;
pub mod cipher;
pub mod cipher_list;
mod cipher_words;
pub mod conf;
pub mod config;
pub mod connection;
pub mod context;
pub mod credentials;
pub mod group;
mod inherit;
pub mod keystore;
pub mod loading;
pub mod method;
mod presented;
pub mod protocol_names;
pub mod scheme;
pub mod security;
pub mod session;
pub mod session_cache;
pub mod session_text;
pub mod sessions;
pub mod settings;
pub mod shared;
pub mod verify;
