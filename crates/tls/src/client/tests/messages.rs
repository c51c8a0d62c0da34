//! What may be wrong with the messages after ServerHello.

use std::sync::Arc;

use bytes::Bytes;

use crate::client::puppet::{
    CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, ENCRYPTED_EXTENSIONS, NEW_SESSION_TICKET, Puppet, settings,
};
use crate::{
    AlertDescription, Answer, Connection, Credential, ErrorKind, HandshakeType, Question, Settings, SignatureScheme,
};

const EE: HandshakeType = HandshakeType::ENCRYPTED_EXTENSIONS;
const CR: HandshakeType = HandshakeType::CERTIFICATE_REQUEST;
const CERT: HandshakeType = HandshakeType::CERTIFICATE;
const CV: HandshakeType = HandshakeType::CERTIFICATE_VERIFY;
const FIN: HandshakeType = HandshakeType::FINISHED;
const NST: HandshakeType = HandshakeType::NEW_SESSION_TICKET;

/// What has been said so far.
type Before = &'static [(HandshakeType, &'static [u8])];

fn at(settings: Settings, before: Before) -> Puppet {
    let mut puppet = Puppet::until_hi(settings).unwrap();
    for (kind, body) in before {
        puppet.say(*kind, body).unwrap();
    }
    puppet
}

/// Says `body` in the place of a good message.
fn said(before: Before, kind: HandshakeType, body: &[u8]) -> Result<(), ErrorKind> {
    at(settings(), before).say(kind, body)
}

/// An extension block of these.
fn block(extensions: &[(u16, &[u8])]) -> Vec<u8> {
    let mut inner = Vec::new();
    for (number, data) in extensions {
        inner.extend_from_slice(&number.to_be_bytes());
        inner.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        inner.extend_from_slice(data);
    }
    let mut out = u16::try_from(inner.len()).unwrap().to_be_bytes().to_vec();
    out.append(&mut inner);
    out
}

#[test]
fn encrypted_extensions() {
    use ErrorKind as E;
    const ALPN: u16 = 16;
    type Row = (&'static [(u16, &'static [u8])], Result<(), ErrorKind>);
    let table: &[Row] = &[
        (&[], Ok(())),
        (
            &[(ALPN, b"\x00\x03\x02h2"), (0, b""), (10, b"\x00\x02\x00\x1d")],
            Ok(()),
        ),
        (&[(ALPN, b"\x00\x03\x02h3")], Err(E::BadExtension)),
        (&[(ALPN, b"\x00\x06\x02h2\x02h2")], Err(E::Malformed)),
        (&[(ALPN, b"\x00\x01\x00")], Err(E::Malformed)),
        (&[(ALPN, b"\x00\x00")], Err(E::Malformed)),
        (&[(ALPN, b"")], Err(E::Malformed)),
        (&[(ALPN, b"\x00\x03\x02h2\x00")], Err(E::Malformed)),
        (
            &[(ALPN, b"\x00\x03\x02h2"), (ALPN, b"\x00\x03\x02h2")],
            Err(E::DuplicateExtension),
        ),
        (&[(0, b"\x00")], Err(E::Malformed)),
        (&[(10, b"\x00\x01\x00")], Err(E::Malformed)),
        (&[(10, b"\x00\x00")], Err(E::Malformed)),
        // Asked for in the hello, but answered elsewhere.
        (&[(51, b"\x00\x1d")], Err(E::BadExtension)),
        (&[(43, b"\x03\x04")], Err(E::BadExtension)),
        (&[(13, b"")], Err(E::BadExtension)),
        (&[(45, b"")], Err(E::BadExtension)),
        // Not asked for.
        (&[(41, b"\x00\x00")], Err(E::UnsolicitedExtension)),
        (&[(42, b"")], Err(E::UnsolicitedExtension)),
        (&[(5, b"")], Err(E::UnsolicitedExtension)),
        (&[(1, b"\x01")], Err(E::UnsolicitedExtension)),
        (&[(0xff01, b"\x00")], Err(E::UnsolicitedExtension)),
    ];
    for (extensions, expected) in table {
        assert_eq!(said(&[], EE, &block(extensions)), *expected, "{extensions:?}");
    }
    for body in [&[][..], &[0], &[0, 1], &[0, 0, 0], &[0, 4, 0, 16, 0, 1]] {
        assert_eq!(said(&[], EE, body), Err(E::Malformed), "{body:?}");
    }
}

