//! Broken files are read or refused: no panic, no hang, no memory beyond what the file honestly holds.
//!
//! Some hundred changed files run with the suite. The long run goes on for MIS_FUZZ_SECONDS (600 without it), best with
//! the checks of a debug build:
//!
//! ```sh
//! cargo test -p mis-io --test fuzz -- --ignored --nocapture
//! ```

#![expect(clippy::unwrap_used, reason = "a test that fails may panic in its helpers too")]
#![expect(clippy::print_stdout, reason = "a long run says how far it came")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, LabelMap, SampleRng, Volume, sample_rng};
use mis_io::nifti::{self, VoxelType};
use mis_io::picture;
use rand::Rng as _;

/// Bytes that readers may take beyond twice the file's honest size: their buffers, and what the allocator keeps.
const SLACK: u64 = 64 << 20;
const LONGEST: Duration = Duration::from_secs(10);

/// A file to change: its name's ending, its bytes, and the bytes of what it honestly holds, in memory.
struct Seed {
    ending: &'static str,
    bytes: Vec<u8>,
    honest: u64,
    /// Where headers lie, in which changes matter most.
    header: usize,
}

fn seeds() -> Vec<Seed> {
    let folder = tempfile::tempdir().unwrap();
    let mut seeds = Vec::new();
    let affine = Affine::from_spacing([1.0, 2.0, 3.0]);
    let data = Array4::from_shape_fn((2, 9, 8, 7), |(c, i, j, k)| (c + i * j + k) as f32);
    let volume = Volume::new(data, affine).unwrap();
    for voxel_type in [VoxelType::U8, VoxelType::I16, VoxelType::F32, VoxelType::F64] {
        for ending in ["nii", "nii.gz"] {
            let path = folder.path().join(format!("a.{ending}"));
            nifti::write_volume_as(&path, &volume, None, voxel_type).unwrap();
            let bytes = std::fs::read(path).unwrap();
            seeds.push(Seed { ending, bytes, honest: 1 << 14, header: 352 });
        }
    }
    let long = Volume::new(Array4::zeros((1, 40_000, 1, 1)), affine).unwrap();
    let path = folder.path().join("two.nii");
    nifti::write_volume_as(&path, &long, None, VoxelType::U8).unwrap();
    seeds.push(Seed { ending: "nii", bytes: std::fs::read(path).unwrap(), honest: 1 << 18, header: 544 });
    let map = LabelMap::new(Array3::from_shape_fn((9, 8, 1), |(i, j, _)| (i * j) as u8), affine).unwrap();
    let path = folder.path().join("a.png");
    picture::write_labels(&path, &map).unwrap();
    seeds.push(Seed { ending: "png", bytes: std::fs::read(path).unwrap(), honest: 1 << 12, header: 64 });
    for name in ["grey16.tif", "rgb.bmp", "smooth.jpg"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/pictures").join(name);
        let ending = name.rsplit_once('.').unwrap().1;
        seeds.push(Seed { ending, bytes: std::fs::read(path).unwrap(), honest: 1 << 12, header: 128 });
    }
    seeds.extend(dicom_seeds());
    seeds
}

/// DICOM files of the shared data; none (and a line that says so) where they are absent.
fn dicom_seeds() -> Vec<Seed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("MIS_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let folder = data.join("dicom/pydicom");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped in part: no dicom in {}", data.display());
        return Vec::new();
    };
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seed = |path: PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        // Parsed, decoded and as f32.
        let honest = 8 * bytes.len() as u64;
        let header = bytes.len().min(3000);
        Seed { ending: "dcm", bytes, honest, header }
    };
    paths.into_iter().map(seed).collect()
}

/// Changes some bytes, puts numbers that matter into places, cuts off or doubles a stretch.
fn changed(seed: &Seed, rng: &mut SampleRng) -> Vec<u8> {
    const NUMBERS: [u64; 10] =
        [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, u64::MAX];
    let mut bytes = seed.bytes.clone();
    for _ in 0..rng.random_range(1..6) {
        let within = if rng.random_bool(0.8) { seed.header.min(bytes.len()) } else { bytes.len() };
        let at = rng.random_range(0..within.max(1)).min(bytes.len().saturating_sub(1));
        match rng.random_range(0..10) {
            0..5 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = rng.random();
                }
            }
            5..8 => {
                let n = [1, 2, 4, 8][rng.random_range(0..4)];
                let number = NUMBERS[rng.random_range(0..NUMBERS.len())].to_le_bytes();
                for (byte, new) in bytes.iter_mut().skip(at).zip(&number[..n]) {
                    *byte = *new;
                }
            }
            8 => bytes.truncate(at),
            _ => {
                let end = (at + rng.random_range(0..64)).min(bytes.len());
                let stretch = bytes[at.min(end)..end].to_vec();
                bytes.splice(at..at, stretch);
            }
        }
    }
    bytes
}

