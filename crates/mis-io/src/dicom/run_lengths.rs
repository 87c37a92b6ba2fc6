//! Pixels stored as run lengths (DICOM PS3.5 annex G).

use anyhow::{Result, ensure};

use super::compressed::Expected;

/// Decodes one frame: a segment per byte of a number, the highest first, each of them packed bits. The numbers come
/// little-endian, colors pixel by pixel. The header has been checked.
pub(super) fn decode(stream: &[u8], expected: Expected, out: &mut Vec<u8>) -> Result<()> {
    let Expected { rows, columns, n_samples, bits } = expected;
    let n_bytes = bits / 8;
    let (n_pixels, n_segments) = (rows * columns, n_samples * n_bytes);
    let header = stream.get(4..64).unwrap_or_default().as_chunks::<4>().0;
    let at = |segment: usize| {
        header
            .get(segment)
            .filter(|_| segment < n_segments)
            .map_or(stream.len(), |at| u32::from_le_bytes(*at) as usize)
    };
    let first = out.len();
    out.resize(first + n_pixels * n_segments, 0);
    for segment in 0..n_segments {
        let packed = stream.get(at(segment)..at(segment + 1)).unwrap_or_default();
        let (sample, byte) = (segment / n_bytes, n_bytes - 1 - segment % n_bytes);
        let places = out[first..].iter_mut().skip(sample * n_bytes + byte).step_by(n_segments);
        let n = unpack(packed, places);
        ensure!(n == n_pixels, "expected {n_pixels} pixels of run lengths, found {n}");
    }
    Ok(())
}

/// Fills places from packed bits, as many as there are; gives their number.
fn unpack<'a>(packed: &[u8], mut places: impl Iterator<Item = &'a mut u8>) -> usize {
    let (mut at, mut n) = (0, 0);
    while let Some(&count) = packed.get(at) {
        let run = match count {
            // So many bytes as they are.
            0..=127 => {
                let run = packed.get(at + 1..).unwrap_or_default();
                let run = &run[..run.len().min(usize::from(count) + 1)];
                at += 1 + usize::from(count) + 1;
                Run::Bytes(run)
            }
            128 => {
                at += 1;
                continue;
            }
            // One byte so many times.
            _ => {
                let Some(&byte) = packed.get(at + 1) else { break };
                at += 2;
                Run::Same(byte, 257 - usize::from(count))
            }
        };
        let mut put = |byte: u8| match places.next() {
            Some(place) => {
                *place = byte;
                n += 1;
                true
            }
            None => false,
        };
        let more = match run {
            Run::Bytes(bytes) => bytes.iter().all(|&byte| put(byte)),
            Run::Same(byte, times) => (0..times).all(|_| put(byte)),
        };
        if !more {
            break; // padding to an even length
        }
    }
    n
}

enum Run<'a> {
    Bytes(&'a [u8]),
    Same(u8, usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_runs_are_unpacked() {
        let mut out = [0; 9];
        // Three bytes as they are, a byte four times, nothing, one byte, a byte of padding.
        let n = unpack(&[2, 1, 2, 3, 253, 7, 128, 0, 9, 0], out.iter_mut());
        assert_eq!((n, out), (8, [1, 2, 3, 7, 7, 7, 7, 9, 0]));
    }

    #[test]
    fn a_frame_that_breaks_off_is_refused() {
        let mut stream = vec![0; 64];
        (stream[0], stream[4]) = (1, 64);
        stream.extend([255, 5]);
        let expected = Expected { rows: 2, columns: 2, n_samples: 1, bits: 8 };
        let error = decode(&stream, expected, &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "expected 4 pixels of run lengths, found 2");
    }
}
