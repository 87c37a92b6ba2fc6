//! What is seen on finished pictures.

use std::fs::File;
use std::io::BufReader;

use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder as _, RgbImage};
use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, LabelMap, Volume};

use super::canvas::LINE;
use super::layer::ERRORS;
use super::*;

/// A scan of noise.
fn noise(shape: [usize; 3], affine: Affine) -> Volume {
    let [i, j, k] = shape;
    let value =
        |(_, i, j, k): (usize, usize, usize, usize)| ((i * 7919 + j * 104_729 + k * 1_299_709) % 997) as f32;
    Volume::new(Array4::from_shape_fn((1, i, j, k), value), affine).unwrap()
}

fn labels(shape: [usize; 3], affine: Affine, label: impl Fn(usize, usize, usize) -> u8) -> LabelMap {
    LabelMap::new(Array3::from_shape_fn(shape, |(i, j, k)| label(i, j, k)), affine).unwrap()
}

fn overlay<'a>(image: &'a Volume, labels: &'a LabelMap, truth: Option<&'a LabelMap>) -> Overlay<'a> {
    Overlay { title: "case_00001", image, labels, truth, classes: &[] }
}

/// Labels in full color, a pixel for each voxel.
fn plain(side: usize) -> OverlayStyle {
    OverlayStyle { alpha: 1.0, tile_side: side, max_side: side, ..OverlayStyle::default() }
}

/// How many pixels of a panel of 64 by 64 have a color, on a sheet of one tile.
fn count(sheet: &RgbImage, panel: u32, color: [u8; 3]) -> usize {
    let (left, top) = (panel * 68, 2 * LINE as u32);
    let pixels = (0..64).flat_map(|y| (0..64).map(move |x| (left + x, top + y)));
    pixels.filter(|&(x, y)| sheet[(x, y)].0 == color).count()
}

#[test]
fn each_voxel_of_a_class_and_of_an_error_is_a_pixel_of_its_color() {
    let (shape, affine) = ([64, 64, 1], Affine::from_spacing([1.0; 3]));
    let image = noise(shape, affine);
    let truth = labels(shape, affine, |i, j, _| {
        u8::from((10..30).contains(&i) && (10..30).contains(&j)) * (1 + u8::from(i < 14))
    });
    let found = labels(shape, affine, |i, j, _| {
        u8::from((10..30).contains(&i) && (15..40).contains(&j)) * (1 + u8::from(i < 12))
    });
    let style = OverlayStyle { errors: true, ..plain(64) };
    let sheet = overlay(&image, &found, Some(&truth)).sheet(&style).unwrap();
    assert_eq!([1, 2].map(|class| count(&sheet, 0, class_color(class))), [16 * 20, 4 * 20]);
    assert_eq!([1, 2].map(|class| count(&sheet, 1, class_color(class))), [18 * 25, 2 * 25]);
    let pairs = || found.as_slice().iter().zip(truth.as_slice());
    let expected = [
        pairs().filter(|(a, b)| a == b && **a > 0).count(),
        pairs().filter(|(a, b)| **a > 0 && **b == 0).count(),
        pairs().filter(|(a, b)| **a == 0 && **b > 0).count(),
        pairs().filter(|(a, b)| a != b && **a > 0 && **b > 0).count(),
    ];
    assert_eq!(expected, [18 * 15, 20 * 10, 20 * 5, 2 * 15]);
    assert_eq!(ERRORS.map(|(_, color)| count(&sheet, 2, color)), expected);
}

#[test]
fn a_mark_at_the_patients_left_front_head_is_seen_there_in_all_48_orientations() {
    let mut n = 0;
    for world in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for signs in 0..8 {
            // Along x, y and z: 20, 30 and 8 voxels of 4, 2 and 5 mm.
            let (mut rows, mut shape, mut mark) = ([[0.0; 4]; 4], [0; 3], [0; 3]);
            rows[3][3] = 1.0;
            for axis in 0..3 {
                let reversed = signs >> axis & 1 == 1;
                rows[world[axis]][axis] = [4.0, 2.0, 5.0][world[axis]] * if reversed { -1.0 } else { 1.0 };
                shape[axis] = [20, 30, 8][world[axis]];
                let to_the_high_end = (world[axis] != 0) != reversed; // left is the low end of x
                mark[axis] = if to_the_high_end { shape[axis] - 1 } else { 0 };
            }
            let affine = Affine::new(rows).unwrap();
            let image = noise(shape, affine);
            let marked = labels(shape, affine, |i, j, k| u8::from([i, j, k] == mark));
            let sheet = overlay(&image, &marked, None).sheet(&plain(80)).unwrap();
            // 80 by 60 mm: a voxel is 4 by 2 pixels of a picture of 80 by 60.
            let color = class_color(1);
            let seen: Vec<_> =
                sheet.enumerate_pixels().filter(|(_, y, pixel)| *y < 92 && pixel.0 == color).collect();
            let inside = |x: u32, y: u32| (76..80).contains(&x) && (32..34).contains(&y);
            assert!(!seen.is_empty() && seen.iter().all(|&(x, y, _)| inside(x, y)), "{affine:?}: {seen:?}");
            n += 1;
        }
    }
    assert_eq!(n, 48);
}

