//! Makes the phantom data set of `data-fixtures`: eight abdominal CTs with kidneys and a tumor, in KiTS19's layout.
//!
//! `cargo run --release -p mis-io --example phantom -- data-fixtures/phantom`

mod anatomy;
mod scan;

use std::path::Path;

use mis_core::anyhow::{Context as _, Result};
use mis_io::nifti::{self, VoxelType};

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("expected the folder to write to as the one argument")?;
    for case in 0..8 {
        let sample = scan::phantom(case);
        let folder = Path::new(&folder).join(&sample.id.0);
        nifti::write_volume_as(&folder.join("imaging.nii.gz"), &sample.image, None, VoxelType::I16)?;
        let labels = sample.labels.as_ref().context("a phantom has labels")?;
        nifti::write_labels(&folder.join("segmentation.nii.gz"), labels, None)?;
    }
    Ok(())
}
