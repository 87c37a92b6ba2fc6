//! Whole buffers in and out of gzip.

use std::io::{Read as _, Write};

use anyhow::{Context as _, Result, ensure};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use libdeflater::Decompressor;

/// Refuses a length that a gzip stream cannot hold, before memory is taken for it.
pub(super) fn check_length(compressed: &[u8], len: usize) -> Result<()> {
    // Deflate makes at most 1032 bytes of one.
    let most = compressed.len().saturating_mul(1032);
    ensure!(
        len <= most,
        "the header promises {len} bytes, found a gzip stream of {} bytes, which cannot hold more than {most}",
        compressed.len()
    );
    Ok(())
}

/// The first `len` bytes of what a gzip stream holds.
///
/// The length comes from the header that was read before: gzip's own trailer counts modulo 4 GiB, and only for the
/// last member of a stream.
pub(super) fn inflate(compressed: &[u8], len: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    match Decompressor::new().gzip_decompress(compressed, &mut bytes) {
        Ok(n) if n == len => return Ok(bytes),
        // Several members, bytes behind the voxels or a broken stream: the slower reader tells them apart.
        _ => {}
    }
    let mut stream = MultiGzDecoder::new(compressed);
    let mut n = 0;
    while n < len {
        match stream.read(&mut bytes[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("the gzip stream breaks off after {n} of the expected {len} bytes")
                });
            }
        }
    }
    ensure!(n == len, "the header promises {len} bytes, found {n} in the gzip stream");
    Ok(bytes)
}

/// Whether a gzip stream's trailer says that it holds `len` bytes, as that of an honest one with one member does.
pub(super) fn trailer_agrees(compressed: &[u8], len: usize) -> bool {
    compressed.last_chunk::<4>().is_some_and(|trailer| u32::from_le_bytes(*trailer) == len as u32)
}

/// Writes bytes as a gzip stream of one member, which every reader takes.
pub(super) fn deflate(bytes: &[u8], out: &mut dyn Write) -> Result<()> {
    // zlib-rs at level 5 takes 14 ms for a label map of 52 MB that is 70 ms of work for libdeflate, and comes out as
    // small; faster levels save hardly any time.
    let mut stream = GzEncoder::new(out, Compression::new(5));
    stream.write_all(bytes)?;
    stream.finish()?;
    Ok(())
}
