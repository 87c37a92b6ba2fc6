//! Gzip streams put together from pieces.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use flate2::{Compress, Compression, FlushCompress};

use super::stretches::Stretch;

/// A piece of a gzip stream: compressed on its own, and to be put behind others.
#[derive(Debug)]
pub(super) struct Packed {
    deflated: Vec<u8>,
    checksum: crc32fast::Hasher,
}

/// Compresses pieces of a stream.
#[derive(Debug)]
pub(super) struct Packer {
    level: Compression,
    /// Stretches of zeros by their lengths: many planes have the same.
    zeros: Mutex<BTreeMap<usize, Arc<Packed>>>,
}

/// Zeros that are compressed at once and put behind each other for longer stretches.
const MOST_ZEROS: usize = 1 << 20;

impl Packer {
    pub(super) fn new(level: u32) -> Self {
        Self { level: Compression::new(level), zeros: Mutex::default() }
    }

    /// Compresses what the stretches say is given, and zeros between.
    pub(super) fn pack(&self, mut given: &[u8], stretches: &[Stretch]) -> Result<Packed> {
        let mut stream = Compress::new(self.level, false);
        let mut packed = Packed { deflated: Vec::new(), checksum: crc32fast::Hasher::new() };
        for &stretch in stretches {
            match stretch {
                Stretch::Given(n) => {
                    let (bytes, rest) = given.split_at(n);
                    packed.append(&mut stream, bytes)?;
                    given = rest;
                }
                Stretch::Zeros(n) => {
                    let whole = std::iter::repeat_n(MOST_ZEROS, n / MOST_ZEROS);
                    for n in whole.chain([n % MOST_ZEROS]).filter(|&n| n > 0) {
                        let zeros = self.zeros(n)?;
                        packed.append_packed(&zeros);
                    }
                }
            }
        }
        Ok(packed)
    }

    fn zeros(&self, n: usize) -> Result<Arc<Packed>> {
        let known = || self.zeros.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(packed) = known().get(&n) {
            return Ok(Arc::clone(packed));
        }
        let packed = Arc::new(self.pack(&vec![0; n], &[Stretch::Given(n)])?);
        known().insert(n, Arc::clone(&packed));
        Ok(packed)
    }
}

impl Packed {
    fn append(&mut self, stream: &mut Compress, bytes: &[u8]) -> Result<()> {
        let begin = stream.total_in();
        self.deflated.reserve(bytes.len() / 8 + 64);
        loop {
            let taken = usize::try_from(stream.total_in() - begin)?;
            // A flushed piece ends at a whole byte, and the next refers to nothing before it.
            stream.compress_vec(&bytes[taken..], &mut self.deflated, FlushCompress::Full)?;
            let all_taken = usize::try_from(stream.total_in() - begin)? == bytes.len();
            if all_taken && self.deflated.len() < self.deflated.capacity() {
                break;
            }
            self.deflated.reserve(self.deflated.capacity().max(1 << 16));
        }
        self.checksum.update(bytes);
        Ok(())
    }

    fn append_packed(&mut self, next: &Self) {
        self.deflated.extend_from_slice(&next.deflated);
        self.checksum.combine(&next.checksum);
    }
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