#[test]
fn certificate_request() {
    const BEFORE: Before = &[(EE, ENCRYPTED_EXTENSIONS)];
    let request = |context: &[u8], extensions: &[(u16, &[u8])]| {
        let mut body = vec![u8::try_from(context.len()).unwrap()];
        body.extend_from_slice(context);
        body.extend_from_slice(&block(extensions));
        body
    };
    let schemes: (u16, &[u8]) = (13, &[0, 2, 8, 7]);
    for (body, expected) in [
        (request(b"", &[schemes]), Ok(())),
        (
            request(b"", &[schemes, (47, &[0, 4, 0, 2, 0x30, 0]), (0x1234, b"?")]),
            Ok(()),
        ),
        (request(b"x", &[schemes]), Err(ErrorKind::BadRequestContext)),
        // Known, but not specified for this message.
        (request(b"", &[schemes, (51, &[0, 0x1d])]), Err(ErrorKind::BadExtension)),
        (request(b"", &[schemes, (0, &[])]), Err(ErrorKind::BadExtension)),
        (request(b"", &[]), Err(ErrorKind::MissingExtension)),
        (request(b"", &[schemes, schemes]), Err(ErrorKind::DuplicateExtension)),
        (request(b"", &[(13, &[0, 0])]), Err(ErrorKind::Malformed)),
        (request(b"", &[(13, &[0, 1, 8])]), Err(ErrorKind::Malformed)),
        (request(b"", &[schemes, (47, &[0, 0])]), Err(ErrorKind::Malformed)),
        (request(b"", &[schemes, (47, &[0, 2, 0, 0])]), Err(ErrorKind::Malformed)),
        (vec![], Err(ErrorKind::Malformed)),
        (vec![0], Err(ErrorKind::Malformed)),
    ] {
        assert_eq!(said(BEFORE, CR, &body), expected, "{body:?}");
    }
}

#[test]
fn certificate() {
    const BEFORE: Before = &[(EE, ENCRYPTED_EXTENSIONS)];
    for (body, expected) in [
        (CERTIFICATE, Ok(())),
        (&[0, 0, 0, 12, 0, 0, 1, b'c', 0, 0, 0, 0, 1, b'd', 0, 0][..], Ok(())),
        (&[1, 9, 0, 0, 6, 0, 0, 1, b'c', 0, 0], Err(ErrorKind::BadRequestContext)),
        (&[0, 0, 0, 0], Err(ErrorKind::NoPeerCertificate)),
        (&[0, 0, 0, 5, 0, 0, 0, 0, 0], Err(ErrorKind::Malformed)),
        (&[0, 0, 0, 4, 0, 0, 1, b'c'], Err(ErrorKind::Malformed)),
        (&[0, 0, 0, 6, 0, 0, 1, b'c', 0, 0, 0], Err(ErrorKind::Malformed)),
        (
            &[0, 0, 0, 10, 0, 0, 1, b'c', 0, 4, 0, 18, 0, 0],
            Err(ErrorKind::UnsolicitedExtension),
        ),
        (&[], Err(ErrorKind::Malformed)),
    ] {
        assert_eq!(said(BEFORE, CERT, body), expected, "{body:?}");
    }
    assert_eq!(
        ErrorKind::NoPeerCertificate.alert(),
        Some(AlertDescription::DecodeError)
    );
    // As long as the settings say, and not longer.
    let mut puppet = at(
        Settings {
            max_certificate_len: 9,
            ..settings()
        },
        BEFORE,
    );
    assert_eq!(puppet.say(CERT, CERTIFICATE), Err(ErrorKind::MessageTooLong));
}

