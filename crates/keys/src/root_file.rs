//! A root secret in a file, which every host of a fleet gets a copy of.
//!
//! ```toml
//! # Whoever reads this can open the tickets of the whole fleet.
//! secret = "32 bytes in base64"
//! interval = 3600     # seconds for which a key seals
//! lifetime = 7200     # seconds for which its tickets open after that
//! since = 1763726400  # when the chain began, seconds since 1970
//! ```

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::ratchet::SECRET_LEN;
use crate::ring_file::{FileError, Staged, io, open_private};
use crate::schedule::Policy;
use crate::share::{Root, ShareError};
use crate::{Entropy as _, SystemEntropy};

/// Longer than any root file needs to be.
const MAX_LEN: u64 = 4096;

/// As [`Written`] has them.
const FIELDS: [&str; 4] = ["secret", "interval", "lifetime", "since"];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    secret: String,
    interval: u64,
    lifetime: u64,
    since: u64,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Root {
    /// The root in the file at `path`, which must be private.
    pub fn from_file(path: &Path) -> Result<Self, FileError> {
        // With room for all of it: what a string leaves behind when it grows is not wiped.
        let mut text = Zeroizing::new(String::with_capacity(MAX_LEN as usize + 1));
        let file = open_private(path, false)?;
        file.take(MAX_LEN + 1)
            .read_to_string(&mut text)
            .map_err(|error| io(path, error))?;
        if text.len() as u64 > MAX_LEN {
            return Err(bad(path, &format!("it is longer than {MAX_LEN} bytes")));
        }
        let written: Written = toml::from_str(&text).map_err(|error| bad(path, &mistake(&text, &error)))?;
        let decoded = STANDARD.decode(&written.secret).map(Zeroizing::new);
        let secret = decoded
            .ok()
            .and_then(|bytes| <[u8; SECRET_LEN]>::try_from(&bytes[..]).ok());
        let secret = Zeroizing::new(secret.ok_or_else(|| bad(path, "secret is not the base64 of 32 bytes"))?);
        if *secret == [0; SECRET_LEN] {
            return Err(bad(path, "a secret of zeros is none"));
        }
        let policy = Policy::every(written.interval, written.lifetime);
        Self::new(&secret, policy, written.since).map_err(|error| content(path, error))
    }

    /// Makes a root with a random secret and writes it to a new file for its owner alone.
    pub fn create_file(path: &Path, policy: Policy, now: u64) -> Result<Self, FileError> {
        let mut secret = Zeroizing::new([0; SECRET_LEN]);
        let no_entropy = |_| io(path, std::io::ErrorKind::Other.into());
        SystemEntropy.fill(secret.as_mut_slice()).map_err(no_entropy)?;
        let root = Self::new(&secret, policy, now).map_err(|error| content(path, error))?;
        let written = Written {
            secret: STANDARD.encode(*secret),
            interval: policy.interval.map_or(0, std::num::NonZeroU64::get),
            lifetime: policy.lifetime,
            since: now,
        };
        let body = toml::to_string(&written).map(Zeroizing::new);
        let body = body.map_err(|_| io(path, std::io::ErrorKind::InvalidData.into()))?;
        let head = "# carnet: the root of a fleet's ticket keys. Whoever reads this can open the fleet's tickets.\n";
        let mut staged = Staged::beside(path)?;
        staged.write(head.as_bytes(), path)?;
        staged.write(body.as_bytes(), path)?;
        staged.publish_new(path)?;
        Ok(root)
    }
}

/// What to tell of a file that does not parse. The parser's own words may quote what stands there, and where a quotation
/// mark is missing or two lines are mixed up that is the secret.
fn mistake(text: &str, error: &toml::de::Error) -> String {
    let missing = FIELDS.map(|field| format!("missing field `{field}`"));
    if let Some(missing) = missing.into_iter().find(|missing| error.message() == missing) {
        return missing;
    }
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    format!(
        "line {line} is wrong; there may be {}, once each, as `carnet keys init --root` writes them",
        FIELDS.join(", ")
    )
}

