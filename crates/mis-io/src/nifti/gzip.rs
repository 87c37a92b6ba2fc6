//! Whole buffers in and out of gzip.

use std::io::{Read as _, Write};

use anyhow::{Context as _, Result, ensure};
use flate2::read::MultiGzDecoder;
use flate2::{Compress, Compression, FlushCompress};
use libdeflater::Decompressor;

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

/// Fills `bytes` with the first ones of what a gzip stream holds.
///
/// The length comes from the header that was read before: gzip's own trailer counts modulo 4 GiB, and only for the
/// last member of a stream.
pub(super) fn inflate(compressed: &[u8], bytes: &mut [u8]) -> Result<()> {
    let len = bytes.len();
    match Decompressor::new().gzip_decompress(compressed, bytes) {
        Ok(n) if n == len => return Ok(()),
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
    Ok(())
}

/// A piece of a gzip stream: compressed on its own, and to be put behind others.
#[derive(Debug)]
pub(super) struct Packed {
    deflated: Vec<u8>,
    checksum: crc32fast::Hasher,
}

/// Compresses a piece of a stream.
pub(super) fn deflate(bytes: &[u8]) -> Result<Packed> {
    let mut stream = Compress::new(Compression::new(5), false);
    let mut deflated = Vec::with_capacity(bytes.len() / 8 + 64);
    loop {
        let taken = usize::try_from(stream.total_in())?;
        // A flushed piece ends at a whole byte and refers to nothing before it.
        stream.compress_vec(&bytes[taken..], &mut deflated, FlushCompress::Sync)?;
        let all_taken = usize::try_from(stream.total_in())? == bytes.len();
        if all_taken && deflated.len() < deflated.capacity() {
            break;
        }
        deflated.reserve(deflated.capacity().max(1 << 16));
    }
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(bytes);
    Ok(Packed { deflated, checksum })
}

/// A gzip stream of one member, which every reader takes, put together from pieces.
pub(super) struct GzipPieces<'a> {
    out: &'a mut dyn Write,
    checksum: crc32fast::Hasher,
}

impl<'a> GzipPieces<'a> {
    pub(super) fn begin(out: &'a mut dyn Write) -> Result<Self> {
        // Deflated, no name, no time, an unknown system.
        out.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])?;
        Ok(Self { out, checksum: crc32fast::Hasher::new() })
    }

    pub(super) fn put(&mut self, piece: Packed) -> Result<()> {
        self.out.write_all(&piece.deflated)?;
        self.checksum.combine(&piece.checksum);
        Ok(())
    }

    /// An empty last block, checksum and length.
    pub(super) fn end(self, len: u64) -> Result<()> {
        self.out.write_all(&[3, 0])?;
        self.out.write_all(&self.checksum.finalize().to_le_bytes())?;
        // Modulo 4 GiB, by the standard.
        self.out.write_all(&(len as u32).to_le_bytes())?;
        Ok(())
    }
}
