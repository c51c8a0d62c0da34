//! What can go wrong, and which alert says so to the peer.

use crate::AlertDescription;

/// Why a connection failed. Total and without strings, so that it can be mapped to other libraries' reason codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The peer sent a fatal alert.
    AlertReceived(AlertDescription),
    /// The application answered with [`Answer::Abort`](crate::Answer::Abort).
    Aborted(AlertDescription),
    /// The application refused the peer's certificate chain.
    ChainRefused(AlertDescription),
    /// A signature of the peer does not verify.
    SignatureRefused(AlertDescription),
    /// The application has no certificate that the peer would take.
    NoCredential,
    /// The application did not want any of the offered application protocols.
    NoApplicationProtocol,
    /// A server name that is no name.
    BadServerName,

    /// The first bytes are a plain HTTP request.
    HttpRequest,
    /// The first bytes are a request to an HTTP proxy.
    ProxyRequest,
    /// The first bytes are nothing that TLS ever begins with.
    NotTls,
    /// A record of another protocol's version.
    WrongVersionNumber,
    /// A record's content type does not exist, or must not come unprotected any more.
    BadRecordType,
    /// A record that does not belong here.
    UnexpectedRecord,
    /// A record is longer than allowed on the wire.
    RecordTooLong,
    /// A record is longer than allowed after decryption.
    PlaintextTooLong,
    /// A record can't be deprotected.
    BadRecordMac,
    /// A protected record without content type.
    NoInnerType,
    /// Too many empty records in a row.
    TooManyEmptyRecords,
    /// Too many warning alerts in a row.
    TooManyWarnings,
    /// Too many KeyUpdate messages in a row.
    TooManyKeyUpdates,
    /// An alert of another length than two.
    MalformedAlert,
    /// change_cipher_spec with other content than 1, protected, or where none is tolerated.
    BadChangeCipherSpec,
    /// More early data than a server that refused it is ready to skip.
    TooMuchEarlyData,
    /// More early data to send than the session allows.
    EarlyDataLimit,
    /// The server accepted early data that it could not accept.
    BadEarlyData,
    /// Client: the session that early data goes with is for another server name than the one asked for.
    InconsistentEarlyDataName,
    /// Client: the session that early data goes with is for an application protocol that is not on offer.
    InconsistentEarlyDataProtocol,
    /// Data of another type inside a fragmented handshake message, or a key change inside one.
    InterleavedMessage,
    /// A handshake message of a type that does not belong here.
    UnexpectedMessage,
    /// A handshake message longer than its type allows.
    MessageTooLong,
    /// A handshake message that can't be decoded.
    Malformed,

    /// No version in common.
    UnsupportedVersion,
    /// The server chose a version that was not offered, or claims one in a way that is not allowed.
    BadVersion,
    /// The peer could have negotiated more: a downgrade sentinel (RFC 8446 section 4.1.3).
    Downgrade,
    /// No suite in common.
    NoSharedCipher,
    /// The server chose a suite that was not offered, or changed its mind.
    BadCipher,
    /// TLS 1.2: the client wants to resume a session and does not offer its suite.
    SessionCipherMissing,
    /// TLS 1.2: the server resumes a session with another suite than its own.
    SessionCipherChanged,
    /// legacy_compression_methods is not null alone.
    BadCompression,
    /// legacy_session_id_echo differs from what was sent.
    BadSessionIdEcho,
    /// No group in common.
    NoSharedGroup,
    /// A key share is unusable or for a group that was not offered.
    BadKeyShare,
    /// A HelloRetryRequest that asks for nothing, or for what was already there.
    BadHelloRetryRequest,
    /// The second ClientHello differs from the first in a way that is not allowed.
    BadSecondHello,
    /// An extension that is missing: key_share, supported_groups, signature_algorithms or psk_key_exchange_modes.
    MissingExtension,
    /// An extension twice in one block.
    DuplicateExtension,
    /// An extension that was not asked for.
    UnsolicitedExtension,
    /// An extension in a message where it does not belong, or whose content contradicts another.
    BadExtension,
    /// pre_shared_key is not the last extension.
    PskNotLast,
    /// The number of binders is not that of identities, or the server selected an identity that was not offered.
    BadPsk,
    /// A PSK binder does not verify.
    BadBinder,
    /// Finished does not verify.
    BadFinished,
    /// CertificateVerify names a scheme that was not offered or is not for this version.
    BadSignatureScheme,
    /// No signature scheme in common.
    NoSharedScheme,
    /// A certificate_request_context that is not the one asked for.
    BadRequestContext,
    /// A server without certificate.
    NoPeerCertificate,
    /// The server has accepted a session that belongs elsewhere: see
    /// [`Connection::refuse_resumption`](crate::Connection::refuse_resumption).
    ForeignSession,
    /// KeyUpdate with another value than 0 or 1.
    BadKeyUpdate,

    /// TLS 1.2: the client came back with a lower version, though we can do more (RFC 7507).
    InappropriateFallback,
    /// TLS 1.2: a session with extended master secret and a hello without, or the other way round (RFC 7627 section 5.3).
    InconsistentExtendedMasterSecret,
    /// TLS 1.2: renegotiation_info that is not empty in a first handshake (RFC 5746 section 3.4).
    BadRenegotiationInfo,
    /// TLS 1.2: the server does not know of secure renegotiation.
    NoSecureRenegotiation,
    /// TLS 1.2: ec_point_formats without uncompressed points.
    BadPointFormats,

    /// The call does not fit the connection's side or stage. The connection is as before.
    Misuse,
    /// The answer does not fit the question.
    WrongAnswer,
    /// A primitive failed, or randomness, or an encoding would be too long.
    Internal,
}

