//! Servers that share nothing but a root secret, and whose clocks disagree by up to a minute: real ones, each in a network
//! namespace of its own, with clocks that the test puts where it wants them, by libfaketime.
//!
//! The rule: the key of interval n seals while its host's clock shows `n * INTERVAL .. (n + 1) * INTERVAL`, and opens on
//! each host for as long as that host's clock shows less than `(n + 1) * INTERVAL + LIFETIME`. So a ticket made when its
//! host's clock showed `a` opens everywhere while clocks show less than `a + LIFETIME`, and nowhere once they show
//! `a + INTERVAL + LIFETIME`. Each host erases an old key when it makes or opens a ticket after that.

mod host;
mod inspection;
mod killed;
mod life;
mod memory;
mod secrets;

use life::Fleet;

/// A minute is the shortest interval of a root.
const INTERVAL: u64 = 60;
/// Keys run out in the middle of an interval.
const LIFETIME: u64 = 150;
/// The fleet's time at the beginning, and when its root was made.
const T: u64 = 1_800_000_000;
const SINCE: u64 = T - 600;
const ROTATIONS: u64 = 52;
/// After these the whole memory of each host is searched.
const INSPECTED: [u64; 6] = [0, 8, 16, 30, 34, 51];

const ROOT: &[u8; 32] = b"this root is known to all of us!";
const ROOT_IN_BASE64: &str = "dGhpcyByb290IGlzIGtub3duIHRvIGFsbCBvZiB1cyE=";

/// Until when the key of an interval opens, by the clock of whoever opens.
fn opens_until(interval: u64) -> u64 {
    (interval + 1) * INTERVAL + LIFETIME
}

#[test]
fn through_fifty_rotations_each_host_opens_what_the_others_seal_and_nobody_what_has_run_out() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let text =
        format!("secret = \"{ROOT_IN_BASE64}\"\ninterval = {INTERVAL}\nlifetime = {LIFETIME}\nsince = {SINCE}\n");
    carnet_keys::write_private(&root, text.as_bytes()).unwrap();
    let mut fleet = Fleet::new(&root);
    for minute in 0..ROTATIONS {
        match minute {
            // Killed while it has keys and its clients have tickets, and started anew.
            16 => fleet.hosts[1].restart(),
            // Ten rotations go by without it.
            24 => fleet.hosts[2].stop(),
            34 => fleet.hosts[2].go_on(),
            _ => (),
        }
        fleet.minute(minute);
        if INSPECTED.contains(&minute) {
            fleet.round();
            fleet.inspect(&format!("after minute {minute}"));
        }
    }
    assert!(fleet.opened > 8000 && fleet.refused > 1500, "{fleet:?}");
}
