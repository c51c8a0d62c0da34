//! The fuzzer's way to the client: bytes tell the puppet what to say. It holds the right keys, so that what it says is
//! understood, however wrong it is.

use std::sync::Arc;

use bytes::Bytes;

use super::puppet::{
    CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, ENCRYPTED_EXTENSIONS, Hi, NEW_SESSION_TICKET, PSK, Puppet,
    SUITE, offer, settings,
};
use crate::codec::{Malformed, Reader};
use crate::{
    CipherSuite, ClientHello, ContentType, Credential, ErrorKind, ExtensionType, HandshakeType, NamedGroup, Settings,
    SignatureScheme, TicketRequest,
};

/// Plays a server's flight.
///
/// # Panics
/// When the client takes what it must not, or does not stay failed.
pub fn server_flight(script: &[u8]) {
    let _ = Player::start(script).map(|mut player| {
        while player.act().is_ok() {}
        player.judge();
    });
}

struct Player<'a> {
    script: Reader<'a>,
    puppet: Puppet,
    hello: ClientHello,
    /// The client has seen a good Finished.
    finished: bool,
    failure: Option<ErrorKind>,
}

/// The script is over, or the client has failed.
struct End;

impl From<Malformed> for End {
    fn from(_: Malformed) -> Self {
        Self
    }
}

impl<'a> Player<'a> {
    fn start(script: &'a [u8]) -> Option<Self> {
        let mut script = Reader::new(script);
        let flags = script.u8().ok()?;
        let early = script.u8().ok()?;
        let chosen = Settings {
            post_handshake_auth: flags & 1 != 0,
            request_ocsp: flags & 2 != 0,
            allow_psk_ke: flags & 4 != 0,
            tls12: Default::default(),
            middlebox_compat: flags & 8 == 0,
            observe: flags & 16 != 0,
            asks_for_psk: early & 2 != 0,
            ticket_request: (early & 4 != 0).then_some(TicketRequest {
                new_session: 1,
                resumption: 2,
            }),
            ..settings()
        };
        let mut offers = match flags >> 5 & 3 {
            0 => Vec::new(),
            1 => vec![offer(SUITE)],
            _ => vec![offer(CipherSuite::TLS_AES_256_GCM_SHA384), offer(SUITE)],
        };
        if early & 8 != 0
            && let Some(first) = offers.first_mut()
        {
            Arc::make_mut(&mut first.session).max_early_data = 100;
        }
        let mut puppet = match early & 1 {
            0 => Puppet::new(chosen, offers).ok()?,
            _ => Puppet::eager(chosen, offers).ok()?,
        };
        puppet.credential = (flags & 128 != 0).then(|| Credential {
            chain: Arc::from([Bytes::from_static(b"mine")]),
            scheme: SignatureScheme::ED25519,
            ocsp_response: None,
        });
        let hello = puppet.hear_hello().ok()?;
        Some(Self {
            script,
            puppet,
            hello,
            finished: false,
            failure: None,
        })
    }

    /// Does the next thing that the script says.
    fn act(&mut self) -> Result<(), End> {
        let result = match self.script.u8()? % 12 {
            0 => self.say_any(),
            1 => {
                let content_type = ContentType(self.script.u8()?);
                let content = self.script.vec16()?;
                self.puppet.say_record(content_type, content)
            }
            2 => {
                let wire = self.script.vec16()?;
                self.puppet.feed(wire).map_err(|error| error.kind())
            }
            3 => self.say_hi(),
            4 => self.say_retry(),
            5 => self
                .puppet
                .say(HandshakeType::ENCRYPTED_EXTENSIONS, ENCRYPTED_EXTENSIONS),
            6 => self.puppet.say(HandshakeType::CERTIFICATE_REQUEST, CERTIFICATE_REQUEST),
            7 => self.puppet.say(HandshakeType::CERTIFICATE, CERTIFICATE),
            8 => self.puppet.say(HandshakeType::CERTIFICATE_VERIFY, CERTIFICATE_VERIFY),
            9 => self.puppet.say_finished().inspect(|()| self.finished = true),
            10 => self.puppet.say(HandshakeType::NEW_SESSION_TICKET, NEW_SESSION_TICKET),
            _ => {
                // The client does something of its own.
                match self.script.u8()? % 5 {
                    0 => self.puppet.client.close_notify(),
                    1 => drop(self.puppet.client.update_keys(true)),
                    2 => drop(self.puppet.client.write_early_data(b"early data")),
                    3 => drop(self.puppet.client.finish_early_data()),
                    _ => drop(self.puppet.client.write(b"data")),
                }
                Ok(())
            }
        };
        if let Err(kind) = result {
            self.failure = Some(kind);
            return Err(End);
        }
        Ok(())
    }

