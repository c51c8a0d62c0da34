//! `bench-preload LIBCARNET_PRELOAD [ROUNDS]`: what the preload library costs a server of OpenSSL's.

use std::error::Error;
use std::path::Path;

use carnet_bench::preload;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let library = arguments
        .next()
        .unwrap_or_else(|| "target/release/libcarnet_preload.so".into());
    let rounds = arguments.next().map_or(Ok(15), |text| text.parse())?;
    let library = Path::new(&library)
        .canonicalize()
        .map_err(|error| format!("{library}: {error}"))?;
    preload::print(&preload::run(library, rounds)?);
    Ok(())
}
