//! The command `carnet`.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    carnet_cli::main()
}
