//! The server against a puppet: a client that says whatever a test wants it to say.

mod early;
mod hellos;
mod hostile;
mod noise;
mod orders;
mod puppet;
