//! The `chainlab` executable. Until the lab exists it says what there is.

use std::process::ExitCode;

const ABOUT: &str = "\
runs a real blockchain network in one terminal (in the making)

What works so far is the library: the rules of the chain, and a store that holds, checks, extends
and reorganises one. `cargo doc --open` shows it, `cargo bench` measures it.
The nodes, their network and the screen come next.";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let version = concat!("chainlab ", env!("CARGO_PKG_VERSION"));
    match arguments.as_slice() {
        [] => println!("{version} {ABOUT}"),
        [only] if only == "--version" => println!("{version}"),
        [first, ..] => {
            eprintln!("chainlab: unknown argument {first:?}; there is only --version so far");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