/// Reads a file in every way that its name allows.
fn read(path: &Path, ending: &str) {
    match ending {
        "nii" | "nii.gz" => {
            let _ = nifti::read_header(path);
            let _ = nifti::read_image(path);
            let _ = nifti::read_labels(path, None);
        }
        "dcm" => read_dicom(path),
        _ => {
            let _ = picture::read_geometry(path);
            let _ = picture::read_image(path);
            let _ = picture::read_labels(path, None);
        }
    }
}

#[cfg(feature = "dicom")]
fn read_dicom(path: &Path) {
    use mis_core::{ClassTable, Geometry};
    use mis_io::{Others, dicom};
    if let Ok(series) = dicom::Series::open(path) {
        let _ = series.read();
    }
    let lattice = Geometry { shape: [32; 3], affine: Affine::from_spacing([20.0; 3]) };
    let classes = ClassTable::from_names(["background", "patient"]).unwrap();
    let _ = dicom::read_labels(path, &lattice, &classes, Others::Background);
}

#[cfg(not(feature = "dicom"))]
fn read_dicom(_: &Path) {}

/// The largest memory of this process since the last call of [`forget_peak`], in bytes; none where the system does not
/// say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? << 10)
}

fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Runs changed files of all seeds in turn until the time or the number is up.
fn run(seed: u64, time: Duration, most: u64) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let seeds = seeds();
    // Decoders of other projects may panic; the readers turn that into an error, and here each is told and counted.
    // Without a backtrace, whose symbols would count as memory.
    let n_caught = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&n_caught);
    std::panic::set_hook(Box::new(move |panic| {
        counter.fetch_add(1, Ordering::Relaxed);
        println!("{panic}");
    }));
    let begin = Instant::now();
    let mut n = 0;
    while n < most && begin.elapsed() < time {
        let origin = &seeds[usize::try_from(n).unwrap() % seeds.len()];
        let bytes = changed(origin, &mut sample_rng(seed, 0, n));
        let path = folder.path().join(format!("a.{}", origin.ending));
        std::fs::write(&path, &bytes).unwrap();
        forget_peak();
        let before = peak();
        let started = Instant::now();
        let read = std::panic::catch_unwind(|| read(&path, origin.ending));
        let took = started.elapsed();
        let added = peak().zip(before).map_or(0, |(peak, before)| peak.saturating_sub(before));
        let wrong = if read.is_err() {
            Some("a panic".to_owned())
        } else if took > LONGEST {
            Some(format!("{took:?}"))
        } else if added > 2 * origin.honest + SLACK {
            Some(format!("{added} bytes of memory"))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let kept = std::env::temp_dir().join(format!("mis-fuzz-{seed}-{n}.{}", origin.ending));
            std::fs::write(&kept, &bytes).unwrap();
            panic!("file {n} of seed {seed}, kept as {}: {wrong}", kept.display());
        }
        n += 1;
    }
    drop(std::panic::take_hook());
    Files { n, n_caught: n_caught.load(Ordering::Relaxed) }
}

/// What a run met.
struct Files {
    n: u64,
    /// Panics of decoders of other projects, each an error of the reader.
    n_caught: u64,
}

#[test]
fn some_hundred_changed_files_are_read_or_refused() {
    let files = run(0, Duration::from_secs(60), 600);
    assert!(files.n > 0);
    // One file in ten at most, or a reader leans on a decoder that it should not trust.
    assert!(10 * files.n_caught <= files.n, "{} panics caught in {} files", files.n_caught, files.n);
}

#[test]
#[ignore = "runs for ten minutes, or MIS_FUZZ_SECONDS"]
fn changed_files_are_read_or_refused_for_a_long_time() {
    let seconds = std::env::var("MIS_FUZZ_SECONDS").map_or(600, |text| text.parse().unwrap());
    let seed = std::env::var("MIS_FUZZ_SEED").map_or(1, |text| text.parse().unwrap());
    let Files { n, n_caught } = run(seed, Duration::from_secs(seconds), u64::MAX);
    println!("{n} changed files in {seconds} s, all read or refused; {n_caught} panics of decoders caught");
}