#[test]
fn stapled_response() {
    const BEFORE: Before = &[(EE, ENCRYPTED_EXTENSIONS)];
    let stapled: &[u8] = &[0, 0, 0, 15, 0, 0, 1, b'c', 0, 9, 0, 5, 0, 5, 1, 0, 0, 1, b'r'];
    let asking = || Settings {
        request_ocsp: true,
        ..settings()
    };
    let mut puppet = at(asking(), BEFORE);
    puppet.say(CERT, stapled).unwrap();
    assert_eq!(puppet.client.peer_ocsp_response(), Some(&Bytes::from_static(b"r")));
    assert_eq!(said(BEFORE, CERT, stapled), Err(ErrorKind::UnsolicitedExtension));
    for bad in [
        &[2, 0, 0, 1, b'r'][..],
        &[1, 0, 0, 0],
        &[1, 0, 0, 2, b'r'],
        &[1, 0, 0, 1, b'r', 0],
        &[],
    ] {
        let len = u8::try_from(bad.len()).unwrap();
        let body = [&[0, 0, 0, len + 10, 0, 0, 1, b'c', 0, len + 4, 0, 5, 0, len][..], bad].concat();
        assert_eq!(
            at(asking(), BEFORE).say(CERT, &body),
            Err(ErrorKind::Malformed),
            "{bad:?}"
        );
    }
}

#[test]
fn certificate_verify() {
    const BEFORE: Before = &[(EE, ENCRYPTED_EXTENSIONS), (CERT, CERTIFICATE)];
    let mut puppet = at(settings(), BEFORE);
    puppet.say(CV, CERTIFICATE_VERIFY).unwrap();
    let Some(Question::VerifySignature {
        scheme,
        leaf,
        message,
        signature,
    }) = puppet.questions.pop()
    else {
        panic!()
    };
    assert_eq!(scheme, SignatureScheme::ED25519);
    assert_eq!((&leaf[..], &signature[..]), (&b"c"[..], &[1, 2][..]));
    assert_eq!(message.len(), 64 + 33 + 1 + 32);
    for (body, expected) in [
        // Offered, but not for this: PKCS#1 in TLS 1.3. Not offered. Not known.
        (&[4, 1, 0, 1, 1][..], ErrorKind::BadSignatureScheme),
        (&[4, 3, 0, 1, 1], ErrorKind::BadSignatureScheme),
        (&[0xfe, 0xfe, 0, 1, 1], ErrorKind::BadSignatureScheme),
        (&[8], ErrorKind::Malformed),
        (&[8, 7], ErrorKind::Malformed),
        (&[8, 7, 0, 2, 1], ErrorKind::Malformed),
        (&[8, 7, 0, 1, 1, 1], ErrorKind::Malformed),
    ] {
        assert_eq!(said(BEFORE, CV, body), Err(expected), "{body:?}");
    }
    assert_eq!(
        ErrorKind::BadSignatureScheme.alert(),
        Some(AlertDescription::IllegalParameter)
    );
}

#[test]
fn finished() {
    const BEFORE: Before = &[
        (EE, ENCRYPTED_EXTENSIONS),
        (CERT, CERTIFICATE),
        (CV, CERTIFICATE_VERIFY),
    ];
    let good = at(settings(), BEFORE).verify_data();
    for at_byte in 0..good.len() {
        let mut puppet = at(settings(), BEFORE);
        let mut verify_data = puppet.verify_data();
        verify_data[at_byte] ^= 1;
        assert_eq!(puppet.say(FIN, &verify_data), Err(ErrorKind::BadFinished));
        assert_eq!(puppet.done, 0);
    }
    for len in [0, 31, 33] {
        assert_eq!(said(BEFORE, FIN, &vec![0; len]), Err(ErrorKind::Malformed), "{len}");
    }
    assert_eq!(ErrorKind::BadFinished.alert(), Some(AlertDescription::DecryptError));
}

