//! What is written is what is read.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic in its helpers too")]

use std::path::Path;

use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, LabelMap, UnknownLabels, Volume};
use mis_io::nifti::{self, VoxelType};
use proptest::prelude::*;

const INTEGERS: [VoxelType; 8] = [
    VoxelType::U8,
    VoxelType::I8,
    VoxelType::U16,
    VoxelType::I16,
    VoxelType::U32,
    VoxelType::I32,
    VoxelType::U64,
    VoxelType::I64,
];

/// Steps that f32 headers hold exactly, in any order of the axes.
fn affine() -> impl Strategy<Value = Affine> {
    let orders = prop::sample::select(vec![[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]);
    let steps = prop::array::uniform3(prop::sample::select(vec![-3.0, -0.75, 0.5, 1.0, 4.5]));
    (orders, steps, prop::array::uniform3(-100_i16..100)).prop_map(|(order, steps, origin)| {
        let mut rows = [[0.0; 4]; 4];
        for axis in 0..3 {
            rows[axis][order[axis]] = steps[axis];
            rows[axis][3] = f64::from(origin[axis]);
        }
        rows[3][3] = 1.0;
        Affine::new(rows).unwrap()
    })
}

fn volume() -> impl Strategy<Value = Volume> {
    (affine(), (1_usize..4, 1_usize..9, 1_usize..9, 1_usize..9)).prop_flat_map(|(affine, shape)| {
        let n = shape.0 * shape.1 * shape.2 * shape.3;
        prop::collection::vec(0_u8..=127, n).prop_map(move |values| {
            let values = values.into_iter().map(f32::from).collect();
            Volume::new(Array4::from_shape_vec(shape, values).unwrap(), affine).unwrap()
        })
    })
}

#[track_caller]
fn check(volume: &Volume, name: &str, voxel_type: VoxelType) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    nifti::write_volume_as(&path, volume, None, voxel_type).unwrap();
    assert_eq!(&nifti::read_image(&path).unwrap(), volume);
    // The file as the template of another: everything is carried.
    let header = nifti::read_header(&path).unwrap();
    assert_eq!(header.voxel_type(), voxel_type);
    nifti::write_volume_as(&path, volume, Some(&header), voxel_type).unwrap();
    assert_eq!(nifti::read_header(&path).unwrap(), header);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn integers_come_back_as_they_were(volume in volume(), voxel_type in prop::sample::select(INTEGERS.to_vec()), gz: bool) {
        check(&volume, if gz { "a.nii.gz" } else { "a.nii" }, voxel_type);
    }

    #[test]
    fn floats_come_back_as_they_were(volume in volume(), double: bool, gz: bool, factor in -1e30_f32..1e30) {
        let affine = volume.affine();
        let volume = Volume::new(volume.into_data() * factor, affine).unwrap();
        let voxel_type = if double { VoxelType::F64 } else { VoxelType::F32 };
        check(&volume, if gz { "a.nii.gz" } else { "a.nii" }, voxel_type);
    }

    #[test]
    fn a_changed_header_is_read_or_refused_and_nothing_else(
        volume in volume(),
        changes in prop::collection::vec((0_usize..352, any::<u8>()), 1..6),
        cut in prop::option::of(0_usize..600),
        gz: bool,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nii");
        nifti::write_volume_as(&path, &volume, None, VoxelType::I16).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        if gz {
            let mut stream = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut stream, &bytes).unwrap();
            bytes = stream.finish().unwrap();
        }
        bytes.truncate(cut.unwrap_or(bytes.len()));
        std::fs::write(&path, bytes).unwrap();
        let read = nifti::read_image(&path);
        if let Err(error) = &read {
            let line = format!("{error:#}");
            prop_assert!(line.contains("a.nii: "), "{}", line);
        }
        let _ = nifti::read_labels(&path, None);
    }
}

#[test]
fn an_axis_too_long_for_nifti_1_makes_a_nifti_2() {
    let data = Array4::from_shape_fn((1, 40_000, 1, 2), |(_, i, _, k)| (i * 2 + k) as f32);
    let affine = Affine::from_spacing([0.1, 0.2, 0.3]);
    // Its header holds f64: a tenth comes back as it was.
    check(&Volume::new(data, affine).unwrap(), "a.nii.gz", VoxelType::F32);
}

/// A small scan in a file, with some of its header's bytes replaced.
fn crafted(path: &Path, changes: &[(usize, &[u8])]) {
    let data = Array4::zeros((1, 4, 4, 4));
    nifti::write_volume(path, &Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap(), None).unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    for (at, change) in changes {
        bytes[*at..at + change.len()].copy_from_slice(change);
    }
    std::fs::write(path, bytes).unwrap();
}

#[track_caller]
fn check_refused(changes: &[(usize, &[u8])], reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    crafted(&path, changes);
    let error = format!("{:#}", nifti::read_image(&path).unwrap_err());
    assert!(error.contains(reason), "{error}");
}

#[test]
fn crafted_headers_are_refused_before_memory_is_taken() {
    let all_largest = [7_i16, 32767, 32767, 32767, 32767, 32767, 32767, 32767].map(i16::to_le_bytes).concat();
    check_refused(&[(40, &all_largest)], "expected a volume that fits an address space");
    let large = [3_i16, 32767, 32767, 1000].map(i16::to_le_bytes).concat();
    check_refused(&[(40, &large)], "expected 4294705156352 bytes for extents [32767, 32767, 1000] of f32");
    check_refused(&[(42, &(-4_i16).to_le_bytes())], "expected extents of at least 1, found [-4, 4, 4]");
    check_refused(&[(40, &0_i16.to_le_bytes())], "expected 1 to 7 dimensions");
    check_refused(&[(108, &1e9_f32.to_le_bytes())], "from byte 1000000000 on, found 608");
    check_refused(&[(108, &f32::NAN.to_le_bytes())], "found vox_offset NaN");
    check_refused(&[(108, &8_f32.to_le_bytes())], "found vox_offset 8");
    check_refused(&[(280, &[0; 48])], "sform: affine must span a volume");
}

