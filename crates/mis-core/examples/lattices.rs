//! Where voxels lie: a scan with a tumor, a patch that reaches over its border, and what moved between two lattices.
//!
//! ```sh
//! cargo run -p mis-core --example lattices
//! ```

#![expect(clippy::print_stdout, reason = "an example says what it found")]

use anyhow::Result;
use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, LabelMap, PatchLocation, Sample, Volume};

fn main() -> Result<()> {
    // Slices first, from the head down, 3 mm apart: as KiTS19 has them.
    let affine = Affine::new([
        [0.0, 0.0, -0.8, 100.0],
        [0.0, -0.8, 0.0, 120.0],
        [-3.0, 0.0, 0.0, 40.0],
        [0.0, 0.0, 0.0, 1.0],
    ])?;
    let is_tumor = |i: usize, j: usize, k: usize| (4..8).contains(&i) && (20..30).contains(&j) && k > 50;
    let labels = Array3::from_shape_fn((20, 64, 64), |(i, j, k)| u8::from(is_tumor(i, j, k)));
    let image =
        Array4::from_shape_fn((1, 20, 64, 64), |(_, i, j, k)| if is_tumor(i, j, k) { 90.0 } else { 30.0 });
    let scan = Sample {
        id: "case_00000".into(),
        image: Volume::new(image, affine)?,
        labels: Some(LabelMap::new(labels, affine)?),
    };
    scan.check_geometry()?;
    println!("spacing {:?} mm, orientation of the axes {:?}", affine.spacing(), affine.direction());
    println!("voxel 4, 20, 51 lies at {:?} mm (right, front, head)", affine.world([4.0, 20.0, 51.0]));

    let patch = scan.cut(&PatchLocation { start: [0, 16, 48], shape: [16, 16, 32] }); // 16 voxels beyond the border
    let origin = patch.image.affine().origin();
    assert_eq!(origin, affine.world([0.0, 16.0, 48.0]));
    println!("the patch of shape {:?} starts at {origin:?} mm", patch.image.shape());

    let moved = Affine::from_parts(affine.spacing(), affine.direction(), [100.0, 120.0, 43.0])?;
    let elsewhere = LabelMap::new(Array3::zeros((20, 64, 64)), moved)?;
    let error = scan.image.geometry().check_same(&elsewhere.geometry()).expect_err("it lies a slice higher");
    println!("{error}");
    Ok(())
}

#[test]
fn it_runs() -> Result<()> {
    main()
}
