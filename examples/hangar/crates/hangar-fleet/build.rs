//! Generates the fleet from `aircraft.txt`.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=aircraft.txt");
    let table = fs::read_to_string("aircraft.txt").expect("aircraft.txt lies beside this script");
    let source = hangar_codegen::aircraft(&table).unwrap_or_else(|why| panic!("aircraft.txt, {why}"));
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    fs::write(Path::new(&out).join("aircraft.rs"), source).expect("OUT_DIR can be written to");
}