#[test]
fn a_compressed_file_that_cannot_hold_its_promise_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    let large = [3_i16, 32767, 32767, 1000].map(i16::to_le_bytes).concat();
    crafted(&path, &[(40, &large)]);
    let mut stream = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut stream, &std::fs::read(&path).unwrap()).unwrap();
    std::fs::write(&path, stream.finish().unwrap()).unwrap();
    let error = format!("{:#}", nifti::read_image(&path).unwrap_err());
    assert!(error.contains("promises 4294705156352 bytes, found a gzip stream of"), "{error}");
}

#[test]
fn a_gzip_stream_that_breaks_off_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii.gz");
    let data =
        Array4::from_shape_fn((1, 20, 20, 20), |(_, i, j, k)| (i * 7919 + j * 104729 + k * 1299709) as f32);
    nifti::write_volume(&path, &Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap(), None).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = format!("{:#}", nifti::read_image(&path).unwrap_err());
    assert!(error.contains("a.nii.gz: the gzip stream breaks off after"), "{error}");
}

#[test]
fn a_stream_that_disagrees_with_its_checksum_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii.gz");
    let labels = LabelMap::new(Array3::ones((90, 120, 130)), Affine::from_spacing([1.0; 3])).unwrap();
    nifti::write_labels(&path, &labels, None).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for at in [bytes.len() - 8, bytes.len() - 5] {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        for error in [nifti::read_image(&path).unwrap_err(), nifti::read_labels(&path, None).unwrap_err()] {
            let error = format!("{error:#}");
            assert!(
                error.contains("a.nii.gz: the gzip stream breaks off") && error.contains("checksum"),
                "{error}"
            );
        }
    }
    // What stands behind the stream is not its own.
    std::fs::write(&path, [&bytes, [0; 512].as_slice()].concat()).unwrap();
    assert_eq!(nifti::read_labels(&path, None).unwrap(), labels);
}

#[test]
fn a_stream_of_two_members_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    let data = Array4::from_shape_fn((1, 5, 6, 7), |(_, i, j, k)| (100 * i + 10 * j + k) as f32);
    let volume = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
    nifti::write_volume(&path, &volume, None).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let member = |bytes: &[u8]| {
        let mut stream = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut stream, bytes).unwrap();
        stream.finish().unwrap()
    };
    std::fs::write(&path, [member(&bytes[..500]), member(&bytes[500..])].concat()).unwrap();
    assert_eq!(nifti::read_image(&path).unwrap(), volume);
    // With a name, a comment and more in front, and bytes behind the voxels.
    let mut stream = flate2::GzBuilder::new()
        .filename("a.nii")
        .comment("made by hand")
        .extra([7; 300])
        .write(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut stream, &bytes).unwrap();
    let named = stream.finish().unwrap();
    std::fs::write(&path, &named).unwrap();
    assert_eq!(nifti::read_image(&path).unwrap(), volume);
    std::fs::write(&path, member(&[bytes.as_slice(), &[1, 2, 3]].concat())).unwrap();
    assert_eq!(nifti::read_image(&path).unwrap(), volume);
}

#[test]
fn values_that_a_type_cannot_hold_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii.gz");
    for (value, voxel_type) in [(0.5, VoxelType::I16), (-1.0, VoxelType::U8), (f32::NAN, VoxelType::I32)] {
        let volume =
            Volume::new(Array4::from_elem((1, 1, 1, 1), value), Affine::from_spacing([1.0; 3])).unwrap();
        assert!(nifti::write_volume_as(&path, &volume, None, voxel_type).is_err(), "{value} as {voxel_type}");
    }
    assert!(!path.exists());
}

#[test]
fn labels_near_an_integer_mean_it_and_others_are_listed_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii.gz");
    let write = |values: Vec<f32>| {
        let data = Array4::from_shape_vec((1, 1, 1, values.len()), values).unwrap();
        nifti::write_volume(&path, &Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap(), None)
            .unwrap();
    };
    let table = mis_core::ClassTable::from_names(["background", "kidney"]).unwrap();
    write(vec![0.0, 0.999_999_97, 1.0]);
    assert_eq!(nifti::read_labels(&path, Some(&table)).unwrap().as_slice(), [0, 1, 1]);
    write(vec![0.0, 0.5, 2.0, 2.0]);
    let error = nifti::read_labels(&path, Some(&table)).unwrap_err();
    assert!(error.downcast_ref::<UnknownLabels>().is_some());
    let error = format!("{error:#}");
    assert!(
        error.ends_with("a.nii.gz: expected the label values [0, 1], found 0.5 (1 voxels), 2 (2 voxels)"),
        "{error}"
    );
    assert!(nifti::read_labels(&path, None).is_err());
}

#[test]
fn a_map_on_another_lattice_than_the_template_keeps_its_own_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii.gz");
    let map = |spacing| LabelMap::new(Array3::zeros((3, 3, 3)), Affine::from_spacing(spacing)).unwrap();
    nifti::write_labels(&path, &map([1.0, 2.0, 3.0]), None).unwrap();
    let template = nifti::read_header(&path).unwrap();
    let other = map([4.0, 5.0, 6.0]);
    nifti::write_labels(&path, &other, Some(&template)).unwrap();
    assert_eq!(nifti::read_labels(&path, None).unwrap(), other);
}
