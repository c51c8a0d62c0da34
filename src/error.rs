//! What went wrong, on its way to OpenSSL's error queue.

use crate::handles::HandleError;
pub use crate::libcrypto::err::Common;
pub use crate::libcrypto::reasons::Reason;

/// Why a call failed. [`entry`](crate::capi) turns it into the one queue entry and the failure value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// One of the SSL library's own reasons.
    #[error("{0:?}")]
    Ssl(Reason),
    /// The same with the data that OpenSSL appends (`ERR_add_error_data`).
    #[error("{0:?}: {1}")]
    SslData(Reason, String),
    /// A reason that all libraries share (`ERR_R_…`), raised by the SSL library.
    #[error("{0:?}")]
    Common(Common),
    /// The same with data.
    #[error("{0:?}: {1}")]
    CommonData(Common, String),
    /// A system call failed: the error number and what was being done.
    #[error("{call}: system error {errno}")]
    System {
        /// `errno`
        errno: i32,
        /// For the queue's data, for example `calling fopen(x)`.
        call: String,
    },
    /// libcrypto has put its reason on the queue already; nothing to add.
    #[error("see the error queue")]
    Queued,
    /// A failure that OpenSSL does not explain on the queue either.
    #[error("failed")]
    Silent,
    /// A handle that is none.
    #[error(transparent)]
    Handle(#[from] HandleError),
}

impl Error {
    /// `ERR_R_PASSED_NULL_PARAMETER`
    pub const NULL: Self = Self::Common(Common::PassedNullParameter);
    /// `ERR_R_INTERNAL_ERROR`
    pub const INTERNAL: Self = Self::Common(Common::InternalError);
    /// The connection is in the middle of another call (`ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED`).
    pub const BUSY: Self = Self::Common(Common::ShouldNotHaveBeenCalled);
    /// `ERR_R_UNSUPPORTED`
    pub const UNSUPPORTED: Self = Self::Common(Common::Unsupported);
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Self::Ssl(reason)
    }
}

impl From<Common> for Error {
    fn from(common: Common) -> Self {
        Self::Common(common)
    }
}

/// What most of this library returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Puts the error on this thread's queue, as raised by the function `name`. Nothing happens for [`Error::Queued`]
    /// and [`Error::Silent`].
    pub fn push(&self, name: &'static str) {
        use crate::libcrypto::err;
        match self {
            Self::Ssl(reason) => err::raise(name, reason.0, None),
            Self::SslData(reason, data) => err::raise(name, reason.0, Some(data)),
            Self::Common(common) => err::raise(name, common.code(), None),
            Self::CommonData(common, data) => err::raise(name, common.code(), Some(data)),
            Self::System { errno, call } => err::raise_system(name, *errno, call),
            Self::Handle(error) => err::raise(name, handle_reason(*error), None),
            Self::Queued | Self::Silent => {}
        }
    }
}

fn handle_reason(error: HandleError) -> u32 {
    match error {
        HandleError::Null => Common::PassedNullParameter.code(),
        HandleError::Foreign => Reason::HANDLE_FOREIGN.0,
        HandleError::WrongKind => Reason::HANDLE_WRONG_KIND.0,
        HandleError::Stale => Reason::HANDLE_STALE.0,
        HandleError::OverReleased => Reason::HANDLE_OVER_RELEASED.0,
        HandleError::Exhausted => Reason::HANDLES_EXHAUSTED.0,
    }
}
