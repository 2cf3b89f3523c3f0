//! The binary itself.

use std::process::Command;

#[test]
fn the_version_is_the_one_of_the_package() {
    let hangar = Command::new(env!("CARGO_BIN_EXE_hangar"))
        .arg("--version")
        .output()
        .unwrap();
    let said = String::from_utf8(hangar.stdout).unwrap();
    assert_eq!(said, format!("hangar {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_unknown_command_ends_with_2() {
    let hangar = Command::new(env!("CARGO_BIN_EXE_hangar")).arg("fly").output().unwrap();
    assert_eq!(hangar.status.code(), Some(2));
}
