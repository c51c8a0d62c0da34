//! Names for the numbers in a session, as OpenSSL writes them. What is not here is shown as its number.

/// A protocol version.
pub(super) fn version(number: u16) -> Option<&'static str> {
    named(&[(0x0303, "TLS 1.2"), (0x0304, "TLS 1.3")], number)
}

/// A cipher suite: those that OpenSSL 3 negotiates with certificates unless it is told otherwise.
pub(super) fn suite(number: u16) -> Option<&'static str> {
    let names = [
        (0x1301, "TLS_AES_128_GCM_SHA256"),
        (0x1302, "TLS_AES_256_GCM_SHA384"),
        (0x1303, "TLS_CHACHA20_POLY1305_SHA256"),
        (0x1304, "TLS_AES_128_CCM_SHA256"),
        (0x1305, "TLS_AES_128_CCM_8_SHA256"),
        (0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (0xc02f, "ECDHE-RSA-AES128-GCM-SHA256"),
        (0xc030, "ECDHE-RSA-AES256-GCM-SHA384"),
        (0xcca8, "ECDHE-RSA-CHACHA20-POLY1305"),
        (0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305"),
        (0xccaa, "DHE-RSA-CHACHA20-POLY1305"),
        (0x009e, "DHE-RSA-AES128-GCM-SHA256"),
        (0x009f, "DHE-RSA-AES256-GCM-SHA384"),
        (0xc009, "ECDHE-ECDSA-AES128-SHA"),
        (0xc00a, "ECDHE-ECDSA-AES256-SHA"),
        (0xc013, "ECDHE-RSA-AES128-SHA"),
        (0xc014, "ECDHE-RSA-AES256-SHA"),
        (0xc023, "ECDHE-ECDSA-AES128-SHA256"),
        (0xc024, "ECDHE-ECDSA-AES256-SHA384"),
        (0xc027, "ECDHE-RSA-AES128-SHA256"),
        (0xc028, "ECDHE-RSA-AES256-SHA384"),
        (0x0033, "DHE-RSA-AES128-SHA"),
        (0x0039, "DHE-RSA-AES256-SHA"),
        (0x0067, "DHE-RSA-AES128-SHA256"),
        (0x006b, "DHE-RSA-AES256-SHA256"),
        (0x002f, "AES128-SHA"),
        (0x0035, "AES256-SHA"),
        (0x003c, "AES128-SHA256"),
        (0x003d, "AES256-SHA256"),
        (0x009c, "AES128-GCM-SHA256"),
        (0x009d, "AES256-GCM-SHA384"),
    ];
    named(&names, number)
}

/// A group of the key exchange.
pub(super) fn group(number: u32) -> Option<&'static str> {
    let names = [
        (0x0017, "P-256"),
        (0x0018, "P-384"),
        (0x0019, "P-521"),
        (0x001d, "X25519"),
        (0x001e, "X448"),
        (0x0100, "ffdhe2048"),
        (0x0101, "ffdhe3072"),
        (0x0102, "ffdhe4096"),
        (0x11ec, "X25519MLKEM768"),
    ];
    named(&names, number)
}

/// What verifying a certificate gave: X509_verify_cert_error_string(3), in short.
pub(super) fn verify_result(number: i64) -> Option<&'static str> {
    let names = [
        (0, "ok"),
        (2, "the issuer's certificate was not found"),
        (7, "the certificate's signature was wrong"),
        (9, "the certificate was not valid yet"),
        (10, "the certificate had expired"),
        (18, "self-signed certificate"),
        (19, "self-signed certificate in the chain"),
        (20, "the local issuer's certificate was not found"),
        (21, "the first certificate could not be verified"),
        (23, "the certificate was revoked"),
        (26, "the certificate was for another purpose"),
        (62, "the certificate was for another host"),
    ];
    named(&names, number)
}

fn named<N: Copy + PartialEq>(names: &[(N, &'static str)], number: N) -> Option<&'static str> {
    names.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}
