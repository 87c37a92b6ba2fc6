//! Scalars for TensorBoard.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

use crate::{EpochStats, History};

/// The file in a training's folder that TensorBoard reads: one event per epoch with losses, Dice per class, learning rate
/// and seconds, each against the number of optimizer steps.
///
/// It is TensorFlow's record format: length, its checksum, an `Event` in protocol buffers, its checksum. A resumed
/// training writes it anew from the history and adds to it, because TensorBoard follows a file that grows. Of what a
/// killed run leaves the reader skips a record that is cut short.
#[derive(Debug)]
pub(crate) struct EventFile {
    file: File,
    n_steps: i64,
}

/// TensorBoard looks for `tfevents` in the name.
pub(crate) const EVENTS: &str = "events.out.tfevents.0.mis";

impl EventFile {
    /// The file with the epochs that are behind.
    pub(crate) fn begin(folder: &Path, history: &History) -> Result<Self> {
        let path = folder.join(EVENTS);
        let trained: f64 = history.epochs.iter().map(|stats| stats.seconds).sum();
        let mut time = now() - trained;
        let mut n_steps = 0;
        mis_core::write_atomically(&path, |file| {
            let version = [double(1, time), text(3, "brain.Event:2")].concat();
            file.write_all(&record(&version))?;
            for stats in &history.epochs {
                time += stats.seconds;
                n_steps += i64::from(stats.n_steps);
                file.write_all(&record(&event(time, n_steps, stats)))?;
            }
            Ok(())
        })?;
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { file, n_steps })
    }

    /// Adds an epoch.
    pub(crate) fn add(&mut self, stats: &EpochStats) -> Result<()> {
        self.n_steps += i64::from(stats.n_steps);
        let record = record(&event(now(), self.n_steps, stats));
        self.file.write_all(&record).with_context(|| format!("cannot write {EVENTS}"))
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// `Event { wall_time = 1, step = 2, summary = 5 }`.
fn event(time: f64, n_steps: i64, stats: &EpochStats) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, value) in scalars(stats) {
        // `Value { tag = 1, simple_value = 2 }`, of which a `Summary` has many under 1.
        summary.extend(message(1, &[text(1, &tag), float(2, value as f32)].concat()));
    }
    [double(1, time), integer(2, n_steps), message(5, &summary)].concat()
}

fn scalars(stats: &EpochStats) -> Vec<(String, f64)> {
    let mut scalars = vec![("loss/training".to_owned(), stats.train_loss)];
    if let Some(validation) = &stats.validation {
        scalars.push(("loss/validation".to_owned(), validation.loss));
        scalars.extend(validation.mean_dice().map(|dice| ("dice/mean".to_owned(), dice)));
        let classes = (1..).zip(&validation.dice);
        scalars.extend(classes.filter_map(|(class, dice)| Some((format!("dice/class-{class}"), (*dice)?))));
    }
    scalars.push(("learning-rate".to_owned(), stats.learning_rate));
    scalars.push(("seconds-per-epoch".to_owned(), stats.seconds));
    scalars
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let masked = |bytes: &[u8]| crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
    [&length[..], &masked(&length), data, &masked(data)].concat()
}

/// Castagnoli's checksum, bit by bit: a few hundred bytes an epoch.
fn crc32c(bytes: &[u8]) -> u32 {
    let shift = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), shift))
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn integer(field: u64, value: i64) -> Vec<u8> {
    [varint(field << 3), varint(value.cast_unsigned())].concat()
}

fn double(field: u64, value: f64) -> Vec<u8> {
    [&varint(field << 3 | 1)[..], &value.to_le_bytes()].concat()
}

fn float(field: u64, value: f32) -> Vec<u8> {
    [&varint(field << 3 | 5)[..], &value.to_le_bytes()].concat()
}

fn message(field: u64, bytes: &[u8]) -> Vec<u8> {
    [&varint(field << 3 | 2)[..], &varint(bytes.len() as u64), bytes].concat()
}

