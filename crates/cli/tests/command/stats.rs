//! `carnet stats` of files and of running processes.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::Value;

use crate::identity::Identity;
use crate::place::Place;
use crate::process::{Process, is_root};

/// What a ring has counted, by name.
fn counted(ring: &Value) -> HashMap<String, u64> {
    let counters = ring["counters"].as_object().unwrap().iter();
    counters
        .map(|(name, value)| (name.clone(), value.as_u64().unwrap()))
        .collect()
}

#[test]
fn a_process_and_its_file_say_the_same() {
    let place = Place::new();
    let ca = Identity::authority(place.dir(), "ca");
    let server = place.p256(&ca, "server", "localhost");
    let ring = place.path("ring");
    let (process, address) = place.s_server(&server, &[("CARNET_RING", &ring)], &[]);
    let session = place.session(&address, "s.pem", &["-tls1_2"]);
    place.session(&address, "s.pem", &["-tls1_2", "-sess_in", &session]);
    place.session(&address, "t.pem", &["-tls1_3"]);

    // stdbuf executes what it starts, so this is s_server.
    let id = process.id();
    let of_process = place.json(&["stats", "--json", &id.to_string()]);
    let of_file = place.json(&["stats", "--json", "ring"]);
    let [in_memory, in_file] = [&of_process["rings"][0], &of_file["rings"][0]];
    let counts = counted(in_memory);
    assert_eq!(counts, counted(in_file));
    assert_eq!(
        (counts["issued"], counts["opened"]),
        (3, 1),
        "one in TLS 1.2, two in TLS 1.3, one taken"
    );
    assert_eq!(in_memory["keys"], in_file["keys"]);
    assert_eq!(
        (&in_memory["processes"][0], &in_memory["command"]),
        (&id.into(), &"openssl".into())
    );
    assert_eq!(in_memory["file"], ring.as_str());
    assert_eq!(of_process["rings"].as_array().unwrap().len(), 1);

    let text = place.done(&["stats", &id.to_string()]);
    assert!(
        text.starts_with(&format!("ring {ring} (openssl, process {id})")),
        "{text}"
    );
    let mut command = place.command(&["stats", "--json"]);
    let by_variable = command.env("CARNET_RING", &ring).output().unwrap().stdout;
    assert_eq!(
        counted(&serde_json::from_slice::<Value>(&by_variable).unwrap()["rings"][0]),
        counts
    );
    // All that there are: among them this one, whatever else runs here.
    let all = place.json(&["stats", "--json"]);
    let all = all["rings"].as_array().unwrap();
    assert!(
        all.iter()
            .any(|ring| ring["processes"].as_array().unwrap().contains(&id.into()))
    );
}

#[test]
fn a_ring_in_memory_is_one_for_all_who_share_it() {
    let place = Place::new();
    let program = "import os, ssl, sys\nssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\nchild = os.fork()\n\
                   if child: print('forked', child, flush=True)\nsys.stdin.read()";
    let mut command = place.preloaded("/usr/bin/python3");
    let parent = Process::start(command.args(["-c", program]));
    let child: u32 = parent.wait_for_line("forked ").trim().parse().unwrap();
    let all = place.json(&["stats", "--json"]);
    let mut rings = all["rings"].as_array().unwrap().iter();
    let both = |ring: &&Value| ring["processes"].as_array().unwrap().contains(&parent.id().into());
    let ring = rings
        .find(both)
        .unwrap_or_else(|| panic!("{} and {child} are not in {all:#?}", parent.id()));
    assert!(ring["processes"].as_array().unwrap().contains(&child.into()), "{ring}");
    assert_eq!(
        (&ring["file"], ring["command"].as_str().unwrap().starts_with("python")),
        (&Value::Null, true)
    );
    let of_child = place.json(&["stats", "--json", &child.to_string()]);
    assert_eq!(of_child["rings"][0]["keys"], ring["keys"]);
    let line = format!("carnet_tickets_issued_total{{ring=\"\",command=\"python3\",pid=\"{child}\"}} 0");
    let text = place.done(&["stats", "--prometheus", &child.to_string()]);
    assert!(text.lines().any(|found| found == line), "{text}");
}

