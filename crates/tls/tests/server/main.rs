//! The server against rustls as the client, over memory buffers.

mod app;
mod basics;
mod certificates;
mod resumption;