fn text(field: u64, text: &str) -> Vec<u8> {
    message(field, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Validation;

    /// A field's number and its value: the bits of a number, or bytes.
    enum Field<'a> {
        Number(u64),
        Bytes(&'a [u8]),
    }

    /// Takes protocol buffers apart.
    fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
        fn varint(bytes: &mut &[u8]) -> u64 {
            let mut value = 0;
            for shift in (0..).step_by(7) {
                let (first, rest) = bytes.split_first().unwrap();
                *bytes = rest;
                value |= u64::from(first & 0x7f) << shift;
                if first & 0x80 == 0 {
                    break;
                }
            }
            value
        }
        fn fixed<'a>(bytes: &mut &'a [u8], n: usize) -> &'a [u8] {
            let (first, rest) = bytes.split_at(n);
            *bytes = rest;
            first
        }
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Number(varint(&mut bytes)),
                1 => Field::Number(u64::from_le_bytes(fixed(&mut bytes, 8).try_into().unwrap())),
                2 => {
                    let n = varint(&mut bytes) as usize;
                    Field::Bytes(fixed(&mut bytes, n))
                }
                5 => Field::Number(u32::from_le_bytes(fixed(&mut bytes, 4).try_into().unwrap()).into()),
                kind => panic!("no such kind of field: {kind}"),
            };
            fields.push((key >> 3, field));
        }
        fields
    }

    /// Step and scalars of each event but the first, which holds the version; checksums are looked at.
    fn read(mut bytes: &[u8]) -> Vec<(u64, Vec<(String, f32)>)> {
        let mut events = Vec::new();
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_at(12);
            let n = u64::from_le_bytes(length[..8].try_into().unwrap()) as usize;
            let (data, rest) = rest.split_at(n);
            assert_eq!(record(data), bytes[..n + 16], "the checksums fit");
            bytes = &rest[4..];
            let (mut step, mut scalars) = (0, Vec::new());
            for field in fields(data) {
                match field {
                    (2, Field::Number(value)) => step = value,
                    (5, Field::Bytes(summary)) => {
                        for (_, value) in fields(summary) {
                            let Field::Bytes(value) = value else { panic!("a value is a message") };
                            let [(1, Field::Bytes(tag)), (2, Field::Number(bits))] = &fields(value)[..]
                            else {
                                panic!("a value is a tag and a number")
                            };
                            let tag = String::from_utf8(tag.to_vec()).unwrap();
                            scalars.push((tag, f32::from_bits(u32::try_from(*bits).unwrap())));
                        }
                    }
                    _ => {}
                }
            }
            events.push((step, scalars));
        }
        assert_eq!(events.remove(0), (0, Vec::new()));
        events
    }

    fn stats(epoch: u32) -> EpochStats {
        EpochStats {
            epoch,
            train_loss: 0.5,
            validation: Some(Validation { loss: 0.25, dice: vec![Some(0.75), None] }),
            learning_rate: 0.125,
            n_steps: 100,
            seconds: 2.0,
        }
    }

    #[test]
    fn the_checksum_is_castagnolis() {
        // The check value of CRC-32/ISCSI in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_file_begun_anew_from_the_history_holds_what_one_that_grew_does() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = || std::fs::read(folder.path().join(EVENTS)).unwrap();
        let mut file = EventFile::begin(folder.path(), &History::default()).unwrap();
        let history = History { epochs: (0..3).map(stats).collect() };
        for stats in &history.epochs {
            file.add(stats).unwrap();
        }
        let grown = read(&bytes());
        let names = [
            "loss/training",
            "loss/validation",
            "dice/mean",
            "dice/class-1",
            "learning-rate",
            "seconds-per-epoch",
        ];
        let values = [0.5, 0.25, 0.75, 0.75, 0.125, 2.0];
        let scalars: Vec<_> = names.map(str::to_owned).into_iter().zip(values).collect();
        assert_eq!(grown, [100, 200, 300].map(|step| (step, scalars.clone())));
        EventFile::begin(folder.path(), &history).unwrap();
        assert_eq!(read(&bytes()), grown);
    }
}