fn bad(path: &Path, what: &str) -> FileError {
    FileError::Root {
        path: path.into(),
        what: what.to_owned(),
    }
}

fn content(path: &Path, error: ShareError) -> FileError {
    FileError::Content {
        path: path.into(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ring;

    const T: u64 = 1_700_000_000;

    fn reason(text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root");
        crate::write_private(&path, text.as_bytes()).unwrap();
        Root::from_file(&path).unwrap_err().to_string()
    }

    #[test]
    fn a_root_that_is_written_is_read_by_every_host() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root");
        let made = Root::create_file(&path, Policy::every(3600, 7200), T).unwrap();
        let read = Root::from_file(&path).unwrap();
        let name = |root: &Root| {
            *Ring::rooted(root, T + 50_000)
                .unwrap()
                .sealing(T + 50_000)
                .unwrap()
                .name()
        };
        assert_eq!(name(&made), name(&read));
        assert!(
            Root::create_file(&path, Policy::every(3600, 7200), T).is_err(),
            "it is not overwritten"
        );
        assert_eq!(name(&made), name(&Root::from_file(&path).unwrap()));
    }

    #[test]
    fn mistakes_are_named() {
        let rest = "interval = 3600\nlifetime = 7200\nsince = 1700000000\n";
        let secret = STANDARD.encode([7; 32]);
        assert!(reason("").contains("secret"));
        assert!(reason(&format!("secret = \"AAAA\"\n{rest}")).contains("32 bytes"));
        assert!(reason(&format!("secret = \"{}\"\n{rest}", STANDARD.encode([0; 32]))).contains("zeros"));
        assert!(reason(&format!("secret = \"{secret}\"\n{rest}more = 1\n")).contains("line 5 is wrong"));
        assert!(reason(&format!("secret = \"{secret}\"\n")).contains("missing field `interval`"));
        let short = rest.replace("3600", "10");
        assert!(reason(&format!("secret = \"{secret}\"\n{short}")).contains("at least 60 s"));
        let long =
            format!("secret = \"{secret}\"\n{rest}").replace("interval", &format!("# {}\ninterval", "x".repeat(4000)));
        assert!(
            reason(&long).contains("longer than 4096 bytes"),
            "cut off, it might say something else"
        );
    }

    /// Whatever is mistyped: the secret without its quotation marks, on the wrong line, in the place of a name …
    #[test]
    fn no_mistake_shows_the_secret() {
        let secret = STANDARD.encode(std::array::from_fn::<u8, 32, _>(|index| index as u8 * 7 + 1));
        let right = format!("secret = \"{secret}\"\ninterval = 3600\nlifetime = 7200\nsince = 1700000000\n");
        let quoted = format!("\"{secret}\"");
        let mut mistakes = vec![
            right.replace(&quoted, &secret),
            right.replace(&quoted, &format!("\"{secret}")),
            right.replace(&quoted, &format!("{secret}\"")),
            right.replace(&quoted, &format!("'{secret}\"")),
            right.replace(&quoted, &format!("[{quoted}]")),
            right.replace("secret = ", ""),
            right.replace("secret = \"", "secret \""),
            right.replace("secret", &secret),
            format!("{right}{secret}\n"),
            format!("{right}{secret} = 1\n"),
            format!("{right}{quoted} = 1\n"),
            format!("{right}secret = {quoted}\n"),
            format!("[{secret}]\n{right}"),
            format!("{secret}\n{secret}\n"),
            right.replace(&quoted, &format!("\"{secret}AAAA\"")),
            right.replace(&quoted, &format!("\"{}!\"", &secret[..43])),
        ];
        for number in ["3600", "7200", "1700000000"] {
            mistakes.push(right.replace(number, &quoted));
            mistakes.push(right.replace(number, &secret));
        }
        for mistake in mistakes {
            let text = reason(&mistake);
            let shown = secret
                .as_bytes()
                .windows(5)
                .filter(|piece| text.as_bytes().windows(5).any(|seen| seen == *piece));
            assert_eq!(shown.count(), 0, "{mistake}gives {text}");
            assert!(!text.contains("\n"), "{text}");
        }
    }
}