/// Whose name says more than a name should, and who has the ring twice.
#[test]
fn a_process_is_shown_in_one_line_and_each_ring_of_it_once() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    let program = "import mmap, sys\nring = open('ring', 'r+b')\nboth = [mmap.mmap(ring.fileno(), 4096) for _ in range(2)]\n\
                   open('/proc/self/comm', 'w').write('x)\\nring \\x1bin y')\nprint('mapped', flush=True)\nsys.stdin.read()";
    let mut command = std::process::Command::new("/usr/bin/python3");
    let process = Process::start(command.current_dir(place.dir()).args(["-c", program]));
    process.wait_for_line("mapped");
    let id = process.id().to_string();
    let text = place.done(&["stats", &id]);
    let title = format!("ring {} (x) ring \u{fffd}in y, process {id})", place.path("ring"));
    assert_eq!(text.lines().next(), Some(title.as_str()));
    let rings = place.json(&["stats", &id, "--json"]);
    assert_eq!(rings["rings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_process_shows_no_more_rings_than_anybody_needs() {
    let place = Place::new();
    place.done(&["keys", "init", "ring"]);
    let ring = place.read("ring");
    (0..40).for_each(|number| drop(place.write(&number.to_string(), &ring, 0o600)));
    let program = "import mmap, sys\nfiles = [open(str(n), 'r+b') for n in range(40)]\nrings = [mmap.mmap(file.fileno(), 4096) for file in files]\n\
                   print('mapped', flush=True)\nsys.stdin.read()";
    let mut command = std::process::Command::new("/usr/bin/python3");
    let process = Process::start(command.current_dir(place.dir()).args(["-c", program]));
    process.wait_for_line("mapped");
    let rings = place.json(&["stats", &process.id().to_string(), "--json"]);
    assert_eq!(rings["rings"].as_array().unwrap().len(), 16);
}

#[test]
fn prometheus_text_is_well_formed() {
    let place = Place::new();
    place.done(&["keys", "init", "a \"ring\""]);
    let text = place.done(&["stats", "--prometheus", "a \"ring\""]);
    let mut families: HashMap<&str, &str> = HashMap::new();
    let mut helped = HashSet::new();
    let mut samples = HashSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name) && help.ends_with('.'), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helped.contains(name) && families.insert(name, kind).is_none(), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.strip_suffix('}').unwrap().split_once('{').unwrap();
            assert!(families.contains_key(name), "{line}");
            assert!(labels.starts_with(r#"ring="a \"ring\"""#), "{line}");
            value.parse::<u64>().unwrap();
            assert!(samples.insert(series), "{line} stands there twice");
        }
    }
    assert_eq!((families.len(), samples.len()), (7, 12));
    let keys = |state: &str| format!(r#"carnet_ring_keys{{ring="a \"ring\"",state="{state}"}} 1"#);
    assert!(
        text.contains(&keys("sealing")) && text.contains(&keys("ahead")),
        "{text}"
    );
}

#[test]
fn processes_that_have_nothing_to_show() {
    let place = Place::new();
    let me = std::process::id().to_string();
    assert!(
        place
            .fails(&["stats", &me])
            .contains("does not run with libcarnet_preload.so")
    );
    assert!(place.fails(&["stats", "4194304"]).contains("no process 4194304"));
    assert!(
        place
            .fails(&["stats", "nginx"])
            .contains("carnet stats $(pidof -s nginx)")
    );
    let odd = OsStr::from_bytes(b"ring\xff");
    let mut command = place.command(&["stats"]);
    assert_eq!(command.arg(odd).output().unwrap().status.code(), Some(1));
    place.done(&["keys", "init", "ring"]);
    std::fs::rename(place.path("ring"), place.dir().join(odd)).unwrap();
    assert!(command.output().unwrap().status.success());
    if !is_root() {
        assert!(place.fails(&["stats", "1"]).contains("sudo carnet stats 1"));
    }
}
