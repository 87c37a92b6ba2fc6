//! The files of one case to a sample.

use anyhow::{Context as _, Result, bail};
use mis_core::{Geometry, Sample, SampleFiles, SampleId, Volume};
use ndarray::Axis;

use crate::format::{Reading, read_label_file, read_lattice, read_scan};

/// Image and, where they are named, labels, on one lattice.
pub(crate) fn read_sample(id: &SampleId, files: &SampleFiles, reading: Reading<'_>) -> Result<Sample> {
    let (Some(path), Some(scan)) = (&files.labels, files.images.first()) else {
        return Ok(Sample { id: id.clone(), image: read_channels(files)?, labels: None });
    };
    // The small file first: a mistake in it is found before the scan is inflated.
    let labels = Some(read_label_file(path, scan, reading)?);
    let sample = Sample { id: id.clone(), image: read_channels(files)?, labels };
    sample.check_geometry().with_context(|| {
        format!(
            "{} and {} do not lie on one lattice (resample the labels onto the image, or mend the wrong header)",
            scan.display(),
            path.display()
        )
    })?;
    Ok(sample)
}

/// The scan of a case: the channels of its files, in their order.
pub(crate) fn read_channels(files: &SampleFiles) -> Result<Volume> {
    let Some((first, others)) = files.images.split_first() else {
        bail!("expected a file of the scan, found none")
    };
    let image = read_scan(first)?;
    if others.is_empty() {
        return Ok(image);
    }
    let (affine, geometry) = (image.affine(), image.geometry());
    let mut channels = image.into_data();
    for path in others {
        let image = read_scan(path)?;
        geometry.check_same(&image.geometry()).with_context(|| {
            format!(
                "{} and {} are channels of one case and do not lie on one lattice",
                first.display(),
                path.display()
            )
        })?;
        channels.append(Axis(0), image.data())?;
    }
    Volume::new(channels, affine)
}

/// The lattice of a case, from the header of its first file.
pub(crate) fn read_geometry(files: &SampleFiles) -> Result<Geometry> {
    let Some(first) = files.images.first() else { bail!("expected a file of the scan, found none") };
    read_lattice(first)
}
