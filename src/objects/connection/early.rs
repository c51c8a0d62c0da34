//! How far early data has got (SSL_read_early_data(3)): the functions for it may be called at certain points only.

/// What the application has done with early data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Early {
    /// Nothing.
    Untouched = 0,
    /// Client: the first SSL_write_early_data has not got its hello out; it is to be repeated.
    ConnectAgain = 1,
    /// Client: more can be written.
    Writable = 2,
    /// Client: data has been sealed and the BIO has not taken all of it; the call is to be repeated.
    Unflushed = 3,
    /// Client: an ordinary call has gone on with the handshake, so that no more can be written.
    Written = 4,
    /// Server: SSL_read_early_data has not got through with its part of the handshake; it is to be repeated.
    AcceptAgain = 5,
    /// Server: more can be read.
    Readable = 6,
    /// Server: there is no more, or there was none.
    Read = 7,
}

impl Early {
    pub(super) fn from_number(number: u8) -> Self {
        match number {
            1 => Self::ConnectAgain,
            2 => Self::Writable,
            3 => Self::Unflushed,
            4 => Self::Written,
            5 => Self::AcceptAgain,
            6 => Self::Readable,
            7 => Self::Read,
            _ => Self::Untouched,
        }
    }

    /// Must SSL_read and SSL_write wait until the call that has begun is done?
    pub fn is_beginning(self) -> bool {
        matches!(self, Self::ConnectAgain | Self::AcceptAgain)
    }
}