    fn say_any(&mut self) -> Result<(), ErrorKind> {
        let (Ok(kind), Ok(body)) = (self.script.u8(), self.script.vec16()) else {
            return Ok(());
        };
        self.puppet.say(HandshakeType(kind), body)
    }

    /// Bends a good hello: bits say in which of its fields, and what the extensions are.
    fn bend(&mut self, mut hi: Hi) -> Result<Hi, Malformed> {
        let how = self.script.u8()?;
        if how & 1 != 0 {
            hi.legacy_version = self.script.u16()?;
        }
        if how & 2 != 0 {
            hi.session_id = self.script.vec8()?.to_vec();
        }
        if how & 4 != 0 {
            hi.suite = self.script.u16()?;
        }
        if how & 8 != 0 {
            hi.compression = self.script.u8()?;
        }
        for _ in 0..(how >> 4) {
            let extension_type = ExtensionType(self.script.u16()?);
            hi.set(extension_type, self.script.vec8()?);
        }
        Ok(hi)
    }

    fn say_hi(&mut self) -> Result<(), ErrorKind> {
        let hello = self.hello.clone();
        let Ok(hi) = self.puppet.hi(&hello) else { return Ok(()) };
        let Ok(hi) = self.bend(hi) else { return Ok(()) };
        let is_psk = hi.extensions.iter().any(|(t, _)| *t == ExtensionType::PRE_SHARED_KEY);
        self.puppet.say_hi(&hi, is_psk.then_some(&PSK[..]))
    }

    fn say_retry(&mut self) -> Result<(), ErrorKind> {
        let hello = self.hello.clone();
        let retry = self.puppet.retry(&hello, NamedGroup::SECP256R1);
        let Ok(retry) = self.bend(retry) else { return Ok(()) };
        self.hello = self.puppet.say_retry(&retry)?;
        Ok(())
    }

    /// What must be so in any case.
    fn judge(&mut self) {
        let is_done = self.puppet.done > 0;
        assert!(!is_done || self.finished, "done without Finished");
        if let Some(kind) = self.failure
            && self.puppet.client.is_failed()
        {
            let again = self.puppet.client.step().err().map(|error| error.kind());
            assert_eq!(again, Some(kind), "a failure must stay");
            assert!(self.puppet.client.write(b"data").is_err());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_reach_the_end() {
        for script in [
            &[0, 0, 3, 0, 5, 7, 8, 9, 10, 10][..],
            &[
                0x81, 0, 3, 0, 5, 6, 7, 8, 9, 10, 0, 13, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 8, 7,
            ],
            &[0x20, 0, 3, 0x10, 0, 41, 2, 0, 0, 5, 9, 10],
            &[0, 0, 4, 0, 3, 0, 5, 7, 8, 9],
            // Early data, accepted: written before and after the server's flight.
            &[
                0x20, 9, 11, 2, 3, 0x10, 0, 41, 2, 0, 0, 0, 8, 0, 6, 0, 4, 0, 42, 0, 0, 9, 11, 2, 11, 3, 10,
            ],
            // An external PSK, and a promise of tickets.
            &[0, 6, 3, 0x10, 0, 41, 2, 0, 0, 0, 8, 0, 7, 0, 5, 0, 58, 0, 1, 9, 9, 10],
        ] {
            let mut player = Player::start(script).unwrap();
            while player.act().is_ok() {}
            assert_eq!(player.failure, None, "{script:?}");
            assert!(player.finished && player.puppet.done > 0, "{script:?}");
            player.judge();
        }
    }

    #[test]
    fn nonsense_is_nothing_special() {
        for n in 0..1000_u32 {
            let script: Vec<u8> = (0..40)
                .map(|i| (n.wrapping_mul(2_654_435_761).rotate_left(i) >> 3) as u8)
                .collect();
            server_flight(&script);
        }
    }
}
