//! A data source of one's own: scans in NumPy-like raw files, `<case>.raw` with 32³ little-endian i16, and
//! `<case>.mask` with a byte per voxel.
//!
//! ```sh
//! cargo run -p mis --example custom_source
//! ```

use std::fs;
use std::path::PathBuf;

use mis::core::anyhow::{Context as _, Result, ensure};
use mis::core::ndarray::{Array3, Array4};
use mis::core::{Affine, DataSource, LabelMap, Sample, SampleId, Volume};
use mis::io::Source;

const SIDE: usize = 32;

/// A folder of raw files: two methods make it a data set.
#[derive(Debug)]
struct RawFolder {
    folder: PathBuf,
}

impl DataSource for RawFolder {
    fn ids(&self) -> Result<Vec<SampleId>> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "raw") {
                let stem = path.file_stem().context("a file has a name")?;
                ids.push(SampleId(stem.to_string_lossy().into_owned()));
            }
        }
        ids.sort(); // a data set has one order
        Ok(ids)
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        let bytes = fs::read(self.folder.join(format!("{id}.raw")))?;
        ensure!(
            bytes.len() == 2 * SIDE.pow(3),
            "expected {} bytes in {id}.raw, found {}",
            2 * SIDE.pow(3),
            bytes.len()
        );
        let values = bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]]))).collect();
        let affine = Affine::from_spacing([1.0; 3]);
        let image = Volume::new(Array4::from_shape_vec((1, SIDE, SIDE, SIDE), values)?, affine)?;
        let mask = fs::read(self.folder.join(format!("{id}.mask")))?;
        let labels = LabelMap::new(Array3::from_shape_vec((SIDE, SIDE, SIDE), mask)?, affine)?;
        Ok(Sample { id: id.clone(), image, labels: Some(labels) })
    }
}

fn main() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("mis-custom-source-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    for case in ["b", "a"] {
        let mask: Vec<u8> = (0..SIDE.pow(3)).map(|at| u8::from(at % SIDE > 20)).collect();
        let raw: Vec<u8> = mask.iter().flat_map(|&label| (100 * i16::from(label)).to_le_bytes()).collect();
        fs::write(folder.join(format!("{case}.raw")), raw)?;
        fs::write(folder.join(format!("{case}.mask")), mask)?;
    }
    // As the data of an experiment it would be `Experiment::on(source)`.
    let source = Source::custom(RawFolder { folder: folder.clone() });
    for id in source.ids()? {
        let sample = source.load(&id)?;
        let labels = sample.labels.context("every case has labels")?;
        let n_foreground = labels.as_slice().iter().filter(|&&label| label > 0).count();
        let shape = sample.image.shape();
        #[expect(clippy::print_stdout, reason = "an example shows what it did")]
        {
            println!("{id}: {shape:?}, {n_foreground} voxels of foreground");
        }
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
