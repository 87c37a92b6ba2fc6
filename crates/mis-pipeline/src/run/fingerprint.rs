//! What data a run was made of.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use mis_core::{DataSource, SampleId};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

/// SHA-256 over all files of all cases, in the order of cases: a hexadecimal text that changes when a voxel does, and
/// not when the folder moves. A source without files gives that of no files.
pub fn fingerprint(source: &dyn DataSource, ids: &[SampleId]) -> Result<String> {
    let cases: Vec<Vec<u8>> = ids.par_iter().map(|id| case(source, id)).collect::<Result<_>>()?;
    let mut all = Sha256::new();
    for case in cases {
        all.update(case);
    }
    Ok(hexadecimal(&all.finalize()))
}

/// The case's name and the digest of each of its files.
fn case(source: &dyn DataSource, id: &SampleId) -> Result<Vec<u8>> {
    let files = source.files(id)?;
    let mut digest = id.0.as_bytes().to_vec();
    for path in files.images.iter().chain(&files.labels) {
        digest.push(0);
        digest.extend(file(path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    digest.push(0);
    Ok(digest)
}

/// SHA-256 of a file, as a hexadecimal text.
pub(crate) fn file_sha256(path: &Path) -> Result<String> {
    Ok(hexadecimal(&file(path).with_context(|| format!("cannot read {}", path.display()))?))
}

fn file(path: &Path) -> Result<Vec<u8>> {
    let mut digest = Sha256::new();
    let mut file = File::open(path)?;
    let mut portion = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut portion)?;
        if n == 0 {
            return Ok(digest.finalize().to_vec());
        }
        digest.update(&portion[..n]);
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