impl ErrorKind {
    /// The alert that tells the peer (RFC 8446 section 6.2), if it is to be told.
    pub fn alert(self) -> Option<AlertDescription> {
        use AlertDescription as A;
        match self {
            Self::AlertReceived(_) | Self::HttpRequest | Self::ProxyRequest | Self::NotTls | Self::Misuse => None,
            Self::Aborted(alert) | Self::ChainRefused(alert) | Self::SignatureRefused(alert) => Some(alert),
            Self::NoCredential | Self::NoSharedCipher | Self::NoSharedGroup | Self::NoSharedScheme => {
                Some(A::HandshakeFailure)
            }
            Self::InconsistentExtendedMasterSecret | Self::BadRenegotiationInfo | Self::NoSecureRenegotiation => {
                Some(A::HandshakeFailure)
            }
            Self::InappropriateFallback => Some(A::InappropriateFallback),
            Self::NoApplicationProtocol => Some(A::NoApplicationProtocol),
            Self::BadServerName => Some(A::UnrecognizedName),
            Self::WrongVersionNumber | Self::UnsupportedVersion => Some(A::ProtocolVersion),
            Self::RecordTooLong | Self::PlaintextTooLong => Some(A::RecordOverflow),
            Self::BadRecordMac => Some(A::BadRecordMac),
            Self::BadRecordType
            | Self::UnexpectedRecord
            | Self::NoInnerType
            | Self::TooManyEmptyRecords
            | Self::TooManyWarnings
            | Self::TooManyKeyUpdates
            | Self::BadChangeCipherSpec
            | Self::TooMuchEarlyData
            | Self::MalformedAlert
            | Self::InterleavedMessage
            | Self::UnexpectedMessage => Some(A::UnexpectedMessage),
            Self::Malformed | Self::NoPeerCertificate => Some(A::DecodeError),
            Self::MissingExtension => Some(A::MissingExtension),
            Self::UnsolicitedExtension => Some(A::UnsupportedExtension),
            Self::MessageTooLong
            | Self::BadVersion
            | Self::Downgrade
            | Self::BadCipher
            | Self::ForeignSession
            | Self::SessionCipherMissing
            | Self::SessionCipherChanged
            | Self::BadCompression
            | Self::BadSessionIdEcho
            | Self::BadKeyShare
            | Self::BadHelloRetryRequest
            | Self::BadSecondHello
            | Self::DuplicateExtension
            | Self::BadExtension
            | Self::PskNotLast
            | Self::BadPsk
            | Self::BadSignatureScheme
            | Self::BadRequestContext
            | Self::BadPointFormats
            | Self::BadEarlyData
            | Self::BadKeyUpdate => Some(A::IllegalParameter),
            // Of binders, section 6.2 would have decrypt_error; OpenSSL says this.
            Self::BadBinder => Some(A::IllegalParameter),
            Self::BadFinished => Some(A::DecryptError),
            Self::EarlyDataLimit
            | Self::InconsistentEarlyDataName
            | Self::InconsistentEarlyDataProtocol
            | Self::WrongAnswer
            | Self::Internal => Some(A::InternalError),
        }
    }
}

/// A failed connection or call: why, and with which alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("TLS: {kind:?}")]
pub struct Error {
    kind: ErrorKind,
}

impl Error {
    /// Why.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The alert that was sent (or would have been) because of it.
    pub fn alert(&self) -> Option<AlertDescription> {
        self.kind.alert()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind }
    }
}

impl From<crate::codec::Malformed> for Error {
    fn from(_: crate::codec::Malformed) -> Self {
        ErrorKind::Malformed.into()
    }
}

impl From<aws_lc_rs::error::Unspecified> for Error {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        ErrorKind::Internal.into()
    }
}

impl From<getrandom::Error> for Error {
    fn from(_: getrandom::Error) -> Self {
        ErrorKind::Internal.into()
    }
}
