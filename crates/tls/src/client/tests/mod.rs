//! The client against a puppet: a server that says whatever a test wants it to say.

mod early;
mod hellos;
mod messages;
mod orders;
mod retries;
