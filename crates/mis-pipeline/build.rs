//! Lets tests find libtorch, and tells the crate which revision of the sources it is built from.

use std::process::Command;

#[path = "libtorch.rs"]
mod libtorch;

fn main() {
    libtorch::main();
    // Absent in a release tarball: then the version alone names the sources.
    println!("cargo:rerun-if-changed=../../.git/logs/HEAD");
    let git = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output();
    let revision = git.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    let revision = revision.and_then(|text| String::from_utf8(text).ok()).unwrap_or_default();
    println!("cargo:rustc-env=MIS_REVISION={}", revision.trim());
}
