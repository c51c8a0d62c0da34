//! What a connection knows of its early data (RFC 8446 section 2.3).

use crate::record::MAX_PLAINTEXT;
use crate::schedule::ExporterSecret;

/// What became of early data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EarlyDataStatus {
    /// The client offered none.
    #[default]
    NotSent,
    /// It was offered, and not accepted, or not yet: what was sent is lost, and nobody sends it again but the application.
    Rejected,
    /// It was accepted.
    Accepted,
}

/// What becomes of early data that a client writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Writing {
    /// It can't be written.
    #[default]
    Closed,
    /// It is sent; its key is in use.
    Sent,
    /// It is dropped: the server has refused it.
    Dropped,
}

/// The wishes of the application, and what came of them. Decisions are taken by states.
#[derive(Debug)]
pub(crate) struct EarlyData {
    pub(crate) status: EarlyDataStatus,
    /// Client: the application wants to send some. Server: it is ready to read so many bytes of it.
    pub(crate) wanted: Option<u32>,
    /// Client: until when is the application's to say.
    pub(crate) writing: Writing,
    /// Client: so many bytes may still be written.
    pub(crate) left: u32,
    /// Server: so many bytes are skipped if they are not accepted.
    pub(crate) skip_limit: u32,
    /// early_exporter_master_secret, if early data was sent or accepted.
    pub(crate) exporter: Option<Box<ExporterSecret>>,
}

impl Default for EarlyData {
    fn default() -> Self {
        Self {
            status: EarlyDataStatus::NotSent,
            wanted: None,
            writing: Writing::Closed,
            left: 0,
            // What SSL_get_recv_max_early_data(3) starts from: one record.
            skip_limit: MAX_PLAINTEXT as u32,
            exporter: None,
        }
    }
}