#[test]
fn tickets() {
    let established = || Puppet::established(settings()).unwrap();
    let mut puppet = established();
    puppet.say(NST, NEW_SESSION_TICKET).unwrap();
    let Some(Question::ReceivedTicket(ticket)) = puppet.questions.pop() else {
        panic!()
    };
    assert_eq!(
        (ticket.lifetime, ticket.age_add, ticket.max_early_data),
        (9, 0x0102_0304, 0)
    );
    assert_eq!((&ticket.ticket[..], &ticket.nonce[..]), (&b"t"[..], &[0][..]));
    assert_eq!(ticket.secret.len(), 32);
    let shown = format!("{ticket:?}");
    assert!(!shown.contains("secret"), "{shown}");
    // A week at most; early data; what we don't know is ignored.
    let mut body = NEW_SESSION_TICKET.to_vec();
    body[..4].copy_from_slice(&[0xff; 4]);
    body.truncate(body.len() - 2);
    body.extend_from_slice(&block(&[(42, &[0, 0, 0x40, 0]), (0x1234, b"?")]));
    puppet.say(NST, &body).unwrap();
    let Some(Question::ReceivedTicket(ticket)) = puppet.questions.pop() else {
        panic!()
    };
    assert_eq!((ticket.lifetime, ticket.max_early_data), (604_800, 0x4000));

    let mut body = NEW_SESSION_TICKET[..13].to_vec();
    body.extend_from_slice(&block(&[(43, &[3, 4])]));
    assert_eq!(established().say(NST, &body), Err(ErrorKind::BadExtension));

    let empty = [0, 0, 0, 9, 1, 2, 3, 4, 1, 0, 0, 0, 0, 0];
    assert_eq!(established().say(NST, &empty), Err(ErrorKind::Malformed));
    for cut in 0..NEW_SESSION_TICKET.len() {
        assert_eq!(
            established().say(NST, &NEW_SESSION_TICKET[..cut]),
            Err(ErrorKind::Malformed),
            "{cut}"
        );
    }
    for bad in [&[][..], &[0, 0, 0], &[0, 0, 0, 0, 0]] {
        let mut body = NEW_SESSION_TICKET[..13].to_vec();
        body.extend_from_slice(&block(&[(42, bad)]));
        assert_eq!(established().say(NST, &body), Err(ErrorKind::Malformed));
    }
}

#[test]
fn authentication_after_the_handshake() {
    let offering = || Settings {
        post_handshake_auth: true,
        ..settings()
    };
    let request = [&[2, 7, 7][..], &CERTIFICATE_REQUEST[1..]].concat();
    // Not offered.
    let mut puppet = Puppet::established(settings()).unwrap();
    assert_eq!(puppet.say(CR, &request), Err(ErrorKind::UnexpectedMessage));
    // Declined, granted.
    let mut puppet = Puppet::established(offering()).unwrap();
    puppet.say(CR, &request).unwrap();
    assert_eq!(puppet.done, 2);
    puppet.credential = Some(credential(SignatureScheme::ED25519));
    puppet.say(CR, &request).unwrap();
    assert_eq!(puppet.done, 3);
    assert!(matches!(puppet.questions.last(), Some(Question::Sign { message, .. }) if message.len() == 130));
    // With an answer that does not fit.
    puppet.credential = Some(credential(SignatureScheme::RSA_PSS_RSAE_SHA256));
    assert_eq!(puppet.say(CR, &request), Err(ErrorKind::WrongAnswer));
    // After close_notify nothing is answered, and nothing is wrong.
    let mut puppet = Puppet::established(offering()).unwrap();
    puppet.client.close_notify();
    let asked = puppet.questions.len();
    puppet.say(CR, &request).unwrap();
    assert_eq!(puppet.questions.len(), asked);
}

fn credential(scheme: SignatureScheme) -> Credential {
    Credential {
        chain: Arc::from([Bytes::from_static(b"mine")]),
        scheme,
        ocsp_response: None,
    }
}

#[test]
fn answers_have_to_fit() {
    const BEFORE: Before = &[
        (EE, ENCRYPTED_EXTENSIONS),
        (CR, CERTIFICATE_REQUEST),
        (CERT, CERTIFICATE),
    ];
    let mut no_chain = credential(SignatureScheme::ED25519);
    no_chain.chain = Arc::from([]);
    for wrong in [no_chain, credential(SignatureScheme::RSA_PSS_RSAE_SHA256)] {
        let mut puppet = at(settings(), BEFORE);
        puppet.say(CV, CERTIFICATE_VERIFY).unwrap();
        puppet.credential = Some(wrong);
        assert_eq!(puppet.say_finished(), Err(ErrorKind::WrongAnswer));
    }
    // With no question pending.
    let mut client = Connection::client(Arc::new(settings()), Vec::new());
    assert_eq!(client.answer(Answer::Proceed).unwrap_err().kind(), ErrorKind::Misuse);
    assert!(client.step().is_ok());
}
