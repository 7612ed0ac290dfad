//! `cargo xtask guest`: builds the wasm guest of runtime-js; with `--check`, compares it with the committed one.
//!
//! The sources of QuickJS-NG come out of a published crate that cargo fetches and verifies (`guest/sources/Cargo.lock`).
//! The compiler is Debian's: `clang lld wasi-libc libclang-rt-dev-wasm32`. The same versions give the same bytes, so a
//! check is a comparison of bytes wherever the compiler is the one in `compiler.txt`, and says so where it is not.

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const GUEST: &str = "crates/runtime-js/guest";
const WASM: &str = "egret-guest.wasm";
const DIGEST: &str = "egret-guest.wasm.sha256";
const COMPILER: &str = "compiler.txt";

/// Ours, and those of the engine that the guest needs (not its command line, nor its own library).
const OWN: [&str; 4] = ["shim.c", "bridge.c", "module.c", "text.c"];
const ENGINE: [&str; 4] = ["quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c"];

/// What the result depends on beside the sources.
const PACKAGES: [&str; 4] = ["clang-14", "lld-14", "wasi-libc", "libclang-rt-14-dev-wasm32"];

const FLAGS: [&str; 20] = [
    "--target=wasm32-wasi",
    "--sysroot=/usr",
    "-isystem",
    "/usr/include/wasm32-wasi",
    "-L/usr/lib/wasm32-wasi",
    "-O2",
    "-mbulk-memory",
    "-D_GNU_SOURCE",
    // The engine's own switch for a platform without processes, directories and floating-point modes.
    "-DEMSCRIPTEN=1",
    "-DFE_DOWNWARD=0",
    "-DFE_UPWARD=0",
    "-D_WASI_EMULATED_SIGNAL",
    "-I.",
    // No main: the host calls exports.
    "-mexec-model=reactor",
    // C's stack, at the bottom of memory: what overruns it traps instead of writing over data.
    "-Wl,-z,stack-size=1048576",
    "-Wl,--stack-first",
    "-Wl,--strip-all",
    "-Wno-everything",
    "-fno-ident",
    "-lm",
];

#[derive(clap::Args)]
pub struct Arguments {
    /// Build aside and compare with the committed guest instead of replacing it.
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let root = root()?;
    let guest = root.join(GUEST);
    let compiler = compiler()?;
    let wasm = build(&root, &guest)?;
    if arguments.check { check(&guest, &wasm, &compiler) } else { replace(&guest, &wasm, &compiler) }
}

fn replace(guest: &Path, wasm: &[u8], compiler: &str) -> Result<()> {
    fs::write(guest.join(WASM), wasm)?;
    fs::write(guest.join(DIGEST), format!("{}  {WASM}\n", hex(wasm)))?;
    fs::write(guest.join(COMPILER), compiler)?;
    println!("{WASM}: {} bytes, sha256 {}", wasm.len(), hex(wasm));
    Ok(())
}

fn check(guest: &Path, wasm: &[u8], compiler: &str) -> Result<()> {
    let committed = fs::read(guest.join(WASM))?;
    let digest = fs::read_to_string(guest.join(DIGEST))?;
    ensure!(digest.starts_with(&hex(&committed)), "{WASM} is not the file that {DIGEST} names");
    let expected = fs::read_to_string(guest.join(COMPILER))?;
    if expected != compiler {
        println!("not compared: this compiler differs from the one in {COMPILER}\n--- expected\n{expected}--- here\n{compiler}");
        return Ok(());
    }
    ensure!(committed == wasm, "the sources give another guest (sha256 {}): run `cargo xtask guest` and commit what it makes", hex(wasm));
    println!("{WASM} is what the sources give");
    Ok(())
}

/// Compiles in a folder of its own, by names without folders, so that no path of this machine gets into the result.
fn build(root: &Path, guest: &Path) -> Result<Vec<u8>> {
    let work = root.join("target/guest");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    copy_sources(&engine_sources(guest)?, &work)?;
    copy_sources(guest, &work)?;
    let patch = guest.join("quickjs.patch");
    output("patch", ["-p1".as_ref(), "--fuzz=0".as_ref(), "-i".as_ref(), patch.as_os_str()], &work)?;
    let arguments = OWN.iter().chain(&ENGINE).chain(&FLAGS).chain(&["-o", WASM]);
    output("clang-14", arguments.map(AsRef::<OsStr>::as_ref), &work)?;
    fs::read(work.join(WASM)).context("clang wrote no guest")
}

fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let is_source = path.extension().is_some_and(|end| end == "c" || end == "h");
        if let (true, Some(name)) = (is_source, path.file_name()) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// Where cargo keeps the sources that `guest/sources` pins; fetched if they are not here yet.
fn engine_sources(guest: &Path) -> Result<PathBuf> {
    let arguments = ["metadata", "--locked", "--format-version", "1"];
    let metadata = output("cargo", arguments, &guest.join("sources"))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("cargo names no packages")?;
    let package = packages.iter().find(|package| package["name"] == "rquickjs-sys").context("cargo does not know the sources")?;
    let manifest = Path::new(package["manifest_path"].as_str().context("cargo names no place")?);
    Ok(manifest.parent().context("the place has no folder")?.join("quickjs"))
}

/// The compiler and its packages, as they stand in `compiler.txt`.
fn compiler() -> Result<String> {
    let folder = Path::new("/");
    let version = output("clang-14", ["--version"], folder)?;
    let format = ["-W", "-f", "${Package} ${Version}\n"];
    let packages = output("dpkg-query", format.into_iter().chain(PACKAGES), folder).unwrap_or_default();
    Ok(format!("{}\n{packages}", version.lines().next().unwrap_or_default()))
}

fn root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(manifest.parent().context("xtask has no parent folder")?.to_owned())
}

/// Runs a program to its end and gives what it printed.
#[expect(clippy::disallowed_methods, reason = "chore: runs the compiler and cargo, on the developer's machine only")]
fn output<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>, folder: &Path) -> Result<String> {
    let ran = Command::new(program).args(arguments).current_dir(folder).output();
    let ran =
        ran.with_context(|| format!("{program} cannot be run (Debian: apt install clang lld wasi-libc libclang-rt-dev-wasm32 patch)"))?;
    if !ran.status.success() {
        bail!("{program}: {}\n{}{}", ran.status, String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
