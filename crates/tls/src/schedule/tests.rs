//! The values of RFC 8448, sections 3 and 4.

use super::*;
use crate::CipherSuite;

fn hex(digits: &str) -> Vec<u8> {
    let value = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(value).collect()
}

/// A transcript hash that is given, not computed.
fn digest(digits: &str) -> Digest {
    Digest::from_bytes(&hex(digits))
}

const SHARED: &str = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";
const HELLOS: &str = "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8";
const SERVER_FINISHED: &str = "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13";
const CLIENT_FINISHED: &str = "209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d";

#[test]
fn a_full_handshake_gives_the_published_secrets() {
    let handshake = Handshake::without_psk(HashAlgorithm::Sha256, &hex(SHARED));
    let client = handshake.client_traffic(&digest(HELLOS));
    let server = handshake.server_traffic(&digest(HELLOS));
    assert_eq!(
        client.as_bytes(),
        hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21")
    );
    assert_eq!(
        server.as_bytes(),
        hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
    );

    let master = handshake.master();
    let until = digest(SERVER_FINISHED);
    assert_eq!(
        master.client_traffic(&until).as_bytes(),
        hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
    );
    assert_eq!(
        master.server_traffic(&until).as_bytes(),
        hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643")
    );
    assert_eq!(
        master.exporter(&until).as_bytes(),
        hex("fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50")
    );
    let psk = master.resumption(&digest(CLIENT_FINISHED)).psk(&[0, 0]);
    assert_eq!(
        psk.as_bytes(),
        hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3")
    );
}

#[test]
fn a_resumption_binds_as_published() {
    let psk = hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3");
    let truncated = digest("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
    let binder = Early::with_psk(HashAlgorithm::Sha256, &psk).binder(PskKind::Resumption, &truncated);
    assert!(binder.matches(&hex("3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d")));
    assert!(!binder.matches(&[0; 32]));
    assert!(!binder.matches(&[]));
}

/// The client's Finished as it is on the wire: key, IV, nonce, additional data and verify_data in one.
#[test]
fn the_published_finished_record_opens() {
    let handshake = Handshake::without_psk(HashAlgorithm::Sha256, &hex(SHARED));
    let client = handshake.client_traffic(&digest(HELLOS));
    let suite = CipherSuite::TLS_AES_128_GCM_SHA256.tls13().unwrap();
    let record = hex(concat!(
        "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1cae",
        "acab6867d726c40546"
    ));
    let (header, body) = record.split_first_chunk::<5>().unwrap();
    let mut body = body.to_vec();
    let len = client.record_key(suite).unwrap().open(*header, &mut body).unwrap();
    let verify_data = client.finished(&digest(SERVER_FINISHED));
    assert_eq!(&body[..4], [20, 0, 0, 32]);
    assert_eq!(&body[4..36], verify_data.as_bytes());
    assert_eq!((body[36], len), (22, 37));
}

#[test]
fn a_psk_of_zeros_is_no_psk() {
    for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384] {
        let zeros = vec![0; hash.len()];
        let th = hash.digest(b"hellos");
        let with = Early::with_psk(hash, &zeros).handshake(Some(b"shared"));
        let without = Handshake::without_psk(hash, b"shared");
        assert_eq!(
            with.client_traffic(&th).as_bytes(),
            without.client_traffic(&th).as_bytes()
        );
    }
}

#[test]
fn long_exports_continue_the_short_ones() {
    let handshake = Handshake::without_psk(HashAlgorithm::Sha384, b"shared");
    let exporter = handshake.master().exporter(&HashAlgorithm::Sha384.of_nothing());
    let mut twice = [[0; 200]; 2];
    for out in &mut twice {
        exporter.export(out, b"label", b"context").unwrap();
    }
    assert_eq!(twice[0], twice[1]);
    assert!(twice[0].chunks(48).all(|block| block.iter().any(|b| *b != 0)));
    let mut other = [0; 200];
    exporter.export(&mut other, b"label", b"another").unwrap();
    assert_ne!(twice[0], other);
    assert!(exporter.export(&mut [0; 48 * 255 + 1], b"label", b"").is_err());
    assert!(exporter.export(&mut [0; 1], &[b'x'; 250], b"").is_err());
}

#[test]
fn the_hash_of_nothing_is_the_constant() {
    for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384] {
        assert_eq!(hash.of_nothing().as_bytes(), hash.digest(b"").as_bytes());
        assert_eq!(hash.of_nothing().as_bytes(), Running::new(hash).finish().as_bytes());
    }
}

#[test]
fn secrets_do_not_show() {
    let handshake = Handshake::without_psk(HashAlgorithm::Sha256, b"shared");
    let traffic = handshake.client_traffic(&digest(HELLOS));
    assert_eq!(
        format!("{traffic:?} {:?}", handshake),
        "TrafficSecret Handshake { mac: Mac }"
    );
    assert_ne!(traffic.next().as_bytes(), traffic.as_bytes());
}

#[test]
fn an_exporter_gives_255_blocks_and_no_more() {
    for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384] {
        let master = Handshake::without_psk(hash, b"shared").master();
        let exporter = master.exporter(&hash.of_nothing());
        let longest = 255 * hash.len();
        exporter.export(&mut vec![0; longest], b"label", b"").unwrap();
        assert!(exporter.export(&mut vec![0; longest + 1], b"label", b"").is_err());
    }
}