#[test]
fn an_animation_has_a_frame_for_each_slice_in_the_very_colors_that_were_drawn() {
    let (shape, affine) = ([40, 30, 9], Affine::from_spacing([1.0, 1.0, 3.0]));
    let image = noise(shape, affine);
    let truth = labels(shape, affine, |i, j, k| if k > 2 { (i * j % 60) as u8 } else { 0 });
    let found = labels(shape, affine, |i, j, k| if k > 3 { (i * j % 60) as u8 } else { 0 });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gif");
    for (errors, panels) in [(false, 2), (true, 3)] {
        let style = OverlayStyle { errors, max_side: 80, frame_ms: 150, ..OverlayStyle::default() };
        assert_eq!(overlay(&image, &found, Some(&truth)).write_gif(&style, &path).unwrap(), 9);
        let decoder = GifDecoder::new(BufReader::new(File::open(&path).unwrap())).unwrap();
        let frames = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(frames.len(), 9);
        let overlay = overlay(&image, &found, Some(&truth));
        let drawing = drawing::Drawing::new(overlay, &style, 80).unwrap();
        for (slice, frame) in frames.iter().enumerate() {
            let (mut expected, at) = drawing.sheet(1, 1).unwrap();
            drawing.draw_tile(slice, at, &mut expected).unwrap();
            let seen = image::DynamicImage::ImageRgba8(frame.buffer().clone()).into_rgb8();
            assert!(seen.width() >= panels * 80 && seen == expected, "slice {slice}");
            assert_eq!(frame.delay().numer_denom_ms(), (150, 1));
        }
    }
}

#[test]
fn slices_beyond_the_most_frames_are_passed_over() {
    let (shape, affine) = ([8, 8, 100], Affine::from_spacing([1.0; 3]));
    let (image, none) = (noise(shape, affine), labels(shape, affine, |_, _, _| 0));
    let folder = tempfile::tempdir().unwrap();
    let style = OverlayStyle { max_frames: 7, ..OverlayStyle::default() };
    assert_eq!(overlay(&image, &none, None).write_gif(&style, &folder.path().join("x.gif")).unwrap(), 7);
}

#[test]
fn a_picture_in_color_is_shown_in_color_and_as_its_rows_and_columns_run() {
    // Rows to the back, columns to the left.
    let affine =
        Affine::new([[0., -1., 0., 0.], [-1., 0., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 1.]]).unwrap();
    let data = Array4::from_shape_fn((3, 64, 64, 1), |(c, i, j, _)| {
        [(i < 32), (j < 32), true][c] as u8 as f32 * 200.0
    });
    let image = Volume::new(data, affine).unwrap();
    let none = labels([64, 64, 1], affine, |_, _, _| 0);
    let sheet = overlay(&image, &none, None).sheet(&plain(64)).unwrap();
    let color = |row: u32, column: u32| sheet[(column, 2 * LINE as u32 + row)].0;
    assert_eq!(
        [color(1, 1), color(1, 60), color(60, 1), color(60, 60)],
        [[255, 255, 255], [255, 0, 255], [0, 255, 255], [0, 0, 255]]
    );
}

#[test]
fn values_outside_the_window_are_black_and_white_and_no_numbers_are_black() {
    let affine =
        Affine::new([[0., -1., 0., 0.], [-1., 0., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 1.]]).unwrap();
    let values = [-500.0, 0.0, 50.0, 100.0, 900.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    let data = Array4::from_shape_fn((1, 64, 64, 1), |(_, _, j, _)| values[j / 8]);
    let image = Volume::new(data, affine).unwrap();
    let none = labels([64, 64, 1], affine, |_, _, _| 0);
    let style = OverlayStyle { window: Window::Range(0.0, 100.0), ..plain(64) };
    let sheet = overlay(&image, &none, None).sheet(&style).unwrap();
    let seen: Vec<u8> = (0..8).map(|n| sheet[(n * 8 + 4, 2 * LINE as u32 + 5)].0[0]).collect();
    assert_eq!(seen, [0, 0, 130, 255, 255, 0, 255, 0]); // 32 of 63 steps are 130
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let (shape, affine) = ([8, 8, 3], Affine::from_spacing([1.0; 3]));
    let (image, none) = (noise(shape, affine), labels(shape, affine, |_, _, _| 0));
    let moved = labels(shape, affine.moved([3.0; 3], [1.0; 3]), |_, _, _| 0);
    let refused =
        |overlay: Overlay<'_>, style: OverlayStyle| format!("{:#}", overlay.sheet(&style).unwrap_err());
    let style = OverlayStyle::default();
    let error = refused(overlay(&image, &moved, None), style.clone());
    assert!(
        error.starts_with("the labels do not lie on the image's lattice: expected the image's position"),
        "{error}"
    );
    let error = refused(overlay(&image, &none, None), OverlayStyle { errors: true, ..style.clone() });
    assert_eq!(error, "errors are shown against a truth: none is given");
    let error = refused(overlay(&image, &none, None), OverlayStyle { alpha: 1.5, ..style.clone() });
    assert_eq!(error, "alpha must be 0 to 1, got 1.5");
    let error = refused(overlay(&image, &none, None), OverlayStyle { channel: 1, ..style });
    assert_eq!(error, "expected a channel below 1, got 1");
}
