//! Whole buffers in and out of gzip.

use std::io::Read as _;

use anyhow::{Context as _, Result, anyhow, ensure};
use libdeflater::{CompressionLvl, Compressor, Decompressor};

/// The first `len` bytes of what a gzip stream holds.
///
/// The length comes from the header that was read before: gzip's own trailer counts modulo 4 GiB, and only for the
/// last member of a stream.
pub(super) fn inflate(compressed: &[u8], len: usize) -> Result<Vec<u8>> {
    // Deflate makes at most 1032 bytes of one: what cannot be in there is refused before memory is taken for it.
    let most = compressed.len().saturating_mul(1032);
    ensure!(
        len <= most,
        "the header promises {len} bytes, found a gzip stream of {} bytes, which cannot hold more than {most}",
        compressed.len()
    );
    let mut bytes = vec![0; len];
    match Decompressor::new().gzip_decompress(compressed, &mut bytes) {
        Ok(n) if n == len => return Ok(bytes),
        // Several members, bytes behind the voxels or a broken stream: the slower reader tells them apart.
        _ => {}
    }
    let mut stream = flate2::read::MultiGzDecoder::new(compressed);
    let mut n = 0;
    while n < len {
        match stream.read(&mut bytes[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("the gzip stream breaks off after {n} of the expected {len} bytes"));
            }
        }
    }
    ensure!(n == len, "the header promises {len} bytes, found {n} in the gzip stream");
    Ok(bytes)
}

/// A gzip stream of these bytes.
pub(super) fn deflate(bytes: &[u8]) -> Result<Vec<u8>> {
    // Level 1 takes half the time of zlib's default on label maps and comes out as small.
    let mut compressor = Compressor::new(CompressionLvl::fastest());
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let n = compressor.gzip_compress(bytes, &mut out).map_err(|error| anyhow!("gzip: {error}"))?;
    out.truncate(n);
    Ok(out)
}
