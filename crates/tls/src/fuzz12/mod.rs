//! The fuzzer's way into TLS 1.2: bytes tell a [`puppet`] what to say to the engine, on either side. It follows the
//! handshake and holds the right keys, so that what it says is understood, however wrong it is.

mod puppet;
mod speech;

use crate::codec::{Malformed, Reader};
use crate::{ContentType, HandshakeType, Side};
use puppet::{Flags, Puppet, Stop};

/// What is done to a message before it is said.
enum Harm<'s> {
    None,
    /// One byte is changed.
    Flip(u16, u8),
    /// Its end is missing.
    Cut(u8),
    /// Something follows.
    Add(&'s [u8]),
}

impl Harm<'_> {
    fn inflict(&self, body: &mut Vec<u8>) {
        match *self {
            Self::None => {}
            Self::Flip(at, mask) => {
                let at = usize::from(at).checked_rem(body.len()).unwrap_or_default();
                body.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= mask);
            }
            Self::Cut(n) => body.truncate(body.len().saturating_sub(n.into())),
            Self::Add(more) => body.extend_from_slice(more),
        }
    }
}

/// Plays the peer of an engine in TLS 1.2: a client for a server, and the other way round.
///
/// # Panics
/// When the engine takes what it must not, or does not stay failed.
pub fn tls12(side: Side, script: &[u8]) {
    let mut script = Reader::new(script);
    let (Ok(low), Ok(high)) = (script.u8(), script.u8()) else {
        return;
    };
    let Ok(mut puppet) = Puppet::new(side, Flags::from_bits(u16::from_le_bytes([low, high]))) else {
        return;
    };
    while act(&mut puppet, &mut script).is_ok() {}
    puppet.judge();
}

impl From<Malformed> for Stop {
    fn from(_: Malformed) -> Self {
        Self::ScriptEnds
    }
}

/// One thing that the script says.
fn act(puppet: &mut Puppet, script: &mut Reader<'_>) -> Result<(), Stop> {
    match script.u8()? {
        step @ 0..=15 => puppet.say_step(step, &Harm::None),
        16 => {
            let step = script.u8()?;
            let harm = Harm::Flip(script.u16()?, script.u8()?);
            puppet.say_step(step, &harm)
        }
        17 => puppet.say_step(script.u8()?, &Harm::Cut(script.u8()?)),
        18 => puppet.say_step(script.u8()?, &Harm::Add(script.vec8()?)),
        19 => puppet.say(HandshakeType(script.u8()?), script.vec16()?),
        20 => puppet.say_record(ContentType(script.u8()?), script.vec16()?),
        21 => puppet.feed(script.vec16()?),
        22 => puppet.say_spoilt(ContentType(script.u8()?), script.vec8()?, |body| body.truncate(0)),
        23 => {
            let (kind, content, len) = (ContentType(script.u8()?), script.vec8()?, script.u8()?);
            puppet.say_spoilt(kind, content, |body| body.truncate(len.into()))
        }
        24 => {
            let (kind, content) = (ContentType(script.u8()?), script.vec8()?);
            let harm = Harm::Flip(script.u16()?, script.u8()?.max(1));
            puppet.say_spoilt(kind, content, |body| harm.inflict(body))
        }
        25 => {
            let (kind, content, more) = (ContentType(script.u8()?), script.vec8()?, script.vec16()?);
            puppet.say_spoilt(kind, content, |body| body.extend_from_slice(more))
        }
        26 => {
            puppet.fragment = usize::from(script.u8()?).max(1);
            Ok(())
        }
        27 => puppet.write(script.vec8()?),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an honest peer says brings every kind of handshake to its end: or the fuzzer would never see what comes late.
    #[test]
    fn honest_scripts_succeed() {
        for ems in [0, puppet::EXTENDED] {
            for suite in [0, 1, 2] {
                let flags = ems | suite;
                // Server, in full; with a client certificate that is none; by ticket, renewed or not; by id.
                check(Side::Server, flags, &[0, 3, 5, 6, 7]);
                check(Side::Server, flags | puppet::CLIENT_AUTH, &[0, 4, 3, 5, 6, 7]);
                check(Side::Server, flags, &[1, 5, 6, 7]);
                check(Side::Server, flags | puppet::RENEW, &[1, 5, 6, 7]);
                check(Side::Server, flags, &[2, 5, 6, 7]);
                // Client, in full with and without a ticket; asked for a certificate; resumed.
                check(Side::Client, flags, &[0, 2, 3, 5, 8, 9, 7]);
                check(Side::Client, flags | puppet::PROMISE, &[0, 2, 3, 5, 6, 8, 9, 7]);
                check(Side::Client, flags, &[0, 2, 3, 4, 5, 8, 9, 7]);
                check(Side::Client, flags | puppet::OFFER, &[1, 8, 9, 7]);
                check(Side::Client, flags | puppet::OFFER | puppet::PROMISE, &[1, 6, 8, 9, 7]);
            }
        }
    }

    fn check(side: Side, flags: u16, script: &[u8]) {
        let mut puppet = Puppet::new(side, Flags::from_bits(flags)).ok().unwrap();
        let mut script = Reader::new(script);
        while !script.is_empty() {
            let left = script.len();
            assert!(
                act(&mut puppet, &mut script).is_ok(),
                "{side:?}, {flags:#x}, {left} before the end"
            );
        }
        assert!(puppet.is_done(), "{side:?}, {flags:#x}");
        puppet.judge();
    }

    #[test]
    fn a_changed_finished_ends_it() {
        for at in 0..12 {
            for side in [Side::Server, Side::Client] {
                let honest: &[u8] = match side {
                    Side::Server => &[0, 0, 0, 3, 5, 16, 6, 0, at, 1, 7],
                    Side::Client => &[0, 0, 0, 2, 3, 5, 8, 16, 9, 0, at, 1, 7],
                };
                // Panics if the engine takes it.
                tls12(side, honest);
            }
        }
    }
}
