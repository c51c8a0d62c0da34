//! From the engine's failures to OpenSSL's reasons. Total: a new failure does not compile without its reason.

use carnet_tls::{AlertDescription, ErrorKind};

use crate::error::{Common, Error};
use crate::libcrypto::reasons::Reason;

/// SSL_AD_REASON_OFFSET: an alert's reason is its number above this.
const ALERT_OFFSET: u32 = 1000;

/// What the error queue gets to say of a failure after the handshake: OpenSSL then calls every record that is not
/// protected application data a bad one.
pub fn error_when_open(kind: ErrorKind) -> Error {
    match kind {
        ErrorKind::UnexpectedRecord | ErrorKind::BadChangeCipherSpec => Error::Ssl(Reason::BAD_RECORD_TYPE),
        other => error(other),
    }
}

/// What the error queue gets to say.
pub fn error(kind: ErrorKind) -> Error {
    match kind {
        ErrorKind::AlertReceived(alert) => alert_received(alert),
        ErrorKind::Misuse => Error::Common(Common::ShouldNotHaveBeenCalled),
        ErrorKind::WrongAnswer | ErrorKind::Internal => Error::INTERNAL,
        other => Error::Ssl(reason(other)),
    }
}

/// What TLS 1.2's server says of failures that OpenSSL finds at another place there: it takes a suite for shared only if it
/// has a certificate and a group for it. `None` for all others.
pub fn error_of_server12(kind: ErrorKind) -> Option<Error> {
    match kind {
        ErrorKind::NoCredential | ErrorKind::NoSharedGroup => Some(Reason::NO_SHARED_CIPHER.into()),
        // Of a session that is to be resumed.
        ErrorKind::BadCipher => Some(Reason::REQUIRED_CIPHER_MISSING.into()),
        _ => None,
    }
}

fn alert_received(alert: AlertDescription) -> Error {
    let number = u32::from(alert.code());
    Error::SslData(Reason(ALERT_OFFSET + number), format!("SSL alert number {number}"))
}

fn reason(kind: ErrorKind) -> Reason {
    use ErrorKind as K;
    match kind {
        K::Aborted(_) => Reason::CALLBACK_FAILED,
        K::ChainRefused(_) => Reason::CERTIFICATE_VERIFY_FAILED,
        K::SignatureRefused(_) => Reason::BAD_SIGNATURE,
        K::NoCredential => Reason::NO_SUITABLE_SIGNATURE_ALGORITHM,
        K::NoApplicationProtocol => Reason::NO_APPLICATION_PROTOCOL,
        K::HttpRequest => Reason::HTTP_REQUEST,
        K::ProxyRequest => Reason::HTTPS_PROXY_REQUEST,
        K::NotTls | K::WrongVersionNumber => Reason::WRONG_VERSION_NUMBER,
        K::BadRecordType => Reason::BAD_RECORD_TYPE,
        K::UnexpectedRecord => Reason::UNEXPECTED_MESSAGE,
        K::RecordTooLong => Reason::PACKET_LENGTH_TOO_LONG,
        K::PlaintextTooLong => Reason::DATA_LENGTH_TOO_LONG,
        K::BadRecordMac => Reason::DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
        K::NoInnerType => Reason::BAD_RECORD_TYPE,
        K::TooManyEmptyRecords => Reason::RECORD_TOO_SMALL,
        K::TooManyWarnings => Reason::TOO_MANY_WARN_ALERTS,
        K::TooManyKeyUpdates => Reason::TOO_MANY_KEY_UPDATES,
        K::MalformedAlert => Reason::INVALID_ALERT,
        K::BadChangeCipherSpec => Reason::BAD_CHANGE_CIPHER_SPEC,
        K::TooMuchEarlyData => Reason::TOO_MUCH_EARLY_DATA,
        K::InterleavedMessage => Reason::NOT_ON_RECORD_BOUNDARY,
        K::UnexpectedMessage => Reason::UNEXPECTED_MESSAGE,
        K::MessageTooLong => Reason::EXCESSIVE_MESSAGE_SIZE,
        K::Malformed => Reason::LENGTH_MISMATCH,
        other => negotiation_reason(other),
    }
}

