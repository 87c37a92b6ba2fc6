//! Lets the binaries, tests and examples of a package find libtorch where torch-sys found it at build time.

/// Emits the linker's arguments; the build script of a package that needs more than them calls it.
pub(crate) fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    // torch-sys names its library folder to its direct dependents alone (`links = "tch"`).
    let Some(lib) = std::env::var_os("DEP_TCH_LIBTORCH_LIB").map(std::path::PathBuf::from) else { return };
    // Of mis-cli one program alone: the other is to start without libtorch.
    let of_cli = std::env::var("CARGO_PKG_NAME").is_ok_and(|package| package == "mis-cli");
    let targets = if of_cli { "cargo:rustc-link-arg-bin=mis-torch" } else { "cargo:rustc-link-arg" };
    // The link in the workspace may move; the folder behind it is what a built binary needs.
    let lib = lib.canonicalize().unwrap_or(lib);
    println!("{targets}=-Wl,-rpath,{}", lib.display());
    if lib.join("libtorch_cuda.so").exists() {
        // Nothing refers to torch_cuda by symbol: without this the linker drops it and no GPU is seen.
        println!("{targets}=-Wl,--no-as-needed");
        println!("{targets}=-ltorch_cuda");
    }
}
