//! Out of gzip streams.

use std::io::{BufRead, Read as _};

use anyhow::{Context as _, Result, ensure};
use flate2::bufread::GzDecoder;
use libdeflater::Decompressor;

/// Fills `bytes` with all that a stream of one member holds.
pub(super) fn inflate(packed: &[u8], bytes: &mut [u8]) -> Result<()> {
    let n = Decompressor::new().gzip_decompress(packed, bytes)?;
    ensure!(n == bytes.len(), "expected {} bytes in the gzip stream, found {n}", bytes.len());
    Ok(())
}

/// Refuses a length that a gzip stream cannot hold, before memory is taken for it.
pub(super) fn check_length(compressed: u64, len: usize) -> Result<()> {
    // Deflate makes at most 1032 bytes of one.
    let most = compressed.saturating_mul(1032);
    ensure!(
        len as u64 <= most,
        "the header promises {len} bytes, found a gzip stream of {compressed} bytes, which cannot hold more than {most}"
    );
    Ok(())
}

/// Goes through a stream of any number of members: it must hold `len` bytes and agree with its checksums as far as
/// these reach; what lies behind is not looked at. Nothing is kept.
pub(super) fn check_stream(mut packed: impl BufRead, len: usize) -> Result<()> {
    let mut buffer = vec![0; 1 << 16];
    let mut n = 0;
    while n < len && !packed.fill_buf()?.is_empty() {
        let mut member = GzDecoder::new(&mut packed);
        loop {
            match member.read(&mut buffer) {
                Ok(0) => break,
                Ok(more) => n += more,
                Err(error) => {
                    return Err(error).with_context(|| {
                        format!("the gzip stream breaks off after {n} of the expected {len} bytes")
                    });
                }
            }
        }
    }
    ensure!(n >= len, "the header promises {len} bytes, found {n} in the gzip stream");
    Ok(())
}
