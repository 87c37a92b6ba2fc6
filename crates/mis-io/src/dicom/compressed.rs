//! What compressed pixels say of their own size, before a decoder takes memory for it.

use anyhow::{Context as _, Result, ensure};

/// The size that a compressed frame must have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) n_samples: usize,
    pub(super) bits: usize,
}

/// Whether a fragment begins a frame: each does that holds run lengths, others by their mark.
pub(super) fn starts_frame(syntax: &str, fragment: &[u8]) -> bool {
    syntax == dicom_dictionary_std::uids::RLE_LOSSLESS
        || fragment.starts_with(&[0xFF, 0xD8])
        || fragment.starts_with(&[0xFF, 0x4F, 0xFF, 0x51])
}

/// Checks one frame's stream: run lengths by the number of segments, JPEG and JPEG 2000 by rows, columns and colors.
pub(super) fn check(syntax: &str, stream: &[u8], expected: Expected) -> Result<()> {
    match syntax.strip_prefix("1.2.840.10008.1.2.") {
        Some("5") => check_runs(stream, expected),
        Some("4.90" | "4.91" | "4.201" | "4.202" | "4.203") => check_jpeg_2000(stream, expected),
        Some(jpeg) if jpeg.starts_with("4.5") || jpeg.starts_with("4.6") || jpeg == "4.70" => {
            check_jpeg(stream, expected)
        }
        // No decoder: it will be refused by its name.
        _ => Ok(()),
    }
}

fn check_runs(stream: &[u8], expected: Expected) -> Result<()> {
    let header = stream.first_chunk::<64>().context("expected run lengths with a header of 64 bytes")?;
    let n_segments = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
    let needed = expected.n_samples * expected.bits / 8;
    ensure!(n_segments == needed, "expected {needed} segments of run lengths, found {n_segments}");
    let offsets = header[4..].as_chunks::<4>().0[..needed].iter().map(|&at| u32::from_le_bytes(at) as usize);
    ensure!(
        offsets.clone().is_sorted() && offsets.clone().all(|at| (64..=stream.len()).contains(&at)),
        "expected segments of run lengths one after the other, found them at {:?}",
        offsets.collect::<Vec<_>>()
    );
    Ok(())
}

fn check_jpeg(stream: &[u8], expected: Expected) -> Result<()> {
    let short = |at: usize| {
        let bytes = stream.get(at..at + 2).context("the JPEG stream breaks off in its header")?;
        Ok::<_, anyhow::Error>(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    };
    ensure!(short(0)? == 0xFFD8, "expected a JPEG stream, found other bytes");
    let mut at = 2;
    // Marker segments up to that of the frame, all with their lengths.
    loop {
        let marker = short(at)?;
        ensure!(marker >> 8 == 0xFF, "expected a marker at byte {at} of the JPEG stream");
        if marker == 0xFFFF {
            at += 1; // a fill byte
            continue;
        }
        if matches!(marker, 0xFFC0..=0xFFCF) && !matches!(marker, 0xFFC4 | 0xFFC8 | 0xFFCC) {
            let colors =
                usize::from(*stream.get(at + 9).context("the JPEG stream breaks off in its header")?);
            return check_size([short(at + 5)?, short(at + 7)?, colors], expected);
        }
        at += 2 + short(at + 2)?;
    }
}

fn check_jpeg_2000(stream: &[u8], expected: Expected) -> Result<()> {
    let header = stream.get(..42).context("the JPEG 2000 stream breaks off in its header")?;
    ensure!(
        header[..4] == [0xFF, 0x4F, 0xFF, 0x51],
        "expected a JPEG 2000 stream that starts with its size, found other bytes"
    );
    let long = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (right, bottom, left, top) = (long(8), long(12), long(16), long(20));
    let size = (bottom.checked_sub(top), right.checked_sub(left));
    let (Some(rows), Some(columns)) = size else {
        anyhow::bail!("expected a JPEG 2000 image with an extent")
    };
    let (tile_columns, tile_rows) = (long(24), long(28));
    ensure!(tile_columns > 0 && tile_rows > 0, "expected JPEG 2000 tiles with an extent");
    let n_tiles = u64::from(columns.div_ceil(tile_columns)) * u64::from(rows.div_ceil(tile_rows));
    // Decoders keep some kilobytes for each.
    ensure!(n_tiles <= 4096, "expected at most 4096 JPEG 2000 tiles, found {n_tiles}");
    let colors = usize::from(u16::from_be_bytes([header[40], header[41]]));
    check_size([usize::try_from(rows)?, usize::try_from(columns)?, colors], expected)
}

fn check_size(found: [usize; 3], expected: Expected) -> Result<()> {
    let expected = [expected.rows, expected.columns, expected.n_samples];
    ensure!(
        found == expected,
        "expected {expected:?} rows, columns and colors in the compressed stream, found {found:?}"
    );
    Ok(())
}
