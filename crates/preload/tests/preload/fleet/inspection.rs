//! What somebody finds who takes a host's whole memory.

use std::collections::HashSet;

use carnet_keys::separation::{Separated, has_ring_id};
use carnet_keys::{PAGE_LEN, Ring};
use carnet_ticket::{KeyName, MacAlgorithm, TicketKey};

use super::life::Fleet;
use super::memory::Wanted;
use super::secrets;
use super::{INTERVAL, LIFETIME, ROOT, ROOT_IN_BASE64, SINCE, opens_until};

/// How many tickets are tried on a saved page.
const TRIED: usize = 24;

impl Fleet {
    /// Of each host, when all of them have just made tickets.
    pub fn inspect(&self, when: &str) {
        for host in self.running() {
            let (image, latest) = (self.hosts[host].image(), self.hosts[host].latest);
            let past = self.past(latest);
            let found = image.search(&past);
            assert!(found.is_empty(), "{when}, host {host}: {found:#?}");
            let (present, expected) = self.present(latest);
            let found: HashSet<_> = image.search(&present).into_iter().map(|(name, _)| name).collect();
            let expected: HashSet<_> = expected.iter().map(String::as_str).collect();
            assert_eq!(found, expected, "{when}, host {host}: or the search would find nothing");
            self.try_page(&image.page(), latest);
        }
    }

    /// What is not to be found on a host whose ring was last used at this time.
    fn past(&self, latest: u64) -> Wanted {
        let mut wanted = Wanted::default();
        secrets::whole("root", ROOT, &mut wanted);
        wanted.add("root in base64".to_owned(), ROOT_IN_BASE64.as_bytes());
        for number in SINCE / INTERVAL..latest / INTERVAL + 2 {
            // The chain has gone on to the first interval whose key is not in the ring yet.
            self.interval(number).chain(number, &mut wanted);
            if opens_until(number) <= latest {
                self.interval(number).keys(number, &mut wanted);
            }
        }
        wanted
    }

    /// What has to be there: the keys that open now, and the chain's secret for the next. And how it is called.
    fn present(&self, latest: u64) -> (Wanted, Vec<String>) {
        let (mut wanted, mut names) = (Wanted::default(), Vec::new());
        let mut add = |name: String, secret: &[u8]| {
            wanted.add(name.clone(), secret);
            names.push(name);
        };
        let next = latest / INTERVAL + 1;
        for number in (SINCE / INTERVAL..=next).filter(|number| opens_until(*number) > latest) {
            let interval = self.interval(number);
            add(format!("MAC key of {number}"), &interval.mac);
            add(format!("cipher key of {number}"), &interval.cipher);
        }
        add(format!("chain at {}", next + 1), &self.interval(next + 1).chain);
        (wanted, names)
    }

    /// A saved page opens what its host can open, and no more with a clock that was set back.
    fn try_page(&self, page: &[u8; PAGE_LEN], latest: u64) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("page");
        let newest = |tickets: &[_]| tickets.len().saturating_sub(TRIED)..;
        let (live, gone) = (&self.tickets[newest(&self.tickets)], &self.gone[newest(&self.gone)]);
        for ticket in live.iter().chain(gone) {
            let until = opens_until(ticket.interval);
            for clock in [latest, until - 1, until - LIFETIME - INTERVAL] {
                carnet_keys::write_private(&path, page).unwrap();
                let rings = [
                    Ring::of_image(page, clock).unwrap(),
                    // As `carnet open` does.
                    Ring::look_at_file(&path, clock).unwrap(),
                    // As a server does that goes on with it.
                    Ring::open_file(&path).unwrap(),
                ];
                for ring in rings {
                    assert_eq!(
                        self.opens(&ring, &ticket.bytes, clock),
                        until > latest,
                        "at {clock}, {until}"
                    );
                }
            }
        }
    }

    /// As the library opens it, and `carnet open`.
    fn opens(&self, ring: &Ring, ticket: &[u8], clock: u64) -> bool {
        let name = KeyName::of_ticket(ticket).unwrap();
        let mut named = ring
            .keys(clock)
            .into_iter()
            .filter(|info| has_ring_id(&name, info.key.name()));
        named.any(|info| {
            let keys = Separated::new(&info.key, &self.context).for_name(b"").keys;
            let key = TicketKey::new(name, &*keys.cipher_key, MacAlgorithm::Sha256, &*keys.mac_key).unwrap();
            key.open(ticket).is_ok()
        })
    }
}