fn negotiation_reason(kind: ErrorKind) -> Reason {
    use ErrorKind as K;
    match kind {
        K::UnsupportedVersion => Reason::UNSUPPORTED_PROTOCOL,
        K::BadVersion => Reason::WRONG_SSL_VERSION,
        K::Downgrade => Reason::INAPPROPRIATE_FALLBACK,
        K::NoSharedCipher => Reason::NO_SHARED_CIPHER,
        K::ForeignSession => Reason::ATTEMPT_TO_REUSE_SESSION_IN_DIFFERENT_CONTEXT,
        K::BadCipher => Reason::WRONG_CIPHER_RETURNED,
        K::SessionCipherMissing => Reason::REQUIRED_CIPHER_MISSING,
        K::SessionCipherChanged => Reason::OLD_SESSION_CIPHER_NOT_RETURNED,
        K::BadCompression => Reason::INVALID_COMPRESSION_ALGORITHM,
        K::BadSessionIdEcho => Reason::INVALID_SESSION_ID,
        K::NoSharedScheme => Reason::NO_SHARED_SIGNATURE_ALGORITHMS,
        K::NoSharedGroup => Reason::NO_SUITABLE_KEY_SHARE,
        K::BadKeyShare => Reason::BAD_KEY_SHARE,
        K::BadHelloRetryRequest => Reason::BAD_HRR_VERSION,
        K::MissingExtension => Reason::MISSING_SIGALGS_EXTENSION,
        K::UnsolicitedExtension => Reason::UNSOLICITED_EXTENSION,
        K::BadPsk => Reason::BAD_PSK,
        K::EarlyDataLimit => Reason::TOO_MUCH_EARLY_DATA,
        K::BadEarlyData => Reason::BAD_EARLY_DATA,
        K::InconsistentEarlyDataName => Reason::INCONSISTENT_EARLY_DATA_SNI,
        K::InconsistentEarlyDataProtocol => Reason::INCONSISTENT_EARLY_DATA_ALPN,
        K::BadBinder => Reason::BINDER_DOES_NOT_VERIFY,
        K::BadFinished => Reason::DIGEST_CHECK_FAILED,
        K::BadSignatureScheme => Reason::WRONG_SIGNATURE_TYPE,
        K::BadRequestContext => Reason::INVALID_CONTEXT,
        K::NoPeerCertificate => Reason::PEER_DID_NOT_RETURN_A_CERTIFICATE,
        K::BadKeyUpdate => Reason::BAD_KEY_UPDATE,
        K::InappropriateFallback => Reason::INAPPROPRIATE_FALLBACK,
        K::InconsistentExtendedMasterSecret => Reason::INCONSISTENT_EXTMS,
        K::BadRenegotiationInfo => Reason::RENEGOTIATION_MISMATCH,
        K::NoSecureRenegotiation => Reason::UNSAFE_LEGACY_RENEGOTIATION_DISABLED,
        K::BadPointFormats => Reason::TLS_INVALID_ECPOINTFORMAT_LIST,
        _ => Reason::BAD_EXTENSION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_its_number_above_a_thousand() {
        let error = error(ErrorKind::AlertReceived(AlertDescription::HandshakeFailure));
        assert_eq!(error, Error::SslData(Reason(1040), "SSL alert number 40".to_owned()));
    }

    #[test]
    fn after_the_handshake_a_stray_record_is_a_bad_one() {
        assert_eq!(
            error(ErrorKind::UnexpectedRecord),
            Error::Ssl(Reason::UNEXPECTED_MESSAGE)
        );
        assert_eq!(
            error_when_open(ErrorKind::UnexpectedRecord),
            Error::Ssl(Reason::BAD_RECORD_TYPE)
        );
    }
}
