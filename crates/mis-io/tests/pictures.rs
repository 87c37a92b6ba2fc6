//! Two-dimensional images as Pillow reads them, and masks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mis_core::ndarray::Array3;
use mis_core::{Affine, Class, ClassTable, LabelMap, Orientation};
use mis_io::picture;

#[derive(serde::Deserialize)]
struct Reference {
    images: BTreeMap<String, Image>,
}

#[derive(serde::Deserialize)]
struct Image {
    /// Channels, rows, columns.
    shape: [usize; 3],
    values: Vec<f32>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/pictures")
}

#[test]
fn every_format_holds_what_pillow_finds_in_it() {
    let json = std::fs::read(folder().join("reference.json")).unwrap();
    let reference: Reference = serde_json::from_slice(&json).unwrap();
    assert!(reference.images.len() >= 14);
    for (name, expected) in &reference.images {
        let path = folder().join(name);
        let image = picture::read_image(&path).unwrap();
        let [channels, rows, columns] = expected.shape;
        assert_eq!(image.data().shape(), [channels, rows, columns, 1], "{name}");
        assert_eq!(picture::read_geometry(&path).unwrap(), image.geometry(), "{name}");
        assert_eq!(Orientation::of(&image.affine()).to_string(), "PLS", "{name}");
        // Decoders of JPEG round the transform differently.
        let tolerance = if name.ends_with("jpg") { 2.0 } else { 0.0 };
        for (found, expected) in image.as_slice().iter().zip(&expected.values) {
            assert!((found - expected).abs() <= tolerance, "{name}: found {found} for {expected}");
        }
    }
}

#[test]
fn a_mask_of_one_bit_holds_0_and_1_and_one_of_eight_bits_what_its_class_says() {
    let bits = picture::read_labels(&folder().join("bits.png"), None).unwrap();
    assert_eq!(picture::read_labels(&folder().join("bits.tif"), None).unwrap(), bits);
    assert_eq!(bits.as_slice().iter().max(), Some(&1));
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("mask.png");
    let drawn = Array3::from_shape_fn((5, 7, 1), |(i, j, _)| bits.data()[(i, j, 0)] * 255);
    picture::write_labels(&path, &LabelMap::new(drawn, bits.affine()).unwrap()).unwrap();
    let class = |name: &str, value| Class { name: name.into(), values: vec![value] };
    let classes = ClassTable::new(vec![class("background", 0), class("nucleus", 255)]).unwrap();
    assert_eq!(picture::read_labels(&path, Some(&classes)).unwrap(), bits);
    let classes = ClassTable::from_names(["background", "nucleus"]).unwrap();
    let error = format!("{:#}", picture::read_labels(&path, Some(&classes)).unwrap_err());
    assert!(error.contains("mask.png: expected the label values [0, 1], found 255 ("), "{error}");
}

#[test]
fn what_is_no_mask_or_no_image_is_refused_with_the_reason() {
    let check = |name: &str, reason: &str| {
        let error = format!("{:#}", picture::read_labels(&folder().join(name), None).unwrap_err());
        assert!(error.contains(name) && error.contains(reason), "{error}");
    };
    check("rgb.png", "expected a mask of grey values, found the color");
    check("smooth.jpg", "expected a mask that is stored as it was drawn, found a JPEG");
    check("grey16.png", "expected the label values 0 to 255, found");
    check("missing.png", "expected an image, found no file");
    check("reference.json", "expected a PNG, JPEG, TIFF or BMP image");
    let temporary = tempfile::tempdir().unwrap();
    let volume = LabelMap::new(Array3::zeros((2, 2, 2)), Affine::from_spacing([1.0; 3])).unwrap();
    let error = picture::write_labels(&temporary.path().join("a.png"), &volume).unwrap_err();
    assert!(format!("{error:#}").contains("expected one slice, found 2"));
    // A header of 50 000 by 50 000 pixels on a few bytes.
    let mut png = std::fs::read(folder().join("grey.png")).unwrap();
    for at in [16, 20] {
        png[at..at + 4].copy_from_slice(&50_000_u32.to_be_bytes());
    }
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let path = temporary.path().join("large.png");
    std::fs::write(&path, png).unwrap();
    assert!(picture::read_image(&path).is_err());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}
