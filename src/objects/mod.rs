//! What the handles name, and the tables that C can point into.

pub mod callbacks;
pub mod cipher;
pub mod config;
pub mod context;
pub mod credentials;
pub mod method;
pub mod session;
