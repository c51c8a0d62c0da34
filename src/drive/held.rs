//! Holding a connection's engine for the time of one call, and letting it go around the application's.

use std::sync::MutexGuard;

use carnet_tls::Connection as Engine;

use crate::error::{Error, Result};
use crate::objects::connection::{Connection, Io};

/// One call's hold on a connection.
pub struct Held<'c> {
    connection: &'c Connection,
    io: Option<MutexGuard<'c, Io>>,
}

impl<'c> Held<'c> {
    /// Takes hold. An error when another call has the engine, or has left a question with the application: a callback
    /// must not start I/O on its own connection.
    pub fn new(connection: &'c Connection) -> Result<Self> {
        let io = connection.try_io()?;
        if io.asking {
            return Err(Error::BUSY);
        }
        connection.status().set_held(true);
        Ok(Self {
            connection,
            io: Some(io),
        })
    }

    /// The connection, for everything that needs no hold.
    pub fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// The engine and the BIOs.
    pub fn io(&mut self) -> Result<&mut Io> {
        self.io.as_deref_mut().ok_or(Error::BUSY)
    }

    /// The engine.
    pub fn engine(&mut self) -> Result<&mut Engine> {
        self.io()?.engine.as_deref_mut().ok_or(Error::INTERNAL)
    }

    /// Lets go, calls `act`, and takes hold again. The engine may be another one afterwards (SSL_clear), or be gone.
    pub fn released<R>(&mut self, act: impl FnOnce(&'c Connection) -> R) -> Result<R> {
        if let Some(io) = self.io.as_deref_mut() {
            io.asking = true;
        }
        self.let_go();
        let result = act(self.connection);
        // While the question stands nobody else can take hold; at most a getter has the lock for a moment.
        let mut io = self.connection.wait_for_io();
        io.asking = false;
        self.connection.status().set_held(true);
        self.io = Some(io);
        Ok(result)
    }

    fn let_go(&mut self) {
        self.connection.status().set_held(false);
        self.io = None;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.let_go();
    }
}
